"""The shipped networks: which are chosen, what is refused, and scores that a pencil knows."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from helpers.networks.ensemble import Member, Score, load_ensemble, rest_under_noise, score
from helpers.networks.network import Network, load_network, save_network
from helpers.training.backpropagation import Weights
from helpers.training.plans import RECIPES, Plan, Recipe
from helpers.training.tasks import BooleanTask, FlipFlop, task
from tests.helpers.refusals import refuses

DATA = Path(__file__).resolve().parents[2] / "book" / "data"
SHORT = BooleanTask("OR", onset=2, width=4, delay=1, duration=12)
TURNS = FlipFlop(turns=2, onset=2, width=2, quiet=4, delay=1)
OTHER = Recipe("other", 1e-3, 10)


def as_network(weights: Weights, recipe: Any = None) -> Network:
    parts = (weights.w, weights.omega, None)
    out = {"readout": weights.readout, "readout_bias": weights.readout_bias}
    return Network(*parts, **out, recipe=recipe)


def put(folder: Path, plan: Plan, name: str = "", **changed: Any) -> Path:
    """Write a network that was never trained: the negative of the weights that its plan draws."""
    first = plan.initial()
    path = folder / f"{name or plan.name}.npz"
    network = as_network(first.from_vector(-first.vector), plan.description | changed)
    save_network(path, network)
    return path


PLANS = [
    Plan(task(name), RECIPES[recipe], initialisation, seed, n_units)
    for name in ("and", "flip-flop")
    for recipe in ("author", "clipped")
    for initialisation in ("normal", "orthogonal")
    for seed in (0, 3, 12)
    for n_units in (4, 6)
]


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    place = tmp_path_factory.mktemp("networks")
    for plan in PLANS:
        put(place, plan)
    return place


# --- choosing -------------------------------------------------------------------------------------


def test_without_a_choice_all_are_there_in_the_order_of_their_names(folder: Path) -> None:
    members = load_ensemble(folder)
    assert [member.name for member in members] == sorted(plan.name for plan in PLANS)
    assert {member.plan for member in members} == set(PLANS)
    assert all(isinstance(member, Member) for member in members)


@pytest.mark.parametrize(
    ("chosen", "wanted"),
    [
        ({"task": "flip-flop"}, lambda p: isinstance(p.task, FlipFlop)),
        ({"recipe": "author"}, lambda p: p.recipe.clip is None),
        ({"initialisation": "normal", "n_units": 6},
            lambda p: p.n_units == 6 and p.initialisation == "normal"),
        ({"seed": 3}, lambda p: p.seed == 3),
        ({"seed": [0, 12]}, lambda p: p.seed != 3),
        ({"seed": range(2, 20)}, lambda p: p.seed > 0),
        ({"seed": np.arange(4)}, lambda p: p.seed < 4),
        ({"seed": (np.int64(12),), "task": ["and", "or"]},
            lambda p: p.seed == 12 and p.task == task("and")),
    ],
)  # fmt: skip
def test_a_choice_keeps_what_matches(folder: Path, chosen: Any, wanted: Any) -> None:
    found = {member.plan for member in load_ensemble(folder, **chosen)}
    assert found == {plan for plan in PLANS if wanted(plan)}
    assert 0 < len(found) < len(PLANS)


def test_a_member_is_its_file_and_its_plan(folder: Path) -> None:
    chosen = {"seed": 3, "task": "and", "recipe": "author", "n_units": 6}
    for member in load_ensemble(folder, **chosen):
        first = member.plan.initial()
        for part in ("w", "omega", "readout", "readout_bias"):
            drawn = getattr(first, part).astype(float)
            np.testing.assert_array_equal(getattr(member.before, part), drawn)
            np.testing.assert_array_equal(getattr(member.network, part), -drawn)
            assert getattr(member.before, part).dtype == float
        np.testing.assert_array_equal(member.network.b, np.zeros(6))
        file = load_network(folder / f"{member.name}.npz")
        assert file.recipe == member.network.recipe


def test_the_task_is_the_one_of_the_file_and_not_only_of_its_name(tmp_path: Path) -> None:
    plans = [Plan(known, OTHER, "identity", 0, 3) for known in (SHORT, TURNS)]
    for plan in plans:
        put(tmp_path, plan)
    assert [member.plan for member in load_ensemble(tmp_path)] == plans[::-1]
    assert load_ensemble(tmp_path, task="or")[0].plan.task.duration == 12


def test_other_files_are_passed_over(tmp_path: Path) -> None:
    put(tmp_path, PLANS[0])
    weights = PLANS[0].initial()
    for name in ("other.npz", "other-3.npz", "my-own-network-of-long-ago.npz"):
        save_network(tmp_path / name, as_network(weights))
    (tmp_path / f".{PLANS[0].name}.npz.part").write_text("half")
    assert len(load_ensemble(tmp_path)) == 1


# --- the networks of the book ---------------------------------------------------------------------


def test_the_first_networks_of_the_book_do_what_they_were_trained_for() -> None:
    # Under the recipe "author" some networks fail on trials without noise: it never shows any.
    members = load_ensemble(DATA, seed=0, recipe="clipped")
    assert len(members) == 12  # four tasks and two initialisations of 50 units, two and two of 100
    for member in members:
        known = member.plan.task
        clean = score(member.network, known.conditions(), judged=known.judged)
        assert clean.accuracy == 1.0 and clean.error <= 0.01, member.name
        before = member.before
        untrained = Network(before.w, before.omega, readout=before.readout, readout_bias=[0.0])
        assert score(untrained, known.conditions(), judged=known.judged).error > 0.1, member.name
        change = np.linalg.norm(member.network.w - before.w) / np.linalg.norm(before.w)
        assert 0.03 < change < 0.3, member.name
        assert len(member.network.curve) == 100, member.name


# --- scores ---------------------------------------------------------------------------------------


def summing(units: int = 1) -> Network:
    """Return a network that adds up a quarter of its inputs: a pulse of four steps counts one."""
    return Network(
        np.eye(units), np.full((units, 2), 0.25), readout=np.eye(units)[:1], activation="identity"
    )


def constant(level: float) -> Network:
    return Network([[0.0]], [[0.0, 0.0]], readout=[[1.0]], readout_bias=[level])


def test_a_network_that_adds_up_is_scored_by_hand() -> None:
    # Onset 2, width 4, answer from 7 of 12. With s the sum of the two stimuli the output is s/4,
    # 2s/4, 3s/4, s at steps 2 to 5, s at 6, where the target is still 0, and s from 7 on. Squared
    # errors: 30/16 + 1 = 2.875 for s = 1, and four times that for s = 2, 11.5. To which the five
    # steps of the answer add, for s = 2, under OR 5 * (2 - 1)^2 and under XOR 5 * (2 - 0)^2.
    found = score(summing(), SHORT.conditions(), judged=SHORT.judged)
    assert found == Score(pytest.approx((2 * 2.875 + 11.5 + 5) / 48, rel=1e-14), 1.0)
    xor = replace(SHORT, gate="XOR")
    found = score(summing(), xor.conditions(), judged=xor.judged)
    assert found == Score(pytest.approx((2 * 2.875 + 11.5 + 20) / 48, rel=1e-14), 0.75)


def test_constant_answers_are_right_as_often_as_the_target_is_that() -> None:
    trials = SHORT.conditions()  # under OR three of four answers are 1, during 5 of 12 steps
    yes, no = (score(constant(level), trials, judged=SHORT.judged) for level in (1.0, 0.0))
    assert yes.accuracy == 0.75 and no.accuracy == 0.25
    assert yes.error == pytest.approx(1 - 15 / 48) and no.error == pytest.approx(15 / 48)
    assert score(constant(0.4), trials, judged=SHORT.judged).accuracy == 0.25
    assert score(constant(0.6), trials, judged=SHORT.judged).accuracy == 0.75


def test_a_flip_flop_trial_is_right_if_every_turn_is() -> None:
    trials = TURNS.conditions()  # 00, 01, 10, 11: the output should be the bit at the end of a turn
    for level, right in ((1.0, [False, False, False, True]), (0.0, [True, False, False, False])):
        for b in range(4):
            one = replace(trials, x=trials.x[:, b : b + 1], target=trials.target[:, b : b + 1])
            assert score(constant(level), one, judged=TURNS.judged).accuracy == right[b]
    assert score(constant(1.0), trials, judged=TURNS.judged).accuracy == 0.25
    assert score(constant(1.0), trials, judged=TURNS.judged[-1:]).accuracy == 0.5
    assert score(constant(1.0), trials, judged=range(2)).accuracy == 0.0


def test_the_map_of_a_trained_layer_is_what_is_scored() -> None:
    rng = np.random.default_rng(0)
    w, omega, readout = (rng.standard_normal(shape) for shape in ((3, 3), (3, 2), (1, 3)))
    trials = SHORT.draw(7, rng=rng)
    outputs = np.empty_like(trials.target)
    for b in range(7):
        h = np.zeros(3)
        for t in range(12):
            h = np.tanh(w @ h + omega @ trials.x[t, b])
            outputs[t, b] = readout @ h + 0.2
    network = Network(w, omega, readout=readout, readout_bias=[0.2])
    found = score(network, trials, judged=SHORT.judged)
    assert found.error == pytest.approx(np.mean((outputs - trials.target) ** 2), rel=1e-12)
    right = (outputs[-1] > 0.5) == (trials.target[-1] > 0.5)
    assert found.accuracy == pytest.approx(np.mean(right))


# --- rest under noise -----------------------------------------------------------------------------


def test_rest_under_noise_is_the_last_state_of_a_noisy_run() -> None:
    rng = np.random.default_rng(1)
    w, omega = 0.5 * rng.standard_normal((4, 4)), rng.standard_normal((4, 2))
    known = BooleanTask("XOR", noise=0.3)
    found = rest_under_noise(Network(w, omega), known, rng=np.random.default_rng(5), steps=30)
    again = np.random.default_rng(5)
    h = np.zeros(4)
    for _ in range(30):
        h = np.tanh(w @ h + omega @ (0.3 * again.standard_normal(2)))
    assert found.shape == (4,)
    np.testing.assert_allclose(found, h, atol=1e-14)


def test_rest_under_noise_depends_on_generator_and_noise() -> None:
    network = Network(0.5 * np.eye(3), np.ones((3, 2)))
    known = task("and")
    first, same = (
        rest_under_noise(network, known, rng=np.random.default_rng(seed)) for seed in (1, 1)
    )
    np.testing.assert_array_equal(first, same)
    assert np.all(first != rest_under_noise(network, known, rng=np.random.default_rng(2)))
    still = replace(known, noise=0.0)
    assert not np.any(rest_under_noise(network, still, rng=np.random.default_rng(1)))


def test_rest_under_noise_takes_a_thousand_steps() -> None:
    # A unit that adds up its noise has after n steps n times the variance of one step.
    counting = Network(np.eye(400), np.eye(400), activation="identity")
    found = rest_under_noise(counting, task("and"), rng=np.random.default_rng(3))
    assert abs(np.std(found) / (0.1 * np.sqrt(1000)) - 1) < 5 / np.sqrt(2 * 400)


# --- refusals -------------------------------------------------------------------------------------


def test_a_network_from_other_random_numbers_is_refused(tmp_path: Path) -> None:
    path = put(tmp_path, PLANS[0], draw_sha256="0" * 64)
    with pytest.raises(ValueError, match="other random numbers") as told:
        load_ensemble(tmp_path)
    assert str(path) in str(told.value) and "requirements.lock" in str(told.value)


def test_a_renamed_network_is_refused(tmp_path: Path) -> None:
    path = put(tmp_path, PLANS[0], name="and-normal-4-author-07")
    with pytest.raises(ValueError, match=f"holds {PLANS[0].name}") as told:
        load_ensemble(tmp_path)
    assert str(path) in str(told.value)


@pytest.mark.parametrize("missing", ["task", "recipe", "seed", "draw_sha256", "everything"])
def test_a_network_without_its_plan_is_refused(tmp_path: Path, missing: str) -> None:
    about = {key: value for key, value in PLANS[0].description.items() if key != missing}
    network = as_network(PLANS[0].initial(), None if missing == "everything" else about)
    save_network(tmp_path / f"{PLANS[0].name}.npz", network)
    with pytest.raises(ValueError, match="holds no plan") as told:
        load_ensemble(tmp_path)
    assert "tools.train" in str(told.value)


def test_a_plan_with_a_word_that_no_recipe_has_is_refused(tmp_path: Path) -> None:
    recipe = PLANS[0].description["recipe"] | {"momentum": 0.9}
    put(tmp_path, PLANS[0], recipe=recipe)
    with pytest.raises(ValueError, match=r"holds no plan.*momentum"):
        load_ensemble(tmp_path)


TRIALS = SHORT.conditions()
# What is called; the value that the message must name; a word of its remedy.
BAD: dict[str, tuple[Callable[[Path], Any], str, str]] = {
    "a word of its own": (lambda f: load_ensemble(f, gate="and"), "gate = 'and'", "initialisation"),
    "no such seed": (lambda f: load_ensemble(f, seed=1), "{'seed': 1}", "tools.train"),
    "no such folder": (lambda f: load_ensemble(f / "none"), "none", "tools.train"),
    "nothing in common": (lambda f: load_ensemble(f, task=[]), "[]", "tools.train"),
    "nothing judged": (lambda f: score(constant(0.0), TRIALS, judged=()), "judged = ()", "0 to 11"),
    "too late": (lambda f: score(constant(0.0), TRIALS, judged=[12]), "judged = [12]", "0 to 11"),
    "from the end": (lambda f: score(constant(0.0), TRIALS, judged=[-1]), "[-1]", "0 to 11"),
    "no read-out": (
        lambda f: score(Network(np.eye(3), np.zeros((3, 2))), TRIALS, judged=[1]),
        "(0, 3)",
        "one row of its read-out",
    ),
    "two read-outs for one output": (
        lambda f: score(
            Network(np.eye(3), np.zeros((3, 2)), readout=np.ones((2, 3))), TRIALS, judged=[1]
        ),
        "(2, 3)",
        "one row of its read-out",
    ),
    "a seed": (lambda f: rest_under_noise(constant(0.0), SHORT, rng=3), "rng = 3", "default_rng"),
    "no steps": (
        lambda f: rest_under_noise(constant(0.0), SHORT, rng=np.random.default_rng(0), steps=0),
        "steps = 0",
        "at least 1",
    ),
}


@pytest.mark.parametrize("case", BAD)
def test_a_wrong_use_is_named_with_its_remedy(folder: Path, case: str) -> None:
    call, value, remedy = BAD[case]
    refuses(lambda: call(folder), value, remedy)
