"""One style sheet, site.css, in place of the fourteen that each page would have to wait for.

The theme's own are left out of `_templates/static/webpack-macros.html`, which asks for site.css.
What only some pages need stays apart.
"""

import hashlib
import posixpath
import re
from pathlib import Path
from typing import Any

import pydata_sphinx_theme
import sphinx_book_theme
from sphinx.application import Sphinx
from sphinx.util import logging

# In the order of the page: what comes later wins.
JOINED = (
    "basic.css",
    "styles/theme.css",
    "styles/bootstrap.css",
    "styles/pydata-sphinx-theme.css",
    "vendor/fontawesome/6.5.2/css/all.min.css",
    "pygments.css",
    "styles/sphinx-book-theme.css",
    "vendor/katex/katex.css",
    "togglebutton.css",
    "copybutton.css",
    "mystnb.*.css",
    "proof.css",
    "exercise.css",
    "book.css",
)
APART = ("home.css", "cube-place.css", "bench.css", "sphinx-design*.css", "design-style*.css")
ADDRESS = re.compile(r"""url\(\s*(["']?)(?!data:|\#|https?:)([^"')]+?)\1\s*\)""")
IMPORT = '@import "../basic.css";'  # of styles/theme.css; it stands before it now
OURS = Path(__file__).parents[1] / "_static"

logger = logging.getLogger(__name__)


def _named(file: Any, patterns: tuple[str, ...]) -> bool:
    name = Path(str(getattr(file, "filename", file)).partition("?")[0])
    return any(name.match(pattern) for pattern in patterns)


def _version() -> str:
    """What changes when a sheet does, so that no browser shows a page with an old one."""
    sheets = b"".join(path.read_bytes() for path in sorted(OURS.rglob("*.css")))
    themes = pydata_sphinx_theme.__version__ + sphinx_book_theme.__version__
    return hashlib.sha256(sheets + themes.encode()).hexdigest()[:10]


def _leave_out(app: Sphinx, page: str, template: str, context: dict[str, Any], tree: Any) -> None:
    files = context.get("css_files", [])
    for file in files:
        if not _named(file, JOINED + APART):
            logger.warning("%s: name it in _ext/styles.py, joined or apart", file.filename)
    context["css_files"] = [file for file in files if _named(file, APART)]
    context["styles_version"] = _version()


def _join(app: Sphinx, error: Exception | None) -> None:
    if error or app.builder.format != "html":
        return
    static = Path(app.outdir, "_static")
    sheets = [path for name in JOINED for path in sorted(static.glob(name))]
    text = "\n".join(_moved(path, static) for path in sheets)
    (static / "site.css").write_text(text, encoding="utf8")


def _moved(sheet: Path, static: Path) -> str:
    """A sheet's text, the addresses in it as they are from the folder of site.css."""
    folder = sheet.parent.relative_to(static).as_posix()

    def address(found: re.Match[str]) -> str:
        return f'url("{posixpath.normpath(posixpath.join(folder, found[2]))}")'

    text = sheet.read_text(encoding="utf8").replace(IMPORT, "").replace('@charset "UTF-8";', "")
    return ADDRESS.sub(address, text)


def setup(app: Sphinx) -> dict[str, Any]:
    app.connect("html-page-context", _leave_out, priority=950)
    app.connect("build-finished", _join, priority=800)  # after the icons' sheet is cut
    return {"parallel_read_safe": True, "parallel_write_safe": True}
