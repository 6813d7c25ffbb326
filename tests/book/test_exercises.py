"""Exercises check themselves: solutions pass; stubs and wrong turns do not, each with its hint."""

from __future__ import annotations

import ast
import re
from pathlib import Path
from typing import Any

import matplotlib
import matplotlib.pyplot as plt
import pytest

from helpers.book.exercises import Answer, exercise, exercise_ids
from tests.book import samples
from tools import contents
from tools.pages import Cell, Page, read_page

matplotlib.use("Agg")
ASKED = re.compile(r"\banswer\(\s*[\"']([^\"']+)[\"']")
READERS = {"exercise", "solution", "solution-check"}  # cells whose names are the reader's
STUB = "# YOUR CODE HERE\nraise NotImplementedError()"
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


def stubbed(source: str) -> str:
    """The solution as nbgrader hands it out."""
    pattern = r"^( *)### BEGIN SOLUTION.*?^ *### END SOLUTION *$"

    def stub(match: re.Match[str]) -> str:
        return "\n".join(match[1] + line for line in STUB.splitlines())

    return re.sub(pattern, stub, source, flags=re.M | re.S)


def solutions() -> list[Any]:
    """Every solution with the check that follows it."""
    found = []
    for page in PAGES:
        for cell in page.code:
            if "solution" in cell.tags:
                check = next(c for c in page.code[cell.number :] if "solution-check" in c.tags)
                found.append(pytest.param(page, cell, check, id=f"{page.name}-{cell.id}"))
    return found


def turns() -> list[Any]:
    return [
        pytest.param(page, cell, id=f"{page.name}-{cell.id}")
        for page in PAGES
        for cell in page.code
        if "exercise" in cell.tags
    ]


@pytest.mark.parametrize(("page", "cell", "check"), solutions())
def test_the_solution_is_right(page: Page, cell: Cell, check: Cell) -> None:
    verdict = run(page, cell, f"{cell.source}\n{check.source}")
    assert isinstance(verdict, Answer)
    assert verdict.right, verdict.hint


@pytest.mark.parametrize(("page", "cell", "check"), solutions())
def test_the_stub_is_not(page: Page, cell: Cell, check: Cell) -> None:
    source = f"{stubbed(cell.source)}\n{check.source}"
    assert STUB.splitlines()[1] in source
    try:
        verdict = run(page, cell, source)
    except NotImplementedError:
        return
    assert not verdict.right


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


@pytest.mark.parametrize("name", exercise_ids())
def test_the_key_is_right(name: str) -> None:
    one = exercise(name)
    assert one.judge(one.right).right


@pytest.mark.parametrize("name", exercise_ids())
def test_each_wrong_turn_has_its_own_hint(name: str) -> None:
    one = exercise(name)
    assert one.wrong, f"{name} lists no wrong turn; what do readers answer?"
    verdicts = [one.judge(turn.value) for turn in one.wrong]
    assert not any(verdict.right for verdict in verdicts)
    assert [verdict.hint for verdict in verdicts] == [turn.hint for turn in one.wrong]
    assert len({turn.hint for turn in one.wrong} | {one.hint}) == len(one.wrong) + 1


@pytest.mark.parametrize("name", exercise_ids())
@pytest.mark.parametrize("value", [None, ..., "a word", float("nan"), [], {}, object(), len])
def test_nonsense_is_answered_and_not_right(name: str, value: Any) -> None:
    assert not exercise(name).judge(value).right
