"""Break helpers in one place and see which claims of the chapters refuse: `make sabotage`.

    python -m tools.sabotage [--share N] [--seed N] [CHAPTER ...]

A sabotage is caught when `check` refuses a claim, not when a cell crashes. The table says which
sabotages no claim noticed, and which claims no sabotage could break; those with a reason stand in
tests/book/sabotage.toml. --share 10 draws a tenth of the sabotages.
"""

from __future__ import annotations

import argparse
import ast
import contextlib
import importlib
import io
import multiprocessing
import os
import signal
import sys
import time
import tomllib
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tools.kernel import apply_settings

apply_settings()  # before anything imports NumPy

import matplotlib

from helpers.book import claims
from tools import contents
from tools.pages import Cell, Page, read_page
from tools.sabotages import SABOTAGES, Sabotage

SECONDS_A_RUN = 240
AT_A_TIME = 2
REASONS = contents.ROOT / "tests" / "book" / "sabotage.toml"
BY_NAME = {sabotage.name: sabotage for sabotage in SABOTAGES}
LEFT_OUT = {"figure", "exercise", "solution"}


@dataclass(frozen=True)
class Run:
    """One chapter under one sabotage: which claims refused, which passed, which cells crashed."""

    chapter: str
    sabotage: str
    used: tuple[str, ...] = ()
    refused: tuple[str, ...] = ()
    passed: tuple[str, ...] = ()
    crashed: tuple[str, ...] = ()


class Collector:
    """Stands in for `check`: it notes a claim that is refused, and goes on."""

    def __init__(self) -> None:
        self.refused: list[str] = []
        self.passed: list[str] = []

    def __call__(self, claim_id: str, *args: Any, **kwargs: Any) -> None:
        try:
            with contextlib.redirect_stdout(io.StringIO()):
                RIGHT_CHECK(claim_id, *args, **kwargs)
        except (claims.ClaimFailed, ValueError):  # a value that is not a number is refused as well
            self.refused.append(claim_id)
        else:
            self.passed.append(claim_id)


RIGHT_CHECK = claims.check


def exchange(right: Any, wrong: Any) -> None:
    """Put the wrong function wherever helpers holds the right one."""
    for name, module in list(sys.modules.items()):
        if name.split(".")[0] == "helpers":
            for attribute, value in list(vars(module).items()):
                if value is right:
                    setattr(module, attribute, wrong)


def put(target: str, make: Callable[[Any], Any], used: set[str]) -> None:
    """Put what `make` makes in a target's place, and note in `used` when it is called."""
    module_name, _, path = target.partition(":")
    owner: Any = importlib.import_module(module_name)
    *classes, name = path.split(".")
    for one in classes:
        owner = getattr(owner, one)
    if classes:  # a method may stand in a class that this one is made from
        owner = next(one for one in owner.__mro__ if name in vars(one))
    right = vars(owner)[name]
    is_property = isinstance(right, property)
    other = make(right.fget if is_property else right)

    def noted(*args: Any, **kwargs: Any) -> Any:
        used.add(target)
        return other(*args, **kwargs)

    if classes:
        setattr(owner, name, property(noted) if is_property else noted)
    else:
        exchange(right, noted)


def watch_all(used: set[str]) -> None:
    """Leave every target as it is, and note which are called."""
    for target in {sabotage.target for sabotage in SABOTAGES}:
        put(target, lambda right: right, used)


def names(cell: Cell, kind: type[ast.expr_context]) -> set[str]:
    """The names that a cell stores, or loads."""
    nodes = list(ast.walk(ast.parse(cell.source)))
    found = {n.id for n in nodes if isinstance(n, ast.Name) and isinstance(n.ctx, kind)}
    if kind is ast.Store:
        found |= {n.name for n in nodes if isinstance(n, ast.FunctionDef)}
        imports = [n for n in nodes if isinstance(n, ast.Import | ast.ImportFrom)]
        found |= {alias.asname or alias.name for n in imports for alias in n.names}
    return found


def cells(page: Page) -> Iterator[Cell]:
    """The cells that claims can rest on, in order; of figures, those whose names a check reads."""
    checks = [cell for cell in page.code if "check" in cell.tags]
    read = set().union(*(names(cell, ast.Load) for cell in checks))
    for cell in page.code:
        if cell.tags & LEFT_OUT and not ("figure" in cell.tags and names(cell, ast.Store) & read):
            continue
        if "explore(" not in cell.source:
            yield cell


