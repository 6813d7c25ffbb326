"""Eigenvalues that know their kind, conversions under a named scheme, and non-normality."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.stats import ortho_group, unitary_group

from helpers import RNN, Discretise, LinearMap, LinearSystem, Rescale, henrici, spectrum
from helpers.analysis.spectra import Spectrum
from helpers.dynamics.one_step import Scheme
from helpers.dynamics.schemes import SCHEMES
from tests.helpers.theory import EPS, lipschitz, networks, points, seeds, some

WITH_R = tuple(n for n, s in SCHEMES.items() if type(s).stability is not Scheme.stability)
# A stability function can be inverted without a choice iff it is Moebius (MATH theorem 6).
MOEBIUS = ("euler", "backward_euler", "trapezoid", "implicit_midpoint")


def triangle(n: int, seed: int) -> np.ndarray:
    return np.triu(np.random.default_rng(seed).standard_normal((n, n)))


# --- what a spectrum is ---------------------------------------------------------------------------


@some
@given(seed=seeds, n=st.integers(1, 6))
def test_the_eigenvalues_of_a_triangle_are_its_diagonal(seed: int, n: int) -> None:
    matrix = triangle(n, seed)
    found = spectrum(matrix, "flow")
    assert found.kind == "flow" and found.delta is None and found.values.dtype == complex
    np.testing.assert_array_equal(found.values, np.sort(np.diag(matrix)).astype(complex))
    as_map = spectrum(matrix, "map", delta=0.3)
    assert (as_map.kind, as_map.delta) == ("map", 0.3)
    np.testing.assert_array_equal(as_map.values, found.values)


def test_a_matrix_does_not_say_what_it_is_and_a_system_does() -> None:
    with pytest.raises(ValueError, match='give kind="flow" or kind="map"'):
        spectrum(np.eye(2))
    with pytest.raises(ValueError, match="delta must be a positive number, got None"):
        spectrum(np.eye(2), "map")
    with pytest.raises(ValueError, match=r"delta = 0\.1 for a flow"):
        spectrum(np.eye(2), "flow", delta=0.1)
    with pytest.raises(ValueError, match="kind = 'ode'"):
        spectrum(np.eye(2), "ode")
    flow, system = LinearSystem([[-1.0]]), LinearMap([[0.5]], None, None, 0.2)
    assert spectrum(flow).kind == "flow" and spectrum(flow, "flow").values[0] == -1.0
    assert (spectrum(system).kind, spectrum(system).delta) == ("map", 0.2)
    for source, wrong in ((flow, {"kind": "map"}), (system, {"kind": "flow"})):
        with pytest.raises(ValueError, match=f"is a {spectrum(source).kind} and has its own"):
            spectrum(source, **wrong)
    with pytest.raises(ValueError, match="leave kind and delta out"):
        spectrum(system, delta=0.2)


@some
@given(network=networks(), seed=seeds)
def test_a_nonlinear_system_is_differentiated_at_the_point_asked_for(
    network: RNN, seed: int
) -> None:
    h, x = points(network, seed)
    J = network.jacobian(h, x)
    delta = 0.3 / lipschitz(network)
    system = Discretise(delta)(network)
    flow, as_map = spectrum(network, at=(h, x)), spectrum(system, at=(h, x))
    # For Euler rho = 1 + delta mu, for each matrix and so for each eigenvalue; the two routes round
    # differently, and a defective matrix turns eps into its N-th root.
    bound = 10 * (100 * EPS) ** (1 / network.n_units) * (1 + lipschitz(network))
    assert flow.distance(Spectrum(np.linalg.eigvals(J), "flow")) == 0.0
    assert as_map.distance(flow.to_map("euler", delta=delta)) <= bound
    assert as_map.delta == delta
    for no_point in (network, system):
        with pytest.raises(ValueError, match=r"needs the point at=\(h, x\)"):
            spectrum(no_point)


def test_values_are_sorted_kept_and_finite() -> None:
    found = Spectrum([2.0, -1.0 + 1j, -1.0 - 1j, 0.0], "flow")
    np.testing.assert_array_equal(found.values, [-1 - 1j, -1 + 1j, 0, 2])
    with pytest.raises(ValueError, match="read-only"):
        found.values[0] = 5.0
    for bad in ([np.nan], [[1.0, 2.0], [3.0, 4.0]], [np.inf]):
        with pytest.raises(ValueError, match="eigenvalues are a row of finite numbers"):
            Spectrum(bad, "flow")


# --- what follows from the kind -------------------------------------------------------------------


@some
@given(a=st.floats(-3, 3), b=st.floats(-3, 3), delta=st.floats(0.05, 1.0))
def test_rates_and_frequencies_of_an_exact_flow_survive_the_exact_map(
    a: float, b: float, delta: float
) -> None:
    # |b| delta <= pi keeps the frequency within the half turn that a map can show.
    flow = Spectrum([a + 1j * b], "flow")
    as_map = flow.to_map("zoh", delta=delta)
    assert flow.rates[0] == a and flow.angular_frequencies[0] == b
    assert as_map.rates[0] == pytest.approx(a, abs=8 * EPS / delta * (1 + abs(a) * delta))
    assert as_map.angular_frequencies[0] == pytest.approx(b, abs=8 * EPS / delta * 4)
    assert flow.stable == (a < 0)
    if abs(a) > 1e-9:
        assert as_map.stable == flow.stable


def test_the_two_borders_of_stability() -> None:
    assert Spectrum([-1e-9 + 5j, -1.0], "flow").stable
    assert not Spectrum([5j, -1.0], "flow").stable
    assert Spectrum([0.999999j, -0.5], "map", 0.1).stable
    assert not Spectrum([1j, 0.5], "map", 0.1).stable
    # Erratum 28: "outside the unit circle" and "right of the axis" are different sentences.
    assert Spectrum([-2.2], "flow").stable and not Spectrum([-2.2], "map", 1.0).stable
    assert not Spectrum([0.5], "flow").stable and Spectrum([0.5], "map", 1.0).stable


def test_a_mode_that_dies_in_one_step_has_the_rate_minus_infinity() -> None:
    assert Spectrum([0.0], "map", 0.1).rates[0] == -np.inf


def test_eulers_relaxation_is_late_by_half_a_step() -> None:
    # MATH 2.4: -delta / ln |1 + delta mu| = T - delta / 2 + ..., T = -1 / mu.
    flow = Spectrum([-0.5], "flow")
    for delta in (0.1, 0.01):
        late = -1 / flow.to_map("euler", delta=delta).rates[0]
        assert late == pytest.approx(2.0 - delta / 2, abs=delta**2)


# --- conversions ----------------------------------------------------------------------------------


@pytest.mark.parametrize("name", WITH_R)
@some
@given(seed=seeds)
def test_the_conversion_is_what_the_scheme_does_to_the_system(name: str, seed: int) -> None:
    A = np.random.default_rng(seed).standard_normal((3, 3))
    A /= np.linalg.norm(A, 2)
    A -= 1.1 * np.eye(3)
    system = LinearSystem(A)
    converted = spectrum(system).to_map(name, delta=0.4)
    direct = spectrum(Discretise(0.4, name)(system).linear_map())
    # Eigenvalues of a 3 x 3 matrix perturbed by some eps: the cube root in the worst case.
    assert converted.distance(direct) <= 10 * (100 * EPS) ** (1 / 3)
    assert (converted.kind, converted.delta) == ("map", 0.4)


@pytest.mark.parametrize("name", WITH_R)
@some
@given(
    mu=st.lists(st.complex_numbers(max_magnitude=1.0), min_size=1, max_size=5),
    delta=st.floats(0.05, 0.5),
)
def test_conversions_go_there_and_back(name: str, mu: list[complex], delta: float) -> None:
    # |delta mu| <= 1/2, where the preimage nearest to zero is the right one for all of them.
    flow = Spectrum(mu, "flow")
    as_map = flow.to_map(name, delta=delta)
    back = as_map.to_flow(name, principal=name not in MOEBIUS)
    # R' is at least 0.4 here, and one root of four is good to 1e-13 or so.
    assert back.distance(flow) <= 1e-11 / delta
    assert back.kind == "flow" and back.delta is None


@pytest.mark.parametrize("name", [n for n in WITH_R if n not in MOEBIUS])
def test_a_value_with_several_origins_is_refused_and_they_are_listed(name: str) -> None:
    as_map = Spectrum([-0.8 + 1.0j], "flow").to_map(name, delta=0.5)
    with pytest.raises(ValueError, match=r"comes from more than one eigenvalue: .*, .*principal"):
        as_map.to_flow(name)
    assert as_map.to_flow(name, principal=True).values[0] == pytest.approx(-0.8 + 1.0j, abs=1e-9)


def test_the_principal_origin_is_the_wrong_one_for_large_steps() -> None:
    # Aliasing: a rotation by 0.6 turns a step looks like one by 0.4 turns backwards.
    fast = Spectrum([2j * np.pi * 0.6], "flow")
    back = fast.to_map("zoh", delta=1.0).to_flow("zoh", principal=True)
    assert back.values[0] == pytest.approx(-2j * np.pi * 0.4, abs=1e-12)
    # RK4 sends -1 and -2.1071 to 0.375: the second comes back as the first.
    roots = np.roots([1 / 24, 1 / 6, 1 / 2, 1.0, 1 - 0.375])
    far = roots[np.argmin(np.abs(roots + 2.1071))]
    back = Spectrum([far], "flow").to_map("rk4", delta=1.0).to_flow("rk4", principal=True)
    assert abs(far + 2.1071) < 1e-4 and back.values[0] == pytest.approx(-1.0, abs=1e-12)


def test_the_wrong_inverse_is_off_by_first_order() -> None:
    # log(rho) / delta is right for the exact flow alone; for Euler it is off by delta mu^2 / 2.
    flow = Spectrum([-1.0 + 2.0j], "flow")
    gaps = []
    for delta in (0.02, 0.01):
        wrong = flow.to_map("euler", delta=delta).to_flow("zoh", principal=True)
        gaps.append(wrong.distance(flow) / delta)
        assert flow.to_map("euler", delta=delta).to_flow("euler").distance(flow) <= 1e-12
    assert gaps == pytest.approx([abs(-1 + 2j) ** 2 / 2] * 2, rel=0.05)


def test_values_that_no_flow_reaches() -> None:
    with pytest.raises(ValueError, match=r"no flow has a step with eigenvalue 0"):
        Spectrum([0.0], "map", 0.1).to_flow("backward_euler")
    with pytest.raises(ValueError, match=r"no flow has a step with eigenvalue -1"):
        Spectrum([-1.0], "map", 0.1).to_flow("trapezoid")
    with pytest.raises(ValueError, match="has no logarithm"):
        Spectrum([0.0], "map", 0.1).to_flow("zoh", principal=True)


def test_kinds_do_not_mix() -> None:
    flow, as_map = Spectrum([-1.0], "flow"), Spectrum([0.9], "map", 0.1)
    with pytest.raises(ValueError, match="of a flow and of a map; convert"):
        flow.distance(as_map)
    with pytest.raises(ValueError, match="belong to a map already; to_flow"):
        as_map.to_map("euler", delta=0.1)
    with pytest.raises(ValueError, match="belong to a flow already; to_map"):
        flow.to_flow("euler")
    with pytest.raises(ValueError, match="exponential_euler has no stability function"):
        flow.to_map("exponential_euler", delta=0.1)
    with pytest.raises(ValueError, match="unknown method 'leapfrog'"):
        flow.to_map("leapfrog", delta=0.1)
    with pytest.raises(ValueError, match="delta = 0"):
        flow.to_map("euler", delta=0)
    with pytest.raises(ValueError, match="1 against 2 eigenvalues"):
        flow.distance(Spectrum([-1.0, -2.0], "flow"))


@some
@given(seed=seeds, n=st.integers(1, 6))
def test_the_distance_is_that_of_the_best_pairing(seed: int, n: int) -> None:
    rng = np.random.default_rng(seed)
    values = rng.standard_normal(n) + 1j * rng.standard_normal(n)
    moved = values + 1e-9 * np.exp(2j * np.pi * rng.random(n))
    one, other = Spectrum(values, "flow"), Spectrum(rng.permutation(moved), "flow")
    assert one.distance(other) == pytest.approx(1e-9, rel=1e-5)
    assert one.distance(one) == 0.0 and one.distance(other) == other.distance(one)


def test_the_distance_needs_a_pairing() -> None:
    # Sorted by real part, conjugates that trade places would be 4 apart.
    one = Spectrum([1e-12 + 2j, -1e-12 - 2j], "flow")
    other = Spectrum([-1e-12 + 2j, 1e-12 - 2j], "flow")
    assert one.distance(other) <= 3e-12


@some
@given(network=networks(), seed=seeds, tau=st.floats(0.1, 10.0))
def test_rescaling_multiplies_a_flows_eigenvalues_and_leaves_a_maps_alone(
    network: RNN, seed: int, tau: float
) -> None:
    point = points(network, seed)
    slow, fast = (spectrum(f, at=point) for f in (network, Rescale(tau)(network)))
    bound = 10 * (100 * EPS) ** (1 / network.n_units) * lipschitz(network) * tau
    assert fast.distance(Spectrum(tau * slow.values, "flow")) <= bound
    system = Discretise(0.2 / lipschitz(network))(network)
    before, after = (spectrum(m, at=point) for m in (system, Rescale(tau)(system)))
    assert before.distance(after) == 0.0
    assert after.delta == before.delta / tau
    np.testing.assert_allclose(after.rates, tau * before.rates, rtol=1e-12, atol=1e-12)
    np.testing.assert_allclose(
        after.angular_frequencies, tau * before.angular_frequencies, rtol=1e-12, atol=1e-12
    )


def test_the_numbers_of_the_three_spectra_that_are_mixed_up() -> None:
    # EXAMPLES 2d, measured again: N = 60, gain 1.5, time constant 0.1, Euler steps.
    w = 1.5 * np.random.default_rng(0).standard_normal((60, 60)) / np.sqrt(60)
    network = RNN(w, np.zeros((60, 0)), rate=10.0)
    flow = spectrum(network, at=(np.zeros(60), None))
    size = np.max(np.abs(flow.values))
    assert int(np.sum(flow.rates > 0)) == 3
    wrong = []
    for share, unstable in ((0.01, 3), (0.1, 3), (0.5, 7), (1.0, 30)):
        as_map = spectrum(Discretise(0.1 * share)(network), at=(np.zeros(60), None))
        assert int(np.sum(np.abs(as_map.values) > 1)) == unstable
        # (rho - 1) / delta is the flow's spectrum again; 1 / delta magnifies rounding.
        assert as_map.to_flow("euler").distance(flow) <= 1e-13 * size / share
        wrong.append(as_map.to_flow("zoh", principal=True).distance(flow) / size)
    assert wrong[:2] == pytest.approx([0.012, 0.141], abs=1e-3)
    assert 2.0 < wrong[2] < 2.5
    # At delta = time constant the map's matrix is the weight matrix itself.
    assert as_map.distance(Spectrum(np.linalg.eigvals(w), "map", 0.1)) <= 1e-12


# --- non-normality --------------------------------------------------------------------------------


def _normal(seed: int, n: int) -> list[Any]:
    rng = np.random.default_rng(seed)
    q = ortho_group.rvs(n, random_state=rng) if n > 1 else np.eye(1)
    square = rng.standard_normal((n, n))
    symmetric, turned = square + square.T, square - square.T
    return [3.0 * q, symmetric, turned, q @ np.diag(rng.standard_normal(n)) @ q.T, np.eye(n)]


@some
@given(seed=seeds, n=st.integers(1, 7))
def test_a_normal_matrix_has_no_departure(seed: int, n: int) -> None:
    for matrix in _normal(seed, n):
        # The Schur form is backward stable: N eps or so of the norm.
        assert henrici(matrix) <= 20 * n * EPS
    assert henrici(np.zeros((n, n))) == 0.0


@some
@given(seed=seeds, n=st.integers(2, 7))
def test_the_departure_is_what_the_eigenvalues_leave_of_the_norm(seed: int, n: int) -> None:
    matrix = np.random.default_rng(seed).standard_normal((n, n))
    total, used = np.sum(matrix**2), np.sum(np.abs(np.linalg.eigvals(matrix)) ** 2)
    # The subtraction that the Schur form avoids; its own rounding is what is allowed for.
    assert henrici(matrix) ** 2 == pytest.approx((total - used) / total, abs=1e-7)
    assert 0.0 <= henrici(matrix) <= 1.0


@some
@given(seed=seeds, n=st.integers(2, 6), factor=st.sampled_from([-3.0, 0.1, 2.0**40, 1e-200, 1e200]))
def test_the_departure_is_unitarily_invariant_and_free_of_scale(
    seed: int, n: int, factor: float
) -> None:
    rng = np.random.default_rng(seed)
    matrix = rng.standard_normal((n, n))
    q = ortho_group.rvs(n, random_state=rng)
    assert henrici(q @ matrix @ q.T) == pytest.approx(henrici(matrix), abs=40 * n * EPS)
    assert henrici(matrix.T) == pytest.approx(henrici(matrix), abs=40 * n * EPS)
    assert henrici(factor * matrix) == pytest.approx(henrici(matrix), abs=40 * n * EPS)


def test_a_unitary_similarity_with_a_real_result_changes_nothing() -> None:
    # U diag(z, conj z) U* can be real: a rotation-dilation, normal by a complex similarity.
    matrix = np.array([[0.3, -1.2], [1.2, 0.3]])
    assert henrici(matrix) <= 20 * EPS
    u = unitary_group.rvs(3, random_state=np.random.default_rng(1))
    upper = triangle(3, 2)
    hidden = u @ upper @ u.conj().T
    as_real = np.block([[hidden.real, -hidden.imag], [hidden.imag, hidden.real]])
    assert henrici(as_real) == pytest.approx(henrici(upper), abs=100 * EPS)


def test_a_general_similarity_and_a_shift_do_change_it() -> None:
    diagonal, shear = np.diag([1.0, 2.0]), np.array([[1.0, 1.0], [0.0, 1.0]])
    assert henrici(shear @ diagonal @ np.linalg.inv(shear)) > 0.3
    # Erratum 27: state whether it is of W or of J = W - I.
    nilpotent = np.array([[0.0, 1.0], [0.0, 0.0]])
    assert henrici(nilpotent - np.eye(2)) == pytest.approx(1 / np.sqrt(3), abs=4 * EPS)


@pytest.mark.parametrize("n", [2, 3, 6])
def test_one_is_reached_and_only_by_nilpotent_matrices(n: int) -> None:
    # So the range is [0, 1], closed: all eigenvalues vanish and the whole norm is departure.
    assert henrici(np.triu(np.ones((n, n)), 1)) == 1.0
    assert henrici(np.triu(np.ones((n, n)), 1) + 1e-3 * np.eye(n)) < 1.0


@some
@given(seed=st.integers(0, 2**32 - 1), n=st.integers(2, 12))
def test_a_nilpotent_matrix_departs_from_normality_by_all_of_its_norm(seed: int, n: int) -> None:
    matrix = np.triu(np.random.default_rng(seed).standard_normal((n, n)), 1)
    assert 1.0 - 20 * n * EPS <= henrici(matrix) <= 1.0


@pytest.mark.parametrize("name", ["euler", "rk4", "backward_euler", "zoh"])
def test_the_map_of_a_linear_flow_needs_no_point(name: str) -> None:
    flow = LinearSystem([[-1.0, 2.0], [-2.0, -1.0]], None, [1.0, 0.0])
    made = spectrum(Discretise(0.1, name)(flow)).values
    R = SCHEMES[name].stability(0.1 * np.array([-1.0 + 2.0j, -1.0 - 2.0j]))
    np.testing.assert_allclose(np.sort_complex(made), np.sort_complex(R), atol=1e-14)
