"""The gradient of a layer with a leak, noise, a mask, a penalty and a loop, in both forms."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from helpers import simulate
from helpers.dynamics.procedures import Discretise
from helpers.dynamics.recurrent import RNN, ActivationRNN
from helpers.training.backpropagation import Weights, loss_and_gradient
from helpers.training.layers import Layer, Loop
from helpers.training.tasks import Trials
from tests.helpers.refusals import refuses
from tests.helpers.theory import central, complex_step, seeds, some

N, M, K, S, STEPS, BATCH = 4, 3, 2, 3, 7, 3

alphas = st.one_of(st.just(1.0), st.floats(0.05, 1.0))
forms = st.sampled_from(["activity", "activation"])
activations = st.sampled_from(["tanh", "relu", "softplus"])
chance = st.booleans()


def some_weights(rng: np.random.Generator, *, b: bool = True, start: bool = True) -> Weights:
    shapes = ((N, N), (N, M), (K, N), (K,), (N,), (N,))
    parts = [rng.standard_normal(shape) / np.sqrt(shape[-1]) for shape in shapes]
    return Weights(*parts[:4], b=parts[4] if b else None, start=parts[5] if start else None)


def some_loop(rng: np.random.Generator, since: int = 0) -> Loop:
    shapes = ((S, S), (S, K), (M, S))
    parts = (rng.standard_normal(shape) / np.sqrt(shape[-1]) for shape in shapes)
    return Loop(*parts, since=since)


def some_trials(rng: np.random.Generator, outputs: int, **rest: Any) -> Trials:
    x = rng.standard_normal((STEPS, BATCH, M))
    return Trials(x, rng.standard_normal((STEPS, BATCH, outputs)), np.zeros((BATCH, 1)), **rest)


def some_noise(rng: np.random.Generator, wanted: bool) -> Any:
    return 0.3 * rng.standard_normal((STEPS, BATCH, N)) if wanted else None


def assert_gradient(weights: Weights, *args: Any, **options: Any) -> None:
    """Compare all groups of weights with a complex step, 1e-12, and central differences, 1e-7."""
    gradient = loss_and_gradient(weights, *args, **options)[1].vector
    assert gradient.shape == weights.vector.shape

    def loss(vector: Any) -> Any:
        return np.atleast_1d(loss_and_gradient(weights.from_vector(vector), *args, **options)[0])

    largest = np.max(np.abs(gradient))
    by_step = complex_step(loss, weights.vector)[0]
    assert np.max(np.abs(gradient - by_step)) <= 1e-12 * largest
    by_difference = central(loss, weights.vector)[0]
    assert np.max(np.abs(gradient - by_difference)) <= 1e-7 * largest


@some
@given(
    seed=seeds, alpha=alphas, form=forms, activation=activations, drawn=st.tuples(chance, chance),
    known=st.tuples(chance, chance), penalty=st.sampled_from([0.0, 0.3]),
)  # fmt: skip
def test_the_gradient_is_the_derivative_in_an_open_loop(
    seed: int, alpha: float, form: str, activation: str, drawn: Any, known: Any, penalty: float
) -> None:
    rng = np.random.default_rng(seed)
    layer = Layer(alpha=alpha, form=form, activation=activation, penalty=penalty)
    noise, inside = (some_noise(rng, wanted) for wanted in drawn)
    weights = some_weights(rng, b=known[0], start=known[1])
    assert_gradient(weights, some_trials(rng, K), layer, noise=noise, inside=inside)


@some
@given(seed=seeds, alpha=alphas, form=forms, activation=activations, since=st.integers(0, STEPS))
def test_the_gradient_is_the_derivative_through_a_body(
    seed: int, alpha: float, form: str, activation: str, since: int
) -> None:
    rng = np.random.default_rng(seed)
    layer = Layer(alpha=alpha, form=form, activation=activation, loop=some_loop(rng, since))
    body, push = rng.standard_normal((BATCH, S)), rng.standard_normal((STEPS, BATCH, S))
    trials = some_trials(rng, S, mask=rng.uniform(0, 1, (1, 1, S)), body=body, push=push)
    assert_gradient(some_weights(rng), trials, layer, noise=some_noise(rng, True))
