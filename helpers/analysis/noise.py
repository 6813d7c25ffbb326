"""How far noise spreads the states of a linear system: covariances by Lyapunov's equations."""

from __future__ import annotations

from typing import Any

import numpy as np
from scipy import linalg

from helpers.analysis.spectra import spectrum
from helpers.dynamics._checks import Array, shown
from helpers.dynamics.linear import LinearMap, LinearSystem
from helpers.dynamics.schemes import DiscretisedMap
from helpers.dynamics.systems import Flow, Map

__all__ = ["stationary_covariance"]


def stationary_covariance(system: LinearSystem | Map) -> Array:
    r"""Return the covariance at which noise and decay balance, under a constant input.

    .. math:: A S + S A^\top + G G^\top = 0 \quad\text{(flow)}, \qquad
              S = A S A^\top + \Delta\, G G^\top \quad\text{(map)}

    Parameters
    ----------
    system : LinearSystem, LinearMap, or what Discretise makes of a linear system
        With noise of amplitude G, diag(G) in the equations. A network is linearised first, about
        the state that it fluctuates around; that is right for weak noise.

    Returns
    -------
    array (N, N)
        S, symmetric; of a read-out y = R h it makes R S R'.

    Raises
    ------
    ValueError
        If the system is not linear, has no noise, or is not stable.

    Notes
    -----
    Gardiner, Stochastic Methods (2009), section 4.5; the equations are solved by scipy.

    Examples
    --------
    >>> unit = LinearSystem([[-2.0]], noise=[1.0])  # G^2 tau / 2
    >>> stationary_covariance(unit)
    array([[0.25]])
    """
    if isinstance(system, DiscretisedMap) and isinstance(system.flow, LinearSystem):
        system = system.linear_map()
    if not isinstance(system, (LinearSystem, LinearMap)):
        kind = type(system).__name__ if isinstance(system, (Flow, Map)) else shown(system)
        raise ValueError(
            f"{kind} is not linear, and only a linear system has its covariance in closed form; "
            "linearise it where it rests: Linearise(about=(fixed_point(system, x).h, x))"
        )
    noise = _driven(system)
    if isinstance(system, LinearSystem):
        found = linalg.solve_continuous_lyapunov(system.A, -np.diag(noise**2))
    else:
        found = linalg.solve_discrete_lyapunov(system.A, system.delta * np.diag(noise**2))
    return np.asarray(0.5 * (found + found.T))


def _driven(system: Any) -> Array:
    """Return the noise of a system that has some, and in which it dies out."""
    if system.noise is None:
        raise ValueError(
            f"this {type(system).__name__} has noise = None, so nothing spreads it; give it "
            "noise=, or take the system that has it"
        )
    found = spectrum(system)
    if not found.stable:
        worst = found.values[np.argmax(found.rates)]
        raise ValueError(
            f"this {type(system).__name__} is not stable, it has the eigenvalue {worst:.6g}, so "
            "its covariance grows without end; linearise about a stable state"
        )
    return np.asarray(system.noise)
