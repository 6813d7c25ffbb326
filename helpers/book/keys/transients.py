"""The exercises of the chapter on transients: right answers, wrong turns, hints."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from helpers.book.exercises import Exercise, WrongTurn
from helpers.book.keys import all_given
from helpers.dynamics._checks import Array

__all__ = ["EXERCISES"]

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

_AMP = 1.5 - 0.5**0.5

STEPS = Exercise(
    "ex-transients-steps",
    (_AMP, 1.0),
    (
        WrongTurn((1.0, _AMP), "the other way round: what begins first as the step grows?"),
        WrongTurn(
            (_AMP / 2, 1.0),
            "the second is right; in the first a factor of 2 is missing, see the box",
        ),
        WrongTurn(
            (3 - 2**0.5, 1.0),
            "the second is right; the symmetric part that counts is that of the inverse of A",
        ),
        WrongTurn(
            (_AMP, 2.0),
            "the first is right; of the two eigenvalues take the one that is lost first",
        ),
        WrongTurn((1.0, 1.0), "that would be a normal matrix; the entry 1 makes a difference"),
    ),
    probe=all_given,
    rtol=1e-2,
    hint="invert A by hand, take the symmetric part, and then the larger eigenvalue",
)

EXERCISES = (START, CHAIN, STEPS)
