"""The exercises of the chapter on stability: right answers, wrong turns, hints."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from helpers.book.exercises import Drawn, Exercise, Prediction, WrongTurn
from helpers.book.keys import all_given
from helpers.dynamics._checks import Array

__all__ = ["EXERCISES", "PREDICTIONS"]


def converted(convert: Callable[..., Any]) -> Array | None:
    """Call the reader's function on four eigenvalues of a trapezoid's map and two steps."""
    rho = np.array([0.7 + 0.4j, 0.7 - 0.4j, 0.2, -0.5])
    found = [convert(rho, delta) for delta in (0.1, 0.4)]
    return None if all_given(found) is None else np.array(found)


CONVERT = Exercise(
    "ex-stability-convert",
    lambda rho, delta: 2 * (rho - 1) / (rho + 1) / delta,
    (
        WrongTurn(
            lambda rho, delta: (rho - 1) / delta,
            "that undoes Euler's step, and the map was not made by Euler",
        ),
        WrongTurn(
            lambda rho, delta: (1 - 1 / rho) / delta,
            "that undoes backward Euler; the trapezoid takes half of each velocity",
        ),
        WrongTurn(
            lambda rho, delta: np.log(rho) / delta,
            "that is the rate of the map's orbit, or of exact sampling; solve R(z) = rho for z",
        ),
        WrongTurn(
            lambda rho, delta: 2 * (rho - 1) / (rho + 1),
            "this is z; what is between z and the eigenvalue of the flow?",
        ),
        WrongTurn(
            lambda rho, delta: (1 + rho * delta / 2) / (1 - rho * delta / 2),
            "this goes from the flow to the map once more; the way back is asked for",
        ),
    ),
    probe=converted,
    rtol=1e-9,
    hint="multiply rho by the denominator of R, and collect z on one side",
)

LARGEST = Exercise(
    "ex-stability-largest",
    (2 / 17, 0.625, 0.625),
    (
        WrongTurn(
            (2.0, 0.625, 0.625),
            "(b) and (c) are right; in (a) you left the rotation out",
        ),
        WrongTurn(
            (1 / 17, 0.3125, 0.3125),
            "a factor of 2 is missing in all three; square the modulus of 1 + z again",
        ),
        WrongTurn(
            (2 / 17, 2 / 2.2, 2 / 2.2),
            "(a) is right; for the unit you took the eigenvalue of w, and the decay belongs to J",
        ),
        WrongTurn(
            (2 / 17, 0.625, 1.25),
            "(a) and (b) are right; twice the order is not twice the step: where on the negative "
            "axis is 1 + z + z²/2 equal to 1?",
        ),
        WrongTurn(
            (2 / np.sqrt(17), 0.625, 0.625),
            "(b) and (c) are right; in (a) the modulus below the line is squared",
        ),
    ),
    probe=all_given,
    rtol=1e-3,
    hint="for each part write |R(z)| = 1 with z = delta times mu and solve for delta",
)


def drawn(rng: np.random.Generator) -> dict[str, float]:
    """A rate, an angular frequency and a step; the first draw is the page's."""
    a, omega = rng.integers(4, 13) / 40, rng.integers(12, 20) / 10
    return {"a": float(a), "Omega": float(omega), "Delta": float(rng.choice([0.4, 0.5, 0.6]))}


def smallest_theta(a: float, Omega: float, Delta: float) -> Exercise:
    """From which theta on the theta-method brings a network that swings to rest."""
    size = a**2 + Omega**2
    return Exercise(
        "ex-stability-theta",
        0.5 + a / (Delta * size),
        (
            WrongTurn(
                0.5 - a / (Delta * size),
                "check the sign: below one half the method speaks against stability",
            ),
            WrongTurn(
                0.5 + 2 * a / (Delta * size),
                "a factor of 2 went astray: the box has it on both of its terms",
            ),
            WrongTurn(
                0.5 + a / size,
                "where is the step? a long step and a short one do not need the same theta",
            ),
            WrongTurn(0.5 + a / (Delta * np.sqrt(size)), "the modulus of mu enters squared"),
            WrongTurn(
                a / (Delta * size),
                "that is the distance from the method that is always right; which one is it?",
            ),
            WrongTurn(0.5, "at one half the verdict is right, and the network swings"),
        ),
        rtol=1e-3,
        hint="set the left side of the box to zero and solve for theta",
    )


THETA = Drawn("ex-stability-theta", drawn, smallest_theta)

EXERCISES = (CONVERT, LARGEST, THETA)

PREDICTIONS = (
    Prediction(
        "predict-stability-backward",
        {
            "a": "The same swing, with a phase that slips a little.",
            "b": "A swing of another height.",
            "c": "No swing: the groups come to rest.",
            "d": "A swing that grows until it blows up.",
        },
        right="c",
        reveals={
            "a": "that a step far shorter than the period can only shift what is there",
            "b": "that a wrong step changes sizes and leaves the verdict alone",
            "d": "that the faults of a method all go one way, the way of Euler's",
        },
    ),
)
