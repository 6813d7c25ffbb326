"""Trajectories: of flows with a tight reference solver, of maps step by step."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise, repeat
from typing import Any

import numpy as np
from scipy.integrate import DOP853

from helpers.dynamics._checks import Array, count, generator, no_nan, shown
from helpers.dynamics.linear import LinearMap
from helpers.dynamics.one_step import Step
from helpers.dynamics.schemes import DiscretisedMap
from helpers.dynamics.systems import Flow, Map

__all__ = ["Trajectory", "simulate"]

Input = Callable[[float], Any]
RTOL, ATOL = 1e-11, 1e-13
# Inputs become drives in blocks of rows: about this many numbers, which stay in the cache.
BLOCK = 32768


@dataclass(frozen=True)
class Trajectory:
    """States h of shape (T + 1, ..., N) at the times t of shape (T + 1,); h[0] is the start."""

    t: Array
    h: Array

    def __len__(self) -> int:
        return len(self.t)


def simulate(
    system: Flow | Map,
    h0: Any,
    x: Any = None,
    *,
    t: Any = None,
    steps: int | None = None,
    breakpoints: Sequence[float] = (),
    rng: np.random.Generator | None = None,
) -> Trajectory:
    r"""Return the trajectory of a flow or a map from h0.

    .. math:: h_{k+1} = \Phi(h_k, x_k) + G\sqrt\Delta\,\varepsilon_k
              \quad\text{for a map with noise } G

    Parameters
    ----------
    system : Flow or Map
        A flow is integrated by scipy's DOP853 with relative tolerance 1e-11; a map is iterated.
    h0 : array (..., N)
        The start, real or complex.
    x : optional
        For a map: an array (T, ..., M), row k held over step k; or, with `steps`, a constant
        (..., M) or a function of time, read at the method's nodes. For a flow: a constant, a
        function of time, or ``len(t) - 1`` rows, row k held between ``t[k]`` and ``t[k + 1]``.
    t : array, for flows
        Output times, increasing; ``t[0]`` is when h0 holds.
    steps : int, for maps
        How many steps, where x does not say.
    breakpoints : sequence of float, for flows
        Where a function of time jumps. The solver stops there, so that no pulse is stepped over.
    rng : numpy.random.Generator, for maps with noise
        Draws standard normal numbers, N a step and trajectory. Without noise nothing is drawn.

    Returns
    -------
    Trajectory
        ``t`` and ``h``; ``h[0]`` is h0. A map's rows are delta apart, from time 0.

    Raises
    ------
    ValueError
        On shapes that do not fit, NaN, times that do not increase, or a missing t or steps; if a
        map has noise and there is no rng, or a flow has noise: discretise it first.
    RuntimeError
        If scipy gives up, with its reason, or an implicit step has no solution that Newton finds.

    Examples
    --------
    >>> from helpers.dynamics.linear import LinearMap
    >>> simulate(LinearMap([[0.5]], None, None, 0.1), [1.0], steps=3).h[:, 0]
    array([1.   , 0.5  , 0.25 , 0.125])
    """
    if not isinstance(system, (Flow, Map)):
        raise ValueError(f"{shown(system)} is not a system; pass a flow or a map")
    start = no_nan(system._state(h0), "h0")
    if isinstance(system, Flow):
        if t is None or steps is not None:
            raise ValueError("a flow needs output times t=..., not steps; discretise it for steps")
        _require_no_noise(system)
        return _integrate(system, start, x, _times(t), breakpoints)
    if t is not None or len(breakpoints):
        raise ValueError("a map takes steps, not t or breakpoints; its rows are delta apart")
    return _iterate(system, start, x, steps, _noise_source(system, rng))


def _require_no_noise(flow: Flow) -> None:
    if flow.noise is not None:
        raise ValueError(
            f"this {type(flow).__name__} has noise of amplitude up to {np.max(flow.noise):g}, and "
            "a flow is integrated without; choose a step: "
            "simulate(Discretise(delta)(flow), h0, x, steps=..., rng=rng)"
        )


def _noise_source(system: Map, rng: Any) -> np.random.Generator | None:
    if system.noise is not None and rng is None:
        raise ValueError(
            f"this {type(system).__name__} has noise of amplitude up to {np.max(system.noise):g}; "
            "say what draws it: rng=np.random.default_rng(0)"
        )
    return None if rng is None else generator(rng)


def _times(t: Any) -> Array:
    try:
        times = np.asarray(t, dtype=float)
    except (TypeError, ValueError):
        times = np.zeros(0)
    if times.ndim != 1 or len(times) < 2 or not np.all(np.diff(times) > 0):
        raise ValueError(f"t = {shown(t)}; give at least two finite times, increasing")
    return no_nan(times, "t")


def _leading(h0: Array, x: Array) -> tuple[int, ...]:
    """Return the shape of the batch that the start and the input make together."""
    try:
        return np.broadcast_shapes(h0.shape[:-1], x.shape[:-1])
    except ValueError:
        raise ValueError(
            f"h0 has shape {h0.shape} and the input at one time {x.shape}; all axes but the last "
            "must agree, be 1 or be missing"
        ) from None


# --- maps ---------------------------------------------------------------------------------------


def _iterate(
    system: Map, h0: Array, x: Any, steps: int | None, rng: np.random.Generator | None
) -> Trajectory:
    length, value = _map_input(system, x, steps)
    first = system._input_point(value(0.0) if callable(value) else value[0])
    dtype = np.result_type(float, h0, first)
    shape = (*_leading(h0, first), system.n_units)
    h = np.empty((length + 1, *shape), dtype)
    h[0] = h0
    if isinstance(system, DiscretisedMap):
        step = _shaken(system, system.stepper(shape, dtype), shape, rng)
        for now, after, drives in zip(h[:-1], h[1:], _drives(system, value, length), strict=True):
            step(now, drives, after)
    else:
        step = _shaken(system, _own_step(system), shape, rng)
        for k in range(length):
            read: Any = _finite(system, value, system.delta * k) if callable(value) else value[k]
            step(h[k], read, h[k + 1])
    return Trajectory(system.delta * np.arange(length + 1.0), h)


def _own_step(system: Map) -> Step:
    def step(h: Array, x: Any, out: Array) -> None:
        out[...] = system.step(h, x)

    return step


def _shaken(
    system: Map, step: Step, shape: tuple[int, ...], rng: np.random.Generator | None
) -> Step:
    """Return the step with its noise, or the step itself where there is none."""
    spread, kick = system._noise_of_a_step(), np.empty(shape)
    if spread is None or rng is None:
        return step

    def shaken(h: Array, drives: Any, out: Array) -> None:
        step(h, drives, out)
        rng.standard_normal(out=kick)
        np.add(out, np.multiply(kick, spread, kick), out)

    return shaken


def _finite(system: Map, x: Input, time: float) -> Array:
    return no_nan(system._input_point(x(time)), f"x at t = {time:.6g}, entry ")


def _map_input(system: Map, x: Any, steps: int | None) -> tuple[int, Any]:
    """Return the number of steps, and either a function of time or one row of input a step."""
    if callable(x):
        if isinstance(system, LinearMap):
            raise ValueError(
                "a LinearMap holds its input over a step, so x cannot be a function of time; give "
                "the samples to hold, one row a step, or simulate what Discretise makes of the flow"
            )
        return _steps(steps, "a function of time"), x
    value = no_nan(system._input_point(x), "x")
    if steps is not None or x is None:
        length = _steps(steps, "a constant input")
        # A row repeated without copying it.
        return length, np.broadcast_to(value, (max(length, 1), *value.shape))
    if value.ndim < 2 or len(value) == 0:
        raise ValueError(
            f"x has shape {value.shape}; give one row a step (T, ..., M), or steps=..."
        )
    return len(value), value


def _steps(steps: int | None, what: str) -> int:
    if steps is None:
        raise ValueError(f"{what} does not say how many steps to take; give steps=...")
    return count(steps, "steps")


def _drives(system: DiscretisedMap, value: Any, length: int) -> Iterator[list[Any]]:
    """Yield what the input contributes at each node, step by step, a few rows at a time."""
    drive, nodes = system.flow._drive, system.nodes
    if callable(value):
        for k in range(length):
            yield [drive(_finite(system, value, system.delta * (k + c))) for c in nodes]
        return
    if value.strides[0] == 0:
        # One row repeated: its drive is the same at every step.
        yield from repeat([drive(value[0])] * len(nodes), length)
        return
    # A row of drives has one number a unit, where its input has one an input.
    size = value[0, ..., 0].size * system.n_units if system.n_inputs else system.n_units
    rows = max(4, min(64, BLOCK // size))
    for start in range(0, length, rows):
        for row in drive(value[start : min(start + rows, length)]):
            yield [row] * len(nodes)


# --- flows --------------------------------------------------------------------------------------


def _integrate(
    system: Flow, h0: Array, x: Any, t: Array, breakpoints: Sequence[float]
) -> Trajectory:
    read, breaks = _flow_input(system, x, t, h0.ndim, breakpoints)
    first = read(float(t[0]))
    dtype = np.result_type(float, h0, first)
    shape = (*_leading(h0, first), system.n_units)
    h = np.empty((len(t), *shape), dtype)
    h[0] = h0
    state, edges = h[0], [t[0], *breaks, t[-1]]
    max_step = float(np.max(np.diff(t)))
    for piece in pairwise(edges):
        inside = slice(*np.searchsorted(t, piece, side="right"))
        state = _segment(system, state, read, piece, max_step, t[inside], h[inside])
    return Trajectory(t, h)


def _flow_input(
    system: Flow, x: Any, t: Array, ndim: int, breakpoints: Sequence[float]
) -> tuple[Input, list[float]]:
    """Return the input as a function of time, and the times inside (t[0], t[-1]) where it jumps."""
    breaks = sorted({float(b) for b in breakpoints if t[0] < b < t[-1]})
    if callable(x):
        return lambda time: system._input_point(x(time)), breaks
    value = no_nan(system._input_point(x), "x")
    if value.ndim <= ndim and not (value.ndim > 1 and len(value) == len(t) - 1):
        return lambda time: value, breaks
    if len(value) != len(t) - 1:
        raise ValueError(
            f"x has shape {value.shape} for {len(t)} output times; samples held between them need "
            f"{len(t) - 1} rows, one an interval"
        )
    if value.ndim <= ndim:
        raise ValueError(
            f"x has shape {value.shape}: one row a trajectory, or one an interval? Give a constant "
            f"as lambda t: x, and samples as ({len(t) - 1}, 1, M)"
        )
    edges = t[1:-1]
    return lambda time: value[np.searchsorted(edges, time, side="right")], [*edges]


def _segment(
    system: Flow,
    h0: Array,
    read: Input,
    piece: tuple[float, float],
    max_step: float,
    times: Array,
    rows: Array,
) -> Array:
    """Integrate over a piece without a jump of the input; fill the rows, return the last state."""
    shape, (start, end) = h0.shape, map(float, piece)
    low, high = np.nextafter(start, end), np.nextafter(end, start)

    def velocity(time: float, flat: Array) -> Array:
        # The input is read strictly inside, where its one-sided limits agree with the segment.
        value = read(min(max(time, low), high))
        return system.velocity(flat.reshape(shape), value).ravel()

    # A first slope that is not finite makes scipy's first step NaN, and it would try for ever.
    no_nan(velocity(start, h0.ravel()), f"the velocity at t = {start:.6g}, entry ")
    solver = DOP853(velocity, start, h0.ravel(), end, max_step, RTOL, ATOL)
    filled = 0
    while solver.status == "running":
        message = solver.step()
        if message is not None:
            raise RuntimeError(
                f"scipy stopped at t = {solver.t:.6g}: {message} "
                "If the activity explodes, simulate a shorter time"
            )
        due = int(np.searchsorted(times, solver.t, side="right"))
        # Straight into the trajectory: solve_ivp would hold two more copies of it.
        if due > filled:
            rows[filled:due] = solver.dense_output()(times[filled:due]).T.reshape(-1, *shape)
        filled = due
    return np.asarray(solver.y.reshape(shape))
