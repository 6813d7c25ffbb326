"""The exercises on linearisation and rescaling: right answers, wrong turns, hints."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from helpers.book.exercises import Exercise, WrongTurn
from helpers.book.keys import all_given
from helpers.dynamics.recurrent import RNN

__all__ = ["EXERCISES"]

NETWORK = RNN.random(4, 2, rng=np.random.default_rng(707))
H0, X0 = np.array([0.3, -0.2, 0.5, 0.1]), np.array([0.7, -0.4])
TAU = 3.0


def constant_at_a_point(answer: Callable[..., Any]) -> Any:
    """Call the reader's constant(tau, F0, A, B, h0, x0) with A and B rescaled and F0 not."""
    A, B = TAU * NETWORK.jacobian(H0, X0), TAU * NETWORK.input_jacobian(H0, X0)
    return answer(TAU, NETWORK.velocity(H0, X0), A, B, H0, X0)


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
    Exercise(
        "ex-lr-one-unit",
        (0.95, 0.2, 0.03, 0.025),
        (
            WrongTurn(
                (0.95, 0.2, 0.0075, 0.025),
                "your constant kept b and lost its factor on the way; go by D L R once more",
            ),
            WrongTurn(
                (0.8, 0.8, 0.12, 0.1),
                "your D took the step 0.1 after R; which step is aligned?",
            ),
            WrongTurn(
                (0.95, 0.2, 0.03, 0.1),
                "the map is right; what does R do to the time between two steps?",
            ),
            WrongTurn(
                (0.95, 0.2, 0.03, 0.4),
                "the map is right; a faster film has its steps closer together, or farther apart?",
            ),
            WrongTurn(
                (1.05, 0.2, 0.03, 0.025),
                "the unit excites itself with 0.5; it also forgets",
            ),
        ),
        probe=all_given,
        hint="take the word R D L: linearise, one Euler step of 0.1, then change the stamps only",
    ),
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
