"""A numbered claim, its check and its control; and the numbers that the text quotes.

A chapter states a claim with `check`, which raises when the claim fails, or when a control that
breaks a hypothesis does not. What it shows is a sentence, the same in JupyterLab, on the site and
in the ledger, which is collected from the notebooks with `read_claims`. Values and bounds differ
from machine to machine: they are logged, under the name of this module, and not stored.
"""

from __future__ import annotations

import json
import logging
import re
from collections.abc import Callable
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import numpy as np

from helpers.dynamics._checks import shown

__all__ = ["Claim", "ClaimFailed", "check", "glue", "read_claims"]

LABEL = re.compile(r"[A-Za-z][\w-]*(\.[\w-]+)*")
ORDER = re.compile(r"order ([0-9./]+)")
# What the text proves, and what the run adds to it.
EVIDENCE = {
    "proved": "Proved in the text; the run agrees.",
    "exact to rounding": "Derived in the text; in the run the two sides differ by rounding alone.",
    "measured": "Measured in this run, not proved.",
    "refuted": "The run shows a counterexample.",
}
Test = Callable[[float], bool]

logger = logging.getLogger(__name__)


class ClaimFailed(AssertionError):
    """A claim does not hold, or its control does."""


@dataclass(frozen=True)
class Claim:
    """What `check` stores: the claim, how it is known, its hypotheses, what the control broke."""

    id: str
    statement: str
    status: str
    needs: str = ""
    without: str = ""
    control: bool = False
    notebook: str = ""

    @property
    def label(self) -> str:
        """The label of the equation, theorem or erratum that the claim is about."""
        return self.id.split(".")[0]

    @property
    def evidence(self) -> str:
        """What the text proves and what the run measured, kept apart."""
        order = ORDER.fullmatch(self.status)
        return f"Measured in this run: order {order[1]}." if order else EVIDENCE[self.status]

    @property
    def conditions(self) -> tuple[str, ...]:
        """The hypotheses, and what happened when one was dropped, a sentence each."""
        said = [f"Needs {_ended(self.needs)}"] if self.needs else []
        if self.without:
            said.append(f"Repeated without {self.without.rstrip('.')}, it fails, as it must.")
        return tuple(said)

    def _repr_markdown_(self) -> str:
        conditions = " ".join(self.conditions)
        return f"**Claim.** {_ended(self.statement)}\n\n*{self.evidence}* {conditions}".rstrip()

    def __str__(self) -> str:
        return " ".join([f"Claim {self.id}. {_ended(self.statement)}", self.evidence,
                         *self.conditions])  # fmt: skip


def _ended(sentence: str) -> str:
    return sentence if sentence.endswith((".", "?", "!")) else f"{sentence}."


def check(
    claim_id: str,
    statement: str,
    value: Any,
    *,
    at_most: float | None = None,
    at_least: float | None = None,
    about: tuple[float, float] | None = None,
    needs: str = "",
    status: str = "exact to rounding",
    control: Any = None,
    without: str = "",
) -> None:
    r"""Assert a numbered claim and show it as a sentence without machine-dependent digits.

    Parameters
    ----------
    claim_id : str
        The label of the equation or theorem, with an optional suffix: ``thm-group.inverse``.
    statement : str
        What is claimed: a sentence, with mathematics between dollars.
    value : float
        The number measured by a route that does not share code with what it checks.
    at_most, at_least : float
        The bound; exactly one of at_most, at_least and about is given.
    about : tuple (target, tolerance)
        The value lies within tolerance of target.
    needs : str
        The hypotheses; it goes on from "Needs ...".
    status : str
        "proved", "exact to rounding", "order p" with a number p, "measured", or "refuted". What is
        refuted is stated so: "it is not true that ...", with the size of the counterexample.
    control : float
        The same measurement with the hypothesis broken that `without` names; it breaks the bound.
    without : str
        The hypothesis that the control breaks; it goes on from "Repeated without ...".

    Raises
    ------
    ClaimFailed
        If the value breaks its bound, or the control does not.
    ValueError
        On a malformed id, sentence or status, no bound or two, a `without` that no control tries,
        or a value that is not one number.

    Examples
    --------
    >>> check("eq-one", "One is one", 0.0, at_most=0, control=0.5, status="proved",
    ...       without="the unit")  # doctest: +ELLIPSIS
    Claim eq-one. One is one. Proved in the text; the run agrees. ...
    """
    claim = Claim(claim_id, statement, status, needs, without, control is not None)
    _wording(claim)
    holds, bound = _bound(at_most, at_least, about)
    measured = _number(value, "value")
    broken = None if control is None else _number(control, "control")
    logger.info(
        "%s: value %.6g, bound: %s, control %s", claim_id, measured, bound, broken,
        extra={"claim": claim_id, "value": measured, "bound": bound, "control": broken},
    )  # fmt: skip
    if not holds(measured):
        raise ClaimFailed(
            f"claim {claim_id} fails: {statement}; the value is {measured:.6g}, it must be {bound}"
        )
    if broken is not None and holds(broken):
        raise ClaimFailed(
            f"the control of claim {claim_id} holds: {broken:.6g} is {bound}, so the check "
            "would not notice a broken hypothesis; break it harder or tighten the bound"
        )
    _show(claim)


