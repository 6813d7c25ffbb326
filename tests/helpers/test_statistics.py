"""Statistics of an ensemble: intervals and shapes against definitions written again."""

from __future__ import annotations

from itertools import combinations, product
from math import erf, pi, sqrt
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.optimize import brentq
from scipy.stats import kurtosis, ortho_group, skew

from helpers.analysis.statistics import (
    Estimate,
    curve_shape,
    holm,
    mean_of,
    outside,
    share_of,
    summarise,
)
from tests.helpers.theory import seeds, some

Z = 1.959963984540054  # a Gaussian is beyond it on either side with probability 0.05


def told(k: int, n: int) -> list[bool]:
    return [True] * k + [False] * (n - k)


# --- shares ---------------------------------------------------------------------------------------


@some
@given(st.integers(1, 60).flatmap(lambda n: st.tuples(st.integers(0, n), st.just(n))))
def test_at_the_ends_of_the_interval_the_count_is_just_not_surprising(
    case: tuple[int, int],
) -> None:
    k, n = case
    found = share_of(told(k, n))
    assert found.value == k / n and found.n == n
    for end in (found.low, found.high):
        if 1e-12 < end < 1 - 1e-12:
            assert abs(found.value - end) / sqrt(end * (1 - end) / n) == pytest.approx(Z, rel=1e-9)
        else:
            assert k in (0, n)
    assert 0 < found.high - found.low < 1


def test_counting_the_others_mirrors_the_interval() -> None:
    one, other = share_of(told(3, 17)), share_of(told(14, 17))
    assert (one.low, one.high) == pytest.approx((1 - other.high, 1 - other.low))


# --- means ----------------------------------------------------------------------------------------


@pytest.mark.parametrize("values", [[0.0, 1.0, 5.0, 6.0], [2.0, 3.0, 3.5, 9.0, 4.0]])
def test_the_bootstrap_is_near_the_list_of_all_resamples(values: list[float]) -> None:
    n = len(values)
    every = np.mean(list(product(values, repeat=n)), axis=1)
    found = mean_of(values)
    # With 2000 resamples the share below a quantile of 0.025 is off by 0.0035 or so.
    for end, share in ((found.low, 0.025), (found.high, 0.975)):
        below, at_most = np.quantile(every, [share - 0.014, share + 0.014])
        assert below <= end <= at_most
    assert found.value == np.mean(values)


@some
@given(seed=seeds, n=st.integers(2, 30))
def test_means_move_with_the_numbers(seed: int, n: int) -> None:
    row = np.random.default_rng(seed).standard_normal(n)
    one, moved = mean_of(row), mean_of(5.0 + 3.0 * row)
    for name in ("value", "low", "high"):
        assert getattr(moved, name) == pytest.approx(5.0 + 3.0 * getattr(one, name), abs=1e-9)


def test_the_interval_of_many_gaussians_is_the_textbook_one() -> None:
    row = np.random.default_rng(1).standard_normal(400)
    found, half = mean_of(row, rng=np.random.default_rng(2)), Z * row.std() / 20
    assert found.high - found.low == pytest.approx(2 * half, rel=0.1)
    assert (found.low, found.high) != (mean_of(row).low, mean_of(row).high)


# --- many tests -----------------------------------------------------------------------------------


@some
@given(st.lists(st.floats(0, 1), min_size=1, max_size=7))
def test_holm_is_the_closed_test_of_bonferroni(p: list[float]) -> None:
    """A hypothesis is rejected when each set that it belongs to is, by its smallest p-value."""
    m = len(p)
    sets = [s for size in range(1, m + 1) for s in combinations(range(m), size)]
    joint = {s: min(1.0, len(s) * min(p[i] for i in s)) for s in sets}
    closed = [max(q for s, q in joint.items() if i in s) for i in range(m)]
    assert holm(p) == pytest.approx(closed, abs=1e-12)


# --- outside --------------------------------------------------------------------------------------


@some
@given(
    seed=seeds,
    real=st.lists(st.sampled_from([-1.4, -1.1, -0.5, 0.3, 0.9, 1.06, 1.2]), max_size=5),
    pairs=st.lists(st.sampled_from([0.4, 0.98, 1.07, 1.3]), min_size=1, max_size=4),
)
def test_eigenvalues_that_were_put_there(seed: int, real: list[float], pairs: list[float]) -> None:
    rng = np.random.default_rng(seed)
    n = len(real) + 2 * len(pairs)
    w = np.zeros((n, n))
    w[range(len(real)), range(len(real))] = real
    for i, size in enumerate(pairs):
        at, angle = len(real) + 2 * i, rng.uniform(0.2, 2.9)
        c, s = size * np.cos(angle), size * np.sin(angle)
        w[at : at + 2, at : at + 2] = [[c, -s], [s, c]]
    q = ortho_group.rvs(n, random_state=rng)
    known = sum(abs(v) > 1.05 for v in real), sum(v > 1.05 for v in pairs)
    # Equal real ones may come out as a pair, by rounding.
    if len(set(real)) == len(real):
        assert outside(np.linalg.eigvals(q @ w @ q.T), 1.05) == known


def test_the_threshold_itself_is_inside() -> None:
    assert outside([1.0, -1.0, 0.6 + 0.8j, 0.6 - 0.8j], 1.0) == (0, 0)
    assert outside([1.0, -1.0, 0.6 + 0.8j, 0.6 - 0.8j], 0.999) == (2, 1)


# --- one matrix -----------------------------------------------------------------------------------