def run_chapter(path: Path, sabotage: Sabotage | None) -> Run:
    """Run the cells of a chapter under a sabotage, or as they are, past cells that crash."""
    used, collector, crashed = set[str](), Collector(), list[str]()
    for right, wrong in ((RIGHT_CHECK, collector), (claims.glue, lambda *_: None)):
        exchange(right, wrong)
    if sabotage is None:
        watch_all(used)
    else:
        put(sabotage.target, sabotage.wrong, used)
    os.chdir(path.parent)
    namespace: dict[str, Any] = {}
    signal.alarm(SECONDS_A_RUN)
    for cell in cells(read_page(path)):
        try:
            with contextlib.redirect_stdout(io.StringIO()):
                exec(compile(cell.source, cell.id, "exec"), namespace)
        except Exception:
            crashed.append(cell.id)
    signal.alarm(0)
    name = "" if sabotage is None else sabotage.name
    found = tuple(collector.refused), tuple(collector.passed), tuple(crashed)
    return Run(path.stem, name, tuple(used), *found)


def job(task: tuple[Path, str]) -> Run:
    """Run one chapter under the sabotage of this name, in a process that does nothing else."""
    matplotlib.use("Agg")

    def stop(*_: Any) -> None:
        raise TimeoutError(f"over {SECONDS_A_RUN} s")

    signal.signal(signal.SIGALRM, stop)
    path, name = task
    try:
        return run_chapter(path, BY_NAME.get(name))
    except TimeoutError:
        return Run(path.stem, name, crashed=("out of time",))


def run_all(tasks: Sequence[tuple[Path, str]]) -> Iterator[Run]:
    """Each task in a process of its own, forked from this one, in which nothing is broken."""
    fork = multiprocessing.get_context("fork")
    with fork.Pool(AT_A_TIME, maxtasksperchild=1) as workers:
        yield from workers.imap_unordered(job, tasks, chunksize=1)


def chosen(share: int, seed: int) -> tuple[Sabotage, ...]:
    """Every share-th sabotage, from a place that the seed gives."""
    return SABOTAGES[seed % share :: share]


def matrix(runs: Sequence[Run], clean: Sequence[Run]) -> dict[str, list[str]]:
    """For each sabotage that was used, the claims that refused, as chapter:claim."""
    standing = {f"{run.chapter}:{claim}" for run in clean for claim in run.passed}
    found: dict[str, list[str]] = {}
    for run in runs:
        refused = [f"{run.chapter}:{claim}" for claim in run.refused]
        found.setdefault(run.sabotage, []).extend(one for one in refused if one in standing)
    return found


def report(found: dict[str, list[str]], clean: Sequence[Run], reasons: dict[str, Any]) -> list[str]:
    """Both shares; sabotages that no claim noticed, claims that none broke, but for reasons."""
    standing = {f"{run.chapter}:{claim}" for run in clean for claim in run.passed}
    missed = sorted(name for name, refused in found.items() if not refused)
    broken = {claim for refused in found.values() for claim in refused}
    lines = [f"{len(found) - len(missed)} of {len(found)} sabotages caught"]
    lines += [f"{len(broken)} of {len(standing)} claims refused under at least one sabotage"]
    lines += [f"unnoticed: {name}" for name in missed if name not in reasons.get("unnoticed", {})]
    firm = sorted(standing - broken - set(reasons.get("unbroken", {})))
    return lines + [f"unbroken: {claim}" for claim in firm]


def witnesses(found: dict[str, list[str]]) -> str:
    """For each sabotage a claim that caught it, as the table that the tests draw from."""
    rows = [f'"{name}" = "{refused[0]}"' for name, refused in sorted(found.items()) if refused]
    return "\n".join(["[caught]", *rows])


def main(arguments: Sequence[str]) -> int:
    parser = argparse.ArgumentParser(prog="python -m tools.sabotage", description=__doc__)
    parser.add_argument("chapters", nargs="*", help="names of chapters; default all")
    parser.add_argument("--share", type=int, default=1, help="draw one sabotage in N")
    parser.add_argument("--seed", type=int, default=int(time.time() // 86400), help="of the draw")
    given = parser.parse_args(arguments)
    paths = [p for p in contents.notebooks() if not given.chapters or p.stem in given.chapters]
    sabotages = chosen(given.share, given.seed)
    clean = list(run_all([(path, "") for path in paths]))
    for run in clean:
        if run.refused or run.crashed:
            print(f"{run.chapter} does not stand as it is: {run.refused} {run.crashed}")
    uses = {run.chapter: set(run.used) for run in clean}
    tasks = [(p, one.name) for one in sabotages for p in paths if one.target in uses[p.stem]]
    found = matrix(list(run_all(tasks)), clean)
    reasons = tomllib.loads(REASONS.read_text(encoding="utf-8")) if REASONS.is_file() else {}
    lines = report(found, clean, reasons)
    print(f"seed {given.seed}", *lines, witnesses(found), sep="\n")
    return int(any(line.startswith("unnoticed") for line in lines))


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
