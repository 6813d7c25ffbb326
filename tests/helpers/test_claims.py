"""A claim that fails raises, a control that holds raises, and what is printed is read back."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from IPython.core.interactiveshell import InteractiveShell
from IPython.utils.capture import capture_output

from helpers.book.claims import Claim, ClaimFailed, check, glue, read_claims
from tests.helpers.theory import some

Capture = pytest.CaptureFixture[str]


def notebook(tmp_path: Path, *outputs: str | list[str], name: str = "rescaling.ipynb") -> Path:
    """Write a notebook in which each output stands in a cell of its own."""
    cells: list[Any] = [{"cell_type": "markdown", "source": "# A chapter", "metadata": {}}]
    for text in outputs:
        stream = {"output_type": "stream", "name": "stdout", "text": text}
        noise = {"output_type": "stream", "name": "stderr", "text": text}
        cells.append({"cell_type": "code", "source": "", "outputs": [noise, stream]})
    path = tmp_path / name
    path.write_text(json.dumps({"cells": cells, "nbformat": 4}), encoding="utf-8")
    return path


# --- holding and failing --------------------------------------------------------------------------

BOUNDS: list[tuple[dict[str, Any], float, float]] = [
    # the bound, a value that keeps it and one that breaks it
    ({"at_most": 1e-12}, 1e-12, 1.0000001e-12),
    ({"at_most": 0.0}, -1.0, 1e-300),
    ({"at_least": 0.5}, 0.5, 0.4999999),
    ({"about": (2.0, 0.25)}, 2.25, 2.2500001),
    ({"about": (2.0, 0.25)}, 1.75, 1.7499999),
    ({"about": (0.0, 0.0)}, 0.0, 5e-324),
]


@pytest.mark.parametrize(("bound", "good", "bad"), BOUNDS)
def test_a_value_within_its_bound_passes_and_one_beyond_fails(
    bound: dict[str, Any], good: float, bad: float, capsys: Capture
) -> None:
    check("eq-rnn", "it holds", good, **bound)
    assert capsys.readouterr().out.count("\n") == 1
    with pytest.raises(ClaimFailed, match=r"claim eq-rnn fails: it holds; the value is"):
        check("eq-rnn", "it holds", bad, **bound)
    # A claim that fails leaves no line behind which could be taken for one that holds.
    assert capsys.readouterr().out == ""


@pytest.mark.parametrize(("bound", "good", "bad"), BOUNDS)
def test_a_control_must_break_the_bound(
    bound: dict[str, Any], good: float, bad: float, capsys: Capture
) -> None:
    check("eq-rnn", "it holds", good, control=bad, **bound)
    assert "control: fails, as it must" in capsys.readouterr().out
    with pytest.raises(ClaimFailed, match="the control of claim eq-rnn holds"):
        check("eq-rnn", "it holds", good, control=good, **bound)
    assert capsys.readouterr().out == ""


def test_a_failed_claim_is_an_assertion_error_and_no_value_error() -> None:
    assert issubclass(ClaimFailed, AssertionError) and not issubclass(ClaimFailed, ValueError)


def test_the_line_has_every_field_and_no_digits_of_the_machine(capsys: Capture) -> None:
    check(
        "thm-group.inverse",
        "R of 1/tau undoes R of tau",
        3.14159e-17,
        at_most=1e-12,
        needs="tau > 0",
        status="proved",
        control=0.123456789,
    )
    line = capsys.readouterr().out
    assert line == (
        "claim thm-group.inverse | proved | R of 1/tau undoes R of tau | needs: tau > 0"
        " | at most 1e-12: holds | control: fails, as it must\n"
    )
    check("eq-rnn", "it holds", np.float64(7.0), at_least=1)
    assert capsys.readouterr().out == (
        "claim eq-rnn | exact to rounding | it holds | needs: nothing"
        " | at least 1: holds | control: none given\n"
    )
    check("eq-rnn", "it holds", np.array([7.0]), about=(7, 0.5), status="order 2")
    assert "within 0.5 of 7: holds" in capsys.readouterr().out


@pytest.mark.parametrize(
    "status", ["proved", "exact to rounding", "order 2", "order 1/2", "measured", "false"]
)
def test_the_statuses_of_the_contract(status: str, capsys: Capture) -> None:
    check("eq-rnn", "it holds", 0.0, at_most=1, status=status)
    assert f"| {status} |" in capsys.readouterr().out


MALFORMED: list[tuple[dict[str, Any], str]] = [
    ({"claim_id": "two words"}, "claim id 'two words'; use a label"),
    ({"claim_id": "1eq"}, "claim id '1eq'"),
    ({"claim_id": ""}, "claim id ''"),
    ({"claim_id": "eq-a."}, r"claim id 'eq-a\.'"),
    ({"statement": "a | b"}, r"statement = 'a \| b'.*without the sign"),
    ({"statement": "a\nb"}, "statement = .*one line of words"),
    ({"statement": "  "}, "statement = '  '"),
    ({"needs": ""}, "needs = ''"),
    ({"needs": "tau | 1"}, r"needs = 'tau \| 1'"),
    ({"status": "true"}, "status = 'true'; it is proved"),
    ({"status": "order"}, "status = 'order'"),
    ({"at_most": None}, "0 bounds given; give one"),
    ({"at_least": 1.0}, "2 bounds given; give one"),
    ({"about": (1.0, 1.0)}, "2 bounds given; give one"),
    ({"at_most": None, "about": 0.5}, r"about = 0\.5; give the pair"),
    ({"at_most": None, "about": (0.5, None)}, "tolerance = None"),
    ({"at_most": "one"}, "at_most = 'one'"),
    ({"at_most": float("nan")}, "at_most = nan"),
    ({"at_most": float("inf")}, "at_most = inf"),
    ({"value": None}, "value = None; a claim rests on one finite real number"),
    ({"value": "small"}, "value = 'small'"),
    ({"value": float("nan")}, "value = nan"),
    ({"value": float("inf")}, "value = inf"),
    ({"value": 1j}, "value = 1j"),
    ({"value": [1.0, 2.0]}, r"value = \[1\.0, 2\.0\]"),
    ({"value": []}, r"value = \[\]"),
    ({"control": float("nan")}, "control = nan"),
    ({"control": [1.0, 2.0]}, r"control = \[1\.0, 2\.0\]"),
]


@pytest.mark.parametrize(("change", "words"), MALFORMED)
def test_a_malformed_claim_is_refused_before_anything_is_printed(
    change: dict[str, Any], words: str, capsys: Capture
) -> None:
    arguments = {"claim_id": "eq-rnn", "statement": "it holds", "value": 0.0, "at_most": 1.0}
    with pytest.raises(ValueError, match=words):
        check(**{**arguments, **change})
    assert capsys.readouterr().out == ""


# --- reading back ---------------------------------------------------------------------------------


def test_what_is_printed_is_read_back_from_a_notebook(tmp_path: Path, capsys: Capture) -> None:
    check("eq-rescaled", "h solves (2)", 0.0, at_most=1e-12, needs="tau > 0", status="proved")
    first = capsys.readouterr().out
    check("erratum-11.cond", "cond(A) stays", 1.0, about=(1, 0.25), status="false", control=9.0)
    second = capsys.readouterr().out
    # Jupyter stores a text as one string or as a list of lines.
    path = notebook(tmp_path, "some words\n" + first, (second + "other words\n").splitlines(True))
    one, other = read_claims(path)
    assert one == Claim(
        "eq-rescaled", "proved", "h solves (2)", "tau > 0", "at most 1e-12",
        "none given", "rescaling",
    )  # fmt: skip
    assert other == Claim(
        "erratum-11.cond", "false", "cond(A) stays", "nothing", "within 0.25 of 1",
        "fails, as it must", "rescaling",
    )  # fmt: skip
    assert (one.label, other.label) == ("eq-rescaled", "erratum-11")
    assert read_claims(str(path)) == (one, other)


words = st.text("abcz 0.:;,-_(){}[]<>=*/\\'\"$^é\u03c4\u0394", min_size=1).filter(
    lambda s: s and s == s.strip()
)


@settings(some, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    statement=words,
    needs=words,
    id=st.from_regex(r"[a-z][a-z0-9-]{0,8}(\.[a-z0-9-]{1,5})?", fullmatch=True),
)
def test_any_words_go_there_and_back(
    statement: str, needs: str, id: str, tmp_path: Path, capsys: Capture
) -> None:
    capsys.readouterr()
    check(id, statement, 0.5, at_least=0.25, needs=needs, control=0.0)
    (claim,) = read_claims(notebook(tmp_path, capsys.readouterr().out))
    assert (claim.id, claim.statement, claim.needs) == (id, statement, needs)
    assert claim.label == id.partition(".")[0]


def test_lines_that_are_no_claims_are_left_alone(tmp_path: Path) -> None:
    path = notebook(
        tmp_path,
        "claim eq-a | proved | torn off\n",
        " claim eq-b | proved | x | needs: y | at most 1: holds | control: none given\n",
        "claim eq-c | proved | x | needs: y | at most 1: fails | control: none given\n",
    )
    assert read_claims(path) == ()
    assert read_claims(notebook(tmp_path, name="empty.ipynb")) == ()


def test_files_that_are_no_notebooks_are_named(tmp_path: Path) -> None:
    (tmp_path / "words.ipynb").write_text("not json")
    (tmp_path / "list.ipynb").write_text("[1, 2]")
    (tmp_path / "other.ipynb").write_text('{"kernel": 1}')
    for name in ("words.ipynb", "list.ipynb", "other.ipynb", "missing.ipynb", "."):
        with pytest.raises(ValueError, match="is not a readable notebook; give the path"):
            read_claims(tmp_path / name)


# --- glue -----------------------------------------------------------------------------------------


def glued(*arguments: Any) -> Any:
    """Return what a cell that glues would store: (data, metadata)."""
    InteractiveShell.instance()
    with capture_output(stdout=False, stderr=False) as captured:
        glue(*arguments)
    (output,) = captured.outputs
    return output.data, output.metadata


def test_the_rounded_text_is_stored_under_the_name() -> None:
    data, metadata = glued("rescaling-gap", np.pi, ".3f")
    assert data == {"application/papermill.record/text/plain": "'3.142'"}
    assert metadata == {
        "scrapbook": {"mime_prefix": "application/papermill.record/", "name": "rescaling-gap"}
    }
    assert glued("a-count", 12)[0] == {"application/papermill.record/text/plain": "'12'"}
    assert glued("a-word", "stable")[0] == {"application/papermill.record/text/plain": "'stable'"}


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (("two words", 1.0, ".3f"), "glue name 'two words'; use letters"),
        (("a-name", "text", ".3f"), "'text' cannot be written as '.3f'"),
        (("a-name", [1.0, 2.0], ".3f"), r"\[1\.0, 2\.0\] cannot be written"),
        (("a-name", 1.0, "what"), "1.0 cannot be written as 'what'"),
    ],
)
def test_what_cannot_be_glued(arguments: Any, message: str) -> None:
    with pytest.raises(ValueError, match=message):
        glue(*arguments)
