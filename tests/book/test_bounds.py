"""Bounds say enough: the distance between a claim's value and its bound, of some chapters a day."""

from __future__ import annotations

import math
import os
import time
import tomllib
from pathlib import Path

import pytest

from tools import contents
from tools.bounds import REASONS, Measured, loose, measured

SEED = int(os.environ.get("SABOTAGE_SEED", time.time() // 86400))
SHARE = 11
CHAPTERS = contents.notebooks()


@pytest.mark.parametrize("path", CHAPTERS[SEED % SHARE :: SHARE], ids=lambda path: path.stem)
def test_no_bound_of_a_drawn_chapter_is_far_off(path: Path) -> None:
    found = list(measured([path]))
    assert found or "check(" not in path.read_text(encoding="utf-8")
    assert loose(found) == [], f"seed {SEED}: tighten these, or say why not in {REASONS.name}"


def test_a_reason_is_a_sentence_on_a_claim_of_a_chapter() -> None:
    far = tomllib.loads(REASONS.read_text(encoding="utf-8"))["far"]
    assert {claim.partition(":")[0] for claim in far} <= {path.stem for path in CHAPTERS}
    assert all(len(reason.split()) > 3 for reason in far.values())


@pytest.mark.parametrize(
    "value, bound, rounding, factor",
    [
        (2e-15, "at most 1e-12", True, 500.0),
        (0.02, "at most 0.1", False, 5.0),
        (0.0, "at most 0.1", False, math.inf),
        (0.0, "at most 0", True, 1.0),
        (30.0, "at least 2", False, 15.0),
        (3e-5, "at least 0", False, 1.0),
        (0.5, "at least -1", False, 0.5),
        (-4.0, "within 1e-12 of -4", True, math.inf),
        (1.02, "within 0.1 of 1", False, 5.0),
        (1e6, "within 1e-4 of 1e+06", True, math.inf),
    ],
)
def test_how_far_a_bound_is(value: float, bound: str, rounding: bool, factor: float) -> None:
    one = Measured("page:claim", value, bound)
    assert one.rounding == rounding
    assert one.factor == pytest.approx(factor, rel=1e-12)
    assert bound in str(one) and ("eps" in str(one)) == rounding


def test_a_far_bound_without_a_reason_is_named() -> None:
    far = [Measured("no-page:no-claim", 1e-6, "at most 0.1")]
    assert loose(far) == ["no-page:no-claim"]
