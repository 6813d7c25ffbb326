"""One-step methods: a scheme is data (a tableau, or a formula) plus one step.

A scheme turns the flow h' = F(h, x) into the map h+ = Phi(h, x). It sees the step and the field
only through their product, and the input only at its nodes t + c_i delta. To add a Runge-Kutta
method, put one more `RungeKutta` into `SCHEMES`.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.polynomial import Polynomial
from scipy import linalg

from helpers.dynamics._checks import Array, finite_array, positive, shown
from helpers.dynamics.systems import Field, Flow, LinearMap, LinearSystem, Map

__all__ = [
    "SCHEMES",
    "DiscretisedMap",
    "ExponentialEuler",
    "RungeKutta",
    "Scheme",
    "ZeroOrderHold",
    "scheme",
]

# step(h, drives, out) writes Phi(h) into out; drives holds the input's contribution at each node.
Step = Callable[[Array, Sequence[Any], Array], None]
# Ufunc calls (operation, first operand, second operand, result), in order.
Program = list[tuple[Any, Array, Array, Array]]


class Scheme:
    """A one-step method: `name`, `order`, `nodes`, and `stepper`, which makes its step.

    Raises
    ------
    ValueError
        From `stability` and `preimages`, if the method has no function R of delta mu alone.

    Examples
    --------
    >>> isinstance(SCHEMES["rk4"], Scheme), SCHEMES["rk4"].nodes
    (True, (0.0, 0.5, 0.5, 1.0))
    """

    name: str
    order: int
    nodes: tuple[float, ...]

    def require(self, flow: Flow) -> None:
        """Raise ValueError if the method has no meaning for this flow."""

    def stepper(self, flow: Flow, delta: float, shape: tuple[int, ...], dtype: Any) -> Step:
        """Return the step for states of one shape and dtype, with its work space set aside."""
        raise NotImplementedError

    def stability(self, z: Any) -> Array:
        """Return R(z): one step of h' = mu h multiplies h by R(delta mu)."""
        raise ValueError(f"{self.name} has no stability function of delta mu alone")

    def preimages(self, rho: complex) -> Array:
        """Return every z with R(z) = rho, the one nearest to zero first."""
        raise ValueError(f"{self.name} has no stability function of delta mu alone")


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


@dataclass(frozen=True, eq=False)
class ExponentialEuler(Scheme):
    r"""Exponential Euler: the diagonal linear part d is solved exactly, the rest frozen.

    .. math:: h^+ = e^{\Delta d} h + \frac{e^{\Delta d} - 1}{d} \bigl(F(h, x) - d h\bigr)

    The flow says what d is (its `split`): -rate * decay for a network. One without is refused.
    Source: Hochbruck and Ostermann, Acta Numerica 19 (2010), section 2.

    Raises
    ------
    ValueError
        If the flow has no split, or R(delta mu) is asked for: it depends on the split too.

    Examples
    --------
    >>> ExponentialEuler().order
    1
    """

    name: str = "exponential_euler"
    order: int = 1
    nodes: tuple[float, ...] = (0.0,)

    def require(self, flow: Flow) -> None:
        """Raise ValueError if the flow does not say which linear part is integrated exactly."""
        if flow.split is None:
            raise ValueError(
                "exponential_euler needs the diagonal part that is integrated exactly, and this "
                f"{type(flow).__name__} has split = None; give LinearSystem a split, or use an RNN"
            )

    def stepper(self, flow: Flow, delta: float, shape: tuple[int, ...], dtype: Any) -> Step:
        """Return the step h, drives -> h+ for states of this shape."""
        self.require(flow)
        velocity = flow._field(shape, dtype)
        z = delta * np.asarray(flow.split)
        # h + delta phi_1(z) F(h) is the formula above with the two terms in h put together.
        slope = np.empty(shape, dtype)
        weight = delta * np.where(z == 0.0, 1.0, np.expm1(z) / np.where(z == 0.0, 1.0, z))

        def step(h: Array, drives: Sequence[Any], out: Array) -> None:
            velocity(h, drives[0], slope)
            np.multiply(slope, weight, slope)
            np.add(h, slope, out)

        return step


