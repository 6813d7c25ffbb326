"""Which names a cell reads from the cells before it, which it makes, so which it needs."""

from __future__ import annotations

import ast
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any

from tools.pages import Cell


@dataclass
class Need:
    """What one cell reads, makes and changes in place; what its functions do so when called."""

    reads: set[str] = field(default_factory=set)
    makes: set[str] = field(default_factory=set)
    functions: dict[str, set[str]] = field(default_factory=dict)
    changers: dict[str, set[str]] = field(default_factory=dict)
    random: set[str] = field(default_factory=set)
    changes: set[str] = field(default_factory=set)
    imports: set[str] = field(default_factory=set)


class Reader(ast.NodeVisitor):
    """Walks through code in the order in which it runs."""

    def __init__(self, own: Collection[str] | None = None) -> None:
        self.outer, self.known, self.need = own, set(own or ()), Need()

    def visit_Name(self, node: ast.Name) -> None:
        if isinstance(node.ctx, ast.Store):
            self._made(node.id)
        elif node.id not in self.known:
            self.need.reads.add(node.id)

    def visit_Assign(self, node: ast.Assign) -> None:
        self._in_order(node.value, *node.targets)
        if isinstance(node.value, ast.Call) and "default_rng" in ast.dump(node.value.func):
            self.need.random |= {t.id for t in node.targets if isinstance(t, ast.Name)}

    def visit_AugAssign(self, node: ast.AugAssign) -> None:
        if isinstance(node.target, ast.Name) and node.target.id not in self.known:
            self.need.reads.add(node.target.id)
        self._in_order(node.value, node.target)

    def visit_NamedExpr(self, node: ast.NamedExpr) -> None:
        self._in_order(node.value, node.target)

    def visit_For(self, node: ast.For) -> None:
        self._in_order(node.iter, node.target, *node.body, *node.orelse)

    def visit_Subscript(self, node: ast.Subscript) -> None:
        self._parts_of(node)

    def visit_Attribute(self, node: ast.Attribute) -> None:
        self._parts_of(node)

    def visit_Expr(self, node: ast.Expr) -> None:
        self.generic_visit(node)
        match node.value:
            case ast.Call(func=ast.Attribute(value=ast.Name(id=name))):
                self._changed(name)  # a method called for what it does to its object

    def visit_ListComp(self, node: Any) -> None:
        inner = set(self.known)
        for one in node.generators:
            self._in_order(one.iter, one.target, *one.ifs)
        parts = (node.key, node.value) if isinstance(node, ast.DictComp) else (node.elt,)
        self._in_order(*parts)
        self.known = inner

    visit_SetComp = visit_GeneratorExp = visit_DictComp = visit_ListComp

    def visit_FunctionDef(self, node: ast.FunctionDef) -> None:
        self._in_order(*node.decorator_list)
        inner = self._inside(node.args, node.body)
        self.need.functions[node.name], self.need.changers[node.name] = inner.reads, inner.changes
        self._made(node.name)

    def visit_Lambda(self, node: ast.Lambda) -> None:
        self._inside(node.args, [node.body])

    def visit_ClassDef(self, node: ast.ClassDef) -> None:
        self._in_order(*node.decorator_list, *node.bases, *node.body)
        self._made(node.name)

    def visit_Import(self, node: Any) -> None:
        for alias in node.names:
            name = alias.asname or alias.name.split(".")[0]
            self.need.imports.add(name)
            self._made(name)

    visit_ImportFrom = visit_Import

    def _made(self, name: str) -> None:
        self.known.add(name)
        self.need.makes.add(name)

    def _in_order(self, *nodes: ast.AST) -> None:
        for node in nodes:
            self.visit(node)

    def _parts_of(self, node: Any) -> None:
        self.generic_visit(node)
        whole = node.value
        while isinstance(whole, ast.Subscript | ast.Attribute):
            whole = whole.value
        if isinstance(node.ctx, ast.Store) and isinstance(whole, ast.Name):
            self._changed(whole.id)

    def _changed(self, name: str) -> None:
        if self.outer is None or name not in self.known:  # what a function makes is its own
            self.need.changes.add(name)

    def _inside(self, arguments: ast.arguments, body: Sequence[ast.AST]) -> Need:
        """What a function reads and changes outside, now or when it is called."""
        self._in_order(*arguments.defaults, *(d for d in arguments.kw_defaults if d))
        own = {n.arg for n in ast.walk(arguments) if isinstance(n, ast.arg)}
        inner = Reader(own)
        inner._in_order(*body)
        self.need.reads |= inner.need.reads - self.known
        return inner.need


def needs(cells: Sequence[Cell]) -> list[Need]:
    """What each cell reads and makes, in order; a function that is called reads what is in it."""
    found, functions, changers = list[Need](), dict[str, set[str]](), dict[str, set[str]]()
    random, imports = set[str](), set[str]()
    for cell in cells:
        reader = Reader()
        reader.visit(ast.parse(cell.source))
        need = reader.need
        functions = {n: r for n, r in functions.items() if n not in need.makes} | need.functions
        random = (random - need.makes) | need.random
        changers = {n: c for n, c in changers.items() if n not in need.makes} | need.changers
        imports |= need.imports
        asked = {*need.reads, *need.functions}
        asked |= set(_through(asked, functions))
        need.changes = need.changes.union(*(changers.get(name, ()) for name in asked)) - imports
        need.reads |= (asked - need.makes - {*need.functions}) | (need.changes - need.makes)
        need.makes |= need.changes
        need.makes |= need.reads & random  # numbers that are drawn are gone
        found.append(need)
    return found


def _through(names: Collection[str], functions: dict[str, set[str]]) -> Iterator[str]:
    """The names that functions of these names read, and functions that they read."""
    waiting, seen = list(names), set(names)
    while waiting:
        for name in functions.get(waiting.pop(), set()) - seen:
            seen.add(name)
            waiting.append(name)
            yield name


def leading(needed: Sequence[Need], wanted: Collection[int]) -> list[int]:
    """The places of the cells that the wanted ones need, and of these."""
    names, found = set[str](), list[int]()
    for place in range(len(needed) - 1, -1, -1):
        need = needed[place]
        if place in wanted or need.makes & names:
            names = (names - (need.makes - need.reads)) | need.reads
            found.append(place)
    return found[::-1]
