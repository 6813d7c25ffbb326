"""The task of reaching: targets, body, step; the gradient through the body; the recipe."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from helpers import RNN, simulate
from helpers.analysis.movement import Controller, closed_loop
from helpers.networks.network import load_network
from helpers.training.backpropagation import loss_and_gradient
from helpers.training.loop import train
from helpers.training.plans import RECIPES, Plan
from helpers.training.reach import Reach, minimum_jerk
from tests.helpers.refusals import refuses

SHORT = Reach(wait=2, move=6, rest=2, pulse=2)
PATH, END = 0.016, 0.016  # the test that was set beforehand: 2 per cent of the way of 0.8


def test_the_target_is_a_smooth_straight_line_and_its_velocity() -> None:
    task = Reach()
    trials = task.trials([[0.1, -0.2]], [[0.9, 0.4]])
    q, v = trials.target[:, 0, :2], trials.target[:, 0, 2:]
    np.testing.assert_allclose(q[[9, 39, -1]], [[0.1, -0.2], [0.9, 0.4], [0.9, 0.4]], atol=1e-12)
    np.testing.assert_allclose((q[2:] - q[:-2]) / 0.4, v[1:-1], atol=3e-3)
    np.testing.assert_allclose((q - q[0]) @ [0.6, -0.8], 0, atol=1e-12)
    np.testing.assert_array_equal(trials.x[9:11, 0, :2], [[0.1, -0.2], [0.9, 0.4]])
    assert task.duration == 60 and task.judged == tuple(range(40, 60))


def test_the_smoothest_move_has_no_velocity_and_acceleration_at_its_ends() -> None:
    p = np.array([-1.0, 0.0, 1e-4, 1 - 1e-4, 1.0, 3.0])
    place, velocity = minimum_jerk(p)
    np.testing.assert_allclose(place, [0, 0, 0, 1, 1, 1], atol=1e-10)
    np.testing.assert_allclose(velocity, 0, atol=1e-6)
    ahead, back = (minimum_jerk(0.3 + s)[0] for s in (1e-6, -1e-6))
    assert minimum_jerk(0.3)[1] == pytest.approx((ahead - back) / 2e-6, rel=1e-8)
    refuses(lambda: minimum_jerk(np.nan), "nan", "finite")


def test_the_gradient_through_the_body_is_that_of_a_complex_step() -> None:
    plan = Plan(SHORT, RECIPES["looped"], "gentle", 0, 5)
    first, rng = plan.initial(), np.random.default_rng(1)
    weights = first.from_vector(first.vector.astype(float))
    trials = SHORT.draw(3, rng=rng)
    assert np.any(trials.push) and not np.any(SHORT.draw(3, rng=rng, noisy=False).push)
    _, gradient = loss_and_gradient(weights, trials, plan.layer())
    vector = weights.vector
    for k in rng.integers(len(vector), size=12):
        moved = vector.astype(complex)
        moved[k] += 1e-30j
        loss, _ = loss_and_gradient(weights.from_vector(moved), trials, plan.layer())
        assert gradient.vector[k] == pytest.approx(loss.imag / 1e-30, rel=1e-10, abs=1e-15)


def test_what_is_trained_is_the_closed_loop_with_its_clock() -> None:
    plan = Plan(SHORT, RECIPES["looped"], "gentle", 3, 5)
    w = plan.initial()
    flow = RNN(w.w.astype(float), w.omega.astype(float), w.b.astype(float))
    controller = Controller(flow, w.readout.astype(float), w.readout_bias.astype(float))
    trials = SHORT.trials([[0.1, 0.2]], [[0.5, -0.3]])
    start = np.concatenate([np.zeros(5), [0.1, 0.2, 0.0, 0.0]])
    run = simulate(closed_loop(controller, SHORT.body, 0.2), start, trials.x[:, 0, :2])
    loss, _ = loss_and_gradient(w.from_vector(w.vector.astype(float)), trials, plan.layer())
    penalty = 1e-3 * np.mean(run.h[1:, :5] ** 2)
    assert np.mean((run.h[1:, 5:] - trials.target[:, 0]) ** 2) + penalty == pytest.approx(loss)


def test_a_push_is_a_force_that_lasts() -> None:
    task = Reach(push=2.0)
    push = task.draw(500, rng=np.random.default_rng(2)).push
    on = np.any(push, axis=-1)
    assert np.max(on.sum(axis=0)) == task.pulse and np.all(np.any(on, axis=0))
    kick = task.body.zoh(0.2).step(np.zeros(4), [1.0, 0.0])
    assert np.std(push[on][:, 2]) == pytest.approx(2.0 * kick[2], rel=0.1)


def test_another_step_is_the_same_move_in_as_much_time() -> None:
    fine = Reach().at_step(0.5)
    assert (fine.move, fine.step, fine.duration, fine.pulse) == (60, 0.1, 120, 10)
    one, two = (
        t.trials([[0.0, 0.0]], [[0.5, 0.5]]).target for t in (Reach(), Reach().at_step(0.2))
    )
    np.testing.assert_allclose(two[4::5], one, atol=1e-12)
    refuses(lambda: Reach().at_step(0.3), "0.3", "divides")


@pytest.mark.parametrize("wrong", [{"move": 0}, {"wait": 0.5}, {"beta": 0.0}, {"push": -1.0}])
def test_wrong_descriptions_are_named(wrong: dict[str, float]) -> None:
    with pytest.raises(ValueError, match=next(iter(wrong))):
        Reach(**wrong)  # type: ignore[arg-type]


def errors(controller: Controller, task: Reach) -> tuple[float, float]:
    """Return the root mean squared distance from the path, and the largest one at the end."""
    trials, n = task.conditions(), controller.flow.n_units
    start = np.concatenate([np.zeros((8, n)), trials.body], axis=-1)
    loop = closed_loop(controller, task.body, task.step)
    run = simulate(loop, start, trials.x[..., :2])
    away = np.linalg.norm(run.h[1:, :, n : n + 2] - trials.target[..., :2], axis=-1)
    return float(np.sqrt(np.mean(away[task.wait :] ** 2))), float(np.max(away[-1]))


def test_all_reachers_that_are_shipped_meet_the_test() -> None:
    files = sorted(Path("book/data/reach").glob("*.npz"))
    assert len(files) == 6
    for file in files:
        n = load_network(file)
        path, end = errors(Controller(n.flow, n.readout, n.readout_bias), Reach())
        assert path <= PATH and end <= END, file


def test_the_recipe_makes_a_network_that_reaches() -> None:
    plan = Plan(Reach(), RECIPES["looped"], "gentle", 0)
    w = train(plan).weights
    flow = RNN(w.w.astype(float), w.omega.astype(float), w.b.astype(float))
    controller = Controller(flow, w.readout.astype(float), w.readout_bias.astype(float))
    path, end = errors(controller, Reach())
    assert path <= PATH and end <= END
