"""What the build does with a book that has one of everything; no browser needed."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.site import trial
from tools.site_check import site_pages

ADDRESS = "https://github.com/somebody/somewhere"


@pytest.fixture(scope="module")
def book(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    folder = trial.make_book(tmp_path_factory.mktemp("trial"))
    done = trial.build(folder)
    assert done.returncode == 0, done.stdout + done.stderr
    yield folder


@pytest.fixture(scope="module")
def published(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """The same book with a repository's address, and a site's."""
    folder = trial.make_book(tmp_path_factory.mktemp("published"), url=ADDRESS)
    settings = folder / "_config.yml"
    text = settings.read_text()
    settings.write_text(text.replace('baseurl: ""', 'baseurl: "https://book.example/"'))
    done = trial.build(folder)
    assert done.returncode == 0, done.stdout + done.stderr
    yield folder


def test_formulas_are_typeset_and_carry_mathml(book: Path) -> None:
    html = trial.page(book, "chapter")
    assert html.count('class="katex"') >= 15
    assert html.count("<math xmlns") == html.count('class="katex"')
    assert "MathJax" not in html and r"\[" not in html
    assert not re.search(r"<semantics>|<annotation|<mrow><mi>[^<]*</mi></mrow>", html)
    assert re.search(r'id="equation-eq-flow">.*?<span class="eqno">\(1\.1\)', html, re.S)


def test_bad_tex_and_unknown_claims_fail_the_build(tmp_path: Path) -> None:
    folder = trial.make_book(tmp_path, extra=r"$\frac{1}{$")
    notebook = folder / "book/chapter.ipynb"
    notebook.write_text(notebook.read_text().replace('"id": "eq-flow"', '"id": "eq-elsewhere"'))
    done = trial.build(folder)
    assert done.returncode != 0
    assert "after.md" in done.stderr and "cannot typeset" in done.stderr
    assert "eq-elsewhere" in done.stderr


def test_frames_are_files_and_captions_typeset(book: Path) -> None:
    html = trial.page(book, "chapter")
    assert "data:image" not in html
    frames = set(re.findall(r"_images/explore-\w+\.png", html))
    assert len(frames) == 3 + 6
    assert all((book / "_build/html" / frame).is_file() for frame in frames)
    assert len(re.findall(r"<figcaption>The caption has <span class=\"katex\">", html)) == 2


def test_scripts_only_where_they_are_used(book: Path) -> None:
    assert "explore.js" in trial.page(book, "chapter")
    assert "explore.js" not in trial.page(book, "after")
    assert "home.js" in trial.page(book, "start")
    assert "katex" in trial.page(book, "ledger"), "for the claim that has a formula"
    assert "katex" not in trial.page(book, "after")


def test_pages_wait_for_one_style_sheet(book: Path) -> None:
    static = book / "_build/html/_static"
    asked = {
        name: re.findall(r'<link [^>]*rel="stylesheet"[^>]*href="[^"]*?([\w-]+\.css)\?v=\w+"', html)
        for name in ("chapter", "after", "ledger", "start")
        for html in [trial.page(book, name)]
    }
    assert all(names[0] == "site.css" for names in asked.values()), asked
    assert asked["start"] == ["site.css", "home.css"] and asked["after"] == ["site.css"]
    joined = (static / "site.css").read_text(encoding="utf-8")
    for sheet in ("basic.css", "pygments.css", "styles/sphinx-book-theme.css", "exercise.css"):
        assert (static / sheet).read_text(encoding="utf-8").strip()[-200:] in joined, sheet
    assert "@import" not in joined
    fonts = re.findall(r'url\("([^)"]+\.woff2)', joined)
    assert len(fonts) > 10 and all((static / font).is_file() for font in fonts), fonts


def test_every_image_has_alt_and_size(book: Path) -> None:
    for image in re.findall(r"<img [^>]*>", trial.page(book, "chapter")):
        assert re.search(r'alt="[^"]+"', image), image
        assert re.search(r'width="\d+" height="\d+"', image), image


def test_nothing_foreign_and_no_thebe(book: Path) -> None:
    for name in site_pages(book / "_build/html"):
        path = book / "_build/html" / name
        html = path.read_text(encoding="utf-8")
        assert not re.findall(r'<(?:script|link|img)[^>]*(?:src|href)="(?:https?:)?//', html), path
        assert "thebe" not in html.lower(), path
        assert "all.min.js" not in html, path


def test_grading_marks_are_not_shown(book: Path) -> None:
    html = trial.page(book, "chapter")
    assert 'answer_to_it <span class="o">=</span>' in html, "still highlighted"
    assert "BEGIN SOLUTION" not in html
    stored = (book / "_build/html/_sources/book/chapter.ipynb").read_text(encoding="utf-8")
    assert "BEGIN SOLUTION" in stored, "the downloaded notebook keeps them"


def test_claims_stand_open_and_the_ledger_leads_to_them(book: Path) -> None:
    chapter, ledger = trial.page(book, "chapter"), trial.page(book, "ledger")
    boxes = re.findall(r'<div class="claim [^>]*id="(claim-[\w-]+)">(.*?)</div>', chapter, re.S)
    assert [name for name, _ in boxes] == ["claim-eq-flow", "claim-thm-group-inverse"]
    assert "<strong>Claim 1.1.</strong> The flow of this page flows." in boxes[0][1]
    assert 'class="katex"' in boxes[0][1] and "Repeated without it, it fails" in boxes[0][1]
    assert 'href="#thm-group"' in boxes[1][1]
    rows = re.findall(
        r'<div class="claim [^>]*id="ledger-(claim-[\w-]+)">(.*?)</div>', ledger, re.S
    )
    assert [name for name, _ in rows] == [name for name, _ in boxes]
    assert 'href="chapter.html#claim-eq-flow">Claim 1.1.</a>' in rows[0][1]
    assert 'href="chapter.html#equation-eq-flow"' in rows[0][1]
    assert "2 claims: 1 exact to rounding, 1 proved. 1 lack a control" in ledger


def test_folds_say_what_is_inside_and_stand_below_it(book: Path) -> None:
    html = trial.page(book, "chapter")
    cells = re.findall(r'<div class="cell tag_(\w+).*?(?=<div class="cell|<section)', html, re.S)
    assert {"figure", "check"} <= set(cells)
    figure = html[html.index('id="fig-wave"') :]
    assert 0 < figure.index("Code of this figure") < figure.index("How it was checked")
    assert html.index('id="claim-thm-group-inverse"') < html.index("How it was checked")
    slider = html.index("Code of this slider")
    assert html.index('class="explore"') < slider < html.index('id="fig-wave"')


def test_the_reading_time_is_computed(book: Path) -> None:
    assert "It took 5 minutes." in trial.page(book, "chapter")


def test_pages_say_what_they_are_about(book: Path, published: Path) -> None:
    html = trial.page(book, "chapter")
    assert (
        'name="description" content="The first paragraph describes the page. It has no formula."'
        in html
    )
    assert "og:image" not in html, "without an address a card cannot be found"
    assert 'og:image" content="https://book.example/_static/card.png"' in trial.page(
        published, "chapter"
    )
    assert (published / "_build/html/_static/card.png").is_file()


def test_launch_links_only_with_an_address(book: Path, published: Path) -> None:
    without, with_address = trial.page(book, "chapter"), trial.page(published, "chapter")
    assert not re.findall(r"mybinder|launch-button|fa-rocket|github\.com", without)
    path = "somebody/somewhere/main?urlpath=lab/tree/book/chapter.ipynb"
    assert f"https://mybinder.org/v2/gh/{path}" in with_address
    assert "mybinder" not in trial.page(published, "after"), "a page of text has nothing to run"
    assert 'href="../_sources/book/chapter.ipynb"' in without, "download as a notebook"


def test_search_index_knows_words_and_titles(book: Path) -> None:
    index = (book / "_build/html/searchindex.js").read_text(encoding="utf-8")
    data = json.loads(index.removeprefix("Search.setIndex(").rstrip(")"))
    assert any(term.startswith("quattuordecim") for term in data["terms"])


def test_ledger_follows_a_changed_notebook(published: Path) -> None:
    """Last, since it changes the book."""
    notebook = published / "book/chapter.ipynb"
    notebook.write_text(notebook.read_text().replace("flow of this page flows", "flow still flows"))
    assert trial.build(published).returncode == 0
    assert "flow still flows" in trial.page(published, "ledger")
