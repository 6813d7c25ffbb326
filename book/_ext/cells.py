"""The three kinds of code cell on the site: what is not tagged is open, the others are folded.

A cell tagged `figure` or `check` shows what it draws or prints first, and its code in a fold below
it, whose words say what is inside. What `check` stored is taken out of the outputs and stands,
typeset by the directive `claim`, where the text goes on to it. In JupyterLab all cells are open.
"""

import json
import re
from itertools import count
from typing import Any

from myst_nb.sphinx_ import HideCodeCellNode
from sphinx.application import Sphinx
from sphinx.transforms.post_transforms import SphinxPostTransform

FOLDED = {"figure", "check"}
SLIDER = re.compile(r"\bexplore\(")

Cell = dict[str, Any]


def _read(app: Sphinx, docname: str, source: list[str]) -> None:
    """Change a notebook as Sphinx reads it; the file keeps what it has."""
    if not str(app.env.doc2path(docname)).endswith(".ipynb"):
        return
    notebook = json.loads(source[0])
    number = count(1)
    cells: list[Cell] = []
    for cell in notebook["cells"]:
        if cell["cell_type"] == "code":
            claims = _taken_claims(cell)
            _fold(cell, bool(claims))
            cells += [_claim_cell(claim, next(number)) for claim in claims]
        cells.append(cell)
    notebook["cells"] = cells
    source[0] = json.dumps(notebook)


def _taken_claims(cell: Cell) -> list[Cell]:
    """The claims that a cell stored, which are no longer among its outputs."""
    claimed = [output for output in cell["outputs"] if "claim" in output.get("metadata", {})]
    cell["outputs"] = [output for output in cell["outputs"] if output not in claimed]
    return [output["metadata"]["claim"] for output in claimed]


def _claim_cell(claim: Cell, number: int) -> Cell:
    text = f"```{{claim}}\n:index: {number}\n\n{json.dumps(claim)}\n```"
    return {"cell_type": "markdown", "id": f"claim-{number}", "metadata": {}, "source": text}


def _fold(cell: Cell, has_claims: bool) -> None:
    tags = cell["metadata"].get("tags", [])
    if not FOLDED & set(tags):
        return
    words = _words(tags, "".join(cell["source"]), has_claims)
    told = {"code_prompt_show": words, "code_prompt_hide": words}
    cell["metadata"]["tags"] = [*tags, "hide-input"]
    cell["metadata"]["mystnb"] = {**cell["metadata"].get("mystnb", {}), **told}


def _words(tags: list[str], code: str, has_claims: bool) -> str:
    """What is inside the fold."""
    if "figure" in tags:
        return "Code of this slider" if SLIDER.search(code) else "Code of this figure"
    return "How it was checked" if has_claims else "How these numbers were computed"


class ResultFirst(SphinxPostTransform):
    """The fold goes below what its code shows; myst_nb has put it above."""

    default_priority = 200  # after myst_nb.sphinx_.HideInputCells, which has 199
    formats = ("html",)

    def run(self, **kwargs: Any) -> None:
        for fold in list(self.document.findall(HideCodeCellNode)):
            cell = fold.parent
            if {f"tag_{name}" for name in FOLDED} & set(cell["classes"]):
                cell.remove(fold)
                cell.append(fold)


def setup(app: Sphinx) -> dict[str, Any]:
    app.connect("source-read", _read)
    app.add_post_transform(ResultFirst)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
