"""Training: the gradient by three independent routes, Adam by hand, repeatability, executors."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import replace
from itertools import pairwise
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from helpers import RNN, Discretise, TangentLift, simulate
from helpers.training import loop
from helpers.training.backpropagation import Weights, loss_and_gradient
from helpers.training.loop import TrainingState, train, train_ensemble
from helpers.training.plans import RECIPES, Plan, Recipe
from helpers.training.tasks import BooleanTask, FlipFlop, Task, task
from helpers.training.trials import Trials
from tests.helpers.refusals import refuses
from tests.helpers.theory import EPS, central, complex_step, seeds, some

SHORT = {
    gate: BooleanTask(gate, onset=2, width=3, delay=1, duration=12) for gate in ("AND", "OR", "XOR")
}
SHORT_TASKS: list[Task] = [*SHORT.values(), FlipFlop(2, onset=2, width=2, quiet=5, delay=1)]
TINY = Recipe("tiny", 1e-2, 24, clip=1.0, noise_free=0.25, samples=100)


def plan(seed: int = 0, recipe: Recipe = TINY, **rest: Any) -> Plan:
    options = {"task": SHORT["OR"], "initialisation": "normal", "n_units": 5} | rest
    return Plan(recipe=recipe, seed=seed, **options)


def some_weights(rng: np.random.Generator, n: int, m: int, k: int) -> Weights:
    shapes = ((n, n), (n, m), (k, n), (k,))
    return Weights(*(rng.standard_normal(shape) / np.sqrt(shape[-1]) for shape in shapes))


def some_trials(rng: np.random.Generator, *, steps: int, batch: int, m: int, k: int) -> Trials:
    x, target = rng.standard_normal((steps, batch, m)), rng.standard_normal((steps, batch, k))
    return Trials(x, target, np.zeros((batch, 1)))


def by_simulation(weights: Weights, trials: Trials) -> Any:
    """Return z (T, B, K) of the map that Discretise makes of the network."""
    network = RNN(weights.w, weights.omega)
    start = np.zeros((trials.x.shape[1], len(weights.w)))
    h = simulate(Discretise(1.0)(network), start, trials.x).h[1:]
    return np.einsum("kn,tbn->tbk", weights.readout, h) + weights.readout_bias


def same(one: TrainingState, other: TrainingState) -> bool:
    """Say whether two states agree in every bit."""
    return (
        one.update == other.update
        and one.curve == other.curve
        and one.weights.vector.tobytes() == other.weights.vector.tobytes()
        and one.moments.tobytes() == other.moments.tobytes()
    )


# --- the gradient ---------------------------------------------------------------------------------


def assert_gradient(weights: Weights, trials: Trials) -> None:
    """Compare all groups of weights with a complex step, 1e-12, and central differences, 1e-7."""
    gradient = loss_and_gradient(weights, trials)[1].vector

    def loss(vector: Any) -> Any:
        return np.atleast_1d(loss_and_gradient(weights.from_vector(vector), trials)[0])

    largest = np.max(np.abs(gradient))
    by_step = complex_step(loss, weights.vector)[0]
    assert np.max(np.abs(gradient - by_step)) <= 1e-12 * largest
    by_difference = central(loss, weights.vector)[0]
    assert np.max(np.abs(gradient - by_difference)) <= 1e-7 * largest


@some
@given(
    seed=seeds,
    sizes=st.tuples(st.integers(1, 5), st.integers(1, 3), st.integers(1, 2)),
    steps=st.integers(1, 9),
    batch=st.integers(1, 4),
)
def test_the_gradient_is_the_derivative_whatever_the_shapes(
    seed: int, sizes: tuple[int, int, int], steps: int, batch: int
) -> None:
    rng, (n, m, k) = np.random.default_rng(seed), sizes
    trials = some_trials(rng, steps=steps, batch=batch, m=m, k=k)
    assert_gradient(some_weights(rng, n, m, k), trials)


@some
@given(seed=seeds, known=st.sampled_from(SHORT_TASKS), n=st.integers(1, 5))
def test_the_gradient_is_the_derivative_on_tasks(seed: int, known: Task, n: int) -> None:
    rng = np.random.default_rng(seed)
    assert_gradient(some_weights(rng, n, 2, 1), known.draw(3, rng=rng))


def pushed_to_the_end(system: Any, h: Any, x: Any, step: int, v: Any) -> Any:
    """Return what a difference v (..., N) in the state after `step` has become at the end."""
    if step + 1 == len(x):
        return v
    state = np.concatenate([np.broadcast_to(h[step + 1], v.shape), v], axis=-1)
    later = x[step + 1 :].reshape(-1, *[1] * (v.ndim - 1), x.shape[-1])
    return simulate(TangentLift()(system), state, later).h[-1, ..., len(h[0]) :]


def test_back_propagation_is_the_adjoint_of_the_tangent_lift() -> None:
    rng = np.random.default_rng(0)
    n, m, steps = 4, 2, 7
    weights = some_weights(rng, n, m, 1)
    system = Discretise(1.0)(RNN(weights.w, weights.omega))
    x = rng.standard_normal((steps, m))
    h = simulate(system, np.zeros(n), x).h
    # Targets that leave an error at the last step alone, of the size that makes the gradient z_T's.
    target = h[1:] @ weights.readout.T + weights.readout_bias
    target[-1] -= steps / 2
    _, gradient = loss_and_gradient(weights, Trials(x[:, None], target[:, None], np.zeros((1, 1))))

    forward = np.zeros((n, n + m))
    for s in range(steps):
        slope = 1 / np.cosh(weights.w @ h[s] + weights.omega @ x[s]) ** 2
        # What an entry (i, j) of [w omega] does to h[s + 1] at once; the Jacobians do the rest.
        direct = np.einsum("i,j,il->ijl", slope, np.concatenate([h[s], x[s]]), np.eye(n))
        forward += pushed_to_the_end(system, h, x, s, direct) @ weights.readout[0]
    both = np.hstack([gradient.w, gradient.omega])
    np.testing.assert_allclose(both, forward, rtol=0, atol=64 * EPS * np.max(np.abs(forward)))
    np.testing.assert_allclose(gradient.readout[0], h[-1], atol=16 * EPS)
    np.testing.assert_allclose(gradient.readout_bias, [1.0], atol=16 * EPS)


@some
@given(seed=seeds, known=st.sampled_from(SHORT_TASKS))
def test_the_loss_is_that_of_the_simulated_map(seed: int, known: Task) -> None:
    rng = np.random.default_rng(seed)
    weights, trials = some_weights(rng, 4, 2, 1), known.draw(5, rng=rng)
    errors = by_simulation(weights, trials) - trials.target
    loss, _ = loss_and_gradient(weights, trials)
    assert loss == pytest.approx(np.sum(errors**2) / errors.size, rel=1e-13)


def test_two_batches_together_have_the_mean_gradient() -> None:
    rng = np.random.default_rng(1)
    weights = some_weights(rng, 5, 2, 1)
    one, two = (SHORT["XOR"].draw(size, rng=rng) for size in (3, 5))
    x, target = (np.concatenate(parts, 1) for parts in ((one.x, two.x), (one.target, two.target)))
    both = Trials(x, target, np.concatenate([one.labels, two.labels]))
    (l1, g1), (l2, g2), (l3, g3) = (loss_and_gradient(weights, t) for t in (one, two, both))
    assert l3 == pytest.approx((3 * l1 + 5 * l2) / 8, rel=1e-14)
    np.testing.assert_allclose(g3.vector, (3 * g1.vector + 5 * g2.vector) / 8, atol=1e-15)


def test_units_may_change_places() -> None:
    rng = np.random.default_rng(2)
    weights, trials = some_weights(rng, 5, 2, 1), SHORT["AND"].draw(4, rng=rng)
    p = rng.permutation(5)
    moved = Weights(
        weights.w[p][:, p], weights.omega[p], weights.readout[:, p], weights.readout_bias
    )
    (loss, g), (other, gp) = (loss_and_gradient(w, trials) for w in (weights, moved))
    assert other == pytest.approx(loss, rel=1e-14)
    np.testing.assert_allclose(gp.w, g.w[p][:, p], atol=1e-15)
    np.testing.assert_allclose(gp.omega, g.omega[p], atol=1e-15)
    np.testing.assert_allclose(gp.readout, g.readout[:, p], atol=1e-15)


def test_precision_is_that_of_what_is_given() -> None:
    double = some_weights(np.random.default_rng(3), 4, 2, 1)
    trials = SHORT["OR"].draw(4, rng=np.random.default_rng(3))
    thin = Trials(trials.x.astype(np.float32), trials.target.astype(np.float32), trials.labels)
    single = double.from_vector(double.vector.astype(np.float32))
    exact, rough = (loss_and_gradient(w, t)[1] for w, t in ((double, trials), (single, thin)))
    assert exact.vector.dtype == np.float64 and rough.vector.dtype == np.float32
    apart = np.max(np.abs(exact.vector - rough.vector)) / np.max(np.abs(exact.vector))
    assert 1e-9 < apart < 1e-5


def test_weights_are_views_of_their_vector() -> None:
    weights = some_weights(np.random.default_rng(4), 3, 2, 2)
    assert weights.vector.tolist() == [
        *weights.w.ravel(), *weights.omega.ravel(), *weights.readout.ravel(), *weights.readout_bias
    ]  # fmt: skip
    vector = weights.vector
    again = weights.from_vector(vector)
    vector[0] = 7.0
    assert again.w[0, 0] == 7.0 and weights.w[0, 0] != 7.0
    assert [part.shape for part in (again.w, again.omega, again.readout, again.readout_bias)] == [
        (3, 3), (3, 2), (2, 3), (2,)
    ]  # fmt: skip


# --- Adam -----------------------------------------------------------------------------------------


def with_gradient(monkeypatch: pytest.MonkeyPatch, gradient: Callable[[Any], Any]) -> None:
    """Let training see this gradient of the vector of weights in place of the task's."""

    def fake(weights: Weights, *_: Any, **__: Any) -> tuple[Any, Weights]:
        g = gradient(weights.vector.astype(float))
        return 0.5 * float(g @ g), weights.from_vector(g.astype(np.float32))

    monkeypatch.setattr(loop, "loss_and_gradient", fake)


