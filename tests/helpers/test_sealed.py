"""Seals: what was right or a wrong turn stays so, within the tolerance, and cannot be read."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from helpers.book import sealed
from helpers.book.exercises import Drawn, Exercise, _registry, exercise, exercise_ids
from helpers.book.sealed import Sealed, SealedDraws, cells, seal

SEEDS = (0, 1, 7)
FARTHEST = 6.0  # tolerances from the right answer at which a seal refuses


@pytest.fixture(autouse=True)
def cheap(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sealed.COST, "n", 2)


def numbers(one: Exercise, value: Any) -> Any:
    return one._numbers(value)


def under_seal(one: Exercise) -> Sealed:
    answers = {"": numbers(one, one.right)}
    answers |= {turn.hint: numbers(one, turn.value) for turn in one.wrong}
    return Sealed(one.id, seal(one.id, answers, one.rtol), one.probe, one.rtol, one.hint)


def keyed() -> list[Any]:
    return [
        pytest.param(exercise(name, seed=seed), id=f"{name}-{seed}")
        for name in exercise_ids()
        for seed in (SEEDS if isinstance(_registry()[name], Drawn) else (0,))
    ]


@pytest.mark.parametrize("one", keyed())
def test_a_seal_judges_as_the_key_does(one: Exercise) -> None:
    same = under_seal(one)
    answers = [one.right, *(turn.value for turn in one.wrong), ..., None, "no such word", len]
    assert [same.judge(value) for value in answers] == [one.judge(value) for value in answers]


@pytest.mark.parametrize("one", keyed())
def test_what_is_within_the_tolerance_is_right_and_what_is_far_is_not(one: Exercise) -> None:
    right = numbers(one, one.right)
    if isinstance(right, str):
        return
    plain = Sealed(one.id, under_seal(one).boxes, rtol=one.rtol)
    rng = np.random.default_rng(3)
    size = np.maximum(np.abs(right), 1e-3 * np.abs(right).max())
    for _ in range(5):
        near = right + 0.99 * one.rtol * size * rng.uniform(-1, 1, right.shape)
        assert plain.judge(near).right
    if right.size <= sealed.FEW:
        far = right + FARTHEST * one.rtol * size * rng.choice([-1, 1], right.shape)
        assert not plain.judge(far).right


def test_zero_is_sealed_too() -> None:
    nothing = Sealed("ex-none", seal("ex-none", {"": np.zeros(2)}, 1e-3), rtol=1e-3)
    assert nothing.judge([1e-4, 0.0]).right
    assert not nothing.judge([1e-2, 0.0]).right


def test_shapes_count_and_one_number_may_come_as_a_state() -> None:
    four = Sealed("ex-four", seal("ex-four", {"": np.array(4.0)}, 1e-3), rtol=1e-3)
    assert four.judge([4.0]).right
    assert not four.judge([4.0, 4.0]).right


def test_what_is_stored_says_nothing() -> None:
    """Names and boxes are of one length each, and sorted by what they hash to."""
    boxes = seal("ex-double", {"": 4.0, "that is the number itself": 2.0}, 1e-3)
    assert list(boxes) == sorted(boxes)
    assert len({len(box) for box in boxes.values()}) == 1
    assert "number" not in "".join(bytes.fromhex(box).decode("latin-1") for box in boxes.values())
    assert boxes.keys().isdisjoint(seal("ex-other", {"": 4.0}, 1e-3))


@pytest.mark.parametrize(
    ("answers", "words"),
    [({"": np.nan}, "not finite"), ({"": 4.0, "half": 4.0}, "tolerance of another")],
)
def test_what_cannot_be_sealed_is_refused(answers: dict[str, Any], words: str) -> None:
    with pytest.raises(ValueError, match=words):
        seal("ex-double", answers, 1e-3)


def test_a_seed_that_the_copy_has_not_is_named() -> None:
    draws = SealedDraws("ex-double", {0: ({"a": 2.0}, Sealed("ex-double", {}))})
    with pytest.raises(ValueError, match="of seed 0, not 3"):
        draws.numbers(seed=3)


def test_nothing_that_is_not_finite_has_a_cell() -> None:
    assert not list(cells([np.inf, 1.0], 1e-3))
