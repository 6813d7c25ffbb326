"""The real book keeps every rule, and every rule sees the fault it is there for."""

from __future__ import annotations

import tomllib
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any

import nbformat
import pytest
from nbformat import v4
from pybtex.database import parse_file

import helpers
from tests.book import rules, samples
from tests.book.samples import code, figure, page, printed, shown, stored, text
from tools import contents
from tools.pages import Page, read_book

ALLOWED = tomllib.loads((Path(__file__).parent / "allowed.toml").read_text(encoding="utf-8"))
Rule = Callable[[Page], list[str]]


def none(faults: Iterable[str]) -> None:
    found = list(faults)
    assert not found, f"{len(found)} faults:\n" + "\n".join(found)


@pytest.fixture(scope="module")
def book() -> list[Page]:
    return read_book()


@pytest.fixture(scope="module")
def bibliography() -> set[str]:
    return set(parse_file(str(contents.ROOT / "book" / "references.bib")).entries)


# --- the book


@pytest.mark.parametrize("rule", rules.PAGE_RULES, ids=lambda rule: rule.__name__)
def test_the_book_keeps(rule: Rule, book: list[Page]) -> None:
    none(fault for each in book for fault in rule(each))


def test_the_book_types_no_computed_number(book: list[Page]) -> None:
    none(fault for each in book for fault in rules.numbers_are_glued(each, ALLOWED))
    none(rules.exemptions_are_needed(book, ALLOWED))


def test_the_book_is_spelled_as_in_britain(book: list[Page]) -> None:
    none(fault for each in book for fault in rules.spelling_is_british(each, ALLOWED))


def test_the_book_defines_every_label_once(book: list[Page]) -> None:
    none(rules.labels_are_unique(book))


def test_every_reference_resolves(book: list[Page], bibliography: set[str]) -> None:
    none(rules.references_resolve(book, bibliography))


def test_every_equation_and_theorem_is_claimed(book: list[Page]) -> None:
    none(rules.claims_cover_labels(book, ALLOWED))


def test_everything_public_is_used(book: list[Page]) -> None:
    none(rules.public_names_are_used(book, list(helpers.__all__), ALLOWED))


def test_helpers_import_downwards() -> None:
    none(rules.imports_go_down(contents.ROOT / "helpers"))


def test_every_notebook_is_in_the_contents() -> None:
    stray = set((contents.ROOT / "book").rglob("*.ipynb")) - set(contents.notebooks())
    stray = {path for path in stray if ".ipynb_checkpoints" not in path.parts}
    none(f"{path.name} is not in _toc.yml; add it, or remove it" for path in stray)


def test_bibliography_has_real_data(bibliography: set[str]) -> None:
    entries = parse_file(str(contents.ROOT / "book" / "references.bib")).entries
    none(
        f"{key} has no {field}"
        for key, entry in entries.items()
        for field in ("title", "year")
        if field not in entry.fields
    )
    none(f"{key} has no author" for key, entry in entries.items() if not entry.persons)


# --- the rules: a notebook with one fault, and the word by which the fault names it

LONG = "\n".join(f"a{n} = {n}" for n in range(16))
LONG_FUNCTION = "def f(x):\n" + "\n".join(f"    x += {n}" for n in range(6)) + "\n    return x"
MOVED = "t = 1\ndef draw(k):\n    return later(k)\nlater = lambda k: t + k\nexplore(draw, k=(1, 2))"
PICTURE = shown(image_png="iVBORw0KGgo=")
WIDGET = v4.new_output("display_data", {"application/vnd.jupyter.widget-view+json": {}})
FAILED = v4.new_output("error", ename="ZeroDivisionError", evalue="", traceback=[])
PENCIL = samples.EXERCISE.replace("code", "pencil")
SOLVED = "```{solution} ex-twice\n:label: sol-twice\n:class: dropdown\n2\n```"

