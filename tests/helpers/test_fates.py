"""Where a state goes: slow swings with their numbers, the point concerned, never without a word."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from scipy.optimize import brentq

from helpers import LinearMap, Map, simulate
from helpers.dynamics._checks import Array
from helpers.networks.fates import follow
from helpers.networks.network import Network
from tests.helpers.refusals import refuses

QUIET = np.zeros((2, 1))


def pair(real: float, imaginary: float) -> Array:
    return np.array([[real, -imaginary], [imaginary, real]])


def crossings(h: Array) -> float:
    """Cycles per step from the upward crossings of the mean, interpolated: no transform."""
    moved = h - h.mean()
    before = np.flatnonzero((moved[:-1] < 0) & (moved[1:] >= 0))
    at = before + moved[before] / (moved[before] - moved[before + 1])
    return float((len(at) - 1) / (at[-1] - at[0]))


def test_a_slow_oscillation_is_given_the_window_that_it_needs() -> None:
    # A window of 400 steps read .00375 cycles a step; the true frequency is .00177.
    turn = 2 * np.pi / (390 * 0.05)
    slow = Network(pair(1.3, turn), QUIET, delta=0.05)
    (one,) = follow(slow, [0.1, 0.0])
    true = crossings(simulate(slow.map, [0.1, 0.0], steps=40_000).h[4000:, 0])
    assert true == pytest.approx(0.00177, abs=1e-5)
    assert one.kind == "oscillates" and one.frequency * 0.05 == pytest.approx(true, rel=0.01)
    assert one.announced * 0.05 == pytest.approx(0.00197, abs=1e-5)
    assert one.window * one.frequency >= 4.0
    (short,) = follow(slow, [0.1, 0.0], steps=800)
    assert short.kind == "undecided" and "more steps" in short.reason


@pytest.mark.parametrize("delta", [0.1, 0.01, 0.001])
def test_a_swing_that_dies_is_no_oscillation_at_any_step(delta: float) -> None:
    (one,) = follow(Network(pair(0.9, 3.0), QUIET, delta=delta), [0.1, 0.0])
    # At 0.1 the step itself makes the mode grow.
    assert one.kind == ("oscillates" if delta == 0.1 else "dies")
    assert np.isnan(one.frequency) == (one.kind == "dies")


def test_the_step_alone_makes_an_oscillation() -> None:
    # -0.1 + 3i is stable in the flow; Euler multiplies it by |1 - 0.01 + 0.3i| > 1.
    mode = 1 - 0.1 + 0.1 * complex(0.9, 3.0)
    assert abs(mode) > 1 > np.exp(0.1 * -0.1)
    (made,) = follow(Network(pair(0.9, 3.0), QUIET, delta=0.1), [0.1, 0.0])
    (not_made,) = follow(Network(pair(0.9, 3.0), QUIET, delta=0.01), [0.1, 0.0])
    assert (made.kind, not_made.kind) == ("oscillates", "dies")


@pytest.mark.parametrize("name", ["logistic", "softplus", "relu", "tanh"])
def test_the_point_concerned_is_where_it_is_linearised(name: str) -> None:
    # Two units in a ring with opposite signs and a bias; the fixed point inside is not zero.
    gain = {"logistic": 20.0, "softplus": -4.0, "relu": -4.0, "tanh": 4.0}[name]
    w = np.array([[0.0, -gain], [gain, 0.0]]) if gain > 0 else np.array([[0.0, gain], [1.0, 0.0]])
    network = Network(
        w, QUIET, [gain / 2 if name == "logistic" else 0.5, 0.1], delta=0.05, activation=name
    )
    (one,) = follow(network, [0.2, 0.1])
    assert one.kind in ("oscillates", "rests")
    assert one.point is not None and one.point.converged
    np.testing.assert_allclose(network.flow.velocity(one.point.h), 0.0, atol=1e-12)
    if one.kind == "oscillates":
        h = simulate(network.map, [0.2, 0.1], steps=30_000).h[10_000:, 0]
        assert one.frequency * 0.05 == pytest.approx(crossings(h), rel=1e-3)


def test_a_held_input_moves_the_state_and_a_start_is_its_own() -> None:
    unit = Network([[1.5]], [[1.0]], start=[0.3])
    root = brentq(lambda h: np.tanh(1.5 * h) - h, 0.5, 1.0, xtol=1e-15)
    (own,) = follow(unit)
    assert own.kind == "rests" and own.h[0] == pytest.approx(root, abs=1e-6)
    (held,) = follow(unit, x=[-2.0])
    assert held.h[0] == pytest.approx(brentq(lambda h: np.tanh(1.5 * h - 2) - h, -1, 0), abs=1e-6)
    up, zero, down = follow(unit, [[0.2], [0.0], [-0.2]])
    assert [one.kind for one in (up, zero, down)] == ["rests", "dies", "rests"]
    assert "not stable" in zero.reason and up.h[0] == pytest.approx(-down.h[0], abs=1e-9)


def test_both_forms_oscillate_alike() -> None:
    w = 1.4 * pair(np.cos(0.7), np.sin(0.7))
    activity = Network(w, QUIET, delta=0.2)
    activation = Network(w, QUIET, delta=0.2, form="activation")
    (one,), (two,) = follow(activity, [0.1, 0.0]), follow(activation, w @ [0.1, 0.0])
    assert one.frequency == pytest.approx(two.frequency, rel=1e-6)
    assert one.announced == pytest.approx(two.announced, rel=1e-9)


def test_any_map_is_followed_and_the_angle_is_announced() -> None:
    dead = LinearMap(0.9 * pair(np.cos(1), np.sin(1)), None, None, 0.5)
    assert follow(dead, [1.0, 0.0])[0].kind == "dies"

    def step(z: Any, x: Any) -> Any:  # a turning pair that saturates: the radius goes to 1
        size = np.sqrt(np.sum(z * z, axis=-1, keepdims=True))
        return (z @ pair(np.cos(0.6), np.sin(0.6)).T) * 2.0 / (1.0 + size)

    (one,) = follow(Map(step, 0.5, 2, 0), [0.3, 0.0])
    assert one.kind == "oscillates" and one.frequency == pytest.approx(0.6 / np.pi, rel=1e-4)


def test_what_runs_away_or_takes_too_long_is_undecided_and_says_so() -> None:
    (off,) = follow(LinearMap([[1.5]], None, None, 1.0), [1.0])
    assert off.kind == "undecided" and "runs away" in off.reason
    (late,) = follow(Network(pair(1.0 + 1e-5, 0.3), QUIET, delta=0.01), [1e-3, 0.0], steps=800)
    assert late.kind == "undecided" and late.reason


BAD: dict[str, tuple[Callable[[], Any], str, str]] = {
    "a flow": (lambda: follow(Network(pair(1, 1), QUIET).flow), "RNN", "discretise"),  # type: ignore[arg-type]
    "a start of another size": (
        lambda: follow(Network(pair(1, 1), QUIET), [0.1]), "(1,)", "length 2",
    ),
    "a NaN": (lambda: follow(Network(pair(1, 1), QUIET), [0.1, np.nan]), "nan", "finite"),
    "complex": (lambda: follow(Network(pair(1, 1), QUIET), [0.1j, 0.0]), "(1, 2)", "real"),
    "a row of inputs": (
        lambda: follow(Network(pair(1, 1), QUIET), x=np.zeros((3, 1))), "(3, 1)", "(M,)",
    ),
    "too few steps": (lambda: follow(Network(pair(1, 1), QUIET), steps=10), "10", "800"),
}  # fmt: skip


@pytest.mark.parametrize("case", BAD)
def test_a_wrong_use_is_told(case: str) -> None:
    refuses(*BAD[case])
