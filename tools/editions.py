"""What the editions of the book share: a copy of its sources, a site and a wheel made of them."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import yaml

from tools.solutions import Notebook

ROOT = Path(__file__).resolve().parent.parent
BUILD = ROOT / "_build"
FOLDERS = ("book", "helpers")
FILES = (
    "CITATION.cff",
    "LICENSE",
    "LICENSE-TEXT",
    "README.md",
    "_config.yml",
    "_toc.yml",
    "pyproject.toml",
    "requirements.lock",
)
# What a lecturer has, and an edition takes in only by a page of its own.
LECTURER = ("guide", "questions", "decks")
LEFT_OUT = shutil.ignore_patterns("__pycache__", ".ipynb_checkpoints", ".*_cache", "*.egg-info")
WHEEL = "import sys; from setuptools.build_meta import build_wheel; build_wheel(sys.argv[1])"
SITE = ("-m", "tools.jupyter_book", "build", ".", "-W", "-n", "--keep-going", "-q")


def copy(tree: Path, root: Path = ROOT) -> None:
    """Copy what the book is made of into an empty folder, without what is for the lecturer."""
    shutil.rmtree(tree, ignore_errors=True)
    for name in FOLDERS:
        shutil.copytree(root / name, tree / name, ignore=LEFT_OUT)
    for name in LECTURER:
        shutil.rmtree(tree / "book" / name, ignore_errors=True)
    for name in FILES:
        shutil.copyfile(root / name, tree / name)


def change_notebooks(tree: Path, change: Callable[[Notebook], Notebook]) -> None:
    """Write every notebook of an edition anew."""
    for path in sorted((tree / "book").rglob("*.ipynb")):
        notebook = change(json.loads(path.read_text(encoding="utf-8")))
        path.write_text(json.dumps(notebook, indent=1, ensure_ascii=False) + "\n", encoding="utf-8")


def add_pages(tree: Path, caption: str, names: list[str]) -> None:
    """Name pages of an edition in its table of contents, as a last part."""
    path = tree / "_toc.yml"
    told = yaml.safe_load(path.read_text(encoding="utf-8"))
    told["parts"].append({"caption": caption, "chapters": [{"file": name} for name in names]})
    path.write_text(yaml.safe_dump(told, sort_keys=False, allow_unicode=True), encoding="utf-8")


def _run(tree: Path, *command: str) -> int:
    """Run Python in an edition's folder, so that `helpers` is the edition's and `tools` ours."""
    paths = os.pathsep.join(map(str, (tree, ROOT)))
    environment = os.environ | {"PYTHONPATH": paths}
    environment.pop("PYTHONDONTWRITEBYTECODE", None)  # setuptools would speak of it
    run = subprocess.run(
        [sys.executable, *command],
        cwd=tree,
        env=environment,
        stdout=subprocess.DEVNULL,
        check=False,
    )
    return run.returncode


def build_site(tree: Path) -> Path:
    """Build the site of an edition, warnings as errors; return its folder."""
    shutil.rmtree(tree / "_build", ignore_errors=True)
    if _run(tree, *SITE):
        raise SystemExit(f"The site in {tree} is not made: mend what is named above.")
    for left in (tree / "_build" / ".doctrees", tree / "_build" / "jupyter_execute"):
        shutil.rmtree(left, ignore_errors=True)
    for left in [*tree.glob("helpers/**/__pycache__"), *tree.glob("book/**/__pycache__")]:
        shutil.rmtree(left)
    return tree / "_build" / "html"


def build_wheel(tree: Path) -> Path:
    """Build the wheel of an edition; return its file."""
    target = tree / "_build" / "wheel"
    shutil.rmtree(target, ignore_errors=True)
    target.mkdir(parents=True)
    if _run(tree, "-c", WHEEL, str(target)):
        raise SystemExit(f"The wheel in {tree} is not made: mend what is named above.")
    for left in (tree / "build", *tree.glob("*.egg-info")):
        shutil.rmtree(left)
    return next(target.glob("*.whl"))
