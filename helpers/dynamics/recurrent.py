"""The recurrent network as a flow, in both forms: sigma around the sum, and inside it."""

from __future__ import annotations

from dataclasses import KW_ONLY, dataclass
from typing import Any, Self

import numpy as np

from helpers.dynamics._checks import (
    Array,
    amplitude,
    count,
    finite_array,
    generator,
    positive,
    positive_per_unit,
    square,
)
from helpers.dynamics.activations import activation
from helpers.dynamics.systems import Field, Flow

__all__ = ["RNN", "ActivationRNN"]


@dataclass(frozen=True, eq=False)
class RecurrentFlow(Flow):
    """What the two forms of a recurrent network share: parameters, how they are drawn, the split.

    `RNN` and `ActivationRNN` say where sigma stands.
    """

    w: Array
    omega: Array
    b: Any = None
    decay: Any = 1.0
    activation: Any = "tanh"
    rate: Any = 1.0
    _: KW_ONLY
    noise: Any = None

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
            "noise": amplitude(self.noise, n),
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
    ) -> Self:
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
    ) -> Self:
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
    ) -> Self:
        omega = rng.standard_normal((len(w), n_inputs))
        rest.setdefault("b", 0.3 * rng.standard_normal(len(w)))
        return cls(w, omega, **rest)

    @property
    def split(self) -> Array:  # type: ignore[override]
        """The diagonal linear part -rate * decay, shape (N,), that exponential Euler solves."""
        return np.broadcast_to(-np.asarray(self.rate) * self.decay, (self.n_units,))

    def _drive(self, x: Any) -> Array:
        value = self._input(x)
        return np.asarray(self.b if value is None else value @ self.omega.T + self.b)

    def _sigma(self, dtype: Any) -> Any:
        # At complex states the activation itself: it knows what a complex step may start from.
        activation = self.activation
        watched = activation.kinks or not activation.analytic
        return (
            activation
            if watched and np.issubdtype(dtype, np.complexfloating)
            else (activation.value)
        )


