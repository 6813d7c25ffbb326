"""Report what Lighthouse says of the built site, medians of three: `make lighthouse`.

Reported, not gated: its numbers move from run to run. It is an npm package, so it needs Node.js;
npx fetches it. Desktop, and a mobile phone on slow 4G, as Lighthouse simulates it.

    python -m tools.lighthouse [PAGE ...]      default: one page of each kind
"""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from statistics import median

from tools import command
from tools.site_check import BROWSER_OPTIONS, browser_path, served

LIGHTHOUSE = "lighthouse@12"
RUNS = 3
PAGES = (
    "book/intro.html",
    "book/reading.html",
    "book/procedures/rescaling.html",
    "book/sequencing/linearisation_discretisation.html",
    "book/trained/frequencies.html",
)
CATEGORIES = {
    "performance": "speed",
    "accessibility": "access",
    "best-practices": "practice",
    "seo": "search",
}


def scores(npx: str, address: str, form: str) -> dict[str, float]:
    """One run on one page: a score from 0 to 100 for each category."""
    options = [
        "--output=json",
        "--quiet",
        f"--only-categories={','.join(CATEGORIES)}",
        f"--chrome-flags=--headless=new {' '.join(BROWSER_OPTIONS)}",
        *(["--preset=desktop"] if form == "desktop" else []),
    ]
    done = subprocess.run(
        [npx, "--yes", LIGHTHOUSE, address, *options],
        env=os.environ | {"CHROME_PATH": browser_path() or ""},
        capture_output=True,
        text=True,
        check=False,
    )
    if done.returncode:
        sys.exit(f"Lighthouse failed on {address}:\n{done.stderr[-1000:]}")
    found = json.loads(done.stdout)["categories"]
    return {name: 100 * (found[name]["score"] or 0) for name in CATEGORIES}


def main(pages: list[str]) -> int:
    npx, browser = shutil.which("npx"), browser_path()
    if npx is None or browser is None:
        print(f"Lighthouse needs {'Node.js (npx)' if npx is None else 'Chromium'}; install it.")
        return 1
    print(f"{'page':52} {'form':8}", *(f"{word:>8}" for word in CATEGORIES.values()))
    with served() as base:
        for page in pages:
            for form in ("desktop", "mobile"):
                runs = [scores(npx, base + page, form) for _ in range(RUNS)]
                told = (f"{median(run[name] for run in runs):8.0f}" for name in CATEGORIES)
                print(f"{page:52} {form:8}", *told, flush=True)
    return 0


if __name__ == "__main__":
    command.run(lambda: main(sys.argv[1:] or list(PAGES)))
