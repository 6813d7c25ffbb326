"""Fixed points: found where they are, called slow where there are none, judged by their kind."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from hypothesis import given
from scipy.optimize import brentq

from helpers import RNN, Discretise, Flow, LinearMap, LinearSystem, Map, Rescale, fixed_point
from tests.helpers.theory import (
    EPS,
    GENERAL,
    at_equilibrium,
    networks,
    points,
    seeds,
    some,
    velocity,
)


def unit(w: float, b: float = 0.0, **options: Any) -> RNN:
    return RNN([[w]], [[1.0]], [b], **options)


def test_the_equilibrium_of_a_linear_flow_is_minus_a_inverse_c() -> None:
    A, B, c = np.array([[-1.0, 2.0], [-3.0, -0.5]]), np.array([[1.0], [2.0]]), np.array([0.3, 0.7])
    found = fixed_point(LinearSystem(A, B, c), [0.5])
    exact = -np.linalg.solve(A, c + B @ [0.5])
    np.testing.assert_allclose(found.h, exact, atol=16 * EPS)
    assert found.converged and found.stable and found.eigenvalues.kind == "flow"
    np.testing.assert_allclose(
        found.eigenvalues.values, np.sort_complex(np.linalg.eigvals(A)), atol=1e-14
    )


def test_the_fixed_point_of_a_linear_map_is_i_minus_a_inverse_c() -> None:
    A, c = np.array([[0.5, 0.2], [-0.1, -0.8]]), np.array([0.3, 0.7])
    found = fixed_point(LinearMap(A, None, c, 0.25))
    np.testing.assert_allclose(found.h, np.linalg.solve(np.eye(2) - A, c), atol=16 * EPS)
    assert found.converged and found.stable
    assert (found.eigenvalues.kind, found.eigenvalues.delta) == ("map", 0.25)
    growing = fixed_point(LinearMap(1.5 * np.eye(2), None, c, 0.25))
    assert growing.converged and not growing.stable


@pytest.mark.parametrize("kind", ["flow", "map"])
def test_the_bistable_unit_has_three(kind: str) -> None:
    # h = tanh 1.5 h: 0 and two that mirror each other.
    root = brentq(lambda h: np.tanh(1.5 * h) - h, 0.5, 1.0, xtol=1e-15)
    system: Any = unit(1.5) if kind == "flow" else Discretise(0.1)(unit(1.5))
    left, middle, right = fixed_point(system, guess=[[-1.0], [0.01], [1.0]])
    assert (left.h[0], middle.h[0], right.h[0]) == pytest.approx((-root, 0.0, root), abs=1e-12)
    assert [p.stable for p in (left, middle, right)] == [True, False, True]
    assert all(p.converged for p in (left, middle, right))
    mu = 1.5 * (1 - root**2) - 1
    expected = mu if kind == "flow" else 1 + 0.1 * mu
    assert right.eigenvalues.values[0].real == pytest.approx(expected, abs=1e-12)


def test_the_second_attractor_of_a_network_with_a_quiet_stable_state() -> None:
    # Erratum 10: eig A = -.05 +- 1.448 i, and yet there is another stable equilibrium, far off.
    network = RNN([[1.9, -0.3], [10.0, 0.0]], np.zeros((2, 0)))
    quiet, loud, mirror = fixed_point(network, guess=[[0.0, 0.0], [1.0, 1.0], [-1.0, -1.0]])
    np.testing.assert_allclose(quiet.h, 0.0, atol=1e-15)
    assert quiet.stable
    np.testing.assert_allclose(
        quiet.eigenvalues.values, [-0.05 - 1.44827j, -0.05 + 1.44827j], atol=1e-5
    )
    np.testing.assert_allclose(loud.h, [0.8785, 1.0], atol=5e-5)
    np.testing.assert_allclose(mirror.h, -loud.h, atol=1e-12)
    assert loud.stable and loud.converged
    np.testing.assert_allclose(velocity(network, loud.h, np.zeros(0)), 0.0, atol=4 * EPS)


@some
@given(network=networks(), seed=seeds)
def test_a_planted_equilibrium_is_found_from_nearby(network: RNN, seed: int) -> None:
    h, x = points(network, seed)
    rest = 0.8 * np.tanh(h) / network.decay
    still = at_equilibrium(network, rest, x)
    J = still.jacobian(rest, x)
    if np.linalg.cond(J) > 1e3:  # next to a bifurcation there is another one nearby
        return
    found = fixed_point(still, x, guess=rest + 1e-4)
    # The planted one is an equilibrium up to 24 (N + M + 4) eps; J amplifies that by its condition.
    size = 1 + np.max(np.abs(still.b)) + np.max(np.abs(rest))
    assert found.converged
    assert np.max(np.abs(found.h - rest)) <= 1e3 * 24 * 11 * EPS * size * 10
    assert found.residual == np.max(np.abs(still.velocity(found.h, x)))
    mu = np.linalg.eigvals(J)
    assert found.stable == bool(np.max(mu.real) < 0) or abs(np.max(mu.real)) < 1e-6


@pytest.mark.parametrize("name", GENERAL)
def test_a_map_stands_still_where_its_flow_does(name: str) -> None:
    network = RNN.random(5, 2, rng=np.random.default_rng(2), gain=0.5)
    x = np.array([0.3, -0.6])
    flow = fixed_point(network, x)
    found = fixed_point(Discretise(0.3, name)(network), x)
    np.testing.assert_allclose(found.h, flow.h, atol=1e-12)
    assert found.eigenvalues.kind == "map" and found.stable and flow.stable
    elsewhere = fixed_point(network)
    assert np.max(np.abs(elsewhere.h - flow.h)) > 0.01  # the input moves it


def test_the_map_has_points_that_the_flow_has_not() -> None:
    # MATH row 19: midpoint, delta = 3, h' = -h + tanh 2h.
    network = unit(2.0)
    spurious = fixed_point(Discretise(3.0, "midpoint")(network), guess=[3.1])
    assert spurious.converged and spurious.h[0] == pytest.approx(3.0, abs=0.01)
    assert network.velocity(spurious.h)[0] == pytest.approx(-2.0, abs=0.01)
    back = fixed_point(network, guess=spurious.h)
    assert abs(back.h[0] - spurious.h[0]) > 1.0


@pytest.mark.parametrize(
    ("delta", "stable"), [(0.1, True), (0.6, True), (0.63, False), (1.0, False)]
)
def test_stability_is_judged_for_the_map_itself(delta: float, stable: bool) -> None:
    # Erratum 7: w = -2.2 is stable for the flow; Euler needs delta < 2 / 3.2 = 0.625.
    network = unit(-2.2)
    assert fixed_point(network).stable
    assert fixed_point(Discretise(delta)(network)).stable is stable
    # And the other way: backward Euler calls a repelling point attracting.
    repelling = LinearSystem([[1.0]])
    assert not fixed_point(repelling).stable
    assert fixed_point(Discretise(3.0, "backward_euler")(repelling)).stable


def test_on_the_border_nothing_is_called_stable() -> None:
    centre = LinearSystem([[0.0, -1.0], [1.0, 0.0]])
    assert fixed_point(centre, guess=[1.0, 1.0]).converged
    assert not fixed_point(centre).stable
    quarter_turn = LinearMap([[0.0, -1.0], [1.0, 0.0]], None, None, 1.0)
    assert fixed_point(quarter_turn).converged and not fixed_point(quarter_turn).stable


@pytest.mark.parametrize("speed", [1e-1, 1e-3, 1e-6])
@pytest.mark.parametrize("kind", ["flow", "map"])
def test_a_slow_point_is_found_and_says_that_it_is_none(kind: str, speed: float) -> None:
    # The ghost of a saddle-node, h' = h^2 + speed: no equilibrium, least speed at h = 0.
    def field(h: Any, x: Any) -> Any:
        return h**2 + speed

    system: Any = (
        Flow(field, 1, 0) if kind == "flow" else Map(lambda h, x: h + field(h, x), 0.1, 1, 0)
    )
    found = fixed_point(system, guess=[0.3])
    assert not found.converged and not found.stable
    assert found.residual == pytest.approx(speed, rel=1e-3)
    # (h^2 + speed)^2 is flat: least squares stop where its gradient 4 h speed is rounding.
    assert abs(found.h[0]) <= 0.1 * np.sqrt(speed)
    moved = system.velocity(found.h) if kind == "flow" else system.step(found.h) - found.h
    assert found.residual == np.max(np.abs(moved))


@pytest.mark.parametrize("kind", ["flow", "map"])
def test_without_a_guess_the_search_goes_past_a_ghost_and_with_one_it_stays(kind: str) -> None:
    # Least speed near 1, an equilibrium at 3: the path from 0 leads through the one to the other.
    def field(h: Any, x: Any) -> Any:
        return ((h - 1.0) ** 2 + 0.01) * (3.0 - h)

    system: Any = (
        Flow(field, 1, 0) if kind == "flow" else Map(lambda h, x: h + 0.1 * field(h, x), 0.1, 1, 0)
    )
    through, near = fixed_point(system), fixed_point(system, guess=[0.0])
    assert through.converged and through.stable and through.h[0] == pytest.approx(3.0, abs=1e-12)
    assert not near.converged and abs(near.h[0] - 1.0) < 0.05


def test_a_linear_flow_without_an_equilibrium_keeps_its_least_speed() -> None:
    # A has no inverse and c is not in its range: |A h + c| is at least 1.
    found = fixed_point(LinearSystem([[-1.0, 0.0], [0.0, 0.0]], None, [2.0, 1.0]))
    assert not found.converged and not found.stable
    assert found.h[0] == pytest.approx(2.0, abs=1e-6)
    assert found.residual == pytest.approx(1.0, rel=1e-9)


def test_an_integrator_has_a_line_of_them_and_one_is_found() -> None:
    # An eigenvalue 0 makes the Jacobian singular at every point: h_0 = 2, h_1 is anything.
    for start in (0.0, -3.0, 10.0):
        found = fixed_point(
            LinearSystem(np.diag([-1.0, 0.0]), None, [2.0, 0.0]), guess=[0.0, start]
        )
        assert found.converged and not found.stable
        np.testing.assert_allclose(found.h, [2.0, start], atol=1e-9)
    rng = np.random.default_rng(8)
    for _ in range(20):
        A = rng.standard_normal((4, 4))
        A[:, 0] = A[:, 1]
        line = LinearSystem(A, None, A @ rng.standard_normal(4))
        assert fixed_point(line, guess=rng.standard_normal(4)).converged


def test_several_guesses_give_as_many_results_in_their_order() -> None:
    network = unit(1.5)
    guesses = np.array([[1.0], [-1.0], [0.001], [2.0], [-0.5]])
    together = fixed_point(network, guess=guesses)
    assert isinstance(together, tuple) and len(together) == 5
    for found, guess in zip(together, guesses, strict=True):
        alone = fixed_point(network, guess=guess)
        np.testing.assert_array_equal(found.h, alone.h)
        assert found.converged == alone.converged
    assert np.sign([p.h[0] for p in together[:2]]).tolist() == [1.0, -1.0]
    assert fixed_point(network, guess=np.zeros((0, 1))) == ()


@pytest.mark.parametrize("tau", [1e-6, 0.1, 3.7, 1e6])
def test_rescaling_moves_no_equilibrium_and_multiplies_its_eigenvalues(tau: float) -> None:
    network = RNN.random(4, 1, rng=np.random.default_rng(7), gain=1.8)
    slow = fixed_point(network, [0.4], guess=0.5 * np.ones(4))
    fast = fixed_point(Rescale(tau)(network), [0.4], guess=slow.h + 1e-3)
    np.testing.assert_allclose(fast.h, slow.h, atol=1e-12)
    assert (fast.converged, fast.stable) == (slow.converged, slow.stable) == (True, slow.stable)
    np.testing.assert_allclose(
        fast.eigenvalues.values, tau * slow.eigenvalues.values, rtol=1e-10, atol=1e-10 * tau
    )


def test_a_kink_on_the_way_is_crossed_and_at_the_point_refused() -> None:
    # relu with decay 1: h = w relu(...) + b; from -3 the search crosses the kink to reach 2.
    network = unit(0.5, 1.0, activation="relu")
    found = fixed_point(network, guess=[-5.0])
    assert found.converged and found.h[0] == pytest.approx(2.0, abs=1e-12)
    with pytest.raises(ValueError, match=r"relu has no slope at phi = 0\.0"):
        fixed_point(unit(0.5, activation="relu"))


def test_a_batch_survives_a_guess_that_ends_on_a_kink_or_overflows() -> None:
    # h' = -h + relu(0.5 h): all guesses rest at 0, and there is the kink.
    silent = unit(0.5, activation="relu")
    below, above = fixed_point(silent, guess=[[-1.0], [1.0]])
    for found in (below, above):
        assert found.h[0] == pytest.approx(0.0, abs=1e-12)
    (on_it,) = fixed_point(silent, guess=[[0.0]])
    assert on_it.status == "on a kink" and on_it.converged and not on_it.stable
    assert on_it.eigenvalues is None
    wild = Map(lambda h, x: np.exp(h * h), 1.0, 1, 0)
    far, near = fixed_point(wild, guess=[[1e6], [0.5]])
    assert far.status == "stalled" and far.residual == np.inf and not far.converged
    assert near.status == "stalled" and np.isfinite(near.residual)  # exp(h^2) > h everywhere
    # And what is no kink at all, but a function that cannot be differentiated, is told.
    with pytest.raises(ValueError, match="complex"):
        fixed_point(Flow(lambda h, x: 1.0 - np.real(h), 1, 0), guess=[[0.3]])


def test_zero_is_found_without_going_through_all_powers_of_ten() -> None:
    for system in (unit(0.5), Discretise(0.1)(unit(0.5)), unit(1.0)):
        for found in fixed_point(system, guess=[[1e-3], [1e-20], [0.5]]):
            assert found.h[0] == 0.0 or abs(found.h[0]) > 1e-60
            assert found.converged and abs(found.h[0]) < 1e-5


@pytest.mark.parametrize("system", ["flow", "map"])
def test_a_rectified_network_is_solved_by_its_own_slopes(system: str) -> None:
    # Spectral radius 0.64 of a non-negative part: contracting enough that the answer is unique.
    flow = RNN.random(200, 1, gain=0.7, activation="relu", rng=np.random.default_rng(12))
    found = fixed_point(flow if system == "flow" else Discretise(0.2)(flow))
    assert found.status == "converged"
    active = (flow.w @ found.h + flow.b) > 0
    # The second way: the linear system of the units that are active.
    exact = np.zeros(200)
    exact[active] = np.linalg.solve(
        np.eye(active.sum()) - flow.w[np.ix_(active, active)], flow.b[active]
    )
    np.testing.assert_allclose(found.h, exact, atol=1e-12)


@pytest.mark.parametrize("name", ["midpoint", "rk4", "backward_euler"])
def test_the_slope_of_a_search_is_the_slope_of_what_it_searches(name: str) -> None:
    from helpers.analysis.equilibria import _motion

    network = RNN.random(5, 2, rng=np.random.default_rng(3))
    h, x = np.linspace(-1.0, 1.0, 5), np.array([0.2, -0.1])
    for system in (network, Discretise(0.3)(network), Discretise(0.3, name)(network)):
        speed, slope = _motion(system, x)
        moves = 1e-6 * np.eye(5)
        differences = np.stack([(speed(h + m) - speed(h - m)) / 2e-6 for m in moves], axis=1)
        np.testing.assert_allclose(slope(h), differences, atol=1e-8)


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        ((np.eye(2),), "is not a system"),
        ((unit(1.5), [0.0, 1.0]), r"x has shape \(2,\).*length 1"),
        ((unit(1.5), [[0.0]]), r"guess has shape \(1,\) and x \(1, 1\)"),
        ((unit(1.5), None, [1.0, 2.0]), r"h has shape \(2,\).*length 1"),
        ((unit(1.5), None, np.zeros((2, 2, 1))), r"guess has shape \(2, 2, 1\)"),
        ((unit(1.5), None, [np.nan]), r"guess\[0\] is nan"),
        ((unit(1.5), [np.inf], [1.0]), r"x\[0\] is inf"),
        ((unit(1.5), None, [1.0j]), "guess.*real"),
    ],
)
def test_what_fixed_point_refuses(arguments: Any, words: str) -> None:
    with pytest.raises(ValueError, match=words):
        fixed_point(*arguments)


@pytest.mark.parametrize(("gain", "decay"), [(0.9, 1.0), (0.9, 0.7), (1.5, 1.0)])
def test_without_a_guess_a_network_with_bounded_sigma_is_always_solved(
    gain: float, decay: float
) -> None:
    # Brouwer: the box |h_i| <= 1/decay is mapped into itself, so each draw has a fixed point.
    for seed in range(60):
        drawn = RNN.random(6, 2, gain=gain, decay=decay, rng=np.random.default_rng(seed))
        found = fixed_point(drawn)
        assert found.converged, seed
        assert np.max(np.abs(decay * found.h - np.tanh(drawn.w @ found.h + drawn.b))) < 1e-9
