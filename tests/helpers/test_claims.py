"""A claim that fails raises, a control that holds raises, and what is printed is read back."""

from __future__ import annotations

import json
from collections.abc import Callable
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


@pytest.fixture(autouse=True)
def no_kernel(monkeypatch: pytest.MonkeyPatch) -> None:
    """Outside a notebook, whatever another test has left behind."""
    monkeypatch.setattr("IPython.core.getipython.get_ipython", lambda: None)


def notebook(tmp_path: Path, *claims: dict[str, Any], name: str = "rescaling.ipynb") -> Path:
    """Write a notebook in which each claim stands in a cell of its own."""
    cells: list[Any] = [{"cell_type": "markdown", "source": "# A chapter", "metadata": {}}]
    for parts in claims:
        shown = {"output_type": "display_data", "data": {}, "metadata": {"claim": parts}}
        words = {"output_type": "stream", "name": "stdout", "text": "Claim eq-a. It holds."}
        cells.append({"cell_type": "code", "source": "", "outputs": [words, shown]})
    path = tmp_path / name
    path.write_text(json.dumps({"cells": cells, "nbformat": 4}), encoding="utf-8")
    return path


def stored(action: Callable[..., None], *arguments: Any, **options: Any) -> Any:
    """What a cell of a notebook would store: (data, metadata)."""
    shell = InteractiveShell.instance()
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("IPython.core.getipython.get_ipython", lambda: shell)
        with capture_output(stdout=False, stderr=False) as captured:
            action(*arguments, **options)
    (output,) = captured.outputs
    return output.data, output.metadata


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
    check("eq-rnn", "it holds", good, control=bad, without="it", **bound)
    assert "Repeated without it, it fails, as it must." in capsys.readouterr().out
    with pytest.raises(ClaimFailed, match="the control of claim eq-rnn holds"):
        check("eq-rnn", "it holds", good, control=good, **bound)
    assert capsys.readouterr().out == ""


def test_a_failed_claim_is_an_assertion_error_and_no_value_error() -> None:
    assert issubclass(ClaimFailed, AssertionError) and not issubclass(ClaimFailed, ValueError)


def test_the_sentence_has_every_part_and_no_digits_of_the_machine(
    capsys: Capture, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level("INFO", logger="helpers.book.claims")
    check(
        "thm-group.inverse",
        r"$R_{1/\tau}$ undoes $R_\tau$",
        3.14159e-17,
        at_most=1e-12,
        needs=r"$\tau > 0$",
        status="proved",
        control=0.123456789,
        without="the reciprocal",
    )
    assert capsys.readouterr().out == (
        r"Claim thm-group.inverse. $R_{1/\tau}$ undoes $R_\tau$. Proved in the text; the run"
        " agrees."
        r" Needs $\tau > 0$. Repeated without the reciprocal, it fails, as it must." + "\n"
    )
    (record,) = caplog.records
    logged = vars(record)
    assert (logged["value"], logged["bound"]) == (3.14159e-17, "at most 1e-12")
    assert logged["control"] == 0.123456789
    check("eq-rnn", "it holds", np.float64(7.0), at_least=1)
    assert capsys.readouterr().out == (
        "Claim eq-rnn. it holds. Derived in the text; in the run the two sides differ by rounding"
        " alone.\n"
    )
    check("eq-rnn", "it holds", np.array([7.0]), about=(7, 0.5), status="order 2")
    assert "Measured in this run: order 2." in capsys.readouterr().out


@pytest.mark.parametrize(
    ("status", "words"),
    [
        ("proved", "Proved in the text; the run agrees."),
        ("exact to rounding", "differ by rounding alone."),
        ("order 2", "Measured in this run: order 2."),
        ("order 1/2", "Measured in this run: order 1/2."),
        ("measured", "Measured in this run, not proved."),
        ("refuted", "The run shows a counterexample."),
    ],
)
def test_the_statuses_of_the_contract(status: str, words: str, capsys: Capture) -> None:
    check("eq-rnn", "it holds", 0.0, at_most=1, status=status)
    assert words in capsys.readouterr().out


def test_a_notebook_stores_typeset_text_and_the_parts() -> None:
    data, metadata = stored(
        check, "eq-rnn", "It is $h$", 0.0, at_most=1, needs="$h$", control=2, without="x"
    )
    assert data["text/markdown"].startswith("**Claim.** It is $h$.")
    assert data["text/plain"].startswith("Claim eq-rnn. It is $h$.")
    assert metadata["claim"] == {
        "id": "eq-rnn",
        "statement": "It is $h$",
        "status": "exact to rounding",
        "needs": "$h$",
        "without": "x",
        "control": True,
    }


MALFORMED: list[tuple[dict[str, Any], str]] = [
    ({"claim_id": "two words"}, "claim id 'two words'; use a label"),
    ({"claim_id": "1eq"}, "claim id '1eq'"),
    ({"claim_id": ""}, "claim id ''"),
    ({"claim_id": "eq-a."}, r"claim id 'eq-a\.'"),
    ({"statement": "a $ b"}, r"statement = 'a \$ b'.*between two dollars"),
    ({"statement": "a\nb"}, "statement = .*one line of words"),
    ({"statement": "  "}, "statement = '  '"),
    ({"statement": ""}, "statement = ''; say in a sentence"),
    ({"needs": " tau"}, "needs = ' tau'"),
    ({"without": "it"}, "without = 'it'; give the control"),
    ({"status": "true"}, "status = 'true'; it is proved"),
    ({"status": "false"}, "status = 'false'; it is proved"),
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


def test_what_is_stored_is_read_back_from_a_notebook(tmp_path: Path) -> None:
    first = stored(
        check, "eq-rescaled", "It solves (2)", 0.0, at_most=1, needs="$x$", status="proved"
    )
    second = stored(
        check, "erratum-11.cond", "No", 1.0, about=(1, 0.2), status="refuted", control=9.0
    )
    path = notebook(tmp_path, first[1]["claim"], second[1]["claim"])
    one, other = read_claims(path)
    assert one == Claim("eq-rescaled", "It solves (2)", "proved", "$x$", notebook="rescaling")
    assert other == Claim("erratum-11.cond", "No", "refuted", control=True, notebook="rescaling")
    assert (one.label, other.label) == ("eq-rescaled", "erratum-11")
    assert read_claims(str(path)) == (one, other)


words = st.text("abcz 0.:;,-_(){}[]<>=*/\\'\"^é\u03c4\u0394|", min_size=1).filter(
    lambda s: s and s == s.strip()
)


@settings(some, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    statement=words,
    needs=words,
    id=st.from_regex(r"[a-z][a-z0-9-]{0,8}(\.[a-z0-9-]{1,5})?", fullmatch=True),
)
def test_any_words_go_there_and_back(statement: str, needs: str, id: str, tmp_path: Path) -> None:
    _, metadata = stored(check, id, statement, 0.5, at_least=0.25, needs=needs, control=0.0)
    (claim,) = read_claims(notebook(tmp_path, metadata["claim"]))
    assert (claim.id, claim.statement, claim.needs) == (id, statement, needs)
    assert claim.label == id.partition(".")[0]


def test_outputs_that_are_no_claims_are_left_alone(tmp_path: Path) -> None:
    assert read_claims(notebook(tmp_path, {})) == ()
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
    return stored(glue, *arguments)


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
