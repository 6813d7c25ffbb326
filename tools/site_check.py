"""Measure the built site in a real browser, and fail on a breach: `make site-check`.

Every page of _build/html, served with gzip on a free local port: requests to other hosts, errors in
the console, broken links and anchors, axe (all rules, all folds open, wide and narrow; colours in
light and dark, wide), what the keyboard reaches, layout shift, and the bytes of a first visit.
"""

from __future__ import annotations

import gzip
import shutil
import threading
from collections import defaultdict
from collections.abc import Iterator
from concurrent.futures import ProcessPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import cache
from html.parser import HTMLParser
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any
from urllib.parse import unquote, urljoin, urlsplit

from tools import command

ROOT = Path(__file__).resolve().parent.parent
SITE = ROOT / "_build" / "html"
AXE = ROOT / "tests" / "site" / "vendor" / "axe.min.js"

# KiB over the wire on a first visit, all fonts, styles and scripts counted.
BUDGET_TEXT, BUDGET_FIGURES = 300, 350
MOST_SHIFT = 0.1
WIDE, NARROW = (1280, 900), (390, 844)
COMPRESSED = {".html", ".css", ".js", ".svg", ".json", ".txt", ".inv"}
# As root in a container Chromium needs --no-sandbox; the rest keeps it from calling home.
BROWSER_OPTIONS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]
BROWSERS = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")

SHIFT_OBSERVER = """
window.layoutShift = 0;
new PerformanceObserver((list) => list.getEntries().forEach((entry) => {
  if (!entry.hadRecentInput) window.layoutShift += entry.value;
})).observe({ type: "layout-shift", buffered: true });
"""
OPEN_FOLDS = """() => {
  document.querySelectorAll("details").forEach((fold) => { fold.open = true; });
  document.querySelectorAll(".toggle-hidden > .toggle-button").forEach((button) => button.click());
}"""
# As fast as frames are drawn; then every picture that came into view is there, and has its room.
SCROLL_THROUGH = """async () => {
  const frame = () => new Promise(requestAnimationFrame);
  for (let y = 0; y < document.documentElement.scrollHeight; y += innerHeight / 2) {
    scrollTo(0, y);
    await frame();
  }
  const coming = [...document.images].filter((i) => !i.complete && i.checkVisibility());
  await Promise.all(coming.map((i) => new Promise((done) => { i.onload = i.onerror = done; })));
  await frame();
  scrollTo(0, 0);
  await frame();
}"""
# The drawing of a formula takes its colour from the text and is hidden from screen readers: axe
# would walk through it for half of its time and say nothing. A box of the same size is left, with a
# sign at its end, by which axe knows what scrolls. All sizes are read before any is changed.
BOX_FORMULAS = """() => {
  const drawings = [...document.querySelectorAll(".katex-html")];
  const sizes = drawings.map((drawing) => {
    const { width, height } = drawing.getBoundingClientRect();
    return [Math.max(width, drawing.scrollWidth), height];
  });
  drawings.forEach((drawing, i) => {
    drawing.textContent = ".";
    const [width, height] = sizes[i].map((size) => `${size}px`);
    const style = { display: "inline-block", textAlign: "right", width, height };
    Object.assign(drawing.style, style);
  });
}"""
RUN_AXE = """async (options) => {
  const context = { exclude: [".katex-html"] };
  const { violations } = await axe.run(context, { resultTypes: ["violations"], ...options });
  return violations.map(({ id, impact, nodes }) =>
    `${id} (${impact}): ${nodes[0].target.join(" ")} x ${nodes.length}`);
}"""
COLOURS = {"runOnly": ["cat.color"]}
ALL_BUT_COLOURS = {
    "rules": {"color-contrast": {"enabled": False}, "link-in-text-block": {"enabled": False}}
}
# What the keyboard should reach: seen, enabled, not taken out of the order; of radios one a group.
MARK_CONTROLS = """() => {
  const groups = new Set();
  let count = 0;
  for (const e of document.querySelectorAll("a[href], button, input, select, textarea, summary")) {
    if (e.tabIndex < 0 || e.disabled || !e.checkVisibility({ visibilityProperty: true })) continue;
    if (!e.getClientRects().length || e.closest("dialog:not([open])")) continue;
    if (e.type === "radio") {
      if (groups.has(e.name)) continue;
      groups.add(e.name);
    }
    e.dataset.control = count++;
  }
  return count;
}"""
FOCUSED = """() => {
  const e = document.activeElement;
  if (!e || e === document.body) return null;
  const seen = [e, e.nextElementSibling, e.parentElement].some((box) => {
    const style = box && getComputedStyle(box);
    return style && ((style.outlineStyle !== "none" && parseFloat(style.outlineWidth) > 0)
      || style.boxShadow !== "none");
  });
  return { control: e.dataset.control ?? null, seen, what: e.outerHTML.slice(0, 90) };
}"""


