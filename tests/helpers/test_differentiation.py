"""Complex-step derivatives: exact to rounding, for any leading axes, and refused where blind."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from helpers.dynamics.differentiation import complex_step_jacobian
from tests.helpers.theory import EPS, some


def test_a_linear_function_gives_its_matrix() -> None:
    rng = np.random.default_rng(1)
    matrix = rng.standard_normal((4, 3))
    found = complex_step_jacobian(lambda p: p @ matrix.T, rng.standard_normal(3))
    assert found.shape == (4, 3)
    np.testing.assert_allclose(found, matrix, rtol=2 * EPS)


@some
@given(x=st.floats(-3, 3), y=st.floats(-3, 3))
def test_a_nonlinear_function_against_its_derivative_by_hand(x: float, y: float) -> None:
    def f(p: np.ndarray) -> np.ndarray:
        a, b = p[..., 0], p[..., 1]
        return np.stack([a * np.exp(b), np.sin(a * b), a**3 - b], -1)

    by_hand = np.array(
        [
            [np.exp(y), x * np.exp(y)],
            [y * np.cos(x * y), x * np.cos(x * y)],
            [3 * x**2, -1.0],
        ]
    )
    found = complex_step_jacobian(f, np.array([x, y]))
    # Each entry is one product of correctly rounded factors; cos(xy) carries eps * |xy|.
    assert np.max(np.abs(found - by_hand)) <= 32 * EPS * max(1.0, np.max(np.abs(by_hand)))


def test_leading_axes_are_points_of_their_own() -> None:
    rng = np.random.default_rng(2)
    batch = rng.standard_normal((2, 5, 3))
    together = complex_step_jacobian(np.tanh, batch)
    assert together.shape == (2, 5, 3, 3)
    for index in np.ndindex(2, 5):
        np.testing.assert_array_equal(together[index], complex_step_jacobian(np.tanh, batch[index]))


def test_no_subtraction_means_no_step_size_to_tune() -> None:
    # Central differences cannot do better than eps^(2/3); this is right in the last digits.
    point = np.array([1e-8, 0.3, 700.0])
    found = np.diag(complex_step_jacobian(np.sin, point))
    assert np.max(np.abs(found - np.cos(point))) <= 2 * EPS
    with_differences = (np.sin(point + 1e-5) - np.sin(point - 1e-5)) / 2e-5
    assert np.max(np.abs(with_differences - np.cos(point))) > 100 * EPS


@pytest.mark.parametrize("outputs", [1, 3])
def test_no_arguments_give_a_matrix_without_columns(outputs: int) -> None:
    found = complex_step_jacobian(lambda p: np.zeros((*p.shape[:-1], outputs)), np.zeros((7, 0)))
    assert found.shape == (7, outputs, 0)


@pytest.mark.parametrize("blind", [np.abs, np.real, lambda p: p.real.astype(float)])
def test_a_function_that_drops_the_imaginary_part_is_refused(blind: object) -> None:
    with pytest.raises(ValueError, match="real numbers for complex"):
        complex_step_jacobian(blind, np.array([0.5]))


def test_a_complex_point_is_refused_since_its_step_would_be_lost_in_it() -> None:
    with pytest.raises(ValueError, match=r"0\.5\+1.*complex.*real"):
        complex_step_jacobian(np.sin, np.array([0.5 + 1j]))
