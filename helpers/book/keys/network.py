"""Keys of chapter 1, the network and its conventions."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from helpers.book.exercises import Drawn, Exercise, Prediction, WrongTurn

__all__ = ["EXERCISES", "PREDICTIONS"]

W = np.array([[0.5, -1.2, 0.3], [2.0, 0.1, -0.7], [0.4, 0.9, -1.5]])
V, REST = np.array([0.8, -0.4, 1.1]), np.array([0.1, -0.3, 0.2])


def _velocity(arriving: Callable[[Any, Any], Any]) -> Callable[..., Any]:
    """The activation form with another last term."""
    return lambda v, rest, w, decay: -decay * (v - rest) + arriving(w, v)


def _drawn_rest(rng: np.random.Generator) -> dict[str, float]:
    """A decay above 1 and a drive below 1.5, so that each wrong turn ends elsewhere."""
    return {
        "b": float(rng.choice([0.2, 0.3, 0.4])),
        "omega": float(rng.choice([0.5, 0.6, 0.7])),
        "x": float(rng.choice([0.8, 1.2, 1.5])),
        "decay": float(rng.choice([2.0, 2.5, 4.0])),
    }


def _rest(b: float, omega: float, x: float, decay: float) -> Exercise:
    drive = b + omega * x
    return Exercise(
        "ex-network-rest",
        np.tanh(drive) / decay,
        (
            WrongTurn(
                np.tanh(drive),
                "this is the push, sigma(b + omega x); which activity decays as fast as that?",
            ),
            WrongTurn(
                decay * np.tanh(drive),
                "with a faster decay the unit should rest lower; solve 0 = h' once more",
            ),
            WrongTurn(
                np.tanh(drive / decay),
                "you divided before taking tanh; does the decay stand inside sigma or outside?",
            ),
            WrongTurn(drive / decay, "that is the level of a unit whose sigma is the identity"),
            WrongTurn(
                np.tanh((b + x) * omega) / decay,
                "the weight belongs to the lamp alone; the bias is added to the product, whole",
            ),
        ),
        rtol=5e-3,
        hint="set h' = 0 in the equation of one unit and solve for h",
    )


EXERCISES = (
    Exercise(
        "ex-network-activation",
        _velocity(lambda w, v: w @ np.tanh(v)),
        (
            WrongTurn(
                _velocity(lambda w, v: np.tanh(v)),
                "this is what the unit says itself; who else speaks, and through which weights?",
            ),
            WrongTurn(
                _velocity(lambda w, v: np.tanh(w @ v)),
                "you weigh what the others have heard; they say sigma of it, before any weight",
            ),
            WrongTurn(
                _velocity(lambda w, v: w.T @ np.tanh(v)),
                "these sums run down the columns of w; w_ij is to i from j: which index is summed?",
            ),
            WrongTurn(
                _velocity(lambda w, v: w @ v),
                "without sigma the network is linear; where does sigma stand in the boxed form?",
            ),
        ),
        probe=lambda function: function(V, REST, W, 1.7),
        rtol=1e-9,
        hint="compare with the boxed activation form, and try one unit by hand: w is then a number",
    ),
    Drawn("ex-network-rest", _drawn_rest, _rest),
    Exercise(
        "ex-network-leaky",
        (0.1, 0.3, 0.05),
        (
            WrongTurn(
                (0.2, 3.0, 0.2),
                "alpha is no rate, it contains the step of 2 ms; and the leaky weights belong to g",
            ),
            WrongTurn(
                (10.0, 0.3, 0.05),
                "10 ms is the time constant; the decay rate is one over it",
            ),
            WrongTurn(
                (0.1, 3.0, 0.05),
                "decay and alpha are right; the weight belongs to g, and h = g / decay",
            ),
            WrongTurn(
                (0.1, 0.3, 0.2),
                "the network is right; at another step the time constant stays, so does alpha?",
            ),
            WrongTurn(
                (0.1, 30.0, 0.05),
                "the weight went the wrong way: the leaky form has w / decay, you are to find w",
            ),
            WrongTurn(
                (10.0, 30.0, 0.05),
                "10 ms is a time constant; the decay rate is measured in 1/ms",
            ),
            WrongTurn(
                (0.1, 0.3, 0.8),
                "a shorter step forgets less in one step; is alpha = step / time constant growing?",
            ),
        ),
        rtol=1e-3,
        hint="find the time constant first: alpha is the step divided by it",
    ),
    Exercise(
        "ex-network-logistic",
        (-0.15, 0.1125),
        (
            WrongTurn(
                (0.1, -0.2),
                "the zero has moved: what does a unit hear when all the others are at 1/(2 decay)?",
            ),
            WrongTurn(
                (-0.3, 0.225),
                "this is the bias inside the old argument phi; tanh takes half of phi",
            ),
            WrongTurn(
                (-0.4, 0.425),
                "the shift of h is 1/(2 decay), and decay is 2 here",
            ),
            WrongTurn(
                (0.475, -0.5125),
                "you summed the columns of w; unit i hears along row i",
            ),
            WrongTurn(
                (0.35, -0.5125),
                "the size of the shift is right, its sign is not: solve the definition for h",
            ),
        ),
        rtol=1e-3,
        hint="write h = (h-hat + 1/decay) / 2, put it into phi, halve, collect what has no h-hat",
    ),
)

PREDICTIONS = (
    Prediction(
        "predict-network-decay",
        {
            "a": "Both films run twice as fast and reach the same levels.",
            "b": "Both films run twice as fast and reach half as high.",
            "c": "The two pictures do not change in the same way.",
        },
        right="c",
        reveals={
            "a": "the decay is taken for a clock; it divides the level of a unit as well",
            "b": "the weights are forgotten: a unit that forgets faster also pulls less hard",
        },
    ),
)
