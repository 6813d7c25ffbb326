"""`{reading-time}`minutes``: how long the page takes, counted and never typed.

The page says "45 minutes": rounded up to five, by the rule of tools/counts.py.
"""

import math
from pathlib import Path
from typing import Any

from docutils import nodes
from sphinx.application import Sphinx
from sphinx.util.docutils import SphinxRole
from tools.counts import count
from tools.pages import read_page

STEP = 5


class ReadingTime(SphinxRole):
    """The minutes of this page, then the words of the role."""

    def run(self) -> tuple[list[nodes.Node], list[nodes.system_message]]:
        page = read_page(Path(self.env.doc2path(self.env.docname)))
        minutes = STEP * math.ceil(count(page).minutes / STEP)
        return [nodes.Text(f"{minutes} {self.text}")], []


def setup(app: Sphinx) -> dict[str, Any]:
    app.add_role("reading-time", ReadingTime())
    return {"parallel_read_safe": True, "parallel_write_safe": True}
