"""The exercises of the chapter on spectra and frequencies: right answers, wrong turns, hints."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from helpers.book.exercises import Drawn, Exercise, Prediction, WrongTurn
from helpers.book.keys import all_given
from helpers.dynamics._checks import Array

__all__ = ["EXERCISES", "PREDICTIONS"]

FULL_TURN = 2 * np.pi


def turn(value: complex) -> Array:
    """Return the 2 by 2 matrix with the eigenvalues value and its conjugate."""
    return np.array([[value.real, -value.imag], [value.imag, value.real]])


def blocks(*parts: Array) -> Array:
    """Return the matrix with these blocks on its diagonal."""
    size = sum(len(part) for part in parts)
    matrix, start = np.zeros((size, size)), 0
    for part in parts:
        end = start + len(part)
        matrix[start:end, start:end] = part
        start = end
    return matrix


# The largest real part and the largest modulus differ; a pair left of the axis; a negative one.
MATRICES = (
    blocks(turn(1.05 + 0.2j), turn(-0.7 + 1.1j), np.array([[1.5]])),
    blocks(turn(-1.1 + 0.5j), turn(0.3 + 0.4j)),
    blocks(turn(0.8 + 0.6j), np.array([[-1.3]])),
)
ONLY_POSITIVE = np.diag([1.2, 0.5])


def announced(announce: Callable[[Array], Any]) -> Array | None:
    """Call the reader's function on four matrices; the last has nothing that oscillates."""
    found = [announce(w) for w in (*MATRICES, ONLY_POSITIVE)]
    if all_given(found) is None:
        return None
    # NaN is what is right for the last one, and NaN is not equal to itself.
    last = 1.0 if np.isnan(found[-1]) else 2.0
    return np.array([*found[:-1], last], dtype=float)


def leader(w: Array, *, real: bool = False, pairs: bool = False) -> complex:
    """Return the eigenvalue that leads, or by a wrong turn another."""
    values = np.linalg.eigvals(w)
    able = (np.abs(values.imag) > 1e-12) | ((values.real < 0) & (not pairs))
    if not np.any(able):
        return complex("nan")
    kept = values[able]
    return complex(kept[np.argmax(kept.real if real else np.abs(kept))])


def first(w: Array) -> complex:
    values = np.linalg.eigvals(w)
    return complex(values[np.argmax(np.abs(values))])


def angle(value: complex) -> float:
    return float(abs(np.angle(value)) / FULL_TURN)


RULE = Exercise(
    "ex-frequencies-rule",
    lambda w: angle(leader(w)),
    (
        WrongTurn(
            lambda w: angle(leader(w, real=True)),
            "the largest real part leads a flow; what runs here is a map",
        ),
        WrongTurn(
            lambda w: angle(leader(w, pairs=True)),
            "a negative real eigenvalue swings too: with which frequency?",
        ),
        WrongTurn(
            lambda w: angle(first(w)),
            "a positive real eigenvalue grows without swinging, so it announces no frequency",
        ),
        WrongTurn(
            lambda w: float(np.angle(leader(w).real + 1j * abs(leader(w).imag))),
            "that is in radians per step; how many radians has a cycle?",
        ),
        WrongTurn(
            lambda w: float(abs(np.arctan(leader(w).imag / leader(w).real)) / FULL_TURN),
            "the arctangent of a quotient takes λ for −λ; np.angle knows the quadrant",
        ),
        WrongTurn(
            lambda w: abs(leader(w).imag) / FULL_TURN,
            "the imaginary part is how fast a linear flow turns; a map turns by the argument",
        ),
        WrongTurn(
            lambda w: abs(np.divide(leader(w).imag, leader(w).real)) / FULL_TURN,
            "that is the saturated flow; in the map the gain leaves the argument alone",
        ),
    ),
    probe=announced,
    rtol=1e-9,
    hint="of the eigenvalues that are not positive real the largest modulus; then its argument",
)


def _draw_pair(rng: np.random.Generator) -> dict[str, float]:
    """Return an eigenvalue outside the circle and left of the line."""
    return {"a": int(rng.integers(55, 86)) / 100, "b": int(rng.integers(90, 116)) / 100}


def _step(a: float, b: float) -> Exercise:
    turned = float(np.arctan2(b, a) / FULL_TURN)
    step = 2 * (1 - a) / ((1 - a) ** 2 + b**2)
    return Exercise(
        "ex-frequencies-step",
        (turned, step),
        (
            WrongTurn(
                (b / FULL_TURN, step),
                "(b) is right; (a) is the onset of the flow, and this is a map",
            ),
            WrongTurn(
                (b / a / FULL_TURN, step),
                "(b) is right; (a) is the saturated flow, which does not swing with Re λ < 1",
            ),
            WrongTurn((a / b / FULL_TURN, step), "(b) is right; (a) is equation (10) as printed"),
            WrongTurn((float(np.arctan2(b, a)), step), "(b) is right; (a) is in radians per step"),
            WrongTurn(
                (turned, step / 2),
                "(a) is right; in (b) a factor of 2 is missing, square the modulus again",
            ),
            WrongTurn(
                (turned, 2 * (1 - a) / (a**2 + b**2)),
                "(a) is right; below the line stands the modulus of λ − 1, squared",
            ),
        ),
        probe=all_given,
        rtol=2e-3,
        hint="(a) the argument over 2π; (b) write |1 − Δ + Δλ| = 1 and solve for Δ",
    )


STEP = Drawn("ex-frequencies-step", _draw_pair, _step)

FORMULA = Prediction(
    "predict-frequencies-formula",
    {
        "a": "The linear flow.",
        "b": "Equation (10).",
        "c": "The published code.",
        "d": "The angle.",
    },
    right="d",
    reveals={
        "a": "that is a flow while its swing is small; what runs here is a map",
        "b": "it has real and imaginary part exchanged",
        "c": "that is a flow whose swing tanh has stopped; what runs here is a map",
    },
)

PREDICTIONS = (FORMULA,)
EXERCISES = (RULE, STEP)
