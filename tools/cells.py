"""Give the new cells of a notebook ids of plain words.

    python -m tools.cells FILE ...

JupyterLab gives new cells random ids. Here they are named after what they hold: the figure, the
claim, the exercise, the first heading, the first name that gets a value. Other ids stay.
"""

from __future__ import annotations

import argparse
import ast
import json
import re
import sys
from pathlib import Path

import nbformat

from tools.pages import Cell, read_page

PLAIN = re.compile(r"[a-z][a-z0-9]*(-[a-z0-9]+)*")
RANDOM = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){0,3}.*")
CLAIM = re.compile(r"\bcheck\(\s*[\"']([^\"']+)[\"']")
ANSWER = re.compile(r"\banswer\(\s*[\"']([^\"']+)[\"']")
MOST_WORDS = 4


def is_plain(identifier: str) -> bool:
    """Does an id consist of words that a person chose?"""
    return bool(PLAIN.fullmatch(identifier)) and not RANDOM.fullmatch(identifier)


def name(path: Path) -> list[str]:
    """Name the cells of one notebook; return the new ids, in order."""
    cells = read_page(path).cells
    taken = {cell.id for cell in cells if is_plain(cell.id)}
    notebook = nbformat.from_dict(json.loads(path.read_text(encoding="utf-8")))
    given = []
    seen: set[str] = set()
    for cell, stored in zip(cells, notebook.cells, strict=True):
        if not is_plain(cell.id) or cell.id in seen:
            stored.id = _free(_words(_subject(cell)) or cell.kind, taken)
            given.append(stored.id)
        seen.add(stored.id)
        taken.add(stored.id)
    if given:
        path.write_text(nbformat.writes(notebook) + "\n", encoding="utf-8")
    return given


def _subject(cell: Cell) -> str:
    return _of_code(cell) if cell.kind == "code" else _of_text(cell)


def _of_text(cell: Cell) -> str:
    """The label of a directive that stands alone, else the first heading, else the first words."""
    label = next((one.label or one.argument for one in cell.directives), "")
    heading = re.search(r"^#+ +(.+)$", cell.source, re.M)
    if heading:
        return heading[1]
    if cell.source.lstrip().startswith(("```", ":::")) and cell.directives:
        end = "end" if cell.directives[0].name == "solution-end" else ""
        return label or end
    return cell.source


def _of_code(cell: Cell) -> str:
    """The figure, the claim or the exercise of a cell, else the first name it gives a value."""
    answered, claimed = ANSWER.search(cell.source), CLAIM.search(cell.source)
    if drawn := cell.figure.get("figure", {}).get("name"):
        return str(drawn)
    if claimed:
        return f"check {claimed[1]}"
    if answered:
        return f"turn {answered[1].removeprefix('ex-')}"
    return _first_name(cell.source)


def _first_name(source: str) -> str:
    try:
        tree = ast.parse(source)
    except SyntaxError:
        return ""
    for node in ast.walk(tree):
        if isinstance(node, ast.FunctionDef | ast.ClassDef):
            return node.name
        if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store):
            return node.id
    return ""


def _words(text: str) -> str:
    """The first few words as an id has them."""
    found = re.findall(r"[a-z][a-z0-9]*", text.lower())
    return "-".join(found[:MOST_WORDS])


def _free(wanted: str, taken: set[str]) -> str:
    number = 2
    free = f"cell-{wanted}" if RANDOM.fullmatch(wanted) else wanted
    while free in taken:
        free = f"{wanted}-{number}"
        number += 1
    return free


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("notebooks", nargs="+", type=Path)
    for path in parser.parse_args().notebooks:
        given = name(path)
        print(f"{path.name}: {', '.join(given) if given else 'every cell has a name'}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
