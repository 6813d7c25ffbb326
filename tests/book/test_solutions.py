"""What only a solution quotes goes with it; what the page uses stays; a probe tells no key."""

from __future__ import annotations

import ast
import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from helpers.book import keys
from helpers.book.exercises import Exercise
from helpers.book.keys import network
from tests.book.samples import SOLUTION_END, SOLUTION_START, code, page, stored, text
from tools import probes
from tools.solutions import text_of, without_folds, without_solutions

FOLD = "Before.\n\n```{admonition} Answers\n:class: dropdown\n\nForty.\n```\n\nAfter."


def bare(tmp_path: Path, *cells: Any) -> dict[str, Any]:
    """The cells of a sample without its solutions, by id."""
    sample = page(tmp_path, *cells)
    notebook = json.loads(sample.path.read_text(encoding="utf-8"))
    return {cell["id"]: cell for cell in without_solutions(notebook)["cells"]}


def numbers(source: str, *names: str) -> Any:
    outputs = [stored(f"sample-{name}", "1.5") for name in names]
    return code(source, *outputs, name="numbers", tags=["check"])


SOLUTION = [
    text(SOLUTION_START, "start"),
    text("It is {glue:text}`sample-answer`.", "why"),
    text(SOLUTION_END, "end"),
]
PAGE = text("The gap is {glue:text}`sample-gap`.", "words")


def test_a_number_that_only_a_solution_quotes_goes_with_what_it_was_made_of(tmp_path: Path) -> None:
    source = (
        "def half(x):\n    return x / 2\n\n\n"
        "kept, made = 3.0, 4.0\nanswer = half(made)\n"
        'glue("sample-gap", kept)\nglue("sample-answer", answer)'
    )
    cells = bare(tmp_path, PAGE, numbers(source, "gap", "answer"), *SOLUTION)
    assert list(cells) == ["words", "numbers"]
    assert text_of(cells["numbers"]) == 'kept, made = 3.0, 4.0\nglue("sample-gap", kept)'
    assert "sample-answer" not in str(cells["numbers"]["outputs"])


def test_a_cell_in_which_nothing_is_left_goes(tmp_path: Path) -> None:
    source = 'for word in ["answer"]:\n    glue(f"sample-{word}", 4.0)'
    assert list(bare(tmp_path, numbers(source, "answer"), *SOLUTION)) == []


def test_a_number_that_cannot_be_told_from_others_is_refused(tmp_path: Path) -> None:
    source = 'for word in ["answer", "gap"]:\n    glue(f"sample-{word}", 4.0)'
    with pytest.raises(ValueError, match=r"sample-answer.*glue each by its own name"):
        bare(tmp_path, PAGE, numbers(source, "answer", "gap"), *SOLUTION)


def test_open_code_stays_whatever_quotes_it(tmp_path: Path) -> None:
    shown = code("def half(x):\n    return x / 2", name="shown")
    cells = bare(
        tmp_path, PAGE, shown, numbers('glue("sample-answer", half(8))', "answer"), *SOLUTION
    )
    assert list(cells) == ["words", "shown"]


def test_a_folded_answer_goes_and_the_text_about_it_stays() -> None:
    assert without_folds(FOLD) == "Before.\n\n\nAfter."
    proof = "```{prf:proof}\n:class: dropdown\nSo.\n```"
    assert without_folds(proof) == proof


def test_numbers_of_a_key_are_told_and_not_how_they_were_made() -> None:
    made = ast.parse("CASES = tuple(secret(seed) for seed in (0, 1))").body[0]
    told = probes._as_data(made, {"CASES": (np.array([1.0, 2.0]), "a")})
    assert ast.unparse(told) == "CASES = (np.array([1.0, 2.0]), 'a')"


def test_a_probe_that_uses_a_key_is_refused() -> None:
    body = ast.parse("def probe(answer):\n    return EXERCISES[0].right(answer)").body
    with pytest.raises(ValueError, match="uses EXERCISES: it tells a key"):
        probes._needed(body, {"probe"})


def test_a_probe_made_inside_a_function_is_refused() -> None:
    def outer(scale: float) -> Any:
        return lambda answer: scale * answer

    with pytest.raises(ValueError, match="may not be made inside a function"):
        probes.code_of(outer(2.0))


def test_what_a_probe_is_taken_as() -> None:
    assert probes.code_of(Exercise.probe) == ([], "")
    assert probes.code_of(np.ravel)[1] == "np.ravel"
    statements, name = probes.code_of(keys.all_given)
    assert (probes.without_doubles(statements), name) == (
        ["from helpers.book.keys import all_given"],
        "all_given",
    )
    probe = next(one for one in network.EXERCISES if one.id == "ex-network-activation").probe
    assert probes.code_of(probe)[1] == "(lambda function: function(V, REST, W, 1.7))"
