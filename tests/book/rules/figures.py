"""Figures are drawn in cells of their own, described in words, and titled by their captions."""

from __future__ import annotations

import ast
import html
import re
from collections.abc import Iterator

from tests.book.rules.faults import Faults, parsed
from tools.pages import Page

MIN_ALT = 40


def figures_are_described(page: Page) -> Faults:
    """A cell that draws has alt text, a caption and a name, and ends in plt.show()."""
    faults = []
    for cell in page.code:
        if cell.mime("image/png"):
            told = cell.figure
            alt = told.get("image", {}).get("alt", "")
            caption = told.get("figure", {}).get("caption", "")
            faults += [f"{page.at(cell)} {what}" for what in _bad_alt(alt, caption)]
            if not caption:
                faults.append(f"{page.at(cell)} draws without a caption; mystnb.figure.caption")
            if not str(told.get("figure", {}).get("name", "")).startswith("fig-"):
                faults.append(f"{page.at(cell)} draws without a name fig-...; mystnb.figure.name")
            if cell.source.rstrip().splitlines()[-1].strip() != "plt.show()":
                faults.append(f"{page.at(cell)} draws and does not end in plt.show()")
        if re.search(r"\.(set_title|suptitle)\(|plt\.title\(", cell.source):
            faults.append(f"{page.at(cell)} writes a title into the picture; the caption says it")
    return faults


def pictures_are_described(page: Page) -> Faults:
    """Pictures in text, and in the HTML of a slider, have alt text too."""
    faults = []
    for cell in page.text:
        for directive in cell.directives:
            if directive.name in ("figure", "image"):
                alt = directive.options.get("alt", "")
                faults += [f"{page.at(cell)} {what}" for what in _bad_alt(alt, directive.body)]
        for alt in re.findall(r"!\[([^\]]*)\]\(", cell.source):
            faults += [f"{page.at(cell)} {what}" for what in _bad_alt(alt, "")]
    for cell in page.code:
        for markup in cell.mime("text/html"):
            for tag in re.findall(r"<img\b[^>]*>", markup):
                alt = re.search(r'\balt="([^"]*)"', tag)
                words = html.unescape(alt[1]) if alt else ""
                faults += [f"{page.at(cell)} {what}" for what in _bad_alt(words, "")]
    return faults


def _bad_alt(alt: str, caption: str) -> Iterator[str]:
    if len(alt) < MIN_ALT or " " not in alt:
        yield f"has the alt text {alt!r}; say what the picture shows, in {MIN_ALT} signs or more"
    elif _words_only(alt) == _words_only(caption):
        yield "has its caption as alt text; the alt text is for someone who cannot see the picture"


def _words_only(text: str) -> str:
    return " ".join(re.findall(r"\w+", text.lower()))


def drawing_cells_are_tagged(page: Page) -> Faults:
    """A cell that draws, or calls explore, is tagged figure, so that the site folds its code."""
    return [
        f"{page.at(cell)} draws; tag it figure"
        for cell in page.code
        if cell.role == "open" and (cell.mime("image/png") or _explores(parsed(cell)))
    ]


def _explores(tree: ast.Module) -> bool:
    return any(
        isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id == "explore"
        for node in ast.walk(tree)
    )
