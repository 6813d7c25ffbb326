"""What a file holds, before it is read: arrays by name, with their sizes, and what else it says."""

from __future__ import annotations

import math
import zipfile
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np

from helpers.dynamics._checks import Array, shown

# No more bytes are decoded than this: 11,000 units in double precision.
LARGEST = 2**30
BFLOAT16 = "bfloat16"


@dataclass(frozen=True)
class Place:
    """Where the numbers of an array lie: in a member of an archive, or in the file itself."""

    member: str | None
    offset: int
    dtype: str
    shape: tuple[int, ...]
    strides: tuple[int, ...]  # in entries


@dataclass(frozen=True)
class Stored:
    """One array of a file; `load` reads it, and nothing of it is in memory before."""

    shape: tuple[int, ...]
    kind: str  # of NumPy's dtype: "f", "i", "u", "b", "U", "S", "O"
    load: Callable[[], Any]
    place: Place | None = None


@dataclass(frozen=True)
class Found:
    """Which array of a file is which part of a network, and what the file says beside them.

    ``names`` has for each part the names in the file, with ".T" behind one that acts on rows; where
    there are several they are added. ``said`` holds form, alpha, activation; ``scaled`` means that
    what multiplies m n' multiplies the read-out too. ``dropped`` are the names of other layers.
    """

    names: dict[str, tuple[str, ...]]
    said: dict[str, Any] = field(default_factory=dict)
    own: bool = False
    scaled: bool = False
    dropped: frozenset[str] = frozenset()


@dataclass(frozen=True)
class Contents:
    """The arrays of a file by their names, and how to find a network among them."""

    arrays: Mapping[str, Stored]
    # Of these arrays, in this layer, and whether the caller names the recurrent matrix himself.
    find: Callable[[Mapping[str, Stored], Any, bool], Found]
    # What the file says and a Network cannot do, by names that ignore= takes.
    barred: Mapping[str, str] = field(default_factory=dict)


def sized(shape: tuple[int, ...], itemsize: int, name: str) -> int:
    """Return the bytes of an array, if its shape is one and they are not too many."""
    if not all(isinstance(n, int) and not isinstance(n, bool) and n >= 0 for n in shape):
        raise ValueError(f"{name} has shape {shown(shape)}; copy the file again from its source")
    size = math.prod(shape) * itemsize
    if size > LARGEST or len(shape) > 8:
        raise ValueError(f"{name} has shape {shown(shape)}; store one below {LARGEST} bytes")
    return size


def members(archive: zipfile.ZipFile) -> dict[str, zipfile.ZipInfo]:
    """Return the members of an archive by name, with their declared sizes checked."""
    found: dict[str, zipfile.ZipInfo] = {}
    for info in archive.infolist():
        if info.filename in found:
            raise ValueError(f"it has two members {shown(info.filename)}; keep one of them")
        # Its bytes lie before the directory; a reader makes room for all that are declared.
        if info.compress_size > archive.start_dir:
            raise ValueError(f"{info.filename} is longer than the file; copy the file again")
        found[info.filename] = info
    return found


def member(archive: zipfile.ZipFile, name: str) -> bytes:
    """Return the bytes of a member, never more than it declares and than are allowed."""
    info = archive.getinfo(name)
    sized((info.file_size,), 1, name)
    # From its beginning to its end, since only then is the checksum compared.
    return archive.read(info)


def placed(file: Path, name: str, place: Place, held: int) -> Stored:
    """Return the array that lies at a place of a file, of whose bytes there are so many."""
    itemsize = 2 if place.dtype == BFLOAT16 else np.dtype(place.dtype).itemsize
    sized(place.shape, max(itemsize, 8), name)
    reach = sum((n - 1) * step for n, step in zip(place.shape, place.strides, strict=True))
    size = (reach + 1) * itemsize if math.prod(place.shape) else 0
    if place.offset < 0 or min(place.strides, default=0) < 0 or place.offset + size > held:
        raise ValueError(f"{name} of shape {place.shape} ends too early; copy the file again")
    kind = "f" if place.dtype == BFLOAT16 else np.dtype(place.dtype).kind
    return Stored(place.shape, kind, lambda: _viewed(_bytes(file, place, size), place), place)


def _bytes(file: Path, place: Place, size: int) -> bytes:
    if place.member is None:
        with file.open("rb") as stream:
            stream.seek(place.offset)
            return stream.read(size)
    with zipfile.ZipFile(file) as archive:
        return member(archive, place.member)[place.offset : place.offset + size]


def _viewed(content: bytes, place: Place) -> Array:
    if not content:
        return np.zeros(place.shape)
    dtype = np.dtype("<u2" if place.dtype == BFLOAT16 else place.dtype)
    strides = tuple(step * dtype.itemsize for step in place.strides)
    array: Array = np.ndarray(place.shape, dtype, content, strides=strides)
    if place.dtype == BFLOAT16:
        # The upper half of a number in single precision.
        return (array.astype("<u4") << 16).view("<f4")
    return array