@dataclass(frozen=True, eq=False)
class ZeroOrderHold(Scheme):
    r"""The exact solution of a linear flow over one step, input held.

    .. math:: h^+ = e^{\Delta A} h + \int_0^\Delta e^{sA}\,ds\,(B x + c)

    Source: Van Loan, IEEE Trans. Automat. Control 23 (1978), for the integral by one exponential.

    Raises
    ------
    ValueError
        If the flow is not a LinearSystem, or zero is said to be a value of the exponential.

    Examples
    --------
    >>> float(ZeroOrderHold().stability(0.0))
    1.0
    """

    name: str = "zoh"
    # Exact for a held input; the order says so.
    order: float = float("inf")  # type: ignore[assignment]
    nodes: tuple[float, ...] = (0.0,)

    def require(self, flow: Flow) -> None:
        """Raise ValueError unless the flow is a LinearSystem."""
        if not isinstance(flow, LinearSystem):
            raise ValueError(
                f"zoh solves linear flows only, and this one is {type(flow).__name__}; "
                "linearise it first, or choose another method"
            )

    def stepper(self, flow: Flow, delta: float, shape: tuple[int, ...], dtype: Any) -> Step:
        """Return the step h, drives -> h+ for states of this shape."""
        self.require(flow)
        n = flow.n_units
        block = np.zeros((2 * n, 2 * n))
        block[:n, :n], block[:n, n:] = delta * flow.A, delta * np.eye(n)  # type: ignore[attr-defined]
        solution = linalg.expm(block)
        propagator, integral = solution[:n, :n], solution[:n, n:]

        def step(h: Array, drives: Sequence[Any], out: Array) -> None:
            out[...] = h @ propagator.T + drives[0] @ integral.T

        return step

    def stability(self, z: Any) -> Array:
        """Return exp(z), elementwise."""
        return np.asarray(np.exp(np.asarray(z)))

    def preimages(self, rho: complex) -> Array:
        """Return the logarithms of rho in the strip |Im z| <= 3 pi, nearest to zero first."""
        if rho == 0:
            raise ValueError("rho = 0 has no logarithm; no flow has this eigenvalue under zoh")
        roots = np.log(complex(rho)) + 2j * np.pi * np.arange(-1, 2)
        return np.asarray(roots[np.argsort(np.abs(roots))])


_GAUSS = np.sqrt(3.0) / 6.0

SCHEMES: dict[str, Scheme] = {
    entry.name: entry
    for entry in (
        RungeKutta("euler", [[0]], [1], order=1),
        RungeKutta("midpoint", [[0, 0], [1 / 2, 0]], [0, 1], order=2),
        RungeKutta("heun", [[0, 0], [1, 0]], [1 / 2, 1 / 2], order=2),
        RungeKutta(
            "kutta3", [[0, 0, 0], [1 / 2, 0, 0], [-1, 2, 0]], [1 / 6, 2 / 3, 1 / 6], order=3
        ),
        RungeKutta(
            "rk4",
            [[0, 0, 0, 0], [1 / 2, 0, 0, 0], [0, 1 / 2, 0, 0], [0, 0, 1, 0]],
            [1 / 6, 1 / 3, 1 / 3, 1 / 6],
            order=4,
        ),
        RungeKutta("backward_euler", [[1]], [1], order=1),
        RungeKutta("trapezoid", [[0, 0], [1 / 2, 1 / 2]], [1 / 2, 1 / 2], order=2),
        RungeKutta("implicit_midpoint", [[1 / 2]], [1], order=2),
        RungeKutta(
            "gauss2",
            [[1 / 4, 1 / 4 - _GAUSS], [1 / 4 + _GAUSS, 1 / 4]],
            [1 / 2, 1 / 2],
            order=4,
        ),
        ExponentialEuler(),
        ZeroOrderHold(),
    )
}


def scheme(choice: str | Scheme) -> Scheme:
    """Look a one-step method up by name; a `Scheme` is returned as it is.

    Raises
    ------
    ValueError
        If the name is not known.

    Examples
    --------
    >>> scheme("rk4").order
    4
    """
    if isinstance(choice, Scheme):
        return choice
    if not isinstance(choice, str) or choice not in SCHEMES:
        raise ValueError(
            f"unknown method {choice!r}; choose one of {', '.join(SCHEMES)}, or pass a Scheme"
        )
    return SCHEMES[choice]


