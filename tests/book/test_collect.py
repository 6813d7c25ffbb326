"""What comes back mangled is named and held; what can be marked is left to be marked."""

from __future__ import annotations

import copy
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from tools import assignment, collect, contents

Cells = list[dict[str, Any]]
NAME = "rescaling"


@pytest.fixture(scope="module")
def made() -> dict[str, Any]:
    path = next(path for path in contents.notebooks() if path.stem == NAME)
    return assignment.assignment(path, seed=7)


def position(cells: Cells, grade_id: str) -> int:
    return [cell["metadata"].get("nbgrader", {}).get("grade_id") for cell in cells].index(grade_id)


def split(cells: Cells, keep_metadata: bool) -> None:
    """Split the cell of an exercise before its last line."""
    at = position(cells, "ex-tanh-coefficients")
    lines = cells[at]["source"].splitlines(keepends=True)
    second = copy.deepcopy(cells[at]) | {"source": lines[-1], "id": "second"}
    if not keep_metadata:
        second["metadata"] = {}
    cells[at]["source"] = "".join(lines[:-1])
    cells.insert(at + 1, second)


def delete(cells: Cells, grade_id: str) -> None:
    del cells[position(cells, grade_id)]


def strip(cells: Cells, grade_id: str) -> None:
    cells[position(cells, grade_id)]["metadata"] = {}


def edit(cells: Cells, grade_id: str, words: str) -> None:
    cells[position(cells, grade_id)]["source"] += words


MANGLED: dict[str, tuple[Callable[[Cells], None], str]] = {
    "split, metadata twice": (lambda c: split(c, True), "are both ex-tanh-coefficients"),
    "split": (lambda c: split(c, False), "(ex-tanh-coefficients) has lost its last line"),
    "deleted": (lambda c: delete(c, "ex-new-unit"), "the cell ex-new-unit is gone"),
    "marking deleted": (lambda c: delete(c, "mark-ex-new-unit"), "mark-ex-new-unit is gone"),
    "stripped": (lambda c: strip(c, "ex-new-unit"), "was ex-new-unit and has lost its metadata"),
    "marking stripped": (
        lambda c: strip(c, "mark-ex-new-unit"),
        "was mark-ex-new-unit and has lost its metadata",
    ),
}
FINE: dict[str, tuple[Callable[[Cells], None], str]] = {
    "marking edited": (lambda c: edit(c, "mark-ex-new-unit", "\npass"), "nbgrader puts it back"),
    "kernel": (lambda c: edit(c, "ex-new-unit", "\nget_ipython()"), "'get_ipython': read it"),
    "answered": (lambda c: edit(c, "ex-new-unit", "\n# mine"), ""),
}


def course(tmp_path: Path, made: dict[str, Any], change: Callable[[Cells], None]) -> Path:
    """A course with two students, of whom the first changed something."""
    handed_out = assignment.released(made)
    changed = copy.deepcopy(handed_out)
    change(changed["cells"])
    for place, notebook in {
        f"source/{NAME}": made,
        f"submitted/ada/{NAME}": changed,
        f"submitted/ben/{NAME}": handed_out,
    }.items():
        (tmp_path / place).mkdir(parents=True)
        (tmp_path / place / f"{NAME}.ipynb").write_text(json.dumps(notebook), encoding="utf-8")
    return tmp_path


@pytest.mark.parametrize(("change", "words"), MANGLED.values(), ids=MANGLED.keys())
def test_a_mangled_copy_is_held_and_named(
    change: Callable[[Cells], None], words: str, tmp_path: Path, made: dict[str, Any]
) -> None:
    held, _ = collect.collect(course(tmp_path, made, change))
    assert len(held) == 1 and words in held[0]
    assert held[0].startswith(f"submitted/ada/{NAME}/{NAME}.ipynb: ")
    assert (tmp_path / f"held/ada/{NAME}/{NAME}.ipynb").is_file()
    assert (tmp_path / f"submitted/ben/{NAME}/{NAME}.ipynb").is_file()
    assert not (tmp_path / f"submitted/ada/{NAME}").exists()


@pytest.mark.parametrize(("change", "words"), FINE.values(), ids=FINE.keys())
def test_what_can_be_marked_is_not_held(
    change: Callable[[Cells], None], words: str, tmp_path: Path, made: dict[str, Any]
) -> None:
    held, notes = collect.collect(course(tmp_path, made, change))
    assert not held
    assert not notes if not words else len(notes) == 1 and words in notes[0]


@pytest.mark.parametrize("text", ["", "{", "[]", '{"cells": [{"source": 1}]}'])
def test_a_file_that_is_no_notebook_is_held(
    text: str, tmp_path: Path, made: dict[str, Any]
) -> None:
    here = course(tmp_path, made, lambda cells: None)
    (here / f"submitted/ada/{NAME}/{NAME}.ipynb").write_text(text)
    held, _ = collect.collect(here)
    assert len(held) == 1 and "not a notebook" in held[0]


def test_a_chapter_that_was_not_handed_in_is_named(tmp_path: Path, made: dict[str, Any]) -> None:
    here = course(tmp_path, made, lambda cells: None)
    (here / f"submitted/ada/{NAME}/{NAME}.ipynb").unlink()
    assert collect.collect(here) == ([], [f"submitted/ada/{NAME}/{NAME}.ipynb was not handed in"])
