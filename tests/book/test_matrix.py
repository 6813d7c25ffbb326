"""The sabotages: no function is left out, and some of them, drawn by the day, are tried here."""

from __future__ import annotations

import json
import os
import time
from pathlib import Path
from typing import Any

import pytest

from tools import contents, uses
from tools.pages import Cell, read_page
from tools.reads import leading, needs
from tools.rehearsal import Outcome, Rehearsal, find, in_a_fork, stands
from tools.sabotage import BY_NAME, drawn, prepared, reasons, refuses
from tools.sabotages import KINDS, SABOTAGES
from tools.sabotages.making import scaled

SEED = int(os.environ.get("SABOTAGE_SEED", time.time() // 86400))
SHARE = 10
OURS = ("helpers.dynamics.", "helpers.analysis.")


def test_every_function_that_chapters_call_is_broken() -> None:
    called = {place for place in uses.used(contents.notebooks()) if place.startswith(OURS)}
    asked = {p for p in called if uses.public(p) and "._checks" not in p}
    untouched = set(reasons()["untouched"])
    targets = {sabotage.target for sabotage in SABOTAGES}
    assert not asked - targets - untouched, "write a sabotage for each, or a reason"
    assert not untouched - (asked - targets), "these need no reason any more"


def test_a_sabotage_has_a_name_of_its_own_a_kind_and_a_target() -> None:
    assert len(BY_NAME) == len(SABOTAGES)
    assert {sabotage.kind for sabotage in SABOTAGES} == set(KINDS)
    for sabotage in SABOTAGES:
        assert find(sabotage.target)


def test_reasons_are_of_sabotages_that_there_are() -> None:
    said = reasons()
    names = {*said["unnoticed"], *said["caught"]}
    assert names <= set(BY_NAME)
    assert all(BY_NAME[name].family for name in said["smallest"])
    assert not set(said["unnoticed"]) & set(said["caught"])
    chapters = {path.stem for path in contents.notebooks()}
    assert {claim.split(":")[0] for claim in [*said["unbroken"], *said["caught"].values()]} <= (
        chapters
    )


@pytest.mark.parametrize("name, claim", drawn(SHARE, SEED))
def test_a_drawn_sabotage_is_still_caught(name: str, claim: str) -> None:
    prepared()
    assert refuses(name, claim), f"seed {SEED}: {claim} does not notice {name}"


def cell(number: int, source: str) -> Cell:
    return Cell("code", number, f"c{number}", source)


def test_a_cell_needs_what_it_reads() -> None:
    page = [
        cell(1, "import numpy as np\nrng = np.random.default_rng(1)"),
        cell(2, "a = rng.normal()\nb = 2"),
        cell(3, "def f(x):\n    return x + b"),
        cell(4, "c = rng.normal()"),
        cell(5, "b = 3"),
        cell(6, "a = 1\nprint(a)"),
        cell(7, "d = [f(a) for a in (1, 2)] + [c]"),
    ]
    # Cell 2 draws before cell 4; its b is not read, since that of cell 5 holds when f is called.
    assert leading(needs(page), [6]) == [0, 1, 2, 3, 4, 6]
    assert leading(needs(page), [5]) == [5]
    assert leading(needs(page), [2]) == [0, 1, 2]


def test_what_is_changed_in_place_is_made_anew() -> None:
    page = [cell(1, "kept = {}"), cell(2, "kept['one'] = 1"), cell(3, "x = kept['one']")]
    assert leading(needs(page), [2]) == [0, 1, 2]
    page = [
        cell(1, "kept = {}"),
        cell(2, "def put(one):\n    own = {}\n    own[1] = 1\n    kept[one] = own"),
        cell(3, "own = 3"),
        cell(4, "for one in (1, 2):\n    put(one)"),
        cell(5, "x = kept[1]"),
    ]
    assert leading(needs(page), [4]) == [0, 1, 3, 4]


def test_a_claim_that_a_sabotage_does_not_touch_stands(tmp_path: Path) -> None:
    # What a later cell does in place, and a name that a cell in between makes anew, are not spoilt.
    cells = [
        "import numpy as np\nfrom helpers import check, henrici\nkept = {'a': 1}",
        "d = henrici(np.triu(np.ones((2, 2))))\nname = 'spoilt'",
        "name = 'a'",
        "def told():\n    return len(kept)",
        "used = henrici(np.eye(2)) + d",
        'check("eq-one", "It is one.", told() - 1 + (name != "a") + 0 * used, at_most=0)',
        'check("eq-two", "It is d.", abs(d - used), at_most=0)',
        'check("eq-three", "It is half the root.", abs(d - 3**-0.5), at_most=1e-15)',
        "kept['b'] = 2",
    ]
    page = tmp_path / "page.ipynb"
    page.write_text(json.dumps(notebook(cells)), encoding="utf-8")
    target = "helpers.analysis.spectra:henrici"

    def tried() -> list[Outcome]:
        stage = Rehearsal(page, [target])
        assert [s.passed for s in stage.scenes if s.passed] == [
            ["eq-one"],
            ["eq-two"],
            ["eq-three"],
        ]
        places = [n for n, scene in enumerate(stage.scenes) if scene.passed]
        return [stage.under(target, scaled(2.0), place) for place in places]

    one, two, three = in_a_fork(tried)
    assert one.passed == ("eq-one",) and two.passed == ("eq-two",)
    assert three.refused == ("eq-three",)
    assert in_a_fork(lambda: stands(read_page(page), "eq-three", target, scaled(2.0))) is False
    assert in_a_fork(lambda: stands(read_page(page), "eq-three", target, scaled(1.0))) is True


def notebook(cells: list[str]) -> dict[str, Any]:
    parts = [
        {"cell_type": "code", "id": f"c{n}", "metadata": {"tags": ["check"]}, "source": source}
        | {"outputs": [], "execution_count": None}
        for n, source in enumerate(cells)
    ]
    return {"cells": parts, "metadata": {}, "nbformat": 4, "nbformat_minor": 5}
