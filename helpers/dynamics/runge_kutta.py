"""Runge-Kutta methods: a tableau, the step it gives, and its stability function."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.polynomial import Polynomial

from helpers.dynamics._checks import Array, finite_array
from helpers.dynamics.one_step import Scheme, Step
from helpers.dynamics.systems import Field, Flow

__all__ = ["RungeKutta"]

# Ufunc calls (operation, first operand, second operand, result), in order.
Program = list[tuple[Any, Array, Array, Array]]


@dataclass(frozen=True, eq=False)
class RungeKutta(Scheme):
    r"""A Runge-Kutta method, given by its Butcher tableau.

    .. math:: k_i = \Delta F\Bigl(h + \sum_j a_{ij} k_j,\; x(t + c_i \Delta)\Bigr), \qquad
              h^+ = h + \sum_i b_i k_i

    Parameters
    ----------
    name : str
        What messages call it.
    a : array (s, s)
        Coefficients; strictly lower triangular means explicit, anything else is solved by Newton.
    b : array (s,)
        Weights; they must add up to 1.
    order : int
        Its order of convergence, which tests measure.

    Raises
    ------
    ValueError
        On shapes that do not fit, or weights that do not add up to 1.

    Notes
    -----
    Nodes are the row sums of a. Source: Hairer, Norsett and Wanner, Solving ODEs I, section II.1.

    Examples
    --------
    >>> ralston = RungeKutta("ralston", [[0, 0], [2 / 3, 0]], [1 / 4, 3 / 4], order=2)
    >>> float(ralston.stability(-1.0))
    0.5
    """

    name: str
    a: Any
    b: Any
    order: int
    nodes: tuple[float, ...] = field(init=False)

    def __post_init__(self) -> None:
        a = finite_array(self.a, "a", (None, None))
        b = finite_array(self.b, "b", (a.shape[0],))
        if a.shape[0] != a.shape[1]:
            raise ValueError(f"a has shape {a.shape}; a tableau is square, one row a stage")
        if abs(b.sum() - 1.0) > 1e-14:
            raise ValueError(f"b adds up to {b.sum()}; a consistent method needs sum 1")
        self.__dict__.update(a=a, b=b, nodes=tuple(float(c) for c in a.sum(axis=1)))

    @property
    def explicit(self) -> bool:
        """Whether each stage needs only the ones before it."""
        return not np.any(np.triu(self.a))

    def stability(self, z: Any) -> Array:
        """Return R(z) = 1 + z b^T (I - z a)^-1 1, elementwise."""
        numerator, denominator = self._rational()
        return np.asarray(numerator(np.asarray(z)) / denominator(np.asarray(z)))

    def preimages(self, rho: complex) -> Array:
        """Return every z with R(z) = rho, the one nearest to zero first."""
        numerator, denominator = self._rational()
        roots = (numerator - rho * denominator).trim(1e-13 * (1.0 + abs(rho))).roots()
        return np.asarray(roots[np.argsort(np.abs(roots))])

    def _rational(self) -> tuple[Polynomial, Polynomial]:
        # det(I - z M) is the reversed characteristic polynomial of M (Hairer and Wanner, IV.3).
        top = Polynomial(np.poly(self.a - np.outer(np.ones(len(self.b)), self.b)))
        return top, Polynomial(np.poly(self.a))

    def stepper(self, flow: Flow, delta: float, shape: tuple[int, ...], dtype: Any) -> Step:
        """Return the step h, drives -> h+ for states of this shape."""
        make = self._explicit_step if self.explicit else self._implicit_step
        return make(flow, delta, shape, dtype)

    def _explicit_step(self, flow: Flow, delta: float, shape: tuple[int, ...], dtype: Any) -> Step:
        velocity, add = flow._field(shape, dtype), np.add
        if len(self.b) == 1:
            return _one_stage(velocity, np.asarray(delta))
        k = [np.empty(shape, dtype) for _ in self.b]
        stage, work = np.empty(shape, dtype), np.empty(shape, dtype)
        moves = [_weighted_sum(delta * row, k, stage, work) for row in self.a[1:]]
        later = tuple(zip(range(1, len(k)), moves, k[1:], strict=True))
        first, ending = k[0], _weighted_sum(delta * self.b, k, stage, work)

        def step(h: Array, drives: Sequence[Any], out: Array) -> None:
            velocity(h, drives[0], first)
            for i, move, slope in later:
                for operation, one, other, result in move:
                    operation(one, other, result)
                add(h, stage, stage)
                velocity(stage, drives[i], slope)
            for operation, one, other, result in ending:
                operation(one, other, result)
            add(h, stage, out)

        return step

    def _implicit_step(self, flow: Flow, delta: float, shape: tuple[int, ...], dtype: Any) -> Step:
        def step(h: Array, drives: Sequence[Any], out: Array) -> None:
            k = _newton_stages(flow, delta, self.a, h, drives)
            out[...] = h + np.tensordot(self.b, k, axes=1)

        return step


def _one_stage(velocity: Field, delta: Array) -> Step:
    # Its only weight is 1. Worked out where the next state goes: an array less in the cache.
    def step(h: Array, drives: Sequence[Any], out: Array) -> None:
        velocity(h, drives[0], out)
        np.multiply(out, delta, out)
        np.add(h, out, out)

    return step


def _weighted_sum(weights: Array, k: Sequence[Array], total: Array, work: Array) -> Program:
    """Write sum_i weights_i k_i into total, as a list of ufunc calls worked out once.

    Stages of equal weight are added before they are multiplied. Weights are arrays of no dimension:
    ufuncs take those in less than half the time a Python number needs.
    """
    groups: dict[float, list[Array]] = {}
    for weight, slope in zip(weights, k, strict=True):
        if weight:
            groups.setdefault(float(weight), []).append(slope)
    program: Program = []
    for number, (weight, members) in enumerate(groups.items()):
        target = work if number else total
        for other in members[1:]:
            program.append((np.add, members[0] if other is members[1] else target, other, target))
        source = target if len(members) > 1 else members[0]
        program.append((np.multiply, source, np.asarray(weight), target))
        if number:
            program.append((np.add, total, work, total))
    # A row of zeros: the stage sits at h itself.
    return program or [(np.multiply, k[0], np.asarray(0.0), total)]


def _newton_stages(flow: Flow, delta: float, a: Array, h: Array, drives: Sequence[Any]) -> Array:
    """Solve k_i = delta F(h + sum_j a_ij k_j, x_i) for all stages at once; shape (s, ..., N).

    The unknown is k, not the slope k / delta, and the tolerance is relative to h and k, so that the
    same iterates come out when delta is divided and F multiplied by the same tau.
    """
    stages, n = len(a), h.shape[-1]
    k = np.zeros((stages, *h.shape), dtype=h.dtype)
    scratch = flow._field(h.shape, h.dtype)
    last, value = np.inf, np.empty_like(k)
    for _ in range(60):
        points = h + np.tensordot(a, k, axes=1)
        for i in range(stages):
            scratch(points[i], drives[i], value[i])
        update = _newton_update(flow, delta, a, points, drives, k - delta * value)
        k -= update
        size = _size_of(update, points, k)
        # Rounding ends the descent; two parts a state has (real, imaginary) are judged apart.
        if size <= 1e-15 or (size >= last and last <= 1e-11):
            return k
        last = size
    raise RuntimeError(
        f"Newton's method did not solve the stages for delta = {delta} in 60 iterations "
        f"(last relative update {last:.1e}, {n} units); take a smaller delta"
    )


def _newton_update(
    flow: Flow, delta: float, a: Array, points: Array, drives: Sequence[Any], defect: Array
) -> Array:
    stages, n = len(a), points.shape[-1]
    slopes = [delta * flow._newton_jacobian(points[i], drives[i]) for i in range(stages)]
    rows = [
        [(i == j) * np.eye(n) - a[i, j] * slopes[i] for j in range(stages)] for i in range(stages)
    ]
    batch = points.shape[1:-1]
    matrix = np.block([[np.broadcast_to(e, (*batch, n, n)) for e in row] for row in rows])
    stacked = np.moveaxis(defect, 0, -2).reshape(*batch, stages * n)
    try:
        solved = np.linalg.solve(matrix, stacked[..., None])[..., 0]
    except np.linalg.LinAlgError:
        raise ValueError(
            f"delta = {delta} makes the stage equations singular, so that they have no solution or "
            "more than one; take a smaller delta"
        ) from None
    return np.moveaxis(solved.reshape(*batch, stages, n), -2, 0)


def _size_of(update: Array, points: Array, k: Array) -> float:
    def part(take: Callable[[Array], Array]) -> float:
        scale = max(np.max(np.abs(take(points))), np.max(np.abs(take(k))))
        # Below the smallest normal number nothing can be told from zero.
        return float(np.max(np.abs(take(update))) / max(scale, 1e-290))

    return max(part(np.real), part(np.imag)) if np.iscomplexobj(k) else part(np.real)
