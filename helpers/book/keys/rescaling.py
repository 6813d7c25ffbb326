"""The exercises of the chapter on rescaling: right answers, wrong turns, hints."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import numpy as np

from helpers.book.exercises import Exercise, WrongTurn
from helpers.book.keys import all_given
from helpers.dynamics._checks import Array
from helpers.dynamics.recurrent import RNN

HALF_LIFE = float(np.log(2.0) / 0.7)


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
    Exercise(
        "ex-rescaled-clocks",
        (HALF_LIFE / 4.0, 3.0, 16.0),
        (
            WrongTurn(
                (HALF_LIFE * 4.0, 48.0, 1.0 / 16.0),
                "your film is four times slower; tau = 4 shows at s what happened at t = 4 s",
            ),
            WrongTurn(
                (HALF_LIFE / 4.0, 2.5, 16.0),
                "2.5 is how long the film lasts; at which s does it begin?",
            ),
            WrongTurn(
                (HALF_LIFE / 4.0, 4.5, 16.0),
                "you kept the start at 2 and shortened the rest; at which s is frame t = 2 shown?",
            ),
            WrongTurn(
                (HALF_LIFE / 4.0, 3.0, 4.0),
                "the velocity is multiplied by 4; how does q depend on the velocity?",
            ),
            WrongTurn(
                (HALF_LIFE, 3.0, 16.0),
                "you gave the half-life of the first unit; what is the decay rate after R_4?",
            ),
        ),
        probe=all_given,
        rtol=1e-3,
        hint="one of the three does not fit; do them one at a time from s = t/4 and velocity 4F",
    ),
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