@dataclass
class Measured:
    """What one page weighs and does, and everything that is wrong with it."""

    page: str
    kib: float = 0.0
    budget: int = BUDGET_TEXT
    shift: float = 0.0
    controls: int = 0
    breaches: list[str] = field(default_factory=list)


# -- Browser and server, used by tests/site too ----------------------------------------------------


def browser_path() -> str | None:
    """The Chromium that is installed on this machine, if there is one."""
    return next((path for name in BROWSERS if (path := shutil.which(name))), None)


class _Handler(SimpleHTTPRequestHandler):
    """Files as a web host sends them: text compressed."""

    @staticmethod
    @cache
    def _compressed(path: str, changed: float) -> bytes:
        return gzip.compress(Path(path).read_bytes(), compresslevel=6)

    def do_GET(self) -> None:
        path = Path(self.translate_path(self.path))
        path = path / "index.html" if path.is_dir() else path
        if path.suffix not in COMPRESSED or not path.is_file():
            return super().do_GET()
        content = self._compressed(str(path), path.stat().st_mtime)
        self.send_response(200)
        self.send_header("Content-Type", self.guess_type(str(path)))
        self.send_header("Content-Encoding", "gzip")
        self.send_header("Content-Length", str(len(content)))
        self.end_headers()
        self.wfile.write(content)
        return None

    def log_message(self, *_: Any) -> None:
        pass


@contextmanager
def served(folder: Path = SITE) -> Iterator[str]:
    """The address at which a folder is served while the block runs."""

    def handler(*arguments: Any) -> _Handler:
        return _Handler(*arguments, directory=str(folder))

    server = ThreadingHTTPServer(("127.0.0.1", 0), handler)
    server.handle_error = lambda *_: None  # type: ignore[method-assign]  # the browser hung up
    threading.Thread(target=server.serve_forever, daemon=True).start()
    try:
        yield f"http://127.0.0.1:{server.server_address[1]}/"
    finally:
        server.shutdown()


@contextmanager
def opened_browser() -> Iterator[Any]:
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=browser_path(), args=BROWSER_OPTIONS)
        try:
            yield browser
        finally:
            browser.close()


def site_pages(site: Path = SITE) -> list[str]:
    """Every page that a reader can open; the theme's fragments and the front door are none."""
    pages = [path.relative_to(site) for path in sorted(site.rglob("*.html"))]
    return [p.as_posix() for p in pages if p.parts[0] != "_static" and p != Path("index.html")]


# -- Links, without a browser ----------------------------------------------------------------------


