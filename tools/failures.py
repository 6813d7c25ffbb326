"""Say where in the book a cell is: its chapter, its number, the heading above it, its claims."""

from __future__ import annotations

import re
from pathlib import Path

import nbformat

HEADING = re.compile(r"^#+ +(.+)$", re.MULTILINE)
CLAIM = re.compile(r"\bcheck\(\s*[\"']([^\"']+)[\"']")


def place(path: Path, code_cell: int) -> str:
    """One line for the code cell with this number, counted from 0 as nbval counts."""
    heading, seen = "its first line", -1
    for cell in nbformat.read(path, as_version=4).cells:
        if cell.cell_type == "markdown":
            heading = (HEADING.findall(cell.source) or [heading])[-1]
        elif cell.cell_type == "code":
            seen += 1
            if seen == code_cell:
                return describe(path, code_cell, cell, heading)
    return f"{path.stem}: code cell {code_cell + 1}, which the file no longer has"


def describe(path: Path, code_cell: int, cell: nbformat.NotebookNode, heading: str) -> str:
    claims = CLAIM.findall(cell.source)
    said = f"claim {', '.join(claims)}" if claims else "no claim"
    name = cell.get("id", "no id")
    return f"{path.name}: code cell [{code_cell + 1}] ({name}), under {heading!r}; {said}"
