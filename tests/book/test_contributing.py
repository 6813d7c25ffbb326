"""The Python blocks of README.md and CONTRIBUTING.md run as they stand, in order."""

from __future__ import annotations

import re
from typing import Any

import pytest

from tools import contents


@pytest.mark.parametrize("name", ["README.md", "CONTRIBUTING.md"])
def test_the_code_blocks_run(name: str) -> None:
    text = (contents.ROOT / name).read_text(encoding="utf-8")
    blocks = list(re.finditer(r"^```python\n(.*?)^```$", text, flags=re.M | re.S))
    assert blocks
    namespace: dict[str, Any] = {"__name__": "blocks"}
    for block in blocks:
        # Empty lines before the block, so that a traceback names the line of the page.
        before = "\n" * (text[: block.start(1)].count("\n"))
        exec(compile(before + block[1], name, "exec"), namespace)


@pytest.mark.parametrize("name", ["README.md", "CONTRIBUTING.md"])
def test_the_files_it_names_exist(name: str) -> None:
    text = (contents.ROOT / name).read_text(encoding="utf-8")
    named = set(re.findall(r"`([\w./-]+\.(?:md|ipynb|py|yml|toml|cff|lock))`", text))
    named |= set(re.findall(r"\]\(([\w./-]+)\)", text))
    missing = sorted(one for one in named if not (contents.ROOT / one).exists())
    assert not missing
