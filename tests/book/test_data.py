"""The networks that the book ships: all of them, as they were trained, and no more than 5 MB."""

from __future__ import annotations

import hashlib
from collections import Counter

import numpy as np
import pytest

from helpers.networks.ensemble import load_ensemble
from helpers.training.plans import Plan
from tools import train

LARGEST = 5_000_000  # bytes


def test_the_ensemble_is_whole() -> None:
    names = {path.stem for path in train.DATA.glob("*.npz")}
    assert names == {plan.name for plan in train.ensemble()}
    sets = Counter((plan.recipe.name, plan.n_units) for plan in train.ensemble())
    assert sets == {
        ("clipped", 50): 4 * 2 * 21,
        ("author", 50): 4 * 2 * 6,
        ("clipped", 100): 2 * 2 * 5,
    }


def test_it_is_small() -> None:
    assert sum(path.stat().st_size for path in train.DATA.iterdir()) <= LARGEST


def test_the_files_are_those_that_were_sealed() -> None:
    lines = (train.DATA / train.SUMS).read_text(encoding="utf-8").splitlines()
    sealed = {name: digest for digest, name in (line.split("  ") for line in lines)}
    found = {path.name: path for path in train.DATA.glob("*.npz")}
    assert sealed.keys() == found.keys()
    for name, path in found.items():
        assert hashlib.sha256(path.read_bytes()).hexdigest() == sealed[name], name


@pytest.mark.parametrize(
    ("task", "plans", "largest"),
    [
        ("evidence", train.evidence(), 500_000),
        ("reach", train.reachers(), 150_000),
        ("timing", train.timing(), 400_000),
        ("two-sided", train.two_sided(), 400_000),
    ],
)
def test_the_networks_of_a_task_are_whole_and_sealed(
    task: str, plans: list[Plan], largest: int
) -> None:
    folder = train.DATA / task
    found = {path.name: path for path in folder.glob("*.npz")}
    assert found.keys() == {f"{plan.name}.npz" for plan in plans}
    lines = (folder / train.SUMS).read_text(encoding="utf-8").splitlines()
    sealed = {name: digest for digest, name in (line.split("  ") for line in lines)}
    for name, path in found.items():
        assert hashlib.sha256(path.read_bytes()).hexdigest() == sealed[name], name
    assert sum(path.stat().st_size for path in found.values()) <= largest


def test_the_networks_at_several_steps_are_whole_and_sealed() -> None:
    folder, plans = train.DATA / "steps", {plan.name: plan for plan in train.over_steps()}
    members = {member.name: member for member in load_ensemble(folder)}
    assert {name: member.plan for name, member in members.items()} == plans
    lines = (folder / train.SUMS).read_text(encoding="utf-8").splitlines()
    sealed = {name: digest for digest, name in (line.split("  ") for line in lines)}
    assert sealed.keys() == {f"{name}.npz" for name in plans}
    for name, digest in sealed.items():
        assert hashlib.sha256((folder / name).read_bytes()).hexdigest() == digest, name
    assert sum(path.stat().st_size for path in folder.iterdir()) <= 400_000


def test_each_network_began_where_its_plan_says_and_moved() -> None:
    plans = {plan.name: plan for plan in train.ensemble()}
    for member in load_ensemble(train.DATA):
        assert member.plan == plans[member.name]
        assert len(member.network.curve) == 100
        moved = np.linalg.norm(member.network.w - member.before.w) / np.linalg.norm(member.before.w)
        assert 0.01 < moved < 0.5, member.name
        assert not np.any(member.network.b)
