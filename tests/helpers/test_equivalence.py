"""The gap between two systems, every order of a set of procedures, and orders of convergence."""

from __future__ import annotations

from itertools import permutations
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from helpers import (
    RNN,
    Discretise,
    Flow,
    Linearise,
    LinearMap,
    LinearSystem,
    Map,
    Rescale,
    all_orders,
    convergence_order,
    gap,
    simulate,
)
from helpers.analysis.equivalence import verdict
from tests.helpers.theory import (
    EPS,
    GENERAL,
    at_equilibrium,
    lipschitz,
    networks,
    points,
    seeds,
    slope,
    some,
)

taus = st.floats(0.1, 10.0)


def some_network(**options: Any) -> RNN:
    return RNN.random(4, 2, rng=np.random.default_rng(3), **options)


# --- gap ------------------------------------------------------------------------------------------


@some
@given(network=networks(), seed=seeds)
def test_a_system_is_at_no_distance_from_itself_and_rng_decides_the_draws(
    network: RNN, seed: int
) -> None:
    fast = Rescale(1.5)(network)
    assert gap(network, network) == 0.0
    for one, other in ((network, fast), (Discretise(0.1)(network), Discretise(0.1)(fast))):
        assert gap(one, other) == gap(one, other)
        first, again, next_ = (
            gap(one, other, rng=np.random.default_rng(s)) for s in (seed, seed, seed + 1)
        )
        assert first == again
        assert gap(one, one, rng=np.random.default_rng(seed)) == 0.0 != next_


@some
@given(network=networks(), tau=st.floats(0.1, 10.0).filter(lambda t: abs(t - 1) > 1e-3))
def test_the_gap_is_relative_to_the_first_velocity(network: RNN, tau: float) -> None:
    # tau F against F: |tau - 1| |F| / |F|, wherever the points were drawn; 1 / tau the other way.
    fast = Rescale(tau)(network)
    assert gap(network, fast) == pytest.approx(abs(tau - 1), rel=1e-12)
    assert gap(fast, network) == pytest.approx(abs(tau - 1) / tau, rel=1e-12)


@pytest.mark.parametrize("delta", [1e-6, 1e-3, 0.1, 2.0])
def test_the_gap_of_maps_is_relative_to_what_a_step_moves(delta: float) -> None:
    # Whatever the step, Euler of F and of 1.1 F are a tenth of a move apart, not of a state.
    network = some_network()
    one, other = Discretise(delta)(network), Discretise(delta)(Rescale(1.1)(network))
    # step - h loses |h| eps / (delta |F|) to rounding.
    assert gap(one, other) == pytest.approx(0.1, rel=1e-9 + 64 * EPS / delta)


def test_maps_that_differ_in_their_step_alone_are_that_far_apart() -> None:
    one, other = (LinearMap([[0.5]], [[1.0]], None, d) for d in (0.4, 0.5))
    assert gap(one, other) == pytest.approx(0.25, rel=4 * EPS)
    assert gap(other, one) == pytest.approx(0.2, rel=4 * EPS)
    # The larger of the two counts.
    far = LinearMap([[0.0]], [[0.0]], [5.0], 0.5)
    assert gap(one, far) > 1.0
    near = LinearMap([[0.5 + 1e-3]], [[1.0]], None, 0.5)
    assert gap(one, near) == pytest.approx(0.25, rel=4 * EPS)


@pytest.mark.parametrize("part", ["A", "B", "c"])
def test_every_part_of_a_system_is_looked_at(part: str) -> None:
    parts: dict[str, Any] = {"A": [[1.0]], "B": [[1.0]], "c": [1.0]}
    changed = {**parts, part: 2.0 * np.array(parts[part])}
    for kind, extra in ((LinearSystem, {}), (LinearMap, {"delta": 0.1})):
        assert gap(kind(**parts, **extra), kind(**changed, **extra)) > 0.05


