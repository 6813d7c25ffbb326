"""Bodies, an arm, loops with a clock, the same move at another speed, the cheapest input."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.integrate import simpson, solve_ivp
from scipy.linalg import expm, solve_continuous_lyapunov
from scipy.signal import cont2discrete

from helpers import RNN, Rescale, convergence_order, simulate
from helpers.analysis.energy import minimum_energy
from helpers.analysis.movement import Controller, closed_loop, largest_step, retimed
from helpers.dynamics.arm import Arm
from helpers.dynamics.body import Body
from tests.helpers.refusals import refuses

BODY = Body(0.7, 1.9)


def controller(seed: int = 0, n: int = 6, damping: float = -0.3) -> Controller:
    rng = np.random.default_rng(seed)
    flow = RNN.random(n, 6, gain=0.8, rng=rng)
    readout, bias = 0.4 * rng.standard_normal((2, n)), 0.1 * rng.standard_normal(2)
    return Controller(flow, readout, bias, damping)


# --- bodies ---------------------------------------------------------------------------------------


def test_the_sampled_body_is_scipys_and_the_closed_form() -> None:
    A, B = BODY.flow.A, BODY.flow.B
    wanted = cont2discrete((A, B, np.eye(4), np.zeros((4, 2))), 0.3, "zoh")
    sampled, e = BODY.zoh(0.3), np.exp(-0.7 * 0.3)
    np.testing.assert_allclose(sampled.A, wanted[0], atol=1e-14)
    np.testing.assert_allclose(sampled.B, wanted[1], atol=1e-14)
    assert sampled.A[0, 2] == pytest.approx((1 - e) / 0.7, rel=1e-13)
    assert sampled.B[1, 1] == pytest.approx(1.9 / 0.7 * (0.3 - (1 - e) / 0.7), rel=1e-12)
    assert sampled.B[2, 0] == pytest.approx(1.9 / 0.7 * (1 - e), rel=1e-13)


def test_the_arm_keeps_its_energy_without_friction_and_torque() -> None:
    arm = replace(Arm(), friction=1e-300)
    found = solve_ivp(
        lambda t, z: arm.flow.velocity(z, [0.0, 0.0]), (0, 2), [0.4, 1.1, 2.0, -3.0],
        rtol=1e-11, atol=1e-12,
    ).y.T  # fmt: skip
    v = found[:, 2:]
    energy = 0.5 * np.einsum("ti,tij,tj->t", v, arm.inertia(found[:, :2]), v)
    np.testing.assert_allclose(energy, energy[0], rtol=1e-8)
    assert np.ptp(found[:, 1]) > 1.0


def test_the_torques_give_the_accelerations_and_the_hand_is_where_the_links_lead() -> None:
    arm, rng = Arm(), np.random.default_rng(1)
    q, v, a = rng.standard_normal((3, 5, 2))
    found = arm.flow.velocity(np.concatenate([q, v], -1), arm.torque(q, v, a))
    np.testing.assert_allclose(found, np.concatenate([v, a], -1), atol=1e-12)
    np.testing.assert_allclose(arm.hand([0.0, np.pi / 2]), [0.30, 0.33], atol=1e-15)
    np.testing.assert_allclose(np.linalg.eigvalsh(arm.inertia(q)) > 0, True)


# --- the loop -------------------------------------------------------------------------------------


def test_the_jacobian_of_the_loop_is_that_of_differences_and_of_its_blocks() -> None:
    c, goal = controller(), np.array([0.4, -0.2])
    z = 0.3 * np.random.default_rng(2).standard_normal(10)
    for loop in (closed_loop(c, BODY), closed_loop(c, BODY, 0.2)):
        move = loop.velocity if hasattr(loop, "velocity") else loop.step
        ends = [(move(z + s, goal) - move(z - s, goal)) / 2e-6 for s in 1e-6 * np.eye(10)]
        np.testing.assert_allclose(loop.jacobian(z, goal), np.transpose(ends), atol=1e-8)
    J = closed_loop(c, BODY).jacobian(z, goal)
    x = np.concatenate([goal, z[6:]])
    np.testing.assert_allclose(J[:6, :6], c.flow.jacobian(z[:6], x), atol=1e-13)
    np.testing.assert_allclose(J[:6, 6:], c.flow.input_jacobian(z[:6], x)[:, 2:], atol=1e-13)
    np.testing.assert_allclose(J[8:, :6], 1.9 * c.readout, atol=1e-13)
    np.testing.assert_allclose(J[8:, 8:], (-0.7 + 1.9 * -0.3) * np.eye(2), atol=1e-13)


def test_the_clock_is_of_order_one_and_sees_what_was_with_a_delay() -> None:
    c, goal, start = controller(), np.array([0.5, 0.1]), np.zeros(10)
    end = simulate(closed_loop(c, BODY), start, goal, t=[0.0, 1.6]).h[-1]
    steps = np.array([0.04, 0.02, 0.01, 0.005])
    gaps = [
        np.max(np.abs(_run(closed_loop(c, BODY, s), start, goal, round(1.6 / s)) - end))
        for s in steps
    ]
    assert convergence_order(steps, gaps).slope == pytest.approx(1.0, abs=0.1)
    late = closed_loop(c, BODY, 0.2, delay=2)
    z = np.random.default_rng(3).standard_normal(18)
    after = late.step(z, goal)
    h = z[:6] + 0.2 * c.flow.velocity(z[:6], np.concatenate([goal, z[14:]]))
    np.testing.assert_allclose(after[:6], h, atol=1e-14)
    np.testing.assert_array_equal(after[10:], z[6:14])
    u = c.readout @ h + c.readout_bias - 0.3 * z[16:]
    np.testing.assert_allclose(after[6:10], BODY.zoh(0.2).step(z[6:10], u), atol=1e-14)


def _run(loop, start, goal, steps):
    return simulate(loop, start, goal, steps=steps).h[-1]


@given(st.integers(0, 50), st.floats(0.02, 0.5))
def test_acting_before_the_update_is_one_tick_of_delay(seed: int, delta: float) -> None:
    c, goal = controller(seed, damping=0.0), np.array([0.3, -0.4])
    before = closed_loop(c, BODY, delta, order="act-update")
    late = closed_loop(c, BODY, delta, delay=1)
    z = 0.2 * np.random.default_rng(seed).standard_normal(10)
    # The delayed network is one update behind: its h_k is the other's h_{k-1}.
    first, two = before.step(z, goal), z
    behind = np.concatenate([z[:6], first[6:], z[6:]])
    for _ in range(5):
        two, behind = before.step(two, goal), late.step(behind, goal)
        np.testing.assert_allclose(behind[:6], two[:6], atol=1e-13)
        np.testing.assert_allclose(behind[10:], two[6:], atol=1e-12)


def test_the_loop_takes_many_states_at_once() -> None:
    loop, rng = closed_loop(controller(), BODY, 0.1, delay=1), np.random.default_rng(4)
    z, goal = rng.standard_normal((3, 14)), rng.standard_normal(2)
    np.testing.assert_allclose(loop.step(z, goal)[1], loop.step(z[1], goal), atol=1e-14)


# --- another speed --------------------------------------------------------------------------------


@given(st.integers(0, 50), st.floats(0.2, 5.0))
def test_retimed_the_loop_is_the_old_one_in_other_velocities(seed: int, tau: float) -> None:
    c = controller(seed)
    z, goal = 0.3 * np.random.default_rng(seed).standard_normal(10), np.array([0.4, 0.7])
    scale = np.concatenate([np.ones(8), [tau, tau]])
    fast = closed_loop(retimed(c, BODY, tau), BODY).velocity(scale * z, goal)
    wanted = tau * scale * closed_loop(c, BODY).velocity(z, goal)
    np.testing.assert_allclose(fast, wanted, atol=1e-12 * max(1.0, tau) ** 2)


@given(st.floats(0.3, 3.0), st.floats(0.3, 3.0))
def test_two_changes_of_speed_are_one(one: float, other: float) -> None:
    c = controller()
    twice, once = retimed(retimed(c, BODY, one), BODY, other), retimed(c, BODY, one * other)
    for name in ("readout", "readout_bias", "damping"):
        np.testing.assert_allclose(getattr(twice, name), getattr(once, name), rtol=1e-12)
    np.testing.assert_allclose(twice.flow.omega, once.flow.omega, rtol=1e-12)
    assert twice.flow.rate == pytest.approx(once.flow.rate)


def test_each_part_of_the_law_is_needed() -> None:
    c, tau, goal = controller(), 2.0, np.array([0.4, 0.7])
    whole, scale = retimed(c, BODY, tau), np.concatenate([np.ones(8), [tau, tau]])
    z = 0.3 * np.random.default_rng(5).standard_normal(10)
    wanted = tau * scale * closed_loop(c, BODY).velocity(z, goal)
    for part in (
        replace(whole, damping=tau * c.damping),
        replace(whole, readout=c.readout),
        replace(whole, readout=tau * c.readout),
        replace(whole, flow=Rescale(tau)(c.flow)),
        replace(whole, flow=replace(whole.flow, rate=1.0)),
    ):
        assert np.max(np.abs(closed_loop(part, BODY).velocity(scale * z, goal) - wanted)) > 0.02


# --- the largest step -----------------------------------------------------------------------------


def test_the_largest_step_of_euler_is_that_of_its_eigenvalues() -> None:
    A = np.array([[-1.0, 3.0], [-3.0, -1.0]])
    found = largest_step(lambda step: np.eye(2) + step * A, least=0.01, most=1.0)
    assert found == pytest.approx(2 * 1.0 / 10.0, rel=1e-12)


def test_the_largest_step_of_a_servo_is_that_of_its_textbook() -> None:
    """A double integrator under u = -k q - d v, held: the conditions of Jury by hand."""
    k, d = 2.0, 1.5

    def matrix(step: float) -> np.ndarray:
        B = np.array([step**2 / 2, step])
        return np.array([[1.0, step], [0.0, 1.0]]) - np.outer(B, [k, d])

    # Determinant 1 - d step + k step^2 / 2 below 1, and 1 + trace + det above 0.
    wanted = min(2 * d / k, 2 / d)
    assert largest_step(matrix, least=0.01, most=5.0) == pytest.approx(wanted, rel=1e-12)


def test_a_step_outside_of_the_search_is_said() -> None:
    refuses(lambda: largest_step(lambda s: [[2.0]], least=0.1, most=1.0), "0.1", "begin below")
    refuses(lambda: largest_step(lambda s: [[0.5]], least=0.1, most=1.0), "1.0", "look further")


# --- energy ---------------------------------------------------------------------------------------


def test_the_gramian_solves_its_equation_for_a_short_and_for_a_long_time() -> None:
    rng = np.random.default_rng(6)
    A, B = rng.standard_normal((4, 4)) - 2.5 * np.eye(4), rng.standard_normal((4, 2))
    for T, tolerance in ((0.3, 1e-9), (4.0, 1e-9)):
        times = np.linspace(0, T, 4001)
        parts = np.array([expm(A * t) @ B for t in times])
        wanted = simpson(np.einsum("tij,tkj->tik", parts, parts), x=times, axis=0)
        found = minimum_energy(A, B, np.ones(4), T).gramian
        np.testing.assert_allclose(found, wanted, atol=tolerance)
    always = minimum_energy(A, B, np.ones(4), 200.0).gramian
    np.testing.assert_allclose(always, solve_continuous_lyapunov(A, -B @ B.T), atol=1e-11)


def test_the_input_leads_to_the_target_with_its_energy_and_no_other_is_cheaper() -> None:
    A, B = np.array([[-1.0, 2.0], [-0.5, -0.3]]), np.array([[0.0], [1.0]])
    target, T = np.array([0.7, -0.4]), 1.7
    way = minimum_energy(A, B, target, T)
    found = solve_ivp(
        lambda t, z: np.append(A @ z[:2] + B @ way.input(t), way.input(t) @ way.input(t)),
        (0, T), np.zeros(3), rtol=1e-11, atol=1e-13,
    ).y[:, -1]  # fmt: skip
    np.testing.assert_allclose(found, [*target, way.energy], rtol=1e-8)


def test_what_is_not_seen_may_end_anywhere_and_never_costs_more() -> None:
    rng = np.random.default_rng(7)
    A, B = rng.standard_normal((4, 4)) - 2.0 * np.eye(4), rng.standard_normal((4, 2))
    C, y = rng.standard_normal((2, 4)), np.array([0.3, -0.8])
    way = minimum_energy(A, B, y, 1.1, seen=C)
    end = solve_ivp(lambda t, h: A @ h + B @ way.input(t), (0, 1.1), np.zeros(4), rtol=1e-11,
                    atol=1e-13).y[:, -1]  # fmt: skip
    np.testing.assert_allclose(C @ end, y, rtol=1e-8)
    other = end + np.linalg.svd(C)[2][2:].T @ rng.standard_normal(2)
    assert way.energy == pytest.approx(minimum_energy(A, B, end, 1.1).energy, rel=1e-7)
    assert way.energy < minimum_energy(A, B, other, 1.1).energy


def test_energy_of_a_rescaled_system() -> None:
    A, B = np.array([[-1.0, 2.0], [-0.5, -0.3]]), np.array([[0.2], [1.0]])
    slow = minimum_energy(A, B, [0.7, -0.4], 1.7).energy
    assert minimum_energy(2.5 * A, 2.5 * B, [0.7, -0.4], 1.7 / 2.5).energy == pytest.approx(
        slow / 2.5, rel=1e-12
    )


# --- wrong uses -----------------------------------------------------------------------------------


def test_wrong_uses_are_named() -> None:
    c = controller()
    refuses(lambda: Body(0.0, 1.0), "0.0", "beta")
    refuses(lambda: Arm(friction=-1.0), "-1.0", "friction")
    refuses(lambda: Controller(c.flow, np.ones((2, 5)), [0.0, 0.0]), "(2, 5)", "6")
    refuses(lambda: Controller(RNN.random(6, 4, rng=np.random.default_rng(0)), c.readout, [0, 0]),
            "(6, 4)", "column")  # fmt: skip
    refuses(lambda: closed_loop(c, Body(1.0, 1.0, axes=1)), "1 axes", "each axis")
    refuses(lambda: closed_loop(c, BODY, delay=1), "delay = 1", "give delta")
    refuses(lambda: closed_loop(c, BODY, 0.1, order="old"), "old", "act-update")
    refuses(lambda: retimed(c, BODY, 0.0), "0.0", "tau")
    refuses(lambda: minimum_energy(np.eye(2), [[1.0], [0.0]], [1.0, 1.0], 1.0), "(2, 1)", "inputs")
