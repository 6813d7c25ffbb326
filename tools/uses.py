"""Which functions of helpers the chapters call, by themselves or through other helpers.

A name that a chapter mentions stands for every function and method of that name, and so do the
names in these: what is found is what may be called.
"""

from __future__ import annotations

import ast
from collections import defaultdict
from collections.abc import Iterator, Sequence
from pathlib import Path

from tools import contents
from tools.pages import read_page

ROOMS = ("dynamics", "analysis", "networks", "training")
MADE_BY_CALLING = ("__init__", "__post_init__", "__call__")


def mentions(node: ast.AST) -> set[str]:
    """The names, attributes and imports in a piece of code."""
    found = {n.id for n in ast.walk(node) if isinstance(n, ast.Name)}
    found |= {n.attr for n in ast.walk(node) if isinstance(n, ast.Attribute)}
    imports = [n for n in ast.walk(node) if isinstance(n, ast.ImportFrom)]
    return found | {alias.name for n in imports for alias in n.names}


def functions(root: Path = contents.ROOT) -> Iterator[tuple[str, str, ast.FunctionDef]]:
    """Each function and method of the numeric rooms: as module:name, the name it is called by."""
    for room in ROOMS:
        for path in sorted((root / "helpers" / room).rglob("*.py")):
            module = ".".join(path.relative_to(root).with_suffix("").parts)
            for node in ast.parse(path.read_text(encoding="utf-8")).body:
                if isinstance(node, ast.FunctionDef):
                    yield f"{module}:{node.name}", node.name, node
                for part in node.body if isinstance(node, ast.ClassDef) else ():
                    if isinstance(part, ast.FunctionDef):
                        assert isinstance(node, ast.ClassDef)
                        name = node.name if part.name in MADE_BY_CALLING else part.name
                        yield f"{module}:{node.name}.{part.name}", name, part


def imported(trees: Sequence[ast.AST], root: Path = contents.ROOT) -> set[str]:
    """The modules of helpers that code imports, and those that these import."""
    given = {}  # the names that `from helpers import ...` offers
    for name, module in _imports(ast.parse((root / "helpers/__init__.py").read_text("utf-8"))):
        given[name] = module
    waiting = [pair for tree in trees for pair in _imports(tree)]
    found = set[str]()
    while waiting:
        name, module = waiting.pop()
        for one in {module, f"{module}.{name}", given.get(name, "") if module == "helpers" else ""}:
            path = root / f"{one.replace('.', '/')}.py"
            if one and one not in found and path.is_file():
                found.add(one)
                waiting += _imports(ast.parse(path.read_text("utf-8")))
    return found


def _imports(tree: ast.AST) -> list[tuple[str, str]]:
    nodes = [n for n in ast.walk(tree) if isinstance(n, ast.ImportFrom)]
    return [(a.name, n.module) for n in nodes for a in n.names if (n.module or "")[:7] == "helpers"]


def used(paths: Sequence[Path]) -> set[str]:
    """The functions that the open, figure and check cells of these chapters may call."""
    cells = [c for path in paths for c in read_page(path).code]
    trees = [ast.parse(c.source) for c in cells if not c.tags & {"exercise", "solution"}]
    named, inside, modules = defaultdict(set), {}, imported(trees)
    for place, name, node in functions():
        if place.partition(":")[0] in modules:
            named[name].add(place)
            inside[place] = mentions(node)
    waiting = list(set().union(*(mentions(tree) for tree in trees)))
    seen, found = set(waiting), set[str]()
    while waiting:
        for place in named[waiting.pop()] - found:
            found.add(place)
            waiting += inside[place] - seen
            seen |= inside[place]
    return found


def public(place: str) -> bool:
    """Whether a function, module:name, is one that others are meant to call."""
    module, _, name = place.partition(":")
    parts = [*module.split(".")[2:], *name.split(".")]
    return not any(p.startswith("_") and p != "__call__" for p in parts)
