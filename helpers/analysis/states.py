"""Where a map goes when it is left alone: it dies out, rests, or oscillates; decided by a rule."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from helpers.analysis.oscillation import measured_frequency
from helpers.dynamics._checks import Array, count, positive, shown
from helpers.dynamics.simulation import simulate
from helpers.dynamics.systems import Map

__all__ = ["State", "settle"]


@dataclass(frozen=True, eq=False)
class State:
    """Where a trajectory ended.

    Parameters
    ----------
    kind : "decay", "fixed point" or "oscillation"
        What it does in the last window.
    slow : bool
        Whether it still changed after the first run, so that a second was needed.
    size, swing : float
        Root mean square over units and steps of the state, and of its deviation from its mean.
    frequency, share : float
        Of an oscillation: cycles per step, and the share of power at the peak; else NaN and 0.
    h : array (N,)
        The last state.
    """

    kind: str
    slow: bool
    size: float
    swing: float
    frequency: float
    share: float
    h: Array

    @property
    def modulated(self) -> bool:
        """Whether less than half of the power lies at the peak."""
        return self.kind == "oscillation" and self.share < 0.5


def settle(
    system: Map, h: Any, *, steps: int = 2000, window: int = 400, threshold: float = 0.02
) -> Any:
    r"""Leave a map alone from h, and say where it goes.

    After `steps` steps, over the last `window` of them: with root mean square activity below
    `threshold` it has decayed; else with root mean square deviation from its mean below `threshold`
    it is a fixed point; else an oscillation. If the deviation changed by more than five per cent
    between the last two windows, it runs as long again before it is judged, and is called slow.

    Parameters
    ----------
    system : Map
        Its input is zero.
    h : array (N,), (B, N) or (K, B, N)
        Where it starts; the last is for a map of K networks, such as `together` makes.
    steps, window : int
        How long it runs, at least twice the window; how long it is looked at, at least 32 steps.
    threshold : float
        In units of the activity.

    Returns
    -------
    State, or a tuple of B of them, or K such tuples

    Raises
    ------
    ValueError
        On a flow, shapes that do not fit, or too few steps.

    Notes
    -----
    The activity has to stay bounded, as tanh keeps it. One that drifts or grows for ever would pass
    for an oscillation, of the lowest frequency that the window can show.

    Examples
    --------
    >>> from helpers import RNN, Discretise
    >>> turn = 1.2 * np.array([[np.cos(0.5), -np.sin(0.5)], [np.sin(0.5), np.cos(0.5)]])
    >>> state = settle(Discretise(1.0)(RNN(turn, np.zeros((2, 1)))), [0.1, 0.0])
    >>> state.kind, round(state.frequency * 2 * np.pi, 2)
    ('oscillation', 0.5)
    """
    if not isinstance(system, Map):
        raise ValueError(f"{shown(system)} is not a map; discretise a flow first")
    length = count(window, "window", least=32)
    run, level = count(steps, "steps", least=2 * length), positive(threshold, "threshold")
    start = np.asarray(h)
    axes = (1, 2, 3) if hasattr(system, "part") else (1, 2)
    if start.ndim not in axes or np.iscomplexobj(start):
        raise ValueError(f"h = {shown(h)}; give one real state (N,) or several (B, N)")
    path = _last(system, np.atleast_2d(start), run, 2 * length)
    slow = _changing(path, length)
    if np.any(slow):
        path[:, slow] = _longer(system, path[-1], slow, run, 2 * length)
    found = _judge(path[-length:].reshape(length, -1, start.shape[-1]), slow.ravel(), level)
    if start.ndim == 3:
        return tuple(found[k : k + start.shape[1]] for k in range(0, len(found), start.shape[1]))
    return found[0] if start.ndim == 1 else found


def _last(system: Map, h: Array, steps: int, rows: int) -> Array:
    """Return the last rows of a run, which is kept in pieces of no more than these."""
    while steps > rows:
        piece = min(rows, steps - rows)
        h, steps = simulate(system, h, steps=piece).h[-1].copy(), steps - piece
    return simulate(system, h, steps=steps).h[1:]


def _longer(system: Any, h: Array, slow: Array, steps: int, rows: int) -> Array:
    """Return the last rows of the second run of the states that are slow."""
    if slow.ndim == 1:
        return _last(system, h[slow], steps, rows)
    # Of several networks in one map those run on that have a slow state.
    again = np.any(slow, axis=1)
    return _last(system.part(again), h[again], steps, rows)[:, slow[again]]


def _swing(path: Array) -> Array:
    return np.asarray(np.sqrt(np.mean(np.var(path, axis=0), axis=-1)))


def _changing(path: Array, length: int) -> Array:
    before, after = _swing(path[:length]), _swing(path[length:])
    # A swing at rounding level is rest, however its digits change.
    return np.asarray((np.abs(after - before) > 0.05 * before) & (before > 1e-8))


def _judge(path: Array, slow: Array, level: float) -> tuple[State, ...]:
    size, swing = np.sqrt(np.mean(path**2, axis=(0, -1))), _swing(path)
    kinds = np.where(size < level, "decay", np.where(swing < level, "fixed point", "oscillation"))
    moves = kinds == "oscillation"
    frequency, share = np.full(len(kinds), np.nan), np.zeros(len(kinds))
    frequency[moves], share[moves] = measured_frequency(path[:, moves])
    rows = zip(kinds, slow, size, swing, frequency, share, path[-1], strict=True)
    # A copy: a row of the path would keep the whole path in memory.
    return tuple(
        State(str(kind), bool(late), float(rms), float(move), float(turn), float(peak), end.copy())
        for kind, late, rms, move, turn, peak, end in rows
    )
