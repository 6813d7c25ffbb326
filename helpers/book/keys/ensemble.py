"""The exercises of the chapter on the ensemble: right answers, wrong turns, hints."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from helpers.book.exercises import Exercise, WrongTurn
from helpers.book.keys import all_given
from helpers.dynamics._checks import Array

__all__ = ["EXERCISES"]


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

WIDTH = Exercise(
    "ex-ensemble-width",
    (100 * (np.sqrt(1.0144) - 1), -0.06),
    (
        WrongTurn((12.0, -0.06), "(b) is right; in (a) you let all of the move go into the width"),
        WrongTurn((1.44, -0.06), "(b) is right; in (a) a root is missing"),
        WrongTurn(
            (100 * (np.sqrt(1.0144) - 1), 0.06),
            "(a) is right; in (b) which sign makes the bracket 1 again?",
        ),
        WrongTurn(
            (100 * (np.sqrt(1.0144) - 1), -0.12),
            "(a) is right; in (b) mind the 2 before the cosine",
        ),
        WrongTurn(
            (0.01 * 100 * (np.sqrt(1.0144) - 1), -0.06),
            "(b) is right; (a) is asked for in per cent",
        ),
    ),
    probe=all_given,
    rtol=2e-2,
    hint="put rho = 0.12 into the box; in (b) set the bracket to 1 and solve for the cosine",
)

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

EXERCISES = (HOLM, WIDTH, SLOPE, NONE)
