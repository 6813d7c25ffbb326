"""Right answers, wrong turns and hints of the exercises, one module a chapter."""

from __future__ import annotations

from typing import Any


def all_given(values: Any) -> Any:
    """Return the values, or None while the reader has left one of them out."""
    return None if any(value is Ellipsis or value is None for value in values) else values
