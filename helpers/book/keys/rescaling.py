"""The exercises of the chapter on rescaling: right answers, wrong turns, hints."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import numpy as np

from helpers.book.exercises import Drawn, Exercise, Prediction, WrongTurn
from helpers.book.keys import all_given
from helpers.dynamics._checks import Array
from helpers.dynamics.recurrent import RNN

__all__ = ["EXERCISES", "PREDICTIONS"]


def _velocity(h: Any, x: Any) -> Any:
    return -h + np.tanh(1.3 * h + x + 0.2)


def _on_samples(faster_film: Callable[..., Any]) -> Any:
    """Call the reader's film at a few speeds, instants and states."""
    values = [
        faster_film(_velocity, np.sin, tau)(s, h)
        for tau in (0.5, 3.0)
        for s, h in ((0.0, 0.4), (0.7, -0.3), (1.9, 1.1))
    ]
    return all_given(values)


def _on_network(in_new_unit: Callable[[RNN, float], Any]) -> Array | None:
    """Velocities of the reader's network; its rate comes first, since it has to be 1."""
    w, omega = np.array([[0.6, -1.2], [0.9, 0.3]]), np.array([[1.0], [0.4]])
    network = RNN(w, omega, b=[0.2, -0.3], decay=[0.8, 1.1])
    given = in_new_unit(network, 2.0)
    if given is Ellipsis or given is None:
        return None
    y = np.array([[0.0, 0.0], [0.3, -0.4], [1.2, 0.7]])
    rate = np.ravel(np.broadcast_to(given.rate, (2,)))
    return np.concatenate([rate, np.ravel(given.velocity(y, [0.5]))])


def _drawn_clocks(rng: np.random.Generator) -> dict[str, float]:
    """A start after 0 and a factor above 1, so that each wrong turn ends elsewhere."""
    a = float(rng.integers(1, 4))
    return {
        "decay": float(rng.choice([0.5, 0.7, 0.8])),
        "a": a,
        "b": a + float(rng.integers(8, 13)),
        "tau": float(rng.integers(3, 6)),
    }


def _clocks(decay: float, a: float, b: float, tau: float) -> Exercise:
    half_life = float(np.log(2.0)) / decay
    right = (half_life / tau, b / tau, tau**2)
    return Exercise(
        "ex-rescaled-clocks",
        right,
        (
            WrongTurn(
                (half_life * tau, b * tau, tau**-2),
                f"your film is slower; tau = {tau:g} shows at s what happened at t = {tau:g} s",
            ),
            WrongTurn(
                (right[0], (b - a) / tau, right[2]),
                "that is how long the film lasts; at which s does it begin?",
            ),
            WrongTurn(
                (right[0], a + (b - a) / tau, right[2]),
                f"you kept the start and shortened the rest; at which s is frame t = {a:g} shown?",
            ),
            WrongTurn(
                (right[0], right[1], tau),
                f"the velocity is multiplied by {tau:g}; how does q depend on the velocity?",
            ),
            WrongTurn(
                (half_life, right[1], right[2]),
                "you gave the half-life of the first unit; what is the decay rate afterwards?",
            ),
        ),
        probe=all_given,
        rtol=1e-3,
        hint="one of the three does not fit; do them one at a time, from s = t/tau and tau F",
    )


EXERCISES = (
    Exercise(
        "ex-rescaled-velocity",
        lambda F, x, tau: lambda s, h: tau * F(h, x(tau * s)),
        (
            WrongTurn(
                lambda F, x, tau: lambda s, h: tau * F(h, x(s)),
                "this network hears its input on the old clock; which frame of the first film is "
                "on the screen at s, and what was the input there?",
            ),
            WrongTurn(
                lambda F, x, tau: lambda s, h: F(h, x(tau * s)),
                "the input is on time, but the units keep their old speed; differentiate h(tau s)",
            ),
            WrongTurn(
                lambda F, x, tau: lambda s, h: tau * F(h, x(s / tau)),
                "for tau = 2, at s = 1, has the film shown one unit of the original or two?",
            ),
            WrongTurn(
                lambda F, x, tau: lambda s, h: tau * F(h, tau * x(tau * s)),
                "a faster film shows the same pictures; a stronger input is another picture",
            ),
        ),
        probe=_on_samples,
        hint="differentiate h(tau s) with the chain rule; both arguments of F are read at tau s",
    ),
    Drawn("ex-rescaled-clocks", _drawn_clocks, _clocks),
    Exercise(
        "ex-tanh-coefficients",
        (2.0, 2.0 ** (1.0 / 3.0)),
        (
            WrongTurn(
                (2.0, 2.0),
                "the coefficient of h is right; write out h^3: on the right it comes with W^3",
            ),
            WrongTurn(
                (2.0, 8.0),
                "you cubed where a root is due: W^3 = tau is to be solved for W",
            ),
            WrongTurn(
                (2.0, 6.0 ** (1.0 / 3.0)),
                "the 1/3 of the series stands on both sides and cancels",
            ),
        ),
        probe=all_given,
        rtol=1e-3,
        hint="tanh z = z - z^3/3 + ...; put z = h on the left and z = W h on the right",
    ),
    Exercise(
        "ex-new-unit",
        lambda network, tau: replace(network, w=tau * network.w, decay=tau * network.decay),
        (
            WrongTurn(
                lambda network, tau: replace(network, rate=tau * network.rate),
                "this is the rescaled network in the old unit; its rate is still tau",
            ),
            WrongTurn(
                lambda network, tau: replace(
                    network,
                    w=tau * network.w,
                    omega=tau * network.omega,
                    b=tau * network.b,
                    decay=tau * network.decay,
                ),
                "inside sigma, only the activity is measured in the new unit; do b and the input "
                "change when it does?",
            ),
            WrongTurn(
                lambda network, tau: replace(network, w=network.w / tau, decay=tau * network.decay),
                "insert h = tau y into w h: does w get larger or smaller?",
            ),
            WrongTurn(
                lambda network, tau: replace(network, w=tau * network.w),
                "the weights fit; what multiplies -y after the division by tau?",
            ),
            WrongTurn(
                lambda network, tau: replace(network, decay=tau * network.decay),
                "the decay fits; the sum inside sigma still has h, write it with y",
            ),
        ),
        probe=_on_network,
        hint="divide the faster equation by tau, then write h = tau y wherever h is left",
    ),
)

PREDICTIONS = (
    Prediction(
        "predict-rescaling-loop",
        {
            "a": "the same loop, run through in half the time;",
            "b": "a smaller loop, since faster units forget the flash sooner;",
            "c": "a larger loop.",
        },
        right="c",
        reveals={
            "a": "the input is forgotten: it keeps its own clock and comes late for faster units",
            "b": "forgetting is seen and following is not; both are faster",
        },
    ),
    Prediction(
        "predict-rescaling-steps",
        {
            "a": "with fewer;",
            "b": "with the same number;",
            "c": "with more, since the film lasts longer.",
        },
        right="b",
        reveals={
            "a": "longer steps are seen, and not that the film is longer by the same factor",
            "c": "the longer film is seen, and not that the steps grow by the same factor",
        },
    ),
)
