"""The shape of a chapter, and the hour in which it is read."""

from __future__ import annotations

import re

from tests.book.rules.faults import Faults
from tools.counts import MAX_MINUTES, MAX_OPTIONAL, MAX_WORDS, count
from tools.pages import Page

LEVELS = ("pencil", "code", "open")
# Notebooks that are looked up and not read through: they need no exercises and no slider.
LOOKED_UP = {"table"}
# Chapters that go on where another one stops: exercises and slider stand in the two together.
SECOND_HALVES = {"regulator", "tangent_lift", "memory", "spectra", "verdicts"}


def chapters_have_their_parts(page: Page) -> Faults:
    """One title, exercises of every level, a slider, a summary and further reading."""
    if page.path.parent.name == "book" or page.name in LOOKED_UP or not page.is_notebook:
        return []
    text = "\n".join(cell.source for cell in page.text)
    headings = [line.lower() for line in re.findall(r"^#+ +(.+)$", text, flags=re.M)]
    faults = [] if page.name in SECOND_HALVES else _missing_practice(page)
    if len(re.findall(r"^# ", re.sub(r"^```.*?^```", "", text, flags=re.M | re.S), re.M)) != 1:
        faults.append("has not exactly one title")
    faults += [
        f"has no section {part!r}"
        for part in ("summary", "further reading")
        if not any(part in heading for heading in headings)
    ]
    return [f"{page.path.name} {fault}" for fault in faults]


def _missing_practice(page: Page) -> Faults:
    asked = [d for d in page.directives if d.name in ("exercise", "exercise-start")]
    words = " ".join(f"{d.argument} {d.body}".lower() for d in asked)
    faults = [f"has {len(asked)} exercises; five at least"] if len(asked) < 5 else []
    faults += [
        f"has no exercise of the level {w}" for w in LEVELS if not re.search(rf"\b{w}\b", words)
    ]
    if not any("explore(" in cell.source for cell in page.code):
        faults.append("has no slider; explore(...)")
    return faults


def chapters_are_read_in_an_hour(page: Page) -> Faults:
    """For the chapters of the numbered parts: words, optional words, minutes."""
    counted = count(page)
    limits = {
        "words": (counted.words, MAX_WORDS),
        "optional words": (counted.optional, MAX_OPTIONAL),
        "minutes": (counted.minutes, MAX_MINUTES),
    }
    return [
        f"{page.path.name} has {number:.0f} {what}, over {most}; make counts shows of what"
        for what, (number, most) in limits.items()
        if number > most
    ]