def plain_adam(theta: Any, gradient: Any, *, rate: float, decay: float, updates: int) -> Any:
    """Return theta after Kingma and Ba's algorithm 1, in double precision.

    Its epsilon stands beside the corrected root of v. The one of `train` stands beside the root
    before correction, as in the form that ends their section 2: hence the division.
    """
    m = v = np.zeros_like(theta)
    for t in range(1, updates + 1):
        g = gradient(theta)
        m, v = 0.9 * m + 0.1 * g, 0.999 * v + 0.001 * g**2
        mhat, vhat = m / (1 - 0.9**t), v / (1 - 0.999**t)
        epsilon = 1e-8 / np.sqrt(1 - 0.999**t)
        theta = theta - rate / (1 + decay * (t - 1)) * mhat / (np.sqrt(vhat) + epsilon)
    return theta


def test_training_on_a_quadratic_is_plain_adam(monkeypatch: pytest.MonkeyPatch) -> None:
    rng = np.random.default_rng(5)
    recipe = Recipe("quadratic", 0.02, 80, decay=0.01, samples=64)
    start = plan(recipe=recipe).initial().vector.astype(float)
    bend, bottom = rng.uniform(0.1, 5.0, start.size), rng.standard_normal(start.size)

    def gradient(theta: Any) -> Any:
        return bend * (theta - bottom)

    with_gradient(monkeypatch, gradient)
    found = train(plan(recipe=recipe)).weights.vector
    settings = {"rate": 0.02, "decay": 0.01, "updates": 80}
    by_hand = plain_adam(start, gradient, **settings)
    assert np.max(np.abs(by_hand - start)) > 0.5
    # 80 updates round 80 times, and Adam's steps of 0.02 carry single precision's 6e-8 of it.
    np.testing.assert_allclose(found, by_hand, atol=2e-5)
    for wrong in ({"rate": 0.0202}, {"decay": 0.0}, {"updates": 79}):
        other = plain_adam(start, gradient, **(settings | wrong))
        assert np.max(np.abs(found - other)) > 1e-3


