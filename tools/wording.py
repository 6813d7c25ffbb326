"""The book's MyST for other programs: references become words, mathematics stands in \\( \\)."""

from __future__ import annotations

import html
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from pybtex.database import parse_file

from tools import contents
from tools.pages import Directive, Page, blocks, read_book

ROLE = re.compile(r"\{([\w:]+)\}`([^`]+)`")
NAMED = re.compile(r"(.+?)\s*<([^>]+)>$", re.S)
FORMULA = re.compile(r"(\$\$.+?\$\$|(?<!\\)\$[^$]+?\$)", re.S)
EQUATION = re.compile(
    r"\$\$(?P<shown>(?:(?!\$\$).)+)\$\$ *\((?P<name>[\w.-]+)\)"
    r"|^```\{math\}\n:label: (?P<label>\S+)\n(?P<body>.*?)^```",
    re.S | re.M,
)
TARGET = re.compile(r"^\(([\w.-]+)\)= *\n+(?:#+ +(.+))?", re.M)
GLUED = "application/papermill.record/text/plain"
HEADING = re.compile(r"^#{2,} +(.+)$", re.M)
LONGEST = 150  # signs of a formula that still stands in a sentence


@dataclass(frozen=True)
class Place:
    """What a label names: its kind, its title, its formula if it is an equation, its page.

    An equation has for its title the heading of the section in which it stands.
    """

    kind: str
    title: str
    page: str
    formula: str = ""


def title_of(page: Page) -> str:
    """The title of a page."""
    return re.sub(
        r"^# +", "", next(line for c in page.text for line in c.lines if line[:2] == "# ")
    )


def name_of(path: Path) -> str:
    """A page as _toc.yml names it."""
    return path.relative_to(contents.ROOT).with_suffix("").as_posix()


@cache
def places() -> Mapping[str, Place]:
    """Every label of the book."""
    return {label: place for page in read_book() for label, place in _places(page)}


@cache
def titles() -> Mapping[str, str]:
    """The titles of the pages by their names."""
    return {name_of(page.path): title_of(page) for page in read_book() if page.text}


def _places(page: Page) -> Iterator[tuple[str, Place]]:
    title, section = title_of(page), ""
    for cell in page.text:
        heads = [(found.start(), found[1]) for found in HEADING.finditer(cell.source)]
        for found in EQUATION.finditer(cell.source):
            above = [head for start, head in heads if start < found.start()]
            formula = " ".join((found["shown"] or found["body"]).split())
            place = Place("equation", (above or [section])[-1], title, formula)
            yield found["name"] or found["label"], place
        section = heads[-1][1] if heads else section
        for label, heading in TARGET.findall(cell.source):
            yield label, Place("section" if heading else "question", heading, title)
    for one in (d for d in page.directives if d.label and d.name != "math"):
        yield one.label, Place(one.name.split(":")[-1].removesuffix("-start"), one.argument, title)
    for cell in page.code:
        if name := cell.figure.get("figure", {}).get("name"):
            yield name, Place("figure", "", title)


def words(text: str, page: str = "") -> str:
    """A text with its roles as words; a label of the page itself does without the page's title."""
    text = re.sub(r"\((\{eq\}`[^`]+`)\)", r"\1", text)  # these bring their parentheses
    return ROLE.sub(lambda found: _said(found[1], found[2], page), text)


@cache
def glued() -> Mapping[str, str]:
    """The numbers in sentences, as the chapters stored them when they ran."""
    found = {}
    for cell in (cell for page in read_book() for cell in page.code):
        for output in cell.outputs:
            if name := output.get("metadata", {}).get("scrapbook", {}).get("name"):
                shown = output["data"].get(GLUED, "")
                found[name] = "".join(shown).strip("'")
    return found


@cache
def _sources() -> Mapping[str, tuple[str, str]]:
    """The authors and the year of each source, by its key."""
    found = {}
    for key, entry in parse_file(str(contents.ROOT / "book/references.bib")).entries.items():
        names = [" ".join(one.last_names) for one in entry.persons.get("author", [])]
        who = f"{names[0]} and others" if len(names) > 2 else " and ".join(names)
        found[key] = (re.sub(r"[{}]", "", who), entry.fields.get("year", ""))
    return found


