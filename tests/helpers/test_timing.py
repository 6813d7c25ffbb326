"""The task of timing: cue, pulse, target, its step; what an output's duration is; the recipe."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from helpers import simulate
from helpers.networks.network import Network
from helpers.training.loop import train
from helpers.training.plans import RECIPES, Plan
from helpers.training.timing import CueSetGo
from tests.helpers.refusals import refuses

TASK = CueSetGo()


def test_the_cue_is_the_logarithm_of_the_duration_between_minus_one_and_one() -> None:
    np.testing.assert_allclose(TASK.cue([20.0, 50.0, np.sqrt(1000.0)]), [-1, 1, 0], atol=1e-15)
    # Equal ratios of duration are equal differences of the cue, wherever they lie.
    np.testing.assert_allclose(
        np.diff(TASK.cue([4.0, 8.0, 16.0, 32.0])), 2 * np.log(2) / np.log(2.5)
    )


def test_the_target_is_the_movement_of_least_jerk_from_the_end_of_the_pulse() -> None:
    trials = TASK.trials([20.0, 50.0], onset=[12, 30])
    for row, (duration, onset) in enumerate(((20, 12), (50, 30))):
        target, go = trials.target[:, row, 0], onset + TASK.width - 1
        pulse = np.flatnonzero(trials.x[:, row, 1])
        assert pulse.tolist() == list(range(onset, onset + 5)) and pulse[-1] == go
        assert not np.any(target[: go + 1]) and np.all(target[go + duration :] == 1)
        # Its sixth derivative is zero, it is its own mirror image, and it has no speed at the ends.
        move = target[go : go + duration + 1]
        assert np.max(np.abs(np.diff(move, 6))) < 1e-13
        np.testing.assert_allclose(move + move[::-1], 1.0, atol=1e-15)
        assert move[1] == pytest.approx(10 / duration**3, rel=2 / duration)
    np.testing.assert_array_equal(trials.labels, [[20, 12], [50, 30]])


def test_a_pulse_that_never_comes_leaves_the_output_at_rest() -> None:
    drawn = replace(TASK, catch=1.0).draw(6, rng=np.random.default_rng(0))
    assert not np.any(drawn.target) and abs(np.mean(drawn.x[..., 1])) < 0.01
    assert np.all(drawn.labels[:, 1] == TASK.duration)


def test_draws_have_their_shares() -> None:
    drawn = TASK.draw(8000, rng=np.random.default_rng(1), noisy=False)
    durations, onsets = drawn.labels.T
    caught = onsets == TASK.duration
    assert abs(np.mean(caught) * 16 - 1) < 0.2
    assert set(durations) == set(TASK.durations) and set(onsets[~caught]) == set(range(10, 31))
    noisy = TASK.draw(500, rng=np.random.default_rng(2))
    quiet = TASK.trials(noisy.labels[:, 0], onset=noisy.labels[:, 1])
    assert np.std(noisy.x - quiet.x) == pytest.approx(0.05, rel=0.01)


def test_conditions_are_the_durations_without_noise() -> None:
    trials = TASK.conditions()
    assert trials.x.shape == (100, 5, 2) and TASK.judged == (99,)
    assert trials.labels[:, 0].tolist() == list(TASK.durations)
    assert np.all(trials.target[-1] == 1)


def test_a_finer_step_has_the_same_movements() -> None:
    fine = TASK.at_step(0.5)
    assert fine.duration == 2 * TASK.duration and fine.noise == pytest.approx(0.05 * np.sqrt(2))
    coarse, found = TASK.conditions(), fine.conditions()
    np.testing.assert_allclose(found.x[::2], coarse.x)
    np.testing.assert_allclose(found.target[1::2], coarse.target, atol=1e-15)
    refuses(lambda: TASK.at_step(0.3), "step = 0.3", "whole numbers")


@given(st.floats(10.0, 90.0), st.floats(-0.2, 0.2))
def test_a_movement_has_the_duration_it_was_made_with(duration: float, offset: float) -> None:
    move = TASK.trials([20.0, 50.0]).target  # only for its length
    t = np.arange(len(move)) / duration
    s = np.clip(t, 0, 1)
    made = 10 * s**3 - 15 * s**4 + 6 * s**5
    found, error = TASK.produced(made)
    assert found == pytest.approx(duration, rel=1e-5) and error < 1e-6
    _, error = TASK.produced(made + offset)
    assert error <= abs(offset) + 1e-6


@pytest.mark.parametrize(
    ("wrong", "value"),
    [
        ({"durations": (20.0,)}, "two different"),
        ({"durations": (20.0, -1.0)}, "durations = -1.0"),
        ({"first": 40}, "last = 30"),
        ({"width": 0}, "width = 0"),
        ({"hold": 1.5}, "hold = 1.5"),
        ({"catch": 1.5}, "catch = 1.5"),
        ({"noise": -0.1}, "noise = -0.1"),
        ({"noise": np.inf}, "noise = inf"),
    ],
)
def test_wrong_descriptions_are_named(wrong: dict[str, object], value: str) -> None:
    refuses(lambda: CueSetGo(**wrong), value, "")  # type: ignore[arg-type]


def test_wrong_trials_are_refused() -> None:
    refuses(lambda: TASK.trials(20.0), "durations has shape ()", "(any)")
    refuses(lambda: TASK.trials([20.0, 0.0]), "durations[1] = ", "greater than 0")
    refuses(lambda: TASK.trials([20.0], onset=[1, 2]), "onset has shape (2,)", "one a trial")
    refuses(lambda: TASK.produced(np.zeros((3, 1))), "output has shape (3, 1)", "(any)")
    refuses(lambda: TASK.produced([]), "output has shape (0,)", "at least 2")


def test_the_recipe_trains_a_timer() -> None:
    """The criterion of the shipped ones: each duration to 5 per cent, 0.04 off in the mean."""
    plan = Plan(CueSetGo(), RECIPES["cosine"], "driven", 3)
    weights = train(plan).weights
    network = Network(weights.w, weights.omega, weights.b, readout=weights.readout,
                      readout_bias=weights.readout_bias, delta=plan.recipe.alpha)  # fmt: skip
    trials, go = TASK.conditions(), TASK.last + TASK.width
    output = network.output(simulate(network.map, np.zeros((5, 50)), trials.x).h)[go:, :, 0]
    for duration, z in zip(TASK.durations, output.T, strict=True):
        found, error = TASK.produced(z)
        assert abs(found / duration - 1) <= 0.05 and error <= 0.04
