"""The exercises and predictions of the chapter on discretisation."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from helpers.analysis.equilibria import fixed_point
from helpers.book.exercises import Drawn, Exercise, Prediction, WrongTurn
from helpers.book.keys import all_given
from helpers.dynamics.recurrent import RNN

__all__ = ["EXERCISES", "PREDICTIONS"]

Step = Callable[..., Any]


def _probe_step(step: Step) -> Any:
    """Try a step, which returns (half, new), on three fields whose input varies in time."""
    fields = (
        lambda h, x: -h + np.tanh(1.5 * h + x),
        lambda h, x: x * h,
        lambda h, x: -(h**3) + x,
    )
    results = [step(f, 0.7, lambda t: np.sin(2.0 * t) + 1.2, 0.3, 0.4) for f in fields]
    parts = [part for pair in results for part in np.atleast_1d(np.array(pair, dtype=object))]
    return None if all_given(parts) is None else np.array(results)


def _midpoint(velocity: Step, h: Any, x: Step, t: float, delta: float) -> Any:
    half = h + delta / 2 * velocity(h, x(t))
    return half, h + delta * velocity(half, x(t + delta / 2))


def _input_at_the_start(velocity: Step, h: Any, x: Step, t: float, delta: float) -> Any:
    half = h + delta / 2 * velocity(h, x(t))
    return half, h + delta * velocity(half, x(t))


def _input_at_the_end(velocity: Step, h: Any, x: Step, t: float, delta: float) -> Any:
    half = h + delta / 2 * velocity(h, x(t))
    return half, h + delta * velocity(half, x(t + delta))


def _from_the_middle(velocity: Step, h: Any, x: Step, t: float, delta: float) -> Any:
    half = h + delta / 2 * velocity(h, x(t))
    return half, half + delta * velocity(half, x(t + delta / 2))


def _two_halves(velocity: Step, h: Any, x: Step, t: float, delta: float) -> Any:
    half = h + delta / 2 * velocity(h, x(t))
    return half, half + delta / 2 * velocity(half, x(t + delta / 2))


def _euler(velocity: Step, h: Any, x: Step, t: float, delta: float) -> Any:
    half = h + delta / 2 * velocity(h, x(t))
    return half, h + delta * velocity(h, x(t))


MIDPOINT = Exercise(
    "ex-midpoint",
    _midpoint,
    (
        WrongTurn(
            _input_at_the_start,
            "the state is asked halfway, the input at the start; at which time is the node?",
        ),
        WrongTurn(
            _input_at_the_end,
            "that reads the input when the step is over; compare the node of the second stage",
        ),
        WrongTurn(
            _from_the_middle,
            "you start a whole step at the point halfway and arrive at one and a half; "
            "which point does the sum over b_i k_i start from?",
        ),
        WrongTurn(
            _two_halves,
            "these are two Euler steps of half the length, still of order 1; what is b_1 here?",
        ),
        WrongTurn(_euler, "half is computed and never asked: this is Euler's step"),
    ),
    probe=_probe_step,
    rtol=1e-9,
    hint="draw h, half and the arrow of the second look: where does the whole step start, and "
    "whose velocity does it use?",
)


def _forgetting(decay: float, step: float) -> Exercise:
    slow, last = 1.0 / decay, 2.0 / decay
    stepped = -step / np.log(1.0 - decay * step)
    backward = step / np.log(1.0 + decay * step)
    turns = (
        WrongTurn(
            (slow, slow, last),
            "(b) and (c) are right; (a) is the time constant of the flow, and the map's differs",
        ),
        WrongTurn(
            (stepped / step, slow, last),
            "(b) and (c) are right; (a) counts steps: how long does a step take?",
        ),
        WrongTurn(
            (-stepped, slow, last),
            "(b) and (c) are right; what sign has the logarithm of a number below 1?",
        ),
        WrongTurn(
            (backward, slow, last),
            "(b) and (c) are right; (a) is what backward Euler makes of it, which divides by "
            "1 + decay * step",
        ),
        WrongTurn(
            (stepped, last, slow),
            "(a) is right; a factor between -1 and 0 decays and flips, so which limit comes first?",
        ),
        WrongTurn(
            (stepped, decay, 2.0 * decay),
            "(a) is right; for (b) and (c) look at the units: a step is a time, a decay is not",
        ),
    )
    hint = "write down the factor of one step as a function of the step, and draw it"
    return Exercise("ex-forgetting", (stepped, slow, last), turns, rtol=1e-3, hint=hint)


def _decay_and_step(rng: np.random.Generator) -> dict[str, float]:
    # A product of at least 0.1, so that no two of the answers agree to the digits asked for.
    return {"decay": int(rng.integers(6, 10)) / 10, "step": int(rng.integers(2, 5)) / 10}


FORGETTING = Drawn("ex-forgetting", _decay_and_step, _forgetting)

_PAIR = RNN(np.array([[1.1, -1.4], [1.4, 0.6]]), np.array([[1.0], [0.0]]), [0.2, -0.1])
_INHIBITED = RNN(np.array([[1.1, -2.0], [1.4, 0.6]]), np.array([[1.0], [0.0]]), [0.2, -0.1])


def _largest(network: RNN) -> float:
    mu = np.linalg.eigvals(network.jacobian(fixed_point(network).h))
    return float(np.min(-2.0 * mu.real / np.abs(mu) ** 2))


_EULERS = _largest(_INHIBITED)

EXPONENTIAL = Exercise(
    "ex-exponential",
    -np.log(1.0 - _EULERS),
    (
        WrongTurn(
            _EULERS,
            "that is the bound for Euler's step; which step of exponential Euler makes Euler's "
            "step as long as that?",
        ),
        WrongTurn(
            1.0 - np.exp(-_EULERS),
            "you went the wrong way between the two steps: exponential Euler's is the longer one",
        ),
        WrongTurn(
            np.log(1.0 - _EULERS), "a step is positive; solve for the step once more, with care"
        ),
        WrongTurn(
            -np.log(1.0 - _largest(_PAIR)),
            "that is the pair with its old inhibition; take w_12 = -2, and its new fixed point",
        ),
        WrongTurn(
            -np.log(1.0 - _largest(_INHIBITED) / 2.0),
            "a factor of 2 is missing in the largest step; square |1 + z| again",
        ),
    ),
    rtol=1e-3,
    hint="two parts: the largest step of Euler at the new fixed point, then the step that hides it",
)


def _flip() -> float:
    h = 1.0
    for _ in range(200):
        h = float(np.tanh(2.2 * h))
    return h


FLIP = Exercise(
    "ex-flip",
    _flip(),
    (
        WrongTurn(0.0, "the velocity vanishes at 0: that one is genuine; look for the other"),
        WrongTurn(-_flip(), "Heun rests there as well; the positive one was asked for"),
        WrongTurn(
            float(np.tanh(2.2)),
            "this is one step of an iteration from 1; go on until it stays the same",
        ),
        WrongTurn(1.0, "tanh stays below 1, so no orbit of Euler's map with step 1 returns to 1"),
    ),
    rtol=2e-4,
    hint="solve F(h) + F(h + F(h)) = 0 for h > 0, or follow Euler's map until it goes to and fro",
)

EXERCISES = (MIDPOINT, FORGETTING, EXPONENTIAL, FLIP)

PREDICTIONS = (
    Prediction(
        "predict-discretisation-step",
        {
            "a": "The same curve with a third of the points.",
            "b": "The same resting point, reached along a path that differs a little.",
            "c": "Another resting point.",
            "d": "No resting point: it never settles.",
        },
        right="d",
        reveals={
            "a": "You take the steps for samples of one and the same curve.",
            "b": "You take the step for a matter of accuracy; a rest attracts or not by it, too.",
            "c": "Euler's map stands still exactly where the velocity is zero: the rests stay.",
        },
    ),
    Prediction(
        "predict-discretisation-rest",
        {
            "a": "Yes, later or sooner than the unit.",
            "b": "It settles, and somewhere else.",
            "c": "It jumps to and fro.",
        },
        right="b",
        reveals={
            "a": "You trust that a map rests only where its flow does; that holds for Euler's map.",
            "c": "You expect a step that is too long to show itself, as it did for the pair.",
        },
    ),
)
