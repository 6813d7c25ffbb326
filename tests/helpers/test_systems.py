"""Systems: the velocity is equation (2), the Jacobians are its derivatives, shapes broadcast."""

from __future__ import annotations

from dataclasses import FrozenInstanceError
from typing import Any

import numpy as np
import pytest
from hypothesis import given

from helpers import RNN, Discretise, Flow, LinearMap, LinearSystem, Map
from helpers.dynamics.runge_kutta import RungeKutta
from tests.helpers.theory import (
    EPS,
    SIGMA,
    SLOPE,
    SMOOTH,
    central,
    complex_step,
    networks,
    points,
    rounding,
    seeds,
    some,
    velocity,
)


def pair(**options: Any) -> RNN:
    return RNN([[1.1, -1.4], [1.4, 0.6]], [[1.0], [0.0]], [0.2, -0.1], **options)


# --- the network ----------------------------------------------------------------------------------


@some
@given(network=networks(activations=tuple(SIGMA)), seed=seeds)
def test_the_velocity_is_equation_2(network: RNN, seed: int) -> None:
    h, x = points(network, seed, (3,))
    by_hand = velocity(network, h, x)
    sizes = np.max(network.rate) * (np.max(np.abs(network.w @ h.T)) + np.max(np.abs(h)) * 3.0 + 6.0)
    assert np.max(np.abs(network.velocity(h, x) - by_hand)) <= rounding(network, sizes)


def test_the_velocity_by_pencil() -> None:
    # One unit: phi = 2 * 0.5 + 0.3 - 1 * 1.3 = 0, so h' = 4 (-3 * 0.5 + 0).
    one = RNN([[2.0]], [[-1.0]], [0.3], decay=3.0, rate=4.0)
    assert one.velocity([0.5], [1.3])[0] == pytest.approx(-6.0, abs=1e-15)
    # w[i, j] is the weight from unit j to unit i: only unit 0 hears unit 1.
    two = RNN([[0.0, 2.0], [0.0, 0.0]], [[0.0], [1.0]], decay=1.0, activation="identity")
    np.testing.assert_array_equal(two.velocity([0.0, 1.0], [5.0]), [2.0, 4.0])


def test_the_bias_stands_inside_sigma_and_defaults_to_zero() -> None:
    silent = RNN([[0.0]], [[1.0]])
    assert silent.velocity([0.0])[0] == 0.0
    biased = RNN([[0.0]], [[1.0]], [100.0])
    assert biased.velocity([0.0])[0] == 1.0  # tanh saturates; outside it would be 100


def test_a_missing_input_is_zero() -> None:
    network = pair()
    h = np.array([0.3, -0.8])
    np.testing.assert_array_equal(network.velocity(h), network.velocity(h, [0.0]))
    np.testing.assert_array_equal(network.jacobian(h), network.jacobian(h, [0.0]))
    np.testing.assert_array_equal(network.preactivation(h), network.preactivation(h, [0.0]))
    assert not np.array_equal(network.velocity(h), network.velocity(h, [0.5]))


@some
@given(network=networks(activations=SMOOTH), seed=seeds)
def test_jacobians_by_complex_step_by_differences_and_by_hand(network: RNN, seed: int) -> None:
    h, x = points(network, seed)
    size = np.max(network.rate) * (np.max(network.decay) + np.max(np.abs(network.w), initial=1.0))
    size *= 1 + np.max(np.abs(network.omega), initial=0.0)
    phi = network.w @ h + network.omega @ x + network.b
    gain = network.rate * SLOPE[network.activation.name](phi)
    by_hand = gain[:, None] * network.w - np.diag(network.rate * network.decay * np.ones(len(h)))
    cases = (
        (network.jacobian(h, x), lambda p: network.velocity(p, x), h, by_hand),
        (
            network.input_jacobian(h, x),
            lambda p: network.velocity(h, p),
            x,
            gain[:, None] * network.omega,
        ),
    )
    for found, function, at, formula in cases:
        assert np.max(np.abs(found - formula), initial=0.0) <= rounding(network, size)
        assert np.max(np.abs(found - complex_step(function, at)), initial=0.0) <= rounding(
            network, size
        )
        # Truncation is width^2 rate |w|^3 |sigma'''| / 6, |sigma'''| < 6; rounding eps |F| / width.
        weight = max(np.max(np.abs(network.w)), np.max(np.abs(network.omega), initial=0.0))
        bound = 1e-10 * np.max(network.rate) * weight**3 + 1e5 * rounding(network, size)
        assert np.max(np.abs(found - central(function, at)), initial=0.0) <= bound


