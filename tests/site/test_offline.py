"""The zip of the site, unpacked, in the browser and without a server."""

from __future__ import annotations

import re
import zipfile
from pathlib import Path
from typing import Any

import pytest

from tools import offline
from tools.site_check import browser_path, opened_browser

pytestmark = [
    pytest.mark.skipif(browser_path() is None, reason="no Chromium on this machine"),
    pytest.mark.skipif(not (offline.SITE / "index.html").is_file(), reason="make book first"),
]


@pytest.fixture(scope="module")
def unpacked(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("offline")
    assert offline.pack(offline.SITE, folder / "the-book.zip") < offline.MOST
    with zipfile.ZipFile(folder / "the-book.zip") as made:
        made.extractall(folder)
    return folder / "the-book"


@pytest.fixture(scope="module")
def tab(unpacked: Path) -> Any:
    with opened_browser() as browser:
        tab = browser.new_page()
        tab.asked: list[str] = []
        tab.on("request", lambda request: tab.asked.append(request.url))
        yield tab


def test_the_same_site_makes_the_same_zip(tmp_path: Path) -> None:
    site = tmp_path / "site"
    site.mkdir()
    (site / "index.html").write_text("a page")
    offline.pack(site, tmp_path / "zip.zip")
    first = (tmp_path / "zip.zip").read_bytes()
    (site / "index.html").touch()
    offline.pack(site, tmp_path / "zip.zip")
    assert (tmp_path / "zip.zip").read_bytes() == first


def test_a_slider_moves(tab: Any, unpacked: Path) -> None:
    tab.goto((unpacked / "book/procedures/rescaling.html").as_uri())
    slider = tab.locator("input[type=range]").first
    picture = slider.locator("xpath=ancestor::figure | ancestor::div[contains(@class, 'explore')]")
    before = picture.first.inner_html()
    slider.press("ArrowRight")
    tab.wait_for_function(
        "([node, before]) => node.innerHTML !== before",
        arg=[picture.first.element_handle(), before],
    )


def test_the_search_finds(tab: Any, unpacked: Path) -> None:
    tab.goto((unpacked / "search.html").as_uri() + "?q=Gramian")
    tab.wait_for_function("document.querySelectorAll('#search-results li').length > 0")


def test_nothing_is_asked_of_the_network(tab: Any) -> None:
    assert tab.asked
    assert all(re.match(r"file:|data:|blob:", url) for url in tab.asked)
