"""Part I in a real JupyterLab, in the browser: cells run, sliders are live, the text is text.

Skips where JupyterLab (`make lab` installs it) or a browser is missing. One server and one tab
serve all pages: JupyterLab loads in longer than a chapter runs.
"""

from __future__ import annotations

import importlib.util
import json
import os
import re
import shutil
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from tools import contents
from tools.site_check import browser_path, opened_browser

PATIENCE = 300  # seconds, for a slow machine that does something else besides
PAGES = [
    path.relative_to(contents.ROOT).as_posix()
    for path in contents.notebooks()
    if path.stem == "notation" or path.parent.name == "procedures"
]
# What JupyterLab does not know: the site gathers this list. It shows a card with the name.
OF_THE_SITE = {"claims"}
SETTINGS = {
    # Otherwise cells out of sight are not there.
    "notebook-extension/tracker": {"windowingMode": "none"},
    # Otherwise it asks the network for news.
    "apputils-extension/notification": {"fetchNews": "false", "checkForUpdates": False},
}

# Open a notebook beside the ones that are open, run it, and say what became of each cell.
RUN_ALL = """async ([path, seconds]) => {
  const run = async () => {
    const { commands } = window.jupyterapp;
    const panel = await commands.execute("docmanager:open", { path, factory: "Notebook" });
    window.panel = panel;
    await panel.revealed;
    await panel.sessionContext.ready;
    return await commands.execute("notebook:run-all-cells");
  };
  const late = new Promise((_, no) =>
    setTimeout(() => no(Error(`${path} has not run in ${seconds} s`)), 1000 * seconds));
  return await Promise.race([run(), late]);
}"""
CODE_CELLS = """() => window.panel.content.model.toJSON().cells
  .filter((cell) => cell.cell_type === "code")
  .map((cell) => [cell.source, cell.execution_count, cell.outputs])"""
# Of each text cell its source and what is drawn of it: the titles of its boxes, and the words
# without formulas, which are drawn and written out, and without code, where braces are meant.
TEXT_CELLS = """() => window.panel.content.widgets
  .filter((cell) => cell.model.type === "markdown")
  .map((cell) => {
    const drawn = cell.node.querySelector(".myst").cloneNode(true);
    const all = drawn.textContent;
    const faults = drawn.querySelectorAll(".katex-error").length;
    const formulas = drawn.querySelectorAll(".katex-display, table").length;
    drawn.querySelectorAll(".katex, code:not([class*=title] *), pre").forEach((e) => e.remove());
    // Where a solution ends there is a card without a title.
    const titles = (kind) =>
      [...drawn.querySelectorAll(kind)].map((e) => e.textContent).filter(Boolean);
    return {
      source: cell.model.sharedModel.getSource(), all, faults, formulas, words: drawn.textContent,
      proofs: titles(".myst-proof-title"), exercises: titles(".myst-exercise-title"),
      notes: titles(".myst-admonition-header-text"),
    };
  })"""
CLOSE = """async () => {
  await window.panel.sessionContext.shutdown();
  window.panel.context.model.dirty = false;
  window.panel.dispose();
}"""
DRAWN = "() => window.panel.content.widgets.every((c) => c.model.type !== 'markdown' || c.rendered)"
PICTURE = """([handle, before]) => {
  const picture = handle.closest(".widget-vbox").querySelector("img[alt]");
  const now = [picture.src, picture.alt];
  return before ? now.every((value, i) => value !== before[i]) : now;
}"""

pytestmark = [
    pytest.mark.skipif(
        importlib.util.find_spec("jupyterlab") is None, reason="JupyterLab is not installed"
    ),
    pytest.mark.skipif(browser_path() is None, reason="no Chromium on this machine"),
]


# -- JupyterLab ------------------------------------------------------------------------------------


def _without_outputs(path: Path) -> str:
    notebook = json.loads(path.read_text(encoding="utf-8"))
    for cell in notebook["cells"]:
        if cell["cell_type"] == "code":
            cell["outputs"], cell["execution_count"] = [], None
    return json.dumps(notebook)


def _furnish(folder: Path) -> None:
    """Copies of the notebooks as readers open them, with nothing run yet, and the settings."""
    for page in PAGES:
        (folder / page).parent.mkdir(parents=True, exist_ok=True)
        (folder / page).write_text(_without_outputs(contents.ROOT / page), encoding="utf-8")
    for name, settings in SETTINGS.items():
        path = folder / f"settings/@jupyterlab/{name}.jupyterlab-settings"
        path.parent.mkdir(parents=True)
        path.write_text(json.dumps(settings))


