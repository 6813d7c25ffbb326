"""Trajectories: flows against closed forms, maps against recurrences written by hand, memory."""

from __future__ import annotations

import tracemalloc
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import linalg

from helpers import (
    RNN,
    Discretise,
    Flow,
    Linearise,
    LinearMap,
    LinearSystem,
    Map,
    Rescale,
    simulate,
)
from helpers.dynamics.schemes import SCHEMES
from helpers.dynamics.simulation import Trajectory
from tests.helpers.theory import (
    EPS,
    METHODS,
    networks,
    points,
    seeds,
    slope,
    some,
    suited,
    velocity,
)

# The solver's relative tolerance is 1e-11 a step; over these times errors add up a hundredfold.
CLOSE = 1e-9


def turning() -> LinearSystem:
    """A damped rotation: h' = A h + B x + c with eigenvalues -0.2 +- 3i."""
    return LinearSystem([[-0.2, -3.0], [3.0, -0.2]], [[1.0], [0.5]], [0.3, -0.4])


def solution(system: LinearSystem, h0: Any, x: Any, t: float) -> Any:
    """Return the state after time t under a constant input, by the matrix exponential."""
    rest = -np.linalg.solve(system.A, system.B @ x + system.c)
    return rest + linalg.expm(t * system.A) @ (np.asarray(h0) - rest)


def pulse(start: float, end: float, size: float = 1.0) -> Any:
    return lambda t: np.array([size if start <= t < end else 0.0])


# --- flows ----------------------------------------------------------------------------------------


def test_decay_is_the_exponential() -> None:
    for decay, rate in ((1.0, 1.0), (0.5, 3.0)):
        network = RNN([[0.0]], [[0.0]], decay=decay, rate=rate)
        t = np.linspace(0.0, 4.0, 9)
        run = simulate(network, [0.7], t=t)
        np.testing.assert_allclose(run.h[:, 0], 0.7 * np.exp(-rate * decay * t), rtol=CLOSE)


def test_the_logistic_equation_has_its_closed_form() -> None:
    growth = Flow(lambda h, x: h * (1.0 - h), 1, 0)
    t = np.linspace(0.0, 6.0, 13)
    run = simulate(growth, [0.1], t=t)
    np.testing.assert_allclose(run.h[:, 0], 1.0 / (1.0 + 9.0 * np.exp(-t)), rtol=CLOSE)


@pytest.mark.parametrize("first", [0.0, -2.0, 5.0])
def test_a_linear_flow_under_constant_input_is_the_matrix_exponential(first: float) -> None:
    system, t = turning(), first + np.array([0.0, 0.1, 1.0, 4.0])
    run = simulate(system, [1.0, 0.0], [2.0], t=t)
    for row, time in zip(run.h, t - first, strict=True):
        np.testing.assert_allclose(row, solution(system, [1.0, 0.0], [2.0], time), atol=CLOSE)
    np.testing.assert_array_equal(run.t, t)
    assert isinstance(run, Trajectory) and len(run) == 4


def test_a_driven_flow_has_its_closed_form() -> None:
    # h' = -h + cos 3t from 0: ((cos 3t + 3 sin 3t) - exp(-t)) / 10.
    system, t = LinearSystem([[-1.0]], [[1.0]]), np.linspace(0.0, 5.0, 11)
    run = simulate(system, [0.0], lambda s: np.array([np.cos(3 * s)]), t=t)
    exact = (np.cos(3 * t) + 3 * np.sin(3 * t) - np.exp(-t)) / 10
    np.testing.assert_allclose(run.h[:, 0], exact, atol=CLOSE)


@some
@given(seed=seeds)
def test_samples_are_held_between_the_output_times(seed: int) -> None:
    rng = np.random.default_rng(seed)
    system, t = turning(), np.cumsum(rng.uniform(0.05, 1.0, 6))
    rows = rng.standard_normal((5, 1))
    run = simulate(system, [1.0, 0.0], rows, t=t)
    state = np.array([1.0, 0.0])
    for k in range(5):
        state = solution(system, state, rows[k], t[k + 1] - t[k])
        assert np.max(np.abs(run.h[k + 1] - state)) <= CLOSE


