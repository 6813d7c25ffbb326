"""Networks that continue a series: the loop closed by hand, the fit by least squares."""

from __future__ import annotations

import numpy as np
import pytest

from helpers.dynamics.procedures import Discretise
from helpers.dynamics.recurrent import RNN
from helpers.dynamics.simulation import simulate
from helpers.training.reservoir import closed_loop_network, from_field, reservoir, ridge
from tests.helpers.refusals import refuses

RNG = np.random.default_rng
T = 0.1 * np.arange(200)
SPIRAL = np.column_stack([np.cos(T), 0.5 * np.sin(T) + 0.2]) * np.exp(-0.01 * T)[:, None]


def units(rate: float = 5.0, n_inputs: int = 2, n_units: int = 30) -> RNN:
    return reservoir(n_units, n_inputs, rng=RNG(3), radius=0.0, rate=rate)


def test_the_leaky_reservoir_of_the_literature_is_the_euler_map() -> None:
    network = reservoir(20, 2, rng=RNG(0), radius=0.8, rate=2.0)
    x, r = RNG(1).standard_normal((15, 2)), np.zeros(20)
    film = simulate(Discretise(0.1)(network), r, x).h
    for k in range(15):  # alpha = delta times rate
        r = 0.8 * r + 0.2 * np.tanh(network.w @ r + network.omega @ x[k] + network.b)
        np.testing.assert_allclose(film[k + 1], r, atol=1e-14)


@pytest.mark.parametrize("radius", [0.3, 1.2])
def test_a_reservoir_has_the_radius_and_the_rows_that_were_asked_for(radius: float) -> None:
    network = reservoir(40, 3, rng=RNG(2), radius=radius, per_row=7, input_scale=0.2)
    assert np.max(np.abs(np.linalg.eigvals(network.w))) == pytest.approx(radius)
    assert set(np.count_nonzero(network.w, axis=1)) == {7}
    assert 0.15 < np.max(np.abs(network.omega)) <= 0.2


def test_ridge_is_least_squares_with_the_penalty_as_rows() -> None:
    x, y = RNG(4).standard_normal((50, 6)) + 1.0, RNG(5).standard_normal((50, 2))
    root = np.sqrt(50 * 0.3)  # a sum in these rows, a mean in ridge
    rows = np.vstack([np.c_[x, np.ones(50)], np.c_[root * np.eye(6), np.zeros(6)]])
    wanted = np.linalg.lstsq(rows, np.vstack([y, np.zeros((6, 2))]), rcond=None)[0]
    readout, level = ridge(x, y, penalty=0.3)
    np.testing.assert_allclose(np.c_[readout, level], wanted.T, atol=1e-12)


def test_a_closed_loop_is_the_open_one_that_hears_its_own_read_out() -> None:
    network, C, c = reservoir(12, 2, rng=RNG(6)), RNG(7).standard_normal((2, 12)), [0.4, -0.7]
    h = RNG(8).standard_normal(12)
    closed = closed_loop_network(network, C, c)
    np.testing.assert_allclose(closed.velocity(h), network.velocity(h, C @ h + c), atol=1e-13)
    assert closed.n_inputs == 0


def test_the_read_out_of_a_fitted_network_moves_by_itself() -> None:
    found = from_field(SPIRAL, 0.1, network=units())
    drawn = units()
    h = found.state(SPIRAL[5]) + np.linalg.svd(found.readout)[2][5]  # nothing of it is read
    y = found.output(h)
    typed = np.tanh(drawn.omega @ y + drawn.b) @ found.readout.T + found.readout_bias - y
    seen = found.readout @ found.network.velocity(h)
    np.testing.assert_allclose(seen, 5.0 * typed, atol=1e-10)


def test_next_meets_the_next_sample_and_derivative_the_velocity() -> None:
    ahead, along = (from_field(SPIRAL, 0.1, how=how, network=units(), penalty=1e-13)
                    for how in ("next", "derivative"))  # fmt: skip
    step = Discretise(0.1)(ahead.network).step(ahead.state(SPIRAL[20]))
    np.testing.assert_allclose(ahead.output(step), SPIRAL[21], atol=1e-5)
    true = (np.array([-np.sin(2.0), 0.5 * np.cos(2.0)]) * np.exp(-0.02)
            - 0.01 * SPIRAL[20])  # fmt: skip
    velocity = along.readout @ along.network.velocity(along.state(SPIRAL[20]))
    np.testing.assert_allclose(velocity, true, atol=1e-4)
    forward = ahead.readout @ ahead.network.velocity(ahead.state(SPIRAL[20]))
    assert np.max(np.abs(forward - true)) > 0.02


def test_state_and_output_are_inverse_to_each_other() -> None:
    found = from_field(SPIRAL, 0.1, network=units())
    np.testing.assert_allclose(found.output(found.state(SPIRAL)), SPIRAL, atol=1e-10)


def test_wrong_uses_are_refused() -> None:
    refuses(lambda: reservoir(5, 1, rng=RNG(0)), "per_row = 10", "5 or fewer")
    refuses(lambda: reservoir(5, 1, rng=RNG(0), radius=-1.0), "radius = -1.0", "0 or more")
    refuses(lambda: ridge([[1.0]], [[1.0]], penalty=0.0), "penalty = 0.0", "greater than 0")
    refuses(lambda: ridge([[1.0]], [[1.0], [2.0]], penalty=1.0), "(2, 1)", "shape (1, any)")
    refuses(lambda: closed_loop_network(units(), np.ones((1, 30))), "(1, 30)", "shape (2, 30)")
    refuses(lambda: from_field(SPIRAL, 0.1, how="past", network=units()), "'past'", "derivative")
    refuses(lambda: from_field(SPIRAL[:4], 0.1, network=units()), "(4, 2)", "five samples")
    hearing = reservoir(30, 2, rng=RNG(0))
    refuses(lambda: from_field(SPIRAL, 0.1, network=hearing), "w up to", "radius=0.0")
    found = from_field(SPIRAL, 0.1, network=units())
    refuses(lambda: found.state([1.0, 2.0, 3.0]), "(3,)", "last axis must have length 2")
