"""Build the site, warnings as errors, doing no more than what changed asks for: `make book`.

Sphinx sees by itself that a page or a template changed. What it does not see is handled here:

- a style sheet or script (book/_static): every page is written again, none is read again, so that
  the address of the changed file, which carries its checksum, is new on every page;
- our extensions, the configuration, the table of contents: everything from nothing;
- what a page is made of beside its own text (the reference: helpers);
- a build that warned: its warnings would not be repeated, so the next build starts from nothing.
"""

from __future__ import annotations

import hashlib
import json
import os
import re
import shutil
import subprocess
import sys
import time
from collections.abc import Iterable
from pathlib import Path

from tools import command

ROOT = Path(__file__).resolve().parent.parent
BUILD = ROOT / "_build"
MADE_OF = BUILD / ".made-of.json"
STAMP = BUILD / ".built"
EVERYTHING = ("_config.yml", "_toc.yml", "book/_ext/", "requirements.lock", "tools/build.py")
# What the build makes; _build/training is not among it: hours of work of `make train`.
MADE = ("html", ".doctrees", "jupyter_execute")
STATIC = "book/_static/"
GATHERED = {  # a page, and the beginnings and ends of the paths it is gathered from
    "book/back/helpers/dynamics": ("helpers/dynamics/", ".py"),
    "book/back/helpers/analysis": ("helpers/analysis/", ".py"),
    "book/back/helpers/training": ("helpers/training/", ".py"),
    "book/back/helpers/networks": ("helpers/networks/", ".py"),
    "book/back/helpers/book": ("helpers/book/", ".py"),
    "book/bench": ("helpers/", ".py"),
}


def inputs() -> dict[str, str]:
    """Every file that the site is made of, with its checksum."""
    files = [ROOT / name for name in EVERYTHING]
    for folder in ("book", "helpers"):
        files += sorted((ROOT / folder).rglob("*"))
    return {
        path.relative_to(ROOT).as_posix(): hashlib.sha1(path.read_bytes()).hexdigest()
        for path in files
        if path.is_file() and not {"__pycache__", ".ipynb_checkpoints"} & set(path.parts)
    }


def changed(now: dict[str, str], before: dict[str, str]) -> set[str]:
    return {name for name in now.keys() | before.keys() if now.get(name) != before.get(name)}


def touches(names: Iterable[str], beginnings: tuple[str, ...]) -> bool:
    return any(name.startswith(beginnings) for name in names)


def copy_static(names: Iterable[str]) -> None:
    """Put changed files where Sphinx takes their checksums from, which it does before it copies."""
    for name in names:
        copy = BUILD / "html" / "_static" / name.removeprefix(STATIC)
        copy.unlink(missing_ok=True)
        if (ROOT / name).is_file():
            copy.parent.mkdir(parents=True, exist_ok=True)
            shutil.copyfile(ROOT / name, copy)


def prepare(now: dict[str, str], names: set[str]) -> None:
    """Remove of the last build what it would be wrong to keep."""
    no_last_build = not MADE_OF.is_file()
    page_gone = any(name.endswith((".md", ".ipynb")) for name in names - now.keys())
    if no_last_build or page_gone or touches(names, EVERYTHING):
        for name in MADE:
            shutil.rmtree(BUILD / name, ignore_errors=True)
        return
    if touches(names, (STATIC,)):
        copy_static(name for name in names if name.startswith(STATIC))
        info = BUILD / "html" / ".buildinfo"
        info.write_text(re.sub("config: .*", "config: changed", info.read_text()))
    for page, (beginning, end) in GATHERED.items():
        if any(name.startswith(beginning) and name.endswith(end) for name in names):
            (BUILD / ".doctrees" / f"{page}.doctree").unlink(missing_ok=True)


def build() -> int:
    program = [sys.executable, "-m", "tools.jupyter_book"]
    options = ["build", ".", "-W", "-n", "--keep-going", "-q"]
    # Warnings and errors come on stderr; what Sphinx says of its progress is not for readers.
    run = subprocess.run(program + options, cwd=ROOT, stdout=subprocess.DEVNULL, check=False)
    return run.returncode


def main() -> int:
    start = time.time()
    now = inputs()
    before = json.loads(MADE_OF.read_text()) if MADE_OF.is_file() else {}
    names = changed(now, before)
    if names or not (BUILD / "html" / "index.html").is_file():
        print("Building the site ...", flush=True)
        prepare(now, names)
        MADE_OF.unlink(missing_ok=True)
        if build():
            print("The site is not made. Mend what is named above and run make book again.")
            return 1
        MADE_OF.write_text(json.dumps(now, indent=0))
    STAMP.touch()
    os.utime(STAMP, (start, start))  # a file that was saved meanwhile is newer, and not forgotten
    return 0


if __name__ == "__main__":
    command.run(main)
