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

ROUNDING = 1e-12  # whose digits no two computers share
# Colours are those of what stands around, so that it reads in the dark too; pictures stay on white.
STYLE = """
.audit table{border-collapse:collapse;width:100%;margin:1.4rem 0}
.audit caption{caption-side:top;text-align:left;font-weight:bold;padding:.2rem 0}
.audit th,.audit td{padding:.35rem .6rem .35rem 0;vertical-align:top;text-align:left;
border-top:1px solid #8886;font-weight:normal;overflow-wrap:anywhere}
.audit th{width:30%} .audit td:nth-child(2){width:20%;font-variant-numeric:tabular-nums}
.audit small{white-space:nowrap} .audit img{max-width:100%;background:#fff}
@media(max-width:34rem){.audit tr{display:block;border-top:1px solid #8886;padding:.3rem 0}
.audit th,.audit td,.audit td:nth-child(2){display:block;width:auto;border:0;padding:.1rem 0}
.audit td:nth-child(2){font-weight:bold}
.audit figure{overflow-x:auto} .audit img{max-width:none;width:36rem}}
"""
LEGEND = (
    "Each line has a number, what it means, and the page of the book <cite>One equation, three "
    "procedures</cite> that explains it."
)
AROUND = """
:root{color-scheme:light dark}
body{font:16px/1.5 Georgia,serif;max-width:46rem;margin:2rem auto;padding:0 1rem}
h1{font-size:1.5rem;overflow-wrap:anywhere} figure{margin:1rem 0}
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
        if not isinstance(self.value, float):
            return str(self.value)
        return "0 to rounding" if 0.0 < abs(self.value) < ROUNDING else f"{self.value:.4g}"


@dataclass(frozen=True)
class Section:
    """Lines on one question."""

    title: str
    lines: tuple[Line, ...]


@dataclass(frozen=True, eq=False, repr=False)
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

    # A console shows it as it prints; a dataclass would show sixteen digits of everything.
    __repr__ = __str__

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
        """Return a fragment of HTML with the figures.

        With base, the address of the book, the names of its pages are links.
        """
        at = base if not base or base.endswith("/") else f"{base}/"
        parts = [draw(self) for draw in DRAWN.values() if self.arrays]
        for section in self.sections:
            rows = "".join(_row(line, at) for line in section.lines)
            parts.append(f"<table><caption>{escape(section.title)}</caption>{rows}</table>")
        return f'<style>{STYLE}</style><div class="audit">{"".join(parts)}</div>'

    def page(self, *, base: str = "") -> str:
        """Return one page of HTML that needs nothing but itself."""
        title = f"Audit of {escape(self.title)}"
        wide = '<meta name="viewport" content="width=device-width, initial-scale=1">'
        head = f'<meta charset="utf-8">{wide}<title>{title}</title><style>{AROUND}</style>'
        body = f"<h1>{title}</h1><p>{LEGEND}</p>{self.html(base=base)}"
        return f'<!doctype html><html lang="en"><head>{head}</head><body>{body}</body></html>\n'

    def _repr_html_(self) -> str:
        return f"<p><strong>Audit of {escape(self.title)}</strong></p>{self.html()}"


def _row(line: Line, base: str) -> str:
    page = escape(line.page.removesuffix(".html").rpartition("/")[2].replace("_", " and "))
    if base:
        page = f'<a href="{escape(base + line.page)}">{page}</a>'
    return (
        f'<tr><th scope="row">{escape(line.name)}</th><td>{escape(line.shown)}</td>'
        f"<td>{escape(line.meaning)} <small>[{page}]</small></td></tr>"
    )