def test_the_first_step_of_adam_is_the_sign_of_the_gradient() -> None:
    one = plan(recipe=Recipe("one", 1e-3, 1, samples=64))
    batch, rate = next(iter(recorded(one))), 1e-3
    g = loss_and_gradient(one.initial(), batch)[1].vector.astype(float)
    moved = train(one).weights.vector.astype(float) - one.initial().vector
    # Weights of size one are rounded at 6e-8; epsilon takes its share of the smallest entries.
    size = np.abs(g) / (np.abs(g) + 1e-8 / np.sqrt(0.001))
    np.testing.assert_allclose(moved, -rate * np.sign(g) * size, rtol=0, atol=1.5e-7)
    assert np.sum(np.abs(g) > 1e-3) > 20


def test_the_rate_decays_with_every_update(monkeypatch: pytest.MonkeyPatch) -> None:
    # Under a constant gradient every step of Adam is the rate times its sign.
    recipe = Recipe("decaying", 0.01, 50, decay=0.2, samples=64)
    with_gradient(monkeypatch, lambda theta: np.where(np.arange(theta.size) % 2, 0.3, -2.0))
    states = [TrainingState.start(plan(recipe=recipe))]
    train(plan(recipe=recipe), callback=states.append)
    assert [state.update for state in states] == list(range(51))
    for k, (before, after) in enumerate(pairwise(states)):
        step = after.weights.vector.astype(float) - before.weights.vector
        wanted = np.where(np.arange(step.size) % 2, -1.0, 1.0) * 0.01 / (1 + 0.2 * k)
        np.testing.assert_allclose(step, wanted, atol=3e-7)