def _show(claim: Claim) -> None:
    """As typeset text in a notebook, with its parts for the site and the ledger; else as a line."""
    from IPython.core.getipython import get_ipython
    from IPython.display import display

    if get_ipython() is None:
        print(claim)
        return
    stored = {name: part for name, part in asdict(claim).items() if part and name != "notebook"}
    data = {"text/markdown": claim._repr_markdown_(), "text/plain": str(claim)}
    display(data, raw=True, metadata={"claim": stored})  # type: ignore[no-untyped-call]


def _wording(claim: Claim) -> None:
    if not LABEL.fullmatch(claim.id):
        raise ValueError(
            f"claim id {claim.id!r}; use a label like eq-rescaled or thm-group.inverse"
        )
    sentences = {"statement": claim.statement, "needs": claim.needs, "without": claim.without}
    for name, text in sentences.items():
        if "\n" in text or text != text.strip() or text.count("$") % 2:
            raise ValueError(f"{name} = {text!r}; one line of words, formulas between two dollars")
    if not claim.statement:
        raise ValueError("statement = ''; say in a sentence what is claimed")
    if claim.status not in EVIDENCE and not ORDER.fullmatch(claim.status):
        raise ValueError(
            f"status = {claim.status!r}; it is {', '.join(EVIDENCE)}, or order p with a number p"
        )
    if claim.without and not claim.control:
        raise ValueError(f"without = {claim.without!r}; give the control that breaks it")


def _bound(at_most: Any, at_least: Any, about: Any) -> tuple[Test, str]:
    given = [b for b in (at_most, at_least, about) if b is not None]
    if len(given) != 1:
        raise ValueError(f"{len(given)} bounds given; give one of at_most, at_least and about")
    if about is not None:
        if not (isinstance(about, (tuple, list)) and len(about) == 2):
            raise ValueError(f"about = {about!r}; give the pair (target, tolerance)")
        target, tolerance = _number(about[0], "target"), _number(about[1], "tolerance")
        return lambda v: abs(v - target) <= tolerance, f"within {tolerance:g} of {target:g}"
    if at_most is not None:
        most = _number(at_most, "at_most")
        return lambda v: v <= most, f"at most {most:g}"
    least = _number(at_least, "at_least")
    return lambda v: v >= least, f"at least {least:g}"


def _number(value: Any, name: str) -> float:
    try:
        number = float("nan") if np.iscomplexobj(value) else float(np.squeeze(value))
    except (TypeError, ValueError):
        number = float("nan")
    if not np.isfinite(number):
        raise ValueError(f"{name} = {shown(value)}; a claim rests on one finite real number")
    return number


def read_claims(notebook: str | Path) -> tuple[Claim, ...]:
    """Return the claims that are stored in a notebook, in order.

    Raises
    ------
    ValueError
        If the file is not a notebook.

    Examples
    --------
    >>> read_claims("no-such.ipynb")
    Traceback (most recent call last):
    ValueError: no-such.ipynb is not a readable notebook; give the path of an .ipynb file
    """
    path = Path(notebook)
    try:
        cells = json.loads(path.read_text(encoding="utf-8"))["cells"]
    except (OSError, ValueError, KeyError, TypeError):
        raise ValueError(
            f"{path} is not a readable notebook; give the path of an .ipynb file"
        ) from None
    outputs = (output for cell in cells for output in cell.get("outputs", ()))
    stored = (output.get("metadata", {}).get("claim") for output in outputs)
    return tuple(Claim(**parts, notebook=path.stem) for parts in stored if parts)


def glue(name: str, value: Any, form: str = "") -> None:
    r"""Store a number, as rounded text, for the sentence that quotes it.

    Parameters
    ----------
    name : str
        What ``{glue:text}`` calls it.
    value : float, int or str
        The number.
    form : str
        A format specification, ``".3f"``; the text is what is stored and compared.

    Raises
    ------
    ValueError
        On a malformed name, or a value that the form does not fit.

    Examples
    --------
    >>> glue("demo-half", 0.5, ".2f")  # doctest: +SKIP
    """
    from IPython.display import display

    if not LABEL.fullmatch(name):
        raise ValueError(f"glue name {name!r}; use letters, digits and hyphens, chapter first")
    try:
        text = format(value, form)
    except (TypeError, ValueError) as error:
        raise ValueError(f"{value!r} cannot be written as {form!r}: {error}") from error
    prefix = "application/papermill.record/"
    display(  # type: ignore[no-untyped-call]
        {prefix + "text/plain": repr(text)},
        raw=True,
        metadata={"scrapbook": {"mime_prefix": prefix, "name": name}},
    )
