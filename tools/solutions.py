"""A chapter without its solutions, and without the numbers that only they quote."""

from __future__ import annotations

import ast
import re
from typing import Any

from tools.pages import FENCE, find_directives

Notebook = dict[str, Any]
GLUED = re.compile(r"\{glue:(?:text)?\}`([\w.-]+)[`:]")


def without_solutions(notebook: Notebook) -> Notebook:
    """A copy of a notebook without solutions, folded answers, and what only these quote."""
    kept, gone = [], []
    inside = False
    for cell in notebook["cells"]:
        names = {one.name for one in find_directives(text_of(cell))} if is_text(cell) else set()
        inside = inside or "solution-start" in names
        (gone if inside or "solution" in names else kept).append(cell)
        inside = inside and "solution-end" not in names
    folded = [_unfolded(cell) for cell in kept]
    orphans = _quoted([*kept, *gone]) - _quoted(folded)
    cells = _without_numbers([one for one in folded if text_of(one).strip()], orphans)
    return notebook | {"cells": cells}


def _quoted(cells: list[Notebook]) -> set[str]:
    """The numbers that sentences and captions quote."""
    words = [text_of(one) if is_text(one) else str(one["metadata"]) for one in cells]
    return set(GLUED.findall("".join(words)))


def text_of(cell: Notebook) -> str:
    return "".join(cell["source"])


def is_text(cell: Notebook) -> bool:
    return bool(cell["cell_type"] == "markdown")


def _with_text(cell: Notebook, text: str) -> Notebook:
    return cell | {"source": text.splitlines(keepends=True)}


def _unfolded(cell: Notebook) -> Notebook:
    """The cell without its folded answers, admonitions that the reader opens with a click."""
    text = text_of(cell)
    if not is_text(cell) or "dropdown" not in text:
        return cell
    return _with_text(cell, without_folds(text).rstrip("\n"))


def without_folds(text: str) -> str:
    """A text without its folded admonitions."""
    lines, kept, position = text.splitlines(keepends=True), [], 0
    while position < len(lines):
        opening = FENCE.match(lines[position].rstrip("\n"))
        end = _end(lines, position, opening[1]) if opening else position
        block = "".join(lines[position : end + 1])
        folded = [one.options.get("class") for one in find_directives(block)[:1]] == ["dropdown"]
        if not (opening and opening[2] == "admonition" and folded):
            kept.append(block)
        position = end + 1
    return "".join(kept)


def _end(lines: list[str], start: int, fence: str) -> int:
    for number in range(start + 1, len(lines)):
        line = lines[number].strip()
        if set(line) == {fence[0]} and len(line) >= len(fence):
            return number
    return len(lines) - 1


# -- Numbers that only a solution quotes -----------------------------------------------------------


def _without_numbers(cells: list[Notebook], orphans: set[str]) -> list[Notebook]:
    """Without the statements that glue these numbers, and what was computed only for them."""
    code = {number: cell for number, cell in enumerate(cells) if not is_text(cell)}
    trees = {number: ast.parse(text_of(cell)).body for number, cell in code.items()}
    statements = [one for tree in trees.values() for one in tree]
    glued = {one: _glued(one, orphans | _stored(cells)) for one in statements}
    cut = {one for one, names in glued.items() if names and names <= orphans}
    missed = orphans - {name for one in cut for name in glued[one]}
    if missed:
        raise ValueError(f"only a solution quotes {sorted(missed)}: glue each by its own name")
    checks = [n for n, cell in code.items() if "check" in cell["metadata"].get("tags", [])]
    cut |= _only_for(cut, statements, {one for number in checks for one in trees[number]})
    found = [
        _cut(cell, [one for one in trees[number] if one in cut], orphans)
        if number in code
        else cell
        for number, cell in enumerate(cells)
    ]
    return [one for one in found if text_of(one).strip()]


def _glued(statement: ast.stmt, stored: set[str]) -> set[str]:
    """The stored numbers that a statement glues; one in a loop by how it begins and ends."""
    if isinstance(statement, ast.FunctionDef):
        return set()
    calls = [node for node in ast.walk(statement) if isinstance(node, ast.Call)]
    names = [call.args[0] for call in calls if getattr(call.func, "id", "") == "glue"]
    patterns = [
        "".join(
            re.escape(part.value) if isinstance(part, ast.Constant) else ".*"
            for part in getattr(name, "values", [name])
        )
        for name in names
    ]
    return {one for one in stored if any(re.fullmatch(pattern, one) for pattern in patterns)}


def _stored(cells: list[Notebook]) -> set[str]:
    """The names of the numbers that the cells stored."""
    outputs = [output for cell in cells for output in cell.get("outputs", [])]
    told = [output.get("metadata", {}).get("scrapbook", {}) for output in outputs]
    return {str(one["name"]) for one in told if "name" in one}


def _only_for(
    cut: set[ast.stmt], statements: list[ast.stmt], checks: set[ast.stmt]
) -> set[ast.stmt]:
    """The assignments and functions of checks that nothing uses any more once `cut` is gone."""
    gone = set(cut)
    while True:
        wanted = {name for one in gone for name in _names(one, ast.Load)}
        used = {name for one in statements if one not in gone for name in _names(one, ast.Load)}
        new = {
            one
            for one in checks - gone
            if isinstance(one, ast.Assign | ast.FunctionDef)
            and (names := _made(one))
            and names <= wanted
            and not names & (used - _own(one))
        }
        if not new:
            return gone - cut
        gone |= new


def _made(one: ast.stmt) -> set[str]:
    return {one.name} if isinstance(one, ast.FunctionDef) else _names(one, ast.Store)


def _own(one: ast.stmt) -> set[str]:
    """A function that calls itself is not used for that."""
    return _made(one) if isinstance(one, ast.FunctionDef) else set()


def _names(one: ast.AST, kind: type) -> set[str]:
    return {
        node.id
        for node in ast.walk(one)
        if isinstance(node, ast.Name) and isinstance(node.ctx, kind)
    }


def _cut(cell: Notebook, gone: list[ast.stmt], orphans: set[str]) -> Notebook:
    if not gone:
        return cell
    lines = text_of(cell).splitlines(keepends=True)
    for one in gone:
        lines[one.lineno - 1 : one.end_lineno] = [""] * (one.end_lineno - one.lineno + 1)  # type: ignore[operator]
    outputs = [
        output
        for output in cell["outputs"]
        if output.get("metadata", {}).get("scrapbook", {}).get("name") not in orphans
    ]
    return _with_text(cell, "".join(lines).strip("\n")) | {"outputs": outputs}