def test_the_largest_difference_over_many_points_counts() -> None:
    # 64 normal draws and more than one of them beyond 1.5: a difference there alone is seen.
    plain = Flow(lambda h, x: 0 * h + 1.0, 1, 1)
    for hidden in (lambda h, x: 1.0 * (h > 1.5), lambda h, x: 1.0 * (x > 1.5) + 0 * h):
        other = Flow(lambda h, x, hidden=hidden: 1.0 + hidden(h, x), 1, 1)
        assert gap(plain, other) == 1.0


def test_against_nothing_a_difference_is_infinite() -> None:
    still, moving = LinearSystem([[0.0]]), LinearSystem([[1e-300]])
    assert gap(still, still) == 0.0
    assert gap(still, moving) == float("inf")
    assert gap(moving, still) == 1.0


def test_flows_and_maps_of_different_classes_compare() -> None:
    network = some_network()
    same = Flow(network.velocity, 4, 2)
    assert gap(network, same) == 0.0
    system = Discretise(0.1, "rk4")(network)
    assert gap(system, Map(system.step, 0.1, 4, 2)) == 0.0
    assert gap(network, Linearise()(network)) > 0.1


@pytest.mark.parametrize(
    ("one", "other", "words"),
    [
        (some_network(), Discretise(0.1)(some_network()), "RNN and DiscretisedMap; discretise"),
        (LinearMap([[1.0]], None, None, 1.0), LinearSystem([[1.0]]), "two flows or two maps"),
        (np.eye(2), np.eye(2), "two flows or two maps, got ndarray"),
        (some_network(), None, "got RNN and NoneType"),
        (LinearSystem([[1.0]]), LinearSystem(np.eye(2)), r"\(1, 0\) and \(2, 0\) units and inputs"),
        (LinearSystem([[1.0]]), LinearSystem([[1.0]], [[1.0]]), r"\(1, 0\) and \(1, 1\) units"),
    ],
)
def test_what_cannot_be_compared(one: Any, other: Any, words: str) -> None:
    with pytest.raises(ValueError, match=words):
        gap(one, other)


# --- all orders -----------------------------------------------------------------------------------

SIX = {"L D R", "D L R", "R L D", "L R D", "D R L", "R D L"}


@some
@given(network=networks(), seed=seeds, tau=taus, share=st.floats(0.02, 0.5))
def test_the_six_orders_end_in_one_system_for_euler(
    network: RNN, seed: int, tau: float, share: float
) -> None:
    # MATH theorem 4, with the substitution and with Taylor at any point.
    delta = share / lipschitz(network)
    for linearise in (Linearise(), Linearise(about=points(network, seed))):
        routes = all_orders(network, (Rescale(tau), Discretise(delta), linearise))
        assert {r.name for r in routes} == SIX and len(routes) == 6
        assert all(r.reason is None and r.system is not None for r in routes)
        for route in routes:
            assert isinstance(route.system, Map)
            assert route.system.delta == pytest.approx(delta / tau, rel=2 * EPS)
            # Rounding of a state of size 5 against a move of delta F, for Taylor constants too.
            states = np.eye(network.n_units)
            moves = np.abs(routes[0].system.step(states) - states)
            sizes = 100 * (1 + np.max(np.abs(network.omega), initial=0.0))
            assert route.gap is not None
            assert route.gap <= 64 * EPS * sizes / np.max(moves)