BAD: list[tuple[Rule, list[nbformat.NotebookNode], str]] = [
    (rules.code_cells_are_short, [code(LONG)], "16 lines"),
    (rules.definitions_are_in_helpers, [code(LONG_FUNCTION)], "defines f"),
    (rules.cells_ran_in_order, [code("1", count=None)], "execution count None"),
    (rules.cells_ran_in_order, [code("1", count=2)], "execution count 2"),
    (rules.cells_ran_in_order, [code(" ")], "is empty"),
    (rules.cells_ran_in_order, [code("1 / 0", FAILED)], "ZeroDivisionError"),
    (rules.cells_ran_in_order, [code("1", printed("Warning: x", "stderr"))], "warns"),
    (rules.cells_end_plainly, [code("ax.set(xlim=(0, 1));")], "semicolon"),
    (rules.nothing_is_fetched, [code("read('https://example.org')")], "https://"),
    (rules.sliders_keep_their_names, [code(MOVED), code("t = 2", count=2)], "gives 't' another"),
    (rules.notebook_is_small, [code("1", printed("x" * 1_000_001))], "1 MB"),
    (rules.metadata_is_lean, [code("1", collapsed=True)], "collapsed"),
    (rules.metadata_is_lean, [code("1", jupyter={"outputs_hidden": True})], "outputs_hidden"),
    (rules.metadata_is_lean, [code("1", name="3f9a1b2c")], "3f9a1b2c"),
    (rules.metadata_is_lean, [code("1"), code("2", count=2)], "'sum' stands twice"),
    (rules.metadata_is_lean, [code("1", WIDGET)], "stores a widget"),
    (rules.figures_are_described, [code("plt.show()", PICTURE)], "alt text ''"),
    (rules.figures_are_described, [code("plt.show()", PICTURE, **figure(alt="a line"))], "a line"),
    (
        rules.figures_are_described,
        [code("plt.show()", PICTURE, **figure(caption=f"*{samples.ALT}*"))],
        "caption as alt",
    ),
    (rules.figures_are_described, [code("plt.show()", PICTURE, **figure(caption=""))], "a caption"),
    (rules.figures_are_described, [code("plt.show()", PICTURE, **figure(name="x"))], "a name"),
    (rules.figures_are_described, [code("plt.plot(x)", PICTURE, **figure())], "plt.show()"),
    (rules.figures_are_described, [code('ax.set_title("A")')], "title"),
    (rules.pictures_are_described, [text("![short](a.png)")], "'short'"),
    (rules.pictures_are_described, [text("```{figure} a.png\nA caption.\n```")], "alt text ''"),
    (rules.pictures_are_described, [code("explore()", shown(text_html="<img src='a'>"))], "alt"),
    (rules.text_is_broken_up, [text("a", f"w{n}") for n in range(4)], "fourth text"),
    (rules.words_show_and_do_not_praise, [text("A powerful method.")], "'powerful'"),
    (rules.words_show_and_do_not_praise, [text("It is easy to see.")], "'easy to see'"),
    (rules.words_show_and_do_not_praise, [code("1", **figure(alt="Clearly " + "a" * 40))], "Cle"),
    (rules.exercises_are_solved, [text(PENCIL)], "needs one solution"),
    (rules.exercises_are_solved, [text(PENCIL.replace(", 5 min", "")), text(SOLVED)], "no time"),
    (rules.exercises_are_solved, [text(PENCIL.replace("pencil", "")), text(SOLVED)], "no level"),
    (rules.exercises_are_solved, [text(PENCIL.replace("ex-", "")), text(SOLVED)], "no label"),
    (rules.exercises_are_solved, [text(SOLVED)], "solves no exercise"),
    (
        rules.exercises_are_solved,
        [text(PENCIL), text(SOLVED.replace(":class: dropdown\n", ""))],
        "dropdown",
    ),
    (rules.glued_numbers_are_used, [code("1", stored("sample-gap", "1.5"))], "no sentence quotes"),
]


