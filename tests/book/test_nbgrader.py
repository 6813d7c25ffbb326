"""A class of nine is marked, by nbgrader where it is installed, and by nbclient everywhere.

nbgrader stands in no lock file. With `nbgrader` on the path, beside the wheel of the students'
edition, the whole way is gone: handed out, handed in, looked through, marked, told.
"""

from __future__ import annotations

import copy
import csv
import json
import os
import shutil
import subprocess
from pathlib import Path
from typing import Any

import nbformat
import pytest
from nbclient import NotebookClient

from tests.book.classes import CHEATS, SEED, answered, chapter, turns
from tools import assignment, collect

CHAPTERS = ("rescaling", "stability")
ASSIGNMENT = "-".join(CHAPTERS)
MANGLED = "mangled"


def copies(notebook: dict[str, Any], path: Path) -> dict[str, dict[str, Any]]:
    """What each student hands in."""
    handed_out = assignment.released(notebook)
    kinds = ("right", "wrong", *CHEATS)
    made = {kind: answered(handed_out, path, kind) for kind in kinds} | {"stub": handed_out}
    made[MANGLED] = copy.deepcopy(made["right"])
    turns(made[MANGLED])[0]["metadata"] = {}
    return made


def marked(notebook: dict[str, Any], handed_in: dict[str, Any]) -> tuple[float, list[str]]:
    """Run a copy as nbgrader does, with the hidden cells put back; points, and what was said."""
    hidden = {one["id"]: one for one in notebook["cells"]}
    cells = [
        hidden[one["id"]] if one["id"].startswith("mark-") else one for one in handed_in["cells"]
    ]
    # Only what answers need: the figures and checks of a chapter take their time.
    wanted = [
        one
        for one in cells
        if one["cell_type"] == "code"
        and not {"figure", "check"} & set(one["metadata"].get("tags", []))
    ]
    made = nbformat.from_dict(handed_in | {"cells": wanted})
    NotebookClient(made, timeout=300, kernel_name="python3", allow_errors=True).execute()
    points, said = 0.0, []
    for one in made.cells:
        if one.id.startswith("mark-"):
            errors = [output.evalue for output in one.outputs if output.output_type == "error"]
            points += 0 if errors else one.metadata["nbgrader"]["points"]
            said += errors
    return points, said


@pytest.fixture(scope="module", params=CHAPTERS)
def handed(request: pytest.FixtureRequest) -> tuple[dict[str, Any], dict[str, dict[str, Any]]]:
    path = chapter(request.param)
    notebook = assignment.assignment(path, seed=SEED)
    return notebook, copies(notebook, path)


Handed = tuple[dict[str, Any], dict[str, dict[str, Any]]]


def test_right_answers_get_all_points(handed: Handed) -> None:
    notebook, copies = handed
    points, said = marked(notebook, copies["right"])
    assert (points, said) == (len(turns(notebook)), [])


@pytest.mark.parametrize("kind", ["stub", "wrong", "rebinds", "patches"])
def test_all_others_get_none_and_are_told_why(handed: Handed, kind: str) -> None:
    notebook, copies = handed
    points, said = marked(notebook, copies[kind])
    assert points == 0
    assert len(said) == len(turns(notebook)) and all(said)


@pytest.mark.skipif(not shutil.which("nbgrader"), reason="nbgrader is not installed")
def test_nbgrader_marks_the_class(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(assignment, "FOLDER", tmp_path)
    course = assignment.write([chapter(name) for name in CHAPTERS], SEED)
    full = 0
    for name in CHAPTERS:
        notebook = json.loads((course / "source" / ASSIGNMENT / f"{name}.ipynb").read_text())
        full += len(turns(notebook))
        for student, handed_in in copies(notebook, chapter(name)).items():
            folder = course / "submitted" / student / ASSIGNMENT
            folder.mkdir(parents=True, exist_ok=True)
            (folder / f"{name}.ipynb").write_text(json.dumps(handed_in))
    nbgrader(course, "generate_assignment", ASSIGNMENT, "--create")
    held, _ = collect.collect(course)
    assert held and all(f"submitted/{MANGLED}/" in fault for fault in held)
    nbgrader(course, "autograde", ASSIGNMENT, "--create")
    nbgrader(course, "generate_feedback", ASSIGNMENT)
    nbgrader(course, "export")
    with (course / "grades.csv").open() as file:
        scores = {row["student_id"]: float(row["score"]) for row in csv.DictReader(file)}
    none = ("stub", "wrong", *CHEATS, assignment.CONTROL)
    assert scores == {"right": full} | dict.fromkeys(none, 0.0)
    told = (course / "feedback" / "wrong" / ASSIGNMENT / "rescaling.html").read_text()
    assert "your film is slower" in told


def nbgrader(course: Path, *command: str) -> None:
    """Run nbgrader where the chapters' keys are not: without the clone on Python's path."""
    clean = {name: value for name, value in os.environ.items() if name != "PYTHONPATH"}
    run = subprocess.run(["nbgrader", *command], cwd=course, env=clean, capture_output=True)
    assert run.returncode == 0, run.stderr.decode()[-4000:]