@dataclass(frozen=True, eq=False)
class RNN(RecurrentFlow):
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
    noise : float or array (N,), optional
        Amplitude G of private white noise outside sigma, :math:`h' = F(h, x) + G\xi`, which rate
        does not multiply. Default none.

    Raises
    ------
    ValueError
        On shapes that do not fit, entries that are not finite, decay or rate not positive, a
        negative noise, or an unknown activation.

    Notes
    -----
    Equation (2) of Caruso and Jarne (arXiv 2312.15974); the rate carries equation (6).

    Examples
    --------
    >>> network = RNN([[0.0, -1.0], [1.0, 0.0]], [[1.0], [0.0]], b=[0.0, 0.0])
    >>> network.velocity([0.0, 0.0], [0.0])
    array([0., 0.])
    """

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
        slope = self.rate * self.activation.newton_slope(phi)
        return np.asarray(slope[..., None] * self.omega)

    def _newton_jacobian(self, h: Array, drive: Array) -> Array:
        slope = self.rate * self.activation.newton_slope(h @ self.w.T + drive)
        return np.asarray(slope[..., None] * self.w + np.diag(self.split))

    def _field(self, shape: tuple[int, ...], dtype: Any) -> Field:
        # A single state is fastest on w as it lies, a batch on its transpose laid out anew.
        w_t = self.w.T if len(shape) == 1 else np.ascontiguousarray(self.w.T)
        # Arrays of no dimension, since ufuncs take those faster than Python numbers.
        decay, rate = np.asarray(self.decay), np.asarray(self.rate)
        sigma = self._sigma(dtype)
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


@dataclass(frozen=True, eq=False)
class ActivationRNN(RecurrentFlow):
    r"""The recurrent network with sigma inside the sum, whose state is what sigma is applied to.

    .. math:: v' = r\,\bigl(-\lambda v + w\,\sigma(v) + b + \omega x\bigr)

    Its activity is :math:`\sigma(v)`, and the input arrives unbent. With a constant input, and one
    decay and one rate for all units, it is an `RNN` seen through
    :math:`v = w h + b/\lambda + \omega x/\lambda`: `helpers.ActivationForm` leads from one to the
    other, both ways.

    Parameters
    ----------
    w : array (N, N)
        Recurrent weights; ``w[i, j]`` is the weight from the activity of unit j to unit i.
    omega : array (N, M)
        Input weights.
    b : array (N,), optional
        Bias, outside sigma. Default zero.
    decay : float or array (N,)
        :math:`\lambda > 0`, in 1/time.
    activation : str or Activation
        :math:`\sigma`, elementwise.
    rate : float or array (N,)
        :math:`r > 0`, the factor that time rescaling multiplies. Default 1.
    noise : float or array (N,), optional
        Amplitude G of private white noise, :math:`v' = F(v, x) + G\xi`, which rate does not
        multiply. Default none.

    Raises
    ------
    ValueError
        On shapes that do not fit, entries that are not finite, decay or rate not positive, a
        negative noise, or an unknown activation.

    Notes
    -----
    Miller and Fumarola, Neural Computation 24 (2012) 25; others call it current or voltage form.

    Examples
    --------
    >>> network = ActivationRNN([[2.0]], [[1.0]], activation="relu")
    >>> network.velocity([3.0], [0.5]), network.velocity([-3.0], [0.5])
    (array([3.5]), array([3.5]))
    """

    @classmethod
    def piecewise_linear(
        cls, A: Any, W: Any, h: Any, C: Any = None, *, delta: float
    ) -> ActivationRNN:
        r"""Return the relu network whose Euler step of length delta is a piecewise-linear network.

        .. math:: z \leftarrow A z + W \max(z, 0) + h + C x, \qquad
                  \lambda = \frac{1 - A}{\Delta},\quad w = \frac{W}{\Delta},\quad
                  b = \frac{h}{\Delta},\quad \omega = \frac{C}{\Delta}

        Parameters
        ----------
        A : array (N,) or diagonal array (N, N)
            What each unit keeps of itself in a step, below 1.
        W, h, C : array (N, N), (N,), (N, M)
            Weights, bias and, if there are inputs, input weights of one step.
        delta : float
            The time of one step; `Discretise` with the same delta gives the step back.

        Raises
        ------
        ValueError
            If A is not diagonal or an entry is 1 or more, on other shapes, or delta not positive.

        Notes
        -----
        Durstewitz, PLoS Computational Biology 13 (2017) e1005542.

        Examples
        --------
        >>> from helpers.dynamics.procedures import Discretise
        >>> network = ActivationRNN.piecewise_linear([0.5], [[0.25]], [1.0], delta=0.5)
        >>> Discretise(0.5)(network).step([4.0])  # 0.5 * 4 + 0.25 * 4 + 1
        array([4.])
        """
        step, kept = positive(delta, "delta"), _kept(A)
        n = len(kept)
        w = finite_array(W, "W", (n, n)) / step
        b = finite_array(h, "h", (n,)) / step
        omega = finite_array(np.zeros((n, 0)) if C is None else C, "C", (n, None)) / step
        return cls(w, omega, b, (1.0 - kept) / step, "relu")

    def preactivation(self, v: Any, x: Any = None) -> Array:
        """Return v itself, which is what sigma is applied to, shape (..., N)."""
        state, point = self._state(v), self._input_point(x)
        leading = np.broadcast_shapes(state.shape[:-1], point.shape[:-1])
        return np.broadcast_to(state, (*leading, self.n_units))

    def velocity(self, v: Any, x: Any = None) -> Array:
        """Return rate * (-decay v + w sigma(v) + b + omega x), shape (..., N)."""
        state = self._state(v)
        heard = self.activation(state) @ self.w.T + self._drive(x)
        return np.asarray(self.rate * (heard - self.decay * state))

    def jacobian(self, v: Any, x: Any = None) -> Array:
        """Return dF/dv = rate * (-decay I + w diag(sigma'(v))), shape (..., N, N)."""
        state = self.preactivation(v, x)
        self.activation.require_slope(state)
        return self._newton_jacobian(state, None)

    def input_jacobian(self, v: Any, x: Any = None) -> Array:
        """Return dF/dx = rate * omega, shape (..., N, M); it is the same at every point."""
        leading = self.preactivation(v, x).shape[:-1]
        into = np.reshape(self.rate, (-1, 1)) * self.omega
        return np.broadcast_to(into, (*leading, *into.shape))

    def _newton_jacobian(self, v: Array, drive: Any) -> Array:
        weights = np.reshape(self.rate, (-1, 1)) * self.w
        slope = self.activation.newton_slope(v)
        return np.asarray(weights * slope[..., None, :] + np.diag(self.split))

    def _field(self, shape: tuple[int, ...], dtype: Any) -> Field:
        w_t = self.w.T if len(shape) == 1 else np.ascontiguousarray(self.w.T)
        decay, rate = np.asarray(self.decay), np.asarray(self.rate)
        sigma = self._sigma(dtype)
        in_place = isinstance(sigma, np.ufunc)
        active, leak = np.empty(shape, dtype), np.empty(shape, dtype)

        def field(v: Array, drive: Array, out: Array) -> None:
            if in_place:
                sigma(v, active)
            else:
                active[...] = sigma(v)
            np.matmul(active, w_t, out)
            np.add(out, drive, out)
            np.subtract(out, np.multiply(v, decay, leak), out)
            np.multiply(out, rate, out)

        return field


def _kept(A: Any) -> Array:
    """Return the diagonal of the A of a piecewise-linear network, if it is a leak."""
    matrix = np.diag(finite_array(A, "A", (None,))) if np.ndim(A) == 1 else square(A, "A")
    kept = np.diag(matrix)
    if np.any(matrix != np.diag(kept)):
        i, j = (int(k) for k in np.argwhere(matrix - np.diag(kept))[0])
        raise ValueError(
            f"A[{i}, {j}] = {matrix[i, j]}; A must be diagonal, since units leak each on its own. "
            "Write the step as a function and wrap it: Map(step, delta, n_units, n_inputs)"
        )
    if np.any(kept >= 1.0):
        unit = int(np.argmax(kept >= 1.0))
        raise ValueError(
            f"A[{unit}, {unit}] = {kept[unit]}; it must be below 1, for a decay above 0. "
            "Write the step as a function and wrap it: Map(step, delta, n_units, n_inputs)"
        )
    return kept


def orthogonal_factor(matrix: Array) -> Array:
    """Return the orthogonal factor of a matrix, which is uniform if that is normal noise."""
    q, r = np.linalg.qr(matrix)
    # The signs of r's diagonal make the law uniform (Mezzadri 2007).
    return np.asarray(q * np.sign(np.diag(r)))
