"""Plans and recipes: one network to train, how it learns, and the weights it begins with."""

from __future__ import annotations

import hashlib
import math
from collections.abc import Callable
from dataclasses import asdict, dataclass
from typing import Any
from zlib import crc32

import numpy as np

from helpers.dynamics._checks import count, positive, shown
from helpers.training.layers import Layer
from helpers.training.starts import STARTS, Start
from helpers.training.tasks import Task
from helpers.training.weights import Weights

__all__ = ["RECIPES", "Plan", "Recipe"]


@dataclass(frozen=True)
class Recipe:
    r"""How to train: Adam's rate and its decay, clipping, batches and their noise-free share.

    Parameters
    ----------
    name : str
        What it is called in files: letters, digits and underscores.
    learning_rate : float
        The rate :math:`\eta`; update k = 0, 1, ... uses :math:`\eta / (1 + k \cdot decay)`.
    updates : int
        Number of updates.
    clip : float, optional
        Largest norm of the gradient. A longer one is scaled down to it. None: no clipping.
    noise_free : float
        Share of the trials of each batch from which the noise is taken away.
    batch, samples : int
        Trials in a batch, and trials in the training set, which is passed through in a new
        order each time.
    decay : float
        Decay of the learning rate per update, in the schedule "inverse".
    schedule : "inverse", "geometric" or "cosine"
        How the rate falls: as above, or from `learning_rate` to `rate_end` in equal factors, or
        along half a cosine.
    rate_end : float
        The rate that the last two end at.
    alpha, activation, form, penalty
        What is trained, as in `Layer`; alpha is the leak at the task's own step.
    noise, inside : float
        Private noise of the units, drawn anew for each update: a standard normal number times
        :math:`\sqrt{2 \alpha}` noise outside sigma, and :math:`\sqrt{2 / \alpha}` inside in it.
        Noise outside is of standard deviation `noise` in a unit without input, if alpha is small.
    fresh : bool
        Whether each batch is drawn anew; if not, from a training set of so many `samples`.
    steps : tuple of float
        Multiples of the task's step, one of which is drawn for each update: the trials are those
        of ``task.at_step(step)`` and the leak is ``step * alpha``. Other steps than 1 need fresh
        trials.
    in_turn : bool
        Whether the steps are taken one after another, each for its share of the updates, rather
        than drawn.

    Raises
    ------
    ValueError
        On a name that files could not hold, a rate or clip that is not positive, a share outside
        [0, 1], an unknown schedule, steps without fresh trials, or a leak beyond 1.

    Examples
    --------
    >>> RECIPES["fast"].learning_rate
    0.0003
    """

    name: str
    learning_rate: float
    updates: int
    clip: float | None = None
    noise_free: float = 0.0
    batch: int = 64
    samples: int = 15_000
    decay: float = 1e-4
    schedule: str = "inverse"
    rate_end: float = 0.0
    alpha: float = 1.0
    activation: str = "tanh"
    form: str = "activity"
    penalty: float = 0.0
    noise: float = 0.0
    inside: float = 0.0
    fresh: bool = False
    steps: tuple[float, ...] = (1.0,)
    in_turn: bool = False

    def __post_init__(self) -> None:
        object.__setattr__(self, "steps", tuple(self.steps))  # a list, where JSON held them
        if not (isinstance(self.name, str) and self.name.isidentifier()):
            raise ValueError(f"name = {self.name!r}; take letters, digits and underscores")
        positive(self.learning_rate, "learning_rate")
        if self.clip is not None:
            positive(self.clip, "clip")
        for number in ("updates", "batch", "samples"):
            count(getattr(self, number), number, least=1)
        if not (_real(self.noise_free) and 0.0 <= self.noise_free <= 1.0):
            raise ValueError(f"noise_free = {self.noise_free!r}; a share lies between 0 and 1")
        for name in ("decay", "rate_end", "noise", "inside"):
            value = getattr(self, name)
            if not (_real(value) and 0.0 <= value < np.inf):
                raise ValueError(f"{name} = {value!r}; it is finite and at least 0")
        self._at_steps()
        if self.schedule not in RATES:
            raise ValueError(f"schedule = {shown(self.schedule)}; choose from {', '.join(RATES)}")
        if self.schedule == "geometric" and not self.rate_end:
            raise ValueError("rate_end = 0; equal factors never reach 0, so give a rate above it")

    def _at_steps(self) -> None:
        if not self.steps:
            raise ValueError("steps = (); give at least one, like (1.0,)")
        for step in self.steps:
            alpha = positive(step, "steps") * positive(self.alpha, "alpha")
            Layer(alpha=alpha, activation=self.activation, form=self.form, penalty=self.penalty)
        if self.steps != (1.0,) and not self.fresh:
            raise ValueError(
                f"steps = {self.steps}; a training set has one step only, so add fresh=True"
            )

    def rate(self, update: int) -> float:
        """Return the learning rate of an update, counted from 0."""
        return RATES[self.schedule](self, update)


