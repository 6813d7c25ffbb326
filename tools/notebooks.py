"""Run every chapter again and store what changed: `make notebooks`.

    python -m tools.notebooks [--check] [NOTEBOOK ...]

A stored notebook is the same bytes from run to run: no timings, widget state or versions in it,
execution counts 1 to n, pictures with 256 colours. --check writes nothing and fails if it would.
"""

from __future__ import annotations

import argparse
import base64
import io
import multiprocessing
import os
import re
import subprocess
import sys
import time
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from pathlib import Path

from tools.kernel import ThisPython, apply_settings

apply_settings()  # before anything imports NumPy

import nbformat
from jupyter_client.manager import AsyncKernelManager
from nbclient import NotebookClient
from nbclient.exceptions import CellExecutionError, CellTimeoutError, DeadKernelError
from nbformat import NotebookNode
from PIL import Image

from tools import contents, failures

AT_A_TIME = 2
SECONDS_A_CELL = 300
NOTEBOOK_METADATA = {
    "kernelspec": {"display_name": "Python 3", "language": "python", "name": "python3"},
    "language_info": {"name": "python"},
}
CELL_METADATA = ("jupyter", "mystnb", "nbgrader", "tags")
OUTPUT_METADATA = ("claim", "scrapbook")


@dataclass(frozen=True)
class Outcome:
    """What became of one notebook: "same", "changed" or "failed", and how."""

    path: Path
    verdict: str
    seconds: float
    story: str = ""


def code_cells(notebook: NotebookNode) -> list[NotebookNode]:
    return [cell for cell in notebook.cells if cell.cell_type == "code"]


def execute(notebook: NotebookNode, folder: Path) -> None:
    """Run the cells in order, in this Python; the first cell that fails raises."""
    for cell in code_cells(notebook):
        cell.outputs, cell.execution_count = [], None
    NotebookClient(
        notebook,
        km=AsyncKernelManager(kernel_name="python3", kernel_spec_manager=ThisPython()),
        timeout=SECONDS_A_CELL,
        resources={"metadata": {"path": str(folder)}},
        record_timing=False,
        store_widget_state=False,
        coalesce_streams=True,
    ).execute(stderr=subprocess.DEVNULL)  # the kernel has its say in the outputs


def small_png(encoded: str) -> str:
    """The picture with 256 colours: a third of the bytes, no difference to the eye."""
    picture = Image.open(io.BytesIO(base64.b64decode(encoded))).convert("RGBA")
    opaque = Image.alpha_composite(Image.new("RGBA", picture.size, "white"), picture).convert("RGB")
    small = io.BytesIO()
    opaque.quantize(256, dither=Image.Dither.NONE).save(small, "PNG", optimize=True)
    return base64.b64encode(small.getvalue()).decode("ascii")


def tidy_output(output: NotebookNode, count: int) -> None:
    if "execution_count" in output:
        output["execution_count"] = count
    if "metadata" in output:
        output["metadata"] = {k: v for k, v in output["metadata"].items() if k in OUTPUT_METADATA}
    data = output.get("data", {})
    data.pop("application/vnd.jupyter.widget-view+json", None)
    if "image/png" in data:
        data["image/png"] = small_png(data["image/png"])


def tidy(notebook: NotebookNode) -> None:
    """Take out what differs from run to run or from author to author."""
    notebook.metadata = nbformat.from_dict(NOTEBOOK_METADATA)
    notebook.nbformat, notebook.nbformat_minor = 4, 5
    for cell in notebook.cells:
        cell.metadata = {k: v for k, v in cell.metadata.items() if k in CELL_METADATA}
        if "jupyter" in cell.metadata:
            hidden = cell.metadata.pop("jupyter").get("source_hidden")
            cell.metadata.update({"jupyter": {"source_hidden": True}} if hidden else {})
    for count, cell in enumerate(code_cells(notebook), start=1):
        cell.execution_count = count
        for output in cell.outputs:
            tidy_output(output, count)


def why(error: Exception) -> str:
    """The end of a failed cell's traceback, without colours."""
    text = re.sub(r"\x1b\[[0-9;]*m", "", str(error)).strip()
    return "\n".join("    " + line for line in text.splitlines()[-6:])


def regenerate(path: Path, write: bool) -> Outcome:
    """Run one notebook; write it if its bytes change."""
    start, before = time.perf_counter(), path.read_text(encoding="utf-8")
    notebook = nbformat.reads(before, as_version=4)
    try:
        execute(notebook, path.parent)
    except (CellExecutionError, CellTimeoutError, DeadKernelError) as error:
        story = f"{failures.place(path, failed_cell(notebook))}\n{why(error)}"
        return Outcome(path, "failed", time.perf_counter() - start, story)
    tidy(notebook)
    after = nbformat.writes(notebook) + "\n"
    if after != before and write:
        fresh = path.with_suffix(".new")
        fresh.write_text(after, encoding="utf-8")
        os.replace(fresh, path)
    verdict = "same" if after == before else "changed"
    return Outcome(path, verdict, time.perf_counter() - start)


def failed_cell(notebook: NotebookNode) -> int:
    """The number of the code cell that failed: one with an error, or the first that did not end."""
    for number, cell in enumerate(code_cells(notebook)):
        error = any(output.output_type == "error" for output in cell.outputs)
        meant = "raises-exception" in cell.metadata.get("tags", [])
        if cell.execution_count is None or (error and not meant):
            return number
    return 0


def report(outcome: Outcome) -> None:
    print(f"{outcome.verdict:8s} {outcome.seconds:5.1f} s  {outcome.path.name}", flush=True)
    if outcome.story:
        print(f"  {outcome.story}", flush=True)


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("--check", action="store_true", help="write nothing; fail if it would")
    parser.add_argument("notebooks", nargs="*", type=Path, help="default: all of _toc.yml")
    arguments = parser.parse_args()
    paths = tuple(path.resolve() for path in arguments.notebooks) or contents.notebooks()
    missing = [str(path) for path in paths if not path.is_file()]
    if missing:
        parser.error(f"no such notebook: {', '.join(missing)}")
    outcomes = []
    spawn = multiprocessing.get_context("spawn")
    with ProcessPoolExecutor(AT_A_TIME, mp_context=spawn) as pool:
        jobs = [pool.submit(regenerate, path, not arguments.check) for path in paths]
        for job in jobs:
            outcomes.append(job.result())
            report(outcomes[-1])
    failed = [outcome for outcome in outcomes if outcome.verdict == "failed"]
    changed = [outcome for outcome in outcomes if outcome.verdict == "changed"]
    print(f"{len(outcomes)} notebooks: {len(changed)} changed, {len(failed)} failed")
    if failed:
        print("A failed notebook was left as it was. Mend the cell named above and run this again.")
    return 1 if failed or (arguments.check and changed) else 0


if __name__ == "__main__":
    try:
        sys.exit(main())
    except KeyboardInterrupt:
        print("Interrupted. Run the same command again; it goes on where it was.")
        sys.exit(130)
