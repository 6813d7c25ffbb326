"""Sizes that a file declares are checked before anything of that size is made."""

from __future__ import annotations

import io
import struct
import tracemalloc
import zipfile
import zlib
from collections.abc import Callable
from pathlib import Path
from typing import Any

import h5py
import numpy as np
import pytest

from helpers import load_network
from tests.helpers.networks import files
from tests.helpers.networks.twins import N, drawn

LITTLE = 2_000_000  # bytes, beside what a reader imports
HUGE = 10**6  # units: a matrix of 8 TB
CALL: dict[str, Any] = {"activation": "tanh", "form": "activity", "alpha": 0.1}


def header(shape: str, kind: str = "<f8") -> bytes:
    text = f"{{'descr': '{kind}', 'fortran_order': False, 'shape': {shape}, }}".encode()
    return b"\x93NUMPY\x01\x00" + struct.pack("<H", len(text) + 1) + text + b"\n"


def archive(path: Path, members: dict[str, bytes], packed: bool = False) -> None:
    kind = zipfile.ZIP_DEFLATED if packed else zipfile.ZIP_STORED
    with zipfile.ZipFile(path, "w", kind) as file:
        for name, content in members.items():
            file.writestr(name, content)


def declared(path: Path, name: str, size: int) -> None:
    """Write over the size that the directory of an archive declares for its one member."""
    content = bytearray(path.read_bytes())
    for start, offset in ((b"PK\x01\x02", 24), (b"PK\x03\x04", 22)):
        at = content.index(start) + offset
        content[at : at + 4] = struct.pack("<I", size)
    path.write_bytes(content)


def overlong(path: Path) -> None:
    """Write an archive whose member claims a gigabyte of packed bytes."""
    archive(path, {"w_rec.npy": header("(1, 1)") + bytes(8)})
    content = bytearray(path.read_bytes())
    for start, offset in ((b"PK\x01\x02", 20), (b"PK\x03\x04", 18)):
        at = content.index(start) + offset
        content[at : at + 8] = struct.pack("<II", 2**30, 2**30)
    path.write_bytes(content)


def sequence_for_a_string(path: Path) -> None:
    """Write a configuration that is a sequence of bytes of any length, and not a string."""
    with h5py.File(path, "w") as root:
        root["model_weights/simple_rnn/simple_rnn/kernel:0"] = np.eye(2)
        kind = h5py.vlen_dtype(np.dtype("u1"))
        held = np.empty((), object)
        held[()] = np.frombuffer(b"{}", "u1")
        root.attrs.create("model_config", held, dtype=kind)


def bomb(path: Path) -> None:
    """Write 64 MB of zeros in 64 kB, where an array of 8 bytes should be."""
    archive(path, {"w_rec.npy": header("(1, 1)") + bytes(2**26)}, packed=True)


def lying_bomb(path: Path) -> None:
    bomb(path)
    declared(path, "w_rec.npy", 8 + len(header("(1, 1)")))


def hdf5(shape: tuple[int, ...], **how: Any) -> Callable[[Path], None]:
    def write(path: Path) -> None:
        with h5py.File(path, "w") as root:
            root.create_dataset("W_rec", shape, "f8", **how)

    return write


def mat(dims: tuple[int, int], *, packed: bool) -> Callable[[Path], None]:
    def write(path: Path) -> None:
        whole = files.matlab(path, {"W_rec": np.eye(2)}, packed=False).read_bytes()
        at = whole.index(struct.pack("<ii", 2, 2))
        content = whole[:at] + struct.pack("<ii", *dims) + whole[at + 8 :]
        if packed:
            inside = zlib.compress(content[128:] + bytes(2**26))
            content = content[:128] + struct.pack("<II", 15, len(inside)) + inside
        path.write_bytes(content)

    return write


def torch(shape: tuple[int, ...], length: int, offset: int = 0) -> Callable[[Path], None]:
    """Write a tensor of a shape that its storage, of another length, does not have."""

    def write(path: Path) -> None:
        array = np.zeros(4, "<f4")
        whole = files.tensor("0", array)
        told = whole.replace(files.whole(4) + b"tQ", files.whole(length) + b"tQ")
        sizes = files.several(*map(files.whole, shape)) + files.several(*[files.whole(0)] * 2)
        old = files.whole(0) + files.several(files.whole(4)) + files.several(files.whole(1))
        told = told.replace(old, files.whole(offset) + sizes)
        files.torch_zip(path, {"w_rec": array}, pickle=files.state({"w_rec": told}))

    return write


def pickled(body: bytes) -> Callable[[Path], None]:
    def write(path: Path) -> None:
        files.torch_zip(path, {}, pickle=b"\x80\x02" + body)

    return write


def nested(times: int) -> bytes:
    """Return lists that hold ten times the one before: ten to that power, were they walked."""
    body = b"]q\x00"
    for place in range(times):
        body += b"]q" + bytes([place + 1]) + b"(" + (b"h" + bytes([place])) * 10 + b"e"
    return b"}" + files.text("a") + body + b"s."


def safe(length: int, head: bytes) -> Callable[[Path], None]:
    return lambda path: path.write_bytes(struct.pack("<Q", length) + head) and None


