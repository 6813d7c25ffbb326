"""The built site in a real browser: sliders, no script, dark, print, search, links.

Without a browser these tests skip and say so; with CI=true in the environment they fail instead.
"""

from __future__ import annotations

import os
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tools.site_check import SITE, browser_path, served, site_pages

ROOT = Path(__file__).resolve().parents[2]
SLIDER = '<figure class="explore"'


@pytest.fixture(scope="module")
def address() -> Iterator[str]:
    """Where the site is served; `make book` runs first, and does nothing if nothing changed."""
    if browser_path() is None:
        if os.environ.get("CI") == "true":
            pytest.fail("no Chromium on this machine: install it, e.g. apt-get install chromium")
        pytest.skip("no Chromium on this machine: the site's pages are not looked at")
    built = subprocess.run([sys.executable, "-m", "tools.build"], cwd=ROOT, check=False)
    assert built.returncode == 0, "the site does not build"
    with served() as url:
        yield url


@pytest.fixture
def tab(browser: Any) -> Iterator[Any]:
    context = browser.new_context(viewport={"width": 1280, "height": 900}, reduced_motion="reduce")
    yield context.new_page()
    context.close()


def pages_with(mark: str) -> list[str]:
    return [p for p in site_pages() if mark in (SITE / p).read_text(encoding="utf-8")]


def test_every_page_opens_without_error(address: str, tab: Any) -> None:
    wrong: list[str] = []
    tab.on("console", lambda m: m.type == "error" and wrong.append(m.text))
    tab.on("pageerror", lambda error: wrong.append(str(error)))
    tab.on("request", lambda r: r.url.startswith((address, "data:")) or wrong.append(r.url))
    for page in site_pages():
        tab.goto(address + page, wait_until="load")
        assert tab.title(), page
        assert not wrong, f"{page}: {wrong}"


def test_every_slider_moves_the_picture(address: str, tab: Any) -> None:
    """By keyboard and by mouse, each of its parameters; picture, words and value follow."""
    assert pages_with(SLIDER), "no page has a slider"
    for page in pages_with(SLIDER):
        tab.goto(address + page)
        for figure in tab.locator("figure.explore").all():
            figure.scroll_into_view_if_needed()
            for slider in figure.locator("input[type=range]").all():
                assert tab.locator(f'label[for="{slider.get_attribute("id")}"]').inner_text()
                slider.focus()
                slider.press("Home")
                seen = {_state(figure, slider)}
                slider.press("ArrowRight")
                seen.add(_state(figure, slider))
                assert len(seen) == 2, f"{page}: the arrow key moves nothing"
                before = _state(figure, slider)
                box = slider.bounding_box()
                tab.mouse.click(box["x"] + box["width"] - 4, box["y"] + box["height"] / 2)
                steps = int(slider.get_attribute("max"))
                assert slider.input_value() == str(steps), (
                    f"{page}: the mouse does not reach the end"
                )
                assert steps == 1 or _state(figure, slider) != before
            tab.wait_for_function(
                "f => f.complete && f.naturalWidth > 0",
                arg=figure.locator("> img").element_handle(),
            )


def _state(figure: Any, slider: Any) -> tuple[str, str, str, str]:
    picture = figure.locator("> img")
    output = figure.locator(f'output[for="{slider.get_attribute("id")}"]')
    assert output.inner_text() == slider.get_attribute("aria-valuetext")
    return (
        picture.get_attribute("src"),
        picture.get_attribute("alt"),
        output.inner_text(),
        slider.get_attribute("aria-valuetext"),
    )


def test_a_finger_moves_a_slider(address: str, browser: Any) -> None:
    context = browser.new_context(viewport={"width": 390, "height": 844}, has_touch=True)
    tab = context.new_page()
    tab.goto(address + pages_with(SLIDER)[0])
    slider = tab.locator("figure.explore input[type=range]").first
    slider.scroll_into_view_if_needed()
    box = slider.bounding_box()
    tab.touchscreen.tap(box["x"] + box["width"] - 4, box["y"] + box["height"] / 2)
    assert slider.input_value() == slider.get_attribute("max")
    assert box["height"] >= 24, "a finger needs room"
    context.close()


def test_the_address_remembers_a_slider(address: str, tab: Any) -> None:
    page = pages_with(SLIDER)[0]
    tab.goto(address + page)
    figure = tab.locator("figure.explore").first
    slider = figure.locator("input[type=range]").first
    slider.press("Home" if slider.evaluate("one => one.value === one.max") else "End")
    alt = figure.locator("> img").get_attribute("alt")
    link = tab.url
    assert "#explore-" in link and "?" in link
    tab.goto("about:blank")
    tab.goto(link)
    assert tab.locator("figure.explore > img").first.get_attribute("alt") == alt
    assert _in_view(tab.locator("figure.explore").first, tab)


