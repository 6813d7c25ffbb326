"""Methods that solve a linear part exactly: exponential Euler, and the hold of a linear flow."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from scipy import linalg

from helpers.dynamics._checks import Array
from helpers.dynamics.linear import LinearSystem
from helpers.dynamics.one_step import Scheme, Step
from helpers.dynamics.systems import Flow

__all__ = ["ExponentialEuler", "ZeroOrderHold"]


@dataclass(frozen=True, eq=False)
class ExponentialEuler(Scheme):
    r"""Exponential Euler: the diagonal linear part d is solved exactly, the rest frozen.

    .. math:: h^+ = e^{\Delta d} h + \frac{e^{\Delta d} - 1}{d} \bigl(F(h, x) - d h\bigr)

    The flow says what d is (its `split`): -rate * decay for a network. One without is refused.
    Source: Hochbruck and Ostermann, Acta Numerica 19 (2010), section 2.

    Raises
    ------
    ValueError
        If the flow has no split, or R(delta mu) is asked for: it depends on the split too.

    Examples
    --------
    >>> ExponentialEuler().order
    1
    """

    name: str = "exponential_euler"
    order: int = 1
    nodes: tuple[float, ...] = (0.0,)

    def require(self, flow: Flow) -> None:
        """Raise ValueError if the flow does not say which linear part is integrated exactly."""
        if flow.split is None:
            raise ValueError(
                "exponential_euler needs the diagonal part that is integrated exactly, and this "
                f"{type(flow).__name__} has split = None; give LinearSystem a split, or use an RNN"
            )

    def stepper(self, flow: Flow, delta: float, shape: tuple[int, ...], dtype: Any) -> Step:
        """Return the step h, drives -> h+ for states of this shape."""
        self.require(flow)
        velocity = flow._field(shape, dtype)
        z = delta * np.asarray(flow.split)
        # h + delta phi_1(z) F(h) is the formula above with the two terms in h put together.
        slope = np.empty(shape, dtype)
        weight = delta * np.where(z == 0.0, 1.0, np.expm1(z) / np.where(z == 0.0, 1.0, z))

        def step(h: Array, drives: Sequence[Any], out: Array) -> None:
            velocity(h, drives[0], slope)
            np.multiply(slope, weight, slope)
            np.add(h, slope, out)

        return step


@dataclass(frozen=True, eq=False)
class ZeroOrderHold(Scheme):
    r"""The exact solution of a linear flow over one step, input held.

    .. math:: h^+ = e^{\Delta A} h + \int_0^\Delta e^{sA}\,ds\,(B x + c)

    Source: Van Loan, IEEE Trans. Automat. Control 23 (1978), for the integral by one exponential.

    Raises
    ------
    ValueError
        If the flow is not a LinearSystem, or zero is said to be a value of the exponential.

    Examples
    --------
    >>> float(ZeroOrderHold().stability(0.0))
    1.0
    """

    name: str = "zoh"
    # Exact for a held input; the order says so.
    order: float = float("inf")  # type: ignore[assignment]
    nodes: tuple[float, ...] = (0.0,)

    def require(self, flow: Flow) -> None:
        """Raise ValueError unless the flow is a LinearSystem."""
        if not isinstance(flow, LinearSystem):
            raise ValueError(
                f"zoh solves linear flows only, and this one is {type(flow).__name__}; "
                "linearise it first, or choose another method"
            )

    def stepper(self, flow: Flow, delta: float, shape: tuple[int, ...], dtype: Any) -> Step:
        """Return the step h, drives -> h+ for states of this shape."""
        self.require(flow)
        n = flow.n_units
        block = np.zeros((2 * n, 2 * n))
        block[:n, :n], block[:n, n:] = delta * flow.A, delta * np.eye(n)  # type: ignore[attr-defined]
        solution = linalg.expm(block)
        propagator, integral = solution[:n, :n], solution[:n, n:]

        def step(h: Array, drives: Sequence[Any], out: Array) -> None:
            out[...] = h @ propagator.T + drives[0] @ integral.T

        return step

    def stability(self, z: Any) -> Array:
        """Return exp(z), elementwise."""
        return np.asarray(np.exp(np.asarray(z)))

    def preimages(self, rho: complex) -> Array:
        """Return the logarithms of rho in the strip |Im z| <= 3 pi, nearest to zero first."""
        if rho == 0:
            raise ValueError("rho = 0 has no logarithm; no flow has this eigenvalue under zoh")
        roots = np.log(complex(rho)) + 2j * np.pi * np.arange(-1, 2)
        return np.asarray(roots[np.argsort(np.abs(roots))])
