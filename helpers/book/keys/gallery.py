"""The exercises of the gallery of failures: right answers, wrong turns, hints."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np

from helpers.book.exercises import Drawn, Exercise, Prediction, WrongTurn

__all__ = ["EXERCISES", "PREDICTIONS"]

SPACING, STEP = 0.125, 0.25
STATES = 0.125 * np.array([-3.0, 0.0, 2.0, 5.0])
REMAINDERS = np.array([0.04, -0.05, 0.055, -0.02])


def velocity(h: Any) -> Any:
    """Return the velocity that the reader's step is tried on."""
    return 1.0 / 3.0 - 0.9 * h


def one_step(answer: Any) -> Any:
    """Call the reader's carried_step(h, r, F, delta, q) and return state and remainder."""
    return np.concatenate(answer(STATES, REMAINDERS, velocity, STEP, SPACING))


def step_to(wish: Any) -> Any:
    """Return a carried_step whose state before rounding is wish(h, r, F, delta)."""

    def carried_step(h: Any, r: Any, F: Any, delta: float, q: float) -> Any:
        aim = wish(h, r, F, delta)
        on_grid = q * np.round(aim / q)
        return on_grid, aim - on_grid

    return carried_step


def draw_flip(rng: np.random.Generator) -> Mapping[str, float]:
    """Entries of a stable A = (a, -c; c, -d) whose first unit excites itself."""
    a, factor = float(rng.choice([1.0, 1.5, 2.0])), int(rng.integers(3, 6))
    return {"a": a, "c": float(np.ceil(a * np.sqrt(factor)) + 1), "d": a * factor}


def flip(a: float, c: float, d: float) -> Exercise:
    """From which factor of unit 1 on A is unstable."""
    return Exercise(
        "ex-gallery-flip",
        d / a,
        (
            WrongTurn(
                a / d, "that is how slow unit 2 may become; the question is how fast unit 1 may"
            ),
            WrongTurn(
                d / a - 1.0,
                "that is by how much its rate has to grow; the factor multiplies the rate",
            ),
            WrongTurn(
                1.0, "with the factor 1 the trace is negative: the system is stable as it stands"
            ),
            WrongTurn(
                c**2 - a * d,
                "that is the determinant, which stays positive; when does the trace turn?",
            ),
        ),
        hint="two by two: stable where the trace is negative and the determinant positive",
    )


EXERCISES = (
    Exercise(
        "ex-gallery-noise",
        0.5,
        (
            WrongTurn(1, "that is the power of the variance; which power has its root?"),
            WrongTurn(
                0, "that holds with the root of delta; here each term is smaller. Add variances"
            ),
            WrongTurn(
                -0.5,
                "does the noise grow as the step gets shorter? Count the steps in a unit of time "
                "and add their variances",
            ),
            WrongTurn(1.5, "the variance of one term has the power 2; how many terms add up?"),
        ),
        hint="variance of one term, times the number of terms in a unit of time, then the root",
    ),
    Drawn("ex-gallery-flip", draw_flip, flip),
    Exercise(
        "ex-gallery-carry",
        step_to(lambda h, r, F, delta: h + r + delta * F(h)),
        (
            WrongTurn(
                step_to(lambda h, r, F, delta: h + delta * F(h)),
                "this still throws the remainder of the last step away; where does r come in?",
            ),
            WrongTurn(
                step_to(lambda h, r, F, delta: h - r + delta * F(h)),
                "r is what was wished for and not given: which sign pays it back?",
            ),
            WrongTurn(
                step_to(lambda h, r, F, delta: h + delta * (r + F(h))),
                "r is an activity, and not a velocity: it is not multiplied by the step",
            ),
            WrongTurn(
                step_to(lambda h, r, F, delta: h + r + delta * F(h + r)),
                "nearly: here the velocity is taken at the state that is stored, h",
            ),
        ),
        one_step,
        hint="state and remainder together must move by delta F, no more and no less",
    ),
)

PREDICTIONS = (
    Prediction(
        "predict-gallery-rhythm",
        {
            "a": "From the step: at twice the speed Euler needs a shorter one.",
            "b": "From an argument of the second call that should have changed and did not.",
            "c": "From the units: a fast circuit with feedback can have a rhythm that a slow one "
            "has not.",
        },
        "b",
        {
            "a": "the steps are aligned, so the product of step and velocity is the same; had the "
            "step been at fault, both films would suffer alike",
            "c": "a film at twice the speed shows the same frames: a rhythm that the slow circuit "
            "has not, the same circuit at twice the speed has not either",
        },
    ),
)
