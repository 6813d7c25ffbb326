"""The task of evidence: targets, its step, what an ideal observer gets right."""

import numpy as np
import pytest

from helpers import simulate
from helpers.analysis.signs import column_signs
from helpers.networks.network import Network
from helpers.training.evidence import EvidenceTask, TwoSidedEvidence
from helpers.training.loop import train
from helpers.training.plans import RECIPES, Plan


def test_targets_are_sums_between_ceilings():
    task = EvidenceTask()
    trials = task.draw(40, rng=np.random.default_rng(1))
    sums = np.cumsum(trials.x[..., 0], axis=0) / 3
    np.testing.assert_allclose(trials.target[..., 0], np.clip(sums, -1.5, 1.5), atol=1e-13)
    assert not np.any(trials.x[:10]) and not np.any(trials.x[60:])
    assert task.duration == 70 == len(trials.x)
    assert set(np.abs(trials.labels)) <= set(task.coherences)


def test_a_finer_step_holds_the_same_frames_and_ends_in_the_same_sums():
    task, fine = EvidenceTask(), EvidenceTask().at_step(0.2)
    one, two = (t.draw(9, rng=np.random.default_rng(2)) for t in (task, fine))
    assert fine.duration == 5 * task.duration
    np.testing.assert_array_equal(two.x[2::5], one.x)
    np.testing.assert_allclose(two.target[4::5], one.target, atol=1e-13)


def test_the_ideal_observer_is_one_who_adds_up():
    task = EvidenceTask(ceiling=100.0)
    trials = task.trials(np.full(40_000, 0.064), rng=np.random.default_rng(3))
    right = np.mean(trials.target[-1, :, 0] > 0)
    assert right == pytest.approx(task.ideal(0.064), abs=0.01)
    assert task.ideal(-0.064) == task.ideal(0.064)


def test_conditions_are_all_coherences_to_both_sides_without_noise():
    trials = EvidenceTask().conditions()
    assert len(trials) == 12 and trials.labels[1] == -trials.labels[7] == 0.032
    np.testing.assert_allclose(trials.x[30, :, 0], trials.labels)


@pytest.mark.parametrize(
    "wrong",
    [{"stimulus": 0}, {"onset": 0.5}, {"noise": -1.0}, {"unit": 0.0}, {"coherences": (np.inf,)}],
)
def test_wrong_descriptions_are_named(wrong):
    with pytest.raises(ValueError, match=next(iter(wrong))):
        EvidenceTask(**wrong)


def test_a_frame_is_a_whole_number_of_steps():
    with pytest.raises(ValueError, match="whole number of steps"):
        EvidenceTask().at_step(0.3)


def test_the_recipe_trains_a_network_that_decides():
    """The test that the shipped networks were set beforehand: 90 % and 99 % right."""
    plan = Plan(EvidenceTask(), RECIPES["private"], "gentle", 7)
    weights, rng = train(plan).weights, np.random.default_rng(4)
    network = Network(weights.w, weights.omega, weights.b, readout=weights.readout,
                      readout_bias=weights.readout_bias, delta=plan.recipe.alpha,
                      noise=np.sqrt(2) * plan.recipe.noise)  # fmt: skip
    for kappa, least in ((0.128, 0.9), (-0.128, 0.9), (0.512, 0.99), (-0.512, 0.99)):
        trials = plan.task.trials(np.full(300, kappa), rng=rng)
        h = simulate(network.map, np.zeros((300, 50)), trials.x, rng=rng).h[-1]
        assert np.mean(np.sign(network.output(h)[:, 0]) == np.sign(kappa)) >= least


def test_two_sides_carry_the_same_evidence_and_their_difference_is_the_same_sum():
    one, two = (task(onset=2, steps=2) for task in (EvidenceTask, TwoSidedEvidence))
    first, second = (t.draw(9, rng=np.random.default_rng(5)) for t in (one, two))
    shown = slice(4, 104)
    difference = second.x[..., 0] - second.x[..., 1]
    np.testing.assert_allclose(difference, first.x[..., 0], atol=1e-15)
    np.testing.assert_allclose(second.x[shown].sum(axis=-1), 1.0, atol=1e-15)
    assert not np.any(second.x[:4]) and not np.any(second.x[104:])
    np.testing.assert_allclose(second.target.sum(axis=-1), 1.2, atol=1e-15)
    np.testing.assert_allclose(two.difference(second.target), first.target, atol=1e-14)
    with pytest.raises(ValueError, match="side"):
        two.difference(np.zeros((3, 1)))


def test_the_recipe_trains_a_network_under_the_law_of_dale():
    """The test that the shipped networks were set beforehand, and no sign is broken."""
    task = TwoSidedEvidence()
    plan = Plan(task, RECIPES["rectified"], "dale", 0)
    weights, rng = train(plan).weights, np.random.default_rng(6)
    network = Network(weights.w, weights.omega, weights.b, readout=weights.readout,
                      readout_bias=weights.readout_bias, delta=plan.recipe.alpha,
                      activation="relu", noise=np.sqrt(2) * plan.recipe.noise)  # fmt: skip
    np.testing.assert_array_equal(column_signs(network.w), [1] * 40 + [-1] * 10)
    assert not np.any(np.diag(network.w)) and np.all(network.omega >= 0)
    assert np.all(network.readout[:, :40] >= 0) and not np.any(network.readout[:, 40:])
    for kappa, least in ((0.128, 0.9), (-0.128, 0.9), (0.512, 0.99), (-0.512, 0.99)):
        trials = task.trials(np.full(300, kappa), rng=rng)
        h = simulate(network.map, np.zeros((300, 50)), trials.x, rng=rng).h[-1]
        y = task.difference(network.output(h))[:, 0]
        assert np.mean(np.sign(y) == np.sign(kappa)) >= least
    values = np.sort(np.abs(np.linalg.eigvals(network.w)))
    assert 2.0 < values[-1] < 3.2 and values[-2] > 2.0 and values[-3] < 1.2
