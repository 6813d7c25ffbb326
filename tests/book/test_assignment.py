"""The copy of a chapter for a class: no solution in it, and every cell of it runs."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest

from helpers.book import exercises
from helpers.book.exercises import NOT_YET, Drawn, Exercise, WrongTurn
from tests.book import samples
from tests.book.samples import code, page, stored, text
from tools import assignment, contents
from tools.marking import marking
from tools.pages import Page, read_page

HIDDEN = re.compile(r"### BEGIN HIDDEN TESTS.*?### END HIDDEN TESTS", re.S)
TWICE = Drawn(
    "ex-twice",
    lambda rng: {"a": int(rng.integers(2, 99))},
    lambda a: Exercise("ex-twice", 2 * a, (WrongTurn(a, "that is the number"),), points=3),
)


@pytest.fixture
def copy(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> list[dict[str, Any]]:
    """The cells of a chapter with one exercise, for the class with the seed 4."""
    monkeypatch.setattr(exercises, "_registry", lambda: {"ex-twice": TWICE})
    cells = samples.coding_exercise()
    cells["turn"].source = 'twice = ...\nanswer("ex-twice", twice, seed=0)'
    before = [
        text("The gap is {glue:text}`sample-gap`.", "gap"),
        code("from helpers.book.exercises import answer, numbers", stored("sample-gap", "1.5")),
        code('given = numbers("ex-twice")\ngiven', name="given"),
    ]
    pencil = text("```{solution} ex-other\nIt is quattuordecim.\n```", "pencil")
    sample = page(tmp_path, *before, *cells.values(), pencil, text("After.", "after"))
    return list(assignment.assignment(sample.path, seed=4)["cells"])


def test_solutions_are_gone_and_the_rest_is_there(copy: list[dict[str, Any]]) -> None:
    ids = ["gap", "sum", "given", "ask", "turn", "mark-turn", "after"]
    assert [cell["id"] for cell in copy] == ids
    assert "The gap is 1.5." in copy[0]["source"]
    assert all(not cell.get("outputs") for cell in copy)


def test_the_seed_is_that_of_the_class(copy: list[dict[str, Any]]) -> None:
    assert "numbers('ex-twice', seed=4)" in copy[2]["source"]
    assert "answer('ex-twice', twice, seed=4)" in copy[4]["source"]
    assert '{"given": twice}' in copy[5]["source"]


def test_the_marking_cell_is_locked_and_worth_its_points(copy: list[dict[str, Any]]) -> None:
    told = copy[5]["metadata"]["nbgrader"]
    assert told["grade"] and told["locked"] and not told["solution"] and told["points"] == 3
    assert copy[4]["metadata"]["nbgrader"]["grade_id"] != told["grade_id"]


def run(cells: list[dict[str, Any]], given: str = "") -> dict[str, Any]:
    names: dict[str, Any] = {}
    for cell in cells:
        if cell["cell_type"] == "code":
            exec(cell["source"].replace("twice = ...", given or "twice = ..."), names)
    return names


def test_the_released_copy_runs_to_its_end_with_its_stubs(copy: list[dict[str, Any]]) -> None:
    released = [{**cell, "source": HIDDEN.sub("", cell["source"])} for cell in copy]
    assert "twice" in run(released)


def test_a_right_answer_is_marked_in_silence(
    copy: list[dict[str, Any]], capsys: pytest.CaptureFixture[str]
) -> None:
    run(copy, "twice = 2 * given.a")
    assert capsys.readouterr() == ("", "")


@pytest.mark.parametrize("given", ["twice = ...", "twice = given.a", "twice = 0.5"])
def test_no_answer_and_a_wrong_one_get_no_points(copy: list[dict[str, Any]], given: str) -> None:
    with pytest.raises(AssertionError, match=r"not attempted|that is the number|not this"):
        run(copy, given)


CHEATS = {
    "a name": "answer = lambda i, v, seed=0: Answer(i, True, '')\ntwice = 1",
    "builtins by name": "abs = max = lambda *x, **y: 0\nall = lambda *x: True\ntwice = 1",
    "the class": "type(exercise('ex-twice')).judge = lambda self, v: True\ntwice = 1",
    "an object": """
class Yes:
    def __eq__(self, other): return True
    def __array__(self, *x, **y): raise TypeError("no")
    def __complex__(self): return complex("nan")
twice = Yes()""",
    "exec": "exec = compile = _builtins = None\ntwice = 1",
}


@pytest.mark.parametrize("cheat", CHEATS.values(), ids=CHEATS.keys())
def test_a_cheat_gets_no_points(
    copy: list[dict[str, Any]], cheat: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(Exercise, "judge", Exercise.judge)  # put back what a cheat changes
    first = "from helpers.book.exercises import Answer, exercise\n"
    with pytest.raises(AssertionError):
        run(copy, first + cheat)


KEYED = [
    pytest.param(exercises.exercise(name, seed=seed), id=f"{name}-{seed}")
    for name in exercises.exercise_ids()
    for seed in ((0, 7) if hasattr(exercises._registry()[name], "numbers") else (0,))
]


@pytest.mark.parametrize("one", KEYED)
def test_the_hidden_cell_judges_as_the_key_does(one: Exercise) -> None:
    source = marking(one, "given")
    exec(source, {"given": one.right})
    wrong = [(turn.value, turn.hint) for turn in one.wrong]
    for value, hint in [*wrong, (..., NOT_YET), (None, NOT_YET)]:
        with pytest.raises(AssertionError) as refused:
            exec(source, {"given": value})
        assert str(refused.value) == hint


PAGES = [read_page(path) for path in contents.numbered()]


@pytest.mark.parametrize("chapter", PAGES, ids=lambda page: page.name)
def test_no_words_of_a_solution_are_in_the_copy(chapter: Page) -> None:
    cells = assignment.assignment(chapter.path)["cells"]
    copied = _plain("\n".join(cell["source"] for cell in cells))
    assert not [words for words in solved(chapter) if words in copied]


def solved(chapter: Page) -> list[str]:
    """Eight words from the middle of each solution."""
    found, is_inside = [], False
    for cell in chapter.cells:
        names = {one.name for one in cell.directives}
        texts = [one.body for one in cell.directives if one.name == "solution"]
        is_inside = (is_inside or "solution-start" in names) and "solution-end" not in names
        if is_inside and cell.kind == "markdown" and "solution-start" not in names:
            texts.append(cell.source)
        split = [_plain(one).split() for one in texts]
        found += [" ".join(one[len(one) // 2 :][:8]) for one in split if len(one) >= 16]
    return found


def _plain(text: str) -> str:
    return " ".join(re.findall(r"\w+", text))
