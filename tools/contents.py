"""What the book holds, read from _toc.yml: its pages in order, and which of them are notebooks."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import yaml

ROOT = Path(__file__).resolve().parent.parent
SUFFIXES = (".ipynb", ".md", ".rst")


def _names(entry: Any) -> Iterator[str]:
    """Every page name below an entry of the table of contents, in reading order."""
    if isinstance(entry, list):
        for item in entry:
            yield from _names(item)
    elif isinstance(entry, dict):
        for key in ("root", "file"):
            if key in entry:
                yield str(entry[key])
        for key in ("parts", "chapters", "sections", "entries", "subtrees"):
            yield from _names(entry.get(key, []))


def pages(root: Path = ROOT) -> tuple[Path, ...]:
    """The pages of the book, in order; a name in _toc.yml that has no file is a ValueError."""
    found = []
    for name in _names(yaml.safe_load((root / "_toc.yml").read_text(encoding="utf-8"))):
        candidates = [root / name, *(root / f"{name}{suffix}" for suffix in SUFFIXES)]
        page = next((path for path in candidates if path.is_file()), None)
        if page is None:
            raise ValueError(f"_toc.yml names {name!r}, and there is no such page")
        found.append(page)
    return tuple(found)


def notebooks(root: Path = ROOT) -> tuple[Path, ...]:
    """The pages that are notebooks."""
    return tuple(page for page in pages(root) if page.suffix == ".ipynb")


def numbered(root: Path = ROOT) -> tuple[Path, ...]:
    """The chapters: the pages of the numbered parts."""
    parts = yaml.safe_load((root / "_toc.yml").read_text(encoding="utf-8"))["parts"]
    names = {name for part in parts if part.get("numbered") for name in _names(part)}
    return tuple(p for p in pages(root) if str(p.relative_to(root).with_suffix("")) in names)
