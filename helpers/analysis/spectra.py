"""Eigenvalues that know whether they belong to a flow or to a map, and what follows from them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from scipy.linalg.lapack import dgees
from scipy.optimize import linear_sum_assignment

from helpers.dynamics._checks import Array, positive, shown, square
from helpers.dynamics.linear import LinearMap, LinearSystem
from helpers.dynamics.one_step import Scheme
from helpers.dynamics.schemes import DiscretisedMap, scheme
from helpers.dynamics.systems import Flow, Map

__all__ = ["Spectrum", "henrici", "spectrum"]


@dataclass(frozen=True, eq=False)
class Spectrum:
    r"""Eigenvalues of a flow, :math:`\mu`, or of a map, :math:`\rho`. The kind is part of them.

    Parameters
    ----------
    values : complex array (N,)
        The eigenvalues.
    kind : "flow" or "map"
        What they belong to.
    delta : float, for maps
        Time between two steps.

    Raises
    ------
    ValueError
        On another kind, a map without its delta, or a flow with one.

    Examples
    --------
    >>> Spectrum(np.array([-1.0 + 2.0j]), "flow").to_map("euler", delta=0.5).values
    array([0.5+1.j])
    """

    values: Array
    kind: str
    delta: Any = None

    def __post_init__(self) -> None:
        values = np.sort_complex(np.atleast_1d(np.asarray(self.values, dtype=complex)))
        if values.ndim != 1 or not np.all(np.isfinite(values)):
            raise ValueError(
                f"values = {shown(self.values)}; eigenvalues are a row of finite numbers"
            )
        values.setflags(write=False)
        object.__setattr__(self, "values", values)
        if self.kind not in ("flow", "map"):
            raise ValueError(f'kind = {self.kind!r}; it is "flow" or "map"')
        if self.kind == "flow" and self.delta is not None:
            raise ValueError(f"delta = {self.delta!r} for a flow; only a map has a time step")
        if self.kind == "map":
            object.__setattr__(self, "delta", positive(self.delta, "delta"))

    @property
    def stable(self) -> bool:
        """Whether Re mu < 0 for all (flow), or |rho| < 1 for all (map)."""
        inside = self.values.real < 0 if self.kind == "flow" else np.abs(self.values) < 1
        return bool(np.all(inside))

    @property
    def rates(self) -> Array:
        """Growth rates in 1/time, which are Re mu, or ln |rho| / delta."""
        if self.kind == "flow":
            return np.asarray(self.values.real)
        with np.errstate(divide="ignore"):
            return np.asarray(np.log(np.abs(self.values)) / self.delta)

    @property
    def angular_frequencies(self) -> Array:
        """Radians per unit of time, which are Im mu, or arg rho / delta."""
        turn = self.values.imag if self.kind == "flow" else np.angle(self.values) / self.delta
        return np.asarray(turn)

    def to_map(self, method: str | Scheme, *, delta: float) -> Spectrum:
        """Return the map's eigenvalues R(delta mu) under a method, for a flow.

        Raises
        ------
        ValueError
            If this is a map already, or the method has no stability function.
        """
        if self.kind != "flow":
            raise ValueError(
                "these eigenvalues belong to a map already; to_flow converts them back"
            )
        step = positive(delta, "delta")
        return Spectrum(scheme(method).stability(step * self.values), "map", step)

    def to_flow(self, method: str | Scheme, *, principal: bool = False) -> Spectrum:
        """Return the eigenvalues mu with R(delta mu) = rho under a method, for a map.

        Raises
        ------
        ValueError
            If this is a flow already, or if several mu give the same rho and `principal` is False.
            With `principal` the one nearest to zero is taken, which is the right one for small
            enough steps, and only for those.
        """
        if self.kind != "map":
            raise ValueError("these eigenvalues belong to a flow already; to_map converts them")
        candidates = [scheme(method).preimages(rho) for rho in self.values]
        for rho, found in zip(self.values, candidates, strict=True):
            if len(found) == 0:
                raise ValueError(f"no flow has a step with eigenvalue {rho:.6g} under this method")
            if len(found) > 1 and not principal:
                shown = ", ".join(f"{z / self.delta:.6g}" for z in found)
                raise ValueError(
                    f"rho = {rho:.6g} comes from more than one eigenvalue: {shown}; "
                    "principal=True takes the first, the nearest to zero"
                )
        return Spectrum(np.array([found[0] for found in candidates]) / self.delta, "flow")

    def distance(self, other: Spectrum) -> float:
        """Return the largest difference under the best pairing of the two sets of eigenvalues.

        Raises
        ------
        ValueError
            If one set belongs to a flow and the other to a map, or the sizes differ. The steps of
            two maps may differ: an aligned rescaling leaves a map's eigenvalues alone.
        """
        if self.kind != other.kind:
            raise ValueError(
                f"these are the eigenvalues of a {self.kind} and of a {other.kind}; convert one "
                "with to_map or to_flow, naming the method"
            )
        if len(self.values) != len(other.values):
            raise ValueError(
                f"{len(self.values)} against {len(other.values)} eigenvalues; compare systems "
                "of one size"
            )
        apart = np.abs(self.values[:, None] - other.values[None, :])
        rows, columns = linear_sum_assignment(apart)
        return float(np.max(apart[rows, columns]))


def spectrum(
    source: Any, kind: str | None = None, *, delta: float | None = None, at: Any = None
) -> Spectrum:
    r"""Return the eigenvalues of a matrix, or of a system's Jacobian at a point.

    Parameters
    ----------
    source : array (N, N), Flow or Map
        A matrix needs `kind`; a system knows its own.
    kind : "flow" or "map", for a matrix
        What the matrix is: h' = A h, or h+ = A h.
    delta : float, for the matrix of a map
        Time between two steps.
    at : tuple (h, x), for a system
        Where to differentiate; x may be None. Linear systems do not need it.

    Returns
    -------
    Spectrum
        `.values`, sorted, and `.kind`.

    Raises
    ------
    ValueError
        If the kind is missing, or contradicts the system.

    Examples
    --------
    >>> spectrum([[0.0, -1.0], [1.0, 0.0]], "flow").values
    array([0.-1.j, 0.+1.j])
    """
    if not isinstance(source, (Flow, Map)):
        if kind is None:
            raise ValueError('a matrix does not say what it is; give kind="flow" or kind="map"')
        if at is not None:
            raise ValueError(f"at = {shown(at)}; a matrix is the same at every point, leave at out")
        return Spectrum(np.linalg.eigvals(square(source, "matrix")), kind, delta)
    own = "flow" if isinstance(source, Flow) else "map"
    if kind not in (None, own) or delta is not None:
        raise ValueError(f"this system is a {own} and has its own step; leave kind and delta out")
    h, x = (np.zeros(source.n_units), None) if at is None and _linear(source) else _at(at)
    return Spectrum(np.linalg.eigvals(source.jacobian(h, x)), own, getattr(source, "delta", None))


def _linear(system: Flow | Map) -> bool:
    flow = system.flow if isinstance(system, DiscretisedMap) else system
    return isinstance(flow, (LinearSystem, LinearMap))


def _at(at: Any) -> tuple[Any, Any]:
    if not (isinstance(at, (tuple, list)) and len(at) == 2):
        raise ValueError(f"at = {shown(at)}; a nonlinear system needs the point at=(h, x)")
    return at[0], at[1]


def henrici(w: Any) -> float:
    r"""Return Henrici's departure from normality, relative to the Frobenius norm.

    .. math:: \frac{\sqrt{\|w\|_F^2 - \sum_i |\lambda_i|^2}}{\|w\|_F} \in [0, 1]

    Parameters
    ----------
    w : array (N, N)
        Any square matrix; zero for a normal one. It changes when a multiple of I is added.

    Returns
    -------
    float
        0 for a normal matrix and for the zero matrix, 1 for a nilpotent one.

    Raises
    ------
    ValueError
        If w is not a finite square matrix.

    Notes
    -----
    Henrici, Numer. Math. 4 (1962); equation (11) of Jarne (arXiv 2005.13074) with the Frobenius
    norm. It is computed from one real Schur form, without its vectors and without a subtraction of
    large numbers: from what lies above the blocks, and of a block [[a, b], [c, a]] with bc < 0,
    whose eigenvalues are a +- i sqrt(-bc), from (b + c)^2.

    Examples
    --------
    >>> henrici([[0.0, 1.0], [0.0, 0.0]])
    1.0
    """
    matrix = square(w, "w")
    # A power of two is taken out, exactly, so that no square overflows or vanishes.
    _, exponent = np.frexp(np.max(np.abs(matrix)))
    matrix = np.ldexp(matrix, -exponent)
    norm = float(np.linalg.norm(matrix))
    if norm == 0.0:
        return 0.0
    triangle, _, _, _, _, _, failed = dgees(lambda _: False, matrix, compute_v=0)
    if failed:
        raise ValueError(f"w has a Schur form that LAPACK does not find (info {failed}); scale it")
    above, below = np.diag(triangle, 1), np.diag(triangle, -1)
    blocks = np.where(below != 0.0, above + below, above)
    return min(
        1.0, float(np.hypot(np.linalg.norm(np.triu(triangle, 2)), np.linalg.norm(blocks))) / norm
    )
