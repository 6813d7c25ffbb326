"""The book has one version, wherever it is said."""

from __future__ import annotations

import json
import re
import tomllib
from pathlib import Path


def test_one_version(root: Path) -> None:
    said = {
        "pyproject.toml": tomllib.loads((root / "pyproject.toml").read_text())["project"][
            "version"
        ],
        ".zenodo.json": json.loads((root / ".zenodo.json").read_text())["version"],
    }
    for file, pattern in {
        "CITATION.cff": r"^version: (\S+)$",
        "CHANGELOG.md": r"^## (\S+), \d{4}-\d\d-\d\d$",
        "_config.yml": r"Version (\d+\.\d+\.\d+)\.$",
    }.items():
        found = re.search(pattern, (root / file).read_text(encoding="utf-8"), re.M)
        assert found, f"{file} says no version"
        said[file] = found.group(1)
    assert len(set(said.values())) == 1, said


def test_the_date_of_the_release_is_that_of_the_changes(root: Path) -> None:
    cited = re.search(r"^date-released: (\S+)$", (root / "CITATION.cff").read_text(), re.M)
    newest = re.search(r"^## \S+, (\S+)$", (root / "CHANGELOG.md").read_text(), re.M)
    assert cited and newest and cited.group(1) == newest.group(1)


def test_workflows_pin_their_actions_and_give_no_secret(root: Path) -> None:
    files = sorted((root / ".github/workflows").glob("*.yml"))
    assert files
    for file in files:
        text = file.read_text(encoding="utf-8")
        used = re.findall(r"uses: (\S+)", text)
        assert all(re.fullmatch(r"[\w./-]+@[0-9a-f]{40}", action) for action in used), file.name
        assert "secrets." not in text, file.name
        assert re.search(r"^permissions:\n  contents: read$", text, re.M), file.name
