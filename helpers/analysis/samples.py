r"""Numbers measured on networks, with intervals that resample networks and not their states.

A `Sample` has a line for each network, and makes its number out of means over these lines: a share,
a mean, a difference, a slope, a correlation.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

import numpy as np
from scipy import stats

from helpers.dynamics._checks import Array, finite_array, shown

__all__ = [
    "Sample",
    "average",
    "average_over_states",
    "difference",
    "one_minus_slope",
    "rank_correlation",
    "share",
]

RESAMPLES = 9_999  # the smallest risk that they tell from zero is 2 in 10 000


def _only(mean: Array) -> Array:
    return mean


@dataclass(frozen=True, eq=False)
class Sample:
    """A number measured on networks in one setting: a function of means over networks.

    Parameters
    ----------
    columns : array (n networks, K)
        A line for each network, however many states went into it.
    of : function of K means
        Makes the number out of the K means; default: the mean of the one column.
    setting : str
        What was set: a threshold, a task.
    yes_or_no : bool
        Whether the number is the share of networks of which something is true.

    Raises
    ------
    ValueError
        If there are fewer than two networks, or an entry is not a finite number.

    Examples
    --------
    >>> Sample([[1.0, 2.0], [3.0, 2.0]], of=lambda a, b: a / b).value
    1.0
    """

    columns: Any
    of: Callable[..., Any] = _only
    setting: str = ""
    yes_or_no: bool = False

    def __post_init__(self) -> None:
        lines = finite_array(self.columns, "columns", (None, None))
        if len(lines) < 2:
            raise ValueError(f"columns has {len(lines)} lines; an interval needs two networks")
        object.__setattr__(self, "columns", lines)

    @property
    def n(self) -> int:
        """How many networks it rests on."""
        return len(self.columns)

    @property
    def value(self) -> float:
        """The number."""
        return float(self.of(*self.columns.mean(axis=0)))

    @property
    def count(self) -> str:
        """Of a share: so many of so many."""
        return f"{int(self.columns.sum())} of {self.n}"

    def p_value(self, bound: float) -> float:
        """Return the smallest risk at which the interval leaves this bound out."""
        if self.yes_or_no:
            return float(2 * stats.norm.sf(_wilson_distance(self.value, self.n, bound)))
        draws = self.draws()
        beyond = min(np.sum(draws <= bound), np.sum(draws >= bound))
        return float(min(1.0, 2 * (beyond + 1) / (len(draws) + 1)))

    def interval(self, risk: float) -> tuple[float, float]:
        """Return the ends of the interval that misses the truth with this risk."""
        if self.yes_or_no:
            return _wilson(self.value, self.n, float(stats.norm.isf(risk / 2)))
        draws = self.draws()
        last = max(int(risk / 2 * (len(draws) + 1) + 1e-9) - 1, 0)
        return float(draws[last]), float(draws[-1 - last])

    def draws(self) -> Array:
        """Return the number in resamples of the networks, in order; undefined ones are left out."""
        weights = _weights(self.n) / self.n
        with np.errstate(divide="ignore", invalid="ignore"):
            found = np.asarray(self.of(*(weights @ self.columns).T))
        return np.sort(found[np.isfinite(found)])


@lru_cache(maxsize=64)
def _weights(n: int) -> Array:
    """Return how often each of n networks is drawn, (resamples, n): the same for all samples."""
    drawn = np.random.default_rng(n).integers(n, size=(RESAMPLES, n))
    places = drawn + n * np.arange(RESAMPLES)[:, None]
    counts = np.bincount(places.ravel(), minlength=RESAMPLES * n)
    return counts.reshape(RESAMPLES, n).astype(np.uint8)


def _wilson_distance(share: float, n: int, bound: float) -> float:
    return float(abs(share - bound) / np.sqrt(bound * (1 - bound) / n))


def _wilson(share: float, n: int, z: float) -> tuple[float, float]:
    middle, over = share + z**2 / (2 * n), 1 + z**2 / n
    half = z * np.sqrt(share * (1 - share) / n + (z / (2 * n)) ** 2)
    return float((middle - half) / over), float((middle + half) / over)


def share(found: Any, setting: str = "") -> Sample:
    """Return the share of networks of which something is true; its interval is Wilson's.

    Parameters
    ----------
    found : array (n networks,)
        True or False for each network.
    setting : str
        What was set.

    Raises
    ------
    ValueError
        If an entry is neither true nor false, or there are fewer than two networks.

    Notes
    -----
    Wilson, Journal of the American Statistical Association 22 (1927).

    Examples
    --------
    >>> low, high = share([True] * 9 + [False] * 3).interval(0.05)
    >>> round(low, 2), round(high, 2)
    (0.47, 0.91)
    """
    told = finite_array(found, "found", (None,))
    if not np.all((told == 0) | (told == 1)):
        raise ValueError(f"found = {shown(found)}; give True or False for each network")
    return Sample(told[:, None], setting=setting, yes_or_no=True)


def average(values: Any, setting: str = "") -> Sample:
    """Return the mean of one number a network; its interval is the bootstrap's.

    Parameters
    ----------
    values : array (n networks,)
        A number for each network.
    setting : str
        What was set.

    Raises
    ------
    ValueError
        If there are fewer than two networks, or a number is not finite.

    Notes
    -----
    Percentile bootstrap; Efron and Tibshirani, An Introduction to the Bootstrap (1993), chapter 13.

    Examples
    --------
    >>> average([1.0, 2.0, 3.0, 4.0]).interval(0.05)
    (1.5, 3.5)
    """
    return Sample(finite_array(values, "values", (None,))[:, None], setting=setting)


def average_over_states(values: Any, networks: Any, setting: str = "") -> Sample:
    """Return the mean over states, of which a network may have several; networks are resampled.

    Parameters
    ----------
    values : array (states,)
        A number, or True or False, for each state.
    networks : sequence of names, or of numbers
        The network that each state belongs to.
    setting : str
        What was set.

    Raises
    ------
    ValueError
        If there are not as many names as values, or fewer than two networks.

    Examples
    --------
    >>> one = average_over_states([1, 1, 1, 0], ["a", "a", "a", "b"])
    >>> one.value, one.n
    (0.75, 2)
    """
    row = finite_array(values, "values", (None,))
    names, places = np.unique(np.asarray(networks), return_inverse=True)
    if places.shape != row.shape:
        raise ValueError(f"{len(row)} values of {len(places)} networks; name one for each value")
    sums = np.bincount(places, weights=row, minlength=len(names))
    lines = np.column_stack([sums, np.bincount(places)])
    return Sample(lines, of=lambda total, states: total / states, setting=setting)


def difference(values: Any, first: Any, setting: str = "") -> Sample:
    """Return by how much the mean of some networks exceeds the mean of the others.

    Parameters
    ----------
    values : array (n networks,)
        A number for each network.
    first : array (n networks,)
        True for those whose mean comes first.
    setting : str
        What was set.

    Raises
    ------
    ValueError
        If one of the two groups is empty, or the arrays do not fit.

    Examples
    --------
    >>> difference([1.0, 2.0, 5.0, 6.0], [False, False, True, True]).value
    4.0
    """
    row = finite_array(values, "values", (None,))
    one = finite_array(first, "first", (len(row),))
    if not (np.all((one == 0) | (one == 1)) and 0 < one.sum() < len(one)):
        raise ValueError(f"first = {shown(first)}; some of the networks, and not all, are in it")
    lines = np.column_stack([row * one, one, row * (1 - one), 1 - one])
    return Sample(lines, of=lambda a, na, b, nb: a / na - b / nb, setting=setting)


def one_minus_slope(before: Any, after: Any, setting: str = "") -> Sample:
    """Return 1 less the least-squares slope of "after" on "before", one point a network.

    Parameters
    ----------
    before, after : array (n networks,)
        The same number of each network, before and after training.
    setting : str
        What was set.

    Raises
    ------
    ValueError
        If the arrays do not fit, or all points stand above one another.

    Examples
    --------
    >>> round(one_minus_slope([0.0, 1.0, 2.0], [5.0, 5.9, 6.8]).value, 12)
    0.1
    """
    x = finite_array(before, "before", (None,))
    y = finite_array(after, "after", (len(x),))
    if np.ptp(x) == 0.0:
        raise ValueError(f"before is {x[0]:g} for all networks; a slope needs a spread")
    # Moments about the middle, in units of the spread, so that little is lost to rounding.
    x, y = (x - x.mean()) / x.std(), (y - y.mean()) / x.std()
    lines = np.column_stack([x, y, x * x, x * y])
    return Sample(
        lines, of=lambda mx, my, xx, xy: 1 - (xy - mx * my) / (xx - mx * mx), setting=setting
    )


def rank_correlation(one: Any, other: Any, setting: str = "") -> Sample:
    """Return Spearman's correlation, 1 if two numbers put the networks in the same order.

    Parameters
    ----------
    one, other : array (n networks,)
        Two numbers for each network.
    setting : str
        What was set.

    Raises
    ------
    ValueError
        If the arrays do not fit, or one of the numbers is the same for all.

    Notes
    -----
    The ranks are those among all networks, also in a resample of them.

    Examples
    --------
    >>> rank_correlation([1.0, 2.0, 3.0], [1.0, 8.0, 27.0]).value
    1.0
    """
    first = finite_array(one, "one", (None,))
    second = finite_array(other, "other", (len(first),))
    if np.ptp(first) == 0.0 or np.ptp(second) == 0.0:
        raise ValueError("one of the two numbers is the same for all networks, so it has no order")
    a, b = (stats.zscore(stats.rankdata(row)) for row in (first, second))
    lines = np.column_stack([a, b, a * a, b * b, a * b])
    return Sample(lines, of=_correlation, setting=setting)


def _correlation(a: Array, b: Array, aa: Array, bb: Array, ab: Array) -> Array:
    return np.asarray(np.round((ab - a * b) / np.sqrt((aa - a * a) * (bb - b * b)), 12))
