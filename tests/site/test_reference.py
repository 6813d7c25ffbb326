"""The page of helpers: docstrings that are written for a terminal, as the site reads them."""

from __future__ import annotations

import sys

import pytest

from tools import contents

sys.path.insert(0, str(contents.ROOT / "book/_ext"))

import reference

FORMULA = r".. math:: \sup_k \|A^k\| \ge \max_z |z| - 1"


def as_rst(*lines: str) -> list[str]:
    said = list(lines)
    reference._as_rst(None, "function", "helpers.f", None, None, said)
    return said


@pytest.mark.parametrize(
    ("terminal", "site"),
    [
        ("Return |h|, see `gap`.", r"Return \|h\|, see ``gap``."),
        ("As :func:`gap` of |h|.", r"As :func:`gap` of \|h\|."),
        ("For :math:`|z| < 1`, ``a | b``.", "For :math:`|z| < 1`, ``a | b``."),
    ],
)
def test_bars_are_moduli_and_backticks_are_code(terminal: str, site: str) -> None:
    assert as_rst(terminal) == [site]


def test_a_displayed_formula_is_left_as_it_is() -> None:
    """Escaped there, a modulus would print as a norm, and a norm as a modulus after a new line."""
    block = [FORMULA, r"   = |w|", "", r"   \qquad `|v|`"]
    assert as_rst(*block) == block
    assert as_rst("    " + FORMULA, "    and |z|") == ["    " + FORMULA, r"    and \|z\|"]
    assert as_rst(FORMULA, "", "|z|") == [FORMULA, "", r"\|z\|"]
