"""Trained networks on disk: a file format of our own, and readers for the weights of other tools.

A file is data: nothing in it is executed, and no link in it is followed.
"""

from __future__ import annotations

import importlib
import io
import json
import os
import secrets
from collections.abc import Iterator
from dataclasses import KW_ONLY, dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np

from helpers.dynamics._checks import Array, finite_array, last_axis, positive, shown, square
from helpers.dynamics.activations import ACTIVATIONS, Activation, activation
from helpers.dynamics.conventions import LeakyForm
from helpers.dynamics.procedures import Discretise
from helpers.dynamics.systems import RNN, Map

__all__ = ["Network", "load_network", "save_network"]

WEIGHTS = ("w", "omega", "b", "readout", "readout_bias")
# What a file may call each part. Any other name is left unread.
NAMES = {
    "w": ("w", "W", "w_rec", "W_rec"),
    "omega": ("omega", "w_in", "W_in"),
    "b": ("b", "b_rec", "bias"),
    "readout": ("readout", "w_out", "W_out"),
    "readout_bias": ("readout_bias", "b_out"),
} | {name: (name,) for name in ("activation", "delta", "decay", "alpha", "recipe", "curve")}
# These change the map and are meant in more than one way, so they are neither guessed nor ignored.
AMBIGUOUS = ("dt", "tau", "tau_m", "rate")
SYNONYMS = {"linear": "identity", "sigmoid": "logistic"}
CELL, DENSE = ("kernel", "recurrent_kernel", "bias"), ("kernel", "bias")
NOT_LAYERS = ("optimizer", "optimizer_weights", "seed_generator")
# Layers that do nothing once the model is trained.
SILENT = ("InputLayer", "Dropout", "SpatialDropout1D", "GaussianDropout", "GaussianNoise")

TO_NPZ = "np.savez(path, w=..., omega=..., b=..., readout=..., readout_bias=..., activation=...)"
TORCH = (
    "load it in torch and save it with np.savez(path, w=weight_hh_l0, omega=weight_ih_l0, "
    "b=bias_ih_l0 + bias_hh_l0, activation=...)"
)


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
        """The trained map; the Euler map of the flow with step delta."""
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
        parts = _read(file)
        parts["activation"] = _sigma(activation, parts.get("activation"))
        return _network(parts)
    except ValueError as error:
        raise ValueError(f"{file}: {error}") from error


def _read(file: Path) -> dict[str, Any]:
    if not file.is_file():
        raise ValueError("not a file; give the path of an npz or HDF5 file")
    with file.open("rb") as stream:
        start = stream.read(8)
    readers = {b"PK\x03\x04": _read_npz, b"\x89HDF\r\n\x1a\n": _read_keras}
    reader = next((read for magic, read in readers.items() if start.startswith(magic)), None)
    if reader is None:
        what = f"it starts with {start!r}" if start else "it is empty"
        if start.startswith(b"\x80"):
            what = "it is a pickle, which could run anything"
        raise ValueError(f"neither npz nor HDF5: {what}; save the network with {TO_NPZ}")
    try:
        return reader(file)
    except json.JSONDecodeError as error:
        raise ValueError(f"broken JSON, {shown(error)}; copy it again from its source") from error
    except (ValueError, ImportError):
        raise
    except Exception as error:
        # zipfile, zlib, NumPy and HDF5 have each their own errors for a broken file.
        raise ValueError(f"damaged, {shown(error)}; copy it again from its source") from error


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


def _read_npz(file: Path) -> dict[str, Any]:
    with np.load(file, allow_pickle=False) as archive:
        chosen = _chosen(archive.files)
        return {part: _member(archive, name, part) for part, name in chosen.items()}


def _chosen(names: list[str]) -> dict[str, str]:
    """Return the name in the file of each part that it has."""
    if any(name.endswith("data.pkl") for name in names):
        raise ValueError(f"a torch file, which could run anything; {TORCH}")
    if "model.weights.h5" in names:
        raise ValueError("a .keras archive; unzip it and load the model.weights.h5 in it")
    if unclear := [name for name in AMBIGUOUS if name in names]:
        raise ValueError(
            f"{unclear[0]} can be meant in several ways; replace it by delta and decay, as in "
            "equation (2), or by delta and alpha, as in LeakyForm"
        )
    found = {part: [name for name in names if name in NAMES[part]] for part in NAMES}
    for same in (*found.values(), found["decay"] + found["alpha"]):
        if len(same) > 1:
            raise ValueError(f"{same} are two names for one thing; keep one of them")
    if missing := [part for part in ("w", "omega") if not found[part]]:
        raise ValueError(f"no {missing[0]} among {shown(names)}; save the network with {TO_NPZ}")
    return {part: same[0] for part, same in found.items() if same}


def _member(archive: Any, name: str, part: str) -> Any:
    try:
        array = np.asarray(archive[name])
    except ValueError as error:
        raise ValueError(f"{name}: {shown(error)}; save it as an array of numbers") from error
    text = part in ("activation", "recipe")
    if array.dtype.kind not in ("US" if text else "fiu") or (text and array.size != 1):
        wanted = "one string" if text else "real numbers"
        raise ValueError(f"{name} is {array.dtype} of shape {array.shape}; it must hold {wanted}")
    if part == "recipe":
        return json.loads(array.item())
    if text:
        return array.astype(str).item()
    return array if array.ndim else array.item()


