"""HDF5 files, those of Keras above all: of version 2 and 3, and the .keras archive."""

from __future__ import annotations

import importlib
import io
import json
import re
import zipfile
from collections.abc import Iterator, Mapping
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np

from helpers.dynamics._checks import Array, shown
from helpers.networks.readers.contents import Contents, Found, Stored, member, members, sized
from helpers.networks.readers.heap import configuration
from helpers.networks.readers.keras_model import Layer, barred, layers, recurrent
from helpers.networks.readers.names import find, gate, picked

CELL, DENSE = ("kernel", "recurrent_kernel", "bias"), ("kernel", "bias")
NOT_LAYERS = ("optimizer", "optimizer_weights", "seed_generator")
GROUPS = 10_000
TEXT = 2**24  # bytes of a configuration


def read_hdf5(file: Path) -> Contents:
    """Return what an HDF5 file holds."""
    return _contents(file, file, None)


def read_keras(file: Path) -> Contents:
    """Return what a .keras archive holds."""
    with zipfile.ZipFile(file) as archive:
        held = members(archive)
        if "config.json" not in held or held["config.json"].file_size > TEXT:
            raise ValueError("a .keras archive without a config.json; save the model again")
        config = json.loads(member(archive, "config.json"))
        weights = member(archive, "model.weights.h5")
    return _contents(file, weights, config)


def _contents(file: Path, source: Path | bytes, config: Any) -> Contents:
    try:
        h5py: Any = importlib.import_module("h5py")
    except ImportError as error:
        raise ImportError(f"{file} is an HDF5 file; to read it: pip install h5py") from error
    with h5py.File(_opened(source), "r") as root:
        arrays = dict(_arrays(h5py, root, source))
        if config is None and "model_config" in root.attrs:
            config = _attribute(h5py, root, file)
    model = None if config is None else layers(config)
    return Contents(arrays, partial(_found, model), barred(model or ()))


def _opened(source: Path | bytes) -> Any:
    return io.BytesIO(source) if isinstance(source, bytes) else source


def _attribute(h5py: Any, root: Any, file: Path) -> Any:
    attribute = root.attrs.get_id("model_config")
    kind = attribute.get_type()
    # Anything but a string, as damaged files have there, can end the interpreter.
    if attribute.shape != () or not isinstance(kind, h5py.h5t.TypeStringID):
        raise ValueError("its model_config is not one string; save the model again")
    if kind.is_variable_str():
        return configuration(file)
    sized((kind.get_size(),), 1, "its model_config")
    return json.loads(root.attrs["model_config"])


def _arrays(h5py: Any, root: Any, source: Path | bytes) -> Iterator[tuple[str, Stored]]:
    waiting: list[tuple[str, Any]] = [("", root)]
    seen: set[Any] = set()
    while waiting:
        path, group = waiting.pop()
        if group in seen or len(seen) > GROUPS:
            raise ValueError(f"group {path} stands in the file twice; save the model again")
        seen.add(group)
        for name in sorted(set(group) - set(NOT_LAYERS), reverse=True):
            where = f"{path}/{name}"
            if not isinstance(group.get(name, getlink=True), h5py.HardLink):
                raise ValueError(f"{where} is a link, which is not followed; store the array there")
            item = group[name]
            if isinstance(item, h5py.Group):
                waiting.append((where, item))
            else:
                yield where[1:], _stored(h5py, item, where, source)


def _stored(h5py: Any, item: Any, where: str, source: Path | bytes) -> Stored:
    if item.is_virtual or item.external:
        raise ValueError(f"{where} is kept elsewhere, which is not followed; store the numbers")
    kind = item.dtype.kind if item.dtype.kind in "fiu" else "O"
    if item.shape is None:
        raise ValueError(f"{where} is empty; save the model again")
    size = sized(item.shape, item.dtype.itemsize, where)
    sized(item.chunks or (), item.dtype.itemsize, where)
    if item.id.get_storage_size() < size and (item.chunks is None or not _filtered(item)):
        raise ValueError(f"{where} of shape {item.shape} was not written whole; save it again")
    return Stored(item.shape, kind, lambda: _load(h5py, source, where))


def _filtered(item: Any) -> bool:
    return bool(item.id.get_create_plist().get_nfilters())


def _load(h5py: Any, source: Path | bytes, where: str) -> Array:
    with h5py.File(_opened(source), "r") as root:
        return np.asarray(root[where][()])


def _found(
    model: tuple[Layer, ...] | None, arrays: Mapping[str, Stored], layer: Any, told: bool
) -> Found:
    """Return the parts of one recurrent layer, and of the Dense layer after the last."""
    groups = {} if told else _groups(arrays)
    if not groups:
        if told or (model is None and arrays):
            return Found({}) if model is not None else find(arrays, layer, told)
        raise ValueError(
            "it holds no weights: the model was saved before it was built; call it once, "
            "model(x), and save it again"
        )
    cells = _cells(groups, arrays)
    order = sorted(cells, key=lambda group: _place(model, group))
    chosen = order[picked(_titles(model, order), layer)]
    said = recurrent(model, order.index(chosen), len(order), _size(cells[chosen], arrays))
    if model is None and "simple_rnn" in chosen:
        said = {"form": "activity", "alpha": 1.0}
    names = _turned(cells[chosen], {"w": "recurrent_kernel", "omega": "kernel", "b": "bias"})
    others = {group: held for group, held in groups.items() if group not in cells}
    if chosen == order[-1]:
        names |= _read_out(others, arrays, _size(cells[chosen], arrays))
    dropped = {name for held in groups.values() for name in held.values()}
    return Found(names, said, dropped=frozenset(dropped))