def test_clipping_caps_the_norm_and_leaves_the_direction(monkeypatch: pytest.MonkeyPatch) -> None:
    size = TrainingState.start(plan()).weights.vector.size
    g = np.random.default_rng(6).standard_normal(size)
    g /= np.linalg.norm(g)
    for norm, limit, kept in ((50.0, 2.0, 2.0), (1.5, 2.0, 1.5), (50.0, None, 50.0)):
        with_gradient(monkeypatch, lambda theta, norm=norm: norm * g)
        state = train(plan(recipe=Recipe("one", 1e-3, 1, clip=limit, samples=64)))
        # After one update the first moment is a tenth of the gradient, the second a thousandth.
        np.testing.assert_allclose(state.moments[0], 0.1 * kept * g, rtol=2e-6, atol=1e-9)
        np.testing.assert_allclose(state.moments[1], 0.001 * (kept * g) ** 2, rtol=4e-6, atol=1e-12)


# --- batches --------------------------------------------------------------------------------------


def recorded(chosen: Plan) -> list[Trials]:
    """Return the batches that training on a plan sees."""
    seen: list[Trials] = []

    def record(weights: Weights, trials: Trials, *_: Any, **__: Any) -> tuple[float, Weights]:
        seen.append(trials)
        return 0.0, weights.from_vector(np.zeros_like(weights.vector))

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(loop, "loss_and_gradient", record)
        train(chosen)
    return seen


def fingerprints(batches: list[Trials]) -> list[bytes]:
    """Return one mark a trial: the noise before any pulse, which no two trials share."""
    return [batch.x[:2, b].tobytes() for batch in batches for b in range(len(batch))]


@pytest.mark.parametrize("known", SHORT_TASKS, ids=lambda known: known.name)
def test_sixteen_of_64_trials_are_free_of_noise(known: Task) -> None:
    batches = recorded(plan(task=known))
    assert len(batches) == TINY.updates
    for batch in batches:
        assert len(batch) == 64 and batch.x.dtype == batch.target.dtype == np.float32
        clean = known.trials(batch.labels)
        np.testing.assert_array_equal(batch.target, clean.target)
        assert np.sum(np.all(batch.x == clean.x, axis=(0, 2))) == 16
    noise = np.concatenate([batch.x - known.trials(batch.labels).x for batch in batches], axis=1)
    noise = noise[:, np.any(noise, axis=(0, 2))]
    # One hundred trials, over and over: as many independent numbers as these hold.
    assert abs(np.std(noise) - 0.1) < 5 * 0.1 / np.sqrt(2 * 100 * known.duration * 2)


@pytest.mark.parametrize(("share", "free"), [(0.0, 0), (0.3, 19), (1.0, 64)])
def test_the_noise_free_share_is_a_number_of_trials(share: float, free: int) -> None:
    batch = recorded(plan(recipe=replace(TINY, noise_free=share, updates=1)))[0]
    clean = SHORT["OR"].trials(batch.labels).x
    assert np.sum(np.all(batch.x == clean, axis=(0, 2))) == free


def test_every_pass_meets_each_trial_once_in_a_new_order() -> None:
    # 25 batches of 64 are 16 passes through a set of 100: batches run across the ends of passes.
    recipe = replace(TINY, noise_free=0.0, updates=25)
    marks = fingerprints(recorded(plan(recipe=recipe)))
    passes = [marks[start : start + 100] for start in range(0, 1600, 100)]
    assert len(set(passes[0])) == 100
    assert all(set(one) == set(passes[0]) for one in passes)
    assert len({tuple(one) for one in passes}) == 16


