"""The three procedures R, D and L: each takes a system and returns a system.

They compose with `@`, the rightmost first: ``(Discretise(delta / tau) @ Rescale(tau))(network)``.
A new procedure is one more subclass of `Procedure` with a `__call__`.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import singledispatch
from math import sqrt
from typing import Any

import numpy as np

from helpers.dynamics._checks import Array, no_nan, positive, shown
from helpers.dynamics.activations import activation
from helpers.dynamics.differentiation import complex_step_jacobian
from helpers.dynamics.linear import LinearMap, LinearSystem
from helpers.dynamics.one_step import Scheme
from helpers.dynamics.recurrent import RecurrentFlow
from helpers.dynamics.schemes import DiscretisedMap, read_off, scheme
from helpers.dynamics.systems import Flow, Map

__all__ = ["Composition", "Discretise", "Linearise", "Procedure", "Rescale"]

System = Flow | Map


class Procedure:
    """Takes a system, returns a system; composes with `@`, the rightmost first.

    Examples
    --------
    >>> from helpers.dynamics.linear import LinearSystem
    >>> class Backwards(Procedure):
    ...     letter = "B"
    ...     def __call__(self, system):
    ...         return LinearSystem(-system.A, -system.B, -system.c)
    >>> (Backwards() @ Rescale(2.0))(LinearSystem([[-1.0]])).A
    array([[2.]])
    """

    letter = "P"

    def __call__(self, system: Any) -> Any:
        """Apply the procedure to a flow or a map."""
        raise NotImplementedError

    def __matmul__(self, first: Procedure) -> Composition:
        if not isinstance(first, Procedure):
            raise ValueError(
                f"@ composes procedures; {shown(first)} is not one. Call it: P(system)"
            )
        return Composition(self, first)


@dataclass(frozen=True)
class Composition(Procedure):
    """Two procedures, one after the other: ``(P @ Q)(system)`` is ``P(Q(system))``.

    Raises
    ------
    ValueError
        If one of the two refuses what it is given.

    Examples
    --------
    >>> from helpers.dynamics.linear import LinearSystem
    >>> (Discretise(0.1) @ Rescale(2.0))(LinearSystem([[-1.0]])).step([1.0])
    array([0.8])
    """

    second: Procedure
    first: Procedure

    @property
    def letter(self) -> str:  # type: ignore[override]
        """The letters of the route, applied from right to left."""
        return f"{self.second.letter} {self.first.letter}"

    def __call__(self, system: Any) -> Any:
        """Apply the first procedure, then the second."""
        return self.second(self.first(system))


@dataclass(frozen=True)
class Rescale(Procedure):
    r"""The procedure :math:`R_\tau`: play the film tau times faster.

    .. math:: \mathfrak h(s) = h(\tau s), \qquad \mathfrak h' = \tau F(\mathfrak h, \mathfrak x)

    Of a flow it multiplies the velocity by tau. Of a map it re-stamps time: the same step, with
    ``delta / tau`` between two steps. Noise has its amplitude multiplied by
    :math:`\sqrt\tau`, in both: a sped-up Wiener process is :math:`\sqrt\tau` times one.

    Parameters
    ----------
    tau : float
        Greater than 0; above 1 the same orbit is run through faster.

    Raises
    ------
    ValueError
        If tau is not a finite number above zero.

    Notes
    -----
    Equations (5) and (6) of Caruso and Jarne (arXiv 2312.15974).

    Examples
    --------
    >>> from helpers.dynamics.linear import LinearSystem
    >>> Rescale(4.0)(LinearSystem([[-1.0]])).velocity([1.0])
    array([-4.])
    """

    tau: float
    letter = "R"

    def __post_init__(self) -> None:
        object.__setattr__(self, "tau", positive(self.tau, "tau"))

    def __call__(self, system: Any) -> Any:
        """Return the rescaled system, of the same kind."""
        return _rescaled(system, self.tau)

    def input(self, x: Callable[[float], Any]) -> Callable[[float], Any]:
        """Return the resampled input s -> x(tau s)."""
        if not callable(x):
            raise ValueError(
                f"x = {shown(x)}; Rescale.input resamples a function of time, and a constant stays "
                "as it is"
            )
        return lambda s: x(self.tau * s)


def not_a_system(system: Any) -> ValueError:
    return ValueError(
        f"{shown(system)} is not a system; pass an RNN, LinearSystem, Flow, LinearMap or Map"
    )


@singledispatch
def _rescaled(system: Any, tau: float) -> Any:
    raise not_a_system(system)


def _times(factor: float, array: Array | None) -> Array | None:
    return None if array is None else factor * array


@_rescaled.register
def _(system: Flow, tau: float) -> Flow:
    fast = Flow(
        lambda h, x: tau * system.velocity(h, x),
        system.n_units,
        system.n_inputs,
        split=_times(tau, system.split),
        noise=_times(sqrt(tau), system.noise),
    )
    # A lifted flow has a slope of its own for Newton's method; it goes faster too.
    fast.__dict__["_newton_jacobian"] = lambda h, x: tau * system._newton_jacobian(h, x)
    return fast


@_rescaled.register
def _(system: RecurrentFlow, tau: float) -> RecurrentFlow:
    rate, noise = tau * np.asarray(system.rate), _times(sqrt(tau), system.noise)
    return replace(system, rate=rate, noise=noise)


@_rescaled.register
def _(system: LinearSystem, tau: float) -> LinearSystem:
    split, noise = _times(tau, system.split), _times(sqrt(tau), system.noise)
    return LinearSystem(tau * system.A, tau * system.B, tau * system.c, split, noise=noise)


@_rescaled.register
def _(system: Map, tau: float) -> Map:
    noise = _times(sqrt(tau), system.noise)
    return Map(system.step, system.delta / tau, system.n_units, system.n_inputs, noise=noise)


@_rescaled.register
def _(system: LinearMap, tau: float) -> LinearMap:
    return replace(system, delta=system.delta / tau, noise=_times(sqrt(tau), system.noise))


@_rescaled.register
def _(system: DiscretisedMap, tau: float) -> DiscretisedMap:
    return replace(system, delta=system.delta / tau)


@dataclass(frozen=True)
class Discretise(Procedure):
    r"""The procedure :math:`D_\Delta`: from a flow to the map that a one-step method makes of it.

    .. math:: h_{k+1} = h_k + \Delta F(h_k, x_k) \quad\text{for Euler}

    Of a flow with noise, Euler makes the map that adds :math:`G\sqrt\Delta\,\varepsilon_k`
    (Euler-Maruyama).

    Parameters
    ----------
    delta : float
        The time step, greater than 0.
    method : str or Scheme
        A key of `helpers.dynamics.schemes.SCHEMES`, or a scheme of your own.

    Raises
    ------
    ValueError
        If delta is not positive, the method is unknown, the system is a map already, or it has
        noise and the method is not Euler.
    RuntimeError
        By a step of the map, if the method is implicit and Newton's iteration finds no solution.

    Notes
    -----
    Equation (10) of Caruso and Jarne (arXiv 2312.15974) for the Euler method.

    Examples
    --------
    >>> from helpers.dynamics.linear import LinearSystem
    >>> Discretise(0.5, "midpoint")(LinearSystem([[-1.0]])).step([1.0])
    array([0.625])
    """

    delta: float
    method: str | Scheme = "euler"
    letter = "D"

    def __post_init__(self) -> None:
        object.__setattr__(self, "delta", positive(self.delta, "delta"))
        scheme(self.method)

    def __call__(self, system: Any) -> DiscretisedMap:
        """Return the map, whose `step` reads the input at the method's nodes."""
        if isinstance(system, Map):
            raise ValueError(
                f"this {type(system).__name__} is a map already; only a flow can be discretised"
            )
        if not isinstance(system, Flow):
            raise not_a_system(system)
        return DiscretisedMap(system, scheme(self.method), self.delta)


