"""Write the three lock files from pyproject.toml: `make lock`.

requirements-all.lock holds every extra, for Python 3.11 to 3.13 on every system; requirements.lock
is the part of it that `make book` and `make test` install, requirements-binder.lock the part that
runs the chapters in JupyterLab. Versions stay unless --upgrade is given.
"""

from __future__ import annotations

import subprocess
import sys
import tempfile
import tomllib
from pathlib import Path

from tools import command

ROOT = Path(__file__).resolve().parent.parent
WHOLE, INSTALLED = ROOT / "requirements-all.lock", ROOT / "requirements.lock"
BINDER = ROOT / "requirements-binder.lock"
EXTRAS = ("book", "test", "dev")  # what INSTALLED holds beside the project's own dependencies
READERS = ("binder",)  # and BINDER


def resolve(extras: tuple[str, ...], prefer: Path, *options: str) -> str:
    """What uv makes of the project with these extras, once for every Python and system.

    It keeps the versions that it finds in its output file, so they are put there first.
    """
    with tempfile.TemporaryDirectory() as folder:
        output = Path(folder) / "lock"
        output.write_text(prefer.read_text(encoding="utf-8"), encoding="utf-8")
        subprocess.run(
            [sys.executable, "-m", "uv", "pip", "compile", "pyproject.toml"]
            + ["--output-file", str(output), "--custom-compile-command", "make lock", "--quiet"]
            + ["--universal", "--python-version", "3.11", "--fork-strategy", "fewest"]
            + [word for extra in extras for word in ("--extra", extra)]
            + list(options),
            cwd=ROOT,
            check=True,
        )
        return output.read_text(encoding="utf-8")


def store(path: Path, text: str) -> None:
    """Write a lock that changed; one that did not keeps its date, so nothing is installed again."""
    changed = not path.exists() or path.read_text(encoding="utf-8") != text
    if changed:
        path.write_text(text, encoding="utf-8")
    verdict = "changed" if changed else "same"
    packages = sum("==" in line.partition(";")[0] for line in text.splitlines())
    print(f"{path.name}: {packages} packages, {verdict}")


def main() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    store(WHOLE, resolve(tuple(project["optional-dependencies"]), WHOLE, *sys.argv[1:]))
    store(INSTALLED, resolve(EXTRAS, WHOLE))
    store(BINDER, resolve(READERS, WHOLE))


if __name__ == "__main__":
    command.run(main)
