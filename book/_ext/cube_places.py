"""Where a chapter stands on the cube: a small drawing beside its title, a link to the home page.

PLACES says which parts of the cube a page is about, in words and in lines; nothing else does. The
points and edges are those of the home page's cube (cube.py), the colours stand in cube-place.css.
"""

import re
from dataclasses import dataclass
from html import escape
from typing import Any

from sphinx.application import Sphinx

from cube import Edge, edges, middle, path

FRAME = "4 -6 384 318"
INNER = {"D", "RL"}  # the two corners inside the drawing's outline


@dataclass(frozen=True)
class Face:
    """The square of two procedures on a system: both orders from corner to corner."""

    procedures: str
    done: str = ""

    @property
    def corners(self) -> list[str]:
        one, other = self.procedures
        return [self.done + steps for steps in ("", one, one + other, other)]

    @property
    def edges(self) -> set[Edge]:
        ends = {frozenset(corner) for corner in self.corners}
        return {edge for edge in edges() if {frozenset(end) for end in edge[1:]} <= ends}


@dataclass(frozen=True)
class Place:
    """What a page is about, in words; and the edges, faces and corners that are lit for it.

    `along` lights the four edges of each procedure, `leaving` the three that start at a system.
    """

    words: str
    along: str = ""
    leaving: tuple[str, ...] = ()
    faces: tuple[Face, ...] = ()
    corners: tuple[str, ...] = ()
    broken: bool = False

    @property
    def lit(self) -> set[Edge]:
        own = {edge for edge in edges() if edge[0] in self.along or edge[1] in self.leaving}
        return own.union(*(face.edges for face in self.faces))


RD, LD, LR = Face("RD"), Face("LD"), Face("LR")
PLACES = {
    "book/procedures/network": Place("the corner RNN, where every order starts", corners=("",)),
    "book/procedures/rescaling": Place("the four edges that rescale", along="R"),
    "book/procedures/discretisation": Place("the four edges that discretise", along="D"),
    "book/procedures/linearisation": Place("the four edges that linearise", along="L"),
    "book/sequencing/rescaling_discretisation": Place(
        "the face of rescaling and discretisation", faces=(RD,)
    ),
    "book/sequencing/linearisation_discretisation": Place(
        "the face of linearisation and discretisation", faces=(LD,)
    ),
    "book/sequencing/linearisation_rescaling": Place(
        "the face of linearisation and rescaling, and all six orders", along="RDL", faces=(LR,)
    ),
    "book/sequencing/gallery": Place(
        "all twelve edges, broken one hypothesis at a time", along="RDL", broken=True
    ),
    "book/sequencing/stability": Place(
        "the three edges that leave RNN, near a resting point", leaving=("",), corners=("",)
    ),
    "book/sequencing/controllability": Place(
        "the face of the four linear systems", faces=(Face("RD", done="L"),)
    ),
    "book/sequencing/table": Place(
        "the three faces at RNN, and all six orders", along="RDL", faces=(RD, LD, LR)
    ),
    "book/sequencing/discussion": Place(
        "the way back from LinearMap′ to RNN", along="RDL", corners=("", "RDL")
    ),
}


def _line(edge: Edge, place: Place) -> str:
    colour = f' class="{edge[0]}"' if edge in place.lit else ""
    parts = ' pathLength="10"' if place.broken else ""
    return f'<path{colour}{parts} d="{path(*edge[1:])}"/>'


def _letters(lit: set[Edge]) -> str:
    """One letter for each procedure, on the drawing's outline if an edge there is lit."""
    shown: dict[str, Edge] = {}
    for edge in sorted(lit, key=lambda edge: (bool(INNER & {*edge[1:]}), edge)):
        shown.setdefault(edge[0], edge)
    return "".join(
        f'<g class="{procedure}"><circle cx="{x:g}" cy="{y:g}" r="29"/>'
        f'<text x="{x:g}" y="{y + 14:g}">{procedure}</text></g>'
        for procedure, (x, y) in ((edge[0], middle(edge)) for edge in shown.values())
    )


def drawing(place: Place, name: str) -> str:
    """The cube with a page's place lit, the lit lines above the others."""
    lines = sorted(edges(), key=lambda edge: edge in place.lit)
    kind = ' class="broken"' if place.broken else ""
    return (
        f'<svg viewBox="{FRAME}" role="img"{kind}><title>{escape(name)}</title>'
        + "".join(f'<path class="face" d="{path(*face.corners)}Z"/>' for face in place.faces)
        + "".join(_line(edge, place) for edge in lines)
        + "".join(f'<path class="corner" d="{path(corner)}h0"/>' for corner in place.corners)
        + ("" if place.broken else _letters(place.lit))  # a letter would close the gap
        + "</svg>"
    )


def _show_place(
    app: Sphinx, page: str, template: str, context: dict[str, Any], doctree: Any
) -> None:
    if page not in PLACES:
        return
    number = app.env.toc_secnumbers.get(page, {}).get("", ())
    chapter = f"Chapter {number[0]} on the cube" if number else "On the cube"
    svg = drawing(PLACES[page], f"{chapter}: {PLACES[page].words}")
    home = app.builder.get_relative_uri(page, app.config.root_doc)
    link = f'<a class="place" href="{home}#cube">{svg}</a>'
    title = re.compile("<h1>.*?</h1>", re.S)
    context["body"] = title.sub(
        lambda found: f'<div class="titled">{found[0]}{link}</div>', context["body"], count=1
    )
    app.add_css_file("cube-place.css")


def setup(app: Sphinx) -> dict[str, Any]:
    app.connect("html-page-context", _show_place)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