def test_held_samples_of_a_linear_flow_are_the_zoh_map() -> None:
    system, delta = turning(), 0.3
    rows = np.random.default_rng(3).standard_normal((20, 1))
    by_flow = simulate(system, [1.0, 0.0], rows, t=delta * np.arange(21))
    by_map = simulate(Discretise(delta, "zoh")(system), [1.0, 0.0], rows)
    np.testing.assert_allclose(by_flow.h, by_map.h, atol=CLOSE)
    np.testing.assert_allclose(by_flow.t, by_map.t, atol=0)
    by_euler = simulate(Discretise(delta)(system), [1.0, 0.0], rows)
    assert np.max(np.abs(by_euler.h - by_map.h)) > 0.1


@pytest.mark.parametrize("width", [1e-1, 1e-3, 1e-6])
def test_a_pulse_between_two_output_times_is_not_stepped_over(width: float) -> None:
    # Its area reaches h in full: h(end) = size (1 - exp(-width)) exp(-(end - stop)).
    system, start = LinearSystem([[-1.0]], [[1.0]]), 3.217
    t = np.array([0.0, 10.0])
    stop = start + width
    run = simulate(system, [0.0], pulse(start, stop, 1.0 / width), t=t, breakpoints=[stop, start])
    exact = -np.expm1(-(stop - start)) / width * np.exp(-(10.0 - stop))
    # The pulse is as high as it is short, so its own rounding in stop - start shows.
    assert run.h[-1, 0] == pytest.approx(exact, rel=1e-9)
    np.testing.assert_array_equal(run.h[0], [0.0])


def test_breakpoints_are_the_reason() -> None:
    system = LinearSystem([[-1.0]], [[1.0]])
    missed = simulate(system, [0.0], pulse(3.217, 3.218, 1000.0), t=[0.0, 10.0])
    assert missed.h[-1, 0] == 0.0


def test_breakpoints_may_be_at_and_outside_the_output_times_and_doubled() -> None:
    system, jump = LinearSystem([[-1.0]], [[1.0]]), pulse(1.0, 2.0)
    t = np.array([0.0, 1.0, 1.5, 2.0, 3.0])
    run = simulate(system, [0.0], jump, t=t, breakpoints=[2.0, 1.0, 1.0, 0.0, -5.0, 3.0, 99.0])
    e = np.exp(-1.0)
    exact = [0.0, 0.0, 1.0 - np.exp(-0.5), 1.0 - e, (1.0 - e) * e]
    np.testing.assert_allclose(run.h[:, 0], exact, atol=CLOSE)


def test_the_input_is_read_strictly_inside_each_piece() -> None:
    # At the jump itself the function may be wrong from both sides; only its limits count.
    def spiky(t: float) -> Any:
        return np.array([1e9 if t in (1.0, 2.0) else float(1.0 < t < 2.0)])

    t = np.array([0.0, 3.0])
    run = simulate(LinearSystem([[-1.0]], [[1.0]]), [0.0], spiky, t=t, breakpoints=[1.0, 2.0])
    assert run.h[-1, 0] == pytest.approx((1 - np.exp(-1.0)) * np.exp(-1.0), abs=CLOSE)


def test_a_nonlinear_flow_agrees_with_rk4_at_rk4s_order() -> None:
    network = RNN.random(4, 1, rng=np.random.default_rng(2))
    h0 = points(network, 1)[0]

    def x(t: float) -> Any:
        return np.array([np.sin(2 * t)])

    exact = simulate(network, h0, x, t=np.array([0.0, 2.0])).h[-1]
    counts = np.array([16, 32, 64, 128])
    ends = [
        simulate(Discretise(2.0 / n, "rk4")(network), h0, x, steps=int(n)).h[-1] for n in counts
    ]
    errors = np.max(np.abs(np.array(ends) - exact), axis=1)
    assert errors[-1] > 1e-11 and abs(slope(2.0 / counts, errors) - 4.0) <= 0.15


def test_a_flow_with_complex_states() -> None:
    spiral = LinearSystem([[-0.1, -2.0], [2.0, -0.1]])
    eigenvector = np.array([1.0, -1.0j])
    t = np.linspace(0.0, 3.0, 7)
    run = simulate(spiral, eigenvector, t=t)
    assert np.iscomplexobj(run.h)
    exact = np.exp((-0.1 + 2.0j) * t)[:, None] * eigenvector
    np.testing.assert_allclose(run.h, exact, atol=CLOSE)


