"""An arm of two joints in a horizontal plane, and the torques that move it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from helpers.dynamics._checks import Array, last_axis, positive
from helpers.dynamics.systems import Flow

__all__ = ["Arm"]


@dataclass(frozen=True)
class Arm:
    r"""Upper arm and forearm with viscous friction in both joints, without gravity.

    .. math:: M(q)\,q'' + C(q, q') + B q' = u

    with shoulder and elbow angles q = (q_1, q_2), M positive definite, and C a form of the second
    degree in the velocities:

    .. math:: M = \begin{pmatrix} a_1 + 2 a_2 \cos q_2 & a_3 + a_2 \cos q_2 \\
       a_3 + a_2 \cos q_2 & a_3 \end{pmatrix}, \quad
       C = a_2 \sin q_2 \begin{pmatrix} -q_2'(2 q_1' + q_2') \\ q_1'^2 \end{pmatrix}, \quad
       a_1 = I_1 + I_2 + m_2 l_1^2,\; a_2 = m_2 l_1 s_2,\; a_3 = I_2

    Parameters
    ----------
    mass : float
        m_2, that of the forearm, in kg.
    upper, fore, centre : float
        l_1 and l_2, the lengths, and s_2, from the elbow to the centre of mass, in m.
    inertia_upper, inertia_fore : float
        I_1 and I_2, in kg m^2.
    friction : float
        B is this times ((2, 1), (1, 2)), in N m s.

    Raises
    ------
    ValueError
        If one of them is not positive.

    Notes
    -----
    Li and Todorov, ICINCO (2004), whose numbers these are.

    Examples
    --------
    >>> arm = Arm()
    >>> u = arm.torque([0.5, 1.0], [0.3, -0.2], [1.0, 2.0])
    >>> arm.flow.velocity([0.5, 1.0, 0.3, -0.2], u).round(12)
    array([ 0.3, -0.2,  1. ,  2. ])
    """

    mass: float = 1.0
    upper: float = 0.30
    fore: float = 0.33
    centre: float = 0.16
    inertia_upper: float = 0.025
    inertia_fore: float = 0.045
    friction: float = 0.025

    def __post_init__(self) -> None:
        for name, value in vars(self).items():
            positive(value, name)

    @property
    def B(self) -> Array:
        """The friction (2, 2): torque against a velocity."""
        return self.friction * np.array([[2.0, 1.0], [1.0, 2.0]])

    def inertia(self, q: Any) -> Array:
        """Return M (..., 2, 2) at angles (..., 2)."""
        bent = self.mass * self.upper * self.centre * np.cos(_pair(q, "q")[..., 1])
        a1 = self.inertia_upper + self.inertia_fore + self.mass * self.upper**2
        a3 = self.inertia_fore
        rows = np.stack([a1 + 2 * bent, a3 + bent, a3 + bent, a3 + 0 * bent], axis=-1)
        return np.asarray(rows.reshape((*rows.shape[:-1], 2, 2)))

    def coriolis(self, q: Any, v: Any) -> Array:
        """Return C (..., 2) at angles and angular velocities (..., 2)."""
        bent = self.mass * self.upper * self.centre * np.sin(_pair(q, "q")[..., 1])
        one, two = np.moveaxis(_pair(v, "v"), -1, 0)
        return np.stack([-bent * two * (2 * one + two), bent * one**2], axis=-1)

    def torque(self, q: Any, v: Any, a: Any) -> Array:
        """Return the torques u (..., 2) that give these accelerations a (..., 2)."""
        inert = np.einsum("...ij,...j->...i", self.inertia(q), _pair(a, "a"))
        return np.asarray(inert + self.coriolis(q, v) + _pair(v, "v") @ self.B.T)

    @property
    def flow(self) -> Flow:
        """The arm in continuous time: four units, the angles and their velocities; two torques."""

        def velocity(z: Array, u: Array) -> Array:
            q, v = z[..., :2], z[..., 2:]
            free = u - self.coriolis(q, v) - v @ self.B.T
            a = np.linalg.solve(self.inertia(q), free[..., None])[..., 0]
            return np.concatenate([np.broadcast_to(v, a.shape), a], axis=-1)

        return Flow(velocity, 4, 2)

    def hand(self, q: Any) -> Array:
        """Return the place of the hand (..., 2) in m; the shoulder is at the origin."""
        one = _pair(q, "q")[..., 0]
        both = one + _pair(q, "q")[..., 1]
        ahead = self.upper * np.cos(one) + self.fore * np.cos(both)
        return np.stack([ahead, self.upper * np.sin(one) + self.fore * np.sin(both)], axis=-1)


def _pair(value: Any, name: str) -> Array:
    return last_axis(value, name, 2, "joint")