def entry(shape: str, end: int) -> bytes:
    return f'{{"w":{{"dtype":"F64","shape":{shape},"data_offsets":[0,{end}]}}}}'.encode()


W = entry(f"[{HUGE},{HUGE}]", 8 * HUGE * HUGE)
CASES: dict[str, Callable[[Path], None]] = {
    "an array of 8 TB": lambda p: archive(p, {"w_rec.npy": header(f"({HUGE}, {HUGE})")}),
    "an array with a negative side": lambda p: archive(p, {"w_rec.npy": header("(-2, -2)")}),
    "an array whose size wraps around": lambda p: archive(
        p, {"w_rec.npy": header(f"({2**32}, {2**32})")}
    ),
    "text of 4 TB": lambda p: archive(p, {"activation.npy": header(f"({HUGE},)", f"<U{HUGE}")}),
    "a header that never ends": lambda p: archive(
        p, {"w_rec.npy": b"\x93NUMPY\x02\x00" + struct.pack("<I", 2**31) + b"{"}
    ),
    "a header in many brackets": lambda p: archive(p, {"w_rec.npy": header("(" * 9000)}),
    "more than it declares": bomb,
    "less than there is": lying_bomb,
    "a member longer than the file": overlong,
    "a sequence for a string": sequence_for_a_string,
    "HDF5 that was never written": hdf5((HUGE, HUGE)),
    "HDF5 in empty chunks": hdf5((HUGE, HUGE), chunks=(10, 10)),
    "HDF5 in packed chunks": hdf5((HUGE, HUGE), chunks=(10, 10), compression="gzip"),
    "a MAT-file of 8 TB": mat((HUGE, HUGE), packed=False),
    "a MAT-file with a negative side": mat((-2, -2), packed=False),
    "a MAT-file that unpacks to more": mat((3, 3), packed=True),
    "a tensor beyond its storage": torch((HUGE, HUGE), 4),
    "a tensor that repeats one number": torch((4000, 4000), 4),
    "a tensor before its storage": torch((2, 2), 4, offset=-1),
    "a storage that is not there": torch((2, 2), 2**30),
    "a place in the memo": pickled(b"Nr\xff\xff\xff\xff."),
    "text of 4 GB": pickled(b"X\xff\xff\xff\xff."),
    "text of 16 EB": pickled(b"\x8d" + b"\xff" * 7 + b"\x7f."),
    "a list of lists of lists": pickled(nested(30)),
    "a list of lists, not as deep": pickled(nested(15)),
    "a list in itself": pickled(b"}" + files.text("a") + b"]q\x00h\x00as."),
    "safetensors of 8 TB": safe(len(W), W),
    "safetensors with a header of 16 EB": safe(2**60, b"{}"),
    "safetensors in many brackets": safe(10**5, b'{"a":' + b"[" * (10**5 - 5)),
    "safetensors before the file": safe(len(entry("[-1]", -8)), entry("[-1]", -8)),
}  # fmt: skip


@pytest.mark.parametrize("which", CASES)
def test_what_a_file_declares_is_not_made(which: str, tmp_path: Path) -> None:
    path = tmp_path / "file"
    CASES[which](path)
    with pytest.raises(ValueError):  # whatever is imported on the way is there now
        load_network(path, **CALL)
    tracemalloc.start()
    try:
        with pytest.raises(ValueError, match=r"file: "):
            load_network(path, **CALL)
        most = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    assert most < LITTLE, f"{most} bytes"


def packed(path: Path, arrays: dict[str, Any]) -> Path:
    buffer = io.BytesIO()
    np.savez_compressed(buffer, **arrays)
    path.write_bytes(buffer.getvalue())
    return path


def packed_h5(path: Path, arrays: dict[str, Any]) -> Path:
    with h5py.File(path, "w") as root:
        for name, array in arrays.items():
            root.create_dataset(name, data=array, compression="gzip")
    return path


@pytest.mark.parametrize("kind", ["<f8", "<f4"])
@pytest.mark.parametrize("name", [*files.FLAT, "packed", "hdf5"])
def test_a_large_network_takes_four_times_its_arrays_at_most(
    name: str, kind: str, tmp_path: Path
) -> None:
    n = 400
    w = np.random.default_rng(1).standard_normal((n, n)).astype(kind)
    more = {"packed": packed, "hdf5": packed_h5} | files.FLAT
    path = more[name](tmp_path / "file", {"w_rec": w})
    small = more[name](tmp_path / "small", {"w_rec": w[:1, :1].copy()})
    load_network(small, **CALL)  # what is imported on the way
    tracemalloc.start()
    try:
        network = load_network(path, **CALL)
        most = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    assert most < 4 * network.w.nbytes
    np.testing.assert_array_equal(network.w, w)


def test_what_is_not_needed_is_not_read(tmp_path: Path) -> None:
    trained = {"W_rec": drawn(N, N, seed=1), "W_rec/Adam": np.zeros((700, 700))}
    path = files.npz(tmp_path / "file", trained)
    load_network(path, **CALL)
    tracemalloc.start()
    try:
        load_network(path, **CALL)
        assert tracemalloc.get_traced_memory()[1] < trained["W_rec/Adam"].nbytes / 4
    finally:
        tracemalloc.stop()
