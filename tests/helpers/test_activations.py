"""sigma and sigma': three independent routes to each, and the properties the papers ask for."""

from __future__ import annotations

import math
import warnings
from dataclasses import FrozenInstanceError
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import special

from helpers import (
    RNN,
    ActivationRNN,
    Discretise,
    Linearise,
    TangentLift,
    fixed_point,
    spectrum,
)
from helpers.dynamics.activations import ACTIVATIONS, Activation, activation
from tests.helpers.refusals import refuses
from tests.helpers.theory import EPS, GENERAL, SIGMA, SLOPE, central, points, some

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


def test_a_wrong_slope_is_refused_with_the_point_and_both_numbers() -> None:
    with pytest.raises(ValueError, match=r"own: at phi = -8 the slope is 2.*give 4\.\d+e-07"):
        Activation("own", np.tanh, lambda p: 1.0 - np.tanh(p))


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
    assert comply.isdisjoint({"relu", "erf", "logistic", "softplus", "retanh"})
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


# --- value and slope are compared, and what is not analytic is differentiated all the same --------


def abs_softplus(phi: Any) -> Any:
    return np.maximum(phi, 0) + np.log1p(np.exp(-np.abs(phi)))


def numpy_leaky_relu(phi: Any) -> Any:
    return np.maximum(np.real(phi), 0) + 0.1 * np.minimum(np.real(phi), 0)


# Values that lie or fail under a complex step, their slopes, kinks, and the textbook's name.
UNKIND: dict[str, tuple[Any, Any, tuple[float, ...]]] = {
    "softplus by abs": (abs_softplus, special.expit, ()),
    "logaddexp": (lambda p: np.logaddexp(0, p), special.expit, ()),
    "expit": (special.expit, lambda p: special.expit(p) * special.expit(-p), ()),
    "leaky relu, real parts": (numpy_leaky_relu, lambda p: np.where(p > 0, 1, 0.1), (0.0,)),
    "single precision": (
        lambda p: np.tanh(np.asarray(p, dtype=np.float32)),
        lambda p: 1 - np.tanh(p) ** 2,
        (),
    ),
}


def unkind(name: str) -> Activation:
    value, slope, kinks = UNKIND[name]
    return Activation(name, value, slope, 0 if kinks else np.inf, kinks)


@pytest.mark.parametrize("name", NAMES)
def test_the_activations_of_the_book_take_a_complex_step(name: str) -> None:
    assert ACTIVATIONS[name].analytic


@pytest.mark.parametrize("name", UNKIND)
def test_what_is_not_analytic_is_found_out(name: str) -> None:
    assert not unkind(name).analytic


@pytest.mark.parametrize("form", [RNN, ActivationRNN])
@pytest.mark.parametrize("name", [n for n in UNKIND if n != "single precision"])
@pytest.mark.parametrize("method", GENERAL)
def test_maps_of_an_activation_that_is_not_analytic_have_right_jacobians(
    form: Any, name: str, method: str
) -> None:
    rng = np.random.default_rng(3)
    network = form.random(3, 2, rng=rng, activation=unkind(name), decay=[0.8, 1.0, 1.3])
    system, h, x = Discretise(0.3, method)(network), *points(network, 5)
    # Differences of the step: truncation is width^2, rounding eps / width.
    for found, expected in (
        (system.jacobian(h, x), central(lambda p: system.step(p, x), h)),
        (system.input_jacobian(h, x), central(lambda p: system.step(h, p), x)),
        (Linearise(about=(h, x))(system).A, central(lambda p: system.step(p, x), h)),
    ):
        np.testing.assert_allclose(found, expected, atol=1e-9)
    v = rng.standard_normal(3)
    lifted = TangentLift()(system).step(np.append(h, v), x)
    np.testing.assert_allclose(lifted[3:], system.jacobian(h, x) @ v, atol=1e-13)


def test_the_stable_softplus_of_the_review_has_the_slope_of_its_map() -> None:
    # w 1.5, b -1, delta .5: at rest the multiplier is 1 + .5 (1.5 sigma' - 1), and not 1.25.
    own = Activation("own", abs_softplus, special.expit)
    network = RNN([[1.5]], [[1.0]], [-1.0], activation=own)
    rest = fixed_point(network)
    exact = 0.5 + 0.75 * special.expit(1.5 * rest.h[0] - 1.0)
    rho = Discretise(0.5)(network).jacobian(rest.h)[0, 0]
    assert rho == pytest.approx(exact, abs=1e-14) and rho == pytest.approx(0.909, abs=1e-3)
    assert spectrum(Discretise(0.5)(network), at=(rest.h, None)).stable


def test_an_activation_that_is_not_analytic_refuses_what_it_cannot_know() -> None:
    own = unkind("softplus by abs")
    refuses(lambda: own(1.0 + 0.5j), "1.+0.5j", "keep the state real")
    refuses(lambda: own.require_slope(np.array([1.0 + 1e-30j])), "1.+1.e-30j", "differentiate once")
    lifted = Discretise(0.1)(TangentLift()(RNN([[1.0]], [[1.0]], activation=own)))
    refuses(lambda: lifted.jacobian([0.5, 1.0]), own.name, "differentiate once")
    # Real numbers in complex arrays are real numbers.
    assert own(np.array([1.0 + 0j]))[0] == own(1.0)


@pytest.mark.parametrize(
    ("value", "slope", "named", "remedy"),
    [
        (np.tanh, np.cos, "at phi = -8 the slope is -0.1455", "correct one"),
        (np.tanh, lambda p: 1.001 - np.tanh(p) ** 2, "the slope is 0.001", "correct one"),
        (
            lambda p: np.maximum(p, 0),
            lambda p: 1.0 * (p > 0),
            "phi = 0 the slope is 0",
            "kinks=(0,)",
        ),
        (
            lambda p: np.clip(p, -1, 1),
            lambda p: 1.0 * (abs(p) < 1),
            "phi = -1 the slope is 0, and differences of the value give 0.5",
            "kinks=(-1,)",
        ),
        (math.tanh, lambda p: 1 - np.tanh(p) ** 2, "array of 65 numbers", "elementwise"),
        (lambda p: np.zeros(3), np.cos, "array of 65 numbers", "elementwise"),
    ],
)
def test_value_and_slope_must_belong_together(
    value: Any, slope: Any, named: str, remedy: str
) -> None:
    refuses(lambda: Activation("own", value, slope), named, remedy)


@pytest.mark.parametrize(
    ("value", "slope"),
    [
        (lambda p: np.tanh(1e4 * p), lambda p: 1e4 * (1 - np.tanh(1e4 * p) ** 2)),
        (lambda p: np.exp(p**3), lambda p: 3 * p**2 * np.exp(p**3)),
        (lambda p: 2.0 + 0.0 * p, lambda p: 0.0),
        (np.sqrt, lambda p: 0.5 / np.sqrt(p)),  # no numbers below 0, nothing to compare
        (lambda p: np.abs(p) ** 0.5, lambda p: 0.5 * np.sign(p) * np.abs(p) ** -0.5),
    ],
)
def test_steep_huge_flat_and_partial_activations_are_accepted(value: Any, slope: Any) -> None:
    # The control: a comparison that refused everything would pass the tests above.
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        assert Activation("own", value, slope).name == "own"
