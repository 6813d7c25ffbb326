"""The trained network, and how it is written to a file and read from one."""

from __future__ import annotations

import io
import json
import os
import secrets
from dataclasses import KW_ONLY, dataclass
from pathlib import Path
from typing import Any

import numpy as np

from helpers.dynamics._checks import Array, finite_array, last_axis, positive, shown, square
from helpers.dynamics.activations import ACTIVATIONS, Activation
from helpers.dynamics.procedures import Discretise
from helpers.dynamics.recurrent import RNN, ActivationRNN
from helpers.dynamics.systems import Map
from helpers.networks.inside import BiasedInside
from helpers.networks.readers import careful, described
from helpers.networks.readers.questions import Question
from helpers.networks.written_back import written_back

__all__ = ["Network", "load_network", "save_network"]

WEIGHTS = ("w", "omega", "b", "readout", "readout_bias")
# Of a flow of either form.
FLOW = ("w", "omega", "b", "decay", "activation", "rate", "noise")


@dataclass(frozen=True, eq=False)
class Network:
    r"""A trained network: a form, its parameters, its time step, its start and its read-out.

    .. math:: h' = r\,\bigl(-\lambda h + \sigma(w h + b + \omega x)\bigr), \quad y = R h + q
              \qquad\text{(activity)}
    .. math:: v' = r\,\bigl(-\lambda v + w\,\sigma(v + s) + b + \omega x\bigr), \quad
              y = R\,\sigma(v) + q \qquad\text{(activation)}

    Parameters
    ----------
    w, omega, b : array (N, N), (N, M), (N,)
        As in `RNN` and `ActivationRNN`; a missing b is zero.
    readout, readout_bias : array (K, N), (K,)
        R and q; K = 0 where they are missing.
    activation : str or Activation
        sigma.
    delta : float
        The time of one step of the map it was trained as; the leak of that step is
        delta * rate * decay.
    rate, decay : float or array (N,)
        r and lambda. A simple recurrent layer, h+ = sigma(w h + b + omega x), has decay, rate and
        delta 1.
    form : str
        "activity", where sigma stands around the sum, or "activation", where it stands inside.
    start : array (N,), optional
        The state it begins in. Default zero.
    noise : float or array (N,), optional
        Amplitude of private white noise, as in `RNN`.
    inside : array (N,), optional
        s, a bias inside sigma, in the activation form only; the state does not contain it.
    recipe : dict, optional
        How the network was made, in what JSON can hold.
    curve : array (T,), optional
        The loss while it was trained.
    origin : dict, optional
        The names of its parts in the file it came from, which `save_network` writes back under.

    Raises
    ------
    ValueError
        On shapes that do not fit, numbers that are not finite, rate, decay or delta not positive,
        an unknown form, an inside in the activity form, or a recipe that JSON cannot hold.

    Notes
    -----
    Equations (2) and (3) of Caruso and Jarne (arXiv 2312.15974); the map is equation (10).

    Examples
    --------
    >>> network = Network([[0.5]], [[1.0]], readout=[[2.0]], readout_bias=[0.1])
    >>> network.map.step([0.0], [0.0]), network.output([1.0])
    (array([0.]), array([2.1]))
    """

    w: Any
    omega: Any
    b: Any = None
    _: KW_ONLY
    readout: Any = None
    readout_bias: Any = None
    activation: Any = "tanh"
    delta: Any = 1.0
    decay: Any = 1.0
    rate: Any = 1.0
    form: str = "activity"
    start: Any = None
    noise: Any = None
    inside: Any = None
    recipe: Any = None
    curve: Any = None
    origin: Any = None

    def __post_init__(self) -> None:
        n = len(square(self.w, "w"))
        for name in ("start", "inside"):
            value = getattr(self, name)
            self.__dict__[name] = finite_array(np.zeros(n) if value is None else value, name, (n,))
        self.__dict__["omega"] = _with_units(self.omega, "omega", n, 0)
        flow = self.flow
        fields = {name: getattr(flow, name) for name in FLOW}
        readout = np.zeros((0, n)) if self.readout is None else self.readout
        fields["readout"] = _with_units(readout, "readout", n, 1)
        k = len(fields["readout"])
        bias = np.zeros(k) if self.readout_bias is None else self.readout_bias
        fields["readout_bias"] = finite_array(bias, "readout_bias", (k,))
        fields["delta"] = positive(self.delta, "delta")
        for name in ("recipe", "origin"):
            value = getattr(self, name)
            fields[name] = None if value is None else json.loads(_json(value, name))
        if self.curve is not None:
            fields["curve"] = finite_array(self.curve, "curve", (None,))
        self.__dict__.update(fields)

    @property
    def flow(self) -> RNN | ActivationRNN:
        """The network in continuous time."""
        parameters = {name: getattr(self, name) for name in FLOW}
        if self.form not in ("activity", "activation"):
            raise ValueError(f"form = {shown(self.form)}; it is one of activity, activation")
        if not np.any(self.inside):
            if self.form == "activity":
                return RNN(**parameters)
            return ActivationRNN(**parameters)
        if self.form == "activity":
            raise ValueError(
                f"inside = {shown(self.inside)}; in the activity form every bias is inside sigma: "
                "give it as b"
            )
        return BiasedInside(**parameters, inside=self.inside)

    @property
    def map(self) -> Map:
        """The trained map, which is the Euler map of the flow with step delta."""
        made: Map = Discretise(self.delta)(self.flow)
        return made

    def output(self, state: Any) -> Array:
        """Return the read-out of states (..., N), shape (..., K).

        It is readout h + readout_bias, with h = sigma(v) in the activation form.
        """
        h = last_axis(state, "state", len(self.w), "unit")
        activity = h if self.form == "activity" else self.activation(h)
        return np.asarray(activity @ self.readout.T + self.readout_bias)


