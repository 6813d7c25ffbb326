"""The mark of tests that try many changed files: `-m "not fuzz"` leaves them out."""

from __future__ import annotations

import pytest


def pytest_configure(config: pytest.Config) -> None:
    config.addinivalue_line("markers", "fuzz: many files with bytes changed, about a minute in all")
