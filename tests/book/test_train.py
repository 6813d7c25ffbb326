"""The command that trains the networks: its names, its refusals, and a run that is killed."""

from __future__ import annotations

import hashlib
import os
import signal
import subprocess
import sys
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from helpers import simulate
from helpers.networks.ensemble import load_ensemble
from helpers.networks.network import load_network
from helpers.training.backpropagation import loss_and_gradient
from helpers.training.evidence import EvidenceTask
from helpers.training.loop import TrainingState
from helpers.training.loop import train as train_one
from helpers.training.plans import Plan, Recipe
from helpers.training.tasks import BooleanTask, FlipFlop
from tools import train

SHORT = BooleanTask("XOR", onset=2, width=3, delay=1, duration=12)
TINY = Recipe("tiny", 1e-2, 100, clip=1.0, noise_free=0.25, samples=100)
PLANS = [
    Plan(SHORT, TINY, "orthogonal", 0, 6),
    Plan(FlipFlop(2, onset=2, width=2, quiet=5, delay=1), TINY, "normal", 1, 5),
]


def parts(state_or_network: Any) -> list[Any]:
    names = ("w", "omega", "readout", "readout_bias")
    return [getattr(state_or_network, name) for name in names]


def assert_shipped(folder: Path, plans: list[Plan]) -> None:
    """Assert that a folder holds these networks and nothing else, as trained without a break."""
    names = sorted([*(f"{plan.name}.npz" for plan in plans), train.SUMS])
    assert sorted(path.name for path in folder.iterdir()) == names
    for line in (folder / train.SUMS).read_text(encoding="utf-8").splitlines():
        digest, name = line.split("  ")
        assert hashlib.sha256((folder / name).read_bytes()).hexdigest() == digest
    members = {member.plan: member.network for member in load_ensemble(folder)}
    for plan in plans:
        undisturbed, network = train_one(plan), members[plan]
        for trained, stored in zip(parts(undisturbed.weights), parts(network), strict=True):
            assert trained.astype(float).tobytes() == stored.tobytes(), plan.name
        assert network.curve.tolist() == np.float32(undisturbed.curve).tolist()
        assert network.recipe["draw_sha256"] == plan.draw_hash()
        assert (network.activation.name, network.delta, network.decay) == ("tanh", 1.0, 1.0)
        assert not np.any(network.b)


@pytest.fixture
def folders(tmp_path: Path) -> dict[str, Path]:
    return {"data": tmp_path / "data", "checkpoints": tmp_path / "checkpoints"}


# --- names ----------------------------------------------------------------------------------------


def test_the_list_names_every_network_once(capsys: pytest.CaptureFixture[str]) -> None:
    assert train.main(["--list"]) == 0
    lines = [line.split() for line in capsys.readouterr().out.splitlines()]
    names = [line[0] for line in lines]
    assert len(names) == len(set(names)) == len(train.shipped())
    updates = {line[0]: line[1:] for line in lines}
    assert [updates[plan.name][0] for plan in train.evidence()] == ["600"] * 20
    assert [updates[plan.name][0] for plan in train.reachers()] == ["2000"] * 6
    assert [updates[plan.name][0] for plan in train.timing()] == ["1500"] * 20
    assert [updates[plan.name][0] for plan in train.two_sided()] == ["1500"] * 20
    # Fifty units: 4 tasks, 2 initialisations, 21 and 6 seeds. A hundred: 2 tasks, 2, 5 seeds.
    names = [plan.name for plan in train.ensemble()]
    assert len(names) == 4 * 2 * (21 + 6) + 2 * 2 * 5
    recipes = Counter("-".join(name.split("-")[-3:-1]) for name in names)
    assert recipes == {"50-clipped": 168, "50-author": 48, "100-clipped": 20}
    assert {"and-normal-50-clipped-20", "flip-flop-orthogonal-50-author-05"} <= set(names)
    assert "xor-orthogonal-100-clipped-04" in names and "or-normal-100-clipped-00" not in names
    assert all(updates[name] == ["4700", "updates"] for name in names)


