"""The students' edition gives nothing away: not in its sources, its site or its wheel.

Every solution and folded answer of a copy of the book gets a mark of its own, in its text, its code
and its outputs; the words of the keys are marks as they are. Then every file is searched.
"""

from __future__ import annotations

import ast
import html
import json
import re
import shutil
import subprocess
import sys
import zipfile
import zlib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from helpers.book import sealed
from tools import contents, editions, student
from tools.pages import find_directives, read_page
from tools.solutions import is_text, text_of, without_folds

MARK = "quattuordecimal"
SECRETS = ("WrongTurn", "Prediction")
Cell = dict[str, Any]


def marked_copy(root: Path) -> Path:
    """The book's sources, with a mark in every solution and every folded answer."""
    for name in editions.FOLDERS:
        shutil.copytree(editions.ROOT / name, root / name, ignore=editions.LEFT_OUT)
    for name in editions.FILES:
        shutil.copyfile(editions.ROOT / name, root / name)
    marks = 0
    for path in sorted((root / "book").rglob("*.ipynb")):
        notebook = json.loads(path.read_text(encoding="utf-8"))
        marks += sum(map(mark, hidden_cells(notebook["cells"])))
        path.write_text(json.dumps(notebook), encoding="utf-8")
    assert marks > 250
    return root


def hidden_cells(cells: list[Cell]) -> Iterator[Cell]:
    inside = False
    for cell in cells:
        names = {one.name for one in find_directives(text_of(cell))} if is_text(cell) else set()
        inside = inside or "solution-start" in names
        folded = is_text(cell) and without_folds(text_of(cell)) != text_of(cell)
        if inside or "solution" in names or folded:
            yield cell
        inside = inside and "solution-end" not in names


def mark(cell: Cell) -> bool:
    """Put the mark where the words of a solution are; are there any?"""
    if not is_text(cell):
        cell["source"] = f"{text_of(cell)}\n# {MARK}"
        cell["outputs"] = [{"output_type": "stream", "name": "stdout", "text": f"{MARK}\n"}]
        cell["metadata"]["mark"] = MARK
        return True
    bounds = ("solution-start", "solution-end")
    if any(one.name in bounds for one in find_directives(text_of(cell))):
        return False
    fold = ":class: dropdown\n"
    text = text_of(cell)
    cell["source"] = text.replace(fold, f"{fold}\n{MARK}\n\n") if fold in text else f"{text} {MARK}"
    return True


@pytest.fixture(scope="module")
def edition(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The students' edition of the marked copy: sources, site and wheel."""
    patch = pytest.MonkeyPatch()
    patch.setitem(sealed.COST, "n", 2)
    root = marked_copy(tmp_path_factory.mktemp("book"))
    tree = student.write(tmp_path_factory.mktemp("edition") / "student", 7, root)
    patch.undo()
    editions.build_site(tree)
    editions.build_wheel(tree)
    return tree


@pytest.fixture(scope="module")
def words(edition: Path) -> dict[str, str]:
    """Every file of the edition, those in its wheel too, as one line of text."""
    found = {}
    for path in sorted(edition.rglob("*")):
        if path.suffix == ".whl":
            with zipfile.ZipFile(path) as wheel:
                found |= {f"wheel:{name}": plain(wheel.read(name)) for name in wheel.namelist()}
        elif path.is_file():
            found[path.relative_to(edition).as_posix()] = plain(path.read_bytes())
    return found


def plain(content: bytes) -> str:
    if content.startswith(b"# Sphinx inventory"):
        content += zlib.decompress(content.split(b"zlib.\n", 1)[1])
    text = content.decode("utf-8", "ignore")
    text = text.replace("\\n", " ").replace('\\"', '"').replace("\\\\", "\\")
    return " ".join(f"{text} {html.unescape(re.sub(r'<[^>]+>', '', text))}".split())


def where(mark: str, words: dict[str, str]) -> list[str]:
    return [name for name, text in words.items() if mark in text]


def test_no_mark_is_anywhere(words: dict[str, str]) -> None:
    assert len(words) > 500
    assert not where(MARK, words)


def test_no_label_of_a_solution_is_anywhere(words: dict[str, str]) -> None:
    labels = {
        one.label
        for path in contents.notebooks()
        for one in read_page(path).directives
        if one.name in ("solution", "solution-start")
    }
    assert len(labels) > 150
    assert not {label: found for label in labels if (found := where(label, words))}


def key_words() -> set[str]:
    """The hints of wrong turns and what votes reveal; what a page says itself is no secret."""
    on_pages = "".join(path.read_text(encoding="utf-8") for path in contents.pages())
    found = set()
    for path in sorted((editions.ROOT / "helpers/book/keys").glob("[!_]*.py")):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Call) and getattr(node.func, "id", "") in SECRETS:
                found |= {
                    one.value
                    for one in ast.walk(node)
                    if isinstance(one, ast.Constant)
                    and isinstance(one.value, str)
                    and len(one.value) >= 20
                }
    plain_pages = on_pages.replace("\\\\", "\\")
    return {one for one in found if one not in plain_pages}


def test_no_word_of_a_key_is_anywhere(words: dict[str, str]) -> None:
    marks = key_words()
    assert len(marks) > 400
    assert not {one: found for one in marks if (found := where(" ".join(one.split()), words))}


def test_the_keys_are_seals(edition: Path) -> None:
    for path in sorted((edition / "helpers/book/keys").glob("[!_]*.py")):
        names = {
            one.id for one in ast.walk(ast.parse(path.read_text())) if isinstance(one, ast.Name)
        }
        assert not names & {"Exercise", "WrongTurn", "Drawn", "Prediction", "PREDICTIONS"}


def test_nothing_of_the_workshop_is_in_it(edition: Path) -> None:
    names = {path.name for path in edition.rglob("*")}
    assert not names & {".git", "tests", "tools", "CHANGELOG.md", "guide", "questions", ".doctrees"}


TRIAL = """
import helpers.book.sealed as sealed
sealed.COST["n"] = 2
from helpers import answer, numbers
from helpers.book.exercises import exercise, predictions
assert sealed.__file__.startswith({tree!r})
assert answer("ex-tanh-coefficients", (2.0, 1.26)).right
assert "cubed" in answer("ex-tanh-coefficients", (2.0, 8.0)).hint
assert "not attempted" in answer("ex-tanh-coefficients", (..., 2.0)).hint
assert numbers("ex-rescaled-clocks", seed=7) != numbers("ex-rescaled-clocks")
assert not hasattr(exercise("ex-tanh-coefficients"), "right")
assert not predictions()
try:
    numbers("ex-rescaled-clocks", seed=3)
except ValueError as error:
    assert "seed 0, 7" in str(error)
"""


def test_exercises_go_on_saying_right_and_wrong(edition: Path) -> None:
    code = TRIAL.format(tree=str(edition))
    run = subprocess.run(
        [sys.executable, "-c", code],
        cwd=edition,
        env={"PYTHONPATH": str(edition)},
        capture_output=True,
        text=True,
    )
    assert run.returncode == 0, run.stderr
