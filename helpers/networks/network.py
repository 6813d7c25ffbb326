"""The trained network, and how it is written to a file and read from one."""

from __future__ import annotations

import io
import json
import os
import secrets
from dataclasses import KW_ONLY, dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np

from helpers.dynamics._checks import Array, finite_array, last_axis, positive, shown, square
from helpers.dynamics.activations import ACTIVATIONS, Activation, activation
from helpers.dynamics.conventions import LeakyForm
from helpers.dynamics.procedures import Discretise
from helpers.dynamics.recurrent import RNN
from helpers.dynamics.systems import Map
from helpers.networks.readers import read

__all__ = ["Network", "load_network", "save_network"]

WEIGHTS = ("w", "omega", "b", "readout", "readout_bias")
SYNONYMS = {"linear": "identity", "sigmoid": "logistic"}


@dataclass(frozen=True, eq=False)
class Network:
    r"""A trained network: the parameters of equation (2), its time step and its read-out.

    .. math:: h' = -\lambda h + \sigma(w h + b + \omega x), \qquad y = R h + r

    Parameters
    ----------
    w, omega, b : array (N, N), (N, M), (N,)
        As in `RNN`; a missing b is zero.
    readout, readout_bias : array (K, N), (K,)
        R and r; K = 0 where they are missing.
    activation : str or Activation
        sigma.
    delta : float
        The time of one step of the map it was trained as.
    decay : float or array (N,)
        lambda. A simple recurrent layer, h+ = sigma(w h + b + omega x), has decay 1 and delta 1.
    recipe : dict, optional
        How the network was made, in what JSON can hold.
    curve : array (T,), optional
        The loss while it was trained.

    Raises
    ------
    ValueError
        On shapes that do not fit, numbers that are not finite, decay or delta not positive, or a
        recipe that JSON cannot hold.

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
    recipe: Any = None
    curve: Any = None

    def __post_init__(self) -> None:
        n = len(square(self.w, "w"))
        omega = _with_units(self.omega, "omega", n, 0)
        flow = RNN(self.w, omega, self.b, self.decay, self.activation)
        fields = {name: getattr(flow, name) for name in ("w", "omega", "b", "decay", "activation")}
        readout = np.zeros((0, n)) if self.readout is None else self.readout
        fields["readout"] = _with_units(readout, "readout", n, 1)
        k = len(fields["readout"])
        bias = np.zeros(k) if self.readout_bias is None else self.readout_bias
        fields["readout_bias"] = finite_array(bias, "readout_bias", (k,))
        fields["delta"] = positive(self.delta, "delta")
        fields["recipe"] = None if self.recipe is None else json.loads(_json(self.recipe))
        if self.curve is not None:
            fields["curve"] = finite_array(self.curve, "curve", (None,))
        self.__dict__.update(fields)

    @property
    def flow(self) -> RNN:
        """The network in continuous time."""
        return RNN(self.w, self.omega, self.b, self.decay, self.activation)

    @property
    def map(self) -> Map:
        """The trained map, which is the Euler map of the flow with step delta."""
        made: Map = Discretise(self.delta)(self.flow)
        return made

    def output(self, h: Any) -> Array:
        """Return y = readout h + readout_bias, shape (..., K), of states h, shape (..., N)."""
        states = last_axis(h, "h", len(self.w), "unit")
        return np.asarray(states @ self.readout.T + self.readout_bias)


def _with_units(value: Any, name: str, n_units: int, axis: int) -> Array:
    array = finite_array(value, name, (None, None))
    if array.shape[axis] != n_units:
        remedy = "transpose it" if array.shape[1 - axis] == n_units else "take that of this network"
        raise ValueError(
            f"{name} has shape {array.shape}; it needs one {('row', 'column')[axis]} for each of "
            f"the {n_units} units: {remedy}"
        )
    return array


def _json(recipe: Any) -> str:
    try:
        if not isinstance(recipe, dict):
            raise TypeError("it is not a dict")
        return json.dumps(recipe, sort_keys=True, allow_nan=False)
    except (TypeError, ValueError) as error:
        raise ValueError(
            f"recipe = {shown(recipe)} cannot be stored as JSON ({error}); give a dict of plain "
            "numbers, strings, lists and dicts"
        ) from error


def save_network(path: str | os.PathLike[str], network: Network) -> None:
    """Write a network to an npz file, whole or not at all.

    The same network gives the same bytes. The weights are stored in single precision if that loses
    nothing, and otherwise in double.

    Parameters
    ----------
    path : str or path
        The file, named as given; one that stands there is replaced at the last moment.
    network : Network
        What to write.

    Raises
    ------
    ValueError
        If it is not a `Network`, or its activation has the name of another in `ACTIVATIONS`.

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
    content, target = _npz(network), Path(path)
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
    if not np.array_equal(network.decay, 1.0):
        arrays["decay"] = np.array(network.decay, "<f8")
    if network.recipe is not None:
        arrays["recipe"] = np.array(_json(network.recipe))
    if network.curve is not None:
        arrays["curve"] = network.curve.astype("<f4" if _is_single(network.curve) else "<f8")
    buffer = io.BytesIO()
    np.savez(buffer, **arrays)
    return buffer.getvalue()


