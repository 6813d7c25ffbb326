"""A class for the tests: students who answer rightly, wrongly, not at all, or cheat."""

from __future__ import annotations

import ast
import copy
from pathlib import Path
from typing import Any

from helpers.book.exercises import exercise
from tests.book.test_exercises import ASKED, drawn, solutions
from tools import contents

Notebook = dict[str, Any]
SEED = 7
CHEATS = {
    "rebinds": "from helpers.book.exercises import Answer\n"
    "answer = lambda i, v, seed=0: Answer(i, True, '')\n",
    "asks": "from helpers.book.exercises import exercise\n"
    "{names} = exercise('{name}', seed={seed}).right\n",
    "patches": "import helpers.book.exercises as e, helpers.book.sealed as s\n"
    "e.Answer.right = s.Sealed.judge = property(lambda self: True)\n"
    "abs = max = lambda *x, **y: 0\n",
}


def turns(notebook: Notebook) -> list[Notebook]:
    """The cells for students' answers."""
    told = [one for one in notebook["cells"] if "exercise" in one["metadata"].get("tags", [])]
    return [one for one in told if "nbgrader" in one["metadata"]]


def solved_by(path: Path) -> dict[str, str]:
    """The solutions of a chapter that are code, by exercise."""
    found: dict[str, str] = {}
    for parameter in solutions():
        page, cell, turn = parameter.values
        if page.path == path and turn is not None:
            found[asked(turn.source)] = cell.source
    return found


def asked(source: str) -> str:
    return ASKED.findall(source)[-1]


def answered(notebook: Notebook, path: Path, kind: str) -> Notebook:
    """The copy of a student: right, wrong, or one of the cheats."""
    made = copy.deepcopy(notebook)
    for cell in turns(made):
        *_, last = cell["source"].splitlines()
        name, names = asked(last), ast.unparse(ast.parse(last).body[0].value.args[1])  # type: ignore[attr-defined]
        one = exercise(name, seed=SEED if drawn(name) else 0)
        if kind in CHEATS:
            code = CHEATS[kind].format(names=names, name=name, seed=SEED if drawn(name) else 0)
        elif kind == "right":
            code = solved_by(path).get(name) or f"{names} = {given(one.right)}"
        else:
            code = f"{names} = {given(one.wrong[0].value)}"
        cell["source"] = f"{code}\n{last}"
    return made


def given(value: Any) -> str:
    """Numbers as a student types them; a function cannot be typed, so it stays open."""
    if callable(value):
        return "..."
    if isinstance(value, tuple):
        return f"({', '.join(given(one) for one in value)},)"
    return repr(value.item() if hasattr(value, "item") else value)


def chapter(name: str) -> Path:
    return next(path for path in contents.notebooks() if path.stem == name)
