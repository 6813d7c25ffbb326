"""Make the lecturer's edition in _build/instructor: `make instructor`.

It is the site with all that the public one has, and a last part for the lecturer: a page for each
chapter with its guide (book/guide), what the questions with options reveal, and the wrong answers
of its exercises, each with its hint; and the question bank, where `make questions` has made one.
None of these pages is in the sources of the public site.
"""

from __future__ import annotations

import ast
import inspect
import re
import shutil
from collections.abc import Iterator
from importlib import import_module
from pathlib import Path
from typing import Any

from helpers.book.exercises import Drawn, Exercise, Prediction, exercise
from tools import command, contents, editions
from tools.pages import Page, read_page
from tools.probes import literal

TREE = editions.BUILD / "instructor"
FOLDER = Path("book") / "lecturer"
BANK = editions.BUILD / "questions" / "questions.md"
MINUTES = re.compile(r"\((\w+), (\w+), (\d+) min\)")
DIGITS = re.compile(r"\d+\.\d{6,}(?:e[+-]?\d+)?")
LONGEST = 300  # characters of an answer that is code


def write(tree: Path) -> Path:
    """Write the sources of the lecturer's edition."""
    editions.copy(tree)
    (tree / FOLDER).mkdir()
    names = []
    for path in contents.notebooks():
        (tree / FOLDER / f"{path.stem}.md").write_text(page(path), encoding="utf-8")
        names.append((FOLDER / path.stem).as_posix())
    if BANK.is_file():
        shutil.copyfile(BANK, tree / FOLDER / "questions.md")
        names.append((FOLDER / "questions").as_posix())
    editions.add_pages(tree, "For the lecturer", names)
    return tree


def page(path: Path) -> str:
    """What a lecturer wants to know of one chapter."""
    read = read_page(path)
    name = path.relative_to(editions.ROOT).with_suffix("").as_posix()
    title = read.cells[0].source.splitlines()[0].lstrip("# ").strip()
    parts = [f"# {title}: for the lecturer", f"The chapter: {{doc}}`/{name}`.", *_guide(path)]
    keys = _keys(path.stem)
    predictions = getattr(keys, "PREDICTIONS", ())
    if predictions:
        parts += ["## What a vote reveals", *map(_vote, predictions)]
    entries = getattr(keys, "EXERCISES", ())
    if entries:
        source = ast.parse(inspect.getsource(keys))
        parts += ["## Wrong answers, and their hints"]
        parts += [part for entry in entries for part in _exercise(entry, read, source)]
    return "\n\n".join(parts) + "\n"


def _guide(path: Path) -> Iterator[str]:
    """The guide of a chapter without its title; a vote, which has none, is named by its label."""
    book = editions.ROOT / "book"
    guide = book / "guide" / path.relative_to(book).with_suffix(".md")
    if guide.is_file():
        text = guide.read_text(encoding="utf-8")
        text = re.sub(r"\{ref\}`(predict-[\w-]+)`", r"{ref}`\1 <\1>`", text)
        yield re.sub(r"\A# .*\n+", "", text).strip()


def _keys(name: str) -> Any:
    try:
        return import_module(f"helpers.book.keys.{name}")
    except ModuleNotFoundError:
        return None


def _vote(one: Prediction) -> str:
    rows = [f"{{ref}}`{one.id} <{one.id}>`", ""]
    for letter, choice in one.choices.items():
        said = "**right**" if letter == one.right else f"reveals: {one.reveals[letter]}"
        rows.append(f"- ({letter}) {choice} — {said}")
    return "\n".join(rows)


def _exercise(entry: Exercise | Drawn, read: Page, source: ast.Module) -> Iterator[str]:
    one = exercise(entry.id)
    told = next((MINUTES.search(d.argument) for d in read.directives if d.label == one.id), None)
    time = f" ({told[1]}, {told[2]}, {told[3]} min)" if told else ""
    seed = "; the numbers are those of seed 0" if isinstance(entry, Drawn) else ""
    yield f"### {{ref}}`{one.id}`{time}"
    yield f"Right{seed}: {_shown(one.right, source)}"
    rows = [f"- {_shown(turn.value, source)}: {_words(turn.hint)}" for turn in one.wrong]
    yield "\n".join([*rows, f"- anything else: {_words(one.hint)}"])


def _shown(value: Any, source: ast.Module) -> str:
    """An answer as code: its numbers, or how the keys define the function."""
    if callable(value):
        return f"`{_source(value, source)}`"
    try:
        text = literal(value).replace(", )", ")")
    except TypeError:
        text = " ".join(repr(value).split())
    return f"`{DIGITS.sub(lambda found: f'{float(found[0]):.6g}', text)}`"


def _source(value: Any, source: ast.Module) -> str:
    """The lambda or the function, on one line."""
    first = value.__code__.co_firstlineno
    for node in ast.walk(source):
        if isinstance(node, ast.Lambda | ast.FunctionDef) and node.lineno == first:
            text = " ".join(ast.unparse(node).split())
            return text if len(text) <= LONGEST else f"{text[:LONGEST]} …"
    return str(getattr(value, "__name__", "a function"))


def _words(hint: str) -> str:
    """A hint is plain text: what Markdown would read as a sign stays what it is."""
    return re.sub(r"([\\*_`$\[\]<>{}|~#^])", r"\\\1", hint)


def main() -> int:
    write(TREE)
    print(f"The lecturer's edition is in {TREE.relative_to(editions.ROOT)}.", flush=True)
    site = editions.build_site(TREE)
    print(f"Its site: {(site / 'index.html').relative_to(editions.ROOT)}")
    return 0


if __name__ == "__main__":
    command.run(main)
