"""The static form of `explore` on the site: its frames become files, its caption is typeset.

A notebook holds the frames as base64, all in one HTML output. Here each becomes a PNG in `_images`,
named by its content; explore.js, only on pages that need it, turns the figure into sliders.
"""

import base64
import hashlib
import json
import re
from html import escape, unescape
from pathlib import Path
from typing import Any

from docutils import nodes
from sphinx.application import Sphinx
from sphinx.util import logging

from typeset import typeset_words

MARK = '<figure class="explore"'
FRAME = re.compile(r'src="data:image/png;base64,([A-Za-z0-9+/=]+)"')
CAPTION = re.compile(r"(<figcaption>)(.*?)(</figcaption>)", re.S)
AXES = re.compile(r'data-axes="([^"]*)"')
IDENTIFIER = re.compile(r'<figure class="explore" id="([^"]+)"')

logger = logging.getLogger(__name__)


def _note_labels(app: Sphinx, doctree: nodes.document) -> None:
    """`[the film](#explore-film)` links to the slider of the function `film`, from any page."""
    labels = app.env.get_domain("std").data
    for raw in doctree.findall(nodes.raw):
        if name := IDENTIFIER.search(raw.astext()):
            labels["labels"][name[1]] = (app.env.docname, name[1], "the slider")
            labels["anonlabels"][name[1]] = (app.env.docname, name[1])


def _place_frames(app: Sphinx, doctree: nodes.document, docname: str) -> None:
    if app.builder.format != "html":
        return
    folder = Path(app.outdir) / app.builder.imagedir
    seen: set[str] = set()
    for node in [raw for raw in doctree.findall(nodes.raw) if MARK in raw.astext()]:
        html = node.astext()
        name = IDENTIFIER.search(html)[1]  # type: ignore[index]
        if name in seen:
            logger.warning(
                "two sliders are called %s: give their functions different names.",
                name,
                location=docname,
            )
        seen.add(name)
        folder.mkdir(parents=True, exist_ok=True)
        html = FRAME.sub(lambda found: f'src="{_store(app, docname, found[1])}"', html)
        html = html.replace("<details>", '<details class="explore-frames">')
        html = html.replace("\n<img ", "\n" + _controls(html) + "<img ", 1)
        html = html.replace("<p><img ", '<p><img loading="lazy" ')
        html = CAPTION.sub(lambda found: found[1] + _typeset(found[2], docname) + found[3], html)
        node.replace_self(nodes.raw("", html, format="html"))


def _controls(html: str) -> str:
    """The range inputs, made here so that nothing moves when the script takes them over."""
    name = IDENTIFIER.search(html)[1]  # type: ignore[index]
    rows = []
    for axis in json.loads(unescape(AXES.search(html)[1])):  # type: ignore[index]
        target, text = f"{name}-{axis['name']}", escape(axis["texts"][axis["start"]])
        rows.append(
            f'<div><label for="{target}">{escape(axis["label"])}</label>'
            f'<input type="range" id="{target}" autocomplete="off" aria-valuetext="{text}" '
            f'min="0" max="{len(axis["texts"]) - 1}" step="1" value="{axis["start"]}">'
            f'<output for="{target}">{text}</output></div>'
        )
    return f'<div class="explore-controls">{"".join(rows)}</div>\n'


def _store(app: Sphinx, docname: str, frame: str) -> str:
    """Write a frame, once, and give its address as seen from the page."""
    content = base64.b64decode(frame)
    name = f"explore-{hashlib.sha256(content).hexdigest()[:20]}.png"
    target = Path(app.outdir) / app.builder.imagedir / name
    if not target.exists():
        target.write_bytes(content)
    up = "../" * app.builder.get_target_uri(docname).count("/")
    return f"{up}{app.builder.imagedir}/{name}"


def _typeset(caption: str, docname: str) -> str:
    words, mark, setting = caption.partition("<span class=")
    try:
        return typeset_words(unescape(words)) + mark + setting
    except ValueError as problem:
        logger.warning("caption %r: %s", words, problem, location=docname)
        return caption


def _add_script(
    app: Sphinx, page: str, template: str, context: dict[str, Any], doctree: Any
) -> None:
    if MARK in context.get("body", ""):
        app.add_js_file("explore.js", loading_method="defer")


def setup(app: Sphinx) -> dict[str, Any]:
    app.connect("doctree-read", _note_labels)
    app.connect("doctree-resolved", _place_frames)
    app.connect("html-page-context", _add_script)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
