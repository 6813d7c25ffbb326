"""Readers of network files, one module a format; a file is known by its first bytes.

A file is data: nothing in it is executed, and no link in it is followed. A reader says which arrays
there are and how long they are; what a part of a network needs is read after that has been checked.
"""

from __future__ import annotations

import json
import zipfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from helpers.dynamics._checks import shown
from helpers.networks.readers.contents import Contents, members
from helpers.networks.readers.keras import read_hdf5, read_keras
from helpers.networks.readers.matlab import read_matlab
from helpers.networks.readers.npz import read_npz
from helpers.networks.readers.parts import assembled, located, value
from helpers.networks.readers.questions import settled
from helpers.networks.readers.safetensors import is_safetensors, read_safetensors
from helpers.networks.readers.torch import is_legacy, read_legacy, read_zip

SAID = ("form", "activation", "alpha", "delta", "rate", "decay")
HDF5 = b"\x89HDF\r\n\x1a\n"
FORMATS = "npz, HDF5, .keras, a torch state dict, safetensors or MATLAB 5"
# What a file is that is none of these, by how it begins, and the way on.
OTHERS = {
    b"version https://git-lfs": "a Git LFS pointer, not the file itself: run git lfs pull",
    b"HDF5-based Julia Data": "a JLD2 file of Julia: write the arrays with NPZ.jl, npzwrite(path, "
    'Dict("w" => w, "omega" => omega, ...))',
    b"MATLAB 7.3": 'a MAT-file of version 7.3: in MATLAB, save(path, "w", "omega", ..., "-v7")',
    b"\x93NUMPY": "a single NUMPY array: np.savez(path, w=..., omega=..., activation=...)",
    b"\x80": "a pickle, which could run anything: np.savez(path, w=..., omega=..., ...)",
}


def described(
    file: Path, given: dict[str, Any], parts: Any, layer: Any, ignore: Any
) -> dict[str, Any]:
    """Return the fields of the `Network` in a file, from what it and the caller say."""
    contents = opened(file)
    found = located(contents, parts, layer, ignore)
    said = {name: value(contents, found, name) for name in SAID if name in found.names}
    low_rank = "m" in found.names and "w" not in found.names
    fields = settled(found.said | said | {"low_rank": low_rank}, given, found.own)
    fields |= assembled(contents, found, given["scale"])
    if not found.own:
        names = {part: list(group) for part, group in found.names.items()}
        scaled = {"scale": given["scale"], "scaled": found.scaled} if low_rank else {}
        return fields | {"origin": {"names": names} | scaled}
    for name in ("recipe", "origin"):
        text = value(contents, found, name)
        fields[name] = None if text is None else json.loads(text)
    return fields | {name: value(contents, found, name) for name in ("noise", "curve")}


def opened(file: Path) -> Contents:
    """Return what a file holds; what is wrong with it is a ValueError."""
    if not file.is_file():
        raise ValueError(f"not a file; give the path of {FORMATS}")
    with file.open("rb") as stream:
        start = stream.read(2**10)
    if start.startswith(b"PK\x03\x04"):
        return _archived(file)
    if start.startswith(HDF5):
        return read_hdf5(file)
    if start.startswith(b"MATLAB 5.0"):
        return read_matlab(file)
    if is_legacy(start):
        return read_legacy(file)
    if is_safetensors(start):
        return read_safetensors(file)
    raise _unknown(start)


def _unknown(start: bytes) -> ValueError:
    for begins, other in OTHERS.items():
        if start.startswith(begins):
            return ValueError(f"it is {other}")
    what = f"it starts with {start[:8]!r}" if start else "it is empty"
    return ValueError(
        f"not {FORMATS}: {what}; save the network with np.savez(path, w=..., omega=..., b=..., "
        "readout=..., readout_bias=..., activation=...)"
    )


def _archived(file: Path) -> Contents:
    with zipfile.ZipFile(file) as archive:
        names = members(archive)
    if any(name.endswith("data.pkl") for name in names):
        return read_zip(file)
    return read_keras(file) if "model.weights.h5" in names else read_npz(file)


@contextmanager
def careful() -> Iterator[None]:
    """Make one ValueError of what libraries raise, each in its own way, for a broken file."""
    try:
        yield
    except json.JSONDecodeError as error:
        raise ValueError(f"broken JSON, {shown(error)}; copy it again from its source") from error
    except UnicodeDecodeError as error:
        raise ValueError(f"broken text, {shown(error)}; copy it again from its source") from error
    except (ValueError, ImportError):
        raise
    except Exception as error:
        # zipfile, zlib, scipy, NumPy and HDF5.
        raise ValueError(f"damaged, {shown(error)}; copy it again from its source") from error
