"""Every numeric module is broken by `make mutants`, and judged by tests that there are."""

from __future__ import annotations

from pathlib import Path

import pytest

from tools.mutants import TESTS, drawn, options

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


def test_shares_are_parts_of_the_whole() -> None:
    pytest.importorskip("cosmic_ray")
    whole = [mutant.key for mutant in drawn("dynamics.noise", 1, 0)]
    parts = [mutant.key for seed in range(3) for mutant in drawn("dynamics.noise", 3, seed)]
    assert sorted(parts) == sorted(whole)


def test_a_share_is_a_natural_number(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit):
        options(["--share", "0"])
    assert "--share is 0" in capsys.readouterr().err
