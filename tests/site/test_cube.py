"""The small cube beside a title: it lights what its words say, and stands where it is meant to.

What a page should show is written here once more, by the names of the systems on the home page.
"""

from __future__ import annotations

import json
import os
import re
import sys
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.site import trial
from tools import build, contents
from tools.site_check import (
    AXE,
    NARROW,
    SITE,
    WIDE,
    browser_path,
    served,
    site_pages,
)

sys.path.insert(0, str(contents.ROOT / "book/_ext"))

import cube
import cube_places

ALL = "DDDDLLLLRRRR"
FLOWS, MAPS = {"RNN", "RNN′", "LinearSystem", "LinearSystem′"}, {"Map", "Map′", "LinearMap"}
EVERY = FLOWS | MAPS | {"LinearMap′"}
# Of each page its words, the letters of the lit edges, the systems at their ends, the lit faces.
SHOWN: dict[str, tuple[str, str, set[str], int]] = {
    "procedures/network": ("the corner RNN, where every order starts", "", {"RNN"}, 0),
    "procedures/rescaling": ("the four edges that rescale", "RRRR", EVERY, 0),
    "procedures/discretisation": ("the four edges that discretise", "DDDD", EVERY, 0),
    "procedures/linearisation": ("the four edges that linearise", "LLLL", EVERY, 0),
    "sequencing/rescaling_discretisation": (
        "the face of rescaling and discretisation",
        "DDRR",
        {"RNN", "RNN′", "Map", "Map′"},
        1,
    ),
    "sequencing/linearisation_discretisation": (
        "the face of linearisation and discretisation",
        "DDLL",
        {"RNN", "Map", "LinearSystem", "LinearMap"},
        1,
    ),
    "sequencing/linearisation_rescaling": (
        "the face of linearisation and rescaling, and all six orders",
        ALL,
        EVERY,
        1,
    ),
    "sequencing/gallery": ("all twelve edges, broken one hypothesis at a time", ALL, EVERY, 0),
    "sequencing/stability": (
        "the three edges that leave RNN, near a resting point",
        "DLR",
        {"RNN", "RNN′", "Map", "LinearSystem"},
        0,
    ),
    "sequencing/controllability": (
        "the face of the four linear systems",
        "DDRR",
        {"LinearSystem", "LinearSystem′", "LinearMap", "LinearMap′"},
        1,
    ),
    "sequencing/table": ("the three faces at RNN, and all six orders", ALL, EVERY, 3),
    "sequencing/discussion": ("the way back from LinearMap′ to RNN", ALL, EVERY, 0),
}
PAGES = [f"book/{page}.html" for page in SHOWN]
NO_CHAPTERS = {"sequencing/table", "sequencing/discussion"}
MOST_BYTES = 3 * 1024
RUN_AXE = "() => axe.run('.titled').then(({ violations }) => violations.map(({ id }) => id))"
# By how many lines of the title the text stands lower than it would without the cube. In whole
# lines: the link in a heading makes its line box taller than the heading's line-height.
LINES_LOWER = """() => {
  const top = () => document.querySelector("article .titled + *").getBoundingClientRect().top;
  const shown = top();
  document.querySelector(".place").style.display = "none";
  const line = parseFloat(getComputedStyle(document.querySelector("h1")).lineHeight);
  return Math.round((shown - top()) / line);
}"""

page_of = pytest.mark.parametrize("page", SHOWN)


# -- The drawing -----------------------------------------------------------------------------------


def systems() -> dict[tuple[int, int], str]:
    """Where the home page's cube writes which name."""
    corner = r'<g class="corner".*?<text x="(\d+)" y="(\d+)">([^<]+)</text>'
    return {(int(x), int(y) - 6): name for x, y, name in re.findall(corner, cube.drawing())}


def drawn(page: str) -> str:
    return cube_places.drawing(cube_places.PLACES[f"book/{page}"], "here")


def lines(svg: str) -> list[tuple[str, tuple[int, int], tuple[int, int]]]:
    """Of each edge its letter, empty if it is not lit, and its two ends."""
    found = re.findall(
        r'<path(?: class="([RDL])")?(?: pathLength="10")? d="M(\d+) (\d+)L(\d+) (\d+)"/>', svg
    )
    return [(p, (int(a), int(b)), (int(c), int(d))) for p, a, b, c, d in found]


