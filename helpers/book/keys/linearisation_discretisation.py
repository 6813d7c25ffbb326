"""The exercises on linearisation and discretisation: right answers, wrong turns, hints."""

from __future__ import annotations

from typing import Any

import numpy as np

from helpers.book.exercises import Drawn, Exercise, Prediction, WrongTurn
from helpers.book.keys import all_given
from helpers.dynamics.recurrent import RNN

__all__ = ["EXERCISES", "PREDICTIONS"]

NETWORK = RNN.random(4, 1, rng=np.random.default_rng(606))
H0, DELTA = np.array([0.3, -0.2, 0.5, 0.1]), 0.3
F0, J0 = NETWORK.velocity(H0), NETWORK.jacobian(H0)


def constant_of_map(answer: Any) -> Any:
    """Call the reader's euler_of_taylor(F0, J0, h0, delta) and return its constant."""
    return answer(F0, J0, H0, DELTA)[1]


def map_with(c: Any) -> Any:
    """Return a euler_of_taylor whose constant is c(F0, J0, h0, delta)."""
    return lambda F0, J0, h0, delta: (np.eye(len(h0)) + delta * J0, c(F0, J0, h0, delta))


def _table(rng: np.random.Generator) -> dict[str, float]:
    return {"a": float(rng.choice([0.5, 0.75, 1.5])), "beta": float(rng.choice([0.2, 0.4, 0.8]))}


def _constants(a: float, beta: float) -> Exercise:
    return Exercise(
        "ex-bc",
        (beta * a, beta * a**2 / 2),
        (
            WrongTurn(
                (beta * a, beta * a**2), "the first is right; Taylor's second term has a half"
            ),
            WrongTurn((a, a**2 / 2), "that is where the second stage looks; which weight has it?"),
            WrongTurn(
                ((1 - beta) * a, (1 - beta) * a**2 / 2),
                "that is the weight of the first stage, whose node is 0",
            ),
            WrongTurn(
                (0.5, 1 / 6), "these belong to every method of order 3; this one has two stages"
            ),
        ),
        all_given,
        hint="the nodes are the row sums, (0, a); weigh them, and their squares",
    )


EXERCISES = (
    Exercise(
        "ex-euler-map",
        map_with(lambda F0, J0, h0, delta: delta * (F0 - J0 @ h0)),
        (
            WrongTurn(
                map_with(lambda F0, J0, h0, delta: F0 - J0 @ h0),
                "that is the constant of the flow's Taylor system; a step takes delta of it",
            ),
            WrongTurn(
                map_with(lambda F0, J0, h0, delta: delta * F0),
                "put h = h0 into A h + c: the displacement J0 was measured from h0, A h is not",
            ),
            WrongTurn(
                map_with(lambda F0, J0, h0, delta: h0 + delta * F0),
                "that is where the step from h0 ends; A h0 is already most of it",
            ),
            WrongTurn(
                map_with(lambda F0, J0, h0, delta: delta * (F0 + J0 @ h0)),
                "multiply out delta J0 (h - h0): which sign does the term without h have?",
            ),
        ),
        constant_of_map,
        hint="your map has to send h0 to h0 + delta F0: test it there",
    ),
    Exercise(
        "ex-forgotten",
        1,
        (
            WrongTurn(
                2,
                "that is the order of a method whose stages look elsewhere; here Euler looks once. "
                "What does each of them predict for delta = 0?",
            ),
            WrongTurn(
                0, "with a step of zero both stay at h0, so they cannot differ by a constant"
            ),
            WrongTurn(
                3, "that is the value gap with the constant F0 kept; the model here has dropped it"
            ),
        ),
        hint="write down both predictions from h0, and subtract",
    ),
    Drawn("ex-bc", _table, _constants),
)

PREDICTIONS = (
    Prediction(
        "predict-linearisation_discretisation-commutes",
        {
            "a": "RK4. It is closer to the flow, and so both orders are closer to each other.",
            "b": "Euler.",
            "c": "Both, to rounding: the same two operations are made on the same network.",
            "d": "Neither, except at rest.",
        },
        right="b",
        reveals={
            "a": "that the better method does everything better: the exact flow itself does not "
            "commute with a tangent that stays where it was drawn",
            "c": "that the order of two operations cannot matter: RK4 looks at four points, and "
            "the tangent was drawn at one of them",
            "d": "the right picture of methods that look at several points; Euler looks only where "
            "the tangent was drawn",
        },
    ),
)
