"""The exercises on linearisation and rescaling: right answers, wrong turns, hints."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import numpy as np

from helpers.book.exercises import Drawn, Exercise, Prediction, WrongTurn
from helpers.book.keys import all_given
from helpers.dynamics.recurrent import RNN

__all__ = ["EXERCISES", "PREDICTIONS"]

NETWORK = RNN.random(4, 2, rng=np.random.default_rng(707))
H0, X0 = np.array([0.3, -0.2, 0.5, 0.1]), np.array([0.7, -0.4])
TAU = 3.0


def constant_at_a_point(answer: Callable[..., Any]) -> Any:
    """Call the reader's constant(tau, F0, A, B, h0, x0) with A and B rescaled and F0 not."""
    A, B = TAU * NETWORK.jacobian(H0, X0), TAU * NETWORK.input_jacobian(H0, X0)
    return answer(TAU, NETWORK.velocity(H0, X0), A, B, H0, X0)


def draw_unit(rng: np.random.Generator) -> Mapping[str, float]:
    """One unit of decay 1 that excites itself, a factor and a step."""
    return {
        "w": float(rng.choice([0.25, 0.5, 0.75])),
        "omega": float(rng.choice([1.5, 2.0, 3.0])),
        "b": float(rng.choice([0.3, 0.4, 0.6])),
        "tau": float(rng.choice([4.0, 5.0, 8.0])),
        "delta": float(rng.choice([0.1, 0.2])),
    }


def one_unit(w: float, omega: float, b: float, tau: float, delta: float) -> Exercise:
    """The map of all six orders, and its spacing."""
    a, beta, gamma, spacing = 1 + delta * (w - 1), delta * omega, delta * b, delta / tau
    return Exercise(
        "ex-lr-one-unit",
        (a, beta, gamma, spacing),
        (
            WrongTurn(
                (a, beta, gamma / tau, spacing),
                "your constant kept b and lost its factor on the way; go by D L R once more",
            ),
            WrongTurn(
                (1 + tau * delta * (w - 1), tau * beta, tau * gamma, delta),
                "your D took the whole step after R; which step is aligned?",
            ),
            WrongTurn(
                (a, beta, gamma, delta),
                "the map is right; what does R do to the time between two steps?",
            ),
            WrongTurn(
                (a, beta, gamma, delta * tau),
                "the map is right; a faster film has its steps closer together, or farther apart?",
            ),
            WrongTurn(
                (1 + delta * w, beta, gamma, spacing),
                "the unit excites itself with w; it also forgets",
            ),
        ),
        probe=all_given,
        hint="take the word R D L: linearise, one Euler step, then change the stamps only",
    )


EXERCISES = (
    Exercise(
        "ex-lr-constant",
        lambda tau, F0, A, B, h0, x0: tau * F0 - A @ h0 - B @ x0,
        (
            WrongTurn(
                lambda tau, F0, A, B, h0, x0: F0 - A @ h0 - B @ x0,
                "how fast does the rescaled network move at the point?",
            ),
            WrongTurn(
                lambda tau, F0, A, B, h0, x0: tau * (F0 - A @ h0 - B @ x0),
                "two of the three terms had their factor before you multiplied",
            ),
            WrongTurn(
                lambda tau, F0, A, B, h0, x0: tau * F0,
                "that is the velocity at the point; A h and B x do not vanish there",
            ),
            WrongTurn(
                lambda tau, F0, A, B, h0, x0: F0 - (A @ h0 + B @ x0) / tau,
                "that is the constant of the network before it was rescaled",
            ),
        ),
        constant_at_a_point,
        hint="put h = h0, x = x0 into A h + B x + c: which velocity must come out?",
    ),
    Drawn("ex-lr-one-unit", draw_unit, one_unit),
    Exercise(
        "ex-lr-no-bias",
        1e-4,
        (
            WrongTurn(1e-6, "that is the tolerance; the gap is smaller than the bias by a factor"),
            WrongTurn(1e-8, "you multiplied by the factor; it is to be solved for the bias"),
            WrongTurn(
                1e-6 / 1.01, "the gap is the difference of tau b and b, and not tau b itself"
            ),
        ),
        rtol=1e-3,
        hint="write the gap of the two velocities with tau = 1.01, and set it to the tolerance",
    ),
    Exercise(
        "ex-lr-faces",
        (3.0, 0.0, 3.0),
        (
            WrongTurn(
                (3.0, 2.0, 1.0),
                "you gave a map some spacing for R_T to end in; on which faces does R meet a map?",
            ),
            WrongTurn(
                (4.0, 2.0, 0.0),
                "L R = R L on maps is among yours; what is R_T of a map?",
            ),
            WrongTurn(
                (1.0, 0.0, 5.0),
                "D L = L D needs no R_T at all, or has it applied before",
            ),
            WrongTurn(
                (2.0, 0.0, 4.0),
                "R_T F is a velocity like any other; does the theorem on D and L hold for it?",
            ),
        ),
        probe=all_given,
        hint="write each face as two words, and ask of each word whether R_T comes after D",
    ),
)

PREDICTIONS = (
    Prediction(
        "predict-lr-rest",
        {
            "a": "Both at the level above; the faster clock changes the way there and not the "
            "rest.",
            "b": "The first at that level, the second at half of it.",
            "c": "The first at twice that level, the second at that level.",
        },
        "b",
        {
            "a": "true of the film, and so of the first; in the second A has the factor tau and "
            "the constant has not: solve for its rest",
            "c": "a film at twice the speed shows the same pictures, and so the same last one",
        },
    ),
)
