"""Decisions: the drift-diffusion process in closed form, and when an output reaches a bound."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, NamedTuple

import numpy as np

from helpers.dynamics._checks import Array, count, finite_array, no_nan, positive, shown
from helpers.dynamics.simulation import simulate
from helpers.dynamics.systems import Map

__all__ = ["OVERSHOOT", "Decisions", "DriftDiffusion", "ddm", "to_bound"]

# -zeta(1/2) / sqrt(2 pi): by how many of its standard deviations a sum of normal steps overshoots.
OVERSHOOT = 0.5825971579390107
BLOCK = 16  # steps between two sortings of the trials into decided and undecided


class DriftDiffusion(NamedTuple):
    """Share of errors and mean time of decision, one entry a drift."""

    error_rate: Any
    decision_time: Any


class Decisions(NamedTuple):
    """Choices (B,), 1, -1 or 0 where there was none, and the steps (B,) that each trial took."""

    choice: Array
    steps: Array


def ddm(drift: Any, noise: float, bound: float, *, step: float = 0.0) -> DriftDiffusion:
    r"""Return the error rate and mean decision time of a drift-diffusion process.

    .. math:: dy = a\,dt + c\,dW, \quad |y| \text{ stopped at } z: \qquad
       \mathrm{ER} = \frac{1}{1 + e^{2 a z / c^2}}, \qquad
       \mathrm{DT} = \frac{z}{a} \tanh\frac{a z}{c^2}

    Parameters
    ----------
    drift : float or array (K,)
        a, in units of y over time, of either sign. An error is a decision for -z.
    noise, bound : float
        c, in units of y over the root of time, and z, both positive. The process starts from 0.
    step : float
        Time between two looks at y. With one, z becomes z + 0.5826 c sqrt(step), the bound that a
        process without pause would have to reach; 0 looks at all times.

    Returns
    -------
    DriftDiffusion
        ``error_rate`` and ``decision_time``, of the shape of the drift.

    Raises
    ------
    ValueError
        If a number is not finite, noise or bound are not positive, or the step is negative.

    Notes
    -----
    Bogacz et al., Psychological Review 113 (2006) 700; the correction for steps, which is right to
    first order in their root, is in Siegmund, Sequential Analysis (1985), chapter X.

    Examples
    --------
    >>> error_rate, decision_time = ddm(1.0, 1.0, 1.0)
    >>> round(float(error_rate), 4), round(float(decision_time), 4)
    (0.1192, 0.7616)
    """
    a = no_nan(np.asarray(drift, dtype=float), "drift")
    c, z = positive(noise, "noise"), positive(bound, "bound")
    if not (np.isreal(step) and 0.0 <= step < np.inf):
        raise ValueError(f"step = {shown(step)}; the time between two looks is finite and not < 0")
    z += OVERSHOOT * c * np.sqrt(step)
    ratio = a * z / c**2
    still = ratio == 0.0
    # tanh(u) / u is 1 at u = 0, where the process only diffuses.
    shrink = np.where(still, 1.0, np.tanh(ratio) / np.where(still, 1.0, ratio))
    # The logistic function by tanh does not overflow.
    return DriftDiffusion(0.5 - 0.5 * np.tanh(ratio), z**2 / c**2 * shrink)


def to_bound(
    system: Map,
    output: Callable[[Array], Any],
    x: Any,
    bound: float,
    *,
    every: int = 1,
    rng: np.random.Generator | None = None,
) -> Decisions:
    r"""Run trials from h = 0 until an output first reaches a bound, and say which and when.

    .. math:: k^* = \min\{k : m \mid k, \ |y(h_k)| \ge z\}, \qquad
       \text{choice} = \operatorname{sign} y(h_{k^*})

    Parameters
    ----------
    system : Map
        Its noise, if it has some, is drawn with `rng`.
    output : callable
        From states (..., N) to outputs (..., K), of which the first is y: ``network.output``.
    x : array (T, B, M)
        Inputs, one row a step and trial.
    bound : float
        z, in units of the output.
    every : int
        Steps between two looks at the output, m.
    rng : numpy.random.Generator, for maps with noise
        As in `simulate`. Trials that have decided no longer draw.

    Returns
    -------
    Decisions
        ``choice`` and ``steps``; a trial that has not decided by the end has choice 0 and T steps.

    Raises
    ------
    ValueError
        If the system is no map, x not finite or not (T, B, M), or the bound not positive; if the
        system has noise and there is no rng.

    Examples
    --------
    >>> from helpers.dynamics.linear import LinearMap
    >>> adder = LinearMap([[1.0]], [[1.0]], None, 1.0)
    >>> to_bound(adder, lambda h: h, [[[1.0], [-2.0]]] * 5, 3.0)
    Decisions(choice=array([ 1, -1]), steps=array([3, 2]))
    """
    if not isinstance(system, Map):
        raise ValueError(f"{shown(system)} is not a map; discretise a flow first")
    evidence = finite_array(x, "x", (None, None, system.n_inputs))
    z, looks = positive(bound, "bound"), count(every, "every", least=1)
    n_steps, n_trials = evidence.shape[:2]
    choice, steps = np.zeros(n_trials, dtype=int), np.full(n_trials, n_steps)
    waiting, h = np.arange(n_trials), np.zeros((n_trials, system.n_units))
    for begin in range(0, n_steps, BLOCK):
        run = simulate(system, h, evidence[begin : begin + BLOCK, waiting], rng=rng).h[1:]
        y = np.asarray(output(run))[..., 0]
        number = begin + 1 + np.arange(len(y))
        crossed = (np.abs(y) >= z) & (number % looks == 0)[:, None]
        done, first = crossed.any(axis=0), crossed.argmax(axis=0)
        choice[waiting[done]] = np.sign(y[first, np.arange(len(first))][done])
        steps[waiting[done]] = number[first[done]]
        waiting, h = waiting[~done], run[-1, ~done]
        if not len(waiting):
            break
    return Decisions(choice, steps)
