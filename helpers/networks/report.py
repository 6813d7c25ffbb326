"""A report: sections of lines, each a number, what it means, and the page that explains it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import asdict, dataclass, field
from html import escape
from math import isfinite
from textwrap import fill
from typing import Any

from helpers.dynamics._checks import Array

__all__ = ["DRAWN", "Line", "Report", "Section"]

# What draws a report, as HTML. This room draws nothing; helpers.book enters its figures here.
DRAWN: dict[str, Callable[[Any], str]] = {}

STYLE = """
body{font:16px/1.5 Georgia,serif;max-width:46rem;margin:2rem auto;padding:0 1rem;color:#222}
h1{font-size:1.5rem} h2{font-size:1.15rem;margin:1.6rem 0 .4rem}
.audit table{border-collapse:collapse;width:100%} .audit td{padding:.35rem .6rem .35rem 0;
vertical-align:top;border-top:1px solid #ddd;text-align:left} .audit td:nth-child(2){
font-variant-numeric:tabular-nums;white-space:nowrap} .audit img{max-width:100%}
"""


@dataclass(frozen=True)
class Line:
    """One finding.

    Parameters
    ----------
    name : str
        What was measured.
    value : float, int, str or None
        The number, or a word; None where it has no meaning.
    meaning : str
        What that means, in a sentence.
    page : str
        The page of the book that explains it, relative to the book.
    """

    name: str
    value: float | int | str | None
    meaning: str
    page: str

    @property
    def shown(self) -> str:
        """The value as it is printed."""
        if self.value is None:
            return "-"
        return f"{self.value:.4g}" if isinstance(self.value, float) else str(self.value)


@dataclass(frozen=True)
class Section:
    """Lines on one question."""

    title: str
    lines: tuple[Line, ...]


@dataclass(frozen=True, eq=False)
class Report:
    """What an audit found.

    Parameters
    ----------
    title : str
        The network.
    sections : tuple of Section
        In the order of the book.
    arrays : dict of arrays
        What the figures are drawn from: eigenvalues "flow" and "map", "times" and "gains".
    """

    title: str
    sections: tuple[Section, ...]
    arrays: dict[str, Array] = field(default_factory=dict)

    def __str__(self) -> str:
        rows = [f"Audit of {self.title}"]
        for section in self.sections:
            rows += ["", section.title]
            for line in section.lines:
                text = f"{line.name}: {line.shown}. {line.meaning} [{line.page}]"
                rows.append(fill(text, 96, initial_indent="  ", subsequent_indent="      "))
        return "\n".join(rows)

    def __getitem__(self, name: str) -> Line:
        """Return the first line of that name; a name that is not there is a KeyError."""
        for section in self.sections:
            for line in section.lines:
                if line.name == name:
                    return line
        raise KeyError(name)

    def as_dict(self) -> dict[str, Any]:
        """Return title and sections as what JSON can hold; a number that is not finite is None."""
        sections = [asdict(one) for one in self.sections]
        for line in (line for section in sections for line in section["lines"]):
            value = line["value"]
            if isinstance(value, float) and not isfinite(value):
                line["value"] = None
        return {"title": self.title, "sections": sections}

    def html(self, *, base: str = "") -> str:
        """Return a fragment of HTML with the figures; links begin with base."""
        parts = [f"<h1>Audit of {escape(self.title)}</h1>"]
        parts += [draw(self) for draw in DRAWN.values() if self.arrays]
        for section in self.sections:
            rows = "".join(_row(line, base) for line in section.lines)
            parts.append(f"<h2>{escape(section.title)}</h2><table>{rows}</table>")
        return f'<div class="audit">{"".join(parts)}</div>'

    def page(self, *, base: str = "") -> str:
        """Return one page of HTML that needs nothing but itself."""
        head = f'<meta charset="utf-8"><title>Audit of {escape(self.title)}</title>'
        body = self.html(base=base)
        return (
            f'<!doctype html><html lang="en"><head>{head}<style>{STYLE}</style></head>'
            f"<body>{body}</body></html>\n"
        )

    def _repr_html_(self) -> str:
        return f"<style>{STYLE.split('}', 1)[1]}</style>{self.html()}"


def _row(line: Line, base: str) -> str:
    link = f'<a href="{escape(base + line.page)}">more</a>'
    return (
        f"<tr><td>{escape(line.name)}</td><td>{escape(line.shown)}</td>"
        f"<td>{escape(line.meaning)} {link}</td></tr>"
    )
