"""Fixed points and slow points of flows and maps: find, residual, classify."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from typing import Any

import numpy as np
from scipy.linalg import cho_factor, cho_solve, svdvals
from scipy.optimize import least_squares

from helpers.analysis.spectra import Spectrum
from helpers.dynamics._checks import Array, no_nan, shown
from helpers.dynamics.schemes import SCHEMES, DiscretisedMap
from helpers.dynamics.systems import Flow, Map

__all__ = ["FixedPoint", "fixed_point"]

Field = Callable[[Array], Array]
TOLERANCE = 1e-10
# A residual below this, relative to the Jacobian, is zero; without it a search for 0 never ends.
FLOOR = np.finfo(float).eps ** 2
ROUNDS = 400
TRUST = 0.5  # longest move of a unit, relative to 1 + the largest of the states
FEW = 100  # units up to which a singular value decomposition at each step costs little


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
    eigenvalues : Spectrum or None
        Of the Jacobian at the point, of the system's kind; None where there is no Jacobian.
    status : "converged", "stalled" or "on a kink"
        How the search ended. Stalled: at a slow point, or where the system overflows. On a kink:
        a unit sits where sigma has no slope; `converged` says whether the system rests there.
    """

    h: Array
    residual: float
    converged: bool
    stable: bool
    eigenvalues: Spectrum | None
    status: str


