"""What the docstrings promise: examples that run, the errors, the shapes."""

from __future__ import annotations

import doctest
import importlib
import inspect
import pkgutil
import re
from types import ModuleType
from typing import Any

import matplotlib as mpl
import pytest

import helpers

MODULES: dict[str, ModuleType] = {
    info.name.removeprefix("helpers."): importlib.import_module(info.name)
    for info in pkgutil.walk_packages(helpers.__path__, "helpers.")
    if not info.name.startswith("helpers.book.keys")  # they have tests of their own
}
PUBLIC = {
    f"{module}.{name}": getattr(MODULES[module], name)
    for module in MODULES
    for name in getattr(MODULES[module], "__all__", ())
}
THINGS = {key: thing for key, thing in PUBLIC.items() if callable(thing)}

# Records: results that the functions hand out, described where they are defined.
RECORDS = {
    "analysis.decision.Decisions", "analysis.decision.DriftDiffusion",
    "analysis.equilibria.FixedPoint", "analysis.equivalence.Order", "analysis.equivalence.Route",
    "analysis.states.State", "analysis.statistics.Estimate", "analysis.statistics.Summary",
    "analysis.verdicts.Judged", "analysis.verdicts.Part",
    "analysis.warping.Warp",
    "book.claims.Claim", "book.claims.ClaimFailed", "book.exercises.Answer",
    "book.exercises.Numbers", "book.exercises.WrongTurn", "dynamics.simulation.Trajectory",
    "networks.certificate.Certificate", "networks.certificate.Verdict",
    "networks.change_step.Changed", "networks.report.Line", "networks.report.Report",
    "networks.report.Section", "networks.fates.Fate", "networks.harmonic.Balance",
    "networks.ensemble.Member", "networks.ensemble.Score",
    "networks.frequencies.Announcement",
    "networks.frequencies.Balance", "networks.survey.Ending", "training.weights.Weights",
    "training.backpropagation.Weights", "training.loop.TrainingState", "training.tasks.Trials",
    "training.trials.Trials", "training.tasks.Task",
}  # fmt: skip
# These have nothing to refuse.
HARMLESS = {
    "book.exercises.Drawn", "book.exercises.Exercise", "book.exercises.exercise_ids",
    "book.exercises.predictions", "book.figures.panels", "book.figures.plot_order",
    "book.figures.plot_spectrum", "book.figures.plot_square", "book.figures.use_style",
    "book.sealed.Sealed",
    "book.sealed.SealedDraws", "book.sealed.cells", "dynamics.procedures.Procedure",
}  # fmt: skip


def test_all_examples_run() -> None:
    attempted = 0
    for name, module in MODULES.items():
        with mpl.rc_context():
            result = doctest.testmod(module)
        assert result.failed == 0, f"an example in helpers.{name} fails"
        attempted += result.attempted
    assert attempted >= 60


def test_everything_helpers_exports_is_public_in_its_module() -> None:
    for name in helpers.__all__:
        thing = getattr(helpers, name)
        module = thing.__module__.removeprefix("helpers.")
        assert name in MODULES[module].__all__, name
    contract = {
        "RNN", "ActivationRNN", "LinearSystem", "LinearMap", "Flow", "Map", "Rescale", "Discretise",
        "Linearise", "simulate", "gap", "all_orders", "fixed_point", "spectrum", "henrici", "check",
        "answer", "explore", "load_network",
    }  # fmt: skip
    assert contract <= set(helpers.__all__)


@pytest.mark.parametrize("name", [n for n in THINGS if n not in RECORDS])
def test_a_public_thing_has_an_example(name: str) -> None:
    text = inspect.getdoc(THINGS[name]) or ""
    assert "Examples\n--------" in text and ">>> " in text, name


@pytest.mark.parametrize("name", [n for n in THINGS if n not in RECORDS | HARMLESS])
def test_a_public_thing_says_when_it_raises(name: str) -> None:
    text = inspect.getdoc(THINGS[name]) or ""
    assert re.search(r"Raises\n------\n\w+Error|Raises\n------\nClaimFailed", text), name


@pytest.mark.parametrize("name", THINGS)
def test_first_line_is_one_sentence(name: str) -> None:
    first = (inspect.getdoc(THINGS[name]) or "").split("\n\n")[0]
    assert first.endswith(".") and len(first) < 200, name


@pytest.mark.parametrize("name", [n for n in THINGS if n not in RECORDS])
def test_array_parameters_have_their_shapes(name: str) -> None:
    text = inspect.getdoc(THINGS[name]) or ""
    parameters = re.findall(r"^(\w[\w, ]*) : (.*array.*)$", text, re.MULTILINE)
    for parameter, kind in parameters:
        assert re.search(r"\([^)]*[A-Zs.][^)]*\)|for flows", kind), f"{name}: {parameter} : {kind}"


@pytest.mark.parametrize("name", THINGS)
def test_methods_and_properties_are_described(name: str) -> None:
    thing = THINGS[name]
    if not inspect.isclass(thing):
        return
    for member, value in vars(thing).items():
        if member in getattr(thing, "__dataclass_fields__", ()):
            continue
        routine = value.fget if isinstance(value, property) else getattr(value, "__func__", value)
        if not member.startswith("_") and inspect.isfunction(routine):
            assert inspect.getdoc(getattr(thing, member)), f"{name}.{member}"


@pytest.mark.parametrize("name", THINGS)
def test_public_signatures_are_typed(name: str) -> None:
    def gaps(function: Any) -> list[str]:
        signature = inspect.signature(function)
        return [
            p.name
            for p in signature.parameters.values()
            if p.annotation is p.empty and p.name not in ("self", "cls")
        ] + ([] if signature.return_annotation is not signature.empty else ["return"])

    thing = THINGS[name]
    functions = [thing] if inspect.isfunction(thing) else []
    if inspect.isclass(thing):
        functions = [f for f in vars(thing).values() if inspect.isfunction(f)]
        functions = [f for f in functions if "<string>" not in f.__code__.co_filename]
    for function in functions:
        # Not the constructor that a Protocol is given, nor what a named tuple brings along.
        own = function.__module__ not in ("typing", "collections")
        if own and (not function.__name__.startswith("__") or function.__name__ == "__init__"):
            assert not gaps(function), f"{name}.{function.__name__}: {gaps(function)}"