def test_batches_of_a_flow_are_trajectories_of_their_own() -> None:
    network = RNN.random(3, 2, rng=np.random.default_rng(2))
    t = np.array([0.0, 0.4, 0.7, 1.0])
    h0, x = points(network, 1, (2, 4))
    constant = simulate(network, h0, x, t=t)
    assert constant.h.shape == (4, 2, 4, 3)
    samples = np.random.default_rng(5).standard_normal((3, 2, 4, 2))
    held = simulate(network, h0, samples, t=t)
    moving = simulate(network, h0, lambda s: np.sin(s) * x, t=t)
    one_start = simulate(network, h0[0, 0], samples, t=t)
    for index in np.ndindex(2, 4):
        pick = (slice(None), *index)
        for together, h, alone_x in (
            (constant, h0[index], x[index]),
            (held, h0[index], samples[pick]),
            (moving, h0[index], lambda s, index=index: np.sin(s) * x[index]),
            (one_start, h0[0, 0], samples[pick]),
        ):
            alone = simulate(network, h, alone_x, t=t)
            np.testing.assert_allclose(together.h[pick], alone.h, atol=CLOSE)


def test_one_row_a_trajectory_or_one_an_interval_must_be_said() -> None:
    network = RNN.random(3, 2, rng=np.random.default_rng(2))
    h0, rows = points(network, 1, (4,))
    with pytest.raises(ValueError, match=r"\(4, 2\): one row a trajectory, or one an interval"):
        simulate(network, h0, rows, t=np.arange(5.0))
    # Said in either way, it works.
    constant = simulate(network, h0, lambda t: rows, t=np.arange(5.0)).h
    held = simulate(network, h0, rows[:, None, :], t=np.arange(5.0)).h
    np.testing.assert_allclose(
        constant[:, 2], simulate(network, h0[2], rows[2], t=np.arange(5.0)).h, atol=CLOSE
    )
    np.testing.assert_allclose(
        held[:, 2], simulate(network, h0[2], rows, t=np.arange(5.0)).h, atol=CLOSE
    )


def test_a_flow_that_explodes_says_when() -> None:
    with (
        np.errstate(all="ignore"),
        pytest.raises(RuntimeError, match=r"scipy stopped at t = (0\.9999\d*|1):.*shorter time"),
    ):
        simulate(Flow(lambda h, x: h**2, 1, 0), [1.0], t=[0.0, 2.0])


def test_many_output_times_within_one_step_of_the_solver_are_all_answered() -> None:
    # h' = 1: the solver's first step is far longer than the first six intervals.
    t = np.concatenate([1e-9 * np.arange(7), [1e-6, 0.5, 1.0]])
    run = simulate(LinearSystem([[0.0]], None, [1.0]), [0.0], t=t)
    np.testing.assert_allclose(run.h[:, 0], t, rtol=1e-12, atol=1e-24)
    drawn = simulate(LinearSystem([[0.0]], [[1.0]]), [0.0], np.arange(9.0)[:, None], t=t)
    exact = np.concatenate([[0.0], np.cumsum(np.arange(9.0) * np.diff(t))])
    np.testing.assert_allclose(drawn.h[:, 0], exact, rtol=1e-12, atol=1e-24)


# --- maps -----------------------------------------------------------------------------------------


@some
@given(network=networks(), seed=seeds, rows=st.integers(1, 70))
def test_a_map_is_iterated_as_by_hand(network: RNN, seed: int, rows: int) -> None:
    # More rows than one block of inputs holds, and fewer; equation (10), written out.
    rng = np.random.default_rng(seed)
    h = 0.5 * rng.standard_normal(network.n_units)
    x = rng.standard_normal((rows, network.n_inputs))
    delta = 0.2 / np.max(network.rate * network.decay)
    run = simulate(Discretise(delta)(network), h, x)
    assert run.h.shape == (rows + 1, network.n_units)
    np.testing.assert_array_equal(run.h[0], h)
    np.testing.assert_array_equal(run.t, delta * np.arange(rows + 1))
    scale = max(1.0, np.max(np.abs(run.h)))
    for k in range(rows):
        by_hand = run.h[k] + delta * velocity(network, run.h[k], x[k])
        # One step from the stored row: delta (decay + |w|) < 3, sums of N + M terms.
        terms = 1 + np.max(np.abs(x[k]), initial=0.0) * np.max(np.abs(network.omega), initial=0.0)
        assert np.max(np.abs(run.h[k + 1] - by_hand)) <= 200 * EPS * scale * terms


