"""The claims of the book, read from the stored outputs of its notebooks.

`{claims}` lists the claims of the page it stands on, `{ledger}` those of all pages. Nothing is
typed twice: the sentence, the bound and the verdict are what `check` printed when the notebook ran,
and the link is the label that the claim is named after.
"""

import json
import re
from collections import Counter
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from docutils import nodes
from sphinx import addnodes
from sphinx.application import Sphinx
from sphinx.environment import BuildEnvironment
from sphinx.util import logging
from sphinx.util.docutils import SphinxDirective

PROOF_LABELS = ("thm-", "lem-", "prop-", "def-", "cor-", "erratum-", "alg-", "rem-", "conj-")
STANDARD_LABELS = ("fig-", "ex-", "tab-")
FRONT = "0"  # the number of a page before the first chapter

# One line of `helpers.book.claims.check`.
CLAIM_LINE = re.compile(
    r"claim (?P<id>\S+) \| (?P<status>[^|]+) \| (?P<statement>[^|]+) \| needs: (?P<needs>[^|]+) "
    r"\| (?P<bound>[^|]+) \| control: (?P<control>[^|]+)$"
)

logger = logging.getLogger(__name__)


class claim_number(nodes.General, nodes.Element):
    """Stands for `chapter.index` until Sphinx has numbered the chapters."""


class Claims(SphinxDirective):
    """The claims of this page."""

    def run(self) -> list[nodes.Node]:
        notebook = Path(self.env.doc2path(self.env.docname))
        claims = _claims(self.env, notebook)
        return [_table(self, self.env.docname, claims, is_home=True)] if claims else []


class Ledger(SphinxDirective):
    """The claims of all pages, a section for each."""

    def run(self) -> list[nodes.Node]:
        sections: list[nodes.Node] = []
        everything: list[Any] = []
        for docname in _in_reading_order(self.env):
            notebook = Path(self.env.doc2path(docname))
            if notebook.suffix != ".ipynb":
                continue
            self.env.note_dependency(str(notebook))
            if claims := _claims(self.env, notebook):
                everything += claims
                sections.append(_chapter(self, docname, claims))
        return [_summary(everything), *sections]


def _claims(env: BuildEnvironment, notebook: Path) -> tuple[Any, ...]:
    from helpers.book.claims import read_claims

    claims: tuple[Any, ...] = read_claims(notebook) if notebook.suffix == ".ipynb" else ()
    return claims


def _in_reading_order(env: BuildEnvironment) -> list[str]:
    """The documents as _toc.yml lists them."""
    return [str(name) for name in env.external_site_map if name in env.found_docs]


def _summary(claims: Iterable[Any]) -> nodes.paragraph:
    counted = Counter(_kind(claim.status) for claim in claims)
    kinds = ", ".join(f"{number} {kind}" for kind, number in sorted(counted.items()))
    total = sum(counted.values())
    return nodes.paragraph(
        "", f"{total} claims: {kinds}." if total else "No claim has been checked yet."
    )


def _kind(status: str) -> str:
    return "of an order" if status.startswith("order") else status


def _chapter(directive: SphinxDirective, docname: str, claims: tuple[Any, ...]) -> nodes.section:
    section = nodes.section(ids=[f"claims-{docname.rsplit('/', 1)[-1]}"])
    title = nodes.title()
    # The words stand here, and not only Sphinx's: the list "On this page" takes what it finds.
    title += addnodes.pending_xref(
        "",
        nodes.inline("", _heading(Path(directive.env.doc2path(docname)))),
        refdomain="std",
        reftype="doc",
        reftarget=f"/{docname}",
        refdoc=directive.env.docname,
        refexplicit=True,
        refwarn=True,
    )
    section += title
    section += _table(directive, docname, claims, is_home=False)
    return section


def _heading(notebook: Path) -> str:
    """The title of a chapter: the first line of its first cell that begins with one #."""
    cells = json.loads(notebook.read_text(encoding="utf-8"))["cells"]
    lines = "".join(cells[0]["source"]).splitlines()
    return next((line[2:].strip() for line in lines if line.startswith("# ")), notebook.stem)


def _table(
    directive: SphinxDirective, docname: str, claims: tuple[Any, ...], *, is_home: bool
) -> nodes.table:
    table = nodes.table(classes=["claims"])
    group = nodes.tgroup(cols=4)
    table += group
    for width in (8, 46, 14, 32):
        group += nodes.colspec(colwidth=width)
    head = nodes.thead()
    head += _row([nodes.Text(word)] for word in ("No.", "Claim", "Status", "Check"))
    body = nodes.tbody()
    for index, claim in enumerate(claims, start=1):
        body += _claim_row(directive, docname, index, claim, is_home=is_home)
    group += [head, body]
    return table