def test_all_networks_of_a_task_learn_from_one_set_in_orders_of_their_own() -> None:
    recipe = replace(TINY, noise_free=0.0, updates=25)
    first = fingerprints(recorded(plan(recipe=recipe)))
    others = (
        {"seed": 1},
        {"initialisation": "orthogonal"},
        {"n_units": 6},
    )
    for other in others:
        marks = fingerprints(recorded(plan(recipe=recipe, **other)))
        assert set(marks) == set(first) and marks != first, other
    slower = replace(recipe, name="slower", learning_rate=1e-4, clip=None)
    assert fingerprints(recorded(plan(recipe=slower))) == first
    assert not set(fingerprints(recorded(plan(recipe=recipe, task=SHORT["AND"])))) & set(first)


def test_the_recipes_are_the_published_one_and_two_that_clip() -> None:
    # Rate, its decay, updates, trials in a batch and in the set, clipping, share without noise.
    table = {
        "author": (1e-4, 1e-4, 4700, 64, 15_000, None, 0.0),
        "clipped": (1e-4, 1e-4, 4700, 64, 15_000, 1.0, 0.25),
        "fast": (3e-4, 1e-4, 1600, 64, 15_000, 1.0, 0.25),
    }
    fields = ("learning_rate", "decay", "updates", "batch", "samples", "clip", "noise_free")
    found = {r.name: tuple(getattr(r, name) for name in fields) for r in RECIPES.values()}
    assert {name: found[name] for name in table} == table
    later = ["private", "looped", "several", "single", "moved", "cosine", "rectified"]
    assert list(RECIPES) == [*table, *later]
    one, many = RECIPES["single"], RECIPES["several"]
    assert replace(many, name="single", steps=(1.0,)) == one


# --- a plan is all that a network depends on ------------------------------------------------------


@pytest.mark.parametrize("initialisation", ["normal", "orthogonal", "identity"])
def test_the_same_plan_gives_the_same_bits(initialisation: str) -> None:
    chosen = plan(initialisation=initialisation, task=SHORT["XOR"])
    first = train(chosen)
    assert same(first, train(chosen))
    assert first.weights.vector.dtype == first.moments.dtype == np.float32
    other = train(replace(chosen, seed=1))
    assert not np.any(other.weights.w == first.weights.w)


def test_training_goes_on_from_any_state_to_the_same_bits() -> None:
    states: list[TrainingState] = []
    end = train(plan(), callback=states.append)
    kept = [state.weights.vector.tobytes() + state.moments.tobytes() for state in states]
    assert [state.update for state in states] == list(range(1, 25))
    for state in [TrainingState.start(plan()), *states]:
        assert same(train(plan(), resume=state), end)
    # What the callback was given has not changed since.
    assert kept == [state.weights.vector.tobytes() + state.moments.tobytes() for state in states]
    assert same(train(plan(), resume=end), end)


def test_the_curve_is_the_mean_loss_of_each_hundredth(monkeypatch: pytest.MonkeyPatch) -> None:
    losses: list[float] = []

    def record(weights: Weights, *args: Any, **rest: Any) -> Any:
        loss, gradient = loss_and_gradient(weights, *args, **rest)
        losses.append(float(loss))
        return loss, gradient

    monkeypatch.setattr(loop, "loss_and_gradient", record)
    states: list[TrainingState] = []
    train(plan(recipe=replace(TINY, updates=250)), callback=states.append)
    ends = [state.update for state in states]
    # Of 250 updates a hundredth is two or three, never further than half an update from 2.5 k.
    assert len(ends) == 100 and ends[-1] == 250
    assert all(abs(end - 2.5 * (k + 1)) <= 0.5 for k, end in enumerate(ends))
    means = [np.mean(losses[start:end]) for start, end in pairwise([0, *ends])]
    np.testing.assert_allclose(states[-1].curve, means, rtol=1e-14)


def test_an_exception_of_the_callback_stops_the_training() -> None:
    seen: list[int] = []

    def stop(state: TrainingState) -> None:
        seen.append(state.update)
        if state.update == 3:
            raise InterruptedError("enough")

    with pytest.raises(InterruptedError, match="enough"):
        train(plan(), callback=stop)
    assert seen == [1, 2, 3]