def fixed_point(system: Flow | Map, x: Any = None, guess: Any = None) -> Any:
    r"""Find where :math:`F(h, x) = 0`, or :math:`\Phi(h, x) = h`, starting from a guess.

    Parameters
    ----------
    system : Flow or Map
        The system, whose input is held at x.
    x : array (M,), optional
        Default zero.
    guess : array (N,) or (K, N), optional
        Where to start, default zero; K guesses give a tuple of K results, in order, of which each
        has a ``status`` of its own.

    Returns
    -------
    FixedPoint or tuple of FixedPoint
        Where no fixed point is found, the point of least speed, with ``converged`` False.

    Raises
    ------
    ValueError
        On shapes that do not fit, NaN, or, of a single search, a kink of the activation at the
        point.

    Notes
    -----
    Least squares on the velocity (Sussillo and Barak 2013) with the system's own Jacobian, up to
    100 units by scipy and beyond by the method of Levenberg and Marquardt, then Newton's method to
    rounding. Where that ends in a slow point and no guess was given, the search goes on along the
    system's path, by implicit steps of growing length (pseudo-transient continuation, Kelley and
    Keyes 1998); a slow point near a guess is an answer, and is left alone.

    Examples
    --------
    >>> from helpers.dynamics.recurrent import RNN
    >>> point = fixed_point(RNN([[1.5]], [[1.0]], b=[0.8]))
    >>> round(float(point.h[0]), 4), point.stable, point.status
    (0.9788, True, 'converged')
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
    with np.errstate(over="ignore", invalid="ignore"):
        if start.ndim == 2:
            return tuple(_search(system, value, one, patient=False) for one in start)
        found = _search(system, value, np.asarray(start, dtype=float), patient=guess is None)
    if found.status == "on a kink":
        system.jacobian(found.h, value)  # which says where the kink is
    return found


def _search(system: Flow | Map, x: Array, start: Array, *, patient: bool) -> FixedPoint:
    """Search from one guess; if `patient`, past slow points too."""
    speed, slope = _motion(system, x)
    h = _polished(speed, slope, _descent(speed, slope, np.asarray(start, dtype=float)))
    found = _judged(system, x, speed, slope, h)
    if found.converged or not patient:
        return found
    h = _polished(speed, slope, _descent(speed, slope, _along_the_path(speed, slope, start)))
    further = _judged(system, x, speed, slope, h)
    return further if further.converged else found


def _motion(system: Flow | Map, x: Array) -> tuple[Field, Field]:
    """Return what vanishes at a fixed point, F(h, x) or Phi(h, x) - h, and its slope.

    On a kink, which a search may cross, the slope is that of one side or of a difference.
    """
    if isinstance(system, Flow):
        drive = system._drive(x)
        speed = partial(_velocity, system, x)
        return speed, _sided(lambda h: system._newton_jacobian(h, drive), speed)
    step = partial(_moved, system, x)
    if isinstance(system, DiscretisedMap) and system.scheme == SCHEMES["euler"]:
        flow, size, drive = system.flow, system.step_size, system.flow._drive(x)
        return step, _sided(lambda h: size * flow._newton_jacobian(h, drive), step)
    return step, _sided(lambda h: system.jacobian(h, x) - np.eye(len(h)), step)


def _velocity(system: Flow, x: Array, h: Array) -> Array:
    return system.velocity(h, x)


def _moved(system: Map, x: Array, h: Array) -> Array:
    try:
        return np.asarray(system.step(h, x) - h)
    except RuntimeError:  # an implicit step has no solution from here: no place to go to
        return np.full(h.shape, np.inf)


def _sided(slope: Field, speed: Field) -> Field:
    def either(h: Array) -> Array:
        try:
            return slope(h)
        except ValueError:
            moves = 1e-6 * (1.0 + np.max(np.abs(h))) * np.eye(len(h))
            return np.asarray((speed(h + moves) - speed(h - moves)).T / (2.0 * np.max(moves)))

    return either


def _descent(speed: Field, slope: Field, h: Array) -> Array:
    """Lower |F|^2 until it no longer falls: by scipy where there are few units, and from there."""
    if len(h) <= FEW and np.all(np.isfinite(speed(h))):
        found = least_squares(speed, h, slope, xtol=1e-15, ftol=1e-15, gtol=1e-15, max_nfev=ROUNDS)
        h = np.asarray(found.x)
    # That search stalls where the Jacobian is singular, as an integrator's is; this one does not.
    return _marquardt(speed, slope, h)


def _marquardt(speed: Field, slope: Field, h: Array) -> Array:
    """Lower |F|^2 by the steps of Levenberg and Marquardt until it no longer falls."""
    now, damping = speed(h), 1e-3
    for _ in range(ROUNDS):
        J = slope(h)
        if np.max(np.abs(now)) <= FLOOR * np.linalg.norm(J) or not np.all(np.isfinite(J)):
            break
        found = _lowered(speed, h, now, J, damping)
        if found is None:
            break
        h, after, damping = found
        fall, now = 1.0 - float(after @ after) / float(now @ now), after
        if fall < 1e-13:
            break
    return h


def _lowered(
    speed: Field, h: Array, now: Array, J: Array, damping: float
) -> tuple[Array, Array, float] | None:
    """Return a point of lower |F|^2, F there, and the next damping; None if there is none."""
    normal, gradient, factor = J.T @ J, J.T @ now, 2.0
    scale, reach = float(np.max(np.diag(normal))), float(np.max(np.abs(h)))
    while damping < 1e15 and scale > 0.0:
        move = _damped(normal, gradient, damping * scale)
        size = float(np.max(np.abs(move)))
        if size <= np.finfo(float).eps * reach:
            return None
        # Only as far as the slope may be trusted, so that a slow point is not leapt over.
        if size <= TRUST * (1.0 + reach):
            after = speed(h + move)
            promised = float(move @ (damping * scale * move - gradient))
            kept = (float(now @ now) - float(after @ after)) / max(promised, 1e-300)
            if kept > 1e-4:
                return h + move, after, max(damping * (0.1 if kept > 0.7 else 0.5), 1e-15)
        damping, factor = damping * factor, 2.0 * factor
    return None


def _damped(normal: Array, gradient: Array, weight: float) -> Array:
    """Return -(J^T J + weight I)^-1 J^T F, or an infinite move where rounding leaves none."""
    damped = normal.copy()
    damped.flat[:: len(damped) + 1] += weight
    try:
        factors = cho_factor(damped, overwrite_a=True, check_finite=False)
    except np.linalg.LinAlgError:
        return np.full(len(damped), np.inf)
    return np.asarray(-cho_solve(factors, gradient, check_finite=False))


def _along_the_path(speed: Field, slope: Field, h: Array) -> Array:
    """Follow the system by implicit Euler steps that grow as the speed falls."""
    now, identity = speed(h), np.eye(len(h))
    length = 1.0 / (1.0 + float(np.linalg.norm(slope(h))))
    for _ in range(500):
        try:
            moved = h + np.linalg.solve(identity / length - slope(h), now)
        except np.linalg.LinAlgError:
            length *= 0.7
            continue
        after = speed(moved)
        if not np.all(np.isfinite(after)):
            break
        fall = float(np.linalg.norm(now) / max(float(np.linalg.norm(after)), 1e-300))
        h, now, length = moved, after, length * float(np.clip(fall, 0.5, 2.0))
        if np.max(np.abs(now)) < 1e-12:
            break
    return h


def _polished(speed: Field, slope: Field, h: Array) -> Array:
    """Take Newton steps while they lower the residual; only short ones, so a slow point stays."""
    best = float(np.max(np.abs(speed(h))))
    for _ in range(30):
        J = slope(h)
        if not best > FLOOR * np.linalg.norm(J):
            return h
        try:
            move = np.linalg.solve(J, speed(h))
        except np.linalg.LinAlgError:
            return h
        if not np.max(np.abs(move)) < 1e-2 * (1.0 + np.max(np.abs(h))):
            return h
        size = float(np.max(np.abs(speed(h - move))))
        if not size < best:
            return h
        h, best = h - move, size
    return h


def _judged(system: Flow | Map, x: Array, speed: Field, slope: Field, h: Array) -> FixedPoint:
    residual, J = float(np.max(np.abs(speed(h)))), slope(h)
    if not (np.isfinite(residual) and np.all(np.isfinite(J))):
        return FixedPoint(h, float("inf"), False, False, None, "stalled")
    rests = residual <= TOLERANCE * float(svdvals(J)[0]) * max(1.0, float(np.max(np.abs(h))))
    found = _eigenvalues(system, x, h)
    if found is None:
        return FixedPoint(h, residual, rests, False, None, "on a kink")
    status = "converged" if rests else "stalled"
    return FixedPoint(h, residual, rests, rests and found.stable, found, status)


def _eigenvalues(system: Flow | Map, x: Array, h: Array) -> Spectrum | None:
    """Return those of the Jacobian, or None on a kink: where there is one nearby, but not here."""
    try:
        J = system.jacobian(h, x)
    except ValueError:
        system.jacobian(h + 1e-7 * (1.0 + np.abs(h)) * np.sqrt(np.arange(2.0, 2.0 + len(h))), x)
        return None
    return Spectrum(
        np.linalg.eigvals(J),
        "flow" if isinstance(system, Flow) else "map",
        getattr(system, "delta", None),
    )
