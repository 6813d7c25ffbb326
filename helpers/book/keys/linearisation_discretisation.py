"""The exercises on linearisation and discretisation: right answers, wrong turns, hints."""

from __future__ import annotations

from typing import Any

import numpy as np

from helpers.book.exercises import Exercise, WrongTurn
from helpers.dynamics.recurrent import RNN

__all__ = ["EXERCISES"]

NETWORK = RNN.random(4, 1, rng=np.random.default_rng(606))
H0, DELTA, DECAY = np.array([0.3, -0.2, 0.5, 0.1]), 0.3, 0.7
F0, J0 = NETWORK.velocity(H0), NETWORK.jacobian(H0)
N0 = np.array([0.6, -0.1, 0.25, -0.4])


def constant_of_map(answer: Any) -> Any:
    """Call the reader's euler_of_taylor(F0, J0, h0, delta) and return its constant."""
    return answer(F0, J0, H0, DELTA)[1]


def step_at_a_point(answer: Any) -> Any:
    """Call the reader's imex_step(h, N, decay, delta) where no term vanishes."""
    return answer(H0, N0, DECAY, DELTA)


def map_with(c: Any) -> Any:
    """Return a euler_of_taylor whose constant is c(F0, J0, h0, delta)."""
    return lambda F0, J0, h0, delta: (np.eye(len(h0)) + delta * J0, c(F0, J0, h0, delta))


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
