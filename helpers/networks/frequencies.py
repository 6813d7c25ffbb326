r"""The frequency that a network's matrix announces, and an audit of what it announced.

The rule: of the eigenvalues that are not positive real, take the one that needs the least gain to
keep going, and read its angle. For a map of step one that is the largest modulus and arg/2pi. Where
that is too coarse, `harmonic_balance` gives each unit a gain of its own.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from helpers.analysis.spectra import Spectrum, spectrum
from helpers.dynamics._checks import Array, count, finite_array, positive, shown
from helpers.dynamics.simulation import simulate
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

FULL_TURN = 2 * np.pi
# A quarter of a sine wave, at the midpoints of twelve pieces; the rest follows by symmetry.
QUARTER = np.sin(np.pi / 2 * (np.arange(12) + 0.5) / 12)


def balance(value: complex, *, delta: float = 1.0) -> tuple[float, float]:
    r"""Return the gain at which one mode neither grows nor shrinks, and its frequency there.

    .. math:: |1 - \Delta + \Delta g \lambda| = 1, \qquad
       f = \frac{|\arg(1 - \Delta + \Delta g \lambda)|}{2\pi}

    Parameters
    ----------
    value : complex
        An eigenvalue of w, not zero.
    delta : float
        The step of the map :math:`h_{k+1} = (1 - \Delta) h_k + \Delta \tanh(w h_k)`, at most 1.

    Returns
    -------
    gain, frequency : float
        g, above 1 if the mode dies out; and cycles per step, whether it does or not.

    Raises
    ------
    ValueError
        If the value is zero or not a finite number, or the step is not in (0, 1].

    Notes
    -----
    Harmonic balance with one gain for all units; Khalil, Nonlinear Systems, section 7.2.

    Examples
    --------
    >>> gain, frequency = balance(-1.25)
    >>> gain, frequency
    (0.8, 0.5)
    """
    step = positive(delta, "delta")
    if step > 1.0:
        raise ValueError(f"delta = {delta!r}; the balance is for steps up to 1, so shorten it")
    size = abs(complex(value))
    if not (np.isfinite(size) and size > 0.0):
        raise ValueError(f"value = {value!r}; a mode needs a finite eigenvalue other than zero")
    keep, real = 1.0 - step, complex(value).real
    gain = (np.hypot(keep * real, np.sqrt(1 - keep**2) * size) - keep * real) / (step * size**2)
    turn = abs(np.angle(keep + step * gain * complex(value)))
    return float(gain), float(turn / FULL_TURN)


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
        turning = _turning(self.spectrum)
        return complex(turning[0]) if len(turning) else complex("nan")

    @property
    def lead(self) -> float:
        """Its modulus over that of the next that can oscillate, inf if there is no other."""
        turning = _turning(self.spectrum)
        return float(abs(turning[0] / turning[1])) if len(turning) > 1 else float("inf")

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
        found = [balance(value, delta=self.spectrum.delta) for value in _turning(self.spectrum)]
        others = np.array([frequency for gain, frequency in found[1:] if gain < 1.0])
        near = np.abs(others - self.measured) <= self.tolerance * self.measured
        return "another mode" if np.any(near) else "no mode near"


def _turning(values: Spectrum) -> Array:
    """Return the eigenvalues that can oscillate, of a pair the upper, the least gain first."""
    found = values.values
    found = found[(found.imag > 0) | ((found.imag == 0) & (found.real < 0))]
    gains = [balance(value, delta=values.delta)[0] for value in found]
    return np.asarray(found[np.argsort(gains, kind="stable")])


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

    Each network runs from h = 0 through each stimulus, or begins at each start state, and is then
    left alone; `settle` says where it goes.

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
    records: list[Announcement] = []
    spectra = {name: _at_zero(name, network) for name, network in networks.items()}
    begin = [_begin(network, x, starts) for network in networks.values()]
    ended = settle_each(list(networks.values()), begin, length)
    for (name, network), states in zip(networks.items(), ended, strict=True):
        values = spectra[name]
        told = _announced(network, values, rule)
        records += [
            Announcement(
                name, place, state.frequency, state.share, state.slow, told, values, allowed
            )
            for place, state in enumerate(states)
            if state.kind == "oscillation"
        ]
    return tuple(records)


def _announced(network: Network, values: Spectrum, rule: str) -> float:
    if rule not in ("angle", "balance"):
        raise ValueError(f'rule = {rule!r}; it is "angle" or "balance"')
    turning = _turning(values)
    if len(turning) == 0:
        return float("nan")
    if rule == "angle":
        return balance(turning[0], delta=values.delta)[1]
    return harmonic_balance(network).frequency


def _begin(network: Network, x: Any, starts: Any) -> Array:
    if x is None:
        return finite_array(starts, "starts", (None, len(network.w)))
    stimuli = finite_array(x, "x", (None, None, network.omega.shape[1]))
    return np.asarray(simulate(network.map, np.zeros(len(network.w)), stimuli).h[-1])


def _at_zero(name: str, network: Network) -> Spectrum:
    """Return the spectrum of w, seen through the slopes at h = 0, as that of a map."""
    if not isinstance(network, Network):
        raise ValueError(f"{name}: {shown(network)} is not a Network; make one: Network(w, omega)")
    if np.any(network.decay != 1.0):
        raise ValueError(f"{name} has decay {shown(network.decay)}; measure time so that it is 1")
    slope = network.activation.slope(np.zeros(1))[0]
    if abs(slope - 1.0) > 1e-9:
        raise ValueError(
            f"{name}: {network.activation.name} has slope {slope:g} at zero; put it into w"
        )
    matrix = network.flow.jacobian(np.zeros(len(network.w))) + np.eye(len(network.w))
    return spectrum(matrix, "map", delta=network.delta)


@dataclass(frozen=True, eq=False)
class Balance:
    """A balanced oscillation: cycles per step, each unit's gain (N,), whether it came to rest."""

    frequency: float
    gains: Array
    settled: bool


