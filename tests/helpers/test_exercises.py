"""The reader's answer: right, not attempted, a known wrong turn, or something else."""

from __future__ import annotations

import types
from typing import Any

import numpy as np
import pytest

from helpers.book import exercises
from helpers.book.exercises import Answer, Exercise, WrongTurn, answer, exercise, exercise_ids

EULER = Exercise(
    "ex-euler",
    right=lambda h, delta: h + delta * -h,
    wrong=(
        WrongTurn(lambda h, delta: h - h, "the step is missing"),
        WrongTurn(lambda h, delta: h - delta * -h, "look at the sign"),
    ),
    probe=lambda f: [f(h, d) for h, d in ((1.0, 0.1), (2.0, 0.5))],
    hint="write the difference quotient first",
)
VECTOR = Exercise(
    "ex-vector", np.array([1.0, -2.0]), (WrongTurn([-2.0, 1.0], "the units are swapped"),)
)
NUMBER = Exercise("ex-number", 0.25, (WrongTurn(0.5, "half of it"), WrongTurn(4.0, "upside down")))
WORD = Exercise("ex-word", "stable", (WrongTurn("unstable", "read the sign again"),))
COMPLEX = Exercise("ex-complex", 1.0 + 2.0j, (WrongTurn(1.0 - 2.0j, "the other one of the pair"),))


@pytest.fixture
def shelf(monkeypatch: pytest.MonkeyPatch) -> None:
    """Put two chapters of exercises where the keys of the book stand."""
    one = types.ModuleType("helpers.book.keys.one")
    one.EXERCISES = (EULER, NUMBER)
    two = types.ModuleType("helpers.book.keys.two")
    two.EXERCISES = (WORD,)
    modules = {"helpers.book.keys.one": one, "helpers.book.keys.two": two}
    keys = types.SimpleNamespace(__path__=["nowhere"])
    monkeypatch.setattr(
        exercises,
        "import_module",
        lambda name: keys if name == "helpers.book.keys" else modules[name],
    )
    found = [types.SimpleNamespace(name=n.rpartition(".")[2]) for n in modules]
    monkeypatch.setattr(exercises.pkgutil, "iter_modules", lambda path: iter(found))
    exercises._registry.cache_clear()
    yield
    exercises._registry.cache_clear()


@pytest.mark.parametrize(
    ("which", "good"),
    [
        (EULER, lambda h, delta: (1 - delta) * h),
        (VECTOR, [1, -2]),
        (VECTOR, (1.0, -2.0 + 1e-7)),
        (NUMBER, 0.25 * (1 + 1e-8)),
        (NUMBER, np.float64(0.25)),
        (NUMBER, np.array([0.25])),  # the state of a single unit
        (WORD, "  Stable "),
        (COMPLEX, 1 + 2j),
    ],
)
def test_a_right_answer_is_right_within_its_tolerance(which: Exercise, good: Any) -> None:
    verdict = which.judge(good)
    assert verdict == Answer(which.id, True, "") and repr(verdict) == f"{which.id}: right"


@pytest.mark.parametrize("which", [EULER, VECTOR, NUMBER, WORD, COMPLEX])
def test_the_key_itself_passes_and_each_wrong_turn_gets_its_own_hint(which: Exercise) -> None:
    assert which.judge(which.right).right
    for turn in which.wrong:
        verdict = which.judge(turn.value)
        assert not verdict.right and verdict.hint == turn.hint
        assert repr(verdict) == f"{which.id}: {turn.hint}"


@pytest.mark.parametrize(
    ("which", "other"),
    [
        (EULER, lambda h, delta: 7.0),
        (VECTOR, [3.0, 3.0]),
        (VECTOR, [1.0, -2.0, 0.0]),
        (VECTOR, [[1.0, -2.0]]),
        (VECTOR, [1.0, np.nan]),
        (NUMBER, 0.25 * (1 + 1e-5)),
        (NUMBER, np.inf),
        (NUMBER, "0.25 or so"),
        (WORD, "neither"),
        (WORD, 1.0),
        (COMPLEX, 1.0),
    ],
)
def test_any_other_answer_gets_the_general_hint(which: Exercise, other: Any) -> None:
    verdict = which.judge(other)
    assert not verdict.right and verdict.hint == which.hint


