"""The house: functions taken in at a glance, modules of one idea, rooms that say what they are for.

Which room may import from which is a rule of its own, in tests/book/rules.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator
from graphlib import TopologicalSorter
from pathlib import Path
from typing import Any

import pytest

from tools import contents

HOUSE = contents.ROOT / "helpers"
FUNCTION, MODULE = 20, 400
MODULES = sorted(HOUSE.rglob("*.py"))
ROOMS = sorted(path.parent for path in HOUSE.glob("*/__init__.py"))


def lengths(source: str) -> Iterator[tuple[str, int]]:
    """Yield each function of a module with the lines of its body, as they stand.

    Docstrings, comments and blank lines are not counted, nor what a key lists: its exercises and
    their wrong turns. A function inside another one is.
    """
    rows = source.splitlines()
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.FunctionDef):
            body = node.body[1:] if ast.get_docstring(node) else node.body
            inside = {n for statement in body for n in _lines(statement)}
            told = {n for call in ast.walk(node) if _lists(call) for n in _lines(call)}
            code = [rows[n - 1].strip() for n in inside - told]
            yield node.name, sum(bool(row) and row[0] != "#" for row in code)


def _lines(node: Any) -> range:
    return range(node.lineno, node.end_lineno + 1)


def _lists(node: ast.AST) -> bool:
    match node:
        case ast.Call(func=ast.Name(id="Exercise" | "Prediction" | "WrongTurn")):
            return True
    return False


@pytest.mark.parametrize("path", MODULES, ids=lambda path: str(path.relative_to(HOUSE)))
def test_a_function_is_taken_in_at_a_glance(path: Path) -> None:
    found = lengths(path.read_text(encoding="utf-8"))
    long = {name: length for name, length in found if length > FUNCTION}
    assert not long, f"over {FUNCTION} lines; split where a part has a name of its own"


@pytest.mark.parametrize("path", MODULES, ids=lambda path: str(path.relative_to(HOUSE)))
def test_a_module_holds_one_idea(path: Path) -> None:
    length = len(path.read_text(encoding="utf-8").splitlines())
    assert length <= MODULE, "split it by the field's words"


def test_imports_run_in_no_circle() -> None:
    uses = {}
    for path in MODULES:
        name = ".".join(path.relative_to(HOUSE.parent).with_suffix("").parts)
        tree = ast.parse(path.read_text(encoding="utf-8"))
        found = {n.module for n in ast.walk(tree) if isinstance(n, ast.ImportFrom)}
        uses[name.removesuffix(".__init__")] = {m for m in found if m and m.startswith("helpers")}
    TopologicalSorter(uses).prepare()  # a circle is a CycleError that names its modules


@pytest.mark.parametrize("room", ROOMS, ids=lambda room: room.name)
def test_a_room_says_what_it_is_for(room: Path) -> None:
    tree = ast.parse((room / "__init__.py").read_text(encoding="utf-8"))
    lines = [line for line in (ast.get_docstring(tree) or "").splitlines() if line]
    assert len(lines) == 3
    assert lines[1].startswith("Here belong") and lines[2].startswith("This room uses ")
    assert len(tree.body) == 1, "a room only says what it is; names are imported from its modules"


def test_a_long_function_is_seen() -> None:
    source = 'def f():\n    """One.\n\n    Two.\n    """\n    # why\n    x = (\n        1\n    )\n'
    assert list(lengths(source)) == [("f", 3)]
    assert list(lengths("def e():\n    a = 1\n    return Exercise(\n        a\n    )\n")) == [
        ("e", 1)
    ]
    assert list(lengths('def g():\n    """Nothing else."""\n')) == [("g", 0)]
