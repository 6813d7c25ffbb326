"""Words, minutes, code lines, claims and exercises of each page: `make counts`.

    python -m tools.counts [FILE ...]

Words are those that stand unfolded on the site from the first line to the summary: proofs, captions
and claims too, a formula as one word; without exercises, solutions and what is marked optional,
which is counted beside them. The minutes are what the box at the top of a chapter says.
"""

from __future__ import annotations

import argparse
import html
import re
import sys
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

from helpers.book.claims import Claim
from tools import contents
from tools.pages import Cell, Directive, Page, blocks, read_page

WORDS_A_MINUTE = 110
LINES_A_MINUTE = 12
MAX_WORDS = 3_800
MAX_OPTIONAL = 1_000
MAX_MINUTES = 60
HEADING = re.compile(r"^(#+) +(.+)$")
WORD = re.compile(r"\S*\w\S*")
EASY = re.compile(r"\((?:pencil|code|open), easy, (\d+) min\)")
FORMULA = " F "
# What a reference shows when it carries no words of its own: "Figure 2.1", "Caruso and Jarne 2023".
SHOWN = {"eq": 1, "glue:text": 1, "cite:p": 3, "cite:t": 3, "term": 0}
ROLE = re.compile(r"\{([\w:-]+)\}`([^`]*)`")
# Directives whose words are not part of the way to the summary, and those whose text is no prose.
ASIDE = {"exercise", "exercise-start", "exercise-end", "solution", "solution-start", "solution-end"}
UNSPOKEN = {"code", "code-block", "bibliography", "ledger", "claims", "cube", "toctree", "glue"}


@dataclass(frozen=True)
class Counts:
    """What one page asks of its reader."""

    page: Path
    words: int = 0
    optional: int = 0
    open_lines: int = 0
    figure_lines: int = 0
    check_lines: int = 0
    easy_minutes: int = 0
    exercises: int = 0
    claims: int = 0
    without_control: int = 0

    @property
    def minutes(self) -> float:
        reading = self.words / WORDS_A_MINUTE + self.open_lines / LINES_A_MINUTE
        return reading + self.easy_minutes


def count(page: Page) -> Counts:
    """Everything that the table has, for one page."""
    words, optional, lines = 0, 0, 0
    for cell, text, is_optional in _read_aloud(page):
        number = len(WORD.findall(text))
        optional += number if is_optional else 0
        words += 0 if is_optional else number
        lines += 0 if is_optional or cell.kind != "code" else _lines([cell], "open")
    asked = [d for d in page.directives if d.name in ("exercise", "exercise-start")]
    claims = [claim for cell in page.code for claim in claims_of(cell)]
    return Counts(
        page.path,
        words,
        optional,
        lines,
        _lines(page.code, "figure"),
        _lines(page.code, "check"),
        sum(int(n) for one in asked for n in EASY.findall(f"{one.argument} {one.body}")),
        len(asked),
        len(claims),
        sum(not claim.without for claim in claims),
    )


def claims_of(cell: Cell) -> list[Claim]:
    """The claims that a cell stored."""
    stored = (output.get("metadata", {}).get("claim") for output in cell.outputs)
    return [Claim(**parts) for parts in stored if parts]


def _lines(cells: Iterable[Cell], role: str) -> int:
    return sum(bool(line.strip()) for cell in cells if cell.role == role for line in cell.lines)


def _read_aloud(page: Page) -> Iterator[tuple[Cell, str, bool]]:
    """Every piece of text on the way to the summary; does it stand in an optional section?"""
    level, is_solution = 0, False
    for cell in page.cells:
        names = {directive.name for directive in cell.directives}
        is_solution = (is_solution or "solution-start" in names) and "solution-end" not in names
        if is_solution:
            continue
        if cell.kind == "code":
            yield cell, _seen_of(cell), bool(level) or "optional" in cell.tags
        for heading, text in _sections(cell.source) if cell.kind == "markdown" else ():
            if heading is not None:
                depth, title = len(heading[1]), heading[2].lower()
                if title == "summary":
                    return
                level = 0 if level and depth <= level else level
                level = level or (depth if "(optional)" in title else 0)
            yield cell, text, bool(level) or "optional" in cell.tags


