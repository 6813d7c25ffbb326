r"""Sentences about many networks, judged by one rule that looks at intervals and at nothing else.

A sentence says that a number lies above a bound, below one, or between two. Its `Row` holds that
number as it was measured, in one setting or in several. `judge` gives every number of a table its
interval, corrects once for all of them, and says a word for each row.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from helpers.analysis.samples import RESAMPLES, Sample
from helpers.dynamics._checks import Array, finite_array, shown

__all__ = [
    "ALL_BUT_FEW",
    "FEW",
    "MOST",
    "Judged",
    "Part",
    "Row",
    "holm_levels",
    "judge",
    "table_rows",
]

# "Rarely" and "exceptionally", "most" and "usually", "all" and "always", as shares of networks.
FEW, MOST, ALL_BUT_FEW = 0.25, 0.5, 0.75
RISK = 0.05
MANY = 3  # parts of a row that a table shows one below the other


@dataclass(frozen=True, eq=False)
class Row:
    """A sentence as a number with bounds, and what was measured for it.

    Parameters
    ----------
    sentence : str
        What is said.
    counted : str
        What the number is, and of which networks.
    samples : tuple of Sample
        One for each setting.
    above, below : float
        The number is to lie above, below, or between; infinite where there is no bound.
    every : bool
        Whether the sentence joins its settings by "and", so that one that fails refutes it. If
        not, they are readings of one sentence, and two that disagree make it depend on the reading.
    without_exception : bool
        Whether the sentence says "all" or "always", so that one network that does otherwise refutes
        the word. Its numbers are shares.
    others : tuple of Sample
        The same numbers of other networks, which may object.
    form : str
        How numbers are written that are no counts.

    Raises
    ------
    ValueError
        If nothing was measured, no bound is set, the bounds are the wrong way round, or a sentence
        without exception has a number that is no share.

    Examples
    --------
    >>> from helpers.analysis.samples import share
    >>> Row("Most are blue", "blue ones", (share([1, 1, 0]),), above=MOST).bounds
    'above 0.5'
    """

    sentence: str
    counted: str
    samples: tuple[Sample, ...]
    above: float = -np.inf
    below: float = np.inf
    every: bool = False
    without_exception: bool = False
    others: tuple[Sample, ...] = ()
    form: str = ".2f"

    def __post_init__(self) -> None:
        if not self.samples:
            raise ValueError(f"{self.sentence!r} has no sample; measure something first")
        if not (self.above < self.below and np.isfinite([self.above, self.below]).any()):
            raise ValueError(f"above = {self.above}, below = {self.below}; set a bound, or two")
        if self.without_exception and not all(sample.yes_or_no for sample in self.samples):
            raise ValueError(f"{self.sentence!r} has no exceptions to count; measure shares")

    @property
    def bounds(self) -> str:
        """The bounds in words."""
        ends = (self.above, self.below)
        if np.isfinite(ends).all():
            return f"{self.above:g} to {self.below:g}"
        return f"above {self.above:g}" if np.isfinite(self.above) else f"below {self.below:g}"

    def p_value(self, sample: Sample) -> float:
        """Return the smallest risk at which the sample's interval is on one side of the bounds."""
        value = sample.value
        if value <= self.above or value >= self.below:
            return sample.p_value(self.above if value <= self.above else self.below)
        return max(sample.p_value(b) for b in (self.above, self.below) if np.isfinite(b))


@dataclass(frozen=True, eq=False)
class Part:
    """One number of a row: its interval, and whether that "holds", "fails" or is "undecided"."""

    sample: Sample
    low: float
    high: float
    word: str

    def number(self, form: str) -> str:
        """Return the number as text, of a share the count."""
        return self.sample.count if self.sample.yes_or_no else format(self.sample.value, form)


@dataclass(frozen=True, eq=False)
class Judged:
    """A row, its numbers with their intervals, what other networks say, and the verdict."""

    row: Row
    parts: tuple[Part, ...]
    others: tuple[Part, ...]
    verdict: str


def holm_levels(p_values: Any, *, risk: float = RISK) -> Array:
    r"""Return the risk at which each of m tests is made, so that all together have this risk.

    .. math:: \alpha_{(k)} = \frac{\alpha}{m - k + 1}, \qquad k = 1, 2, \dots

    for the tests in the order of their p-values, up to the first whose p-value is larger; that one
    and all after it are tested at its level, and decide nothing.

    Parameters
    ----------
    p_values : array (m tests,)
        One a test, in any order; they may depend on one another.
    risk : float
        Of one wrong decision or more, in (0, 1).

    Raises
    ------
    ValueError
        If there is none, one is not between 0 and 1, or the risk is not.

    Notes
    -----
    Holm, Scandinavian Journal of Statistics 6 (1979).

    Examples
    --------
    >>> holm_levels([0.01, 0.2, 0.03]).round(3)
    array([0.017, 0.025, 0.025])
    """
    p = finite_array(p_values, "p_values", (None,))
    if len(p) == 0 or np.any((p < 0) | (p > 1)) or not 0 < risk < 1:
        raise ValueError(f"p_values = {shown(p_values)}, risk = {risk}; all lie between 0 and 1")
    order = np.argsort(p, kind="stable")
    levels = risk / np.arange(len(p), 0, -1)
    stops = np.flatnonzero(p[order] > levels)
    if len(stops):
        levels[stops[0] :] = levels[stops[0]]
    back = np.empty_like(levels)
    back[order] = levels
    return back


