"""A bias inside sigma(v + s): the activation form seen from v, and every procedure of it."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from helpers import ActivationRNN, Discretise, Linearise, Rescale, gap, simulate
from helpers.dynamics.differentiation import complex_step_jacobian
from helpers.networks.inside import BiasedInside
from helpers.networks.network import Network
from tests.helpers.theory import some


def drawn(seed: int, sigma: str = "tanh", n: int = 4) -> tuple[BiasedInside, ActivationRNN, Any]:
    """Return a network, the plain one whose state is v + s, and s."""
    rng = np.random.default_rng(seed)
    s, decay, rate = rng.standard_normal(n), rng.uniform(0.5, 2.0, n), rng.uniform(0.5, 2.0, n)
    w, omega, b = rng.standard_normal((n, n)), rng.standard_normal((n, 2)), rng.standard_normal(n)
    inside = BiasedInside(w, omega, b, decay, sigma, rate, inside=s)
    return inside, ActivationRNN(w, omega, b + decay * s, decay, sigma, rate), s


SEEDS = st.integers(0, 2**32 - 1)
SIGMAS = st.sampled_from(("tanh", "softplus", "logistic", "softsign"))


@some
@given(seed=SEEDS, sigma=SIGMAS)
def test_it_is_the_plain_form_moved_by_s(seed: int, sigma: str) -> None:
    inside, plain, s = drawn(seed, sigma)
    rng = np.random.default_rng(seed)
    v, x = rng.standard_normal((3, 4)), rng.standard_normal((3, 2))
    by_hand = inside.activation(v + s) @ inside.w.T + inside.b + x @ inside.omega.T
    by_hand = inside.rate * (by_hand - inside.decay * v)
    np.testing.assert_allclose(inside.velocity(v, x), by_hand, rtol=1e-12, atol=1e-12)
    np.testing.assert_allclose(inside.velocity(v, x), plain.velocity(v + s, x), atol=1e-12)
    np.testing.assert_allclose(inside.preactivation(v, x), v + s, atol=1e-15)
    numeric = complex_step_jacobian(lambda at: inside.velocity(at, x[:, None]), v)
    np.testing.assert_allclose(inside.jacobian(v, x), numeric, rtol=1e-12, atol=1e-12)
    np.testing.assert_array_equal(inside.input_jacobian(v, x), plain.input_jacobian(v, x))


@some
@given(seed=SEEDS, method=st.sampled_from(("euler", "rk4", "trapezoid", "exponential_euler")))
def test_every_scheme_makes_the_same_step_of_both(seed: int, method: str) -> None:
    inside, plain, s = drawn(seed)
    one, other = (Discretise(0.1, method)(system) for system in (inside, plain))
    v, x = np.random.default_rng(seed).standard_normal((3, 4)), np.array([0.3, -1.0])
    np.testing.assert_allclose(one.step(v, x), other.step(v + s, x) - s, rtol=0, atol=1e-11)
    np.testing.assert_allclose(one.jacobian(v, x), other.jacobian(v + s, x), rtol=0, atol=1e-10)
    rows = simulate(one, v[0], np.tile(x, (20, 1))).h
    twin = simulate(other, v[0] + s, np.tile(x, (20, 1))).h
    np.testing.assert_allclose(rows, twin - s, rtol=0, atol=1e-9)


@some
@given(seed=SEEDS)
def test_the_procedures_keep_it(seed: int) -> None:
    inside, plain, s = drawn(seed)
    fast = Rescale(2.0)(inside)
    v = np.random.default_rng(seed).standard_normal(4)
    np.testing.assert_allclose(fast.velocity(v), 2.0 * inside.velocity(v), rtol=1e-14, atol=1e-14)
    # sigma(v + s) becomes v + s: the linear system moved by s, not the one without it.
    one, other = Linearise()(inside), Linearise()(plain)
    np.testing.assert_allclose(one.velocity(v), other.velocity(v + s), rtol=1e-12, atol=1e-12)
    routes = [(Linearise() @ Discretise(0.1))(inside), (Discretise(0.1) @ Linearise())(inside)]
    assert gap(*routes) < 1e-13
    taylor = Linearise(about=(v, None))(inside)
    np.testing.assert_allclose(taylor.A, inside.jacobian(v), atol=1e-14)


def test_the_corner_is_where_v_plus_s_is_zero() -> None:
    inside = BiasedInside([[1.0]], [[1.0]], activation="relu", inside=[0.5])
    assert inside.jacobian([0.0]) == 0.0 and inside.jacobian([-1.0]) == -1.0
    with pytest.raises(ValueError, match="no slope"):
        inside.jacobian([-0.5])
    with pytest.raises(ValueError, match=r"inside has shape \(2,\)"):
        BiasedInside([[1.0]], [[1.0]], inside=[0.5, 0.5])


def test_a_network_with_a_bias_inside_reads_its_state_without_it() -> None:
    network = Network(
        [[2.0]], [[1.0]], activation="relu", form="activation", delta=0.1, inside=[0.5],
        readout=[[3.0]], start=[1.0],
    )  # fmt: skip
    assert isinstance(network.flow, BiasedInside)
    np.testing.assert_allclose(network.map.step(network.start, [0.0]), [0.9 + 0.1 * 2.0 * 1.5])
    np.testing.assert_array_equal(network.output(network.start), [3.0])
    with pytest.raises(ValueError, match="give it as b"):
        Network([[2.0]], [[1.0]], inside=[0.5])
    with pytest.raises(ValueError, match="form = 'current'"):
        Network([[2.0]], [[1.0]], form="current")
