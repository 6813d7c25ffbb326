"""Write chapters as an nbgrader assignment, without their solutions: `make assignment`.

    python -m tools.assignment CHAPTER ... [--seed N]

The course is made in _build/assignment/CHAPTER: the chapters in `source`, each exercise with a key
followed by a locked cell that marks it; the settings of nbgrader; in `wheel` what students and the
marking machine install, which holds no key; and in `submitted` the zero-points control, a copy
handed in as it was handed out. `nbgrader generate_assignment CHAPTER --create`, run there, makes
the students' copy in `release`; `python -m tools.collect` looks through what comes back.
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
from tools import contents, editions, student
from tools.marking import marking
from tools.notebooks import NOTEBOOK_METADATA
from tools.pages import Page, read_page
from tools.solutions import is_text, text_of, without_solutions

FOLDER = contents.ROOT / "_build" / "assignment"
DATA = contents.ROOT / "book" / "data"
CONTROL = "zero-points-control"
GLUED = re.compile(r"\{glue:text\}`([\w.-]+)`")
HIDDEN = re.compile(r"### BEGIN HIDDEN TESTS.*?### END HIDDEN TESTS", re.S)
SETTINGS = """\
c = get_config()
c.CourseDirectory.course_id = "recurrent-networks"
# The stubs are the students' cells as they stand; nothing is cut out of them.
c.ClearSolutions.enabled = False
c.ExecutePreprocessor.timeout = 300
"""

Notebook = dict[str, Any]


def assignment(path: Path, *, seed: int = 0) -> Notebook:
    """The chapter as a notebook for a class."""
    stored = stored_numbers(read_page(path))
    bare = without_solutions(json.loads(path.read_text(encoding="utf-8")))
    cells: list[Notebook] = []
    for cell in bare["cells"]:
        kind, source = cell["cell_type"], text_of(cell)
        if is_text(cell):
            source = _quoted(source, stored)
        else:
            source = _seeded(source, seed).replace("../data", "data")
        cells.append(_cell(kind, cell["id"], source, cell["metadata"]))
        if "exercise" in cell["metadata"].get("tags", []):
            cells.append(_marking_cell(cell["id"], source, seed))
    return {"cells": cells, "metadata": NOTEBOOK_METADATA, "nbformat": 4, "nbformat_minor": 5}


def released(notebook: Notebook) -> Notebook:
    """What students get: the notebook without what is hidden."""
    cells = [one | {"source": HIDDEN.sub("", one["source"])} for one in notebook["cells"]]
    return notebook | {"cells": cells}


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


def _marking_cell(identifier: str, source: str, seed: int) -> Notebook:
    """The locked cell that marks what the reader's cell hands to `answer`."""
    call = _calls(source)[0]
    one = exercise(_name(call), seed=seed if _is_drawn(_name(call)) else 0)
    told = {"grade": True, "grade_id": f"mark-{one.id}", "locked": True, "schema_version": 3}
    told |= {"points": one.points, "solution": False, "task": False}
    text = marking(one, ast.unparse(call.args[1]))
    return _cell("code", f"mark-{identifier}", text, {"nbgrader": told})


def write(paths: list[Path], seed: int) -> Path:
    """Write the course of some chapters; return its folder."""
    name = "-".join(path.stem for path in paths)
    course = FOLDER / name
    shutil.rmtree(course, ignore_errors=True)
    source, control = course / "source" / name, course / "submitted" / CONTROL / name
    for folder in (source, control):
        folder.mkdir(parents=True)
    for path in paths:
        made = assignment(path, seed=seed)
        _store(source / path.name, made)
        _store(control / path.name, released(made))
    (course / "nbgrader_config.py").write_text(SETTINGS, encoding="utf-8")
    if any("../data" in path.read_text(encoding="utf-8") for path in paths):
        for folder in (source, control):
            shutil.copytree(DATA, folder / "data")
    return course


def _store(path: Path, notebook: Notebook) -> None:
    text = json.dumps(notebook, indent=1, ensure_ascii=False)
    path.write_text(text + "\n", encoding="utf-8")


def add_wheel(course: Path, seed: int) -> None:
    """Put the wheel of the students' edition into a course, with the numbers of its seed."""
    tree = student.write(course / "student", seed)
    shutil.copytree(editions.build_wheel(tree).parent, course / "wheel")
    shutil.rmtree(tree)


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    chapters = {path.stem: path for path in contents.notebooks()}
    told = {"choices": chapters, "metavar": "CHAPTER", "help": ", ".join(chapters)}
    parser.add_argument("chapters", nargs="+", **told)
    parser.add_argument("--seed", type=int, default=0, help="of the numbers that exercises draw")
    arguments = parser.parse_args()
    course = write([chapters[name] for name in arguments.chapters], arguments.seed)
    add_wheel(course, arguments.seed)
    print(f"The course is in {course.relative_to(contents.ROOT)}; there, run:")
    print(f"nbgrader generate_assignment {course.name} --create")
    return 0


if __name__ == "__main__":
    sys.exit(main())