@pytest.mark.parametrize(
    ("rule", "cells", "word"), BAD, ids=[f"{rule.__name__}-{word}" for rule, _, word in BAD]
)
def test_the_rule_sees(
    rule: Rule, cells: list[nbformat.NotebookNode], word: str, tmp_path: Path
) -> None:
    faults = rule(page(tmp_path, *cells))
    assert faults
    assert any(word in fault for fault in faults), faults
    assert any("sample.ipynb" in fault for fault in faults), faults


def good_page(folder: Path) -> Page:
    """A page with something for each rule to look at, and nothing wrong."""
    return page(
        folder,
        text("# Sample\n\nThe gap is {glue:text}`sample-gap`, for a decay of 0.725.", "top"),
        code("decay = 0.725", stored("sample-gap", "1.5"), name="gap"),
        text("(why)=\n\nThe colour is grey; the size is {eq}`eq-x`.\n\n$$ x = 1 $$ (eq-x)", "why"),
        code("plt.show()", PICTURE, name="line", count=2, **figure()),
    )


QUIET = [rule for rule in rules.PAGE_RULES if rule is not rules.chapters_have_their_parts]


@pytest.mark.parametrize("rule", QUIET, ids=lambda rule: rule.__name__)
def test_the_rule_is_quiet_about_a_good_page(rule: Rule, tmp_path: Path) -> None:
    none(rule(good_page(tmp_path)))


def test_a_slider_may_share_names_that_it_has_read_before(tmp_path: Path) -> None:
    own = "k = (1, 2)\ndef draw(k):\n    t = k\n    return t\nexplore(draw, k=k)"
    after = code("t, k = 2, 3\n[t for draw in range(2)]", count=2, name="after")
    none(rules.sliders_keep_their_names(page(tmp_path, code(own), after)))


def test_every_page_rule_has_a_bad_notebook() -> None:
    tested = {rule for rule, _, _ in BAD}
    tested |= {rules.coding_exercises_are_gradable, rules.chapters_have_their_parts}
    assert tested == set(rules.PAGE_RULES)


def test_a_good_coding_exercise_has_no_fault(tmp_path: Path) -> None:
    sample = page(tmp_path, *samples.coding_exercise().values())
    none(rules.coding_exercises_are_gradable(sample))
    none(rules.exercises_are_solved(sample))


@pytest.mark.parametrize(
    ("cell", "source", "metadata", "word"),
    [
        ("turn", "answer('ex-other', ...)", {}, "answer('ex-twice'"),
        ("solution", "twice = 2", {}, "BEGIN/END"),
        ("solution", None, {"jupyter": {}}, "source_hidden"),
        ("solution", None, {"nbgrader": {}}, "solution metadata"),
        ("solution", None, {"tags": []}, "tagged solution"),
        ("check", "twice == 2", {}, "answer('ex-twice'"),
        ("check", None, {"nbgrader": {"schema_version": 3, "grade_id": "g"}}, "with points"),
        ("check", None, {"tags": []}, "solution-check"),
        ("end", "The end.", {}, "never ended"),
    ],
)
def test_a_broken_coding_exercise_is_seen(
    cell: str, source: str | None, metadata: dict[str, Any], word: str, tmp_path: Path
) -> None:
    cells = samples.coding_exercise()
    cells[cell].source = source or cells[cell].source
    cells[cell].metadata.update(metadata)
    faults = rules.coding_exercises_are_gradable(page(tmp_path, *cells.values()))
    assert any(word in fault for fault in faults), faults


def test_a_bare_chapter_misses_its_parts(tmp_path: Path) -> None:
    faults = rules.chapters_have_their_parts(page(tmp_path, text("No title.")))
    for word in ("title", "0 exercises", "pencil", "slider", "summary", "further reading"):
        assert any(word in fault for fault in faults), word


# --- numbers, words, labels