@pytest.mark.parametrize("name", METHODS)
def test_the_trajectory_is_the_step_repeated(name: str) -> None:
    network = RNN.random(3, 2, rng=np.random.default_rng(1))
    system = Discretise(0.25, name)(suited(name, network))
    rows = np.random.default_rng(2).standard_normal((40, 5, 2))
    h0 = points(system, 3, (5,))[0]
    run = simulate(system, h0, rows)
    state = h0
    for k in range(40):
        state = system.step(state, rows[k])
        np.testing.assert_allclose(run.h[k + 1], state, rtol=0, atol=1e-12)
    # A function of time is read at the nodes of each step, delta (k + c).
    seen: list[float] = []

    def watched(t: float) -> Any:
        seen.append(t)
        return np.array([np.sin(t), np.cos(t)])

    moved = simulate(system, h0, watched, steps=3)
    state = h0
    for k in range(3):
        state = system.step(state, lambda c, k=k: watched(0.25 * (k + c)))
        np.testing.assert_allclose(moved.h[k + 1], state, rtol=0, atol=1e-12)
    wanted = {0.25 * (k + c) for k in range(3) for c in SCHEMES[name].nodes}
    assert {round(t, 12) for t in seen} == {round(t, 12) for t in wanted | {0.0}}


def test_maps_of_every_kind_hold_their_rows() -> None:
    linear = LinearMap([[0.5]], [[1.0]], [0.25], 0.1)
    general = Map(lambda h, x: 0.5 * h + x + 0.25, 0.1, 1, 1)
    for system in (linear, general):
        run = simulate(system, [1.0], [[1.0], [0.0], [2.0]])
        np.testing.assert_array_equal(run.h[:, 0], [1.0, 1.75, 1.125, 2.8125])
        np.testing.assert_allclose(run.t, [0.0, 0.1, 0.2, 0.3], atol=EPS)
        constant = simulate(system, [1.0], [1.0], steps=2)
        np.testing.assert_array_equal(constant.h[:, 0], [1.0, 1.75, 2.125])
        silent = simulate(system, [1.0], steps=2)
        np.testing.assert_array_equal(silent.h[:, 0], [1.0, 0.75, 0.625])
    # A map given by its step alone reads a function of time at the start of each step.
    timed = simulate(general, [0.0], lambda t: np.array([t]), steps=3)
    np.testing.assert_allclose(timed.h[:, 0], [0.0, 0.25, 0.475, 0.6875], atol=4 * EPS)


def test_no_steps_leave_the_start_alone() -> None:
    for system in (Discretise(0.1)(RNN([[0.5]], [[1.0]])), LinearMap([[0.5]], None, None, 0.1)):
        run = simulate(system, [3.0], steps=0)
        np.testing.assert_array_equal(run.h, [[3.0]])
        np.testing.assert_array_equal(run.t, [0.0])


@pytest.mark.parametrize("shape", [(), (4,), (2, 3)])
def test_batches_and_complex_states_of_a_map(shape: tuple[int, ...]) -> None:
    system = Discretise(0.2, "heun")(RNN.random(3, 2, rng=np.random.default_rng(1)))
    h0, x = points(system, 2, shape)
    rows = np.random.default_rng(4).standard_normal((7, *shape, 2))
    turned = h0 + 0.2j
    run, complex_run = simulate(system, h0, rows), simulate(system, turned, rows)
    assert run.h.shape == (8, *shape, 3) and np.iscomplexobj(complex_run.h)
    for index in np.ndindex(*shape):
        pick = (slice(None), *index)
        alone = simulate(system, h0[index], rows[pick])
        np.testing.assert_allclose(run.h[pick], alone.h, atol=1e-13)
        alone = simulate(system, turned[index], rows[pick])
        np.testing.assert_allclose(complex_run.h[pick], alone.h, atol=1e-13)
    # One row a step serves every trajectory; one start serves every input.
    shared = simulate(system, h0, rows[(slice(None), *[0] * len(shape))])
    np.testing.assert_array_equal(shared.h[0], h0)
    many = simulate(system, h0[(0,) * len(shape)], rows)
    assert many.h.shape == (8, *shape, 3)
    steady = simulate(system, h0, x, steps=3)
    assert steady.h.shape == (4, *shape, 3)