@pytest.mark.parametrize("which", [EULER, VECTOR, NUMBER, WORD])
def test_a_blank_is_not_attempted_rather_than_wrong(which: Exercise) -> None:
    for blank in (..., None):
        verdict = which.judge(blank)
        assert not verdict.right and "not attempted yet" in verdict.hint

    def stub(*arguments: Any) -> Any:
        raise NotImplementedError

    assert "not attempted yet" in EULER.judge(stub).hint
    # The blank may be a part of what the function returns, or of a sum.
    for unfinished in (
        lambda h, delta: ...,
        lambda h, delta: h + delta * ...,
        lambda h, delta: np.ones(2) * ...,
    ):
        assert "not attempted yet" in EULER.judge(unfinished).hint
    blank_result = Exercise("ex-blank", 1.0, probe=lambda f: f())
    for result in (..., None):
        assert "not attempted yet" in blank_result.judge(lambda result=result: result).hint


def test_an_answer_that_stops_is_told_with_what() -> None:
    def broken(h: float, delta: float) -> float:
        return h / 0

    verdict = EULER.judge(broken)
    assert not verdict.right
    assert verdict.hint == "your answer stopped with ZeroDivisionError: float division by zero"
    assert "TypeError" in EULER.judge(3.0).hint  # a number where a function was asked for


def test_a_mistake_in_the_key_itself_is_not_hidden_from_its_author() -> None:
    wrong_key = Exercise("ex-bad", lambda: 1 / 0, probe=lambda f: f())
    with pytest.raises(ZeroDivisionError):
        wrong_key.judge(lambda: 1.0)


def test_agreement_is_relative_to_each_entry_and_a_zero_is_judged_by_the_rest() -> None:
    mixed = Exercise("ex-mixed", (16.0, 0.25), rtol=1e-3)
    assert mixed.judge((16.015, 0.2502)).right and not mixed.judge((16.0, 0.26)).right
    wide = Exercise("ex-wide", np.array([1000.0, 0.0]), rtol=1e-3)
    assert wide.judge([1000.9, 0.0009]).right and not wide.judge([1000.0, 0.0011]).right
    zero = Exercise("ex-zero", 0.0, rtol=1e-3)
    assert zero.judge(0.0009).right and not zero.judge(0.0011).right


def test_a_wrong_turn_never_hides_a_right_answer() -> None:
    close = Exercise("ex-close", 1.0, (WrongTurn(1.0 + 1e-9, "so near"),), rtol=1e-6)
    assert close.judge(1.0 + 1e-9).right


def test_answers_are_looked_up_by_their_label(shelf: None) -> None:
    assert exercise_ids() == ("ex-euler", "ex-number", "ex-word")
    assert exercise("ex-number") is NUMBER
    assert answer("ex-number", 0.25).right
    assert answer("ex-number", 0.5).hint == "half of it"
    assert answer("ex-word", "stable").right
    with pytest.raises(ValueError, match=r"no exercise 'ex-numbr'; near it are ex-number, "):
        answer("ex-numbr", 0.25)


def test_two_exercises_of_one_name_are_refused(
    shelf: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    twin = types.ModuleType("helpers.book.keys.two")
    twin.EXERCISES = (NUMBER,)
    load = exercises.import_module
    monkeypatch.setattr(
        exercises, "import_module", lambda name: twin if name.endswith("two") else load(name)
    )
    exercises._registry.cache_clear()
    with pytest.raises(ValueError, match="exercise 'ex-number' stands in two places; rename one"):
        answer("ex-number", 0.25)


def test_an_empty_shelf_says_that_there_is_nothing_near(
    shelf: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(exercises.pkgutil, "iter_modules", lambda path: iter(()))
    exercises._registry.cache_clear()
    with pytest.raises(ValueError, match="no exercise 'ex-a'; near it are none"):
        answer("ex-a", 1)


def test_every_key_of_the_book_keeps_the_rules() -> None:
    for name in exercise_ids():
        entry = exercise(name)
        assert entry.judge(entry.right).right, name
        hints = [entry.hint, *(turn.hint for turn in entry.wrong)]
        assert len(set(hints)) == len(hints), f"{name} has the same hint twice"
        for turn in entry.wrong:
            assert entry.judge(turn.value).hint == turn.hint, name
        assert "not attempted" in entry.judge(...).hint, name
