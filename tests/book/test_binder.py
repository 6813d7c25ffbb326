"""One source of dependencies: pyproject.toml, the locks made from it, and Binder's use of them."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterator
from pathlib import Path

import pytest
import yaml
from packaging.requirements import Requirement
from packaging.specifiers import SpecifierSet
from packaging.utils import canonicalize_name

from tools import contents, environment, lock

ROOT = contents.ROOT
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
EXTRAS = PROJECT["optional-dependencies"]


def pins(name: str) -> Iterator[Requirement]:
    for line in (ROOT / name).read_text(encoding="utf-8").splitlines():
        if "==" in line and not line.lstrip().startswith("#"):
            yield Requirement(line)


def locked(name: str) -> dict[str, set[str]]:
    found: dict[str, set[str]] = {}
    for pin in pins(name):
        found.setdefault(canonicalize_name(pin.name), set()).add(str(pin.specifier)[2:])
    return found


LOCKS = {
    "requirements.lock": lock.EXTRAS,
    "requirements-binder.lock": lock.READERS,
    "requirements-all.lock": tuple(EXTRAS),
}


@pytest.mark.parametrize("name", LOCKS)
def test_a_lock_names_no_address_and_no_place(name: str) -> None:
    text = (ROOT / name).read_text(encoding="utf-8")
    assert not re.search(r"://|@ |--(index|find-links)|(^|\s)/", text, flags=re.M)


@pytest.mark.parametrize(("name", "extras"), LOCKS.items())
def test_the_lock_holds_what_the_project_asks_for(name: str, extras: tuple[str, ...]) -> None:
    held = locked(name)
    asked = PROJECT["dependencies"] + [one for extra in extras for one in EXTRAS[extra]]
    for text in asked:
        wanted = Requirement(text)
        versions = held.get(canonicalize_name(wanted.name), set())
        assert versions, f"{text}: not in {name}; run make lock"
        assert all(version in wanted.specifier for version in versions), f"{text}: run make lock"


@pytest.mark.parametrize("part", ["requirements.lock", "requirements-binder.lock"])
def test_a_part_has_the_versions_of_the_whole(part: str) -> None:
    whole = locked("requirements-all.lock")
    for name, versions in locked(part).items():
        assert versions <= whole[name], f"{name}: run make lock"


def test_the_heavy_peers_stay_out() -> None:
    heavy = {"jax", "jaxlib", "diffrax", "jupyterlab", "cosmic-ray"}
    assert not heavy & locked("requirements.lock").keys()


def test_binder_has_no_tool_that_its_readers_do_not_call() -> None:
    """Neither the site's, nor the tests', nor the checkers': a server starts the sooner for it."""
    tools = {
        "jupyter-book",
        "sphinx",
        "playwright",
        "mypy",
        "ruff",
        "jupyter-repo2docker",
        "pytest",
    }
    assert not tools & locked("requirements-binder.lock").keys()


def test_what_runs_is_what_is_locked() -> None:
    """The environment of this test is the lock file, no more and no less than it says."""
    from importlib.metadata import version

    if not (ROOT / ".venv" / ".ready").is_file():
        pytest.skip("no environment of make's own")
    different = {
        pin.name: version(pin.name)
        for pin in pins("requirements.lock")
        if (pin.marker is None or pin.marker.evaluate()) and version(pin.name) not in pin.specifier
    }
    assert not different


def test_python_versions_are_said_once() -> None:
    oldest, newest = environment.OLDEST, environment.NEWEST
    supported = SpecifierSet(f">={oldest[0]}.{oldest[1]},<{newest[0]}.{newest[1] + 1}")
    assert SpecifierSet(PROJECT["requires-python"]) == supported


def test_binder_installs_the_lock_and_the_project() -> None:
    told = yaml.safe_load((ROOT / "environment.yml").read_text(encoding="utf-8"))
    installed = ["-r requirements-binder.lock", "-e ."]
    assert told["dependencies"] == ["python=3.11", "pip", {"pip": installed}]


def test_repo2docker_sees_it(monkeypatch: pytest.MonkeyPatch) -> None:
    """Its own code: a conda environment on Python 3.11, made after the repository is copied."""
    from repo2docker.buildpacks import CondaBuildPack

    monkeypatch.chdir(ROOT)
    pack = CondaBuildPack("base")
    assert pack.detect()
    assert pack.python_version == "3.11"
    assert not pack._should_preassemble_env
    assert not pack.separate_kernel_env
    steps = "".join(script for _, script in pack.get_assemble_scripts())
    assert 'env update -p ${NB_PYTHON_PREFIX} --file "environment.yml"' in steps
    assert not any(
        Path(name).name == "environment.yml" for name in pack.get_preassemble_script_files()
    )
