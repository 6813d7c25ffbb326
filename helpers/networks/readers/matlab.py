"""MATLAB's MAT-files of version 5: matrices of numbers, and text; structs and cells by name only.

Not through scipy.io, whose reader ends the interpreter on some damaged files. The layout is that of
MathWorks' "MAT-File Format", which is a tag, its bytes, and zeros up to a multiple of eight.
"""

from __future__ import annotations

import math
import struct
import zlib
from collections.abc import Iterator
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np

from helpers.dynamics._checks import Array
from helpers.networks.readers.contents import Contents, Place, Stored, placed, sized
from helpers.networks.readers.names import find

MATRIX, COMPRESSED = 14, 15
TYPES = {
    1: "i1", 2: "u1", 3: "i2", 4: "u2", 5: "i4", 6: "u4", 7: "f4", 9: "f8", 12: "i8", 13: "u8",
    16: "u1", 17: "u2",
}  # fmt: skip
CHAR, NUMERIC, COMPLEX = 4, range(6, 16), 0x800
HEADER, START = 128, 1024  # bytes: of the file, and of a variable up to its numbers
TEXT = 10_000  # bytes
UTF16 = {"<": "utf-16-le", ">": "utf-16-be"}


@dataclass(frozen=True)
class Variable:
    """Where a variable lies in the file, packed or not, and how many bytes it has there."""

    at: int
    size: int
    packed: bool
    order: str


def read_matlab(file: Path) -> Contents:
    """Return what a MAT-file holds."""
    arrays: dict[str, Stored] = {}
    for variable in _variables(file):
        name, stored = _stored(file, variable)
        if name in arrays:
            raise ValueError(f"it has two variables {name!r}; keep one of them")
        arrays[name] = stored
    return Contents(arrays, find)


def _variables(file: Path) -> Iterator[Variable]:
    end = file.stat().st_size
    with file.open("rb") as stream:
        order = "<" if stream.read(HEADER)[-2:] == b"IM" else ">"
        at = HEADER
        while at < end:
            stream.seek(at)
            kind, size = struct.unpack(f"{order}II", stream.read(8))
            if at + 8 + size > end or kind not in (MATRIX, COMPRESSED):
                raise ValueError("a variable ends too early; copy the file again from its source")
            yield Variable(at + 8, size, kind == COMPRESSED, order)
            at += 8 + size


def _bytes(file: Path, variable: Variable, size: int, *, all_of: bool = False) -> bytes:
    """Return the first bytes of a variable, unpacked, without the tag of the whole."""
    with file.open("rb") as stream:
        stream.seek(variable.at)
        if not variable.packed:
            return stream.read(min(size, variable.size))
        unpack, packed = zlib.decompressobj(), stream.read(variable.size)
    content = unpack.decompress(packed, 16 + size if all_of else size)
    if all_of and not unpack.eof:
        raise ValueError("a packed variable has no end where it says; copy the file again")
    return content[8:]


def _tag(content: bytes, at: int, order: str) -> tuple[int, int, int, int]:
    """Return of an element its type, where its bytes begin, how many they are, where it ends."""
    kind, size = struct.unpack_from(f"{order}II", content, at)
    if kind >> 16:
        # A short one has its size in the upper half of the type, and its bytes in the tag.
        return kind & 0xFFFF, at + 4, kind >> 16, at + 8
    return kind, at + 8, size, at + 8 + size + -size % 8


def _opening(start: bytes, order: str) -> tuple[int, tuple[int, ...], str, int]:
    """Return the flags of a variable, its shape, its name, and where its numbers follow."""
    _, at, _, end = _tag(start, 0, order)
    (flags,) = struct.unpack_from(f"{order}I", start, at)
    _, at, size, end = _tag(start, end, order)
    shape = struct.unpack_from(f"{order}{size // 4}i", start, at)
    _, at, size, end = _tag(start, end, order)
    return flags, shape, start[at : at + size].decode("ascii"), end


def _stored(file: Path, variable: Variable) -> tuple[str, Stored]:
    order, start = variable.order, _bytes(file, variable, START)
    flags, shape, name, end = _opening(start, order)
    kind = flags & 0xFF
    if kind not in (CHAR, *NUMERIC) or flags & COMPLEX:
        return name, Stored(shape, "c" if kind in NUMERIC else "O", lambda: None)
    number, at, size, _ = _tag(start, end, order)
    dtype = np.dtype(order + TYPES[number])
    if kind == CHAR:
        return name, Stored((), "U", partial(_text, file, variable, at, size, dtype))
    if sized(shape, dtype.itemsize, name) != size:
        raise ValueError(f"{name} of shape {shape} has {size} bytes; copy the file again")
    sized(shape, 8, name)
    if variable.packed:
        return name, Stored(shape, dtype.kind, partial(_load, file, variable, at, shape, dtype))
    strides = tuple(math.prod(shape[:axis]) for axis in range(len(shape)))
    place = Place(None, variable.at + at, dtype.str, shape, strides)
    return name, placed(file, name, place, variable.at + variable.size)


def _load(
    file: Path, variable: Variable, at: int, shape: tuple[int, ...], dtype: np.dtype[Any]
) -> Array:
    count = math.prod(shape)
    content = _bytes(file, variable, at + count * dtype.itemsize, all_of=True)
    return np.frombuffer(content, dtype, count, at).reshape(shape, order="F")


def _text(file: Path, variable: Variable, at: int, size: int, dtype: np.dtype[Any]) -> str:
    if size > TEXT:
        raise ValueError(f"a text has {size} bytes; name the activation in the call")
    content = _bytes(file, variable, at + size, all_of=True)[at : at + size]
    return str(content, "utf-8" if dtype.itemsize == 1 else UTF16[variable.order])
