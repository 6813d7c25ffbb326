"""A book of three pages that has one of everything the chapters use, built in a second or two."""

from __future__ import annotations

import re
import shutil
import subprocess
import sys
from dataclasses import asdict
from pathlib import Path
from typing import Any

import matplotlib.pyplot as plt
import nbformat
from matplotlib.figure import Figure

from helpers.book.claims import Claim
from helpers.book.explore import explore

ROOT = Path(__file__).resolve().parents[2]
GLUE = "application/papermill.record/"

TOC = """
format: jb-book
root: book/start
parts:
  - caption: Chapters
    numbered: 2
    chapters:
      - file: book/chapter
      - file: book/after
  - caption: Back
    chapters:
      - file: book/ledger
      - file: book/bibliography
"""

TEXT = r"""# A chapter

The first paragraph describes the page. It has no formula.

## Formulas

$$
\frac{dh}{dt} = -\lambda h + \sigma(w h + b + \omega x)
$$ (eq-flow)

```{math}
:label: eq-boxed
\boxed{\; h_{k+1} = h_k + \Delta F(h_k) + \frac{\Delta}{6}\Bigl(F(h_k) + 2 F\bigl(h_k
+ \tfrac{\Delta}{2} F(h_k)\bigr) + 2 F\bigl(h_k + \tfrac{\Delta}{2} F(h_k)\bigr)\Bigr) \;}
```

$$
a &= b \\
c &= d
$$

$$
R(z) = \begin{cases} 1 + z & \text{Euler} \\ \frac{1}{1 - z} & \text{backward} \end{cases}
$$

See {eq}`eq-flow`, {prf:ref}`thm-group`, {numref}`fig-wave`, {ref}`ex-code`, {cite:t}`butcher2016`,
[the slider](#explore-film), {term}`flow`.

## A theorem on $\mathcal{R}_\tau$

```{prf:theorem} Group law of $\mathcal{R}_\tau$
:label: thm-group

$\mathcal{R}_a \mathcal{R}_b = \mathcal{R}_{ab}$.
```

```{prf:proof}
Multiply twice.
```

| symbol | meaning |
|---|---|
| $\tau$ | factor |

```{glossary}
flow
  A system $h' = F(h)$.
```

The rounding is {glue:text}`chapter-gap`. It took {reading-time}`minutes`.
"""

EXERCISE = """## Exercises

```{exercise} A blank
:label: ex-code

Fill it.
```

```{exercise} A pencil
:label: ex-pencil

Twice two?
```

```{solution} ex-pencil
:label: sol-pencil
:class: dropdown

Four, the word quattuordecim stands only here.
```
"""


def make_book(folder: Path, *, url: str = "", extra: str = "") -> Path:
    """Write the trial book into a folder: our machinery, these pages."""
    book = folder / "book"
    for part in ("_ext", "_static", "_templates"):
        shutil.copytree(ROOT / "book" / part, book / part)
    shutil.copy(ROOT / "book/references.bib", book)
    settings = (ROOT / "_config.yml").read_text(encoding="utf-8")
    assert '  url: ""' in settings, "the one line where the repository's address is set"
    (folder / "_config.yml").write_text(settings.replace('  url: ""', f'  url: "{url}"'))
    (folder / "_toc.yml").write_text(TOC)
    (folder / "helpers").symlink_to(ROOT / "helpers")
    (book / "start.md").write_text("# Start\n\nThe first page.\n\n```{cube}\n```\n" + SYSTEMS)
    (book / "after.md").write_text(
        "# After\n\nBack to {eq}`eq-flow`.\n" + "\nWords.\n" * 60 + extra
    )
    (book / "ledger.md").write_text("# Ledger\n\n```{ledger}\n```\n")
    (book / "bibliography.md").write_text("# Bibliography\n\n```{bibliography}\n```\n")
    nbformat.write(_notebook(), book / "chapter.ipynb")
    return folder


SYSTEMS = "\n:::{container} systems\n" + "\nSystem\n: $h$\n" * 8 + "\n:::\n"


def build(folder: Path) -> subprocess.CompletedProcess[str]:
    """Build as tools/build.py does: warnings are errors."""
    command = [sys.executable, "-m", "tools.jupyter_book"]
    options = ["build", str(folder), "-W", "-n", "--keep-going"]
    return subprocess.run(command + options, cwd=ROOT, capture_output=True, text=True, check=False)


