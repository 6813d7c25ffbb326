"""The exercises of the chapter on states: right answers, wrong turns, hints."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from helpers.book.exercises import Drawn, Exercise, Prediction, WrongTurn
from helpers.book.keys import all_given
from helpers.dynamics._checks import Array

__all__ = ["EXERCISES", "PREDICTIONS"]

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


def _draw_negative(rng: np.random.Generator) -> dict[str, float]:
    """Return a read-out bias of 0.02 to 0.06, and an output near 1."""
    return {"r": int(rng.integers(2, 7)) / 100, "z": 1 + int(rng.integers(-4, 5)) / 100}


def _negative(r: float, z: float) -> Exercise:
    return Exercise(
        "ex-states-negative",
        2 * r - z,
        (
            WrongTurn(-z, "the states are mirrored, and the read-out has a bias that is not"),
            WrongTurn(-z - r, "r with the wrong sign, and once: z + z' = 2r"),
            WrongTurn(-z - 2 * r, "the sign of 2r: solve z + z' = 2r for z'"),
            WrongTurn(r - z, "r stands in both outputs, so twice in their sum"),
            WrongTurn(z, "that needs a network that does not see the sign of its input"),
        ),
        rtol=1e-3,
        hint="write z = R h + r for h and for -h, and add",
    )


NEGATIVE = Drawn("ex-states-negative", _draw_negative, _negative)

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

AFTER = Prediction(
    "predict-states-after",
    {
        "a": "They go back to zero, where they were before the pulse.",
        "b": "They stand still, at levels that the read-out adds up to 0.",
        "c": "They move for as long as we look.",
    },
    right="c",
    reveals={
        "a": "an output of 0 does not need units at 0: the read-out is one direction of fifty",
        "b": "possible, and some networks do it; nothing in the task asks for stillness",
    },
)

QUIET = Prediction(
    "predict-states-quiet",
    {
        "a": "At zero.",
        "b": "In the passive state, the one it takes after a single pulse.",
        "c": "In the active state, or its mirror image.",
        "d": "In a state that no stimulus leads to.",
    },
    right="b",
    reveals={
        "a": "zero is unstable here, and the noise pushes the network away from it",
        "c": "that would be a false answer to no stimulus; it happens in few networks",
        "d": "the noise begins near zero, and what grows there is the mode of the passive state",
    },
)

PREDICTIONS = (AFTER, QUIET)
EXERCISES = (KIND, NEGATIVE, NINE)
