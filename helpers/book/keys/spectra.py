"""The exercises of the page on spectra: right answers, wrong turns, hints."""

from __future__ import annotations

import numpy as np

from helpers.book.exercises import Drawn, Exercise, Prediction, WrongTurn
from helpers.book.keys import all_given

__all__ = ["EXERCISES", "PREDICTIONS"]


def _draw_between(rng: np.random.Generator) -> dict[str, float]:
    """Return an eigenvalue outside the circle and left of the line."""
    return {"a": int(rng.integers(60, 90)) / 100, "b": int(rng.integers(85, 110)) / 100}


def _grow(a: float, b: float) -> Exercise:
    size = a**2 + b**2
    in_map, in_flow = size**5, np.exp(10 * (a - 1))
    return Exercise(
        "ex-spectra-grow",
        (in_map, in_flow),
        (
            WrongTurn((size**10, in_flow), "(b) is right; in (a) you squared the modulus twice"),
            WrongTurn((np.exp(10 * (a - 1)), size**5), "both are right, the wrong way round"),
            WrongTurn((in_map, np.exp(10 * a)), "(a) is right; the flow has a leak of 1"),
            WrongTurn(
                (in_map, np.exp(10 * (size**0.5 - 1))),
                "(a) is right; the imaginary part turns the flow's mode, it does not grow it",
            ),
            WrongTurn((a**10, in_flow), "(b) is right; a map's mode grows by the modulus"),
        ),
        probe=all_given,
        rtol=2e-3,
        hint="(a) the modulus to the tenth power; (b) the exponential of ten times Re λ - 1",
    )


GROW = Drawn("ex-spectra-grow", _draw_between, _grow)

OUTSIDE = Prediction(
    "predict-spectra-outside",
    {
        "a": "None to speak of: training stays on the circle.",
        "b": "About three.",
        "c": "More than ten.",
    },
    right="c",
    reveals={
        "a": "training moves w by a tenth of its size, and the moduli spread on either side",
        "b": "three is what the eye sees, those that are outside by a twentieth or more",
    },
)

PREDICTIONS = (OUTSIDE,)
EXERCISES = (GROW,)