def _cited(role: str, keys: str) -> str:
    cited = [_sources()[key.strip()] for key in keys.split(",")]
    if role == "cite:t":
        return ", ".join(f"{who} ({year})" for who, year in cited)
    return f"({', '.join(' '.join(one) for one in cited)})"


def _said(role: str, inside: str, page: str) -> str:
    if role in ("cite:p", "cite:t"):
        return _cited(role, inside)
    if role == "glue:text":
        return glued()[inside.split(":")[0]]
    named = NAMED.match(inside)
    if role == "doc":
        target = (named[2] if named else inside).lstrip("/")
        return named[1] if named else f"“{_titled(target)}”"
    if named or role not in ("eq", "prf:ref", "ref", "numref"):
        return named[1] if named else inside
    if inside not in places():
        raise ValueError(f"{{{role}}}`{inside}`: no page of the book has this label")
    return _place(inside, places()[inside], page)


def _titled(target: str) -> str:
    found = [name for name in titles() if name.endswith(target.lstrip("./"))]
    if not found:
        raise ValueError(f"{{doc}}`{target}`: the book has no such page")
    return titles()[found[0]]


def _place(label: str, place: Place, page: str) -> str:
    where = "" if place.page == page else f" of “{place.page}”"
    formula = re.sub(
        r"^\\boxed\{(?:\\;)? *(.+?)\.? *(?:\\;)?\}$", r"\1", place.formula.rstrip(" ,.;")
    )
    if formula and len(formula) <= LONGEST and "\\\\" not in formula:
        return f"(equation ${formula}$)"
    if place.kind == "equation":
        section = f"in “{place.title}” of" if place.title else "of"
        return f"(an equation {section} “{place.page}”)"
    if place.kind == "figure":
        return f"a figure of “{place.page}”"
    title = re.sub(r" *\((pencil|code|open)[^)]*\)", "", place.title)
    return f"the {place.kind} “{title or label}”{where}"


def as_html(text: str, page: str = "") -> str:
    """A text as HTML on one line, paragraph by paragraph."""
    flat = "\n".join(_flat(block) for block in blocks(text))
    paragraphs = re.split(r"\n\s*\n", words(flat, page).strip())
    shown = [_inline(one) for one in paragraphs if one.strip()]
    return shown[0] if len(shown) == 1 else "".join(f"<p>{one}</p>" for one in shown)


def _flat(block: str | Directive) -> str:
    if isinstance(block, str):
        return "" if TARGET.match(f"{block}\n") else block
    return f"\n$${block.body}$$\n" if block.name == "math" else block.body


def _inline(text: str) -> str:
    parts = FORMULA.split(text)
    return "".join(_formula(one) if k % 2 else _plain(one) for k, one in enumerate(parts)).strip()


def _formula(text: str) -> str:
    inside = html.escape(" ".join(text.strip("$").split()), quote=False)
    return f"\\[{inside}\\]" if text.startswith("$$") else f"\\({inside}\\)"


def _plain(text: str) -> str:
    text = html.escape(text, quote=False)
    text = re.sub(r"\n *(?=[-*] |\d+\. )", "<br>", text)
    text = re.sub(r"\s+", " ", text)
    text = re.sub(r"`+([^`]+)`+", r"<code>\1</code>", text)
    text = re.sub(r"\*\*([^*]+)\*\*", r"<strong>\1</strong>", text)
    return re.sub(r"(?<![\w*])\*(\S[^*]*?)\*(?![\w*])", r"<em>\1</em>", text)


def labelled(text: str) -> list[tuple[str, str]]:
    """The roles of a text and what they name, for the test that all of it exists."""
    return [
        (role, named[2] if (named := NAMED.match(inside)) else inside)
        for role, inside in ROLE.findall(text)
    ]
