"""Mathematics typeset while the site is built: KaTeX, run in V8 by mini-racer.

A page then needs no script to show an equation; what it gets is KaTeX's HTML for the eye (hidden
from screen readers) and MathML for the ear. Bad TeX is a warning, so `-W` fails on it. There are no
macros: a notebook has to read the same in JupyterLab, which would not know them.
"""

import re
from functools import cache
from html import escape
from pathlib import Path
from typing import Any

from docutils import nodes
from py_mini_racer import JSEvalException, MiniRacer
from sphinx.application import Sphinx
from sphinx.util import logging
from sphinx.util.math import get_node_equation_number

KATEX = Path(__file__).parent / "vendor" / "katex.min.js"
STYLE = "vendor/katex/katex.css"
OPTIONS = {"throwOnError": True, "strict": "error", "output": "htmlAndMathml"}
# Environments that KaTeX would number by itself; Sphinx numbers here.
NUMBERED = re.compile(r"\\(begin|end)\{(equation|align|gather|alignat)\}")

# The TeX that KaTeX puts beside its MathML: no reader asks for it, and the search would find it.
# Without it the wrapping around both says nothing, nor does a row of one letter, number or word.
SOURCE = re.compile(
    r"<semantics>(?:<mrow>(.*)</mrow>|(.*))<annotation.*</annotation></semantics>", re.S
)
LONE = re.compile(r"<mrow>(<(m[in]|mtext)\b[^<>]*>[^<]*</\2>)</mrow>")

logger = logging.getLogger(__name__)


@cache
def _engine() -> MiniRacer:
    engine = MiniRacer()
    engine.eval(KATEX.read_text(encoding="utf8"))
    return engine


@cache
def typeset(tex: str, *, display: bool = False) -> str:
    """HTML and MathML of a formula. ValueError when KaTeX cannot read it."""
    options = {**OPTIONS, "displayMode": display}
    try:
        html = str(_engine().call("katex.renderToString", tex, options))
    except JSEvalException as problem:
        reason = re.search(r"KaTeX parse error: (.*)|LaTeX-incompatible.*", str(problem))
        raise ValueError(reason[0] if reason else str(problem).splitlines()[0]) from None
    return LONE.sub(r"\1", SOURCE.sub(r"\1\2", html))


def typeset_words(text: str) -> str:
    r"""HTML of a plain text with formulas between dollars, such as a caption of `explore`."""
    pieces = re.split(r"(?<!\\)\$([^$]+)\$", text)
    return "".join(
        typeset(piece) if i % 2 else escape(piece, quote=False) for i, piece in enumerate(pieces)
    )


def _typeset_node(node: nodes.Element, tex: str, *, display: bool) -> str:
    try:
        return typeset(tex, display=display)
    except ValueError as problem:
        logger.warning("cannot typeset %r: %s", tex, problem, location=node, type="math")
        return f"<code>{escape(tex)}</code>"


def _visit_inline(translator: Any, node: nodes.math) -> None:
    if r"\begin{align" in node.astext():
        logger.warning(
            "a displayed formula has become part of a line: leave a blank line before its $$, "
            "and in a proof begin with words",
            location=node,
            type="math",
        )
    html = _typeset_node(node, node.astext(), display=False)
    translator.body.append(translator.starttag(node, "span", "", CLASS="math"))
    translator.body.append(f"{html}</span>")
    raise nodes.SkipNode


def _visit_block(translator: Any, node: nodes.math_block) -> None:
    """The equation scrolls in its own box when it is too wide; its number stays in sight."""
    html = _typeset_node(node, _as_block(node), display=True)
    translator.body.append(translator.starttag(node, "div", CLASS="math display"))
    translator.body.append(f'<div class="math-scroll">{html}</div>')
    if node["number"]:
        number = get_node_equation_number(translator, node)
        translator.body.append(f'<span class="eqno">({number})')
        translator.add_permalink_ref(node, "Link to this equation")
        translator.body.append("</span>")
    translator.body.append("</div>\n")
    raise nodes.SkipNode


def _as_block(node: nodes.math_block) -> str:
    """As Sphinx's own renderers do: blank lines part equations, a double backslash aligns them."""
    if node.get("nowrap"):
        return NUMBERED.sub(r"\\\1{\2*}", node.astext())
    parts = [part.strip() for part in node.astext().split("\n\n") if part.strip()]
    parts = [
        rf"\begin{{split}}{part}\end{{split}}" if _has_bare_newline(part) else part
        for part in parts
    ]
    if len(parts) == 1:
        return parts[0]
    return r"\begin{aligned}" + r"\\".join(parts) + r"\end{aligned}"


def _has_bare_newline(tex: str) -> bool:
    """Whether a double backslash stands outside every environment."""
    while (
        inner := re.sub(r"\\begin\{(\w+\*?)\}(?:(?!\\begin\{).)*?\\end\{\1\}", "", tex, flags=re.S)
    ) != tex:
        tex = inner
    return r"\\" in tex


def _add_style(
    app: Sphinx, page: str, template: str, context: dict[str, Any], doctree: Any
) -> None:
    """The style sheet and the two fonts of every formula, on pages with one."""
    if 'class="katex"' in context.get("body", ""):
        app.add_css_file(STYLE, priority=300)
        context["maths_fonts"] = ["KaTeX_Main-Regular", "KaTeX_Math-Italic"]


def setup(app: Sphinx) -> dict[str, Any]:
    app.add_html_math_renderer("katex", (_visit_inline, None), (_visit_block, None))
    app.connect("html-page-context", _add_style)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