def test_a_loss_that_explodes_is_told_with_its_plan_and_update() -> None:
    wild = plan(recipe=Recipe("wild", 1e30, 10, samples=64))
    with (
        np.errstate(all="ignore"),
        pytest.raises(FloatingPointError, match=r"or-normal-5-wild-00.* at update 1$"),
    ):
        train(wild)


# --- the weights before training ------------------------------------------------------------------


def test_the_draw_of_a_shipped_plan_is_the_one_it_was_trained_from() -> None:
    # Pinned: another number means that NumPy draws otherwise, or that plans seed otherwise, and
    # that the "before" of every network in book/data is lost.
    shipped = Plan(task("and"), RECIPES["clipped"], "normal", 0)
    assert shipped.draw_hash() == "58ae588a3c1b27f7b2a056ba6f750ebd5ad98deda3ec7ef500db91e364e52d7d"
    assert shipped.description["draw_sha256"] == shipped.draw_hash()
    assert shipped.name == shipped.description["name"] == "and-normal-50-clipped-00"


def test_recipes_share_the_weights_that_they_start_from() -> None:
    for initialisation in ("normal", "orthogonal", "identity"):
        one, two = (
            Plan(task("xor"), RECIPES[name], initialisation, 2).initial().vector
            for name in ("author", "clipped")
        )
        assert one.tobytes() == two.tobytes()


def test_all_else_has_draws_of_its_own() -> None:
    plans = [
        Plan(task(name), RECIPES["fast"], initialisation, seed, n_units)
        for name in ("and", "or", "xor", "flip-flop")
        for initialisation in ("normal", "orthogonal", "identity")
        for seed in range(3)
        for n_units in (7, 8)
    ]
    assert len({chosen.draw_hash() for chosen in plans}) == len(plans) == 72
    first = {float(chosen.initial().omega[0, 0]) for chosen in plans}
    assert len(first) == 72


def test_normal_weights_have_standard_deviation_one_over_root_n() -> None:
    n = 120
    w = plan(n_units=n).initial().w.astype(float)
    scaled = np.sqrt(n) * w
    assert abs(np.mean(scaled)) < 5 / n
    assert abs(np.std(scaled) - 1) < 5 / np.sqrt(2 * n**2)
    # Normal and not only of that size: the fourth moment is 3, with standard error sqrt(96) / N.
    assert abs(np.mean(scaled**4) - 3) < 5 * np.sqrt(96) / n


def test_orthogonal_weights_are_orthogonal_and_uniform() -> None:
    chosen = plan(initialisation="orthogonal", n_units=30)
    w = chosen.initial().w.astype(float)
    np.testing.assert_allclose(w @ w.T, np.eye(30), atol=1e-6)
    # Gram and Schmidt's of a normal matrix, which is uniform: the triangle has a positive diagonal.
    triangle = w.T @ chosen.rng("weights").standard_normal((30, 30))
    assert np.max(np.abs(np.tril(triangle, -1))) < 1e-5 and np.all(np.diag(triangle) > 0)
    # Uniform on O(3): mean and variance are 0, 1 of trace and determinant, and 1, 2 of tr w^2.
    draws = [plan(seed, initialisation="orthogonal", n_units=3).initial().w for seed in range(400)]
    assert abs(np.mean([np.trace(draw) for draw in draws])) < 5 / np.sqrt(400)
    assert abs(np.mean([np.linalg.det(draw) for draw in draws])) < 5 / np.sqrt(400)
    assert abs(np.mean([np.trace(draw @ draw) for draw in draws]) - 1) < 5 * np.sqrt(2 / 400)


def test_identity_weights_are_the_identity() -> None:
    np.testing.assert_array_equal(plan(initialisation="identity").initial().w, np.eye(5))


def test_input_and_read_out_fill_the_limits_of_glorot() -> None:
    n = 200
    weights = plan(n_units=n).initial()
    for part, shape in ((weights.omega, (n, 2)), (weights.readout, (1, n))):
        limit = np.sqrt(6 / sum(shape))
        assert part.shape == shape and part.dtype == np.float32
        assert 0.95 * limit < np.max(part) <= limit and -limit <= np.min(part) < -0.95 * limit
        # A uniform law: its square has mean 1/3 and standard deviation sqrt(4/45).
        assert abs(np.mean((part / limit) ** 2) - 1 / 3) < 5 * np.sqrt(4 / 45 / part.size)
    np.testing.assert_array_equal(weights.readout_bias, [0.0])


