"""How a wrong version of a helper is made and named."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np

DYNAMICS, ANALYSIS = "helpers.dynamics.", "helpers.analysis."
NETWORKS, TRAINING = "helpers.networks.", "helpers.training."
KINDS = ("term", "factor", "index", "sign", "neighbour", "size")
Make = Callable[[Any], Any]


@dataclass(frozen=True)
class Sabotage:
    """One mistake: its name, its kind, where it is made, and the wrong function from the right.

    A mistake that has a size says how a factor makes it: family(1) changes nothing.
    """

    name: str
    kind: str
    target: str
    wrong: Make
    family: Callable[[float], Make] | None = None


def sized(
    name: str, kind: str, target: str, family: Callable[[float], Make], factor: float = 1.1
) -> Sabotage:
    """A mistake of this size."""
    return Sabotage(name, kind, target, family(factor), family)


def scaled(factor: float) -> Make:
    """The result times a factor."""
    return lambda right: lambda *args, **kwargs: factor * right(*args, **kwargs)


def changed(change: Callable[[Any], Any]) -> Make:
    """The result, changed."""
    return lambda right: lambda *args, **kwargs: change(right(*args, **kwargs))


def instead(other: Callable[..., Any]) -> Make:
    """Another function, which is handed the right one first."""
    return lambda right: lambda *args, **kwargs: other(right, *args, **kwargs)


def part_scaled(*names: str) -> Callable[[float], Make]:
    """The result, a dataclass or a named tuple, with these of its parts times a factor."""

    def make(factor: float) -> Make:
        return changed(
            lambda found: with_parts(found, {n: factor * getattr(found, n) for n in names})
        )

    return make


def with_parts(found: Any, parts: dict[str, Any]) -> Any:
    """The same with other parts, even where a dataclass checks its parts when it is made."""
    if hasattr(found, "_replace"):
        return found._replace(**parts)
    other = object.__new__(type(found))
    other.__dict__.update(vars(found) | parts)
    return other


def option(name: str, value: Any) -> Make:
    """The right function, called with this option whatever is asked for."""
    return instead(lambda right, *args, **kwargs: right(*args, **{**kwargs, name: value}))


def argument(place: int, change: Callable[[Any], Any]) -> Make:
    """The right function, with the argument at this place changed where it is given."""

    def wrong(right: Any, *args: Any, **kwargs: Any) -> Any:
        values = list(args)
        if place < len(values):
            values[place] = change(values[place])
        return right(*values, **kwargs)

    return instead(wrong)


def transposed(matrix: Any) -> Any:
    return np.swapaxes(matrix, -1, -2)


def swapped(pair: Any) -> Any:
    return pair[1], pair[0]
