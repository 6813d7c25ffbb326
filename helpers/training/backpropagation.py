r"""Training: back-propagation through time with Adam, for the map of a simple recurrent layer.

.. math:: h_{t+1} = \tanh(w h_t + \omega x_t), \qquad z_t = r h_{t+1} + c

which is Euler's method with step one on equation (2) with decay one. Weights are drawn, trained
and kept in single precision; the gradient itself follows the precision of what it is given.
"""

from __future__ import annotations

import hashlib
import multiprocessing
import os
import threading
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Executor, ProcessPoolExecutor, as_completed
from dataclasses import asdict, dataclass, field
from itertools import islice, pairwise
from typing import Any
from zlib import crc32

import numpy as np

from helpers.dynamics._checks import Array, count, positive, shown
from helpers.dynamics.systems import orthogonal_factor
from helpers.training.tasks import Task, Trials

__all__ = [
    "RECIPES",
    "Plan",
    "Recipe",
    "TrainingState",
    "Weights",
    "loss_and_gradient",
    "train",
    "train_ensemble",
]

INITIALISATIONS = ("normal", "orthogonal", "identity")
FIRST, SECOND, FLOOR = 0.9, 0.999, 1e-8  # Adam's two memories and the floor of its divisor
BLOCKS = 100  # points on a learning curve


@dataclass(frozen=True, eq=False)
class Weights:
    """What training changes: w (N, N), omega (N, M), readout (K, N) and readout_bias (K,)."""

    w: Array
    omega: Array
    readout: Array
    readout_bias: Array

    @property
    def vector(self) -> Array:
        """All weights in one row, in the order of the fields; a copy."""
        return np.concatenate([np.ravel(part) for part in self._parts()])

    def from_vector(self, vector: Array) -> Weights:
        """Return weights of these shapes that are views into a row of numbers."""
        ends = np.cumsum([part.size for part in self._parts()])[:-1]
        pieces = zip(np.split(vector, ends), self._parts(), strict=True)
        return Weights(*(piece.reshape(part.shape) for piece, part in pieces))

    def _parts(self) -> tuple[Array, ...]:
        return self.w, self.omega, self.readout, self.readout_bias


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
        Largest norm of the gradient; a longer one is scaled down to it. None: no clipping.
    noise_free : float
        Share of the trials of each batch from which the noise is taken away.
    batch, samples : int
        Trials in a batch; trials in the training set, which is passed through in a new order
        each time.
    decay : float
        Decay of the learning rate per update.

    Raises
    ------
    ValueError
        On a name that files could not hold, a rate or clip that is not positive, or a share
        outside [0, 1].

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

    def __post_init__(self) -> None:
        if not (isinstance(self.name, str) and self.name.isidentifier()):
            raise ValueError(f"name = {self.name!r}; take letters, digits and underscores")
        positive(self.learning_rate, "learning_rate")
        if self.clip is not None:
            positive(self.clip, "clip")
        for number in ("updates", "batch", "samples"):
            count(getattr(self, number), number, least=1)
        if not (_real(self.noise_free) and 0.0 <= self.noise_free <= 1.0):
            raise ValueError(f"noise_free = {self.noise_free!r}; a share lies between 0 and 1")
        if not (_real(self.decay) and 0.0 <= self.decay < np.inf):
            raise ValueError(f"decay = {self.decay!r}; it is finite and at least 0")


def _real(value: Any) -> bool:
    return isinstance(value, (int, float, np.floating))


RECIPES = {
    recipe.name: recipe
    for recipe in (
        Recipe("author", 1e-4, 4700),
        Recipe("clipped", 1e-4, 4700, clip=1.0, noise_free=0.25),
        Recipe("fast", 3e-4, 1600, clip=1.0, noise_free=0.25),
    )
}


