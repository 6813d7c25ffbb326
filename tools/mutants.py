"""Break helpers in many small ways and count what the tests notice: `make mutants`.

Cosmic Ray makes the mutants, one change each: another operator, another number, a condition turned
round, a decorator gone. Each is imported in place of its module, in a process of its own that has
NumPy and the rest loaded already, and judged by the tests named here. A survivor that does no harm
is listed with its reason in tests/mutants.toml; any other is printed as one to write a test for.

    python -m tools.mutants                     all modules: about 5500 mutants, some hours
    python -m tools.mutants dynamics.schemes    only these
    python -m tools.mutants --share 20          every twentieth mutant; --seed N says from which on
"""

from __future__ import annotations

import argparse
import contextlib
import difflib
import importlib.abc
import importlib.util
import math
import multiprocessing
import os
import re
import signal
import sys
import time
import tomllib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

from tools.kernel import apply_settings, load

apply_settings()  # before anything imports NumPy

ROOT = Path(__file__).resolve().parent.parent
HARMLESS = ROOT / "tests" / "mutants.toml"
ENOUGH = 0.95
PATIENCE = 5  # times what the tests take with nothing broken; a mutant that runs longer is noticed
# The tests that answer for a module, the likeliest to notice first.
TESTS = {
    "dynamics.systems": ("systems", "schemes", "bad_inputs", "simulation"),
    "dynamics.activations": ("activations", "systems", "bad_inputs"),
    "dynamics.recurrent": ("systems", "schemes", "bad_inputs", "simulation", "activation_rnn"),
    "dynamics.linear": ("systems", "schemes", "bad_inputs", "simulation"),
    "dynamics.one_step": ("schemes", "spectra", "bad_inputs"),
    "dynamics.runge_kutta": ("schemes", "spectra", "simulation", "bad_inputs"),
    "dynamics.exponential": ("schemes", "spectra", "simulation", "bad_inputs"),
    "dynamics.schemes": ("schemes", "spectra", "simulation", "bad_inputs"),
    "dynamics.differentiation": ("differentiation", "systems", "procedures"),
    "dynamics.procedures": ("procedures", "bad_inputs", "extension"),
    "dynamics.tangent": ("procedures", "bad_inputs", "extension"),
    "dynamics.conventions": ("conventions", "bad_inputs", "activation_rnn", "noise"),
    "dynamics.simulation": ("simulation", "bad_inputs", "noise"),
    "dynamics.noise": ("noise",),
    "dynamics.averaging": ("decision",),
    "analysis.equivalence": ("equivalence", "procedures", "bad_inputs"),
    "analysis.spectra": ("spectra", "bad_inputs"),
    "analysis.equilibria": ("equilibria", "bad_inputs"),
    "analysis.controllability": ("controllability", "activation_rnn"),
    "analysis.transients": ("transients",),
    "analysis.states": ("states",),
    "analysis.oscillation": ("oscillation",),
    "analysis.statistics": ("statistics",),
    "analysis.samples": ("samples", "verdicts"),
    "analysis.verdicts": ("verdicts",),
    "analysis.noise": ("noise",),
    "analysis.decision": ("decision",),
    "analysis.prediction": ("prediction",),
    "training.weights": ("backpropagation", "training", "training_recipes"),
    "training.tasks": ("tasks", "training"),
    "training.trials": ("training_recipes", "training"),
    "training.starts": ("training_recipes", "training"),
    "training.layers": ("backpropagation", "training_recipes"),
    "training._unrolling": ("backpropagation", "training"),
    "training.backpropagation": ("backpropagation", "training"),
    "training.plans": ("training", "training_recipes", "ensemble"),
    "training.loop": ("training", "training_recipes"),
    "training.evidence": ("evidence",),
    "training.reservoir": ("reservoir",),
    "analysis.signs": ("signs",),
    "analysis.warping": ("warping",),
    "analysis.energy": ("movement",),
    "analysis.movement": ("movement",),
    "dynamics.arm": ("movement",),
    "dynamics.body": ("movement",),
    "training.reach": ("reach",),
    "training.timing": ("timing",),
    "networks.harmonic": ("frequencies", "fates"),
    "networks.frequencies": ("frequencies",),
    "networks.fates": ("fates", "audit"),
    "networks.certificate": ("change_step", "audit"),
    "networks.change_step": ("change_step",),
    "networks.ensemble": ("ensemble", "survey"),
    "networks.survey": ("survey", "ensemble"),
    "networks.inside": ("networks",),
    "networks.network": ("networks", "ensemble"),
    "networks.examination": ("audit",),
    "networks.activity": ("audit",),
    "networks.audit": ("audit",),
}
# One neighbour for each operator: the other replacements fail for the same reasons.
ONE_OF_EACH = re.compile(
    r"core/ReplaceBinaryOperator_(?!(Add_Sub|Sub_Add|Mul_Div|Div_Mul|Pow_Mul|MatMul_Mul)$)"
    r"|core/ReplaceComparisonOperator_(?!(Eq_NotEq|NotEq_Eq|Lt_LtE|Lt_GtE|LtE_Lt|LtE_Gt|Gt_GtE"
    r"|Gt_LtE|GtE_Gt|GtE_Lt|Is_IsNot|IsNot_Is)$)"
    r"|core/ReplaceUnaryOperator_(?!USub_UAdd$)"
)


@dataclass(frozen=True)
class Mutant:
    """A module with one change."""

    module: str
    line: int
    before: str
    after: str
    source: str

    @property
    def key(self) -> str:
        """What tests/mutants.toml calls it; the text of the change, since line numbers move."""
        return f"{self.module}: {self.before} -> {self.after}"


