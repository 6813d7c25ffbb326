"""The reference of `helpers`, from its docstrings: `{reference} ROOM` lists a room's modules."""

import re
import sys
from pathlib import Path
from typing import Any

from docutils import nodes
from sphinx.application import Sphinx
from sphinx.util.docutils import SphinxDirective


class Reference(SphinxDirective):
    """What the room is for, then a section a module, with everything public in it."""

    required_arguments = 1

    def run(self) -> list[nodes.Node]:
        folder = Path(self.env.srcdir) / "helpers" / self.arguments[0]
        room = f"helpers.{folder.name}"
        paths = sorted(folder.glob("[!_]*.py"))
        modules = [self._section(path, f"{room}.{path.stem}") for path in paths]
        return [*self._members(folder / "__init__.py", room, ""), *modules]

    def _section(self, path: Path, title: str) -> nodes.section:
        section = nodes.section(ids=[title.replace(".", "-")], names=[title])
        section += nodes.title("", title)
        section += self._members(path, title, "\n   :members:")
        return section

    def _members(self, path: Path, module: str, options: str) -> list[nodes.Node]:
        self.env.note_dependency(str(path))
        found = nodes.Element()
        directive = f"```{{eval-rst}}\n.. automodule:: {module}{options}\n```"
        self.state.nested_parse([directive], self.content_offset, found)
        return found.children


def _as_rst(app: Sphinx, what: str, name: str, obj: Any, options: Any, lines: list[str]) -> None:
    """Docstrings are written to be read in a terminal; what is displayed as a formula is TeX."""
    formula = -1  # how far the directive is set in that the line belongs to
    for i, line in enumerate(lines):
        margin = len(line) - len(line.lstrip())
        if line.strip() and margin <= formula:
            formula = -1
        if line.lstrip().startswith(".. math::"):
            formula = margin
        if formula < 0:
            lines[i] = _line_as_rst(line)


def _line_as_rst(line: str) -> str:
    """`name` is code and |z| is a modulus; rST would take them for a role and a substitution."""
    line = re.sub(r"(?<![:`\w])`([^`:]+)`(?!`)", r"``\1``", line)
    pieces = re.split(r"(``.*?``|:\w+:`.*?`)", line)
    return "".join(p if k % 2 else p.replace("|", r"\|") for k, p in enumerate(pieces))


def _not_a_type(
    app: Sphinx, what: str, name: str, obj: Any, options: Any, lines: list[str]
) -> None:
    """Keep napoleon from reading "Whether sigma(0) = 0: ..." as a property of that type."""
    if what in ("property", "attribute", "data"):
        lines.insert(0, "")


def setup(app: Sphinx) -> dict[str, Any]:
    sys.path.insert(0, str(app.srcdir))  # the helpers of this tree, installed or not
    app.add_directive("reference", Reference)
    app.connect("autodoc-process-docstring", _not_a_type, priority=100)
    app.connect("autodoc-process-docstring", _as_rst)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
