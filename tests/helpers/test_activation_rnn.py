"""The activation form: its velocity and slopes by hand, which theorems of the book hold for it."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.integrate import solve_ivp

from helpers import (
    RNN,
    ActivationForm,
    ActivationRNN,
    Discretise,
    LeakyForm,
    Linearise,
    LinearMap,
    LinearSystem,
    Map,
    Rescale,
    TangentLift,
    TauForm,
    all_orders,
    controllability_margin,
    controllability_matrix,
    fixed_point,
    gap,
    simulate,
    spectrum,
)
from helpers.analysis.equivalence import verdict
from helpers.dynamics.schemes import SCHEMES
from tests.helpers.refusals import refuses
from tests.helpers.theory import (
    EPS,
    EXPLICIT,
    GENERAL,
    RUNGE_KUTTA,
    SIGMA,
    SLOPE,
    SMOOTH,
    central,
    complex_step,
    lipschitz,
    networks,
    points,
    rounding,
    seeds,
    slope,
    some,
)

taus = st.floats(0.05, 20.0)
shares = st.floats(0.02, 0.5)


def other_form(network: RNN) -> ActivationRNN:
    """Return the activation network with the same numbers: another system, drawn alike."""
    n = network
    return ActivationRNN(n.w, n.omega, n.b, n.decay, n.activation, n.rate)


def currents(activations: tuple[str, ...] = SMOOTH) -> Any:
    return networks(activations=activations).map(other_form)


def by_hand(network: ActivationRNN, v: Any, x: Any) -> Any:
    """Return rate (-decay v + w sigma(v) + b + omega x), row by row."""
    heard = np.einsum("ij,...j->...i", network.w, SIGMA[network.activation.name](v))
    pushed = np.einsum("ij,...j->...i", network.omega, x)
    return network.rate * (heard + pushed + network.b - network.decay * v)


def moving(x: Any) -> Any:
    return lambda fraction: x * (1.0 + np.sin(2.0 * fraction))


def largest(*differences: Any) -> float:
    return max(float(np.max(np.abs(d), initial=0.0)) for d in differences)


def apart(one: LinearMap | LinearSystem, other: LinearMap | LinearSystem) -> float:
    return largest(one.A - other.A, one.B - other.B, one.c - other.c)


def sizes(network: ActivationRNN, *points: Any) -> Any:
    """Return what bounds the terms of a step, for `rounding`."""
    weights = largest(network.w) + largest(network.omega) + largest(network.b)
    return largest(*points), 1.0, 5 * (1 + weights) * max(1.0, largest(*points))


# --- the network ----------------------------------------------------------------------------------


@some
@given(network=currents(tuple(SIGMA)), seed=seeds)
def test_the_velocity_is_the_formula(network: ActivationRNN, seed: int) -> None:
    v, x = points(network, seed, (3,))
    size = np.max(network.rate) * np.max(sizes(network, v, x)) * 4
    bound = rounding(network, size)
    assert largest(network.velocity(v, x) - by_hand(network, v, x)) <= bound
    # The field that schemes step with, batch or single, is the same function.
    for state, point in ((v, x), (v[0], x[0])):
        out = np.empty_like(state)
        network._field(state.shape, float)(state, network._drive(point), out)
        assert largest(out - by_hand(network, state, point)) <= bound


def test_the_velocity_by_pencil() -> None:
    # v = 2, sigma = relu: 4 (-3 * 2 + 0.5 * 2 + 0.3 - 1.3) = -24; below zero nothing is heard.
    one = ActivationRNN([[0.5]], [[-1.0]], [0.3], decay=3.0, activation="relu", rate=4.0)
    assert one.velocity([2.0], [1.3])[0] == pytest.approx(-24.0, abs=1e-14)
    assert one.velocity([-2.0], [1.3])[0] == pytest.approx(20.0, abs=1e-14)
    # w[i, j] leads from j to i, and the bias is not bent: tanh saturates, 100 does not.
    two = ActivationRNN([[0.0, 2.0], [0.0, 0.0]], [[0.0], [1.0]], [100.0, 0.0])
    np.testing.assert_allclose(
        two.velocity([0.0, 1.0], [5.0]), [100.0 + 2.0 * np.tanh(1.0), 4.0], rtol=4 * EPS
    )
    np.testing.assert_array_equal(two.velocity([0.0, 1.0]), two.velocity([0.0, 1.0], [0.0]))


@some
@given(network=currents(), seed=seeds)
def test_jacobians_by_complex_step_by_differences_and_by_hand(
    network: ActivationRNN, seed: int
) -> None:
    v, x = points(network, seed)
    rate = network.rate * np.ones(len(v))
    gain = SLOPE[network.activation.name](v)
    A = rate[:, None] * network.w * gain - np.diag(rate * network.decay)
    B = rate[:, None] * network.omega
    bound = rounding(network, np.max(rate) * np.max(sizes(network, v, x)) * 4)
    for found, formula, function, at in (
        (network.jacobian(v, x), A, lambda p: network.velocity(p, x), v),
        (network.input_jacobian(v, x), B, lambda p: network.velocity(v, p), x),
    ):
        assert largest(found - formula) <= bound
        assert largest(found - complex_step(function, at)) <= bound
        # Truncation is width^2 rate |w| |sigma'''| / 6, |sigma'''| < 6; rounding eps |F| / width.
        truncation = 1e-10 * np.max(rate) * (1 + largest(network.w))
        assert largest(found - central(function, at)) <= truncation + 1e5 * bound


def test_shapes_broadcast_and_complex_states_are_accepted() -> None:
    network = ActivationRNN.random(3, 2, rng=np.random.default_rng(1), activation="arctan")
    v, x = points(network, 3, (4, 1))[0], points(network, 4, (5,))[1]
    for method, tail in (
        (network.velocity, (3,)),
        (network.preactivation, (3,)),
        (network.jacobian, (3, 3)),
        (network.input_jacobian, (3, 2)),
        (Discretise(0.1, "trapezoid")(network).step, (3,)),
    ):
        together = method(v, x)
        assert together.shape == (4, 5, *tail)
        np.testing.assert_allclose(together[2, 3], method(v[2, 0], x[3]), atol=512 * EPS)
    z = v[0, 0] + 0.1j
    expected = np.arctan(z) @ network.w.T + network.b - z
    np.testing.assert_allclose(network.velocity(z), expected, atol=64 * EPS)


def test_decay_and_rate_may_be_given_for_each_unit() -> None:
    network = ActivationRNN(
        [[0.2, -1.4], [1.4, 0.6]], [[1.0], [0.5]], [0.2, -0.1], [1.0, 3.0], "tanh", [2.0, 0.5]
    )
    v, x = np.array([0.4, -0.6]), np.array([0.7])
    np.testing.assert_array_equal(network.split, [-2.0, -1.5])
    np.testing.assert_allclose(network.velocity(v, x), by_hand(network, v, x), atol=8 * EPS)
    np.testing.assert_array_equal(network.input_jacobian(v, x), [[2.0], [0.25]])


def test_kinks_are_refused_where_a_unit_sits_on_one() -> None:
    # S2 of the review: without its kinks a flow from 1e-6 runs away, and 0 is called stable.
    network = ActivationRNN([[2.0]], [[1.0]], activation="relu")
    system = Discretise(0.1)(network)
    for call in (
        lambda: network.jacobian([0.0]),
        lambda: fixed_point(network),
        lambda: spectrum(network, at=([0.0], None)),
        lambda: Linearise(about=([0.0], None))(network),
        lambda: system.jacobian([0.0]),
        lambda: fixed_point(system),
        lambda: Linearise(about=([0.0], None))(system),
    ):
        with pytest.raises(ValueError, match=r"relu has no slope at phi = 0\.0"):
            call()
    np.testing.assert_array_equal(network.jacobian([1.0]), [[1.0]])
    np.testing.assert_array_equal(network.jacobian([-1.0]), [[-1.0]])
    assert network.input_jacobian([0.0])[0, 0] == 1.0  # the input does not pass through sigma


def test_networks_are_drawn_as_those_of_the_other_form() -> None:
    for draw in ("random", "orthogonal"):
        mine, theirs = (
            getattr(kind, draw)(4, 2, rng=np.random.default_rng(3), decay=2.0)
            for kind in (ActivationRNN, RNN)
        )
        assert type(mine) is ActivationRNN and not isinstance(mine, RNN)
        for part in ("w", "omega", "b", "decay", "rate"):
            np.testing.assert_array_equal(getattr(mine, part), getattr(theirs, part))
    with pytest.raises(AttributeError):
        mine.w = np.eye(4)  # type: ignore[misc]


# --- R, D and L: the theorems that hold -----------------------------------------------------------


@some
@given(network=currents(), seed=seeds, a=taus, b=taus)
def test_rescaling_is_a_group_and_multiplies_the_velocity(
    network: ActivationRNN, seed: int, a: float, b: float
) -> None:
    v, x = points(network, seed, (3,))
    twice = Rescale(a)(Rescale(b)(network))
    assert type(twice) is ActivationRNN
    size = a * b * np.max(network.rate) * np.max(sizes(network, v, x)) * 4
    assert largest(twice.velocity(v, x) - a * b * by_hand(network, v, x)) <= rounding(network, size)
    for part in ("w", "omega", "b", "decay"):
        assert np.array_equal(getattr(twice, part), getattr(network, part))


@pytest.mark.parametrize("name", GENERAL)
@some
@given(network=currents(), seed=seeds, share=shares, tau=taus)
def test_rescaling_commutes_with_an_aligned_discretisation(
    name: str, network: ActivationRNN, seed: int, share: float, tau: float
) -> None:
    # thm-rd, for every method, with an input that moves within the step.
    delta = share / lipschitz(network)
    first_r = (Discretise(delta / tau, name) @ Rescale(tau))(network)
    first_d = (Rescale(tau) @ Discretise(delta, name))(network)
    v, x = points(network, seed, (3,))
    one, other = first_r.step(v, moving(x)), first_d.step(v, moving(x))
    assert largest(one - other) <= rounding(network, *sizes(network, v, x))
    assert first_r.delta == first_d.delta == delta / tau


@pytest.mark.parametrize("name", EXPLICIT)
def test_the_commutator_is_zero_in_every_bit_for_powers_of_two(name: str) -> None:
    network = ActivationRNN.random(20, 2, rng=np.random.default_rng(6))
    v, x = points(network, 1, (20,))
    first_r = (Discretise(0.1 / 8, name) @ Rescale(8.0))(network)
    first_d = (Rescale(8.0) @ Discretise(0.1, name))(network)
    np.testing.assert_array_equal(first_r.step(v, moving(x)), first_d.step(v, moving(x)))


@some
@given(network=networks(activations=("tanh", "logistic", "erf", "relu", "softplus")))
def test_the_substitution_makes_one_system_of_both_forms(network: RNN) -> None:
    # A = r (w - lambda), B = r omega, c = r b: where sigma is the identity, its place is no matter.
    mine, theirs = Linearise()(other_form(network)), Linearise()(network)
    assert apart(mine, theirs) == 0.0 and np.array_equal(mine.split, theirs.split)
    plain = replace(other_form(network), activation="identity")
    v, x = points(network, 1, (3,))
    bound = rounding(network, np.max(network.rate) * np.max(sizes(plain, v, x)) * 4)
    assert largest(mine.velocity(v, x) - plain.velocity(v, x)) <= bound


@pytest.mark.parametrize("name", GENERAL)
@some
@given(network=networks(activations=("tanh", "logistic", "relu")), share=shares, tau=taus)
def test_the_substitution_commutes_with_every_discretisation_rescaled_or_not(
    name: str, network: RNN, share: float, tau: float
) -> None:
    network, delta = other_form(network), share / lipschitz(network)
    read = Discretise(delta, name)(Linearise()(network)).linear_map()
    substituted = Linearise()(Discretise(delta, name)(network))
    assert isinstance(substituted, LinearMap) and substituted.delta == delta
    assert apart(substituted, read) <= rounding(network, 1.0, network.omega, network.b)
    rescaled = Linearise()(Rescale(tau)(Discretise(delta, name)(network)))
    assert rescaled.delta == delta / tau and apart(rescaled, substituted) == 0.0


@some
@given(network=currents(), seed=seeds)
def test_taylor_has_the_value_and_the_slopes_of_the_flow_at_its_point(
    network: ActivationRNN, seed: int
) -> None:
    v, x = points(network, seed)
    linear = Linearise(about=(v, x))(network)
    bound = rounding(network, np.max(network.rate) * np.max(sizes(network, v, x)) * 8)
    assert largest(linear.velocity(v, x) - by_hand(network, v, x)) <= bound
    assert largest(linear.A - complex_step(lambda p: network.velocity(p, x), v)) <= bound
    np.testing.assert_array_equal(linear.split, network.split)


def both_orders(name: str, delta: float, network: Any, point: Any) -> tuple[LinearMap, LinearMap]:
    about, discretise = Linearise(about=point), Discretise(delta, name)
    return about(discretise(network)), discretise(about(network)).linear_map()


@pytest.mark.parametrize("name", ["euler", "exponential_euler"])
@some
@given(network=currents(), seed=seeds, share=shares)
def test_euler_commutes_with_taylor_at_every_point(
    name: str, network: ActivationRNN, seed: int, share: float
) -> None:
    # thm-ld-euler; exponential Euler with the split that L keeps.
    point = points(network, seed)
    one, other = both_orders(name, share / lipschitz(network), network, point)
    assert apart(one, other) <= rounding(network, *sizes(network, *point))


@pytest.mark.parametrize("name", GENERAL)
@some
@given(network=currents(), seed=seeds, share=shares)
def test_every_method_commutes_with_taylor_at_an_equilibrium(
    name: str, network: ActivationRNN, seed: int, share: float
) -> None:
    # thm-ld-equilibrium: the bias that makes v an equilibrium stands outside sigma.
    v, x = points(network, seed)
    b = network.decay * v - network.w @ network.activation(v) - network.omega @ x
    still = replace(network, b=b)
    one, other = both_orders(name, share / lipschitz(still), still, (v, x))
    bound = 3 * rounding(network, *sizes(still, v, x))
    assert apart(one, other) <= bound
    assert largest(one.step(v, x) - v) <= bound


@pytest.mark.parametrize("name", [n for n in RUNGE_KUTTA if n != "euler"])
def test_off_equilibrium_all_but_euler_are_off_by_the_predicted_amount(name: str) -> None:
    # eq-ld-gap: (b.c) delta^2 F''(F, .), with the F'' of this form.
    method: Any = SCHEMES[name]
    network = ActivationRNN.random(4, 0, rng=np.random.default_rng(14))
    v = points(network, 3)[0]
    field = network.velocity(v)
    bent = network.w * (-2.0 * np.tanh(v) * (1 - np.tanh(v) ** 2) * field)
    deltas = 0.02 / 2.0 ** np.arange(4)
    pairs = [both_orders(name, d, network, (v, None)) for d in deltas]
    matrix = [largest(one.A - other.A) for one, other in pairs]
    assert abs(slope(deltas, matrix) - 2.0) <= 0.15
    predicted = method.b @ method.nodes * deltas[-1] ** 2 * largest(bent)
    assert matrix[-1] == pytest.approx(predicted, rel=0.05)


@some
@given(network=currents(), seed=seeds, tau=taus)
def test_rescaling_commutes_with_both_linearisations_at_every_point(
    network: ActivationRNN, seed: int, tau: float
) -> None:
    # thm-lr
    point = points(network, seed)
    for linearise in (Linearise(), Linearise(about=point)):
        one = Rescale(tau)(linearise(network))
        other = linearise(Rescale(tau)(network))
        size = tau * np.max(network.rate) * np.max(sizes(network, *point)) * 8
        assert apart(one, other) <= rounding(network, size)


@some
@given(network=currents(), seed=seeds, share=shares, tau=taus)
def test_all_six_orders_end_in_the_same_system(
    network: ActivationRNN, seed: int, share: float, tau: float
) -> None:
    # thm-six: Euler at any point; and the substitution.
    delta = share / lipschitz(network)
    for linearise in (Linearise(), Linearise(about=points(network, seed))):
        routes = all_orders(network, (Rescale(tau), Discretise(delta), linearise))
        assert len(routes) == 6 and all(route.reason is None for route in routes)
        assert max(route.gap for route in routes) <= 1e-9


def test_the_verdicts_of_the_table_hold_for_the_activation_form() -> None:
    network = ActivationRNN.random(3, 2, rng=np.random.default_rng(4))
    rest, light = fixed_point(network, [0.3, -0.4]).h, [0.3, -0.4]
    steps = 0.2 / 2.0 ** np.arange(5)

    def told(linearise: Linearise, name: str) -> str:
        pairs = [
            (
                linearise(Discretise(d, name)(network)),
                Discretise(d, name)(linearise(network)).linear_map(),
            )
            for d in steps
        ]
        return verdict(steps, [gap(*pair) for pair in pairs])

    for name in GENERAL:
        assert told(Linearise(), name) == "exact"
        assert told(Linearise(about=(rest, light)), name) == "exact"
        off = told(Linearise(about=([0.5, -0.3, 0.2], light)), name)
        assert off == ("exact" if "euler" in name and "back" not in name else "order 1")


@pytest.mark.parametrize("name", GENERAL)
@some
@given(network=currents(), seed=seeds, share=shares)
def test_the_lift_commutes_with_every_method(
    name: str, network: ActivationRNN, seed: int, share: float
) -> None:
    # thm-tangent
    system, delta = TangentLift(), share / lipschitz(network)
    one = Discretise(delta, name)(system(network))
    other = system(Discretise(delta, name)(network))
    v, x = points(one, seed)
    bound = 4 * rounding(network, *sizes(network, v, x)) * (1 + largest(v))
    assert largest(one.step(v, x) - other.step(v, x)) <= bound


# --- simulation, fixed points, spectra, controllability -------------------------------------------


def test_the_flow_is_what_scipy_makes_of_the_formula() -> None:
    network = ActivationRNN.random(4, 1, rng=np.random.default_rng(2), decay=[0.5, 1, 1, 2.0])
    times, start = np.linspace(0.0, 6.0, 13), np.array([1.0, -1.0, 0.5, 0.0])

    def x(time: float) -> Any:
        return np.array([np.sin(time)])

    def field(t: float, v: Any) -> Any:
        return by_hand(network, v, x(t))

    found = simulate(network, start, x, t=times).h
    exact = solve_ivp(field, (0, 6), start, "LSODA", times, rtol=1e-11, atol=1e-13)
    np.testing.assert_allclose(found, exact.y.T, atol=1e-8)


@pytest.mark.parametrize("name", GENERAL)
def test_every_method_converges_with_its_order(name: str) -> None:
    network = ActivationRNN([[1.1, -1.4], [1.4, 0.6]], [[1.0], [0.0]], [0.2, -0.1])
    start = np.array([0.9, -0.3])
    exact = simulate(network, start, t=[0.0, 2.0]).h[-1]
    counts = 2 ** np.arange(4, 8)
    errors = [
        largest(simulate(Discretise(2.0 / n, name)(network), start, steps=int(n)).h[-1] - exact)
        for n in counts
    ]
    assert abs(slope(2.0 / counts, errors) - SCHEMES[name].order) <= 0.3


def test_a_fixed_point_is_one_and_its_spectrum_is_that_of_the_formula() -> None:
    network = ActivationRNN.random(6, 2, rng=np.random.default_rng(9), rate=2.0)
    point = fixed_point(network, [0.5, -0.2])
    assert point.converged and largest(by_hand(network, point.h, [0.5, -0.2])) <= 1e-13
    J = 2.0 * (network.w * (1 - np.tanh(point.h) ** 2) - np.eye(6))
    found = spectrum(network, at=(point.h, [0.5, -0.2]))
    np.testing.assert_allclose(found.values, np.sort_complex(np.linalg.eigvals(J)), atol=1e-12)
    # The map rests where the flow does, with the multipliers that Euler makes of them.
    there = fixed_point(Discretise(0.1)(network), [0.5, -0.2], point.h + 1e-3)
    np.testing.assert_allclose(there.h, point.h, atol=1e-12)
    assert there.eigenvalues.distance(found.to_map("euler", delta=0.1)) <= 1e-12


@some
@given(network=networks(inputs=2), seed=seeds)
def test_the_two_forms_share_their_spectrum_at_corresponding_points(
    network: RNN, seed: int
) -> None:
    # J_v w = w J_h with v = w h + b + omega x: similar matrices where w is invertible.
    network = replace(network, decay=float(np.max(network.decay)), rate=float(np.max(network.rate)))
    h, x = points(network, seed)
    form = ActivationForm.of(network)
    J_h, J_v = network.jacobian(h, x), form.system.jacobian(form.state(h, x), x)
    size = lipschitz(network) * (1 + largest(network.w)) * 4
    assert largest(J_v @ network.w - network.w @ J_h) <= rounding(network, size)


def test_controllability_is_asked_of_the_linear_system_of_either_form() -> None:
    # An input that reaches unit 0 alone, and a chain to unit 1 that can be cut.
    w = np.array([[0.0, 0.0], [0.7, 0.0]])
    network = ActivationRNN(w, [[1.0], [0.0]], [0.2, -0.1])
    linear = Linearise(about=([0.4, 0.1], [0.0]))(network)
    expected = [[1.0, -1.0], [0.0, 0.7 * (1 - np.tanh(0.4) ** 2)]]
    np.testing.assert_allclose(controllability_matrix(linear.A, linear.B), expected, atol=4 * EPS)
    assert controllability_margin(linear.A, linear.B) > 0.1
    cut = Linearise(about=([0.4, 0.1], [0.0]))(replace(network, w=np.zeros((2, 2))))
    assert controllability_margin(cut.A, cut.B) == 0.0
    # Substituted, both forms have the same pair, and the same answer.
    pairs = [Linearise()(kind(w, [[1.0], [0.0]])) for kind in (RNN, ActivationRNN)]
    margins = [controllability_margin(p.A, p.B) for p in pairs]
    assert margins[0] == margins[1] > 0.1


# --- from one form to the other -------------------------------------------------------------------


@some
@given(network=networks(), seed=seeds)
def test_the_conversion_is_there_and_back_and_carries_velocities_along(
    network: RNN, seed: int
) -> None:
    network = replace(network, decay=float(np.max(network.decay)), rate=float(np.max(network.rate)))
    form = ActivationForm.of(network)
    assert type(form.system) is ActivationRNN
    back = ActivationForm.of(form.system).network()
    for part in ("w", "omega", "b", "decay", "rate"):
        np.testing.assert_allclose(getattr(back, part), getattr(network, part), rtol=8 * EPS)
    h, x = points(network, seed, (3,))
    v = form.state(h, x)
    # v' = w h' while x stands still.
    size = lipschitz(network) * np.max(sizes(form.system, h, x, v)) * 8
    moved = network.velocity(h, x) @ network.w.T
    assert largest(form.system.velocity(v, x) - moved) <= rounding(network, size)


@pytest.mark.parametrize("name", GENERAL)
def test_an_activation_network_is_simulated_through_its_rnn(name: str) -> None:
    network = ActivationRNN.random(4, 2, rng=np.random.default_rng(5), decay=0.8, rate=2.0)
    form, x = ActivationForm.of(network), np.array([0.3, -1.0])
    start = np.array([0.5, 0.1, -0.4, 1.0])
    v = simulate(Discretise(0.1, name)(network), start, x, steps=30).h
    h = simulate(Discretise(0.1, name)(form.network()), form.activity(start, x), x, steps=30).h
    np.testing.assert_allclose(form.state(h, x), v, rtol=0, atol=1e-12)


def test_an_input_that_moves_needs_its_derivative_as_a_further_input() -> None:
    # What the refusal says is missing, omega x' / rate beside lambda omega x, makes it exact.
    network = RNN.random(3, 1, rng=np.random.default_rng(5), decay=0.8, rate=2.0)
    system = ActivationForm.of(network).system
    whole = replace(system, omega=np.hstack([system.omega, network.omega / network.rate]))
    times, start = np.linspace(0.0, 4.0, 9), np.array([0.3, -0.2, 0.1])
    h = simulate(network, start, lambda t: [np.sin(t)], t=times).h
    v = network.preactivation(h, np.sin(times)[:, None])
    found = simulate(whole, v[0], lambda t: [np.sin(t), np.cos(t)], t=times).h
    np.testing.assert_allclose(found, v, atol=1e-9)
    without = simulate(system, v[0], lambda t: [np.sin(t)], t=times).h
    assert largest(without - v) > 0.1


FORM = ActivationForm.of(RNN([[0.5]], [[1.0]]))


@pytest.mark.parametrize(
    ("call", "value", "remedy"),
    [
        (lambda: FORM.state([0.0], lambda t: [t]), "varies", "constant input"),
        (lambda: FORM.activity([0.0], lambda t: [t]), "varies", "constant input"),
        (
            lambda: ActivationForm.of(ActivationRNN(np.eye(2), np.eye(2), decay=[1.0, 2.0])),
            "decay has one entry a unit, array([1., 2.])",
            "commute",
        ),
        (
            lambda: ActivationForm.of(RNN([[0.5]], [[1.0]], noise=0.25)),
            "RNN has noise of amplitude up to 0.25",
            "noise=None",
        ),
        (
            lambda: ActivationForm.of(ActivationRNN([[0.5]], [[1.0]], noise=0.25)),
            "ActivationRNN has noise",
            "noise=None",
        ),
    ],
)
def test_what_is_not_exact_is_refused(call: Any, value: str, remedy: str) -> None:
    refuses(call, value, remedy)


def test_forms_know_their_kinks() -> None:
    # S2 of the review, by name.
    form = ActivationForm([[2.0]], [[1.0]], [0.0], 1.0, "relu")
    leaky = LeakyForm([[2.0]], [[1.0]], [0.0], 0.1, 0.1, "relu")
    for system in (form.system, leaky.system):
        for call in (
            lambda s=system: fixed_point(s),
            lambda s=system: spectrum(s, at=([0.0], None)),
            lambda s=system: Linearise(about=([0.0], None))(s),
        ):
            with pytest.raises(ValueError, match=r"relu has no slope at phi = 0\.0"):
                call()
        assert isinstance(Linearise()(system), (LinearSystem, LinearMap))


def test_the_leaky_form_reads_its_input_as_any_discretised_map() -> None:
    form = LeakyForm([[0.5]], [[1.0]], [0.2], 0.25, 0.1)
    system = form.system
    assert (
        system.delta == 0.1 and gap(system, Discretise(0.1)(TauForm.of(form.network()).system)) == 0
    )
    assert system.step([0.4], lambda fraction: [0.3])[0] == system.step([0.4], [0.3])[0]


# --- piecewise-linear networks --------------------------------------------------------------------


@some
@given(seed=seeds, delta=st.floats(0.01, 3.0), inputs=st.integers(0, 2))
def test_a_piecewise_linear_network_is_an_euler_step(seed: int, delta: float, inputs: int) -> None:
    rng = np.random.default_rng(seed)
    A, W, h = rng.uniform(-1.2, 0.99, 3), rng.standard_normal((3, 3)), rng.standard_normal(3)
    C = rng.standard_normal((3, inputs))
    network = ActivationRNN.piecewise_linear(np.diag(A), W, h, C, delta=delta)
    system = Discretise(delta)(network)
    z, x = rng.standard_normal((5, 3)), rng.standard_normal((5, inputs))
    exact = z * A + np.maximum(z, 0) @ W.T + h + x @ C.T
    np.testing.assert_allclose(system.step(z, x), exact, atol=64 * EPS * (1 + largest(exact)))
    # A row of A's diagonal, and no inputs, is the same network.
    bare = ActivationRNN.piecewise_linear(A, W, h, delta=delta)
    assert np.array_equal(bare.decay, network.decay) and bare.n_inputs == 0
    # Where every unit is on, a step is (A + W) z + h: the Jacobian of the map says so.
    on = np.abs(z[0]) + 0.1
    np.testing.assert_allclose(system.jacobian(on, x[0]), np.diag(A) + W, atol=64 * EPS * 10)
    # The same step by hand, as what is refused is wrapped.
    own = Map(lambda s, u: s * A + np.maximum(s, 0) @ W.T + h + u @ C.T, delta, 3, inputs)
    assert gap(own, system) <= 1e-12


@pytest.mark.parametrize(
    ("call", "value", "remedy"),
    [
        (
            lambda: ActivationRNN.piecewise_linear([0.5, 1.0], np.eye(2), [0.0, 0.0], delta=1.0),
            "A[1, 1] = 1.0",
            "Map(step",
        ),
        (
            lambda: ActivationRNN.piecewise_linear(
                [[0.5, 0.1], [0.0, 0.5]], np.eye(2), [0.0, 0.0], delta=1.0
            ),
            "A[0, 1] = 0.1",
            "Map(step",
        ),
        (
            lambda: ActivationRNN.piecewise_linear([0.5], np.eye(2), [0.0], delta=1.0),
            "W has shape (2, 2)",
            "needs shape (1, 1)",
        ),
        (
            lambda: ActivationRNN.piecewise_linear([0.5], [[1.0]], [0.0], delta=0.0),
            "delta = 0.0",
            "greater than 0",
        ),
        (lambda: ActivationRNN(np.eye(2), np.eye(3)), "(3, 3)", "needs shape"),
        (lambda: ActivationRNN([[1.0]], [[1.0]], decay=0.0), "decay = 0.0", "greater than 0"),
        (lambda: ActivationRNN([[1.0]], [[1.0]]).velocity([1.0, 2.0]), "(2,)", "length 1"),
        (lambda: ActivationRNN([[1.0]], [[1.0]]).jacobian([1.0, 2.0]), "(2,)", "length 1"),
        (lambda: ActivationRNN([[1.0]], [[1.0]]).velocity([1.0], [1.0, 2.0]), "(2,)", "length 1"),
    ],
)
def test_what_does_not_fit_is_refused(call: Any, value: str, remedy: str) -> None:
    refuses(call, value, remedy)