def _is_single(array: Array) -> bool:
    with np.errstate(over="ignore"):
        return bool(np.all(array.astype(np.float32) == array))


def load_network(
    path: str | os.PathLike[str], activation: str | Activation | None = None
) -> Network:
    r"""Read a trained network, in the conventions of equation (2) whatever the file's own.

    Three kinds of files are known by their first bytes, whatever their names. Those of
    `save_network`. Any other npz with a recurrent matrix ``w`` (or ``W``, ``w_rec``, ``W_rec``),
    input weights ``omega`` (``w_in``, ``W_in``) and what else there is of ``b``, ``readout``
    (``w_out``, ``W_out``), ``readout_bias`` (``b_out``), ``activation``, ``delta`` (1 if missing),
    and ``decay`` or ``alpha``, the leak of `LeakyForm`. And the HDF5 files of Keras with one
    SimpleRNN and at most one linear Dense layer after it, whose kernels act on row vectors:

    .. math:: h_{k+1} = \sigma(x_k W_\text{kernel} + h_k W_\text{recurrent} + b)

    Parameters
    ----------
    path : str or path
        The file.
    activation : str or Activation, optional
        sigma, for a file that does not say.

    Returns
    -------
    Network
        ``.w``, ``.omega``, ``.b``, ``.readout``, ``.readout_bias``, ``.flow``, ``.map`` and more.

    Raises
    ------
    ValueError
        If the file is not such a network, with the reason; if its numbers do not fit or are not
        finite; if no one names an activation, or the argument contradicts the file.
    FileNotFoundError
        If there is no such file.
    ImportError
        If it is an HDF5 file and h5py is not installed.

    Notes
    -----
    The orientation of a square matrix cannot be seen: ``w[i, j]`` of an npz leads from j to i. A
    Keras file of weights alone does not tell a SimpleRNN that runs backwards, a mask, or a read-out
    with an activation from the plain layers, and is read as those. The layouts are those of
    keras/src/legacy/saving/legacy_h5_format.py and keras/src/saving/saving_lib.py.

    Examples
    --------
    >>> import tempfile
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     np.savez(f"{folder}/other.npz", W_rec=[[0.5]], W_in=[[1.0]])
    ...     load_network(f"{folder}/other.npz", "relu").activation.name
    'relu'
    """
    try:
        file = Path(path)
    except TypeError:
        raise ValueError(f"path = {shown(path)}; give the path of a file") from None
    if not file.exists():
        raise FileNotFoundError(f"{file}: there is no such file; give the path of a network")
    try:
        parts = read(file)
        parts["activation"] = _sigma(activation, parts.get("activation"))
        return _network(parts)
    except ValueError as error:
        raise ValueError(f"{file}: {error}") from error


def _sigma(given: Any, stored: Any) -> Activation:
    if given is None and stored is None:
        raise ValueError('the file does not say its activation; name it: activation="tanh"')
    known = ACTIVATIONS.get(SYNONYMS.get(stored, stored))
    if given is None and known is not None:
        return known
    if given is None:
        raise ValueError(
            f"its activation is {shown(stored)}, which this book does not know; pass the "
            "function, under its name: activation=Activation(name, value, slope)"
        )
    sigma = activation(SYNONYMS.get(given, given) if isinstance(given, str) else given)
    if stored is not None and (sigma != known if known else sigma.name != stored):
        raise ValueError(
            f"its activation is {shown(stored)}, and the argument says {sigma.name!r}; leave it out"
        )
    return sigma


def _network(parts: dict[str, Any]) -> Network:
    alpha = parts.pop("alpha", None)
    network = Network(**parts)
    if alpha is None:
        return network
    w, omega, b, delta = network.w, network.omega, network.b, network.delta
    form = LeakyForm(w, omega, b, alpha, delta, network.activation).network()
    # The file's state is g = decay h, and that is what its read-out reads.
    return replace(network, w=form.w, decay=form.decay, readout=form.decay * network.readout)
