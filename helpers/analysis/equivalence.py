"""How far two systems are apart, and whether every order of the procedures ends in the same one."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from itertools import permutations
from typing import Any

import numpy as np

from helpers.dynamics._checks import Array, generator, shown
from helpers.dynamics.procedures import Composition, Discretise, Procedure, Rescale
from helpers.dynamics.systems import Flow, Map

__all__ = ["Order", "Route", "all_orders", "convergence_order", "gap", "verdict"]

DRAWS = 64


def gap(one: Flow | Map, other: Flow | Map, *, rng: np.random.Generator | None = None) -> float:
    r"""Return the relative gap between two flows, or between two maps.

    .. math:: \frac{\max |F_1 - F_2|}{\max |F_1|} \quad\text{or}\quad
              \frac{\max |\Phi_1 - \Phi_2|}{\max |\Phi_1 - \mathrm{id}|}

    The maxima are over 64 standard normal states and inputs. The relative difference of the
    amplitudes of noise counts too, and for maps that of the time steps, whichever is largest.

    Parameters
    ----------
    one, other : Flow or Map
        Two systems of the same kind and size.
    rng : numpy.random.Generator, optional
        Draws the states and inputs; None means a fixed seed.

    Returns
    -------
    float
        0 for equal systems, about 1e-16 for systems equal up to rounding.

    Raises
    ------
    ValueError
        If one is a flow and the other a map, or the sizes differ.

    Notes
    -----
    The relative gap is what the book means by the gap of two systems, in the commutation table and
    on the bench. A map moves by about its step times a velocity. So where one step of two maps
    differs by order q in the step, their gap has order q - 1, which is the order of what films of a
    fixed length are apart. The maps of two different flows differ by order 1 a step, and their gap
    does not shrink.

    Examples
    --------
    >>> from helpers.dynamics.linear import LinearSystem
    >>> gap(LinearSystem([[-1.0]]), LinearSystem([[-2.0]]))
    1.0
    """
    _comparable(one, other)
    rng = np.random.default_rng(2312) if rng is None else generator(rng)
    h = rng.standard_normal((DRAWS, one.n_units))
    x = rng.standard_normal((DRAWS, one.n_inputs))
    if isinstance(one, Flow) and isinstance(other, Flow):
        return max(_relative(one.velocity(h, x), other.velocity(h, x)), _noise_gap(one, other))
    assert isinstance(one, Map) and isinstance(other, Map)
    states = _relative(one.step(h, x) - h, other.step(h, x) - h)
    return max(states, abs(one.delta - other.delta) / one.delta, _noise_gap(one, other))


def _noise_gap(one: Flow | Map, other: Flow | Map) -> float:
    mine, theirs = (np.zeros(1) if s.noise is None else s.noise for s in (one, other))
    return _relative(mine, theirs)


def _comparable(one: Any, other: Any) -> None:
    kinds = [next((k for k in (Flow, Map) if isinstance(s, k)), None) for s in (one, other)]
    if None in kinds or kinds[0] is not kinds[1]:
        raise ValueError(
            f"gap compares two flows or two maps, got {type(one).__name__} and "
            f"{type(other).__name__}; discretise the flow first"
        )
    sizes = [(s.n_units, s.n_inputs) for s in (one, other)]
    if sizes[0] != sizes[1]:
        raise ValueError(
            f"the systems have {sizes[0]} and {sizes[1]} units and inputs; they must agree"
        )


def _relative(one: Array, other: Array) -> float:
    scale, difference = float(np.max(np.abs(one))), float(np.max(np.abs(one - other)))
    if scale == 0.0:
        return 0.0 if difference == 0.0 else float("inf")
    return difference / scale


@dataclass(frozen=True)
class Route:
    """One order of a set of procedures: where it ends, or why it has no meaning.

    `name` has the procedures' letters, applied from right to left; `system` is None and `reason`
    says why where the order is undefined; `gap` is the distance to the first defined order.
    """

    name: str
    system: Flow | Map | None = None
    gap: float | None = None
    reason: str | None = None


def all_orders(network: Flow | Map, procedures: Sequence[Procedure]) -> tuple[Route, ...]:
    r"""Apply a set of procedures in every order.

    Parameters
    ----------
    network : Flow or Map
        Where every route starts.
    procedures : sequence of Procedure
        Each is used once in every order. The step of Discretise is in the time of the network
        given: where a Rescale has gone before, it is divided by that tau.

    Returns
    -------
    tuple of Route
        One record an order, with `.name`, `.system`, `.gap` (to the first defined order) or
        `.reason` (why that order has no meaning).

    Raises
    ------
    ValueError
        If there is no procedure, or something else than a procedure among them, or no system.

    Notes
    -----
    Figures 1 to 3 of Caruso and Jarne (arXiv 2312.15974) are its cases with two procedures.

    Examples
    --------
    >>> from helpers import RNN, Discretise, Linearise, Rescale
    >>> network = RNN([[0.5]], [[1.0]], b=[0.2])
    >>> [route.name for route in all_orders(network, (Rescale(4.0), Discretise(0.1)))]
    ['D R', 'R D']
    """
    if not isinstance(network, (Flow, Map)):
        raise ValueError(f"{shown(network)} is not a system; pass a flow or a map")
    steps = tuple(procedures)
    strangers = [p for p in steps if not isinstance(p, Procedure)]
    if not steps or strangers:
        raise ValueError(
            f"procedures = {shown(procedures)}; give Rescale, Discretise, Linearise objects"
        )
    routes: list[Route] = []
    for order in permutations(steps):
        first = next((r.system for r in routes if r.system is not None), None)
        routes.append(_route(network, order, first))
    return tuple(routes)


def _route(network: Any, order: Sequence[Procedure], first: Any) -> Route:
    name = " ".join(p.letter for p in reversed(order))
    system, tau = network, 1.0
    try:
        for procedure in order:
            system = _aligned(procedure, tau)(system)
            tau *= _speed(procedure)
        # The first one too is stepped once, so that it has a meaning where the others are judged.
        distance = gap(system if first is None else first, system)
    except (ValueError, RuntimeError) as error:
        return Route(name, reason=str(error))
    return Route(name, system, distance)


def _aligned(procedure: Procedure, tau: float) -> Procedure:
    """Return the procedure with its steps in a time that runs tau times as fast."""
    if isinstance(procedure, Composition):
        return Composition(_aligned(procedure.second, tau), _aligned(procedure.first, tau))
    if isinstance(procedure, Discretise):
        return replace(procedure, delta=procedure.delta / tau)
    return procedure


def _speed(procedure: Procedure) -> float:
    if isinstance(procedure, Composition):
        return _speed(procedure.second) * _speed(procedure.first)
    return procedure.tau if isinstance(procedure, Rescale) else 1.0


@dataclass(frozen=True)
class Order:
    """A fitted power law: error = constant * step ** slope, on the points that were used."""

    slope: float
    constant: float
    used: int


def convergence_order(steps: Any, errors: Any, *, floor: float = 1e-12) -> Order:
    r"""Fit :math:`e = C \Delta^p` on a log-log scale, where rounding plays no part.

    Parameters
    ----------
    steps, errors : array (K,)
        Positive steps and the errors measured with them.
    floor : float
        Errors at or below it are rounding and are left out. At least four must remain.

    Returns
    -------
    Order
        ``slope`` p, ``constant`` C, and how many points were ``used``.

    Raises
    ------
    ValueError
        If shapes differ, a step or error is not positive and finite, or fewer than four points
        lie above the floor.

    Examples
    --------
    >>> fit = convergence_order([0.1, 0.05, 0.025, 0.0125], [3e-2, 7.5e-3, 1.875e-3, 4.6875e-4])
    >>> round(fit.slope, 6), round(fit.constant, 6)
    (2.0, 3.0)
    """
    step, error = _rows(steps, errors)
    keep = error > floor
    if keep.sum() < 4:
        raise ValueError(
            f"only {keep.sum()} of {len(step)} errors lie above the floor {floor}; "
            "take larger steps, at least four of them"
        )
    slope, intercept = np.polyfit(np.log(step[keep]), np.log(error[keep]), 1)
    return Order(float(slope), float(np.exp(intercept)), int(keep.sum()))


def _rows(steps: Any, errors: Any) -> tuple[Array, Array]:
    step, error = np.asarray(steps, dtype=float), np.asarray(errors, dtype=float)
    if step.shape != error.shape or step.ndim != 1:
        raise ValueError(f"steps {step.shape} and errors {error.shape} must be two equal rows")
    if not (np.all((step > 0) & np.isfinite(step)) and len(set(step)) == len(step)):
        raise ValueError(f"steps {step} must be positive, finite and distinct")
    if not (np.all(np.isfinite(error)) and np.all(error >= 0)):
        raise ValueError(f"errors {error} must be finite, not negative")
    return step, error


def verdict(steps: Any, gaps: Any, *, exact: float = 1e-10) -> str:
    r"""Say in a word or two what gaps of two routes at several steps amount to.

    Parameters
    ----------
    steps, gaps : array (K,)
        At least four positive steps and what was measured with them: `gap`, or the difference of
        films of a fixed length. (Differences of one step, not divided by the move, shrink with the
        step between any two systems; with them no verdict would be "fails".)
    exact : float
        The largest gap that counts as rounding.

    Returns
    -------
    str
        "exact" if no gap is above the bound, "order p" if the fitted slope is within 0.2 of a whole
        number p >= 1, "fails" otherwise. The order is that of films; one step has one more.

    Raises
    ------
    ValueError
        As `convergence_order`, for gaps that are not all exact.

    Examples
    --------
    >>> steps = [0.1, 0.05, 0.025, 0.0125]
    >>> verdict(steps, [4e-2, 1e-2, 2.5e-3, 6.25e-4]), verdict(steps, [0.3, 0.3, 0.3, 0.3])
    ('order 2', 'fails')
    """
    step, error = _rows(steps, gaps)
    if len(step) >= 4 and np.all(error <= exact):
        return "exact"
    slope = convergence_order(step, error).slope
    order = round(slope)
    return f"order {order}" if order >= 1 and abs(slope - order) <= 0.2 else "fails"
