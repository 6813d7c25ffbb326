"""The question bank as data: book/questions, what the keys hold in numbers, the predictions.

A page's questions are in book/questions, in a TOML file named after the page. Each has one right
choice and two or three wrong ones, and each of these names an error and says what is wrong with it.
"""

from __future__ import annotations

import ast
import re
import tomllib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np

from helpers.book.exercises import Exercise, exercise, exercise_ids, numbers, predictions, probed
from tools import contents
from tools.pages import Directive, Page, read_page
from tools.wording import name_of, title_of

FOLDER = contents.ROOT / "book" / "questions"
ASKED = FOLDER / "predictions.toml"  # what chapters ask, in words that stand without them
BY_HAND = 1e-3  # what three digits of a typed answer allow
OBJECTIVES = re.compile(r"^Afterwards you can\n+((?:\d+\. .*\n?|   .*\n?)+)", re.M)
LISTED = re.compile(r"^\d+\. (.*(?:\n   .*)*)", re.M)
FIRST_LIST = re.compile(r"^(1\. .*\n(?:\d+\. .*\n?|   .*\n?)+)", re.M)


@dataclass(frozen=True)
class Choice:
    """One choice; a wrong one names its error in a few words."""

    text: str
    why: str
    error: str = ""


@dataclass(frozen=True)
class Question:
    """A question with choices, the right one first; objective 0 is the page as a whole."""

    name: str
    page: str
    objective: int
    ask: str
    choices: tuple[Choice, ...]
    compute: str = ""


@dataclass(frozen=True)
class Blank:
    """A number to be given, how near is right, and the wrong numbers that have a hint."""

    name: str
    value: float
    tolerance: float
    wrong: tuple[tuple[float, str], ...]
    hint: str


@dataclass(frozen=True)
class Numeric:
    """An exercise whose answer is a number, or several."""

    name: str
    page: str
    ask: str
    blanks: tuple[Blank, ...]


@dataclass(frozen=True)
class Bank:
    """All that the book has of one page."""

    page: str
    title: str
    objectives: tuple[str, ...]
    questions: tuple[Question, ...] = ()
    predictions: tuple[Question, ...] = ()
    numeric: tuple[Numeric, ...] = ()
    covered: dict[int, dict[str, list[str]]] = field(default_factory=dict)


def source_of(name: str) -> Path:
    """The file with the questions of a page, by the page's name in _toc.yml."""
    return (FOLDER / Path(name).relative_to("book")).with_suffix(".toml")


def read_bank() -> list[Bank]:
    """What the book has of each page that asks anything, in its order."""
    banks = [of_page(read_page(path)) for path in contents.pages() if "back" not in path.parts]
    return [one for one in banks if one.questions or one.predictions or one.numeric]


def of_page(page: Page) -> Bank:
    """What the book has of one page."""
    name, told = name_of(page.path), _told(name_of(page.path))
    covered: dict[int, dict[str, list[str]]] = {}
    for entry in told.get("covered", []):
        lists = covered.setdefault(entry["objective"], {"exercises": [], "predictions": []})
        for kind in lists:
            lists[kind] += entry.get(kind, [])
    questions = tuple(_question(entry, name) for entry in told.get("question", []))
    asked = tuple(_predictions(page, name, covered))
    title, aims = title_of(page), objectives(page)
    return Bank(name, title, aims, questions, asked, tuple(_numeric(page, name)), covered)


def _told(name: str) -> dict[str, Any]:
    path = source_of(name)
    return tomllib.loads(path.read_text(encoding="utf-8")) if path.is_file() else {}


def objectives(page: Page) -> tuple[str, ...]:
    """What a reader can do afterwards; a page that is looked up has the list at its start."""
    text = "\n\n".join(cell.source for cell in page.text)
    found = OBJECTIVES.search(text) or FIRST_LIST.search(text.split("\n## ")[0])
    return tuple(" ".join(one.split()) for one in LISTED.findall(found[1])) if found else ()


def _question(entry: dict[str, Any], page: str) -> Question:
    wrong = (Choice(one["choice"], one["why"], one["error"]) for one in entry["wrong"])
    choices = (Choice(entry["right"], entry["why"]), *wrong)
    compute = entry.get("compute", "")
    return Question(entry["name"], page, entry["objective"], entry["ask"], choices, compute)


