"""A wrong use is refused in words that name the value and the remedy."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest


def refuses(call: Callable[[], Any], value: str, remedy: str) -> None:
    """Assert that a call is a ValueError whose message holds both."""
    with pytest.raises(ValueError) as told:
        call()
    assert value in str(told.value) and remedy in str(told.value)
