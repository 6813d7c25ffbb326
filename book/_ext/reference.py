"""The reference of `helpers`, made from its docstrings: `{reference}` lists the public modules."""

import re
import sys
from pathlib import Path
from typing import Any

from docutils import nodes
from sphinx.application import Sphinx
from sphinx.util.docutils import SphinxDirective

# Floors of the house, from the ground up; a module not listed comes after them, by name.
ORDER = (
    *("activations", "systems", "schemes", "procedures", "simulation", "equivalence"),
    *("equilibria", "spectra", "controllability", "conventions", "states", "oscillation"),
    *("transients", "statistics", "tasks", "training", "networks", "ensembles", "announcement"),
    *("claims", "exercises", "explore", "figures"),
)


class Reference(SphinxDirective):
    """One section per public module of helpers, with everything public in it."""

    def run(self) -> list[nodes.Node]:
        folder = Path(self.env.srcdir) / "helpers"
        paths = [path for path in folder.glob("*.py") if not path.name.startswith("_")]
        paths.sort(key=lambda path: (_floor(path.stem), path.stem))
        sections: list[nodes.Node] = []
        for path in paths:
            self.env.note_dependency(str(path))
            title = f"helpers.{path.stem}"
            section = nodes.section(ids=[f"helpers-{path.stem}"], names=[title])
            section += nodes.title("", title)
            directive = f"```{{eval-rst}}\n.. automodule:: {title}\n   :members:\n```"
            self.state.nested_parse([directive], self.content_offset, section)
            sections.append(section)
        return sections


def _floor(name: str) -> int:
    return ORDER.index(name) if name in ORDER else len(ORDER)


def _as_rst(app: Sphinx, what: str, name: str, obj: Any, options: Any, lines: list[str]) -> None:
    """Docstrings are written to be read in a terminal: `name` is code and |z| is a modulus."""
    for i, line in enumerate(lines):
        line = re.sub(r"(?<![:`\w])`([^`:]+)`(?!`)", r"``\1``", line)
        pieces = re.split(r"(``.*?``|:\w+:`.*?`)", line)
        lines[i] = "".join(p if k % 2 else p.replace("|", r"\|") for k, p in enumerate(pieces))


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
