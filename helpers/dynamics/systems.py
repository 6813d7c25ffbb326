"""Systems: flows h' = F(h, x) in continuous time and maps h+ = Phi(h, x) with a time step.

The class says which of the two a system is. Units are the last axis: h is (..., N), x is (..., M),
leading axes broadcast, a missing x is zero. States and inputs may be complex, parameters are real.

Noise, where a system has it, is white, private to each unit and added outside everything else:
h' = F(h, x) + G xi, and h+ = Phi(h, x) + G sqrt(delta) eps with independent standard normal eps.
`noise` is the amplitude G, one entry a unit, in units of h / sqrt(time); None where there is none.
Velocity, step and Jacobians are those of the system without it; `simulate` draws it.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from helpers.dynamics._checks import (
    Array,
    amplitude,
    count,
    finite_array,
    last_axis,
    positive,
    shown,
)
from helpers.dynamics.differentiation import complex_step_jacobian

__all__ = ["Flow", "Map"]

Field = Callable[[Array, Any, Array], None]


class _System:
    """What flows and maps have in common: sizes, and states and inputs that fit them."""

    n_units: int
    n_inputs: int
    noise: Array | None = None

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
    noise : float or array (N,), optional
        Amplitude G of private white noise, :math:`h' = F + G\xi`. Default none.

    Raises
    ------
    ValueError
        If ``velocity`` is not callable, a size is not a whole number, split or noise has another
        shape, or a noise is negative.

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
        noise: Any = None,
    ) -> None:
        if not callable(velocity):
            raise ValueError(f"velocity = {velocity!r}; it must be a function of h and x")
        n = count(n_units, "n_units", least=1)
        self.__dict__.update(
            _function=velocity,
            n_units=n,
            n_inputs=count(n_inputs, "n_inputs"),
            split=None if split is None else finite_array(split, "split", (n,)),
            noise=amplitude(noise, n),
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
    noise : float or array (N,), optional
        Amplitude G of private white noise; a step adds normal numbers of standard deviation
        :math:`G\sqrt\Delta`. Default none.

    Raises
    ------
    ValueError
        If ``step`` is not callable, delta not positive, a size not a whole number, or noise
        negative or of another shape.

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
        *,
        noise: Any = None,
    ) -> None:
        if not callable(step):
            raise ValueError(f"step = {step!r}; it must be a function of h and x")
        n = count(n_units, "n_units", least=1)
        self.__dict__.update(
            _function=step,
            delta=positive(delta, "delta"),
            n_units=n,
            n_inputs=count(n_inputs, "n_inputs"),
            noise=amplitude(noise, n),
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

    def _noise_of_a_step(self) -> Array | None:
        # Standard deviations of what a step draws.
        return None if self.noise is None else np.sqrt(self.delta) * self.noise

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
