"""The schemes by name, and the map that a scheme makes of a flow.

A scheme turns the flow h' = F(h, x) into the map h+ = Phi(h, x). It sees the step and the field
only through their product, and the input only at its nodes t + c_i delta. To add a Runge-Kutta
method, put one more `RungeKutta` into `SCHEMES`.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import numpy as np

from helpers.dynamics._checks import Array, positive, shown
from helpers.dynamics.exponential import ExponentialEuler, ZeroOrderHold
from helpers.dynamics.linear import LinearMap, LinearSystem
from helpers.dynamics.one_step import Scheme, Step
from helpers.dynamics.runge_kutta import RungeKutta
from helpers.dynamics.systems import Flow, Map

__all__ = ["SCHEMES", "DiscretisedMap", "scheme"]


_GAUSS = np.sqrt(3.0) / 6.0

SCHEMES: dict[str, Scheme] = {
    entry.name: entry
    for entry in (
        RungeKutta("euler", [[0]], [1], order=1),
        RungeKutta("midpoint", [[0, 0], [1 / 2, 0]], [0, 1], order=2),
        RungeKutta("heun", [[0, 0], [1, 0]], [1 / 2, 1 / 2], order=2),
        RungeKutta(
            "kutta3", [[0, 0, 0], [1 / 2, 0, 0], [-1, 2, 0]], [1 / 6, 2 / 3, 1 / 6], order=3
        ),
        RungeKutta(
            "rk4",
            [[0, 0, 0, 0], [1 / 2, 0, 0, 0], [0, 1 / 2, 0, 0], [0, 0, 1, 0]],
            [1 / 6, 1 / 3, 1 / 3, 1 / 6],
            order=4,
        ),
        RungeKutta("backward_euler", [[1]], [1], order=1),
        RungeKutta("trapezoid", [[0, 0], [1 / 2, 1 / 2]], [1 / 2, 1 / 2], order=2),
        RungeKutta("implicit_midpoint", [[1 / 2]], [1], order=2),
        RungeKutta(
            "gauss2",
            [[1 / 4, 1 / 4 - _GAUSS], [1 / 4 + _GAUSS, 1 / 4]],
            [1 / 2, 1 / 2],
            order=4,
        ),
        ExponentialEuler(),
        ZeroOrderHold(),
    )
}


def scheme(choice: str | Scheme) -> Scheme:
    """Look a one-step method up by name; a `Scheme` is returned as it is.

    Raises
    ------
    ValueError
        If the name is not known.

    Examples
    --------
    >>> scheme("rk4").order
    4
    """
    if isinstance(choice, Scheme):
        return choice
    if not isinstance(choice, str) or choice not in SCHEMES:
        raise ValueError(
            f"unknown method {choice!r}; choose one of {', '.join(SCHEMES)}, or pass a Scheme"
        )
    return SCHEMES[choice]


@dataclass(frozen=True, eq=False)
class DiscretisedMap(Map):
    r"""The map that a scheme makes of a flow: equation (10) when the scheme is Euler.

    Parameters
    ----------
    flow : Flow
        The system that was discretised.
    scheme : Scheme
        The one-step method.
    step_size : float
        The step the method takes, in the flow's own time.
    delta : float, optional
        Time between two rows of a trajectory. It is step_size until Rescale re-stamps it.

    Raises
    ------
    ValueError
        If a step is not positive, the scheme has no meaning for the flow, or the flow has noise and
        the scheme is not Euler.
    RuntimeError
        By `step`, if the scheme is implicit and Newton's iteration finds no solution.

    Examples
    --------
    >>> from helpers.dynamics.linear import LinearSystem
    >>> DiscretisedMap(LinearSystem([[-1.0]]), scheme("euler"), 0.1).step([1.0])
    array([0.9])
    """

    flow: Flow
    scheme: Scheme
    step_size: float
    delta: Any = None
    nodes: tuple[float, ...] = field(init=False)

    def __post_init__(self) -> None:
        step_size, method = positive(self.step_size, "delta"), scheme(self.scheme)
        if not isinstance(self.flow, Flow):
            raise ValueError(f"{shown(self.flow)} is not a flow; only a flow can be discretised")
        method.require(self.flow)
        _require_noise_it_can_draw(method, self.flow)
        self.__dict__.update(
            step_size=step_size,
            scheme=method,
            delta=step_size if self.delta is None else positive(self.delta, "delta"),
            n_units=self.flow.n_units,
            n_inputs=self.flow.n_inputs,
            nodes=method.nodes,
        )

    @property
    def noise(self) -> Array | None:  # type: ignore[override]
        """The flow's amplitude G, shape (N,) or None, in the time that delta is counted in."""
        if self.flow.noise is None:
            return None
        return np.asarray(np.sqrt(self.step_size / self.delta) * self.flow.noise)

    def _noise_of_a_step(self) -> Array | None:
        # In the flow's own time: what it was before Rescale stamped it anew, in every bit.
        noise = self.flow.noise
        return None if noise is None else np.sqrt(self.step_size) * noise

    def step(self, h: Any, x: Any = None) -> Array:
        """Return Phi(h, x) without its noise, shape (..., N).

        x is an array (..., M), held over the step, or a function of the fraction of the step, read
        at the method's nodes.
        """
        state = self._state(h)
        drives = self._drives(x)
        leading = np.broadcast_shapes(state.shape[:-1], *(d.shape[:-1] for d in drives))
        shape, dtype = (*leading, self.n_units), np.result_type(float, state, *drives)
        out = np.empty(shape, dtype)
        state = np.broadcast_to(state, shape).astype(dtype, copy=False)
        self.stepper(shape, dtype)(state, drives, out)
        return out

    def stepper(self, shape: tuple[int, ...], dtype: Any) -> Step:
        """Return the step for states of one shape and dtype, with its work space set aside."""
        return self.scheme.stepper(self.flow, self.step_size, shape, dtype)

    def linear_map(self) -> LinearMap:
        """Return A, B, c of this map, read off at zero and at unit vectors.

        Raises
        ------
        ValueError
            If the flow is not linear.
        """
        if not isinstance(self.flow, LinearSystem):
            raise ValueError(
                f"the flow is a {type(self.flow).__name__}, so its map is not linear; "
                "apply Linearise first"
            )
        return read_off(self)

    def _drives(self, x: Any) -> list[Any]:
        return [self.flow._drive(x(c) if callable(x) else x) for c in self.nodes]


def _require_noise_it_can_draw(method: Scheme, flow: Flow) -> None:
    euler = isinstance(method, RungeKutta) and method.explicit and len(method.b) == 1
    if flow.noise is None or euler:
        return
    raise ValueError(
        f"{method.name} cannot draw the noise of this {type(flow).__name__}: one normal number a "
        "step belongs to Euler-Maruyama, and noise that enters the stages, or is solved exactly, "
        'has another covariance. Take method="euler", or the flow without noise'
    )


def read_off(affine: Map) -> LinearMap:
    """Return the LinearMap with the values an affine map takes at zero and at unit vectors.

    Examples
    --------
    >>> from helpers.dynamics.linear import LinearMap
    >>> read_off(LinearMap([[0.5]], [[2.0]], [1.0], 0.1)).B
    array([[2.]])
    """
    zero, still = np.zeros(affine.n_units), np.zeros(affine.n_inputs)
    c = affine.step(zero, still)
    A = (affine.step(np.eye(affine.n_units), still) - c).T
    B = (affine.step(zero, np.eye(affine.n_inputs)) - c).T if affine.n_inputs else None
    return LinearMap(A, B, c, affine.delta, noise=affine.noise)
