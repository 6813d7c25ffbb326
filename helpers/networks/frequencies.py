r"""The frequency that a network's matrix announces, and an audit of what it announced.

The rule: of the eigenvalues that are not positive real, take the one that needs the least gain to
keep going, and read its angle. For a map of step one that is the largest modulus and arg/2pi. Where
that is too coarse, `harmonic_balance` gives each unit a gain of its own.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from helpers.analysis.spectra import Spectrum, spectrum
from helpers.dynamics._checks import Array, count, finite_array, positive, shown
from helpers.dynamics.simulation import simulate
from helpers.networks.harmonic import (
    Balance,
    balance,
    harmonic_balance,
    harmonic_balances,
    turning,
)
from helpers.networks.network import Network
from helpers.networks.survey import settle_each

__all__ = [
    "Announcement",
    "Balance",
    "audit_frequencies",
    "balance",
    "harmonic_balance",
    "harmonic_balances",
]


@dataclass(frozen=True, eq=False)
class Announcement:
    """One oscillating state: the frequency that was announced, and the one it has.

    Parameters
    ----------
    name : str
        The network.
    start : int
        Which stimulus or start state led there: its place in the batch.
    measured, share : float
        Cycles per step, and the share of power at the peak.
    slow : bool
        Whether it still changed after the first run: then it may be dying, and give it more steps.
    announced : float
        Cycles per step; NaN if no eigenvalue can oscillate, or the oscillation dies out.
    spectrum : Spectrum
        Of the matrix at h = 0.
    tolerance : float
        The relative error up to which the announcement counts as right.
    """

    name: str
    start: int
    measured: float
    share: float
    slow: bool
    announced: float
    spectrum: Spectrum
    tolerance: float

    @property
    def eigenvalue(self) -> complex:
        """The eigenvalue that speaks, which needs the least gain of all. NaN if there is none."""
        able = turning(self.spectrum)
        return complex(able[0]) if len(able) else complex("nan")

    @property
    def lead(self) -> float:
        """Its modulus over that of the next that can oscillate, inf if there is no other."""
        able = turning(self.spectrum)
        return float(abs(able[0] / able[1])) if len(able) > 1 else float("inf")

    @property
    def error(self) -> float:
        """The relative error, announced over measured less one."""
        return self.announced / self.measured - 1.0

    @property
    def within(self) -> bool:
        """Whether the error is at most the tolerance."""
        return bool(abs(self.error) <= self.tolerance)

    @property
    def reason(self) -> str:
        """Why it failed, or "" if it is right.

        "several frequencies": less than half of the power lies at the peak. "another mode": the
        angle of another eigenvalue that grows is within the tolerance. "no mode near": neither.
        """
        if self.within:
            return ""
        if self.share < 0.5:
            return "several frequencies"
        found = [balance(value, delta=self.spectrum.delta) for value in turning(self.spectrum)]
        others = np.array([frequency for gain, frequency in found[1:] if gain < 1.0])
        near = np.abs(others - self.measured) <= self.tolerance * self.measured
        return "another mode" if np.any(near) else "no mode near"


def audit_frequencies(
    networks: Mapping[str, Network],
    x: Any = None,
    *,
    starts: Any = None,
    rule: str = "angle",
    tolerance: float = 0.2,
    steps: int = 2000,
) -> tuple[Announcement, ...]:
    r"""Compare the frequencies that networks announce with those of all states that oscillate.

    Each network runs from its start through each stimulus, or begins at each start state, and is
    then left alone; `settle` says where it goes. For other networks, maps, and states that do not
    oscillate there is `follow`.

    Parameters
    ----------
    networks : mapping of names to Network
        Their activation has slope 1 at zero and their decay is 1; delta is at most 1.
    x : array (T, B, M)
        B stimuli of T steps, after which the input is zero. Or give starts.
    starts : array (B, N)
        B states to begin with.
    rule : "angle" or "balance"
        What announces: the eigenvalue's `balance`, one gain for all units; or `harmonic_balance`.
    tolerance : float
        Largest relative error of an announcement that counts as right.
    steps : int
        Free steps before a state is judged, at least 800.

    Returns
    -------
    tuple of Announcement
        One for each state that oscillates; those with ``not within`` are the failures.

    Raises
    ------
    ValueError
        If there are neither stimuli nor starts, or both; on shapes that do not fit; on an
        unknown rule; or on a network that the rule is not for.

    Notes
    -----
    Corrects equation (10) of Jarne (arXiv 2005.13074). With a bias, the matrix is that of the
    linearisation at h = 0.

    Examples
    --------
    >>> turn = 1.2 * np.array([[np.cos(0.5), -np.sin(0.5)], [np.sin(0.5), np.cos(0.5)]])
    >>> one, = audit_frequencies({"turn": Network(turn, [[0.0], [0.0]])}, starts=[[0.1, 0.0]])
    >>> one.within, round(one.announced * 2 * np.pi, 3)
    (True, 0.5)
    """
    if not isinstance(networks, Mapping):
        raise ValueError(f"networks = {shown(networks)}; give them names: {{'mine': network}}")
    if (x is None) == (starts is None):
        raise ValueError(
            "give stimuli x of shape (T, B, M), or starts of shape (B, N), and not both"
        )
    allowed, length = positive(tolerance, "tolerance"), count(steps, "steps", least=800)
    spectra = [_at_zero(name, network) for name, network in networks.items()]
    begin = [_begin(network, x, starts) for network in networks.values()]
    ended = settle_each(list(networks.values()), begin, length)
    records: list[Announcement] = []
    for (name, network), values, states in zip(networks.items(), spectra, ended, strict=True):
        told = _announced(network, values, rule)
        for place, one in enumerate(states):
            if one.kind == "oscillation":
                seen = (one.frequency, one.share, one.slow)
                records.append(Announcement(name, place, *seen, told, values, allowed))
    return tuple(records)


def _announced(network: Network, values: Spectrum, rule: str) -> float:
    if rule not in ("angle", "balance"):
        raise ValueError(f'rule = {rule!r}; it is "angle" or "balance"')
    able = turning(values)
    if len(able) == 0:
        return float("nan")
    if rule == "angle":
        return balance(able[0], delta=values.delta)[1]
    return harmonic_balance(network).frequency


def _begin(network: Network, x: Any, starts: Any) -> Array:
    if x is None:
        return finite_array(starts, "starts", (None, len(network.w)))
    stimuli = finite_array(x, "x", (None, None, network.omega.shape[1]))
    return np.asarray(simulate(network.map, network.start, stimuli).h[-1])


def _at_zero(name: str, network: Network) -> Spectrum:
    """Return the spectrum of w, seen through the slopes at h = 0, as that of a map."""
    if not isinstance(network, Network):
        raise ValueError(f"{name}: {shown(network)} is not a Network; make one: Network(w, omega)")
    if network.form != "activity" or np.any(network.decay != 1.0) or np.any(network.rate != 1.0):
        raise ValueError(
            f"{name} has the {network.form} form, decay {shown(network.decay)} and rate "
            f"{shown(network.rate)}; this audit is for the activity form with both 1: ask `follow`"
        )
    slope = network.activation.slope(np.zeros(1))[0]
    if abs(slope - 1.0) > 1e-9:
        raise ValueError(
            f"{name}: {network.activation.name} has slope {slope:g} at zero, not 1; ask `follow`"
        )
    matrix = network.flow.jacobian(np.zeros(len(network.w))) + np.eye(len(network.w))
    return spectrum(matrix, "map", delta=network.delta)