def harmonic_balance(network: Network, *, start: Any = None, steps: int = 2000) -> Balance:
    r"""Let the first harmonic of an oscillation come to balance, each unit with a gain of its own.

    With :math:`h_k = \mathrm{Re}(c\, e^{i \Omega k})` and all other harmonics left out,

    .. math:: e^{i \Omega} c = (1 - \Delta) c + \Delta\, g(|w c|) \odot (w c), \qquad
       g(a) = \frac{2}{\pi a} \int_0^\pi \sigma(a \sin \varphi) \sin \varphi \, d\varphi

    is iterated until c only turns. No trajectory of the network is needed.

    Parameters
    ----------
    network : Network
        Without bias, with an odd activation and decay 1.
    start : complex array (N,), optional
        c to begin with; default: the eigenvector that leads the oscillations of w.
    steps : int
        Most iterations.

    Returns
    -------
    Balance
        Of amplitude zero, with frequency NaN, if the oscillation dies out.

    Raises
    ------
    ValueError
        On a network with a bias or another decay, an activation that is not odd, or a matrix that
        has no eigenvalue which can oscillate.

    Notes
    -----
    The describing function, a gain for each unit; Khalil, Nonlinear Systems, section 7.2.

    Examples
    --------
    >>> turn = 1.2 * np.array([[np.cos(0.5), -np.sin(0.5)], [np.sin(0.5), np.cos(0.5)]])
    >>> found = harmonic_balance(Network(turn, [[0.0], [0.0]]))
    >>> round(found.frequency * 2 * np.pi, 6), found.gains.round(3), found.settled
    (0.5, array([0.833, 0.833]), True)
    """
    _require_odd(network)
    c = _leading_vector(network) if start is None else _complex_start(start, len(network.w))
    return _iterated([network], c[None], count(steps, "steps", least=1))[0]


