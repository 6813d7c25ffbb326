"""The site as one zip that is unpacked and opened from a folder, without a server: `make offline`.

Sphinx's own leftovers stay out. Files keep one date, so that the same site gives the same zip.
"""

from __future__ import annotations

import tomllib
import zipfile
from pathlib import Path

from tools import command

ROOT = Path(__file__).resolve().parent.parent
SITE = ROOT / "_build" / "html"
LEFT_OUT = {".buildinfo", "objects.inv"}
MOST = 15_000_000  # bytes: what a course page still takes
DATE = (1980, 1, 1, 0, 0, 0)  # the earliest that a zip can hold


def name() -> str:
    """The zip's name, which is also that of the folder in it: the project and its version."""
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    return f"{project['name']}-{project['version']}"


def pack(site: Path, target: Path) -> int:
    """Write the zip, whole or not at all; its size in bytes."""
    unfinished = target.with_suffix(".part")
    with zipfile.ZipFile(unfinished, "w", zipfile.ZIP_DEFLATED, compresslevel=9) as made:
        for path in sorted(site.rglob("*")):
            if path.is_file() and path.name not in LEFT_OUT:
                inside = f"{target.stem}/{path.relative_to(site).as_posix()}"
                entry = zipfile.ZipInfo(inside, DATE)
                entry.compress_type = zipfile.ZIP_DEFLATED
                made.writestr(entry, path.read_bytes())
    unfinished.replace(target)
    return target.stat().st_size


def main() -> int:
    target = ROOT / "_build" / f"{name()}.zip"
    size = pack(SITE, target)
    print(f"{target.relative_to(ROOT)}: {size / 1e6:.1f} MB. Unpack it and open index.html.")
    if size > MOST:
        print(f"That is more than {MOST / 1e6:.0f} MB, which is as much as it may have.")
    return int(size > MOST)


if __name__ == "__main__":
    command.run(main)
