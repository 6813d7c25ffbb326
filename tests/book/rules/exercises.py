"""Exercises stand alone, say level and time, and have a stub that runs and a folded solution."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator, Mapping

from helpers.book.exercises import Prediction
from tests.book.rules.faults import Faults, doubles, parsed
from tools.pages import Cell, Directive, Page, blocks

LEVEL = re.compile(r"\((pencil|code|open), (easy|medium|hard), \d+ min\)")
ALONE = {"exercise": 0, "solution": 1, "solution-start": 1, "solution-end": 1}  # 0: any number
STUB = {"grade": False, "locked": False, "schema_version": 3, "solution": True, "task": False}
CHOICE = re.compile(r"^\* \((\w)\) (.+(?:\n +.+)*)", re.M)
TARGET = re.compile(r"^\((predict-[\w-]+)\)= *$", re.M)


def exercises_are_solved(page: Page) -> Faults:
    """Each exercise has a label, a level, a time and one solution, which is folded."""
    faults = []
    asked = [d for d in page.directives if d.name in ("exercise", "exercise-start")]
    solved = [d for d in page.directives if d.name in ("solution", "solution-start")]
    for one in asked:
        where = f"{page.path.name}, exercise {one.label!r}"
        if not one.label.startswith("ex-"):
            faults.append(f"{where} ({one.argument}) has no label ex-...")
        if not LEVEL.search(f"{one.argument} {one.body}"):
            faults.append(f"{where} says no level and time; write (pencil, easy, 5 min)")
        if sum(d.argument == one.label for d in solved) != 1:
            faults.append(f"{where} needs one solution that names it")
    for one in solved:
        where = f"{page.path.name}, solution of {one.argument!r}"
        if one.argument not in {d.label for d in asked}:
            faults.append(f"{where} solves no exercise of this page")
        if "dropdown" not in one.options.get("class", "") or not one.label.startswith("sol-"):
            faults.append(f"{where} needs :class: dropdown and :label: sol-...")
    return faults


def exercises_stand_alone(page: Page) -> Faults:
    """Nothing in the text around a stub says the answer: these cells hold nothing else."""
    faults = []
    for cell in page.text:
        if not page.is_notebook or not any(d.name in ALONE for d in cell.directives):
            continue
        parts = [block for block in blocks(cell.source) if isinstance(block, Directive) or block]
        names = [part.name if isinstance(part, Directive) else "" for part in parts]
        if len(set(names)) > 1 or (len(names) > 1 and ALONE.get(names[0], 1)):
            faults.append(
                f"{page.at(cell)} mixes an exercise or a solution with other text; exercises may"
                " share a cell with exercises, each solution has its own"
            )
    return faults


def exercise_cells_are_stubs(page: Page) -> Faults:
    """A stub that checks itself, marked for nbgrader, below the exercise that it is for."""
    faults = []
    for position, cell in enumerate(page.cells):
        if cell.kind == "code" and cell.role == "exercise":
            faults += _stub_faults(page, cell, _labels_above(page, position))
        if "solution-check" in cell.tags:
            faults.append(f"{page.at(cell)} is not needed: the stub checks itself; remove it")
    grade_ids = [cell.metadata.get("nbgrader", {}).get("grade_id", "") for cell in page.code]
    return faults + doubles(grade_ids, f"{page.path.name}: the grade_id")


def _labels_above(page: Page, position: int) -> set[str]:
    """The labels of the exercises in the text cell above, other stubs between left out."""
    for cell in reversed(page.cells[:position]):
        if cell.kind == "markdown":
            return {d.label for d in cell.directives if d.name == "exercise"}
    return set()


def asked_in(cell: Cell) -> str:
    """The id of the exercise that the last line of a cell answers, or nothing."""
    body = parsed(cell).body
    last = body[-1].value if body and isinstance(body[-1], ast.Expr) else None
    if isinstance(last, ast.Call) and isinstance(last.func, ast.Name) and last.func.id == "answer":
        first = last.args[0]
        return str(first.value) if isinstance(first, ast.Constant) else ""
    return ""


def _stub_faults(page: Page, cell: Cell, labels: set[str]) -> Iterator[str]:
    asked = asked_in(cell)
    if not asked or asked not in labels:
        wanted = " or ".join(sorted(labels)) or "the exercise above"
        yield f"{page.at(cell)} must end in answer(...) of {wanted}, whose text is just above it"
    if cell.metadata.get("nbgrader") != {**STUB, "grade_id": asked}:
        yield f"{page.at(cell)} needs the nbgrader metadata {STUB} with grade_id {asked!r}"


def solutions_are_whole(page: Page) -> Faults:
    """Between {solution-start} and {solution-end}: text, and one code cell that Lab folds."""
    faults = []
    for position, cell in enumerate(page.cells):
        for directive in cell.directives:
            if directive.name == "solution-start":
                faults += _solution_faults(page, position, directive)
    return faults


def _solution_faults(page: Page, position: int, start: Directive) -> Iterator[str]:
    inside: list[Cell] = []
    for cell in page.cells[position + 1 :]:
        if any(directive.name == "solution-end" for directive in cell.directives):
            break
        inside.append(cell)
    else:
        yield f"{page.path.name}: {{solution-start}} {start.argument} is never ended"
    code = [cell for cell in inside if cell.kind == "code"]
    if [cell.role for cell in code] != ["solution"]:
        yield f"{page.path.name}, solution of {start.argument!r} needs one cell tagged solution"
    for cell in code:
        if "nbgrader" in cell.metadata or "### BEGIN" in cell.source:
            yield f"{page.at(cell)}: no nbgrader metadata, no marks; a class never gets it"
        if not cell.metadata.get("jupyter", {}).get("source_hidden"):
            yield f"{page.at(cell)}: jupyter.source_hidden = true, so that Lab folds it"


def predictions_are_asked(book: list[Page], known: Mapping[str, Prediction]) -> Faults:
    """A question before the run has a target and its choices, word by word those of its key."""
    faults = []
    seen: list[str] = []
    for page in book:
        for cell in page.text:
            for name, choices in questions(cell.source):
                seen.append(name)
                if name not in known:
                    faults.append(
                        f"{page.at(cell)} asks {sorted(choices)} as {name!r}; give it a target"
                        " (predict-...)= and a Prediction in the chapter's keys"
                    )
                elif choices != {k: _words(v) for k, v in known[name].choices.items()}:
                    faults.append(f"{page.at(cell)}: the choices of {name} are not its key's")
    faults += [f"no page asks {name!r}, which has a key" for name in set(known) - set(seen)]
    return faults + doubles(seen, "the question")


def questions(source: str) -> Iterator[tuple[str, dict[str, str]]]:
    """The lists of choices in a text, each with the target that stands before it."""
    found = list(CHOICE.finditer(source))
    groups = [one for one in found if one[1] == "a"]
    for number, first in enumerate(groups):
        end = groups[number + 1].start() if number + 1 < len(groups) else len(source)
        choices = {one[1]: _words(one[2]) for one in found if first.start() <= one.start() < end}
        targets = TARGET.findall(source[: first.start()])
        yield (targets[-1] if targets else "", choices)


def _words(text: str) -> str:
    return " ".join(re.findall(r"\w+", text.lower()))
