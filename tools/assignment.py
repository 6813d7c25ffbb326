"""Write a chapter as an nbgrader assignment, without its solutions.

    python -m tools.assignment CHAPTER [--seed N]

The course is made in _build/assignment/CHAPTER: the chapter in `source`, each exercise with a key
followed by a locked cell that marks it, and the settings under which nbgrader keeps the stubs.
`nbgrader generate_assignment CHAPTER --create`, run there, makes the students' copy in `release`.
"""

from __future__ import annotations

import argparse
import ast
import json
import re
import shutil
import sys
from pathlib import Path
from typing import Any

from helpers.book.exercises import exercise, numbers
from tools import contents
from tools.notebooks import NOTEBOOK_METADATA
from tools.pages import Page, read_page

FOLDER = contents.ROOT / "_build" / "assignment"
DATA = contents.ROOT / "book" / "data"
GLUED = re.compile(r"\{glue:text\}`([\w.-]+)`")
SETTINGS = """\
c = get_config()
c.CourseDirectory.course_id = "recurrent-networks"
# The stubs are the students' cells as they stand; nothing is cut out of them.
c.ClearSolutions.enabled = False
c.ExecutePreprocessor.timeout = 300
"""
# What is hidden is not in the students' copy, where it would stop "Run all" at the first stub. It
# imports for itself: a name that a student has given another value marks nothing.
MARK = """\
# This cell marks {name}. Leave it as it is.
### BEGIN HIDDEN TESTS
from helpers.book import exercises as _exercises

_verdict = _exercises.{call}
assert _verdict.right, _verdict.hint
### END HIDDEN TESTS"""

Notebook = dict[str, Any]


def assignment(page: Page, *, seed: int = 0) -> Notebook:
    """The chapter as a notebook for a class."""
    stored = stored_numbers(page)
    cells: list[Notebook] = []
    is_solution = False
    for cell in page.cells:
        names = {directive.name for directive in cell.directives}
        is_solution = is_solution or "solution-start" in names
        if not is_solution and "solution" not in names:
            source = cell.source if cell.kind == "code" else _quoted(cell.source, stored)
            if cell.kind == "code":
                source = _seeded(source, seed).replace("../data", "data")
            cells.append(_cell(cell.kind, cell.id, source, cell.metadata))
            if cell.role == "exercise":
                cells.append(_marking_cell(cell.id, source))
        is_solution = is_solution and "solution-end" not in names
    return {"cells": cells, "metadata": NOTEBOOK_METADATA, "nbformat": 4, "nbformat_minor": 5}


def _cell(kind: str, identifier: str, source: str, metadata: dict[str, Any]) -> Notebook:
    cell = {"cell_type": kind, "id": identifier, "metadata": metadata, "source": source}
    return cell | ({"outputs": [], "execution_count": None} if kind == "code" else {})


def stored_numbers(page: Page) -> dict[str, str]:
    """What the chapter glued, as its sentences quote it."""
    return {
        output["metadata"]["scrapbook"]["name"]: ast.literal_eval(text)
        for cell in page.code
        for output in cell.outputs
        if "scrapbook" in output.get("metadata", {})
        for text in output["data"].values()
    }


def _quoted(source: str, stored: dict[str, str]) -> str:
    return GLUED.sub(lambda found: stored.get(found[1], found[0]), source)


def _calls(source: str) -> list[ast.Call]:
    """The calls of numbers and answer in a cell, the last first."""
    try:
        tree = ast.parse(source)
    except SyntaxError:
        return []
    calls = [
        node
        for node in ast.walk(tree)
        if isinstance(node, ast.Call)
        and isinstance(node.func, ast.Name)
        and node.func.id in ("numbers", "answer")
    ]
    return sorted(calls, key=lambda call: (call.lineno, call.col_offset), reverse=True)


def _name(call: ast.Call) -> str:
    return str(ast.literal_eval(call.args[0]))


def _seeded(source: str, seed: int) -> str:
    """The cell with the seed of this class where an exercise draws its numbers."""
    lines = source.splitlines(keepends=True)
    for call in _calls(source):
        if not _is_drawn(_name(call)):
            continue
        call.keywords = [one for one in call.keywords if one.arg != "seed"]
        call.keywords.append(ast.keyword("seed", ast.Constant(seed)))
        first, last = call.lineno - 1, (call.end_lineno or call.lineno) - 1
        before = lines[first].encode()[: call.col_offset].decode()
        after = lines[last].encode()[call.end_col_offset :].decode()
        lines[first : last + 1] = [before + ast.unparse(call) + after]
    return "".join(lines)


def _is_drawn(name: str) -> bool:
    try:
        numbers(name)
    except ValueError:
        return False
    return True


def _marking_cell(identifier: str, source: str) -> Notebook:
    """The locked cell that repeats the last line of the reader's cell, and shows nothing."""
    call = _calls(source)[0]
    name = _name(call)
    told = {"grade": True, "grade_id": f"mark-{name}", "locked": True, "schema_version": 3}
    told |= {"points": exercise(name).points, "solution": False, "task": False}
    text = MARK.format(name=name, call=ast.unparse(call))
    return _cell("code", f"mark-{identifier}", text, {"nbgrader": told})


def write(path: Path, seed: int) -> Path:
    """Write the course of one chapter; return its folder."""
    course = FOLDER / path.stem
    source = course / "source" / path.stem
    shutil.rmtree(course, ignore_errors=True)
    source.mkdir(parents=True)
    notebook = json.dumps(assignment(read_page(path), seed=seed), indent=1, ensure_ascii=False)
    (source / path.name).write_text(notebook + "\n", encoding="utf-8")
    (course / "nbgrader_config.py").write_text(SETTINGS, encoding="utf-8")
    if "../data" in path.read_text(encoding="utf-8"):
        shutil.copytree(DATA, source / "data")
    return course


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    chapters = {path.stem: path for path in contents.notebooks()}
    parser.add_argument("chapter", choices=chapters, metavar="CHAPTER", help=", ".join(chapters))
    parser.add_argument("--seed", type=int, default=0, help="of the numbers that exercises draw")
    arguments = parser.parse_args()
    course = write(chapters[arguments.chapter], arguments.seed)
    print(f"The course is in {course.relative_to(contents.ROOT)}; there, run:")
    print(f"nbgrader generate_assignment {arguments.chapter} --create")
    return 0


if __name__ == "__main__":
    sys.exit(main())
