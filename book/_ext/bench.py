"""The bench, `{bench}`: two routes through the cube, computed in the reader's browser.

All its numbers come from helpers when the site is built: methods with their tables and stability
polynomials, activations and their corners, the states that `gap` draws, and the networks of the
chapters (bench_presets.py). bench-numbers.js computes with them, bench.js draws; both are classic
scripts, so that they run from a file too, and only pages with a bench load them.
"""

import base64
import json
from html import escape
from itertools import permutations
from typing import Any

import numpy as np
from docutils import nodes
from helpers import Flow, gap
from helpers.dynamics.activations import ACTIVATIONS
from helpers.dynamics.exponential import ExponentialEuler, ZeroOrderHold
from helpers.dynamics.runge_kutta import RungeKutta
from helpers.dynamics.schemes import SCHEMES
from sphinx.application import Sphinx
from sphinx.util import logging
from sphinx.util.docutils import SphinxDirective

from bench_presets import PRESETS
from cube import SYSTEMS, edges, middle, path, point

MARK = 'id="bench-place"'
UNITS, INPUTS = 6, 2
LINES = {
    "sub": "σ → id, the substitution",
    "rest": "tangent at rest",
    "start": "tangent at the start",
    "point": "tangent at a point",
}
INPUT_KINDS = {"constant": "constant", "pulse": "pulse", "sine": "sine", "samples": "samples"}
FORMS = {"activity": "activity, σ outside", "activation": "activation, σ inside"}
PICTURES = {
    "film": "Both films on one clock",
    "plane": "The films in the plane",
    "gap": "The gap against the step",
    "flow": "Eigenvalues of the flow, times the step",
    "map": "Eigenvalues where the routes end",
}

logger = logging.getLogger(__name__)


# -- What helpers say ------------------------------------------------------------------------------


def _scheme(name: str, scheme: Any) -> dict[str, Any] | None:
    if isinstance(scheme, RungeKutta):
        top, bottom = (part.coef.tolist() for part in scheme._rational())
        return {
            "name": name,
            "kind": "tableau",
            "explicit": scheme.explicit,
            "order": scheme.order,
            "a": scheme.a.tolist(),
            "b": scheme.b.tolist(),
            "top": top,
            "bottom": bottom,
        }
    kinds = {ExponentialEuler: "exponential", ZeroOrderHold: "zoh"}
    if type(scheme) not in kinds:
        logger.warning("the bench cannot compute %s: it is no Runge-Kutta method", name)
        return None
    return {"name": name, "kind": kinds[type(scheme)]}


def _draws() -> tuple[int, np.ndarray]:
    """The numbers that `gap` draws, as it draws them: first all states, then all inputs."""
    seen: list[np.ndarray] = []

    def velocity(h: np.ndarray, x: np.ndarray) -> np.ndarray:
        seen.extend((h, x))
        return h

    flow = Flow(velocity, UNITS, INPUTS)
    gap(flow, flow)
    return len(seen[0]), np.concatenate([seen[0].ravel(), seen[1].ravel()])


def told() -> dict[str, Any]:
    """Everything that bench-numbers.js takes from helpers."""
    count, draws = _draws()
    return {
        "schemes": [s for s in (_scheme(*item) for item in SCHEMES.items()) if s],
        "activations": [{"name": a.name, "kinks": a.kinks} for a in ACTIVATIONS.values()],
        "count": count,
        "draws": base64.b64encode(draws.astype("<f8").tobytes()).decode(),
        "presets": [preset.state() for preset in PRESETS],
    }


# -- The page --------------------------------------------------------------------------------------


def _options(choices: dict[str, str]) -> str:
    return "".join(f'<option value="{escape(k)}">{escape(v)}</option>' for k, v in choices.items())


def _select(name: str, label: str, choices: dict[str, str]) -> str:
    return (
        f'<div class="bench-field"><label for="bench-{name}">{label}</label>'
        f'<select id="bench-{name}" data-field="{name}">{_options(choices)}</select></div>'
    )


def _slider(name: str, label: str, words: str, low: float, high: float) -> str:
    """A slider on a logarithmic scale, and a box for the number itself."""
    return (
        f'<div class="bench-field bench-slide"><label for="bench-{name}">{label}</label>'
        f'<input type="range" id="bench-{name}-range" data-range="{name}" min="{np.log10(low):g}" '
        f'max="{np.log10(high):g}" step="0.01" aria-label="{words}" autocomplete="off">'
        f'<input type="text" inputmode="decimal" id="bench-{name}" data-field="{name}" '
        'autocomplete="off"></div>'
    )


def _box(name: str, label: str, hint: str = "", rows: int = 1) -> str:
    about = f' aria-describedby="bench-{name}-hint"' if hint else ""
    note = f'<small id="bench-{name}-hint">{hint}</small>' if hint else ""
    return (
        f'<div class="bench-field" data-of="{name}"><label for="bench-{name}">{label}</label>'
        f'<textarea id="bench-{name}" data-field="{name}" rows="{rows}" spellcheck="false" '
        f'autocomplete="off"{about}></textarea>{note}</div>'
    )


def _routes() -> dict[str, str]:
    words = {"": "no procedure"}
    for count in (1, 2, 3):
        for order in permutations("RDL", count):
            words["".join(order)] = ", then ".join(order)
    return words


def _picture(name: str, caption: str) -> str:
    return (
        f'<figure data-picture="{name}"><figcaption>{caption}</figcaption>'
        f'<svg role="img" aria-label="{caption}"></svg></figure>'
    )


