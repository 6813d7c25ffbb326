"""The settings that tests and chapters run under, and what a failing chapter says."""

from __future__ import annotations

import os
from collections import defaultdict
from pathlib import Path
from typing import Any

import hypothesis
import pytest

from tools.kernel import apply_settings

apply_settings()  # before anything imports NumPy

from tools import contents, failures

# The same examples every time and everywhere; `HYPOTHESIS_PROFILE=search` looks for new ones.
hypothesis.settings.register_profile("book", derandomize=True, deadline=None, database=None)
hypothesis.settings.register_profile("search", deadline=None, max_examples=1000)
hypothesis.settings.load_profile(os.environ.get("HYPOTHESIS_PROFILE", "book"))

ROOT = Path(__file__).resolve().parent
SLOWEST = 8
CHAPTERS = pytest.StashKey[tuple[Path, ...]]()
collect_ignore = ["book/_ext"]  # Sphinx imports these, under names of its own


def pytest_configure(config: pytest.Config) -> None:
    """Read the table of contents once; what is wrong with it is said before anything runs."""
    try:
        config.stash[CHAPTERS] = contents.notebooks(ROOT)
    except (OSError, ValueError) as error:
        raise pytest.UsageError(str(error)) from None


def pytest_ignore_collect(collection_path: Path, config: pytest.Config) -> bool | None:
    """Of the notebooks, run those that the table of contents names."""
    if collection_path.suffix == ".ipynb" and ROOT in collection_path.parents:
        return collection_path not in config.stash[CHAPTERS] or None
    return None


def pytest_terminal_summary(terminalreporter: Any) -> None:
    """Name the slowest notebooks and, for a failed cell, its chapter, its place and its claims."""
    seconds: dict[str, float] = defaultdict(float)
    failed = []
    for reports in terminalreporter.stats.values():
        for report in reports:
            path, _, cell = getattr(report, "nodeid", "").partition("::Cell ")
            if path.endswith(".ipynb") and hasattr(report, "duration"):
                seconds[path] += report.duration
                if report.failed and cell:
                    failed.append((path, int(cell)))
    if seconds:
        terminalreporter.section("slowest notebooks")
        for path in sorted(seconds, key=seconds.__getitem__, reverse=True)[:SLOWEST]:
            terminalreporter.write_line(f"{seconds[path]:7.1f} s  {path}")
    if failed:
        terminalreporter.section("where the chapters failed")
        for path, cell in failed:
            terminalreporter.write_line(failures.place(ROOT / path, cell))
        terminalreporter.write_line(
            "If the new outputs are the right ones, store them: make notebooks"
        )


@pytest.fixture(scope="session")
def root() -> Path:
    return ROOT