def _predictions(
    page: Page, name: str, covered: dict[int, dict[str, list[str]]]
) -> Iterator[Question]:
    """The questions that a page asks before it shows."""
    for cell in page.text:
        for found in re.finditer(r"^\((predict-[\w-]+)\)=", cell.source, re.M):
            one = predictions()[found[1]]
            aims = [k for k, lists in covered.items() if one.id in lists["predictions"]]
            right = Choice(one.choices[one.right], f"The run in “{title_of(page)}” shows it.")
            wrong = (Choice(one.choices[k], why, "reveals") for k, why in one.reveals.items())
            aim = aims[0] if aims else 0
            yield Question(one.id, name, aim, asks()[one.id], (right, *wrong))


@cache
def asks() -> Mapping[str, str]:
    """What the chapters ask before they show, by label."""
    told = tomllib.loads(ASKED.read_text(encoding="utf-8"))
    return {label: entry["ask"].strip() for label, entry in told.items()}


def _numeric(page: Page, name: str) -> Iterator[Numeric]:
    asked = {one.label: one for one in page.directives if one.name.startswith("exercise")}
    for label in asked.keys() & set(exercise_ids()):
        one = exercise(label)
        if callable(one.right) or isinstance(one.right, str):
            continue
        right = probed(one.probe, one.right)
        if not isinstance(right, str):
            names = _names(page, label, _parts(right))
            yield Numeric(label, name, _asked(asked[label], one), tuple(_blanks(one, names)))


def _asked(directive: Directive, one: Exercise) -> str:
    try:
        drawn = f"\n\nThe numbers: {numbers(one.id)}."
    except ValueError:
        drawn = ""
    return f"**{directive.argument}**\n\n{directive.body}{drawn}"


def _parts(right: Any) -> list[str]:
    """A name for each real number of an answer."""
    count = right.size
    names = [f"entry {k + 1}" if count > 1 else "answer" for k in range(count)]
    if not np.any(right.imag):
        return names
    return [f"{part} of {one}" for one in names for part in ("real part", "imaginary part")]


def _names(page: Page, label: str, parts: list[str]) -> list[str]:
    """The names that the exercise's own cell gives to the numbers, if it gives as many."""
    for cell in page.code:
        if f'answer("{label}"' in cell.source:
            for node in ast.walk(ast.parse(cell.source)):
                if isinstance(node, ast.Call) and ast.unparse(node.func) == "answer":
                    value = node.args[1]
                    given = value.elts if isinstance(value, ast.Tuple | ast.List) else [value]
                    names = [ast.unparse(one) for one in given]
                    return names if len(names) == len(parts) else parts
    return parts


def _real(one: Exercise, value: Any, parts: int) -> np.ndarray[Any, Any] | None:
    given = np.ravel(probed(one.probe, value))
    if given.size != parts:
        given = np.stack([given.real, given.imag], axis=-1).ravel()
    return given.real if given.size == parts else None


def _blanks(one: Exercise, names: list[str]) -> Iterator[Blank]:
    right = _real(one, one.right, len(names))
    assert right is not None
    size = np.maximum(np.abs(right), 1e-3 * np.max(np.abs(right)))
    size = size if np.any(size) else np.ones_like(size)
    for k, name in enumerate(names):
        judged, value = one.rtol * float(size[k]), float(right[k])
        wrong = tuple(_wrong(one, len(names), k, judged))
        near = min((abs(number - value) for number, _ in wrong), default=np.inf)
        tolerance = max(judged, min(BY_HAND * float(size[k]), 0.4 * float(near)))
        yield Blank(name, value, tolerance, wrong, one.hint)


def _wrong(one: Exercise, parts: int, k: int, judged: float) -> Iterator[tuple[float, str]]:
    """The wrong turns that are wrong in this entry, each number once."""
    right = _real(one, one.right, parts)
    taken = [float(right[k])] if right is not None else []
    for turn in one.wrong:
        value = _real(one, turn.value, parts)
        if value is not None and min(abs(value[k] - other) for other in taken) > 2 * judged:
            taken.append(float(value[k]))
            yield float(value[k]), turn.hint
