"""One-step methods against the textbook's formulas, scipy, order conditions and measured orders."""

from __future__ import annotations

from collections.abc import Callable
from functools import cache
from itertools import pairwise
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import linalg, signal
from scipy.integrate import solve_ivp

from helpers import RNN, Discretise, Flow, Linearise, LinearSystem, Map, Rescale, simulate
from helpers.dynamics.exponential import ExponentialEuler
from helpers.dynamics.one_step import Scheme
from helpers.dynamics.runge_kutta import RungeKutta
from helpers.dynamics.schemes import SCHEMES, scheme
from tests.helpers.theory import (
    EPS,
    EXPLICIT,
    GENERAL,
    METHODS,
    RUNGE_KUTTA,
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

fractions_of_stability = st.floats(0.02, 0.5)
Field = Callable[[Any, Any], Any]


def moving(x: Any) -> Callable[[float], Any]:
    """Return an input that differs at each fraction of the step."""
    return lambda fraction: x * (1.0 + np.sin(2.0 * fraction))


# --- the step, as the textbooks write it ----------------------------------------------------------


def _midpoint(f: Field, h: Any, d: float, x: Any) -> Any:
    return h + d * f(h + d / 2 * f(h, x(0)), x(1 / 2))


def _heun(f: Field, h: Any, d: float, x: Any) -> Any:
    first = f(h, x(0))
    return h + d / 2 * (first + f(h + d * first, x(1)))


def _kutta3(f: Field, h: Any, d: float, x: Any) -> Any:
    k1 = f(h, x(0))
    k2 = f(h + d / 2 * k1, x(1 / 2))
    k3 = f(h - d * k1 + 2 * d * k2, x(1))
    return h + d / 6 * (k1 + 4 * k2 + k3)


def _rk4(f: Field, h: Any, d: float, x: Any) -> Any:
    k1 = f(h, x(0))
    k2 = f(h + d / 2 * k1, x(1 / 2))
    k3 = f(h + d / 2 * k2, x(1 / 2))
    k4 = f(h + d * k3, x(1))
    return h + d / 6 * (k1 + 2 * k2 + 2 * k3 + k4)


TEXTBOOK: dict[str, Callable[..., Any]] = {
    "euler": lambda f, h, d, x: h + d * f(h, x(0)),
    "midpoint": _midpoint,
    "heun": _heun,
    "kutta3": _kutta3,
    "rk4": _rk4,
}


@pytest.mark.parametrize("name", TEXTBOOK)
@some
@given(network=networks(), seed=seeds, share=fractions_of_stability)
def test_an_explicit_step_is_the_textbooks(
    name: str, network: RNN, seed: int, share: float
) -> None:
    h, x = points(network, seed)
    delta = share / lipschitz(network)
    found = Discretise(delta, name)(network).step(h, moving(x))
    by_hand = TEXTBOOK[name](lambda g, y: velocity(network, g, y), h, delta, moving(x))
    assert np.max(np.abs(found - by_hand)) <= rounding(network, h, found, 2 * x)


@pytest.mark.parametrize("decay", [0.5, 1.0, 2.0, 3.0])
@pytest.mark.parametrize("rate", [0.5, 1.0, 2.0, 3.0])
def test_no_value_of_decay_or_rate_is_special(decay: float, rate: float) -> None:
    # The step leaves out multiplications by 1; by nothing else.
    network = RNN([[1.1, -1.4], [1.4, 0.6]], [[1.0], [0.0]], [0.2, -0.1], decay, "tanh", rate)
    h, x = points(network, 1)
    by_hand = h + 0.1 * velocity(network, h, x)
    np.testing.assert_allclose(Discretise(0.1)(network).step(h, x), by_hand, atol=16 * EPS)
    mixed = RNN(network.w, network.omega, network.b, [1.0, decay], "tanh", [rate, 1.0])
    by_hand = h + 0.1 * velocity(mixed, h, x)
    np.testing.assert_allclose(Discretise(0.1)(mixed).step(h, x), by_hand, atol=16 * EPS)


def _gauss2(f: Field, h: Any, d: float, x: Any) -> Any:
    """Collocate at the roots of the Legendre polynomial on [0, 1]; u' is linear, u(0) = h."""
    nodes = np.roots([6.0, -6.0, 1.0])[::-1]
    lagrange = [np.poly1d([1.0, -nodes[1]]), np.poly1d([1.0, -nodes[0]])]
    lagrange = [p / p(c) for p, c in zip(lagrange, nodes, strict=True)]
    integrals = [p.integ() for p in lagrange]
    k = [np.zeros_like(h), np.zeros_like(h)]
    for _ in range(60):  # Picard: each round halves the error, since d * lipschitz <= 1/2
        at = [h + d * sum(p(c) * k[j] for j, p in enumerate(integrals)) for c in nodes]
        k = [f(at[i], x(nodes[i])) for i in range(2)]
    return h + d * sum(p(1.0) * k[j] for j, p in enumerate(integrals))


# A step of an implicit method is what makes these vanish.
DEFECT: dict[str, Callable[..., Any]] = {
    "backward_euler": lambda f, h, p, d, x: p - h - d * f(p, x(1)),
    "trapezoid": lambda f, h, p, d, x: p - h - d / 2 * (f(h, x(0)) + f(p, x(1))),
    "implicit_midpoint": lambda f, h, p, d, x: p - h - d * f((h + p) / 2, x(1 / 2)),
    "gauss2": lambda f, h, p, d, x: p - _gauss2(f, h, d, x),
}


@pytest.mark.parametrize("name", DEFECT)
@some
@given(network=networks(), seed=seeds, share=fractions_of_stability)
def test_an_implicit_step_solves_its_equation(
    name: str, network: RNN, seed: int, share: float
) -> None:
    h, x = points(network, seed)
    delta = share / lipschitz(network)
    found = Discretise(delta, name)(network).step(h, moving(x))
    defect = DEFECT[name](lambda g, y: velocity(network, g, y), h, found, delta, moving(x))
    bound = rounding(network, h, found, 2 * x)
    assert np.max(np.abs(defect)) <= bound
    euler = h + delta * velocity(network, h, moving(x)(0.0))
    if share > 0.2 and np.max(np.abs(euler - h)) > 0.05:  # the control: the explicit step is none
        wrong = DEFECT[name](lambda g, y: velocity(network, g, y), h, euler, delta, moving(x))
        assert np.max(np.abs(wrong)) > bound


def test_every_scheme_of_the_contract_has_an_independent_formula_here() -> None:
    contract = {*TEXTBOOK, *DEFECT, "exponential_euler", "zoh"}
    assert contract <= set(METHODS)
    for name in METHODS:
        assert SCHEMES[name].name == name and scheme(name) is SCHEMES[name]


@some
@given(network=networks(), seed=seeds, share=st.floats(0.02, 5.0))
def test_exponential_euler_is_variation_of_constants_with_sigma_frozen(
    network: RNN, seed: int, share: float
) -> None:
    h, x = points(network, seed)
    delta = share / lipschitz(network)
    drive = velocity(network, h, x) + network.rate * network.decay * h  # rate sigma(phi)
    decay = network.rate * network.decay * np.ones(network.n_units)
    weight = np.array(
        [np.sum(np.exp(-s * np.linspace(0, delta, 3))[[0, 1, 1, 1, 1, 2]]) for s in decay]
    )
    weight *= delta / 6  # Simpson's rule for the integral of exp(-s u) over the step
    by_hand = np.exp(-decay * delta) * h + weight * drive
    found = Discretise(delta, "exponential_euler")(network).step(h, x)
    # Simpson: |delta (s delta)^4 / 2880| each.
    simpson = delta * np.max((decay * delta) ** 4) / 2880 * np.max(np.abs(drive))
    assert np.max(np.abs(found - by_hand)) <= rounding(network, h, found, x) + simpson
    # By the closed form too, which Simpson's bound does not blur.
    closed = np.exp(-decay * delta) * h + (1 - np.exp(-decay * delta)) / decay * drive
    assert np.max(np.abs(found - closed)) <= rounding(network, h, found, x) / min(
        1.0, np.min(decay * delta)
    )


def test_exponential_euler_with_nothing_to_solve_is_euler() -> None:
    still = LinearSystem([[-1.0, 0.5], [0.0, -2.0]], None, [1.0, 1.0], split=[0.0, -2.0])
    h = np.array([0.3, 0.7])
    with np.errstate(all="raise"):  # (e^z - 1)/z is 1 at z = 0, and nothing is divided by it
        found = Discretise(0.25, "exponential_euler")(still).step(h)
    assert found[0] == pytest.approx((h + 0.25 * still.velocity(h))[0], abs=2 * EPS)
    # Unit 1 hears nobody, so freezing "the rest" freezes nothing and the step is exact.
    exact = 0.5 + (0.7 - 0.5) * np.exp(-0.5)
    assert found[1] == pytest.approx(exact, abs=4 * EPS)


def test_any_flow_that_names_its_split_is_stepped_like_the_network() -> None:
    network = RNN.random(3, 2, rng=np.random.default_rng(2), decay=[0.5, 1.0, 4.0], rate=2.0)
    general = Flow(network.velocity, 3, 2, split=network.split)
    (h, x), method = points(network, 1), Discretise(0.4, "exponential_euler")
    whole = method(general).step(h, x)
    np.testing.assert_allclose(whole, method(network).step(h, x), rtol=0, atol=16 * EPS)
    # R scales the split with the field, and L about a point keeps it.
    fast, aligned = Rescale(8.0)(general), Discretise(0.05, "exponential_euler")
    np.testing.assert_array_equal(fast.split, 8.0 * network.split)
    np.testing.assert_array_equal(aligned(fast).step(h, x), whole)
    np.testing.assert_array_equal(Linearise(about=(h, x))(general).split, network.split)
    # Another split is another method: half delta^2 (d - d') F to leading order.
    other = Flow(network.velocity, 3, 2, split=np.zeros(3))
    small = Discretise(1e-4, "exponential_euler")
    gap = small(general).step(h, x) - small(other).step(h, x)
    np.testing.assert_allclose(gap, 0.5e-8 * network.split * network.velocity(h, x), rtol=1e-3)


# --- against scipy --------------------------------------------------------------------------------

SIGNAL = {
    "euler": "euler",
    "backward_euler": "backward_diff",
    "trapezoid": "bilinear",
    "implicit_midpoint": "bilinear",
    "zoh": "zoh",
}


def linear(seed: int, n: int = 4, m: int = 2) -> LinearSystem:
    rng = np.random.default_rng(seed)
    A = rng.standard_normal((n, n)) / np.sqrt(n) - np.eye(n)
    return LinearSystem(A, rng.standard_normal((n, m)), rng.standard_normal(n))


@pytest.mark.parametrize("name", SIGNAL)
@pytest.mark.parametrize("delta", [1e-3, 0.1, 0.6])
def test_the_matrices_of_a_linear_system_are_those_of_cont2discrete(
    name: str, delta: float
) -> None:
    system = linear(3)
    read = Discretise(delta, name)(system).linear_map()
    # The constant is one more input, held at 1.
    into = np.column_stack([system.B, system.c])
    A, B, *_ = signal.cont2discrete(
        (system.A, into, np.eye(4), np.zeros((4, 3))), delta, method=SIGNAL[name]
    )
    assert read.delta == delta
    # ||delta A|| <= 2, so solves have condition <= 10 and expm a relative error of some eps.
    np.testing.assert_allclose(read.A, A, rtol=0, atol=200 * EPS)
    np.testing.assert_allclose(np.column_stack([read.B, read.c]), B, rtol=0, atol=200 * EPS)
    if delta == 0.6:
        other = next(n for n in SIGNAL if SIGNAL[n] != SIGNAL[name])
        wrong, *_ = signal.cont2discrete(
            (system.A, into, np.eye(4), np.zeros((4, 3))), delta, method=SIGNAL[other]
        )
        assert np.max(np.abs(read.A - wrong)) > 0.01


@some
@given(seed=seeds, delta=st.floats(0.01, 3.0))
def test_zoh_is_the_matrix_exponential_of_the_augmented_system(seed: int, delta: float) -> None:
    system = linear(seed, n=3, m=1)
    block = np.zeros((5, 5))
    block[:3, :3], block[:3, 3:4], block[:3, 4] = system.A, system.B, system.c
    exact = linalg.expm(delta * block)
    h, x = points(system, seed)
    found = Discretise(delta, "zoh")(system).step(h, x)
    by_hand = exact[:3] @ np.concatenate([h, x, [1.0]])
    # expm: a few times eps times the condition of the problem, ||delta block|| times the size.
    size = np.max(np.abs(exact[:3])) * (1 + delta * np.linalg.norm(block)) * 5
    assert np.max(np.abs(found - by_hand)) <= 100 * EPS * size


def test_zoh_is_a_semigroup_and_euler_is_not() -> None:
    system = linear(7)
    h, x = points(system, 8)
    gaps = {}
    for name in ("zoh", "euler"):
        half, whole = (Discretise(d, name)(system) for d in (0.1, 0.2))
        gaps[name] = np.max(np.abs(half.step(half.step(h, x), x) - whole.step(h, x)))
    assert gaps["zoh"] <= 100 * EPS * np.max(np.abs(h) + 1)
    predicted = 0.1**2 * system.A @ system.velocity(h, x)
    assert gaps["euler"] == pytest.approx(np.max(np.abs(predicted)), rel=1e-12)


# --- orders ---------------------------------------------------------------------------------------


def _conditions(a: Any, b: Any, c: Any) -> dict[int, list[float]]:
    """Return the defects of the eight conditions up to order 4 (one for each rooted tree)."""
    return {
        1: [np.sum(b) - 1],
        2: [b @ c - 1 / 2],
        3: [b @ c**2 - 1 / 3, b @ a @ c - 1 / 6],
        4: [
            b @ c**3 - 1 / 4,
            b @ (c * (a @ c)) - 1 / 8,
            b @ a @ c**2 - 1 / 12,
            b @ a @ a @ c - 1 / 24,
        ],
    }


@pytest.mark.parametrize("name", RUNGE_KUTTA)
def test_the_tableau_satisfies_the_conditions_of_its_order_and_not_of_the_next(name: str) -> None:
    method = SCHEMES[name]
    defects = _conditions(method.a, method.b, method.a.sum(axis=1))
    for order, values in defects.items():
        if order <= method.order:
            assert np.max(np.abs(values)) <= 8 * EPS
        if order == method.order + 1:
            assert np.max(np.abs(values)) > 1e-3
    assert method.order <= 4, "write the conditions of order 5 here"
    np.testing.assert_allclose(method.nodes, method.a.sum(axis=1), atol=EPS)


DRIVEN = RNN([[1.1, -1.4], [1.4, 0.6]], [[1.0], [0.0]], [0.2, -0.1], activation="arctan")
START, END = np.array([0.4, -0.3]), 2.0


def wave(t: float) -> Any:
    return np.array([np.sin(3.0 * t + 0.3)])


@cache
def _reference() -> Any:
    run = solve_ivp(
        lambda t, h: velocity(DRIVEN, h, wave(t)),
        (0.0, END),
        START,
        method="DOP853",
        rtol=3e-14,
        atol=1e-15,
    )
    return run.y[:, -1]


# Fine enough for the leading term of the error to rule, coarse enough to stay clear of rounding.
FIRST = {1: 64, 2: 32, 3: 32}


def errors_at_the_end(method: str | Scheme, order: int) -> tuple[Any, Any]:
    counts = FIRST.get(order, 24) * 2 ** np.arange(4)
    ends = [
        simulate(Discretise(END / n, method)(DRIVEN), START, wave, steps=int(n)).h[-1]
        for n in counts
    ]
    return END / counts, np.max(np.abs(np.array(ends) - _reference()), axis=1)


@pytest.mark.parametrize("name", GENERAL)
def test_the_order_of_convergence_on_a_driven_nonlinear_network(name: str) -> None:
    order = int(SCHEMES[name].order)
    steps, errors = errors_at_the_end(name, order)
    assert np.min(errors) > 1e-11, "too close to rounding to speak of an order"
    assert all(fine < coarse for coarse, fine in pairwise(errors))
    assert abs(slope(steps, errors) - order) <= 0.15


A_WRONG_COEFFICIENT = {
    # One entry is changed, and the nodes with it; the weights still add up to 1.
    "midpoint": ([[0, 0], [0.4, 0]], [0, 1], 1),
    "heun": ([[0, 0], [1, 0]], [0.4, 0.6], 1),
    "kutta3": ([[0, 0, 0], [0.5, 0, 0], [-1, 2, 0]], [0.2, 0.6, 0.2], 2),
    "rk4": ([[0] * 4, [0.5, 0, 0, 0], [0, 0.5, 0, 0], [0, 0, 1, 0]], [0.2, 0.3, 0.3, 0.2], 2),
    "implicit_midpoint": ([[0.4]], [1], 1),
}


@pytest.mark.parametrize("name", A_WRONG_COEFFICIENT)
def test_a_wrong_coefficient_costs_an_order(name: str) -> None:
    a, b, order = A_WRONG_COEFFICIENT[name]
    steps, errors = errors_at_the_end(RungeKutta("wrong", a, b, order=order), order)
    fitted = slope(steps, errors)
    assert fitted <= SCHEMES[name].order - 0.8
    assert abs(fitted - order) <= 0.2


@pytest.mark.parametrize("name", ["midpoint", "rk4", "gauss2"])
def test_an_input_held_over_the_step_costs_the_order(name: str) -> None:
    # MATH: stage inputs at t + c_i delta are part of the samples; held ones leave order 1.
    counts = np.array([64, 128, 256, 512])
    ends = []
    for n in counts:
        rows = np.array([wave(k * END / n) for k in range(n)])
        ends.append(simulate(Discretise(END / n, name)(DRIVEN), START, rows).h[-1])
    errors = np.max(np.abs(np.array(ends) - _reference()), axis=1)
    assert abs(slope(END / counts, errors) - 1) <= 0.15


def test_exponential_euler_has_the_error_of_order_one_with_a_stiff_decay_too() -> None:
    stiff = RNN([[1.0]], [[1.0]], [0.5], decay=1.0, rate=1000.0)
    # Euler explodes at delta * rate * decay = 50; this one stays in the box |h| <= 1 / decay.
    end = simulate(Discretise(0.05, "exponential_euler")(stiff), [0.9], steps=50).h
    assert np.max(np.abs(end)) <= 1.0
    assert np.max(np.abs(simulate(Discretise(0.05)(stiff), [0.9], steps=50).h)) > 10.0


# --- stability functions --------------------------------------------------------------------------

WITH_R = tuple(
    name
    for name, s in SCHEMES.items()
    if type(s).stability is not Scheme.stability
)  # fmt: skip
KNOWN_R: dict[str, Callable[[Any], Any]] = {
    "euler": lambda z: 1 + z,
    "midpoint": lambda z: 1 + z + z**2 / 2,
    "heun": lambda z: 1 + z + z**2 / 2,
    "kutta3": lambda z: 1 + z + z**2 / 2 + z**3 / 6,
    "rk4": lambda z: 1 + z + z**2 / 2 + z**3 / 6 + z**4 / 24,
    "backward_euler": lambda z: 1 / (1 - z),
    "trapezoid": lambda z: (1 + z / 2) / (1 - z / 2),
    "implicit_midpoint": lambda z: (1 + z / 2) / (1 - z / 2),
    "gauss2": lambda z: (1 + z / 2 + z**2 / 12) / (1 - z / 2 + z**2 / 12),
    "zoh": np.exp,
}
planes = st.complex_numbers(max_magnitude=4.0, allow_subnormal=False)


@pytest.mark.parametrize("name", [n for n in WITH_R if n in KNOWN_R])
@some
@given(z=planes)
def test_the_stability_function_is_the_textbooks(name: str, z: complex) -> None:
    exact = KNOWN_R[name](z)
    if abs(exact) > 100:  # next to a pole no digits are left
        return
    assert abs(complex(SCHEMES[name].stability(z)) - exact) <= 500 * EPS * max(1.0, abs(exact)) ** 2


@pytest.mark.parametrize("name", WITH_R)
@some
@given(mu=planes, delta=st.floats(0.05, 1.0))
def test_the_maps_own_matrix_is_the_stability_function(
    name: str, mu: complex, delta: float
) -> None:
    # h' = mu h on the plane, written with real numbers; R(delta mu) acts as a rotation-dilation.
    if abs(delta * mu) > 0.9:
        mu *= 0.9 / abs(delta * mu)
    a, b = mu.real, mu.imag
    matrix = Discretise(delta, name)(LinearSystem([[a, -b], [b, a]])).linear_map().A
    R = complex(SCHEMES[name].stability(delta * mu))
    expected = np.array([[R.real, -R.imag], [R.imag, R.real]])
    # All poles lie at |z| >= 1, those of backward Euler; |1 - z| >= 0.1 costs a factor of 100.
    assert np.max(np.abs(matrix - expected)) <= 100 * 32 * EPS * max(1.0, abs(R))


@pytest.mark.parametrize("name", WITH_R)
def test_the_stability_function_agrees_with_exp_to_the_order(name: str) -> None:
    method = SCHEMES[name]
    z = np.array([0.2, 0.1, 0.05, 0.025]) * np.exp(0.7j)
    errors = np.abs(method.stability(z) - np.exp(z))
    if method.order == np.inf:
        assert np.max(errors) == 0.0
    else:
        # A product of four of these errors is 1e-10: far from rounding.
        assert abs(slope(np.abs(z), errors) - (method.order + 1)) <= 0.15


@pytest.mark.parametrize("name", WITH_R)
@some
@given(z=planes)
def test_preimages_solve_r_of_z_and_hold_the_one_that_was_started_from(
    name: str, z: complex
) -> None:
    method = SCHEMES[name]
    rho = complex(method.stability(z))
    if not 1e-3 < abs(rho) < 1e3:
        return
    found = method.preimages(rho)
    back = method.stability(found)
    # Roots of a polynomial of degree s: a double root keeps half of the digits.
    assert np.max(np.abs(back - rho)) <= 1e-9 * max(1.0, abs(rho)) ** 2
    assert np.min(np.abs(found - z)) <= 2e-4 * max(1.0, abs(z))
    assert np.all(np.diff(np.abs(found)) >= -1e-9)


def test_how_many_preimages_there_are_and_which() -> None:
    counts = {
        "euler": 1, "midpoint": 2, "heun": 2, "kutta3": 3, "rk4": 4,
        "backward_euler": 1, "trapezoid": 1, "implicit_midpoint": 1, "gauss2": 2,
    }  # fmt: skip
    for name, count in counts.items():
        assert len(SCHEMES[name].preimages(0.3 + 0.2j)) == count, name
    # MATH theorem 6: R(-1/2) = R(-3/2) = 0.625 for every two-stage explicit method of order 2.
    np.testing.assert_allclose(SCHEMES["heun"].preimages(0.625), [-0.5, -1.5], atol=1e-12)
    # Gauss: a real pair with z1 z2 = 12 has one image.
    pair = SCHEMES["gauss2"].preimages(complex(SCHEMES["gauss2"].stability(-3.0)))
    assert np.prod(pair) == pytest.approx(12.0, rel=1e-9)
    # RK4 at delta = 1 makes the same map of h' = -h and of h' = -2.107 h.
    rho = complex(SCHEMES["rk4"].stability(-1.0))
    assert rho == pytest.approx(0.375, abs=4 * EPS)
    second = SCHEMES["rk4"].preimages(rho)
    assert second[0] == pytest.approx(-1.0, abs=1e-9)
    assert np.min(np.abs(second + 2.1071)) < 1e-4
    # The exponential: rho and rho exp(2 pi i) are the same number.
    logs = SCHEMES["zoh"].preimages(np.exp(0.3j))
    turns = 2 * np.pi * np.array([0, -1, 1])
    np.testing.assert_allclose(logs, 1j * (0.3 + turns), atol=1e-14)


def test_values_that_no_step_takes_have_no_preimage() -> None:
    assert len(SCHEMES["backward_euler"].preimages(0.0)) == 0
    assert len(SCHEMES["trapezoid"].preimages(-1.0)) == 0
    with pytest.raises(ValueError, match="rho = 0 has no logarithm"):
        SCHEMES["zoh"].preimages(0.0)


@pytest.mark.parametrize("rho", [0.0, 1e6, -2.0 + 1.0j])
def test_a_method_of_rank_one_has_one_preimage(rho: complex) -> None:
    # a = c b^T: det(I - z a) = 1 - z b.c, whose higher coefficients are nothing but rounding.
    c, b = np.array([0.1, 0.3, 0.7]), np.array([0.2, 0.3, 0.5])
    found = RungeKutta("rank one", np.outer(c, b), b, order=1).preimages(rho)
    np.testing.assert_allclose(found, [(rho - 1) / (1 + b @ c * (rho - 1))], rtol=1e-9)


def test_exponential_euler_has_no_stability_function_of_delta_mu() -> None:
    for question in (
        SCHEMES["exponential_euler"].stability,
        SCHEMES["exponential_euler"].preimages,
    ):
        with pytest.raises(ValueError, match="exponential_euler has no stability function"):
            question(-1.0)


def test_a_method_that_disagrees_with_its_stability_function_is_noticed() -> None:
    # kutta3 and rk4 differ by z^4 / 24; the bound of the test above is 1e-12.
    matrix = Discretise(1.0, "kutta3")(LinearSystem([[-0.5]])).linear_map().A[0, 0]
    assert abs(matrix - SCHEMES["rk4"].stability(-0.5)) == pytest.approx(0.5**4 / 24, rel=1e-9)


# --- what all schemes share -----------------------------------------------------------------------


@pytest.mark.parametrize("name", METHODS)
def test_batches_and_complex_states_are_stepped_as_one_by_one(name: str) -> None:
    network = RNN.random(3, 2, rng=np.random.default_rng(4))
    system = Discretise(0.2, name)(suited(name, network))
    h, x = points(system, 1, (2, 4))
    turned = h + 0.3j * points(system, 2, (2, 4))[0]
    for state in (h, turned):
        together = system.step(state, x)
        assert together.shape == (2, 4, 3) and together.dtype == state.dtype
        for index in np.ndindex(2, 4):
            alone = system.step(state[index], x[index])
            np.testing.assert_allclose(together[index], alone, rtol=0, atol=500 * EPS)
    # Neither of them may have been written to.
    np.testing.assert_array_equal(h, points(system, 1, (2, 4))[0])


@pytest.mark.parametrize("name", METHODS)
def test_inputs_broadcast_against_states(name: str) -> None:
    network = RNN.random(3, 2, rng=np.random.default_rng(4))
    system = Discretise(0.2, name)(suited(name, network))
    h, x = points(system, 1, (4, 1))[0], points(system, 2, (5,))[1]
    together = system.step(h, x)
    assert together.shape == (4, 5, 3)
    for i, j in np.ndindex(4, 5):
        alone = system.step(h[i, 0], x[j])
        np.testing.assert_allclose(together[i, j], alone, rtol=0, atol=500 * EPS)
    np.testing.assert_array_equal(system.step(h), system.step(h, np.zeros(2)))


@pytest.mark.parametrize("name", METHODS)
@some
@given(network=networks(activations=("tanh", "arctan")), seed=seeds)
def test_the_map_and_its_complex_step_jacobians(name: str, network: RNN, seed: int) -> None:
    flow = suited(name, network)
    system = Discretise(0.4 / lipschitz(network), name)(flow)
    h, x = points(system, seed)
    for found, function, at in (
        (system.jacobian(h, x), lambda p: system.step(p, x), h),
        (system.input_jacobian(h, x), lambda p: system.step(h, p), x),
    ):
        size = max(1.0, np.max(np.abs(network.omega), initial=0.0))
        assert np.max(np.abs(found - complex_step(function, at)), initial=0) <= rounding(flow, size)
        width = 1e-5
        difference = np.reshape(
            [(function(at + e) - function(at - e)) / (2 * width) for e in width * np.eye(len(at))],
            (len(at), flow.n_units),
        ).T
        # The step's third derivative is below 10 |w, omega|^3 here; rounding is |h| eps / width.
        cubed = max(1.0, np.max(np.abs(network.w)), np.max(np.abs(network.omega), initial=0.0)) ** 3
        assert np.max(np.abs(found - difference), initial=0.0) <= 1e-9 * cubed + 1e5 * rounding(
            flow, h, x
        )


@pytest.mark.parametrize("name", METHODS)
def test_an_equilibrium_of_the_flow_is_a_fixed_point_of_the_map(name: str) -> None:
    # MATH 2.2: F(h*) = 0 makes every stage stand still.
    A = np.array([[-1.0, 2.0], [-2.0, -0.5]])
    rest = np.array([0.3, -0.7])
    flow: Flow = LinearSystem(A, None, -A @ rest, split=[-1.0, -0.5])
    assert np.max(np.abs(Discretise(0.5, name)(flow).step(rest) - rest)) <= 32 * EPS


def test_midpoint_has_a_fixed_point_that_the_flow_has_not_and_euler_has_none() -> None:
    # h' = -h + tanh 2h at delta = 3: the stage h - 3/2 (h - tanh 2h) is an equilibrium's mirror.
    network = RNN([[2.0]], [[0.0]])
    system = Discretise(3.0, "midpoint")(network)
    h = np.array([3.0])
    for _ in range(50):  # Newton on Phi(h) - h, by the map's own slope
        h = h - (system.step(h) - h) / (system.jacobian(h)[0] - 1.0)
    assert abs(h[0] - 3.0) < 0.01
    assert abs(system.step(h)[0] - h[0]) < 1e-13
    assert network.velocity(h)[0] == pytest.approx(-2.0, abs=0.01)
    euler = Discretise(3.0, "euler")(network)
    assert abs(euler.step(h)[0] - h[0]) == pytest.approx(6.0, abs=0.03)


@pytest.mark.parametrize("name", METHODS)
def test_the_nodes_are_where_the_input_is_read(name: str) -> None:
    network = RNN.random(3, 2, rng=np.random.default_rng(4))
    system = Discretise(0.2, name)(suited(name, network))
    read: list[float] = []

    def watched(fraction: float) -> Any:
        read.append(fraction)
        return np.zeros(2)

    system.step(np.zeros(3), watched)
    assert sorted(read) == sorted(SCHEMES[name].nodes)
    assert all(0.0 <= c <= 1.0 for c in read)


@pytest.mark.parametrize("name", EXPLICIT)
def test_a_step_reads_the_field_through_delta_times_field_alone(name: str) -> None:
    # Powers of two are exact: (delta / 8) (8 F) is delta F in every bit.
    network = RNN.random(4, 1, rng=np.random.default_rng(9), rate=0.7)
    fast = RNN(network.w, network.omega, network.b, network.decay, "tanh", 8 * network.rate)
    h, x = points(network, 3)
    one, other = Discretise(0.3, name)(network), Discretise(0.3 / 8, name)(fast)
    np.testing.assert_array_equal(one.step(h, moving(x)), other.step(h, moving(x)))
    assert not np.array_equal(
        one.step(h, moving(x)), Discretise(0.3, name)(fast).step(h, moving(x))
    )


# --- what cannot be done --------------------------------------------------------------------------


def test_the_methods_for_some_flows_only_say_so() -> None:
    bare = Flow(lambda h, x: -h, 1, 0)
    for system in (bare, LinearSystem([[-1.0]])):
        with pytest.raises(ValueError, match="exponential_euler needs the diagonal part"):
            Discretise(0.1, "exponential_euler")(system)
    for nonlinear in (bare, RNN([[0.5]], [[1.0]])):
        with pytest.raises(ValueError, match=r"zoh solves linear flows only.*linearise"):
            Discretise(0.1, "zoh")(nonlinear)
    assert ExponentialEuler().order == 1


def test_a_stage_equation_without_a_solution_says_take_a_smaller_step() -> None:
    with pytest.raises(ValueError, match=r"delta = 1\.0.*smaller delta"):
        Discretise(1.0, "backward_euler")(LinearSystem([[1.0]])).step([1.0])
    # h+ = h + delta (h+^2 + 1) has no real solution for delta = 1, h = 0.
    with pytest.raises(RuntimeError, match=r"delta = 1\.0.*smaller delta"):
        Discretise(1.0, "backward_euler")(Flow(lambda h, x: h**2 + 1, 1, 0)).step([0.0])


def test_backward_euler_has_no_derivative_where_its_matrix_is_singular() -> None:
    # MATH 0.2: h' = -h + tanh 2h at h* = 0 and delta = 1: h+ ~ (3 h / 8)^(1/3).
    system = Discretise(1.0, "backward_euler")(RNN([[2.0]], [[0.0]]))
    steps = np.array([1e-3, 1e-4, 1e-5, 1e-6])
    reached = np.array([system.step([s])[0] for s in steps])
    np.testing.assert_allclose(reached, (3 * steps / 8) ** (1 / 3), rtol=0.02)
    assert abs(slope(steps, reached) - 1 / 3) < 0.01


def test_only_a_linear_flow_has_a_linear_map() -> None:
    with pytest.raises(ValueError, match=r"the flow is a RNN.*Linearise"):
        Discretise(0.1)(RNN([[0.5]], [[1.0]])).linear_map()


def test_a_general_flow_takes_complex_points_under_an_implicit_method() -> None:
    forced = Flow(lambda h, x: x * h, 1, 1)
    for h in (1.0, 1.0 + 0.0j, 1.0 + 0.5j):
        for x in (-2.0, 1j, 3j, -3 + 3j):
            found = Discretise(1.0, "backward_euler")(forced).step([h], [x])
            np.testing.assert_allclose(found, [h / (1.0 - x)], rtol=1e-12)


def test_an_implicit_method_may_decay_below_the_smallest_number() -> None:
    unit = RNN([[-2.2]], [[0.0]])
    run = simulate(Discretise(0.7, "backward_euler")(unit), [0.5], steps=700)
    assert abs(run.h[-1, 0]) < 1e-300


def test_a_stage_whose_row_is_zero_asks_at_the_start_again() -> None:
    twice = RungeKutta("twice", [[0, 0], [0, 0]], [0.5, 0.5], order=1)
    unit = RNN([[1.3]], [[0.5]], [0.2])
    euler = Discretise(0.3)(unit).step([0.7], [1.0])
    np.testing.assert_allclose(Discretise(0.3, twice)(unit).step([0.7], [1.0]), euler, rtol=1e-15)


def test_a_map_has_no_slope_where_a_stage_of_it_sits_on_a_kink() -> None:
    corner = RNN([[0.5]], [[1.0]], activation="relu")
    for name, x in (
        ("euler", [0.0]),
        ("euler", lambda fraction: np.array([fraction])),
        ("heun", [0.0]),
        ("heun", lambda fraction: np.array([fraction])),
        ("exponential_euler", [0.0]),
        ("implicit_midpoint", [0.0]),
    ):
        with pytest.raises(ValueError, match=r"relu has no slope at phi = 0\.0"):
            Discretise(0.1, name)(corner).jacobian([0.0], x)


def test_a_kink_is_seen_in_the_last_stage_too() -> None:
    corner = RNN([[0.5]], [[1.0]], activation="relu")

    def to_the_kink(fraction: float) -> Any:
        # The second stage of Heun sits at 0 + 0.1 F = 0.1, where this input undoes 0.5 h.
        return np.array([1.0 if fraction == 0.0 else -0.05])

    assert Discretise(0.1)(corner).jacobian([0.0], to_the_kink).shape == (1, 1)
    with pytest.raises(ValueError, match=r"relu has no slope"):
        Discretise(0.1, "heun")(corner).jacobian([0.0], to_the_kink)


def test_a_kink_is_met_through_any_system_that_wraps_the_network() -> None:
    corner = RNN([[0.5]], [[1.0]], activation="relu")
    flow = Flow(corner.velocity, 1, 1)
    step = Map(Discretise(0.1)(corner).step, 0.1, 1, 1)
    for system in (flow, step, Rescale(2.0)(flow), Rescale(2.0)(step), Discretise(0.1)(flow)):
        assert Linearise(about=([0.5], None))(system).A.shape == (1, 1)
        with pytest.raises(ValueError, match=r"relu has no slope"):
            Linearise(about=([0.0], None))(system)


@pytest.mark.parametrize("name", ["backward_euler", "trapezoid", "implicit_midpoint", "gauss2"])
def test_implicit_steps_are_as_exact_for_tiny_states(name: str) -> None:
    """Newton's tolerance is relative: a field in other units steps to the same digits."""
    unit = 2.0**-80
    large = Flow(lambda h, x: np.tanh(3.0 * h[..., ::-1]) - h, 2, 0)
    tiny = Flow(lambda h, x: unit * large.velocity(h / unit), 2, 0)
    h = np.array([0.4, -0.3])
    one, other = (Discretise(0.2, name)(flow) for flow in (large, tiny))
    np.testing.assert_allclose(other.step(unit * h) / unit, one.step(h), rtol=1e-13)


def test_newton_solves_imaginary_states_as_well_as_real_ones() -> None:
    # On the imaginary axis tanh(iy) = i tan(y): the real part of an update is zero from the first.
    unit = RNN([[0.9]], [[0.0]])
    after = Discretise(0.5, "backward_euler")(unit).step([0.8j], [0.0])
    np.testing.assert_allclose(after, [0.8j] + 0.5 * unit.velocity(after), rtol=1e-14)


def test_schemes_with_one_node_read_the_input_at_the_start_of_the_step() -> None:
    network, h = RNN([[0.4]], [[1.0]], b=[0.1]), [0.2]

    def later(fraction: float) -> Any:
        return np.array([0.7 + fraction])

    for flow, name in ((network, "exponential_euler"), (Linearise()(network), "zoh")):
        made = Discretise(0.3, name)(flow)
        np.testing.assert_array_equal(made.step(h, later), made.step(h, [0.7]))
        assert made.step(h, later) != made.step(h, [1.7])
