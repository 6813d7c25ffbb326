"""The rows of the ledger page are the claims that the notebooks store."""

from __future__ import annotations

import re

import pytest
from docutils.nodes import make_id

from helpers.book.claims import read_claims
from tools import contents
from tools.pages import read_page

LEDGER = contents.ROOT / "_build" / "html" / "book" / "back" / "ledger.html"
CHECK = re.compile(r"\bcheck\(\s*[\"']([^\"']+)[\"']")
BUILT = contents.ROOT / "_build" / ".built"


def test_rows_equal_the_registered_claims() -> None:
    newest = max(path.stat().st_mtime for path in contents.pages())
    if not LEDGER.is_file() or not BUILT.is_file() or BUILT.stat().st_mtime < newest:
        pytest.skip("the site is not built, or older than the book; make book")
    rows = re.findall(r'id="ledger-(claim-[^"]+)"', LEDGER.read_text(encoding="utf-8"))
    claims = [claim.id for path in contents.notebooks() for claim in read_claims(path)]
    assert rows == [make_id(f"claim-{claim}") for claim in claims]


def test_every_check_left_its_line() -> None:
    for path in contents.notebooks():
        called = {name for cell in read_page(path).code for name in CHECK.findall(cell.source)}
        stored = {claim.id for claim in read_claims(path)}
        assert called <= stored, f"{path.name}: {sorted(called - stored)}; run make notebooks"
