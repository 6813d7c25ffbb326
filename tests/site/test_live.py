"""A chapter in a real JupyterLab, in the browser: its sliders are live.

Skips where JupyterLab (`make lab` installs it) or a browser is missing.
"""

from __future__ import annotations

import importlib.util
import json
import os
import shutil
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from pathlib import Path

import pytest

from tools.site_check import browser_path, opened_browser

ROOT = Path(__file__).resolve().parents[2]
CHAPTER = ROOT / "book/procedures/rescaling.ipynb"
PATIENCE = 120  # seconds, for a slow machine

KERNEL_CONNECTED = """() => {
  const session = window.jupyterapp.shell.currentWidget?.sessionContext?.session;
  return session?.kernel?.connectionStatus === "connected" && session.kernel.status === "idle";
}"""

pytestmark = [
    pytest.mark.skipif(
        importlib.util.find_spec("jupyterlab") is None, reason="JupyterLab is not installed"
    ),
    pytest.mark.skipif(browser_path() is None, reason="no Chromium on this machine"),
]


@pytest.fixture
def lab(tmp_path: Path) -> Iterator[str]:
    """The address of a JupyterLab with a copy of one chapter, its stored outputs taken out."""
    notebook = json.loads(CHAPTER.read_text(encoding="utf-8"))
    for cell in notebook["cells"]:
        if cell["cell_type"] == "code":
            cell["outputs"], cell["execution_count"] = [], None
    (tmp_path / "chapter.ipynb").write_text(json.dumps(notebook), encoding="utf-8")
    settings = tmp_path / "settings/@jupyterlab/notebook-extension/tracker.jupyterlab-settings"
    settings.parent.mkdir(parents=True)
    settings.write_text('{"windowingMode": "none"}')  # otherwise cells out of sight are not there
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    live = {name: value for name, value in os.environ.items() if name != "BOOK_STATIC"}
    live |= {
        "PYTHONPATH": str(ROOT),
        "JUPYTER_CONFIG_DIR": str(tmp_path / "config"),
        "JUPYTERLAB_SETTINGS_DIR": str(tmp_path / "settings"),
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
        cwd=tmp_path,
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


def test_sliders_are_live_in_jupyterlab(lab: str) -> None:
    with opened_browser() as browser:
        tab = browser.new_page(viewport={"width": 1280, "height": 1000})
        tab.set_default_timeout(PATIENCE * 1000)
        tab.goto(lab + "lab/tree/chapter.ipynb")
        tab.wait_for_selector(".jp-Notebook .jp-Cell")
        tab.wait_for_function(KERNEL_CONNECTED)
        tab.evaluate("void window.jupyterapp.commands.execute('notebook:run-all-cells')")
        picture = tab.locator(".jupyter-widgets img[alt]").first
        picture.wait_for(state="attached")
        picture.scroll_into_view_if_needed()
        before = picture.get_attribute("alt")
        handle = tab.locator(".jupyter-widgets .noUi-handle").first
        handle.focus()
        handle.press("ArrowRight")
        tab.wait_for_function(
            "before => document.querySelector('.jupyter-widgets img[alt]').alt !== before",
            arg=before,
        )
