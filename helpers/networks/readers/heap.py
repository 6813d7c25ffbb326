"""Text of variable length in an HDF5 file, taken from the heap without the HDF5 library.

The library never returns from some damaged heaps. The layout is that of "Global Heap" in the HDF5
File Format Specification: collections of objects, each with its index and its length.
"""

from __future__ import annotations

import json
import mmap
import struct
from collections.abc import Iterator
from pathlib import Path
from typing import Any

COLLECTION, OBJECT = 16, 16  # bytes of their headers


def configuration(file: Path) -> Any:
    """Return the configuration of a Keras model, which is the one JSON text with layers in it."""
    with file.open("rb") as stream, mmap.mmap(stream.fileno(), 0, access=mmap.ACCESS_READ) as held:
        for text in _objects(held):
            if text.startswith(b"{"):
                value = json.loads(text.rstrip(b"\0"))
                if "class_name" in value and "config" in value:
                    return value
    raise ValueError("its model_config is not in the heap of the file; save the model again")


def _objects(held: mmap.mmap) -> Iterator[bytes]:
    at = held.find(b"GCOL")
    while 0 <= at <= len(held) - COLLECTION:
        end = min(at + struct.unpack_from("<Q", held, at + 8)[0], len(held))
        place = at + COLLECTION
        while place + OBJECT <= end:
            index, _, _, length = struct.unpack_from("<HHIQ", held, place)
            if index == 0:  # the free space behind the last one
                break
            yield held[place + OBJECT : min(place + OBJECT + length, end)]
            place += OBJECT + length + -length % 8
        at = held.find(b"GCOL", at + 4)
