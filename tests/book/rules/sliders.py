"""What a slider reads when it is moved is what it read when it was drawn."""

from __future__ import annotations

import ast
from collections.abc import Iterator

from tests.book.rules.faults import Faults, parsed
from tools.pages import Cell, Page


def sliders_keep_their_names(page: Page) -> Faults:
    """What a slider's functions read at each move is not given another value further down.

    With a kernel they are called when the reader moves the slider, after all cells have run.
    """
    bound = [(cell, node, names) for cell in page.code for node, names in bindings(parsed(cell))]
    faults = []
    for cell in page.code:
        calls = [n for n in ast.walk(parsed(cell)) if isinstance(n, ast.Call) and _calls(n)]
        read = _read_later(calls, [b for b in bound if b[0].number <= cell.number])
        faults += [
            f"{page.at(later)} gives {name!r} another value, and the slider in {page.at(cell)}"
            " reads it; take another name"
            for later, _, names in bound
            if later.number > cell.number
            for name in sorted(names & read)
        ]
    return faults


def _calls(node: ast.Call) -> bool:
    return isinstance(node.func, ast.Name) and node.func.id == "explore"


def bindings(tree: ast.Module) -> Iterator[tuple[ast.stmt, set[str]]]:
    """The statements of a cell that give values to names of the notebook, and these names."""
    for statement in tree.body:
        if isinstance(statement, ast.FunctionDef):
            yield statement, {statement.name}
        elif isinstance(statement, ast.Import | ast.ImportFrom):
            yield statement, {(a.asname or a.name).split(".")[0] for a in statement.names}
        else:
            yield statement, _stored(statement)


def _stored(node: ast.AST) -> set[str]:
    """The names that a statement binds, without those inside functions and comprehensions."""
    if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store):
        return {node.id}
    local = ast.Lambda | ast.ListComp | ast.SetComp | ast.DictComp | ast.GeneratorExp
    parts = () if isinstance(node, local) else ast.iter_child_nodes(node)
    return set().union(*(_stored(part) for part in parts))


def _read_later(calls: list[ast.Call], bound: list[tuple[Cell, ast.stmt, set[str]]]) -> set[str]:
    """The names that the functions handed to these calls read when they are called."""

    def inside(name: str) -> list[str]:
        last = next((node for _, node, names in reversed(bound) if name in names), None)
        return [] if last is None else _read_in(last)

    given = [part for call in calls for part in (*call.args, *(k.value for k in call.keywords))]
    waiting = [name for part in given for name in _read_in(part)]
    waiting += [n for part in given if isinstance(part, ast.Name) for n in inside(part.id)]
    read: set[str] = set()
    while waiting:
        name = waiting.pop()
        waiting += [] if name in read else inside(name)
        read.add(name)
    return read


def _read_in(node: ast.AST) -> list[str]:
    """The names that the functions in a piece of code read and do not bind themselves."""
    functions = [n for n in ast.walk(node) if isinstance(n, ast.FunctionDef | ast.Lambda)]
    return [name for function in functions for name in _free(function)]


def _free(function: ast.FunctionDef | ast.Lambda) -> set[str]:
    """The names that a function reads and does not bind itself."""
    names = [node for node in ast.walk(function) if isinstance(node, ast.Name)]
    own = {node.arg for node in ast.walk(function) if isinstance(node, ast.arg)}
    own |= {node.id for node in names if isinstance(node.ctx, ast.Store)}
    return {node.id for node in names if isinstance(node.ctx, ast.Load)} - own
