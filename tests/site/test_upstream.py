"""What this site replaces in other projects is unchanged, and so is what it carries from them.

When a test fails after an upgrade: read the new upstream lines, change the override that its
message names if it has to, then the line or the checksum here.
"""

from __future__ import annotations

import hashlib
from pathlib import Path

import docutils
import jupyter_book
import myst_nb
import pydata_sphinx_theme
import pytest
import sphinx

ROOT = Path(__file__).resolve().parents[2]
PYDATA = Path(pydata_sphinx_theme.__file__).parent
THEME = PYDATA / "theme/pydata_sphinx_theme"

# An override of ours, the template it stands for, and the beginning of that template's SHA-256.
TEMPLATES = {
    "static/webpack-macros.html": (THEME / "static/webpack-macros.html", "0db474a78911dddc"),
    "search-button-field.html": (THEME / "components/search-button-field.html", "c9044ef83e77fffd"),
    "navbar-logo.html": (THEME / "components/navbar-logo.html", "cfedfcfeb9f86be5"),
    "search.html": (THEME / "search.html", "098d19aa34f7874c"),
}
# What pages.py, styles.py and typeset.py count on.
LINES = {
    "Jupyter Book loads sphinx_thebe": (
        Path(jupyter_book.__file__).parent / "config.py",
        '"sphinx_thebe",',
    ),
    "the theme's inline script for a version switcher": (
        PYDATA / "__init__.py",
        "DOCUMENTATION_OPTIONS.pagename = ",
    ),
    "the theme says in data-mode that scripts run": (
        THEME / "layout.html",
        "document.documentElement.dataset.mode = ",
    ),
    "the theme imports Sphinx's sheet in front of its own": (
        THEME / "static/styles/theme.css",
        '@import "../basic.css";',
    ),
    "myst-nb labels folds other than they read": (
        Path(myst_nb.__file__).parent / "sphinx_.py",
        '<summary aria-label="Toggle hidden content">',
    ),
    "docutils gives bibliographies a role": (
        Path(docutils.__file__).parent / "writers/_html_base.py",
        '<div role="list" class="citation-list">',
    ),
    "Sphinx hands equations to a renderer": (
        Path(sphinx.__file__).parent / "util/math.py",
        "def get_node_equation_number(",
    ),
    "Sphinx makes the words of a search result in htmlToText": (
        Path(sphinx.__file__).parent / "themes/basic/static/searchtools.js",
        "htmlToText: (htmlString, anchor) => {",
    ),
}


@pytest.mark.parametrize("override", TEMPLATES)
def test_replaced_templates_have_not_changed(override: str) -> None:
    upstream, checksum = TEMPLATES[override]
    assert (ROOT / "book/_templates" / override).is_file()
    assert hashlib.sha256(upstream.read_bytes()).hexdigest()[:16] == checksum, override


def test_every_template_of_ours_stands_for_a_known_one() -> None:
    folder = ROOT / "book/_templates"
    ours = {path.relative_to(folder).as_posix() for path in folder.rglob("*.html")}
    assert ours == set(TEMPLATES)


@pytest.mark.parametrize("what", LINES)
def test_patched_lines_are_still_there(what: str) -> None:
    path, line = LINES[what]
    assert line in path.read_text(encoding="utf-8"), f"{what}: {path.name} no longer says {line!r}"


def test_vendored_files_are_the_ones_fetched() -> None:
    listed = dict(
        reversed(line.split("  "))
        for line in (ROOT / "tools/vendored.sha256").read_text().splitlines()
    )
    folders = ("book/_static/vendor", "book/_ext/vendor", "tests/site/vendor")
    found = {
        path.relative_to(ROOT).as_posix(): hashlib.sha256(path.read_bytes()).hexdigest()
        for folder in folders
        for path in (ROOT / folder).rglob("*")
        if path.is_file()
    }
    assert found == listed
    for folder in ("book/_static/vendor/katex", "book/_static/vendor/serif", *folders[1:]):
        assert list((ROOT / folder).glob("LICENSE*")), f"{folder} has no licence beside it"