@pytest.mark.parametrize("name", GENERAL)
def test_the_six_orders_end_in_one_system_for_every_method_at_an_equilibrium_only(
    name: str,
) -> None:
    network = some_network()
    h, x = points(network, 1)
    rest = 0.5 * np.tanh(h)
    still = at_equilibrium(network, rest, x)
    trio = (Rescale(4.0), Discretise(0.2, name), Linearise(about=(rest, x)))
    assert max(r.gap for r in all_orders(still, trio) if r.gap is not None) <= 1e-13
    elsewhere = (*trio[:2], Linearise(about=(rest + 0.5, x)))
    worst = max(r.gap for r in all_orders(still, elsewhere) if r.gap is not None)
    if name in ("euler", "exponential_euler"):
        assert worst <= 1e-13
    else:
        assert worst > 1e-4
        # The two groups are L after D and D after L; inside each the orders agree.
        gaps = {r.name: r.gap for r in all_orders(still, elsewhere)}
        after = {n: g for n, g in gaps.items() if n.index("L") < n.index("D")}
        before = {n: g for n, g in gaps.items() if n.index("L") > n.index("D")}
        for group in (after, before):
            values = [g for g in group.values() if g is not None]
            assert max(values) - min(values) <= 1e-13


def test_names_are_read_from_right_to_left_and_systems_are_those_routes() -> None:
    network = some_network()
    r, d = Rescale(4.0), Discretise(0.2)
    first_r, first_d = all_orders(network, (r, d))
    assert (first_r.name, first_d.name) == ("D R", "R D")
    h, x = points(network, 2)
    by_hand = Discretise(0.05)(r(network))
    np.testing.assert_array_equal(first_r.system.step(h, x), by_hand.step(h, x))
    by_hand = r(d(network))
    np.testing.assert_array_equal(first_d.system.step(h, x), by_hand.step(h, x))
    assert first_r.system.delta == first_d.system.delta == 0.05
    assert (first_r.gap, first_d.gap) == (0.0, 0.0)


@pytest.mark.parametrize("count", [1, 2, 3])
def test_there_is_one_record_an_order(count: int) -> None:
    procedures = (Rescale(2.0), Rescale(3.0), Linearise())[:count]
    routes = all_orders(some_network(), procedures)
    names = [" ".join(p.letter for p in reversed(o)) for o in permutations(procedures)]
    assert [r.name for r in routes] == names


def test_every_rescaling_before_a_discretisation_divides_its_step() -> None:
    routes = all_orders(some_network(), (Rescale(2.0), Rescale(5.0), Discretise(0.1)))
    assert {r.system.delta for r in routes} == {0.01}
    assert max(r.gap for r in routes if r.gap is not None) <= 1e-14
    # Also when they come as one procedure, or when D does.
    for pair in (
        (Rescale(2.0) @ Rescale(5.0), Discretise(0.1)),
        (Rescale(10.0), Linearise() @ Discretise(0.1)),
    ):
        routes = all_orders(some_network(), pair)
        assert max(r.gap for r in routes if r.gap is not None) <= 1e-13
        deltas = [r.system.delta for r in routes]
        assert deltas == pytest.approx([0.01, 0.01], rel=4 * EPS)


def test_an_order_without_a_meaning_says_why_and_the_others_go_on() -> None:
    routes = {
        r.name: r
        for r in all_orders(some_network(), (Discretise(0.1, "zoh"), Linearise(), Rescale(2.0)))
    }
    for name, route in routes.items():
        if name.index("D") < name.index("L"):  # L was applied first: it stands further right
            assert route.reason is None and route.gap is not None and route.gap <= 1e-13
        else:
            assert route.system is None and route.gap is None
            assert route.reason is not None and "zoh solves linear flows only" in route.reason
    # The gap is to the first order that has a meaning, not to the first.
    first = next(r for r in routes.values() if r.system is not None)
    assert first.gap == 0.0 and next(iter(routes.values())).system is None
    twice = all_orders(some_network(), (Discretise(0.1), Discretise(0.2)))
    assert all(r.reason is not None and "a map already" in r.reason for r in twice)
    general = Flow(lambda h, x: -h, 2, 0)
    no_sigma = all_orders(general, (Rescale(2.0), Linearise()))
    assert all(r.reason is not None and "no sigma" in r.reason for r in no_sigma)


