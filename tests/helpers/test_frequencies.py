"""What a matrix announces: the balance against its own equations, the audit against simulations."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from scipy.optimize import brentq

from helpers import RNN, simulate
from helpers.dynamics._checks import Array
from helpers.dynamics.activations import activation
from helpers.networks.frequencies import (
    audit_frequencies,
    balance,
    harmonic_balance,
    harmonic_balances,
)
from helpers.networks.network import Network
from tests.helpers.refusals import refuses

GOLDEN = 0.1234  # cycles per step of the turning pairs below, near no simple fraction
QUIET = np.zeros((2, 1))


def turn(size: float, cycles: float) -> Array:
    angle = 2 * np.pi * cycles
    return size * np.array([[np.cos(angle), -np.sin(angle)], [np.sin(angle), np.cos(angle)]])


def side_by_side(*parts: Array) -> Array:
    zero = [[np.zeros((len(one), len(two))) for two in parts] for one in parts]
    for place, part in enumerate(parts):
        zero[place][place] = part
    return np.block(zero)


def network(w: Any, **options: Any) -> Network:
    return Network(w, np.zeros((len(w), 1)), **options)


def planted(rng: np.random.Generator, *, size: float, cycles: float) -> Array:
    """Return 40 units: a random bulk of radius 0.4 and one turning pair on a random plane."""
    plane = np.linalg.qr(rng.standard_normal((40, 2)))[0]
    bulk = 0.4 * rng.standard_normal((40, 40)) / np.sqrt(40)
    return np.asarray(bulk + plane @ turn(size, cycles) @ plane.T)


def crossings(h: Array) -> float:
    """Cycles per step from the upward zero crossings, interpolated: no transform."""
    before = np.flatnonzero((h[:-1] < 0) & (h[1:] >= 0))
    at = before + h[before] / (h[before] - h[before + 1])
    return float((len(at) - 1) / (at[-1] - at[0]))


# --- one gain


@pytest.mark.parametrize("delta", [0.01, 0.3, 1.0])
@pytest.mark.parametrize("value", [1.3 + 0.8j, -0.7 + 1.1j, 0.2 - 2.0j, -1.5, 1.25])
def test_the_gain_puts_the_mode_on_the_circle(value: complex, delta: float) -> None:
    gain, frequency = balance(value, delta=delta)
    factor = 1 - delta + delta * gain * value
    assert gain > 0
    assert abs(factor) == pytest.approx(1.0, abs=1e-12)
    assert np.exp(2j * np.pi * frequency) == pytest.approx(
        complex(factor.real, abs(complex(factor).imag)), abs=1e-12
    )


def test_the_gain_is_what_a_root_finder_finds() -> None:
    value, delta = 1.4 + 0.9j, 0.35
    root = brentq(lambda g: abs(1 - delta + delta * g * value) - 1, 0.1, 1.0)
    assert balance(value, delta=delta)[0] == pytest.approx(root, abs=1e-11)


def test_the_limits_are_the_map_and_the_saturated_flow() -> None:
    value = 1.3 + 0.8j
    assert balance(value)[1] == pytest.approx(np.arctan2(0.8, 1.3) / (2 * np.pi), abs=1e-14)
    gain, frequency = balance(value, delta=1e-6)
    assert gain == pytest.approx(1 / 1.3, abs=1e-5)
    assert frequency / 1e-6 == pytest.approx(0.8 / 1.3 / (2 * np.pi), abs=1e-5)


def test_a_mode_inside_the_circle_needs_a_gain_above_one() -> None:
    assert balance(0.6 + 0.7j)[0] > 1.0
    assert balance(0.9 + 1.2j, delta=0.1)[0] > 1.0
    assert balance(0.9 + 1.2j, delta=1.0)[0] < 1.0


# --- a gain for each unit


def test_the_first_harmonic_solves_its_equation() -> None:
    """The gains are those of a Fourier series of tanh(a sin), computed with a finer grid."""
    w = planted(np.random.default_rng(1), size=1.3, cycles=GOLDEN)
    found = harmonic_balance(network(w))
    assert found.settled
    values = np.linalg.eigvals(found.gains[:, None] * w)
    on_circle = values[np.argmin(np.abs(np.abs(values) - 1.0))]
    assert abs(on_circle) == pytest.approx(1.0, abs=1e-6)
    assert abs(np.angle(on_circle)) / (2 * np.pi) == pytest.approx(found.frequency, abs=1e-6)
    phase = 2 * np.pi * (np.arange(4096) + 0.5) / 4096

    def gain(a: float) -> float:
        return float(2 * np.mean(np.tanh(a * np.sin(phase)) * np.sin(phase)) / a)

    vectors = np.linalg.eig(found.gains[:, None] * w)
    mode = vectors[1][:, np.argmin(np.abs(vectors[0] - on_circle))]
    largest = int(np.argmax(np.abs(w @ mode)))
    height = brentq(lambda a: gain(a) - found.gains[largest], 1e-3, 20.0)
    heights = height * np.abs(w @ mode) / np.abs(w @ mode)[largest]
    again = np.array([gain(float(a)) for a in heights])
    np.testing.assert_allclose(found.gains, again, atol=1e-5)


@pytest.mark.parametrize("seed", range(6))
def test_own_gains_announce_what_the_network_does(seed: int) -> None:
    rng = np.random.default_rng([2, seed])
    cycles = rng.uniform(0.03, 0.2)
    w = planted(rng, size=1.2, cycles=cycles)
    h = simulate(network(w).map, 0.3 * rng.standard_normal(40), steps=3000).h[1000:]
    measured = crossings(h[:, np.argmax(h.std(axis=0))])
    assert harmonic_balance(network(w)).frequency == pytest.approx(measured, rel=0.01)
    # The network is not one that swings at its angle to that accuracy anyhow, in all six seeds.
    assert measured == pytest.approx(cycles, rel=0.2)


def test_own_gains_know_a_sheared_pair_and_one_gain_does_not() -> None:
    shear = np.array([[1.0, 2.0], [0.0, 1.0]])
    w = shear @ turn(1.5, 0.0878) @ np.linalg.inv(shear)
    h = simulate(network(w).map, [0.1, 0.05], steps=3000).h[1000:, 0]
    measured = crossings(h)
    assert harmonic_balance(network(w)).frequency == pytest.approx(measured, rel=0.05)
    assert abs(balance(1.5 * np.exp(2j * np.pi * 0.0878))[1] / measured - 1) > 0.3


def test_a_normal_pair_has_one_gain() -> None:
    for delta in (0.2, 1.0):
        value = 1.3 + 0.8j
        w = [[1.3, -0.8], [0.8, 1.3]]
        gain, frequency = balance(value, delta=delta)
        found = harmonic_balance(network(w, delta=delta))
        assert found.frequency == pytest.approx(frequency, abs=1e-6)
        np.testing.assert_allclose(found.gains, gain, atol=1e-6)


def test_relabelling_and_flipping_units_changes_nothing_else() -> None:
    rng = np.random.default_rng(3)
    w = planted(rng, size=1.3, cycles=GOLDEN)
    order, sign = rng.permutation(40), rng.choice([-1.0, 1.0], 40)
    other = (sign[:, None] * w * sign)[np.ix_(order, order)]
    one, two = harmonic_balance(network(w)), harmonic_balance(network(other))
    assert two.frequency == pytest.approx(one.frequency, abs=1e-6)
    np.testing.assert_allclose(two.gains, one.gains[order], atol=1e-5)


def test_what_dies_out_has_no_frequency() -> None:
    assert np.isnan(harmonic_balance(network(turn(0.8, GOLDEN))).frequency)


def test_a_start_chooses_the_mode() -> None:
    w = side_by_side(turn(1.3, 0.1), turn(1.2, 0.3))
    first, second = np.array([1, -1j, 0, 0]), np.array([0, 0, 1, -1j])
    assert harmonic_balance(network(w), start=first).frequency == pytest.approx(0.1, abs=1e-6)
    assert harmonic_balance(network(w), start=second).frequency == pytest.approx(0.3, abs=1e-6)


# --- the audit


def test_a_turning_pair_is_announced_and_measured() -> None:
    (one,) = audit_frequencies({"turn": network(turn(1.1, GOLDEN))}, starts=[[0.1, 0.0]])
    h = simulate(network(turn(1.1, GOLDEN)).map, [0.1, 0.0], steps=3000).h[1000:, 0]
    assert one.measured == pytest.approx(crossings(h), rel=1e-3)
    assert one.announced == pytest.approx(GOLDEN, abs=1e-12)
    assert one.within and one.reason == "" and one.name == "turn" and one.start == 0
    assert one.error == pytest.approx(one.announced / one.measured - 1, abs=1e-15)
    assert one.lead == np.inf


def test_a_negative_eigenvalue_announces_a_flip() -> None:
    (one,) = audit_frequencies({"flip": network([[-1.3]])}, starts=[[0.4]])
    assert one.announced == 0.5 and one.measured == pytest.approx(0.5) and one.within


def test_states_that_rest_or_die_are_left_out() -> None:
    w = side_by_side(np.array([[1.5]]), turn(1.2, GOLDEN), np.array([[0.5]]))
    starts = [[0.5, 0, 0, 0], [0, 0.3, 0, 0], [0, 0, 0, 0.5]]
    found = audit_frequencies({"mixed": network(w)}, starts=starts)
    assert [one.start for one in found] == [1]


def test_failures_say_what_they_are() -> None:
    w = side_by_side(turn(1.3, 0.11), turn(1.25, 0.37))
    starts = [[0.3, 0, 0, 0], [0, 0, 0.3, 0], [0.3, 0, 0.3, 0]]
    led, other, several = audit_frequencies({"two": network(w)}, starts=starts)
    assert led.within
    assert not other.within and other.reason == "another mode"
    assert other.measured == pytest.approx(0.37, rel=0.02)
    assert other.lead == pytest.approx(1.3 / 1.25, abs=1e-12)
    assert several.share < 0.75
    shear = np.array([[1.0, 2.0], [0.0, 1.0]])
    skewed = shear @ turn(1.5, 0.0878) @ np.linalg.inv(shear)
    (lost,) = audit_frequencies({"skewed": network(skewed)}, starts=[[0.1, 0.05]])
    assert lost.reason == "no mode near"
    (found,) = audit_frequencies(
        {"skewed": network(skewed)}, starts=[[0.1, 0.05]], rule="balance", tolerance=0.2
    )
    assert found.within and found.measured == lost.measured


def test_three_pairs_at_once_are_several_frequencies() -> None:
    w = side_by_side(*(turn(1.2, cycles) for cycles in (0.07, 0.19, 0.41)))
    (one,) = audit_frequencies({"three": network(w)}, starts=[[0.3, 0.0] * 3], tolerance=1e-4)
    assert one.share < 0.5 and one.reason == "several frequencies"


def test_a_swing_that_takes_long_says_that_it_is_slow() -> None:
    w = side_by_side(turn(1.01, 0.11), turn(1.005, 0.37))
    (late,) = audit_frequencies({"two": network(w)}, starts=[[0, 0, 0.002, 0]], steps=1000)
    assert late.slow and late.measured == pytest.approx(0.37, rel=0.01)
    (lasting,) = audit_frequencies({"two": network(w)}, starts=[[0.3, 0, 0, 0]], steps=2000)
    assert not lasting.slow and lasting.within


def test_stimuli_lead_where_their_last_state_leads() -> None:
    rng = np.random.default_rng(4)
    one = Network(planted(rng, size=1.2, cycles=GOLDEN), rng.standard_normal((40, 2)))
    x = rng.standard_normal((30, 3, 2))
    after = simulate(one.map, np.zeros(40), x).h[-1]
    by_stimulus = audit_frequencies({"one": one}, x)
    by_start = audit_frequencies({"one": one}, starts=after)
    assert len(by_stimulus) == 3
    assert [a.measured for a in by_stimulus] == [a.measured for a in by_start]


def test_the_step_of_the_network_is_heeded() -> None:
    """A leaky layer swings more slowly per step, and not by the factor delta alone."""
    for delta in (0.1, 0.5):
        leaky = network([[1.3, -0.8], [0.8, 1.3]], delta=delta)
        (one,) = audit_frequencies({"leaky": leaky}, starts=[[0.1, 0.0]], steps=4000)
        h = simulate(leaky.map, [0.1, 0.0], steps=6000).h[2000:, 0]
        assert one.measured == pytest.approx(crossings(h), rel=1e-2)
        assert one.announced == pytest.approx(crossings(h), rel=0.05)
        assert abs(np.arctan2(0.8, 1.3) / (2 * np.pi) / crossings(h) - 1) > 0.5


def test_a_planted_pair_is_announced_in_95_of_100_networks() -> None:
    rng = np.random.default_rng(5)
    drawn = {
        f"{k}": network(planted(rng, size=rng.uniform(1.1, 1.5), cycles=rng.uniform(0.05, 0.5)))
        for k in range(25)
    }
    found = audit_frequencies(drawn, starts=0.3 * rng.standard_normal((1, 40)), steps=1000)
    assert len(found) == 25
    assert sum(one.within for one in found) >= 24


def test_all_modes_alike_announce_nothing() -> None:
    """The control of the test above: orthogonal matrices, which have no lead."""
    rng = np.random.default_rng(6)
    drawn = {f"{k}": network(RNN.orthogonal(40, 1, gain=1.3, rng=rng).w) for k in range(12)}
    found = audit_frequencies(drawn, starts=0.3 * rng.standard_normal((1, 40)), steps=1000)
    assert max(one.lead for one in found) < 1 + 1e-9
    assert sum(one.within for one in found) < 0.6 * len(found)


# --- wrong uses

PAIR = network(turn(1.2, GOLDEN))
BAD: dict[str, tuple[Callable[[], Any], str, str]] = {
    "no eigenvalue": (lambda: balance(0.0), "0.0", "other than zero"),
    "a NaN": (lambda: balance(complex("nan")), "nan", "finite"),
    "a step above one": (lambda: balance(1.2, delta=1.5), "1.5", "shorten"),
    "a step of zero": (lambda: balance(1.2, delta=0.0), "0.0", "greater than 0"),
    "a list": (lambda: audit_frequencies([PAIR], starts=[[0.1, 0.0]]), "Network", "names"),  # type: ignore[arg-type]
    "no starts": (lambda: audit_frequencies({"a": PAIR}), "(T, B, M)", "starts"),
    "both": (
        lambda: audit_frequencies({"a": PAIR}, np.zeros((3, 1, 1)), starts=[[0.1, 0.0]]),
        "(B, N)",
        "not both",
    ),
    "starts of another size": (
        lambda: audit_frequencies({"a": PAIR}, starts=[[0.1, 0.0, 0.0]]),
        "(1, 3)",
        "needs shape",
    ),
    "stimuli of another size": (
        lambda: audit_frequencies({"a": PAIR}, np.zeros((3, 1, 2))),
        "(3, 1, 2)",
        "needs shape",
    ),
    "an unknown rule": (
        lambda: audit_frequencies({"a": PAIR}, starts=[[0.1, 0.0]], rule="printed"),
        "'printed'",
        "balance",
    ),
    "too few steps": (
        lambda: audit_frequencies({"a": PAIR}, starts=[[0.1, 0.0]], steps=100),
        "100",
        "800",
    ),
    "a flow": (
        lambda: audit_frequencies({"a": PAIR.flow}, starts=[[0.1, 0.0]]),  # type: ignore[dict-item]
        "RNN",
        "make one",
    ),
    "another decay": (
        lambda: audit_frequencies({"a": network(turn(1, 0.1), decay=0.5)}, starts=[[0.1, 0.0]]),
        "0.5",
        "follow",
    ),
    "another slope at zero": (
        lambda: audit_frequencies(
            {"a": network(turn(1, 0.1), activation="logistic")}, starts=[[0.1, 0.0]]
        ),
        "0.25",
        "follow",
    ),
    "a bias": (lambda: harmonic_balance(network(turn(1.2, 0.1), b=[0.1, 0.0])), "0.1", "zero"),
    "not odd": (
        lambda: harmonic_balance(network(turn(1.2, 0.1), activation="relu")),
        "relu",
        "odd",
    ),
    "no oscillation": (lambda: harmonic_balance(network(np.diag([1.2, 0.5]))), "1.2", "start"),
    "a start of another size": (
        lambda: harmonic_balance(PAIR, start=[1.0, 0.0, 0.0]),
        "1.0, 0.0, 0.0",
        "2 finite",
    ),
    "a start of zero": (lambda: harmonic_balance(PAIR, start=[0.0, 0.0]), "0.0", "not all zero"),
}


@pytest.mark.parametrize("case", BAD)
def test_a_wrong_use_is_told(case: str) -> None:
    refuses(*BAD[case])


def test_the_activation_of_the_audit_is_the_network_s_own() -> None:
    soft = network(turn(1.2, GOLDEN), activation=activation("softsign"))
    (one,) = audit_frequencies({"soft": soft}, starts=[[0.1, 0.0]])
    assert one.measured == pytest.approx(GOLDEN, rel=0.05)
    assert harmonic_balance(soft).frequency == pytest.approx(GOLDEN, abs=1e-6)
    assert harmonic_balance(soft).gains == pytest.approx(np.full(2, 1 / 1.2), abs=1e-6)


def test_many_balances_are_those_of_each_alone() -> None:
    rng = np.random.default_rng(5)
    nets = [
        Network(size * rng.standard_normal((n, n)) / np.sqrt(n), np.zeros((n, 1)))
        for n, size in ((6, 1.5), (9, 1.4), (6, 1.8), (6, 0.4))
    ]
    for one, network in zip(harmonic_balances(nets, steps=300), nets, strict=True):
        alone = harmonic_balance(network, steps=300)
        assert (one.settled, len(one.gains)) == (alone.settled, len(network.w))
        np.testing.assert_allclose(one.frequency, alone.frequency, rtol=1e-9)
        np.testing.assert_allclose(one.gains, alone.gains, rtol=1e-9)
    with pytest.raises(ValueError, match="bias"):
        harmonic_balances([*nets, Network(nets[0].w, nets[0].omega, b=np.ones(6))])
