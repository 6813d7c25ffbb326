"""From the arrays of a file to the parts of a network: sums, masks, signs, scales, low rank."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from difflib import get_close_matches
from fnmatch import fnmatchcase
from typing import Any

import numpy as np

from helpers.dynamics._checks import Array, shown
from helpers.networks.readers.contents import Contents, Found, Stored
from helpers.networks.readers.names import PARTS, bare, harmless

VECTORS = ("b", "inside", "start", "readout_bias")
TEXT = ("form", "activation", "recipe", "origin")
TIMES = ("dt", "tau", "taus", "tau_m", "tau_rec", "taus_gaus", "leak", "gamma", "rate", "delta_t")


def located(contents: Contents, parts: Any, layer: Any, ignore: Any) -> Found:
    """Return which array is which part; what stands in the file and is none is refused by name."""
    given = _given(parts, contents.arrays)
    written = {name for names in given.values() for name in names}
    taken = {name.removesuffix(".T") for name in written}
    # A pattern may be wide: what is named as a part stays.
    ignored = _ignored(contents, ignore) - written - taken
    arrays = {name: array for name, array in contents.arrays.items() if name not in ignored}
    found = contents.find(arrays, layer, bool({"w", "m"} & set(given)))
    kept = {
        part: names
        for part, names in found.names.items()
        if part not in given and not taken & {name.removesuffix(".T") for name in names}
    }
    names = kept | given
    for name, why in contents.barred.items():
        if name not in ignored:
            raise ValueError(f"{name}: {why}, or drop it: ignore=({name!r},)")
    used = {n for group in names.values() for one in group for n in (one, one.removesuffix(".T"))}
    _refuse([n for n in arrays if n not in used | found.dropped and not harmless(n)], arrays)
    return Found(names, found.said, found.own, found.scaled)


def _ignored(contents: Contents, ignore: Any) -> set[str]:
    patterns = (ignore,) if isinstance(ignore, str) else ignore
    if not isinstance(patterns, (tuple, list)) or not all(isinstance(p, str) for p in patterns):
        raise ValueError(f"ignore = {shown(ignore)}; give names in the file, or patterns of them")
    names = {*contents.arrays, *contents.barred}
    for pattern in patterns:
        if not any(fnmatchcase(name, pattern) or name == pattern for name in names):
            raise ValueError(
                f"ignore = {pattern!r} is no name in the file; {_near(pattern, names)}"
            )
    return {n for n in names if n in patterns or any(fnmatchcase(n, p) for p in patterns)}


def _given(parts: Any, arrays: Mapping[str, Stored]) -> dict[str, tuple[str, ...]]:
    if not isinstance(parts, (dict, type(None))):
        raise ValueError(f'parts = {shown(parts)}; give a dict: {{"w": "its name in the file"}}')
    given: dict[str, tuple[str, ...]] = {}
    for part, spelled in (parts or {}).items():
        if part not in PARTS:
            raise ValueError(f"parts has {part!r}; a part is one of {', '.join(PARTS)}")
        names = (spelled,) if isinstance(spelled, str) else spelled
        if not isinstance(names, (tuple, list)) or not all(isinstance(n, str) for n in names):
            raise ValueError(f"parts has {part} = {shown(spelled)}; give a name, or several")
        for name in names:
            if name not in arrays and name.removesuffix(".T") not in arrays:
                raise ValueError(
                    f"parts has {part} = {name!r}, no name in the file; {_near(name, arrays)}"
                )
        given[part] = tuple(names)
    return given


def _near(name: str, names: Iterable[str]) -> str:
    return f"the nearest there are {get_close_matches(name, names, 3, 0.0)}"


def _refuse(left: list[str], arrays: Mapping[str, Stored]) -> None:
    if not left:
        return
    times = [name for name in left if name.lower().rpartition(".")[2] in TIMES]
    if times:
        raise ValueError(
            f"{times[0]} can say the step in several ways; say it yourself, and drop it: "
            f"alpha= (the step over the time constant), ignore=({times[0]!r},)"
        )
    shapes = {name: arrays[name].shape for name in left}
    raise ValueError(
        f"beside the network it holds {shown(shapes)}, which may change the map; say which part it "
        f"is, by parts=, or drop it: ignore={tuple(left[:3])}"
    )


def value(contents: Contents, found: Found, part: str) -> Any:
    """Return a part that is no matrix as it stands in the file: text, a number, or None."""
    if part not in found.names:
        return None
    (name,) = found.names[part]
    stored = contents.arrays[name]
    text = part in TEXT
    if stored.kind not in ("US" if text else "fiu"):
        raise _not(name, stored, "one string" if text else "real numbers")
    loaded = np.asarray(stored.load())
    if text and loaded.size != 1:
        raise _not(name, stored, "one string")
    if text:
        return str(loaded.astype(str).item())
    if loaded.ndim == 2 and 1 in loaded.shape:
        loaded = loaded.reshape(-1)[: None if loaded.size > 1 else 1].squeeze()
    return loaded if loaded.ndim else loaded.item()


def _not(name: str, stored: Stored, wanted: str) -> ValueError:
    if stored.kind == "O":
        return ValueError(
            f"{name} is a pickled object, a struct or a cell, which is not opened; save it as an "
            "array of numbers"
        )
    return ValueError(
        f"{name} is of kind {stored.kind!r}, of shape {stored.shape}; it must hold {wanted}"
    )


def assembled(contents: Contents, found: Found, scale: Any) -> dict[str, Any]:
    """Return w, omega, b and the rest as a `Network` takes them; scale multiplies m n'."""
    raw = {part: summed(contents, part, found.names[part]) for part in PARTS if part in found.names}
    if "w" not in raw:
        m = raw.pop("m")
        raw["w"] = _product(m, raw.pop("n", None)) * factor(scale, len(m))
        if found.scaled and "readout" in raw:
            raw["readout"] = factor(scale, raw["w"].shape[0]) * raw["readout"]
    _facing(contents, found, len(raw["w"]))
    if obeys_dale(contents, found, raw):
        raw = _signed(found, raw)
    for part in ("w", "omega", "readout"):
        if f"{part}_mask" in raw:
            raw[part] = raw[part] * raw.pop(f"{part}_mask")
    if "omega_scale" in raw:
        raw["omega"] = raw["omega"] * raw.pop("omega_scale").reshape(-1)
    if "readout_scale" in raw:
        raw["readout"] = raw["readout"] * raw.pop("readout_scale").reshape(-1, 1)
    kept = {part: raw[part] for part in (*VECTORS, "w", "omega", "readout") if part in raw}
    return {"omega": np.zeros((len(raw["w"]), 0))} | kept