def test_a_jacobian_without_the_slope_of_sigma_is_noticed() -> None:
    network = pair()
    h = np.array([0.5, 0.5])
    wrong = network.w - np.eye(2)
    assert np.max(np.abs(complex_step(network.velocity, h) - wrong)) > 0.1
    # ... and is right where phi = 0: A = w - lambda I is the Jacobian exactly there.
    rest = np.linalg.solve(network.w, -network.b)
    np.testing.assert_allclose(network.jacobian(rest), wrong, atol=8 * EPS)


@pytest.mark.parametrize("kind", ["network", "linear", "flow", "map", "linear map", "discretised"])
def test_leading_axes_broadcast(kind: str) -> None:
    network = RNN.random(3, 2, rng=np.random.default_rng(1))
    matrix = np.array([[-1.0, 0.5, 0], [0.2, -2.0, 0.1], [0, 0.3, -0.5]])
    into = np.arange(6.0).reshape(3, 2)
    system: Any = {
        "network": network,
        "linear": LinearSystem(matrix, into, [1.0, 0, 0]),
        "flow": Flow(lambda h, x: np.sin(h) @ matrix.T + x**2 @ into.T, 3, 2),
        "map": Map(lambda h, x: np.sin(h) @ matrix.T + x**2 @ into.T, 0.1, 3, 2),
        "linear map": LinearMap(matrix, into, [1.0, 0, 0], 0.1),
        "discretised": Discretise(0.1, "implicit_midpoint")(network),
    }[kind]
    values = [system.velocity if isinstance(system, Flow) else system.step]
    h, x = points(system, 3, (4, 1))[0], points(system, 4, (5,))[1]
    for method, tail in zip(
        (*values, system.jacobian, system.input_jacobian), [(3,), (3, 3), (3, 2)], strict=True
    ):
        together = method(h, x)
        assert together.shape == (4, 5, *tail)
        for i, j in np.ndindex(4, 5):
            alone = method(h[i, 0], x[j])
            assert alone.shape == tail
            # BLAS may sum a matrix product in another order than a matrix-vector one.
            np.testing.assert_allclose(together[i, j], alone, rtol=0, atol=64 * EPS * 8)


@pytest.mark.parametrize("batch", [(), (3,), (2, 3)])
def test_complex_states_and_inputs_are_accepted(batch: tuple[int, ...]) -> None:
    network = pair(activation="arctan")
    h, x = points(network, 1, batch)
    h2, x2 = points(network, 2, batch)
    value = network.velocity(h + 0.1j * h2, x + 0.1j * x2)
    phi = (h + 0.1j * h2) @ network.w.T + (x + 0.1j * x2) @ network.omega.T + network.b
    by_hand = np.arctan(phi) - (h + 0.1j * h2)
    np.testing.assert_allclose(value, by_hand, atol=64 * EPS)
    # Cauchy-Riemann: along i the derivative is i times the Jacobian.
    point, turned = np.zeros(2), np.array([1e-30j, 0])
    np.testing.assert_allclose(
        np.imag(network.velocity(point + turned)) / 1e-30, network.jacobian(point)[:, 0], rtol=1e-14
    )


def test_decay_and_rate_may_be_given_for_each_unit() -> None:
    network = pair(decay=[1.0, 3.0], rate=[2.0, 0.5])
    h = np.array([0.4, -0.6])
    np.testing.assert_array_equal(network.split, [-2.0, -1.5])
    by_hand = np.array([2.0, 0.5]) * (np.tanh(network.w @ h + network.b) - [0.4, -1.8])
    np.testing.assert_allclose(network.velocity(h), by_hand, atol=8 * EPS)
    np.testing.assert_allclose(
        network.jacobian(h), complex_step(network.velocity, h), atol=32 * EPS
    )