def page(folder: Path, name: str) -> str:
    return (folder / "_build/html/book" / f"{name}.html").read_text(encoding="utf-8")


def _notebook() -> Any:
    cells = [
        nbformat.v4.new_markdown_cell(TEXT),
        _cell(
            "explore(film)",
            [_html(_slider(film, {"tau": [1.0, 2.0, 3.0]}, {"tau": 2.0}))],
            tags=["figure"],
        ),
        _cell("b = 1", [_html(_slider(grid, {"tau": [1, 2], "gain": [0.5, 1.0, 1.5]}, {}))]),
        _picture(),
        _cell("d = 1", [_claimed(claim) for claim in CLAIMS], tags=["check"]),
        _cell("e = 1", [_glued("chapter-gap", "2.2e-16")]),
        nbformat.v4.new_markdown_cell(EXERCISE),
        nbformat.v4.new_markdown_cell(
            "```{solution-start} ex-code\n:label: sol-code\n:class: dropdown\n```"
        ),
        _cell("### BEGIN SOLUTION\nanswer_to_it = 4\n### END SOLUTION", [], tags=["solution"]),
        nbformat.v4.new_markdown_cell("```{solution-end}\n```"),
    ]
    notebook = nbformat.v4.new_notebook(cells=cells)
    notebook.metadata = {
        "kernelspec": {"name": "python3", "display_name": "Python 3", "language": "python"},
        "language_info": {"name": "python"},
    }
    return notebook


CLAIMS = (
    Claim("eq-flow", "The flow of this page flows", "proved", r"a smooth $\sigma$", "it", True),
    Claim("thm-group.inverse", "The rescaling undoes itself", "exact to rounding"),
)


def film(tau: float) -> Figure:
    figure, axes = plt.subplots(figsize=(5, 2))
    axes.plot([0, tau], [0, 1])
    return figure


def grid(tau: float, gain: float) -> Figure:
    figure, axes = plt.subplots(figsize=(5, 2))
    axes.plot([0, tau], [gain, 1])
    return figure


def _slider(function: Any, values: dict[str, Any], start: dict[str, Any]) -> str:
    """What explore stores, caught on its way to the notebook."""
    import os
    from unittest import mock

    with (
        mock.patch.dict(os.environ, {"BOOK_STATIC": "1"}),
        mock.patch.dict(explore.__globals__, {"display": mock.Mock()}),
    ):
        explore(
            function,
            alt=f"{function.__name__} at " + ", ".join(f"{{{name}}}" for name in values) + ".",
            caption="The caption has $\\tau$.",
            start=start,
            **values,
        )
        (bundle,), _ = explore.__globals__["display"].call_args
    return str(bundle["text/html"])


def _picture() -> Any:
    html = _slider(film, {"tau": [1.0, 2.0]}, {})
    png = re.search(r"base64,([^\"]+)", html)
    assert png
    output = nbformat.v4.new_output("display_data", {"image/png": png[1]})
    cell = _cell("c = 1", [output], tags=["figure"])
    cell.metadata["mystnb"] = {
        "image": {"alt": "A line that rises."},
        "figure": {"caption": "A line, {eq}`eq-flow` with $\\tau = 1$.", "name": "fig-wave"},
    }
    return cell


def _cell(source: str, outputs: list[Any], tags: list[str] | None = None) -> Any:
    cell = nbformat.v4.new_code_cell(source, outputs=outputs, execution_count=1)
    cell.metadata["tags"] = tags or []
    return cell


def _html(text: str) -> Any:
    return nbformat.v4.new_output("display_data", {"text/html": text})


def _claimed(claim: Claim) -> Any:
    stored = {name: part for name, part in asdict(claim).items() if part}
    return nbformat.v4.new_output(
        "display_data", {"text/plain": str(claim)}, metadata={"claim": stored}
    )


def _glued(name: str, text: str) -> Any:
    metadata = {"scrapbook": {"mime_prefix": GLUE, "name": name}}
    return nbformat.v4.new_output(
        "display_data", {f"{GLUE}text/plain": repr(text)}, metadata=metadata
    )
