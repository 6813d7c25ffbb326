"""Fixed points and slow points of flows and maps: find, residual, classify."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
from scipy.optimize import least_squares

from helpers.analysis.spectra import Spectrum
from helpers.dynamics._checks import Array, no_nan, shown
from helpers.dynamics.systems import Flow, Map

__all__ = ["FixedPoint", "fixed_point"]

Field = Callable[[Array], Array]
TOLERANCE = 1e-10


@dataclass(frozen=True, eq=False)
class FixedPoint:
    """A point where a system stands still, or, where it does not, the slowest point nearby.

    Attributes
    ----------
    h : array (N,)
        The point.
    residual : float
        The largest entry of |F(h, x)|, or of |Phi(h, x) - h|.
    converged : bool
        Whether the residual is rounding, relative to the Jacobian's size. If not, a slow point.
    stable : bool
        Converged, and all eigenvalues inside the half plane (flow) or the unit circle (map).
    eigenvalues : Spectrum
        Of the Jacobian at the point, of the system's kind.
    """

    h: Array
    residual: float
    converged: bool
    stable: bool
    eigenvalues: Spectrum


def fixed_point(system: Flow | Map, x: Any = None, guess: Any = None) -> Any:
    r"""Find where :math:`F(h, x) = 0`, or :math:`\Phi(h, x) = h`, starting from a guess.

    Parameters
    ----------
    system : Flow or Map
        The system, whose input is held at x.
    x : array (M,), optional
        Default zero.
    guess : array (N,) or (K, N), optional
        Where to start, default zero; K guesses give a tuple of K results, in order.

    Returns
    -------
    FixedPoint or tuple of FixedPoint
        Where no fixed point is found, the point of least speed, with ``converged`` False.

    Raises
    ------
    ValueError
        On shapes that do not fit, NaN, or a kink of the activation at the point.

    Notes
    -----
    Least squares on the velocity (Sussillo and Barak 2013), then Newton's method to rounding. Where
    that ends in a slow point and no guess was given, the search goes on along the system's path,
    by implicit steps of growing length (pseudo-transient continuation, Kelley and Keyes 1998); a
    slow point near a guess is an answer, and is left alone.

    Examples
    --------
    >>> from helpers.dynamics.recurrent import RNN
    >>> point = fixed_point(RNN([[1.5]], [[1.0]], b=[0.8]))
    >>> round(float(point.h[0]), 4), point.stable
    (0.9788, True)
    """
    if not isinstance(system, (Flow, Map)):
        raise ValueError(f"{shown(system)} is not a system; pass a flow or a map")
    start: Array = np.zeros(system.n_units)
    if guess is not None:
        start = no_nan(system._state(guess), "guess")
    value = no_nan(system._input_point(x), "x")
    if start.ndim > 2 or value.ndim != 1:
        raise ValueError(
            f"guess has shape {start.shape} and x {value.shape}; they are (N,) or (K, N), and (M,)"
        )
    if np.iscomplexobj(start) or np.iscomplexobj(value):
        raise ValueError(f"guess = {start} or x = {value} is complex; the search needs real ones")
    if start.ndim == 2:
        return tuple(_search(system, value, start[k]) for k in range(len(start)))
    found = _search(system, value, start)
    if guess is not None or found.converged:
        return found
    further = _search(system, value, _along_the_path(system, value, start))
    return further if further.converged else found


def _motion(system: Flow | Map, x: Array) -> tuple[Field, Field]:
    """Return what vanishes at a fixed point, F(h, x) or Phi(h, x) - h, and its Jacobian."""
    if isinstance(system, Flow):
        return lambda h: system.velocity(h, x), lambda h: system.jacobian(h, x)
    return lambda h: system.step(h, x) - h, lambda h: system.jacobian(h, x) - np.eye(len(h))


def _along_the_path(system: Flow | Map, x: Array, h: Array) -> Array:
    """Follow the system by implicit Euler steps that grow as the speed falls."""
    speed, slope, identity = *_motion(system, x), np.eye(len(h))
    now, length = speed(h), 1.0 / (1.0 + float(np.linalg.norm(system.jacobian(h, x), 2)))
    for _ in range(500):
        moved = h + np.linalg.lstsq(identity / length - slope(h), now)[0]
        after = speed(moved)
        if not np.all(np.isfinite(after)):
            break
        fall = float(np.linalg.norm(now) / max(float(np.linalg.norm(after)), 1e-300))
        h, now, length = moved, after, length * float(np.clip(fall, 0.5, 2.0))
        if np.max(np.abs(now)) < 1e-12:
            break
    return h


def _search(system: Flow | Map, x: Array, start: Array) -> FixedPoint:
    flow, (speed, slope) = isinstance(system, Flow), _motion(system, x)
    # Differences, not slope: on its way the search may cross a kink, where there is no Jacobian.
    h = least_squares(speed, start, xtol=1e-15, ftol=1e-15, gtol=1e-15).x
    # That search stalls where the Jacobian is singular, as an integrator's is; this one does not.
    h = least_squares(speed, h, method="lm", xtol=1e-15, ftol=1e-15, gtol=1e-15).x
    h = _polished(speed, slope, h)
    residual = float(np.max(np.abs(speed(h))))
    scale = float(np.linalg.norm(slope(h), 2)) * max(1.0, float(np.max(np.abs(h))))
    found = Spectrum(
        np.linalg.eigvals(system.jacobian(h, x)),
        "flow" if flow else "map",
        None if flow else system.delta,  # type: ignore[union-attr]
    )
    converged = residual <= TOLERANCE * scale
    return FixedPoint(h, residual, converged, converged and found.stable, found)


def _polished(speed: Any, slope: Any, h: Array) -> Array:
    """Take Newton steps while they lower the residual; only short ones, so a slow point stays."""
    best = float(np.max(np.abs(speed(h))))
    for _ in range(30):
        try:
            move = np.linalg.solve(slope(h), speed(h))
        except np.linalg.LinAlgError:
            return h
        trial = h - move
        if not np.max(np.abs(move)) < 1e-2 * (1.0 + np.max(np.abs(h))):
            return h
        size = float(np.max(np.abs(speed(trial))))
        if not size < best:
            return h
        h, best = trial, size
    return h