def test_an_order_whose_steps_cannot_be_solved_says_so() -> None:
    # h + 1 = h - (h^2 + 1) has no real solution; h (1 - 1) = h0 has none unless h0 = 0.
    for flow in (Flow(lambda h, x: h**2 + 1, 1, 0), LinearSystem([[1.0]])):
        for route in all_orders(flow, (Discretise(1.0, "backward_euler"), Rescale(2.0))):
            assert route.gap is None and route.reason is not None
            assert "take a smaller delta" in route.reason


def test_orders_that_end_in_different_systems_show_their_gap() -> None:
    # The erratum of figure 1: both computers with the same width. Here D is not aligned by hand.
    network = some_network()
    misaligned = Discretise(0.1)(Rescale(2.0)(network))
    aligned = Rescale(2.0)(Discretise(0.1)(network))
    assert gap(aligned, misaligned) == pytest.approx(1.0, rel=1e-12)
    # Taylor at a point where the bias matters, then the substitution: L is idempotent, not more.
    about = Linearise(about=(0.5 * np.ones(4), None))
    routes = all_orders(network, (about, Linearise()))
    assert routes[0].gap == 0.0
    direct = gap(about(network), Linearise()(network))
    assert routes[1].gap == direct and direct > 0.1


@pytest.mark.parametrize(
    ("network", "procedures", "words"),
    [
        (some_network(), (), r"procedures = \(\)"),
        (some_network(), (Rescale(2.0), "euler"), "give Rescale, Discretise, Linearise objects"),
        (some_network(), (Rescale, Discretise), "give Rescale, Discretise, Linearise objects"),
        (np.eye(2), (Rescale(2.0),), "is not a system"),
    ],
)
def test_what_all_orders_refuses(network: Any, procedures: Any, words: str) -> None:
    with pytest.raises(ValueError, match=words):
        all_orders(network, procedures)


# --- order of convergence -------------------------------------------------------------------------


@some
@given(
    power=st.floats(0.3, 6.0),
    constant=st.floats(1e-3, 1e3),
    count=st.integers(4, 9),
)
def test_a_power_law_is_found_again(power: float, constant: float, count: int) -> None:
    steps = 0.5 ** np.arange(count)
    fit = convergence_order(steps, constant * steps**power, floor=1e-300)
    assert fit.slope == pytest.approx(power, abs=1e-10)
    assert fit.constant == pytest.approx(constant, rel=1e-9)
    assert fit.used == count
    # The order of the rows is of no consequence.
    turned = convergence_order(steps[::-1], (constant * steps**power)[::-1], floor=1e-300)
    assert turned.slope == pytest.approx(power, abs=1e-10)


def test_rounding_is_left_out() -> None:
    steps = 0.1 * 0.5 ** np.arange(12)
    errors = np.maximum(steps**4, 1e-13)  # a plateau of rounding from the seventh on
    fit = convergence_order(steps, errors)
    assert fit.used == int(np.sum(steps**4 > 1e-12))
    assert fit.slope == pytest.approx(4.0, abs=1e-9)
    assert slope(steps, errors) < 3.5  # what the plateau would do
    # An error that is the floor itself is rounding too.
    at_floor = convergence_order(steps, errors, floor=float(errors[5]))
    assert at_floor.used == 5
    coarse = convergence_order(steps, errors, floor=1e-8)
    assert coarse.used == int(np.sum(steps**4 > 1e-8)) < fit.used
    zeros = convergence_order([4, 3, 2, 1, 0.5], [4.0, 3.0, 2.0, 1.0, 0.0])
    assert (round(zeros.slope, 9), zeros.used) == (1.0, 4)


