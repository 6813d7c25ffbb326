"""Can every state be reached by choosing the input? The matrix, and how far it is from failing."""

from __future__ import annotations

import numpy as np

from helpers.dynamics._checks import Array, count, finite_array, square

__all__ = ["controllability_margin", "controllability_matrix"]


def _pair(A: object, B: object) -> tuple[Array, Array]:
    matrix = square(A, "A")
    return matrix, finite_array(B, "B", (len(matrix), None))


def controllability_matrix(A: object, B: object, *, depth: int | None = None) -> Array:
    r"""Return :math:`[B, AB, \dots, A^{m-1}B]`, for a flow or a map alike.

    Parameters
    ----------
    A : array (N, N)
        State matrix.
    B : array (N, M)
        Input matrix.
    depth : int, optional
        m, the number of blocks; default N, beyond which the rank no longer grows.

    Returns
    -------
    array (N, m M)
        Its columns span the reachable states.

    Raises
    ------
    ValueError
        On shapes that do not fit, or a depth below 1.

    Notes
    -----
    Kalman, Ho and Narendra, Contributions to Differential Equations 1 (1963).

    Examples
    --------
    >>> controllability_matrix([[0.0, 1.0], [0.0, 0.0]], [[0.0], [1.0]])
    array([[0., 1.],
           [1., 0.]])
    """
    matrix, block = _pair(A, B)
    blocks = [block]
    for _ in range(count(len(matrix) if depth is None else depth, "depth", least=1) - 1):
        blocks.append(matrix @ blocks[-1])
    return np.hstack(blocks)


def controllability_margin(A: object, B: object) -> float:
    r"""Return :math:`\min_\mu \sigma_{\min}([\mu I - A,\; B])` over the eigenvalues of A.

    Zero exactly where some left eigenvector of A sees no input (Popov, Belevitch, Hautus). It
    decides where the numerical rank of the controllability matrix misleads, whose columns shrink
    geometrically.

    Parameters
    ----------
    A : array (N, N)
        State matrix of a flow or a map.
    B : array (N, M)
        Input matrix.

    Returns
    -------
    float
        In the units of A.

    Raises
    ------
    ValueError
        On shapes that do not fit.

    Notes
    -----
    Sontag, Mathematical Control Theory (1998), section 3.3.

    Examples
    --------
    >>> controllability_margin([[-1.0, 0.0], [0.0, -2.0]], [[1.0], [0.0]])
    0.0
    """
    matrix, block = _pair(A, B)
    identity = np.eye(len(matrix))
    pencils = [np.hstack([mu * identity - matrix, block]) for mu in np.linalg.eigvals(matrix)]
    return float(min(np.linalg.svd(pencil, compute_uv=False)[-1] for pencil in pencils))
