"""Code cells: short, in order, and readable without what is folded."""

from __future__ import annotations

import ast
import builtins

from tests.book.rules.faults import Faults, doubles, parsed
from tests.book.rules.sliders import bindings
from tools.cells import is_plain
from tools.pages import Cell, Page

COLUMNS = 86
MAX_BYTES = 1_000_000
# Lines of a cell and of the body of a function in it, as ruff format lays them out.
MAX_LINES = {"open": 20, "figure": 40, "check": 40}
MAX_BODY = {"open": 8, "figure": 25, "check": 12}
CELL_KEYS = {"tags", "mystnb", "nbgrader", "jupyter"}
GIVEN_UP = "raises-exception"


def cells_are_short(page: Page) -> Faults:
    """Open cells have at most twenty lines, folded ones forty."""
    return [
        f"{page.at(cell)} has {len(cell.lines)} lines, over {MAX_LINES[cell.role]}; split it, or"
        " move what it defines to helpers"
        for cell in page.code
        if len(cell.lines) > MAX_LINES.get(cell.role, len(cell.lines))
    ]


def lines_fit_the_page(page: Page) -> Faults:
    """No line of code is wider than the page, which would then scroll sideways."""
    return [
        f"{page.at(cell)} has a line of {len(line)} columns, over {COLUMNS}; break it"
        for cell in page.code
        for line in cell.lines
        if len(line) > COLUMNS
    ]


def functions_are_short(page: Page) -> Faults:
    """What takes more to define is in helpers."""
    return [
        f"{page.at(cell)} defines {node.name} in {_body(node)} lines, over {MAX_BODY[cell.role]};"
        " move it to helpers"
        for cell in page.code
        for node in ast.walk(parsed(cell))
        if isinstance(node, ast.FunctionDef | ast.ClassDef)
        and _body(node) > MAX_BODY.get(cell.role, _body(node))
    ]


def _body(node: ast.FunctionDef | ast.ClassDef) -> int:
    return (node.end_lineno or node.lineno) - node.body[0].lineno + 1


def open_cells_are_plain(page: Page) -> Faults:
    """No assignment inside an expression, and nothing that hands numbers to text or ledger."""
    faults = []
    for cell in page.code:
        for node in ast.walk(parsed(cell)):
            if isinstance(node, ast.NamedExpr) and cell.role == "open":
                faults.append(
                    f"{page.at(cell)} assigns inside an expression; use a line of its own"
                )
            called = node.func.id if _is_plain_call(node) else ""
            if called in ("check", "glue") and cell.role != "check":
                faults.append(f"{page.at(cell)} calls {called}; move that to a cell tagged check")
    return faults


def _is_plain_call(node: ast.AST) -> bool:
    return isinstance(node, ast.Call) and isinstance(node.func, ast.Name)


def open_cells_stand_alone(page: Page) -> Faults:
    """A reader who passes over the folds meets no name that one of them has defined."""
    faults = []
    last: dict[str, Cell] = {}
    for cell in page.code:
        names = set().union(*(bound for _, bound in bindings(parsed(cell))))
        for name in sorted(_reads(cell) - names if cell.role not in ("figure", "check") else ()):
            if name in last and last[name].role in ("figure", "check"):
                faults.append(
                    f"{page.at(cell)} reads {name!r}, which is defined in a fold,"
                    f" {page.at(last[name])}; define it in an open cell"
                )
        last |= dict.fromkeys(names, cell)
    return faults


def _reads(cell: Cell) -> set[str]:
    """The names that a cell reads and that are not bound in a function or loop of its own."""
    names = [node for node in ast.walk(parsed(cell)) if isinstance(node, ast.Name)]
    own = {node.id for node in names if isinstance(node.ctx, ast.Store)}
    own |= {node.arg for node in ast.walk(parsed(cell)) if isinstance(node, ast.arg)}
    return {node.id for node in names if isinstance(node.ctx, ast.Load)} - own - set(dir(builtins))


def cells_ran_in_order(page: Page) -> Faults:
    """Every code cell ran, once, from first to last, without error and without a warning."""
    faults = []
    for cell in page.code:
        if not cell.source.strip():
            faults.append(f"{page.at(cell)} is empty; remove it")
        if cell.execution_count != cell.number:
            faults.append(
                f"{page.at(cell)} has execution count {cell.execution_count}, not {cell.number};"
                " run make notebooks"
            )
        for output in cell.outputs:
            if output["output_type"] == "error" and GIVEN_UP not in cell.tags:
                faults.append(
                    f"{page.at(cell)} ends in {output['ename']}; mend it, or tag it {GIVEN_UP}"
                    " if the error is the lesson"
                )
            if output.get("name") == "stderr":
                first = output["text"].strip().splitlines()[0]
                faults.append(f"{page.at(cell)} warns ({first}); remove what it warns of")
    return faults


def cells_end_plainly(page: Page) -> Faults:
    """No semicolon at the end: nbval does not honour it, so the two runs would differ."""
    return [
        f"{page.at(cell)} ends in a semicolon; end a figure with plt.show(), assign other values"
        for cell in page.code
        if cell.source.rstrip().endswith(";")
    ]


def nothing_is_fetched(page: Page) -> Faults:
    """A chapter reads nothing from the network."""
    return [
        f"{page.at(cell)} names {name!r}; data belongs in book/data"
        for cell in page.code
        for name in ("http://", "https://", "urllib", "requests", "urlopen")
        if name in cell.source
    ]


def notebook_is_small(page: Page) -> Faults:
    if not page.is_notebook or not page.path.is_file():
        return []
    size = page.path.stat().st_size
    if size <= MAX_BYTES:
        return []
    return [f"{page.path.name} has {size} bytes; fewer frames or smaller figures (at most 1 MB)"]


def metadata_is_lean(page: Page) -> Faults:
    """Only the metadata that tools/notebooks.py keeps, ids that are words, no widget state."""
    if not page.is_notebook:
        return []
    faults = []
    extra = set(page.metadata) - {"kernelspec", "language_info"}
    if extra or set(page.metadata.get("language_info", {})) - {"name"}:
        faults.append(f"{page.path.name} has metadata of one machine; run make notebooks")
    for cell in page.cells:
        extra = set(cell.metadata) - CELL_KEYS
        extra |= set(cell.metadata.get("jupyter", {})) - {"source_hidden"}
        if extra:
            faults.append(f"{page.at(cell)} has metadata {sorted(extra)}; run make notebooks")
        if not is_plain(cell.id):
            faults.append(
                f"{page.at(cell)} has the id {cell.id!r}; give it one of plain words:"
                f" python -m tools.cells {page.path.name}"
            )
        if cell.mime("application/vnd.jupyter.widget-view+json"):
            faults.append(f"{page.at(cell)} stores a widget; run make notebooks (BOOK_STATIC=1)")
    faults += doubles([cell.id for cell in page.cells], f"{page.path.name}: the cell id")
    return faults
