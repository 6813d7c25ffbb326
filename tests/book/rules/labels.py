"""Labels stand once, references lead somewhere, stored numbers are quoted."""

from __future__ import annotations

import re
from collections.abc import Iterator

from tests.book.rules.faults import Faults, doubles
from tools.pages import Page

ROLE = re.compile(r"\{(eq|ref|numref|prf:ref|doc|glue:text|cite(?::\w+)?)\}`([^`]+)`")


def labels_of(page: Page) -> list[str]:
    """Every label that the page defines."""
    found = [directive.label for directive in page.directives if directive.label]
    for cell in page.text:
        found += re.findall(r"\$\$ *\(([\w.-]+)\) *$", cell.source, flags=re.M)
        found += re.findall(r"^\(([\w.-]+)\)= *$", cell.source, flags=re.M)
        found += re.findall(r"\\label\{([^}]+)\}", cell.source)
    found += [
        c.figure["figure"]["name"] for c in page.code if c.figure.get("figure", {}).get("name")
    ]
    return found


def glued(page: Page) -> list[str]:
    return [
        output["metadata"]["scrapbook"]["name"]
        for cell in page.code
        for output in cell.outputs
        if "scrapbook" in output.get("metadata", {})
    ]


def labels_are_unique(book: list[Page]) -> Faults:
    faults = doubles([label for page in book for label in labels_of(page)], "the label")
    faults += doubles([name for page in book for name in glued(page)], "the glued name")
    faults += [
        f"{page.path.name}: the glued name {name!r} does not begin with {page.name}-"
        for page in book
        for name in glued(page)
        if not name.startswith(f"{page.name}-")
    ]
    return faults


def references_resolve(book: list[Page], bibliography: set[str]) -> Faults:
    """A role names a label of the book, a number of its page, a page, or a known reference."""
    labels = {label for page in book for label in labels_of(page)}
    names = {page.path.resolve().with_suffix("") for page in book}
    faults = []
    for page in book:
        known = {"glue": set(glued(page)), "cite": bibliography}
        for where, role, target in _references(page):
            if role == "doc":
                found = (page.path.parent / target).resolve() in names
            else:
                found = target in known.get(role.split(":")[0], labels)
            if not found:
                faults.append(f"{where}: {{{role}}} names {target!r}, which is not there")
    return faults


def _references(page: Page) -> Iterator[tuple[str, str, str]]:
    for cell in page.cells:
        captions = str(cell.figure.get("figure", {}).get("caption", ""))
        text = cell.source if cell.kind == "markdown" else captions
        for role, inside in ROLE.findall(text):
            named = re.search(r"<([^>]+)>$", inside.strip())
            target = named[1] if named else inside.strip()
            for one in target.split(",") if role.startswith("cite") else [target]:
                one = one.split(":")[0] if role == "glue:text" else one
                yield page.at(cell), role, one.strip()


def glued_numbers_are_used(page: Page) -> Faults:
    """A number that is stored for the text is quoted by the text."""
    text = "\n".join(cell.source for cell in page.text)
    text += "\n".join(str(cell.figure) for cell in page.code)
    return [
        f"{page.path.name} glues {name!r} and no sentence quotes it"
        for name in glued(page)
        if not re.search(rf"\{{glue:text\}}`{re.escape(name)}[`:]", text)
    ]
