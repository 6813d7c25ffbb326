"""The exercises of the page on another time step: right answers, wrong turns, hints."""

from __future__ import annotations

import numpy as np

from helpers.book.exercises import Drawn, Exercise, Prediction, WrongTurn
from helpers.book.keys import all_given

__all__ = ["EXERCISES", "PREDICTIONS"]


def _draw_mode(rng: np.random.Generator) -> dict[str, float]:
    """Return an eigenvalue outside the circle whose mode dies at half the step."""
    return {"a": int(rng.integers(5, 30)) / 100, "b": int(rng.integers(100, 125)) / 100}


def _strength(a: float, b: float) -> Exercise:
    size = np.hypot(a, b)
    half = (a + np.sqrt(a**2 + 3 * size**2)) / 3
    return Exercise(
        "ex-time-step-strength",
        (size, half),
        (
            WrongTurn((size, size), "(a) is right; the mode turns, so a finer step weakens it"),
            WrongTurn(
                (size, float(np.hypot(0.5 + 0.5 * a, 0.5 * b))),
                "(a) is right; that is the multiplier at one half, not the strength",
            ),
            WrongTurn((size, a), "(a) is right; the real part is the limit of a step near 0"),
            WrongTurn(
                (size, (np.sqrt(a**2 + 3 * size**2) - a) / 3),
                "(a) is right; in (b) look at the sign of the middle term",
            ),
            WrongTurn(
                (size, size * (1 - 0.5 * (1 - a / size))),
                "(a) is right; half a step is too far for the first order, solve the equation",
            ),
            WrongTurn((size**2, half), "(b) is right; (a) is squared"),
        ),
        probe=all_given,
        rtol=2e-3,
        hint="put the step into the quadratic equation for q, and take its positive root",
    )


STRENGTH = Drawn("ex-time-step-strength", _draw_mode, _strength)

LEVEL = Exercise(
    "ex-time-step-level",
    2 / 1.95,
    (
        WrongTurn(2.0, "that is the bound of a multiplier 0; which of the four is the worst?"),
        WrongTurn(1.0, "at 1 it is stable, and a little above it still is"),
        WrongTurn(1 / 1.95, "a factor of 2 is missing: square the modulus again"),
        WrongTurn(2 / 0.4, "that is the mode of 0.6; the smallest bound decides"),
    ),
    rtol=2e-3,
    hint="2(1 - Re μ)/|1 - μ|² for each multiplier, and then the smallest",
)


def _cut(step: float, size: float = 1.05) -> float:
    cosine = (1 - (1 - step) ** 2 - step**2 * size**2) / (2 * step * (1 - step) * size)
    return float(np.arccos(cosine) / (2 * np.pi))


SLOW = Exercise(
    "ex-time-step-slow",
    (_cut(0.7), _cut(0.5)),
    (
        WrongTurn((_cut(0.5), _cut(0.7)), "both are right, the wrong way round"),
        WrongTurn(
            (2 * np.pi * _cut(0.7), 2 * np.pi * _cut(0.5)),
            "that is in radians per unit of time; how many radians has a cycle?",
        ),
        WrongTurn(
            (_cut(0.7, 1.0), _cut(0.5, 1.0)), "with ρ = 1 every swing dies; the formula has 1.05"
        ),
    ),
    probe=all_given,
    rtol=2e-3,
    hint="put the step and ρ = 1.05 into the formula; the arccosine in radians, over 2π",
)

FINER = Prediction(
    "predict-time_step-finer",
    {
        "a": "In all 200: a finer step is a better approximation.",
        "b": "In about 190: 3 % is little.",
        "c": "In fewer than 50.",
    },
    right="c",
    reveals={
        "a": "of the flow it is; but the network was trained as a map, and the map was right",
        "b": "little for a level; the swing that holds this answer has a margin of less than 3 %",
    },
)

PREDICTIONS = (FINER,)
EXERCISES = (STRENGTH, LEVEL, SLOW)
