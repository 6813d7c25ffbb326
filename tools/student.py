"""Make the students' edition in _build/student: `make student`, or `make student SEED=7`.

    python -m tools.student [--seed N] [--no-site]

It is the book's sources, its site (_build/html) and its wheel (_build/wheel) without solutions,
folded answers, and whatever only these quote. Keys become seals (`helpers.book.sealed`): exercises
go on saying right or wrong, with their hints, and the answer can be read nowhere. This stops
reading, not guessing: who tries answers by the thousand finds the right one. What a chapter itself
says after a question with options stays, since it is the chapter.

Numbers that an exercise draws are those of seed 0, which the page shows, and of the seed given.
"""

from __future__ import annotations

import argparse
from pathlib import Path

from tools import command, editions
from tools.sealing import write_seals
from tools.solutions import Notebook, without_solutions

TREE = editions.BUILD / "student"
README = """\
# Recurrent networks: rescaling, discretisation, linearisation

The students' edition. It holds no solutions; exercises say whether an answer is right, with hints.

With Python 3.11, 3.12 or 3.13, in this folder:

    python -m pip install ".[lab]"
    python -m jupyterlab book

The site is `_build/html/index.html`. Code is under the BSD 3-Clause licence (`LICENSE`), text and
figures under CC BY 4.0 (`LICENSE-TEXT`).
"""


def write(tree: Path, seed: int = 0, root: Path = editions.ROOT) -> Path:
    """Write the sources of the students' edition."""
    editions.copy(tree, root)
    editions.change_notebooks(tree, _bare)
    (tree / "README.md").write_text(README, encoding="utf-8")
    write_seals(tree / "helpers" / "book" / "keys", [seed])
    return tree


def _bare(notebook: Notebook) -> Notebook:
    """A notebook without solutions, its cells numbered as if they had never been there."""
    bare = without_solutions(notebook)
    code = [cell for cell in bare["cells"] if cell["cell_type"] == "code"]
    for number, cell in enumerate(code, start=1):
        cell["execution_count"] = number
        for output in cell["outputs"]:
            if "execution_count" in output:
                output["execution_count"] = number
    return bare


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("--seed", type=int, default=0, help="of drawn numbers, beside seed 0")
    parser.add_argument("--no-site", action="store_true", help="sources and wheel only")
    arguments = parser.parse_args()
    write(TREE, arguments.seed)
    shown = TREE.relative_to(editions.ROOT)
    print(f"The students' edition is in {shown}, without solutions.", flush=True)
    if not arguments.no_site:
        site = editions.build_site(TREE)
        print(f"Its site: {(site / 'index.html').relative_to(editions.ROOT)}", flush=True)
    print(f"Its wheel: {editions.build_wheel(TREE).relative_to(editions.ROOT)}")
    return 0


if __name__ == "__main__":
    command.run(main)
