"""The exercises of the chapter on states: right answers, wrong turns, hints."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from helpers.book.exercises import Exercise, WrongTurn
from helpers.book.keys import all_given
from helpers.dynamics._checks import Array

__all__ = ["EXERCISES"]

CODES = {"decay": 0.0, "fixed point": 1.0, "oscillation": 2.0}


def _paths() -> tuple[Array, ...]:
    """Return four paths of three units: each begins with a transient of the same shape."""
    t = np.arange(700.0)[:, None]
    fade = np.exp(-t / 25.0) * [0.6, -0.4, 0.5]
    levels = np.array([0.7, -0.2, 0.3])
    turn = 0.3 * np.cos(2 * np.pi * (0.04 * t + [0.0, 0.3, 0.6]))
    return fade, levels + fade, levels + 0.01 * turn + fade, turn + fade


def judged(kind_of: Callable[..., Any]) -> Array | None:
    """Call the reader's function on the four paths; a word that is none of the three is NaN."""
    words = [kind_of(path) for path in _paths()]
    if all_given(words) is None:
        return None
    return np.array([CODES.get(word, np.nan) for word in words])


def sorted_by(*, rows: Any, swing: Callable[[Array], Any], size_first: bool) -> Callable[..., str]:
    """Return a rule that looks at these rows, with this swing, and asks in this order."""

    def kind_of(path: Array) -> str:
        last = path[rows]
        decayed = np.sqrt(np.mean(last**2)) < 0.02
        if size_first and decayed:
            return "decay"
        if swing(last) < 0.02:
            return "fixed point"
        return "decay" if decayed else "oscillation"

    return kind_of


def _rms(last: Array) -> Any:
    return np.sqrt(np.mean(np.var(last, axis=0)))


LAST, ALL = slice(-400, None), slice(None)

KIND = Exercise(
    "ex-states-kind",
    sorted_by(rows=LAST, swing=_rms, size_first=True),
    (
        WrongTurn(
            sorted_by(rows=LAST, swing=np.std, size_first=True),
            "you called a fixed point an oscillation: its units have levels of their own, and "
            "np.std over everything sees those; along which axis does time run?",
        ),
        WrongTurn(
            sorted_by(rows=LAST, swing=_rms, size_first=False),
            "what has decayed has no swing either, so ask for the size first",
        ),
        WrongTurn(
            sorted_by(rows=ALL, swing=_rms, size_first=True),
            "the transient is still in it; look at the last rows only",
        ),
    ),
    probe=judged,
    hint="size: root mean square over everything; swing: variance along time, mean over units, "
    "root; the three words are decay, fixed point, oscillation",
)

NEGATIVE = Exercise(
    "ex-states-negative",
    -0.95,
    (
        WrongTurn(-1.01, "the states are mirrored, and the read-out has a bias that is not"),
        WrongTurn(-1.04, "r with the wrong sign, and once: z + z' = 2r"),
        WrongTurn(-1.07, "the sign of 2r: solve z + z' = 2r for z'"),
        WrongTurn(-0.98, "r stands in both outputs, so twice in their sum"),
        WrongTurn(1.01, "that needs a network that does not see the sign of its input"),
    ),
    rtol=1e-3,
    hint="write z = R h + r for h and for -h, and add",
)

TARGETS = Exercise(
    "ex-states-targets",
    (3, 2, 2),
    (
        WrongTurn(
            (2, 2, 2), "(b) and (c) are right; in (a), what does the mirror image of set read?"
        ),
        WrongTurn((3, 3, 2), "(a) and (c) are right; in (b) the mirror image of set is of use"),
        WrongTurn((4, 2, 2), "(b) and (c) are right; in (a) the reset can be its own mirror image"),
        WrongTurn((3, 2, 3), "(a) and (b) are right; with a bias a state need not have a twin"),
        WrongTurn((4, 4, 2), "a state can be its own mirror image, and a twin can be of use"),
    ),
    probe=all_given,
    hint="list the states with their mirror images and cross out none; zero is its own",
)

PULSE = Exercise(
    "ex-states-pulse",
    (1 - np.exp(-0.1), np.log(2.0)),
    (
        WrongTurn(
            (0.1, 0.5),
            "those are the bounds by t; the leak makes both a little tighter, solve h' = -h + 1",
        ),
        WrongTurn(
            (0.1, np.log(2.0)),
            "(b) is right; (a) is the bound by t, and the leak makes it a little tighter",
        ),
        WrongTurn(
            (1.0, 0.0),
            "that is the linear model under a delta; here sigma is at most 1",
        ),
        WrongTurn(
            (10.0, 0.05),
            "10 is the height of the pulse; it goes into tanh, which lets 1 through at most",
        ),
        WrongTurn(
            (np.exp(-0.1), np.log(2.0)), "(b) is right; in (a) you took what is left of a decay"
        ),
    ),
    probe=all_given,
    rtol=1e-3,
    hint="the fastest way up is h' = -h + 1 from h = 0",
)

NINE = Exercise(
    "ex-states-nine",
    (9 / (9 + 1.96**2), 35),
    (
        WrongTurn((9 / (9 + 1.96**2), 34), "n > 34.57 and whole"),
        WrongTurn((1.0, 35), "(b) is right; p = 1 solves the equation as well, as its upper end"),
        WrongTurn((1.0, 1), "p = 1 solves the equation as well; it is the upper end"),
        WrongTurn(
            (1 - 1.96**2 / 9, 39),
            "1 - p = 1.96² p / n: the p on the right is not 1",
        ),
        WrongTurn(
            (9 / (9 + 1.96), 18), "the 1.96 is squared, as the distance on the other side is"
        ),
    ),
    probe=all_given,
    rtol=1e-3,
    hint="with k = n divide both sides by 1 - p",
)

EXERCISES = (KIND, NEGATIVE, TARGETS, PULSE, NINE)
