"""New cells get ids of plain words, and the ids that are there stay."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tests.book import samples
from tests.book.rules.code import metadata_is_lean
from tests.book.samples import code, figure, page, text
from tools.cells import name
from tools.pages import read_page

RANDOM = "3f9a1b2c"


@pytest.mark.parametrize(
    ("cell", "wanted"),
    [
        (text("Words first.\n\n## Back to the first film again", RANDOM), "back-to-the-first"),
        (text("Only a few words here.", RANDOM), "only-a-few-words"),
        (text(samples.EXERCISE, RANDOM), "ex-twice"),
        (text(samples.SOLUTION_END, RANDOM), "end"),
        (code("plt.show()", name=RANDOM, **figure()), "fig-line"),
        (code('a = 1\ncheck("eq-x", "One", 0)', name=RANDOM), "check-eq-x"),
        (code('a = ...\nanswer("ex-twice", a)', name=RANDOM), "turn-twice"),
        (code("import numpy\n\nstep = 2", name=RANDOM), "step"),
        (code("def film(t):\n    return t", name=RANDOM), "film"),
        (code("1 + 1", name=RANDOM), "code"),
        (code("deadbeef = 1", name=RANDOM), "cell-deadbeef"),
    ],
)
def test_a_cell_is_named_after_what_it_holds(cell: object, wanted: str, tmp_path: Path) -> None:
    sample = page(tmp_path, cell)
    assert name(sample.path) == [wanted]
    assert not metadata_is_lean(read_page(sample.path))


def test_names_stay_and_are_not_given_twice(tmp_path: Path) -> None:
    cells = [code("1", name="step"), code("step = 2", name=RANDOM), code("step = 3", name="step")]
    sample = page(tmp_path, *cells)
    assert name(sample.path) == ["step-2", "step-3"]
    assert name(sample.path) == []


def test_a_missing_id_is_given(tmp_path: Path) -> None:
    sample = page(tmp_path, code("step = 2"))
    stored = json.loads(sample.path.read_text(encoding="utf-8"))
    del stored["cells"][0]["id"]
    sample.path.write_text(json.dumps(stored), encoding="utf-8")
    assert name(sample.path) == ["step"]
