"""What an ensemble of matrices says: numbers of one matrix, and intervals of many."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from scipy import stats

from helpers.analysis.spectra import henrici
from helpers.analysis.transients import numerical_abscissa
from helpers.dynamics._checks import (
    Array,
    count,
    finite_array,
    generator,
    no_nan,
    positive,
    shown,
    square,
)

__all__ = [
    "Estimate",
    "Summary",
    "curve_shape",
    "holm",
    "mean_of",
    "outside",
    "share_of",
    "share_text",
    "summarise",
]

LEVEL = 0.95
RESAMPLES = 2000


@dataclass(frozen=True)
class Estimate:
    """A number measured on n networks, with the ends of its 95 per cent interval.

    Parameters
    ----------
    value, low, high : float
        The number and the two ends, low at most high.
    n : int
        How many networks it rests on.

    Raises
    ------
    ValueError
        If the ends are the wrong way round, or n is not a positive whole number.

    Examples
    --------
    >>> Estimate(0.25, 0.1, 0.5, 12).text(".2f")
    '0.25 (0.10 to 0.50)'
    """

    value: float
    low: float
    high: float
    n: int

    def __post_init__(self) -> None:
        count(self.n, "n", least=1)
        if not self.low <= self.high:
            raise ValueError(f"low = {self.low!r}, high = {self.high!r}; exchange them")

    def text(self, form: str) -> str:
        """Return the number and its interval, each written in this form."""
        value, low, high = (format(x, form) for x in (self.value, self.low, self.high))
        return f"{value} ({low} to {high})"


def share_of(found: Any) -> Estimate:
    r"""Return the share of networks of which something is true, with Wilson's interval.

    .. math:: |p - \hat p| \le z\,\sqrt{p (1 - p) / n}

    holds for the shares p of the interval, with z = 1.96: no interval of a count is empty, even
    where all networks agree.

    Parameters
    ----------
    found : array (n networks,)
        True or False for each network.

    Raises
    ------
    ValueError
        If there is no network, or an entry is neither true nor false.

    Notes
    -----
    Wilson, Journal of the American Statistical Association 22 (1927).

    Examples
    --------
    >>> share_of([True] * 9 + [False] * 3).text(".2f")
    '0.75 (0.47 to 0.91)'
    """
    told = _row(found, "found")
    if not np.all((told == 0) | (told == 1)):
        raise ValueError(f"found = {shown(found)}; give True or False for each network")
    whole = stats.binomtest(int(told.sum()), len(told)).proportion_ci(LEVEL, method="wilson")
    return Estimate(float(told.mean()), float(whole.low), float(whole.high), len(told))


def share_text(found: Any) -> str:
    """Return the same count as words: so many of so many, with Wilson's interval in per cent.

    Parameters
    ----------
    found : array (n networks,)
        True or False for each network.

    Raises
    ------
    ValueError
        If there is no network, or an entry is neither true nor false.

    Examples
    --------
    >>> share_text([True] * 9 + [False] * 3)
    '9 of 12 (47 to 91 %)'
    """
    part = share_of(found)
    ends = f"{100 * part.low:.0f} to {100 * part.high:.0f} %"
    return f"{round(part.value * part.n)} of {part.n} ({ends})"


def mean_of(values: Any, *, rng: np.random.Generator | None = None) -> Estimate:
    """Return the mean over networks, with the interval of the percentile bootstrap.

    Parameters
    ----------
    values : array (n networks,)
        A number for each network.
    rng : numpy.random.Generator, optional
        Draws the resamples; None: a fixed seed.

    Raises
    ------
    ValueError
        If there are fewer than two networks, or a number is not finite.

    Notes
    -----
    Efron and Tibshirani, An Introduction to the Bootstrap (1993), chapter 13.

    Examples
    --------
    >>> mean_of([1.0, 2.0, 3.0, 4.0]).text(".1f")
    '2.5 (1.5 to 3.5)'
    """
    row = _row(values, "values")
    if len(row) < 2:
        raise ValueError(f"values has {len(row)} number; a spread needs two networks or more")
    draws = np.random.default_rng(0) if rng is None else generator(rng)
    means = row[draws.integers(len(row), size=(RESAMPLES, len(row)))].mean(axis=1)
    low, high = np.quantile(means, [(1 - LEVEL) / 2, (1 + LEVEL) / 2])
    return Estimate(float(row.mean()), float(low), float(high), len(row))


def holm(p_values: Any) -> Array:
    r"""Return p-values adjusted for their number, so that 5 per cent is the risk of any error.

    .. math:: \tilde p_{(k)} = \max_{j \le k} \min\{1, (m - j + 1)\, p_{(j)}\}

    Parameters
    ----------
    p_values : array (m tests,)
        One a test, in any order; they may depend on one another.

    Raises
    ------
    ValueError
        If there is none, or one is not between 0 and 1.

    Notes
    -----
    Holm, Scandinavian Journal of Statistics 6 (1979).

    Examples
    --------
    >>> holm([0.01, 0.04, 0.03])
    array([0.03, 0.06, 0.06])
    """
    p = _row(p_values, "p_values")
    if np.any((p < 0) | (p > 1)):
        raise ValueError(f"p_values = {shown(p_values)}; a p-value is between 0 and 1")
    order = np.argsort(p)
    stepped = np.minimum(1.0, p[order] * np.arange(len(p), 0, -1))
    adjusted = np.empty_like(p)
    adjusted[order] = np.maximum.accumulate(stepped)
    return adjusted


@dataclass(frozen=True, eq=False)
class Summary:
    """What the chapters report of one matrix.

    Parameters
    ----------
    mean, sd, skewness, kurtosis : float
        Of its entries; the kurtosis is the excess over a Gaussian's.
    henrici : float
        Departure from normality, relative to the norm.
    symmetric : float
        Largest eigenvalue of the symmetric part.
    values : complex array (N,)
        Eigenvalues.
    """

    mean: float
    sd: float
    skewness: float
    kurtosis: float
    henrici: float
    symmetric: float
    values: Array


def summarise(w: Any) -> Summary:
    """Return the numbers that the chapters report of one matrix.

    Parameters
    ----------
    w : array (N, N)
        A recurrent matrix, whose entries are not all the same.

    Raises
    ------
    ValueError
        If w is not a finite square matrix, or its entries do not differ.

    Examples
    --------
    >>> found = summarise([[0.0, 2.0], [0.0, 0.0]])
    >>> found.mean, found.henrici, found.symmetric
    (0.5, 1.0, 1.0)
    """
    matrix = square(w, "w")
    entries = matrix.ravel()
    _spread(entries, "w")
    return Summary(
        float(entries.mean()),
        float(entries.std()),
        *_shape(entries),
        henrici(matrix),
        numerical_abscissa(matrix),
        np.linalg.eigvals(matrix),
    )


def outside(values: Any, threshold: float) -> tuple[int, int]:
    """Count the eigenvalues of a real matrix with modulus above a threshold: real ones, pairs.

    Parameters
    ----------
    values : array (N,)
        All eigenvalues; complex ones come in conjugate pairs.
    threshold : float
        A modulus; the unit circle has 1.

    Returns
    -------
    real, pairs : int
        The number outside is real + 2 pairs.

    Raises
    ------
    ValueError
        If the threshold is not positive, or an eigenvalue has lost its conjugate.

    Examples
    --------
    >>> outside([1.2, -1.1, 0.9 + 0.7j, 0.9 - 0.7j, 0.3], 1.05)
    (2, 1)
    """
    row = no_nan(np.asarray(values, dtype=complex), "values")
    far = row[np.abs(row) > positive(threshold, "threshold")]
    upper, lower = int(np.sum(far.imag > 0)), int(np.sum(far.imag < 0))
    if row.ndim != 1 or upper != lower:
        raise ValueError(f"values = {shown(values)}; give the whole spectrum of a real matrix")
    return len(far) - 2 * upper, upper


def curve_shape(w: Any, *, bins: int = 200) -> tuple[float, float]:
    r"""Return skewness and excess kurtosis of the ordinates of a Gaussian fitted to a histogram.

    The ordinates are those of :math:`e^{-(e_i - m)^2 / 2 s^2}` at the edges of the bins, equally
    spaced from the smallest weight to the largest. They are heights of a curve, and no weights.

    Parameters
    ----------
    w : array (N, N)
        The weights: m and s are their mean and standard deviation.
    bins : int
        Number of bins; there is one edge more.

    Raises
    ------
    ValueError
        If w is not a finite square matrix, its entries do not differ, or there are too few bins.

    Examples
    --------
    >>> w = np.random.default_rng(0).standard_normal((50, 50))
    >>> skewness, kurtosis = curve_shape(w)
    >>> round(skewness, 1), round(kurtosis, 1)
    (0.6, -1.2)
    """
    entries = square(w, "w").ravel()
    edges = np.linspace(entries.min(), entries.max(), count(bins, "bins", least=2) + 1)
    heights = np.exp(-(((edges - entries.mean()) / _spread(entries, "w")) ** 2) / 2)
    return _shape(heights)


def _shape(values: Array) -> tuple[float, float]:
    """Return the skewness and the excess kurtosis."""
    z = (values - values.mean()) / values.std()
    square = z * z
    return float(np.mean(square * z)), float(np.mean(square * square) - 3.0)


def _spread(entries: Array, name: str) -> float:
    if np.ptp(entries) == 0.0:
        raise ValueError(
            f"every entry of {name} is {entries[0]:g}; a shape needs weights that differ"
        )
    return float(entries.std())


def _row(value: Any, name: str) -> Array:
    row = finite_array(value, name, (None,))
    if len(row) == 0:
        raise ValueError(f"{name} is empty; give one entry for each network or test")
    return row
