"""Keys of the chapter on timing."""

from __future__ import annotations

from typing import Any

import numpy as np

from helpers.book.exercises import Drawn, Exercise, Prediction, WrongTurn

__all__ = ["EXERCISES", "PREDICTIONS"]


def _drawn_unit(rng: np.random.Generator) -> dict[str, float]:
    """Numbers whose answer is a slope of tanh, and at which no two mistakes agree."""
    return {
        "w": float(rng.choice([1.6, 2.0, 2.5])),
        "d1": float(rng.choice([0.35, 0.4])),
        "tau": float(rng.choice([1.5, 1.8])),
    }


def _unit(w: float, d1: float, tau: float) -> Exercise:
    right = tau * d1 - (tau - 1) / w
    return Exercise(
        "ex-timing-alone",
        (right, np.sqrt(1 - right)),
        (
            WrongTurn(
                (tau * d1, np.sqrt(1 - tau * d1)),
                "that multiplies what the unit hears; its leak is still 1",
            ),
            WrongTurn((right, 1 - right), "the slope is right; that of tanh is 1 minus its square"),
            WrongTurn(
                (tau * d1 - (tau - 1), np.sqrt(max(1 - tau * d1 + (tau - 1), 0.0))),
                "the slope is multiplied by w in J, and the leak is not",
            ),
            WrongTurn(
                (tau * d1 + (tau - 1) / w, np.sqrt(abs(1 - tau * d1 - (tau - 1) / w))),
                "write out -1 + d2 w = tau (-1 + d1 w), and mind the sign of the leak",
            ),
        ),
        rtol=2e-3,
        hint="write J for both slopes, with the leak 1, and set one to tau times the other",
    )


def _distances(nearest: Any) -> Any:
    """Distances for drawn networks, tau above and below 1."""
    rng, found = np.random.default_rng(3), []
    for n, tau in ((2, 2.0), (5, 0.5), (8, 3.0)):
        w, first = rng.normal(size=(n, n)), rng.uniform(0, 1, n)
        found.append(nearest(w, first, tau))
    return np.array(found, dtype=float)


def _rows(w: Any, first: Any, second: Any, tau: float) -> Any:
    rows = (tau - 1) * np.eye(len(w)) + (second - tau * first)[:, None] * w
    return np.sqrt(np.sum(rows**2))


def _free(w: Any, first: Any, tau: float) -> Any:
    return tau * first - (tau - 1) * np.diag(w) / np.sum(w**2, axis=1)


def _cut(w: Any, first: Any, tau: float) -> Any:
    return _rows(w, first, np.clip(_free(w, first, tau), 0.0, 1.0), tau)


def _not_cut(w: Any, first: Any, tau: float) -> Any:
    return _rows(w, first, _free(w, first, tau), tau)


def _scaled_slopes(w: Any, first: Any, tau: float) -> Any:
    return _rows(w, first, np.clip(tau * first, 0.0, 1.0), tau)


def _columns(w: Any, first: Any, tau: float) -> Any:
    wanted = tau * first - (tau - 1) * np.diag(w) / np.sum(w**2, axis=0)
    return _rows(w, first, np.clip(wanted, 0.0, 1.0), tau)


def _squared(w: Any, first: Any, tau: float) -> Any:
    return _cut(w, first, tau) ** 2


EXERCISES = (
    Drawn("ex-timing-alone", _drawn_unit, _unit),
    Exercise(
        "ex-timing-acceleration",
        (2.5, 6.25),
        (
            WrongTurn((2.5, 2.5), "the speed is right; differentiate y(tau s) once more"),
            WrongTurn((0.4, 0.16), "these are the factors of the slow movement over the fast one"),
            WrongTurn((2.5, 5.0), "the second derivative brings tau a second time, as a factor"),
            WrongTurn((6.25, 15.625), "one derivative brings one factor tau"),
        ),
        rtol=1e-6,
        hint="differentiate y(tau s) by s, once and twice",
    ),
    Exercise(
        "ex-timing-bound",
        (np.sqrt(0.8 + 1 - 0.25 / 4.25), np.sqrt(0.8)),
        (
            WrongTurn(
                (0.8 + 1 - 0.25 / 4.25, 0.8),
                "that is the sum of squares; the Frobenius norm is its root",
            ),
            WrongTurn(
                (np.sqrt(2.0), np.sqrt(2.0)),
                "that is the bound without self-coupling; what does a row's own entry save?",
            ),
            WrongTurn(
                (np.sqrt(0.8 + 1 - 0.25 / 4.25), np.sqrt(1.8)),
                "the first is right; a unit that hears only itself can be rescaled",
            ),
            WrongTurn(
                (2 * np.sqrt(0.8 + 1 - 0.25 / 4.25), 2 * np.sqrt(0.8)),
                "the factor before the root is tau - 1",
            ),
        ),
        rtol=2e-3,
        hint="one term a row: 1 minus the share that the row's own entry has in its square length",
    ),
    Exercise(
        "ex-timing-rank",
        (48.0, 2.0),
        (
            WrongTurn((2.0, 48.0), "the rank is the dimension of what D w can make, not of 0"),
            WrongTurn((49.0, 1.0), "a matrix of rank 2 is zero on a space of 50 - 2 dimensions"),
            WrongTurn((48.0, 48.0), "the first is right; the rest of the 50 is free"),
            WrongTurn((50.0, 0.0), "D w is not zero; it moves two eigenvalues"),
        ),
        rtol=1e-6,
        hint="on which space is D w zero, and what is J there?",
    ),
    Exercise(
        "ex-timing-slopes",
        _cut,
        (
            WrongTurn(_not_cut, "this is the bound of the theorem; some slopes are outside [0, 1]"),
            WrongTurn(_scaled_slopes, "this keeps w scaled; a slope may give way for the leak"),
            WrongTurn(_columns, "row i of D w is d_i times row i of w"),
            WrongTurn(_squared, "that is the square of the norm"),
        ),
        probe=_distances,
        rtol=1e-9,
        hint="minimise the square length of one row over its slope, then cut the slope to [0, 1]",
    ),
)

PREDICTIONS = (
    Prediction(
        "predict-timing-state",
        {
            "a": "About 2 as well: the output is read from the state, by weights that do not "
            "depend on the cue.",
            "b": "Well below 2, and even so a part of the movement is left over.",
            "c": "1: the state moves in the same way and only ends later.",
        },
        right="b",
        reveals={
            "a": "one weighted sum of fifty units scales; that says nothing of the others",
            "c": "then the output, a fixed sum of the units, could not change its speed either",
        },
    ),
)
