"""The exercises of the chapter on linearisation: right answers, wrong turns, hints."""

from __future__ import annotations

from typing import Any

import numpy as np

from helpers.book.exercises import Drawn, Exercise, Prediction, WrongTurn
from helpers.dynamics.recurrent import RNN

__all__ = ["EXERCISES", "PREDICTIONS"]

NETWORK = RNN.random(4, 2, rng=np.random.default_rng(404))
H0, X0 = np.array([0.3, -0.2, 0.5, 0.1]), np.array([0.7, -0.4])


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


def tipping(w: float) -> Exercise:
    """Ask for the largest bias with three fixed points, for a self-weight above 1."""
    h, largest = float(np.sqrt(1.0 - 1.0 / w)), tipping_bias(w)
    turns = (
        WrongTurn(
            float(np.arctanh(h)),
            "that is phi where the slope of tanh is 1/w; the bias comes from the fixed point",
        ),
        WrongTurn(
            h, "that is the activity where two fixed points meet; which bias puts them there?"
        ),
        WrongTurn(
            -largest, "right size; on this side two fixed points with h > 0 meet, asked is |b|"
        ),
        WrongTurn(w - 1.0, "that is A; near the meeting point the slope of tanh is no longer 1"),
    )
    hint = "two conditions at once: the velocity is zero, and so is its derivative in h"
    return Exercise("ex-tipping", largest, turns, rtol=5e-3, hint=hint)


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
    Drawn(
        "ex-tipping",
        # At 1.8 and 2.3 two wrong turns give the same number.
        lambda rng: {"w": float(rng.choice([1.4, 1.5, 1.6, 1.7, 1.9, 2.0, 2.1, 2.2, 2.4, 2.5]))},
        tipping,
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
)

PREDICTIONS = (
    Prediction(
        "predict-linearisation-unit",
        {
            "a": "It follows the model and grows, only later and more slowly.",
            "b": "It settles at some level.",
            "c": "It swings about the model's point of rest.",
        },
        right="b",
        reveals={
            "a": "You let tanh slow the growth and not stop it; it never passes 1.",
            "c": "You take the model's rest for the unit's, and one unit cannot swing.",
        },
    ),
    Prediction(
        "predict-linearisation-order",
        {"a": "To a half.", "b": "To a quarter.", "c": "To an eighth."},
        right="b",
        reveals={
            "a": "The model keeps the first order; what it leaves out begins with the square.",
            "c": "That needs a curvature of zero at rest, as tanh has it at 0 only.",
        },
    ),
    Prediction(
        "predict-linearisation-starts",
        {
            "a": "Both die out: the origin is stable and nothing else is in sight.",
            "b": "The nearer one dies out, the farther one does not.",
            "c": "Neither dies out, since $A$ is close to unstable.",
        },
        right="b",
        reveals={
            "a": "You read a verdict about a neighbourhood as one about the whole box.",
            "c": "A slow decay is a decay: close to unstable is stable.",
        },
    ),
)