# The learning rate of update k in each schedule; the last two reach rate_end with the last update.
RATES: dict[str, Callable[[Recipe, int], float]] = {
    "inverse": lambda r, k: r.learning_rate / (1 + r.decay * k),
    "geometric": lambda r, k: r.learning_rate * (r.rate_end / r.learning_rate) ** _done(r, k),
    "cosine": lambda r, k: (
        r.rate_end + (r.learning_rate - r.rate_end) * (1 + math.cos(math.pi * _done(r, k))) / 2
    ),
}


def _done(recipe: Recipe, update: int) -> float:
    return update / max(recipe.updates - 1, 1)


def _real(value: Any) -> bool:
    return isinstance(value, (int, float, np.floating))


RECIPES = {
    recipe.name: recipe
    for recipe in (
        Recipe("author", 1e-4, 4700),
        Recipe("clipped", 1e-4, 4700, clip=1.0, noise_free=0.25),
        Recipe("fast", 3e-4, 1600, clip=1.0, noise_free=0.25),
        Recipe("private", 3e-3, 600, clip=1.0, schedule="geometric", rate_end=3e-4, alpha=0.2,
               noise=0.05, fresh=True),
        Recipe("looped", 4e-3, 2000, clip=1.0, noise_free=0.5, batch=32, schedule="cosine",
               alpha=0.2, penalty=1e-3, fresh=True),
        Recipe("several", 3e-4, 1600, clip=1.0, noise_free=0.25, batch=32, fresh=True,
               steps=(1.0, 0.5, 0.25)),
        Recipe("single", 3e-4, 1600, clip=1.0, noise_free=0.25, batch=32, fresh=True),
        Recipe("moved", 3e-4, 300, clip=1.0, batch=32, fresh=True, in_turn=True,
               steps=tuple(10 / k for k in range(11, 21))),
        Recipe("cosine", 4e-3, 1500, clip=1.0, batch=32, schedule="cosine", alpha=0.2,
               penalty=1e-3, fresh=True),
        Recipe("rectified", 3e-3, 1500, clip=1.0, schedule="geometric", rate_end=3e-4, alpha=0.2,
               activation="relu", noise=0.05, fresh=True),
    )
}  # fmt: skip


@dataclass(frozen=True)
class Plan:
    """One network to train: everything that its weights depend on.

    Parameters
    ----------
    task : Task
        What it learns.
    recipe : Recipe
        How it learns; two plans that differ in the recipe alone start from the same weights.
    initialisation : str
        A key of `STARTS`: how the weights before training are drawn.
    seed : int
        Fixes the weights before training and the order of the trials.
    n_units : int
        N.

    Raises
    ------
    ValueError
        On a task or recipe that is only named, an unknown initialisation, a negative seed, or no
        units.

    Examples
    --------
    >>> from helpers.training.tasks import task
    >>> Plan(task("and"), RECIPES["fast"], "normal", 3).name
    'and-normal-50-fast-03'
    """

    task: Task
    recipe: Recipe
    initialisation: str
    seed: int
    n_units: int = 50

    def __post_init__(self) -> None:
        if not hasattr(self.task, "conditions"):
            raise ValueError(f"task = {shown(self.task)}; give the task itself, like task('and')")
        if not isinstance(self.recipe, Recipe):
            raise ValueError(f"recipe = {shown(self.recipe)}; give a Recipe, like RECIPES['fast']")
        if self.initialisation not in STARTS:
            choices = ", ".join(STARTS)
            raise ValueError(f"initialisation = {self.initialisation!r}; choose from {choices}")
        count(self.seed, "seed")
        count(self.n_units, "n_units", least=1)

    @property
    def name(self) -> str:
        """The plan in one word for files, task-initialisation-units-recipe-seed."""
        start = f"{self.task.name}-{self.initialisation}-{self.n_units}"
        return f"{start}-{self.recipe.name}-{self.seed:02d}"

    @property
    def description(self) -> dict[str, Any]:
        """The plan as plain numbers and words, with the hash of what was drawn."""
        return asdict(self) | {"name": self.name, "draw_sha256": self.draw_hash()}

    def initial(self) -> Weights:
        """Return the weights before training, float32."""
        return self._start.weights(*self._sizes, rng=self.rng("weights"))

    def draw_hash(self) -> str:
        """Return the SHA-256 of the random numbers drawn, before any linear algebra."""
        drawn = self._start.draw(*self._sizes, rng=self.rng("weights"))
        return hashlib.sha256(b"".join(part.tobytes() for part in drawn)).hexdigest()

    @property
    def _start(self) -> Start:
        return STARTS[self.initialisation]

    @property
    def _sizes(self) -> tuple[int, int, int]:
        return self.n_units, self.task.n_inputs, self.task.n_outputs

    def rng(self, purpose: str) -> np.random.Generator:
        """Return the generator for "weights", "order" or "noise", whatever the recipe."""
        words = f"{purpose} {self.task.name} {self.initialisation}"
        return np.random.default_rng([crc32(words.encode()), self.n_units, self.seed])

    def layer(self, step: float = 1.0) -> Layer:
        """Return the layer that is trained, at a multiple of the task's step."""
        recipe, task = self.recipe, self.task if step == 1.0 else self.task.at_step(step)
        return Layer(
            alpha=step * recipe.alpha,
            activation=recipe.activation,
            form=recipe.form,
            penalty=recipe.penalty,
            loop=task.loop,
        )
