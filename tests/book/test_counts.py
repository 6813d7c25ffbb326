"""What is counted as read, and what the chapters may ask of a reader's hour."""

from __future__ import annotations

from pathlib import Path

import nbformat
import pytest

from helpers.book.claims import Claim
from tests.book import samples
from tests.book.samples import code, figure, page, text
from tools.counts import count, table

CLAIM = {"id": "eq-x", "statement": "One is $1 + 0$", "status": "proved", "without": "it"}
PROOF = "```{prf:proof}\nBy hand,\n\n$$ x = 1 $$ (eq-x)\n\nit is.\n```"
FOLDED = "```{admonition} Answer\n:class: dropdown\nIt is not read aloud.\n```"


@pytest.mark.parametrize(
    ("source", "words"),
    [
        ("# Two words", 2),
        ("The gap $a + b$ of $\\tau$-time.", 5),
        ("$$\na = b\n$$ (eq-a)", 1),
        ("```{math}\n:label: eq-b\na = b\n```", 1),
        ("See {eq}`eq-a`, {numref}`fig-a` and {doc}`this page <network>`.", 7),
        ("A {term}`time constant`, [a link](https://example.org/a-b-c), `code`.", 6),
        ("(label)=\n\nWords, - and | signs.", 3),
        (PROOF, 5),
        (FOLDED, 0),
        ("```python\nx = 1\n```", 0),
        (samples.EXERCISE, 0),
        ("```{prf:theorem} Its name\n:label: thm-a\nIt holds.\n```", 4),
    ],
)
def test_words_are_those_that_a_reader_sees(source: str, words: int, tmp_path: Path) -> None:
    assert count(page(tmp_path, text(source))).words == words


def test_captions_and_claims_are_read_too(tmp_path: Path) -> None:
    output = nbformat.v4.new_output("display_data", {}, metadata={"claim": CLAIM})
    drawn = code("plt.show()", tags=["figure"], **figure(caption="The line $y$."))
    counted = count(page(tmp_path, drawn, code("check()", output, tags=["check"])))
    shown = f"Claim 1.1 {Claim(**CLAIM).statement.replace(' + 0', '')} "
    shown += " ".join([Claim(**CLAIM).evidence, *Claim(**CLAIM).conditions, "See (1)"])
    assert counted.words == 3 + len(shown.split())
    assert (counted.claims, counted.without_control) == (1, 0)
    assert (counted.open_lines, counted.figure_lines, counted.check_lines) == (0, 1, 1)


def test_reading_ends_at_the_summary_and_solutions_are_not_read(tmp_path: Path) -> None:
    cells = samples.coding_exercise()
    sample = page(tmp_path, text("One two."), *cells.values(), text("## Summary\n\nNot read."))
    counted = count(sample)
    assert (counted.words, counted.exercises, counted.open_lines) == (2, 1, 0)


def test_an_optional_section_ends_at_the_next_of_its_rank(tmp_path: Path) -> None:
    inside = "## Aside (optional)\n\nOne.\n\n### Below\n\nTwo."
    sample = page(tmp_path, text(inside), code("x = 1"), text("## On\n\nThree."))
    counted = count(sample)
    assert (counted.optional, counted.words, counted.open_lines) == (5, 2, 0)


def test_minutes_are_words_lines_and_easy_exercises(tmp_path: Path) -> None:
    easy = samples.EXERCISE.replace("medium", "easy")
    sample = page(tmp_path, text("word " * 220), code("x = 1\n\n" * 12), text(easy))
    assert count(sample).minutes == pytest.approx(2 + 1 + 5)
    assert table([count(sample)]).splitlines()[1].split()[:4] == ["sample", "220", "0", "8"]
