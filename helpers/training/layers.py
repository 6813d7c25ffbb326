"""What stands around the weights while they learn: the leak, the form, a loop that is closed."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import KW_ONLY, dataclass
from typing import Any, Self

import numpy as np

from helpers.dynamics._checks import Array, count, finite_array, positive, shown, square

__all__ = ["SIMPLE", "Layer", "Loop"]

# sigma' as a function of sigma, which is what the forward pass keeps.
SLOPES: dict[str, Callable[[Array], Array]] = {
    "tanh": lambda s: np.subtract(1.0, s * s, dtype=s.dtype),
    "relu": lambda s: (np.real(s) > 0).astype(s.real.dtype),
    "softplus": lambda s: -np.expm1(-s),
}


@dataclass(frozen=True, eq=False)
class Loop:
    r"""What lies between the output of a network and its input: a linear system, sampled.

    .. math:: s_{t+1} = A s_t + B u_t + d_t, \qquad x_t \leftarrow x_t + F s_t
       \quad (t \ge \text{since})

    u is the output of the network after its step t (act now), s what the targets are for. With
    A = 0 and B = F = 1 it is a wire: the network is fed what it has put out. A delay of the
    feedback is more rows of s.

    Parameters
    ----------
    transition, control, sensed : array (S, S), (S, K), (M, S)
        A, B and F; F has one row an input of the network, zero where nothing is fed back.
    since : int
        The first step at which the loop is closed. Before it, the trials give the whole input.

    Raises
    ------
    ValueError
        On shapes that do not fit, numbers that are not finite, or a negative step.

    Notes
    -----
    Åström and Wittenmark, Computer-Controlled Systems (1997), for the sampled plant.

    Examples
    --------
    >>> Loop.wire(2, since=50).sensed.tolist()
    [[1.0, 0.0], [0.0, 1.0]]
    """

    transition: Array
    control: Array
    sensed: Array
    _: KW_ONLY
    since: int = 0

    def __post_init__(self) -> None:
        a = square(self.transition, "transition")
        fields = {
            "transition": a,
            "control": finite_array(self.control, "control", (len(a), None)),
            "sensed": finite_array(self.sensed, "sensed", (None, len(a))),
        }
        count(self.since, "since")
        self.__dict__.update(fields)

    @classmethod
    def wire(cls, n_outputs: int, *, since: int = 0) -> Self:
        """Return the loop of a network that runs on its own output from a step on."""
        one = np.eye(count(n_outputs, "n_outputs", least=1))
        return cls(np.zeros_like(one), one, one, since=since)


@dataclass(frozen=True, eq=False)
class Layer:
    r"""The map that is trained: its leak, its activation, its form, and its loop.

    .. math:: h_{t+1} = (1 - \alpha) h_t + \alpha\,\sigma(w h_t + b + \omega x_t + \zeta_t) + \xi_t,
       \quad u_t = r h_{t+1} + c \qquad\text{(activity)}
    .. math:: v_{t+1} = (1 - \alpha) v_t + \alpha\,(w\,\sigma(v_t) + b + \omega x_t + \zeta_t)
       + \xi_t, \quad u_t = r\,\sigma(v_{t+1}) + c \qquad\text{(activation)}

    Parameters
    ----------
    alpha : float
        The leak, in (0, 1]: the step of Euler's method in units of the time constant.
    activation : "tanh", "relu" or "softplus"
        sigma.
    form : "activity" or "activation"
        Where sigma stands.
    loop : Loop, optional
        What the output goes through on its way back. None: the loop is open.
    penalty : float
        Weight of the mean squared activity in the loss.

    Raises
    ------
    ValueError
        On a leak outside (0, 1], an unknown activation or form, or a negative penalty.

    Examples
    --------
    >>> Layer(alpha=0.2, activation="relu").form
    'activity'
    """

    _: KW_ONLY
    alpha: float = 1.0
    activation: str = "tanh"
    form: str = "activity"
    loop: Loop | None = None
    penalty: float = 0.0

    def __post_init__(self) -> None:
        if positive(self.alpha, "alpha") > 1.0:
            raise ValueError(f"alpha = {self.alpha}; a leak lies above 0 and at most at 1")
        known: dict[str, tuple[str, Any]] = {
            "activation": (self.activation, tuple(SLOPES)),
            "form": (self.form, ("activity", "activation")),
        }
        for name, (value, choices) in known.items():
            if value not in choices:
                raise ValueError(f"{name} = {shown(value)}; choose from {', '.join(choices)}")
        if not (np.isreal(self.penalty) and 0.0 <= self.penalty < np.inf):
            raise ValueError(f"penalty = {shown(self.penalty)}; it is finite and at least 0")


SIMPLE = Layer()
