"""A network that was changed, under the names and in the shapes of the file it came from."""

from __future__ import annotations

import io
import tempfile
import zipfile
from pathlib import Path
from typing import Any

import numpy as np

from helpers.dynamics._checks import Array
from helpers.networks.readers import careful, opened
from helpers.networks.readers.contents import Contents, Found, Place
from helpers.networks.readers.parts import assembled, factor, obeys_dale, summed, value

PARTS = ("w", "omega", "b", "inside", "readout", "readout_bias", "start")
TOLERANCE = {2: 2e-3, 4: 2e-6, 8: 1e-12}  # by the bytes of a number


def written_back(network: Any, like: Path) -> bytes:
    """Return the bytes of a file like another one, with what changed in the network."""
    if network.origin is None:
        raise ValueError("the network came from no file with other names; save it without like=")
    names = {part: tuple(group) for part, group in network.origin["names"].items()}
    found = Found(names, scaled=network.origin.get("scaled", False))
    scale = network.origin.get("scale")
    try:
        with careful():
            contents = opened(like)
            changes = _changes(network, contents, found, scale)
            content = _patched(like, contents, changes)
            _require_same(network, content, found, scale)
    except (ValueError, KeyError) as error:
        raise ValueError(f"{like}: {error}; save it without like=") from error
    return content


def _changes(network: Any, contents: Contents, found: Found, scale: Any) -> dict[str, Array]:
    """Return the arrays of the file that are no longer what they were, by name."""
    before = assembled(contents, found, scale)
    changes: dict[str, Array] = {}
    for part in (part for part in PARTS if part in before):
        now = getattr(network, part)
        if np.array_equal(before[part], now):
            continue
        if part == "w" and part not in found.names:
            changes |= _low_rank(now, contents, found, scale)
        elif part in found.names:
            raw = _raw(part, now, contents, found, factor(scale, len(network.w)))
            first, *others = found.names[part]
            rest = summed(contents, part, tuple(others)) if others else 0.0
            changes |= _filed(first, raw - rest)
    return changes


def _raw(part: str, now: Array, contents: Contents, found: Found, scale: float) -> Array:
    """Return what stands in the file for a part: before signs and scales."""
    signs = ("w", "w_sign")
    held = {n: summed(contents, n, found.names[n]) for n in signs if n in found.names}
    if part in ("w", "omega", "readout") and obeys_dale(contents, found, held):
        now = np.abs(now)
    if part == "readout" and found.scaled:
        now = now / scale
    if f"{part}_scale" in found.names:
        scales = summed(contents, f"{part}_scale", found.names[f"{part}_scale"])
        now = now / scales.reshape(-1 if part == "omega" else (-1, 1))
    return now


def _low_rank(now: Array, contents: Contents, found: Found, scale: Any) -> dict[str, Array]:
    """Return m and n whose product is w, if its rank is no higher than theirs was."""
    m, n = (summed(contents, part, found.names[part]) for part in ("m", "n"))
    left, values, right = np.linalg.svd(now / factor(scale, len(now)))
    rank = m.shape[1]
    if values[rank] > 1e-6 * values[0]:
        raise ValueError(f"w has a rank above {rank}, which m and n cannot hold")
    root = np.sqrt(values[:rank])
    m_now, n_now = left[:, :rank] * root, right[:rank].T * root
    n_now = n_now if n.shape == m.shape else n_now.T
    return _filed(found.names["m"][0], m_now) | _filed(found.names["n"][0], n_now)


def _filed(name: str, array: Array) -> dict[str, Array]:
    plain = name.removesuffix(".T")
    return {plain: array.T if plain != name else array}


def _patched(like: Path, contents: Contents, changes: dict[str, Array]) -> bytes:
    """Return the bytes of the file with other numbers at the places of some arrays."""
    by_member: dict[str | None, list[tuple[Place, Array]]] = {}
    for name, array in changes.items():
        place = contents.arrays[name].place
        if place is None or not np.dtype(place.dtype).kind == "f":
            raise ValueError(f"{name} cannot be written in the format or precision of this file")
        by_member.setdefault(place.member, []).append((place, array.reshape(place.shape)))
    content = like.read_bytes()
    if None in by_member or not changes:
        return _overwritten(content, by_member.get(None, []))
    out = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(content)) as old, zipfile.ZipFile(out, "w") as new:
        for info in old.infolist():
            data = _overwritten(old.read(info), by_member.get(info.filename, []))
            new.writestr(zipfile.ZipInfo(info.filename, info.date_time), data, info.compress_type)
    return out.getvalue()


def _overwritten(content: bytes, changes: list[tuple[Place, Array]]) -> bytes:
    room = bytearray(content)
    for place, array in changes:
        strides = tuple(step * np.dtype(place.dtype).itemsize for step in place.strides)
        np.ndarray(place.shape, place.dtype, room, place.offset, strides)[...] = array
    return bytes(room)


def _require_same(network: Any, content: bytes, found: Found, scale: Any) -> None:
    """Raise ValueError if what was written is not the network, to the file's own precision."""
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "written"
        file.write_bytes(content)
        contents = opened(file)
        after = assembled(contents, found, scale)
        places = [stored.place for stored in contents.arrays.values() if stored.place]
        widths = [np.dtype(p.dtype).itemsize for p in places if np.dtype(p.dtype).kind == "f"]
        tolerance = TOLERANCE[min(widths, default=8)]
        for part in PARTS:
            now = getattr(network, part)
            held = after.get(part, np.zeros_like(now))
            largest = max(np.max(np.abs(now), initial=0.0), 1e-300)
            if held.shape != now.shape or np.any(np.abs(held - now) > tolerance * largest):
                raise ValueError(f"it has no place for the {part} of this network")
        _require_said(network, contents, found)


def _require_said(network: Any, contents: Contents, found: Found) -> None:
    leak = network.delta * np.asarray(network.rate) * network.decay
    now = {"form": network.form, "activation": network.activation.name, "alpha": leak}
    now |= {"delta": network.delta, "decay": network.decay}
    for name in set(now) & set(found.names):
        if not np.array_equal(value(contents, found, name), now[name]):
            raise ValueError(f"its {name} is another than that of this network")