@dataclass(frozen=True)
class Plan:
    """One network to train: everything that its weights depend on.

    Parameters
    ----------
    task : BooleanTask or FlipFlop
        What it learns.
    recipe : Recipe
        How it learns; two plans that differ in the recipe alone start from the same weights.
    initialisation : "normal", "orthogonal" or "identity"
        The recurrent matrix before training: entries of standard deviation 1/sqrt(N), a uniformly
        distributed orthogonal matrix, or the identity.
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
        if self.initialisation not in INITIALISATIONS:
            choices = ", ".join(INITIALISATIONS)
            raise ValueError(f"initialisation = {self.initialisation!r}; choose from {choices}")
        count(self.seed, "seed")
        count(self.n_units, "n_units", least=1)

    @property
    def name(self) -> str:
        """The plan in one word, for files; task-initialisation-units-recipe-seed."""
        start = f"{self.task.name}-{self.initialisation}-{self.n_units}"
        return f"{start}-{self.recipe.name}-{self.seed:02d}"

    @property
    def description(self) -> dict[str, Any]:
        """The plan as plain numbers and words, with the hash of what was drawn."""
        return asdict(self) | {"name": self.name, "draw_sha256": self.draw_hash()}

    def initial(self) -> Weights:
        """Return the weights before training, float32; the read-out bias is zero."""
        square, omega, readout = self._draw()
        w = square / np.sqrt(self.n_units)
        if self.initialisation == "orthogonal":
            w = orthogonal_factor(square)
        elif self.initialisation == "identity":
            w = np.eye(self.n_units)
        parts = (w, _glorot(omega), _glorot(readout), np.zeros(1))
        return Weights(*(part.astype(np.float32) for part in parts))

    def draw_hash(self) -> str:
        """Return the SHA-256 of the random numbers drawn, before any linear algebra."""
        return hashlib.sha256(b"".join(part.tobytes() for part in self._draw())).hexdigest()

    def _draw(self) -> tuple[Array, Array, Array]:
        rng, n = self.rng("weights"), self.n_units
        return rng.standard_normal((n, n)), rng.uniform(-1, 1, (n, 2)), rng.uniform(-1, 1, (1, n))

    def rng(self, purpose: str) -> np.random.Generator:
        """Return the generator for "weights" or for "order", whatever the recipe."""
        words = f"{purpose} {self.task.name} {self.initialisation}"
        return np.random.default_rng([crc32(words.encode()), self.n_units, self.seed])


@dataclass(frozen=True, eq=False)
class TrainingState:
    """Where training stands: updates done, weights, Adam's moments (2, P), and the curve so far.

    The curve holds the mean loss over each hundredth of the updates.
    """

    update: int
    weights: Weights
    moments: Array
    curve: tuple[float, ...] = field(default=())

    @classmethod
    def start(cls, plan: Plan) -> TrainingState:
        """Return the state before the first update."""
        weights = plan.initial()
        return cls(0, weights, np.zeros((2, weights.vector.size), dtype=np.float32))


def loss_and_gradient(weights: Weights, trials: Trials) -> tuple[Any, Weights]:
    r"""Return the mean squared error over all steps and its gradient, by the adjoint of the map.

    .. math:: \ell = \frac{1}{T B K} \sum_t |z_t - \bar z_t|^2, \qquad
       \delta_t = \left(r^\top \frac{\partial \ell}{\partial z_t} + w^\top \delta_{t+1}\right)
       \odot (1 - h_{t+1}^2), \qquad
       \frac{\partial \ell}{\partial w} = \sum_t \delta_t h_t^\top

    Parameters
    ----------
    weights : Weights
        Real, or complex for a complex step: the loss is analytic in the weights.
    trials : Trials
        Inputs (T, B, M) and targets (T, B, K). Every trial starts from h = 0.

    Returns
    -------
    loss, gradient
        A number, and Weights of its derivatives.

    Raises
    ------
    ValueError
        If the trials are not for this many inputs and outputs.

    Notes
    -----
    The adjoint of the tangent lift of the map. Werbos, Proc. IEEE 78 (1990).

    Examples
    --------
    >>> from helpers.training.tasks import task
    >>> plan = Plan(task("or"), RECIPES["fast"], "normal", 0, n_units=4)
    >>> loss, gradient = loss_and_gradient(plan.initial(), plan.task.conditions())
    >>> gradient.w.shape
    (4, 4)
    """
    _fitting(weights, trials)
    joint, n = _forward(weights, trials.x), len(weights.w)
    after = joint[1:, :, :n]
    error = after @ weights.readout.T + weights.readout_bias - trials.target
    pull = error * (2.0 / error.size)
    delta = _backward(weights, after, pull)
    both = _summed_products(delta, joint[:-1])
    gradient = Weights(
        both[:, :n],
        both[:, n:],
        _summed_products(pull, joint[1:])[:, :n],
        pull.sum(axis=(0, 1)),
    )
    return np.mean(error**2), gradient


def _fitting(weights: Weights, trials: Trials) -> None:
    steps_trials, inputs = trials.x.shape[:2], weights.omega.shape[1]
    for name, have, size in (
        ("x", trials.x.shape, inputs),
        ("target", trials.target.shape, len(weights.readout)),
    ):
        wanted = (*steps_trials, size)
        if have != wanted:
            raise ValueError(f"{name} has shape {have}; these weights need {wanted}")


def _forward(weights: Weights, x: Array) -> Array:
    """Return (T + 1, B, N + M): in row t the state h_t and the input x_t, from h = 0."""
    # Side by side they need one product a step, [h x] [w omega]^T, and one for the gradient.
    n, both = len(weights.w), np.hstack([weights.w, weights.omega]).T
    joint = np.zeros((len(x) + 1, x.shape[1], len(both)), dtype=np.result_type(both, x))
    joint[:-1, :, n:] = x
    phi = np.empty_like(joint[0, :, :n], order="C")
    for now, following in pairwise(joint):
        np.dot(now, both, out=phi)
        np.tanh(phi, out=following[:, :n])
    return joint


def _backward(weights: Weights, after: Array, pull: Array) -> Array:
    """Return delta (T, B, N), the derivative of the loss by each pre-activation."""
    delta = pull @ weights.readout
    carried, slope = np.zeros_like(delta[0]), np.empty_like(delta[0])
    for h, here in zip(after[::-1], delta[::-1], strict=True):
        np.add(here, carried, out=here)
        np.multiply(h, h, out=slope)
        np.subtract(1.0, slope, out=slope)
        np.multiply(here, slope, out=here)
        np.dot(here, weights.w, out=carried)
    return np.asarray(delta)


def _summed_products(left: Array, right: Array) -> Array:
    """Return the sum over time and trials of the outer products of two rows, (left, right)."""
    return np.asarray(left.reshape(-1, left.shape[-1]).T @ right.reshape(-1, right.shape[-1]))


def train(
    plan: Plan,
    *,
    resume: TrainingState | None = None,
    callback: Callable[[TrainingState], None] | None = None,
) -> TrainingState:
    r"""Train one network by Adam; the same plan gives the same weights.

    .. math:: m \leftarrow \beta_1 m + (1 - \beta_1) g, \quad
       v \leftarrow \beta_2 v + (1 - \beta_2) g^2, \quad
       \theta \leftarrow \theta - \eta_k \frac{\sqrt{1 - \beta_2^{k+1}}}{1 - \beta_1^{k+1}}
       \frac{m}{\sqrt v + \varepsilon}

    Parameters
    ----------
    plan : Plan
        What to train, and how.
    resume : TrainingState, optional
        Where to go on: a state that the callback was given. The result is the same as if training
        had not stopped.
    callback : function of a TrainingState, optional
        Called after each hundredth of the updates. An exception it raises stops the training.

    Returns
    -------
    TrainingState
        The last one, with the trained weights.

    Raises
    ------
    ValueError
        If the state to resume from is of a network of another size.
    FloatingPointError
        If the loss is no longer a finite number, with the update at which it happened.

    Notes
    -----
    Kingma and Ba (arXiv 1412.6980), with the decay of the rate as Keras 2 has it.

    Examples
    --------
    >>> from helpers.training.tasks import BooleanTask
    >>> short = BooleanTask("OR", onset=2, width=3, delay=1, duration=12)
    >>> recipe = Recipe("tiny", 1e-2, 100, clip=1.0, samples=64)
    >>> state = train(Plan(short, recipe, "orthogonal", 0, n_units=8))
    >>> state.curve[-1] < 0.5 * state.curve[0]
    True
    """
    state = TrainingState.start(plan) if resume is None else resume
    if len(state.weights.w) != plan.n_units:
        raise ValueError(
            f"the state to resume from has {len(state.weights.w)} units and the plan "
            f"{plan.n_units}; resume from a state of this plan"
        )
    recipe, vector, moments = plan.recipe, state.weights.vector, state.moments.copy()
    weights, losses, curve = state.weights.from_vector(vector), [], list(state.curve)
    ends = _block_ends(recipe.updates)
    for k, trials in islice(enumerate(_batches(plan)), state.update, recipe.updates):
        loss, gradient = loss_and_gradient(weights, trials)
        if not np.isfinite(loss):
            raise FloatingPointError(f"{plan.name}: the loss is {loss} at update {k}")
        _adam(vector, moments, _clipped(gradient.vector, recipe.clip), k, recipe)
        losses.append(float(loss))
        if k + 1 in ends:
            curve.append(float(np.mean(losses)))
            losses.clear()
            done = weights.from_vector(vector.copy())
            state = TrainingState(k + 1, done, moments.copy(), tuple(curve))
            if callback is not None:
                callback(state)
    return state


def _block_ends(updates: int) -> set[int]:
    return {round(updates * block / BLOCKS) for block in range(1, BLOCKS + 1)} - {0}


def _adam(vector: Array, moments: Array, gradient: Array, k: int, recipe: Recipe) -> None:
    """Take update k of the weights in place."""
    first, second = moments
    first += (1 - FIRST) * (gradient - first)
    second += (1 - SECOND) * (gradient * gradient - second)
    bias = np.sqrt(1 - SECOND ** (k + 1)) / (1 - FIRST ** (k + 1))
    rate = recipe.learning_rate / (1 + recipe.decay * k) * bias
    vector -= np.float32(rate) * first / (np.sqrt(second) + np.float32(FLOOR))


def _clipped(gradient: Array, limit: float | None) -> Array:
    norm = float(np.linalg.norm(gradient))
    if limit is None or norm <= limit:
        return gradient
    return np.asarray(gradient * np.float32(limit / norm))


def _batches(plan: Plan) -> Iterator[Trials]:
    """Yield batches without end: the same training set for all networks of a task, reordered."""
    task, recipe = plan.task, plan.recipe
    clean, rng = task.conditions(), np.random.default_rng(crc32(f"trials {task.name}".encode()))
    x, target = clean.x.astype(np.float32), clean.target.astype(np.float32)
    stimuli = rng.integers(len(clean), size=recipe.samples)
    noise = rng.standard_normal((recipe.samples, task.duration, 2), dtype=np.float32)
    noise *= np.float32(task.noise)
    quiet = round(recipe.noise_free * recipe.batch)
    for rows in _orders(plan):
        chosen = stimuli[rows]
        inputs = x[:, chosen]
        inputs[:, quiet:] += np.swapaxes(noise[rows[quiet:]], 0, 1)
        yield Trials(inputs, target[:, chosen], clean.labels[chosen])


def _orders(plan: Plan) -> Iterator[Array]:
    """Yield the trials of each batch: passes through the set, each in a new order, end to end."""
    rng, waiting = plan.rng("order"), np.zeros(0, dtype=int)
    while True:
        while len(waiting) < plan.recipe.batch:
            waiting = np.concatenate([waiting, rng.permutation(plan.recipe.samples)])
        yield waiting[: plan.recipe.batch]
        waiting = waiting[plan.recipe.batch :]


def train_ensemble(
    plans: Iterable[Plan],
    *,
    executor: Executor | None = None,
    work: Callable[[Plan], TrainingState] = train,
) -> Iterator[tuple[Plan, TrainingState]]:
    """Train many networks at once, and yield each with its plan as soon as it is done.

    Parameters
    ----------
    plans : iterable of Plan
        What to train.
    executor : concurrent.futures.Executor, optional
        Where to train: any executor, also that of a cluster (Dask: ``client.get_executor()``). By
        default one process a core, closed at the end; an executor that is given stays open.
    work : function of a Plan
        What runs there; it must be possible to pickle it. Default: `train`.

    Yields
    ------
    plan, state
        In the order in which they finish. If one fails, its exception is raised here, and the
        networks that have not begun are given up.

    Raises
    ------
    ValueError
        If the executor is none; Dask's client, for one, has to be asked for its own.

    Examples
    --------
    >>> from concurrent.futures import ThreadPoolExecutor
    >>> from helpers.training.tasks import BooleanTask
    >>> short = BooleanTask("OR", onset=2, width=3, delay=1, duration=12)
    >>> recipe = Recipe("tiny", 1e-2, 20, samples=64)
    >>> plans = [Plan(short, recipe, "normal", seed, n_units=4) for seed in range(2)]
    >>> with ThreadPoolExecutor(2) as threads:
    ...     sorted(plan.seed for plan, _ in train_ensemble(plans, executor=threads))
    [0, 1]
    """
    if executor is None:
        # A new interpreter each, since forked ones may inherit the locks of running threads.
        context = multiprocessing.get_context("spawn")
        with ProcessPoolExecutor(mp_context=context, initializer=_end_with_parent) as own:
            yield from train_ensemble(plans, executor=own, work=work)
        return
    if not isinstance(executor, Executor):
        raise ValueError(f"executor = {shown(executor)}; give one, like client.get_executor()")
    futures = {executor.submit(work, plan): plan for plan in plans}
    try:
        for future in as_completed(futures):
            yield futures[future], future.result()
    finally:
        for future in futures:
            future.cancel()


def _end_with_parent() -> None:
    """Let this process end with the one that started it, however that one ends."""
    parent = multiprocessing.parent_process()

    def wait() -> None:
        if parent is not None:
            parent.join()
            os._exit(1)

    threading.Thread(target=wait, daemon=True).start()


def _glorot(uniform: Array) -> Array:
    """Scale draws from (-1, 1) to the limit sqrt(6 / (rows + columns)) of Glorot and Bengio."""
    return np.asarray(uniform * np.sqrt(6.0 / sum(uniform.shape)))