@dataclass(frozen=True, eq=False)
class DiscretisedMap(Map):
    r"""The map that a scheme makes of a flow: equation (10) when the scheme is Euler.

    Parameters
    ----------
    flow : Flow
        The system that was discretised.
    scheme : Scheme
        The one-step method.
    step_size : float
        The step the method takes, in the flow's own time.
    delta : float, optional
        Time between two rows of a trajectory. It is step_size until Rescale re-stamps it.

    Raises
    ------
    ValueError
        If a step is not positive or the scheme has no meaning for the flow.
    RuntimeError
        By `step`, if the scheme is implicit and Newton's iteration finds no solution.

    Examples
    --------
    >>> from helpers.dynamics.systems import LinearSystem
    >>> DiscretisedMap(LinearSystem([[-1.0]]), scheme("euler"), 0.1).step([1.0])
    array([0.9])
    """

    flow: Flow
    scheme: Scheme
    step_size: float
    delta: Any = None
    nodes: tuple[float, ...] = field(init=False)

    def __post_init__(self) -> None:
        step_size, method = positive(self.step_size, "delta"), scheme(self.scheme)
        if not isinstance(self.flow, Flow):
            raise ValueError(f"{shown(self.flow)} is not a flow; only a flow can be discretised")
        method.require(self.flow)
        self.__dict__.update(
            step_size=step_size,
            scheme=method,
            delta=step_size if self.delta is None else positive(self.delta, "delta"),
            n_units=self.flow.n_units,
            n_inputs=self.flow.n_inputs,
            nodes=method.nodes,
        )

    def step(self, h: Any, x: Any = None) -> Array:
        """Return Phi(h, x), shape (..., N).

        x is an array (..., M), held over the step, or a function of the fraction of the step, read
        at the method's nodes.
        """
        state = self._state(h)
        drives = self._drives(x)
        leading = np.broadcast_shapes(state.shape[:-1], *(d.shape[:-1] for d in drives))
        shape, dtype = (*leading, self.n_units), np.result_type(float, state, *drives)
        out = np.empty(shape, dtype)
        state = np.broadcast_to(state, shape).astype(dtype, copy=False)
        self.stepper(shape, dtype)(state, drives, out)
        return out

    def jacobian(self, h: Any, x: Any = None) -> Array:
        """Return dPhi/dh, shape (..., N, N), by complex step; a kink is a ValueError."""
        self.require_slope(h, x)
        return super().jacobian(h, x)

    def input_jacobian(self, h: Any, x: Any = None) -> Array:
        """Return dPhi/dx, shape (..., N, M), by complex step; a kink is a ValueError."""
        self.require_slope(h, x)
        return super().input_jacobian(h, x)

    def stepper(self, shape: tuple[int, ...], dtype: Any) -> Step:
        """Return the step for states of one shape and dtype, with its work space set aside."""
        return self.scheme.stepper(self.flow, self.step_size, shape, dtype)

    def linear_map(self) -> LinearMap:
        """Return A, B, c of this map, read off at zero and at unit vectors.

        Raises
        ------
        ValueError
            If the flow is not linear.
        """
        if not isinstance(self.flow, LinearSystem):
            raise ValueError(
                f"the flow is a {type(self.flow).__name__}, so its map is not linear; "
                "apply Linearise first"
            )
        return read_off(self)

    def require_slope(self, h: Any, x: Any = None) -> None:
        """Raise ValueError if the flow has no derivative at h, with the first node's input.

        The later stages of a method visit other points, which are not looked at.
        """
        self.flow.require_slope(h, self._node_inputs(x)[0])

    def _node_inputs(self, x: Any) -> list[Any]:
        return [x(c) if callable(x) else x for c in self.nodes]

    def _drives(self, x: Any) -> list[Any]:
        return [self.flow._drive(value) for value in self._node_inputs(x)]


def read_off(affine: Map) -> LinearMap:
    """Return the LinearMap with the values an affine map takes at zero and at unit vectors.

    Examples
    --------
    >>> from helpers.dynamics.systems import LinearMap
    >>> read_off(LinearMap([[0.5]], [[2.0]], [1.0], 0.1)).B
    array([[2.]])
    """
    zero, still = np.zeros(affine.n_units), np.zeros(affine.n_inputs)
    c = affine.step(zero, still)
    A = (affine.step(np.eye(affine.n_units), still) - c).T
    B = (affine.step(zero, np.eye(affine.n_inputs)) - c).T if affine.n_inputs else None
    return LinearMap(A, B, c, affine.delta)
