"""A body: a mass on a table with friction, what a network that moves has to move."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from helpers.dynamics._checks import count, positive
from helpers.dynamics.linear import LinearMap, LinearSystem
from helpers.dynamics.procedures import Discretise

__all__ = ["Body"]


@dataclass(frozen=True)
class Body:
    r"""A point mass with viscous friction, the same along every axis.

    .. math:: q' = v, \qquad v' = -\beta v + \kappa u

    Its state is (q, v), first all places and then all velocities; its input is the force u.

    Parameters
    ----------
    beta : float
        Friction over mass, in 1 / time.
    kappa : float
        1 / mass: acceleration per unit of force.
    axes : int
        Directions in which it moves, d.

    Raises
    ------
    ValueError
        If beta or kappa is not positive, or there is no axis.

    Examples
    --------
    >>> Body(0.5, 2.0, axes=1).flow.velocity([0.0, 1.0], [3.0])
    array([1. , 5.5])
    """

    beta: float
    kappa: float
    axes: int = 2

    def __post_init__(self) -> None:
        positive(self.beta, "beta")
        positive(self.kappa, "kappa")
        count(self.axes, "axes", least=1)

    @property
    def flow(self) -> LinearSystem:
        """The body in continuous time: 2 d units, d inputs."""
        one = np.eye(self.axes)
        A = np.kron([[0.0, 1.0], [0.0, -self.beta]], one)
        return LinearSystem(A, np.kron([[0.0], [self.kappa]], one))

    def zoh(self, delta: float) -> LinearMap:
        r"""Return the exact map of one step, with the force held over it.

        .. math:: v_{k+1} = e v_k + \frac{\kappa}{\beta}(1 - e)\,u_k, \qquad
           q_{k+1} = q_k + \frac{1 - e}{\beta} v_k
           + \frac{\kappa}{\beta}\Bigl(\Delta - \frac{1 - e}{\beta}\Bigr) u_k, \qquad
           e = e^{-\beta\Delta}

        Raises
        ------
        ValueError
            If delta is not positive.

        Notes
        -----
        Åström and Wittenmark, Computer-Controlled Systems (1997), chapter 2.

        Examples
        --------
        >>> import numpy as np
        >>> float(Body(1.0, 1.0, axes=1).zoh(np.log(2)).step([0.0, 1.0], [0.0])[1])
        0.5
        """
        return Discretise(delta, "zoh")(self.flow).linear_map()
