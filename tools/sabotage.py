"""Break helpers in one place and see which claims of the chapters refuse: `make sabotage`.

    python -m tools.sabotage [CHAPTER ...]
    python -m tools.sabotage --share 10 [--seed N]

A sabotage is caught when `check` refuses a claim, not when a cell crashes. Each is tried on the
claims that it reaches, the quickest first, until one refuses; then each claim that nothing has
broken yet is tried with the sabotages that reach it. The report says which sabotages no claim
noticed, which claims none could break, and, where a mistake has a size, the smallest that was
noticed; those with a reason stand in tests/book/sabotage.toml. With --share, one sabotage in so
many, drawn by the day, is tried on the claim that is known to catch it; the tests do so.
"""

from __future__ import annotations

import argparse
import sys
import time
import tomllib
from collections.abc import Sequence
from concurrent.futures import FIRST_COMPLETED, ProcessPoolExecutor, wait
from dataclasses import dataclass, field
from multiprocessing import get_context
from pathlib import Path
from typing import Any

from tools.kernel import apply_settings, load

apply_settings()  # before anything imports NumPy

import matplotlib

from tools import contents
from tools.pages import read_page
from tools.rehearsal import Rehearsal, in_a_fork, stands
from tools.sabotages import SABOTAGES, Sabotage

AT_A_TIME = 2
TRIES = 6  # for a claim that none has broken
PLACES = 2  # of a chapter, for a sabotage that none has caught
REASONS = contents.ROOT / "tests" / "book" / "sabotage.toml"
BY_NAME = {sabotage.name: sabotage for sabotage in SABOTAGES}
TARGETS = sorted({sabotage.target for sabotage in SABOTAGES})


@dataclass
class Verdict:
    """What one chapter said: claims that stand, and claim by claim what broke it."""

    chapter: str
    faults: list[str] = field(default_factory=list)
    standing: list[str] = field(default_factory=list)
    used: set[str] = field(default_factory=set)
    caught: dict[str, tuple[str, float]] = field(default_factory=dict)
    broken: set[str] = field(default_factory=set)
    smallest: dict[str, tuple[float, float]] = field(default_factory=dict)


class Trial:
    """One chapter against the sabotages that reach it, less those that others have caught."""

    def __init__(self, path: Path, known: set[str]) -> None:
        self.stage, self.known, self.tried = Rehearsal(path, TARGETS), known, set[Any]()
        scenes = self.stage.scenes
        self.verdict = Verdict(path.stem)
        self.verdict.faults = [s.crashed for s in scenes if s.crashed]
        self.verdict.faults += [claim for s in scenes for claim in s.refused]
        self.verdict.standing = [claim for s in scenes for claim in s.passed]
        self.verdict.used = set().union(*(s.called for s in scenes))
        self.reached = {target: self.stage.reached(target) for target in self.verdict.used}

    def run(self) -> Verdict:
        for place in sorted(self._places(), key=self._cost):
            self._until_broken(place)
        for sabotage in SABOTAGES:
            if sabotage.target in self.reached and not self._caught(sabotage):
                self._until_caught(sabotage)
        return self.verdict

    def _places(self) -> list[int]:
        return [place for place, scene in enumerate(self.stage.scenes) if scene.passed]

    def _cost(self, place: int) -> float:
        return sum(scene.seconds for scene in self.stage.whole_road(place))

    def _caught(self, sabotage: Sabotage) -> bool:
        return sabotage.name in self.verdict.caught or sabotage.name in self.known

    def _direct(self, sabotage: Sabotage, place: int) -> bool:
        return sabotage.target in self.stage.scenes[place].called

    def _until_broken(self, place: int) -> None:
        """First come sabotages that the cell itself calls, that are not caught, that are rare."""
        reach = [s for s in SABOTAGES if place in self.reached.get(s.target, ())]
        reach.sort(
            key=lambda s: (
                not self._direct(s, place),
                self._caught(s),
                len(self.reached[s.target]),
            )
        )
        for sabotage in reach[:TRIES]:
            if {*self.stage.scenes[place].passed} <= self.verdict.broken:
                return
            self._try(sabotage, place)

    def _until_caught(self, sabotage: Sabotage) -> None:
        places = [p for p in self.reached[sabotage.target] if self.stage.scenes[p].passed]
        places.sort(key=lambda p: (not self._direct(sabotage, p), self._cost(p)))
        for place in [p for p in places if (sabotage.name, p) not in self.tried][:PLACES]:
            if self._try(sabotage, place):
                return

    def _try(self, sabotage: Sabotage, place: int) -> bool:
        """Run the cell at this place under a sabotage; note and say whether it refused a claim."""
        self.tried.add((sabotage.name, place))
        said = self.stage.under(sabotage.target, sabotage.wrong, place)
        refused = [claim for claim in said.refused if claim in self.stage.scenes[place].passed]
        self.verdict.broken |= set(refused)
        if refused:
            witness = f"{self.verdict.chapter}:{refused[0]}", self._cost(place)
            if sabotage.family and not self._caught(sabotage):
                self.verdict.smallest[sabotage.name] = self._smallest(sabotage, place)
            self.verdict.caught.setdefault(sabotage.name, witness)
        return bool(refused)

    def _smallest(self, sabotage: Sabotage, place: int) -> tuple[float, float]:
        """The factors nearest to 1, from below and from above, at which the cell refuses."""
        assert sabotage.family is not None
        found = []
        for factors in ((0.999, 0.99, 0.9, 0.5), (1.001, 1.01, 1.1, 2.0)):
            family = sabotage.family
            noticed = (
                factor
                for factor in factors
                if self.stage.under(sabotage.target, family(factor), place).refused
            )
            found.append(next(noticed, float("nan")))
        return found[0], found[1]


