"""A numbered claim, its check and its control; and the numbers that the text quotes.

A chapter states a claim with `check`, which raises when the claim fails, or when a control that
breaks a hypothesis does not. The one line it prints is stored in the notebook; the ledger of claims
is collected from those lines with `read_claims`.
"""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from helpers.dynamics._checks import shown

__all__ = ["Claim", "ClaimFailed", "check", "glue", "read_claims"]

STATUS = re.compile(r"proved|exact to rounding|order [0-9./]+|false|measured")
LABEL = re.compile(r"[A-Za-z][\w-]*(\.[\w-]+)*")
LINE = re.compile(
    r"^claim (?P<id>\S+) \| (?P<status>[^|\n]+) \| (?P<statement>[^|\n]+)"
    r" \| needs: (?P<needs>[^|\n]+) \| (?P<bound>[^|\n]+): holds \| control: (?P<control>[^|\n]+)$",
    re.MULTILINE,
)


class ClaimFailed(AssertionError):
    """A claim does not hold, or its control does."""


@dataclass(frozen=True)
class Claim:
    """One stored line of `check`: what is claimed, under which hypotheses, and how it is held."""

    id: str
    status: str
    statement: str
    needs: str
    bound: str
    control: str
    notebook: str = ""

    @property
    def label(self) -> str:
        """The label of the equation, theorem or erratum that the claim is about."""
        return self.id.split(".")[0]


def check(
    claim_id: str,
    statement: str,
    value: Any,
    *,
    at_most: float | None = None,
    at_least: float | None = None,
    about: tuple[float, float] | None = None,
    needs: str = "nothing",
    status: str = "exact to rounding",
    control: Any = None,
) -> None:
    r"""Assert a numbered claim and print it as one line without machine-dependent digits.

    Parameters
    ----------
    claim_id : str
        The label of the equation or theorem, with an optional suffix: ``thm-group.inverse``.
    statement : str
        What is claimed, in a sentence.
    value : float
        The number measured by a route that does not share code with what it checks.
    at_most, at_least : float
        The bound; exactly one of at_most, at_least and about is given.
    about : tuple (target, tolerance)
        The value lies within tolerance of target.
    needs : str
        The hypotheses.
    status : str
        "proved", "exact to rounding", "order p" with a number p, "measured", or "false".
    control : float
        The same measurement with a hypothesis broken: it must break the bound.

    Raises
    ------
    ClaimFailed
        If the value breaks its bound, or the control does not.
    ValueError
        On a malformed id, statement or status, no bound or two, or a value that is not one number.

    Examples
    --------
    >>> check("eq-one", "1 = 1", 0.0, at_most=0, control=0.5, status="proved")
    claim eq-one | proved | 1 = 1 | needs: nothing | at most 0: holds | control: fails, as it must
    """
    _wording(claim_id, statement, needs, status)
    holds, bound = _bound(at_most, at_least, about)
    measured = _number(value, "value")
    if not holds(measured):
        raise ClaimFailed(
            f"claim {claim_id} fails: {statement}; the value is {measured:.6g}, it must be {bound}"
        )
    verdict = "none given"
    if control is not None:
        broken = _number(control, "control")
        if holds(broken):
            raise ClaimFailed(
                f"the control of claim {claim_id} holds: {broken:.6g} is {bound}, so the check "
                "would not notice a broken hypothesis; break it harder or tighten the bound"
            )
        verdict = "fails, as it must"
    print(f"claim {claim_id} | {status} | {statement} | needs: {needs} | {bound}: holds | "
          f"control: {verdict}")  # fmt: skip


def _wording(claim_id: str, statement: str, needs: str, status: str) -> None:
    if not LABEL.fullmatch(claim_id):
        raise ValueError(
            f"claim id {claim_id!r}; use a label like eq-rescaled or thm-group.inverse"
        )
    for name, text in (("statement", statement), ("needs", needs)):
        if not text.strip() or re.search(r"[|\n]", text):
            raise ValueError(f"{name} = {text!r}; one line of words, without the sign |")
    if not STATUS.fullmatch(status):
        raise ValueError(
            f"status = {status!r}; it is proved, exact to rounding, order p, measured or false"
        )


def _bound(at_most: Any, at_least: Any, about: Any) -> tuple[Any, str]:
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
    """Return the claims whose printed lines are stored in a notebook, in order.

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
    outputs = (o for cell in cells for o in cell.get("outputs", ()))
    text = "".join("".join(o["text"]) for o in outputs if o.get("name") == "stdout")
    return tuple(Claim(**m.groupdict(), notebook=path.stem) for m in LINE.finditer(text))


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
