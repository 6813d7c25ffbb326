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
from helpers.training.trials import Trials
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


def loss_of(weights: Weights, args: Any, options: Any) -> Callable[[Any], Any]:
    def loss(vector: Any) -> Any:
        return np.atleast_1d(loss_and_gradient(weights.from_vector(vector), *args, **options)[0])

    return loss


def assert_gradient(weights: Weights, *args: Any, **options: Any) -> None:
    """Compare all groups of weights with a complex step, 1e-12."""
    gradient = loss_and_gradient(weights, *args, **options)[1].vector
    by_step = complex_step(loss_of(weights, args, options), weights.vector)[0]
    assert gradient.shape == by_step.shape
    assert np.max(np.abs(gradient - by_step)) <= 1e-12 * np.max(np.abs(gradient))


def assert_difference(weights: Weights, *args: Any, **options: Any) -> None:
    """Compare them with central differences, 1e-7."""
    gradient = loss_and_gradient(weights, *args, **options)[1].vector
    by_difference = central(loss_of(weights, args, options), weights.vector)[0]
    assert np.max(np.abs(gradient - by_difference)) <= 1e-7 * np.max(np.abs(gradient))


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


@pytest.mark.parametrize("form", ["activity", "activation"])
@pytest.mark.parametrize("activation", ["tanh", "relu"])
def test_differences_of_the_loss_agree_too(form: str, activation: str) -> None:
    # The seed keeps relu away from its kink by more than a difference moves it.
    rng = np.random.default_rng(3)
    mask, body = rng.uniform(0, 1, (STEPS, 1, S)), rng.standard_normal((BATCH, S))
    layer = Layer(alpha=0.3, activation=activation, form=form, penalty=0.2, loop=some_loop(rng, 2))
    trials = some_trials(rng, S, mask=mask, body=body)
    noise = {"noise": some_noise(rng, True), "inside": some_noise(rng, True)}
    assert_difference(some_weights(rng), trials, layer, **noise)


@pytest.mark.parametrize("form", ["activity", "activation"])
@pytest.mark.parametrize("activation", ["tanh", "relu", "softplus"])
@pytest.mark.parametrize("alpha", [1.0, 0.2])
def test_the_loss_is_that_of_the_euler_map(form: str, activation: str, alpha: float) -> None:
    rng = np.random.default_rng(4)
    weights, trials = some_weights(rng), some_trials(rng, K)
    kind = RNN if form == "activity" else ActivationRNN
    network = kind(weights.w, weights.omega, weights.b, activation=activation)
    assert weights.start is not None
    start = np.tile(weights.start, (BATCH, 1))
    states = simulate(Discretise(alpha)(network), start, trials.x).h[1:]
    activity = states if form == "activity" else network.activation(states)
    error = activity @ weights.readout.T + weights.readout_bias - trials.target
    layer = Layer(alpha=alpha, form=form, activation=activation, penalty=0.5)
    wanted = np.mean(error**2) + 0.5 * np.mean(activity**2)
    assert loss_and_gradient(weights, trials, layer)[0] == pytest.approx(wanted, rel=1e-13)


def test_a_wire_is_the_network_with_its_read_out_in_the_weights() -> None:
    rng = np.random.default_rng(5)
    shapes = ((N, N), (N, K), (K, N), (K,), (N,))
    w, omega, readout, c, b = (rng.standard_normal(shape) / 2 for shape in shapes)
    x, target = np.zeros((STEPS, BATCH, K)), rng.standard_normal((STEPS, BATCH, K))
    trials = Trials(x, target, np.zeros((BATCH, 1)), body=np.tile(c, (BATCH, 1)))
    fed_back = loss_and_gradient(
        Weights(w, omega, readout, c, b), trials, Layer(alpha=0.3, loop=Loop.wire(K))
    )
    merged = Weights(w + omega @ readout, omega, readout, c, b + omega @ c)
    alone = loss_and_gradient(merged, replace(trials, body=None), Layer(alpha=0.3))
    assert fed_back[0] == pytest.approx(alone[0], rel=1e-13)
    np.testing.assert_allclose(fed_back[1].w, alone[1].w, atol=1e-13)
    np.testing.assert_allclose(fed_back[1].b, alone[1].b, atol=1e-13)  # type: ignore[arg-type]
    # The same numbers without the loop are another network.
    assert loss_and_gradient(Weights(w, omega, readout, c, b), trials, Layer(alpha=0.3))[
        0
    ] != pytest.approx(alone[0], rel=1e-3)


def test_before_the_loop_is_closed_the_trials_give_the_input() -> None:
    rng = np.random.default_rng(6)
    weights, trials = some_weights(rng), some_trials(rng, S)
    late, never = (
        loss_and_gradient(weights, trials, Layer(loop=some_loop(np.random.default_rng(7), since)))
        for since in (STEPS, STEPS + 5)
    )
    assert late[0] == never[0]
    closed = Layer(loop=some_loop(np.random.default_rng(7), STEPS - 1))
    assert loss_and_gradient(weights, trials, closed)[0] != late[0]


