"""Train the networks of the book again, all or some: `make train`.

Every network that is done is in book/data, those of the tasks of Part III, or in a folder there
that is called like its task; those in work leave a checkpoint in _build/training a
few times a minute. Stop it at any time (Ctrl-C, or a kill): a second run goes on where it was.

    python -m tools.train                               all that book/data lacks
    python -m tools.train and-normal-50-clipped-03 ...  these, over the ones that are there
    python -m tools.train --list                        the names, with what each has to do
"""

from __future__ import annotations

import argparse
import hashlib
import os
import sys
import threading
import time
from concurrent.futures import Executor
from contextlib import suppress
from dataclasses import replace
from functools import partial
from itertools import product
from pathlib import Path

from tools.threads import ONE_THREAD

# The matrices are small, and there is a network for every core.
os.environ.update(ONE_THREAD)

import numpy as np

from helpers.networks.network import Network, load_network, save_network
from helpers.training.evidence import EvidenceTask, TwoSidedEvidence
from helpers.training.loop import TrainingState, train, train_ensemble
from helpers.training.plans import RECIPES, Plan
from helpers.training.reach import Reach
from helpers.training.tasks import TASKS
from helpers.training.timing import CueSetGo

ROOT = Path(__file__).resolve().parent.parent
DATA = ROOT / "book" / "data"
CHECKPOINTS = ROOT / "_build" / "training"
SUMS = "SHA256SUMS"
OVER = ("several", "single", "moved")  # recipes of the page on what helps at another step
BEGIN = {"moved": "clipped"}  # recipes that go on from what another has made
EVERY = 5  # blocks between two checkpoints


def ensemble() -> list[Plan]:
    """Return the plans of all the networks that the book ships, seed by seed, the longest first."""
    seeds = {("clipped", 50): range(21), ("author", 50): range(6), ("clipped", 100): range(5)}
    plans = [
        Plan(TASKS[task], RECIPES[recipe], initialisation, seed, n_units)
        for (recipe, n_units), numbers in seeds.items()
        for task, initialisation, seed in product(TASKS, ("normal", "orthogonal"), numbers)
        if n_units == 50 or task in ("and", "xor")
    ]
    return sorted(plans, key=lambda plan: (plan.seed, -effort(plan)))


def shipped() -> list[Plan]:
    """Return the plans of all networks of the book; a chapter that trains its own adds its set."""
    return [*ensemble(), *evidence(), *two_sided(), *reachers(), *timing(), *over_steps()]


def evidence() -> list[Plan]:
    """Return the plans of the networks that decide."""
    return [Plan(EvidenceTask(), RECIPES["private"], "gentle", seed) for seed in range(20)]


def reachers() -> list[Plan]:
    """Return the plans of the networks that move a body."""
    return [Plan(Reach(), RECIPES["looped"], "gentle", seed) for seed in range(6)]


def over_steps() -> list[Plan]:
    """Return the plans of networks that learn at several steps, at one, or move to another."""
    return [
        Plan(TASKS["xor"], RECIPES[recipe], initialisation, seed)
        for recipe, initialisation, seed in product(OVER, ("normal", "orthogonal"), range(4))
    ]


def timing() -> list[Plan]:
    """Return the plans of the timers."""
    return [Plan(CueSetGo(), RECIPES["cosine"], "driven", seed) for seed in range(20)]


def two_sided() -> list[Plan]:
    """Return the plans of the networks that decide under Dale's law."""
    task = TwoSidedEvidence()
    return [Plan(task, RECIPES["rectified"], "dale", seed) for seed in range(20)]


def place(plan: Plan, data: Path) -> Path:
    """Return the folder of a network: of its task or recipe, where that is not one of Part III."""
    if plan.recipe.name in OVER:
        return data / "steps"
    return data if plan.task.name in TASKS else data / plan.task.name


def effort(plan: Plan) -> float:
    """Return how long a plan takes, in units that only compare plans."""
    return float(plan.recipe.updates * plan.task.duration * plan.n_units**1.3)


def work(plan: Plan, *, folder: Path) -> TrainingState:
    """Train one network, from its checkpoint if there is one, and leave the last state there."""
    path, begun = folder / f"{plan.name}.npz", time.process_time()
    state, before = read(path, plan) if path.exists() else (first(plan), 0.0)

    def keep(state: TrainingState) -> None:
        if len(state.curve) % EVERY == 0 or state.update == plan.recipe.updates:
            write(path, state, before + time.process_time() - begun)

    return train(plan, resume=state, callback=keep)


def first(plan: Plan) -> TrainingState | None:
    """Return the state to begin in: with the weights of a shipped network, if the recipe does."""
    if plan.recipe.name not in BEGIN:
        return None
    earlier = replace(plan, recipe=RECIPES[BEGIN[plan.recipe.name]])
    network, begun = load_network(DATA / f"{earlier.name}.npz"), TrainingState.start(plan)
    parts = [np.ravel(getattr(network, name)) for name in ("w", "omega", "readout", "readout_bias")]
    vector = np.concatenate(parts).astype(np.float32)
    return replace(begun, weights=begun.weights.from_vector(vector))


def write(path: Path, state: TrainingState, seconds: float) -> None:
    """Write a checkpoint whole or not at all."""
    part = path.with_suffix(f".{os.getpid()}.part")
    try:
        with part.open("wb") as file:
            np.savez(
                file,
                update=state.update,
                vector=state.weights.vector,
                moments=state.moments,
                curve=np.array(state.curve),
                seconds=seconds,
            )
        part.replace(path)
    finally:
        part.unlink(missing_ok=True)


