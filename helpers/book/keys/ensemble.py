"""The exercises of the chapter on the ensemble: right answers, wrong turns, hints."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from helpers.book.exercises import Drawn, Exercise, Prediction, WrongTurn
from helpers.book.keys import all_given
from helpers.dynamics._checks import Array

__all__ = ["EXERCISES", "PREDICTIONS"]


def adjusted(rule: Callable[..., Any]) -> Array | None:
    """Call the reader's function on two sorted lists."""
    lists = ([0.001, 0.012, 0.013, 0.04, 0.2], [0.3, 0.6])
    found = [rule(np.array(p)) for p in lists]
    return None if all_given(found) is None else np.concatenate(found)


def _stepping(factors: Callable[[int], Any]) -> Callable[[Any], Any]:
    """Return a rule that multiplies by these factors and lets no value fall."""
    return lambda p: np.minimum(1.0, np.maximum.accumulate(factors(len(p)) * np.asarray(p)))


HOLM = Exercise(
    "ex-ensemble-holm",
    _stepping(lambda m: np.arange(m, 0, -1)),
    (
        WrongTurn(
            _stepping(lambda m: m),
            "that is Bonferroni's rule: valid, and wasteful after the first; what is left to test?",
        ),
        WrongTurn(
            _stepping(lambda m: np.arange(1, m + 1)),
            "the smallest p has to pay the most; turn the factors round",
        ),
        WrongTurn(
            _stepping(lambda m: np.arange(m - 1, -1, -1)),
            "one too few: the smallest is multiplied by the number of tests, the largest by 1",
        ),
        WrongTurn(
            _stepping(lambda m: m / np.arange(1, m + 1)),
            "these bound the share of false discoveries; here the risk of any error is bounded",
        ),
    ),
    probe=adjusted,
    rtol=1e-9,
    hint="how many hypotheses are still in play when the k-th smallest p is looked at?",
)


def _draw_width(rng: np.random.Generator) -> dict[str, float]:
    """Return a length of a move, about a tenth."""
    return {"rho": int(rng.integers(8, 20)) / 100}


def _width(rho: float) -> Exercise:
    per_cent, cosine = 100 * (np.sqrt(1 + rho**2) - 1), -rho / 2
    return Exercise(
        "ex-ensemble-width",
        (per_cent, cosine),
        (
            WrongTurn(
                (100 * rho, cosine),
                "(b) is right; in (a) you let all of the move go into the width",
            ),
            WrongTurn((100 * rho**2, cosine), "(b) is right; in (a) a root is missing"),
            WrongTurn(
                (per_cent, -cosine), "(a) is right; in (b) which sign makes the bracket 1 again?"
            ),
            WrongTurn((per_cent, -rho), "(a) is right; in (b) mind the 2 before the cosine"),
            WrongTurn((per_cent / 100, cosine), "(b) is right; (a) is asked for in per cent"),
        ),
        probe=all_given,
        rtol=2e-2,
        hint="put rho into the box with kappa = 0; in (b) set the bracket to 1, solve for kappa",
    )


WIDTH = Drawn("ex-ensemble-width", _draw_width, _width)

SLOPE = Exercise(
    "ex-ensemble-slope",
    (0.0, -3.0, 0.0),
    (
        WrongTurn((0.0, 3.0, 0.0), "mind the order: the entry is 1 minus the slope"),
        WrongTurn(
            (0.0, -3.0, 50.0),
            "(a) and (b) are right; noise in y does not flatten a line, noise in x would",
        ),
        WrongTurn(
            (-0.001, -3.0, 0.0),
            "(b) and (c) are right; in (a) the line moves up, and how does it tilt?",
        ),
        WrongTurn(
            (0.0, -3.0, 100.0),
            "(a) and (b) are right; in (c) the noise is added to the line, it does not replace it",
        ),
        WrongTurn((100.0, 97.0, 100.0), "these look like slopes subtracted from the wrong side"),
    ),
    probe=all_given,
    rtol=1e-6,
    hint="write y for each case and use that the slope is linear in y",
)

MOVE = Prediction(
    "predict-ensemble-move",
    {
        "a": "about as much as the histogram: one or two in a hundred;",
        "b": "about a tenth to a fifth;",
        "c": "about one: training has drawn the weights anew, with the same spread?",
    },
    right="b",
    reveals={
        "a": "the histogram does not follow single weights; the left panel does",
        "c": "then the left panel would be a round cloud, and it is a thick line",
    },
)

PREDICTIONS = (MOVE,)
EXERCISES = (HOLM, WIDTH, SLOPE)
