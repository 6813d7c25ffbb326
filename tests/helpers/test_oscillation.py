"""Frequencies: of sinusoids, rotations and linear maps; the formulas by hand; what is refused."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from helpers import LinearMap, simulate
from helpers.analysis.oscillation import (
    FORMULAS,
    announced_frequency,
    leading_oscillation,
    measured_frequency,
)
from helpers.analysis.spectra import Spectrum, spectrum
from tests.helpers.refusals import refuses
from tests.helpers.theory import EPS, seeds, some

# At T = 400 a frequency is three bins of the window from either end of the spectrum, or more.
SAFE = st.floats(3 / 400, 0.5 - 3 / 400)
PHASE = st.floats(0.0, 2 * np.pi)
TURN = 2 * np.pi


def wave(frequency: float, phase: float = 0.0, steps: int = 400) -> Any:
    return np.cos(TURN * frequency * np.arange(steps) + phase)


def rotation(angle: float) -> Any:
    return np.array([[np.cos(angle), -np.sin(angle)], [np.sin(angle), np.cos(angle)]])


# --- what a trajectory has ------------------------------------------------------------------------


@given(frequency=SAFE, phase=PHASE, size=st.sampled_from((1e-6, 1.0, 1e6)))
def test_a_sinusoid_has_its_frequency(frequency: float, phase: float, size: float) -> None:
    found, share = measured_frequency(size * wave(frequency, phase)[:, None])
    assert abs(found - frequency) <= 1e-5
    assert 0.999 < share <= 1.0


@some
@given(angle=st.floats(TURN * 3 / 400, TURN * (0.5 - 3 / 400)), seed=seeds)
def test_two_units_that_rotate_have_the_angle_in_turns(angle: float, seed: int) -> None:
    # An ellipse, run through in either direction.
    basis = np.eye(2) + 0.3 * np.random.default_rng(seed).uniform(-1, 1, (2, 2))
    for turned in (angle, -angle):
        circle = np.stack([np.cos(turned * np.arange(400)), np.sin(turned * np.arange(400))], -1)
        assert abs(measured_frequency(circle @ basis.T)[0] - angle / TURN) <= 1e-5


@some
@given(seed=seeds, angle=st.floats(TURN * 3 / 400, TURN * (0.5 - 3 / 400)))
def test_a_linear_map_turns_by_the_argument_of_its_eigenvalue(seed: int, angle: float) -> None:
    rng = np.random.default_rng(seed)
    basis = np.eye(2) + 0.3 * rng.uniform(-1, 1, (2, 2))
    w = basis @ rotation(angle) @ np.linalg.inv(basis)
    h = simulate(LinearMap(w, None, None, 1.0), rng.standard_normal(2), steps=400).h
    # Of a real matrix with determinant 1: the trace is twice the cosine of the argument.
    argument = np.arccos(np.trace(w) / 2)
    measured = measured_frequency(h)[0]
    assert abs(measured - argument / TURN) <= 1e-5
    assert abs(measured - announced_frequency(spectrum(w, "map", delta=1.0))) <= 1e-5


def test_a_state_that_flips_has_frequency_one_half() -> None:
    found, share = measured_frequency(0.3 * (-1.0) ** np.arange(400)[:, None])
    assert found == 0.5 and share > 0.999
    h = simulate(LinearMap([[-1.0]], None, None, 1.0), [0.4], steps=400).h
    assert measured_frequency(h)[0] == 0.5 == announced_frequency(Spectrum([-1.0], "map", 1.0))


def test_a_state_that_does_not_move_has_no_frequency() -> None:
    for level in (0.0, 0.7, -1e3):
        found, share = measured_frequency(np.full((64, 3), level))
        assert np.isnan(found) and share == 0.0
    found, share = measured_frequency(0.5 + 1e-10 * wave(0.1)[:, None])
    assert np.isnan(found) and share == 0.0


@given(frequency=SAFE, mean=st.floats(-100.0, 100.0))
def test_the_mean_does_not_matter(frequency: float, mean: float) -> None:
    found, _ = measured_frequency(mean + wave(frequency)[:, None])
    assert abs(found - frequency) <= 1e-5


def test_a_drift_is_left_out() -> None:
    found, _ = measured_frequency((wave(0.5 / 400) + wave(0.1))[:, None])
    assert abs(found - 0.1) <= 1e-5


@pytest.mark.parametrize("cycles", [0.1, 0.5, 1.0, 1.4])
def test_what_is_slower_than_the_window_is_reported_at_its_end(cycles: float) -> None:
    # One and a half cycles in T steps, where the range begins.
    assert measured_frequency(wave(cycles / 400)[:, None])[0] == 1.5 / 400


def test_the_power_of_the_units_is_added_up() -> None:
    # Their sum would vanish, and the mean of their frequencies is neither's.
    opposed = np.stack([wave(0.1), -wave(0.1)], -1)
    assert abs(measured_frequency(opposed)[0] - 0.1) <= 1e-5
    two = np.stack([1.1 * wave(0.1), wave(0.2), wave(0.2, 1.0)], -1)
    assert abs(measured_frequency(two)[0] - 0.2) <= 1e-5


@pytest.mark.parametrize(("ratio", "share"), [(0.5, 0.8), (0.8, 1 / 1.64), (1.0, 0.5)])
def test_the_share_is_that_of_the_stronger_line(ratio: float, share: float) -> None:
    # The other line is far away, or six bins of 400 steps, where two windows no longer overlap.
    for other in (0.23, 0.1 + 6 / 400):
        both = wave(0.1) + ratio * wave(other)
        assert measured_frequency(both[:, None])[1] == pytest.approx(share, rel=2e-3)


def test_a_batch_is_its_members_one_by_one() -> None:
    rng = np.random.default_rng(0)
    h = rng.standard_normal((128, 2, 3, 4))
    h[:, 0, 0] = 1.5
    frequency, share = measured_frequency(h)
    assert frequency.shape == share.shape == (2, 3)
    for place in np.ndindex(2, 3):
        one = measured_frequency(h[(slice(None), *place)])
        np.testing.assert_allclose((frequency[place], share[place]), one, rtol=1e-12)


def test_the_order_and_the_sign_of_units_do_not_matter() -> None:
    h = np.random.default_rng(1).standard_normal((64, 5))
    first = measured_frequency(h)
    mixed = measured_frequency(-h[:, [3, 1, 4, 0, 2]])
    np.testing.assert_allclose(first, mixed, rtol=64 * EPS)


# --- what a spectrum announces --------------------------------------------------------------------

PAIR = [0.9 + 0.8j, 0.9 - 0.8j]  # modulus 1.2042, real part 0.9
SLOW = [0.1 + 1.5j, 0.1 - 1.5j]  # modulus 1.5033, real part 0.1
# Eigenvalues; what leads the oscillations of a map, and of a flow.
LEADERS: dict[str, tuple[list[complex], complex | None, complex | None]] = {
    "a positive one is passed over": ([1.3, *PAIR], PAIR[0], PAIR[0]),
    "a map sorts by modulus, a flow by real part": ([*PAIR, *SLOW], SLOW[0], PAIR[0]),
    "a map flips with a negative one": ([-1.4, *PAIR], -1.4, PAIR[0]),
    "a small negative one does not lead": ([-1.1, *PAIR], PAIR[0], PAIR[0]),
    "only negative ones": ([-0.5, -0.7, 2.0], -0.7, None),
    "only positive ones": ([0.5, 1.7], None, None),
    "a flow's pair that decays still oscillates": ([-0.1, -2 + 1j, -2 - 1j], -2 + 1j, -2 + 1j),
}


@pytest.mark.parametrize("case", LEADERS)
def test_the_leading_oscillation_of_maps_and_flows(case: str) -> None:
    values, of_map, of_flow = LEADERS[case]
    assert leading_oscillation(Spectrum(values, "map", 1.0)) == of_map
    assert leading_oscillation(Spectrum(values, "flow")) == of_flow


def test_the_leader_of_a_pair_is_the_upper_one() -> None:
    lead = leading_oscillation(Spectrum([0.5 - 0.5j], "map", 1.0))
    assert lead == 0.5 + 0.5j and type(lead) is complex


# lambda = 1.3 + 0.8j, with a calculator: atan(0.8 / 1.3) = 0.551655; 2 pi = 6.283185.
BY_HAND = {
    "angle": 0.0877986,  # 0.551655 / 6.283185
    "imaginary": 0.1273240,  # 0.8 / 6.283185
    "printed": 0.2586268,  # 1.3 / (6.283185 * 0.8)
    "saturated": 0.0979415,  # 0.8 / (6.283185 * 1.3)
}


@pytest.mark.parametrize("formula", FORMULAS)
def test_the_formulas_by_hand(formula: str) -> None:
    pair = Spectrum([1.3 + 0.8j, 1.3 - 0.8j, 1.1, 1.9], "map", 1.0)
    assert announced_frequency(pair, formula=formula) == pytest.approx(BY_HAND[formula], abs=5e-8)


def test_the_angle_is_the_default_and_knows_all_quadrants() -> None:
    for angle in (0.1, 1.0, np.pi / 2, 2.0, 3.0):
        pair = Spectrum(1.2 * np.exp([1j * angle, -1j * angle]), "map", 1.0)
        assert announced_frequency(pair) == pytest.approx(angle / TURN, rel=1e-14)


def test_formulas_at_a_negative_real_eigenvalue() -> None:
    flip = Spectrum([-1.2, 0.5], "map", 1.0)
    found = {formula: announced_frequency(flip, formula=formula) for formula in FORMULAS}
    assert found == {"angle": 0.5, "imaginary": 0.0, "printed": np.inf, "saturated": 0.0}


def test_without_an_oscillation_nothing_is_announced() -> None:
    for formula in FORMULAS:
        assert np.isnan(announced_frequency(Spectrum([1.2, 0.3], "map", 1.0), formula=formula))


# --- refusals -------------------------------------------------------------------------------------

BARE: Any = np.eye(2)
# What is called; the value or shape that the message must name; a word of its remedy.
BAD: dict[str, tuple[Callable[[], Any], str, str]] = {
    "a matrix leads nothing": (lambda: leading_oscillation(BARE), "array", "spectrum(matrix"),
    "a matrix announces nothing": (lambda: announced_frequency(BARE), "array", "spectrum(matrix"),
    "another formula": (
        lambda: announced_frequency(Spectrum(PAIR, "map", 1.0), formula="real"),
        "formula = 'real'",
        "angle, imaginary, printed, saturated",
    ),
    "a flow": (lambda: announced_frequency(Spectrum(PAIR, "flow")), "for a map", 'kind="map"'),
    "one unit without its axis": (lambda: measured_frequency(wave(0.1)), "(400,)", "N units"),
    "too short": (lambda: measured_frequency(np.ones((31, 2))), "(31, 2)", "at least 32 rows"),
    "NaN": (lambda: measured_frequency(np.full((32, 1), np.nan)), "h[0, 0] is nan", "finite"),
    "complex": (lambda: measured_frequency(np.full((32, 1), 1j)), "1.j", "real states"),
}


@pytest.mark.parametrize("case", BAD)
def test_a_wrong_use_is_named_with_its_remedy(case: str) -> None:
    refuses(*BAD[case])
