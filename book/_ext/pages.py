"""What every page needs and the theme does not give: light, described, accessible, self-contained.

Each override says which line upstream it stands for; `tests/site/test_upstream.py` holds those
lines and fails when an upgrade changes one.
"""

import hashlib
import re
import shutil
from html import escape
from pathlib import Path
from typing import Any

import pydata_sphinx_theme
from docutils import nodes
from fontTools import subset
from fontTools.ttLib import TTFont
from PIL import Image
from sphinx.application import Sphinx
from sphinx.util import logging

MARKERS = re.compile(r"^[ \t]*### (?:BEGIN|END) (?:SOLUTION|HIDDEN TESTS)[ \t]*\n?", re.M)
# Names, brackets and spaces of code: in the colour of the text, and two thirds of the spans.
UNCOLOURED = re.compile(r'<span class="[npw]">([^<]*)</span>')
IMAGE = re.compile(r"<img (?![^>]*\bwidth=)[^>]*?\bsrc=\"([^\"]+\.png)\"[^>]*?>")
DESCRIPTION_LENGTH = 180
CSS_PIXELS_PER_INCH = 96
KATEX_FONTS = Path(__file__).parents[1] / "_static/vendor/katex/fonts"
ICONS = "_static/vendor/fontawesome/6.5.2"

logger = logging.getLogger(__name__)


# -- Extensions of Jupyter Book that this site does without ----------------------------------------


def _unhook_thebe(app: Sphinx, config: Any) -> None:
    """Jupyter Book always loads sphinx_thebe, whose script is a syntax error on every page.

    jupyter_book/config.py: `"sphinx_thebe",` in get_default_sphinx_config.
    """
    for event, listeners in app.events.listeners.items():
        app.events.listeners[event] = [
            listener
            for listener in listeners
            if not listener.handler.__module__.startswith("sphinx_thebe")
        ]


def _launch_only_what_can_work(app: Sphinx, config: Any) -> None:
    """Without the repository's address there is no Binder, so there is no button either."""
    if not config.html_theme_options.get("repository_url"):
        config.html_theme_options["launch_buttons"] = {}


# -- The page as docutils sees it ------------------------------------------------------------------


def _drop_markers(app: Sphinx, doctree: nodes.document) -> None:
    """nbgrader's marks stay in the notebook; the page does not show them."""
    for block in doctree.findall(nodes.literal_block):
        text = MARKERS.sub("", block.astext()).rstrip("\n")
        if "### BEGIN" in block.astext():
            block.rawsource = text  # where the two differ, Sphinx does not highlight
            block.children = [nodes.Text(text)]


def _wrap_sentences(app: Sphinx, doctree: nodes.document) -> None:
    """Printed sentences wrap; what is printed in columns, told by its double spaces, scrolls."""
    for block in doctree.findall(nodes.literal_block):
        is_output = "output" in block["classes"] or "output" in block.parent.get("classes", [])
        if is_output and "  " not in block.astext():
            block["classes"].append("sentences")


def _description(doctree: nodes.document | None) -> str:
    """The page's first paragraph without formulas, cut at a sentence or a word."""
    if doctree is None:
        return ""
    paragraphs = [
        p for p in doctree.findall(nodes.paragraph) if isinstance(p.parent, nodes.section)
    ]
    plain = [p for p in paragraphs if not any(p.findall(nodes.math))]
    text = " ".join((plain or paragraphs)[0].astext().split()) if paragraphs else ""
    if len(text) <= DESCRIPTION_LENGTH:
        return text
    cut = text[:DESCRIPTION_LENGTH]
    sentence = max(cut.rfind(mark) for mark in (". ", "? ", ": "))
    return (
        cut[: sentence + 1] if sentence > DESCRIPTION_LENGTH / 3 else cut.rsplit(" ", 1)[0] + " …"
    )


# -- The page as HTML ------------------------------------------------------------------------------


