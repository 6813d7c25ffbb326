r"""Frequencies: the one a spectrum announces, by several formulas, and the one a trajectory has.

All are in cycles per step of a map, or per unit of time of a flow.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from helpers.analysis.spectra import Spectrum
from helpers.dynamics._checks import Array, no_nan, shown

__all__ = ["FORMULAS", "announced_frequency", "leading_oscillation", "measured_frequency"]

FULL_TURN = 2 * np.pi
LOWEST = 12  # bins of the padded spectrum, eight to a cycle in T steps
# From an eigenvalue of w to cycles per step. "angle" is the map's; "imaginary" holds at the onset
# of an oscillation of the flow and "saturated" well beyond it; "printed" is the paper's equation
# (10).
FORMULAS: dict[str, Callable[[complex], float]] = {
    "angle": lambda value: float(abs(np.angle(value)) / FULL_TURN),
    "imaginary": lambda value: float(abs(value.imag) / FULL_TURN),
    "printed": lambda value: float(abs(np.divide(value.real, FULL_TURN * value.imag))),
    "saturated": lambda value: float(abs(np.divide(value.imag, FULL_TURN * value.real))),
}


def leading_oscillation(spectrum: Spectrum) -> complex | None:
    """Return the eigenvalue that leads the oscillations, or None if none can oscillate.

    Parameters
    ----------
    spectrum : Spectrum
        Of a map: of the eigenvalues that are not positive real, the one of largest modulus, since
        a negative one flips its mode at each step. Of a flow: of those that are not real, the one
        of largest real part.

    Returns
    -------
    complex or None
        The member of a conjugate pair with positive imaginary part.

    Raises
    ------
    ValueError
        If it is not given a spectrum, since a bare matrix does not say whether it steps or flows.

    Examples
    --------
    >>> leading_oscillation(Spectrum([1.3, 0.9 + 0.8j, 0.9 - 0.8j, -1.1], "map", 1.0))
    (0.9+0.8j)
    """
    if not isinstance(spectrum, Spectrum):
        raise ValueError(f"{shown(spectrum)} is not a Spectrum; spectrum(matrix, kind) makes one")
    values = spectrum.values
    turning = values.imag != 0
    if spectrum.kind == "map":
        turning |= values.real < 0
    if not np.any(turning):
        return None
    size = np.abs(values) if spectrum.kind == "map" else values.real
    lead = values[turning][np.argmax(size[turning])]
    return complex(lead.real, abs(lead.imag))


def announced_frequency(spectrum: Spectrum, *, formula: str = "angle") -> float:
    r"""Return the frequency that the leading oscillation of a map's matrix w announces.

    .. math:: f = \frac{|\arg \lambda|}{2\pi}

    Parameters
    ----------
    spectrum : Spectrum
        Of w, as a map: the trained map :math:`h_{t+1} = \sigma(w h_t)` has it at h = 0.
    formula : "angle", "imaginary", "printed" or "saturated"
        In this order arg/2pi, Im/2pi, Re/(2pi Im) as equation (10) is printed, and Im/(2pi Re).

    Returns
    -------
    float
        Cycles per step; NaN if no eigenvalue can oscillate.

    Raises
    ------
    ValueError
        On another formula, or the spectrum of a flow.

    Notes
    -----
    Exact for linear maps. With saturation it rests on one gain for all units near 1: moduli of 1.1
    to 1.5. Equations (3) and (10) of Jarne (arXiv 2005.13074).

    Examples
    --------
    >>> announced_frequency(Spectrum([-1.1, 0.5], "map", 1.0))
    0.5
    """
    if formula not in FORMULAS:
        raise ValueError(f"formula = {formula!r}; choose from {', '.join(FORMULAS)}")
    lead = leading_oscillation(spectrum)
    if spectrum.kind != "map":
        raise ValueError('the formulas are for a map; make the spectrum with kind="map"')
    with np.errstate(divide="ignore"):
        return float("nan") if lead is None else FORMULAS[formula](lead)


def measured_frequency(h: Any) -> tuple[Array, Array]:
    r"""Return the frequency of the highest peak of the power spectrum, and the peak's share.

    Parameters
    ----------
    h : array (T, ..., N)
        States, one step apart, T at least 32: a stationary stretch. The power of the units is
        added up.

    Returns
    -------
    frequency, share : arrays (...)
        Cycles per step, at most 1/2, and the share of the power within two bins of T points around
        the peak. NaN and 0 for a state that does not move.

    Raises
    ------
    ValueError
        If there are fewer than 32 rows, a NaN, or complex states.

    Notes
    -----
    Hann window, padded eightfold, a parabola through the logarithms at the peak; frequencies below
    1.5/T are left out, since the window smears the mean up to there.

    Examples
    --------
    >>> t = np.arange(400)
    >>> frequency, share = measured_frequency(np.cos(2 * np.pi * 0.0731 * t)[:, None])
    >>> round(float(frequency), 5)
    0.0731
    """
    if np.iscomplexobj(h):
        raise ValueError(f"h = {shown(h)} is complex; give the real states")
    states = no_nan(np.asarray(h, dtype=float), "h")
    if states.ndim < 2 or len(states) < 32:
        raise ValueError(f"h has shape {states.shape}; give at least 32 rows of N units")
    length = len(states)
    moving = states - states.mean(axis=0)
    window = np.hanning(length + 1)[:-1].reshape(-1, *[1] * (states.ndim - 1))
    power = _power(moving * window)
    peak, share = _peak(power[LOWEST:].reshape(len(power) - LOWEST, -1))
    still = np.max(np.abs(moving), axis=(0, -1)) < 1e-9
    frequency = np.where(still, np.nan, (LOWEST + peak).reshape(still.shape) / (8 * length))
    return frequency, np.where(still, 0.0, share.reshape(still.shape))


def _power(states: Array) -> Array:
    """Return the power of all units together, shape (4 T + 1, ...), eight bins to a cycle in T.

    By way of the correlations, so that one long transform does for all units.
    """
    length = len(states)
    twice = np.fft.rfft(np.moveaxis(states, 0, -1), 2 * length)
    together = np.sum(twice.real**2 + twice.imag**2, axis=-2)
    correlation = np.fft.irfft(together, 2 * length)
    padded = np.zeros((*correlation.shape[:-1], 8 * length))
    padded[..., :length] = correlation[..., :length]
    padded[..., 1 - length :] = correlation[..., 1 - length :]
    return np.moveaxis(np.maximum(np.fft.rfft(padded).real, 0.0), -1, 0)


def _peak(power: Array) -> tuple[Array, Array]:
    """Return the highest place of each column, between the bins, and the share of power there."""
    top, columns = np.argmax(power, axis=0), np.arange(power.shape[1])
    floor = np.finfo(float).tiny
    inner = np.clip(top, 1, len(power) - 2)
    left, middle, right = (np.log(power[inner + k, columns] + floor) for k in (-1, 0, 1))
    bend = left - 2 * middle + right
    shift = np.where(bend < 0, 0.5 * (left - right) / np.where(bend < 0, bend, 1.0), 0.0)
    # At the two ends there is no parabola; half the sampling rate is such an end.
    shift = np.where(inner == top, np.clip(shift, -0.5, 0.5), 0.0)
    near = np.abs(np.arange(len(power))[:, None] - top) <= 16
    total = np.maximum(power.sum(axis=0), floor)
    return top + shift, (power * near).sum(axis=0) / total
