"""Look through what students handed in, before nbgrader does.

    python -m tools.collect COURSE

A copy that nbgrader could not mark, because a cell is split, deleted or has lost what nbgrader
knows it by, goes from `submitted` to `held`, and the message names the file and the cell; the
others are marked. Mend it by hand, put it back and look again. What can be marked and should be
looked at, an edited marking cell (nbgrader puts it back) or code that speaks of the kernel itself,
is named too.
"""

from __future__ import annotations

import argparse
import json
import re
import shutil
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from tools import command

UNUSUAL = re.compile(
    r"get_ipython|_getframe|\binspect\b|__import__|sys\.modules|\bbuiltins\b|__builtins__"
    r"|\bsetattr\(|HIDDEN TESTS|helpers\.book\.sealed"
)
HIDDEN = re.compile(r"### BEGIN HIDDEN TESTS.*?### END HIDDEN TESTS", re.S)

Notebook = dict[str, Any]


@dataclass
class Found:
    """What was found in one copy: why it cannot be marked, and what to look at."""

    faults: list[str] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)


def look(copy: Path, source: Path) -> Found:
    """Compare a student's copy with the chapter that was handed out."""
    found = Found()
    try:
        cells = _cells(copy)
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        return Found([f"is not a notebook any more ({error})"])
    for told in _cells(source):
        if _grade_id(told):
            _look_for(told, cells, found)
    for number, cell in enumerate(cells, start=1):
        unusual = UNUSUAL.search(_text(cell))
        if cell["cell_type"] == "code" and not _is_locked(cell) and unusual:
            found.notes.append(f"cell {number} speaks of {unusual[0]!r}: read it")
    return found


def _look_for(told: Notebook, cells: list[Notebook], found: Found) -> None:
    """Find one of the cells that nbgrader knows, once."""
    name = _grade_id(told)
    places = [number for number, cell in enumerate(cells, start=1) if _grade_id(cell) == name]
    if len(places) > 1:
        where = " and ".join(map(str, places))
        found.faults.append(f"cells {where} are both {name}: split or copied? Make one of them")
    elif not places:
        found.faults.append(_missing(told, name, cells))
    elif _is_locked(told) and _plain(told) != _plain(cells[places[0] - 1]):
        found.notes.append(f"cell {places[0]} ({name}) marks and was edited; nbgrader puts it back")
    elif not _is_locked(told) and not _hands_in(told, cells[places[0] - 1]):
        last = _text(told).splitlines()[-1]
        found.faults.append(
            f"cell {places[0]} ({name}) has lost its last line, {last!r}: split or edited? Put it"
            " back at the end of the cell"
        )


def _missing(told: Notebook, name: str, cells: list[Notebook]) -> str:
    """Why a cell is not there: deleted, or stripped of its metadata."""
    text = _plain(told) if _is_locked(told) else _call(told)
    numbers = [number for number, cell in enumerate(cells, start=1) if text in _plain(cell)]
    if text and numbers:
        where = f"cell {numbers[0]} was {name} and has lost its metadata"
        return f"{where}: copy what is in it into a fresh notebook"
    return f"the cell {name} is gone: take it from a fresh notebook"


def _hands_in(told: Notebook, cell: Notebook) -> bool:
    return not _call(told) or _call(told) in _plain(cell)


def _call(told: Notebook) -> str:
    """How the last line of an exercise begins, up to the answer."""
    call = re.search(r"answer\(\s*'[^']+'", _plain(told))
    return call[0] if call else ""


def _cells(path: Path) -> list[Notebook]:
    cells: list[Notebook] = json.loads(path.read_text(encoding="utf-8"))["cells"]
    for cell in cells:
        _text(cell), _grade_id(cell)
    return cells


def _text(cell: Notebook) -> str:
    return "".join(cell["source"])


def _plain(cell: Notebook) -> str:
    """The cell as students see it, with one kind of quotation mark."""
    return HIDDEN.sub("", _text(cell)).strip().replace('"', "'")


def _grade_id(cell: Notebook) -> str:
    return str(cell["metadata"].get("nbgrader", {}).get("grade_id", ""))


def _is_locked(cell: Notebook) -> bool:
    return bool(cell["metadata"].get("nbgrader", {}).get("locked"))


def collect(course: Path) -> tuple[list[str], list[str]]:
    """Look through all copies; hold what cannot be marked. Messages about these, and others."""
    held, notes = [], []
    for folder in sorted(path for path in (course / "submitted").glob("*/*") if path.is_dir()):
        faults = []
        for source in sorted((course / "source" / folder.name).glob("*.ipynb")):
            where = (folder / source.name).relative_to(course)
            if not (folder / source.name).is_file():
                notes.append(f"{where} was not handed in")
                continue
            found = look(folder / source.name, source)
            faults += [f"{where}: {fault}" for fault in found.faults]
            notes += [f"{where}: {note}" for note in found.notes]
        if faults:
            target = course / "held" / folder.relative_to(course / "submitted")
            shutil.rmtree(target, ignore_errors=True)
            target.parent.mkdir(parents=True, exist_ok=True)
            shutil.move(folder, target)
            held += faults
    return held, notes


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("course", type=Path, help="the folder with source and submitted in it")
    course = parser.parse_args().course
    if not (course / "source").is_dir():
        parser.error(f"{course} holds no folder `source`; name the course that was written")
    held, notes = collect(course)
    for note in notes:
        print(f"look: {note}")
    for fault in held:
        print(f"held: {fault}")
    if held:
        print(
            "These are in the folder `held`. Mend them, put them back into `submitted`, look again."
        )
    return 1 if held else 0


if __name__ == "__main__":
    command.run(main)