def _cube() -> str:
    """The cube, whose edges walk the first route; the routes are drawn on it by the script."""
    lines = "".join(
        f'<g class="{p}" data-from="{start}" data-by="{p}"><path class="reach" '
        f'd="{path(start, end)}"/><path class="line" d="{path(start, end)}"/></g>'
        for p, start, end in edges()
    )
    letters = "".join(
        '<text x="{:g}" y="{:g}">{}</text>'.format(*middle(edge), edge[0]) for edge in edges()
    )
    corners = json.dumps({system: point(system) for system in SYSTEMS})
    return (
        '<figure data-picture="cube"><figcaption>Both routes on the cube</figcaption>'
        f'<svg role="img" aria-label="Both routes on the cube" viewBox="0 0 400 324" '
        f"data-corners='{corners}'>{lines}<g id=\"bench-walked\"></g>{letters}</svg></figure>"
    )


def _controls() -> str:
    methods = {name: name.replace("_", " ") for name in SCHEMES}
    return (
        '<div class="bench-controls">'
        + _select("preset", "Numbers of", {p.name: p.words for p in PRESETS} | {"": "your own"})
        + _select("first", "First route", _routes())
        + _select("other", "Second route", _routes())
        + _select("method", "Method of D", methods)
        + _select("line", "Line of L", LINES)
        + _slider("delta", "Step Δ", "Step Delta, logarithmic", 1e-3, 4.0)
        + _slider("tau", "Factor τ", "Factor tau, logarithmic", 0.1, 10.0)
        + '<div class="bench-field bench-tick"><input type="checkbox" id="bench-aligned" '
        'data-field="aligned"><label for="bench-aligned">after R the step is Δ/τ</label></div>'
        "</div>"
    )


def _clock() -> str:
    return (
        '<div class="bench-clock"><label for="bench-clock">Clock</label>'
        '<input type="range" id="bench-clock" min="0" max="1" step="1" value="0" '
        'autocomplete="off"><output for="bench-clock" id="bench-frame"></output>'
        '<button type="button" id="bench-here">Put the line of L here</button></div>'
    )


def _network() -> str:
    activations = {name: name.replace("_", " ") for name in ACTIVATIONS}
    rows = "one row a unit; NumPy, MATLAB and spreadsheets are read"
    return (
        '<details class="bench-network" open><summary>The network, its input, its start</summary>'
        '<div class="bench-boxes">'
        + _box("w", "Weights w", rows, 3)
        + _box("omega", "Input weights ω", "one row a unit; empty for no input", 3)
        + _box("b", "Bias b")
        + _box("decay", "Decay λ", "one number, or one a unit")
        + _box("rate", "Rate r", "one number, or one a unit")
        + _select("activation", "Activation σ", activations)
        + _select("form", "Form", FORMS)
        + _box("start", "Start")
        + _box("pointh", "Point of L: state")
        + _box("pointx", "Point of L: input")
        + _select("kind", "Input", INPUT_KINDS)
        + _box("size", "Its size", "one number an input")
        + _box("from", "On from")
        + _box("to", "to")
        + _box("frequency", "Angular frequency")
        + _box("rows", "Samples", "one row a time", 3)
        + _box("every", "Time between samples")
        + _box("length", "Length of the film")
        + "</div></details>"
    )


def _page() -> str:
    data = json.dumps(told(), separators=(",", ":")).replace("</", "<\\/")
    return (
        '<div class="bench" id="bench-place"><p class="bench-verdict" id="bench-verdict">'
        "Two routes, computed on this page. This needs JavaScript; without it, {table}.</p>"
        '<p class="bench-said" role="status" id="bench-said"></p>'
        '<div class="bench-alive">'
        + _controls()
        + '<div class="bench-pictures">'
        + _cube()
        + "".join(_picture(*item) for item in PICTURES.items())
        + "</div>"
        + _clock()
        + '<table class="bench-numbers table"><caption>In numbers</caption>'
        '<tbody id="bench-numbers"></tbody></table>'
        + _network()
        + '<details class="bench-python" open><summary>The same in Python</summary>'
        '<div class="bench-code" role="region" tabindex="0" aria-label="Python code">'
        '<pre id="bench-python"></pre></div></details>'
        '<p class="bench-taken"><button type="button" id="bench-copy">Copy as Python</button> '
        '<button type="button" id="bench-link">Copy the link to this state</button></p></div>'
        f'<script type="application/json" id="bench-told">{data}</script></div>'
    )


class Bench(SphinxDirective):
    """The controls, the pictures' frames, and the numbers from helpers."""

    def run(self) -> list[nodes.Node]:
        words = "the commutation table holds what was measured for the networks of the book"
        html = _page().replace("{table}", words)
        return [nodes.raw("", html, format="html")]


def _link_page(
    app: Sphinx, page: str, template: str, context: dict[str, Any], doctree: Any
) -> None:
    """Below the title of a page with numbers of its own, a link to the bench with them."""
    name = next((preset.name for preset in PRESETS if preset.page == page), None)
    if name is None:
        return
    bench = app.builder.get_relative_uri(page, "book/bench")
    link = f'<a href="{bench}?p={name}#bench">This page’s numbers on the bench</a>'
    context["body"] = context["body"].replace(
        "</h1>", f'</h1>\n<p class="bench-link">{link}</p>', 1
    )


def _add_files(
    app: Sphinx, page: str, template: str, context: dict[str, Any], doctree: Any
) -> None:
    if MARK in context.get("body", ""):
        app.add_css_file("bench.css")
        app.add_js_file("bench-numbers.js", loading_method="defer")
        app.add_js_file("bench.js", loading_method="defer")


def setup(app: Sphinx) -> dict[str, Any]:
    app.add_directive("bench", Bench)
    app.connect("html-page-context", _add_files)
    # Before cube_places, which puts the title and the small cube side by side.
    app.connect("html-page-context", _link_page, priority=400)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
