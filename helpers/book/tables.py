"""A table of texts that reads well in JupyterLab, on the site and in a terminal."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

__all__ = ["Table"]


@dataclass(frozen=True)
class Table:
    """A head and rows of texts; in a cell its last line is the table, ready to be shown.

    Parameters
    ----------
    head : sequence of str
        What stands above the columns.
    rows : sequence of sequences of str
        Texts, with mathematics between dollars and ``<br>`` for a new line.

    Raises
    ------
    ValueError
        If a row is not as long as the head, or a text would break the table.

    Examples
    --------
    >>> print(Table(["network", "share"], [["AND", "0.9"], ["OR", "1.0"]]))
    network  share
    AND      0.9
    OR       1.0
    """

    head: Sequence[str]
    rows: Sequence[Sequence[str]]

    def __post_init__(self) -> None:
        for row in self.rows:
            if len(row) != len(self.head):
                raise ValueError(f"{tuple(row)} has {len(row)} texts; the head {len(self.head)}")
            for text in row:
                if "|" in text or "\n" in text:
                    raise ValueError(f"{text!r} has a bar or a line end; use <br>, or \\lvert")

    def _repr_markdown_(self) -> str:
        lines = [self.head, ["---"] * len(self.head), *self.rows]
        return "\n".join("| " + " | ".join(line) + " |" for line in lines)

    def __str__(self) -> str:
        lines = [[text.replace("<br>", "; ") for text in line] for line in (self.head, *self.rows)]
        widths = [max(map(len, column)) for column in zip(*lines, strict=True)]
        padded = (
            "  ".join(f"{t:{w}}" for t, w in zip(line, widths, strict=True)) for line in lines
        )
        return "\n".join(line.rstrip() for line in padded)

    def __repr__(self) -> str:
        return str(self)
