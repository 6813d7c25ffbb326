"""The safetensors format: a header in JSON, and the numbers behind it."""

from __future__ import annotations

import json
import math
import struct
from pathlib import Path
from typing import Any

from helpers.dynamics._checks import shown
from helpers.networks.readers.contents import BFLOAT16, Contents, Place, Stored, placed
from helpers.networks.readers.names import find

KINDS = {
    "F64": "<f8", "F32": "<f4", "F16": "<f2", "BF16": BFLOAT16, "I64": "<i8", "I32": "<i4",
    "I16": "<i2", "I8": "|i1", "U64": "<u8", "U32": "<u4", "U16": "<u2", "U8": "|u1", "BOOL": "|b1",
}  # fmt: skip


def is_safetensors(start: bytes) -> bool:
    """Say whether a file begins with the length of a header and a header."""
    return len(start) > 8 and start[8:9] == b"{" and start[5:8] == b"\0\0\0"


def read_safetensors(file: Path) -> Contents:
    """Return what a safetensors file holds."""
    size = file.stat().st_size
    with file.open("rb") as stream:
        (length,) = struct.unpack("<Q", stream.read(8))
        if length > min(size - 8, 10**8):
            raise ValueError(f"its header has {length} bytes; copy the file again from its source")
        header = json.loads(stream.read(length), object_pairs_hook=_once)
    arrays: dict[str, Stored] = {}
    for name, entry in header.items():
        if name != "__metadata__":
            arrays[name] = placed(file, name, _place(name, entry, 8 + length), size)
    return Contents(arrays, find)


def _once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    if len(dict(pairs)) < len(pairs):
        raise ValueError(f"a name stands twice among {shown([k for k, _ in pairs])}; keep one")
    return dict(pairs)


def _place(name: str, entry: Any, start: int) -> Place:
    shape, (begin, end) = tuple(entry["shape"]), entry["data_offsets"]
    if entry["dtype"] not in KINDS:
        raise ValueError(f"{name} is {shown(entry['dtype'])}; save the network in float32")
    kind = KINDS[entry["dtype"]]
    itemsize = 2 if kind == BFLOAT16 else int(kind[2])
    if any(not isinstance(n, int) or n < 0 for n in (*shape, begin, end)):
        raise ValueError(f"{name} has shape {shown(shape)}; copy the file again")
    if end - begin != math.prod(shape) * itemsize:
        raise ValueError(f"{name} of shape {shape} has {end - begin} bytes; copy the file again")
    strides = tuple(math.prod(shape[axis + 1 :]) for axis in range(len(shape)))
    return Place(None, start + begin, kind, shape, strides)
