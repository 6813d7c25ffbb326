r"""Harmonic balance: the gain at which an oscillation neither grows nor shrinks.

With one gain for all units the eigenvalues of w decide, and `balance` says what each announces.
Where that is too coarse, `harmonic_balance` gives each unit a gain of its own.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from helpers.analysis.spectra import Spectrum
from helpers.dynamics._checks import Array, count, positive, shown
from helpers.networks.network import Network

__all__ = ["Balance", "balance", "harmonic_balance", "harmonic_balances", "turning"]

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


def turning(values: Spectrum) -> Array:
    """Return the eigenvalues that can oscillate, of a pair the upper, the least gain first.

    Parameters
    ----------
    values : Spectrum
        Of w as a map, with the step or the leak of the network as its delta, at most 1.

    Raises
    ------
    ValueError
        If the spectrum is that of a flow.

    Examples
    --------
    >>> turning(Spectrum([1.3, 0.9 + 0.8j, 0.9 - 0.8j, -1.1], "map", 1.0))
    array([ 0.9+0.8j, -1.1+0.j ])
    """
    if values.kind != "map":
        raise ValueError(f'kind = {values.kind!r}; make the spectrum of w with kind="map"')
    found = values.values
    found = found[(found.imag > 0) | ((found.imag == 0) & (found.real < 0))]
    gains = [balance(value, delta=values.delta)[0] for value in found]
    return np.asarray(found[np.argsort(gains, kind="stable")])


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
        drive = _driven(w, c)
        gains = _first_harmonic(networks[0], np.abs(drive))
        after = (1.0 - delta) * c + delta * gains * drive
        turn = np.angle(np.sum(c.conj() * after, axis=1))
        size = np.linalg.norm(after, axis=1)
        change = np.linalg.norm(after - np.exp(1j * turn)[:, None] * c, axis=1)
        c, settled = after, change < 1e-7 * size
        done = settled | (size < 1e-9) | (left == 1)
        told = np.where(size > 1e-6, np.abs(turn) / FULL_TURN, np.nan)
        for k in np.flatnonzero(done):
            ends[places[k]] = Balance(float(told[k]), gains[k].copy(), bool(settled[k]))
        if np.all(done):
            break
        w, delta, c, places = w[~done], delta[~done], c[~done], places[~done]
    return ends


def _driven(w: Array, c: Array) -> Array:
    """Return w c for each network: a real matrix takes the two parts of c side by side."""
    pair = w @ np.stack([c.real, c.imag], axis=-1)
    return np.asarray(pair[..., 0] + 1j * pair[..., 1])


def _first_harmonic(network: Network, amplitude: Array) -> Array:
    """Return g(a), shape (..., N): the first harmonic of sigma(a sin) over a."""
    a = np.maximum(amplitude, 1e-12)[..., None]
    return np.asarray(2.0 * np.mean(network.activation(a * QUARTER) * QUARTER, axis=-1) / a[..., 0])


def _leading_vector(network: Network) -> Array:
    values, vectors = np.linalg.eig(network.w)
    able = turning(Spectrum(values, "map", network.delta))
    if len(able) == 0:
        raise ValueError(f"w has the eigenvalues {shown(values)}, none can oscillate; give a start")
    vector = vectors[:, np.argmin(np.abs(values - able[0]))]
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
