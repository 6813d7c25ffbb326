"""Break helpers in many small ways and count what the tests notice: `make mutants`.

Cosmic Ray makes the mutants, one change each: another operator, another number, a condition turned
round, a decorator gone. Each module is mutated in a copy of the project, two modules at a time, and
judged by the tests named here. A survivor that does no harm is listed with its reason in
tests/mutants.toml; any other survivor is printed as one to write a test for.

    python -m tools.mutants            all modules
    python -m tools.mutants schemes    only these
"""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
import tempfile
import tomllib
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
HARMLESS = ROOT / "tests" / "mutants.toml"
ENOUGH = 0.9
# The tests that answer for a module, the likeliest to notice first.
TESTS = {
    "systems": ("systems", "schemes", "bad_inputs", "simulation"),
    "schemes": ("schemes", "spectra", "simulation", "bad_inputs"),
    "procedures": ("procedures", "bad_inputs", "extension"),
    "equivalence": ("equivalence", "procedures", "bad_inputs"),
    "spectra": ("spectra", "bad_inputs"),
}
# One neighbour for each operator: the other replacements fail for the same reasons.
ONE_OF_EACH = [
    "core/ReplaceBinaryOperator_(?!(Add_Sub|Sub_Add|Mul_Div|Div_Mul|Pow_Mul|MatMul_Mul)$).*",
    "core/ReplaceComparisonOperator_(?!(Eq_NotEq|NotEq_Eq|Lt_LtE|Lt_GtE|LtE_Lt|LtE_Gt|Gt_GtE"
    "|Gt_LtE|GtE_Gt|GtE_Lt|Is_IsNot|IsNot_Is)$).*",
    "core/ReplaceUnaryOperator_(?!USub_UAdd$).*",
]
CONFIG = """\
[cosmic-ray]
module-path = "helpers/{module}.py"
timeout = 120.0
excluded-modules = []
test-command = {command}

[cosmic-ray.distributor]
name = "local"

[cosmic-ray.filters.operators-filter]
exclude-operators = {operators}
"""


@dataclass(frozen=True)
class Survivor:
    """A mutant that no test noticed: where it is and the line it changed."""

    module: str
    operator: str
    line: int
    before: str
    after: str

    @property
    def key(self) -> str:
        """What tests/mutants.toml calls it; the text of the change, since line numbers move."""
        return f"{self.module}: {self.before} -> {self.after}"


def mutate(module: str, place: Path) -> tuple[int, list[Survivor]]:
    """Run all mutants of one module in a copy of the project; return their number and survivors."""
    copy = place / module
    skip = shutil.ignore_patterns(".*", "_build", "*.egg-info", "__pycache__")
    shutil.copytree(ROOT, copy, ignore=skip)
    tests = [f"tests/helpers/test_{name}.py" for name in TESTS[module]]
    present = [test for test in tests if (copy / test).exists()]
    options = "-x -q -p no:cacheprovider -o addopts= --import-mode=importlib --noconftest"
    command = f"{sys.executable} -m pytest {options} {' '.join(present)}"
    _run(command.split(), copy, f"the tests of {module} fail before anything is broken")
    operators = json.dumps(ONE_OF_EACH)
    config = CONFIG.format(module=module, command=json.dumps(command), operators=operators)
    (copy / "mutants.toml").write_text(config, encoding="utf-8")
    session = ["mutants.toml", "mutants.sqlite"]
    _run(["cosmic-ray", "init", *session], copy, "cosmic-ray found nothing to do")
    _run(["cr-filter-operators", *reversed(session)], copy, "the filter failed")
    _run(["cosmic-ray", "exec", *session], copy, "cosmic-ray stopped")
    return _outcome(module, copy)


def _run(command: list[str], place: Path, trouble: str) -> str:
    # Cosmic Ray's own commands stand beside the interpreter that runs this one.
    command = [str(Path(sys.executable).parent / command[0]), *command[1:]]
    # Nothing is loaded that these tests do not use: a mutant takes two seconds, not six. CI is how
    # hypothesis is told to draw the same examples for all.
    bare = os.environ | {"PYTEST_DISABLE_PLUGIN_AUTOLOAD": "1", "CI": "true"}
    done = subprocess.run(command, cwd=place, env=bare, capture_output=True, text=True, check=False)
    if done.returncode:
        sys.exit(f"{trouble}:\n{done.stdout[-2000:]}{done.stderr[-2000:]}")
    return done.stdout


def _outcome(module: str, copy: Path) -> tuple[int, list[Survivor]]:
    lines = _run(["cosmic-ray", "dump", "mutants.sqlite"], copy, "the results cannot be read")
    total, survivors = 0, []
    for line in lines.splitlines():
        item, result = json.loads(line)
        if result is None or result["worker_outcome"] != "normal":
            continue
        total += 1
        if result["test_outcome"] == "survived":
            mutation = item["mutations"][0]
            gone, came = _changed(result["diff"] or "")
            survivors.append(
                Survivor(module, mutation["operator_name"], mutation["start_pos"][0], gone, came)
            )
    return total, survivors


def _changed(diff: str) -> tuple[str, str]:
    def side(sign: str) -> str:
        rows = [r[1:].strip() for r in diff.splitlines() if r[:1] == sign and r[:3] != sign * 3]
        return " ".join(rows)

    return side("-"), side("+")


def main(modules: list[str]) -> int:
    """Print the score of each module and the survivors; 1 if fewer than nine in ten are caught."""
    unknown = [module for module in modules if module not in TESTS]
    if unknown:
        sys.exit(f"no tests are named for {', '.join(unknown)}; choose from {', '.join(TESTS)}")
    harmless = tomllib.loads(HARMLESS.read_text(encoding="utf-8")) if HARMLESS.exists() else {}
    caught = everything = unexplained = 0
    with tempfile.TemporaryDirectory() as place, ThreadPoolExecutor(2) as pool:
        runs = pool.map(lambda module: mutate(module, Path(place)), modules)
        for module, (total, survivors) in zip(modules, runs, strict=True):
            caught, everything = caught + total - len(survivors), everything + total
            print(
                f"{module:12} {total - len(survivors):4d} of {total:4d} mutants caught", flush=True
            )
            for survivor in survivors:
                reason = harmless.get(survivor.key)
                unexplained += reason is None
                print(f"    line {survivor.line}: {survivor.before}  ->  {survivor.after}")
                print(
                    f"        {reason or 'NOT EXPLAINED: write a test, or say why it is harmless'}"
                )
    print(f"{caught} of {everything} mutants caught: {caught / everything:.1%}")
    print(f"{unexplained} survivors without a reason in tests/{HARMLESS.name}")
    return int(caught < ENOUGH * everything or unexplained > 0)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:] or list(TESTS)))
