"""Tables of texts."""

from __future__ import annotations

import pytest

from helpers.book.tables import Table
from tests.helpers.refusals import refuses

ONE = Table(["task", "share"], [["AND", "1 of 2<br>2 of 2"]])


def test_a_table_is_markdown_and_plain_text() -> None:
    assert ONE._repr_markdown_() == ("| task | share |\n| --- | --- |\n| AND | 1 of 2<br>2 of 2 |")
    assert str(ONE) == repr(ONE) == "task  share\nAND   1 of 2; 2 of 2"


@pytest.mark.parametrize("bad", [["AND"], ["AND", "a|b"], ["AND", "a\nb"]])
def test_what_would_break_a_table_is_refused(bad: list[str]) -> None:
    remedy = "head 2" if len(bad) == 1 else "<br>"
    refuses(lambda: Table(["task", "share"], [bad]), bad[-1].replace("\n", "\\n"), remedy)