@pytest.mark.parametrize(
    ("steps", "errors", "words"),
    [
        ([0.1, 0.05], [1.0, 0.5, 0.2], r"steps \(2,\) and errors \(3,\)"),
        ([[0.1]], [[0.1]], "two equal rows"),
        ([0.1, 0.05, 0.0, 0.01], [1, 1, 1, 1], "must be positive"),
        ([0.1, 0.05, -0.1, 0.01], [1, 1, 1, 1], "must be positive"),
        ([0.1, 0.05, 0.02, 0.01], [1, np.nan, 1, 1], "finite"),
        ([0.1, 0.05, 0.02, 0.01], [1, np.inf, 1, 1], "finite"),
        ([0.1, 0.05, 0.02, 0.01], [1, -1, 1, 1], "not negative"),
        ([0.1, np.nan, 0.02, 0.01], [1, 1, 1, 1], "must be positive"),
        ([0.1, np.inf, 0.02, 0.01], [1, 1, 1, 1], "must be positive, finite"),
        ([0.1, 0.1, 0.1, 0.1], [1, 1, 1, 1], "distinct"),
        ([0.1, 0.05, 0.02, 0.01], [1e-3, 1e-4, 1e-5, 1e-13], "only 3 of 4 errors.*larger steps"),
        ([0.1, 0.05, 0.02], [1e-3, 1e-4, 1e-5], "only 3 of 3 errors.*at least four"),
    ],
)
def test_no_order_is_read_from_too_little(steps: Any, errors: Any, words: str) -> None:
    for judge in (convergence_order, verdict):
        with pytest.raises(ValueError, match=words):
            judge(steps, errors)


@pytest.mark.parametrize(
    ("power", "scale", "word"),
    [
        (0.0, 1e-10, "exact"),
        (0.0, 1.1e-10, "fails"),
        (1.0, 1.0, "order 1"),
        (2.15, 1.0, "order 2"),
        (2.25, 1.0, "fails"),
        (3.85, 1.0, "order 4"),
        (0.15, 1.0, "fails"),
        (-1.0, 1.0, "fails"),
    ],
)
def test_a_verdict_is_a_word(power: float, scale: float, word: str) -> None:
    for count in (4, 5):  # four are enough
        steps = 2.0 ** -np.arange(2, 2 + count)
        assert verdict(steps, scale * steps**power) == word


@pytest.mark.parametrize("gaps", [[1e-2, 1e-3, 1e-4], [0.0, 0.0, 0.0]])
def test_no_verdict_from_too_little(gaps: list[float]) -> None:
    with pytest.raises(ValueError, match="of 3"):
        verdict([0.1, 0.05, 0.025], gaps)


def test_the_order_of_a_verdict_is_that_of_films_and_one_step_has_one_more() -> None:
    network, about = some_network(), (np.array([0.3, -0.2, 0.5, 0.1]), np.array([0.7, -0.4]))
    steps, L = 2.0 ** -np.arange(4, 8), Linearise(about)
    h = np.random.default_rng(5).standard_normal((20, 4))

    def routes(step: float) -> tuple[Any, Any]:
        D = Discretise(step, "rk4")
        return L(D(network)), D(L(network))

    def film(one: Any, step: float) -> Any:
        held = np.broadcast_to(about[1], (round(1 / step), 2))
        return simulate(one, about[0], held).h[-1]

    pairs = {step: routes(step) for step in steps}
    x = np.broadcast_to(about[1], (20, 2))
    one_step = [np.max(abs(a.step(h, x) - b.step(h, x))) for a, b in pairs.values()]
    films = [np.max(abs(film(a, d) - film(b, d))) for d, (a, b) in pairs.items()]
    assert verdict(steps, [gap(*pair) for pair in pairs.values()]) == "order 1"
    assert verdict(steps, films) == "order 1"
    assert verdict(steps, one_step) == "order 2"


def test_maps_of_two_flows_fail_although_their_steps_come_close() -> None:
    one, other = some_network(), some_network(decay=1.5)
    steps, h = 2.0 ** -np.arange(4, 8), np.ones(4)
    pairs = [(Discretise(step)(one), Discretise(step)(other)) for step in steps]
    assert verdict(steps, [gap(*pair) for pair in pairs]) == "fails"
    assert verdict(steps, [np.max(abs(a.step(h) - b.step(h))) for a, b in pairs]) == "order 1"