def _with_units(value: Any, name: str, n_units: int, axis: int) -> Array:
    array = finite_array(value, name, (None, None))
    if array.shape[axis] != n_units:
        remedy = "transpose it" if array.shape[1 - axis] == n_units else "take that of this network"
        raise ValueError(
            f"{name} has shape {array.shape}; it needs one {('row', 'column')[axis]} for each of "
            f"the {n_units} units: {remedy}"
        )
    return array


def _json(value: Any, name: str) -> str:
    try:
        if not isinstance(value, dict):
            raise TypeError("it is not a dict")
        return json.dumps(value, sort_keys=True, allow_nan=False)
    except (TypeError, ValueError) as error:
        raise ValueError(
            f"{name} = {shown(value)} cannot be stored as JSON ({error}); give a dict of plain "
            "numbers, strings, lists and dicts"
        ) from error


def save_network(
    path: str | os.PathLike[str],
    network: Network,
    *,
    like: str | os.PathLike[str] | None = None,
) -> None:
    """Write a network to a file, whole or not at all: an npz of this book, or a file like its own.

    The same network gives the same bytes. The weights are stored in single precision if that loses
    nothing, and otherwise in double.

    Parameters
    ----------
    path : str or path
        The file, named as given; one that stands there is replaced at the last moment.
    network : Network
        What to write.
    like : str or path, optional
        The file it was read from (npz, safetensors or a torch state dict). What changed since then
        is written under the names, in the shapes and in the precision it has there; all else stays
        as it is in that file. The result is read again and compared before it replaces anything.

    Raises
    ------
    ValueError
        If it is not a `Network`, or its activation has the name of another in `ACTIVATIONS`; with
        like, if that is not a file of its kind, or cannot hold what changed.

    Examples
    --------
    >>> import tempfile
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     save_network(f"{folder}/one.npz", Network([[0.5]], [[1.0]], recipe={"seed": 3}))
    ...     load_network(f"{folder}/one.npz").recipe
    {'seed': 3}
    """
    if not isinstance(network, Network):
        raise ValueError(f"{shown(network)} is not a Network; make one: Network(w, omega, b, ...)")
    name = network.activation.name
    if ACTIVATIONS.get(name, network.activation) != network.activation:
        raise ValueError(f"an activation of your own is called {name!r}; give it a name of its own")
    content = _npz(network) if like is None else written_back(network, Path(like))
    _replace(Path(path), content)


def _replace(target: Path, content: bytes) -> None:
    part = target.with_name(f".{target.name}.{secrets.token_hex(8)}.part")
    try:
        with part.open("xb") as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
        os.replace(part, target)
    finally:
        part.unlink(missing_ok=True)


def _npz(network: Network) -> bytes:
    weights = {name: getattr(network, name) for name in WEIGHTS}
    kind = "<f4" if all(map(_is_single, weights.values())) else "<f8"
    # C order, since the order in memory is no part of the network.
    arrays = {name: array.astype(kind, order="C") for name, array in weights.items()}
    arrays["activation"] = np.array(network.activation.name)
    arrays["delta"] = np.array(network.delta, "<f8")
    # What most networks do not have is not written, so that their files stay the same bytes.
    for name, default in {"decay": 1.0, "rate": 1.0, "start": 0.0, "inside": 0.0}.items():
        if not np.array_equal(getattr(network, name), default) and np.any(getattr(network, name)):
            arrays[name] = np.array(getattr(network, name), "<f8")
    if network.noise is not None:
        arrays["noise"] = np.array(network.noise, "<f8")
    if network.form != "activity":
        arrays["form"] = np.array(network.form)
    for name in ("recipe", "origin"):
        if getattr(network, name) is not None:
            arrays[name] = np.array(_json(getattr(network, name), name))
    if network.curve is not None:
        arrays["curve"] = network.curve.astype("<f4" if _is_single(network.curve) else "<f8")
    buffer = io.BytesIO()
    np.savez(buffer, **arrays)
    return buffer.getvalue()


