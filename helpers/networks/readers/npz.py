"""Networks in npz files: our own, and those that others wrote with names like ours."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np

from helpers.dynamics._checks import shown

# What a file may call each part. Any other name is left unread.
NAMES = {
    "w": ("w", "W", "w_rec", "W_rec"),
    "omega": ("omega", "w_in", "W_in"),
    "b": ("b", "b_rec", "bias"),
    "readout": ("readout", "w_out", "W_out"),
    "readout_bias": ("readout_bias", "b_out"),
} | {name: (name,) for name in ("activation", "delta", "decay", "alpha", "recipe", "curve")}
# These change the map and are meant in more than one way, so they are neither guessed nor ignored.
AMBIGUOUS = ("dt", "tau", "tau_m", "rate")

TO_NPZ = "np.savez(path, w=..., omega=..., b=..., readout=..., readout_bias=..., activation=...)"
TORCH = (
    "load it in torch and save it with np.savez(path, w=weight_hh_l0, omega=weight_ih_l0, "
    "b=bias_ih_l0 + bias_hh_l0, activation=...)"
)


def read_npz(file: Path) -> dict[str, Any]:
    """Return the parts of the network in an npz file; names that it does not know are left."""
    with np.load(file, allow_pickle=False) as archive:
        chosen = _chosen(archive.files)
        return {part: _member(archive, name, part) for part, name in chosen.items()}


def _chosen(names: list[str]) -> dict[str, str]:
    """Return the name in the file of each part that it has."""
    if any(name.endswith("data.pkl") for name in names):
        raise ValueError(f"a torch file, which could run anything; {TORCH}")
    if "model.weights.h5" in names:
        raise ValueError("a .keras archive; unzip it and load the model.weights.h5 in it")
    if unclear := [name for name in AMBIGUOUS if name in names]:
        raise ValueError(
            f"{unclear[0]} can be meant in several ways; replace it by delta and decay, as in "
            "equation (2), or by delta and alpha, as in LeakyForm"
        )
    found = {part: [name for name in names if name in NAMES[part]] for part in NAMES}
    for same in (*found.values(), found["decay"] + found["alpha"]):
        if len(same) > 1:
            raise ValueError(f"{same} are two names for one thing; keep one of them")
    if missing := [part for part in ("w", "omega") if not found[part]]:
        raise ValueError(f"no {missing[0]} among {shown(names)}; save the network with {TO_NPZ}")
    return {part: same[0] for part, same in found.items() if same}


def _member(archive: Any, name: str, part: str) -> Any:
    try:
        array = np.asarray(archive[name])
    except ValueError as error:
        raise ValueError(f"{name}: {shown(error)}; save it as an array of numbers") from error
    text = part in ("activation", "recipe")
    if array.dtype.kind not in ("US" if text else "fiu") or (text and array.size != 1):
        wanted = "one string" if text else "real numbers"
        raise ValueError(f"{name} is {array.dtype} of shape {array.shape}; it must hold {wanted}")
    if part == "recipe":
        return json.loads(array.item())
    if text:
        return array.astype(str).item()
    return array if array.ndim else array.item()
