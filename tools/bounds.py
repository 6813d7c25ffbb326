"""Print the value of every claim beside its bound, and how far apart they are: `make bounds`.

    python -m tools.bounds [CHAPTER ...]

A bound that is rounding is told in units of eps, the distance from 1 to the next number: values
that are compared so are relative, to the largest entry of what they compare. Of any other bound it
is told how many times larger it could be made, or the value smaller, before the claim would fail;
a factor above 100 is a claim that says too little, unless tests/book/bounds.toml says why not.
"""

from __future__ import annotations

import argparse
import math
import re
import sys
import tomllib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from tools.kernel import apply_settings

apply_settings()  # before anything imports NumPy

from tools import contents
from tools.rehearsal import Rehearsal, in_a_fork
from tools.sabotage import prepared

EPS = 2.0**-52
ROUNDING = 1e-9  # a bound up to here is for rounding alone
TOO_FAR = 100.0
REASONS = contents.ROOT / "tests" / "book" / "bounds.toml"
NUMBER = r"(-?[\d.e+-]+)"
KINDS = {
    kind: re.compile(pattern)
    for kind, pattern in {
        "at most": rf"at most {NUMBER}",
        "at least": rf"at least {NUMBER}",
        "about": rf"within {NUMBER} of {NUMBER}",
    }.items()
}


@dataclass(frozen=True)
class Measured:
    """A claim as it was measured: its value, and its bound in words."""

    claim: str
    value: float
    bound: str

    @property
    def kind(self) -> str:
        return next(kind for kind, pattern in KINDS.items() if pattern.fullmatch(self.bound))

    @property
    def numbers(self) -> tuple[float, ...]:
        found = KINDS[self.kind].fullmatch(self.bound)
        assert found is not None
        return tuple(float(text) for text in found.groups())

    @property
    def distance(self) -> float:
        """What the bound keeps small: the value, or how far it is from its target."""
        return abs(self.value - self.numbers[1]) if self.kind == "about" else abs(self.value)

    @property
    def rounding(self) -> bool:
        """Whether the bound leaves room for rounding alone."""
        size = max(1.0, abs(self.numbers[-1])) if self.kind == "about" else 1.0
        return self.kind != "at least" and abs(self.numbers[0]) <= ROUNDING * size

    @property
    def factor(self) -> float:
        """How many times the distance goes into the bound, or a lower bound into the value.

        Of a bound 0 it is 1: that a number has a sign is not said too weakly.
        """
        larger, smaller = abs(self.numbers[0]), self.distance
        if self.kind == "at least":
            larger, smaller = smaller, larger
        if larger == smaller or self.numbers[0] == 0.0:
            return 1.0
        return larger / smaller if smaller > 0.0 else math.inf

    def __str__(self) -> str:
        room = f"{self.numbers[0] / EPS:.3g} eps" if self.rounding else f"{self.factor:.3g} times"
        return f"{self.claim:50} {self.value:12.5g}   {self.bound:28} {room}"


def measured(paths: Sequence[Path]) -> Iterator[Measured]:
    """Every claim of these chapters, as it is measured here and now."""
    prepared()
    for path in paths:
        yield from in_a_fork(lambda path=path: _of(path)) or ()


def _of(path: Path) -> list[Measured]:
    records = [record for scene in Rehearsal(path, ()).scenes for record in scene.records]
    parts = [vars(record) for record in records]
    return [Measured(f"{path.stem}:{p['claim']}", p["value"], p["bound"]) for p in parts]


def loose(found: Sequence[Measured]) -> list[str]:
    """The claims whose bound is too far off, without a reason."""
    reasons = tomllib.loads(REASONS.read_text(encoding="utf-8"))["far"]
    far = [one for one in found if not one.rounding and one.factor > TOO_FAR]
    return [one.claim for one in far if one.claim not in reasons]


def main(arguments: Sequence[str]) -> int:
    parser = argparse.ArgumentParser(prog="python -m tools.bounds", description=__doc__)
    parser.add_argument("chapters", nargs="*", help="names of chapters; default all")
    given = parser.parse_args(arguments)
    paths = [p for p in contents.notebooks() if not given.chapters or p.stem in given.chapters]
    found = []
    for one in measured(paths):
        found.append(one)
        print(one, flush=True)
    too_far = loose(found)
    print(f"{len(found)} claims, {sum(one.rounding for one in found)} with a rounding bound")
    print(*(f"over {TOO_FAR:g} times, without a reason: {claim}" for claim in too_far), sep="\n")
    return int(bool(too_far))


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