@some
@given(seed=seeds, n=st.integers(2, 12))
def test_a_summary_from_sums_of_powers(seed: int, n: int) -> None:
    w = np.random.default_rng(seed).gamma(2.0, size=(n, n))
    found, powers = summarise(w), [float(np.mean(w**k)) for k in range(5)]
    m = powers[1]
    variance = powers[2] - m**2
    third = powers[3] - 3 * m * powers[2] + 2 * m**3
    fourth = powers[4] - 4 * m * powers[3] + 6 * m**2 * powers[2] - 3 * m**4
    assert found.mean == pytest.approx(m)
    assert found.sd == pytest.approx(sqrt(variance))
    assert found.skewness == pytest.approx(third / variance**1.5, abs=1e-7)
    assert found.kurtosis == pytest.approx(fourth / variance**2 - 3, abs=1e-6)
    lost = np.sum(w**2) - np.sum(np.abs(found.values) ** 2)
    assert found.henrici == pytest.approx(sqrt(max(lost, 0) / np.sum(w**2)), abs=1e-6)
    assert np.sum(found.values) == pytest.approx(np.trace(w))


@some
@given(seed=seeds, n=st.integers(2, 8))
def test_no_direction_stretches_more_than_the_symmetric_part_says(seed: int, n: int) -> None:
    w = np.random.default_rng(seed).standard_normal((n, n))
    top, both = summarise(w).symmetric, (w + w.T) / 2
    # A Cholesky factor exists just where every direction has a positive remainder.
    np.linalg.cholesky((top + 1e-9) * np.eye(n) - both)
    with pytest.raises(np.linalg.LinAlgError):
        np.linalg.cholesky((top - 1e-9) * np.eye(n) - both)


# --- the fitted curve -----------------------------------------------------------------------------


def closed(left: float, right: float) -> tuple[float, float]:
    """Skewness and kurtosis of exp(-z^2/2) for z uniform from -left to right."""
    raw = [1.0]
    for k in range(1, 5):
        ends = erf(right * sqrt(k / 2)) + erf(left * sqrt(k / 2))
        raw.append(sqrt(pi / (2 * k)) * ends / (left + right))
    _, m, two, three, four = raw
    variance = two - m**2
    third = three - 3 * m * two + 2 * m**3
    fourth = four - 4 * m * three + 6 * m**2 * two - 3 * m**4
    return third / variance**1.5, fourth / variance**2 - 3


@some
@given(seed=seeds, kind=st.sampled_from(["normal", "uniform", "exponential", "two"]))
def test_the_curve_knows_the_ends_of_the_weights_and_nothing_else(seed: int, kind: str) -> None:
    rng = np.random.default_rng(seed)
    draw: dict[str, Any] = {
        "normal": rng.standard_normal((40, 40)),
        "uniform": rng.uniform(-1, 1, (40, 40)),
        "exponential": rng.exponential(size=(40, 40)),
        "two": rng.choice([-1.0, 3.0], (40, 40)),
    }
    w = draw[kind]
    ends = ((w.mean() - w.min()) / w.std(), (w.max() - w.mean()) / w.std())
    assert curve_shape(w, bins=20000) == pytest.approx(closed(*ends), abs=5e-3)
    assert curve_shape(3.0 * w - 2.0) == pytest.approx(curve_shape(w), abs=1e-9)


def test_both_published_numbers_belong_to_one_cut() -> None:
    """0.4836 and -1.2993 in a legend: choose the ends by the first, and the second follows."""

    def heights(end: float) -> Any:
        return np.exp(-(np.linspace(-end, end, 201) ** 2) / 2)

    end = brentq(lambda end: float(skew(heights(end))) - 0.4836, 2.5, 4.5)
    assert kurtosis(heights(end)) == pytest.approx(-1.2993, abs=5e-4)
    # A matrix whose entries end there has the same pair, and entries that are nothing like it.
    n = 100
    w = np.zeros((n, n))
    w[0, 0], w[0, 1] = 1.0, -1.0
    filling = np.sqrt((n * n / end**2 - 2) / (n * n - 2))
    w.ravel()[2::2], w.ravel()[3::2] = filling, -filling
    assert curve_shape(w) == pytest.approx((0.4836, -1.2993), abs=5e-4)
    assert summarise(w).kurtosis == pytest.approx(-2, abs=0.02)


# --- wrong use ------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("call", "names"),
    [
        (lambda: Estimate(0.5, 0.6, 0.4, 3), "low = 0.6.*exchange"),
        (lambda: Estimate(0.5, 0.4, 0.6, 0), "n = 0"),
        (lambda: share_of([0.3, 1.0]), "0.3.*True or False"),
        (lambda: share_of([]), "found is empty"),
        (lambda: mean_of([1.0]), "two networks"),
        (lambda: mean_of([1.0, float("nan")]), "nan"),
        (lambda: mean_of([1.0, 2.0], rng=3), "rng = 3.*default_rng"),  # type: ignore[arg-type]
        (lambda: holm([0.2, 1.2]), "1.2.*between 0 and 1"),
        (lambda: summarise(np.ones((3, 3))), "every entry of w is 1"),
        (lambda: summarise([[1.0, 2.0]]), r"shape \(1, 2\)"),
        (lambda: outside([1.2], 0.0), "threshold = 0.0"),
        (lambda: outside([1.2 + 0.1j], 1.0), "whole spectrum"),
        (lambda: outside([float("nan")], 1.0), r"values\[0\] is \(nan"),
        (lambda: outside([float("inf")], 1.0), r"values\[0\] is \(inf"),
        (lambda: curve_shape(np.zeros((2, 2))), "every entry of w is 0"),
        (lambda: curve_shape([[0.0, 1.0], [2.0, 3.0]], bins=1), "bins = 1"),
    ],
)
def test_wrong_use_is_refused(call: Any, names: str) -> None:
    with pytest.raises(ValueError, match=names):
        call()