def test_the_start_is_copied_and_nothing_given_is_written_to() -> None:
    network = RNN.random(3, 2, rng=np.random.default_rng(1))
    h0, rows = points(network, 2)[0], np.ones((5, 2))
    for run in (
        simulate(Discretise(0.1)(network), h0, rows),
        simulate(network, h0, rows, t=np.arange(6.0)),
    ):
        np.testing.assert_array_equal(run.h[0], h0)
        run.h[0] += 1.0
        np.testing.assert_array_equal(h0, points(network, 2)[0])
        np.testing.assert_array_equal(rows, np.ones((5, 2)))


def test_rescaled_maps_run_on_the_fast_clock() -> None:
    network = RNN.random(2, 1, rng=np.random.default_rng(1))
    maps: tuple[Any, ...] = (
        Discretise(0.5, "rk4")(network),
        Linearise()(Discretise(0.5)(network)),
        Map(lambda h, x: 0.5 * h + x.sum(-1, keepdims=True), 0.5, 2, 1),
    )
    for system in maps:
        rows = np.random.default_rng(3).standard_normal((6, 1))
        slow, fast = (simulate(s, [0.1, 0.2], rows) for s in (system, Rescale(2.0)(system)))
        np.testing.assert_array_equal(fast.t, [0.0, 0.25, 0.5, 0.75, 1.0, 1.25, 1.5])
        np.testing.assert_array_equal(fast.h, slow.h)
    flow = simulate(Rescale(4.0)(network), [0.1, 0.2], t=np.array([0.0, 0.25]))
    slow_flow = simulate(network, [0.1, 0.2], t=np.array([0.0, 1.0]))
    np.testing.assert_allclose(flow.h[-1], slow_flow.h[-1], atol=CLOSE)


# --- memory ---------------------------------------------------------------------------------------

N_UNITS, ROWS = 40, 6000


def spent(system: Any, x: Any, **options: Any) -> float:
    """Return the peak of a simulation beyond its trajectory (h, t), in states of N numbers."""
    tracemalloc.start()
    try:
        run = simulate(system, np.zeros(system.n_units), x, **options)
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    # The times are worked out at the end, from one more row of the same length.
    return (peak - run.h.nbytes - 2 * run.t.nbytes) / (8 * system.n_units)


# When the times are worked out: the last block of at most 64 rows of inputs, a dozen work arrays of
# a method, and Python's own small objects. What grows with the number of rows has no room here.
FEW = 64 + 12 + 48


@pytest.mark.parametrize("name", ["euler", "rk4", "exponential_euler"])
def test_a_map_needs_its_trajectory_and_a_few_states(name: str) -> None:
    network = RNN.random(N_UNITS, N_UNITS, rng=np.random.default_rng(1), gain=0.5)
    system = Discretise(0.1, name)(network)
    simulate(system, np.zeros(N_UNITS), steps=40)  # what is imported or cached once
    rows = np.random.default_rng(2).standard_normal((ROWS, N_UNITS))
    assert spent(system, rows) <= FEW
    assert spent(system, rows[0], steps=ROWS) <= FEW
    assert spent(system, None, steps=ROWS) <= FEW
    assert spent(Linearise()(Discretise(0.1)(network)), rows) <= FEW


def test_a_flow_needs_its_trajectory_and_a_few_states() -> None:
    network = RNN.random(N_UNITS, 1, rng=np.random.default_rng(1), gain=0.5)
    t = np.linspace(0.0, 10.0, 500)
    simulate(network, np.zeros(N_UNITS), t=t[:3])
    # The solver's own table has 16 slopes and 7 rows of its interpolation, in two copies.
    assert spent(network, None, t=t) <= FEW


def test_a_single_state_is_simulated_on_the_weights_as_they_lie() -> None:
    network = RNN.random(400, 0, rng=np.random.default_rng(1), gain=0.5)
    system = Discretise(0.1)(network)
    simulate(system, np.zeros(400), steps=40)
    # A copy of the weights would be 400 states.
    assert spent(system, None, steps=40) <= FEW < network.w.nbytes / (8 * 400)