def _finish_page(
    app: Sphinx, page: str, template: str, context: dict[str, Any], doctree: Any
) -> None:
    body = context.get("body", "")
    context["body"] = _sized_images(app, page, _accessible(UNCOLOURED.sub(r"\1", body)))
    app.add_js_file("boxes.js", loading_method="defer")
    context["metatags"] = context.get("metatags", "") + _meta_tags(app, page, context, doctree)
    # pydata_sphinx_theme/__init__.py: `OPTIONS.pagename`, for a version switcher only.
    context["script_files"] = [
        script
        for script in context.get("script_files", [])
        if "OPTIONS.pagename" not in str(getattr(script, "attributes", {}).get("body", ""))
    ]
    for script in context["script_files"]:
        attributes = getattr(script, "attributes", {})
        if getattr(script, "filename", "") and "async" not in attributes:
            attributes["defer"] = "defer"
    unused = ["thebe"] if 'class="sd-' in body else ["thebe", "sphinx-design", "design-tabs"]
    for kind in ("css_files", "script_files"):
        context[kind] = [
            file
            for file in context.get(kind, [])
            if not any(word in str(getattr(file, "filename", file)) for word in unused)
        ]


def _accessible(body: str) -> str:
    """docutils gives bibliographies roles whose children are missing, and tables empty headings.

    docutils/writers/_html_base.py: `role="list"` and `role="doc-biblioentry"`;
    myst_nb/sphinx_.py hides cells behind a summary whose label is not its text.
    """
    body = re.sub(r'<th class="head">(?:<p></p>)?</th>', "<td></td>", body)
    body = re.sub(r' role="(?:list|listitem|doc-biblioentry|doc-backlink)"', "", body)
    return body.replace('<summary aria-label="Toggle hidden content">', "<summary>")


def _sized_images(app: Sphinx, page: str, body: str) -> str:
    """Width and height, so that nothing moves while a page loads; later pictures wait."""
    count = 0

    def sized(found: re.Match[str]) -> str:
        nonlocal count
        source = Path(app.outdir, page).parent / found[1]
        if not source.is_file():  # Sphinx copies pictures after it writes pages
            known = {name: path for path, (_, name) in app.env.images.items()}
            original = known.get(source.name)
            source = Path(app.srcdir, original) if original else source
        if not source.is_file():
            return found[0]
        with Image.open(source) as picture:
            scale = CSS_PIXELS_PER_INCH / picture.info.get("dpi", (CSS_PIXELS_PER_INCH,))[0]
            width, height = (round(side * scale) for side in picture.size)
        count += 1
        later = ' loading="lazy"' if count > 1 and "loading=" not in found[0] else ""
        size = f'width="{width}" height="{height}" decoding="async"'
        return f"{found[0][:-1].rstrip('/ ')} {size}{later}>"

    return IMAGE.sub(sized, body)


def _meta_tags(app: Sphinx, page: str, context: dict[str, Any], doctree: Any) -> str:
    """A description, and the card that a shared link shows where the site's address is known."""
    book = app.config.html_title
    title = re.sub(r"<[^>]*>", "", context.get("title", "")) or book
    description = _description(doctree)
    if not description:
        description = f"{title}. {book}: an executable book."
    tags = {"description": description}
    shared = {
        "og:type": "article",
        "og:site_name": book,
        "og:title": title,
        "og:description": description,
    }
    if app.config.html_baseurl:
        base = app.config.html_baseurl.rstrip("/")
        shared["og:url"] = f"{base}/{app.builder.get_target_uri(page)}"
        shared["og:image"] = f"{base}/_static/card.png"
        shared["og:image:alt"] = "The cube of eight systems and three procedures."
    lines = [f'<meta name="{k}" content="{escape(v)}">' for k, v in tags.items()]
    lines += [f'<meta property="{k}" content="{escape(v)}">' for k, v in shared.items()]
    return "\n".join(["", *lines, ""])


# -- The built site --------------------------------------------------------------------------------


