"""Readers of network files, one module a format; a file is known by its first bytes.

A file is data: nothing in it is executed, and no link in it is followed. A reader returns the parts
of a `Network` by their names, and `alpha` where the file has the leak of `LeakyForm`.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from helpers.dynamics._checks import shown
from helpers.networks.readers.keras import read_keras
from helpers.networks.readers.npz import TO_NPZ, read_npz

READERS = {b"PK\x03\x04": read_npz, b"\x89HDF\r\n\x1a\n": read_keras}


def read(file: Path) -> dict[str, Any]:
    """Return the parts of the network in a file; what is wrong with it is a ValueError."""
    if not file.is_file():
        raise ValueError("not a file; give the path of an npz or HDF5 file")
    with file.open("rb") as stream:
        start = stream.read(8)
    reader = next((read for magic, read in READERS.items() if start.startswith(magic)), None)
    if reader is None:
        what = f"it starts with {start!r}" if start else "it is empty"
        if start.startswith(b"\x80"):
            what = "it is a pickle, which could run anything"
        raise ValueError(f"neither npz nor HDF5: {what}; save the network with {TO_NPZ}")
    try:
        return reader(file)
    except json.JSONDecodeError as error:
        raise ValueError(f"broken JSON, {shown(error)}; copy it again from its source") from error
    except (ValueError, ImportError):
        raise
    except Exception as error:
        # zipfile, zlib, NumPy and HDF5 have each their own errors for a broken file.
        raise ValueError(f"damaged, {shown(error)}; copy it again from its source") from error