def test_kinks_are_refused_by_both_jacobians_and_nowhere_else() -> None:
    network = RNN(np.eye(2), [[1.0], [1.0]], activation="relu")
    assert np.array_equal(network.velocity([0.0, 1.0]), [0.0, 0.0])
    for differentiate in (network.jacobian, network.input_jacobian):
        with pytest.raises(ValueError, match=r"relu .*phi = 0\.0"):
            differentiate([0.0, 1.0])
    np.testing.assert_array_equal(network.jacobian([-1.0, 1.0]), np.diag([-1.0, 0.0]))
    np.testing.assert_array_equal(network.input_jacobian([-1.0, 1.0]), [[0.0], [1.0]])


# --- drawing networks -----------------------------------------------------------------------------


def test_random_weights_have_the_variance_they_say() -> None:
    n, gain = 200, 1.7
    network = RNN.random(n, 3, gain=gain, rng=np.random.default_rng(5))
    # The sample variance of n^2 normal entries has relative standard deviation sqrt(2) / n: five.
    assert abs(n * np.var(network.w) / gain**2 - 1) < 5 * np.sqrt(2) / n
    assert abs(np.mean(network.w)) < 5 * gain / n**1.5
    assert abs(np.std(network.b) / 0.3 - 1) < 5 / np.sqrt(2 * n)
    assert abs(np.std(network.omega) - 1) < 5 / np.sqrt(6 * n)
    assert network.omega.shape == (n, 3) and network.n_units == n and network.n_inputs == 3


def test_orthogonal_weights_are_orthogonal_times_the_gain() -> None:
    for n in (1, 2, 7):
        network = RNN.orthogonal(n, 0, gain=0.8, rng=np.random.default_rng(n))
        np.testing.assert_allclose(network.w @ network.w.T, 0.64 * np.eye(n), atol=8 * n * EPS)
        assert np.any(network.b != 0) and network.n_inputs == 0


def test_orthogonal_weights_are_uniform() -> None:
    # Haar measure: E tr(w) = 0 and E tr(w)^2 = 1; a QR without the signs has traces of one sign.
    rng = np.random.default_rng(11)
    traces = [np.trace(RNN.orthogonal(3, 0, gain=1.0, rng=rng).w) for _ in range(600)]
    assert abs(np.mean(traces)) < 5 / np.sqrt(600)
    assert abs(np.mean(np.square(traces)) - 1) < 5 * np.sqrt(2 / 600)


def test_drawing_is_decided_by_the_generator_alone() -> None:
    for make in (RNN.random, RNN.orthogonal):
        one, same, other = (make(4, 2, rng=np.random.default_rng(s)) for s in (3, 3, 4))
        for part in ("w", "omega", "b"):
            assert np.array_equal(getattr(one, part), getattr(same, part))
            assert not np.array_equal(getattr(one, part), getattr(other, part))
        bare = make(4, 2, rng=np.random.default_rng(3), b=np.zeros(4), decay=2.0, activation="erf")
        assert np.array_equal(bare.w, one.w) and not bare.b.any()
        assert bare.decay == 2.0 and bare.activation.name == "erf"


# --- linear systems, flows and maps from functions ------------------------------------------------


def test_a_linear_system_is_affine() -> None:
    A, B, c = np.array([[0.0, 1.0], [-2.0, -3.0]]), np.array([[0.0], [1.0]]), np.array([5.0, 7.0])
    system = LinearSystem(A, B, c)
    np.testing.assert_array_equal(system.velocity([1.0, 2.0], [10.0]), [7.0, 9.0])
    np.testing.assert_array_equal(system.velocity([0.0, 0.0]), c)
    np.testing.assert_array_equal(system.jacobian([9.0, 9.0], [9.0]), A)
    np.testing.assert_array_equal(system.input_jacobian([9.0, 9.0], [9.0]), B)
    plain = LinearSystem(A)
    assert (plain.n_inputs, plain.split) == (0, None)
    np.testing.assert_array_equal(plain.velocity([1.0, 0.0]), [0.0, -2.0])


def test_a_linear_map_is_affine_and_knows_its_step() -> None:
    A, B, c = np.array([[0.0, 1.0], [-2.0, -3.0]]), np.array([[0.0], [1.0]]), np.array([5.0, 7.0])
    system = LinearMap(A, B, c, 0.25)
    np.testing.assert_array_equal(system.step([1.0, 2.0], [10.0]), [7.0, 9.0])
    np.testing.assert_array_equal(system.step([0.0, 0.0]), c)
    np.testing.assert_array_equal(system.jacobian([9.0, 9.0], [9.0]), A)
    np.testing.assert_array_equal(system.input_jacobian([9.0, 9.0], [9.0]), B)
    assert system.delta == 0.25
    assert LinearMap(A, None, None, 0.1).n_inputs == 0