def _cut_fonts(app: Sphinx, error: Exception | None) -> None:
    """Of the icons and of KaTeX's fonts keep what some page shows; FontAwesome's script goes."""
    if error or app.builder.format != "html":
        return
    site = Path(app.outdir)
    text = _everything_written(site)
    theme = Path(pydata_sphinx_theme.__file__).parent / "theme/pydata_sphinx_theme/static"
    source, target = theme / ICONS.removeprefix("_static/"), site / ICONS
    style = (source / "css/all.min.css").read_text(encoding="utf8")
    used = _icons_used(text, style)
    (target / "css/all.min.css").write_text(_icon_style(style, used), encoding="utf8")
    cache = Path(app.doctreedir, "fonts")
    cache.mkdir(exist_ok=True)
    for font in sorted((source / "webfonts").glob("*.woff2")):
        _cut_font(font, target / "webfonts" / font.name, set(used.values()), cache)
    signs = {ord(sign) for sign in set(text)}
    for font in sorted(KATEX_FONTS.glob("*.woff2")):
        _cut_font(font, site / "_static/vendor/katex/fonts" / font.name, signs, cache)
    for unused in [
        *(target / "js").glob("*"),
        *(target / "webfonts").glob("*.ttf"),
        *site.rglob("*.map"),
    ]:
        unused.unlink()


def _everything_written(site: Path) -> str:
    files = [*site.rglob("*.html"), *site.glob("_static/**/*.css"), *site.glob("_static/**/*.js")]
    return "".join(
        path.read_text(encoding="utf8", errors="ignore")
        for path in files
        if "fontawesome" not in path.parts
    )


def _icons_used(text: str, style: str) -> dict[str, int]:
    codes = {
        name: int(code, 16)
        for names, code in re.findall(
            r'((?:\.fa-[\w-]+:before,?)+)\{content:"\\([0-9a-f]+)"\}', style
        )
        for name in re.findall(r"\.(fa-[\w-]+):before", names)
    }
    # Where a name begins is not asked for: that would take ten times as long.
    named = {name: codes[name] for name in set(re.findall(r"fa-[\w-]+", text)) & set(codes)}
    escaped = {int(code, 16) for code in re.findall(r"\\(f[0-9a-f]{3})\b", text)}
    literal = {ord(sign) for sign in set(text) if 0xE000 <= ord(sign) <= 0xF8FF}
    return named | {f"u{code:x}": code for code in escaped | literal}


def _icon_style(style: str, used: dict[str, int]) -> str:
    def keep(found: re.Match[str]) -> str:
        return found[0] if set(re.findall(r"\.(fa-[\w-]+):before", found[1])) & set(used) else ""

    return re.sub(r'((?:\.fa-[\w-]+:before,?)+)\{content:"[^"]*"\}', keep, style)


def _cut_font(source: Path, target: Path, signs: set[int], cache: Path) -> None:
    """Write the font with these signs alone; Sphinx puts the whole one back at every build."""
    key = hashlib.sha256(repr((source.stat().st_size, sorted(signs))).encode()).hexdigest()[:16]
    cut = cache / f"{source.stem}-{key}.woff2"
    if not cut.is_file():
        font = TTFont(source, recalcTimestamp=False)
        options = subset.Options(flavor="woff2", notdef_outline=True)
        cutter = subset.Subsetter(options)
        cutter.populate(unicodes=sorted(signs & set(font.getBestCmap())) or [ord(" ")])
        cutter.subset(font)
        subset.save_font(font, cut, options)
    shutil.copyfile(cut, target)


def setup(app: Sphinx) -> dict[str, Any]:
    app.connect("config-inited", _unhook_thebe, priority=999)
    app.connect("config-inited", _launch_only_what_can_work)
    app.connect("doctree-read", _drop_markers)
    app.connect("doctree-read", _wrap_sentences)
    app.connect("html-page-context", _finish_page, priority=900)
    app.connect("build-finished", _cut_fonts)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