class Instead(importlib.abc.MetaPathFinder, importlib.abc.Loader):
    """Imports a mutant where its module is asked for."""

    def __init__(self, mutant: Mutant) -> None:
        self.name, self.source = f"helpers.{mutant.module}", mutant.source

    def find_spec(self, name: str, path: Any, target: Any = None) -> Any:
        return importlib.util.spec_from_loader(name, self) if name == self.name else None

    def exec_module(self, module: Any) -> None:
        exec(compile(self.source, f"{self.name} (mutant)", "exec"), module.__dict__)


def mutants(module: str) -> Iterator[Mutant]:
    """Every mutant of a module."""
    from cosmic_ray.ast import ast_nodes, get_ast
    from cosmic_ray.mutating import mutate_code
    from cosmic_ray.plugins import get_operator, operator_names

    path = ROOT.joinpath("helpers", *module.split(".")).with_suffix(".py")
    source = path.read_text(encoding="utf-8")
    for name in sorted(operator_names()):
        kind = get_operator(name)
        if ONE_OF_EACH.match(name) or kind.arguments():
            continue
        operator = kind()
        places = [
            p for node in ast_nodes(get_ast(source)) for p in operator.mutation_positions(node)
        ]
        for occurrence, ((line, _), _) in enumerate(places):
            changed = mutate_code(source, operator, occurrence)
            if changed is not None and changed != source:
                yield Mutant(module, line, *_change(source, changed), changed)


def _change(one: str, other: str) -> tuple[str, str]:
    rows = list(difflib.unified_diff(one.splitlines(), other.splitlines(), n=0))[2:]

    def side(sign: str) -> str:
        return " ".join(row[1:].strip() for row in rows if row[:1] == sign)

    return side("-"), side("+")


def passes(tests: Sequence[str]) -> bool:
    """Run the tests until the first that fails, in this process; whether none did."""
    import hypothesis
    import pytest

    # As in conftest.py, which loads more than these tests need.
    hypothesis.settings.register_profile("book", derandomize=True, deadline=None, database=None)
    hypothesis.settings.load_profile("book")
    paths = [f"tests/helpers/test_{name}.py" for name in tests]
    options = ["-x", "-q", "-p", "no:cacheprovider", "-o", "addopts=", "--noconftest"]
    with open(os.devnull, "w") as nowhere, contextlib.redirect_stdout(nowhere):
        return pytest.main([*options, "--import-mode=importlib", *paths]) == 0


def seconds(tests: Sequence[str]) -> float:
    """How long the tests take when nothing is broken; infinite if they fail."""
    start = time.monotonic()
    return time.monotonic() - start if passes(tests) else math.inf


def survives(limit: float, mutant: Mutant) -> bool:
    """Whether no test notices within the limit; in a process that is used once."""

    def late(*_: Any) -> None:
        raise TimeoutError

    signal.signal(signal.SIGALRM, late)
    signal.alarm(math.ceil(limit))
    sys.meta_path.insert(0, Instead(mutant))
    try:
        return passes(TESTS[mutant.module])
    except TimeoutError:
        return False


def drawn(module: str, share: int, seed: int) -> list[Mutant]:
    """Every share-th mutant of a module, from a place that the seed gives."""
    return list(mutants(module))[seed % share :: share]


def options(arguments: Sequence[str]) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m tools.mutants")
    parser.add_argument("modules", nargs="*", metavar="MODULE", help="all, if none is named")
    parser.add_argument("--share", type=int, default=1, help="draw one mutant in N")
    parser.add_argument("--seed", type=int, default=0)
    given = parser.parse_args(arguments)
    unknown = [module for module in given.modules if module not in TESTS]
    if unknown:
        parser.error(f"no tests are named for {', '.join(unknown)}; choose from {', '.join(TESTS)}")
    if given.share < 1:
        parser.error(f"--share is {given.share}; one mutant in N is drawn, with N from 1 on")
    return given


def judged(pool: Any, module: str, made: list[Mutant]) -> list[Mutant]:
    """Those of the mutants that no test of their module notices."""
    needed = pool.apply(seconds, (TESTS[module],))
    if needed == math.inf:
        sys.exit(f"the tests of {module} fail before anything is broken")
    told = pool.imap(partial(survives, 10 + PATIENCE * needed), made, chunksize=1)
    return [mutant for mutant, alive in zip(made, told, strict=True) if alive]


def main(arguments: Sequence[str]) -> int:
    """Print the score of each module and the survivors; 1 if fewer than ENOUGH are caught."""
    given = options(arguments)
    os.chdir(ROOT)
    os.environ["PYTEST_DISABLE_PLUGIN_AUTOLOAD"] = "1"
    load()
    harmless = tomllib.loads(HARMLESS.read_text(encoding="utf-8"))
    caught = everything = unexplained = 0
    pool = multiprocessing.get_context("fork").Pool(os.cpu_count(), maxtasksperchild=1)
    for module in given.modules or TESTS:
        made = drawn(module, given.share, given.seed)
        survivors = judged(pool, module, made)
        caught, everything = caught + len(made) - len(survivors), everything + len(made)
        print(f"{module:20} {len(made) - len(survivors):4d} of {len(made):4d} mutants caught")
        for survivor in survivors:
            reason = harmless.get(survivor.key)
            unexplained += reason is None
            print(f"    line {survivor.line}: {survivor.before}  ->  {survivor.after}")
            print(f"        {reason or 'NOT EXPLAINED: write a test, or say why it is harmless'}")
        sys.stdout.flush()
    print(f"{caught} of {everything} mutants caught: {caught / max(everything, 1):.1%}")
    print(f"{unexplained} survivors without a reason in tests/{HARMLESS.name}")
    return int(caught < ENOUGH * everything or unexplained > 0)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