@pytest.mark.parametrize("inputs", [0, 2])
def test_flows_and_maps_from_a_function_have_derivatives_by_complex_step(inputs: int) -> None:
    into = np.arange(2.0 * inputs).reshape(2, inputs)

    def law(h: np.ndarray, x: np.ndarray) -> np.ndarray:
        turned = np.stack([h[..., 1], -np.sin(h[..., 0])], -1)
        return turned * (1 + np.sum(x * x, -1, keepdims=True)) + x @ into.T

    flow, system = Flow(law, 2, inputs), Map(law, 0.5, 2, inputs)
    h, x = np.array([0.7, -0.2]), np.arange(1.0, 1.0 + inputs)
    for found in (flow.jacobian(h, x), system.jacobian(h, x)):
        np.testing.assert_allclose(found, complex_step(lambda p: law(p, x), h), atol=32 * EPS)
    for found in (flow.input_jacobian(h, x), system.input_jacobian(h, x)):
        assert found.shape == (2, inputs)
        np.testing.assert_allclose(found, complex_step(lambda p: law(h, p), x), atol=32 * EPS)
    assert flow.input_jacobian(np.tile(h, (5, 1)), x).shape == (5, 2, inputs)
    np.testing.assert_array_equal(flow.velocity(h, x), system.step(h, x))
    assert flow.split is None


def test_derivatives_with_a_complex_input_held_are_refused_rather_than_huge() -> None:
    flow = Flow(lambda h, x: np.tanh(h) + x, 1, 1)
    with pytest.raises(ValueError, match="complex"):
        flow.jacobian([1.0], [1.0j])
    with pytest.raises(ValueError, match="complex"):
        Map(lambda h, x: np.tanh(h) + x, 0.1, 1, 1).jacobian([1.0], [1.0j])


def test_the_jacobian_of_a_map_reads_each_trajectory_its_own_input() -> None:
    # As many trajectories as units, so that a mixed-up axis would not show in the shapes.
    system = Discretise(0.3, "midpoint")(pair())
    h = np.array([[0.1, 0.2], [-0.5, 0.9]])
    rows = np.array([[0.0], [2.0]])
    together = system.jacobian(h, lambda fraction: rows * (1 + fraction))
    for k in range(2):
        alone = system.jacobian(h[k], lambda fraction, k=k: rows[k] * (1 + fraction))
        np.testing.assert_allclose(together[k], alone, atol=32 * EPS)


# --- what is promised about the objects -----------------------------------------------------------


def test_systems_are_frozen_and_keep_no_hold_on_what_they_were_made_from() -> None:
    w = np.eye(2)
    network = RNN(w, [[1.0], [0.0]])
    w[0, 0] = 7.0
    assert network.w[0, 0] == 1.0
    with pytest.raises(ValueError, match="read-only"):
        network.w[0, 0] = 2.0
    law = lambda h, x: h  # noqa: E731
    systems: list[Any] = [
        network,
        LinearSystem(np.eye(2)),
        LinearMap(np.eye(2), None, None, 1.0),
        Flow(law, 1, 0),
        Map(law, 1.0, 1, 0),
        Discretise(0.1)(network),
    ]
    for system in systems:
        before = system.n_units
        with pytest.raises((FrozenInstanceError, AttributeError)):
            system.n_units = 5
        assert system.n_units == before


def test_objects_are_equal_to_themselves_alone_and_may_be_keys() -> None:
    # Arrays have no single truth value; equality of systems is what gap measures.
    for make in (
        pair,
        lambda: LinearSystem(np.eye(2)),
        lambda: LinearMap(np.eye(2), None, None, 1.0),
        lambda: Discretise(0.1)(pair()),
        lambda: RungeKutta("own", [[0.0]], [1.0], order=1),
    ):
        one, other = make(), make()
        assert one == one and one != other and {one: 1}[one] == 1


