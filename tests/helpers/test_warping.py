"""The best warp: invariances, a known factor, agreement with a plain search, refusals."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.interpolate import CubicSpline

from helpers import RNN, Discretise, Rescale, simulate
from helpers.analysis.warping import best_warp
from tests.helpers.refusals import refuses

RNG = np.random.default_rng(0)
MIXED = RNG.standard_normal((3, 5))


def waves(t: np.ndarray) -> np.ndarray:
    return np.stack([np.sin(t), np.exp(-t), t**2 / 9], axis=-1) @ MIXED


@given(st.floats(0.6, 2.4))
def test_a_path_played_slowly_has_its_factor(factor: float) -> None:
    fast = waves(np.linspace(0, 3, 31))
    slow = waves(np.arange(100) / (10 * factor))
    warp = best_warp(fast, slow)
    assert warp.factor == pytest.approx(factor, rel=1e-4) and warp.residual < 1e-6


def test_shifts_turns_and_sizes_do_not_matter() -> None:
    fast = waves(np.linspace(0, 3, 31)) + 0.05 * RNG.standard_normal((31, 5))
    slow = waves(np.linspace(0, 5, 91))
    turn, _ = np.linalg.qr(RNG.standard_normal((5, 5)))
    known = best_warp(fast, slow)
    again = best_warp(3 * fast @ turn + 1.0, 3 * slow @ turn - 2.0)
    assert again == pytest.approx(known, rel=1e-6)


def test_it_is_the_least_of_a_plain_search() -> None:
    fast, slow = waves(np.linspace(0, 3, 31)) ** 2, waves(np.linspace(0, 5, 91))
    spline, t = CubicSpline(np.arange(91), slow, bc_type="not-a-knot"), np.arange(31)
    wanted = fast - fast.mean(axis=0)
    left = []
    for factor in np.linspace(0.5, 3.0, 4001):
        played = spline(factor * t)
        left.append(np.sum((wanted - played + played.mean(axis=0)) ** 2) / np.sum(wanted**2))
    warp = best_warp(fast, slow)
    assert warp.residual == pytest.approx(min(left), rel=1e-5)
    assert warp.factor == pytest.approx(np.linspace(0.5, 3.0, 4001)[np.argmin(left)], abs=1e-3)


def test_a_network_at_twice_the_rate_is_a_warp_of_two() -> None:
    network = RNN.random(6, 1, gain=1.5, rng=RNG)
    start = RNG.standard_normal(6)
    slow = simulate(Discretise(0.1)(network), start, steps=80).h
    fast = simulate(Discretise(0.05)(Rescale(2.0)(network)), start, steps=80).h
    warp = best_warp(fast[::2][:31], slow)
    assert warp.factor == pytest.approx(2.0, abs=1e-6) and warp.residual < 1e-12
    # On the old clock the two are Euler's solutions with different steps.
    coarse = simulate(Discretise(0.1)(Rescale(2.0)(network)), start, steps=30).h
    assert 1e-6 < best_warp(coarse, slow).residual < 0.05


def test_one_unit_may_come_without_an_axis() -> None:
    t = np.arange(40.0)
    assert best_warp(np.exp(-t[:15] / 5), np.exp(-t / 10)).factor == pytest.approx(2.0, rel=1e-4)


def test_wrong_paths_are_refused() -> None:
    long, t = np.zeros((9, 2)), np.arange(9.0)
    refuses(lambda: best_warp(t, long), "a has 1 units and b 2", "both the same")
    refuses(lambda: best_warp(t[:2], t), "a = array([0., 1.])", "at least 3")
    refuses(lambda: best_warp(t, t[:3]), "b = array", "at least 4")
    refuses(lambda: best_warp(t, t[:4]), "b has 4 rows for 9", "more than half")
    refuses(lambda: best_warp(0 * t, t), "stands still", "moves")
    refuses(lambda: best_warp([0, 1, np.nan], t), "a[2, 0] is nan", "finite")
