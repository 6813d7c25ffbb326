"""The claims of the book, read from the stored outputs of its notebooks.

`{claim}`, which cells.py writes, shows one where it is checked; `{ledger}` lists those of all
pages. Nothing is typed twice: the sentence is what `check` stored when the notebook ran, and the
link is the label that the claim is named after.
"""

import hashlib
import json
from collections import Counter
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any, ClassVar

from docutils import nodes
from docutils.parsers.rst import directives
from helpers.book.claims import Claim, read_claims
from sphinx import addnodes
from sphinx.application import Sphinx
from sphinx.environment import BuildEnvironment
from sphinx.util import logging
from sphinx.util.docutils import SphinxDirective

THEOREMS = ("thm-", "lem-", "prop-", "cor-", "conj-", "obs-")
PROOF_LABELS = (*THEOREMS, "def-", "erratum-", "alg-", "rem-")
STANDARD_LABELS = ("fig-", "ex-", "tab-")
FRONT = "0"  # the number of a page before the first chapter

logger = logging.getLogger(__name__)


class claim_number(nodes.General, nodes.Element):
    """Stands for `Claim chapter.index` until Sphinx has numbered the chapters."""


class ShownClaim(SphinxDirective):
    """A claim where it is checked; its text is what `check` stored."""

    has_content = True
    option_spec: ClassVar = {"index": directives.positive_int}

    def run(self) -> list[nodes.Node]:
        claim = Claim(**json.loads("".join(self.content)))
        number = claim_number(docname=self.env.docname, index=self.options["index"])
        return [_box(self, claim, number, _anchor(claim))]


class Claims(SphinxDirective):
    """The claims of this page, once more, for chapters that still end with them."""

    def run(self) -> list[nodes.Node]:
        docname = self.env.docname
        return list(_entries(self, docname, _claims(self.env, docname), "listed"))


class Ledger(SphinxDirective):
    """The claims of all pages, a section for each."""

    def run(self) -> list[nodes.Node]:
        self.env.ledger = (self.env.docname, _made_of(self.env))  # type: ignore[attr-defined]
        sections: list[nodes.Node] = []
        everything: list[Claim] = []
        for docname in _in_reading_order(self.env):
            if claims := _claims(self.env, docname):
                everything += claims
                sections.append(_chapter(self, docname, claims))
        return [_summary(everything), *sections]


def _claims(env: BuildEnvironment, docname: str) -> tuple[Claim, ...]:
    notebook = Path(env.doc2path(docname))
    if notebook.suffix != ".ipynb":
        return ()
    return read_claims(notebook)


def _made_of(env: BuildEnvironment) -> str:
    """What changes when the ledger does: the headings and the claims of all notebooks."""
    notebooks = [Path(env.doc2path(docname)) for docname in _in_reading_order(env)]
    shown = [(_heading(path), read_claims(path)) for path in notebooks if path.suffix == ".ipynb"]
    return hashlib.sha256(repr(shown).encode()).hexdigest()


def _outdated(app: Sphinx, env: BuildEnvironment, *_: set[str]) -> list[str]:
    """The ledger is read again when a claim or a heading changed, and not for every word."""
    docname, made_of = getattr(env, "ledger", ("", ""))
    return [docname] if docname in env.found_docs and made_of != _made_of(env) else []


def _in_reading_order(env: BuildEnvironment) -> list[str]:
    """The documents as _toc.yml lists them."""
    return [str(name) for name in env.external_site_map if name in env.found_docs]


def _summary(claims: list[Claim]) -> nodes.paragraph:
    if not claims:
        return nodes.paragraph("", "No claim has been checked yet.")
    counted = Counter(_kind(claim.status) for claim in claims)
    kinds = ", ".join(f"{number} {kind}" for kind, number in sorted(counted.items()))
    bare = sum(not claim.without for claim in claims)
    controls = f"{bare} lack a control that breaks a named hypothesis." if bare else ""
    return nodes.paragraph("", f"{len(claims)} claims: {kinds}. {controls}".rstrip())


def _kind(status: str) -> str:
    return "of an order" if status.startswith("order") else status


def _chapter(directive: SphinxDirective, docname: str, claims: tuple[Claim, ...]) -> nodes.section:
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
    section += list(_entries(directive, docname, claims, "ledger"))
    return section


def _heading(notebook: Path) -> str:
    """The title of a chapter: the first line of its first cell that begins with one #."""
    cells = json.loads(notebook.read_text(encoding="utf-8"))["cells"]
    lines = "".join(cells[0]["source"]).splitlines()
    return next((line[2:].strip() for line in lines if line.startswith("# ")), notebook.stem)


def _entries(
    directive: SphinxDirective, docname: str, claims: Iterable[Claim], where: str
) -> Iterator[nodes.container]:
    """The claims of a page on another one, each with a link to the place where it is checked."""
    for index, claim in enumerate(claims, start=1):
        number = claim_number(docname=docname, index=index, anchor=_anchor(claim))
        yield _box(directive, claim, number, f"{where}-{_anchor(claim)}")


def _anchor(claim: Claim) -> str:
    return nodes.make_id(f"claim-{claim.id}")


def _box(
    directive: SphinxDirective, claim: Claim, number: claim_number, anchor: str
) -> nodes.container:
    """The sentence; in smaller type how it is known, what it needs, and what it is about."""
    statement = claim.statement.rstrip(".")
    first = nodes.paragraph("", "", nodes.strong("", "", number), nodes.Text(" "))
    first += _typeset(directive, f"{statement}.")
    second = nodes.paragraph("", f"{claim.evidence} ", classes=["evidence"])
    for sentence in claim.conditions:
        second += [*_typeset(directive, sentence), nodes.Text(" ")]
    second += [nodes.Text("See "), *_reference(directive, claim), nodes.Text(".")]
    return nodes.container("", first, second, ids=[anchor], classes=["claim"])


def _typeset(directive: SphinxDirective, text: str) -> list[nodes.Node]:
    """A claim's words, in which a formula may stand between dollars."""
    parsed, messages = directive.state.inline_text(text, directive.lineno)
    return [*parsed, *messages]


def _reference(directive: SphinxDirective, claim: Claim) -> list[nodes.Node]:
    """A link to what the claim is about: an equation, a theorem, or a figure or exercise."""
    label = claim.label
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
            "claim %r is named after no equation, theorem, figure or exercise", claim.id,
            location=directive.env.docname,
        )  # fmt: skip
        return [nodes.Text(label)]
    return [addnodes.pending_xref("", nodes.inline("", label), reftarget=label, **options)]


def _number_claims(app: Sphinx, doctree: nodes.document, docname: str) -> None:
    for node in list(doctree.findall(claim_number)):
        home = node["docname"]
        chapter = app.env.toc_secnumbers.get(home, {}).get("", (FRONT,))
        words = nodes.Text(f"Claim {chapter[0]}.{node['index']}.")
        if "anchor" in node:
            page = app.builder.get_relative_uri(docname, home)
            link = nodes.reference("", "", words, internal=True, refuri=f"{page}#{node['anchor']}")
            node.replace_self(link)
        else:
            node.replace_self(words)


def setup(app: Sphinx) -> dict[str, Any]:
    app.add_node(claim_number)
    app.add_directive("claim", ShownClaim)
    app.add_directive("claims", Claims)
    app.add_directive("ledger", Ledger)
    app.connect("env-get-outdated", _outdated)
    app.connect("doctree-resolved", _number_claims)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
