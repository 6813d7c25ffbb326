"""sigma and sigma': three independent routes to each, and the properties the papers ask for."""

from __future__ import annotations

from dataclasses import FrozenInstanceError

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from helpers.dynamics.activations import ACTIVATIONS, Activation, activation
from tests.helpers.theory import EPS, SIGMA, SLOPE, some

NAMES = tuple(ACTIVATIONS)
# Both sides of every kink, small and large, and no point at a kink.
PHI = np.concatenate([-np.geomspace(1e-4, 8.0, 41), np.geomspace(1e-4, 8.0, 41)])
smooth_points = st.floats(-15.0, 15.0).filter(lambda p: min(abs(abs(p) - 1), abs(p)) > 1e-3)


@pytest.mark.parametrize("name", NAMES)
def test_the_name_is_the_key(name: str) -> None:
    assert ACTIVATIONS[name].name == name
    assert activation(name) is ACTIVATIONS[name]
    own = Activation("own", np.sin, np.cos)
    assert activation(own) is own
    with pytest.raises(FrozenInstanceError):
        own.name = "another"


@pytest.mark.parametrize("name", [n for n in NAMES if n in SIGMA])
def test_value_and_slope_are_the_textbook_ones(name: str) -> None:
    sigma = ACTIVATIONS[name]
    # The slope of tanh loses eps / 2 in 1 - tanh^2, absolutely; so does logistic in 1/2 + 1/2 tanh.
    np.testing.assert_allclose(sigma(PHI), SIGMA[name](PHI), rtol=8 * EPS, atol=4 * EPS)
    np.testing.assert_allclose(sigma.slope(PHI), SLOPE[name](PHI), rtol=40 * EPS, atol=4 * EPS)


@pytest.mark.parametrize("name", NAMES)
@some
@given(phi=smooth_points)
def test_slope_by_complex_step_and_by_central_difference(name: str, phi: float) -> None:
    sigma = ACTIVATIONS[name]
    slope = float(np.real(sigma.slope(np.asarray(phi))))
    stepped = float(np.imag(sigma(np.asarray(phi + 1e-40j)))) / 1e-40
    assert abs(slope - stepped) <= 64 * EPS * max(1.0, abs(slope))
    width = 1e-5
    difference = float(np.real(sigma(phi + width) - sigma(phi - width))) / (2 * width)
    # |sigma'''| <= 6 for all of them away from kinks; sigma itself is at most 15.
    assert abs(slope - difference) <= width**2 + 16 * EPS * max(1.0, abs(phi)) / width


def test_a_wrong_slope_is_noticed() -> None:
    wrong = Activation("tanh", np.tanh, lambda p: 1.0 - np.tanh(p))
    stepped = float(np.imag(wrong(np.asarray(0.5 + 1e-40j)))) / 1e-40
    assert abs(float(wrong.slope(0.5)) - stepped) > 0.1


@pytest.mark.parametrize("name", NAMES)
def test_real_and_complex_arguments_agree(name: str) -> None:
    sigma = ACTIVATIONS[name]
    for part in (sigma, sigma.slope):
        # Two algorithms, each good to a few units in the last place of 1.
        np.testing.assert_allclose(part(PHI + 0j), part(PHI), rtol=8 * EPS, atol=8 * EPS)
    assert not np.iscomplexobj(sigma(PHI))
    # Analytic off the kinks: the derivative is the same along both axes of the plane.
    phi = np.array([-2.3, -0.4, 0.3, 0.6, 3.1])
    width = 1e-6
    for direction in (1.0, 1j):
        moved = (sigma(phi + width * direction) - sigma(phi - width * direction)) / (
            2 * width * direction
        )
        # Truncation is width^2 |sigma'''| / 6, rounding eps |phi| / width.
        np.testing.assert_allclose(moved, sigma.slope(phi), atol=1e-9)


