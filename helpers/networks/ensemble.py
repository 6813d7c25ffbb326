"""The trained networks that the book ships: each with its plan and its weights before training."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from helpers.dynamics._checks import Array, count, generator, shown
from helpers.dynamics.simulation import simulate
from helpers.networks.network import Network, load_network
from helpers.training.backpropagation import Weights
from helpers.training.plans import Plan, Recipe
from helpers.training.tasks import BooleanTask, FlipFlop, Task
from helpers.training.trials import Trials

__all__ = ["Member", "Score", "load_ensemble", "rest_under_noise", "score"]


@dataclass(frozen=True, eq=False)
class Member:
    """A network of the ensemble: what was planned, and what came of it."""

    plan: Plan
    network: Network

    @property
    def name(self) -> str:
        """The name of the plan and of the file."""
        return self.plan.name

    @property
    def before(self) -> Weights:
        """The weights before training, drawn again from the plan's seed, in double precision."""
        first = self.plan.initial()
        return first.from_vector(first.vector.astype(float))


def load_ensemble(folder: Any, **chosen: Any) -> tuple[Member, ...]:
    """Return the networks of a folder that match, in the order of their names.

    Parameters
    ----------
    folder : path
        Where the files are: book/data.
    **chosen
        What they must match: task, recipe (names), initialisation, n_units, seed; one value or
        several in a list.

    Raises
    ------
    ValueError
        If nothing matches, a word is not one of these, a file holds no plan or that of another
        name, or its plan does not draw the numbers whose hash it holds: this NumPy draws other
        ones, and its "before" is not theirs.

    Examples
    --------
    >>> networks = load_ensemble("book/data", task="xor", seed=0, recipe="clipped", n_units=50)
    >>> [member.plan.initialisation for member in networks]
    ['normal', 'orthogonal']
    """
    known = ("task", "recipe", "initialisation", "n_units", "seed")
    for word in chosen:
        if word not in known:
            raise ValueError(f"{word} = {chosen[word]!r}; choose by {', '.join(known)}")
    wanted = {word: _several(value) for word, value in chosen.items()}
    paths = [path for path in sorted(Path(folder).glob("*.npz")) if _matches(path.stem, wanted)]
    if not paths:
        raise ValueError(f"no network in {folder} has {chosen}; python -m tools.train makes them")
    return tuple(_member(path) for path in paths)


def _several(value: Any) -> list[str]:
    several = isinstance(value, Iterable) and not isinstance(value, str)
    return [str(item) for item in (value if several else [value])]


def _matches(name: str, wanted: dict[str, list[str]]) -> bool:
    # The file's name says it all, so that no file is opened in vain.
    parts = name.rsplit("-", 4)
    if len(parts) < 5 or not parts[-1].isdecimal():
        return False
    words = ("task", "initialisation", "n_units", "recipe", "seed")
    own = dict(zip(words, [*parts[:-1], str(int(parts[-1]))], strict=True))
    return all(own[word] in values for word, values in wanted.items())


def _member(path: Path) -> Member:
    network = load_network(path)
    try:
        plan, drawn = _plan(network.recipe or {})
    except (KeyError, TypeError) as error:
        remedy = "python -m tools.train makes one that does"
        raise ValueError(f"{path} holds no plan ({error!r}); {remedy}") from error
    if plan.name != path.stem:
        raise ValueError(f"{path} holds {plan.name}; give it that name")
    if plan.draw_hash() != drawn:
        raise ValueError(
            f"{path} was trained from other random numbers than NumPy draws here; "
            "install the NumPy of requirements.lock"
        )
    return Member(plan, network)


def _plan(about: dict[str, Any]) -> tuple[Plan, Any]:
    """Return the plan of a description, and the hash of what was drawn."""
    kind = FlipFlop if "turns" in about["task"] else BooleanTask
    recipe = Recipe(**about["recipe"])
    plan = Plan(
        kind(**about["task"]), recipe, about["initialisation"], about["seed"], about["n_units"]
    )
    return plan, about["draw_sha256"]


@dataclass(frozen=True)
class Score:
    """How well a network does: mean squared error over all steps, and the share of right trials."""

    error: float
    accuracy: float


def score(network: Network, trials: Trials, *, judged: Sequence[int]) -> Score:
    """Let a network answer trials, and compare.

    Parameters
    ----------
    network : Network
        Its map starts at h = 0.
    trials : Trials
        Inputs and targets.
    judged : sequence of int
        Steps at which the output must be on the target's side of one half; a trial is right if it
        is so at all of them. `task.judged` gives them.

    Raises
    ------
    ValueError
        If no step is judged, or one that the trials do not have.

    Examples
    --------
    >>> member = load_ensemble("book/data", task="and", seed=0, recipe="clipped", n_units=50)[0]
    >>> task = member.plan.task
    >>> score(member.network, task.conditions(), judged=task.judged).accuracy
    1.0
    """
    steps = list(judged)
    if not steps or not all(0 <= step < len(trials.x) for step in steps):
        raise ValueError(f"judged = {shown(judged)}; name steps from 0 to {len(trials.x) - 1}")
    wanted = (*trials.x.shape[:2], max(len(network.readout), 1))
    if trials.target.shape != wanted or len(network.readout) == 0:
        raise ValueError(
            f"readout has shape {network.readout.shape} and target {trials.target.shape}; give a "
            "network with one row of its read-out for each output of the task"
        )
    h = simulate(network.map, np.zeros(network.w.shape[0]), trials.x).h[1:]
    output = network.output(h)
    right = (output[steps] > 0.5) == (trials.target[steps] > 0.5)
    return Score(
        float(np.mean((output - trials.target) ** 2)), float(np.mean(right.all(axis=(0, 2))))
    )


def rest_under_noise(
    network: Network, task: Task, *, rng: np.random.Generator, steps: int = 1000
) -> Array:
    """Return the state (N,) after `steps` steps of the task's noise and no stimulus.

    Raises
    ------
    ValueError
        On a seed in place of a generator, or no steps.

    Examples
    --------
    >>> from helpers.training.tasks import task
    >>> network = Network([[0.0]], [[1.0, 0.0]])
    >>> rest_under_noise(network, task("and"), rng=np.random.default_rng(0)).shape
    (1,)
    """
    size = (count(steps, "steps", least=1), network.omega.shape[1])
    noise = task.noise * generator(rng).standard_normal(size)
    return np.asarray(simulate(network.map, np.zeros(network.w.shape[0]), noise).h[-1])