def _sections(source: str) -> Iterator[tuple[re.Match[str] | None, str]]:
    """A text cell cut at its headings, each piece as words."""
    heading, spoken = None, list[str]()
    for block in blocks(source):
        for line in [_directive(block)] if isinstance(block, Directive) else [block]:
            if found := HEADING.match(line):
                yield heading, visible(" ".join(spoken))
                heading, spoken = found, []
            spoken.append(line)
    yield heading, visible("\n".join(spoken))


def _directive(one: Directive) -> str:
    """The words of a directive as the page shows it; a heading inside one opens no section."""
    if one.name in ASIDE | UNSPOKEN or "dropdown" in one.options.get("class", ""):
        return ""
    if one.name in ("math", ""):
        return FORMULA if one.name else ""
    title = "" if one.name in ("figure", "image") else one.argument
    inside = (_directive(b) if isinstance(b, Directive) else b for b in blocks(one.body))
    return " " + "\n".join([title, *inside])


def visible(text: str) -> str:
    """A text as a reader sees it, each formula as one word."""
    text = re.sub(r"<!--.*?-->|^\([\w.-]+\)= *$", " ", text, flags=re.M | re.S)
    text = re.sub(r"\$\$.*?\$\$( *\([\w.-]+\))?", FORMULA, text, flags=re.S)
    text = re.sub(r"\\begin\{(\w+\*?)\}.*?\\end\{\1\}", FORMULA, text, flags=re.S)
    text = re.sub(r"(?<!\\)\$[^$]+\$", "F", text)
    text = ROLE.sub(lambda found: _shown(found[1], found[2]), text)
    return re.sub(r"!?\[([^\]]*)\]\([^)]*\)", r"\1", text)


def _shown(role: str, inside: str) -> str:
    named = re.match(r"(.+?) *<[^>]+>$", inside, re.S)
    if named or role in ("term", "download"):
        return named[1] if named else inside
    return " ".join(["F"] * SHOWN.get(role, 2))


def _seen_of(cell: Cell) -> str:
    """The caption of a figure or slider, and the claims: what a code cell adds to the text."""
    seen = [visible(str(cell.figure.get("figure", {}).get("caption", "")))]
    for markup in cell.mime("text/html"):
        for caption in re.findall(r"<figcaption>(.*?)</figcaption>", markup, re.S):
            seen.append(visible(html.unescape(re.sub(r"<[^>]+>", " ", caption))))
    for claim in claims_of(cell):
        said = f"Claim F {claim.statement} {claim.evidence} {' '.join(claim.conditions)} See F"
        seen.append(visible(said))
    return " ".join(seen)


def table(counted: list[Counts]) -> str:
    """One row a page."""
    head = ("page", "words", "optional", "min", "open", "figure", "check", "claims", "bare", "ex.")
    rows = [
        (one.page.stem, one.words, one.optional, round(one.minutes), one.open_lines,
         one.figure_lines, one.check_lines, one.claims, one.without_control, one.exercises)
        for one in counted
    ]  # fmt: skip
    total = ("together", *(sum(row[k] for row in rows) for k in range(1, len(head))))
    width = max(len(str(row[0])) for row in [*rows, total])
    lines = (
        f"{row[0]!s:{width}s}" + "".join(f"{entry!s:>9s}" for entry in row[1:])
        for row in [head, *rows, total]
    )
    return "\n".join(lines)


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("pages", nargs="*", type=Path, help="default: all of _toc.yml")
    paths = parser.parse_args().pages or contents.pages()
    print(table([count(read_page(path)) for path in paths]))
    print(
        f"At most {MAX_WORDS} words, {MAX_OPTIONAL} optional ones and {MAX_MINUTES} minutes a"
        " chapter; bare are the claims whose control breaks no named hypothesis."
    )
    return 0


if __name__ == "__main__":
    sys.exit(main())
