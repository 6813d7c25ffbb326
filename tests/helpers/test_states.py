"""Where a map goes: systems whose fate a pencil knows, the second run, thresholds, batches."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.optimize import brentq

from helpers import RNN, Discretise, LinearSystem, Map
from helpers.analysis.states import State, settle
from tests.helpers.refusals import refuses
from tests.helpers.theory import some

THRESHOLDS = (0.002, 0.005, 0.01, 0.02)


def layer(w: Any) -> Map:
    """Return the map h+ = tanh(w h)."""
    matrix = np.atleast_2d(np.asarray(w, dtype=float))
    made: Map = Discretise(1.0)(RNN(matrix, np.zeros((len(matrix), 1))))
    return made


def rotation(angle: float) -> Any:
    return np.array([[np.cos(angle), -np.sin(angle)], [np.sin(angle), np.cos(angle)]])


def blocks(*parts: Any) -> Any:
    """Return the block-diagonal matrix of several two-unit systems."""
    n = 2 * len(parts)
    w = np.zeros((n, n))
    for k, part in enumerate(parts):
        w[2 * k : 2 * k + 2, 2 * k : 2 * k + 2] = part
    return w


def run_by_hand(w: Any, h: Any, steps: int) -> Any:
    h = np.asarray(h, dtype=float)
    for _ in range(steps):
        h = np.tanh(np.asarray(w) @ h)
    return h


def one(system: Map, h: Any, **options: Any) -> State:
    state = settle(system, h, **options)
    assert isinstance(state, State)
    return state


def several(system: Map, h: Any, **options: Any) -> tuple[State, ...]:
    states = settle(system, h, **options)
    assert isinstance(states, tuple)
    return states


# --- fates ----------------------------------------------------------------------------------------


@some
@given(w=st.floats(-0.99, 0.99), h=st.floats(-1.0, 1.0))
def test_a_unit_with_a_weight_below_one_decays(w: float, h: float) -> None:
    state = one(layer([[w]]), [h])
    assert state.kind == "decay" and not state.slow
    assert state.size < 1e-6 and np.isnan(state.frequency) and state.share == 0.0


@some
@given(w=st.floats(1.05, 4.0), h=st.floats(0.01, 1.0), sign=st.sampled_from((-1, 1)))
def test_a_unit_with_a_weight_above_one_comes_to_rest_at_its_root(
    w: float, h: float, sign: int
) -> None:
    # |h| = tanh(w |h|) has one root above zero, and bisection finds it.
    root = brentq(lambda a: np.tanh(w * a) - a, 1e-3, 1.0, xtol=1e-15)
    state = one(layer([[w]]), [sign * h])
    assert state.kind == "fixed point" and not state.slow
    assert state.h[0] == pytest.approx(sign * root, abs=1e-12)
    assert state.size == pytest.approx(root, abs=1e-12) and state.swing < 1e-12
    assert np.isnan(state.frequency) and not state.modulated


@pytest.mark.parametrize("w", [-1.2, -1.05, -3.0])
def test_a_unit_with_a_weight_below_minus_one_flips(w: float) -> None:
    root = brentq(lambda a: np.tanh(-w * a) - a, 1e-3, 1.0, xtol=1e-15)
    state = one(layer([[w]]), [0.3])
    assert state.kind == "oscillation" and not state.modulated
    assert state.frequency == 0.5 and state.share > 0.999 and not state.slow
    assert state.size == pytest.approx(root) and state.swing == pytest.approx(root)


def test_a_growing_quarter_turn_has_period_four() -> None:
    # The square of the map is h+ = -tanh(1.2 tanh(1.2 h)), unit by unit: every second value flips.
    state = one(layer(1.2 * rotation(np.pi / 2)), [0.1, 0.0])
    assert state.kind == "oscillation"
    assert state.frequency == pytest.approx(0.25, abs=1e-12)


@some
@given(angle=st.floats(0.4, 1.4))
def test_a_growing_rotation_oscillates_near_its_angle(angle: float) -> None:
    state = one(layer(1.2 * rotation(angle)), [0.1, 0.05])
    assert state.kind == "oscillation"
    # Saturation acts on each unit and not on the radius, and the turn is no longer an even one.
    assert state.frequency == pytest.approx(angle / (2 * np.pi), rel=0.02)


@some
@given(angle=st.floats(0.1, 3.0))
def test_a_shrinking_rotation_decays(angle: float) -> None:
    state = one(layer(0.98 * rotation(angle)), [0.7, -0.4])
    assert state.kind == "decay" and not state.slow and state.share == 0.0


def test_what_decays_has_no_frequency_though_it_still_turns() -> None:
    state = one(layer(0.997 * rotation(0.4)), [0.7, -0.4])
    assert state.kind == "decay" and state.swing > 1e-7  # 0.997^4000 is 6e-6
    assert np.isnan(state.frequency) and state.share == 0.0 and not state.modulated


def test_zero_stays() -> None:
    state = one(layer(1.5 * np.eye(2)), [0.0, 0.0])
    assert state.kind == "decay" and state.size == state.swing == 0.0 and not state.slow
    np.testing.assert_array_equal(state.h, [0.0, 0.0])


def test_size_and_swing_are_root_mean_squares() -> None:
    # One unit rests at a root, one flips between +- another, one has decayed.
    rest, flip = (
        brentq(lambda a, w=w: np.tanh(w * a) - a, 1e-3, 1.0, xtol=1e-15) for w in (1.5, 1.2)
    )
    state = one(layer(np.diag([1.5, -1.2, 0.5])), [0.4, 0.4, 0.4])
    assert state.kind == "oscillation" and state.frequency > 0.49
    assert state.size == pytest.approx(np.sqrt((rest**2 + flip**2) / 3))
    assert state.swing == pytest.approx(flip / np.sqrt(3))


def test_a_linear_map_that_grows_is_refused_with_its_first_infinity() -> None:
    with np.errstate(all="ignore"), pytest.raises(ValueError, match="finite"):
        settle(Discretise(1.0)(LinearSystem([[9.0]])), [1.0])


def test_three_rhythms_of_one_size_are_modulated() -> None:
    angles = (0.5, 0.9, 1.3)
    three = one(layer(blocks(*(1.2 * rotation(a) for a in angles))), [0.1, 0.0] * 3)
    assert three.kind == "oscillation" and three.modulated and 0.25 < three.share < 0.45
    single = one(layer(blocks(1.2 * rotation(0.5))), [0.1, 0.0])
    assert not single.modulated and single.share > 0.9


# --- the second run -------------------------------------------------------------------------------


def test_a_slow_rotation_is_given_a_second_run() -> None:
    # From 0.001 a modulus of 1.003 has grown 400-fold after 2000 steps, and saturates only then.
    w, start = 1.003 * rotation(0.3), [0.001, 0.0]
    state = one(layer(w), start)
    assert state.slow and state.kind == "oscillation"
    assert state.frequency == pytest.approx(0.3 / (2 * np.pi), rel=0.01)
    np.testing.assert_allclose(state.h, run_by_hand(w, start, 4000), atol=1e-9)
    assert np.max(np.abs(state.h - run_by_hand(w, start, 2000))) > 0.01


def test_a_state_that_has_settled_is_not_run_again() -> None:
    w, start = 1.2 * rotation(0.3), [0.1, 0.0]
    state = one(layer(w), start)
    assert not state.slow
    np.testing.assert_allclose(state.h, run_by_hand(w, start, 2000), atol=1e-9)
    assert np.max(np.abs(state.h - run_by_hand(w, start, 4000))) > 0.01


def test_a_slow_one_is_judged_after_its_second_run() -> None:
    # With w = 1, h falls like sqrt(3 / (2 t)): 0.027 after 2000 steps, below 0.02 near the 3750th.
    start = [0.1]
    state = one(layer([[1.0]]), start)
    assert abs(run_by_hand([[1.0]], start, 2000)[0]) > 0.02
    assert state.slow and state.kind == "decay" and 0.019 < state.size < 0.02
    assert one(layer([[1.0]]), start, threshold=0.019).kind == "fixed point"


@pytest.mark.parametrize(("steps", "slow"), [(3000, True), (6000, False)])
def test_slow_is_a_change_of_more_than_five_per_cent(steps: int, slow: bool) -> None:
    # With w = -1 the swing falls like sqrt(3 / (2 (t + 150))) from 0.1. Between the last windows,
    # whose middles lie 600 and 200 steps before the end, that is 7.0 per cent of it, or 3.4.
    state = one(layer([[-1.0]]), [0.1], steps=steps, threshold=0.001)
    assert state.slow is slow and state.frequency > 0.49


def test_only_the_slow_of_a_batch_run_again() -> None:
    w = 1.003 * rotation(0.3)
    starts = np.array([[0.001, 0.0], [0.0, 0.0], [0.0, -0.001]])
    states = several(layer(w), starts)
    assert [state.slow for state in states] == [True, False, True]
    for state, start in zip(states, starts, strict=True):
        np.testing.assert_allclose(state.h, run_by_hand(w, start, 4000), atol=1e-9)


def test_steps_and_window_are_counted() -> None:
    w, start = 1.2 * rotation(1.0), [0.3, 0.0]
    state = one(layer(w), start, steps=301, window=100)
    np.testing.assert_allclose(state.h, run_by_hand(w, start, 301), atol=1e-12)
    path = np.array([run_by_hand(w, start, 202 + k) for k in range(100)])
    assert state.size == pytest.approx(np.sqrt(np.mean(path**2)), rel=1e-9)
    spread = np.mean((path - path.mean(axis=0)) ** 2)
    assert state.swing == pytest.approx(np.sqrt(spread), rel=1e-9)


# --- robustness -----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("w", "kind"),
    [
        (0.9 * rotation(0.4), "decay"),
        (np.diag([1.5, 0.3]), "fixed point"),
        (np.diag([-1.2, 0.9]), "oscillation"),
        (1.1 * rotation(0.4), "oscillation"),
        (1.02 * rotation(2.0), "oscillation"),
    ],
)
def test_the_threshold_does_not_decide(w: Any, kind: str) -> None:
    found = {one(layer(w), [0.2, 0.3], threshold=level).kind for level in THRESHOLDS}
    assert found == {kind}


def test_the_threshold_counts() -> None:
    # The root of w = 1.01 is 0.17: a fixed point, unless a quarter of full activity counts as none.
    assert one(layer([[1.01]]), [0.2]).kind == "fixed point"
    assert one(layer([[1.01]]), [0.2], threshold=0.25).kind == "decay"
    # On top of a fixed point at 0.86, a rhythm is seen from its own size on.
    mixed = np.diag([1.5, -1.01])
    assert one(layer(mixed), [0.5, 0.2]).kind == "oscillation"
    assert one(layer(mixed), [0.5, 0.2], threshold=0.25).kind == "fixed point"


def test_a_batch_is_its_members_one_by_one() -> None:
    system = layer(np.array([[1.3, 0.4, 0.0], [-0.5, 1.2, 0.1], [0.2, 0.0, -1.1]]))
    starts = np.random.default_rng(0).uniform(-1, 1, (6, 3))
    starts[2] = 0.0
    together = several(system, starts)
    assert len({state.kind for state in together}) > 1
    for start, state in zip(starts, together, strict=True):
        alone = one(system, start)
        assert (state.kind, state.slow) == (alone.kind, alone.slow)
        np.testing.assert_allclose(state.h, alone.h, atol=1e-9)
        for name in ("size", "swing", "frequency", "share"):
            np.testing.assert_allclose(getattr(state, name), getattr(alone, name), atol=1e-9)
    (single,) = several(system, starts[:1])
    assert single.kind == together[0].kind


def test_without_bias_the_mirrored_start_has_the_mirrored_end() -> None:
    system, start = layer(1.1 * rotation(0.8)), np.array([0.3, -0.2])
    up, down = several(system, np.stack([start, -start]))
    np.testing.assert_array_equal(up.h, -down.h)
    assert (up.kind, up.size, up.frequency) == (down.kind, down.size, down.frequency)


# --- refusals -------------------------------------------------------------------------------------

UNIT = layer([[0.5]])
# What is called; the value or shape that the message must name; a word of its remedy.
BAD: dict[str, tuple[Callable[[], Any], str, str]] = {
    "a flow": (lambda: settle(RNN([[0.5]], [[1.0]]), [0.1]), "RNN", "discretise"),
    "a matrix": (lambda: settle(np.eye(2), [0.1, 0.1]), "array", "discretise"),
    "two units for one": (lambda: settle(UNIT, [0.1, 0.2]), "(1, 2)", "length 1"),
    "no axis": (lambda: settle(UNIT, 0.1), "h = 0.1;", "(N,)"),
    "three axes": (lambda: settle(UNIT, np.zeros((2, 2, 1))), "[[[0.]", "(B, N)"),
    "NaN": (lambda: settle(UNIT, [float("nan")]), "nan", "finite"),
    "complex": (lambda: settle(UNIT, [0.1j]), "h = [0.1j]", "real"),
    "a short window": (lambda: settle(UNIT, [0.1], window=31), "window = 31", "at least 32"),
    "few steps": (lambda: settle(UNIT, [0.1], steps=799), "steps = 799", "at least 800"),
    "half a step": (lambda: settle(UNIT, [0.1], steps=1000.5), "steps = 1000.5", "whole"),
    "threshold": (lambda: settle(UNIT, [0.1], threshold=0.0), "threshold = 0.0", "greater than 0"),
}


@pytest.mark.parametrize("case", BAD)
def test_a_wrong_use_is_named_with_its_remedy(case: str) -> None:
    refuses(*BAD[case])