def rings(svg: str) -> list[list[tuple[int, int]]]:
    shapes = re.findall(r'class="face" d="M([\d L]+)Z"', svg)
    return [[tuple(map(int, end.split())) for end in shape.split("L")] for shape in shapes]


def dots(svg: str) -> set[str]:
    found = re.findall(r'class="corner" d="M(\d+) (\d+)h0"', svg)
    return {systems()[int(x), int(y)] for x, y in found}


def test_the_table_has_the_chapters_of_two_parts_and_no_page_that_is_gone() -> None:
    assert set(cube_places.PLACES) == {f"book/{page}" for page in SHOWN}
    known = {
        path.relative_to(contents.ROOT).with_suffix("").as_posix() for path in contents.pages()
    }
    assert set(cube_places.PLACES) <= known


@page_of
def test_what_is_lit_is_what_the_words_say(page: str) -> None:
    words, letters, ends, faces = SHOWN[page]
    svg = drawn(page)
    lit = [line for line in lines(svg) if line[0]]
    assert cube_places.PLACES[f"book/{page}"].words == words
    assert sorted(letter for letter, *_ in lit) == list(letters)
    assert {systems()[end] for _, *both in lit for end in both} | dots(svg) == ends
    assert len(rings(svg)) == faces


@page_of
def test_the_whole_cube_is_drawn_once(page: str) -> None:
    """Twelve different edges between the home page's corners; each letter has one direction."""
    edges = lines(drawn(page))
    assert len(edges) == len({frozenset(line[1:]) for line in edges}) == 12
    assert {end for _, *both in edges for end in both} == set(systems())
    ways = {(p, c - a, d - b) for p, (a, b), (c, d) in edges if p}
    assert len(ways) == len({p for p, *_ in ways})
    for letter, across, down in ways:
        assert {"R": across < 0 < down, "D": not across, "L": not down}[letter]


@page_of
def test_a_face_is_a_ring_of_four_lit_edges(page: str) -> None:
    svg = drawn(page)
    lit = {frozenset(ends) for letter, *ends in lines(svg) if letter}
    for ring in rings(svg):
        sides = {frozenset(side) for side in zip(ring, ring[1:] + ring[:1], strict=True)}
        assert len(set(ring)) == len(sides) == 4
        assert sides <= lit


def test_faces_and_dots_are_at_the_systems_that_the_words_name() -> None:
    for page in ("linearisation_rescaling", "table", "linearisation_discretisation"):
        for ring in rings(drawn(f"sequencing/{page}")):
            assert "RNN" in {systems()[corner] for corner in ring}, page
    (top,) = rings(drawn("sequencing/linearisation_rescaling"))
    assert {systems()[corner] for corner in top} == FLOWS
    assert len({frozenset(ring) for ring in rings(drawn("sequencing/table"))}) == 3
    assert dots(drawn("procedures/network")) == dots(drawn("sequencing/stability")) == {"RNN"}
    assert dots(drawn("sequencing/discussion")) == {"RNN", "LinearMap′"}
    broken = [page for page in SHOWN if 'class="broken"' in drawn(page)]
    assert broken == ["sequencing/gallery"]


# -- The extension, on a book of its own -----------------------------------------------------------


def test_a_page_without_a_number_has_its_cube_and_other_pages_have_none(tmp_path: Path) -> None:
    folder = trial.make_book(tmp_path)
    toc = folder / "_toc.yml"
    toc.write_text(toc.read_text() + "      - file: book/procedures/network\n")
    (folder / "book/procedures").mkdir()
    (folder / "book/procedures/network.md").write_text("# The *network*\n\nA question?\n")
    done = trial.build(folder)
    assert done.returncode == 0, done.stdout + done.stderr
    html = trial.page(folder, "procedures/network")
    link = re.findall(r'<h1>The.*?</h1>\s*<a class="place" href="([^"]+)"><svg(.*?)</svg>', html)
    assert [href for href, _ in link] == ["../start.html#cube"]
    assert "<title>On the cube: the corner RNN, where every order starts</title>" in link[0][1]
    assert "cube-place.css" in html
    for name in ("start", "chapter", "after"):
        assert "place" not in re.findall(r'class="([^"]*)"', trial.page(folder, name))
        assert "cube-place.css" not in trial.page(folder, name)