@pytest.mark.parametrize("name", NAMES)
def test_fixes_zero_and_unit_slope_say_what_holds_at_zero(name: str) -> None:
    sigma = ACTIVATIONS[name]
    # All are continuous: what holds at zero shows beside it.
    beside = max(abs(complex(sigma(s * 1e-9))) for s in (1, -1))
    assert sigma.fixes_zero == (beside < 1e-6)
    one_sided = [float(np.real(sigma(s * 1e-7) - sigma(0.0))) / (s * 1e-7) for s in (1, -1)]
    assert sigma.unit_slope == bool(np.allclose(one_sided, 1.0, atol=1e-6))


def test_which_ones_satisfy_the_papers() -> None:
    comply = {n for n, s in ACTIVATIONS.items() if s.fixes_zero and s.unit_slope}
    assert {"tanh", "identity", "hard_tanh", "softsign", "arctan"} <= comply
    assert comply.isdisjoint({"relu", "erf", "logistic"})
    assert not ACTIVATIONS["logistic"].fixes_zero
    assert ACTIVATIONS["relu"].fixes_zero and ACTIVATIONS["erf"].fixes_zero


def _jump(sigma: Activation, derivative: int, at: float) -> float:
    """Estimate the jump of the given derivative at a point from one-sided differences."""
    width = 1e-3
    grid = at + width * np.arange(-4, 5)
    values = np.real(sigma(grid))
    if derivative == 0:
        near = 1e-9
        return float(abs(np.real(sigma(at + near) - sigma(at - near))))
    left, right = np.diff(values[:5], derivative), np.diff(values[4:], derivative)
    return float(abs(left[-1] - right[0])) / width**derivative


@pytest.mark.parametrize("name", NAMES)
def test_smoothness_is_the_number_of_continuous_derivatives(name: str) -> None:
    sigma = ACTIVATIONS[name]
    suspects = sigma.kinks or (0.0,)
    top = 3 if sigma.smoothness == np.inf else int(sigma.smoothness)
    for at in suspects:
        for derivative in range(top + 1):
            # A smooth derivative differs over three widths of 1e-3 by 3e-3 times the next, <= 24.
            assert _jump(sigma, derivative, at) <= 0.08, (derivative, at)
        if sigma.smoothness < np.inf:
            assert _jump(sigma, int(sigma.smoothness) + 1, at) >= 0.9


@pytest.mark.parametrize("name", NAMES)
def test_kinks_are_where_the_two_slopes_differ(name: str) -> None:
    sigma = ACTIVATIONS[name]
    found = set()
    for at in (-2.0, -1.0, -0.5, 0.0, 0.5, 1.0, 2.0):
        sides = [float(np.real(sigma.slope(np.asarray(at + s * 1e-9)))) for s in (1, -1)]
        if abs(sides[0] - sides[1]) > 0.1:
            found.add(at)
    assert found == set(sigma.kinks)


@pytest.mark.parametrize("name", [n for n in NAMES if ACTIVATIONS[n].kinks])
def test_a_slope_at_a_kink_is_refused_by_name_and_place(name: str) -> None:
    sigma = ACTIVATIONS[name]
    for kink in sigma.kinks:
        with pytest.raises(ValueError, match=rf"{name}.*phi = {kink}.*move the point"):
            sigma.require_slope(np.array([kink + 0.5, kink]))
        sigma.require_slope(np.array([kink + 0.25, kink - 0.25]))


@pytest.mark.parametrize("name", NAMES)
def test_any_shape_goes_through(name: str) -> None:
    sigma = ACTIVATIONS[name]
    for shape in ((), (0,), (3,), (2, 0), (2, 3)):
        phi = np.full(shape, 0.3)
        assert sigma(phi).shape == shape
        assert np.shape(sigma.slope(phi)) == shape


@pytest.mark.parametrize("name", NAMES)
def test_nothing_overflows_far_out(name: str) -> None:
    sigma = ACTIVATIONS[name]
    far = np.array([-1e4, 1e4])
    with np.errstate(over="raise", invalid="raise", divide="raise"):
        assert np.all(np.isfinite(sigma(far)))
        assert np.all(np.isfinite(np.asarray(sigma.slope(far))))
