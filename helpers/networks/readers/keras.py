"""Networks in the HDF5 files of Keras: one SimpleRNN, and at most one linear Dense after it."""

from __future__ import annotations

import importlib
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np

from helpers.dynamics._checks import Array, shown

CELL, DENSE = ("kernel", "recurrent_kernel", "bias"), ("kernel", "bias")
NOT_LAYERS = ("optimizer", "optimizer_weights", "seed_generator")
# Layers that do nothing once the model is trained.
SILENT = ("InputLayer", "Dropout", "SpatialDropout1D", "GaussianDropout", "GaussianNoise")


def read_keras(file: Path) -> dict[str, Any]:
    """Return the parts of the network in an HDF5 file; kernels act on row vectors there."""
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
    cell = layers.pop(_cell(layers))
    n = len(cell["recurrent_kernel"])
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


def _cell(layers: dict[str, dict[str, Array]]) -> str:
    """Return the name of the one recurrent layer."""
    cells = [group for group, held in layers.items() if "recurrent_kernel" in held]
    if len(cells) != 1:
        raise ValueError(f"{len(cells)} recurrent layers, {shown(cells)}; save a model with one")
    n, columns = layers[cells[0]]["recurrent_kernel"].shape
    if n != columns:
        kind = {3 * n: "GRU", 4 * n: "LSTM"}.get(columns, "gated")
        raise ValueError(
            f"{cells[0]} has a recurrent kernel of shape ({n}, {columns}), as a {kind} layer; that "
            "is not of the form of equation (2): train a SimpleRNN"
        )
    return cells[0]


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
