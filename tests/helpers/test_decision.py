"""Decisions: closed forms against sums of normal steps and scipy, runs to a bound, averages."""

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.integrate import quad, solve_bvp

from helpers import Discretise, LinearMap, LinearSystem, Rescale
from helpers.analysis.decision import OVERSHOOT, ddm, to_bound
from helpers.dynamics.averaging import averaged

SIZES = st.floats(0.1, 3.0)


@given(SIZES, SIZES, SIZES, st.floats(0.2, 5.0))
def test_rescaling_a_process_keeps_errors_and_divides_times(a, c, z, tau):
    before, after = ddm(a, c, z), ddm(tau * a, math.sqrt(tau) * c, z)
    assert after.error_rate == pytest.approx(before.error_rate, rel=1e-9, abs=1e-14)
    assert after.decision_time == pytest.approx(before.decision_time / tau, rel=1e-12)


@given(SIZES, SIZES, SIZES, st.floats(0.2, 5.0))
def test_more_rate_on_the_same_evidence_is_a_lower_bound(a, c, z, tau):
    faster, lower = ddm(tau * a, tau * c, z), ddm(a, c, z / tau)
    assert faster.error_rate == pytest.approx(lower.error_rate, rel=1e-9, abs=1e-14)
    assert faster.decision_time == pytest.approx(lower.decision_time, rel=1e-12)


@pytest.mark.parametrize(("a", "c", "z"), [(0.7, 0.9, 1.3), (-0.4, 1.1, 0.8), (0.0, 0.5, 1.0)])
def test_closed_forms_solve_the_backward_equations(a, c, z):
    """a u' + c^2 u'' / 2 = 0 or -1 between the bounds, by scipy's boundary value solver."""

    def solved(source, low, high):
        found = solve_bvp(
            lambda y, u: np.array([u[1], -2 / c**2 * (a * u[1] + source)]),
            lambda left, right: np.array([left[0] - low, right[0] - high]),
            np.linspace(-z, z, 41),
            np.zeros((2, 41)),
            tol=1e-9,
            max_nodes=100_000,
        )
        return found.sol(0.0)[0]

    found = ddm(a, c, z)
    assert found.error_rate == pytest.approx(solved(0.0, 1.0, 0.0), abs=1e-7)
    assert found.decision_time == pytest.approx(solved(1.0, 0.0, 0.0), abs=1e-6)


def test_pyddm_agrees():
    pyddm = pytest.importorskip("pyddm")
    model = pyddm.Model(
        drift=pyddm.DriftConstant(drift=0.7),
        noise=pyddm.NoiseConstant(noise=0.9),
        bound=pyddm.BoundConstant(B=1.3),
        T_dur=30,
        dt=0.005,
    )
    solution, found = model.solve_analytical({}), ddm(0.7, 0.9, 1.3)
    assert solution.prob("error") == pytest.approx(found.error_rate, abs=1e-4)
    times = solution.t_domain
    density = solution.pdf("correct") + solution.pdf("error")
    assert np.sum(times * density) * 0.005 == pytest.approx(found.decision_time, abs=1e-3)


def test_the_overshoot_is_that_of_a_sum_of_normal_steps():
    zeta_half = -1.4603545088095868
    assert pytest.approx(-zeta_half / math.sqrt(2 * math.pi), abs=1e-15) == OVERSHOOT


@pytest.mark.parametrize("drift", [0.0, 0.05, 0.2])
def test_a_sum_of_normal_steps_has_the_corrected_error_rate_and_time(drift):
    rng, n = np.random.default_rng(4), 20_000
    adder = Discretise(1.0)(LinearSystem([[0.0]], [[1.0]]))
    x = drift + 0.5 * rng.standard_normal((600, n, 1))
    choice, steps = to_bound(adder, lambda h: h, x, 3.0)
    corrected, plain = ddm(drift, 0.5, 3.0, step=1.0), ddm(drift, 0.5, 3.0)
    assert np.all(choice != 0)
    assert np.mean(choice < 0) == pytest.approx(corrected.error_rate, abs=0.012)
    assert np.mean(steps) == pytest.approx(corrected.decision_time, rel=0.02)
    assert np.mean(steps) > 1.05 * plain.decision_time


@pytest.mark.parametrize("every", [1, 3, 7])
def test_the_first_look_beyond_the_bound_is_the_decision(every):
    rng = np.random.default_rng(5)
    x = rng.standard_normal((90, 12, 1))
    choice, steps = to_bound(LinearMap([[1.0]], [[1.0]], None, 1.0), lambda h: h, x, 4.0,
                             every=every)  # fmt: skip
    sums = np.cumsum(x[..., 0], axis=0)
    for trial in range(12):
        beyond = [k for k in range(every, 91, every) if abs(sums[k - 1, trial]) >= 4.0]
        assert steps[trial] == (beyond[0] if beyond else 90)
        assert choice[trial] == (np.sign(sums[beyond[0] - 1, trial]) if beyond else 0)


def test_an_aligned_clock_changes_no_decision():
    rng = np.random.default_rng(6)
    flow = LinearSystem([[-0.1]], [[0.5]], noise=[0.3])
    x = rng.standard_normal((200, 20, 1))
    one, two = (
        to_bound(system, lambda h: h, x, 1.0, rng=np.random.default_rng(7))
        for system in (Discretise(0.5)(flow), Discretise(0.125)(Rescale(4.0)(flow)))
    )
    np.testing.assert_array_equal(one.choice, two.choice)
    np.testing.assert_array_equal(one.steps, two.steps)


@pytest.mark.parametrize("spread", [0.3, 1.58, 5.0])
@pytest.mark.parametrize("phi", [0.0, -0.7, 2.0])
def test_an_average_over_noise_is_an_integral(spread, phi):
    def over_noise(function):
        def weighed(e):
            return function(phi + spread * e) * np.exp(-0.5 * e * e) / np.sqrt(2 * np.pi)

        return quad(weighed, -12, 12, points=[-phi / spread], limit=500, epsabs=1e-13)[0]

    sigma = averaged("tanh", spread)
    assert sigma(phi) == pytest.approx(over_noise(np.tanh), abs=1e-11)
    assert sigma.slope(phi) == pytest.approx(over_noise(lambda p: 1 - np.tanh(p) ** 2), abs=1e-11)


def test_under_strong_noise_a_saturating_slope_is_that_of_stein():
    assert 50 * averaged("erf", 50.0).slope(0.0) == pytest.approx(math.sqrt(2 / math.pi), rel=1e-3)


def test_wrong_uses_are_named():
    adder = LinearMap([[1.0]], [[1.0]], None, 1.0)
    with pytest.raises(ValueError, match="noise"):
        ddm(1.0, 0.0, 1.0)
    with pytest.raises(ValueError, match="step"):
        ddm(1.0, 1.0, 1.0, step=-1.0)
    with pytest.raises(ValueError, match="drift"):
        ddm(np.nan, 1.0, 1.0)
    with pytest.raises(ValueError, match="not a map"):
        to_bound(LinearSystem([[0.0]], [[1.0]]), lambda h: h, np.zeros((3, 1, 1)), 1.0)
    with pytest.raises(ValueError, match="x has shape"):
        to_bound(adder, lambda h: h, np.zeros((3, 1)), 1.0)
    with pytest.raises(ValueError, match="every"):
        to_bound(adder, lambda h: h, np.zeros((3, 1, 1)), 1.0, every=0)
    with pytest.raises(ValueError, match="kinks"):
        averaged("relu", 1.0)
    with pytest.raises(ValueError, match="spread"):
        averaged("tanh", 0.0)