def test_a_mask_of_ones_and_zeros_is_a_shorter_trial() -> None:
    rng = np.random.default_rng(8)
    weights, trials, layer = some_weights(rng), some_trials(rng, K), Layer(alpha=0.4)
    mask = np.zeros((STEPS, 1, 1))
    mask[:3] = 0.7
    loss, gradient = loss_and_gradient(weights, replace(trials, mask=mask), layer)
    cut = replace(trials, x=trials.x[:3], target=trials.target[:3])
    wanted, short = loss_and_gradient(weights, cut, layer)
    assert loss == pytest.approx(wanted, rel=1e-14)
    np.testing.assert_allclose(gradient.vector, short.vector, rtol=0, atol=1e-15)


@some
@given(seed=seeds)
def test_the_projection_is_the_nearest_that_obeys_dale(seed: int) -> None:
    rng = np.random.default_rng(seed)
    sign = rng.choice([-1.0, 1.0], N)
    free = replace(some_weights(rng), sign=sign)
    held = free.projected()
    assert np.all(held.w * sign >= 0) and not np.any(np.diag(held.w)) and np.all(held.omega >= 0)
    assert np.all(held.readout >= 0) and not np.any(held.readout[:, sign < 0])
    np.testing.assert_array_equal(held.projected().vector, held.vector)
    # Into a convex set: the step taken makes an obtuse angle with the way to any other member.
    other = replace(some_weights(rng), sign=sign).projected()
    towards = (free.vector - held.vector) @ (other.vector - held.vector)
    assert towards <= 1e-12
    assert some_weights(rng).projected().sign is None


def test_noise_is_what_is_added() -> None:
    rng = np.random.default_rng(9)
    weights, trials = some_weights(rng, start=False), some_trials(rng, K)
    still = Weights(
        *(0.0 * part for part in (weights.w, weights.omega)), weights.readout, weights.readout_bias
    )
    noise = some_noise(rng, True)
    for options, wanted in (({"noise": noise}, noise), ({"inside": noise}, 0.2 * np.tanh(noise))):
        h = np.zeros((STEPS + 1, BATCH, N))
        for t in range(STEPS):
            h[t + 1] = 0.8 * h[t] + wanted[t]
        error = h[1:] @ still.readout.T + still.readout_bias - trials.target
        found = loss_and_gradient(still, trials, Layer(alpha=0.2), **options)[0]
        assert found == pytest.approx(np.mean(error**2), rel=1e-13)


# --- refusals -------------------------------------------------------------------------------------

RNG = np.random.default_rng(10)
WEIGHTS, TRIALS, LOOP = some_weights(RNG), some_trials(RNG, K), some_loop(RNG)
CLOSED = Layer(loop=LOOP)
BAD: dict[str, tuple[Callable[[], Any], str, str]] = {
    "leak": (lambda: Layer(alpha=1.2), "alpha = 1.2", "at most at 1"),
    "no leak": (lambda: Layer(alpha=0.0), "alpha = 0.0", "greater than 0"),
    "activation": (lambda: Layer(activation="erf"), "'erf'", "tanh, relu"),
    "form": (lambda: Layer(form="rate"), "'rate'", "activity, activation"),
    "penalty": (lambda: Layer(penalty=-1.0), "penalty = -1.0", "at least 0"),
    "since": (lambda: Loop.wire(2, since=-1), "since = -1", "at least 0"),
    "loop": (lambda: Loop(np.eye(2), np.eye(3), np.eye(2)), "(3, 3)", "control"),
    "loop is NaN": (lambda: Loop([[np.nan]], [[1.0]], [[1.0]]), "nan", "finite"),
    "targets of the output": (
        lambda: loss_and_gradient(WEIGHTS, TRIALS, CLOSED),
        f"target has shape {TRIALS.target.shape}",
        f"need ({STEPS}, {BATCH}, {S})",
    ),
    "another body": (
        lambda: loss_and_gradient(WEIGHTS, TRIALS, Layer(loop=Loop.wire(K))),
        "sensed has shape (2, 2)",
        "need (3, 2)",
    ),
    "noise": (
        lambda: loss_and_gradient(WEIGHTS, TRIALS, noise=np.zeros((STEPS, N))),
        f"noise has shape ({STEPS}, {N})",
        f"({STEPS}, {BATCH}, {N})",
    ),
    "bias": (
        lambda: loss_and_gradient(replace(WEIGHTS, b=np.zeros(N + 1)), TRIALS),
        "b has shape (5,)",
        "need (4,)",
    ),
    "flat mask": (
        lambda: loss_and_gradient(WEIGHTS, replace(TRIALS, mask=np.ones(STEPS))),
        f"mask has shape ({STEPS},)",
        "three axes",
    ),
    "empty mask": (
        lambda: loss_and_gradient(WEIGHTS, replace(TRIALS, mask=np.zeros((STEPS, 1, 1)))),
        "mask = ",
        "not all of them 0",
    ),
    "negative mask": (
        lambda: loss_and_gradient(WEIGHTS, replace(TRIALS, mask=-np.ones((STEPS, 1, 1)))),
        "mask = ",
        "0 or more",
    ),
}


@pytest.mark.parametrize("case", BAD)
def test_a_wrong_use_is_named_with_its_remedy(case: str) -> None:
    refuses(*BAD[case])
