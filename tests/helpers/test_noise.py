"""Noise as part of a system: what R, D and L make of it, what is drawn, where it settles."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from helpers import (
    RNN,
    ActivationRNN,
    Discretise,
    Flow,
    LeakyForm,
    Linearise,
    LinearMap,
    LinearSystem,
    Map,
    Rescale,
    TangentLift,
    TauForm,
    all_orders,
    fixed_point,
    gap,
    simulate,
    spectrum,
)
from helpers.analysis.noise import stationary_covariance
from helpers.dynamics.noise import NOISE_CONVENTIONS, noise_amplitude
from helpers.dynamics.runge_kutta import RungeKutta
from tests.helpers.refusals import refuses
from tests.helpers.theory import EPS, METHODS, points, seeds, slope, some

taus = st.floats(0.05, 20.0)
G = np.array([0.3, 0.0, 0.7])
A = np.array([[-1.0, 0.5, 0.0], [-0.8, -1.5, 0.3], [0.0, 0.4, -0.7]])
B = np.array([[1.0], [0.0], [2.0]])


def draw(seed: int = 0) -> np.random.Generator:
    return np.random.default_rng(seed)


def network(form: Any = RNN, **options: Any) -> Any:
    return form.random(3, 1, rng=draw(7), **{"noise": G, **options})


def systems() -> dict[str, Any]:
    """Return one of each kind, with noise G in the time of its own delta."""

    def law(h: Any, x: Any) -> Any:
        return np.sin(h) @ A.T + x @ B.T

    return {
        "activity": network(),
        "activation": network(ActivationRNN),
        "linear": LinearSystem(A, B, [0.1, 0.2, 0.3], noise=G),
        "flow": Flow(law, 3, 1, noise=G),
        "map": Map(law, 0.25, 3, 1, noise=G),
        "linear map": LinearMap(0.5 * A, B, None, 0.25, noise=G),
        "discretised": Discretise(0.25)(network()),
        "rescaled": Rescale(4.0)(Discretise(1.0)(network(noise=G / 2))),
    }


NAMES = tuple(systems())
FLOWS = NAMES[:4]


# --- what it is -----------------------------------------------------------------------------------


@pytest.mark.parametrize("name", NAMES)
def test_every_system_has_its_amplitude_one_number_a_unit(name: str) -> None:
    system = systems()[name]
    np.testing.assert_allclose(system.noise, G, rtol=4 * EPS)
    if name in NAMES[:3]:
        with pytest.raises(ValueError, match="read-only"):
            system.noise[0] = 1.0
        np.testing.assert_array_equal(replace(system, noise=0.5).noise, [0.5, 0.5, 0.5])
        # No noise at all is none: simulate then asks for no generator.
        assert replace(system, noise=0.0).noise is None
        assert replace(system, noise=[0.0, 0.0, 0.0]).noise is None
        assert replace(system, noise=None).noise is None


@pytest.mark.parametrize("name", NAMES)
def test_what_is_not_random_about_a_system_is_as_without(name: str) -> None:
    system = systems()[name]
    silent = {
        "flow": lambda: Flow(system._function, 3, 1),
        "map": lambda: Map(system._function, 0.25, 3, 1),
        "discretised": lambda: replace(system, flow=replace(system.flow, noise=None)),
        "rescaled": lambda: replace(system, flow=replace(system.flow, noise=None)),
    }.get(name, lambda: replace(system, noise=None))()
    assert silent.noise is None
    h, x = points(system, 3)
    for method in ("velocity", "step", "jacobian", "input_jacobian"):
        if hasattr(system, method):
            one, other = (getattr(s, method)(h, x) for s in (system, silent))
            np.testing.assert_array_equal(one, other)
    one, other = (fixed_point(s, x, h) for s in (system, silent))
    np.testing.assert_array_equal(one.h, other.h)
    one, other = (spectrum(s, at=(h, x)) for s in (system, silent))
    np.testing.assert_array_equal(one.values, other.values)


# --- R, D, L and T --------------------------------------------------------------------------------


@pytest.mark.parametrize("name", NAMES)
def test_rescaling_multiplies_the_amplitude_by_the_root_of_tau(name: str) -> None:
    system = systems()[name]
    fast = Rescale(9.0)(system)
    np.testing.assert_allclose(fast.noise, 3.0 * G, rtol=8 * EPS)
    assert type(fast) is type(system)
    back = Rescale(1 / 9.0)(fast)
    assert gap(system, back) <= 1e-14
    if isinstance(system, Map):
        # What a step draws is what it drew: only its time is stamped anew.
        drawn = [s.noise * np.sqrt(s.delta) for s in (system, fast)]
        np.testing.assert_allclose(*drawn, rtol=8 * EPS)


@pytest.mark.parametrize("form", [RNN, ActivationRNN])
@some
@given(tau=taus, seed=seeds)
def test_paths_are_the_same_in_either_order_of_r_and_d(form: Any, tau: float, seed: int) -> None:
    # thm-rd with sqrt(tau): pathwise, on the same normal numbers.
    noisy, x = network(form), draw(1).standard_normal((20, 1))
    routes = (
        (Discretise(0.2 / tau) @ Rescale(tau))(noisy),
        (Rescale(tau) @ Discretise(0.2))(noisy),
    )
    one, other = (simulate(s, np.zeros(3), x, rng=draw(seed)) for s in routes)
    np.testing.assert_allclose(one.h, other.h, rtol=0, atol=1e-13)
    np.testing.assert_allclose(one.t, other.t, rtol=4 * EPS)
    slow = simulate(Discretise(0.2)(noisy), np.zeros(3), x, rng=draw(seed))
    np.testing.assert_array_equal(other.h, slow.h)
    assert np.max(np.abs(slow.h - simulate(routes[1], np.zeros(3), x, rng=draw(seed + 1)).h)) > 0.01


def test_noise_times_tau_is_off_by_the_root_of_the_step() -> None:
    # The counterexample: one step is off by (sqrt(tau) - 1) sqrt(delta) |G eps|.
    deltas, tau, noisy = 0.1 / 4.0 ** np.arange(5), 4.0, network()
    wrong = replace(Rescale(tau)(noisy), noise=tau * G)
    found = []
    for delta in deltas:
        steps = [
            simulate(s, np.zeros(3), steps=1, rng=draw(3)).h[1]
            for s in (Discretise(delta / tau)(wrong), Rescale(tau)(Discretise(delta)(noisy)))
        ]
        found.append(np.max(np.abs(steps[0] - steps[1])))
    assert abs(slope(deltas, found) - 0.5) <= 1e-6
    eps = draw(3).standard_normal(3)
    assert found[0] == pytest.approx(np.sqrt(0.1) * np.max(np.abs(G * eps)), rel=1e-12)


@pytest.mark.parametrize("form", [RNN, ActivationRNN])
def test_all_six_orders_keep_the_noise(form: Any) -> None:
    noisy = network(form)
    for linearise in (Linearise(), Linearise(about=([0.3, -0.2, 0.1], [0.5]))):
        for last, other in (("linear", None), ("map", Discretise(0.1))):
            parts = [Rescale(4.0), linearise] + ([other] if other else [])
            routes = all_orders(noisy, parts)
            assert len(routes) == (2 if last == "linear" else 6)
            assert max(route.gap for route in routes) <= 1e-12
            for route in routes:
                np.testing.assert_allclose(route.system.noise, 2.0 * G, rtol=8 * EPS)


@pytest.mark.parametrize("name", ["map", "linear map", "discretised", "flow", "linear", "activity"])
def test_linearising_keeps_the_noise(name: str) -> None:
    system = systems()[name]
    about = Linearise(about=([0.3, -0.2, 0.1], [0.5]))(system)
    np.testing.assert_array_equal(about.noise, system.noise)


def test_the_lift_moves_the_state_and_not_the_difference() -> None:
    for system in (network(), Discretise(0.1)(network())):
        lifted = TangentLift()(system)
        np.testing.assert_allclose(lifted.noise, [*G, 0.0, 0.0, 0.0], rtol=4 * EPS)
        assert TangentLift()(replace_noise(system)).noise is None
    # D T and T D draw the same path, and v is the derivative along it.
    one = Discretise(0.1)(TangentLift()(network()))
    other = TangentLift()(Discretise(0.1)(network()))
    start = np.array([0.1, 0.2, -0.3, 1.0, 0.0, -1.0])
    paths = [simulate(s, start, steps=30, rng=draw(2)).h for s in (one, other)]
    np.testing.assert_allclose(*paths, rtol=0, atol=1e-13)
    # 3 numbers a step for h and 3 that are drawn for v and not used.
    kicks = draw(2).standard_normal((30, 6))[:, :3]
    near, h = start[:3] + 1e-6 * start[3:], start[:3]
    step = Discretise(0.1)(network(noise=None)).step
    for kick in kicks:
        near, h = (step(s) + np.sqrt(0.1) * G * kick for s in (near, h))
    np.testing.assert_allclose((near - h) / 1e-6, paths[0][-1, 3:], atol=1e-5)


def replace_noise(system: Any) -> Any:
    flow = system if isinstance(system, Flow) else system.flow
    silent = replace(flow, noise=None)
    return silent if isinstance(system, Flow) else replace(system, flow=silent)


@pytest.mark.parametrize("method", [name for name in METHODS if name != "euler"])
def test_all_methods_but_euler_refuse_noise_and_say_why(method: str) -> None:
    flow = systems()["linear"]
    flow = LinearSystem(flow.A, flow.B, flow.c, np.diag(flow.A), noise=G)
    refuses(
        lambda: Discretise(0.1, method)(flow),
        f"{method} cannot draw the noise of this LinearSystem",
        'Take method="euler"',
    )
    assert Discretise(0.1, method)(replace(flow, noise=None)).noise is None
    routes = all_orders(flow, (Rescale(4.0), Discretise(0.1, method)))
    assert all("Euler-Maruyama" in route.reason for route in routes)


def test_euler_under_another_name_draws_noise_too() -> None:
    own = RungeKutta("own", [[0.0]], [1.0], 1)
    assert gap(Discretise(0.1, own)(network()), Discretise(0.1)(network())) == 0.0


# --- what is drawn --------------------------------------------------------------------------------


@pytest.mark.parametrize("name", NAMES[4:])
@pytest.mark.parametrize("batch", [(), (2,), (4, 2)])
def test_a_step_adds_normal_numbers_times_the_root_of_the_step(
    name: str, batch: tuple[int, ...]
) -> None:
    system, x = systems()[name], np.array([0.3])
    start, eps = points(system, 1, batch)[0], draw(5).standard_normal((6, *batch, 3))
    found = simulate(system, start, x, steps=6, rng=draw(5)).h
    state = start
    for k in range(6):
        state = system.step(state, x) + G * np.sqrt(system.delta) * eps[k]
        np.testing.assert_allclose(found[k + 1], state, rtol=0, atol=1e-13)
    # An input of rows or of a function of time meets the same numbers.
    rows = simulate(system, start, np.tile(x, (6, *[1] * len(batch), 1)), rng=draw(5)).h
    np.testing.assert_allclose(rows, found, rtol=0, atol=1e-13)
    if name != "linear map":
        given_time = simulate(system, start, lambda t: x, steps=6, rng=draw(5)).h
        np.testing.assert_allclose(given_time, found, rtol=0, atol=1e-13)


def test_without_noise_nothing_is_drawn() -> None:
    rng = draw(1)
    silent = Discretise(0.1)(network(noise=None))
    one = simulate(silent, np.zeros(3), steps=3, rng=rng).h
    np.testing.assert_array_equal(one, simulate(silent, np.zeros(3), steps=3).h)
    assert rng.standard_normal() == draw(1).standard_normal()


@pytest.mark.parametrize("name", NAMES[4:])
def test_a_map_with_noise_asks_for_a_generator(name: str) -> None:
    system = systems()[name]
    refuses(lambda: simulate(system, np.zeros(3), steps=2), "up to 0.7", "rng=np.random")
    refuses(lambda: simulate(system, np.zeros(3), steps=2, rng=3), "rng = 3", "default_rng")


@pytest.mark.parametrize("name", FLOWS)
def test_a_flow_with_noise_is_not_integrated(name: str) -> None:
    for rng in (None, draw()):
        refuses(
            lambda rng=rng: simulate(systems()[name], np.zeros(3), t=[0.0, 1.0], rng=rng),
            "noise of amplitude up to 0.7",
            "Discretise(delta)(flow)",
        )


def test_the_gap_counts_the_noise() -> None:
    for name in NAMES[:3]:
        system = systems()[name]
        louder = replace(system, noise=1.25 * G)
        assert gap(system, louder) == pytest.approx(0.25, rel=1e-14)
        assert gap(replace(system, noise=None), system) == np.inf
        assert gap(system, replace(system, noise=None)) == 1.0
    one, other = (Discretise(0.1)(network(noise=g)) for g in (G, 1.25 * G))
    assert gap(one, other) == pytest.approx(0.25, rel=1e-14)


@pytest.mark.parametrize(
    ("call", "value", "remedy"),
    [
        (lambda: network(noise=-0.1), "noise[0] = -0.1", "absolute value"),
        (lambda: network(noise=[0.1, 0.2]), "noise has shape (2,)", "needs shape (3)"),
        (lambda: network(ActivationRNN, noise=np.nan), "noise[0] is nan", "finite"),
        (lambda: LinearSystem(A, noise="loud"), "'loud'", "real numbers"),
        (lambda: LinearMap(A, None, None, 0.1, noise=[1.0, -2.0, 0.0]), "noise[1] = -2.0", "0 or"),
        (lambda: Flow(lambda h, x: h, 1, 0, noise=np.inf), "noise[0] is inf", "finite"),
        (lambda: Map(lambda h, x: h, 0.1, 1, 0, noise=1j), "1", "real numbers"),
        (lambda: LeakyForm([[1.0]], [[1.0]], [0.0], 0.5, 0.1, noise=-1.0), "-1.0", "absolute"),
    ],
)
def test_an_amplitude_is_a_finite_number_not_below_zero(call: Any, value: str, remedy: str) -> None:
    refuses(call, value, remedy)


@pytest.mark.parametrize("make", [RNN, LinearSystem, LinearMap])
def test_noise_is_named(make: Any) -> None:
    with pytest.raises(TypeError, match="positional"):
        make([[1.0]], [[1.0]], [0.0], 1.0, "tanh", 1.0, 0.1)


# --- forms ----------------------------------------------------------------------------------------


def test_noise_goes_along_with_the_state_of_a_form() -> None:
    noisy = network(decay=[0.5, 1.0, 2.0], rate=2.0)
    form = TauForm.of(noisy)
    np.testing.assert_allclose(form.noise, [0.5, 1.0, 2.0] * G)
    assert gap(noisy, form.network(rate=2.0)) <= 1e-14
    h, g = (
        simulate(Discretise(0.05)(s), np.zeros(3), steps=40, rng=draw(4)).h
        for s in (noisy, form.system)
    )
    np.testing.assert_allclose(form.activity(g, rate=2.0), h, rtol=0, atol=1e-13)
    one = network(decay=2.0)
    leaky = LeakyForm.of(one, delta=0.1)
    assert gap(one, leaky.network()) <= 1e-14
    paths = [
        simulate(s, np.zeros(3), steps=40, rng=draw(4)).h
        for s in (Discretise(0.1)(one), leaky.system)
    ]
    np.testing.assert_allclose(2.0 * paths[0], paths[1], rtol=0, atol=1e-13)
    assert TauForm.of(replace(one, noise=None)).noise is None


# --- where it settles -----------------------------------------------------------------------------


def stable(seed: int, kind: str) -> Any:
    """Draw a stable linear system with noise, some of it zero."""
    rng = draw(seed)
    n = int(rng.integers(1, 6))
    matrix, noise = rng.standard_normal((n, n)), rng.uniform(0.1, 2.0, n)
    noise[1:] *= rng.integers(0, 2, n - 1)
    if kind == "flow":
        shift = np.max(np.linalg.eigvals(matrix).real) + rng.uniform(0.1, 1.0)
        return LinearSystem(matrix - shift * np.eye(n), noise=noise)
    radius = np.max(np.abs(np.linalg.eigvals(matrix)))
    return LinearMap(rng.uniform(0.1, 0.95) / radius * matrix, None, None, 0.3, noise=noise)


@some
@given(seed=seeds)
def test_covariances_solve_lyapunovs_equations_as_a_linear_system_of_entries_does(
    seed: int,
) -> None:
    flow, system = stable(seed, "flow"), stable(seed, "map")
    for one, (matrix, right) in (
        (flow, (np.kron(flow.A, np.eye(len(flow.A))) + np.kron(np.eye(len(flow.A)), flow.A), -1.0)),
        (system, (np.eye(len(system.A) ** 2) - np.kron(system.A, system.A), system.delta)),
    ):
        S, n = stationary_covariance(one), len(one.A)
        exact = np.linalg.solve(matrix, right * np.diag(one.noise**2).ravel()).reshape(n, n)
        scale = np.linalg.cond(matrix) * np.max(np.abs(exact))
        np.testing.assert_allclose(S, exact, rtol=0, atol=64 * n * EPS * scale)
        np.testing.assert_array_equal(S, S.T)
        assert np.min(np.linalg.eigvalsh(S)) >= -64 * n * EPS * scale


@some
@given(a=st.floats(0.01, 1.0), s=st.floats(0.1, 3.0), delta=st.floats(0.01, 2.0))
def test_one_leaky_unit_has_its_closed_form(a: float, s: float, delta: float) -> None:
    unit = LinearMap([[1 - a]], None, None, delta, noise=s / np.sqrt(delta))
    assert stationary_covariance(unit)[0, 0] == pytest.approx(s**2 / (a * (2 - a)), rel=1e-11)
    flow = LinearSystem([[-a]], noise=s)
    assert stationary_covariance(flow)[0, 0] == pytest.approx(s**2 / (2 * a), rel=1e-13)


def test_a_long_simulation_settles_there() -> None:
    system = Discretise(0.2)(LinearSystem(A, B, [0.3, 0.0, 0.0], noise=[0.3, 0.1, 0.7]))
    expected = stationary_covariance(system)
    np.testing.assert_allclose(expected, stationary_covariance(system.linear_map()), rtol=1e-12)
    paths = simulate(system, np.zeros((200, 3)), [0.5], steps=3000, rng=draw(8)).h[100:]
    found = np.cov(paths.reshape(-1, 3).T)
    # 580,000 numbers with a memory of about ten steps: one part in 170 is a standard deviation.
    np.testing.assert_allclose(found, expected, atol=0.03 * np.max(expected))


@pytest.mark.parametrize("form", [RNN, ActivationRNN])
def test_weak_noise_spreads_a_network_as_its_linear_system(form: Any) -> None:
    noisy = network(form, noise=[0.02, 0.0, 0.03], gain=0.8)
    system, x = Discretise(0.1)(noisy), [0.4]
    rest = fixed_point(noisy, x).h
    expected = stationary_covariance(Linearise(about=(rest, x))(system))
    paths = simulate(system, np.tile(rest, (200, 1)), x, steps=3000, rng=draw(8)).h[200:]
    found = np.cov(paths.reshape(-1, 3).T)
    np.testing.assert_allclose(found, expected, atol=0.05 * np.max(expected))
    # At another point of expansion, where nothing is bent, the spread is another.
    elsewhere = stationary_covariance(Linearise(about=(rest + 2.0, x))(system))
    assert np.max(np.abs(elsewhere - expected)) > 0.1 * np.max(expected)


def test_the_maps_covariance_nears_the_flows_by_the_first_order_of_the_step() -> None:
    flow = LinearSystem(A, noise=[0.3, 0.1, 0.7])
    deltas, exact = 0.2 / 2.0 ** np.arange(6), stationary_covariance(flow)
    errors = [np.max(np.abs(stationary_covariance(Discretise(d)(flow)) - exact)) for d in deltas]
    assert abs(slope(deltas, errors) - 1.0) <= 0.1


@pytest.mark.parametrize("name", ["linear", "linear map"])
@pytest.mark.parametrize("tau", [0.25, 3.0])
def test_rescaling_leaves_the_spread_as_it_is(name: str, tau: float) -> None:
    system = systems()[name]
    fast, S = Rescale(tau)(system), stationary_covariance(system)
    np.testing.assert_allclose(stationary_covariance(fast), S, rtol=1e-12, atol=1e-14)
    if name == "linear":  # with tau instead of its root, tau times the variance
        loud = replace(fast, noise=tau * G)
        np.testing.assert_allclose(stationary_covariance(loud), tau * S, rtol=1e-12, atol=1e-14)


def test_a_hundred_units_are_solved_too() -> None:
    noisy = RNN.random(100, 1, rng=draw(3), noise=0.1)
    linear = Linearise(about=(fixed_point(noisy).h, None))(noisy)
    for system in (linear, Discretise(0.1)(linear).linear_map()):
        S, Q = stationary_covariance(system), np.diag(np.square(system.noise))
        left = system.A @ S + S @ system.A.T + Q
        if isinstance(system, LinearMap):
            left = system.A @ S @ system.A.T + system.delta * Q - S
        assert np.max(np.abs(left)) <= 1e-13


@pytest.mark.parametrize(
    ("call", "value", "remedy"),
    [
        (lambda: stationary_covariance(network()), "RNN is not linear", "Linearise(about="),
        (
            lambda: stationary_covariance(Discretise(0.1)(network())),
            "DiscretisedMap is not linear",
            "Linearise(about=",
        ),
        (lambda: stationary_covariance(A), "array", "linearise"),
        (lambda: stationary_covariance(LinearSystem(A)), "noise = None", "give it noise="),
        (
            lambda: stationary_covariance(LinearSystem([[0.5]], noise=1.0)),
            "eigenvalue 0.5",
            "stable state",
        ),
        (
            lambda: stationary_covariance(LinearMap([[-1.5]], None, None, 0.1, noise=1.0)),
            "eigenvalue -1.5",
            "stable state",
        ),
    ],
)
def test_what_does_not_settle_is_refused(call: Any, value: str, remedy: str) -> None:
    refuses(call, value, remedy)


# --- conventions in print -------------------------------------------------------------------------


def spread(convention: str, value: float, alpha: float, tau: float = 10.0) -> float:
    """Return the standard deviation at rest of one leaky unit, in either form without weights."""
    delta = alpha * tau
    amplitude = noise_amplitude(convention, value, alpha=alpha, delta=delta)
    unit = ActivationRNN([[0.0]], [[1.0]], decay=1 / tau, noise=amplitude)
    return float(np.sqrt(stationary_covariance(Linearise()(Discretise(delta)(unit)))[0, 0]))


# What each settles at: value sigma, a leak of alpha, and a time constant tau of 10.
SETTLED: dict[str, Any] = {
    "amplitude": lambda sigma, a: sigma * np.sqrt(10.0 / (2 - a)),
    "per_step": lambda sigma, a: sigma / np.sqrt(a * (2 - a)),
    "alpha": lambda sigma, a: sigma * np.sqrt(a / (2 - a)),
    "sqrt_alpha": lambda sigma, a: sigma / np.sqrt(2 - a),
    "sqrt_2_alpha": lambda sigma, a: sigma * np.sqrt(2 / (2 - a)),
    "stationary": lambda sigma, a: sigma,
    "input": lambda sigma, a: sigma / np.sqrt(10.0 * (2 - a)),
}


@pytest.mark.parametrize("convention", NOISE_CONVENTIONS)
@some
@given(sigma=st.floats(0.01, 2.0), alpha=st.floats(0.01, 1.0))
def test_each_convention_settles_where_its_words_say(
    convention: str, sigma: float, alpha: float
) -> None:
    assert spread(convention, sigma, alpha) == pytest.approx(
        SETTLED[convention](sigma, alpha), rel=1e-10
    )


def test_a_number_fixed_per_step_is_another_noise_at_another_step() -> None:
    # Measured on public networks: .0833 at alpha .2, .2513 at .02, for the same .05 a step.
    assert spread("per_step", 0.05, 0.2) == pytest.approx(0.0833, abs=5e-5)
    assert spread("per_step", 0.05, 0.02) == pytest.approx(0.2513, abs=5e-5)
    # Kept as an amplitude, .05 at .2 is .0158 at .02.
    kept = noise_amplitude("per_step", 0.05, alpha=0.2, delta=2.0)
    assert kept * np.sqrt(0.2) == pytest.approx(0.0158, abs=5e-5)
    # One that is kept at rest is .0166.
    rest = noise_amplitude("stationary", spread("per_step", 0.05, 0.2), alpha=0.02, delta=0.2)
    assert rest * np.sqrt(0.2) == pytest.approx(0.0166, abs=5e-5)


@pytest.mark.parametrize("convention", ["amplitude", "sqrt_alpha", "sqrt_2_alpha", "input"])
def test_these_have_one_amplitude_at_every_step(convention: str) -> None:
    found = [noise_amplitude(convention, 0.3, alpha=d / 10, delta=d) for d in (5.0, 1.0, 0.01)]
    np.testing.assert_allclose(found, found[0], rtol=8 * EPS)


def test_noise_of_an_input_is_that_of_its_own_held_draws() -> None:
    # Each step of an input with standard deviation sigma / sqrt(delta), through a weight of one.
    sigma, tau, delta = 0.4, 10.0, 0.5
    unit = ActivationRNN([[0.0]], [[1 / tau]], decay=1 / tau)
    held = sigma / np.sqrt(delta) * draw(2).standard_normal((20_000, 100, 1))
    found = np.std(simulate(Discretise(delta)(unit), np.zeros((100, 1)), held).h[200:])
    assert found == pytest.approx(spread("input", sigma, delta / tau), rel=0.02)


def test_a_row_of_values_gives_a_row_of_amplitudes() -> None:
    row = noise_amplitude("alpha", [0.1, 0.0, 0.3], alpha=0.5, delta=0.25)
    np.testing.assert_allclose(row, [0.1, 0.0, 0.3], rtol=4 * EPS)
    single = noise_amplitude("alpha", 0.1, alpha=0.5, delta=0.25)
    assert isinstance(single, float) and single == row[0]


@pytest.mark.parametrize(
    ("call", "value", "remedy"),
    [
        (
            lambda: noise_amplitude("sqrt", 0.1, alpha=0.1, delta=0.1),
            "unknown convention 'sqrt'",
            "choose one of amplitude, per_step, alpha, sqrt_alpha, sqrt_2_alpha, stationary, input",
        ),
        (lambda: noise_amplitude(None, 0.1, alpha=0.1, delta=0.1), "None", "choose one of"),
        (lambda: noise_amplitude("alpha", -0.1, alpha=0.1, delta=0.1), "-0.1", "absolute value"),
        (lambda: noise_amplitude("alpha", [np.nan], alpha=0.1, delta=0.1), "[0] is nan", "finite"),
        (lambda: noise_amplitude("alpha", 0.1, alpha=1.1, delta=0.1), "alpha = 1.1", "smaller"),
        (lambda: noise_amplitude("alpha", 0.1, alpha=0.0, delta=0.1), "alpha = 0.0", "greater"),
        (lambda: noise_amplitude("alpha", 0.1, alpha=0.1, delta=-1), "delta = -1", "greater"),
    ],
)
def test_what_is_no_convention_is_refused(call: Any, value: str, remedy: str) -> None:
    refuses(call, value, remedy)
