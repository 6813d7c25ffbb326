"""The exercises of the chapter on training: right answers, wrong turns, hints."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from helpers.book.exercises import Drawn, Exercise, Prediction, WrongTurn
from helpers.book.keys import all_given
from helpers.dynamics._checks import Array

__all__ = ["EXERCISES", "PREDICTIONS"]


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


def drawn(rng: np.random.Generator) -> dict[str, float]:
    """Return the steps of a trial, the first of the answer, and the share of trials that say 1."""
    return {
        "T": int(rng.choice([160, 240, 300, 400])),
        "s": int(rng.choice([40, 60, 80, 100])),
        "p": float(rng.choice([0.2, 0.3, 0.4, 0.75])),
    }


def level(T: int, s: int, p: float) -> Exercise:
    """Return the exercise on the least loss of an output that is the same in all trials."""
    late = 1 - s / T
    return Exercise(
        "ex-training-level",
        late * p * (1 - p),
        (
            WrongTurn(
                p * (1 - p), f"that is the loss while the answer is due, for {T - s} of {T} steps"
            ),
            WrongTurn(
                late * p * (1 - late * p),
                f"that is the best constant; this output may change at step {s}",
            ),
            WrongTurn(s / T * p * (1 - p), f"before step {s} nothing is lost; it is lost after it"),
            WrongTurn(late * p, "that is the mean target; the loss is a variance"),
        ),
        rtol=1e-2,
        hint="find the mean target p before and after the answer begins, and average p (1 - p)",
    )


LEVEL = Drawn("ex-training-level", drawn, level)

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

IDENTITY = Exercise(
    "ex-training-identity",
    (3.0, 1.0),
    (
        WrongTurn((1.0, 3.0), "the other way round: which count is which start's?"),
        WrongTurn(
            (0.0, 0.0), "that is too few updates; replace(RECIPES['fast'], updates=80) has 80"
        ),
        WrongTurn((3.0, 3.0), "that is what 1600 updates give; take 80"),
        WrongTurn(
            (1.0, 1.0),
            "the second is right; is the first from Plan(task, recipe, 'identity', seed)?",
        ),
        WrongTurn(
            (3.0, 0.0),
            "the first is right; of the orthogonal starts seeds 0 to 2 are meant, and one is there",
        ),
    ),
    probe=all_given,
    rtol=1e-9,
    hint="train six networks, and count below 0.02 the last entry of each learning curve",
)

EXERCISES = (BACKWARD, LEVEL, NONE, IDENTITY)

PREDICTIONS = (
    Prediction(
        "predict-training-loss",
        {
            "a": "Steeply at first, then more and more slowly.",
            "b": "In a straight line.",
            "c": "In stairs: it drops, waits on a level, and drops again.",
        },
        right="c",
        reveals={
            "a": "that a loss is a distance to one goal, which nothing stands between",
            "b": "that an update of a given size takes a given share of the error away",
        },
    ),
)
