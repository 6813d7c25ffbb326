"""The exercises of the chapter on transients: right answers, wrong turns, hints."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from helpers.book.exercises import Drawn, Exercise, Prediction, WrongTurn
from helpers.book.keys import all_given
from helpers.dynamics._checks import Array

__all__ = ["EXERCISES", "PREDICTIONS"]

_M = np.array([[0.4, 3.0, -0.5], [0.0, 0.3, 1.0], [0.2, 0.0, -0.6]])


def stretched(start: Callable[[Array], Any]) -> Array | None:
    """Return the size of the reader's state, and how far a matrix stretches it."""
    h = start(_M)
    if h is None or h is Ellipsis:
        return None
    h = np.asarray(h)
    return np.array([np.linalg.norm(h), np.linalg.norm(_M @ h)])


START = Exercise(
    "ex-transients-start",
    lambda M: np.linalg.svd(M)[2][0],
    (
        WrongTurn(
            lambda M: np.linalg.svd(M)[0][:, 0],
            "that is where the largest state arrives; where did it start?",
        ),
        WrongTurn(
            lambda M: np.linalg.svd(M)[2][:, 0],
            "the right one of the three matrices; the singular vectors are its rows",
        ),
        WrongTurn(
            lambda M: np.linalg.svd(M)[2][-1],
            "singular values are sorted from the largest down; this is the worst start",
        ),
        WrongTurn(
            lambda M: np.linalg.eigh(M + M.T)[1][:, -1],
            "that start has the fastest first instant; here a finite time has passed",
        ),
        WrongTurn(
            lambda M: np.linalg.svd(M)[1][0] * np.linalg.svd(M)[2][0],
            "the direction is right; the state has to have the size 1",
        ),
    ),
    probe=stretched,
    rtol=1e-9,
    hint="M = U S V^T: which unit vector does V^T turn into (1, 0, ..., 0)?",
)

CHAIN = Exercise(
    "ex-transients-chain",
    (2.0, 1.0),
    (
        WrongTurn((1.0, 2.0), "the other way round: which of the two is easier to excite?"),
        WrongTurn(
            (2.0, 2.0),
            "the flow is right; one step of the map multiplies by w, not by its symmetric part",
        ),
        WrongTurn(
            (1.0, 1.0),
            "the map is right; the symmetric part has a/2 off its diagonal, and the leak takes 1",
        ),
        WrongTurn(
            (0.5, 1.0),
            "the map is right; for the flow solve a/2 = 1 for a",
        ),
        WrongTurn((0.0, 0.0), "for small a the leak wins at first, and the step shrinks every h"),
    ),
    probe=all_given,
    rtol=1e-6,
    hint="write down the symmetric part for the flow, and |wh| / |h| for the map",
)


def drawn(rng: np.random.Generator) -> dict[str, float]:
    """Return the feeding and the faster decay of two units, such that the flow does not amplify."""
    return {"f": float(rng.choice([0.5, 1.0, 1.5, 2.0])), "m": float(rng.choice([2.0, 3.0, 4.0]))}


def two_steps(f: float, m: float) -> Exercise:
    """Return the exercise on A = (-1, f; 0, -m): where Euler amplifies, and where it loses rest."""
    amp, most = _below(1.0, 1 / m, f / m), 2 / m
    return Exercise(
        "ex-transients-steps",
        (amp, most),
        (
            WrongTurn((most, amp), "the other way round: what begins first as the step grows?"),
            WrongTurn(
                (amp / 2, most),
                "the second is right; in the first a factor of 2 is missing, see the box",
            ),
            WrongTurn(
                (_below(1.0, m, f), most),
                "the second is right; the symmetric part that counts is that of the inverse of A",
            ),
            WrongTurn(
                (amp, 2.0),
                "the first is right; of the two eigenvalues take the one that is lost first",
            ),
            WrongTurn(
                (most, most), "that would be a normal matrix; the entry f makes a difference"
            ),
        ),
        probe=all_given,
        rtol=1e-2,
        hint="invert A by hand, take the symmetric part, and then the larger eigenvalue",
    )


def _below(one: float, other: float, beside: float) -> float:
    """Return -2 times the largest eigenvalue of the symmetric part of (-one, beside; 0, -other)."""
    return one + other - float(np.hypot(one - other, beside))


STEPS = Drawn("ex-transients-steps", drawn, two_steps)

EXERCISES = (START, CHAIN, STEPS)

PREDICTIONS = (
    Prediction(
        "predict-transients-peak",
        {
            "a": "1: it falls from the beginning.",
            "b": "1.4: it can rise by the ratio of the two rates.",
            "c": "2.6.",
            "d": "8.4.",
        },
        right="c",
        reveals={
            "a": "that a sum of parts that fall must fall: two large parts may cancel at first",
            "b": "that eigenvalues set the height: they are the same whatever the feeding is",
            "d": "that the feeding is the height: it acts while what feeds and what is fed decay",
        },
    ),
)
