"""Verdicts: one rule for all rows, and what it risks."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from helpers.analysis.samples import average, share
from helpers.analysis.statistics import holm
from helpers.analysis.verdicts import (
    ALL_BUT_FEW,
    FEW,
    MOST,
    Row,
    holm_levels,
    judge,
    table_rows,
)
from tests.helpers.refusals import refuses
from tests.helpers.theory import some

P_VALUES = st.lists(st.floats(1e-6, 1.0), min_size=1, max_size=30)


def some_of(k: int, n: int, setting: str = "") -> Any:
    return share([True] * k + [False] * (n - k), setting)


def row(*samples: Any, **rule: Any) -> Row:
    return Row("a sentence", "what is counted", samples, **({"above": MOST} | rule))


@some
@given(P_VALUES)
def test_the_levels_decide_what_holms_adjusted_p_values_decide(p: list[float]) -> None:
    levels = holm_levels(p)
    assert np.array_equal(np.array(p) <= levels, holm(p) <= 0.05 * (1 + 1e-12))
    assert np.all(levels >= 0.05 / len(p)) and np.all(levels <= 0.05)


def test_words_of_one_number() -> None:
    words = {40: "holds", 2: "fails", 22: "undecided"}
    for k, word in words.items():
        (one,) = judge([row(some_of(k, 42))])
        assert one.verdict == one.parts[0].word == word
        (mirrored,) = judge([row(some_of(42 - k, 42), above=-np.inf, below=MOST)])
        assert mirrored.verdict == word


@some
@given(st.lists(st.integers(0, 42), min_size=1, max_size=12))
def test_a_row_is_undecided_exactly_if_its_interval_contains_the_bound(counts: list[int]) -> None:
    for one in judge([row(some_of(k, 42)) for k in counts]):
        inside = one.parts[0].low <= MOST <= one.parts[0].high
        assert (one.verdict == "undecided") == inside


@pytest.mark.parametrize(
    ("mean", "word"), [(0.0, "holds"), (0.09, "undecided"), (0.3, "fails"), (-0.3, "fails")]
)
def test_no_difference_needs_the_whole_interval_between_the_bounds(mean: float, word: str) -> None:
    values = mean + 0.1 * np.random.default_rng(5).standard_normal(60)
    values += mean - values.mean()
    assert judge([row(average(values), above=-0.1, below=0.1)])[0].verdict == word


def test_that_a_test_finds_nothing_is_no_equivalence() -> None:
    """Few networks: no difference can be seen, and none is excluded."""
    wide = 0.3 * np.random.default_rng(6).standard_normal(8)
    assert judge([row(average(wide), above=-0.1, below=0.1)])[0].verdict == "undecided"


def test_readings_that_disagree_depend_and_parts_of_an_and_refute() -> None:
    many, half, few = some_of(42, 42), some_of(21, 42), some_of(0, 42)
    for samples, reading, joined in (
        ((many, many), "holds", "holds"),
        ((many, few), "depends", "fails"),
        ((many, half), "undecided", "undecided"),
        ((few, half), "undecided", "fails"),
        ((few, few), "fails", "fails"),
    ):
        words = [judge([row(*samples, every=every)])[0].verdict for every in (False, True)]
        assert words == [reading, joined]


def test_other_networks_may_object_and_may_not_decide() -> None:
    many, half, few = some_of(42, 42), some_of(21, 42), some_of(0, 42)
    for own, other, word in (
        (many, few, "depends"), (few, many, "depends"), (many, half, "holds"),
        (half, many, "undecided"), (half, few, "undecided"), (many, many, "holds"),
    ):  # fmt: skip
        assert judge([row(own, others=(other,))])[0].verdict == word


def test_one_exception_refutes_an_all_and_leaves_a_nearly_all() -> None:
    words = {(42, 42): "holds", (41, 42): "not all", (30, 42): "fails", (0, 42): "fails",
             (5, 5): "undecided", (4, 5): "fails"}  # fmt: skip
    for (k, n), word in words.items():
        strict = row(some_of(k, n), above=ALL_BUT_FEW, without_exception=True)
        assert judge([strict])[0].verdict == word


def test_a_table_seldom_decides_what_lies_at_its_bound() -> None:
    """Forty rows whose truth is the bound: one of them is decided in about 5 tables of 100."""
    rng, decided = np.random.default_rng(7), {"judged": 0, "alone": 0}
    for _ in range(60):
        rows = [row(share(rng.random(60) < MOST)) for _ in range(40)]
        decided["judged"] += any(one.verdict != "undecided" for one in judge(rows))
        decided["alone"] += any(one.p_value(one.samples[0]) <= 0.05 for one in rows)
    assert decided["judged"] <= 8 and decided["alone"] >= 40


def test_the_words_for_shares_are_in_order() -> None:
    assert 0 < FEW < MOST < ALL_BUT_FEW == 1 - FEW
    assert row(some_of(1, 3), above=FEW, below=MOST).bounds == "0.25 to 0.5"
    assert row(some_of(1, 3), above=-np.inf, below=FEW).bounds == "below 0.25"


def test_a_table_row_says_all_and_puts_settings_below_one_another() -> None:
    one = judge([row(some_of(40, 42, "1.05"), average(np.linspace(0.4, 0.5, 42), "mean"),
                     others=(some_of(6, 6),))])  # fmt: skip
    sentence, counted, n, numbers, ends, bounds, others, verdict = table_rows(one)[0]
    assert (sentence, counted, n, others) == ("a sentence", "what is counted", "42", "6 of 6")
    assert numbers == "1.05: 40 of 42<br>mean: 0.45" and ends.count(" to ") == 2
    assert (bounds, verdict) == ("above 0.5", "depends")


def test_of_many_parts_of_an_and_a_table_shows_the_furthest() -> None:
    counts = (42, 30, 41, 40)
    joined = row(*(some_of(k, 42, f"task {k}") for k in counts), every=True)
    (one,) = judge([joined])
    assert table_rows([one])[0][3] == "furthest of 4, task 30: 30 of 42"
    apart = row(*(some_of(k, 42) for k in counts))
    assert table_rows(judge([apart]))[0][3].count("<br>") == 3


@pytest.mark.parametrize(
    ("call", "value", "remedy"),
    [
        (lambda: holm_levels([]), "[]", "between 0 and 1"),
        (lambda: holm_levels([0.5], risk=2.0), "2.0", "between 0 and 1"),
        (lambda: row(), "no sample", "measure"),
        (lambda: row(some_of(1, 2), above=0.6, below=0.5), "0.6", "set a bound"),
        (lambda: row(some_of(1, 2), above=-np.inf), "inf", "set a bound"),
        (lambda: judge([]), "0 numbers", "give some"),
        (
            lambda: row(average([1.0, 2.0]), without_exception=True),
            "a sentence",
            "measure shares",
        ),
        (lambda: table_rows(()), "()", "what judge returns"),
        (lambda: judge([row(*[some_of(1, 2)] * 300)]), "300 numbers", "at most 250"),
    ],
)
def test_wrong_uses(call: Any, value: str, remedy: str) -> None:
    refuses(call, value, remedy)
