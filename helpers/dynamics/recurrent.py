"""The recurrent network of equation (2), as a flow."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from helpers.dynamics._checks import (
    Array,
    count,
    finite_array,
    generator,
    positive,
    positive_per_unit,
    square,
)
from helpers.dynamics.activations import activation
from helpers.dynamics.systems import Field, Flow

__all__ = ["RNN"]


@dataclass(frozen=True, eq=False)
class RNN(Flow):
    r"""The continuous-time recurrent network of equation (2).

    .. math:: h' = r\,\bigl(-\lambda h + \sigma(w h + b + \omega x)\bigr)

    Parameters
    ----------
    w : array (N, N)
        Recurrent weights; ``w[i, j]`` is the weight from unit j to unit i.
    omega : array (N, M)
        Input weights.
    b : array (N,), optional
        Bias, inside sigma. Default zero.
    decay : float or array (N,)
        :math:`\lambda > 0`, in 1/time.
    activation : str or Activation
        :math:`\sigma`, elementwise.
    rate : float or array (N,)
        :math:`r > 0`, the factor that time rescaling multiplies. Default 1: equation (2) itself.

    Raises
    ------
    ValueError
        On shapes that do not fit, entries that are not finite, decay or rate not positive, or an
        unknown activation.

    Notes
    -----
    Equation (2) of Caruso and Jarne (arXiv 2312.15974); the rate carries equation (6).

    Examples
    --------
    >>> network = RNN([[0.0, -1.0], [1.0, 0.0]], [[1.0], [0.0]], b=[0.0, 0.0])
    >>> network.velocity([0.0, 0.0], [0.0])
    array([0., 0.])
    """

    w: Array
    omega: Array
    b: Any = None
    decay: Any = 1.0
    activation: Any = "tanh"
    rate: Any = 1.0

    def __post_init__(self) -> None:
        w = square(self.w, "w")
        n = len(w)
        fields: dict[str, Any] = {
            "w": w,
            "omega": finite_array(self.omega, "omega", (n, None)),
            "b": finite_array(np.zeros(n) if self.b is None else self.b, "b", (n,)),
            "decay": positive_per_unit(self.decay, "decay", n),
            "activation": activation(self.activation),
            "rate": positive_per_unit(self.rate, "rate", n),
        }
        self.__dict__.update(fields, n_units=n, n_inputs=fields["omega"].shape[1])

    @classmethod
    def random(
        cls,
        n_units: int,
        n_inputs: int,
        *,
        rng: np.random.Generator,
        gain: float = 0.9,
        **rest: Any,
    ) -> RNN:
        """Draw w with independent normal entries of standard deviation gain / sqrt(N).

        The input weights are standard normal and the bias normal with standard deviation 0.3; with
        b = 0 several errors would be invisible. Other options go to the constructor.

        Examples
        --------
        >>> RNN.random(5, 2, rng=np.random.default_rng(0)).n_units
        5
        """
        n = count(n_units, "n_units", least=1)
        w = positive(gain, "gain") / np.sqrt(n) * generator(rng).standard_normal((n, n))
        return cls._with_inputs(w, count(n_inputs, "n_inputs"), rng, rest)

    @classmethod
    def orthogonal(
        cls,
        n_units: int,
        n_inputs: int,
        *,
        rng: np.random.Generator,
        gain: float = 0.9,
        **rest: Any,
    ) -> RNN:
        """Draw w as gain times a uniformly distributed orthogonal matrix, the rest as `random`.

        Examples
        --------
        >>> network = RNN.orthogonal(3, 1, gain=1.0, rng=np.random.default_rng(0))
        >>> bool(np.allclose(network.w @ network.w.T, np.eye(3)))
        True
        """
        n = count(n_units, "n_units", least=1)
        w = positive(gain, "gain") * orthogonal_factor(generator(rng).standard_normal((n, n)))
        return cls._with_inputs(w, count(n_inputs, "n_inputs"), rng, rest)

    @classmethod
    def _with_inputs(
        cls, w: Array, n_inputs: int, rng: np.random.Generator, rest: dict[str, Any]
    ) -> RNN:
        omega = rng.standard_normal((len(w), n_inputs))
        rest.setdefault("b", 0.3 * rng.standard_normal(len(w)))
        return cls(w, omega, **rest)

    @property
    def split(self) -> Array:  # type: ignore[override]
        """The diagonal linear part -rate * decay, shape (N,), that exponential Euler solves."""
        return np.broadcast_to(-np.asarray(self.rate) * self.decay, (self.n_units,))

    def preactivation(self, h: Any, x: Any = None) -> Array:
        """Return phi = w h + b + omega x, shape (..., N)."""
        return self._state(h) @ self.w.T + self._drive(x)

    def velocity(self, h: Any, x: Any = None) -> Array:
        """Return rate * (-decay h + sigma(w h + b + omega x)), shape (..., N)."""
        phi = self.preactivation(h, x)
        return np.asarray(self.rate * (self.activation(phi) - self.decay * np.asarray(h)))

    def jacobian(self, h: Any, x: Any = None) -> Array:
        """Return dF/dh = rate * (-decay I + diag(sigma'(phi)) w), shape (..., N, N)."""
        self.activation.require_slope(self.preactivation(h, x))
        return self._newton_jacobian(self._state(h), self._drive(x))

    def input_jacobian(self, h: Any, x: Any = None) -> Array:
        """Return dF/dx = rate * diag(sigma'(phi)) omega, shape (..., N, M)."""
        phi = self.preactivation(h, x)
        self.activation.require_slope(phi)
        slope = self.rate * self.activation.slope(phi)
        return np.asarray(slope[..., None] * self.omega)

    def _drive(self, x: Any) -> Array:
        value = self._input(x)
        return np.asarray(self.b if value is None else value @ self.omega.T + self.b)

    def _newton_jacobian(self, h: Array, drive: Array) -> Array:
        slope = self.rate * self.activation.slope(h @ self.w.T + drive)
        return np.asarray(slope[..., None] * self.w + np.diag(self.split))

    def _field(self, shape: tuple[int, ...], dtype: Any) -> Field:
        # A single state is fastest on w as it lies, a batch on its transpose laid out anew.
        w_t = self.w.T if len(shape) == 1 else np.ascontiguousarray(self.w.T)
        # Arrays of no dimension, since ufuncs take those faster than Python numbers.
        decay, rate = np.asarray(self.decay), np.asarray(self.rate)
        # At complex states the activation itself: it refuses a complex step that starts on a kink.
        watched = self.activation.kinks and np.issubdtype(dtype, np.complexfloating)
        sigma: Any = self.activation if watched else self.activation.value
        in_place = isinstance(sigma, np.ufunc)
        decays, rated = bool(np.any(decay != 1.0)), bool(np.any(rate != 1.0))
        leak = np.empty(shape, dtype)
        matmul, add, subtract, multiply = np.matmul, np.add, np.subtract, np.multiply

        def field(h: Array, drive: Array, out: Array) -> None:
            matmul(h, w_t, out)
            add(out, drive, out)
            if in_place:
                sigma(out, out)
            else:
                out[...] = sigma(out)
            subtract(out, multiply(h, decay, leak) if decays else h, out)
            if rated:
                multiply(out, rate, out)

        return field


def orthogonal_factor(matrix: Array) -> Array:
    """Return the orthogonal factor of a matrix, which is uniform if that is normal noise."""
    q, r = np.linalg.qr(matrix)
    # The signs of r's diagonal make the law uniform (Mezzadri 2007).
    return np.asarray(q * np.sign(np.diag(r)))
