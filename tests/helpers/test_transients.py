"""Transients: gains and starts against simulation, pseudospectra against perturbed eigenvalues."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.linalg import expm
from scipy.stats import ortho_group

from helpers import LinearMap, LinearSystem, simulate
from helpers.analysis.transients import (
    extreme_starts,
    kreiss_bound,
    numerical_abscissa,
    smallest_singular_values,
    transient_gain,
)
from tests.helpers.theory import EPS, seeds, slope, some

sizes = st.integers(2, 6)


def draw(seed: int, n: int) -> Any:
    return np.random.default_rng(seed).standard_normal((n, n))


def normal(seed: int, n: int) -> tuple[Any, Any]:
    """A rotation-dilation for each pair of units, in turned axes; and its eigenvalues."""
    rng = np.random.default_rng(seed)
    z = rng.standard_normal(n) + 1j * rng.standard_normal(n)
    blocks = np.zeros((2 * n, 2 * n))
    for i, value in enumerate(z):
        part = np.array([[value.real, -value.imag], [value.imag, value.real]])
        blocks[2 * i : 2 * i + 2, 2 * i : 2 * i + 2] = part
    q = ortho_group.rvs(2 * n, random_state=rng)
    return q @ blocks @ q.T, np.concatenate([z, z.conj()])


def chain(strength: float) -> Any:
    """Unit 2 drives unit 1 and nothing drives unit 2."""
    return np.array([[0.0, strength], [0.0, 0.0]])


# --- the numerical abscissa -----------------------------------------------------------------------


@some
@given(seed=seeds, n=sizes)
def test_the_abscissa_is_the_slope_of_the_gain_at_zero(seed: int, n: int) -> None:
    A = draw(seed, n)
    # The logarithmic norm, (|I + tA| - 1) / t as t goes to 0: no eigenvalue of a symmetric part.
    steps = 1e-2 / 2.0 ** np.arange(8)
    rates = np.array([(np.linalg.norm(np.eye(n) + t * A, 2) - 1) / t for t in steps])
    errors = rates - numerical_abscissa(A)
    # Convex in t, so never below its limit; and off by t |A|^2 / 2 at most.
    assert np.all(errors >= -1e-9)
    assert np.all(errors <= steps * np.linalg.norm(A, 2) ** 2)


@some
@given(seed=seeds, n=sizes, shift=st.floats(-3, 3), factor=st.floats(0.1, 10))
def test_the_abscissa_shifts_scales_and_turns_with_the_matrix(
    seed: int, n: int, shift: float, factor: float
) -> None:
    A, bound = draw(seed, n), 100 * n * EPS * (10 * n + 3)
    here = numerical_abscissa(A)
    assert numerical_abscissa(factor * A) == pytest.approx(factor * here, abs=bound)
    assert numerical_abscissa(A + shift * np.eye(n)) == pytest.approx(here + shift, abs=bound)
    q = ortho_group.rvs(n, random_state=np.random.default_rng(seed))
    assert numerical_abscissa(q @ A @ q.T) == pytest.approx(here, abs=bound)
    # Rayleigh: no state grows faster, and no eigenvalue lies to the right.
    u = np.random.default_rng(seed).standard_normal((200, n))
    rates = np.einsum("ki,ij,kj->k", u, A, u) / np.sum(u**2, axis=1)
    assert np.max(rates) <= here + bound
    assert np.max(np.linalg.eigvals(A).real) <= here + bound


@some
@given(seed=seeds, n=st.integers(1, 4))
def test_a_normal_matrix_has_its_abscissa_in_its_spectrum(seed: int, n: int) -> None:
    A, values = normal(seed, n)
    assert numerical_abscissa(A) == pytest.approx(np.max(values.real), abs=1e-12)
    assert numerical_abscissa(A - A.T) == pytest.approx(0.0, abs=1e-12)


# --- gains ----------------------------------------------------------------------------------------


def test_the_gains_of_a_chain_of_two_are_known() -> None:
    # e^{tA} = (1, s; 0, 1) with s = ft: the singular values are a pair with product 1, sum of
    # squares 2 + s^2.
    t = np.linspace(0.0, 4.0, 9)
    s = 3.0 * t
    expected = s / 2 + np.sqrt(1 + s**2 / 4)
    np.testing.assert_allclose(transient_gain(chain(3.0), "flow", t), expected, rtol=1e-13)
    assert transient_gain(chain(3.0), "map", [0, 1, 2, 7]).tolist() == [1.0, 3.0, 0.0, 0.0]


@some
@given(seed=seeds, n=st.integers(1, 3))
def test_a_normal_matrix_gains_what_its_eigenvalues_say(seed: int, n: int) -> None:
    A, values = normal(seed, n)
    t, k = np.linspace(0, 2, 5), np.arange(6)
    flow, steps = np.exp(t * np.max(values.real)), np.max(np.abs(values)) ** k
    np.testing.assert_allclose(transient_gain(A, "flow", t), flow, rtol=1e-11)
    np.testing.assert_allclose(transient_gain(A, "map", k), steps, rtol=1e-11)


@some
@given(seed=seeds, n=sizes)
def test_gains_lie_between_spectrum_and_abscissa_and_multiply_at_most(seed: int, n: int) -> None:
    A, t = draw(seed, n), np.linspace(0, 2, 9)
    values, gain = np.linalg.eigvals(A), transient_gain(A, "flow", t)
    assert np.all(gain >= np.exp(t * np.max(values.real)) * (1 - 1e-10))
    assert np.all(gain <= np.exp(t * numerical_abscissa(A)) * (1 + 1e-10))
    assert np.all(gain[2::2] <= gain[1:5] ** 2 * (1 + 1e-10))
    powers = transient_gain(A, "map", np.arange(9))
    assert np.all(powers >= np.max(np.abs(values)) ** np.arange(9) * (1 - 1e-10))
    assert np.all(powers[2::2] <= powers[1:5] ** 2 * (1 + 1e-10))


@pytest.mark.parametrize("kind", ["flow", "map"])
@some
@given(seed=seeds, n=sizes)
def test_starts_and_gains_are_those_of_a_simulation(kind: str, seed: int, n: int) -> None:
    A = draw(seed, n) / np.sqrt(n)

    def grown(h: Any) -> Any:
        if kind == "flow":
            return simulate(LinearSystem(A), h, t=[0.0, 3.0]).h[-1]
        return simulate(LinearMap(A, None, None, 1.0), h, steps=3).h[-1]

    best, worst = extreme_starts(A, kind, 3)
    gain = transient_gain(A, kind, [3])[0]
    others = np.random.default_rng(seed).standard_normal((100, n))
    sizes_after = np.linalg.norm(grown(others), axis=1) / np.linalg.norm(others, axis=1)
    size = np.linalg.norm
    assert size(best) == pytest.approx(1.0) and size(worst) == pytest.approx(1.0)
    assert size(grown(best)) == pytest.approx(gain, rel=1e-8)
    assert np.max(sizes_after) <= gain * (1 + 1e-8)
    assert np.min(sizes_after) >= size(grown(worst)) - 1e-8 * gain
    assert abs(best @ worst) <= 1e-12
    for start in (best, worst):
        assert start[np.argmax(np.abs(start))] > 0


def test_the_least_gain_is_that_of_the_inverse_way_back() -> None:
    A = draw(5, 4)
    worst = extreme_starts(A, "flow", 1.5)[1]
    back = transient_gain(-A, "flow", [1.5])[0]
    assert np.linalg.norm(expm(1.5 * A) @ worst) == pytest.approx(1 / back, rel=1e-10)


# --- pseudospectra --------------------------------------------------------------------------------


@some
@given(seed=seeds, n=st.integers(1, 3))
def test_for_a_normal_matrix_it_is_the_distance_to_the_spectrum(seed: int, n: int) -> None:
    A, values = normal(seed, n)
    z = np.random.default_rng(seed).uniform(-3, 3, (2, 7)) + 0.7j
    found = smallest_singular_values(A, z)
    apart = np.min(np.abs(z[..., None] - values), axis=-1)
    assert found.shape == (2, 7)
    np.testing.assert_allclose(found, apart, atol=1e-12)


@some
@given(seed=seeds, n=sizes)
def test_it_is_the_distance_to_a_matrix_with_that_eigenvalue(seed: int, n: int) -> None:
    A, rng = draw(seed, n), np.random.default_rng(seed)
    z = complex(*rng.uniform(-2, 2, 2))
    distance = float(smallest_singular_values(A, z))
    # Reached: by the rank-one matrix that takes the last singular triple away.
    u, s, vh = np.linalg.svd(z * np.eye(n) - A)
    moved = np.linalg.eigvals(A + s[-1] * np.outer(u[:, -1], vh[-1]))
    # A double eigenvalue may come of it: the square root of the rounding.
    assert np.min(np.abs(moved - z)) <= 1e-5
    # Not undercut: a smaller matrix leaves z at some distance from the spectrum.
    for _ in range(20):
        E = rng.standard_normal((n, n))
        E *= 0.99 * distance / np.linalg.norm(E, 2)
        assert np.linalg.norm(np.linalg.inv(z * np.eye(n) - A - E), 2) <= 101 / distance


@some
@given(seed=seeds, n=sizes)
def test_it_changes_no_faster_than_the_point(seed: int, n: int) -> None:
    A, rng = draw(seed, n), np.random.default_rng(seed)
    z = rng.uniform(-2, 2, 30) + 1j * rng.uniform(-2, 2, 30)
    found = smallest_singular_values(A, z)
    apart = np.abs(z[:, None] - z)
    assert np.all(np.abs(found[:, None] - found) <= apart + 1e-12)
    np.testing.assert_allclose(smallest_singular_values(A, z.conj()), found, atol=1e-12)
    inverse = [1 / np.linalg.norm(np.linalg.inv(point * np.eye(n) - A), 2) for point in z]
    np.testing.assert_allclose(found, inverse, rtol=1e-9)


# --- the bound of Kreiss --------------------------------------------------------------------------

RINGS = 1.0 + np.geomspace(0.01, 30, 30)[:, None] * np.exp(2j * np.pi * np.arange(16) / 16)


def test_the_bound_of_a_chain_of_two_is_known() -> None:
    # sigma_min(z - A) = sqrt(r^2 + f^2 / 4) - f / 2 at |z| = r.
    for f, r in ((8.0, 2.0), (40.0, 1.7)):
        known = np.sqrt(r**2 + f**2 / 4) - f / 2
        assert kreiss_bound(chain(f), "map", [r]) == pytest.approx((r - 1) / known, rel=1e-10)
        assert kreiss_bound(chain(f), "flow", [r]) == pytest.approx(r / known, rel=1e-10)


@some
@given(seed=seeds, n=sizes, slack=st.floats(0.1, 0.5))
def test_no_gain_stays_below_the_bound(seed: int, n: int, slack: float) -> None:
    A = draw(seed, n)
    values = np.linalg.eigvals(A)
    steps = A * (1 - slack) / np.max(np.abs(values))
    flow = A - (np.max(values.real) + slack) * np.eye(n)
    reached = np.max(transient_gain(steps, "map", np.arange(60)))
    assert kreiss_bound(steps, "map", RINGS) <= reached * (1 + 1e-9)
    times = np.linspace(0, 20, 601)
    tallest = np.max(transient_gain(flow, "flow", times))
    # Between two times the gain grows by at most exp(omega dt).
    between = np.exp(max(numerical_abscissa(flow), 0.0) * times[1])
    assert kreiss_bound(flow, "flow", RINGS) <= tallest * between


@some
@given(seed=seeds, n=st.integers(1, 3))
def test_a_normal_matrix_inside_has_no_bound_above_one(seed: int, n: int) -> None:
    A, values = normal(seed, n)
    steps = A / np.max(np.abs(values))
    flow = A - np.max(values.real) * np.eye(2 * n)
    assert kreiss_bound(steps, "map", RINGS) <= 1 + 1e-9
    assert kreiss_bound(flow, "flow", RINGS) <= 1 + 1e-9


def test_the_bound_grows_with_the_strength_in_proportion() -> None:
    strengths = 100.0 * 2.0 ** np.arange(6)
    bounds = [kreiss_bound(chain(f), "map", RINGS) for f in strengths]
    assert slope(strengths, bounds) == pytest.approx(1.0, abs=1e-3)


def test_outside_an_eigenvalue_has_no_finite_bound() -> None:
    assert kreiss_bound([[2.0]], "map", [2.0, 3.0]) == np.inf
    # Points inside say nothing, whatever the distance there.
    assert kreiss_bound([[0.5]], "map", [0.5, 2.0]) == pytest.approx(2 / 3)
    assert kreiss_bound([[-1.0]], "flow", [-1.0, 1.0]) == pytest.approx(1 / 2)


# --- wrong uses -----------------------------------------------------------------------------------

EYE = np.eye(2)


def test_wrong_uses_are_refused_with_the_value_and_the_remedy() -> None:
    for wrong, words in (
        (lambda: numerical_abscissa(np.ones((2, 3))), r"shape \(2, 3\); it must be square"),
        (lambda: transient_gain(EYE, "ode", [1]), "kind = 'ode'; it is \"flow\""),
        (lambda: transient_gain(EYE, "map", [0.5]), r"\[0\.5\].*whole numbers of steps"),
        (lambda: transient_gain(EYE, "flow", [-1.0]), r"-1\..*times from 0 on"),
        (lambda: transient_gain(EYE, "flow", 1.0), r"times has shape \(\)"),
        (lambda: transient_gain(800 * EYE, "flow", [1.0]), r"1\.0\].*beyond a float"),
        (lambda: transient_gain(1e200 * EYE, "map", [2]), r"2\].*beyond a float"),
        (lambda: extreme_starts(EYE, "map", 1.5), "whole numbers of steps"),
        (lambda: smallest_singular_values(EYE, [np.nan]), "nan.*finite complex numbers"),
        (lambda: smallest_singular_values(EYE, ["a"]), "'a'.*finite complex numbers"),
        (lambda: kreiss_bound(EYE, "map", [0.5]), "no point outside the unit circle; extend"),
        (lambda: kreiss_bound(EYE, "flow", [-1.0]), "no point right of the imaginary axis"),
        (lambda: kreiss_bound(EYE, "maps", [2.0]), "kind = 'maps'"),
    ):
        with pytest.raises(ValueError, match=words):
            wrong()
