"""Samples: intervals against definitions written again, and networks as the unit."""

from __future__ import annotations

from math import sqrt
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.stats import binomtest, linregress, norm, spearmanr

from helpers.analysis.samples import (
    RESAMPLES,
    Sample,
    average,
    average_over_states,
    difference,
    one_minus_slope,
    rank_correlation,
    share,
)
from tests.helpers.refusals import refuses
from tests.helpers.theory import seeds, some

RISKS = st.floats(0.0005, 0.2)


@some
@given(st.integers(2, 60).flatmap(lambda n: st.tuples(st.integers(0, n), st.just(n))), RISKS)
def test_a_share_has_wilsons_interval(case: tuple[int, int], risk: float) -> None:
    k, n = case
    found = share([True] * k + [False] * (n - k))
    known = binomtest(k, n).proportion_ci(1 - risk, method="wilson")
    assert found.interval(risk) == pytest.approx((known.low, known.high), abs=1e-9)
    assert found.value == k / n and found.count == f"{k} of {n}"


@some
@given(seed=seeds, risk=RISKS, bound=st.floats(0.05, 0.95))
def test_a_bound_is_outside_exactly_if_its_p_value_is_at_most_the_risk(
    seed: int, risk: float, bound: float
) -> None:
    rng = np.random.default_rng(seed)
    for found in (share(rng.random(30) < 0.6), average(rng.random(30))):
        low, high = found.interval(risk)
        assert (bound < low or bound > high) == (found.p_value(bound) <= risk)


def test_the_p_value_of_a_share_is_that_of_the_score_test() -> None:
    found = share([True] * 15 + [False] * 6)
    z = (15 / 21 - 0.5) / sqrt(0.25 / 21)
    assert found.p_value(0.5) == pytest.approx(2 * norm.sf(z))


@some
@given(seed=seeds, scale=st.floats(0.1, 10.0), shift=st.floats(-5.0, 5.0))
def test_means_move_with_the_numbers(seed: int, scale: float, shift: float) -> None:
    row = np.random.default_rng(seed).standard_normal(20)
    ends = np.array(average(row).interval(0.05))
    moved = average(shift + scale * row).interval(0.05)
    assert moved == pytest.approx(tuple(shift + scale * ends), abs=1e-9)


def test_the_interval_of_many_gaussians_is_the_textbook_one() -> None:
    row = np.random.default_rng(1).standard_normal(400)
    for risk in (0.05, 0.001):
        low, high = average(row).interval(risk)
        assert high - low == pytest.approx(2 * norm.isf(risk / 2) * row.std() / 20, rel=0.08)


def test_networks_are_resampled_and_not_their_states() -> None:
    """States that repeat what their network does add nothing: the interval is that of networks."""
    rng = np.random.default_rng(2)
    values, names = rng.random(25), np.arange(25)
    one, four = (average_over_states(np.repeat(values, k), np.repeat(names, k)) for k in (1, 4))
    known = pytest.approx(average(values).interval(0.05), rel=1e-12)
    assert one.interval(0.05) == known and four.interval(0.05) == known
    low, high = average(np.repeat(values, 4)).interval(0.05)  # states taken for networks
    assert high - low < 0.6 * np.ptp(four.interval(0.05))


def test_an_interval_over_networks_catches_the_truth_as_often_as_it_says() -> None:
    rng, caught = np.random.default_rng(3), []
    for _ in range(200):
        levels, names = rng.standard_normal(60), np.repeat(np.arange(60), 3)
        low, high = average_over_states(levels[names] + 0.1 * rng.random(180), names).interval(0.05)
        caught.append(low < 0.05 < high)
    assert 0.89 <= np.mean(caught) <= 0.99


def test_a_network_with_more_states_weighs_more() -> None:
    found = average_over_states([1, 1, 0, 1], ["b", "b", "a", "b"])
    assert (found.value, found.n) == (0.75, 2)


@some
@given(seed=seeds)
def test_differences_slopes_and_correlations_are_those_of_the_textbook(seed: int) -> None:
    rng = np.random.default_rng(seed)
    x, first = rng.standard_normal(15), np.arange(15) < 6
    y = 0.7 * x + rng.standard_normal(15)
    assert difference(y, first).value == pytest.approx(y[:6].mean() - y[6:].mean())
    assert one_minus_slope(5 + x, y).value == pytest.approx(1 - linregress(x, y).slope)
    assert rank_correlation(x, y).value == pytest.approx(spearmanr(x, y).statistic)


def test_the_spread_of_resampled_slopes_is_the_standard_error() -> None:
    rng = np.random.default_rng(4)
    x = rng.standard_normal(120)
    y = x + 0.3 * rng.standard_normal(120)
    low, high = one_minus_slope(x, y).interval(0.05)
    assert high - low == pytest.approx(2 * norm.isf(0.025) * linregress(x, y).stderr, rel=0.15)


def test_resamples_in_which_a_number_is_not_defined_are_left_out() -> None:
    rare = difference([1.0, 2.0, 3.0, 4.0], [True, False, False, False])
    draws = rare.draws()
    assert 0.5 < len(draws) / RESAMPLES < 0.8 and np.all(np.isfinite(draws))


def test_a_number_of_your_own() -> None:
    lines = [[1.0, 2.0], [3.0, 2.0], [5.0, 5.0]]
    assert Sample(lines, of=lambda a, b: a - b).value == 0.0


@pytest.mark.parametrize(
    ("call", "value", "remedy"),
    [
        (lambda: share([0.5, 1]), "0.5", "True or False"),
        (lambda: share([True]), "1 lines", "two networks"),
        (lambda: average([1.0, np.nan]), "nan", "finite"),
        (lambda: average_over_states([1, 2], ["a"]), "2 values", "name one for each"),
        (lambda: difference([1, 2], [True, True]), "True", "not all"),
        (lambda: one_minus_slope([1, 1], [1, 2]), "before is 1", "spread"),
        (lambda: one_minus_slope([1, 2], [1, 2, 3]), "(3,)", "needs shape"),
        (lambda: rank_correlation([1, 1], [1, 2]), "same for all", "no order"),
        (lambda: Sample([1.0, 2.0]), "(2,)", "needs shape"),
    ],
)
def test_wrong_uses(call: Any, value: str, remedy: str) -> None:
    refuses(call, value, remedy)