@dataclass(frozen=True)
class Linearise(Procedure):
    r"""The procedure L: the papers' substitution, or the first-order Taylor system at a point.

    .. math:: \sigma(\varphi) \to \varphi, \qquad\text{or}\qquad
              F(h_0, x_0) + J_0 (h - h_0) + B_0 (x - x_0)

    Parameters
    ----------
    about : tuple (h, x), optional
        The point of expansion, h of shape (N,) and x of shape (M,) or None for zero. Without it, L
        replaces sigma by the identity, which needs a network, or a map made from one.

    Raises
    ------
    ValueError
        If about is not such a pair, sigma has no slope there, or there is no sigma to replace.

    Notes
    -----
    Equations (12) and (13) of Caruso and Jarne (arXiv 2312.15974). The Taylor system is affine, in
    absolute coordinates: the constant F0 - A h0 - B x0 is kept, and so is noise. A map is
    differentiated by complex step through its own step, never through the Jacobian of the flow.

    Examples
    --------
    >>> from helpers.dynamics.recurrent import RNN
    >>> network = RNN([[2.0]], [[1.0]], b=[0.5])
    >>> Linearise()(network).A, Linearise()(network).c
    (array([[1.]]), array([0.5]))
    """

    about: Any = None
    letter = "L"

    def __post_init__(self) -> None:
        if self.about is not None and not (
            isinstance(self.about, (tuple, list)) and len(self.about) == 2
        ):
            raise ValueError(f"about = {shown(self.about)}; give the pair (h, x), x may be None")

    def __call__(self, system: Any) -> Any:
        """Return a LinearSystem for a flow, a LinearMap for a map."""
        if isinstance(system, (LinearSystem, LinearMap)):
            return system
        if not isinstance(system, (Flow, Map)):
            raise not_a_system(system)
        if self.about is None:
            return _substituted(system)
        return _taylor(system, *_point(system, *self.about))


