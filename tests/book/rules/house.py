"""The house: rooms of helpers that stand on each other, and nothing public that is unused."""

from __future__ import annotations

import ast
import re
from pathlib import Path

from tests.book.rules.faults import Allowed, Faults
from tools.pages import Page

# A room uses those above it in this list, and its own modules.


ROOMS: dict[str, tuple[str, ...]] = {
    "dynamics": (),
    "analysis": ("dynamics",),
    "training": ("dynamics",),
    "networks": ("dynamics", "analysis", "training"),
    "book": ("dynamics", "analysis", "training", "networks"),
}


def imports_go_down(package: Path, rooms: dict[str, tuple[str, ...]] = ROOMS) -> Faults:
    """A module of helpers imports only from its own room or from one that this room stands on."""
    faults = []
    for path in sorted(package.rglob("*.py")):
        room, *inside = path.relative_to(package).parts
        if not inside:
            # The commands of `python -m helpers` stand above all rooms, as the package itself does.
            if room not in ("__init__.py", "__main__.py"):
                faults.append(f"{package.name}/{room} stands in no room; move it into one")
            continue
        if room not in rooms:
            faults.append(f"{package.name}/{room} is a new room; give it a place in ROOMS")
            continue
        for other in sorted(_rooms_imported(path, package.name) - {room, *rooms[room]}):
            faults.append(f"{path.relative_to(package.parent)} imports {other}, above its room")
    return faults


def _rooms_imported(path: Path, package: str) -> set[str]:
    """The rooms that a file imports from, wherever in it; the whole house counts as one."""
    names = set()
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.ImportFrom) and node.module == package:
            names.add(package)
        elif isinstance(node, ast.ImportFrom) and (node.module or "").startswith(f"{package}."):
            names.add((node.module or "").split(".")[1])
        elif isinstance(node, ast.Import):
            names |= {a.name.split(".")[1] for a in node.names if a.name.startswith(f"{package}.")}
    return names


def public_names_are_used(book: list[Page], names: list[str], allowed: Allowed) -> Faults:
    """Everything public is used by a chapter."""
    code = "\n".join(cell.source for page in book for cell in page.code)
    used = {name for name in names if re.search(rf"\b{name}\b", code)}
    kept = set(allowed.get("unused_name", {}))
    faults = [f"helpers.{name} is used by no chapter; use it, or make it private"
              for name in names if name not in used | kept]  # fmt: skip
    return faults + [
        f"allowed.toml lets helpers.{name} be unused, and it is used or gone"
        for name in sorted(kept & used | kept - set(names))
    ]
