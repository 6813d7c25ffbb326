"""MAT-files of MATLAB, version 5: scipy.io reads each variable, from bytes counted first."""

from __future__ import annotations

import io
import math
import struct
import zlib
from collections.abc import Iterator
from functools import partial
from pathlib import Path
from typing import Any

from scipy import io as scipy_io

from helpers.networks.readers.contents import Contents, Stored, sized
from helpers.networks.readers.names import find

NUMERIC = ("double", "single", "logical", "int8", "int16", "int32", "int64",
           "uint8", "uint16", "uint32", "uint64")  # fmt: skip
COMPRESSED = 15
HEADER, START = 128, 4096  # bytes: of the file, and of a variable up to its name and shape
TEXT = 10_000  # characters


def read_matlab(file: Path) -> Contents:
    """Return what a MAT-file holds; structs and cells are refused by name when they are read."""
    arrays: dict[str, Stored] = {}
    for at in _variables(file):
        for name, shape, kind in scipy_io.whosmat(_stream(file, at, START)):
            if name in arrays:
                raise ValueError(f"it has two variables {name!r}; keep one of them")
            # Room for real and imaginary parts in double precision, the name and the shape.
            room = START + 16 * sized(tuple(shape), 1, name)
            load = partial(_load, file, at, name, room)
            if kind == "char" and math.prod(shape) <= TEXT:
                arrays[name] = Stored((), "U", load)
            else:
                arrays[name] = Stored(tuple(shape), "f" if kind in NUMERIC else "O", load)
    return Contents(arrays, find)


def _variables(file: Path) -> Iterator[int]:
    """Yield where the variables of a file begin."""
    at, end = HEADER, file.stat().st_size
    while at < end:
        with file.open("rb") as stream:
            size = _tag(stream, at)[1]
        if at + 8 + size > end:
            raise ValueError("a variable ends too early; copy the file again from its source")
        yield at
        at += 8 + size


def _tag(stream: Any, at: int) -> tuple[int, int]:
    """Return the kind and the size of the variable at a place, and leave the stream behind both."""
    stream.seek(HEADER - 2)
    order = "<" if stream.read(2) == b"IM" else ">"
    stream.seek(at)
    kind, size = struct.unpack(f"{order}II", stream.read(8))
    return kind, size


def _stream(file: Path, at: int, room: int) -> Any:
    """Return one variable as a file of its own, unpacked, and cut off where there is no room."""
    out = io.BytesIO()
    with file.open("rb") as stream:
        out.write(stream.read(HEADER))
        kind, size = _tag(stream, at)
        if kind == COMPRESSED:
            out.write(zlib.decompressobj().decompress(stream.read(size), room))
        else:
            stream.seek(at)
            out.write(stream.read(min(8 + size, room)))
    out.seek(0)
    return out


def _load(file: Path, at: int, name: str, room: int) -> Any:
    value = scipy_io.loadmat(_stream(file, at, room), variable_names=[name])[name]
    return value.item() if value.dtype.kind == "U" and value.size == 1 else value
