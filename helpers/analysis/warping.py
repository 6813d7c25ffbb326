"""Warping: by which factor one path has to be played faster to be another, and what is left."""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np
from scipy.interpolate import make_interp_spline
from scipy.optimize import minimize_scalar

from helpers.dynamics._checks import Array, finite_array, shown

__all__ = ["Warp", "best_warp"]

CHOICES = 120  # factors that are tried before the best of them is refined


class Warp(NamedTuple):
    """The factor k, and the share of the variance that it leaves unexplained."""

    factor: float
    residual: float


def best_warp(a: Any, b: Any) -> Warp:
    r"""Find the factor by which b has to be played faster to be a, apart from its mean.

    .. math:: k = \arg\min_k \sum_t \bigl|\hat a(t) - \hat b(k t)\bigr|^2, \qquad
       \text{residual} = \frac{\sum_t |\hat a(t) - \hat b(k t)|^2}{\sum_t |\hat a(t)|^2}

    A hat says that the mean over these t has been taken away, for each unit its own: paths that are
    shifted against each other count as the same.

    Parameters
    ----------
    a, b : array (S,) or (S, N), and (R,) or (R, N)
        Rows t = 0, 1, ... of two paths on one clock. Between rows b is a cubic spline. Factors
        from 1/2 to (R - 1)/(S - 1) are tried, so that b should be longer than its counterpart in a.

    Returns
    -------
    Warp
        factor and residual; a residual of 1 is that of a path that stands still.

    Raises
    ------
    ValueError
        On paths of unlike widths, a path a of fewer than 3 rows or one that stands still, or a b of
        fewer than 4 rows or less than half as long as a.

    Notes
    -----
    After the analysis of Wang et al., Nature Neuroscience 21 (2018) 102.

    Examples
    --------
    >>> t = np.linspace(0.0, 2.0, 41)
    >>> fast, slow = np.sin(2 * t)[:11], 3 + np.sin(t)
    >>> warp = best_warp(fast, slow)
    >>> round(warp.factor, 4), warp.residual < 1e-9
    (2.0, True)
    """
    one, other = _path(a, "a", 3), _path(b, "b", 4)
    if one.shape[1] != other.shape[1]:
        raise ValueError(f"a has {one.shape[1]} units and b {other.shape[1]}; give both the same")
    longest, t = (len(other) - 1) / (len(one) - 1), np.arange(len(one))
    if longest <= 0.5:
        raise ValueError(f"b has {len(other)} rows for {len(one)} of a; give b more than half")
    wanted, spline = one - one.mean(axis=0), make_interp_spline(np.arange(len(other)), other, k=3)
    size = float(np.sum(wanted**2))
    if size == 0.0:
        raise ValueError("a stands still; a path that moves is needed to tell its speed")

    def left(factor: float) -> float:
        played = spline(np.minimum(factor * t, len(other) - 1))
        return float(np.sum((wanted - played + played.mean(axis=0)) ** 2) / size)

    grid = np.geomspace(0.5, longest, CHOICES)
    near = int(np.argmin([left(factor) for factor in grid]))
    bounds = grid[max(near - 1, 0)], grid[min(near + 1, CHOICES - 1)]
    found = minimize_scalar(left, bounds=bounds, method="bounded", options={"xatol": 1e-10})
    return Warp(float(found.x), float(found.fun))


def _path(value: Any, name: str, least: int) -> Array:
    rows = np.asarray(value)
    path = finite_array(rows[:, None] if rows.ndim == 1 else rows, name, (None, None))
    if len(path) < least:
        raise ValueError(f"{name} = {shown(value)}; a path needs at least {least} rows")
    return path
