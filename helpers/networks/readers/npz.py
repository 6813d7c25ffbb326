"""Arrays in npz files, each an .npy of its own in a zip archive; pickled ones are never opened."""

from __future__ import annotations

import io
import math
import zipfile
from pathlib import Path
from typing import Any

from numpy.lib import format as npy

from helpers.dynamics._checks import shown
from helpers.networks.readers.contents import (
    Contents,
    Place,
    Stored,
    member,
    members,
    placed,
    sized,
)
from helpers.networks.readers.names import find

HEADER = 4096  # bytes
HEADERS = {(1, 0): npy.read_array_header_1_0, (2, 0): npy.read_array_header_2_0}


def read_npz(file: Path) -> Contents:
    """Return what an npz file holds."""
    arrays: dict[str, Stored] = {}
    with zipfile.ZipFile(file) as archive:
        for name, info in members(archive).items():
            if not name.endswith(".npy"):
                raise ValueError(
                    f"neither npz nor HDF5: an archive that holds {shown(name)}, not arrays; save "
                    "the network with np.savez(path, w=..., omega=..., ...)"
                )
            with archive.open(info) as stream:
                start = stream.read(HEADER)
            arrays[name.removesuffix(".npy")] = _array(file, name, start, info.file_size)
    return Contents(arrays, find)


def _array(file: Path, name: str, start: bytes, size: int) -> Stored:
    stream = io.BytesIO(start)
    try:
        read: Any = HEADERS[npy.read_magic(stream)]
        shape, fortran, dtype = read(stream, max_header_size=HEADER)
    except Exception as error:
        raise ValueError(f"{name} is no .npy, {shown(error)}; save it with np.savez") from error
    if dtype.hasobject:
        return Stored(shape, "O", lambda: None)
    held = sized(shape, dtype.itemsize, name) + stream.tell()
    if held != size:
        raise ValueError(f"{name} declares {held} bytes and has {size}; copy the file again")
    if dtype.kind not in "fiub":
        return Stored(shape, dtype.kind, lambda: _text(file, name))
    order = shape if fortran else shape[::-1]
    steps = [math.prod(order[:axis]) for axis in range(len(order))]
    strides = tuple(steps if fortran else steps[::-1])
    return placed(file, name, Place(name, stream.tell(), dtype.str, shape, strides), size)


def _text(file: Path, name: str) -> Any:
    with zipfile.ZipFile(file) as archive:
        return npy.read_array(io.BytesIO(member(archive, name)), allow_pickle=False)
