"""An old address leads to the page that has its label now, served and from a folder."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.site import trial
from tools.site_check import browser_path, opened_browser

pytestmark = pytest.mark.skipif(not browser_path(), reason="needs Chromium")


@pytest.fixture(scope="module")
def book(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = trial.make_book(tmp_path_factory.mktemp("trial"), extra="\n## Stays\n\nHere.\n")
    table = '"book/after" = ["book/chapter", "book/not-yet"]\n'
    (folder / "book/_ext/moved.toml").write_text(table)
    done = trial.build(folder)
    assert done.returncode == 0, done.stdout + done.stderr
    return folder / "_build/html/book"


@pytest.fixture(scope="module")
def page(book: Path) -> Iterator[Any]:
    with opened_browser() as browser:
        yield browser.new_page()


@pytest.mark.parametrize(
    ("address", "arrives"),
    [
        ("after.html#thm-group", "chapter.html#thm-group"),
        ("after.html#equation-eq-flow", "chapter.html#equation-eq-flow"),
        ("after.html#claim-eq-flow", "chapter.html#claim-eq-flow"),
        ("after.html#stays", "after.html#stays"),
        ("after.html#nowhere", "after.html#nowhere"),
        ("after.html", "after.html"),
    ],
)
def test_an_old_address_leads_on(book: Path, page: Any, address: str, arrives: str) -> None:
    page.goto((book / "start.html").as_uri())
    page.goto(f"{book.as_uri()}/{address}")
    page.wait_for_url(f"**/{arrives}", timeout=5_000)
    page.wait_for_load_state()
    assert page.url.endswith(f"/{arrives}")


def test_a_link_on_the_old_page_leads_on(book: Path, page: Any) -> None:
    page.goto(f"{book.as_uri()}/after.html")
    page.evaluate("location.hash = 'thm-group'")
    page.wait_for_url("**/chapter.html#thm-group", timeout=5_000)


def test_only_the_old_page_has_the_table(book: Path) -> None:
    pages = [path.name for path in book.glob("*.html") if "const moved" in path.read_text()]
    assert pages == ["after.html"]
