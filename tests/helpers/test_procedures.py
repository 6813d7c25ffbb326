"""R, D and L: the group laws, the three commutators, and what breaks each of them by how much."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from helpers import (
    RNN,
    Discretise,
    Flow,
    Linearise,
    LinearMap,
    LinearSystem,
    Map,
    Rescale,
    TangentLift,
    simulate,
)
from helpers.dynamics.procedures import Composition, Procedure
from helpers.dynamics.schemes import SCHEMES
from tests.helpers.theory import (
    EPS,
    EXPLICIT,
    GENERAL,
    METHODS,
    RUNGE_KUTTA,
    accepts,
    at_equilibrium,
    complex_step,
    lipschitz,
    networks,
    points,
    rounding,
    seeds,
    slope,
    some,
    suited,
    velocity,
)

taus = st.floats(0.05, 20.0)
powers = st.integers(-20, 20).map(lambda m: 2.0**m)
shares = st.floats(0.02, 0.5)


def law(h: Any, x: Any) -> Any:
    """A pendulum with friction, pushed by the square of its input: no network at all."""
    turn, speed = h[..., 0], h[..., 1]
    push = np.sum(x * x, -1)
    return np.stack([speed + 0 * push, -np.sin(turn) - 0.3 * speed + push], -1)


def pendulum() -> Flow:
    return Flow(law, 2, 1)


def largest(*differences: Any) -> float:
    return max(float(np.max(np.abs(d), initial=0.0)) for d in differences)


def apart(one: LinearMap | LinearSystem, other: LinearMap | LinearSystem) -> float:
    return largest(one.A - other.A, one.B - other.B, one.c - other.c)


# --- R is a group ---------------------------------------------------------------------------------


@some
@given(network=networks(), seed=seeds, a=taus, b=taus)
def test_two_rescalings_are_one_by_the_product(network: RNN, seed: int, a: float, b: float) -> None:
    h, x = points(network, seed, (3,))
    general = Flow(network.velocity, network.n_units, network.n_inputs)
    for flow in (network, Linearise()(network), general):
        twice, once = Rescale(a)(Rescale(b)(flow)), Rescale(a * b)(flow)
        size = np.max(np.abs(once.velocity(h, x)))
        terms = a * b * lipschitz(network) * max(largest(h), largest(x) * 5, 1.0)
        assert largest(twice.velocity(h, x) - once.velocity(h, x)) <= rounding(network, size, terms)
        assert type(twice) is type(flow) is type(once)
    for system in (Discretise(0.1)(network), LinearMap([[0.5]], None, None, 0.3)):
        twice, once = Rescale(a)(Rescale(b)(system)), Rescale(a * b)(system)
        assert twice.delta == pytest.approx(once.delta, rel=4 * EPS)


@some
@given(network=networks(), seed=seeds, tau=taus)
def test_rescaling_by_one_is_nothing_and_by_the_inverse_undoes(
    network: RNN, seed: int, tau: float
) -> None:
    h, x = points(network, seed)
    back = Rescale(1.0 / tau)(Rescale(tau)(network))
    np.testing.assert_array_equal(Rescale(1.0)(network).velocity(h, x), network.velocity(h, x))
    assert largest(back.velocity(h, x) - network.velocity(h, x)) <= 8 * EPS * largest(
        network.velocity(h, x)
    )
    system = Discretise(0.1)(network)
    assert Rescale(1.0)(system).delta == system.delta
    assert Rescale(1.0 / tau)(Rescale(tau)(system)).delta == pytest.approx(0.1, rel=4 * EPS)


@some
@given(network=networks(), seed=seeds, tau=taus)
def test_rescaling_multiplies_the_velocity_and_its_derivatives_by_tau(
    network: RNN, seed: int, tau: float
) -> None:
    h, x = points(network, seed)
    fast = Rescale(tau)(network)
    assert isinstance(fast, RNN)
    for kind in ("velocity", "jacobian", "input_jacobian"):
        slow, quick = getattr(network, kind)(h, x), getattr(fast, kind)(h, x)
        # In the Jacobian two terms may cancel, rounded as they were.
        terms = lipschitz(network) if kind == "jacobian" else largest(slow)
        assert largest(quick - tau * slow) <= 8 * EPS * tau * terms
    # Only the factor in front changes: weights, bias and sigma are the network's own.
    for part in ("w", "omega", "b", "decay"):
        assert np.array_equal(getattr(fast, part), getattr(network, part))
    linear = Rescale(tau)(Linearise()(network))
    for part in ("A", "B", "c", "split"):
        np.testing.assert_array_equal(
            getattr(linear, part), tau * getattr(Linearise()(network), part)
        )


def test_absorbing_tau_in_the_weights_is_another_system() -> None:
    # tau tanh(phi) against tanh(tau phi): (tau^3 - tau) / 3 phi^3 for small phi.
    tau = 2.0
    phi = np.array([0.2, 0.1, 0.05, 0.025])
    right = Rescale(tau)(RNN([[0.0]], [[1.0]]))
    wrong = RNN([[0.0]], [[tau]], decay=tau)
    gaps = [abs(right.velocity([0.0], [p])[0] - wrong.velocity([0.0], [p])[0]) for p in phi]
    assert abs(slope(phi, gaps) - 3.0) <= 0.1
    assert gaps[-1] / phi[-1] ** 3 == pytest.approx((tau**3 - tau) / 3, rel=0.01)


@pytest.mark.parametrize("name", ["backward_euler", "gauss2"])
def test_a_lifted_flow_is_rescaled_for_implicit_methods_too(name: str) -> None:
    flow = Flow(lambda h, x: np.tanh(3.0 * h[..., ::-1]) - h, 2, 0)
    state, made = np.array([0.4, -0.3, 1.0, 0.5]), Discretise(0.1, name)
    one, other = Rescale(2.0)(TangentLift()(flow)), TangentLift()(Rescale(2.0)(flow))
    np.testing.assert_allclose(made(one).step(state), made(other).step(state), rtol=1e-13)


@pytest.mark.parametrize("kind", ["network", "linear", "flow"])
def test_the_rescaled_flow_runs_the_same_film_faster(kind: str) -> None:
    network = RNN([[1.1, -1.4], [1.4, 0.6]], [[1.0], [0.0]], [0.2, -0.1])
    flow = {"network": network, "linear": Linearise()(network), "flow": pendulum()}[kind]
    tau, t = 2.7, np.linspace(0.0, 3.0, 7)
    rescale = Rescale(tau)

    def x(time: float) -> Any:
        return np.array([np.sin(4.0 * time)])

    slow = simulate(flow, [0.5, -0.2], x, t=t)
    fast = simulate(rescale(flow), [0.5, -0.2], rescale.input(x), t=t / tau)
    # Two integrations with relative tolerance 1e-11 over a time in which errors grow e^3-fold.
    assert largest(fast.h - slow.h) <= 1e-8
    unsampled = simulate(rescale(flow), [0.5, -0.2], x, t=t / tau)
    assert largest(unsampled.h - slow.h) > 0.1


def test_the_resampled_input_is_read_at_tau_times_s() -> None:
    read: list[float] = []
    resampled = Rescale(4.0).input(lambda t: read.append(t) or t)
    assert resampled(0.75) == 3.0 and read == [3.0]
    with pytest.raises(ValueError, match="resamples a function"):
        Rescale(4.0).input(np.ones(3))


@pytest.mark.parametrize("kind", ["linear map", "discretised", "map"])
def test_rescaling_a_map_stamps_its_steps_anew_and_touches_nothing_else(kind: str) -> None:
    network = RNN.random(2, 1, rng=np.random.default_rng(1))
    system: Any = {
        "linear map": LinearMap([[0.5, 1.0], [0.0, 0.2]], [[1.0], [2.0]], [0.1, 0.2], 0.5),
        "discretised": Discretise(0.5, "heun")(network),
        "map": Map(lambda h, x: np.sin(h) + x, 0.5, 2, 1),
    }[kind]
    h, x = points(system, 1, (4,))
    fast = Rescale(4.0)(system)
    assert isinstance(fast, type(system)) and fast.delta == 0.125 and system.delta == 0.5
    np.testing.assert_array_equal(fast.step(h, x), system.step(h, x))
    np.testing.assert_array_equal(fast.jacobian(h, x), system.jacobian(h, x))
    slow_run, fast_run = (simulate(s, h[0], x) for s in (system, fast))
    np.testing.assert_array_equal(fast_run.h, slow_run.h)
    np.testing.assert_array_equal(fast_run.t, slow_run.t / 4.0)


# --- [R, D] = 0 where the step is aligned ---------------------------------------------------------


def moving(x: Any) -> Any:
    return lambda fraction: x * (1.0 + np.sin(2.0 * fraction))


@pytest.mark.parametrize("name", METHODS)
@some
@given(network=networks(), seed=seeds, share=shares, tau=taus)
def test_rescaling_commutes_with_an_aligned_discretisation(
    name: str, network: RNN, seed: int, share: float, tau: float
) -> None:
    flow = suited(name, network)
    delta = share / lipschitz(network)
    first_r = (Discretise(delta / tau, name) @ Rescale(tau))(flow)
    first_d = (Rescale(tau) @ Discretise(delta, name))(flow)
    assert first_r.delta == first_d.delta == delta / tau
    h, x = points(flow, seed, (3,))
    one, other = first_r.step(h, moving(x)), first_d.step(h, moving(x))
    bound = rounding(network, h, one, 2 * x @ network.omega.T)
    assert largest(one - other) <= bound
    # The control: the same number for both steps is tau times too far. Euler shows it exactly.
    misaligned = Discretise(delta, name)(Rescale(tau)(flow))
    if name == "euler":
        predicted = abs(tau - 1) * delta * largest(velocity(network, h, moving(x)(0.0)))
        found = largest(misaligned.step(h, moving(x)) - first_d.step(h, moving(x)))
        assert abs(found - predicted) <= (1 + tau) * bound


@pytest.mark.parametrize("name", METHODS)
def test_a_misaligned_step_is_another_map(name: str) -> None:
    network = RNN.random(3, 2, rng=np.random.default_rng(6))
    flow = suited(name, network)
    h, x = points(flow, 1)
    aligned, same = (Discretise(d, name)(Rescale(4.0)(flow)) for d in (0.025, 0.1))
    reference = Rescale(4.0)(Discretise(0.1, name)(flow))
    moved = largest(reference.step(h, x) - h)
    assert largest(aligned.step(h, x) - reference.step(h, x)) <= rounding(network, h, 4.0)
    # One step is 4 times as long: 3 delta |F| up to terms of second order, delta ||J|| <= 0.4.
    assert 1.0 * moved < largest(same.step(h, x) - reference.step(h, x)) < 5.0 * moved
    assert same.delta == 4 * reference.delta


@pytest.mark.parametrize("name", EXPLICIT)
@some
@given(network=networks(), seed=seeds, tau=powers, share=shares)
def test_the_commutator_is_zero_in_every_bit_for_powers_of_two(
    name: str, network: RNN, seed: int, tau: float, share: float
) -> None:
    delta = share / lipschitz(network)
    first_r = (Discretise(delta / tau, name) @ Rescale(tau))(network)
    first_d = (Rescale(tau) @ Discretise(delta, name))(network)
    h, x = points(network, seed, (3,))
    np.testing.assert_array_equal(first_r.step(h, moving(x)), first_d.step(h, moving(x)))
    assert first_r.delta == first_d.delta


def test_other_factors_round() -> None:
    # The control of the bitwise statement: tau = 3 is not a power of two.
    network = RNN.random(20, 2, rng=np.random.default_rng(6))
    h, x = points(network, 1, (20,))
    first_r = (Discretise(0.1 / 3.0) @ Rescale(3.0))(network)
    first_d = (Rescale(3.0) @ Discretise(0.1))(network)
    assert 0 < largest(first_r.step(h, x) - first_d.step(h, x)) < 1e-14


@pytest.mark.parametrize("name", EXPLICIT)
def test_whole_trajectories_commute_when_the_input_is_resampled_and_not_otherwise(
    name: str,
) -> None:
    network = RNN.random(3, 1, rng=np.random.default_rng(2), gain=0.5)
    delta, steps = 0.125, 60

    def x(time: float) -> Any:
        return np.array([np.cos(2.0 * time)])

    slow = simulate(Discretise(delta, name)(network), np.zeros(3), x, steps=steps)
    rescale = Rescale(8.0)
    fast = simulate(
        (Discretise(delta / 8.0, name) @ rescale)(network),
        np.zeros(3),
        rescale.input(x),
        steps=steps,
    )
    np.testing.assert_array_equal(fast.h, slow.h)
    np.testing.assert_array_equal(fast.t, slow.t / 8.0)
    # Left as it was, the input is off by |tau - 1| t |x'|: first order in tau - 1.
    excess = np.array([0.02, 0.01, 0.005, 0.0025])
    gaps = [
        largest(
            simulate(
                (Discretise(delta / (1 + e), name) @ Rescale(1 + e))(network),
                np.zeros(3),
                x,
                steps=steps,
            ).h
            - slow.h
        )
        for e in excess
    ]
    assert abs(slope(excess, gaps) - 1.0) <= 0.1


@pytest.mark.parametrize("name", [n for n in GENERAL if n in EXPLICIT])
def test_the_same_step_for_both_clocks_is_wrong_by_the_order_of_the_method(name: str) -> None:
    # At equal physical time, D_delta R_tau has taken steps tau times as long: |tau^p - 1| delta^p.
    network = RNN([[1.1, -1.4], [1.4, 0.6]], [[1.0], [0.0]], [0.2, -0.1])
    counts = 64 * 2 ** np.arange(4)
    start, tau = np.array([0.4, -0.3]), 2.0
    gaps = []
    for n in counts:
        delta = 4.0 / n
        slow = simulate(Discretise(delta, name)(network), start, steps=int(n)).h[-1]
        fast = simulate(Discretise(delta, name)(Rescale(tau)(network)), start, steps=int(n / tau))
        gaps.append(largest(fast.h[-1] - slow))
    assert abs(slope(4.0 / counts, gaps) - SCHEMES[name].order) <= 0.15


# --- L: what it is --------------------------------------------------------------------------------


@some
@given(network=networks(activations=("tanh", "logistic", "erf", "relu")))
def test_the_substitution_is_equation_13(network: RNN) -> None:
    linear = Linearise()(network)
    rate, decay = network.rate * np.ones(network.n_units), network.decay * np.ones(network.n_units)
    assert isinstance(linear, LinearSystem)
    np.testing.assert_allclose(
        linear.A, rate[:, None] * (network.w - np.diag(decay)), rtol=8 * EPS, atol=8 * EPS * 15
    )
    np.testing.assert_allclose(linear.B, rate[:, None] * network.omega, rtol=4 * EPS)
    np.testing.assert_allclose(linear.c, rate * network.b, rtol=4 * EPS)
    np.testing.assert_allclose(linear.split, -rate * decay, rtol=4 * EPS)


@some
@given(network=networks(), seed=seeds)
def test_taylor_has_the_value_and_the_slopes_of_the_flow_at_its_point(
    network: RNN, seed: int
) -> None:
    h, x = points(network, seed)
    linear = Linearise(about=(h, x))(network)
    size = lipschitz(network) * max(largest(h), 1.0) + largest(network.omega) * largest(x) * 5
    bound = rounding(network, size, lipschitz(network) * (1 + largest(network.omega)))
    assert largest(linear.velocity(h, x) - velocity(network, h, x)) <= bound
    assert largest(linear.A - complex_step(lambda p: network.velocity(p, x), h)) <= bound
    assert largest(linear.B - complex_step(lambda p: network.velocity(h, p), x)) <= bound
    np.testing.assert_array_equal(linear.split, network.split)


def test_taylor_is_right_to_second_order_and_the_constant_matters() -> None:
    network = RNN.random(4, 2, rng=np.random.default_rng(8))
    h, x = points(network, 1)
    along, aside = points(network, 2)
    steps = np.array([0.1, 0.05, 0.025, 0.0125])
    for system, evaluate in (
        (network, "velocity"),
        (pendulum(), "velocity"),
        (Discretise(0.3, "rk4")(network), "step"),
        (Map(lambda h, x: law(h, x) ** 2, 0.1, 2, 1), "step"),
    ):
        n, m = system.n_units, system.n_inputs
        linear = Linearise(about=(h[:n], x[:m]))(system)
        errors = [
            largest(
                getattr(system, evaluate)(h[:n] + e * along[:n], x[:m] + e * aside[:m])
                - getattr(linear, evaluate)(h[:n] + e * along[:n], x[:m] + e * aside[:m])
            )
            for e in steps
        ]
        assert abs(slope(steps, errors) - 2.0) <= 0.15
        # MATH 3.8 row 3': without the constant the gap is that constant.
        bare = replace(linear, c=np.zeros(n))
        lost = getattr(linear, evaluate)(h[:n]) - getattr(bare, evaluate)(h[:n])
        assert largest(lost) == pytest.approx(largest(linear.c), rel=1e-12) and largest(lost) > 1e-2


def test_the_substitution_is_taylor_exactly_where_phi_vanishes() -> None:
    network = RNN.random(3, 2, rng=np.random.default_rng(5), decay=2.0)
    x = np.array([0.4, -1.0])
    rest = np.linalg.solve(network.w, -network.b - network.omega @ x)
    assert apart(Linearise(about=(rest, x))(network), Linearise()(network)) <= 1e-12
    # With a bias, zero is not that place.
    assert apart(Linearise(about=(np.zeros(3), None))(network), Linearise()(network)) > 1e-2
    # sigma' (0) = g: the substitution is off by |g - 1| |phi|, here for erf with g = 2 / sqrt(pi).
    unit = RNN([[1.0]], [[1.0]], activation="erf")
    lost = Linearise()(unit).A - Linearise(about=([0.0], None))(unit).A
    assert abs(lost[0, 0]) == pytest.approx(2 / np.sqrt(np.pi) - 1, rel=1e-12)
    # sigma(0) = 1/2 for logistic: it drops a drift.
    drift = RNN([[1.0]], [[1.0]], activation="logistic")
    assert drift.velocity([0.0])[0] - Linearise()(drift).velocity([0.0])[0] == pytest.approx(0.5)


@some
@given(network=networks(), seed=seeds, other=seeds)
def test_linearising_twice_is_linearising_once_at_the_first_point(
    network: RNN, seed: int, other: int
) -> None:
    first, second = points(network, seed), points(network, other)
    linear = Linearise(about=first)(network)
    assert Linearise(about=second)(linear) is linear
    assert Linearise()(linear) is linear
    discrete = Linearise(about=first)(Discretise(0.1)(network))
    assert Linearise(about=second)(discrete) is discrete
    # Through a map that does not know that it is affine, by complex step.
    blind = Map(discrete.step, 0.1, network.n_units, network.n_inputs)
    sizes = (discrete.A, discrete.B, discrete.c, 5.0)
    assert apart(Linearise(about=second)(blind), discrete) <= 5 * rounding(network, *sizes)


@pytest.mark.parametrize("name", METHODS)
@some
@given(network=networks(activations=("tanh", "logistic", "relu")), share=shares, tau=taus)
def test_the_substitution_commutes_with_every_discretisation_rescaled_or_not(
    name: str, network: RNN, share: float, tau: float
) -> None:
    delta = share / lipschitz(network)
    first_l = Discretise(delta, name)(Linearise()(network))
    read = first_l.linear_map()
    bound = rounding(network, 1.0, network.omega, network.b)
    assert apart(Linearise()(first_l), read) == 0.0
    if not accepts(SCHEMES[name], network):
        return
    substituted = Linearise()(Discretise(delta, name)(network))
    assert isinstance(substituted, LinearMap) and substituted.delta == delta
    assert apart(substituted, read) <= bound
    rescaled = Linearise()(Rescale(tau)(Discretise(delta, name)(network)))
    assert rescaled.delta == delta / tau
    assert apart(rescaled, substituted) == 0.0


def test_there_must_be_a_sigma_to_replace() -> None:
    for system in (
        pendulum(),
        Discretise(0.1)(pendulum()),
        Rescale(2.0)(pendulum()),
        Rescale(2.0)(Discretise(0.1)(pendulum())),
        Map(law, 0.1, 2, 1),
    ):
        with pytest.raises(ValueError, match=r"no sigma to replace.*about=\(h, x\)"):
            Linearise()(system)


class Sabotaged(RNN):
    """A network whose own derivatives are wrong, to see who uses them."""

    def jacobian(self, h: Any, x: Any = None) -> Any:
        return 7.0 + super().jacobian(h, x)

    def input_jacobian(self, h: Any, x: Any = None) -> Any:
        return 7.0 + super().input_jacobian(h, x)


@pytest.mark.parametrize("name", EXPLICIT)
def test_a_map_is_linearised_through_its_own_step_never_through_the_flows_jacobian(
    name: str,
) -> None:
    honest = RNN.random(3, 2, rng=np.random.default_rng(5))
    liar = Sabotaged(honest.w, honest.omega, honest.b)
    point = points(honest, 4)
    maps = [Linearise(about=point)(Discretise(0.2, name)(f)) for f in (honest, liar)]
    assert apart(*maps) == 0.0
    flows = [Linearise(about=point)(f) for f in (honest, liar)]
    assert apart(*flows) >= 7.0


# --- [D, L] = 0 -----------------------------------------------------------------------------------


def both_orders(name: str, delta: float, network: Any, point: Any) -> tuple[LinearMap, LinearMap]:
    """Return L of D, and D of L, about a point."""
    about, discretise = Linearise(about=point), Discretise(delta, name)
    return about(discretise(network)), discretise(about(network)).linear_map()


COMMUTE_ANYWHERE = ("euler", "exponential_euler")


@pytest.mark.parametrize("name", COMMUTE_ANYWHERE)
@some
@given(network=networks(), seed=seeds, share=shares)
def test_euler_commutes_with_taylor_at_every_point(
    name: str, network: RNN, seed: int, share: float
) -> None:
    point = points(network, seed)
    one, other = both_orders(name, share / lipschitz(network), network, point)
    sizes = (1.0, largest(*point), largest(network.omega) * max(1.0, largest(point[1])))
    assert apart(one, other) <= rounding(network, *sizes)
    assert one.delta == other.delta


def test_euler_commutes_with_taylor_for_a_flow_that_is_no_network() -> None:
    one, other = both_orders("euler", 0.3, pendulum(), ([0.7, -0.4], [0.5]))
    assert apart(one, other) <= 64 * EPS
    one, other = both_orders("midpoint", 0.3, pendulum(), ([0.7, -0.4], [0.5]))
    assert apart(one, other) > 1e-3


@pytest.mark.parametrize("name", GENERAL)
@some
@given(network=networks(), seed=seeds, share=shares)
def test_every_method_commutes_with_taylor_at_an_equilibrium(
    name: str, network: RNN, seed: int, share: float
) -> None:
    h, x = points(network, seed)
    rest = 0.8 * np.tanh(h) / network.decay
    still = at_equilibrium(network, rest, x)
    one, other = both_orders(name, share / lipschitz(still), still, (rest, x))
    # The bias makes h an equilibrium up to rounding only: |arctanh'| <= 1 / (1 - 0.64) < 3.
    sizes = (1.0, still.b, largest(rest), largest(still.omega) * max(1.0, largest(x)))
    assert apart(one, other) <= 3 * rounding(network, *sizes)
    # Both are h* + R(delta J*) (h - h*) + ...: the point stays where it is.
    assert largest(one.step(rest, x) - rest) <= 3 * rounding(network, *sizes)


@pytest.mark.parametrize("name", RUNGE_KUTTA)
def test_off_equilibrium_all_but_euler_are_off_by_the_predicted_amount(name: str) -> None:
    # MATH 3.2 (d): the Jacobians differ by (b.c) delta^2 F''(F, .), the values by (b.c^2) / 2 of
    # delta^3 F''(F, F).
    method: Any = SCHEMES[name]
    network = RNN.random(4, 0, rng=np.random.default_rng(14))
    h = points(network, 3)[0]
    field = network.velocity(h)
    bent = complex_step(lambda e: network.jacobian(h + e * field).ravel(), [0.0]).reshape(4, 4)
    deltas = 0.02 / 2.0 ** np.arange(4)
    pairs = [both_orders(name, d, network, (h, None)) for d in deltas]
    matrix = [largest(one.A - other.A) for one, other in pairs]
    value = [largest(one.step(h) - other.step(h)) for one, other in pairs]
    first, second = method.b @ method.nodes, method.b @ np.square(method.nodes)
    if name == "euler":
        assert max(matrix + value) <= 64 * EPS
        return
    assert abs(slope(deltas, matrix) - 2.0) <= 0.15
    assert abs(slope(deltas, value) - 3.0) <= 0.15
    # delta ||J|| < 0.01 at the smallest: the next term is a few per cent at most.
    assert matrix[-1] == pytest.approx(first * deltas[-1] ** 2 * largest(bent), rel=0.05)
    assert value[-1] == pytest.approx(
        second / 2 * deltas[-1] ** 3 * largest(bent @ field), rel=0.05
    )


def test_exponential_euler_split_anew_after_l_is_off_by_second_order() -> None:
    # The leak alone is what L keeps; here the whole diagonal of J is solved exactly instead.
    network = RNN.random(4, 1, rng=np.random.default_rng(3))
    point = points(network, 5)
    linear = Linearise(about=point)(network)
    again = replace(linear, split=np.diag(linear.A).copy())
    deltas = 0.1 / 2.0 ** np.arange(4)
    gaps = [
        apart(
            Discretise(d, "exponential_euler")(linear).linear_map(),
            Discretise(d, "exponential_euler")(again).linear_map(),
        )
        for d in deltas
    ]
    assert abs(slope(deltas, gaps) - 2.0) <= 0.15
    # h + delta phi_1(delta d) F: the two differ by half delta^2 (d - d') F, F = J h + B x + c.
    half = 0.5 * deltas[-1] ** 2 * np.abs(linear.split - again.split)
    predicted = largest(half[:, None] * np.column_stack([linear.A, linear.B, linear.c]))
    assert gaps[-1] == pytest.approx(predicted, rel=0.05)


# --- [L, R] = 0 -----------------------------------------------------------------------------------


@some
@given(network=networks(), seed=seeds, tau=taus)
def test_rescaling_commutes_with_both_linearisations_at_every_point(
    network: RNN, seed: int, tau: float
) -> None:
    point = points(network, seed)
    flow = Flow(network.velocity, network.n_units, network.n_inputs)
    for system, linearise in (
        (network, Linearise()),
        (network, Linearise(about=point)),
        (flow, Linearise(about=point)),
    ):
        one, other = Rescale(tau)(linearise(system)), linearise(Rescale(tau)(system))
        size = tau * lipschitz(network) * (1 + largest(*point)) * (1 + largest(network.omega))
        assert apart(one, other) <= rounding(network, size)
        if one.split is not None:
            assert largest(one.split - other.split) <= 4 * EPS * largest(one.split)
    # The erratum of figure 3: a constant left unscaled is |tau - 1| |b| away, and moves the rest.
    linear = Linearise()(network)
    printed = LinearSystem(tau * linear.A, tau * linear.B, linear.c)
    lost = printed.velocity(*point) - Rescale(tau)(linear).velocity(*point)
    size = tau * lipschitz(network) * (1 + largest(*point)) * (1 + largest(network.omega))
    assert abs(largest(lost) - abs(tau - 1) * largest(linear.c)) <= rounding(network, size)


@some
@given(network=networks(), seed=seeds, tau=taus)
def test_the_identity_for_tau_sigma_instead_of_sigma_is_off_by_tau_minus_one(
    network: RNN, seed: int, tau: float
) -> None:
    # MATH 3.3: L acts on sigma, not on the new function tau sigma; the trap costs |tau - 1| |phi|.
    h, x = points(network, seed)
    phi = network.w @ h + network.omega @ x + network.b
    right = Linearise()(Rescale(tau)(network)).velocity(h, x)
    trap = network.rate * (phi - tau * network.decay * h)
    size = (1 + tau) * lipschitz(network) * (largest(h, x) + 1) * (1 + largest(network.omega))
    assert largest(right - trap - network.rate * (tau - 1) * phi) <= rounding(network, size)


@some
@given(network=networks(), seed=seeds, tau=taus)
def test_rescaling_commutes_with_linearising_a_map(network: RNN, seed: int, tau: float) -> None:
    point = points(network, seed)
    system = Discretise(0.2 / lipschitz(network), "heun")(network)
    one = Rescale(tau)(Linearise(about=point)(system))
    other = Linearise(about=point)(Rescale(tau)(system))
    assert apart(one, other) == 0.0 and one.delta == other.delta


# --- T: the tangent lift --------------------------------------------------------------------------


@some
@given(network=networks(), seed=seeds)
def test_the_lift_carries_a_difference_by_the_jacobian(network: RNN, seed: int) -> None:
    (h, x), (v, _) = points(network, seed), points(network, seed + 1)
    lifted = TangentLift()(network)
    found = lifted.velocity(np.concatenate([h, v]), x)
    np.testing.assert_array_equal(found[: len(h)], network.velocity(h, x))
    moved = complex_step(lambda e: network.velocity(h + e * v, x), [0.0])[:, 0]
    size = lipschitz(network) * max(largest(v), 1.0)
    assert largest(found[len(h) :] - moved) <= rounding(network, size)
    # The same of a map, by the map's own step.
    system = Discretise(0.2 / lipschitz(network), "rk4")(network)
    stepped = TangentLift()(system).step(np.concatenate([h, v]), x)
    np.testing.assert_array_equal(stepped[: len(h)], system.step(h, x))
    assert largest(stepped[len(h) :] - system.jacobian(h, x) @ v) <= rounding(network, 1.0, v)
    assert TangentLift()(system).delta == system.delta


@pytest.mark.parametrize("name", GENERAL)
@some
@given(network=networks(), seed=seeds, share=shares, tau=taus)
def test_the_lift_commutes_with_every_method_at_every_point_and_with_rescaling(
    name: str, network: RNN, seed: int, share: float, tau: float
) -> None:
    # MATH 3.2 (c): what Taylor keeps at equilibria only, the lift keeps everywhere.
    lift, discretise = TangentLift(), Discretise(share / lipschitz(network), name)
    (h, x), (v, _) = points(network, seed, (3,)), points(network, seed + 1, (3,))
    state = np.concatenate([h, v], axis=-1)
    one, other = lift(discretise(network)), discretise(lift(network))
    # J has sigma'' |w| |v| in it, so a rounded h moves J v by that much more.
    bend = largest(v) * (1 + np.max(np.abs(network.w)))
    assert largest(one.step(state, x) - other.step(state, x)) <= rounding(
        network, h, bend, 5 * x @ network.omega.T
    )
    fast, slow = lift(Rescale(tau)(network)), Rescale(tau)(lift(network))
    bound = rounding(network, tau * lipschitz(network) * (largest(state) + 1 + bend))
    assert largest(fast.velocity(state, x) - slow.velocity(state, x)) <= bound


def test_the_lift_of_any_flow_goes_through_implicit_methods_too() -> None:
    lift, (h, x) = TangentLift(), (np.array([0.7, -0.4, 1.0, 2.0]), np.array([0.5]))
    for name in ("midpoint", "backward_euler", "gauss2"):
        discretise = Discretise(0.3, name)
        one, other = lift(discretise(pendulum())), discretise(lift(pendulum()))
        np.testing.assert_allclose(one.step(h, x), other.step(h, x), rtol=0, atol=256 * EPS)
        batch = np.stack([h, -h, 2 * h])
        np.testing.assert_allclose(other.step(batch, x)[1], other.step(-h, x), atol=256 * EPS)


def test_the_lift_is_a_functor_and_linear_in_the_difference() -> None:
    # T(Phi o Psi) = T Phi o T Psi: the chain rule; lifting two steps is two lifted steps.
    network = RNN.random(3, 1, rng=np.random.default_rng(4))
    one, two = Discretise(0.3, "heun")(network), Discretise(0.2, "trapezoid")(network)
    both = Map(lambda h, x: two.step(one.step(h, x), x), 0.5, 3, 1)
    state, x = points(TangentLift()(network), 2)
    chained = TangentLift()(two).step(TangentLift()(one).step(state, x), x)
    np.testing.assert_allclose(TangentLift()(both).step(state, x), chained, atol=64 * EPS)
    longer = state * np.repeat([1.0, -3.0], 3)
    grown = TangentLift()(one).step(longer, x)[3:]
    np.testing.assert_allclose(grown, -3.0 * TangentLift()(one).step(state, x)[3:], atol=64 * EPS)


def test_the_lift_is_not_taylor_and_does_not_differentiate_itself_silently() -> None:
    network = RNN.random(2, 1, rng=np.random.default_rng(4))
    lifted = TangentLift()(Discretise(0.2)(network))
    # A complex step inside a complex step would lose the outer one: refused, not zero.
    with pytest.raises(ValueError, match="is complex; a lifted map differentiates"):
        lifted.jacobian(np.ones(4))
    with pytest.raises(ValueError, match="is not a system"):
        TangentLift()(np.eye(2))
    # Lift the flow first, and it can be.
    state = np.array([0.1, 0.2, 1.0, -1.0])
    by_flow = Discretise(0.2)(TangentLift()(network))
    width = 1e-6
    difference = [
        (lifted.step(state + e) - lifted.step(state - e)) / (2 * width) for e in width * np.eye(4)
    ]
    np.testing.assert_allclose(by_flow.jacobian(state), np.transpose(difference), atol=1e-9)


# --- composition ----------------------------------------------------------------------------------


def test_composition_applies_the_rightmost_first_and_is_associative() -> None:
    network = RNN.random(2, 1, rng=np.random.default_rng(1))
    h, x = points(network, 1)
    r, d, l = Rescale(2.0), Discretise(0.1), Linearise()  # noqa: E741
    route = l @ d @ r
    assert isinstance(route, Composition) and route.letter == "L D R"
    by_hand = l(d(r(network)))
    np.testing.assert_array_equal(route(network).step(h, x), by_hand.step(h, x))
    for same in ((l @ d) @ r, l @ (d @ r)):
        np.testing.assert_array_equal(same(network).step(h, x), by_hand.step(h, x))
        assert same.letter == "L D R"
    # The order matters to the step's length: d first is aligned to the slow clock.
    assert (r @ d)(network).delta == 0.05 and (d @ r)(network).delta == 0.1


def test_only_procedures_compose() -> None:
    with pytest.raises(ValueError, match=r"@ composes procedures.*Call it: P\(system\)"):
        Rescale(2.0) @ RNN([[0.5]], [[1.0]])
    with pytest.raises(NotImplementedError):
        Procedure()(RNN([[0.5]], [[1.0]]))


def test_a_map_is_discretised_only_once_and_a_matrix_never() -> None:
    system = Discretise(0.1)(RNN([[0.5]], [[1.0]]))
    for again in (system, Linearise()(system), Rescale(2.0)(system)):
        with pytest.raises(ValueError, match="is a map already; only a flow can be discretised"):
            Discretise(0.1)(again)
    for procedure in (Rescale(2.0), Discretise(0.1), Linearise(), Linearise(about=([0.0], None))):
        with pytest.raises(ValueError, match="is not a system; pass an RNN"):
            procedure(np.eye(2))


def test_points_of_expansion_that_do_not_fit_are_refused() -> None:
    network = RNN.random(2, 1, rng=np.random.default_rng(1))
    for system in (network, Discretise(0.1)(network)):
        with pytest.raises(ValueError, match=r"h has shape \(3,\).*length 2"):
            Linearise(about=(np.zeros(3), None))(system)
        with pytest.raises(ValueError, match=r"about has h of shape \(4, 2\).*one point has"):
            Linearise(about=(np.zeros((4, 2)), None))(system)
        with pytest.raises(ValueError, match="is complex; expand at a real point"):
            Linearise(about=([0.0, 1.0j], None))(system)
        with pytest.raises(ValueError, match=r"h\[1\] is nan"):
            Linearise(about=([0.0, np.nan], None))(system)
    at_kink = RNN([[1.0]], [[1.0]], activation="relu")
    for system in (at_kink, Discretise(0.1)(at_kink), Rescale(2.0)(Discretise(0.1)(at_kink))):
        with pytest.raises(ValueError, match=r"relu has no slope at phi = 0\.0"):
            Linearise(about=([0.0], None))(system)


def test_an_autonomous_flow_has_a_taylor_system_without_inputs() -> None:
    free = Flow(lambda h, x: np.sin(h), 2, 0)
    linear = Linearise(about=([0.0, np.pi], None))(free)
    np.testing.assert_allclose(linear.A, np.diag([1.0, -1.0]), atol=2 * EPS)
    assert linear.B.shape == (2, 0)
    np.testing.assert_allclose(linear.c, [0.0, np.pi], atol=4 * EPS)


def test_a_flow_keeps_its_split_in_step_with_its_velocity() -> None:
    flow = Flow(lambda h, x: -0.5 * h, 1, 0, split=[-0.5])
    np.testing.assert_array_equal(Rescale(4.0)(flow).split, [-2.0])
