"""The exercises on the tangent lift: right answers, wrong turns, hints."""

from __future__ import annotations

from typing import Any

import numpy as np

from helpers.book.exercises import Exercise, Prediction, WrongTurn

__all__ = ["EXERCISES", "PREDICTIONS"]

H0, DELTA, DECAY = np.array([0.3, -0.2, 0.5, 0.1]), 0.3, 0.7
N0 = np.array([0.6, -0.1, 0.25, -0.4])


def step_at_a_point(answer: Any) -> Any:
    """Call the reader's imex_step(h, N, decay, delta) where no term vanishes."""
    return answer(H0, N0, DECAY, DELTA)


EXERCISES = (
    Exercise(
        "ex-implicit-explicit",
        lambda h, N, decay, delta: (h + delta * N) / (1 + delta * decay),
        (
            WrongTurn(
                lambda h, N, decay, delta: h + delta * (-decay * h + N),
                "that takes the leak at the old state: it is explicit Euler",
            ),
            WrongTurn(
                lambda h, N, decay, delta: h / (1 + delta * decay) + delta * N,
                "collect every h+ on the left before you divide: what is divided on the right?",
            ),
            WrongTurn(
                lambda h, N, decay, delta: (h + delta * N) / (1 - delta * decay),
                "look at the sign that the leak has when it comes to the left",
            ),
            WrongTurn(
                lambda h, N, decay, delta: (
                    np.exp(-delta * decay) * h + (1 - np.exp(-delta * decay)) / decay * N
                ),
                "that is exponential Euler, which solves the leak exactly; here it is one "
                "implicit step",
            ),
        ),
        step_at_a_point,
        hint="(1 + delta decay) h+ stands on the left; what is left on the right?",
    ),
)

PREDICTIONS = (
    Prediction(
        "predict-tangent_lift-gradient",
        {
            "a": "Both, up to an error of order Delta: the steps are Euler's.",
            "b": "The first, in all digits.",
            "c": "The second, in all digits: it comes from the equation and not from a program.",
        },
        right="b",
        reveals={
            "a": "that the simulation is judged by the flow: the loss that is asked about is that "
            "of the 40 steps, and the chain rule knows them",
            "c": "that the equation is truer than the program: true for the solution, but the loss "
            "that changes here is that of the program",
        },
    ),
)
