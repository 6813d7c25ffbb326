"""Systems: flows h' = F(h, x) in continuous time and maps h+ = Phi(h, x) with a time step.

The class says which of the two a system is. Units are the last axis: h is (..., N), x is (..., M),
leading axes broadcast, a missing x is zero. States and inputs may be complex, parameters are real.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np

from helpers.dynamics._checks import (
    Array,
    count,
    finite_array,
    generator,
    last_axis,
    positive,
    positive_per_unit,
    shown,
    square,
)
from helpers.dynamics.activations import activation
from helpers.dynamics.differentiation import complex_step_jacobian

__all__ = ["RNN", "Flow", "LinearMap", "LinearSystem", "Map"]

Field = Callable[[Array, Any, Array], None]


class _System:
    """What flows and maps have in common: sizes, and states and inputs that fit them."""

    n_units: int
    n_inputs: int

    def _state(self, h: Any) -> Array:
        return last_axis(h, "h", self.n_units, "unit")

    def _input(self, x: Any) -> Array | None:
        return None if x is None else last_axis(x, "x", self.n_inputs, "input")

    def _input_point(self, x: Any) -> Array:
        point = self._input(x)
        return np.zeros(self.n_inputs) if point is None else point


class _Frozen:
    """Attributes are set once, by the constructor; the dataclasses below freeze themselves."""

    def __setattr__(self, name: str, value: Any) -> None:
        raise AttributeError(f"systems are frozen: {name} cannot be changed; build a new system")


class Flow(_Frozen, _System):
    r"""A continuous-time system :math:`h'(t) = F(h(t), x(t))`, given by a function.

    Parameters
    ----------
    velocity : callable
        ``velocity(h, x)`` with h (..., N) and x (..., M), returning (..., N); leading axes
        broadcast. To be differentiated, it must accept complex arrays.
    n_units, n_inputs : int
        N and M.
    split : array (N,), optional
        Diagonal linear part that exponential Euler integrates exactly; without it that method
        refuses the flow.

    Raises
    ------
    ValueError
        If ``velocity`` is not callable, a size is not a whole number, or split has another shape.

    Notes
    -----
    Equation (4) of Caruso and Jarne (arXiv 2312.15974).

    Examples
    --------
    >>> import numpy as np
    >>> pendulum = Flow(lambda h, x: np.stack([h[..., 1], -np.sin(h[..., 0])], -1), 2, 0)
    >>> pendulum.velocity([0.0, 1.0])
    array([ 1., -0.])
    """

    split: Array | None = None

    def __init__(
        self,
        velocity: Callable[[Array, Array], Array],
        n_units: int,
        n_inputs: int,
        *,
        split: Any = None,
    ) -> None:
        if not callable(velocity):
            raise ValueError(f"velocity = {velocity!r}; it must be a function of h and x")
        n = count(n_units, "n_units", least=1)
        self.__dict__.update(
            _function=velocity,
            n_units=n,
            n_inputs=count(n_inputs, "n_inputs"),
            split=None if split is None else finite_array(split, "split", (n,)),
        )

    def velocity(self, h: Any, x: Any = None) -> Array:
        """Return F(h, x), shape (..., N); a missing x is zero."""
        state, point = self._state(h), self._input_point(x)
        return _returned(self._function(state, point), state, point)  # type: ignore[attr-defined]

    def jacobian(self, h: Any, x: Any = None) -> Array:
        """Return dF/dh at (h, x), shape (..., N, N), by complex step."""
        point = self._input_point(x)[..., None, :]
        return complex_step_jacobian(lambda state: self.velocity(state, point), self._state(h))

    def input_jacobian(self, h: Any, x: Any = None) -> Array:
        """Return dF/dx at (h, x), shape (..., N, M), by complex step."""
        state = self._state(h)[..., None, :]
        return complex_step_jacobian(lambda x: self.velocity(state, x), self._input_point(x))

    def require_slope(self, h: Any, x: Any = None) -> None:
        """Raise ValueError where F is known to have no derivative."""

    def _drive(self, x: Any) -> Any:
        # What the input contributes at fixed x, so that a simulation works it out only once.
        return self._input_point(x)

    def _newton_jacobian(self, h: Array, drive: Any) -> Array:
        if np.isrealobj(h) and np.isrealobj(drive):
            return self.jacobian(h, drive)
        # No complex step at a complex point; for Newton a slope to six digits will do.
        moves, x = 1e-6 * np.eye(self.n_units), np.asarray(drive)[..., None, :]
        ahead, back = (self.velocity(h[..., None, :] + s * moves, x) for s in (1.0, -1.0))
        return np.asarray(np.swapaxes(ahead - back, -1, -2) / 2e-6)

    def _field(self, shape: tuple[int, ...], dtype: Any) -> Field:
        def field(h: Array, drive: Any, out: Array) -> None:
            out[...] = self.velocity(h, drive)

        return field


def _returned(value: Any, h: Array, x: Array) -> Array:
    """Return what a function made of h and x, if it has h's units and is real where they are."""
    array, n_units = np.asarray(value), h.shape[-1]
    if np.iscomplexobj(array) and not (np.iscomplexobj(h) or np.iscomplexobj(x)):
        raise ValueError(
            f"the function returned {shown(array)} at a real point; give it complex states, h + 0j"
        )
    if array.ndim == 0 or array.shape[-1] != n_units:
        raise ValueError(
            f"the function returned shape {array.shape}; it must return (..., {n_units}), "
            "one entry a unit"
        )
    return array


