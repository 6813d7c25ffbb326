"""Controllability: what Euler and rescaling keep, what other methods lose at isolated steps."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from helpers import (
    Discretise,
    LinearSystem,
    Rescale,
    controllability_margin,
    controllability_matrix,
)
from tests.helpers.theory import EPS, seeds, slope, some


def pair(seed: int, n: int = 3, m: int = 1) -> LinearSystem:
    rng = np.random.default_rng(seed)
    return LinearSystem(rng.standard_normal((n, n)) - np.eye(n), rng.standard_normal((n, m)))


@some
@given(seed=seeds, n=st.integers(1, 5), m=st.integers(0, 3), depth=st.integers(1, 6))
def test_the_matrix_is_its_definition(seed: int, n: int, m: int, depth: int) -> None:
    system = pair(seed, n, m)
    found = controllability_matrix(system.A, system.B, depth=depth)
    assert found.shape == (n, depth * m)
    for k in range(depth):
        block = np.linalg.matrix_power(system.A, k) @ system.B
        size = np.linalg.norm(system.A, 2) ** k * np.linalg.norm(system.B) * np.sqrt(n)
        assert np.max(np.abs(found[:, k * m : (k + 1) * m] - block), initial=0.0) <= (
            4 * n * (k + 1) * EPS * size
        )
    assert controllability_matrix(system.A, system.B).shape == (n, n * m)


@some
@given(seed=seeds, tau=st.floats(0.1, 10.0), delta=st.floats(0.01, 2.0))
def test_euler_and_rescaling_span_the_same_space_at_every_depth(
    seed: int, tau: float, delta: float
) -> None:
    # MATH theorem 6 (a): K_d = K (T x I) with T triangular, its diagonal the powers of delta.
    system = pair(seed)
    step = Discretise(delta)(system).linear_map()
    fast = Rescale(tau)(system)
    for depth in (1, 2, 3):
        K = controllability_matrix(system.A, system.B, depth=depth)
        q, _ = np.linalg.qr(K)
        for A, B in ((step.A, step.B), (fast.A, fast.B)):
            other = controllability_matrix(A, B, depth=depth)
            other = other / np.linalg.norm(other, axis=0)
            if np.linalg.cond(K / np.linalg.norm(K, axis=0)) < 1e4:
                outside = other - q @ (q.T @ other)
                # Rounding of a column, times the condition of what spans the space.
                assert np.max(np.abs(outside)) <= 1e4 * 100 * EPS


@some
@given(seed=seeds, delta=st.floats(0.01, 2.0))
def test_eulers_margin_is_delta_times_the_flows(seed: int, delta: float) -> None:
    # [(1 + delta s) I - A_d, B_d] = delta [s I - A, B].
    system = pair(seed, n=4, m=2)
    step = Discretise(delta)(system).linear_map()
    margin = controllability_margin(step.A, step.B)
    # Eigenvalues of a nearly defective matrix carry the square root of rounding.
    assert margin == pytest.approx(
        delta * controllability_margin(system.A, system.B), rel=1e-6, abs=1e-9
    )


def test_the_margin_is_zero_exactly_where_a_mode_sees_no_input() -> None:
    A = np.diag([-1.0, -2.0, -3.0])
    assert controllability_margin(A, [[1.0], [1.0], [1.0]]) > 0.1
    for unseen in range(3):
        B = np.ones((3, 1))
        B[unseen] = 0.0
        assert controllability_margin(A, B) == 0.0
        assert np.linalg.matrix_rank(controllability_matrix(A, B)) == 2
    # Two equal eigenvalues and one input: no input reaches both; two inputs do.
    assert controllability_margin(-np.eye(2), [[1.0], [2.0]]) <= 4 * EPS
    assert controllability_margin(-np.eye(2), np.eye(2)) == pytest.approx(1.0)


def test_the_midpoint_rule_loses_controllability_where_r_takes_a_value_twice() -> None:
    # Eigenvalues -1 and -3 at delta = 1/2: R(-1/2) = R(-3/2) = 0.625; Euler and zoh are fine.
    system = LinearSystem([[0.0, 1.0], [-3.0, -4.0]], [[0.0], [1.0]])
    margins = {}
    for name in ("euler", "midpoint", "trapezoid", "zoh"):
        step = Discretise(0.5, name)(system).linear_map()
        margins[name] = controllability_margin(step.A, step.B)
    assert margins["midpoint"] <= 1e-7
    assert min(m for n, m in margins.items() if n != "midpoint") > 0.01
    # The margin grows in proportion to the distance from that step.
    away = np.array([4e-3, 2e-3, 1e-3, 5e-4])
    steps = [Discretise(0.5 + d, "midpoint")(system).linear_map() for d in away]
    grown = [controllability_margin(s.A, s.B) for s in steps]
    assert abs(slope(away, grown) - 1.0) <= 0.1


@pytest.mark.parametrize(
    ("call", "words"),
    [
        (lambda: controllability_matrix(np.ones((2, 3)), np.ones((2, 1))), r"A has shape \(2, 3\)"),
        (lambda: controllability_matrix(np.eye(2), np.ones((3, 1))), r"B has shape \(3, 1\)"),
        (lambda: controllability_matrix(np.eye(2), np.ones((2, 1)), depth=0), "depth = 0"),
        (lambda: controllability_margin(np.eye(2), np.ones(2)), r"B has shape \(2,\)"),
        (lambda: controllability_margin([[np.nan]], [[1.0]]), r"A\[0, 0\] is nan"),
    ],
)
def test_pairs_that_do_not_fit_are_refused(call: object, words: str) -> None:
    with pytest.raises(ValueError, match=words):
        call()
