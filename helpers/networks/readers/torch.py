"""State dicts of torch, zip and legacy, without torch; nothing in them is executed."""

from __future__ import annotations

import io
import math
import struct
import zipfile
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path
from typing import Any, BinaryIO

from helpers.dynamics._checks import shown
from helpers.networks.readers.contents import (
    BFLOAT16,
    Contents,
    Place,
    Stored,
    member,
    members,
    placed,
)  # fmt: skip
from helpers.networks.readers.names import find
from helpers.networks.readers.pickles import Reference, Tensor, plain_pickle

MAGIC = 0x1950A86A20F9469CFC6C
KINDS = {
    "DoubleStorage": "f8", "FloatStorage": "f4", "HalfStorage": "f2", "BFloat16Storage": BFLOAT16,
    "LongStorage": "i8", "IntStorage": "i4", "ShortStorage": "i2", "CharStorage": "i1",
    "ByteStorage": "u1", "BoolStorage": "?",
}  # fmt: skip
PICKLE = 2**24  # bytes; the numbers lie outside it
DEPTH, ITEMS = 20, 100_000
Locate = Callable[[str, Reference, int], tuple[str | None, int, int]]


def read_zip(file: Path) -> Contents:
    """Return what a state dict holds that torch.save wrote as an archive."""
    with zipfile.ZipFile(file) as archive:
        held = members(archive)
        inside = next(name for name in held if name.endswith("data.pkl")).removesuffix("data.pkl")
        if f"{inside}constants.pkl" in held or any("/code/" in f"/{name}" for name in held):
            raise ValueError("TorchScript, which is a program; torch.save(net.state_dict(), path)")
        if held[f"{inside}data.pkl"].file_size > PICKLE:
            raise ValueError(f"its data.pkl is over {PICKLE} bytes; save net.state_dict() alone")
        value = plain_pickle(io.BytesIO(member(archive, f"{inside}data.pkl")))
        big = f"{inside}byteorder" in held and member(archive, f"{inside}byteorder") == b"big"

    def locate(name: str, storage: Reference, itemsize: int) -> tuple[str | None, int, int]:
        where = f"{inside}data/{storage.key}"
        size = held[where].file_size if where in held else -1
        if size != storage.length * itemsize:
            raise ValueError(f"{name}: its storage {where} has {size} bytes; copy the file again")
        return where, 0, size

    return Contents(dict(_arrays(file, value, ">" if big else "<", locate)), find)


def is_legacy(start: bytes) -> bool:
    """Say whether a file begins as those that torch wrote before version 1.6."""
    return start.startswith(b"\x80\x02\x8a\x0a" + MAGIC.to_bytes(10, "little"))


def read_legacy(file: Path) -> Contents:
    """Return what a state dict holds that torch wrote before version 1.6."""
    size = file.stat().st_size
    with file.open("rb") as stream:
        pickles = io.BytesIO(stream.read(min(size, PICKLE)))
        _, _, system, value, keys = (plain_pickle(pickles) for _ in range(5))
        if not (isinstance(keys, list) and isinstance(system, dict)):
            raise ValueError("it has no list of its storages; copy the file again")
        ends = _ends(stream, pickles.tell(), keys, {s.key: s for s in _references(value)})

    def locate(name: str, storage: Reference, itemsize: int) -> tuple[str | None, int, int]:
        if storage.key not in ends:
            raise ValueError(f"{name}: its storage {storage.key} is missing; copy the file again")
        begin, end = ends[storage.key]
        return None, begin, min(end, size)

    order = "<" if system.get("little_endian", True) else ">"
    return Contents(dict(_arrays(file, value, order, locate)), find)


def _ends(
    stream: BinaryIO, at: int, keys: list[Any], storages: dict[str, Reference]
) -> dict[str, tuple[int, int]]:
    """Return where the storages begin and end that follow each other behind the pickles."""
    ends: dict[str, tuple[int, int]] = {}
    for key in keys:
        stream.seek(at)
        (count,) = struct.unpack("<q", stream.read(8))
        if not isinstance(key, str) or key not in storages or count != storages[key].length:
            raise ValueError(f"a storage of {count} entries is no tensor's; copy the file again")
        ends[key] = (at + 8, at + 8 + count * _itemsize(storages[key]))
        at = ends[key][1]
    return ends


def _arrays(file: Path, value: Any, order: str, locate: Locate) -> Iterator[tuple[str, Stored]]:
    for name, item in _items(value):
        if isinstance(item, Tensor):
            kind = _dtype(item.storage)
            where, begin, end = locate(name, item.storage, _itemsize(item.storage))
            offset = begin + item.offset * _itemsize(item.storage)
            if len(item.shape) != len(item.strides) or item.offset < 0:
                raise ValueError(f"{name} has shape {item.shape}; copy the file again")
            if math.prod(item.shape) > item.storage.length:
                raise ValueError(f"{name} repeats its numbers; save tensor.contiguous()")
            dtype = kind if kind == BFLOAT16 else order + kind
            place = Place(where, offset, dtype, item.shape, item.strides)
            yield name, placed(file, name, place, end)
        elif isinstance(item, (bool, int, float, str)):
            yield name, Stored((), "U" if isinstance(item, str) else "f", partial(_same, item))


def _same(item: Any) -> Any:
    return item


def _items(value: Any) -> Iterator[tuple[str, Any]]:
    """Yield what a state dict holds, by names joined with dots."""
    if not isinstance(value, dict):
        raise ValueError("it holds no state dict; in the program that wrote it: "
                         "torch.save(net.state_dict(), path)")  # fmt: skip
    waiting, count = [(str(key), item, 1) for key, item in reversed(value.items())], 0
    while waiting:
        name, item, depth = waiting.pop()
        count += 1
        if depth > DEPTH or count > ITEMS:
            raise ValueError(f"{shown(name)} is item {count}, {depth} deep; save net.state_dict()")
        if isinstance(item, (dict, list, tuple)):
            inside = item.items() if isinstance(item, dict) else enumerate(item)
            waiting += [(f"{name}.{key}", part, depth + 1) for key, part in reversed([*inside])]
        else:
            yield name, item


def _references(value: Any) -> Iterator[Reference]:
    return (item.storage for _, item in _items(value) if isinstance(item, Tensor))


def _dtype(storage: Reference) -> str:
    if storage.kind not in KINDS:
        raise ValueError(f"a {storage.kind} is not read; save the network in float32")
    return KINDS[storage.kind]


def _itemsize(storage: Reference) -> int:
    kind = _dtype(storage)
    return 2 if kind == BFLOAT16 else 1 if kind == "?" else int(kind[1])
