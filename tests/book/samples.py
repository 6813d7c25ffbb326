"""Small notebooks with one fault each, for the tests of the rules."""

from __future__ import annotations

import json
from dataclasses import asdict
from pathlib import Path
from typing import Any

import nbformat
from nbformat import v4

from helpers.book.claims import Claim
from tools.pages import Page, read_page

ALT = "A straight line that rises from one to two, with nothing else in the picture."


def text(source: str, name: str = "words") -> nbformat.NotebookNode:
    return v4.new_markdown_cell(source, id=name)


def code(
    source: str,
    *outputs: nbformat.NotebookNode,
    name: str = "sum",
    count: int | None = 1,
    **metadata: Any,
) -> nbformat.NotebookNode:
    return v4.new_code_cell(
        source, id=name, outputs=list(outputs), execution_count=count, metadata=metadata
    )


def printed(words: str, name: str = "stdout") -> nbformat.NotebookNode:
    return v4.new_output("stream", name=name, text=words)


def shown(**data: str) -> nbformat.NotebookNode:
    return v4.new_output("display_data", {key.replace("_", "/"): v for key, v in data.items()})


def stored(name: str, words: str) -> nbformat.NotebookNode:
    prefix = "application/papermill.record/"
    return v4.new_output(
        "display_data",
        {prefix + "text/plain": repr(words)},
        metadata={"scrapbook": {"mime_prefix": prefix, "name": name}},
    )


def figure(alt: str = ALT, caption: str = "The line.", name: str = "fig-line") -> dict[str, Any]:
    return {"mystnb": {"image": {"alt": alt}, "figure": {"caption": caption, "name": name}}}


def stub(grade_id: str = "ex-twice") -> dict[str, Any]:
    """The nbgrader metadata of a cell for the reader's answer."""
    told = {"grade": False, "locked": False, "schema_version": 3, "solution": True, "task": False}
    return {"nbgrader": {**told, "grade_id": grade_id}}


def claimed(claim: Claim) -> nbformat.NotebookNode:
    """What `check` stores in a notebook."""
    parts = {name: part for name, part in asdict(claim).items() if part}
    return v4.new_output("display_data", {"text/plain": str(claim)}, metadata={"claim": parts})


def page(folder: Path, *cells: nbformat.NotebookNode, name: str = "sample") -> Page:
    """Write a notebook of these cells and read it as the rules do."""
    metadata = {"kernelspec": {"name": "python3"}, "language_info": {"name": "python"}}
    notebook = {"cells": cells, "metadata": metadata, "nbformat": 4, "nbformat_minor": 5}
    path = folder / f"{name}.ipynb"
    path.write_text(json.dumps(notebook), encoding="utf-8")
    return read_page(path)


EXERCISE = """```{exercise} Twice (code, medium, 5 min)
:label: ex-twice
Double it.
```"""
SOLUTION_START = """```{solution-start} ex-twice
:label: sol-twice
:class: dropdown
```"""
SOLUTION_END = """```{solution-end}
```"""


def coding_exercise() -> dict[str, nbformat.NotebookNode]:
    """The cells of a coding exercise as it should be, by name, to break one of them."""
    folded = {"source_hidden": True}
    turn = 'twice = ...\nanswer("ex-twice", twice)'
    return {
        "ask": text(EXERCISE, "ask"),
        "turn": code(turn, name="turn", tags=["exercise"], **stub()),
        "start": text(SOLUTION_START, "start"),
        "why": text("Two and two.", "why"),
        "solution": code("twice = 2", name="solution", count=2, tags=["solution"], jupyter=folded),
        "end": text(SOLUTION_END, "end"),
    }