def orthogonal_factor(matrix: Array) -> Array:
    """Return the orthogonal factor of a matrix; uniform if that is normal noise."""
    q, r = np.linalg.qr(matrix)
    # The signs of r's diagonal make the law uniform (Mezzadri 2007).
    return np.asarray(q * np.sign(np.diag(r)))


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
        """Draw w as gain times a uniformly distributed orthogonal matrix; the rest as `random`.

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
        self.require_slope(h, x)
        return self._newton_jacobian(self._state(h), self._drive(x))

    def input_jacobian(self, h: Any, x: Any = None) -> Array:
        """Return dF/dx = rate * diag(sigma'(phi)) omega, shape (..., N, M)."""
        self.require_slope(h, x)
        slope = self.rate * self.activation.slope(self.preactivation(h, x))
        return np.asarray(slope[..., None] * self.omega)

    def require_slope(self, h: Any, x: Any = None) -> None:
        """Raise ValueError if a unit sits on a kink of its activation."""
        self.activation.require_slope(self.preactivation(h, x))

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
        sigma = self.activation.value
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

    Raises
    ------
    ValueError
        On shapes that do not fit or entries that are not finite.

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

    def __post_init__(self) -> None:
        fields = _affine(self.A, self.B, self.c)
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


def _affine(A: Any, B: Any, c: Any) -> dict[str, Any]:
    A = square(A, "A")
    n = len(A)
    B = finite_array(np.zeros((n, 0)) if B is None else B, "B", (n, None))
    c = finite_array(np.zeros(n) if c is None else c, "c", (n,))
    return {"A": A, "B": B, "c": c, "n_units": n, "n_inputs": B.shape[1]}


def _broadcast(matrix: Array, h: Array, x: Array) -> Array:
    leading = np.broadcast_shapes(h.shape[:-1], x.shape[:-1])
    return np.broadcast_to(matrix, (*leading, *matrix.shape))


class Map(_Frozen, _System):
    r"""A discrete-time system :math:`h_{k+1} = \Phi(h_k, x_k)` whose steps are delta apart.

    Parameters
    ----------
    step : callable
        ``step(h, x)`` with h (..., N) and x (..., M), returning (..., N); leading axes broadcast.
        To be differentiated, it must accept complex arrays.
    delta : float
        Time between two steps, greater than 0.
    n_units, n_inputs : int
        N and M.

    Raises
    ------
    ValueError
        If ``step`` is not callable, delta not positive, or a size not a whole number.

    Examples
    --------
    >>> halving = Map(lambda h, x: h / 2, 0.1, 1, 0)
    >>> halving.step([1.0])
    array([0.5])
    """

    delta: float

    def __init__(
        self,
        step: Callable[[Array, Array], Array],
        delta: float,
        n_units: int,
        n_inputs: int,
    ) -> None:
        if not callable(step):
            raise ValueError(f"step = {step!r}; it must be a function of h and x")
        self.__dict__.update(
            _function=step,
            delta=positive(delta, "delta"),
            n_units=count(n_units, "n_units", least=1),
            n_inputs=count(n_inputs, "n_inputs"),
        )

    def step(self, h: Any, x: Any = None) -> Array:
        """Return Phi(h, x), shape (..., N); a missing x is zero."""
        state, held = self._state(h), self._held(x)
        return _returned(self._function(state, held), state, held)  # type: ignore[attr-defined]

    def jacobian(self, h: Any, x: Any = None) -> Array:
        """Return dPhi/dh at (h, x), shape (..., N, N), by complex step through the step itself."""
        held = self._column(x)
        return complex_step_jacobian(lambda state: self.step(state, held), self._state(h))

    def input_jacobian(self, h: Any, x: Any = None) -> Array:
        """Return dPhi/dx for an input held over the step, shape (..., N, M), by complex step."""
        state = self._state(h)[..., None, :]
        return complex_step_jacobian(lambda x: self.step(state, x), self._held(x))

    def require_slope(self, h: Any, x: Any = None) -> None:
        """Raise ValueError where the step is known to have no derivative."""

    def _column(self, x: Any) -> Any:
        # One more axis, along which the states of a complex step lie.
        if callable(x):
            return lambda fraction: self._input_point(x(fraction))[..., None, :]
        return self._input_point(x)[..., None, :]

    def _held(self, x: Any) -> Array:
        if callable(x):
            raise ValueError(
                "this map holds its input over a step, so x cannot be a function; pass an array "
                f"(..., {self.n_inputs}), or use what Discretise makes of the flow"
            )
        return self._input_point(x)


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

    Raises
    ------
    ValueError
        On shapes that do not fit, entries that are not finite, or delta not positive.

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

    def __post_init__(self) -> None:
        self.__dict__.update(_affine(self.A, self.B, self.c), delta=positive(self.delta, "delta"))

    def step(self, h: Any, x: Any = None) -> Array:
        """Return A h + B x + c, shape (..., N); x is held, so a function is an error."""
        return np.asarray(self._state(h) @ self.A.T + self._held(x) @ self.B.T + self.c)

    def jacobian(self, h: Any, x: Any = None) -> Array:
        """Return A, broadcast to (..., N, N)."""
        return _broadcast(self.A, self._state(h), self._held(x))

    def input_jacobian(self, h: Any, x: Any = None) -> Array:
        """Return B, broadcast to (..., N, M)."""
        return _broadcast(self.B, self._state(h), self._held(x))