@pytest.fixture(scope="module")
def lab(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The address of a JupyterLab in a folder with copies of the pages."""
    folder = tmp_path_factory.mktemp("lab")
    _furnish(folder)
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    live = {name: value for name, value in os.environ.items() if name != "BOOK_STATIC"}
    live |= {
        "PYTHONPATH": str(contents.ROOT),
        "JUPYTER_CONFIG_DIR": str(folder / "config"),
        "JUPYTERLAB_SETTINGS_DIR": str(folder / "settings"),
        "JUPYTERLAB_WORKSPACES_DIR": str(folder / "workspaces"),
    }
    command = [shutil.which("nice") or "", sys.executable, "-m", "jupyterlab", "--no-browser"]
    options = [
        "--allow-root",
        f"--port={port}",
        "--IdentityProvider.token=",
        "--expose-app-in-browser",
    ]
    server = subprocess.Popen(
        [*filter(None, command), *options],
        cwd=folder,
        env=live,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    address = f"http://127.0.0.1:{port}/"
    try:
        _wait_until_up(address, server)
        yield address
    finally:
        server.terminate()
        server.wait(timeout=30)


def _wait_until_up(address: str, server: subprocess.Popen[bytes]) -> None:
    end = time.monotonic() + PATIENCE
    while time.monotonic() < end:
        assert server.poll() is None, "JupyterLab ended by itself"
        try:
            urllib.request.urlopen(address + "api", timeout=5).close()
            return
        except (urllib.error.URLError, OSError):
            time.sleep(1)
    pytest.fail("JupyterLab did not start")


@pytest.fixture(scope="module")
def desk(lab: str) -> Iterator[Any]:
    """A tab of the browser in which JupyterLab is open."""
    with opened_browser() as browser:
        tab = browser.new_page(viewport={"width": 1280, "height": 1000})
        tab.set_default_timeout(PATIENCE * 1000)
        tab.goto(lab + "lab")
        tab.wait_for_function("window.jupyterapp?.restored.then(() => true)")
        yield tab


@dataclass(frozen=True)
class Opened:
    """A notebook that JupyterLab has opened and run, in a tab that still shows it."""

    tab: Any
    ran: bool


@pytest.fixture(scope="module", params=PAGES)
def opened(desk: Any, request: pytest.FixtureRequest) -> Iterator[Opened]:
    yield Opened(desk, desk.evaluate(RUN_ALL, [request.param, PATIENCE]))
    desk.evaluate(CLOSE)


# -- What readers meet there -----------------------------------------------------------------------


def test_every_cell_runs(opened: Opened) -> None:
    cells = opened.tab.evaluate(CODE_CELLS)
    for source, count, outputs in cells:
        for output in outputs:
            if output["output_type"] == "error":
                pytest.fail(f"{output['ename']}: {output['evalue']}, in the cell\n{source}")
            assert output.get("name") != "stderr", f"{output['text']} in the cell\n{source}"
        assert count or not source.strip(), f"not run:\n{source}"
    assert opened.ran
    assert len(cells) > 20


def test_every_slider_is_live(opened: Opened) -> None:
    """An arrow key on each of them gives another picture and other words for it."""
    if not any("explore(" in source for source, _, _ in opened.tab.evaluate(CODE_CELLS)):
        pytest.skip("the page goes on from one with a slider")
    handles = opened.tab.locator(".jupyter-widgets .noUi-handle")
    handles.first.wait_for(state="attached")
    for handle in handles.all():
        handle.scroll_into_view_if_needed()
        before = handle.evaluate("(handle) => (" + PICTURE + ")([handle, null])")
        at_end = handle.get_attribute("aria-valuenow") == handle.get_attribute("aria-valuemax")
        handle.press("ArrowLeft" if at_end else "ArrowRight")
        opened.tab.wait_for_function(PICTURE, arg=[handle.element_handle(), before])


def test_text_is_drawn_and_not_spelt(opened: Opened) -> None:
    """No fence, brace or dollar of the source is left; every box has its heading."""
    opened.tab.wait_for_function(DRAWN)
    for cell in opened.tab.evaluate(TEXT_CELLS):
        source = cell["source"]
        directives = re.findall(r"^[ \t]*(?:`{3,}|:{3,})\{([\w:-]+)\}", source, re.M)
        assert cell["all"].strip() or set(directives) == {"solution-end"}, f"empty:\n{source}"
        assert not re.search(r"```|:::|\$|\{[\w:]+\}", cell["words"]), cell["words"]
        assert not cell["faults"], f"a formula that cannot be drawn:\n{source}"
        unknown = {t.split()[0] for t in cell["exercises"] if "Unknown Directive" in t}
        assert unknown <= OF_THE_SITE, source
        asked = [d for d in directives if d in ("exercise", "solution", "solution-start")]
        assert len(cell["exercises"]) - len(unknown) == len(asked), source
        assert len(cell["proofs"]) == sum(d.startswith("prf:") for d in directives), source
        assert len(cell["notes"]) == directives.count("admonition"), source
        assert cell["formulas"] >= directives.count("math") + directives.count("list-table")