def read(path: Path, plan: Plan) -> tuple[TrainingState, float]:
    """Return the state in a checkpoint and the seconds of processor time it has cost."""
    with np.load(path, allow_pickle=False) as file:
        weights = plan.initial().from_vector(file["vector"])
        curve = tuple(float(loss) for loss in file["curve"])
        state = TrainingState(int(file["update"]), weights, file["moments"], curve)
        return state, float(file["seconds"])


def ship(plan: Plan, state: TrainingState, folder: Path) -> None:
    """Write a trained network where the chapters read it."""
    weights, recipe = state.weights, plan.recipe
    network = Network(
        weights.w,
        weights.omega,
        weights.b,
        activation=recipe.activation,
        form=recipe.form,
        delta=recipe.alpha,
        start=weights.start,
        readout=weights.readout,
        readout_bias=weights.readout_bias,
        recipe=plan.description,
        curve=np.array(state.curve, dtype=np.float32),
    )
    folder.mkdir(parents=True, exist_ok=True)
    save_network(folder / f"{plan.name}.npz", network)
    seal(folder)


def seal(folder: Path) -> None:
    """Write the checksums of a folder's networks, as `sha256sum --check SHA256SUMS` reads them."""
    lines = [
        f"{hashlib.sha256(path.read_bytes()).hexdigest()}  {path.name}\n"
        for path in sorted(folder.glob("*.npz"))
    ]
    (folder / SUMS).write_text("".join(lines), encoding="utf-8")


class Bar:
    """One line that says what is done, what is in work with its loss, and the time left."""

    def __init__(self, plans: list[Plan], folder: Path) -> None:
        self.plans, self.folder, self.done = plans, folder, set[str]()
        self.begun, self.before = time.monotonic(), self._share()
        self.stopped = threading.Event()

    def watch(self) -> None:
        """Redraw twice a minute, on a terminal each second, until stopped."""
        while not self.stopped.wait(1.0 if sys.stdout.isatty() else 30.0):
            print(self.line(), end="\r" if sys.stdout.isatty() else "\n", flush=True)

    def line(self) -> str:
        """Return the line."""
        share, spent = self._share(), time.monotonic() - self.begun
        left = spent * (1 - share) / max(share - self.before, 1e-9)
        filled = round(20 * share)
        working = "; ".join(
            f"{plan.name} {state.update / plan.recipe.updates:.0%} loss {state.curve[-1]:.4f}"
            for plan, state in self._states()
        )
        clock = f"{left / 60:.0f} min left" if share > self.before else "time left unknown"
        done = f"{len(self.done)} of {len(self.plans)} done"
        return f"[{'#' * filled}{'.' * (20 - filled)}] {done}, {clock}. {working}"

    def _states(self) -> list[tuple[Plan, TrainingState]]:
        found = []
        for plan in self.plans:
            # Another thread takes the checkpoint away when the network is done.
            with suppress(FileNotFoundError):
                if plan.name not in self.done:
                    found.append((plan, read(self.folder / f"{plan.name}.npz", plan)[0]))
        return found

    def _share(self) -> float:
        done = sum(effort(plan) for plan in self.plans if plan.name in self.done)
        begun = sum(effort(p) * s.update / p.recipe.updates for p, s in self._states())
        return (done + begun) / max(sum(effort(plan) for plan in self.plans), 1e-9)


def run(
    plans: list[Plan], *, data: Path, checkpoints: Path, executor: Executor | None = None
) -> None:
    """Train these networks, by default on every core, and write each as soon as it is done."""
    for folder in (data, checkpoints):
        folder.mkdir(parents=True, exist_ok=True)
    bar = Bar(plans, checkpoints)
    threading.Thread(target=bar.watch, daemon=True).start()
    try:
        job = partial(work, folder=checkpoints)
        for plan, state in train_ensemble(plans, executor=executor, work=job):
            _, seconds = read(checkpoints / f"{plan.name}.npz", plan)
            ship(plan, state, place(plan, data))
            bar.done.add(plan.name)
            (checkpoints / f"{plan.name}.npz").unlink()
            print(f"{plan.name:32} loss {state.curve[-1]:.5f}  {seconds:6.1f} s", flush=True)
    finally:
        bar.stopped.set()


def main(arguments: list[str]) -> int:
    """Train what is asked for; 0 if all of it is in book/data."""
    parser = argparse.ArgumentParser(prog="python -m tools.train", description=__doc__)
    parser.formatter_class = argparse.RawDescriptionHelpFormatter
    parser.add_argument("names", nargs="*", metavar="NAME")
    parser.add_argument("--list", action="store_true", help="print the names and stop")
    parser.add_argument("--data", type=Path, default=DATA, help="where the networks go")
    parser.add_argument("--checkpoints", type=Path, default=CHECKPOINTS)
    chosen = parser.parse_args(arguments)
    plans = {plan.name: plan for plan in shipped()}
    unknown = [name for name in chosen.names if name not in plans]
    if unknown:
        parser.error(f"no network is called {', '.join(unknown)}; --list prints the names")
    if chosen.list:
        print("\n".join(f"{p.name:32} {p.recipe.updates} updates" for p in plans.values()))
        return 0
    there = {name: place(plan, chosen.data) / f"{name}.npz" for name, plan in plans.items()}
    missing = [name for name, path in there.items() if not path.exists()]
    wanted = list(dict.fromkeys(chosen.names)) or missing
    if not wanted:
        print(f"All {len(plans)} networks are there; name those to train again.")
    run([plans[name] for name in wanted], data=chosen.data, checkpoints=chosen.checkpoints)
    return 0


if __name__ == "__main__":
    try:
        sys.exit(main(sys.argv[1:]))
    except KeyboardInterrupt:
        print("Interrupted. Run the same command again; it goes on where it was.")
        sys.exit(130)
