"""Dale's law: what a unit does to others has one sign, and where a matrix breaks it."""

from __future__ import annotations

from typing import Any

import numpy as np

from helpers.dynamics._checks import Array, finite_array, shown, square

__all__ = ["column_signs", "wrong_signs"]


def column_signs(w: Any) -> Array:
    r"""Return the sign of each unit of a matrix that obeys Dale's law.

    .. math:: s_j = \operatorname{sign} \sum_{i \ne j} w_{ij}, \qquad s_j w_{ij} \ge 0
       \quad (i \ne j)

    Parameters
    ----------
    w : array (N, N)
        Entry (i, j) leads from unit j to unit i. The diagonal is not looked at.

    Returns
    -------
    array (N,)
        1 for a unit that excites, -1 for one that inhibits, 0 for one that no other hears.

    Raises
    ------
    ValueError
        If w is not square or not finite, or a unit excites some and inhibits others.

    Notes
    -----
    Song, Yang and Wang, PLoS Comput Biol 12 (2016) e1004792, for networks trained so.

    Examples
    --------
    >>> column_signs([[0.0, -2.0], [1.0, 3.0]])
    array([ 1., -1.])
    """
    others = _off_diagonal(w)
    both = np.any(others > 0, axis=0) & np.any(others < 0, axis=0)
    if np.any(both):
        raise ValueError(
            f"w: unit {int(np.argmax(both))} excites some units and inhibits others, so it has no "
            "sign; if rows are the senders, transpose w"
        )
    return np.asarray(np.sign(np.sum(others, axis=0)))


def wrong_signs(matrix: Any, sign: Any) -> float:
    r"""Return the share of the entries off the diagonal that have not the sign of their column.

    .. math:: \frac{\#\{(i, j) : i \ne j,\ s_j M_{ij} < 0\}}{N (N - 1)}

    Parameters
    ----------
    matrix : array (N, N)
        M, of a flow or of a map. Entries of zero are never wrong.
    sign : array (N,)
        s, 1 or -1 for each unit: `column_signs` of the weights.

    Raises
    ------
    ValueError
        If the matrix is not square, has one unit only or is not finite, or an entry of sign is
        neither 1 nor -1.

    Examples
    --------
    >>> wrong_signs([[-1.0, 0.5], [1.0, -1.0]], [1, -1])
    0.5
    """
    others = _off_diagonal(matrix)
    s = finite_array(sign, "sign", (len(others),))
    if not np.all(np.abs(s) == 1.0):
        raise ValueError(f"sign = {shown(sign)}; each entry is 1 or -1")
    n = len(others)
    if n < 2:
        raise ValueError(f"matrix has shape {others.shape}; one unit has no other to speak to")
    return float(np.sum(others * s < 0) / (n * (n - 1)))


def _off_diagonal(matrix: Any) -> Array:
    others = square(matrix, "matrix").copy()
    np.fill_diagonal(others, 0.0)
    return others
