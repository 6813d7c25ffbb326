"""Bad inputs: each a ValueError that names the value or shape and says what to do."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from helpers import (
    RNN,
    Discretise,
    Flow,
    LeakyForm,
    Linearise,
    LinearMap,
    LinearSystem,
    Map,
    Rescale,
    TangentLift,
    all_orders,
    answer,
    check,
    convergence_order,
    fixed_point,
    gap,
    henrici,
    simulate,
    spectrum,
)
from helpers.analysis.equivalence import verdict
from helpers.analysis.spectra import Spectrum
from helpers.dynamics.activations import ACTIVATIONS, Activation, activation
from helpers.dynamics.runge_kutta import RungeKutta
from helpers.dynamics.schemes import SCHEMES, DiscretisedMap, scheme

NAN, INF = float("nan"), float("inf")
EYE = np.eye(3)
NET = RNN.random(3, 2, rng=np.random.default_rng(0))
EULER = Discretise(0.1)(NET)
ON_A_KINK = Discretise(0.1)(RNN([[3.0]], [[1.0]], activation="relu"))


def still(h: Any, x: Any) -> Any:
    return 0 * h


# What is called; the value or shape that the message must name; a word of its remedy.
BAD: dict[str, tuple[Callable[[], Any], str, str]] = {
    # networks
    "w is not square": (lambda: RNN(np.ones((3, 2)), EYE), "(3, 2)", "square"),
    "w is a vector": (lambda: RNN(np.ones(3), EYE), "(3,)", "needs shape"),
    "w is empty": (lambda: RNN(np.ones((0, 0)), np.ones((0, 1))), "(0, 0)", "one row a unit"),
    "w has a NaN": (lambda: RNN([[0.0, NAN], [0.0, 0.0]], np.eye(2)), "w[0, 1] is nan", "finite"),
    "w is infinite": (lambda: RNN([[INF]], [[1.0]]), "w[0, 0] is inf", "finite"),
    "w is complex": (lambda: RNN(1j * EYE, EYE), "j", "real numbers"),
    "w is words": (lambda: RNN([["a"]], [[1.0]]), "'a'", "real numbers"),
    "w is ragged": (lambda: RNN([[1.0, 2.0], [3.0]], [[1.0]]), "[3.0]", "array"),
    "omega has other rows": (lambda: RNN(EYE, np.ones((2, 1))), "(2, 1)", "needs shape (3, any)"),
    "omega is a vector": (lambda: RNN(EYE, np.ones(3)), "(3,)", "needs shape (3, any)"),
    "b is too long": (lambda: RNN(EYE, EYE, np.ones(4)), "(4,)", "needs shape (3)"),
    "decay is zero": (lambda: RNN(EYE, EYE, decay=0.0), "decay = 0.0", "greater than 0"),
    "decay is negative once": (
        lambda: RNN(EYE, EYE, decay=[1.0, -2.0, 1.0]),
        "decay[1] = -2.0",
        "exceed 0",
    ),
    "decay has other units": (lambda: RNN(EYE, EYE, decay=[1.0, 2.0]), "(2,)", "needs shape (3)"),
    "rate is NaN": (lambda: RNN(EYE, EYE, rate=NAN), "rate = nan", "finite"),
    "rate is a word": (lambda: RNN(EYE, EYE, rate="fast"), "'fast'", "positive number"),
    "an unknown activation": (lambda: RNN(EYE, EYE, activation="none"), "'none'", "choose one of"),
    "an activation in a list": (
        lambda: RNN(EYE, EYE, activation=["tanh"]),
        "['tanh']",
        "choose one of",
    ),
    "a function for an activation": (
        lambda: RNN(EYE, EYE, activation=np.tanh),
        "tanh",
        "pass an Activation",
    ),
    "a slope that is a number": (
        lambda: Activation("own", np.tanh, 1.0),
        "slope = 1.0",
        "function of phi",
    ),
    "a seed for a generator": (lambda: RNN.random(3, 1, rng=0), "rng = 0", "default_rng"),
    "no units": (
        lambda: RNN.random(0, 1, rng=np.random.default_rng(0)),
        "n_units = 0",
        "at least 1",
    ),
    "an orthogonal matrix of no units": (
        lambda: RNN.orthogonal(0, 1, rng=np.random.default_rng(0)),
        "n_units = 0",
        "at least 1",
    ),
    "half a unit": (
        lambda: RNN.orthogonal(2.5, 1, rng=np.random.default_rng(0)),
        "n_units = 2.5",
        "whole number",
    ),
    "a gain of zero": (
        lambda: RNN.random(2, 1, gain=0.0, rng=np.random.default_rng(0)),
        "gain = 0.0",
        "greater than 0",
    ),
    # other systems
    "A is not square": (lambda: LinearSystem(np.ones((2, 3))), "(2, 3)", "square"),
    "B has other rows": (
        lambda: LinearSystem(EYE, np.ones((2, 1))),
        "(2, 1)",
        "needs shape (3, any)",
    ),
    "c is a column": (
        lambda: LinearSystem(EYE, None, np.ones((3, 1))),
        "(3, 1)",
        "needs shape (3)",
    ),
    "split has other units": (
        lambda: LinearSystem(EYE, split=[1.0]),
        "split has shape (1,)",
        "needs shape (3)",
    ),
    "a map without its step": (lambda: LinearMap(EYE), "None", "positive number"),
    "delta is zero": (lambda: LinearMap(EYE, None, None, 0.0), "delta = 0.0", "greater than 0"),
    "a velocity that is none": (lambda: Flow(3.0, 1, 0), "velocity = 3.0", "function of h and x"),
    "a step that is none": (lambda: Map(None, 0.1, 1, 0), "step = None", "function of h and x"),
    "a split of other units": (
        lambda: Flow(still, 2, 0, split=[1.0]),
        "split has shape (1,)",
        "needs shape (2)",
    ),
    "negative inputs": (lambda: Flow(still, 1, -1), "n_inputs = -1", "at least 0"),
    "a yes for a number": (lambda: Flow(still, True, 0), "n_units = True", "whole number"),
    # states and inputs
    "h has other units": (lambda: NET.velocity(np.zeros(4)), "(4,)", "length 3"),
    "h is a number": (lambda: NET.velocity(0.0), "()", "length 3"),
    "h is nothing": (lambda: NET.velocity(None), "None", "hold numbers"),
    "x has other inputs": (lambda: NET.velocity(np.zeros(3), np.zeros(3)), "(3,)", "length 2"),
    "x is a function where it is read once": (
        lambda: NET.velocity(np.zeros(3), lambda t: t),
        "function",
        "hold numbers",
    ),
    "x is a function for a map that holds it": (
        lambda: LinearMap(EYE, EYE, None, 0.1).step(np.zeros(3), lambda c: c),
        "(..., 3)",
        "pass an array",
    ),
    # procedures
    "tau is zero": (lambda: Rescale(0.0), "tau = 0.0", "greater than 0"),
    "tau is negative": (lambda: Rescale(-2.0), "tau = -2.0", "greater than 0"),
    "tau is infinite": (lambda: Rescale(INF), "tau = inf", "finite"),
    "tau is complex": (lambda: Rescale(np.complex128(1j)), "j", "positive number"),
    "a constant to resample": (lambda: Rescale(2.0).input(1.0), "x = 1.0", "stays as it is"),
    "delta is negative": (lambda: Discretise(-0.1), "delta = -0.1", "greater than 0"),
    "delta is a NaN": (lambda: Discretise(NAN), "delta = nan", "finite"),
    "an unknown method": (lambda: Discretise(0.1, "eular"), "'eular'", "choose one of euler"),
    "a method in a list": (lambda: Discretise(0.1, ["euler"]), "['euler']", "choose one of"),
    "a map is discretised again": (lambda: Discretise(0.1)(EULER), "DiscretisedMap", "only a flow"),
    "a matrix is discretised": (lambda: Discretise(0.1)(EYE), "array", "pass an RNN"),
    "zoh of a network": (lambda: Discretise(0.1, "zoh")(NET), "RNN", "linearise it first"),
    "exponential Euler without a split": (
        lambda: Discretise(0.1, "exponential_euler")(LinearSystem(EYE)),
        "split = None",
        "give LinearSystem a split",
    ),
    "a singular implicit step": (
        lambda: Discretise(1.0, "backward_euler")(LinearSystem(EYE)).step(np.ones(3)),
        "delta = 1.0",
        "smaller delta",
    ),
    "about is no pair": (
        lambda: Linearise(about=np.zeros(3)),
        "array([0., 0., 0.])",
        "pair (h, x)",
    ),
    "about has other units": (lambda: Linearise(about=([0.0], None))(NET), "(1,)", "length 3"),
    "about is many points": (
        lambda: Linearise(about=(np.zeros((5, 3)), None))(NET),
        "(5, 3)",
        "shapes (3,) and (2,)",
    ),
    "about is a NaN": (
        lambda: Linearise(about=([0.0, NAN, 0.0], None))(NET),
        "h[1] is nan",
        "finite",
    ),
    "about is complex": (
        lambda: Linearise(about=([0.0, 1j, 0.0], None))(NET),
        "1.j",
        "real point",
    ),
    "about is a kink": (
        lambda: Linearise(about=([0.0], None))(RNN([[1.0]], [[1.0]], activation="relu")),
        "phi = 0.0",
        "move the point off",
    ),
    "no sigma to replace": (lambda: Linearise()(Map(still, 0.1, 1, 0)), "Map", "about=(h, x)"),
    "two systems are composed": (lambda: Rescale(2.0) @ NET, "RNN(w=", "P(system)"),
    # what a function of the reader's returns
    "a complex velocity at a real point": (
        lambda: Flow(lambda h, x: 1j * h, 1, 0).velocity([1.0]),
        "1.j",
        "h + 0j",
    ),
    "a complex step at a real point": (
        lambda: Map(lambda h, x: 1j * h, 0.1, 1, 0).step([1.0]),
        "1.j",
        "h + 0j",
    ),
    # schemes
    "a scheme for what is no flow": (
        lambda: DiscretisedMap("x", scheme("euler"), 0.1),
        "'x'",
        "only a flow",
    ),
    "a map made by a number": (lambda: DiscretisedMap(NET, 3, 0.1), "3", "choose one of"),
    "a map on its kink": (lambda: ON_A_KINK.jacobian([0.0]), "phi = 0.0", "move the point off"),
    "a map's input on its kink": (
        lambda: ON_A_KINK.input_jacobian([0.0]),
        "phi = 0.0",
        "move the point off",
    ),
    "a map's spectrum on its kink": (
        lambda: spectrum(ON_A_KINK, at=([0.0], None)),
        "phi = 0.0",
        "move the point off",
    ),
    "a map's rest on its kink": (lambda: fixed_point(ON_A_KINK), "phi = 0.0", "move the point off"),
    "a lifted map on its kink": (
        lambda: TangentLift()(ON_A_KINK).step([0.0, 1.0]),
        "phi = 0.0",
        "move the point off",
    ),
    "a tableau that is not square": (
        lambda: RungeKutta("own", [[0.0, 0.0]], [1.0], 1),
        "(1, 2)",
        "square",
    ),
    "weights of other stages": (
        lambda: RungeKutta("own", [[0.0]], [0.5, 0.5], 1),
        "(2,)",
        "needs shape (1)",
    ),
    "weights that add up to 2": (lambda: RungeKutta("own", [[0.0]], [2.0], 1), "2.0", "sum 1"),
    "no scheme": (lambda: scheme(None), "None", "choose one of"),
    "no activation": (lambda: activation(None), "None", "choose one of"),
    # simulations
    "a flow without times": (lambda: simulate(NET, np.zeros(3)), "t=...", "discretise"),
    "a flow in steps": (lambda: simulate(NET, np.zeros(3), steps=3), "steps", "t=..."),
    "a map with times": (
        lambda: simulate(EULER, np.zeros(3), t=[0.0, 1.0]),
        "not t",
        "takes steps",
    ),
    "a map with breakpoints": (
        lambda: simulate(EULER, np.zeros(3), steps=2, breakpoints=[0.1]),
        "breakpoints",
        "takes steps",
    ),
    "one time": (lambda: simulate(NET, np.zeros(3), t=[1.0]), "[1.0]", "at least two"),
    "times that go back": (
        lambda: simulate(NET, np.zeros(3), t=[0.0, 2.0, 1.0]),
        "[0.0, 2.0, 1.0]",
        "increasing",
    ),
    "a time without end": (
        lambda: simulate(NET, np.zeros(3), t=[0.0, INF]),
        "t[1] is inf",
        "finite",
    ),
    "times that are words": (lambda: simulate(NET, np.zeros(3), t="now"), "'now'", "finite times"),
    "a start that is NaN": (
        lambda: simulate(EULER, [0.0, NAN, 0.0], steps=1),
        "h0[1] is nan",
        "finite",
    ),
    "a start of other units": (lambda: simulate(EULER, np.zeros(2), steps=1), "(2,)", "length 3"),
    "an input that is NaN": (
        lambda: simulate(EULER, np.zeros(3), [[0.0, 1.0], [NAN, 0.0]]),
        "x[1, 0] is nan",
        "finite",
    ),
    "an input that becomes NaN": (
        lambda: simulate(EULER, np.zeros(3), lambda t: [NAN if t > 0 else 1.0, 0.0], steps=2),
        "x at t = 0.1, entry [0] is nan",
        "finite",
    ),
    "an input of a general map that is NaN": (
        lambda: simulate(Map(lambda h, x: x, 0.1, 1, 1), [0.0], lambda t: [NAN], steps=2),
        "x at t = 0, entry [0] is nan",
        "finite",
    ),
    "a flow's input that is NaN": (
        lambda: simulate(NET, np.zeros(3), lambda t: [NAN, 0.0], t=[0.0, 1.0]),
        "the velocity at t = 0, entry [0] is nan",
        "finite",
    ),
    "neither rows nor steps": (lambda: simulate(EULER, np.zeros(3)), "constant input", "steps=..."),
    "a constant without steps": (
        lambda: simulate(EULER, np.zeros(3), np.zeros(2)),
        "(2,)",
        "one row a step",
    ),
    "a function without steps": (
        lambda: simulate(EULER, np.zeros(3), lambda t: np.zeros(2)),
        "a function of time",
        "steps=...",
    ),
    "negative steps": (lambda: simulate(EULER, np.zeros(3), steps=-1), "steps = -1", "at least 0"),
    "half a step": (lambda: simulate(EULER, np.zeros(3), steps=1.5), "steps = 1.5", "whole number"),
    "a function for a linear map": (
        lambda: simulate(
            LinearMap(EYE, EYE, None, 0.1), np.zeros(3), lambda t: np.zeros(3), steps=2
        ),
        "function of time",
        "one row a step",
    ),
    "a function of time that returns a number": (
        lambda: simulate(NET, np.zeros(3), lambda t: 1.0, t=[0.0, 1.0]),
        "()",
        "length 2",
    ),
    "rows for other intervals": (
        lambda: simulate(NET, np.zeros(3), np.zeros((7, 2)), t=[0.0, 1.0, 2.0]),
        "(7, 2)",
        "need 2 rows",
    ),
    "batches that do not agree": (
        lambda: simulate(EULER, np.zeros((4, 3)), np.zeros((9, 5, 2))),
        "(4, 3)",
        "must agree",
    ),
    "batches of a flow that do not agree": (
        lambda: simulate(NET, np.zeros((4, 3)), np.zeros((5, 2)), t=[0.0, 1.0]),
        "(5, 2)",
        "must agree",
    ),
    "a matrix is simulated": (
        lambda: simulate(EYE, np.zeros(3), steps=1),
        "array",
        "flow or a map",
    ),
    # measures
    "a flow against a map": (lambda: gap(NET, EULER), "RNN and DiscretisedMap", "discretise"),
    "systems of two sizes": (
        lambda: gap(LinearSystem(EYE), LinearSystem(np.eye(2))),
        "(3, 0) and (2, 0)",
        "must agree",
    ),
    "a seed for the draws": (lambda: gap(NET, NET, rng=1), "rng = 1", "default_rng"),
    "no procedures": (lambda: all_orders(NET, ()), "()", "give Rescale"),
    "orders of a matrix": (lambda: all_orders(EYE, (Rescale(2.0),)), "array", "flow or a map"),
    "too few errors": (
        lambda: convergence_order([0.1, 0.05], [1e-2, 1e-3]),
        "only 2 of 2",
        "larger steps",
    ),
    "a guess of other units": (lambda: fixed_point(NET, guess=np.zeros(2)), "(2,)", "length 3"),
    "a guess that is a cube": (
        lambda: fixed_point(NET, guess=np.zeros((2, 2, 3))),
        "(2, 2, 3)",
        "(N,) or (K, N)",
    ),
    "a fixed point of a matrix": (lambda: fixed_point(EYE), "array", "flow or a map"),
    "a matrix of no kind": (lambda: spectrum(EYE), "matrix", 'kind="flow"'),
    "a matrix at a point": (
        lambda: spectrum(EYE, "flow", at=([0.0], None)),
        "at = ([0.0], None)",
        "leave at out",
    ),
    "a kind that is none": (lambda: spectrum(EYE, "ode"), "'ode'", '"flow" or "map"'),
    "a spectrum at no point": (lambda: spectrum(NET), "at = None", "at=(h, x)"),
    "a spectrum of a complex matrix": (lambda: spectrum(1j * EYE, "flow"), "j", "real numbers"),
    "kinds are mixed": (
        lambda: Spectrum([1.0], "flow").distance(Spectrum([1.0], "map", 0.1)),
        "a flow and of a map",
        "convert",
    ),
    "a conversion with two origins": (
        lambda: Spectrum([0.625], "map", 0.5).to_flow("heun"),
        "-1+0j, -3+0j",
        "principal=True",
    ),
    "non-normality of a vector": (lambda: henrici([1.0, 2.0]), "(2,)", "needs shape"),
    # conventions, claims, exercises
    "a step beyond the time constant": (
        lambda: LeakyForm.of(NET, delta=1.5),
        "alpha = 1.5",
        "smaller delta",
    ),
    "a claim without a bound": (lambda: check("eq-a", "words", 1.0), "0 bounds", "give one of"),
    "a claim about nothing": (
        lambda: check("eq-a", "words", None, at_most=1.0),
        "value = None",
        "one finite real number",
    ),
    "an exercise that is none": (lambda: answer("ex-nowhere", 1.0), "'ex-nowhere'", "near it are"),
}


def test_there_are_at_least_thirty() -> None:
    assert len(BAD) >= 30


@pytest.mark.parametrize("which", BAD)
def test_a_bad_input_is_refused_by_value_and_remedy_and_leaves_nothing_behind(
    which: str, capsys: pytest.CaptureFixture[str], monkeypatch: Any, tmp_path: Path
) -> None:
    call, named, remedy = BAD[which]
    monkeypatch.chdir(tmp_path)
    shelves = (dict(SCHEMES), dict(ACTIVATIONS))
    made: list[Any] = []
    with pytest.raises(ValueError) as caught:
        made.append(call())
    message = str(caught.value)
    assert named in message, message
    assert remedy in message, message
    assert type(caught.value) is ValueError, "numpy's own words tell a reader nothing"
    assert len(message) < 400, "the remedy is lost behind a wall of numbers"
    # Nothing half-made: no object, no line, no file, no new scheme, and the arguments as they were.
    assert not made and capsys.readouterr().out == "" and not list(tmp_path.iterdir())
    assert shelves == (SCHEMES, ACTIVATIONS)
    np.testing.assert_array_equal(EYE, np.eye(3))


def test_good_neighbours_of_the_bad_inputs_are_accepted() -> None:
    # The control: the tests above would also pass if everything were refused.
    assert RNN(EYE, np.zeros((3, 0))).n_inputs == 0
    assert RNN([[1]], [[True]], decay=np.float32(2), rate=np.int64(3)).decay == 2.0
    assert RNN(EYE.tolist(), EYE.tolist(), [0, 0, 0], decay=[1, 2, 3]).n_units == 3
    assert Rescale(np.float64(1e-300)).tau == 1e-300
    assert Discretise(np.int64(1)).delta == 1.0
    assert simulate(EULER, [0, 0, 0], steps=np.int64(2)).h.shape == (3, 3)
    assert simulate(NET, [0, 0, 0], t=(0, 1)).h.shape == (2, 3)
    assert Linearise(about=[[0, 0, 0], [0, 0]])(NET).n_units == 3
    assert Linearise(about=(np.zeros(3) + 0j, None))(NET).n_units == 3
    assert fixed_point(NET, guess=[[0, 0, 0]])[0].converged
    assert spectrum([[1, 2], [3, 4]], "map", delta=1).kind == "map"


@pytest.mark.parametrize(
    "call",
    [
        lambda: Flow(lambda h, x: -h, 1, 0, [-1.0]),
        lambda: RNN.random(3, 2, np.random.default_rng(0)),
        lambda: RNN.orthogonal(3, 2, np.random.default_rng(0)),
        lambda: gap(NET, NET, np.random.default_rng(0)),
        lambda: convergence_order([0.1, 0.05], [1.0, 0.5], 1e-9),
        lambda: verdict([0.1, 0.05], [1.0, 0.5], 1e-9),
        lambda: spectrum(EYE, "map", 0.1),
        lambda: spectrum(EYE, "flow").to_map("euler", 0.1),
        lambda: spectrum(EYE, "map", delta=0.1).to_flow("euler", True),
        lambda: simulate(NET, [0, 0, 0], None, [0.0, 1.0]),
    ],
)
def test_options_are_named(call: Callable[[], Any]) -> None:
    """By the contract; what stands third in a call today may be something else tomorrow."""
    with pytest.raises(TypeError, match="positional"):
        call()


@pytest.mark.parametrize("about", [5, "hx", (1, 2, 3), {"h": 0, "x": 0}])
def test_a_point_is_a_pair(about: Any) -> None:
    with pytest.raises(ValueError, match=r"give the pair \(h, x\)"):
        Linearise(about=about)


@pytest.mark.parametrize(
    ("made", "name"),
    [
        (NET, "w"),
        (LinearSystem(-EYE), "A"),
        (LinearMap(EYE, EYE, np.zeros(3), 0.1), "A"),
        (EULER, "scheme"),
        (Rescale(2.0), "tau"),
        (Discretise(0.1), "delta"),
        (Linearise(), "about"),
        (Rescale(2.0) @ Rescale(3.0), "first"),
        (scheme("rk4"), "order"),
        (scheme("exponential_euler"), "order"),
        (scheme("zoh"), "order"),
        (spectrum(EYE, "flow"), "kind"),
        (convergence_order([0.8, 0.4, 0.2, 0.1], [8.0, 4.0, 2.0, 1.0]), "slope"),
        (all_orders(NET, [Rescale(2.0), Discretise(0.1)])[0], "name"),
    ],
    ids=lambda value: type(value).__name__ if not isinstance(value, str) else value,
)
def test_what_is_made_cannot_be_changed(made: Any, name: str) -> None:
    getattr(made, name)
    with pytest.raises(AttributeError):
        setattr(made, name, None)