def test_without_scripts_every_result_is_there(address: str, browser: Any) -> None:
    context = browser.new_context(
        viewport={"width": 1280, "height": 900}, java_script_enabled=False
    )
    tab = context.new_page()
    for page in site_pages():
        if page in ("search.html", "genindex.html"):
            continue
        html = (SITE / page).read_text(encoding="utf-8")
        article = html.split("<article")[-1].split("</article>")[0]
        tab.goto(address + page)
        assert tab.locator("article h1").is_visible()
        for figure in tab.locator("figure.explore").all():
            assert figure.locator("> img").is_visible()
            assert not figure.locator("input").first.is_visible(), "a slider that does nothing"
            figure.locator("summary").click()
            frames = figure.locator("details img")
            assert frames.count() >= 1 and frames.last.is_visible()
        formulas = tab.locator("article .katex-html")
        assert formulas.count() == len(re.findall('class="katex-html"', article))
        for solution in tab.locator("div.solution section").all():
            assert solution.is_visible(), "solutions are open without scripts"
    context.close()


def test_dark_mode_toggles(address: str, tab: Any) -> None:
    tab.goto(address + "book/intro.html")
    button = tab.locator(".theme-switch-button:visible").first
    colours = set()
    for _ in range(3):
        colours.add(tab.evaluate("getComputedStyle(document.body).backgroundColor"))
        button.click()
    assert len(colours) == 2


@pytest.mark.parametrize("word", ["henrici", "rescale"])
def test_search_finds_a_word(address: str, tab: Any, word: str) -> None:
    tab.goto(address + f"search.html?q={word}")
    tab.wait_for_selector("#search-results li a")
    found = tab.locator("#search-results li a").evaluate_all("links => links.map((a) => a.href)")
    assert any("helpers" in link for link in found)


def test_print_has_every_figure(address: str, browser: Any) -> None:
    context = browser.new_context()
    tab = context.new_page()
    for page in pages_with("<img ")[:4]:
        tab.goto(address + page, wait_until="networkidle")
        tab.emulate_media(media="print")
        images = tab.locator("article img")
        shown = [image for image in images.all() if image.is_visible()]
        for image in shown:
            image.scroll_into_view_if_needed()
            image.evaluate("e => e.decode()")  # later pictures are loaded when they come into view
        pdf = tab.pdf()
        assert pdf.count(b"/Subtype /Image") >= len(shown), page
        cut = "e => [...e].filter((p) => p.scrollWidth > p.clientWidth + 1).length"
        assert tab.locator("article pre:visible").evaluate_all(cut) == 0, f"{page}: code is cut off"
        tab.emulate_media(media="screen")
    context.close()


def test_references_land_in_view(address: str, tab: Any) -> None:
    """An equation's link leads to a place that the page's header does not cover."""
    for page in pages_with('href="#equation-'):
        tab.goto(address + page)
        tab.locator('article a[href^="#equation-"]:visible').last.click()
        tab.wait_for_timeout(100)
        target = tab.locator("div.math:target")
        assert target.count() == 1 and _in_view(target, tab), page
        header = tab.locator(".bd-header-article").bounding_box()
        assert target.bounding_box()["y"] >= header["y"] + header["height"] - 1, page


def _in_view(element: Any, tab: Any) -> bool:
    box = element.bounding_box()
    return bool(box["y"] >= 0 and box["y"] < tab.viewport_size["height"])


def test_all_six_orders_end_at_the_same_corner(address: str, tab: Any) -> None:
    tab.goto(address + "book/intro.html")
    orders = tab.locator("#cube input[name=order]")
    assert orders.count() == 6
    for i in range(6):
        orders.nth(i).check(force=True)
        assert tab.locator("#cube .corner.here text").inner_html() == "LinearMap′"
        assert tab.locator("#cube .edge.walked").count() == 3
        assert tab.locator(".systems dd.here:visible").count() == 1
    assert "All six orders" in tab.locator(".cube-here").inner_text()


def test_the_cube_is_walked_by_keyboard(address: str, tab: Any) -> None:
    tab.goto(address + "book/intro.html")
    tab.locator("[data-step=D]").focus()
    tab.keyboard.press("Enter")
    assert tab.locator("#cube .corner.here text").inner_html() == "Map"
    tab.locator("[data-step=L]").focus()
    tab.keyboard.press("Space")
    assert tab.locator("#cube .corner.here text").inner_html() == "LinearMap"
    tab.locator("[data-again]").press("Enter")
    assert tab.locator("#cube .corner.here text").inner_html() == "RNN"


def test_code_can_be_copied(address: str, tab: Any) -> None:
    page = pages_with('class="cell_input')[0]
    tab.context.grant_permissions(["clipboard-read", "clipboard-write"])
    tab.goto(address + page)
    block = tab.locator("div.cell_input div.highlight").first
    block.hover()
    block.locator("button.copybtn").click()
    assert tab.evaluate("navigator.clipboard.readText()").strip() == block.inner_text().strip()
