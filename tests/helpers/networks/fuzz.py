"""Files with bytes changed: whatever comes of one is a Network or a ValueError, and soon.

Half of the changes are made inside the container, with its checksums made right again, since those
would otherwise stop nearly all of them at the door. Run it alone for many:

    python -m tests.helpers.networks.fuzz npz 100000
"""

from __future__ import annotations

import io
import sys
import tempfile
import time
import tracemalloc
import warnings
import zipfile
from collections import Counter
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np

from helpers import load_network
from helpers.networks.network import Network, save_network
from tests.helpers.networks import files
from tests.helpers.networks.twins import TWINS, M, N, drawn

Random = np.random.Generator
# Values that lengths, offsets and counts go wrong with.
ODD = [0, 1, 0x7F, 0x80, 0xFF, 0x7FFF, 0xFFFF, 2**31 - 1, 2**31, 2**32 - 1, 2**63 - 1, 2**64 - 1]


def ours(path: Path) -> Path:
    rng = np.random.default_rng(5)
    weights = {"readout": rng.standard_normal((2, 4)), "start": rng.standard_normal(4)}
    recipe = {"seed": 1, "task": {"name": "xor"}}
    network = Network(rng.standard_normal((4, 4)), np.ones((4, 1)), recipe=recipe, **weights)
    save_network(path, network)
    return path


def packed_npz(path: Path) -> Path:
    with path.open("wb") as file:
        np.savez_compressed(file, w_rec=drawn(N, N, seed=1), w_in=drawn(N, M, seed=2))
    return path


def packed_hdf5(path: Path) -> Path:
    import h5py

    TWINS["keras in HDF5"].write(path)
    with h5py.File(path, "a") as root:
        at = "model_weights/simple_rnn/simple_rnn/recurrent_kernel:0"
        w = root[at][()]
        del root[at]
        root.create_dataset(at, data=w, chunks=(3, 3), compression="gzip", shuffle=True)
    return path


def plain_matlab(path: Path) -> Path:
    arrays = {"W_rec": drawn(N, N, seed=1), "b": drawn(N, seed=2), "activation": "tanh"}
    return files.matlab(path, arrays, packed=False)


Sample = tuple[Callable[[Path], Path], dict[str, Any]]
LEAKY: dict[str, Any] = {"activation": "tanh", "form": "activation", "alpha": 0.1}
SAMPLES: dict[str, list[Sample]] = {
    "npz": [(ours, {}), (packed_npz, LEAKY), (TWINS["psychrnn"].write, TWINS["psychrnn"].call)],
    "hdf5": [(TWINS["keras in HDF5"].write, {}), (packed_hdf5, {})],
    "keras": [(TWINS["keras archive"].write, {})],
    "zip": [(TWINS[name].write, TWINS[name].call) for name in ("nn.RNN", "smc, two inputs")],
    "legacy": [(TWINS[name].write, TWINS[name].call) for name in ("nn.RNN inside", "valente")],
    "safetensors": [
        (TWINS[name].write, TWINS[name].call) for name in ("nn.RNN in safetensors", "a leaky cell")
    ],
    "matlab": [
        (TWINS["matlab"].write, TWINS["matlab"].call),
        (plain_matlab, {"form": "activation", "alpha": 0.1}),
    ],
}


def mutated(content: bytes, rng: Random) -> bytes:
    """Return bytes with one to four changes: flipped, cut, moved, repeated, or of odd numbers."""
    room = bytearray(content)
    for _ in range(rng.integers(1, 5)):
        if not room:
            break
        at, kind = int(rng.integers(len(room))), rng.integers(7)
        if kind == 0:
            room[at] ^= 1 << int(rng.integers(8))
        elif kind == 1:
            room[at] = int(rng.integers(256))
        elif kind == 2:
            size = int(rng.choice([1, 2, 4, 8]))
            odd = int(rng.choice(len(ODD)))
            order = "little" if rng.random() < 0.7 else "big"
            value = ODD[odd] % 2 ** (8 * size)
            room[at : at + size] = value.to_bytes(size, order)
        elif kind == 3:
            del room[at : at + int(rng.integers(1, 20))]
        elif kind == 4:
            room[at:at] = room[at : at + int(rng.integers(1, 40))]
        elif kind == 5:
            other = int(rng.integers(len(room)))
            room[at : at + 8] = room[other : other + 8]
        elif rng.random() < 0.2:
            del room[at:]
    return bytes(room)


def mutated_inside(content: bytes, rng: Random) -> bytes:
    """Return an archive with one of its members changed, and checksums that are right again."""
    out = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(content)) as old, zipfile.ZipFile(out, "w") as new:
        members = old.infolist()
        chosen = int(rng.integers(len(members)))
        for place, info in enumerate(members):
            data = old.read(info)
            start = data[:300] if rng.random() < 0.7 else data
            data = mutated(start, rng) + data[len(start) :] if place == chosen else data
            new.writestr(zipfile.ZipInfo(info.filename), data, info.compress_type)
    return out.getvalue()


def changed_files(name: str, count: int, seed: int) -> Iterator[tuple[bytes, dict[str, Any]]]:
    """Yield changed files of a format, each with the call that loads the whole one."""
    rng = np.random.default_rng([seed, *name.encode()])
    with tempfile.TemporaryDirectory() as folder:
        wholes = [(write(Path(folder) / "f").read_bytes(), call) for write, call in SAMPLES[name]]
    for place in range(count):
        content, call = wholes[place % len(wholes)]
        if content.startswith(b"PK") and rng.random() < 0.6:
            yield mutated_inside(content, rng), call
        else:
            yield mutated(content, rng), call


def outcome(path: Path, content: bytes, call: dict[str, Any]) -> str:
    """Return what comes of loading a changed file; anything but two ends is an error."""
    path.write_bytes(content)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        try:
            found = load_network(path, **call)
        except ValueError as error:
            assert str(error).startswith(str(path)), "a message that does not name the file"
            return "ValueError"
    assert isinstance(found, Network)
    return "Network"


def main(name: str, count: int, seed: int) -> None:
    """Count the ends of many changed files; print the slowest and the one with most memory."""
    counts: Counter[str] = Counter()
    slowest, most = (0.0, -1), (0, -1)
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "changed"
        for place, (content, call) in enumerate(changed_files(name, count, seed)):
            begin = time.perf_counter()
            if place % 10 == 0:
                tracemalloc.start()
            try:
                counts[outcome(path, content, call)] += 1
            except BaseException as error:
                kept = Path(tempfile.gettempdir()) / f"fuzz-{name}-{seed}-{place}"
                kept.write_bytes(content)
                counts[type(error).__name__] += 1
                print(f"{kept}: {error!r}", flush=True)
                if isinstance(error, KeyboardInterrupt):
                    raise
            if place % 10 == 0:
                most = max(most, (tracemalloc.get_traced_memory()[1], place))
                tracemalloc.stop()
            slowest = max(slowest, (time.perf_counter() - begin, place))
    print(name, dict(counts), f"slowest {slowest[0]:.2f} s", f"most memory {most[0]} bytes")


if __name__ == "__main__":
    main(sys.argv[1], int(sys.argv[2]), int(sys.argv[3]) if len(sys.argv) > 3 else 1)