def judge(rows: Sequence[Row], *, risk: float = RISK) -> tuple[Judged, ...]:
    """Say for each row whether it holds, by one rule and with one correction for all numbers.

    Every number gets an interval with the risk that Holm's rule allows it. A number "holds" if its
    interval lies within the bounds, "fails" if it lies beyond one, and is "undecided" if a bound is
    in it. A row has the word of its numbers if they agree (with `every`, one that fails is enough).
    It "depends" if one of its readings holds and another fails, or if the other networks, at 95 per
    cent, say the opposite. In all other cases it is "undecided". A sentence without exception that
    has one is "not all" where its numbers hold, and else "fails".

    Parameters
    ----------
    rows : sequence of Row
        All rows of the table, since the correction is for all of them.
    risk : float
        Of one wrong decision or more in the whole table.

    Raises
    ------
    ValueError
        If there is no row, or so many numbers that the resamples cannot tell the risk of each.

    Examples
    --------
    >>> from helpers.analysis.samples import share
    >>> blue = Row("Most are blue", "blue ones", (share([1] * 40 + [0] * 2),), above=MOST)
    >>> round_ones = Row("Most are round", "round ones", (share([1] * 25 + [0] * 17),), above=MOST)
    >>> [one.verdict for one in judge([blue, round_ones])]
    ['holds', 'undecided']
    """
    numbers = [(row, sample) for row in rows for sample in row.samples]
    if not numbers or risk / len(numbers) < 2 / (RESAMPLES + 1):
        raise ValueError(f"{len(numbers)} numbers; give some, and at most {_most(risk)} of them")
    levels = holm_levels([row.p_value(sample) for row, sample in numbers], risk=risk)
    parts = iter([_part(*one, a) for one, a in zip(numbers, levels, strict=True)])
    judged = []
    for row in rows:
        own = tuple(next(parts) for _ in row.samples)
        others = tuple(_part(row, sample, RISK) for sample in row.others)
        judged.append(Judged(row, own, others, _verdict(row, own, others)))
    return tuple(judged)


def _most(risk: float) -> int:
    return int(risk * (RESAMPLES + 1) / 2)


def _part(row: Row, sample: Sample, risk: float) -> Part:
    low, high = sample.interval(risk)
    if row.p_value(sample) > risk:
        word = "undecided"
    else:
        word = "holds" if row.above < sample.value < row.below else "fails"
    return Part(sample, low, high, word)


def _verdict(row: Row, own: tuple[Part, ...], others: tuple[Part, ...]) -> str:
    word, objection = (_together(parts, row.every) for parts in (own, others))
    if {word, objection} == {"holds", "fails"}:
        return "depends"
    if row.without_exception and any(part.sample.value < 1.0 for part in own):
        return "not all" if word == "holds" else "fails"
    return word


def _together(parts: tuple[Part, ...], every: bool) -> str:
    words = {part.word for part in parts}
    if len(words) == 1:
        return words.pop()
    if every:
        return "fails" if "fails" in words else "undecided"
    return "depends" if words >= {"holds", "fails"} else "undecided"


def table_rows(judged: Sequence[Judged]) -> list[tuple[str, ...]]:
    """Return a line of texts for each row: what `Table` shows.

    Parameters
    ----------
    judged : sequence of Judged
        From `judge`.

    Returns
    -------
    list of tuples of str
        The sentence, what is counted, the networks, the numbers, their intervals, the bounds, the
        numbers of the other networks, the verdict. Settings stand one below the other; of more than
        three that are joined by "and" the one nearest to its bound, or furthest beyond it.

    Raises
    ------
    ValueError
        If nothing was judged.

    Examples
    --------
    >>> from helpers.analysis.samples import share
    >>> blue = Row("Most are blue", "blue ones", (share([1] * 40 + [0] * 2),), above=MOST)
    >>> table_rows(judge([blue]))[0][2:]
    ('42', '40 of 42', '0.84 to 0.99', 'above 0.5', '', 'holds')
    """
    if not judged:
        raise ValueError(f"judged = {judged!r}; give what judge returns")
    return [_line(one) for one in judged]


def _line(one: Judged) -> tuple[str, ...]:
    parts, others, form = _telling(one.row, one.parts), _telling(one.row, one.others), one.row.form
    label = f"furthest of {len(one.parts)}, " if len(parts) < len(one.parts) else ""
    return (
        one.row.sentence,
        one.row.counted,
        _same([str(part.sample.n) for part in parts]),
        _below([label + _labelled(part, part.number(form)) for part in parts]),
        _below([_ends(part, form) for part in parts]),
        one.row.bounds,
        _below([part.number(form) for part in others]),
        one.verdict,
    )


def _telling(row: Row, parts: tuple[Part, ...]) -> tuple[Part, ...]:
    """Of many parts that are joined by "and", the one nearest to a bound or furthest beyond it."""
    if not row.every or len(parts) <= MANY:
        return parts
    return (min(parts, key=lambda p: min(p.sample.value - row.above, row.below - p.sample.value)),)


def _labelled(part: Part, text: str) -> str:
    return f"{part.sample.setting}: {text}" if part.sample.setting else text


def _ends(part: Part, form: str) -> str:
    written = ".2f" if part.sample.yes_or_no else form
    return f"{part.low:{written}} to {part.high:{written}}"


def _same(texts: list[str]) -> str:
    return texts[0] if len(set(texts)) == 1 else _below(texts)


def _below(texts: list[str]) -> str:
    return "<br>".join(texts)
