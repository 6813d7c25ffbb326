"""What the tests of the built site share; each file has its own `address`."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from tools.site_check import opened_browser


@pytest.fixture(scope="module")
def browser(address: str) -> Iterator[Any]:
    """One browser for a file of tests, opened once the site is served."""
    with opened_browser() as browser:
        yield browser
