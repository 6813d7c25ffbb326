"""Claims: each equation has one, each has a control, and each reads as a sentence."""

from __future__ import annotations

import re

from helpers.book.claims import Claim, read_claims
from tests.book.rules.faults import Allowed, Faults, doubles
from tests.book.rules.labels import labels_of
from tools.counts import visible
from tools.pages import Page

CLAIMED = ("eq-", "thm-", "lem-", "prop-", "cor-", "erratum-")
MIN_WORDS = 5
# Mathematics as one would type it into code, where a reader should see a formula.
TYPED = re.compile(
    r"\b(?:tau|sigma|lambda|omega|delta|phi|theta|alpha|beta|gamma|epsilon|rho|kappa|sqrt|exp)\b"
    r"|\b[A-Za-z]'(?!\w)|\w\(|[\^<>=_*]",
    re.IGNORECASE,
)
BARE_LINE = re.compile(r"^claim \S+ \|", re.M)


def claims_are_sentences(page: Page) -> Faults:
    """A claim begins with a capital, has five words at least, and sets its mathematics."""
    return [
        f"{page.path.name}: claim {claim.id!r} {fault}"
        for claim in (read_claims(page.path) if page.is_notebook else ())
        for fault in _wording(claim)
    ]


def _wording(claim: Claim) -> Faults:
    faults = []
    if not claim.statement[0].isupper() or len(visible(claim.statement).split()) < MIN_WORDS:
        faults.append(f"states {claim.statement!r}; begin with a capital, use {MIN_WORDS} words")
    for name in ("statement", "needs", "without"):
        words = re.sub(r"\$[^$]*\$|`[^`]*`", " ", getattr(claim, name))
        if found := TYPED.search(words):
            faults.append(f"types {found[0]!r} in its {name}; set mathematics between dollars")
    if not claim.control:
        faults.append("has no control; break the hypothesis that matters")
    return faults


def claims_stand_once(page: Page) -> Faults:
    """No list of claims at the end, no line of the old form: each stands where it is checked."""
    faults = [
        f"{page.at(cell)} lists claims again; take it out"
        for cell in page.text
        if any(one.name == "claims" for one in cell.directives)
    ]
    return faults + [
        f"{page.at(cell)} prints a claim as a line; run make notebooks"
        for cell in page.code
        if BARE_LINE.search(cell.stdout())
    ]


def claims_cover_labels(book: list[Page], allowed: Allowed) -> Faults:
    """Every equation, theorem and erratum of a chapter has a claim."""
    exempt = allowed.get("no_claim", {})
    faults: Faults = []
    for page in book:
        faults += _uncovered(page, set(exempt))
    everything = [c.id for p in book if p.is_notebook for c in read_claims(p.path)]
    faults += doubles(everything, "the claim")
    defined = {label for page in book for label in labels_of(page)}
    faults += [f"allowed.toml exempts {label!r}, which is gone" for label in set(exempt) - defined]
    return faults


def _uncovered(page: Page, exempt: set[str]) -> Faults:
    claimed = {claim.label for claim in (read_claims(page.path) if page.is_notebook else ())}
    labels = set(labels_of(page))
    faults = [
        f"{page.path.name}: a claim is named after {label!r}, which is about no label of this page"
        for label in sorted(claimed - labels)
    ]
    for label in sorted(label for label in labels if label.startswith(CLAIMED)):
        if (label in claimed) == (label in exempt):
            what = "is exempt and has a claim" if label in exempt else "has no claim"
            faults.append(f"{page.path.name}: {label!r} {what}; check it, or see allowed.toml")
    return faults