# -- The site, in the browser ----------------------------------------------------------------------


@pytest.fixture(scope="module")
def address() -> Iterator[str]:
    """Where the site is served. Another test may be building it, so that here it is only read."""
    missing = None
    if browser_path() is None:
        missing = "no Chromium on this machine: install it, e.g. apt-get install chromium"
    elif not build.MADE_OF.is_file() or json.loads(build.MADE_OF.read_text()) != build.inputs():
        missing = "the site is not built, or older than the book: make book"
    if missing and os.environ.get("CI") == "true":
        pytest.fail(missing)
    if missing:
        pytest.skip(missing)
    with served() as url:
        yield url


@pytest.fixture
def tab(browser: Any, request: pytest.FixtureRequest) -> Iterator[Any]:
    width, height = getattr(request, "param", WIDE)
    context = browser.new_context(
        viewport={"width": width, "height": height}, reduced_motion="reduce"
    )
    yield context.new_page()
    context.close()


@page_of
@pytest.mark.parametrize("tab", [WIDE, NARROW], ids=["wide", "narrow"], indirect=True)
def test_a_page_shows_its_place(address: str, tab: Any, page: str) -> None:
    """By the name that a screen reader says; beside the title, a line longer at most."""
    tab.goto(f"{address}book/{page}.html", wait_until="domcontentloaded")
    number = "".join(tab.locator("article h1 .section-number").all_inner_texts()).strip(" .\xa0")
    assert bool(number) != (page in NO_CHAPTERS)
    name = f"{f'Chapter {number} on' if number else 'On'} the cube: {SHOWN[page][0]}"
    link = tab.get_by_role("link", name=name, exact=True)
    assert tab.locator(".place").count() == link.count() == 1
    assert tab.get_by_role("img", name=name, exact=True).count() == 1
    box, title = link.bounding_box(), tab.locator("article h1").bounding_box()
    width = tab.viewport_size["width"]
    assert title["x"] + title["width"] <= box["x"] < box["x"] + box["width"] <= width
    assert box["height"] >= 24 and box["y"] >= tab.locator(".bd-header-article").bounding_box()["y"]
    assert tab.evaluate(LINES_LOWER) <= 1


@page_of
def test_axe_has_nothing_to_say_of_a_cube(address: str, tab: Any, page: str) -> None:
    tab.goto(f"{address}book/{page}.html", wait_until="domcontentloaded")
    tab.add_script_tag(content=AXE.read_text(encoding="utf-8"))
    for theme in ("light", "dark"):
        tab.evaluate("theme => { document.documentElement.dataset.theme = theme; }", theme)
        assert tab.evaluate(RUN_AXE) == [], theme


def test_a_cube_leads_to_the_cube_of_the_home_page(address: str, tab: Any) -> None:
    tab.goto(address + PAGES[4])
    tab.locator(".place").press("Enter")
    tab.wait_for_url("**/book/intro.html#cube")
    assert tab.locator("#cube svg").is_visible()
    assert 0 <= tab.locator("#cube").bounding_box()["y"] < tab.viewport_size["height"]


def test_lit_lines_stand_out_in_both_modes(address: str, tab: Any) -> None:
    """Thicker than the others, and in a colour that differs from theirs and from the page's."""
    tab.goto(address + PAGES[1])
    looks = "e => { const s = getComputedStyle(e); return [s.stroke, parseFloat(s.strokeWidth)]; }"
    for theme in ("light", "dark"):
        tab.evaluate("theme => { document.documentElement.dataset.theme = theme; }", theme)
        ground = tab.evaluate("getComputedStyle(document.body).backgroundColor")
        lit = tab.locator(".place svg > path.R").first.evaluate(looks)
        other = tab.locator(".place svg > path:not([class])").first.evaluate(looks)
        assert lit[1] >= 2 * other[1]
        assert len({lit[0], other[0], ground}) == 3


def test_no_other_page_shows_a_cube_and_a_cube_is_light(address: str) -> None:
    weights = Counter[str]()
    for page in site_pages():
        html = (SITE / page).read_text(encoding="utf-8")
        for found in re.findall(r'<a class="place".*?</a>', html, re.S):
            weights[page] += len(found.encode())
    assert sorted(weights) == sorted(PAGES)
    assert max(weights.values()) < MOST_BYTES
