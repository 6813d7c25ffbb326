"""The numbers that the book quotes of public networks: with sources, and as the files give them."""

from __future__ import annotations

import hashlib
import json
import os
import re
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from helpers import load_network
from helpers.networks.fates import follow
from tests.helpers.networks.test_readers import PUBLIC

RNN_FILES = os.environ.get("RNN_FILES")
DATA = Path(__file__).parents[3] / "book" / "data" / "public_networks.json"
KNOWN = {one["name"]: one for one in json.loads(DATA.read_text(encoding="utf-8"))["networks"]}


def test_each_number_has_a_source_and_none_is_a_weight() -> None:
    for one in KNOWN.values():
        assert re.fullmatch(r"https://github\.com/[\w-]+/[\w-]+", one["source"])
        assert (one["file"] is None) == (one["sha256"] is None)
        assert one["sha256"] is None or re.fullmatch(r"[0-9a-f]{64}", one["sha256"])
        assert all(isinstance(number, (int, float)) for number in one["numbers"].values())
    assert DATA.stat().st_size < 5000


def cycle(network: Any) -> dict[str, float]:
    rng, inputs = np.random.default_rng(0), np.zeros(network.omega.shape[1])
    starts = rng.standard_normal((20, 100)) * np.repeat([[0.01], [1.0]], 10, axis=0)
    coarse, fine = (
        follow(replace(network, delta=step), starts, inputs, steps=steps)
        for step, steps in ((0.1, 20_000), (0.025, 60_000))
    )
    assert {one.kind for one in coarse} == {"oscillates"}
    assert {one.kind for one in fine} == {"rests"}
    ends = np.stack([one.point.h for one in fine if one.point is not None])
    # Two points, h and -h, and neither is 0.
    assert np.max(np.abs(np.abs(ends) - np.abs(ends[0]))) < 1e-6 < np.min(np.max(np.abs(ends), 1))
    mu = np.linalg.eigvals(network.flow.jacobian(ends[0]))
    assert np.all(mu.real < 0)
    mode = mu[np.argmin(-2 * mu.real / np.abs(mu) ** 2)]
    return {"real": mode.real, "imaginary": abs(mode.imag), "used": network.delta, "swings": 0.1,
            "rests": 0.025, "starts": len(starts)}  # fmt: skip


def decision(network: Any) -> dict[str, float]:
    mu = np.linalg.eigvals(network.w) - 1.0
    held = mu[mu.real < 0]
    safe = float(np.min(-2 * held.real / np.abs(held) ** 2))
    return {"made": int(np.sum(np.abs(1 + held) >= 1)), "units": len(mu), "safe": safe}


def radius(matrix: Any) -> float:
    return float(np.max(np.abs(np.linalg.eigvals(matrix))))


def psychrnn(network: Any) -> dict[str, float]:
    (name,) = (name for name in PUBLIC if name.startswith("psychrnn"))
    moments = np.load(Path(str(RNN_FILES)) / name)["W_rec/Adam"]
    return {"weights": radius(network.w), "moments": radius(moments), "issue": 33}


def smc(network: Any) -> dict[str, float]:
    size, n = radius(network.w), len(network.w)
    return {"scaled": size, "plain": n * size, "units": n}


MEASURED: dict[str, Callable[[Any], dict[str, float]]] = {
    "phase-limit-cycle": cycle, "decision": decision, "psychrnn": psychrnn, "smc": smc,
}  # fmt: skip


@pytest.mark.skipif(RNN_FILES is None, reason="RNN_FILES names no folder of public networks")
@pytest.mark.parametrize("name", MEASURED)
def test_the_files_give_these_numbers(name: str) -> None:
    known = KNOWN[name]
    path = Path(str(RNN_FILES)) / known["file"]
    assert hashlib.sha256(path.read_bytes()).hexdigest() == known["sha256"]
    found = MEASURED[name](load_network(path, **PUBLIC[known["file"]]))
    assert found == pytest.approx(known["numbers"], rel=1e-5)
