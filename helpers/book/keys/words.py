"""The exercises of the chapter on words: right answers, wrong turns, hints."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from helpers.book.exercises import Drawn, Exercise, Prediction, WrongTurn
from helpers.dynamics._checks import Array

__all__ = ["EXERCISES", "PREDICTIONS"]

# May be held; flips; keeps its place only for one of two letters; sends all states to the first.
TABLES = (
    np.array([[0, 1, 0], [0, 1, 1]]),
    np.array([[1, 0], [0, 1]]),
    np.array([[0, 1], [1, 2], [2, 2]]),
    np.array([[0, 2], [0, 2], [0, 2]]),
)


def drawn(rng: np.random.Generator) -> dict[str, float]:
    """Letters and looks at each, such that no two mistakes agree."""
    while True:
        n, k = int(rng.integers(6, 25)), int(rng.integers(2, 5))
        if len({n * k % 5, n % 5, (n + k) % 5, (n * k - 1) % 5}) == 4:
            return {"n": n, "k": k}


def last_state(n: int, k: int) -> Exercise:
    """Where a counter modulo 5 ends."""
    return Exercise(
        "ex-words-count",
        n * k % 5,
        (
            WrongTurn(n % 5, "that is without holding; each look at a letter counts"),
            WrongTurn((n + k) % 5, "the looks are made at every letter, not once"),
            WrongTurn((n * k - 1) % 5, "it begins at 0, and the first look already counts"),
            WrongTurn(n * k, "the reader has five states only"),
        ),
        hint="how many steps does it take in all?",
    )


COUNT = Drawn("ex-words-count", drawn, last_state)

UNITS = Exercise(
    "ex-words-units",
    104,
    (
        WrongTurn(30, "states and letters side by side cannot say both at once"),
        WrongTurn(4, "one for each state; but a unit has to see the letter too"),
        WrongTurn(416, "the state after the letter follows from the pair"),
    ),
    hint="for what does the box have one unit?",
)


def verdicts(test: Callable[[Array], Any]) -> Array | None:
    """What the reader's test says of four tables."""
    said = [test(table) for table in TABLES]
    return None if any(one is None or one is Ellipsis for one in said) else np.array(said, float)


def _held(table: Array) -> bool:
    return all(np.array_equal(column[column], column) for column in table.T)


SAFE = Exercise(
    "ex-words-safe",
    _held,
    (
        WrongTurn(
            lambda table: not _held(table),
            "the other way round: True where nothing changes",
        ),
        WrongTurn(
            lambda table: bool(np.all(table == np.arange(len(table))[:, None])),
            "that asks whether the first look changes nothing; the second one is meant",
        ),
        WrongTurn(
            lambda table: any(np.array_equal(column[column], column) for column in table.T),
            "one letter that may be held is not enough: the equation is for all",
        ),
    ),
    probe=verdicts,
    hint="take one letter; from each state look up the state after it, and from there once more",
)

EXERCISES = (COUNT, UNITS, SAFE)

PREDICTIONS = (
    Prediction(
        "predict-words-held",
        {
            "a": "The same as before: no letter has changed.",
            "b": "The same, one letter late.",
            "c": "Even, after every letter.",
            "d": "Right and wrong at random.",
        },
        right="c",
        reveals={
            "a": "that a network sees letters, and not steps",
            "b": "that a second look only costs time",
            "d": "that what is not trained for goes wrong without a rule",
        },
    ),
)
