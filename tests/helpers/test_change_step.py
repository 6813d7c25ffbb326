"""A network at another step: levels by theorem, swings by measurement, noise by Lyapunov."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from functools import cache
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from helpers import fixed_point, simulate
from helpers.networks.certificate import largest_step
from helpers.networks.change_step import Changed, change_step
from helpers.networks.ensemble import Member, load_ensemble
from helpers.networks.network import Network
from helpers.training.tasks import task
from tests.helpers.refusals import refuses
from tests.helpers.theory import seeds, some


@cache
def shipped(name: str, initialisation: str, seed: int) -> Member:
    chosen = {"task": name, "initialisation": initialisation, "seed": seed}
    return load_ensemble("book/data", recipe="clipped", n_units=50, **chosen)[0]


@cache
def changed(name: str, initialisation: str, seed: int, delta: float) -> Changed:
    member = shipped(name, initialisation, seed)
    rng = np.random.default_rng(0)
    return change_step(member.network, delta, task=member.plan.task, rng=rng)


def drawn(seed: int, **options: Any) -> Network:
    rng = np.random.default_rng(seed)
    w = 1.3 * rng.standard_normal((6, 6)) / np.sqrt(6)
    return Network(w, rng.standard_normal((6, 2)), 0.3 * rng.standard_normal(6), **options)


# --- levels


@some
@given(seed=seeds, share=st.floats(0.01, 1.0), leak=st.floats(0.05, 1.0))
def test_a_level_stays_and_stays_stable_at_every_shorter_step(
    seed: int, share: float, leak: float
) -> None:
    form = ("activity", "activation")[seed % 2]
    old = drawn(seed, delta=0.1, rate=leak / 0.1, form=form)
    new = change_step(old, 0.1 * share).network
    (level,) = fixed_point(old.map, guess=np.ones((1, 6)))
    if not level.stable:
        return
    np.testing.assert_allclose(new.map.step(level.h), level.h, atol=1e-12)
    radius = [np.max(np.abs(np.linalg.eigvals(one.map.jacobian(level.h)))) for one in (old, new)]
    assert radius[1] <= (1 - share) + share * radius[0] + 1e-12 < 1 + 1e-12


def test_a_point_of_a_swing_does_not_stay() -> None:
    swing = Network([[0.0, -1.5], [1.5, 0.0]], np.zeros((2, 1)), start=[0.5, 0.0])
    h = simulate(swing.map, [0.5, 0.0], steps=500).h[-1]
    assert np.max(np.abs(change_step(swing, 0.5).network.map.step(h) - h)) > 0.1


@pytest.mark.parametrize("seed", range(8))
def test_up_to_the_largest_step_a_level_returns_and_beyond_it_does_not(seed: int) -> None:
    old = drawn(seed)
    level = fixed_point(old.flow, guess=np.ones((1, 6)))[0]
    if not level.stable:
        pytest.skip("this draw has no stable level near")
    bound = largest_step(level.eigenvalues.values)
    for factor, returns in ((0.99, True), (1.01, False)):
        at = replace(old, delta=factor * bound).map
        h = simulate(at, level.h + 1e-6 * np.cos(np.arange(6)), steps=6000).h[-1]
        assert bool(np.max(np.abs(h - level.h)) < 1e-8) is returns


def test_the_largest_step_is_that_of_the_mode_nearest_to_leaving() -> None:
    assert largest_step([-1.95, -0.2 + 0.3j, 0.5]) == pytest.approx(2 / 1.95, abs=1e-15)
    assert largest_step([-0.1 + 1.227j]) == pytest.approx(0.2 / abs(-0.1 + 1.227j) ** 2)
    assert largest_step([0.5]) == np.inf
    found = change_step(Network([[-1.2]], [[1.0]], delta=0.5, start=[0.1]), 0.95)
    assert found.certificate.largest_step == pytest.approx(2 / 2.2, abs=1e-9)
    assert found.certificate.states[0].predicted == "dies" and not found.certificate.safe


# --- noise


@pytest.mark.parametrize("leak", [0.5, 0.1])
def test_the_noise_factor_of_a_leaky_unit_is_known(leak: float) -> None:
    # alpha^2 / (alpha (2 - alpha)) against 1: the factor is sqrt((2 - alpha) / alpha).
    unit = change_step(Network([[0.0]], [[1.0]], readout=[[1.0]]), leak)
    factor = unit.certificate.states[0].noise_factor
    assert factor == pytest.approx(np.sqrt((2 - leak) / leak), rel=1e-9)


@pytest.mark.parametrize("form", ["activity", "activation"])
def test_the_noise_factor_keeps_the_variance_of_a_simulated_read_out(form: str) -> None:
    rng = np.random.default_rng(11)
    readout = rng.standard_normal((1, 6))
    old = replace(drawn(3, delta=0.5, form=form), readout=readout, readout_bias=np.zeros(1))
    old = replace(old, w=0.6 * old.w)
    found = change_step(old, 0.125)
    state, sizes = found.certificate.states[0], []
    for network, size in ((old, 0.01), (found.network, 0.01 * state.noise_factor)):
        h = fixed_point(network.map).h + np.zeros((200, 6))
        noise = size * rng.standard_normal((600, 200, 2))
        sizes.append(np.var(network.output(simulate(network.map, h, noise).h[200:])))
    assert sizes[1] / sizes[0] == pytest.approx(1.0, abs=0.05)
    assert abs(state.noise_factor - 1.0) > 0.3  # the same noise at each step is another one


# --- the shipped networks


def test_a_swing_that_the_finer_step_ends() -> None:
    found = changed("xor", "orthogonal", 10, 0.5).certificate
    assert len(found.crossing) == 12
    assert found.largest_step == pytest.approx(1.0625, abs=1e-3)
    swings = [one for one in found.states if one.kind == "oscillates"]
    levels = [one for one in found.states if one.kind == "rests"]
    assert swings and all(one.predicted == "dies" and not one.kept for one in swings)
    assert all(one.frequency is None for one in swings)
    assert all(one.predicted == "lives" and one.kept for one in levels) and len(levels) >= 2
    assert levels[0].noise_factor == pytest.approx(2.63, abs=0.01)
    assert found.score_before == 1.0 and (found.score_after or 0.0) < 0.9 and not found.safe


def test_a_network_of_levels_is_safe() -> None:
    found = changed("and", "normal", 0, 0.5).certificate
    assert found.safe and found.score_after == 1.0 and len(found.crossing) == 0
    assert {one.predicted for one in found.states} == {"lives"}
    assert not found.exact and len(found.proved) == 2


# --- exact ways


@pytest.mark.parametrize("form", ["activity", "activation"])
@pytest.mark.parametrize("k", [1, 4])
def test_a_hold_is_the_old_map_at_each_k_th_step(form: str, k: int) -> None:
    old = drawn(4, delta=0.4, rate=0.7, form=form)
    found = change_step(old, 0.4 / k, how="hold")
    x = np.random.default_rng(1).standard_normal((12, 2))
    fine = simulate(found.map, np.r_[np.ones(6), 0.0], np.repeat(x, k, axis=0)).h
    np.testing.assert_allclose(fine[::k, :6], simulate(old.map, np.ones(6), x).h, atol=1e-14)
    assert found.certificate.exact and found.certificate.safe and found.network is old


def test_a_rescaling_is_the_old_map_on_another_clock_and_another_decay_is_not() -> None:
    old = drawn(5, delta=1.0, noise=0.1)
    found = change_step(old, 0.25, how="rescale")
    x = np.random.default_rng(1).standard_normal((12, 2))
    with_noise = [
        simulate(one, np.ones(6), x, rng=np.random.default_rng(2)).h for one in (old.map, found.map)
    ]
    np.testing.assert_allclose(*with_noise, atol=1e-14)
    assert found.map.delta == 0.25 and found.certificate.exact
    trap = replace(old, delta=0.25, decay=4.0)
    assert np.max(np.abs(trap.map.step(np.ones(6), x[0]) - old.map.step(np.ones(6), x[0]))) > 0.1


AND = task("and")
PLAIN = Network([[0.5]], np.ones((1, 2)), readout=[[1.0]])
RNG = np.random.default_rng(0)
BAD: dict[str, tuple[Callable[[], Any], str, str]] = {
    "no network": (lambda: change_step(PLAIN.flow, 0.5), "RNN", "make one"),  # type: ignore[arg-type]
    "a step of zero": (lambda: change_step(PLAIN, 0.0), "0.0", "greater than 0"),
    "a NaN": (lambda: change_step(PLAIN, np.nan), "nan", "finite"),
    "two decay times": (lambda: change_step(PLAIN, 2.0), "delta = 2", "stay below 2"),
    "a broken hold": (lambda: change_step(PLAIN, 0.3, how="hold"), "3.33333", "whole number"),
    "a broken pulse": (
        lambda: change_step(PLAIN, 0.9, task=AND, rng=RNG), "33.33", "divides",
    ),
    "a task without chance": (lambda: change_step(PLAIN, 0.5, task=AND), "BooleanTask", "rng"),
    "a seed": (lambda: change_step(PLAIN, 0.5, task=AND, rng=3), "rng = 3", "default_rng"),  # type: ignore[arg-type]
    "another how": (lambda: change_step(PLAIN, 0.5, how="better"), "'better'", "choose from"),
    "an infinite eigenvalue": (lambda: largest_step([np.inf]), "inf", "finite"),
}  # fmt: skip


@pytest.mark.parametrize("case", BAD)
def test_a_wrong_use_is_told(case: str) -> None:
    refuses(*BAD[case])
