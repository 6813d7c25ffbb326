r"""Transients of linear systems: what a matrix does before its eigenvalues decide.

The matrix is that of h' = A h (a flow) or of h+ = A h (a map), and `kind` says which. Sizes are
Euclidean norms of states, and the largest factors by which they change.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from scipy.linalg import expm

from helpers.dynamics._checks import Array, finite_array, shown, square

__all__ = [
    "extreme_starts",
    "kreiss_bound",
    "numerical_abscissa",
    "smallest_singular_values",
    "transient_gain",
]


def numerical_abscissa(matrix: Any) -> float:
    r"""Return the fastest rate at which |h| can grow under h' = A h, over all states.

    .. math:: \omega(A) = \lambda_{\max}\bigl(\tfrac12(A + A^\top)\bigr)
       = \frac{d}{dt}\Bigl|_{0^+} \|e^{tA}\|_2

    Parameters
    ----------
    matrix : array (N, N)
        A. For a network at rest, h' = (w - I) h, it is that of w less one.

    Returns
    -------
    float
        Never below the largest real part of an eigenvalue, and equal to it for a normal matrix.

    Raises
    ------
    ValueError
        If A is not a finite square matrix.

    Notes
    -----
    Trefethen and Embree, Spectra and Pseudospectra (2005), chapter 17.

    Examples
    --------
    >>> numerical_abscissa([[0.0, 3.0], [0.0, 0.0]])
    1.5
    """
    A = square(matrix, "matrix")
    return float(np.linalg.eigvalsh((A + A.T) / 2)[-1])


def transient_gain(matrix: Any, kind: str, times: Any) -> Array:
    r"""Return the largest factor by which |h| has changed at each time, over all starts.

    .. math:: g(t) = \|e^{tA}\|_2 \quad \text{(flow)}, \qquad g(k) = \|A^k\|_2 \quad \text{(map)}

    Parameters
    ----------
    matrix : array (N, N)
        A.
    kind : "flow" or "map"
        What it is the matrix of.
    times : array (T,)
        Times, not negative; for a map numbers of steps.

    Returns
    -------
    array (T,)
        The gains, 1 at time 0.

    Raises
    ------
    ValueError
        On an unknown kind, negative times, steps that are no whole numbers, or a gain too large
        for a float.

    Notes
    -----
    Trefethen and Embree, Spectra and Pseudospectra (2005), chapters 15 and 16.

    Examples
    --------
    >>> transient_gain([[0.0, 3.0], [0.0, 0.0]], "map", [0, 1, 2])
    array([1., 3., 0.])
    """
    return np.asarray(np.linalg.norm(_propagators(matrix, kind, times), 2, axis=(-2, -1)))


def extreme_starts(matrix: Any, kind: str, time: float) -> tuple[Array, Array]:
    r"""Return the unit states that have grown the most, and the least, at one time.

    .. math:: e^{tA} \text{ or } A^k = U S V^\top, \qquad h_0 = v_1 \text{ and } h_0 = v_N

    Parameters
    ----------
    matrix : array (N, N)
        A.
    kind : "flow" or "map"
        What it is the matrix of.
    time : float
        When they are compared; for a map a number of steps.

    Returns
    -------
    best, worst : array (N,)
        Of the two signs that a start has, the one with a positive entry of largest size.

    Raises
    ------
    ValueError
        As for `transient_gain`.

    Notes
    -----
    The right singular vectors of the propagator: v_1 is where the growth starts, u_1 where it ends.

    Examples
    --------
    >>> [abs(start).tolist() for start in extreme_starts([[0.0, 3.0], [0.0, 0.0]], "map", 1)]
    [[0.0, 1.0], [1.0, 0.0]]
    """
    rows = np.linalg.svd(_propagators(matrix, kind, [time])[0])[2][[0, -1]]
    leading = np.argmax(np.abs(rows), axis=1)
    best, worst = rows * np.sign(rows[[0, 1], leading])[:, None]
    return best, worst


def smallest_singular_values(matrix: Any, grid: Any) -> Array:
    r"""Return the distance from A to a matrix that has the eigenvalue z, for each z of a grid.

    .. math:: \sigma_{\min}(zI - A) = \min\{\|E\|_2 : z \in \operatorname{spec}(A + E)\}
       = 1 / \|(zI - A)^{-1}\|_2

    Parameters
    ----------
    matrix : array (N, N)
        A.
    grid : complex array (...)
        Points z of the plane. A real matrix has the same values at z and its conjugate, so half
        of the plane will do.

    Returns
    -------
    array (...)
        Where they are below epsilon is the epsilon-pseudospectrum of A.

    Raises
    ------
    ValueError
        If A is not a finite square matrix, or a point is not a finite number.

    Notes
    -----
    Trefethen and Embree, Spectra and Pseudospectra (2005), section 2.

    Examples
    --------
    >>> smallest_singular_values([[1.0, 0.0], [0.0, -1.0]], [1.5, 2j]).round(3)
    array([0.5  , 2.236])
    """
    A, z = square(matrix, "matrix"), _points(grid)
    shifted = z[..., None, None] * np.eye(len(A)) - A
    return np.asarray(np.linalg.svd(shifted, compute_uv=False)[..., -1])


def kreiss_bound(matrix: Any, kind: str, grid: Any) -> float:
    r"""Return a number that the largest gain over all times is never below, from a few points.

    .. math:: \sup_k \|A^k\| \ge \max_z \frac{|z| - 1}{\sigma_{\min}(zI - A)}, \qquad
       \sup_t \|e^{tA}\| \ge \max_z \frac{\operatorname{Re} z}{\sigma_{\min}(zI - A)}

    Parameters
    ----------
    matrix : array (N, N)
        A. Divide a map's by its spectral radius, or subtract a flow's spectral abscissa times I,
        to bound the gain relative to the slowest mode.
    kind : "flow" or "map"
        What it is the matrix of.
    grid : complex array (...)
        Points z; those inside the unit circle (map) or left of the imaginary axis (flow) say
        nothing. More points can only raise the bound.

    Returns
    -------
    float
        Infinite where a point is an eigenvalue outside.

    Raises
    ------
    ValueError
        On an unknown kind, or if no point lies outside.

    Notes
    -----
    The easy half of the theorem of Kreiss (BIT 2, 1962). Trefethen and Embree (2005), chapter 18.

    Examples
    --------
    >>> round(kreiss_bound([[0.0, 8.0], [0.0, 0.0]], "map", [1.5, 2.0, 3.0]), 3)
    2.118
    """
    z = _points(grid)
    outside = np.abs(z) - 1 if _known(kind) == "map" else z.real
    if not np.any(outside > 0):
        where = "outside the unit circle" if kind == "map" else "right of the imaginary axis"
        raise ValueError(f"grid = {shown(grid)} has no point {where}; extend it")
    with np.errstate(divide="ignore"):
        ratio = outside[outside > 0] / smallest_singular_values(matrix, z[outside > 0])
    return float(np.max(ratio))


def _propagators(matrix: Any, kind: str, times: Any) -> Array:
    """Return exp(tA), or A^k, for each time: shape (T, N, N)."""
    A, t = square(matrix, "matrix"), finite_array(times, "times", (None,))
    if np.any(t < 0):
        raise ValueError(f"times = {shown(times)}; a gain is over times from 0 on")
    with np.errstate(over="ignore", invalid="ignore"):
        if _known(kind) == "flow":
            grown = expm(t[:, None, None] * A)
        else:
            grown = np.array([np.linalg.matrix_power(A, k) for k in _steps(t)])
    if not np.all(np.isfinite(grown)):
        raise ValueError(f"times = {shown(times)}; by then the gain is beyond a float: stop before")
    return np.asarray(grown.reshape(len(t), *A.shape))


def _steps(times: Array) -> list[int]:
    if np.any(times != np.round(times)):
        raise ValueError(f"times = {shown(times)}; a map has whole numbers of steps")
    return [int(k) for k in times]


def _points(grid: Any) -> Array:
    z = np.asarray(grid)
    if z.dtype.kind not in "fciu" or not np.all(np.isfinite(z)):
        raise ValueError(f"grid = {shown(grid)}; give finite complex numbers")
    return z


def _known(kind: str) -> str:
    if kind not in ("flow", "map"):
        raise ValueError(f'kind = {kind!r}; it is "flow", h\' = A h, or "map", h+ = A h')
    return kind