def trial(path: Path, known: set[str]) -> Verdict:
    """One chapter, in a process in which nothing else has run."""
    found = in_a_fork(lambda: Trial(path, known).run())
    return found or Verdict(path.stem, ["it ended without a word"])


def prepared() -> None:
    matplotlib.use("Agg")
    load()


def try_all(paths: Sequence[Path]) -> list[Verdict]:
    """All chapters, two at a time; what one has caught is not tried again on the next."""
    prepared()
    verdicts, known, waiting = list[Verdict](), set[str](), list(paths)
    with ProcessPoolExecutor(AT_A_TIME, mp_context=get_context("fork")) as workers:
        running = {workers.submit(trial, waiting.pop(0), known) for _ in paths[:AT_A_TIME]}
        while running:
            done, running = wait(running, return_when=FIRST_COMPLETED)
            for future in done:
                verdict = future.result()
                verdicts.append(verdict)
                known |= set(verdict.caught)
                print(progress(verdict), file=sys.stderr, flush=True)
                if waiting:
                    running.add(workers.submit(trial, waiting.pop(0), known))
    return verdicts


def progress(verdict: Verdict) -> str:
    broken, standing = len(verdict.broken), len(verdict.standing)
    faults = f"; as it is: {verdict.faults}" if verdict.faults else ""
    return (
        f"{verdict.chapter}: {len(verdict.caught)} sabotages caught, "
        f"{broken} of {standing} claims refused{faults}"
    )


def report(verdicts: Sequence[Verdict], reasons: dict[str, Any]) -> list[str]:
    """Both shares; sabotages that no claim noticed, claims that none broke, but for reasons."""
    used = set().union(*(verdict.used for verdict in verdicts))
    tried = [s.name for s in SABOTAGES if s.target in used]
    caught = {name for verdict in verdicts for name in verdict.caught}
    standing = [f"{v.chapter}:{claim}" for v in verdicts for claim in v.standing]
    broken = {f"{v.chapter}:{claim}" for v in verdicts for claim in v.broken}
    missed = [n for n in tried if n not in caught and n not in reasons.get("unnoticed", {})]
    firm = [c for c in standing if c not in broken and c not in reasons.get("unbroken", {})]
    return [
        f"{len(caught)} of {len(tried)} sabotages caught",
        f"{len(broken)} of {len(standing)} claims refused under at least one sabotage",
        *(f"unused: {s.name}" for s in SABOTAGES if s.target not in used),
        *(f"unnoticed: {name}" for name in missed),
        *(f"unbroken: {claim}" for claim in firm),
    ]


def witnesses(verdicts: Sequence[Verdict]) -> list[str]:
    """For each sabotage the claim that caught it most quickly, and the smallest sizes: as TOML."""
    found: dict[str, tuple[str, float]] = {}
    for verdict in verdicts:
        for name, (claim, cost) in verdict.caught.items():
            if name not in found or cost < found[name][1]:
                found[name] = claim, cost
    sizes = {name: pair for verdict in verdicts for name, pair in verdict.smallest.items()}
    return [
        "[smallest]",
        *(f'"{name}" = [{low:g}, {high:g}]' for name, (low, high) in sorted(sizes.items())),
        "[caught]",
        *(f'"{name}" = "{found[name][0]}"' for name in sorted(found)),
    ]


def reasons() -> dict[str, Any]:
    """What tests/book/sabotage.toml says."""
    return tomllib.loads(REASONS.read_text(encoding="utf-8")) if REASONS.is_file() else {}


def drawn(share: int, seed: int) -> list[tuple[str, str]]:
    """Of the sabotages that are caught, every share-th from a place that the seed gives."""
    return sorted(reasons()["caught"].items())[seed % share :: share]


def refuses(name: str, witness: str) -> bool:
    """Whether a claim, chapter:claim, refuses under the sabotage of this name."""
    chapter, _, claim = witness.partition(":")
    path = next(path for path in contents.notebooks() if path.stem == chapter)
    sabotage = BY_NAME[name]
    said = in_a_fork(lambda: stands(read_page(path), claim, sabotage.target, sabotage.wrong))
    return said is False


def main(arguments: Sequence[str]) -> int:
    parser = argparse.ArgumentParser(prog="python -m tools.sabotage", description=__doc__)
    parser.add_argument("chapters", nargs="*", help="names of chapters; default all")
    parser.add_argument(
        "--share", type=int, help="try one sabotage in N on the claim that knows it"
    )
    parser.add_argument("--seed", type=int, default=int(time.time() // 86400), help="of the draw")
    given = parser.parse_args(arguments)
    if given.share:
        prepared()
        print(f"seed {given.seed}")
        lost = [name for name, claim in drawn(given.share, given.seed) if not refuses(name, claim)]
        print(*(f"no longer caught: {name}" for name in lost), sep="\n")
        return int(bool(lost))
    paths = [p for p in contents.notebooks() if not given.chapters or p.stem in given.chapters]
    verdicts = try_all(paths)
    lines = report(verdicts, reasons())
    print(*lines, *witnesses(verdicts), sep="\n")
    return int(any(line.startswith(("unnoticed", "unbroken")) for line in lines))


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
