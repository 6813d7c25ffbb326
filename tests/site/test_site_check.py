"""What `make site-check` is for, it finds: a page with one of each fault."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tools.site_check import broken_links, browser_path, check_page, served

WIDE = """<math><mi>a</mi></math>
<span class="katex-html" aria-hidden="true">{}</span>""".format("a + b " * 200)
GOOD = f"""<!DOCTYPE html>
<html lang="en-GB" data-theme="light"><head><title>Page</title>
<link rel="icon" href="data:,"><style>
  .katex-html {{ white-space: nowrap; }} .faint {{ color: #777; }}
  .box {{ display: block; overflow-x: auto; }}
  [data-theme=dark] {{ background: #333; color: #fff; }}
  [data-theme=dark] a {{ color: #9cf; }}
</style></head><body><main><article><h1>Page</h1>
<p>Words and <a href="page.html">a link</a>.</p><div class="box" tabindex="0">{WIDE}</div>
<details><summary>Fold</summary><p>Inside.</p></details>
</article></main></body></html>
"""
# What is found, and what is in the place of "Words" on a page where it has to be found.
FAULTS = {
    "axe, wide light: image-alt": '<img src="dot.svg">',
    "axe, narrow: image-alt": '<img src="dot.svg">',
    "axe, wide light: color-contrast": '<span style="color: #ccc">Pale</span>',
    "axe, wide dark: color-contrast": '<span class="faint">Grey</span>',
    "axe, wide light: scrollable-region-focusable": f'<span class="box">{WIDE}</span>',
    "pixels wider than a 390 pixel screen": '<span class="box" style="width: 600px">Wide</span>',
    "console: ": "<script>console.error('no')</script>",
    "script: ": "<script>throw Error('no')</script>",
    "404: ": '<link rel="stylesheet" href="gone.css">',
    "foreign: ": '<link rel="stylesheet" href="http://localhost:9/">',
    "focus not visible: ": '<button style="outline: none">Go</button>',
    "keyboard misses: ": '<button onfocus="this.blur()">Stay</button>',
}

pytestmark = pytest.mark.skipif(browser_path() is None, reason="no Chromium on this machine")


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("site")
    (folder / "dot.svg").write_text('<svg xmlns="http://www.w3.org/2000/svg"/>')
    return folder


@pytest.fixture(scope="module")
def address(site: Path) -> Iterator[str]:
    with served(site) as url:
        yield url


def test_a_good_page_has_no_breach(site: Path, address: str, browser: Any) -> None:
    (site / "page.html").write_text(GOOD)
    assert check_page(browser, address, "page.html").breaches == []
    assert broken_links(site) == {}


@pytest.fixture(scope="module")
def found(site: Path, address: str, browser: Any) -> list[str]:
    """The breaches of a page with all the faults."""
    (site / "faulty.html").write_text(GOOD.replace("Words", "".join(FAULTS.values())))
    return check_page(browser, address, "faulty.html").breaches


@pytest.mark.parametrize("breach", FAULTS)
def test_each_fault_is_found(breach: str, found: list[str]) -> None:
    assert [one for one in found if breach in one], found


def test_a_link_to_nowhere_is_found(site: Path) -> None:
    (site / "lost.html").write_text(GOOD.replace('"page.html"', '"page.html#nowhere"'))
    (site / "page.html").write_text(GOOD)
    assert broken_links(site)["lost.html"] == ["page.html#nowhere"]