# --- a network is trained -------------------------------------------------------------------------

# Seeds 0 to 9 of the plan below, each trained once: the range of each number, widened on either
# side by half of its width, and losses up to twice the largest. Before training, the radius and the
# symmetric part are 1, the departure from normality and the change 0; an output that never looks at
# the input has a loss of at least 0.18.
BANDS = {
    "loss of the last hundredth": (0.0, 0.018),  # measured 0.0029 to 0.0090
    "loss without noise": (0.0, 0.011),  # 0.0021 to 0.0055
    "spectral radius": (1.13, 1.44),  # 1.209 to 1.359
    "eigenvalues beyond 1.05": (2, 7),  # 3 to 6
    "departure from normality": (0.19, 0.35),  # 0.230 to 0.306
    "largest eigenvalue of the symmetric part": (1.18, 1.74),  # 1.320 to 1.598
    "relative change of w": (0.21, 0.44),  # 0.270 to 0.383
}


def measured(chosen: Plan) -> dict[str, float]:
    state, before = train(chosen), chosen.initial().w.astype(float)
    w = state.weights.w.astype(float)
    moduli = np.abs(np.linalg.eigvals(w))
    normal = np.sqrt(np.sum(w**2) - np.sum(moduli**2))
    clean = chosen.task.conditions()
    errors = by_simulation(state.weights, clean) - clean.target
    values = (
        state.curve[-1],
        np.mean(errors**2),
        np.max(moduli),
        np.sum(moduli > 1.05),
        normal / np.linalg.norm(w),
        np.max(np.linalg.eigvalsh((w + w.T) / 2)),
        np.linalg.norm(w - before) / np.linalg.norm(before),
    )
    return dict(zip(BANDS, map(float, values), strict=True))


def test_a_small_network_learns_xor_and_moves_its_spectrum_as_others_did() -> None:
    short = BooleanTask("XOR", onset=5, width=6, delay=5, duration=60)
    recipe = Recipe("brief", 3e-3, 600, clip=1.0, noise_free=0.25, samples=2000)
    found = measured(Plan(short, recipe, "orthogonal", 10, n_units=20))
    outside = {
        name: value
        for name, value in found.items()
        if not BANDS[name][0] <= value <= BANDS[name][1]
    }
    assert not outside


# --- executors ------------------------------------------------------------------------------------


PLANS = [plan(seed, task=known) for known in (SHORT["XOR"], SHORT_TASKS[-1]) for seed in range(2)]


@contextmanager
def dask(workers: int) -> Iterator[Any]:
    # It is in no environment of the book; pip install "dask[distributed]>=2025" lets this run.
    distributed = pytest.importorskip("distributed")
    with (
        distributed.LocalCluster(
            n_workers=workers, threads_per_worker=1, dashboard_address=None
        ) as cluster,
        distributed.Client(cluster) as client,
    ):
        yield client.get_executor()


@contextmanager
def own_processes(_: int) -> Iterator[None]:
    yield None


@pytest.mark.parametrize(
    ("executors", "workers"),
    [(ThreadPoolExecutor, 1), (ThreadPoolExecutor, 2), (own_processes, 0), (dask, 2)],
)
def test_an_ensemble_has_the_same_bits_on_every_executor(executors: Any, workers: int) -> None:
    with executors(workers) as executor:
        found = dict(train_ensemble(PLANS, executor=executor))
        if executor is not None:
            assert executor.submit(abs, -3).result() == 3  # it is still open
    assert set(found) == set(PLANS)
    for chosen in PLANS:
        assert same(found[chosen], train(chosen)), chosen.name


def test_networks_come_as_soon_as_they_are_done() -> None:
    later = threading.Event()

    def work(chosen: Plan) -> TrainingState:
        if chosen.seed == 0:
            assert later.wait(60)
        return TrainingState.start(chosen)

    with ThreadPoolExecutor(2) as executor:
        results = train_ensemble([plan(0), plan(1)], executor=executor, work=work)
        assert next(results)[0].seed == 1
        later.set()
        assert next(results)[0].seed == 0
        assert next(results, None) is None


