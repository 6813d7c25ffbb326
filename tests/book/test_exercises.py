"""Exercises check themselves: solutions pass; stubs and wrong turns do not, each with its hint."""

from __future__ import annotations

import ast
import re
from pathlib import Path
from typing import Any

import matplotlib
import matplotlib.pyplot as plt
import pytest

from helpers.book.exercises import Answer, exercise, exercise_ids, numbers
from tests.book import samples
from tests.book.rules.exercises import asked_in
from tools import contents
from tools.pages import Cell, Page, read_page

matplotlib.use("Agg")
SEEDS = range(5)
ASKED = re.compile(r"\banswer\(\s*[\"']([^\"']+)[\"']")
READERS = {"exercise"}  # a stub says nothing; a solution may use an earlier one
PAGES = [read_page(path) for path in contents.notebooks()]


def bound(statement: ast.stmt) -> set[str]:
    """The names that a statement gives a value."""
    if isinstance(statement, ast.FunctionDef | ast.ClassDef):
        return {statement.name}
    if isinstance(statement, ast.Import | ast.ImportFrom):
        return {(alias.asname or alias.name).split(".")[0] for alias in statement.names}
    names = (node for node in ast.walk(statement) if isinstance(node, ast.Name))
    return {node.id for node in names if isinstance(node.ctx, ast.Store)}


def used(node: ast.AST) -> set[str]:
    return {one.id for one in ast.walk(node) if isinstance(one, ast.Name)}


def what_it_needs(page: Page, cell: Cell, source: str) -> list[ast.stmt]:
    """The statements of earlier cells without which this one does not run, and no others."""
    wanted = used(ast.parse(source))
    before = [
        statement
        for earlier in page.code[: cell.number - 1]
        for statement in ast.parse(earlier.source).body
        if isinstance(statement, ast.Import | ast.ImportFrom) or not earlier.tags & READERS
    ]
    needed: list[ast.stmt] = []
    for statement in reversed(before):
        if bound(statement) & wanted:
            needed.insert(0, statement)
            wanted |= used(statement)
    return needed


def run(page: Page, cell: Cell, source: str) -> Any:
    """The value of the last line, as a notebook shows it."""
    namespace: dict[str, Any] = {}
    body = ast.parse(source).body
    assert isinstance(body[-1], ast.Expr), f"{page.at(cell)} does not end in answer(...)"
    module = ast.Module([*what_it_needs(page, cell, source), *body[:-1]], [])
    try:
        exec(compile(module, page.at(cell), "exec"), namespace)
        return eval(compile(ast.Expression(body[-1].value), page.at(cell), "eval"), namespace)
    finally:
        plt.close("all")  # a figure that a needed statement opened


def solutions() -> list[Any]:
    """Every solution in code, with the reader's cell that it would fill."""
    found = []
    for page in PAGES:
        turns = {asked_in(cell): cell for cell in page.code if cell.role == "exercise"}
        for position, cell in enumerate(page.cells):
            if cell.kind == "code" and cell.role == "solution":
                turn = turns.get(_solved_by(page, position))
                found.append(pytest.param(page, cell, turn, id=f"{page.name}-{cell.id}"))
    return found


def _solved_by(page: Page, position: int) -> str:
    """The exercise named by the {solution-start} above a cell."""
    starts = (d for c in reversed(page.cells[:position]) for d in c.directives)
    return next((d.argument for d in starts if d.name == "solution-start"), "")


def turns() -> list[Any]:
    return [
        pytest.param(page, cell, id=f"{page.name}-{cell.id}")
        for page in PAGES
        for cell in page.code
        if "exercise" in cell.tags
    ]


@pytest.mark.parametrize(("page", "cell", "turn"), solutions())
def test_the_solution_is_right(page: Page, cell: Cell, turn: Cell | None) -> None:
    assert turn, f"{page.at(cell)} solves an exercise that has no cell for the reader"
    last_line = ast.unparse(ast.parse(turn.source).body[-1])
    verdict = run(page, cell, f"{cell.source}\n{last_line}")
    assert isinstance(verdict, Answer)
    assert verdict.right, verdict.hint


@pytest.mark.parametrize(("page", "cell"), turns())
def test_your_turn_says_that_nothing_was_tried_yet(page: Page, cell: Cell) -> None:
    verdict = run(page, cell, cell.source)
    assert not verdict.right
    assert "not attempted" in verdict.hint


def test_only_what_an_answer_needs_is_run(tmp_path: Path) -> None:
    """Not the figure before it, not the reader's own cell; but what they import."""
    cells = [
        samples.code("one = 1\nslow = 1 / 0", name="first"),
        samples.code("import math\nx = ...", name="turn", tags=["exercise"]),
        samples.code("two = one + 1\nmath.floor(two)", name="last"),
    ]
    sample = samples.page(tmp_path, *cells)
    assert run(sample, sample.code[2], sample.code[2].source) == 2


def test_every_key_is_asked_for_and_every_question_has_a_key() -> None:
    asked = {name for page in PAGES for cell in page.code for name in ASKED.findall(cell.source)}
    assert asked == set(exercise_ids())


def keys() -> list[Any]:
    """Every exercise with its seed; one whose numbers are drawn with five."""
    return [
        pytest.param(name, seed, id=f"{name}-{seed}" if seed else name)
        for name in exercise_ids()
        for seed in (SEEDS if drawn(name) else (0,))
    ]


def drawn(name: str) -> bool:
    try:
        numbers(name)
    except ValueError:
        return False
    return True


@pytest.mark.parametrize(("name", "seed"), keys())
def test_the_key_is_right(name: str, seed: int) -> None:
    one = exercise(name, seed=seed)
    assert one.judge(one.right).right


@pytest.mark.parametrize(("name", "seed"), keys())
def test_each_wrong_turn_has_its_own_hint(name: str, seed: int) -> None:
    one = exercise(name, seed=seed)
    assert one.wrong, f"{name} lists no wrong turn; what do readers answer?"
    verdicts = [one.judge(turn.value) for turn in one.wrong]
    assert not any(verdict.right for verdict in verdicts)
    assert [verdict.hint for verdict in verdicts] == [turn.hint for turn in one.wrong]
    assert len({turn.hint for turn in one.wrong} | {one.hint}) == len(one.wrong) + 1


@pytest.mark.parametrize("name", exercise_ids())
@pytest.mark.parametrize("value", [None, ..., "a word", float("nan"), [], {}, object(), len])
def test_nonsense_is_answered_and_not_right(name: str, value: Any) -> None:
    assert not exercise(name).judge(value).right


@pytest.mark.parametrize("name", [name for name in exercise_ids() if drawn(name)])
def test_drawn_numbers_differ_and_stand_in_sight(name: str) -> None:
    assert len({repr(numbers(name, seed=seed)) for seed in SEEDS}) > 1
    shown = re.compile(rf"\bnumbers\(\s*[\"']{name}[\"']")
    cells = [cell for page in PAGES for cell in page.code if shown.search(cell.source)]
    assert [cell.role for cell in cells] == ["open"], "one open cell shows the numbers"
