"""An old address leads on: what a page no longer has is looked for on the pages that took it over.

Which pages those are stands in moved.toml; which labels, the pages themselves say. The script and
its table stand in the old page alone, so that they work from a folder as well.
"""

import json
import re
import tomllib
from pathlib import Path
from typing import Any

from docutils import nodes
from sphinx.application import Sphinx
from sphinx.environment import BuildEnvironment

TABLE = Path(__file__).with_name("moved.toml")
NUMBERED = re.compile(r"id\d+|cell-id\d+|footnote.*")  # what docutils names by counting
SCRIPT = """<script>(() => {
  const moved = %s;
  const lead = () => {
    const label = decodeURIComponent(location.hash.slice(1));
    if (!label || document.getElementById(label)) return;
    const page = Object.keys(moved).find((name) => moved[name].includes(label));
    if (page) location.replace(page + location.hash);
  };
  addEventListener("hashchange", lead);
  lead();
})();</script>
"""


def _heirs() -> dict[str, list[str]]:
    heirs: dict[str, list[str]] = tomllib.loads(TABLE.read_text(encoding="utf-8"))
    return heirs


def _ids(env: BuildEnvironment, docname: str) -> set[str]:
    """Every label that an address can end in."""
    found = (one for node in env.get_doctree(docname).findall(nodes.Element) for one in node["ids"])
    return {one for one in found if not NUMBERED.fullmatch(one)}


def _lead_on(app: Sphinx, page: str, template: str, context: dict[str, Any], doctree: Any) -> None:
    heirs = [name for name in _heirs().get(page, ()) if name in app.env.found_docs]
    if not heirs or app.builder.format != "html":
        return
    own = _ids(app.env, page)
    moved = {
        app.builder.get_relative_uri(page, name): sorted(_ids(app.env, name) - own)
        for name in heirs
    }
    context["body"] = context.get("body", "") + SCRIPT % json.dumps(moved)


def _outdated(
    app: Sphinx, env: BuildEnvironment, added: set[str], changed: set[str], removed: set[str]
) -> list[str]:
    """An old page is made again when one that took something over has changed."""
    new = added | changed
    return [page for page, heirs in _heirs().items() if page in env.found_docs and new & set(heirs)]


def setup(app: Sphinx) -> dict[str, Any]:
    app.connect("html-page-context", _lead_on)
    app.connect("env-get-outdated", _outdated)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
