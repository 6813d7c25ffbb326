"""What all rules use: a fault is a sentence that says where it is, what is wrong, what to do."""

from __future__ import annotations

import ast
from itertools import pairwise
from typing import Any

from tools.pages import Cell

Faults = list[str]
Allowed = dict[str, dict[str, Any]]


def parsed(cell: Cell) -> ast.Module:
    try:
        return ast.parse(cell.source)
    except SyntaxError:  # a line of IPython, or a cell that shows a syntax error
        return ast.Module(body=[], type_ignores=[])


def doubles(names: list[str], what: str) -> Faults:
    ordered = sorted(name for name in names if name)
    return sorted({f"{what} {one!r} stands twice" for one, two in pairwise(ordered) if one == two})
