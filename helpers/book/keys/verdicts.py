"""The exercises of the page of verdicts: right answers, wrong turns, hints."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from helpers.book.exercises import Exercise, Prediction, WrongTurn
from helpers.book.keys import all_given
from helpers.dynamics._checks import Array

__all__ = ["EXERCISES", "PREDICTIONS"]

WORDS = {"holds": 1.0, "fails": -1.0, "undecided": 0.0}


def said(word_of: Callable[..., Any]) -> Array | None:
    """Call the reader's function on intervals with one bound, with the other, and with two."""
    found = [
        word_of(0.6, 0.9, above=0.5),
        word_of(0.1, 0.4, above=0.5),
        word_of(0.4, 0.6, above=0.5),
        word_of(0.1, 0.2, below=0.25),
        word_of(0.3, 0.4, below=0.25),
        word_of(-0.1, 0.1, above=-0.2, below=0.2),
        word_of(-0.3, 0.1, above=-0.2, below=0.2),
        word_of(-0.3, 0.3, above=-0.2, below=0.2),
        word_of(0.3, 0.4, above=-0.2, below=0.2),
    ]
    if all_given(found) is None or not all(word in WORDS for word in found):
        return None
    return np.array([WORDS[word] for word in found])


def _right(low: float, high: float, above: float = -np.inf, below: float = np.inf) -> str:
    if above < low and high < below:
        return "holds"
    return "fails" if high < above or low > below else "undecided"


def _middle(low: float, high: float, above: float = -np.inf, below: float = np.inf) -> str:
    return "holds" if above < (low + high) / 2 < below else "fails"


def _eager(low: float, high: float, above: float = -np.inf, below: float = np.inf) -> str:
    return "holds" if above < low and high < below else "fails"


def _touching(low: float, high: float, above: float = -np.inf, below: float = np.inf) -> str:
    if high > above and low < below:
        return "holds"
    return "fails"


def _one_sided(low: float, high: float, above: float = -np.inf, below: float = np.inf) -> str:
    if low > above:
        return "holds"
    return "fails" if high < above else "undecided"


WORD = Exercise(
    "ex-verdicts-word",
    _right,
    (
        WrongTurn(_middle, "that looks at the middle alone; where is the interval?"),
        WrongTurn(_eager, "an interval that contains a bound does not fail, it cannot say"),
        WrongTurn(_touching, "a part of the interval within the bounds is not enough"),
        WrongTurn(_one_sided, "the bound from above is not used"),
    ),
    probe=said,
    rtol=1e-9,
    hint="three cases: all of it within, all of it beyond one bound, or neither",
)

_Z2 = 1.959963984540054**2

NONE = Exercise(
    "ex-ensemble-none",
    (_Z2 / (21 + _Z2), 73),
    (
        WrongTurn((0.0, 73), "(b) is right; that none was seen does not make it impossible"),
        WrongTurn(
            (3 / 21, 73),
            "(b) is right; the rule of three is close, and the formula of the page is not it",
        ),
        WrongTurn(
            (1.959963984540054 / np.sqrt(21), 73),
            "(b) is right; for (a) square both sides before you divide",
        ),
        WrongTurn(
            (_Z2 / (21 + _Z2), 77),
            "(a) is right; in (b) you left out that z² stands below the line too",
        ),
        WrongTurn(
            (_Z2 / (21 + _Z2), 72),
            "(a) is right; in (b) round up, so that the end is at most 0.05",
        ),
    ),
    probe=all_given,
    rtol=5e-3,
    hint="with no hit the observed share is 0: solve p² = z² p (1 - p) / n for the p that is not 0",
)

THREE = Prediction(
    "predict-verdicts-three",
    {
        "a": "No: at neither threshold do more than half of the networks have three.",
        "b": "Yes, within the error: at 1.05 it is nearly half.",
        "c": "At 1.001 no; at 1.05 these networks cannot say.",
    },
    right="c",
    reveals={
        "a": "a share below one half among 42 networks does not say that the true share is",
        "b": "an error reaches to both sides; it cannot be used for one",
    },
)

PREDICTIONS = (THREE,)
EXERCISES = (WORD, NONE)
