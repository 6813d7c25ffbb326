"""The input of least energy that takes a linear system from rest to a state in a given time."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from scipy.linalg import expm

from helpers.dynamics._checks import Array, finite_array, positive, square

__all__ = ["minimum_energy"]


@dataclass(frozen=True, eq=False)
class Transfer:
    """The cheapest way to a state: its energy, the Gramian (N, N), and the input at a time."""

    energy: float
    gramian: Array
    A: Array
    B: Array
    T: float
    costate: Array

    def input(self, t: float) -> Array:
        """Return the input (M,) at a time between 0 and T."""
        return np.asarray(self.B.T @ expm(self.A.T * (self.T - t)) @ self.costate)


def minimum_energy(A: Any, B: Any, target: Any, T: float, *, seen: Any = None) -> Transfer:
    r"""Return the input of least energy that leads h' = A h + B x from zero to C h(T) = y.

    .. math:: W(T) = \int_0^T e^{At} B B^\top e^{A^\top t}\,dt, \qquad
       x(t) = B^\top e^{A^\top (T - t)}\,C^\top (C W C^\top)^{-1} y, \qquad
       \int_0^T |x|^2\,dt = y^\top (C W C^\top)^{-1} y

    Parameters
    ----------
    A, B : array (N, N), (N, M)
        The system.
    target : array (K,)
        y, what is to be seen at the end.
    T : float
        The time there is.
    seen : array (K, N), optional
        C, the directions that count. Default: the whole state, K = N.

    Raises
    ------
    ValueError
        On shapes that do not fit, a time that is not positive, or a pair (A, B) that, to rounding,
        does not reach all that is seen.

    Notes
    -----
    The Gramian of a short time from one exponential (Van Loan, IEEE Transactions on Automatic
    Control 23 (1978) 395), that of T by doubling the time.

    Examples
    --------
    >>> round(minimum_energy([[0.0]], [[2.0]], [3.0], 5.0).energy, 12)  # 9 / (4 * 5)
    0.45
    """
    matrix = square(A, "A")
    block = finite_array(B, "B", (len(matrix), None))
    C = finite_array(np.eye(len(matrix)) if seen is None else seen, "seen", (None, len(matrix)))
    end = finite_array(target, "target", (len(C),))
    W = _gramian(matrix, block, positive(T, "T"))
    if np.linalg.matrix_rank(C @ W @ C.T, hermitian=True) < len(C):
        raise ValueError(
            f"B has shape {block.shape}; not all that is seen is reached from it, to rounding. "
            "See fewer directions, or give more inputs"
        )
    weights = np.linalg.solve(C @ W @ C.T, end)
    return Transfer(float(end @ weights), W, matrix, block, float(T), C.T @ weights)


def _gramian(A: Array, B: Array, T: float) -> Array:
    size = float(np.linalg.norm(A, 1)) * T
    n, doublings = len(A), max(0, int(np.ceil(np.log2(max(size, 1e-9)))))
    short = T / 2**doublings
    corner = expm(np.block([[-A, B @ B.T], [np.zeros_like(A), A.T]]) * short)
    flow = corner[n:, n:].T
    W = flow @ corner[:n, n:]
    for _ in range(doublings):
        W, flow = W + flow @ W @ flow.T, flow @ flow
    return np.asarray(W + W.T) / 2
