"""Signs of columns: found, counted, and kept by products with positive diagonals."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.linalg import expm

from helpers import RNN, Discretise, Rescale
from helpers.analysis.signs import column_signs, wrong_signs


def lawful(seed: int, n: int = 6) -> tuple[np.ndarray, np.ndarray]:
    rng = np.random.default_rng(seed)
    sign = rng.permutation([1.0] * (n - 2) + [-1.0] * 2)
    return rng.gamma(2.0, size=(n, n)) * sign / n, sign


@given(st.integers(0, 10_000), st.floats(0.1, 10.0), st.floats(0.01, 3.0))
def test_rescaled_discretised_and_seen_anywhere_a_network_keeps_its_signs(seed, tau, delta):
    w, sign = lawful(seed)
    np.testing.assert_array_equal(column_signs(w), sign)
    flow = Rescale(tau)(RNN(w, np.ones((6, 1)), 0.1 * np.ones(6)))
    h = np.random.default_rng(seed).standard_normal(6)
    assert wrong_signs(flow.jacobian(h, [0.3]), sign) == 0.0
    for method in ("euler", "exponential_euler"):
        assert wrong_signs(Discretise(delta, method)(flow).jacobian(h, [0.3]), sign) == 0.0


def test_the_exact_flow_of_a_chain_breaks_them_and_the_diagonal_does_not_count():
    chain = np.array([[-1.0, 0, 0], [0.7, -1, 0], [0, -0.9, -1]])
    assert wrong_signs(chain, [1, -1, 1]) == 0.0
    assert wrong_signs(expm(0.2 * chain), [1, -1, 1]) == pytest.approx(1 / 6)
    assert wrong_signs(-np.eye(3), [1, 1, 1]) == 0.0


def test_a_turned_matrix_has_no_signs():
    w, _ = lawful(3)
    with pytest.raises(ValueError, match=r"unit 0 excites some .* transpose"):
        column_signs(w.T)


def test_a_unit_that_no_other_hears_has_none():
    assert column_signs([[5.0, -1.0], [0.0, 0.0]]).tolist() == [0.0, -1.0]


@pytest.mark.parametrize("sign", [[1, 0], [1, 2], [1], [[1, -1]], [1, np.nan]])
def test_signs_are_one_or_minus_one(sign):
    with pytest.raises(ValueError, match="sign"):
        wrong_signs(np.eye(2), sign)


@pytest.mark.parametrize("matrix", [np.ones((2, 3)), [[1.0]], [[np.nan, 1.0], [1.0, 1.0]]])
def test_matrices_are_square_finite_and_of_several_units(matrix):
    with pytest.raises(ValueError, match="matrix"):
        wrong_signs(matrix, [1])