class _Links(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.anchors: set[str] = set()
        self.targets: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        for name, value in attrs:
            if name in ("id", "name") and value:
                self.anchors.add(value)
            elif name in ("href", "src") and value and tag != "base":
                self.targets.append(value)


def broken_links(site: Path = SITE) -> dict[str, list[str]]:
    """The links within the site that lead nowhere, by page."""
    found: dict[str, _Links] = {}
    for page in site_pages(site):
        found[page] = _Links()
        found[page].feed((site / page).read_text(encoding="utf-8"))
    broken = defaultdict(list)
    for page, links in found.items():
        for target in links.targets:
            parts = urlsplit(urljoin(f"http://site/{page}", target))
            if parts.netloc != "site":
                continue
            path, anchor = unquote(parts.path).lstrip("/"), unquote(parts.fragment)
            no_anchor = anchor and path in found and anchor not in found[path].anchors
            if no_anchor or not (site / path).is_file():
                broken[page].append(target)
    return broken


# -- One page in the browser -----------------------------------------------------------------------


def check_page(browser: Any, address: str, page: str) -> Measured:
    """Wide: a first visit, then axe in light and dark; narrow: axe again, but for the colours.

    In dark nothing but colours differs, and a narrow page has no colours of its own.
    """
    measured = Measured(page)
    tab = _new_page(browser, WIDE)
    _first_visit(tab, address, measured)
    _open_all(tab, measured, WIDE)
    _axe(tab, measured, "wide light")
    tab.evaluate("document.documentElement.dataset.theme = 'dark'")
    _axe(tab, measured, "wide dark", COLOURS)
    tab.context.close()
    tab = _new_page(browser, NARROW)
    tab.goto(address + page, wait_until="load")
    _open_all(tab, measured, NARROW)
    _axe(tab, measured, "narrow", ALL_BUT_COLOURS)
    tab.context.close()
    return measured


def _new_page(browser: Any, size: tuple[int, int]) -> Any:
    context = browser.new_context(
        viewport={"width": size[0], "height": size[1]},
        color_scheme="light",
        reduced_motion="reduce",
    )
    return context.new_page()


def _first_visit(tab: Any, address: str, measured: Measured) -> None:
    """Open the page with an empty cache, weigh it, read through it, walk it by keyboard."""
    wrong = measured.breaches
    _listen(tab, urlsplit(address).netloc, wrong)
    session = tab.context.new_cdp_session(tab)
    weights: list[float] = []
    session.send("Network.enable")
    session.on("Network.loadingFinished", lambda event: weights.append(event["encodedDataLength"]))
    tab.add_init_script(SHIFT_OBSERVER)
    tab.goto(address + measured.page, wait_until="networkidle")
    measured.kib = sum(weights) / 1024
    if tab.locator("article img").count():
        measured.budget = BUDGET_FIGURES
    if measured.kib > measured.budget:
        wrong.append(f"weight: {measured.kib:.0f} KiB, budget {measured.budget}")
    tab.evaluate(SCROLL_THROUGH)
    measured.shift = tab.evaluate("window.layoutShift")
    if measured.shift > MOST_SHIFT:
        wrong.append(f"layout shift: {measured.shift:.3f}, at most {MOST_SHIFT}")
    _keyboard(tab, measured)


def _listen(tab: Any, host: str, wrong: list[str]) -> None:
    """Write down every error of a tab and every request that goes elsewhere."""
    tab.on("console", lambda m: m.type == "error" and wrong.append(f"console: {m.text}"))
    tab.on("pageerror", lambda error: wrong.append(f"script: {error}"))
    tab.on(
        "request",
        lambda request: (
            request.url.startswith("http")
            and urlsplit(request.url).netloc != host
            and wrong.append(f"foreign: {request.url}")
        ),
    )
    tab.on("response", lambda r: r.status >= 400 and wrong.append(f"{r.status}: {r.url}"))


def _keyboard(tab: Any, measured: Measured) -> None:
    """Tab from the top to the end: every control has its turn, and it shows."""
    tab.evaluate("document.activeElement.blur()")
    count = measured.controls = tab.evaluate(MARK_CONTROLS)
    reached, unseen = set(), set()
    for _ in range(2 * count + 20):
        tab.keyboard.press("Tab")
        focused = tab.evaluate(FOCUSED)
        if focused is None:
            break
        reached.add(focused["control"])
        if not focused["seen"]:
            unseen.add(focused["what"])
    for missed in sorted({str(i) for i in range(count)} - reached, key=int):
        what = tab.locator(f'[data-control="{missed}"]').evaluate("e => e.outerHTML.slice(0, 90)")
        measured.breaches.append(f"keyboard misses: {what}")
    measured.breaches += [f"focus not visible: {what}" for what in sorted(unseen)]


def _open_all(tab: Any, measured: Measured, size: tuple[int, int]) -> None:
    """Open all folds; nothing is wider than the screen then. Make ready for axe."""
    tab.evaluate(OPEN_FOLDS)
    over = tab.evaluate("document.documentElement.scrollWidth - innerWidth")
    if over > 0:
        measured.breaches.append(f"{over} pixels wider than a {size[0]} pixel screen")
    tab.evaluate(BOX_FORMULAS)
    tab.add_script_tag(content=AXE.read_text(encoding="utf-8"))


def _axe(tab: Any, measured: Measured, view: str, options: dict[str, Any] | None = None) -> None:
    found = tab.evaluate(RUN_AXE, options or {})
    measured.breaches += [f"axe, {view}: {violation}" for violation in found]


# -- All pages -------------------------------------------------------------------------------------


def _check_some(arguments: tuple[str, list[str]]) -> list[Measured]:
    address, pages = arguments
    with opened_browser() as browser:
        return [check_page(browser, address, page) for page in pages]


def check_site(site: Path = SITE, processes: int = 2) -> list[Measured]:
    pages = site_pages(site)
    with served(site) as address, ProcessPoolExecutor(processes) as pool:
        shares = [(address, pages[i::processes]) for i in range(processes)]
        measured = [page for share in pool.map(_check_some, shares) for page in share]
    broken = broken_links(site)
    for one in measured:
        one.breaches += [f"broken link: {target}" for target in broken.get(one.page, [])]
    return sorted(measured, key=lambda one: pages.index(one.page))


def main() -> int:
    if not (SITE / "index.html").is_file():
        print("The site is not built: run make book first.")
        return 1
    if browser_path() is None:
        print(
            "No Chromium found. Install it (Debian: apt-get install chromium) and run this again."
        )
        return 1
    measured = check_site()
    print(f"{'page':44} {'KiB':>6} {'budget':>6} {'shift':>6} {'keys':>5}  breaches")
    for one in measured:
        numbers = f"{one.kib:6.0f} {one.budget:6} {one.shift:6.3f} {one.controls:5}"
        print(f"{one.page:44} {numbers}  {len(one.breaches) or 'none'}")
    for one in measured:
        for breach in one.breaches:
            print(f"{one.page}: {breach}")
    return 1 if any(one.breaches for one in measured) else 0


if __name__ == "__main__":
    command.run(main)
