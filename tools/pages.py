"""A page of the book as the rules and the counts see it: cells, and the directives in its text."""

from __future__ import annotations

import json
import re
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Any

from tools import contents

FENCE = re.compile(r"^ *(`{3,}|:{3,})\{([\w:-]+)\} *(.*)$")
PLAIN_FENCE = re.compile(r"^ *(`{3,}|~{3,})[^`]*$")
OPTION = re.compile(r"^ *:([\w-]+): *(.*)$")
ROLES = ("figure", "check", "exercise", "solution")


@dataclass(frozen=True)
class Directive:
    """One `{name} argument` block of MyST, with its options and its text."""

    name: str
    argument: str
    options: dict[str, str]
    body: str

    @property
    def label(self) -> str:
        return self.options.get("label") or self.options.get("name") or ""


@dataclass
class Cell:
    """One cell; `number` counts the code cells, or the text cells, from 1."""

    kind: str
    number: int
    id: str
    source: str
    metadata: dict[str, Any] = field(default_factory=dict)
    outputs: list[dict[str, Any]] = field(default_factory=list)
    execution_count: int | None = None

    @property
    def tags(self) -> set[str]:
        return set(self.metadata.get("tags", []))

    @property
    def role(self) -> str:
        """The kind of a code cell: open, figure, check, exercise or solution."""
        return next((role for role in ROLES if role in self.tags), "open")

    @property
    def lines(self) -> list[str]:
        return self.source.splitlines()

    @cached_property
    def directives(self) -> list[Directive]:
        return list(find_directives(self.source)) if self.kind == "markdown" else []

    @property
    def figure(self) -> dict[str, Any]:
        """What myst-nb is told about the figure this cell draws: image, figure."""
        told: dict[str, Any] = self.metadata.get("mystnb", {})
        return told

    def stdout(self) -> str:
        return "".join(o.get("text", "") for o in self.outputs if o.get("name") == "stdout")

    def mime(self, kind: str) -> list[str]:
        return [o["data"][kind] for o in self.outputs if kind in o.get("data", {})]


@dataclass
class Page:
    """One page of the book, notebook or not."""

    path: Path
    cells: list[Cell]
    metadata: dict[str, Any] = field(default_factory=dict)

    @property
    def name(self) -> str:
        return self.path.stem

    @property
    def is_notebook(self) -> bool:
        return self.path.suffix == ".ipynb"

    @property
    def code(self) -> list[Cell]:
        return [cell for cell in self.cells if cell.kind == "code"]

    @property
    def text(self) -> list[Cell]:
        return [cell for cell in self.cells if cell.kind == "markdown"]

    @property
    def directives(self) -> list[Directive]:
        return [directive for cell in self.text for directive in cell.directives]

    def at(self, cell: Cell) -> str:
        """Where a fault is, for the person who is to mend it."""
        if not self.is_notebook:
            return self.path.name
        kind = "code" if cell.kind == "code" else "text"
        return f"{self.path.name}, {kind} cell {cell.number} ({cell.id})"


def blocks(text: str) -> list[str | Directive]:
    """The lines of a text, and in their places its directives; plain fences have no name."""
    found: list[str | Directive] = []
    lines = text.splitlines()
    position = 0
    while position < len(lines):
        opening = FENCE.match(lines[position])
        plain = PLAIN_FENCE.match(lines[position])
        if opening is None and plain is None:
            found.append(lines[position])
            position += 1
            continue
        fence = (opening or plain).group(1)  # type: ignore[union-attr]
        end = _end(lines, position + 1, fence)
        options, body = _split_options(lines[position + 1 : end])
        name, argument = (opening[2], opening[3].strip()) if opening else ("", "")
        found.append(Directive(name, argument, options, body))
        position = end + 1
    return found


def find_directives(text: str) -> list[Directive]:
    """The directives of a text, those inside others too, in order."""
    found: list[Directive] = []
    for block in blocks(text):
        if isinstance(block, Directive) and block.name:
            found += [block, *find_directives(block.body)]
    return found


def _end(lines: list[str], start: int, fence: str) -> int:
    """The line that closes a fence: the same sign, at least as long, alone."""
    for number in range(start, len(lines)):
        line = lines[number].strip()
        if line and set(line) == {fence[0]} and len(line) >= len(fence):
            return number
    return len(lines)


def _split_options(lines: list[str]) -> tuple[dict[str, str], str]:
    options = {}
    while lines and (option := OPTION.match(lines[0])):
        options[option[1]] = option[2].strip()
        lines = lines[1:]
    return options, "\n".join(lines)


def read_page(path: Path) -> Page:
    if path.suffix != ".ipynb":
        return Page(path, [Cell("markdown", 1, path.stem, path.read_text(encoding="utf-8"))])
    notebook = _joined(json.loads(path.read_text(encoding="utf-8")))
    counts = {"code": 0, "markdown": 0, "raw": 0}
    cells = []
    for cell in notebook["cells"]:
        kind = cell["cell_type"]
        counts[kind] += 1
        cells.append(
            Cell(
                kind=kind,
                number=counts[kind],
                id=cell.get("id", ""),
                source=cell["source"],
                metadata=cell["metadata"],
                outputs=cell.get("outputs", []),
                execution_count=cell.get("execution_count"),
            )
        )
    return Page(path, cells, notebook["metadata"])


def _joined(value: Any) -> Any:
    """The stored JSON with its lists of lines as one text each, which is how they are meant."""
    if isinstance(value, dict):
        return {
            key: "".join(inside)
            if key in ("source", "text") or ("/" in key and isinstance(inside, list))
            else _joined(inside)
            for key, inside in value.items()
        }
    return [_joined(inside) for inside in value] if isinstance(value, list) else value


def read_book(root: Path = contents.ROOT) -> list[Page]:
    return [read_page(path) for path in contents.pages(root)]