@pytest.mark.parametrize(
    "sentence",
    [
        "The gap is 0.693.",
        "It is 12.5 times faster.",
        "The error is 3e-13.",
        r"So $x \approx 0.6931$.",
        "- in a list, 1.386",
        "Of the order 2.5e-3, as seen.",
    ],
)
def test_a_typed_result_is_seen(sentence: str, tmp_path: Path) -> None:
    assert rules.numbers_are_glued(page(tmp_path, text(sentence)), {})


@pytest.mark.parametrize(
    "sentence",
    [
        "Take a step of 0.1, then 0.25 of it.",
        "The gap is {glue:text}`sample-gap`, in `0.693` of code.",
        r"With $\lambda = 0.693$ the unit forgets; a decay of 0.693 is slow.",
        "```{exercise} A (pencil, 5 min)\n:label: ex-a\nLet it be 0.693.\n```",
        "```{figure} a.png\n:width: 0.693\n```",
        "See {cite:t}`other2020` and [there](https://example.org/0.693), version 1.0.45.",
        "The decay is 0.725, as above.",
        "In 2019, 1500 units.",
        "Of doi 10.1103/PhysRevLett.61.259 and arXiv 2312.15974v2 nothing is said.",
    ],
)
def test_a_number_that_is_given_is_not_a_fault(sentence: str, tmp_path: Path) -> None:
    none(rules.numbers_are_glued(page(tmp_path, text(sentence), code("decay = 0.725")), {}))


def test_a_number_can_be_let_pass_while_it_is_there(tmp_path: Path) -> None:
    sample = page(tmp_path, text("The logarithm of 2 is 0.693."))
    allowed = {"typed_number": {"sample": {"0.693": "the logarithm of 2"}}}
    none(rules.numbers_are_glued(sample, allowed))
    none(rules.exemptions_are_needed([sample], allowed))
    stale = {"typed_number": {"sample": {"0.111": "gone"}}}
    assert "0.111" in rules.exemptions_are_needed([sample], stale)[0]


@pytest.mark.parametrize(
    "word", ["color", "behavior", "centers", "analyze", "modeled", "Linearize"]
)
def test_american_spelling_is_seen(word: str, tmp_path: Path) -> None:
    assert rules.spelling_is_british(page(tmp_path, text(f"The {word} of it.")), {})
    none(rules.spelling_is_british(page(tmp_path, text(f"The `{word}` of it.")), {}))


def test_british_spelling_passes(tmp_path: Path) -> None:
    words = "The size of the colour, resized, seized; a prize for the horizon; bazaars."
    none(rules.spelling_is_british(page(tmp_path, text(words)), {}))
    kept = {"spelling": {"Optimization": "in a title"}}
    none(rules.spelling_is_british(page(tmp_path, text("Optimization")), kept))


@pytest.mark.parametrize(
    ("sentence", "word"),
    [
        ("{eq}`eq-none`", "eq-none"),
        ("{ref}`words <ref-none>`", "ref-none"),
        ("{numref}`fig-none`", "fig-none"),
        ("{prf:ref}`thm-none`", "thm-none"),
        ("{cite:p}`known2020,none2020`", "none2020"),
        ("{glue:text}`sample-none:.2f`", "sample-none"),
        ("{doc}`none`", "none"),
    ],
)
def test_a_reference_to_nothing_is_seen(sentence: str, word: str, tmp_path: Path) -> None:
    faults = rules.references_resolve([page(tmp_path, text(sentence))], {"known2020"})
    assert len(faults) == 1
    assert word in faults[0]


def test_references_to_what_is_there_pass(tmp_path: Path) -> None:
    words = "{eq}`eq-x` {ref}`why` {numref}`fig-line` {cite}`known2020` {doc}`sample`"
    one = page(tmp_path, text(words), name="other")
    none(rules.references_resolve([good_page(tmp_path), one], {"known2020"}))


def test_a_number_glued_on_another_page_is_not_there(tmp_path: Path) -> None:
    one = page(tmp_path, text("{glue:text}`sample-gap`"), name="other")
    assert rules.references_resolve([good_page(tmp_path), one], set())


