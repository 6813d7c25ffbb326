"""The code that turns an answer into numbers, taken out of the keys without what is right.

A probe stands in a module of `helpers.book.keys` beside the answers. What is taken is the probe and
whatever of its module it uses, imports too. It is taken by names, so a probe that used a key would
bring the key along: that is refused.
"""

from __future__ import annotations

import ast
import inspect
import sys
from collections.abc import Callable, Iterable
from types import FunctionType
from typing import Any

import numpy as np

from helpers.book import exercises, keys

SECRET = {"Exercise", "WrongTurn", "Drawn", "Prediction", "EXERCISES", "PREDICTIONS"}
Statements = list[ast.stmt]


def code_of(probe: Callable[[Any], Any]) -> tuple[Statements, str]:
    """The statements that a probe needs, and the expression that is the probe."""
    if probe is exercises.Exercise.probe:
        return [], ""
    if not isinstance(probe, FunctionType):
        if getattr(np, getattr(probe, "__name__", ""), None) is not probe:
            raise ValueError(f"the probe {probe!r} is neither a function of the keys nor of NumPy")
        return ast.parse("import numpy as np").body, f"np.{probe.__name__}"
    if probe.__module__ == keys.__name__:
        return ast.parse(f"from {keys.__name__} import {probe.__name__}").body, probe.__name__
    if probe.__closure__:
        raise ValueError(f"{probe.__module__}: a probe may not be made inside a function")
    module = sys.modules[probe.__module__]
    tree = ast.parse(inspect.getsource(module))
    body = [_as_data(statement, vars(module)) for statement in tree.body]
    if probe.__name__ != "<lambda>":
        return _needed(body, {probe.__name__}), probe.__name__
    node = _lambda(tree, probe)
    return _needed(body, _used(node)), f"({ast.unparse(node)})"


def _as_data(statement: ast.stmt, values: dict[str, Any]) -> ast.stmt:
    """An assignment of numbers as these numbers, since how they are made may say what is right."""
    if not isinstance(statement, ast.Assign):
        return statement
    names = sorted(_bound(statement))
    try:
        texts = [literal(values[name]) for name in names]
    except TypeError:
        return statement
    return ast.parse(f"{', '.join(names)} = {', '.join(texts)}").body[0]


def literal(value: Any) -> str:
    """Numbers, words and arrays, and tuples, lists and dictionaries of them, as Python."""
    if isinstance(value, np.ndarray):
        return f"np.array({value.tolist()!r})"
    if isinstance(value, tuple):
        return f"({''.join(f'{literal(one)}, ' for one in value)})"
    if isinstance(value, list):
        return f"[{', '.join(map(literal, value))}]"
    if isinstance(value, dict):
        return f"{{{', '.join(f'{key!r}: {literal(one)}' for key, one in value.items())}}}"
    if isinstance(value, np.generic):
        return repr(value.item())
    if value is None or isinstance(value, str | int | float | complex):
        return repr(value)
    raise TypeError(f"{type(value).__name__} is not data")


def _lambda(tree: ast.Module, probe: FunctionType) -> ast.Lambda:
    found = [
        node
        for node in ast.walk(tree)
        if isinstance(node, ast.Lambda) and node.lineno == probe.__code__.co_firstlineno
    ]
    if len(found) != 1:
        raise ValueError(f"{probe.__module__}: put the probe on a line of its own")
    return found[0]


def _needed(body: Statements, wanted: set[str]) -> Statements:
    """The statements of a module without which some names have no meaning, in order."""
    taken: dict[int, ast.stmt] = {}
    while True:
        new = {
            number: statement
            for number, statement in enumerate(body)
            if number not in taken and _bound(statement) & wanted
        }
        if not new:
            return [_without_words(_only(taken[number], wanted)) for number in sorted(taken)]
        for statement in new.values():
            if not isinstance(statement, ast.Import | ast.ImportFrom):
                wanted = wanted | _used(statement)
        if SECRET & wanted:
            raise ValueError(f"a probe uses {', '.join(sorted(SECRET & wanted))}: it tells a key")
        taken |= new


def _bound(statement: ast.stmt) -> set[str]:
    if isinstance(statement, ast.FunctionDef | ast.ClassDef):
        return {statement.name}
    if isinstance(statement, ast.Import | ast.ImportFrom):
        return {_alias(one) for one in statement.names}
    targets = getattr(statement, "targets", [getattr(statement, "target", ast.Pass())])
    return {name for target in targets for name in _used(target)}


def _alias(one: ast.alias) -> str:
    return (one.asname or one.name).split(".")[0]


def _only(statement: ast.stmt, wanted: set[str]) -> ast.stmt:
    """An import without the names that nobody asked for."""
    if isinstance(statement, ast.Import | ast.ImportFrom):
        statement.names = [one for one in statement.names if _alias(one) in wanted]
    return statement


def _used(node: ast.AST) -> set[str]:
    return {one.id for one in ast.walk(node) if isinstance(one, ast.Name)}


def _without_words(statement: ast.stmt) -> ast.stmt:
    """A function without its docstring and types."""
    for node in ast.walk(statement):
        if isinstance(node, ast.FunctionDef):
            node.body = node.body[1:] if ast.get_docstring(node) is not None else node.body
            node.returns = None
            for argument in [*node.args.args, *node.args.kwonlyargs]:
                argument.annotation = None
    return statement


def without_doubles(statements: Iterable[ast.stmt]) -> list[str]:
    """Statements as text, each once; imports first, and `from __future__` not at all."""
    texts = dict.fromkeys(ast.unparse(one) for one in statements)
    imports = [text for text in texts if text.startswith(("import ", "from "))]
    return [*imports, *(text for text in texts if text not in imports)]
