"""Forecasts compared: exponents of maps that have closed forms, times that are counted by hand."""

from __future__ import annotations

import numpy as np
import pytest

from helpers.analysis.prediction import lyapunov, valid_time
from helpers.dynamics.linear import LinearSystem
from helpers.dynamics.procedures import Discretise, Rescale
from helpers.dynamics.recurrent import RNN
from helpers.dynamics.systems import Map
from tests.helpers.refusals import refuses

HENON = Map(
    lambda h, x: np.stack([1 - 1.4 * h[..., 0] ** 2 + h[..., 1], 0.3 * h[..., 0]], -1), 0.5, 2, 0
)


def test_exponents_of_a_linear_map_are_the_logarithms_of_its_eigenvalues() -> None:
    flow = LinearSystem([[-1.0, 5.0], [0.0, -3.0]])
    found = lyapunov(Discretise(0.1, "rk4")(flow), [1.0, 1.0], 2, steps=2000)
    np.testing.assert_allclose(found, [-1.0, -3.0], atol=0.02)


def test_the_sum_of_all_exponents_is_the_mean_rate_of_volume() -> None:
    exponents = lyapunov(HENON, [0.1, 0.1], 2, steps=3000, settle=100)
    assert np.sum(exponents) * 0.5 == pytest.approx(np.log(0.3), abs=1e-12)
    assert exponents[0] * 0.5 == pytest.approx(0.419, abs=0.02)  # Henon's, per step


def test_rescaling_multiplies_an_exponent_and_keeps_it_a_step() -> None:
    network = RNN.random(8, 0, gain=2.0, rng=np.random.default_rng(1))
    maps = [Discretise(0.1 / tau)(Rescale(tau)(network)) for tau in (1.0, 4.0)]
    one, other = (lyapunov(each, np.full(8, 0.1), 3, steps=50) for each in maps)
    np.testing.assert_allclose(other, 4.0 * one, rtol=1e-12)


def test_valid_time_counts_samples_for_each_film() -> None:
    truth = np.zeros((6, 2, 2))
    film = truth.copy()
    film[3:, 0, 0] = 0.8  # 0.8 on one axis of two is 0.57 in the mean square
    np.testing.assert_allclose(valid_time(truth, film, 0.5), [1.5, 3.0])
    np.testing.assert_allclose(valid_time(truth, film, 0.5, threshold=0.6), [3.0, 3.0])


def test_wrong_uses_are_refused() -> None:
    refuses(lambda: valid_time(np.zeros((3, 1)), np.zeros((4, 1)), 0.1), "(4, 1)", "(T, ..., M)")
    refuses(lambda: valid_time([[0.0]], [[np.nan]], 0.1), "nan", "finite number")
    refuses(lambda: valid_time([[0.0]], [[0.0]], 0.1, threshold=0.0), "threshold", "greater than 0")
    flow = LinearSystem([[-1.0]])
    refuses(lambda: lyapunov(flow, [1.0], steps=1), "LinearSystem", "Discretise")  # type: ignore[arg-type]
    refuses(lambda: lyapunov(HENON, [0.0, 0.0], 3, steps=1), "k = 3", "2 units")