def test_a_flow_is_no_map_and_a_map_no_flow() -> None:
    assert isinstance(pair(), Flow) and isinstance(LinearSystem([[1.0]]), Flow)
    discretised = Discretise(0.1)(pair())
    assert isinstance(discretised, Map) and not isinstance(discretised, Flow)
    assert isinstance(LinearMap([[1.0]], None, None, 1.0), Map)
    for flow in (pair(), LinearSystem([[1.0]])):
        assert not isinstance(flow, Map) and not hasattr(flow, "step")


def test_a_function_that_returns_other_units_is_told_both_shapes() -> None:
    for broken in (Flow(lambda h, x: h[..., :1], 2, 0), Flow(lambda h, x: 1.0, 2, 0)):
        with pytest.raises(ValueError, match=r"returned shape .*\(\.\.\., 2\)"):
            broken.velocity([1.0, 2.0])
    with pytest.raises(ValueError, match=r"returned shape .*\(\.\.\., 2\)"):
        Map(lambda h, x: h[..., :1], 0.1, 2, 0).step([1.0, 2.0])


def test_a_map_that_holds_its_input_refuses_a_function_of_the_step() -> None:
    for system in (LinearMap([[1.0]], [[1.0]], None, 1.0), Map(lambda h, x: h + x, 1.0, 1, 1)):
        for use in (system.step, system.input_jacobian):
            with pytest.raises(ValueError, match="holds its input"):
                use([0.0], lambda fraction: [fraction])
    with pytest.raises(ValueError, match="holds its input"):
        LinearMap([[1.0]], [[1.0]], None, 1.0).jacobian([0.0], lambda fraction: [fraction])


def test_newton_knows_the_rows_of_a_jacobian_from_its_columns_at_a_complex_point() -> None:
    # h1' = x h2, h2' = -3 h1: no symmetry hides a transposed slope, and x is far from real.
    skew = Flow(lambda h, x: np.stack([x[..., 0] * h[..., 1], -3.0 * h[..., 0]], -1), 2, 1)
    for x in (2.0j, 1.0 + 1.0j):
        A = np.array([[0.0, x], [-3.0, 0.0]])
        exact = np.linalg.solve(np.eye(2) - 0.5 * A, [1.0, -0.5j])
        found = Discretise(0.5, "backward_euler")(skew).step([1.0 + 0j, -0.5j], [x])
        np.testing.assert_allclose(found, exact, rtol=1e-12)


def test_the_default_gain_keeps_a_random_network_contractive() -> None:
    # The circular law: the spectral radius of w nears the gain, 0.9, as N grows.
    w = RNN.random(400, 1, rng=np.random.default_rng(1)).w
    assert abs(np.max(np.abs(np.linalg.eigvals(w))) - 0.9) < 0.06


@pytest.mark.parametrize("kind", [Flow, Map])
def test_a_system_has_at_least_one_unit(kind: Any) -> None:
    sizes = (0, 1) if kind is Flow else (0.1, 0, 1)
    with pytest.raises(ValueError, match="n_units = 0"):
        kind(lambda h, x: h, *sizes)


def test_newton_has_the_slope_of_any_flow_at_complex_points_too() -> None:
    """A linear flow is solved in one round; the rest of the nine calls see that it is."""
    A, calls = np.array([[-1.0, 5.0], [0.0, -2.0]]), []

    def velocity(h: Any, x: Any) -> Any:
        calls.append(h.shape)
        return h @ A.T

    h = np.array([[0.4, 0.2], [0.1, -0.4], [1.0, 0.5]]) * (0.6 + 0.8j)
    found = Discretise(0.5, "backward_euler")(Flow(velocity, 2, 0)).step(h)
    np.testing.assert_allclose(found, np.linalg.solve(np.eye(2) - 0.5 * A, h.T).T, rtol=1e-12)
    assert len(calls) <= 9


def test_the_gain_of_a_drawn_network_is_nine_tenths_unless_it_is_given() -> None:
    drawn = RNN.orthogonal(4, 1, rng=np.random.default_rng(0)).w
    np.testing.assert_allclose(drawn @ drawn.T, 0.81 * np.eye(4), atol=1e-14)
    many = RNN.random(200, 1, rng=np.random.default_rng(0)).w
    assert np.std(many) * np.sqrt(200) == pytest.approx(0.9, rel=0.02)
