"""Files of networks as other programs write them, made here byte by byte, without those programs.

Layouts: torch/serialization.py, the format page of safetensors, keras/src/saving/saving_lib.py.
"""

from __future__ import annotations

import io
import json
import struct
import zipfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import h5py
import numpy as np
from scipy import io as scipy_io

KINDS = {"<f8": "Double", "<f4": "Float", "<f2": "Half", "<i8": "Long"}
SAFE = {"<f8": "F64", "<f4": "F32", "<f2": "F16", "<i8": "I64"}
DICT = b"ccollections\nOrderedDict\n)R"  # an empty OrderedDict
END, TRUE, FALSE = b".", b"\x88", b"\x89"


def text(word: str) -> bytes:
    return b"X" + struct.pack("<I", len(word.encode())) + word.encode()


def whole(number: int) -> bytes:
    return b"J" + struct.pack("<i", number)


def several(*items: bytes) -> bytes:
    return b"(" + b"".join(items) + b"t"


def storage(key: str, array: Any, *, view: bool = False) -> bytes:
    """Return the reference to a storage, with the field that only old files have."""
    kind = f"ctorch\n{KINDS[array.dtype.str]}Storage\n".encode()
    more = (b"N",) if view else ()
    return several(text("storage"), kind, text(key), text("cpu"), whole(array.size), *more) + b"Q"


def tensor(key: str, array: Any, *, view: bool = False) -> bytes:
    """Return the pickle of a tensor; a transposed array is a tensor with other strides."""
    strides = [step // array.itemsize for step in array.strides]
    parts = (
        storage(key, array, view=view), whole(0), several(*map(whole, array.shape)),
        several(*map(whole, strides)), FALSE, DICT,
    )  # fmt: skip
    return b"ctorch._utils\n_rebuild_tensor_v2\n" + several(*parts) + b"R"


def state(arrays: Mapping[str, Any], *, view: bool = False, metadata: bool = True) -> bytes:
    """Return the pickle of a state dict; what is bytes already is put in as it is."""
    pairs = b"".join(
        text(name) + (item if isinstance(item, bytes) else tensor(str(place), item, view=view))
        for place, (name, item) in enumerate(arrays.items())
    )
    versions = b"}" + text("_metadata") + DICT + b"(" + text("") + b"}u" + b"sb"
    return b"\x80\x02" + DICT + b"(" + pairs + b"u" + (versions if metadata else b"") + END


def flat(array: Any) -> bytes:
    """Return the storage of a tensor, which has no order of its own."""
    return (array.T if array.flags.f_contiguous else array).tobytes()


def torch_zip(path: Path, arrays: Mapping[str, Any], *, pickle: bytes | None = None) -> Path:
    with zipfile.ZipFile(path, "w") as file:
        file.writestr("net/data.pkl", state(arrays) if pickle is None else pickle)
        file.writestr("net/byteorder", "little")
        for place, array in enumerate(arrays.values()):
            if not isinstance(array, bytes):
                file.writestr(f"net/data/{place}", flat(array))
        file.writestr("net/version", "3\n")
    return path


def torch_legacy(path: Path, arrays: Mapping[str, Any], *, pickle: bytes | None = None) -> Path:
    magic = b"\x80\x02\x8a\x0a" + (0x1950A86A20F9469CFC6C).to_bytes(10, "little") + END
    system = b"\x80\x02}" + text("little_endian") + TRUE + b"s" + END
    keys = [str(place) for place in range(len(arrays))]
    listed = b"\x80\x02](" + b"".join(map(text, keys)) + b"e" + END
    content = magic + b"\x80\x02M\xe9\x03." + system
    content += (state(arrays, view=True) if pickle is None else pickle) + listed
    for array in arrays.values():
        content += struct.pack("<q", array.size) + flat(array)
    path.write_bytes(content)
    return path


def safetensors(path: Path, arrays: Mapping[str, Any]) -> Path:
    header: dict[str, Any] = {"__metadata__": {"format": "pt"}}
    data = b""
    for name, array in arrays.items():
        place = [len(data), len(data) + array.nbytes]
        kind = SAFE[array.dtype.str]
        header[name] = {"dtype": kind, "shape": list(array.shape), "data_offsets": place}
        data += np.ascontiguousarray(array).tobytes()
    start = json.dumps(header).encode()
    start += b" " * (-len(start) % 8)
    path.write_bytes(struct.pack("<Q", len(start)) + start + data)
    return path


def npz(path: Path, arrays: Mapping[str, Any]) -> Path:
    with path.open("wb") as file:
        np.savez(file, **arrays)
    return path


def matlab(path: Path, arrays: Mapping[str, Any], *, packed: bool = True) -> Path:
    scipy_io.savemat(path, dict(arrays), do_compression=packed, appendmat=False)
    return path


def keras_3(path: Path, config: Any, layers: Mapping[str, list[Any]]) -> Path:
    """Write a .keras archive: layers by their paths, each a list of its numbered parts."""
    weights = io.BytesIO()
    with h5py.File(weights, "w") as root:
        for layer, parts in layers.items():
            for place, array in enumerate(parts):
                root[f"layers/{layer}/vars/{place}"] = array
    with zipfile.ZipFile(path, "w") as file:
        file.writestr("metadata.json", "{}")
        file.writestr("config.json", json.dumps(config))
        file.writestr("model.weights.h5", weights.getvalue())
    return path


def keras_2(path: Path, config: Any, layers: Mapping[str, Mapping[str, Any]]) -> Path:
    """Write an HDF5 file of Keras: layers by their names, each its parts by theirs."""
    with h5py.File(path, "w") as root:
        if config is not None:
            root.attrs["model_config"] = json.dumps(config)
        root.create_group("model_weights")
        for layer, parts in layers.items():
            for name, array in parts.items():
                root[f"model_weights/{layer}/{layer}/{name}:0"] = array
    return path


def sequential(*layers: tuple[str, dict[str, Any]]) -> dict[str, Any]:
    """Return the configuration of a model of these layers, each a class and its options."""
    listed = [{"class_name": kind, "config": options} for kind, options in layers]
    return {"class_name": "Sequential", "config": {"name": "s", "layers": listed}}


FLAT = {
    "npz": npz, "zip": torch_zip, "legacy": torch_legacy, "safetensors": safetensors,
    "matlab": matlab,
}  # fmt: skip