@pytest.mark.parametrize("reason", ["a failure", "the reader stops"])
def test_the_rest_is_given_up(reason: str) -> None:
    begun: list[int] = []
    given_up = threading.Event()

    def work(chosen: Plan) -> TrainingState:
        begun.append(chosen.seed)
        if chosen.seed == 1 and reason == "a failure":
            raise ArithmeticError("seed 1 fails")
        if chosen.seed == 2:
            assert given_up.wait(60)
        return TrainingState.start(chosen)

    with ThreadPoolExecutor(1) as executor:
        results = train_ensemble(map(plan, range(6)), executor=executor, work=work)
        assert next(results)[0].seed == 0
        if reason == "a failure":
            with pytest.raises(ArithmeticError, match="seed 1 fails"):
                next(results)
        else:
            assert next(results)[0].seed == 1
            results.close()
        given_up.set()
    assert begun == [0, 1, 2]


# --- refusals -------------------------------------------------------------------------------------

WEIGHTS = some_weights(np.random.default_rng(7), 3, 2, 1)
TRIALS = SHORT["OR"].conditions()
# What is called; the value or shape that the message must name; a word of its remedy.
BAD: dict[str, tuple[Callable[[], Any], str, str]] = {
    "rate": (lambda: Recipe("a", 0.0, 10), "learning_rate = 0.0", "greater than 0"),
    "updates": (lambda: Recipe("a", 1e-3, 0), "updates = 0", "at least 1"),
    "clip": (lambda: Recipe("a", 1e-3, 10, clip=-1.0), "clip = -1.0", "greater than 0"),
    "share": (lambda: Recipe("a", 1e-3, 10, noise_free=1.5), "noise_free = 1.5", "0 and 1"),
    "share is a word": (lambda: Recipe("a", 1e-3, 10, noise_free="all"), "'all'", "0 and 1"),
    "share is NaN": (lambda: Recipe("a", 1e-3, 10, noise_free=float("nan")), "nan", "0 and 1"),
    "batch": (lambda: Recipe("a", 1e-3, 10, batch=0), "batch = 0", "at least 1"),
    "samples": (lambda: Recipe("a", 1e-3, 10, samples=1.5), "samples = 1.5", "whole"),
    "decay": (lambda: Recipe("a", 1e-3, 10, decay=-1e-4), "decay = -0.0001", "at least 0"),
    "decay is a word": (lambda: Recipe("a", 1e-3, 10, decay="slow"), "decay = 'slow'", "at least"),
    "decay is infinite": (lambda: Recipe("a", 1e-3, 10, decay=float("inf")), "inf", "finite"),
    # A name with a hyphen could not be read from the name of a file, and one with a slash is none.
    "hyphen": (lambda: Recipe("very-slow", 1e-3, 10), "'very-slow'", "underscores"),
    "slash": (lambda: Recipe("../a", 1e-3, 10), "'../a'", "underscores"),
    "initialisation": (lambda: plan(initialisation="uniform"), "'uniform'", "normal, orthogonal"),
    "seed": (lambda: plan(-1), "seed = -1", "at least 0"),
    "seed is a fraction": (lambda: plan(0.5), "seed = 0.5", "whole"),
    "no units": (lambda: plan(n_units=0), "n_units = 0", "at least 1"),
    "task is only named": (lambda: plan(task="and"), "task = 'and'", "task('and')"),
    "recipe is only named": (lambda: plan(recipe="fast"), "recipe = 'fast'", "RECIPES['fast']"),
    "three inputs": (
        lambda: loss_and_gradient(WEIGHTS, replace(TRIALS, x=np.zeros((12, 4, 3)))),
        "x has shape (12, 4, 3)",
        "need (12, 4, 2)",
    ),
    # NumPy would stretch this one over the trials and say nothing.
    "one target for all": (
        lambda: loss_and_gradient(WEIGHTS, replace(TRIALS, target=np.zeros((12, 1, 1)))),
        "target has shape (12, 1, 1)",
        "need (12, 4, 1)",
    ),
    "another network's state": (
        lambda: train(plan(), resume=TrainingState.start(plan(n_units=6))),
        "6 units and the plan 5",
        "of this plan",
    ),
    "a number of workers": (
        lambda: next(train_ensemble(PLANS, executor=2)),
        "executor = 2",
        "client.get_executor()",
    ),
}


@pytest.mark.parametrize("case", BAD)
def test_a_wrong_use_is_named_with_its_remedy(case: str) -> None:
    refuses(*BAD[case])
