"""The exercises of the chapter on training: right answers, wrong turns, hints."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from helpers.book.exercises import Exercise, WrongTurn
from helpers.dynamics._checks import Array

__all__ = ["EXERCISES"]


def carried_back(one_back: Callable[..., Any]) -> Array | None:
    """Call the reader's function on four units whose weights are not symmetric."""
    rng = np.random.default_rng(1101)
    delta, pull = rng.standard_normal((2, 4))
    found = one_back(delta, np.tanh(rng.standard_normal(4)), pull, rng.standard_normal((4, 4)))
    return None if found is None or found is Ellipsis else np.asarray(found)


BACKWARD = Exercise(
    "ex-training-backward",
    lambda delta, h, pull, w: (1 - h**2) * (pull + w.T @ delta),
    (
        WrongTurn(
            lambda delta, h, pull, w: (1 - h**2) * (pull + w @ delta),
            "w takes states forwards; on the way back each unit answers for those it spoke to",
        ),
        WrongTurn(
            lambda delta, h, pull, w: pull + w.T @ delta,
            "this is the derivative by h; between it and the one by the pre-activation is a tanh",
        ),
        WrongTurn(
            lambda delta, h, pull, w: pull + (1 - h**2) * (w.T @ delta),
            "what the read-out pulls at is the same state, and passes through the same slope",
        ),
        WrongTurn(
            lambda delta, h, pull, w: (1 - h**2) * pull + w.T @ delta,
            "what comes back from the next step passes through the slope too",
        ),
        WrongTurn(
            lambda delta, h, pull, w: (1 - np.tanh(h) ** 2) * (pull + w.T @ delta),
            "h is the value of tanh already; its slope there is written with h itself",
        ),
        WrongTurn(
            lambda delta, h, pull, w: pull + w.T @ ((1 - h**2) * delta),
            "delta has passed through the slope of its own step; this slope is the last factor",
        ),
    ),
    probe=carried_back,
    rtol=1e-9,
    hint="transpose the three lines of the lift one by one, from the bottom to the top",
)

LEVEL = Exercise(
    "ex-training-level",
    0.1625,
    (
        WrongTurn(0.25, "that is the loss within the answer; it is due for 130 of 200 steps"),
        WrongTurn(0.325 * (1 - 0.325), "that is the best constant; the output may change at 70 ms"),
        WrongTurn(
            0.65 * 0.1875, "that is the level of AND and OR; how many stimuli does XOR answer by 1?"
        ),
        WrongTurn(
            0.65 * 0.75 * 2 / 9, "that output can tell trials apart; this one is the same in all"
        ),
        WrongTurn(0.325, "that is the mean target; the loss is a variance"),
    ),
    rtol=1e-2,
    hint="find the share p of trials with target 1 before and after 70 ms, and average p (1 - p)",
)

NONE = Exercise(
    "ex-training-none",
    1 - 0.05 ** (1 / 21),
    (
        WrongTurn(
            1 - 0.95 ** (1 / 21), "that makes it come about in nineteen cases of twenty, not in one"
        ),
        WrongTurn(0.0, "with probability zero the series comes about always, not once in twenty"),
        WrongTurn(
            0.05 ** (1 / 21), "that is the probability of success; the one of failing is asked for"
        ),
        WrongTurn(0.05, "that is the chance of the series; what is the chance for one network?"),
        WrongTurn(1 / 21, "with one failure expected, none at all is seen in a third of the cases"),
    ),
    rtol=0.03,
    hint="all 21 succeed with probability (1 - p) to the power of 21",
)

EXERCISES = (BACKWARD, LEVEL, NONE)
