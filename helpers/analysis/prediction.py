"""What of a forecast can be compared: how long it is right, and how fast neighbours part."""

from __future__ import annotations

from typing import Any

import numpy as np

from helpers.dynamics._checks import Array, count, no_nan, positive
from helpers.dynamics.systems import Map

__all__ = ["lyapunov", "valid_time"]


def valid_time(truth: Any, film: Any, delta: float, *, threshold: float = 0.4) -> Array:
    r"""Return the first time at which a film is further than a threshold from the truth.

    .. math:: \min\Bigl\{k\Delta :\;
        \sqrt{\tfrac1M\textstyle\sum_i (\tilde y_{k,i} - y_{k,i})^2} > \text{threshold}\Bigr\}

    Parameters
    ----------
    truth, film : array (T, ..., M)
        Samples at the same times, each axis in units of its own spread.
    delta : float
        The time between two samples.
    threshold : float
        In these units.

    Returns
    -------
    array (...)
        In the units of delta; T delta, the length, where the film never leaves the truth.

    Raises
    ------
    ValueError
        On two shapes, entries that are not finite, or a threshold that is not positive.

    Notes
    -----
    Divided by 1/(first Lyapunov exponent) it is the valid prediction time of Pathak and others,
    Chaos 27 (2017) 121102.

    Examples
    --------
    >>> valid_time([[0.0], [0.0], [0.0]], [[0.0], [0.3], [0.6]], delta=0.5)
    array(1.)
    """
    wanted = no_nan(np.asarray(truth, dtype=float), "truth")
    seen = no_nan(np.asarray(film, dtype=float), "film")
    if wanted.shape != seen.shape or wanted.ndim < 2:
        raise ValueError(
            f"truth has shape {wanted.shape}, film {seen.shape}; give both as (T, ..., M)"
        )
    apart = np.sqrt(np.mean((seen - wanted) ** 2, axis=-1)) > positive(threshold, "threshold")
    first = np.where(np.any(apart, axis=0), np.argmax(apart, axis=0), len(apart))
    return np.asarray(first * positive(delta, "delta"))


def lyapunov(system: Map, h: Any, k: int = 1, *, steps: int, settle: int = 0) -> Array:
    r"""Return the first k Lyapunov exponents of a map along one film, per unit time.

    .. math:: \mu_i = \frac{1}{n\Delta}\sum_{j=1}^{n}\log (R_j)_{ii}, \qquad
        J_j\,Q_{j-1} = Q_j R_j

    with :math:`J_j` the map's Jacobian at step j and :math:`Q_j` orthonormal (N, k).

    Parameters
    ----------
    system : Map
        Without inputs; its `jacobian` is called at every step.
    h : array (N,)
        Where the film begins.
    k : int
        How many exponents, the largest first.
    steps : int
        n, how many steps are averaged over.
    settle : int
        How many steps run before.

    Returns
    -------
    array (k,)
        In 1/time: divided by the map's own delta. For "per step", multiply by it.

    Raises
    ------
    ValueError
        If the system is no map, has inputs, or k is more than its number of units.

    Notes
    -----
    Benettin, Galgani, Giorgilli and Strelcyn, Meccanica 15 (1980) 9.

    Examples
    --------
    >>> halved = Map(lambda h, x: 0.5 * h, 0.1, 2, 0)
    >>> lyapunov(halved, [1.0, 1.0], 2, steps=10) * 0.1  # log(1/2), twice
    array([-0.69314718, -0.69314718])
    """
    if not isinstance(system, Map) or system.n_inputs:
        raise ValueError(f"system = {system!r}; give a map without inputs: Discretise(delta)(flow)")
    if count(k, "k", least=1) > system.n_units:
        raise ValueError(f"k = {k}; a map of {system.n_units} units has as many exponents")
    state = np.asarray(h, dtype=float)
    for _ in range(count(settle, "settle")):
        state = system.step(state)
    frame, total = np.eye(system.n_units, k), np.zeros(k)
    for _ in range(count(steps, "steps", least=1)):
        frame, stretch = np.linalg.qr(system.jacobian(state) @ frame)
        total += np.log(np.abs(np.diag(stretch)))
        state = system.step(state)
    return np.asarray(total / (steps * system.delta))
