"""MATLAB's MAT-files of version 5, through scipy.io, from a copy that has been unpacked first."""

from __future__ import annotations

import io
import math
import zlib
from pathlib import Path
from typing import Any

import numpy as np
from scipy import io as scipy_io

from helpers.networks.readers.contents import LARGEST, Contents, Stored, sized
from helpers.networks.readers.names import find

NUMERIC = ("double", "single", "logical", "int8", "int16", "int32", "int64",
           "uint8", "uint16", "uint32", "uint64")  # fmt: skip
COMPRESSED = 15
TEXT = 10_000  # characters


def read_matlab(file: Path) -> Contents:
    """Return what a MAT-file holds; structs and cells are refused by name when they are read."""
    content = _unpacked(file.read_bytes())
    arrays: dict[str, Stored] = {}
    for name, shape, kind in scipy_io.whosmat(_stream(content)):
        if name in arrays:
            raise ValueError(f"it has two variables {name!r}; keep one of them")
        if kind == "char" and math.prod(shape) <= TEXT:
            arrays[name] = Stored((), "U", _reader(content, name))
        elif kind in NUMERIC:
            # MATLAB stores whole doubles in a byte each, if they are small.
            sized(shape, 8, name)
            if math.prod(shape) > len(content):
                raise ValueError(f"{name} of shape {shape} is longer than the file; copy it again")
            arrays[name] = Stored(tuple(shape), "f", _reader(content, name))
        else:
            arrays[name] = Stored(tuple(shape), "O", _reader(content, name))
    return Contents(arrays, find)


def _stream(content: bytes) -> Any:
    # Any, since the stubs of scipy name only paths, and scipy reads streams too.
    return io.BytesIO(content)


def _unpacked(content: bytes) -> bytes:
    """Return the file with its compressed variables unpacked, each checked for its size."""
    order = "<" if content[126:128] == b"IM" else ">"
    parts, at, total = [content[:128]], 128, 0
    while at + 8 <= len(content):
        kind, size = (int(n) for n in np.frombuffer(content, f"{order}u4", 2, at))
        element = content[at : at + 8 + size]
        if len(element) < 8 + size:
            raise ValueError("a variable ends too early; copy the file again from its source")
        if kind == COMPRESSED:
            unpack = zlib.decompressobj()
            element = unpack.decompress(element[8:], LARGEST - total + 1)
            if not unpack.eof:
                raise ValueError(f"a variable has over {LARGEST} bytes, or is cut off; copy it")
        parts.append(element)
        at, total = at + 8 + size, total + len(element)
    return b"".join(parts)


def _reader(content: bytes, name: str) -> Any:
    def load() -> Any:
        value = scipy_io.loadmat(_stream(content), variable_names=[name])[name]
        return value.item() if value.dtype.kind == "U" and value.size == 1 else value

    return load