def _read_keras(file: Path) -> dict[str, Any]:
    try:
        h5py: Any = importlib.import_module("h5py")
    except ImportError as error:
        raise ImportError(f"{file} is an HDF5 file; to read it: pip install h5py") from error
    with h5py.File(file, "r") as root:
        layers: dict[str, dict[str, Array]] = {}
        for group, name, array in _arrays(h5py, root, "", set()):
            layers.setdefault(group, {})[name] = array
        config = root.attrs.get("model_config")
    parts = _trained({group: _named(group, held) for group, held in layers.items()})
    if config is not None:
        parts["activation"] = _configured(json.loads(config)["config"])
    return parts


def _arrays(h5py: Any, group: Any, path: str, seen: set[Any]) -> Iterator[tuple[str, str, Array]]:
    if group in seen:
        raise ValueError(f"group {path} stands in the file twice; save the model again")
    seen.add(group)
    for name in sorted(set(group) - set(NOT_LAYERS)):
        where = f"{path}/{name}"
        if not isinstance(group.get(name, getlink=True), h5py.HardLink):
            raise ValueError(f"{where} is a link, which is not followed; store the array itself")
        item = group[name]
        if isinstance(item, h5py.Group):
            yield from _arrays(h5py, item, where, seen)
        elif item.dtype.kind not in "fiu" or item.is_virtual or item.external:
            raise ValueError(f"{where}: {item.dtype}, or kept elsewhere; store the numbers in it")
        else:
            yield path, name, np.asarray(item[()], dtype=float)


def _named(group: str, held: dict[str, Array]) -> dict[str, Array]:
    """Return the arrays of a layer by the names of its parts, if it is a plain one."""
    parts = {name.removesuffix(":0"): array for name, array in held.items()}
    if "0" in parts:
        # Keras 3 numbers the parts; the second one of a cell is a matrix.
        numbered = CELL if "1" in parts and parts["1"].ndim > 1 else DENSE
        parts = dict(zip(numbered, parts.values(), strict=False))
    names = CELL if "recurrent_kernel" in parts else DENSE
    matrices = all(array.ndim == 2 for name, array in parts.items() if name != "bias")
    if not {"kernel"} <= set(parts) <= set(names) or not matrices or len(parts) < len(held):
        shapes = {name: array.shape for name, array in held.items()}
        raise ValueError(
            f"{group} holds {shown(shapes)}; only one SimpleRNN and one Dense layer can be read, "
            "since any other layer changes the map"
        )
    return parts


def _trained(layers: dict[str, dict[str, Array]]) -> dict[str, Any]:
    cells = [group for group, held in layers.items() if "recurrent_kernel" in held]
    if len(cells) != 1:
        raise ValueError(f"{len(cells)} recurrent layers, {shown(cells)}; save a model with one")
    cell = layers.pop(cells[0])
    n, columns = cell["recurrent_kernel"].shape
    if n != columns:
        kind = {3 * n: "GRU", 4 * n: "LSTM"}.get(columns, "gated")
        raise ValueError(
            f"{cells[0]} has a recurrent kernel of shape ({n}, {columns}), as a {kind} layer; that "
            "is not of the form of equation (2): train a SimpleRNN"
        )
    parts = {"w": cell["recurrent_kernel"].T, "omega": cell["kernel"].T, "b": cell.get("bias")}
    kernels = {group: dense["kernel"].shape for group, dense in layers.items()}
    if len(layers) > 1 or any(rows != n for rows, _ in kernels.values()):
        raise ValueError(
            f"beside the recurrent layer, of {n} units, it has {shown(kernels)}; keep at most one "
            "Dense layer, after the recurrent one"
        )
    for dense in layers.values():
        parts |= {"readout": dense["kernel"].T, "readout_bias": dense.get("bias")}
    return parts


def _configured(model: Any) -> str:
    """Return the activation that the configuration of a model names."""
    listed = model if isinstance(model, list) else model["layers"]
    layers = [_unwrapped(layer) for layer in listed]
    kinds = [kind for kind, _ in layers if kind not in SILENT]
    if kinds not in (["SimpleRNN"], ["SimpleRNN", "Dense"]):
        raise ValueError(
            f"its layers are {shown(kinds)}; only one SimpleRNN, and one Dense after it, can be "
            "read, since any other layer changes the map"
        )
    options = dict(layers)
    if options["SimpleRNN"].get("go_backwards"):
        raise ValueError("go_backwards is set: it reads its input from the end; train it forwards")
    final = options.get("Dense", {}).get("activation")
    if final not in (None, "linear"):
        raise ValueError(f"its read-out has activation {shown(final)}; only a linear one is read")
    name = options["SimpleRNN"]["activation"] or "linear"
    if not isinstance(name, str):
        raise ValueError(f"its activation is {shown(name)}; save the weights alone, and name it")
    return name


def _unwrapped(layer: dict[str, Any]) -> tuple[str, dict[str, Any]]:
    kind, options = layer["class_name"], layer["config"]
    if kind == "TimeDistributed" and options["layer"]["class_name"] == "Dense":
        return "Dense", options["layer"]["config"]
    if kind == "RNN" and options["cell"]["class_name"] == "SimpleRNNCell":
        return "SimpleRNN", options | options["cell"]["config"]
    return kind, options
