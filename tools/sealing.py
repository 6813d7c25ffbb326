"""Keys without what is right: what a copy for students has in place of `helpers.book.keys`."""

from __future__ import annotations

import pprint
from collections.abc import Iterable
from importlib import import_module
from pathlib import Path
from typing import Any

from helpers.book.exercises import Drawn, Exercise
from helpers.book.sealed import seal
from tools.probes import code_of, without_doubles

HEAD = '''"""The exercises of {name}: seals in the place of what is right."""

from helpers.book.sealed import Sealed, SealedDraws
'''


def write_seals(keys: Path, seeds: Iterable[int]) -> None:
    """Put seals in the place of every key in the folder; `seeds` for numbers that are drawn."""
    seeds = sorted({0, *seeds})
    for path in sorted(keys.glob("[!_]*.py")):
        module = import_module(f"helpers.book.keys.{path.stem}")
        path.write_text(_module(path.stem, module.EXERCISES, seeds), encoding="utf-8")


def _module(name: str, entries: Iterable[Exercise | Drawn], seeds: list[int]) -> str:
    needed: list[Any] = []
    made = []
    for entry in entries:
        statements, probe = code_of(_first(entry).probe)
        needed += statements
        made.append(_entry(entry, probe, seeds))
    code = without_doubles(needed)
    return HEAD.format(name=name) + "\n\n".join([*code, "EXERCISES = (", *made, ")\n"])


def _first(entry: Exercise | Drawn) -> Exercise:
    return entry.exercise() if isinstance(entry, Drawn) else entry


def _entry(entry: Exercise | Drawn, probe: str, seeds: list[int]) -> str:
    if isinstance(entry, Exercise):
        return f"    {_sealed(entry, probe)},"
    draws = ", ".join(
        f"{seed}: ({vars(entry.numbers(seed=seed))}, {_sealed(entry.exercise(seed=seed), probe)})"
        for seed in seeds
    )
    return f"    SealedDraws({entry.id!r}, {{{draws}}}),"


def _sealed(one: Exercise, probe: str) -> str:
    answers = {"": probed(one, one.right)} | {
        turn.hint: probed(one, turn.value) for turn in one.wrong
    }
    boxes = pprint.pformat(seal(one.id, answers, one.rtol), width=100, indent=4)
    given = f"probe={probe}, " if probe else ""
    return (
        f"Sealed({one.id!r}, {boxes}, {given}rtol={one.rtol!r}, hint={one.hint!r},"
        f" points={one.points})"
    )


def probed(one: Exercise, value: Any) -> Any:
    """The numbers that an answer is compared by, or its words."""
    return one._numbers(value)