def summed(contents: Contents, part: str, names: tuple[str, ...]) -> Array:
    """Return the sum of the arrays that make up a part, each turned as it is written."""
    terms: list[Array] = []
    for name in names:
        plain = name if name in contents.arrays else name.removesuffix(".T")
        stored = contents.arrays[plain]
        if stored.kind not in ("fiub" if part.endswith("_mask") else "fiu"):
            raise _not(plain, stored, "real numbers")
        array = np.asarray(stored.load())
        if array.dtype.kind not in "fiub":
            raise _not(plain, stored, "real numbers")
        if part in VECTORS and array.size == max(array.shape, default=1):
            array = array.reshape(-1)
        terms.append(np.asarray(array.T if plain != name else array, dtype=float))
    return np.asarray(sum(terms[1:], terms[0]))


def _product(m: Array, n: Array | None) -> Array:
    if n is None or m.ndim != 2 or m.shape[0] <= m.shape[1] or {*m.shape} != {*n.shape}:
        raise ValueError(
            f"m has shape {m.shape} and n {None if n is None else n.shape}; m n' needs (N, R) with "
            'R below N for both, or (R, N) for n: parts={"m": "m.T", "n": "n"}, or store w itself'
        )
    return np.asarray(m @ (n.T if n.shape == m.shape else n))


def factor(scale: Any, n_units: int) -> float:
    """Return the number that a scale stands for; where there is none to say, 1."""
    if scale is None:
        return 1.0
    return 1.0 / n_units if scale == "1/N" else float(scale)


def _facing(contents: Contents, found: Found, n_units: int) -> None:
    """Raise ValueError if matrices lie as they do where they act on row vectors."""
    shapes = {
        part: tuple(contents.arrays[name].shape)
        for part, axis in (("omega", 0), ("readout", 1))
        for name in found.names.get(part, ())[:1]
        if name in contents.arrays
        and len(contents.arrays[name].shape) == 2
        and contents.arrays[name].shape[axis] != n_units == contents.arrays[name].shape[1 - axis]
    }
    if shapes:
        turned = {part: f"{found.names[part][0]}.T" for part in shapes}
        both = {"w": f"{found.names.get('w', ('w',))[0]}.T"} | turned
        part, shape = next(iter(shapes.items()))
        raise ValueError(
            f"{part} has shape {shape}, for {n_units} units, as where weights act on row vectors; "
            f"then w acts on rows too, which its shape cannot show: parts={both}. If w alone acts "
            f"on columns: parts={turned}"
        )


def obeys_dale(contents: Contents, found: Found, raw: dict[str, Array]) -> bool:
    """Say whether signs stand for excitation and inhibition, or are ones that do nothing."""
    if "w_sign" not in raw:
        return False
    if not _psychrnn(found) or np.any(raw["w_sign"] < 0.0):
        return True
    if "dale" in found.names:
        # PsychRNN writes None, an object, where there is no such law, and else a number.
        return contents.arrays[found.names["dale"][0]].kind != "O"
    if np.any(raw["w"] < 0.0):
        raise ValueError(
            "Dale_rec has no negative sign and w has negative entries: whether |w| is meant cannot "
            'be seen; save |w| as w, or drop the signs: ignore=("Dale_*",)'
        )
    return False


def _psychrnn(found: Found) -> bool:
    # There the law holds for the input weights too, and a matrix of ones may mean no law.
    return bare(found.names["w_sign"][0]).rpartition(".")[2] == "Dale_rec"


def _signed(found: Found, raw: dict[str, Array]) -> dict[str, Array]:
    """Return the weights under Dale's law: |w| times the sign of the unit it comes from."""
    signed = dict(raw)
    for part in ("w", "readout"):
        if part in raw and f"{part}_sign" in raw:
            sign = raw[f"{part}_sign"]
            signed[part] = np.abs(raw[part]) @ (np.diag(sign) if sign.ndim == 1 else sign)
    if _psychrnn(found) and "omega" in raw:
        signed["omega"] = np.abs(raw["omega"])
    return signed
