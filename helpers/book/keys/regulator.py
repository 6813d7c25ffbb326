"""The exercises of the page on the regulator: right answers, wrong turns, hints."""

from __future__ import annotations

import numpy as np
from scipy.linalg import solve_continuous_are, solve_continuous_lyapunov
from scipy.optimize import brentq

from helpers.book.exercises import Drawn, Exercise, Prediction, WrongTurn
from helpers.dynamics._checks import Array
from helpers.dynamics.recurrent import RNN

__all__ = ["EXERCISES", "PREDICTIONS"]

ATTRACTED = np.array([[1.9, -0.3], [10.0, 0.0]])
SWITCH = RNN(np.array([[1.1, -1.4], [1.4, 3.2]]), np.array([[1.0], [0.0]]), b=np.array([0.2, -0.1]))


def half_way() -> tuple[Array, Array]:
    """Return the operating point of the switch with unit 2 at one half, and its input."""
    h1 = (np.arctanh(0.5) - 3.2 * 0.5 + 0.1) / 1.4
    x = np.arctanh(h1) - 1.1 * h1 + 1.4 * 0.5 - 0.2
    return np.array([h1, 0.5]), np.array([x])


def gain(A: Array, B: Array, r: float) -> Array:
    """Return the gain that minimises the integral of |dh|^2 + r dx^2."""
    P = solve_continuous_are(A, B, np.eye(len(A)), np.array([[r]]))
    return np.asarray(B.T @ P / r)


def allowed_bend(corners: tuple[tuple[float, float], ...]) -> float:
    """Return the largest m for which I + m (P C w + w^T C P) is positive at the corners C."""
    P = solve_continuous_lyapunov((ATTRACTED - np.eye(2)).T, -np.eye(2))
    bends = [P @ np.diag(c) @ ATTRACTED for c in corners]

    def worst(m: float) -> float:
        return float(min(np.linalg.eigvalsh(np.eye(2) + m * (F + F.T))[0] for F in bends))

    return float(brentq(worst, 0.0, 1.0, xtol=1e-14))


H_STAR, X_STAR = half_way()
A_STAR, B_STAR = SWITCH.jacobian(H_STAR, X_STAR), SWITCH.input_jacobian(H_STAR, X_STAR)
A_ZERO = SWITCH.w - np.eye(2)
DEAR = gain(A_STAR, B_STAR, 10.0)
BEND = allowed_bend(((0.0, 1.0), (1.0, 0.0), (1.0, 1.0)))


def expensive(a: float, r: float) -> Exercise:
    """Ask for the gain of one unstable mode, and for the loop's eigenvalue at the dearest."""
    gain = a + float(np.sqrt(a**2 + 1.0 / r))
    turns = (
        WrongTurn((gain, 0.0), "the gain is right; with it in hand, let r grow: what is left?"),
        WrongTurn((gain, a), "the gain is right; without input the loop would not be one"),
        WrongTurn(
            (2.0 * a - gain, -a),
            "the other root of the equation: is its P positive, and the loop stable?",
        ),
        WrongTurn((r * gain, -a), "that is P; the gain is P divided by r"),
        WrongTurn((a - gain, -a), "that is the eigenvalue of the loop, a - K; asked is K"),
    )
    hint = "one number for P: a quadratic equation with one positive root"
    return Exercise("ex-expensive", (gain, -a), turns, rtol=1e-3, hint=hint)


EXERCISES = (
    Drawn(
        "ex-expensive",
        lambda rng: {"a": int(rng.integers(3, 10)) / 10, "r": float(rng.integers(2, 7))},
        expensive,
    ),
    Exercise(
        "ex-dear",
        DEAR,
        (
            WrongTurn(gain(A_STAR, B_STAR, 1.0), "that is the gain of the text, for r = 1"),
            WrongTurn(
                -DEAR, "right size; the feedback is x* - K (h - h*), so K has the sign of P B"
            ),
            WrongTurn(10.0 * DEAR, "K is B^T P divided by r"),
            WrongTurn(
                gain(A_ZERO, np.asarray(SWITCH.omega), 10.0),
                "that regulates sigma(phi) -> phi; take the slopes at the operating point",
            ),
            WrongTurn(
                gain(A_STAR, B_STAR, 0.1), "that makes input cheap; r multiplies the input's cost"
            ),
        ),
        probe=np.ravel,
        rtol=5e-3,
        hint="the design of the text with one price changed: where are the slopes taken, and what "
        "divides B^T P?",
    ),
    Exercise(
        "ex-basin",
        BEND,
        (
            WrongTurn(
                2.0 * BEND,
                "V' has the bend twice, once from h' and once from its transpose",
            ),
            WrongTurn(
                1.0,
                "if both units bend alike, no bend is too much; try one of them alone",
            ),
        ),
        rtol=1e-3,
        hint="the form is linear in theta: its smallest eigenvalue matters at the corners",
    ),
)

PREDICTIONS = (
    Prediction(
        "predict-regulator-holds",
        {
            "a": "Both hold it where it was meant to be.",
            "b": "Only ours holds it at all.",
            "c": "Both hold it, the colleague's somewhere else.",
        },
        right="c",
        reveals={
            "a": "You trust the gain and forget the point: a regulator pulls to where it is told.",
            "b": "You expect wrong slopes to ruin the loop; a gain has a margin, a point has none.",
        },
    ),
)
