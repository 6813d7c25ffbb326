"""The exercises of rescaling and discretisation: right answers, wrong turns, hints."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from helpers.book.exercises import Drawn, Exercise, Prediction, WrongTurn
from helpers.book.keys import all_given
from helpers.dynamics._checks import Array
from helpers.dynamics.recurrent import RNN

__all__ = ["EXERCISES", "PREDICTIONS"]


def _velocity(h: Any, x: Any) -> Any:
    return -h + np.tanh(1.3 * h + x + 0.2)


def _midpoint(
    step_of: Callable[[float, float], float],
) -> Callable[[Any, Any, float, float, float, float], Any]:
    """Build the midpoint step at tau times the speed, with a step made of delta and tau."""

    def step(velocity: Any, x: Any, delta: float, tau: float, h: float, s: float) -> Any:
        def faster(h: float, s: float) -> Any:
            return tau * velocity(h, x(tau * s))

        size = step_of(delta, tau)
        return h + size * faster(h + size / 2 * faster(h, s), s + size / 2)

    return step


def _on_samples(aligned_step: Callable[..., Any]) -> Any:
    """Call the reader's step at a few speeds, instants and states."""
    values = [
        aligned_step(_velocity, np.sin, 0.2, tau, h, s)
        for tau in (0.5, 3.0)
        for h, s in ((0.4, 0.0), (-0.3, 0.7), (1.1, 1.9))
    ]
    return all_given(values)


def _imex(
    explicit: Callable[[RNN], Any], implicit: Callable[[RNN], Any]
) -> Callable[[RNN, Array, Array, float], Any]:
    """Build h+ = (h + delta explicit sigma) / (1 + delta implicit)."""

    def step(network: RNN, h: Array, x: Array, delta: float) -> Any:
        sigma = network.activation(network.preactivation(h, x))
        return (h + delta * explicit(network) * sigma) / (1.0 + delta * implicit(network))

    return step


def _explicit(network: RNN, h: Array, x: Array, delta: float) -> Any:
    return h + delta * network.velocity(h, x)


def _on_networks(imex: Callable[..., Any]) -> Any:
    """Step a network, and the same network at three times the speed with a third of the step."""
    w, omega = np.array([[0.6, -1.2], [0.9, 0.3]]), np.array([[1.0], [0.4]])
    h, x = np.array([0.3, -0.4]), np.array([0.5])
    values = []
    for rate, delta in ((1.0, 0.3), (3.0, 0.1), (3.0, 0.3)):
        network = RNN(w, omega, b=[0.2, -0.3], decay=[0.8, 1.6], rate=rate)
        values.append(imex(network, h, x, delta))
    return all_given(values)


def _order_and_speed(rng: np.random.Generator) -> dict[str, float]:
    return {"p": int(rng.integers(2, 5)), "tau": int(rng.integers(2, 4))}


def _order(p: int, tau: int) -> Exercise:
    shrinks, times = 2.0**p, float(tau**p - 1)
    return Exercise(
        "ex-rd-order",
        (shrinks, times),
        (
            WrongTurn(
                (2.0, tau - 1.0),
                "this is Euler's answer; which order has the method?",
            ),
            WrongTurn(
                (shrinks, tau - 1.0),
                "the first is right; the second laboratory's error is tau^p times the first's",
            ),
            WrongTurn(
                (shrinks, float(tau**p)),
                f"the second laboratory's error is {tau**p} times the first's; the gap is a "
                "difference",
            ),
            WrongTurn(
                (2.0 * shrinks, float(tau ** (p + 1) - 1)),
                f"order {p + 1} is that of the defect of one step; at a fixed frame one power is "
                "lost",
            ),
        ),
        probe=all_given,
        hint="the errors are delta^p e and (tau delta)^p e, with the same e",
    )


EXERCISES = (
    Exercise(
        "ex-aligned-midpoint",
        _midpoint(lambda delta, tau: delta / tau),
        (
            WrongTurn(
                _midpoint(lambda delta, tau: delta),
                "both laboratories have one step now; how far does the film at tau times the speed "
                "move on in it?",
            ),
            WrongTurn(
                _midpoint(lambda delta, tau: delta * tau),
                "the velocity has a factor tau already; should the step have the same factor?",
            ),
            WrongTurn(
                _midpoint(lambda delta, tau: 1.0 / tau),
                "this step does not depend on the first laboratory's; what must step * tau be?",
            ),
            WrongTurn(
                _midpoint(lambda delta, tau: delta / (2.0 * tau)),
                "the midpoint is halfway already, in the last line; how long is the whole step?",
            ),
        ),
        probe=_on_samples,
        hint="the product of step and velocity has to be that of the first laboratory",
    ),
    Drawn("ex-rd-order", _order_and_speed, _order),
    Exercise(
        "ex-rd-imex",
        _imex(lambda n: n.rate, lambda n: n.rate * n.decay),
        (
            WrongTurn(
                _explicit,
                "this is Euler's step; the decay is to be taken at the new state",
            ),
            WrongTurn(
                _imex(lambda n: n.rate, lambda n: n.decay),
                "sigma has its rate, the decay has lost it: this split is not rescaled",
            ),
            WrongTurn(
                _imex(lambda n: n.rate, lambda n: n.rate),
                "each unit decays with its own decay; where is it in the denominator?",
            ),
            WrongTurn(
                _imex(lambda n: 1.0, lambda n: n.rate * n.decay),
                "the decay has its rate, sigma has lost it",
            ),
            WrongTurn(
                _imex(lambda n: n.rate, lambda n: -n.rate * n.decay),
                "bring the decay of the new state to the left: with which sign does it arrive?",
            ),
        ),
        probe=_on_networks,
        hint="collect the new state on the left, then divide by what multiplies it",
    ),
)

PREDICTIONS = (
    Prediction(
        "predict-rescaling_discretisation-rows",
        {
            "a": "Row k of one is row k of the other.",
            "b": "Row k of the second is row 2k of the first, since both show the frame t = 0.2 k.",
            "c": "No row of one is a row of the other, except the start.",
        },
        right="c",
        reveals={
            "a": "that a step is a step, whatever the speed: one of 0.1 shows twice as much of "
            "the film at twice the speed",
            "b": "that frames of equal time hold equal numbers: those of the solution do, and "
            "Euler's error depends on the step that led there",
        },
    ),
    Prediction(
        "predict-rescaling_discretisation-chaos",
        {
            "a": "As large as the activity.",
            "b": "About 10^-13, since 2400 roundings add up.",
            "c": "About the same: the maps are equal.",
        },
        right="a",
        reveals={
            "b": "that roundings only add: in this network each step also stretches those that "
            "were made before",
            "c": "that equal maps are equal programs: these two round differently, once a step",
        },
    ),
)