def _point(system: System, h: Any, x: Any) -> tuple[Array, Array]:
    state, value = system._state(h), system._input_point(x)
    if state.ndim != 1 or value.ndim != 1:
        raise ValueError(
            f"about has h of shape {state.shape} and x of shape {value.shape}; "
            f"one point has shapes ({system.n_units},) and ({system.n_inputs},)"
        )
    if np.any(np.imag(state)) or np.any(np.imag(value)):
        raise ValueError(f"about = ({state}, {value}) is complex; expand at a real point")
    return no_nan(np.real(state), "h"), no_nan(np.real(value), "x")


@singledispatch
def _taylor(system: Any, h: Array, x: Array) -> Any:
    raise not_a_system(system)


@_taylor.register
def _(system: Flow, h: Array, x: Array) -> LinearSystem:
    A, B = system.jacobian(h, x), system.input_jacobian(h, x)
    c = system.velocity(h, x) - A @ h - B @ x
    return LinearSystem(A, B, c, system.split, noise=system.noise)


@_taylor.register
def _(system: Map, h: Array, x: Array) -> LinearMap:
    A = complex_step_jacobian(lambda state: system.step(state, x), h)
    B = complex_step_jacobian(lambda value: system.step(h, value), x)
    c = system.step(h, x) - A @ h - B @ x
    return LinearMap(A, B, c, system.delta, noise=system.noise)


@singledispatch
def _substituted(system: Any) -> Any:
    raise ValueError(
        f"a {type(system).__name__} has no sigma to replace by the identity; "
        "give the point of expansion: Linearise(about=(h, x))"
    )


@_substituted.register
def _(system: RecurrentFlow) -> LinearSystem:
    # Both forms become the same system: only where sigma stands tells them apart.
    rate = np.broadcast_to(system.rate, (system.n_units,))[:, None]
    A, c = rate * system.w + np.diag(system.split), rate[:, 0] * system.b
    return LinearSystem(A, rate * system.omega, c, system.split, noise=system.noise)


@_substituted.register
def _(system: DiscretisedMap) -> LinearMap:
    if isinstance(system.flow, LinearSystem):
        return read_off(system)
    if not isinstance(system.flow, RecurrentFlow):
        return _substituted(system.flow)  # type: ignore[no-any-return]
    # The substitution inside the step itself: the same network with the identity for sigma.
    plain = replace(system.flow, activation=activation("identity"))
    return read_off(replace(system, flow=plain))
