"""The exercises of the chapter on linearisation: right answers, wrong turns, hints."""

from __future__ import annotations

from typing import Any

import numpy as np
from scipy.linalg import solve_continuous_are, solve_continuous_lyapunov
from scipy.optimize import brentq

from helpers.book.exercises import Exercise, WrongTurn
from helpers.dynamics._checks import Array
from helpers.dynamics.recurrent import RNN

__all__ = ["EXERCISES"]

NETWORK = RNN.random(4, 2, rng=np.random.default_rng(404))
H0, X0 = np.array([0.3, -0.2, 0.5, 0.1]), np.array([0.7, -0.4])
ATTRACTED = np.array([[1.9, -0.3], [10.0, 0.0]])
SWITCH = RNN(np.array([[1.1, -1.4], [1.4, 3.2]]), np.array([[1.0], [0.0]]), b=np.array([0.2, -0.1]))


def constant_at_a_point(answer: Any) -> Any:
    """Call the reader's constant(F0, A, B, h0, x0) where no term vanishes."""
    A, B = NETWORK.jacobian(H0, X0), NETWORK.input_jacobian(H0, X0)
    return answer(NETWORK.velocity(H0, X0), A, B, H0, X0)


def second_at_a_point(answer: Any) -> Any:
    """Call the reader's second(w, curvature, delta) where no term vanishes."""
    return answer(NETWORK.w, np.array([0.5, -0.7, 0.2, 0.4]), H0)


def tipping_bias(w: float) -> float:
    """Return the bias at which two of the three fixed points of one unit meet, decay 1."""
    h = float(np.sqrt(1.0 - 1.0 / w))
    return w * h - float(np.arctanh(h))


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

EXERCISES = (
    Exercise(
        "ex-constant",
        lambda F0, A, B, h0, x0: F0 - A @ h0 - B @ x0,
        (
            WrongTurn(
                lambda F0, A, B, h0, x0: F0,
                "that is the velocity at the point; but A h and B x do not vanish there",
            ),
            WrongTurn(
                lambda F0, A, B, h0, x0: np.zeros_like(F0),
                "put h = h0 and x = x0 into A h + B x: is that already the velocity there?",
            ),
            WrongTurn(
                lambda F0, A, B, h0, x0: F0 - A @ h0,
                "right for the state; the input was measured from x0 as well",
            ),
            WrongTurn(
                lambda F0, A, B, h0, x0: F0 + A @ h0 + B @ x0,
                "multiply out A (h - h0): which sign does the term without h have?",
            ),
        ),
        constant_at_a_point,
        hint="your model has to have the network's velocity at the point: test it there",
    ),
    Exercise(
        "ex-logistic",
        [-0.5, 0.5],
        (
            WrongTurn(
                [1.0, 0.0],
                "that is sigma(phi) -> phi; the logistic passes zero at 1/2, with another slope",
            ),
            WrongTurn([-0.5, 0.0], "the slope is right; what does the unit do at h = 0?"),
            WrongTurn([1.0, 0.5], "the constant is right; how steep is the logistic at zero?"),
            WrongTurn([0.5, 0.5], "sigma is right; the unit also forgets"),
        ),
        hint="write sigma(phi) = sigma(0) + sigma'(0) phi, then put phi = 2 h and add the leak",
    ),
    Exercise(
        "ex-tipping",
        tipping_bias(1.5),
        (
            WrongTurn(
                float(np.arctanh(np.sqrt(1.0 / 3.0))),
                "that is phi where the slope of tanh is 1/w; the bias comes from the fixed point",
            ),
            WrongTurn(
                float(np.sqrt(1.0 / 3.0)),
                "that is the activity where two fixed points meet; which bias puts them there?",
            ),
            WrongTurn(
                -tipping_bias(1.5),
                "right size; on this side two fixed points with h > 0 meet, asked is |b|",
            ),
            WrongTurn(0.5, "that is A; near the meeting point the slope of tanh is no longer 1"),
        ),
        rtol=5e-3,
        hint="two conditions at once: the velocity is zero, and so is its derivative in h",
    ),
    Exercise(
        "ex-second",
        lambda w, curvature, delta: 0.5 * curvature * (w @ delta) ** 2,
        (
            WrongTurn(
                lambda w, curvature, delta: curvature * (w @ delta) ** 2,
                "compare with the Taylor formula for k = 2: one number is missing in front",
            ),
            WrongTurn(
                lambda w, curvature, delta: 0.5 * curvature * delta**2,
                "sigma does not see the displacement of h, it sees that of phi",
            ),
            WrongTurn(
                lambda w, curvature, delta: 0.5 * curvature * (w @ delta**2),
                "square the displacement of phi, after the weights and not before",
            ),
            WrongTurn(
                lambda w, curvature, delta: 0.5 * w @ (curvature * delta**2),
                "the weights act before sigma: its curvature belongs to the unit that receives",
            ),
        ),
        second_at_a_point,
        hint="expand sigma(phi + w delta) to second order, one unit at a time",
    ),
    Exercise(
        "ex-between",
        [0.3498627383, 0.9981728939],
        (
            WrongTurn([0.0, 0.0], "that is where the small starts end; look at its eigenvalues"),
            WrongTurn(
                [0.8784970555, 0.9999999479],
                "that is where the large starts end; the boundary lies on the way there",
            ),
            WrongTurn(
                [-0.3498627383, -0.9981728939],
                "its mirror image, since tanh is odd; asked is the one with h_1 > 0",
            ),
            WrongTurn(
                [-0.8784970555, -0.9999999479],
                "the mirror image of the state where large starts end; this one attracts",
            ),
        ),
        probe=lambda found: getattr(found, "h", found),
        rtol=5e-3,
        hint="start the search between 0 and the other state, and look at the eigenvalues found",
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