def _claim_row(
    directive: SphinxDirective, docname: str, index: int, claim: Any, *, is_home: bool
) -> nodes.row:
    number = claim_number(docname=docname, index=index)
    statement = [*_words(directive, claim.statement), nodes.Text(". ")]
    if claim.needs != "nothing":
        statement += [nodes.Text("Needs "), *_words(directive, claim.needs), nodes.Text(". ")]
    statement += _reference(directive, claim.id)
    verdict = f"{claim.bound}. Control: {claim.control.removeprefix('control: ')}."
    status = nodes.inline("", claim.status, classes=_status_classes(claim.status))
    row = _row([[number], statement, [status], [nodes.Text(verdict)]])
    anchor = nodes.make_id(f"claim-{claim.id}")
    row["ids"] = [anchor if is_home else f"ledger-{anchor}"]
    return row


def _words(directive: SphinxDirective, text: str) -> list[nodes.Node]:
    """A claim's words, in which a formula may stand between dollars."""
    # Else the primes of derivatives would be set as quotation marks.
    text = re.sub(r"\b(F|h|x|sigma|theta)'(?![\w'])", "\\1′", text.replace("''", "″"))
    if "$" not in text:
        return [nodes.Text(text)]
    parsed, messages = directive.state.inline_text(text, directive.lineno)
    return [*parsed, *messages]


def _reference(directive: SphinxDirective, claim_id: str) -> list[nodes.Node]:
    """A link to what the claim is about: an equation, a theorem, or a figure or exercise."""
    label = claim_id.partition(".")[0]
    options: dict[str, Any] = {
        "refdoc": directive.env.docname,
        "refexplicit": False,
        "refwarn": True,
    }
    if label.startswith("eq-"):
        options |= {"refdomain": "math", "reftype": "eq"}
    elif label.startswith(PROOF_LABELS):
        options |= {"refdomain": "prf", "reftype": "ref"}
    elif label.startswith(STANDARD_LABELS):
        options |= {"refdomain": "std", "reftype": "numref"}
    else:
        logger.warning(
            "claim %r is named after no equation, theorem, figure or exercise", claim_id,
            location=directive.env.docname,
        )  # fmt: skip
        return [nodes.Text(label)]
    return [addnodes.pending_xref("", nodes.inline("", label), reftarget=label, **options)]


def _row(cells: Iterable[Iterable[nodes.Node]]) -> nodes.row:
    row = nodes.row()
    for cell in cells:
        entry = nodes.entry()
        entry += nodes.paragraph("", "", *cell)
        row += entry
    return row


def _show_claims(app: Sphinx, doctree: nodes.document) -> None:
    """Set the lines that `check` printed as text that wraps, where they were printed."""
    for block in list(doctree.findall(nodes.literal_block)):
        lines = block.astext().splitlines()
        if not any(CLAIM_LINE.match(line) for line in lines):
            continue
        shown: list[nodes.Node] = []
        other: list[str] = []
        for line in [*lines, None]:
            found = CLAIM_LINE.match(line) if line is not None else None
            if other and (found or line is None):
                rest = nodes.literal_block(
                    "", "\n".join(other), language=block.get("language", "none")
                )
                rest["classes"] = list(block["classes"])
                shown.append(rest)
                other = []
            if found:
                shown.append(_claim_box(found))
            elif line is not None:
                other.append(line)
        block.replace_self(shown)


def _claim_box(found: re.Match[str]) -> nodes.container:
    needs, bound, control = found["needs"], found["bound"], found["control"]
    status = nodes.inline("", found["status"], classes=_status_classes(found["status"]))
    first = nodes.paragraph("", "", status, nodes.Text(f"{found['statement']}."))
    tested = f"{bound}. Control: {control}."
    if needs != "nothing":
        tested = f"Needs {needs}. {tested[0].upper()}{tested[1:]}"
    second = nodes.paragraph("", tested[0].upper() + tested[1:], classes=["tested"])
    box = nodes.container(classes=["claim"])
    box += [first, second]
    return box


def _status_classes(status: str) -> list[str]:
    return ["status", f"status-{status.split()[0]}"]


def _number_claims(app: Sphinx, doctree: nodes.document, docname: str) -> None:
    for node in list(doctree.findall(claim_number)):
        home = node["docname"]
        chapter = app.env.toc_secnumbers.get(home, {}).get("", (FRONT,))
        number = f"{chapter[0]}.{node['index']}"
        node.replace_self(nodes.Text(number))


def setup(app: Sphinx) -> dict[str, Any]:
    app.add_node(claim_number)
    app.add_directive("claims", Claims)
    app.add_directive("ledger", Ledger)
    app.connect("doctree-read", _show_claims)
    app.connect("doctree-resolved", _number_claims)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
