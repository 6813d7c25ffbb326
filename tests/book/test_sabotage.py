"""Break one route of a commutator, and the chapter on it refuses its claim.

The chapters' cells run here as they stand; a sabotage exchanges one piece of helpers. What is found
broken is written down beside it: a check that shared the code it tests would see nothing.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from typing import Any

import matplotlib.pyplot as plt
import numpy as np
import pytest

from helpers import RNN, LinearSystem
from helpers.book.claims import ClaimFailed
from helpers.dynamics import procedures
from helpers.dynamics.procedures import Rescale
from helpers.dynamics.schemes import SCHEMES, DiscretisedMap
from helpers.dynamics.systems import Flow
from tools import contents
from tools.pages import read_page

FOLDER = contents.ROOT / "book" / "sequencing"
RD, LD, LR = "rescaling_discretisation", "linearisation_discretisation", "linearisation_rescaling"
OFF = 1 + 1e-6


def refused(name: str) -> set[str]:
    """Run a chapter, without its sliders and the reader's cells; return the labels that failed."""
    failed, namespace = set[str](), dict[str, Any]()
    for cell in read_page(FOLDER / f"{name}.ipynb").code:
        for statement in ast.parse(cell.source).body:
            names = {node.id for node in ast.walk(statement) if isinstance(node, ast.Name)}
            if "explore" in names or (names and "exercise" in cell.tags):
                continue
            try:
                exec(compile(ast.Module([statement], []), cell.id, "exec"), namespace)
            except ClaimFailed as error:
                failed |= set(re.findall(r"\bclaim ([\w-]+)", str(error)))
            plt.close("all")
    return failed


@contextmanager
def dispatched(function: Any, kind: type, other: Callable[..., Any]) -> Iterator[None]:
    """What a procedure does to one kind of system is exchanged."""
    own = function.dispatch(kind)
    function.register(kind)(other)
    try:
        yield
    finally:
        function.register(kind)(own)


@contextmanager
def exchanged(where: Any, name: str, other: Any) -> Iterator[None]:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(where, name, other)
        yield


@contextmanager
def nodes_at_the_start() -> Iterator[None]:
    own = {method: method.nodes for method in SCHEMES.values()}
    try:
        for method in own:
            object.__setattr__(method, "nodes", (0.0,) * len(method.nodes))
        yield
    finally:
        for method, nodes in own.items():
            object.__setattr__(method, "nodes", nodes)


def field(system: RNN, tau: float) -> RNN:
    return replace(system, rate=tau * OFF * np.asarray(system.rate))


def inside(system: RNN, tau: float) -> RNN:
    return replace(system, rate=tau * np.asarray(system.rate), b=tau * system.b)


def printed(system: LinearSystem, tau: float) -> LinearSystem:  # as the paper's figure 3 has it
    split = None if system.split is None else tau * system.split
    return LinearSystem(tau * system.A, tau * system.B, system.c, split)


def unstamped(system: DiscretisedMap, tau: float) -> DiscretisedMap:
    return system


def without_constant(system: Flow, h: Any, x: Any) -> LinearSystem:
    A, B = system.jacobian(h, x), system.input_jacobian(h, x)
    return LinearSystem(A, B, None, system.split)


def without_bias(system: RNN) -> LinearSystem:
    return replace(substituted(system), c=np.zeros(system.n_units))


def slope(self: RNN, h: Any, x: Any = None) -> Any:
    return OFF * jacobian(self, h, x)


def reading(self: RNN, h: Any, x: Any = None) -> Any:
    return OFF * input_jacobian(self, h, x)


def difference(function: Any, point: Any) -> Any:
    return OFF * complex_step(function, point)


jacobian, input_jacobian = RNN.jacobian, RNN.input_jacobian
complex_step, substituted = procedures.complex_step_jacobian, procedures._substituted.dispatch(RNN)
rescaled, taylor = procedures._rescaled, procedures._taylor
SABOTAGES: dict[str, tuple[str, Any, str]] = {
    "R leaves the input": (RD, exchanged(Rescale, "input", lambda self, x: x), "thm-rd"),
    "R is off by a millionth": (RD, dispatched(rescaled, RNN, field), "eq-rd"),
    "R leaves the stamps of a map": (RD, dispatched(rescaled, DiscretisedMap, unstamped), "eq-rd"),
    "D reads the input at the start": (RD, nodes_at_the_start(), "lem-product"),
    "J is off by a millionth": (LD, exchanged(RNN, "jacobian", slope), "thm-ld-euler"),
    "B is off by a millionth": (LD, exchanged(RNN, "input_jacobian", reading), "thm-ld-euler"),
    "a map's derivative is off": (
        LD,
        exchanged(procedures, "complex_step_jacobian", difference),
        "thm-ld-euler",
    ),
    "L forgets the constant": (LD, dispatched(taylor, Flow, without_constant), "thm-ld-euler"),
    "R leaves the bias of a linear system": (
        LR,
        dispatched(rescaled, LinearSystem, printed),
        "thm-lr",
    ),
    "R scales the bias inside": (LR, dispatched(rescaled, RNN, inside), "thm-lr"),
    "L drops the bias": (LR, dispatched(procedures._substituted, RNN, without_bias), "thm-six"),
}


@pytest.fixture(autouse=True)
def place(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(FOLDER)
    monkeypatch.setenv("BOOK_STATIC", "1")


@pytest.mark.parametrize("name", [RD, LD, LR])
def test_the_chapter_stands_as_it_is(name: str) -> None:
    assert refused(name) == set()


@pytest.mark.parametrize("what", SABOTAGES)
def test_the_chapter_refuses(what: str) -> None:
    name, sabotage, label = SABOTAGES[what]
    with sabotage:
        assert label in refused(name)
