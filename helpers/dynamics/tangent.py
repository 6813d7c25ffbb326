"""The tangent lift: a small difference that is carried along with the state."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from helpers.dynamics._checks import Array, shown
from helpers.dynamics.differentiation import EPS
from helpers.dynamics.procedures import Procedure, not_a_system
from helpers.dynamics.systems import Flow, Map

__all__ = ["TangentLift"]


@dataclass(frozen=True)
class TangentLift(Procedure):
    r"""The tangent lift T: carry a small difference v along with the state h.

    .. math:: (h, v)' = \bigl(F(h, x),\; J(h, x)\, v\bigr), \qquad
              (h, v) \mapsto \bigl(\Phi(h, x),\; D\Phi(h, x)\, v\bigr)

    The lifted system has 2N units, h first; noise moves h alone, since it is the same on both
    paths that v is the difference of. Of a flow it uses the flow's Jacobian; of a map it
    differentiates the map's own step along v, by complex step, which needs real states.

    Raises
    ------
    ValueError
        If what it is applied to is no system, or a lifted map is given complex states.

    Notes
    -----
    The variational equation; Hairer, Norsett and Wanner, Solving ODEs I, section I.14.

    Examples
    --------
    >>> from helpers.dynamics.linear import LinearSystem
    >>> TangentLift()(LinearSystem([[-2.0]])).velocity([1.0, 3.0])
    array([-2., -6.])
    """

    letter = "T"

    def __call__(self, system: Any) -> Any:
        """Return a flow for a flow and a map for a map, with twice as many units."""
        if not isinstance(system, (Flow, Map)):
            raise not_a_system(system)
        return _lifted_flow(system) if isinstance(system, Flow) else _lifted_map(system)


def _lifted_flow(system: Flow) -> Flow:
    n = system.n_units

    def velocity(state: Array, x: Array) -> Array:
        h, v = state[..., :n], state[..., n:]
        moved = (system.jacobian(h, x) @ v[..., None])[..., 0]
        return np.concatenate([system.velocity(h, x), moved], axis=-1)

    def newton_jacobian(state: Array, x: Array) -> Array:
        # J twice. The block that is left out moves v alone, by what h still moves: it dies with it.
        J = system.jacobian(np.real(state[..., :n]), np.real(x))
        return np.kron(np.eye(2), J)

    split = None if system.split is None else np.tile(system.split, 2)
    lifted = Flow(velocity, 2 * n, system.n_inputs, split=split, noise=_on_the_state(system))
    lifted.__dict__["_newton_jacobian"] = newton_jacobian
    return lifted


def _lifted_map(system: Map) -> Map:
    n = system.n_units

    def step(state: Array, x: Array) -> Array:
        if np.any(np.imag(state)) or np.any(np.imag(x)):
            raise ValueError(
                f"state = {shown(state)} or input is complex; a lifted map differentiates by "
                "complex step itself, so lift the flow and discretise that"
            )
        h, v = np.real(state[..., :n]), np.real(state[..., n:])
        moved = np.imag(system.step(h + 1j * EPS * v, x)) / EPS
        return np.concatenate([system.step(h, x), moved], axis=-1)

    return Map(step, system.delta, 2 * n, system.n_inputs, noise=_on_the_state(system))


def _on_the_state(system: Flow | Map) -> Array | None:
    return None if system.noise is None else np.append(system.noise, np.zeros(system.n_units))
