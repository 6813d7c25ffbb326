"""Recipes with a leak, noise, fresh trials and several steps; starts; the law of Dale kept."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import asdict, dataclass, replace
from typing import Any

import numpy as np
import pytest

from helpers.training import loop
from helpers.training.layers import Layer, Loop
from helpers.training.loop import TrainingState, train
from helpers.training.plans import Plan, Recipe
from helpers.training.starts import STARTS, Start
from helpers.training.tasks import BooleanTask, FlipFlop
from helpers.training.trials import Trials, hold, joined
from helpers.training.weights import Weights
from tests.helpers.refusals import refuses

SHORT = BooleanTask("OR", onset=2, width=4, delay=2, duration=12)
RECIPE = Recipe(
    "leaky", 1e-2, 30, clip=1.0, noise_free=0.25, batch=16, alpha=0.4, noise=0.05, fresh=True
)


def plan(recipe: Recipe = RECIPE, initialisation: str = "gentle", **rest: Any) -> Plan:
    return Plan(**({"task": SHORT, "seed": 0, "n_units": 8} | rest), recipe=recipe,
                initialisation=initialisation)  # fmt: skip


def seen(chosen: Plan) -> list[dict[str, Any]]:
    """Return what each update of a training is given."""
    found: list[dict[str, Any]] = []

    def record(weights: Weights, trials: Trials, layer: Layer, **drawn: Any) -> Any:
        found.append({"trials": trials, "layer": layer, **drawn})
        return 0.0, weights.from_vector(np.zeros_like(weights.vector))

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(loop, "loss_and_gradient", record)
        train(chosen)
    return found


# --- the rate -------------------------------------------------------------------------------------


def test_the_rate_falls_as_its_schedule_says() -> None:
    geometric = Recipe("a", 3e-3, 11, schedule="geometric", rate_end=3e-4)
    rates = [geometric.rate(k) for k in range(11)]
    np.testing.assert_allclose(np.diff(np.log(rates)), np.log(0.1) / 10, rtol=1e-12)
    cosine = Recipe("a", 3e-3, 11, schedule="cosine", rate_end=1e-3)
    found = [cosine.rate(k) for k in (0, 5, 10)]
    np.testing.assert_allclose(found, [3e-3, 2e-3, 1e-3], rtol=1e-12)
    assert Recipe("a", 3e-3, 11, decay=0.5).rate(2) == 3e-3 / 2
    assert Recipe("a", 3e-3, 1, schedule="cosine").rate(0) == 3e-3


# --- batches --------------------------------------------------------------------------------------


def test_fresh_trials_never_come_twice_and_a_share_is_free_of_noise() -> None:
    batches = [given["trials"] for given in seen(plan())]
    marks = [b.x[:2, i].tobytes() for b in batches for i in range(len(b))]
    # Twelve of sixteen are noisy; the quiet ones begin with zeros, all alike.
    assert len(set(marks)) == 12 * len(batches) + 1
    assert all(b.x.dtype == b.target.dtype == np.float32 and len(b) == 16 for b in batches)


def test_private_noise_is_new_in_each_update_and_as_strong_as_the_recipe_says() -> None:
    given = seen(plan(replace(RECIPE, inside=0.1)))
    outside, inside = (np.stack([g[name] for g in given]) for name in ("noise", "inside"))
    assert outside.shape == inside.shape == (30, 12, 16, 8)
    for drawn, wanted in ((outside, 0.05 * np.sqrt(0.8)), (inside, 0.1 * np.sqrt(5.0))):
        assert abs(np.std(drawn) / wanted - 1) < 5 / np.sqrt(2 * drawn.size)
        assert len({part.tobytes() for part in drawn}) == 30
    assert abs(np.mean(outside * inside)) < 5 * 0.05 * 0.1 * 2 / np.sqrt(outside.size)
    assert all(g["noise"] is None for g in seen(plan(replace(RECIPE, noise=0.0))))


def test_each_update_has_a_step_and_its_trials() -> None:
    given = seen(plan(replace(RECIPE, steps=(1.0, 0.5))))
    alphas = [g["layer"].alpha for g in given]
    assert set(alphas) == {0.4, 0.2}
    for alpha, g in zip(alphas, given, strict=True):
        assert len(g["trials"].x) == len(g["noise"]) == (12 if alpha == 0.4 else 24)


def test_steps_in_turn_come_one_after_another_each_for_its_share() -> None:
    given = seen(plan(replace(RECIPE, steps=(1.0, 0.5, 0.25), in_turn=True)))
    alphas = [g["layer"].alpha for g in given]
    assert alphas == [0.4] * 10 + [0.2] * 10 + [0.1] * 10
    assert [len(g["trials"].x) for g in given[::10]] == [12, 24, 48]


def test_finer_steps_leave_the_target_and_the_intensity_of_the_noise() -> None:
    for task in (SHORT, FlipFlop(2, onset=2, width=2, quiet=6, delay=2)):
        fine = task.at_step(0.5)
        for name in ("x", "target"):
            coarse, found = (getattr(t.conditions(), name) for t in (task, fine))
            np.testing.assert_array_equal(np.repeat(coarse, 2, axis=0), found)
        assert fine.noise**2 * 0.5 == pytest.approx(task.noise**2)


# --- a plan is all that a network depends on ------------------------------------------------------


@pytest.mark.parametrize("initialisation", ["gentle", "dale"])
def test_training_goes_on_from_any_state_to_the_same_bits(initialisation: str) -> None:
    chosen = plan(replace(RECIPE, steps=(1.0, 0.5), inside=0.1), initialisation)
    states = [TrainingState.start(chosen)]
    end = train(chosen, callback=states.append)
    for state in states[::7]:
        again = train(chosen, resume=state)
        assert again.weights.vector.tobytes() == end.weights.vector.tobytes()
        assert again.moments.tobytes() == end.moments.tobytes()


def test_training_keeps_the_law_of_dale() -> None:
    chosen = plan(replace(RECIPE, activation="relu"), "dale", n_units=10)
    before, after = chosen.initial(), train(chosen).weights
    assert after.sign is not None
    assert after.sign.tolist() == [1.0] * 8 + [-1.0] * 2
    assert np.all(after.w * after.sign >= 0) and not np.any(np.diag(after.w))
    assert np.all(after.omega >= 0) and np.all(after.readout >= 0)
    assert not np.any(after.readout[:, 8:]) and after.b is not None and before.b is not None
    assert np.any(after.w != before.w) and np.any(after.b != before.b)


def test_a_recipe_is_read_from_what_json_holds() -> None:
    recipe = replace(RECIPE, steps=(1.0, 0.5))
    stored = asdict(recipe)
    assert Recipe(**(stored | {"steps": list(stored["steps"])})) == recipe


# --- where it starts ------------------------------------------------------------------------------


def test_starts_are_of_the_size_they_say() -> None:
    start = Start(gain=0.5, inputs=2.0, readout=0.3, bias=0.1, state=True)
    weights = start.weights(100, 40, 30, rng=np.random.default_rng(0))
    for part, size in ((weights.w, 0.05), (weights.omega, 2.0), (weights.readout, 0.03)):
        assert abs(np.std(part) / size - 1) < 5 / np.sqrt(2 * part.size)
    assert weights.b is not None and weights.start is not None
    assert np.all(weights.b == np.float32(0.1)) and not np.any(weights.start)
    assert weights.vector.dtype == np.float32


def test_signed_weights_are_balanced_and_of_radius_one() -> None:
    weights = STARTS["dale"].weights(200, 2, 1, rng=np.random.default_rng(1))
    assert weights.sign is not None
    np.testing.assert_array_equal(weights.projected().vector, weights.vector)
    w = weights.w.astype(float)
    assert np.max(np.abs(np.linalg.eigvals(w))) == pytest.approx(1.0, rel=1e-5)
    # Forty columns weigh as much as a hundred and sixty.
    assert abs(np.sum(w)) < 0.05 * np.sum(np.abs(w))
    assert np.mean(w[:, 160:]) / np.mean(w[:, :160]) == pytest.approx(-4, rel=0.05)


# --- trials ---------------------------------------------------------------------------------------


def some_trials(rng: np.random.Generator, batch: int, **rest: Any) -> Trials:
    sizes = {"x": (5, batch, 2), "target": (5, batch, 3), "labels": (batch, 1)}
    sizes |= {"mask": (5, batch, 1), "body": (batch, 3), "push": (5, batch, 3)}
    return Trials(**({name: rng.standard_normal(size) for name, size in sizes.items()} | rest))


def test_draws_are_joined_and_taken_apart_again() -> None:
    rng = np.random.default_rng(2)
    one, two = some_trials(rng, 3), some_trials(rng, 4)
    both = joined([one, two])
    assert len(both) == 7
    for part, rows in ((one, range(3)), (two, range(3, 7))):
        again = both.chosen(list(rows))
        assert all(np.array_equal(getattr(part, n), getattr(again, n)) for n in vars(part))
    common = some_trials(rng, 3, mask=np.ones((5, 1, 1)), push=None)
    assert joined([common, common]).mask is common.mask and joined([common]).push is None
    assert one.single().labels is one.labels
    kept = one.single().push
    assert kept is not None and kept.dtype == np.float32


def test_evidence_is_held_over_its_frame() -> None:
    x = np.random.default_rng(3).standard_normal((4, 3, 2))
    held = hold(x, 5)
    assert held.shape == (20, 3, 2)
    np.testing.assert_array_equal(held.reshape(4, 5, 3, 2), np.stack([x] * 5, axis=1))


# --- through a body, and on the network's own output ----------------------------------------------


@dataclass(frozen=True)
class Slide:
    """A mass without friction is brought to rest at zero: position and velocity are fed back."""

    duration: int = 20
    noise: float = 0.0
    name = "slide"
    judged = (19,)
    n_inputs, n_outputs = 2, 1

    @property
    def loop(self) -> Loop:
        """The mass, sampled at 0.2 with the force held."""
        return Loop(np.array([[1, 0.2], [0, 1]]), np.array([[0.02], [0.2]]), np.eye(2))

    def draw(self, n_trials: int, *, rng: np.random.Generator, noisy: bool = True) -> Trials:
        """Return masses that start at rest in random places."""
        body = np.zeros((n_trials, 2))
        body[:, 0] = rng.uniform(-1, 1, n_trials)
        zero = np.zeros((self.duration, n_trials, 2))
        late = np.zeros((self.duration, 1, 1))
        late[12:] = 1.0
        return Trials(zero, zero, body[:, :1], mask=late, body=body)

    def conditions(self) -> Trials:
        """Return both ends."""
        return self.draw(2, rng=np.random.default_rng(0))

    def at_step(self, step: float) -> Slide:
        """Return this task, which knows one step."""
        return self


@dataclass(frozen=True)
class Wave:
    """A sine is continued: the network is shown its first half."""

    duration: int = 24
    noise: float = 0.0
    name = "wave"
    judged = (23,)
    n_inputs, n_outputs = 1, 1

    @property
    def loop(self) -> Loop:
        """Its own output, from the middle on."""
        return Loop.wire(1, since=12)

    def draw(self, n_trials: int, *, rng: np.random.Generator, noisy: bool = True) -> Trials:
        """Return waves of random phase."""
        phase = rng.uniform(0, 2 * np.pi, n_trials)
        wave = np.sin(0.5 * np.arange(self.duration + 1)[:, None] + phase)[..., None]
        shown = np.where(np.arange(self.duration)[:, None, None] < 12, wave[:-1], 0.0)
        return Trials(shown, wave[1:], phase[:, None])

    def conditions(self) -> Trials:
        """Return four waves."""
        return self.draw(4, rng=np.random.default_rng(0))

    def at_step(self, step: float) -> Wave:
        """Return this task, which knows one step."""
        return self


@pytest.mark.parametrize("task", [Slide(), Wave()], ids=lambda task: task.name)
def test_a_network_learns_in_a_closed_loop(task: Any) -> None:
    recipe = Recipe("loop", 1e-2, 300, clip=1.0, batch=16, schedule="cosine", alpha=0.5, fresh=True)
    state = train(Plan(task, recipe, "gentle", 0, n_units=16))
    assert state.curve[-1] < 0.05 * state.curve[0]


# --- refusals -------------------------------------------------------------------------------------

BAD: dict[str, tuple[Callable[[], Any], str, str]] = {
    "schedule": (lambda: Recipe("a", 1e-3, 9, schedule="linear"), "'linear'", "inverse, geometric"),
    "no end": (lambda: Recipe("a", 1e-3, 9, schedule="geometric"), "rate_end = 0", "above it"),
    "leak": (lambda: Recipe("a", 1e-3, 9, alpha=2.0), "alpha = 2.0", "at most at 1"),
    "activation": (lambda: Recipe("a", 1e-3, 9, activation="sin"), "'sin'", "tanh, relu"),
    "noise": (lambda: Recipe("a", 1e-3, 9, noise=-0.1), "noise = -0.1", "at least 0"),
    "inside": (lambda: Recipe("a", 1e-3, 9, inside=np.nan), "inside = nan", "finite"),
    "no steps": (lambda: Recipe("a", 1e-3, 9, steps=()), "steps = ()", "(1.0,)"),
    "coarser": (lambda: Recipe("a", 1e-3, 9, steps=(2.0,), fresh=True), "alpha = 2.0", "at 1"),
    "steps of a set": (lambda: Recipe("a", 1e-3, 9, steps=(1.0, 0.5)), "(1.0, 0.5)", "fresh=True"),
    "no whole times": (lambda: SHORT.at_step(0.3), "step = 0.3", "divides all times"),
    "matrix": (lambda: Start(matrix="zeros"), "'zeros'", "normal, orthogonal"),
    "gain": (lambda: Start(gain=0.0), "gain = 0.0", "greater than 0"),
    "bias": (lambda: Start(bias=np.inf), "bias = inf", "None for no bias"),
    "signs alone": (lambda: Start(excitatory=0.8), "excitatory = 0.8", "go together"),
    "share": (lambda: Start(matrix="gamma", excitatory=1.0), "excitatory = 1.0", "0 and 1"),
    "one sign": (
        lambda: STARTS["dale"].weights(2, 1, 1, rng=np.random.default_rng(0)),
        "0.8 of 2 units",
        "either sign",
    ),
    "no generator": (lambda: STARTS["normal"].draw(2, 1, 1, rng=0), "rng = 0", "default_rng"),
    "frames": (lambda: hold([1.0], 0), "steps = 0", "at least 1"),
    "no frames": (lambda: hold(1.0, 2), "x = 1.0", "one row a frame"),
}


@pytest.mark.parametrize("case", BAD)
def test_a_wrong_use_is_named_with_its_remedy(case: str) -> None:
    refuses(*BAD[case])


def test_draws_of_which_one_has_what_another_lacks_are_not_joined() -> None:
    """A push would be dropped without a word where only the second draw has one."""
    plain = SHORT.conditions()
    pushed = replace(plain, push=np.zeros((*plain.x.shape[:2], 4)))
    for parts in ([plain, pushed], [pushed, plain]):
        refuses(lambda parts=parts: joined(parts), "push", "zeros")  # type: ignore[misc]
    assert joined([pushed, pushed]).push.shape[1] == 2 * len(plain)  # type: ignore[union-attr]