def _is_single(array: Array) -> bool:
    with np.errstate(over="ignore"):
        return bool(np.all(array.astype(np.float32) == array))


def load_network(
    path: str | os.PathLike[str],
    activation: str | Activation | None = None,
    *,
    form: str | None = None,
    alpha: Any = None,
    delta: float | None = None,
    scale: str | float | None = None,
    parts: dict[str, str | tuple[str, ...]] | None = None,
    layer: int | str | None = None,
    ignore: str | tuple[str, ...] = (),
) -> Network:
    r"""Read a trained network from a file of any common kind, and ask for what the file omits.

    Files are known by their first bytes: those of `save_network`, any other npz, HDF5 (Keras 2 and
    3), .keras, state dicts of torch (without torch), safetensors, MATLAB 5. The names that public
    code uses for the parts of a network are known, with the way their matrices act. Masks,
    Dale's signs, scales and second biases are applied; m and n of low rank are multiplied. No file
    is guessed at: form, leak, activation and scale are asked for where it does not say them. A
    SimpleRNN of Keras and an nn.RNN say that they are

    .. math:: h_{k+1} = \sigma(w h_k + b + \omega x_k)

    Parameters
    ----------
    path : str or path
        The file.
    activation : str or Activation, optional
        sigma.
    form : str, optional
        "activity", :math:`h_+ = (1-a) h + a\,\sigma(w h + b + \omega x)`, or "activation",
        :math:`v_+ = (1-a) v + a\,(w\,\sigma(v) + b + \omega x)`.
    alpha : float or array (N,), optional
        The leak a of one step, in (0, 1]. Alone: delta = alpha, rate = decay = 1.
    delta : float, optional
        The time of a step; with alpha, rate = alpha / delta and decay = 1.
    scale : str or float, optional
        What multiplies m n': "1/N" or a number. In the files of mackelab, Valente and Beiran it
        multiplies the read-out too, as their code does.
    parts : dict, optional
        Part: name in the file, or several names, which are added; ".T" behind a name turns a matrix
        that acts on row vectors. Parts are w, m, n, omega, b, inside, readout, readout_bias, start,
        w_mask, omega_mask, readout_mask, w_sign, readout_sign, omega_scale, readout_scale.
    layer : int or str, optional
        Which one of several recurrent layers. The read-out belongs to the last.
    ignore : str or tuple of str, optional
        Names, or patterns like "encoder.*", of what may be dropped.

    Returns
    -------
    Network
        Its ``.map.step`` is one step of the tool that trained it, in the tool's own state.

    Raises
    ------
    ValueError
        If the file is not such a network, with the reason; if it does not say something and the
        call does not either, with the choices; if it says what a `Network` cannot do; if its
        numbers do not fit or are not finite; if an argument contradicts it.
    FileNotFoundError
        If there is no such file.
    ImportError
        If it is an HDF5 file and h5py is not installed.

    Notes
    -----
    The orientation of a square matrix cannot be seen: ``w[i, j]`` leads from j to i, unless the
    family of names says otherwise. A Keras file of weights alone does not tell a SimpleRNN that
    runs backwards, a mask, or a read-out with an activation from the plain layers, and is read as
    those. Layouts: keras/src/legacy/saving/legacy_h5_format.py, keras/src/saving/saving_lib.py,
    torch/serialization.py, and the format page of safetensors.

    Examples
    --------
    >>> import tempfile
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     np.savez(f"{folder}/other.npz", W_rec=[[0.5]], W_in=[[1.0]])
    ...     network = load_network(f"{folder}/other.npz", "relu", form="activation", alpha=0.1)
    >>> network.map.step([1.0], [0.0])  # 0.9 * 1 + 0.1 * 0.5 * 1
    array([0.95])
    """
    try:
        file = Path(path)
    except TypeError:
        raise ValueError(f"path = {shown(path)}; give the path of a file") from None
    if not file.exists():
        raise FileNotFoundError(f"{file}: there is no such file; give the path of a network")
    given = {"activation": activation, "form": form, "alpha": alpha, "delta": delta, "scale": scale}
    try:
        with careful():
            fields = described(file, given, parts, layer, ignore)
        return Network(**fields)
    except Question as error:
        said = {**given, "parts": parts, "layer": layer, "ignore": ignore or None}
        said = {name: value for name, value in said.items() if value is not None}
        raise ValueError(f"{file}: {error.full(path, said)}") from error
    except ValueError as error:
        raise ValueError(f"{file}: {error}") from error
