"""The cube of the home page, `{cube}`: eight systems, twelve edges, six orders across it.

The drawing is SVG with words in it and needs no script; home.js lets the reader walk its edges.
The small cube beside a chapter's title (cube_places.py) and the logo, the favicon and the card
(tools/art.py) are drawn from the same points.
"""

from itertools import combinations, permutations
from typing import Any

from docutils import nodes
from sphinx.application import Sphinx
from sphinx.util.docutils import SphinxDirective

PROCEDURES = {"R": "Rescale", "D": "Discretise", "L": "Linearise"}
SYSTEMS = {
    "": "RNN",
    "R": "RNN′",
    "D": "Map",
    "L": "LinearSystem",
    "RD": "Map′",
    "RL": "LinearSystem′",
    "DL": "LinearMap",
    "RDL": "LinearMap′",
}
START = (118, 24)
STEPS = {"R": (-84, 80), "D": (0, 196), "L": (240, 0)}
WIDTH, HEIGHT = 432, 324

Edge = tuple[str, str, str]


def point(system: str) -> tuple[int, int]:
    """Where a system stands: one step from the start for each procedure applied."""
    x = START[0] + sum(STEPS[letter][0] for letter in system)
    y = START[1] + sum(STEPS[letter][1] for letter in system)
    return x, y


def edges() -> list[Edge]:
    """The procedure, the system it is applied to, and the system it gives; the front last."""
    ends = ["".join(chosen) for size in range(4) for chosen in combinations("RDL", size)]
    return sorted(
        (
            (p, s, "".join(c for c in "RDL" if c in s + p))
            for s in ends
            for p in "RDL"
            if p not in s
        ),
        key=lambda edge: edge[1].count("R"),
    )


def path(*systems: str) -> str:
    """The line through these systems, as SVG writes it."""
    return "M" + "L".join("{} {}".format(*point(system)) for system in systems)


def middle(edge: Edge) -> tuple[float, float]:
    (x1, y1), (x2, y2) = point(edge[1]), point(edge[2])
    return (x1 + x2) / 2, (y1 + y2) / 2


def _edge(edge: Edge) -> str:
    procedure, start, end = edge
    x, y = middle(edge)
    way = f'd="{path(start, end)}"'
    return (
        f'<g class="edge {procedure}" data-from="{start}" data-to="{end}" data-by="{procedure}">'
        f'<path class="reach" {way}/><path class="line" {way}/>'
        f'<circle cx="{x:g}" cy="{y:g}" r="11"/>'
        f'<text x="{x:g}" y="{y + 5:g}">{procedure}</text></g>'
    )


def _corner(system: str, name: str) -> str:
    x, y = point(system)
    half = 4.9 * len(name) + 11
    return (
        f'<g class="corner" data-system="{system}"><rect x="{x - half:g}" y="{y - 16}" '
        f'width="{2 * half:g}" height="32" rx="16"/><text x="{x}" y="{y + 6}">{name}</text></g>'
    )


def drawing() -> str:
    lines = "".join(_edge(edge) for edge in edges())
    corners = "".join(_corner(*system) for system in SYSTEMS.items())
    return (
        f'<svg viewBox="0 0 {WIDTH} {HEIGHT}" width="{WIDTH}" height="{HEIGHT}" role="img" '
        'aria-labelledby="cube-title cube-words"><title id="cube-title">The cube of systems</title>'
        '<desc id="cube-words">Eight systems at the corners of a cube. Four parallel edges '
        "rescale (R), four discretise (D), four linearise (L). Six paths of three edges lead "
        "from the network, RNN, to the rescaled linear map, LinearMap′.</desc>"
        f"{lines}{corners}</svg>"
    )


def _controls() -> str:
    steps = "".join(
        f'<button type="button" class="step {p}" data-step="{p}">{name}</button>'
        for p, name in PROCEDURES.items()
    )
    orders = "".join(
        f'<label><input type="radio" name="order" value="{"".join(order)}">'
        f"<span>{' '.join(order)}</span></label>"
        for order in permutations("RDL")
    )
    return (
        f'<div class="cube-controls"><div class="cube-steps">{steps}'
        '<button type="button" data-again>Start again</button></div>'
        f"<fieldset><legend>or walk an order</legend>{orders}</fieldset></div>"
        '<p class="cube-here" role="status">You stand at RNN. Take a step.</p>'
    )


class Cube(SphinxDirective):
    """The cube and the buttons that walk it."""

    def run(self) -> list[nodes.Node]:
        html = f'<div class="cube" id="cube">{drawing()}{_controls()}</div>'
        return [nodes.raw("", html, format="html")]


def _add_files(
    app: Sphinx, page: str, template: str, context: dict[str, Any], doctree: Any
) -> None:
    if 'id="cube"' in context.get("body", ""):
        app.add_css_file("home.css")
        app.add_js_file("home.js", loading_method="defer")


def setup(app: Sphinx) -> dict[str, Any]:
    app.add_directive("cube", Cube)
    app.connect("html-page-context", _add_files)
    app.setup_extension("cube_places")
    return {"parallel_read_safe": True, "parallel_write_safe": True}
