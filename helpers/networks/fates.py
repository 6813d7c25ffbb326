"""The fate of a state: does it rest, die out, or oscillate, at which frequency, and was it told?

The system may be any map, with any held input; the linearisation is that at the point concerned.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from helpers.analysis.equilibria import FixedPoint, fixed_point
from helpers.analysis.oscillation import leading_oscillation, measured_frequency
from helpers.analysis.spectra import Spectrum
from helpers.dynamics._checks import Array, count, no_nan, shown
from helpers.dynamics.simulation import simulate
from helpers.dynamics.systems import Map
from helpers.networks.harmonic import FULL_TURN, balance, turning
from helpers.networks.network import Network

__all__ = ["Fate", "follow"]

FIRST = 400  # steps of the first window; each further one is twice as long
CYCLES = 4.0  # that a window must hold before a frequency is read from it
STILL = 1e-7


@dataclass(frozen=True, eq=False)
class Fate:
    """Where a state went.

    Parameters
    ----------
    kind : "rests", "dies", "oscillates" or "undecided"
        Dies: it ends in zero activity. Rests: at another fixed point.
    reason : str
        What was seen, in a sentence; of an undecided state what is missing.
    frequency, share : float
        Of an oscillation: cycles per unit of time, and the share of power at the peak; else NaN
        and 0.
    announced : float
        Cycles per unit of time that the linearisation at `point` announces; NaN if it has no mode
        that can oscillate, or there is no linearisation.
    window : float
        How long it was looked at, in units of time.
    h : array (N,)
        The last state.
    point : FixedPoint or None
        The point concerned: where it rests, or the fixed point inside an oscillation.
    """

    kind: str
    reason: str
    frequency: float
    share: float
    announced: float
    window: float
    h: Array
    point: FixedPoint | None


def follow(
    system: Network | Map, starts: Any = None, x: Any = None, *, steps: int = 20_000
) -> tuple[Fate, ...]:
    r"""Leave a network to itself, or to an input that is held, and say where each state goes.

    A window is looked at and doubled until it decides. A state rests where it no longer moves
    beside a fixed point, or shrinks towards a stable one at the rate of its slowest mode,
    :math:`|\rho|^k`. It oscillates where its swing lasts for two windows of at least four cycles.

    Parameters
    ----------
    system : Network or Map
        A flow has to be discretised first.
    starts : array (N,) or (B, N), optional
        Where it starts; default: the start of a network, zero of a map.
    x : array (M,), optional
        The held input. Default zero.
    steps : int
        When to give up, about; at least 800.

    Returns
    -------
    tuple of Fate
        One for each start, in order; none is left out.

    Raises
    ------
    ValueError
        On a flow, shapes that do not fit, NaN, or too few steps.

    Notes
    -----
    The announced frequency is that of the mode which needs the least gain to keep going (`balance`)
    where all units have one leak of at most 1; otherwise the angle of the leading eigenvalue.

    Examples
    --------
    >>> turn = 1.2 * np.array([[np.cos(0.5), -np.sin(0.5)], [np.sin(0.5), np.cos(0.5)]])
    >>> one, two = follow(Network(turn, [[0.0], [0.0]]), [[0.1, 0.0], [0.0, 0.0]])
    >>> one.kind, round(one.announced * 2 * np.pi, 2), round(one.frequency * 2 * np.pi, 2)
    ('oscillates', 0.5, 0.5)
    >>> two.kind, two.reason
    ('dies', 'it sits at a fixed point that is not stable: any disturbance makes it leave')
    """
    if not isinstance(system, (Network, Map)):
        raise ValueError(f"{shown(system)} is no map; discretise a flow first, or give a Network")
    one = system.map if isinstance(system, Network) else system
    begin = getattr(system, "start", np.zeros(one.n_units)) if starts is None else starts
    h = np.atleast_2d(no_nan(one._state(begin), "starts"))
    held, most = no_nan(one._input_point(x), "x"), count(steps, "steps", least=2 * FIRST)
    if h.ndim != 2 or held.ndim != 1 or np.iscomplexobj(h) or np.iscomplexobj(held):
        raise ValueError(
            f"starts has shape {h.shape} and x {held.shape}; they are real, (B, N) and (M,)"
        )
    leak = _leak(system)
    with np.errstate(over="ignore", invalid="ignore"):
        return tuple(_followed(one, state, held, most, leak) for state in h)


def _leak(system: Network | Map) -> float | None:
    """Return the leak of a step, if it is one number for all units and at most 1."""
    if not isinstance(system, Network):
        return None
    leak = np.ravel(system.delta * np.asarray(system.rate) * system.decay)
    same = np.ptp(leak) <= 1e-12 * leak[0] and leak[0] <= 1.0 + 1e-12
    return float(min(leak[0], 1.0)) if same else None


def _followed(system: Map, h: Array, x: Array, most: int, leak: float | None) -> Fate:
    window, used = FIRST, 0
    while True:
        path = simulate(system, h, x, steps=2 * window).h[1:]
        used += 2 * window
        fate = _judged(system, path, x, leak)
        if fate.kind != "undecided" or used >= most or not np.all(np.isfinite(path)):
            return fate
        h, window = path[-1].copy(), 2 * window


def _judged(system: Map, path: Array, x: Array, leak: float | None) -> Fate:
    length, end = len(path) // 2, path[-1].copy()
    fate = Fate("undecided", "", np.nan, 0.0, np.nan, length * system.delta, end, None)
    if not np.all(np.isfinite(path)) or np.max(np.abs(path)) > 1e100:
        return replace(fate, reason="it runs away, beyond any bound")
    before, after = _swing(path[:length]), _swing(path[length:])
    if after <= STILL * (1.0 + np.max(np.abs(end))):
        return _at_rest(system, fate, x)
    centre = path[length:].mean(axis=0)
    (point,) = fixed_point(system, x, centre[None])
    if _shrinks(point, before, after, length):
        word = f"it shrinks to a stable point, by {after / before:.2g} in {fate.window:.3g}"
        return _rested(replace(fate, point=point, reason=word))
    if abs(after - before) > 0.05 * before:
        word = f"its swing still changes by {abs(after / before - 1):.0%} in {fate.window:.3g}"
        return replace(fate, point=point, reason=f"{word}; give it more steps")
    return _swinging(system, path[length:], replace(fate, point=point), leak)


def _swing(path: Array) -> float:
    return float(np.sqrt(np.mean(np.var(path, axis=0))))


def _at_rest(system: Map, fate: Fate, x: Array) -> Fate:
    (point,) = fixed_point(system, x, fate.h[None])
    far = float(np.max(np.abs(point.h - fate.h)))
    if not point.converged or far > 1e-3 * (1.0 + np.max(np.abs(fate.h))):
        word = "it moves too slowly to be told from rest, and no fixed point is near"
        return replace(fate, reason=f"{word}; give it more steps")
    reason = "it came to rest"
    if not point.stable:
        reason = "it sits at a fixed point that is not stable: any disturbance makes it leave"
    if point.eigenvalues is None:
        reason = "it came to rest on a kink of the activation"
    return _rested(replace(fate, point=point, reason=reason))


def _rested(fate: Fate) -> Fate:
    silent = fate.point is not None and float(np.max(np.abs(fate.point.h))) < 1e-6
    return replace(fate, kind="dies" if silent else "rests")


def _shrinks(point: FixedPoint, before: float, after: float, steps: int) -> bool:
    """Whether the swing falls as the slowest mode of a stable point says, to a fifth."""
    if not point.stable or point.eigenvalues is None or not after < before:
        return False
    radius = float(np.max(np.abs(point.eigenvalues.values)))
    told, seen = steps * np.log(max(radius, 1e-300)), np.log(after / before)
    return bool(abs(seen - told) <= 0.2 * abs(told))


def _swinging(system: Map, path: Array, fate: Fate, leak: float | None) -> Fate:
    per_step, share = (float(value) for value in measured_frequency(path))
    cycles = per_step * len(path)
    if not cycles >= CYCLES:
        word = f"its window of {fate.window:.3g} holds {cycles:.1f} cycles and needs {CYCLES:g}"
        return replace(fate, reason=f"{word}; give it more steps")
    told = _announced(fate.point, leak) / system.delta
    reason = f"it swings for {2 * cycles:.0f} cycles, as wide in the later half as before, to 5 %"
    if share < 0.5:
        reason += ", of several frequencies"
    return replace(
        fate,
        kind="oscillates",
        reason=reason,
        frequency=per_step / system.delta,
        share=share,
        announced=told,
    )


def _announced(point: FixedPoint | None, leak: float | None) -> float:
    """Return cycles per step, from the eigenvalues at the point."""
    if point is None or point.eigenvalues is None or not point.converged:
        return float("nan")
    values = point.eigenvalues.values
    if leak is None:
        lead = leading_oscillation(point.eigenvalues)
        return float("nan") if lead is None else float(abs(np.angle(lead)) / FULL_TURN)
    able = turning(Spectrum((values - 1.0 + leak) / leak, "map", leak))
    return balance(able[0], delta=leak)[1] if len(able) else float("nan")
