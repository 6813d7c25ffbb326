"""The forms of one network: written by hand, round trips, equal trajectories, refusals."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from helpers import (
    RNN,
    ActivationForm,
    Discretise,
    LeakyForm,
    LinearSystem,
    TauForm,
    gap,
    simulate,
)
from tests.helpers.theory import (
    EPS,
    GENERAL,
    SIGMA,
    lipschitz,
    networks,
    points,
    rounding,
    seeds,
    some,
    velocity,
)

TAU = TauForm(np.eye(2), np.eye(2), np.zeros(2), 1.0)
LEAKY = LeakyForm(np.eye(2), np.eye(2), np.zeros(2), 0.5, 0.1)


def rate_one(network: RNN) -> RNN:
    return RNN(network.w, network.omega, network.b, network.decay, network.activation)


def with_scalars(network: RNN) -> RNN:
    decay, rate = float(np.max(network.decay)), float(np.max(network.rate))
    return RNN(network.w, network.omega, network.b, decay, network.activation, rate)


def same_network(one: RNN, other: RNN, ulps: int = 8) -> None:
    assert isinstance(one, RNN) and one.activation is other.activation
    for part in ("w", "omega", "b", "decay", "rate"):
        np.testing.assert_allclose(getattr(one, part), getattr(other, part), rtol=ulps * EPS)


# --- the tau_m form -------------------------------------------------------------------------------


@some
@given(network=networks(), seed=seeds)
def test_the_tau_form_is_what_the_letters_say(network: RNN, seed: int) -> None:
    # tau_m g' = -g + sigma(w~ g + b + omega x): g = lambda h, tau_m = 1 / lambda, w~ = w / lambda.
    network = rate_one(network)
    form = TauForm.of(network)
    decay = network.decay * np.ones(network.n_units)
    np.testing.assert_allclose(form.tau_m * np.ones(network.n_units), 1 / decay, rtol=4 * EPS)
    np.testing.assert_allclose(form.w, network.w / decay[None, :], rtol=4 * EPS)
    h, x = points(network, seed)
    g = form.state(h)
    np.testing.assert_allclose(g, decay * h, rtol=4 * EPS)
    phi = form.w @ g + form.omega @ x + form.b
    by_hand = (SIGMA[network.activation.name](phi) - g) / form.tau_m
    size = 1 + np.max(np.abs(h)) + 5 * np.max(np.abs(x), initial=0.0)
    size *= lipschitz(network) * np.max(decay)
    assert np.max(np.abs(form.system.velocity(g, x) - by_hand)) <= rounding(network, size)
    # g' = lambda h': the two are one dynamics in other letters.
    assert np.max(np.abs(form.system.velocity(g, x) - decay * velocity(network, h, x))) <= rounding(
        network, size
    )


@some
@given(network=networks(), seed=seeds)
def test_lambda_to_tau_and_back(network: RNN, seed: int) -> None:
    for rate in (1.0, float(np.max(network.rate))):
        mine = RNN(network.w, network.omega, network.b, network.decay, network.activation, rate)
        same_network(TauForm.of(mine).network(rate=rate), mine)
        h, _ = points(network, seed, (3,))
        form = TauForm.of(mine)
        np.testing.assert_allclose(
            form.activity(form.state(h, rate=rate), rate=rate), h, rtol=8 * EPS
        )
        np.testing.assert_allclose(form.state(h, rate=rate), mine.decay * h, rtol=8 * EPS)
    form = TauForm(network.w, network.omega, network.b, 0.3 + np.arange(network.n_units))
    again = TauForm.of(form.network())
    np.testing.assert_allclose(again.w, form.w, rtol=8 * EPS)
    np.testing.assert_allclose(again.tau_m, form.tau_m, rtol=8 * EPS)
    # Which rate is chosen for the lambda form moves the range of h and nothing else.
    for rate in (1.0, 4.0):
        lam = form.network(rate=rate)
        np.testing.assert_allclose(lam.rate * lam.decay * form.tau_m, 1.0, rtol=8 * EPS)


@pytest.mark.parametrize("name", GENERAL)
def test_every_method_respects_the_change_to_the_tau_form(name: str) -> None:
    # MATH theorem 5: g = lambda h is affine, so each step carries it along.
    network = RNN.random(4, 2, rng=np.random.default_rng(1), decay=[0.5, 1.0, 2.0, 3.0])
    form = TauForm.of(network)
    rows = np.random.default_rng(2).standard_normal((30, 2))
    h = simulate(Discretise(0.1, name)(network), np.zeros(4), rows).h
    g = simulate(Discretise(0.1, name)(form.system), np.zeros(4), rows).h
    np.testing.assert_allclose(form.activity(g), h, rtol=0, atol=1e-13)
    # The slip in reading: the w of one form used in the other.
    slip = TauForm(network.w, network.omega, network.b, form.tau_m).system
    wrong = simulate(Discretise(0.1, name)(slip), np.zeros(4), rows).h
    assert np.max(np.abs(form.activity(wrong) - h)) > 0.01


def test_trajectories_of_flow_and_tau_form_agree() -> None:
    network = RNN.random(3, 1, rng=np.random.default_rng(4), decay=[0.5, 1.0, 2.0], rate=3.0)
    form, t = TauForm.of(network), np.linspace(0.0, 2.0, 5)
    h = simulate(network, [0.1, 0.2, -0.3], lambda s: np.array([np.sin(s)]), t=t).h
    start = form.state([0.1, 0.2, -0.3], rate=3.0)
    g = simulate(form.system, start, lambda s: np.array([np.sin(s)]), t=t).h
    np.testing.assert_allclose(form.activity(g, rate=3.0), h, atol=1e-9)


# --- the activation form --------------------------------------------------------------------------


@some
@given(network=networks(), seed=seeds)
def test_the_activation_form_is_what_the_letters_say(network: RNN, seed: int) -> None:
    network = with_scalars(network)
    form = ActivationForm.of(network)
    h, x = points(network, seed, (2,))
    v = form.state(h, x)
    by_hand = h @ network.w.T + x @ network.omega.T + network.b
    size = 5 * lipschitz(network) * (1 + np.max(np.abs(network.omega), initial=0.0)) * 5
    assert np.max(np.abs(v - by_hand)) <= rounding(network, size)
    # v' = r (-lambda (v - b - omega x) + w sigma(v)), and v' = w h' when x stands still.
    expected = velocity(network, h, x) @ network.w.T
    larger = size * (1 + lipschitz(network))
    assert np.max(np.abs(form.system.velocity(v, x) - expected)) <= rounding(network, larger)
    same_network(form.network(), network)


@some
@given(network=networks(inputs=2), seed=seeds)
def test_from_h_to_v_and_back(network: RNN, seed: int) -> None:
    network = with_scalars(network)
    if np.linalg.cond(network.w) > 1e4:
        return
    form = ActivationForm.of(network)
    h, x = points(network, seed, (3,))
    back = form.activity(form.state(h, x), x)
    # v - b - omega x loses |v| eps, the solve multiplies by the condition.
    size = (1 + np.max(np.abs(form.state(h, x)))) / np.linalg.norm(network.w, -2)
    assert np.max(np.abs(back - h)) <= rounding(network, size, np.linalg.cond(network.w))
    still = form.activity(form.state(h))
    assert np.max(np.abs(still - h)) <= rounding(network, size, np.linalg.cond(network.w))


@pytest.mark.parametrize("name", [n for n in GENERAL if n != "exponential_euler"])
@pytest.mark.parametrize("singular", [False, True])
def test_every_runge_kutta_method_carries_the_activation_form_along(
    name: str, singular: bool
) -> None:
    # MATH theorem 5: h -> w h + b + omega x need not be invertible.
    rng = np.random.default_rng(5)
    w = rng.standard_normal((4, 4)) / 2
    if singular:
        w[:, 0] = w[:, 1]
    network = RNN(w, rng.standard_normal((4, 2)), rng.standard_normal(4), 0.8, "tanh", 2.0)
    form, x = ActivationForm.of(network), np.array([0.3, -1.0])
    h = simulate(Discretise(0.1, name)(network), np.zeros(4), x, steps=30).h
    v = simulate(Discretise(0.1, name)(form.system), form.state(np.zeros(4), x), x, steps=30).h
    np.testing.assert_allclose(v, form.state(h, x), rtol=0, atol=1e-13)
    if singular:
        with pytest.raises(ValueError, match=r"w has rank 3 of 4.*integrate"):
            form.activity(v, x)
    else:
        np.testing.assert_allclose(form.activity(v, x), h, rtol=0, atol=1e-11)


def test_an_input_that_moves_adds_its_derivative() -> None:
    # With x(t), v = w h + b + omega x misses omega x' in the form as it stands.
    network = RNN([[0.5]], [[1.0]], [0.2])
    form, t = ActivationForm.of(network), np.linspace(0.0, 1.0, 3)
    h = simulate(network, [0.0], lambda s: np.array([s]), t=t).h
    v = simulate(form.system, form.state([0.0], [0.0]), lambda s: np.array([s]), t=t).h
    exact = form.state(h, t[:, None])
    assert np.max(np.abs(v - exact)) > 0.1


# --- the leaky form -------------------------------------------------------------------------------


@some
@given(network=networks(), seed=seeds, share=st.floats(0.01, 1.0))
def test_the_leaky_form_is_one_euler_step_of_the_tau_form(
    network: RNN, seed: int, share: float
) -> None:
    network = with_scalars(rate_one(network))
    delta = share / network.decay
    form = LeakyForm.of(network, delta=delta)
    assert form.alpha == pytest.approx(delta * network.decay, rel=8 * EPS)
    h, x = points(network, seed)
    g = form.state(h)
    np.testing.assert_allclose(g, network.decay * h, rtol=8 * EPS)
    np.testing.assert_allclose(form.activity(g), h, rtol=16 * EPS)
    phi = form.w @ g + form.omega @ x + form.b
    by_hand = (1 - form.alpha) * g + form.alpha * SIGMA[network.activation.name](phi)
    sizes = (g, 1.0, form.w, x, 5 * form.omega)
    assert np.max(np.abs(form.system.step(g, x) - by_hand)) <= rounding(network, *sizes) * 4
    euler = Discretise(delta)(TauForm.of(network).system)
    assert np.max(np.abs(euler.step(g, x) - form.system.step(g, x))) <= 4 * rounding(
        network, *sizes
    )
    assert form.system.delta == delta
    same_network(form.network(), network, ulps=16)


def test_alpha_one_is_the_plain_recurrent_layer() -> None:
    network = RNN.random(3, 2, rng=np.random.default_rng(1))
    form = LeakyForm.of(network, delta=1.0)
    assert form.alpha == 1.0
    h, x = points(network, 2)
    expected = np.tanh(network.w @ h + network.omega @ x + network.b)
    np.testing.assert_allclose(form.system.step(h, x), expected, atol=8 * EPS)


@pytest.mark.parametrize("delta", [0.11, 0.19, 1 / 3, 0.44, 0.9, 1.73, 7.0])
def test_a_step_of_one_time_constant_is_alpha_one_whatever_rounding_says(delta: float) -> None:
    assert LeakyForm.of(RNN([[0.5]], [[1.0]], decay=1 / delta), delta=delta).alpha == 1.0
    with pytest.raises(ValueError, match=r"alpha = 1\.00.*Take a smaller delta"):
        LeakyForm.of(RNN([[0.5]], [[1.0]], decay=1 / delta), delta=delta * (1 + 1e-12))


def test_the_time_step_is_part_of_alpha() -> None:
    # The same weights under another alpha are another network in time, not a finer simulation.
    network = RNN.random(3, 1, rng=np.random.default_rng(1), decay=2.0)
    coarse, fine = (LeakyForm.of(network, delta=d) for d in (0.1, 0.05))
    assert (coarse.alpha, fine.alpha) == pytest.approx((0.2, 0.1))
    same_network(coarse.network(), fine.network())
    kept = LeakyForm(coarse.w, coarse.omega, coarse.b, coarse.alpha, 0.05)
    assert kept.network().decay == pytest.approx(4.0)
    # Rate and decay meet in alpha; a rate of 2 is a decay of 2 with the weights of decay 1.
    fast = RNN(network.w, network.omega, network.b, decay=1.0, rate=2.0)
    assert LeakyForm.of(fast, delta=0.1).alpha == pytest.approx(0.2)
    np.testing.assert_array_equal(LeakyForm.of(fast, delta=0.1).w, network.w)


def test_equal_time_constants_given_for_each_unit_are_one() -> None:
    form = LeakyForm.of(RNN(np.eye(2), np.eye(2), decay=[2.0, 2.0]), delta=0.1)
    assert form.alpha == pytest.approx(0.2)


# --- all of them ----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("call", "words"),
    [
        (lambda: TauForm.of(LinearSystem([[1.0]])), "LinearSystem is not an RNN"),
        (lambda: ActivationForm.of("tanh"), "str is not an RNN"),
        (lambda: LeakyForm.of(None, delta=0.1), "NoneType is not an RNN"),
        (
            lambda: ActivationForm.of(RNN(np.eye(2), np.eye(2), decay=[1.0, 2.0])),
            r"decay has one entry a unit, array\(\[1\., 2\.\]\).*commute with the decay",
        ),
        (
            lambda: ActivationForm.of(RNN(np.eye(2), np.eye(2), rate=[1.0, 2.0])),
            "rate has one entry a unit",
        ),
        (
            lambda: LeakyForm.of(RNN(np.eye(2), np.eye(2), decay=[1.0, 2.0]), delta=0.1),
            r"time constants from 0\.5 to 1\.0.*one alpha for all",
        ),
        (lambda: LeakyForm.of(RNN([[1.0]], [[1.0]]), delta=0.0), "delta = 0.0"),
        (lambda: LeakyForm.of(RNN([[1.0]], [[1.0]]), delta=1.5), "alpha = 1.5.*smaller delta"),
        (lambda: LeakyForm(np.eye(1), np.eye(1), [0.0], 0.0, 0.1), "alpha = 0.0"),
        (lambda: LeakyForm(np.eye(1), np.eye(1), [0.0], 0.5, -1.0), "delta = -1.0"),
        (lambda: TauForm(np.eye(2), np.eye(2), np.zeros(2), 0.0), "tau_m = 0.0"),
        (lambda: TauForm(np.eye(2), np.eye(2), np.zeros(2), [1.0, -1.0]), r"tau_m\[1\] = -1.0"),
        (lambda: TauForm(np.eye(2), np.eye(3), np.zeros(2), 1.0), r"omega has shape \(3, 3\)"),
        (lambda: TauForm(np.eye(2), np.eye(2), np.zeros(3), 1.0), r"b has shape \(3,\)"),
        (lambda: TauForm(np.ones((2, 3)), np.eye(2), [0.0, 0.0], 1.0), r"w has shape \(2, 3\)"),
        (lambda: TauForm(np.eye(1), np.eye(1), [0.0], 1.0, "none"), "unknown activation 'none'"),
        (
            lambda: TauForm(np.eye(1), np.eye(1), [0.0], 1.0).network(rate=0.0),
            "rate = 0.0",
        ),
        (lambda: TAU.state([1.0, 2.0, 3.0]), r"h has shape \(3,\).*length 2"),
        (lambda: TAU.activity([1.0]), r"g has shape \(1,\).*length 2"),
        (lambda: TAU.state([1.0, 2.0], rate=-1.0), "rate = -1.0"),
        (lambda: TAU.activity([1.0, 2.0], rate=0.0), "rate = 0.0"),
        (lambda: LEAKY.state([1.0, 2.0, 3.0]), r"h has shape \(3,\).*length 2"),
        (lambda: LEAKY.activity([1.0]), r"g has shape \(1,\).*length 2"),
    ],
)
def test_what_cannot_be_converted_is_refused_with_the_reason(call: Any, words: str) -> None:
    with pytest.raises(ValueError, match=words):
        call()


def test_forms_are_frozen() -> None:
    network = RNN([[0.5]], [[1.0]])
    for form in (
        TauForm.of(network),
        ActivationForm.of(network),
        LeakyForm.of(network, delta=0.1),
    ):
        with pytest.raises(AttributeError):
            form.w = np.eye(1)
        with pytest.raises(ValueError, match="read-only"):
            form.w[0, 0] = 2.0


def test_the_flow_of_a_form_is_a_flow_like_any_other() -> None:
    network = RNN.random(3, 2, rng=np.random.default_rng(1))
    form = ActivationForm.of(network)
    assert gap(form.system, form.system) == 0.0
    v, x = points(form.system, 1, (5,))
    assert form.system.jacobian(v, x).shape == (5, 3, 3)
    leaky = LeakyForm.of(network, delta=0.2).system
    assert leaky.jacobian(v, x).shape == (5, 3, 3) and leaky.step(v[0], x).shape == (5, 3)
