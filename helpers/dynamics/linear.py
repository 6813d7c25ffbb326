"""Linear systems: the affine flow h' = A h + B x + c and the affine map h+ = A h + B x + c."""

from __future__ import annotations

from dataclasses import KW_ONLY, dataclass
from typing import Any

import numpy as np

from helpers.dynamics._checks import Array, amplitude, finite_array, positive, square
from helpers.dynamics.systems import Field, Flow, Map

__all__ = ["LinearMap", "LinearSystem"]


@dataclass(frozen=True, eq=False)
class LinearSystem(Flow):
    r"""The affine flow :math:`h' = A h + B x + c`.

    Parameters
    ----------
    A : array (N, N)
        State matrix.
    B : array (N, M), optional
        Input matrix; without it there are no inputs.
    c : array (N,), optional
        Constant. Default zero.
    split : array (N,), optional
        Diagonal linear part that exponential Euler integrates exactly. Linearise sets it, Rescale
        scales it; without it exponential Euler refuses the system.
    noise : float or array (N,), optional
        Amplitude G of private white noise, :math:`h' = A h + B x + c + G\xi`. Default none.

    Raises
    ------
    ValueError
        On shapes that do not fit, entries that are not finite, or a negative noise.

    Notes
    -----
    Equation (13) of Caruso and Jarne (arXiv 2312.15974), with c for the bias.

    Examples
    --------
    >>> LinearSystem([[-1.0]], [[2.0]], [0.5]).velocity([1.0], [1.0])
    array([1.5])
    """

    A: Array
    B: Any = None
    c: Any = None
    split: Any = None
    _: KW_ONLY
    noise: Any = None

    def __post_init__(self) -> None:
        fields = _affine(self.A, self.B, self.c, self.noise)
        if self.split is not None:
            fields["split"] = finite_array(self.split, "split", (fields["n_units"],))
        self.__dict__.update(fields)

    def velocity(self, h: Any, x: Any = None) -> Array:
        """Return A h + B x + c, shape (..., N)."""
        return np.asarray(self._state(h) @ self.A.T + self._drive(x))

    def jacobian(self, h: Any, x: Any = None) -> Array:
        """Return A, broadcast to (..., N, N)."""
        return _broadcast(self.A, self._state(h), self._input_point(x))

    def input_jacobian(self, h: Any, x: Any = None) -> Array:
        """Return B, broadcast to (..., N, M)."""
        return _broadcast(self.B, self._state(h), self._input_point(x))

    def _drive(self, x: Any) -> Array:
        value = self._input(x)
        return np.asarray(self.c if value is None else value @ self.B.T + self.c)

    def _newton_jacobian(self, h: Array, drive: Array) -> Array:
        return self.A

    def _field(self, shape: tuple[int, ...], dtype: Any) -> Field:
        a_t = np.ascontiguousarray(self.A.T)

        def field(h: Array, drive: Array, out: Array) -> None:
            np.matmul(h, a_t, out)
            np.add(out, drive, out)

        return field


@dataclass(frozen=True, eq=False)
class LinearMap(Map):
    r"""The affine map :math:`h_{k+1} = A h_k + B x_k + c`, input held over the step.

    Parameters
    ----------
    A : array (N, N)
        State matrix of one step.
    B : array (N, M), optional
        Input matrix; without it there are no inputs.
    c : array (N,), optional
        Constant. Default zero.
    delta : float
        Time between two steps, greater than 0; it has no default.
    noise : float or array (N,), optional
        Amplitude G of private white noise; a step adds normal numbers of standard deviation
        :math:`G\sqrt\Delta`. Default none.

    Raises
    ------
    ValueError
        On shapes that do not fit, entries that are not finite, delta not positive, or a negative
        noise.

    Notes
    -----
    Right column of figure 2 of Caruso and Jarne (arXiv 2312.15974).

    Examples
    --------
    >>> LinearMap([[0.5]], [[1.0]], [0.0], 0.1).step([2.0], [1.0])
    array([2.])
    """

    A: Array
    B: Any = None
    c: Any = None
    delta: Any = None
    _: KW_ONLY
    noise: Any = None

    def __post_init__(self) -> None:
        fields = _affine(self.A, self.B, self.c, self.noise)
        self.__dict__.update(fields, delta=positive(self.delta, "delta"))

    def step(self, h: Any, x: Any = None) -> Array:
        """Return A h + B x + c, shape (..., N); x is held, so a function is an error."""
        return np.asarray(self._state(h) @ self.A.T + self._held(x) @ self.B.T + self.c)

    def jacobian(self, h: Any, x: Any = None) -> Array:
        """Return A, broadcast to (..., N, N)."""
        return _broadcast(self.A, self._state(h), self._held(x))

    def input_jacobian(self, h: Any, x: Any = None) -> Array:
        """Return B, broadcast to (..., N, M)."""
        return _broadcast(self.B, self._state(h), self._held(x))


def _affine(A: Any, B: Any, c: Any, noise: Any) -> dict[str, Any]:
    A = square(A, "A")
    n = len(A)
    B = finite_array(np.zeros((n, 0)) if B is None else B, "B", (n, None))
    c = finite_array(np.zeros(n) if c is None else c, "c", (n,))
    fields = {"A": A, "B": B, "c": c, "noise": amplitude(noise, n)}
    return {**fields, "n_units": n, "n_inputs": B.shape[1]}


def _broadcast(matrix: Array, h: Array, x: Array) -> Array:
    leading = np.broadcast_shapes(h.shape[:-1], x.shape[:-1])
    return np.broadcast_to(matrix, (*leading, *matrix.shape))