def test_all_seeds_advance_together_and_the_longest_starts_first() -> None:
    plans = train.ensemble()
    seeds = [plan.seed for plan in plans]
    assert seeds == sorted(seeds)
    assert plans[0].n_units == 100
    rest = [plan for plan in plans if plan.seed == 20]
    assert [plan.task.name == "flip-flop" for plan in rest] == [True] * 2 + [False] * 6


def test_an_unknown_name_is_refused_before_anything_runs(
    folders: dict[str, Path], capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(train, "run", lambda *_, **__: pytest.fail("it ran"))
    words = ["and-normal-50-clipped-00", "nand-normal-50-clipped-00", "and"]
    with pytest.raises(SystemExit) as told:
        train.main(words)
    assert told.value.code == 2
    error = capsys.readouterr().err
    assert "no network is called nand-normal-50-clipped-00, and;" in error and "--list" in error
    assert not any(folder.exists() for folder in folders.values())


def test_what_is_there_is_left_out_unless_it_is_named(
    folders: dict[str, Path], capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[tuple[list[str], Any]] = []
    monkeypatch.setattr(train, "shipped", lambda: PLANS)
    monkeypatch.setattr(
        train, "run", lambda plans, **rest: asked.append(([plan.name for plan in plans], rest))
    )
    options = [word for name, path in folders.items() for word in (f"--{name}", str(path))]
    first, second = (plan.name for plan in PLANS)
    folders["data"].mkdir()
    (folders["data"] / f"{first}.npz").touch()
    assert train.main(options) == 0
    assert train.main([first, first, *options]) == 0
    assert capsys.readouterr().out == ""
    (folders["data"] / f"{second}.npz").touch()
    assert train.main(options) == 0
    assert "All 2 networks are there" in capsys.readouterr().out
    assert asked == [([second], folders), ([first], folders), ([], folders)]


# --- a run ----------------------------------------------------------------------------------------


def test_a_run_ships_every_network_and_leaves_no_checkpoint(
    folders: dict[str, Path], capsys: pytest.CaptureFixture[str]
) -> None:
    with ThreadPoolExecutor(2) as executor:
        train.run(PLANS, **folders, executor=executor)
    assert_shipped(folders["data"], PLANS)
    assert list(folders["checkpoints"].iterdir()) == []
    said = capsys.readouterr().out
    assert all(said.count(plan.name) == 1 for plan in PLANS) and said.count(" loss 0.") == 2


def test_a_leaky_network_is_shipped_as_it_was_trained_in_the_folder_of_its_task(
    tmp_path: Path,
) -> None:
    task = EvidenceTask(onset=1, stimulus=4, response=1)
    recipe = Recipe("leaky", 1e-2, 5, batch=4, alpha=0.2, noise=0.05, activation="relu", fresh=True)
    plan = Plan(task, recipe, "gentle", 0, 6)
    state, folder = train_one(plan), train.place(plan, tmp_path)
    assert folder == tmp_path / "evidence" and train.place(PLANS[0], tmp_path) == tmp_path
    train.ship(plan, state, folder)
    network = load_network(folder / f"{plan.name}.npz")
    assert (network.activation.name, network.delta, network.form) == ("relu", 0.2, "activity")
    trials = task.trials([0.5]).single()
    h = simulate(network.map, np.zeros(6), trials.x[:, 0]).h[1:]
    error = network.output(h) - trials.target[:, 0]
    loss, _ = loss_and_gradient(state.weights, trials, plan.layer())
    assert loss == pytest.approx(np.mean(error**2), rel=1e-5)
    assert network.recipe["recipe"]["noise"] == 0.05 and np.any(network.b)


def test_a_recipe_that_moves_begins_with_the_weights_that_are_shipped() -> None:
    moved = next(plan for plan in train.over_steps() if plan.recipe.name == "moved")
    begun = train.first(moved)
    assert begun is not None and begun.update == 0 and not np.any(begun.moments)
    shipped = load_network(train.DATA / f"{moved.name.replace('moved', 'clipped')}.npz")
    for part, stored in zip(parts(begun.weights), parts(shipped), strict=True):
        np.testing.assert_array_equal(part, stored)
    others = [plan for plan in train.over_steps() if plan.recipe.name != "moved"]
    assert len(others) == 16 and all(train.first(plan) is None for plan in others)


def test_a_run_of_nothing_is_over_at_once(folders: dict[str, Path]) -> None:
    train.run([], **folders)
    assert list(folders["data"].iterdir()) == []


@pytest.mark.parametrize("updates", [1, 3, 33, 251])
def test_the_last_state_is_kept_however_many_updates_there_are(
    folders: dict[str, Path], updates: int
) -> None:
    plan = Plan(SHORT, Recipe("odd", 1e-2, updates, samples=64), "normal", 0, 4)
    folders["checkpoints"].mkdir()
    end = train.work(plan, folder=folders["checkpoints"])
    state, seconds = train.read(folders["checkpoints"] / f"{plan.name}.npz", plan)
    assert state.update == end.update == updates and seconds >= 0.0
    assert state.weights.vector.tobytes() == end.weights.vector.tobytes()


# The worker writes a checkpoint, kills the command that started it, and waits far longer than the
# test does. The second run finds what the first has left.
KILLED = """
import os, signal, sys, time
from pathlib import Path

from helpers.training.tasks import BooleanTask
from helpers.training.plans import Plan, Recipe
from tools import train

PLAN = Plan(
    BooleanTask("XOR", onset=2, width=3, delay=1, duration=12),
    Recipe("tiny", 1e-2, 100, clip=1.0, noise_free=0.25, samples=100), "orthogonal", 0, 6,
)
whole = train.write

def write(path, state, seconds):
    whole(path, state, seconds)
    if state.update == 40:
        os.kill(os.getppid(), signal.SIGKILL)
        time.sleep(600)

train.write = write
if __name__ == "__main__":
    folder = Path(sys.argv[1])
    train.run([PLAN], data=folder / "data", checkpoints=folder / "checkpoints")
"""


@pytest.mark.skipif(os.name != "posix", reason="only POSIX systems can kill a process outright")
def test_a_run_that_was_killed_is_finished_by_the_next_to_the_same_bits(
    tmp_path: Path, folders: dict[str, Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    script = tmp_path / "killed.py"
    script.write_text(KILLED)
    first = subprocess.Popen(
        [sys.executable, str(script), str(tmp_path)],
        env=os.environ | {"PYTHONPATH": str(train.ROOT)},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        start_new_session=True,
    )
    try:
        # A pipe is at its end when nobody holds it any more: the worker ended with the command.
        said, errors = first.communicate(timeout=120)
    except subprocess.TimeoutExpired:
        os.killpg(first.pid, signal.SIGKILL)
        pytest.fail("a worker outlives the command that started it")
    assert (first.returncode, said) == (-signal.SIGKILL, b""), errors.decode()
    assert list(folders["data"].iterdir()) == []
    (checkpoint,) = folders["checkpoints"].iterdir()
    assert checkpoint.name == f"{PLANS[0].name}.npz"
    assert train.read(checkpoint, PLANS[0])[0].update == 40

    updates: list[int] = []
    whole = train.write

    def write(path: Path, state: TrainingState, seconds: float) -> None:
        updates.append(state.update)
        whole(path, state, seconds)

    monkeypatch.setattr(train, "write", write)
    with ThreadPoolExecutor(1) as executor:
        train.run(PLANS[:1], **folders, executor=executor)
    assert updates == list(range(45, 101, 5))  # it went on; it did not begin again
    assert_shipped(folders["data"], PLANS[:1])
    assert list(folders["checkpoints"].iterdir()) == []


def test_a_run_that_fails_keeps_what_was_done(
    folders: dict[str, Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(state: TrainingState) -> None:
        raise MemoryError("no room")

    second = PLANS[1].name
    work = train.work

    def work_or_fail(plan: Plan, *, folder: Path) -> TrainingState:
        if plan.name == second:
            train_one(plan, callback=fail)
        return work(plan, folder=folder)

    monkeypatch.setattr(train, "work", work_or_fail)
    with ThreadPoolExecutor(1) as executor, pytest.raises(MemoryError, match="no room"):
        train.run(PLANS, **folders, executor=executor)
    assert_shipped(folders["data"], PLANS[:1])
    with ThreadPoolExecutor(1) as executor:
        monkeypatch.setattr(train, "work", work)
        train.run(PLANS[1:], **folders, executor=executor)
    assert_shipped(folders["data"], PLANS)


# --- checkpoints ----------------------------------------------------------------------------------


def states_of(plan: Plan) -> list[TrainingState]:
    states: list[TrainingState] = []
    train_one(plan, callback=states.append)
    return states


def test_a_checkpoint_gives_back_every_bit(tmp_path: Path) -> None:
    plan, path = PLANS[0], tmp_path / "one.npz"
    for state in states_of(plan)[9:40:15]:
        train.write(path, state, 12.5)
        again, seconds = train.read(path, plan)
        assert (again.update, again.curve, seconds) == (state.update, state.curve, 12.5)
        assert again.moments.tobytes() == state.moments.tobytes()
        for one, other in zip(parts(again.weights), parts(state.weights), strict=True):
            assert one.dtype == np.float32 and one.tobytes() == other.tobytes()
            assert one.shape == other.shape


def test_a_checkpoint_is_written_whole_or_not_at_all(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    plan, path = PLANS[0], tmp_path / "one.npz"
    states = states_of(plan)
    train.write(path, states[9], 1.0)
    before = path.read_bytes()

    def full(file: Any, **arrays: Any) -> None:
        file.write(b"half of it")
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(np, "savez", full)
    with pytest.raises(OSError, match="No space"):
        train.write(path, states[19], 2.0)
    assert path.read_bytes() == before and list(tmp_path.iterdir()) == [path]


def test_the_seconds_of_both_runs_are_counted(folders: dict[str, Path]) -> None:
    plan = PLANS[0]
    folders["checkpoints"].mkdir()
    path = folders["checkpoints"] / f"{plan.name}.npz"
    train.write(path, states_of(plan)[49], 1000.0)
    train.work(plan, folder=folders["checkpoints"])
    assert 1000.0 < train.read(path, plan)[1] < 1100.0


# --- the line that says how far it is -------------------------------------------------------------


def test_the_bar_tells_what_is_done_and_what_is_in_work(tmp_path: Path) -> None:
    bar = train.Bar(PLANS, tmp_path)
    assert bar.line() == "[....................] 0 of 2 done, time left unknown. "
    first, second = PLANS
    states = states_of(first)
    train.write(tmp_path / f"{first.name}.npz", states[49], 1.0)
    # T = 12, 16 and N = 6, 5: half of the first is so much of all.
    share = 0.5 * 12 * 6**1.3 / (12 * 6**1.3 + 16 * 5**1.3)
    line = bar.line()
    assert line.startswith("[" + "#" * round(20 * share) + ".")
    assert f"{first.name} 50% loss {states[49].curve[-1]:.4f}" in line and "min left" in line
    bar.done.add(first.name)
    assert "1 of 2 done" in bar.line() and first.name not in bar.line()
    bar.done.add(second.name)
    assert bar.line() == "[####################] 2 of 2 done, 0 min left. "


def test_the_bar_survives_a_checkpoint_that_goes_while_it_looks(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    paths = [tmp_path / f"{plan.name}.npz" for plan in PLANS]
    for plan, path in zip(PLANS, paths, strict=True):
        train.write(path, states_of(plan)[49], 1.0)
    bar, read = train.Bar(PLANS, tmp_path), train.read

    def late(path: Path, plan: Plan) -> Any:
        paths[0].unlink(missing_ok=True)
        return read(path, plan)

    monkeypatch.setattr(train, "read", late)
    line = bar.line()
    assert PLANS[0].name not in line and f"{PLANS[1].name} 50%" in line


def test_the_bar_stops_with_the_run(
    folders: dict[str, Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    bars: list[train.Bar] = []
    watch = train.Bar.watch

    def seen(self: train.Bar) -> None:
        bars.append(self)
        watch(self)

    monkeypatch.setattr(train.Bar, "watch", seen)
    monkeypatch.setattr(train, "work", lambda plan, *, folder: 1 / 0)
    with ThreadPoolExecutor(1) as executor, pytest.raises(ZeroDivisionError):
        train.run(PLANS, **folders, executor=executor)
    assert len(bars) == 1 and bars[0].stopped.is_set()
