"""The exercises of controllability: right answers, wrong turns, hints."""

from __future__ import annotations

from collections.abc import Callable
from math import comb, pi, sqrt
from typing import Any

import numpy as np

from helpers.book.exercises import Drawn, Exercise, Prediction, WrongTurn
from helpers.book.keys import all_given
from helpers.dynamics._checks import Array


def _with_entry(entry: Callable[[int, int, float], float]) -> Callable[[Array, float], Array]:
    """Build K times the matrix with this entry in row j, column k."""

    def euler_matrix(K: Array, delta: float) -> Array:
        m = range(K.shape[1])
        return np.asarray(K @ np.array([[entry(j, k, delta) for k in m] for j in m]))

    return euler_matrix


def _on_matrices(euler_matrix: Callable[[Array, float], Any]) -> Any:
    """Call the reader's function on two matrices, at two steps."""
    found = [
        euler_matrix(np.array(K), delta)
        for K in ([[0.0, 1.0, -3.0], [1.0, -2.0, 5.0], [0.5, 0.3, -0.7]],)
        for delta in (0.2, 0.9)
    ]
    return all_given(found)


def drawn_spiral(rng: np.random.Generator) -> dict[str, float]:
    """A decay rate and an angular frequency."""
    return {"a": float(rng.integers(2, 8)) / 10, "Omega": float(rng.integers(12, 40)) / 10}


def steps_to_avoid(a: float, Omega: float) -> Exercise:
    """The two smallest steps at which a held input loses a direction of the spiral."""
    return Exercise(
        "ex-ctl-hold",
        (pi / Omega, 2.0 * pi / Omega),
        (
            WrongTurn(
                (2.0 * pi / Omega, 4.0 * pi / Omega),
                "after a whole turn they meet again; the conjugate turns the other way",
            ),
            WrongTurn(
                (pi / Omega, 3.0 * pi / Omega),
                "the first is right; do they not meet on the positive half of the axis as well?",
            ),
            WrongTurn(
                (pi / (2.0 * Omega), pi / Omega),
                "at a quarter of a turn the two point in opposite directions; do they agree?",
            ),
            WrongTurn(
                (pi / a, 2.0 * pi / a),
                "this is made of the decay; which part of the eigenvalue turns?",
            ),
        ),
        probe=all_given,
        rtol=1e-3,
        hint="when do the exponentials of step times eigenvalue agree, for the two eigenvalues?",
    )


EXERCISES: tuple[Exercise | Drawn, ...] = (
    Exercise(
        "ex-ctl-euler",
        _with_entry(lambda j, k, delta: comb(k, j) * delta ** (j + 1)),
        (
            WrongTurn(
                _with_entry(lambda j, k, delta: comb(k, j) * delta**j),
                "the first column should be Euler's B_d; which factor does it have?",
            ),
            WrongTurn(
                _with_entry(lambda j, k, delta: comb(j, k) * delta ** (j + 1)),
                "this triangle is the other one; can the first column contain A B?",
            ),
            WrongTurn(
                _with_entry(lambda j, k, delta: comb(k, j) * delta ** (k + 1)),
                "the step comes with each A that was picked up; how many are there in A^j B?",
            ),
            WrongTurn(
                _with_entry(lambda j, k, delta: float(j <= k) * delta ** (j + 1)),
                "in how many ways can j of the k factors I + delta A give their A?",
            ),
            WrongTurn(
                _with_entry(lambda j, k, delta: float(j == k) * delta ** (j + 1)),
                "the diagonal is right; what do the factors give that contribute I and not A?",
            ),
        ),
        probe=_on_matrices,
        hint="expand (I + delta A)^k delta B for k = 1 by hand and read off both coefficients",
    ),
    Exercise(
        "ex-ctl-pairs",
        (4.0 / 7.0, 2.0),
        (
            WrongTurn(
                (4.0 / 7.0, 4.0),
                "the first is right; in the second, how often does the step occur in z1 z2?",
            ),
            WrongTurn(
                (2.0 / 3.5, sqrt(12.0)),
                "the first is right; the product of the two eigenvalues is not 1",
            ),
            WrongTurn(
                (2.0 / 7.0, 2.0),
                "the second is right; in the first, 1 + (z1 + z2)/2 has to vanish",
            ),
            WrongTurn(
                (3.5 / 2.0, 2.0),
                "the second is right; in the first, solve for the step once more",
            ),
            WrongTurn(
                (-4.0 / 7.0, 2.0),
                "a step is positive; which sign has the sum of the two eigenvalues?",
            ),
        ),
        probe=all_given,
        rtol=1e-3,
        hint="write R(z1) - R(z2), divide by z1 - z2, and put z = step times eigenvalue",
    ),
    Drawn("ex-ctl-hold", drawn_spiral, steps_to_avoid),
)

PREDICTIONS = (
    Prediction(
        "predict-controllability-lose",
        {
            "a": "Euler: it has the larger error.",
            "b": "RK4.",
            "c": "Neither: the lamp and the connections are the same in both.",
        },
        right="b",
        reveals={
            "a": "that a larger error is a larger loss of everything",
            "c": "that what an input can reach belongs to the network and not to the step",
        },
    ),
)
