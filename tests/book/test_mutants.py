"""Every numeric module is broken by `make mutants`, and judged by tests that there are."""

from __future__ import annotations

from pathlib import Path

from tools.mutants import TESTS

ROOMS = ("dynamics", "analysis", "training", "networks")
# Messages of refusals, and words and files: nothing is computed in them.
NOT_NUMERIC = {"dynamics._checks", "networks.report", "networks.written_back"}


def test_every_numeric_module_has_tests_that_answer_for_it(root: Path) -> None:
    files = (path for room in ROOMS for path in (root / "helpers" / room).glob("*.py"))
    modules = {f"{path.parent.name}.{path.stem}" for path in files if path.stem != "__init__"}
    assert set(TESTS) == modules - NOT_NUMERIC


def test_the_tests_are_there(root: Path) -> None:
    names = {name for tests in TESTS.values() for name in tests}
    assert not {name for name in names if not (root / f"tests/helpers/test_{name}.py").is_file()}