def _cells(
    groups: dict[str, dict[str, str]], arrays: Mapping[str, Stored]
) -> dict[str, dict[str, str]]:
    """Return the recurrent layers, none of which has gates."""
    cells = {group: held for group, held in groups.items() if "recurrent_kernel" in held}
    if not cells:
        raise ValueError(f"0 recurrent layers among {shown(list(groups))}; save a model with one")
    for group, held in cells.items():
        if any(piece.startswith("backward_") for piece in group.split("/")):
            raise ValueError(
                f"{group} belongs to a Bidirectional layer, which reads its input from the end "
                "too, as no map of one step does; train a SimpleRNN forwards"
            )
        gate(held["recurrent_kernel"], arrays[held["recurrent_kernel"]].shape, rows=True)
    return cells


def _size(held: dict[str, str], arrays: Mapping[str, Stored]) -> int:
    return int(arrays[held["recurrent_kernel"]].shape[0])


def _titles(model: tuple[Layer, ...] | None, order: list[str]) -> list[str]:
    """Return what layers are called: a .keras archive names its groups by the class alone."""
    names = [layer.name for layer in model or ()]
    if len(names) < len(order):
        return order
    return [f"{name}: {group}" for name, group in zip(names, order, strict=False)]


def _place(model: tuple[Layer, ...] | None, group: str) -> tuple[int, list[Any]]:
    """Return where a layer stands: as the configuration lists them, or as they are numbered."""
    listed = [layer.name for layer in model or ()]
    at = next((i for i, name in enumerate(listed) if name in group.split("/")), len(listed))
    return at, [int(piece) if piece.isdecimal() else piece for piece in re.split(r"(\d+)", group)]


def _turned(held: dict[str, str], leaves: dict[str, str]) -> dict[str, tuple[str, ...]]:
    # Kernels act on row vectors; a bias is one.
    return {
        part: (held[leaf] if leaf == "bias" else f"{held[leaf]}.T",)
        for part, leaf in leaves.items()
        if leaf in held
    }


def _read_out(
    others: dict[str, dict[str, str]], arrays: Mapping[str, Stored], n_units: int
) -> dict[str, tuple[str, ...]]:
    kernels = {group: arrays[held["kernel"]].shape for group, held in others.items()}
    if len(kernels) > 1 or any(shape[0] != n_units for shape in kernels.values()):
        raise ValueError(
            f"beside the recurrent layer, of {n_units} units, it has {shown(kernels)}; at most one "
            "Dense layer, after the recurrent one, is read: drop the others with "
            f"ignore={tuple(f'{group}/*' for group in kernels)[:1]}, and the read-out with them"
        )
    leaves = {"readout": "kernel", "readout_bias": "bias"}
    return {part: n for held in others.values() for part, n in _turned(held, leaves).items()}


def _groups(arrays: Mapping[str, Stored]) -> dict[str, dict[str, str]]:
    """Return the layers of a Keras file: the names of their arrays, by what those are."""
    held: dict[str, dict[str, str]] = {}
    for name in arrays:
        group, _, leaf = name.rpartition("/")
        held.setdefault(group, {})[name] = leaf.removesuffix(":0")
    layered = [g for g, leaves in held.items() if {"kernel", "0"} & set(leaves.values())]
    return {group: _named(group, leaves, arrays) for group, leaves in held.items() if layered}


def _named(group: str, held: dict[str, str], arrays: Mapping[str, Stored]) -> dict[str, str]:
    """Return the arrays of a layer by the names of its parts, if it is a plain one."""
    parts = {leaf: name for name, leaf in held.items()}
    if len(parts) < len(held):
        raise ValueError(f"{group} holds {sorted(held.values())}, one twice; keep one of them")
    if "0" in parts:
        # Keras 3 numbers the parts; the second one of a cell is a matrix.
        second = arrays[parts["1"]].shape if "1" in parts else ()
        numbered = CELL if len(second) > 1 else DENSE
        parts = dict(zip(numbered, (parts[leaf] for leaf in sorted(parts)), strict=False))
    names = CELL if "recurrent_kernel" in parts else DENSE
    matrices = all(len(arrays[name].shape) == 2 for part, name in parts.items() if part != "bias")
    if not {"kernel"} <= set(parts) <= set(names) or not matrices:
        shapes = {leaf: arrays[name].shape for name, leaf in held.items()}
        raise ValueError(
            f"{group} holds {shown(shapes)}; only SimpleRNN and one Dense layer are known, since "
            "any other layer changes the map. Of a cell of your own say the parts and the step: "
            'parts={"w": "<its recurrent_kernel>.T", ...}, form=, alpha='
        )
    return parts