def harmonic_balances(networks: Sequence[Network], *, steps: int = 2000) -> tuple[Balance, ...]:
    """Return the harmonic balance of each network, from its leading eigenvector.

    What `harmonic_balance` does one by one, for many at once, and faster.

    Parameters
    ----------
    networks : sequence of Network
        Each as `harmonic_balance` needs it.
    steps : int
        Most iterations.

    Raises
    ------
    ValueError
        As `harmonic_balance`.

    Examples
    --------
    >>> turn = np.array([[np.cos(0.5), -np.sin(0.5)], [np.sin(0.5), np.cos(0.5)]])
    >>> nets = [Network(size * turn, [[0.0], [0.0]]) for size in (1.2, 1.5)]
    >>> [round(one.frequency * 2 * np.pi, 6) for one in harmonic_balances(nets)]
    [0.5, 0.5]
    """
    rounds = count(steps, "steps", least=1)
    found: dict[int, Balance] = {}
    alike: dict[Any, list[int]] = {}
    for place, network in enumerate(networks):
        _require_odd(network)
        alike.setdefault((len(network.w), network.activation.name), []).append(place)
    for places in alike.values():
        group = [networks[place] for place in places]
        start = np.array([_leading_vector(network) for network in group])
        found |= dict(zip(places, _iterated(group, start, rounds), strict=True))
    return tuple(found[place] for place in range(len(networks)))


def _iterated(networks: Sequence[Network], c: Array, steps: int) -> list[Balance]:
    """Iterate the first harmonics c (K, N) of K networks, each until it only turns."""
    w = np.array([one.w for one in networks])
    delta = np.array([one.delta for one in networks])[:, None]
    ends: list[Any] = [None] * len(networks)
    places = np.arange(len(networks))
    for left in range(steps, 0, -1):
        pair = w @ np.stack([c.real, c.imag], axis=-1)
        drive = pair[..., 0] + 1j * pair[..., 1]
        gains = _first_harmonic(networks[0], np.abs(drive))
        after = (1.0 - delta) * c + delta * gains * drive
        turn = np.angle(np.sum(c.conj() * after, axis=1))
        size = np.linalg.norm(after, axis=1)
        change = np.linalg.norm(after - np.exp(1j * turn)[:, None] * c, axis=1)
        c, settled = after, change < 1e-7 * size
        done = settled | (size < 1e-9) | (left == 1)
        for k in np.flatnonzero(done):
            told = abs(float(turn[k])) / FULL_TURN if size[k] > 1e-6 else float("nan")
            ends[places[k]] = Balance(told, gains[k].copy(), bool(settled[k]))
        if np.all(done):
            break
        if np.any(done):
            w, delta, c, places = w[~done], delta[~done], c[~done], places[~done]
    return ends


def _first_harmonic(network: Network, amplitude: Array) -> Array:
    """Return g(a), shape (..., N): the first harmonic of sigma(a sin) over a."""
    a = np.maximum(amplitude, 1e-12)[..., None]
    return np.asarray(2.0 * np.mean(network.activation(a * QUARTER) * QUARTER, axis=-1) / a[..., 0])


def _leading_vector(network: Network) -> Array:
    values, vectors = np.linalg.eig(network.w)
    turning = _turning(Spectrum(values, "map", network.delta))
    if len(turning) == 0:
        raise ValueError(f"w has the eigenvalues {shown(values)}, none can oscillate; give a start")
    vector = vectors[:, np.argmin(np.abs(values - turning[0]))]
    return np.asarray(0.5 * np.sqrt(len(values)) * vector.astype(complex))


def _complex_start(start: Any, n: int) -> Array:
    c = np.asarray(start, dtype=complex)
    if c.shape != (n,) or not np.all(np.isfinite(c)) or not np.any(c):
        raise ValueError(
            f"start = {shown(start)}; give {n} finite complex amplitudes, not all zero"
        )
    return c


def _require_odd(network: Network) -> None:
    if not isinstance(network, Network):
        raise ValueError(f"{shown(network)} is not a Network; make one: Network(w, omega)")
    if np.any(network.b != 0.0) or np.any(network.decay != 1.0):
        raise ValueError(
            f"b = {shown(network.b)}, decay = {shown(network.decay)}; one harmonic balances only "
            "without bias and with decay 1: set b to zero, and measure time so that the decay is 1"
        )
    probe = np.array([0.3, 1.0, 2.5])
    if np.any(np.abs(network.activation(probe) + network.activation(-probe)) > 1e-12):
        raise ValueError(f"{network.activation.name} is not odd; use an odd one such as tanh")
