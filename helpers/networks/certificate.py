"""What another step does to the states of a network: which live, and how noisy they get."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from scipy.linalg import solve_discrete_lyapunov

from helpers.dynamics._checks import Array, shown
from helpers.dynamics.systems import Map
from helpers.networks.fates import Fate, follow
from helpers.networks.harmonic import balance
from helpers.networks.network import Network

__all__ = ["Certificate", "Verdict", "largest_step", "levels", "touched", "verdict"]

NEAR = 0.2  # relative distance at which a mode's frequency is that of a swing
TOUCH = 1e-4  # each state is touched, since one that is not stable would stay for ever


@dataclass(frozen=True, eq=False)
class Verdict:
    """What becomes of one state of the network.

    Parameters
    ----------
    name : str
        Which state: after a condition of the task, at rest under noise, or from a start.
    kind : str
        What it did at the old step, as `follow` says.
    mode : complex
        Its own eigenvalue, of the flow: the slowest of a level, the one of a swing's frequency;
        NaN if there is none.
    predicted : "lives", "dies" or "undecided"
        What the eigenvalues say. Of a level it is proved, beside the level; of a swing measured.
    frequency : float or None
        Predicted cycles per unit of time of a swing that does not die.
    kept : bool
        Measured: going on from the state at the new step ends in the same state.
    noise_factor : float
        Of a level: what the standard deviation of the noise on the input at a step has to be
        multiplied by for the variance of the read-out to stay (of the state, without a read-out).
    """

    name: str
    kind: str
    mode: complex
    predicted: str
    frequency: float | None
    kept: bool
    noise_factor: float


@dataclass(frozen=True, eq=False)
class Certificate:
    """What a change of the step does.

    Parameters
    ----------
    exact : bool
        Whether the map is the old one, held or re-stamped: then there is nothing to lose.
    proved : tuple of str
        What stays, by a theorem.
    crossing : complex array (K,)
        Eigenvalues of the flow at the quiet point whose mode is stable at one of the two steps
        and not at the other.
    largest_step : float
        Below it all stable levels found stay stable; inf if there is none.
    states : tuple of Verdict
        One for each state looked at.
    score_before, score_after : float or None
        Share of noisy trials that are right; the noise is 1/sqrt(step) as strong at a step.
    """

    exact: bool
    proved: tuple[str, ...]
    crossing: Array
    largest_step: float
    states: tuple[Verdict, ...]
    score_before: float | None
    score_after: float | None

    @property
    def safe(self) -> bool:
        """Whether it is exact, or all states are kept and, with a task, 95 of 100 trials right."""
        scored = self.score_after is None or self.score_after >= 0.95
        return self.exact or (all(one.kept for one in self.states) and scored)


def largest_step(eigenvalues: Any) -> float:
    r"""Return the step below which Euler keeps each mode of a flow that is stable.

    .. math:: |1 + \Delta\mu| < 1 \iff \Delta < -2\,\mathrm{Re}\,\mu / |\mu|^2

    Parameters
    ----------
    eigenvalues : complex array (N,)
        Of the flow; those that grow are left out, since no step makes them stable.

    Returns
    -------
    float
        Infinite if none is stable.

    Raises
    ------
    ValueError
        If an entry is not a finite number.

    Examples
    --------
    >>> largest_step([-1.95, 0.3])
    1.0256410256410258
    """
    mu = np.atleast_1d(np.asarray(eigenvalues, dtype=complex))
    if not np.all(np.isfinite(mu)):
        raise ValueError(f"eigenvalues = {shown(eigenvalues)}; give finite numbers")
    mu = mu[mu.real < 0]
    return float(np.min(-2.0 * mu.real / np.abs(mu) ** 2, initial=np.inf))


def levels(network: Network, fate: Fate) -> Array | None:
    """Return the flow's eigenvalues (N,) at a level that is stable at the network's step, or None.

    Raises
    ------
    ValueError
        If the fate is that of a network of another size.

    Examples
    --------
    >>> unit = Network([[-1.2]], [[1.0]], delta=0.5)
    >>> levels(unit, follow(unit, [0.1])[0])
    array([-2.2+0.j])
    """
    if len(fate.h) != len(network.w):
        raise ValueError(f"fate.h has shape {fate.h.shape}; the network has {len(network.w)} units")
    point = fate.point
    if fate.kind not in ("rests", "dies") or point is None or not point.stable:
        return None
    values = point.eigenvalues.values  # type: ignore[union-attr]
    return np.asarray((values - 1.0) / network.delta)


def verdict(old: Network, new: Network, name: str, fate: Fate) -> Verdict:
    """Return what becomes of a state of the old network, whose fate it is, at the new one's step.

    Raises
    ------
    ValueError
        If the fate is that of a network of another size.

    Examples
    --------
    >>> old, new = (Network([[-1.2]], [[1.0]], delta=step) for step in (0.5, 0.95))
    >>> one = verdict(old, new, "rest", follow(old, [0.1])[0])
    >>> one.predicted, one.kept
    ('dies', False)
    """
    mode, predicted = complex("nan"), "undecided"
    factor, level = float("nan"), levels(old, fate)
    if level is not None:
        mode = complex(level[np.argmax(np.abs(1.0 + old.delta * level))])
        predicted = "lives" if new.delta < largest_step(level) else "dies"
        factor = _noise_factor(old, new, fate.h if fate.point is None else fate.point.h)
    elif fate.kind == "oscillates":
        mode, predicted = _swing(old, new, fate)
    swings = fate.kind == "oscillates" and predicted != "dies"
    frequency = fate.frequency if swings else None
    return Verdict(name, fate.kind, mode, predicted, frequency, _kept(new, fate), factor)


def _swing(old: Network, new: Network, fate: Fate) -> tuple[complex, str]:
    """Return a swing's own eigenvalue, and what its place among the others says.

    Inside the circle at the new step: it dies. The one that needs the least gain: it lives.
    """
    point = fate.point
    if point is None or point.eigenvalues is None:
        return complex("nan"), "undecided"
    mu = (point.eigenvalues.values - 1.0) / old.delta
    turns = np.abs(np.angle(1.0 + old.delta * mu)) / (2.0 * np.pi * old.delta)
    own = (np.abs(1.0 + old.delta * mu) > 1.0) & (mu.imag >= 0.0)
    own &= np.abs(turns - fate.frequency) <= NEAR * fate.frequency
    if not np.any(own):
        return complex("nan"), "undecided"
    place = int(np.flatnonzero(own)[np.argmin(np.abs(turns[own] - fate.frequency))])
    if abs(1.0 + new.delta * mu[place]) < 1.0:
        return complex(mu[place]), "dies"
    strongest = _strength(new, mu[place]) >= max(_strength(new, other) for other in mu) - 1e-12
    return complex(mu[place]), "lives" if strongest else "undecided"


def _strength(network: Network, mu: complex) -> float:
    """Return one over the gain that a mode needs; with unlike leaks or long steps its modulus."""
    leaks = np.asarray(network.rate) * network.decay
    value = 1.0 + mu / float(np.mean(leaks))
    if np.ptp(leaks) > 0.0 or network.delta * np.max(leaks) > 1.0 or value == 0.0:
        return float(abs(1.0 + network.delta * mu))
    return 1.0 / balance(value, delta=float(network.delta * np.mean(leaks)))[0]


def touched(h: Array) -> Array:
    """Return the state h (..., N), moved by 1e-4 in a direction that no network has.

    Raises
    ------
    ValueError
        If h has no axis of units.

    Examples
    --------
    >>> touched(np.zeros(2)).round(6).tolist()
    [0.0001, 5.4e-05]
    """
    if np.ndim(h) == 0:
        raise ValueError(f"h = {shown(h)}; give states of shape (..., N)")
    return np.asarray(h + TOUCH * np.cos(np.arange(h.shape[-1], dtype=float)))


def _kept(new: Network, fate: Fate) -> bool:
    """Whether going on at the new step ends in the same state; measured."""
    (after,) = follow(new, touched(fate.h))
    if after.kind != fate.kind or fate.kind == "undecided":
        return False
    if fate.kind == "oscillates":
        return bool(abs(after.frequency / fate.frequency - 1.0) <= NEAR)
    assert fate.point is not None and after.point is not None
    return bool(np.max(np.abs(after.point.h - fate.point.h)) < 1e-3)


def _noise_factor(old: Network, new: Network, h: Array) -> float:
    """Return sqrt(V(old) / V(new)), V by Lyapunov's equation for unit noise on the input."""
    sizes = [_variance(one.map, one, h) for one in (old, new)]
    return float(np.sqrt(sizes[0] / sizes[1])) if min(sizes) > 0.0 else float("nan")


def _variance(system: Map, network: Network, h: Array) -> float:
    A, B = system.jacobian(h), system.input_jacobian(h)
    if np.max(np.abs(np.linalg.eigvals(A))) >= 1.0:
        return 0.0
    P = solve_discrete_lyapunov(A, B @ B.T)
    slope = np.ones(len(h))
    if network.form == "activation":
        slope = np.asarray(network.activation.slope(h))
    rows = network.readout * slope if len(network.readout) else np.diag(slope)
    return float(np.trace(rows @ P @ rows.T))