def test_a_label_given_twice_is_seen(tmp_path: Path) -> None:
    one = page(tmp_path, text("$$ x $$ (eq-x)"))
    assert "'eq-x' stands twice" in rules.labels_are_unique([one, good_page(tmp_path)])[0]


def test_a_glued_name_of_another_chapter_is_seen(tmp_path: Path) -> None:
    sample = page(tmp_path, code("1", stored("other-gap", "1")))
    assert "does not begin with sample-" in rules.labels_are_unique([sample])[0]


# --- claims

CLAIM = "claim eq-x | proved | x is one | needs: nothing | at most 0: holds | control: {}\n"
HELD = printed(CLAIM.format("fails, as it must"))
EQUATION = text("$$ x = 1 $$ (eq-x)")


def test_a_claimed_equation_passes(tmp_path: Path) -> None:
    none(rules.claims_cover_labels([page(tmp_path, EQUATION, code("1", HELD))], {}))


@pytest.mark.parametrize(
    ("cells", "word"),
    [
        ([EQUATION], "'eq-x' has no claim"),
        ([text("```{prf:theorem} T\n:label: thm-t\nIt is.\n```")], "'thm-t' has no claim"),
        ([text("```{prf:remark} E\n:label: erratum-3\nIt is.\n```")], "'erratum-3' has no claim"),
        ([code("1", HELD)], "about no label"),
        ([EQUATION, code("1", printed(CLAIM.format("none given")))], "no control"),
        ([EQUATION, code("1", HELD), code("2", HELD, count=2, name="two")], "stands twice"),
    ],
)
def test_a_claim_that_is_missing_or_idle_is_seen(
    cells: list[nbformat.NotebookNode], word: str, tmp_path: Path
) -> None:
    faults = rules.claims_cover_labels([page(tmp_path, *cells)], {})
    assert any(word in fault for fault in faults), faults


def test_an_exemption_from_claims_is_needed_and_used(tmp_path: Path) -> None:
    exempt = {"no_claim": {"eq-x": "a definition"}}
    none(rules.claims_cover_labels([page(tmp_path, EQUATION)], exempt))
    claimed = rules.claims_cover_labels([page(tmp_path, EQUATION, code("1", HELD))], exempt)
    assert "is exempt and has a claim" in claimed[0]
    gone = rules.claims_cover_labels([page(tmp_path, text("Nothing."))], exempt)
    assert "which is gone" in gone[0]


# --- helpers


def test_an_unused_public_name_is_seen(tmp_path: Path) -> None:
    sample = page(tmp_path, code("gap(one, two)"))
    faults = rules.public_names_are_used([sample], ["gap", "henrici"], {})
    assert len(faults) == 1
    assert "henrici" in faults[0]
    stale = {"unused_name": {"gap": "used by now", "henrici": "later"}}
    assert "gap" in rules.public_names_are_used([sample], ["gap", "henrici"], stale)[0]


@pytest.mark.parametrize(
    "line",
    ["from house.roof.tiles import tile", "import house.roof", "from house import roof"],
)
def test_an_import_upwards_is_seen(line: str, tmp_path: Path) -> None:
    house = tmp_path / "house"
    for room in ("cellar", "roof", "shed"):
        (house / room).mkdir(parents=True)
    (house / "__init__.py").write_text("from house.roof.tiles import tile\n")
    (house / "cellar" / "stove.py").write_text(f"def f():\n    {line}\n")
    (house / "roof" / "tiles.py").write_text("from house.cellar.stove import f\n")
    (house / "shed" / "rake.py").write_text("")
    (house / "spade.py").write_text("")
    faults = rules.imports_go_down(house, {"cellar": (), "roof": ("cellar",)})
    assert len(faults) == 3
    assert "cellar/stove.py imports " in faults[0]
    assert "shed is a new room" in faults[1]
    assert "spade.py stands in no room" in faults[2]
