"""The training loop: batches, gradients and Adam's updates, for one network or many at once.

Weights and Adam's moments are kept in single precision.
"""

from __future__ import annotations

import multiprocessing
import os
import threading
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Executor, ProcessPoolExecutor, as_completed
from dataclasses import dataclass, field
from itertools import count, islice
from zlib import crc32

import numpy as np

from helpers.dynamics._checks import Array, shown
from helpers.training.backpropagation import loss_and_gradient
from helpers.training.layers import Layer
from helpers.training.plans import Plan, Recipe
from helpers.training.trials import Trials, joined
from helpers.training.weights import Weights

__all__ = ["TrainingState", "train", "train_ensemble"]

FIRST, SECOND, FLOOR = 0.9, 0.999, 1e-8  # Adam's two memories and the floor of its divisor
BLOCKS = 100  # points on a learning curve


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
    state = _begin(plan, resume)
    recipe, vector, moments = plan.recipe, state.weights.vector, state.moments.copy()
    weights, losses, curve = state.weights.from_vector(vector), [], list(state.curve)
    ends = _block_ends(recipe.updates)
    for k, batch in islice(enumerate(_batches(plan)), state.update, recipe.updates):
        loss, gradient = batch.loss_and_gradient(weights)
        if not np.isfinite(loss):
            raise FloatingPointError(f"{plan.name}: the loss is {loss} at update {k}")
        _adam(vector, moments, _clipped(gradient.vector, recipe.clip), k, recipe)
        vector[:] = weights.projected().vector
        losses.append(float(loss))
        if k + 1 in ends:
            curve.append(float(np.mean(losses)))
            losses.clear()
            done = weights.from_vector(vector.copy())
            state = TrainingState(k + 1, done, moments.copy(), tuple(curve))
            if callback is not None:
                callback(state)
    return state


def _begin(plan: Plan, resume: TrainingState | None) -> TrainingState:
    state = TrainingState.start(plan) if resume is None else resume
    if len(state.weights.w) != plan.n_units:
        raise ValueError(
            f"the state to resume from has {len(state.weights.w)} units and the plan "
            f"{plan.n_units}; resume from a state of this plan"
        )
    return state


def _block_ends(updates: int) -> set[int]:
    return {round(updates * block / BLOCKS) for block in range(1, BLOCKS + 1)} - {0}


def _adam(vector: Array, moments: Array, gradient: Array, k: int, recipe: Recipe) -> None:
    """Take update k of the weights in place."""
    first, second = moments
    first += (1 - FIRST) * (gradient - first)
    second += (1 - SECOND) * (gradient * gradient - second)
    bias = np.sqrt(1 - SECOND ** (k + 1)) / (1 - FIRST ** (k + 1))
    rate = recipe.rate(k) * bias
    vector -= np.float32(rate) * first / (np.sqrt(second) + np.float32(FLOOR))


def _clipped(gradient: Array, limit: float | None) -> Array:
    norm = float(np.linalg.norm(gradient))
    if limit is None or norm <= limit:
        return gradient
    return np.asarray(gradient * np.float32(limit / norm))


@dataclass(frozen=True, eq=False)
class _Batch:
    """What one update sees: trials, layer, and the private noise of the units."""

    trials: Trials
    layer: Layer
    noise: Array | None
    inside: Array | None

    def loss_and_gradient(self, weights: Weights) -> tuple[float, Weights]:
        return loss_and_gradient(
            weights, self.trials, self.layer, noise=self.noise, inside=self.inside
        )


def _batches(plan: Plan) -> Iterator[_Batch]:
    """Yield batches without end, each with private noise of its own."""
    recipe, rng = plan.recipe, plan.rng("noise")
    layers = {step: plan.layer(step) for step in recipe.steps}
    for step, trials in _fresh(plan) if recipe.fresh else ((1.0, t) for t in _from_set(plan)):
        layer, shape = layers[step], (*trials.x.shape[:2], plan.n_units)
        outside = _private(recipe.noise * np.sqrt(2 * layer.alpha), shape, rng)
        inside = _private(recipe.inside * np.sqrt(2 / layer.alpha), shape, rng)
        yield _Batch(trials, layer, outside, inside)


def _private(amplitude: float, shape: tuple[int, ...], rng: np.random.Generator) -> Array | None:
    if not amplitude:
        return None
    return np.float32(amplitude) * rng.standard_normal(shape, dtype=np.float32)


def _fresh(plan: Plan) -> Iterator[tuple[float, Trials]]:
    """Yield steps and trials of the task at that step, drawn anew."""
    recipe, rng, which = plan.recipe, plan.rng("order"), plan.rng("steps")
    tasks = [plan.task if step == 1.0 else plan.task.at_step(step) for step in recipe.steps]
    quiet = round(recipe.noise_free * recipe.batch)
    for k in count():
        turn = k * len(tasks) // recipe.updates
        one = turn if recipe.in_turn else int(which.integers(len(tasks)))
        sizes = {False: quiet, True: recipe.batch - quiet}
        drawn = [tasks[one].draw(n, rng=rng, noisy=noisy) for noisy, n in sizes.items() if n]
        yield recipe.steps[one], joined(drawn).single()


def _from_set(plan: Plan) -> Iterator[Trials]:
    """Yield batches of one training set, the same for all networks of a task, reordered."""
    task, recipe = plan.task, plan.recipe
    clean, rng = (
        task.conditions().single(),
        np.random.default_rng(crc32(f"trials {task.name}".encode())),
    )
    stimuli = rng.integers(len(clean), size=recipe.samples)
    noise = rng.standard_normal((recipe.samples, task.duration, task.n_inputs), dtype=np.float32)
    noise *= np.float32(task.noise)
    quiet = round(recipe.noise_free * recipe.batch)
    for rows in _orders(plan):
        trials = clean.chosen(stimuli[rows])
        trials.x[:, quiet:] += np.swapaxes(noise[rows[quiet:]], 0, 1)
        yield trials


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
