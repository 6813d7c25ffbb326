"""The real book keeps every rule, and every rule sees the fault it is there for."""

from __future__ import annotations

import tomllib
from collections.abc import Callable, Iterable
from dataclasses import replace
from pathlib import Path
from typing import Any

import nbformat
import pytest
from nbformat import v4
from pybtex.database import parse_file

import helpers
from helpers.book.claims import Claim
from helpers.book.exercises import Prediction, predictions
from tests.book import rules, samples
from tests.book.rules import chapter, claims, exercises, figures, labels, sliders
from tests.book.rules import code as cells
from tests.book.rules import house as rooms
from tests.book.rules import text as words
from tests.book.samples import claimed, code, figure, page, printed, shown, stored, text
from tools import contents
from tools.pages import Page, read_book, read_page

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
    none(fault for each in book for fault in words.numbers_are_glued(each, ALLOWED))
    none(words.exemptions_are_needed(book, ALLOWED))


def test_the_book_is_spelled_as_in_britain(book: list[Page]) -> None:
    none(fault for each in book for fault in words.spelling_is_british(each, ALLOWED))


def test_the_book_defines_every_label_once(book: list[Page]) -> None:
    none(labels.labels_are_unique(book))


def test_every_reference_resolves(book: list[Page], bibliography: set[str]) -> None:
    none(labels.references_resolve(book, bibliography))


def test_every_equation_and_theorem_is_claimed(book: list[Page]) -> None:
    none(claims.claims_cover_labels(book, ALLOWED))


def test_every_question_before_a_run_has_its_key(book: list[Page]) -> None:
    none(exercises.predictions_are_asked(book, predictions()))


@pytest.mark.parametrize("path", contents.numbered(), ids=lambda path: path.stem)
def test_a_chapter_is_read_in_an_hour(path: Path) -> None:
    none(chapter.chapters_are_read_in_an_hour(read_page(path)))


def test_everything_public_is_used(book: list[Page]) -> None:
    none(rooms.public_names_are_used(book, list(helpers.__all__), ALLOWED))


def test_helpers_import_downwards() -> None:
    none(rooms.imports_go_down(contents.ROOT / "helpers"))


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

LONG = "\n".join(f"a{n} = {n}" for n in range(21))
LONG_FUNCTION = "def f(x):\n" + "\n".join(f"    x += {n}" for n in range(8)) + "\n    return x"
MOVED = "t = 1\ndef draw(k):\n    return later(k)\nlater = lambda k: t + k\nexplore(draw, k=(1, 2))"
PICTURE = shown(image_png="iVBORw0KGgo=")
WIDGET = v4.new_output("display_data", {"application/vnd.jupyter.widget-view+json": {}})
FAILED = v4.new_output("error", ename="ZeroDivisionError", evalue="", traceback=[])
PENCIL = samples.EXERCISE.replace("code", "pencil")
SOLVED = "```{solution} ex-twice\n:label: sol-twice\n:class: dropdown\n2\n```"

HIDDEN_NAME = (code("seen = 1", tags=["check"]), code("print(seen)", count=2, name="open"))
WELL = Claim("eq-x", "The sum of $x$ and one is two", "proved", "it", "it", True)
BAD_CLAIMS = [
    (replace(WELL, statement="the sum of $x$ and one is two"), "begin with a capital"),
    (replace(WELL, statement="One is one"), "5 words"),
    (replace(WELL, statement="The rescaled step tau times is two"), "types 'tau'"),
    (replace(WELL, needs="sigma(x) at rest"), "in its needs"),
    (replace(WELL, needs="the derivative h' at rest"), 'types "h\'"'),
    (replace(WELL, without="delta <= 1"), "in its without"),
    (replace(WELL, without="", control=False), "no control"),
]

BAD: list[tuple[Rule, list[nbformat.NotebookNode], str]] = [
    (cells.cells_are_short, [code(LONG)], "21 lines"),
    (cells.functions_are_short, [code(LONG_FUNCTION)], "defines f"),
    (cells.cells_ran_in_order, [code("1", count=None)], "execution count None"),
    (cells.cells_ran_in_order, [code("1", count=2)], "execution count 2"),
    (cells.cells_ran_in_order, [code(" ")], "is empty"),
    (cells.cells_ran_in_order, [code("1 / 0", FAILED)], "ZeroDivisionError"),
    (cells.cells_ran_in_order, [code("1", printed("Warning: x", "stderr"))], "warns"),
    (cells.cells_end_plainly, [code("ax.set(xlim=(0, 1));")], "semicolon"),
    (cells.nothing_is_fetched, [code("read('https://example.org')")], "https://"),
    (sliders.sliders_keep_their_names, [code(MOVED), code("t = 2", count=2)], "gives 't' another"),
    (cells.notebook_is_small, [code("1", printed("x" * 1_000_001))], "1 MB"),
    (cells.metadata_is_lean, [code("1", collapsed=True)], "collapsed"),
    (cells.metadata_is_lean, [code("1", jupyter={"outputs_hidden": True})], "outputs_hidden"),
    (cells.metadata_is_lean, [code("1", name="3f9a1b2c")], "3f9a1b2c"),
    (cells.metadata_is_lean, [code("1"), code("2", count=2)], "'sum' stands twice"),
    (cells.metadata_is_lean, [code("1", WIDGET)], "stores a widget"),
    (figures.figures_are_described, [code("plt.show()", PICTURE)], "alt text ''"),
    (
        figures.figures_are_described,
        [code("plt.show()", PICTURE, **figure(alt="a line"))],
        "a line",
    ),
    (
        figures.figures_are_described,
        [code("plt.show()", PICTURE, **figure(caption=f"*{samples.ALT}*"))],
        "caption as alt",
    ),
    (
        figures.figures_are_described,
        [code("plt.show()", PICTURE, **figure(caption=""))],
        "a caption",
    ),
    (figures.figures_are_described, [code("plt.show()", PICTURE, **figure(name="x"))], "a name"),
    (figures.figures_are_described, [code("plt.plot(x)", PICTURE, **figure())], "plt.show()"),
    (figures.figures_are_described, [code('ax.set_title("A")')], "title"),
    (figures.pictures_are_described, [text("![short](a.png)")], "'short'"),
    (figures.pictures_are_described, [text("```{figure} a.png\nA caption.\n```")], "alt text ''"),
    (figures.pictures_are_described, [code("explore()", shown(text_html="<img src='a'>"))], "alt"),
    (words.text_is_broken_up, [text("a", f"w{n}") for n in range(4)], "fourth text"),
    (words.words_show_and_do_not_praise, [text("A powerful method.")], "'powerful'"),
    (words.words_show_and_do_not_praise, [text("It is easy to see.")], "'easy to see'"),
    (words.words_show_and_do_not_praise, [code("1", **figure(alt="Clearly " + "a" * 40))], "Cle"),
    (exercises.exercises_are_solved, [text(PENCIL)], "needs one solution"),
    (
        exercises.exercises_are_solved,
        [text(PENCIL.replace(", 5 min", "")), text(SOLVED)],
        "no level and time",
    ),
    (
        exercises.exercises_are_solved,
        [text(PENCIL.replace("medium, ", "")), text(SOLVED)],
        "no level and time",
    ),
    (exercises.exercises_are_solved, [text(PENCIL.replace("ex-", "")), text(SOLVED)], "no label"),
    (exercises.exercises_are_solved, [text(SOLVED)], "solves no exercise"),
    (
        exercises.exercises_are_solved,
        [text(PENCIL), text(SOLVED.replace(":class: dropdown\n", ""))],
        "dropdown",
    ),
    (cells.cells_are_short, [code(LONG + "\n" + LONG, tags=["check"])], "over 40"),
    (cells.lines_fit_the_page, [code("# " + "x" * 85)], "87 columns"),
    (cells.open_cells_are_plain, [code("print(one := 1)")], "inside an expression"),
    (cells.open_cells_are_plain, [code("glue('sample-gap', 1)")], "calls glue"),
    (cells.open_cells_are_plain, [code("check('eq-x', 'x', 0)", tags=["figure"])], "calls check"),
    (cells.open_cells_stand_alone, [*HIDDEN_NAME], "reads 'seen'"),
    (figures.drawing_cells_are_tagged, [code("plt.show()", PICTURE)], "tag it figure"),
    (figures.drawing_cells_are_tagged, [code("explore(film, tau=[1, 2])")], "tag it figure"),
    (exercises.exercises_stand_alone, [text(f"Sum them.\n\n{PENCIL}")], "mixes"),
    (exercises.exercises_stand_alone, [text(f"{PENCIL}\n\n{SOLVED}")], "mixes"),
    (exercises.exercises_stand_alone, [text(f"{SOLVED}\n\n{SOLVED}")], "mixes"),
    (claims.claims_stand_once, [text("```{claims}\n```")], "lists claims again"),
    (claims.claims_stand_once, [code("1", printed("claim eq-x | proved | one"))], "as a line"),
    *[(claims.claims_are_sentences, [code("1", claimed(one))], word) for one, word in BAD_CLAIMS],
    (labels.glued_numbers_are_used, [code("1", stored("sample-gap", "1.5"))], "no sentence quotes"),
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
        code("plt.show()", PICTURE, name="line", count=2, tags=["figure"], **figure()),
    )


QUIET = [rule for rule in rules.PAGE_RULES if rule is not chapter.chapters_have_their_parts]


@pytest.mark.parametrize("rule", QUIET, ids=lambda rule: rule.__name__)
def test_the_rule_is_quiet_about_a_good_page(rule: Rule, tmp_path: Path) -> None:
    none(rule(good_page(tmp_path)))


def test_a_slider_may_share_names_that_it_has_read_before(tmp_path: Path) -> None:
    own = "k = (1, 2)\ndef draw(k):\n    t = k\n    return t\nexplore(draw, k=k)"
    after = code("t, k = 2, 3\n[t for draw in range(2)]", count=2, name="after")
    none(sliders.sliders_keep_their_names(page(tmp_path, code(own), after)))


def test_every_page_rule_has_a_bad_notebook() -> None:
    tested = {rule for rule, _, _ in BAD} | {chapter.chapters_have_their_parts}
    tested |= {exercises.exercise_cells_are_stubs, exercises.solutions_are_whole}
    assert tested == set(rules.PAGE_RULES)


EXERCISE_RULES = (
    exercises.exercises_are_solved,
    exercises.exercises_stand_alone,
    exercises.exercise_cells_are_stubs,
    exercises.solutions_are_whole,
)


def test_a_good_coding_exercise_has_no_fault(tmp_path: Path) -> None:
    sample = page(tmp_path, *samples.coding_exercise().values())
    none(fault for rule in EXERCISE_RULES for fault in rule(sample))


@pytest.mark.parametrize(
    ("cell", "source", "metadata", "word"),
    [
        ("turn", "answer('ex-other', ...)", {}, "answer(...) of ex-twice"),
        ("turn", "twice = ...", {}, "answer(...) of ex-twice"),
        ("turn", None, {"nbgrader": {}}, "nbgrader metadata"),
        ("turn", None, samples.stub("other"), "grade_id 'ex-twice'"),
        ("solution", "### BEGIN SOLUTION\ntwice = 2", {}, "no marks"),
        ("solution", None, {"jupyter": {}}, "source_hidden"),
        ("solution", None, samples.stub("other"), "no nbgrader metadata"),
        ("solution", None, {"tags": []}, "tagged solution"),
        ("solution", None, {"tags": ["solution-check"]}, "is not needed"),
        ("end", "The end.", {}, "never ended"),
    ],
)
def test_a_broken_coding_exercise_is_seen(
    cell: str, source: str | None, metadata: dict[str, Any], word: str, tmp_path: Path
) -> None:
    broken = samples.coding_exercise()
    broken[cell].source = source or broken[cell].source
    broken[cell].metadata.update(metadata)
    sample = page(tmp_path, *broken.values())
    faults = [fault for rule in EXERCISE_RULES for fault in rule(sample)]
    assert any(word in fault for fault in faults), faults


ASKED = "(predict-half)=\n\nWhich?\n\n* (a) half of\n  $x$;\n* (b) twice.\n\nChoose."
HALF = Prediction("predict-half", {"a": "half of $x$", "b": "twice"}, "a", {"b": "a belief"})


def test_a_question_has_the_choices_of_its_key(tmp_path: Path) -> None:
    sample = page(tmp_path, text(ASKED))
    none(exercises.predictions_are_asked([sample], {HALF.id: HALF}))
    other = replace(HALF, choices={"a": "half", "b": "twice"})
    assert "not its key's" in exercises.predictions_are_asked([sample], {HALF.id: other})[0]
    assert "give it a target" in exercises.predictions_are_asked([sample], {})[0]
    bare = page(tmp_path, text("Words."))
    assert "no page asks" in exercises.predictions_are_asked([bare], {HALF.id: HALF})[0]


def test_a_long_page_is_seen(tmp_path: Path) -> None:
    faults = chapter.chapters_are_read_in_an_hour(page(tmp_path, text("word " * 6_700)))
    assert "6700 words" in faults[0] and "minutes" in faults[1]
    aside = page(tmp_path, text("## More (optional)\n\n" + "word " * 1_001))
    assert "optional" in chapter.chapters_are_read_in_an_hour(aside)[0]


def test_a_bare_chapter_misses_its_parts(tmp_path: Path) -> None:
    faults = chapter.chapters_have_their_parts(page(tmp_path, text("No title.")))
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
        "A step of 0.3.",
        "The weight is $-1.5$.",
        r"Here $\tau = 2.5$ is taken.",
        "It is −0.4 there.",
    ],
)
def test_a_typed_result_is_seen(sentence: str, tmp_path: Path) -> None:
    assert words.numbers_are_glued(page(tmp_path, text(sentence)), {})


@pytest.mark.parametrize(
    "sentence",
    [
        "Take a step of 0.1, then 0.25 of it.",
        "The gap is {glue:text}`sample-gap`, in `0.693` of code.",
        r"With $\lambda = 0.725$ the unit forgets; a weight of $-1.4$ inhibits, with 1.4.",
        "$$\nx = 0.693\n$$\n\nAt 0.693 it is half.",
        "```{exercise} A (pencil, 5 min)\n:label: ex-a\nLet it be 0.693.\n```",
        "```{figure} a.png\n:width: 0.693\n```",
        "See {cite:t}`other2020` and [there](https://example.org/0.693), version 1.0.45.",
        "The decay is 0.725, as above.",
        "In 2019, 1500 units.",
        "Of doi 10.1103/PhysRevLett.61.259 and arXiv 2312.15974v2 nothing is said.",
    ],
)
def test_a_number_that_is_given_is_not_a_fault(sentence: str, tmp_path: Path) -> None:
    none(
        words.numbers_are_glued(
            page(tmp_path, text(sentence), code("decay, w, step = 0.725, -1.4, [0.1, 0.25]")), {}
        )
    )


def test_a_stale_number_in_a_chapter_is_seen() -> None:
    """The text of the network says -1.4, as its code does; -1.5 would be a fault."""
    network = read_page(contents.ROOT / "book" / "procedures" / "network.ipynb")
    typed = next(cell for cell in network.text if "$-1.4$" in cell.source)
    before = len(words.numbers_are_glued(network, {}))
    typed.source = typed.source.replace("$-1.4$", "$-1.5$")
    assert len(words.numbers_are_glued(network, {})) == before + 1


def test_a_number_can_be_let_pass_while_it_is_there(tmp_path: Path) -> None:
    sample = page(tmp_path, text("The logarithm of 2 is 0.693."))
    allowed = {"typed_number": {"sample": {"0.693": "the logarithm of 2"}}}
    none(words.numbers_are_glued(sample, allowed))
    none(words.exemptions_are_needed([sample], allowed))
    stale = {"typed_number": {"sample": {"0.111": "gone"}}}
    assert "0.111" in words.exemptions_are_needed([sample], stale)[0]


@pytest.mark.parametrize(
    "word", ["color", "behavior", "centers", "analyze", "modeled", "Linearize"]
)
def test_american_spelling_is_seen(word: str, tmp_path: Path) -> None:
    assert words.spelling_is_british(page(tmp_path, text(f"The {word} of it.")), {})
    none(words.spelling_is_british(page(tmp_path, text(f"The `{word}` of it.")), {}))


def test_british_spelling_passes(tmp_path: Path) -> None:
    sentence = "The size of the colour, resized, seized; a prize for the horizon; bazaars."
    none(words.spelling_is_british(page(tmp_path, text(sentence)), {}))
    kept = {"spelling": {"Optimization": "in a title"}}
    none(words.spelling_is_british(page(tmp_path, text("Optimization")), kept))


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
    faults = labels.references_resolve([page(tmp_path, text(sentence))], {"known2020"})
    assert len(faults) == 1
    assert word in faults[0]


def test_references_to_what_is_there_pass(tmp_path: Path) -> None:
    words = "{eq}`eq-x` {ref}`why` {numref}`fig-line` {cite}`known2020` {doc}`sample`"
    one = page(tmp_path, text(words), name="other")
    none(labels.references_resolve([good_page(tmp_path), one], {"known2020"}))


def test_a_number_glued_on_another_page_is_not_there(tmp_path: Path) -> None:
    one = page(tmp_path, text("{glue:text}`sample-gap`"), name="other")
    assert labels.references_resolve([good_page(tmp_path), one], set())


def test_a_label_given_twice_is_seen(tmp_path: Path) -> None:
    one = page(tmp_path, text("$$ x $$ (eq-x)"))
    assert "'eq-x' stands twice" in labels.labels_are_unique([one, good_page(tmp_path)])[0]


def test_a_glued_name_of_another_chapter_is_seen(tmp_path: Path) -> None:
    sample = page(tmp_path, code("1", stored("other-gap", "1")))
    assert "does not begin with sample-" in labels.labels_are_unique([sample])[0]


# --- claims

HELD = claimed(WELL)
EQUATION = text("$$ x = 1 $$ (eq-x)")


def test_a_claimed_equation_passes(tmp_path: Path) -> None:
    none(claims.claims_cover_labels([page(tmp_path, EQUATION, code("1", HELD))], {}))


@pytest.mark.parametrize(
    ("cells", "word"),
    [
        ([EQUATION], "'eq-x' has no claim"),
        ([text("```{prf:theorem} T\n:label: thm-t\nIt is.\n```")], "'thm-t' has no claim"),
        ([text("```{prf:remark} E\n:label: erratum-3\nIt is.\n```")], "'erratum-3' has no claim"),
        ([code("1", HELD)], "about no label"),
        ([EQUATION, code("1", HELD), code("2", HELD, count=2, name="two")], "stands twice"),
    ],
)
def test_a_claim_that_is_missing_or_idle_is_seen(
    cells: list[nbformat.NotebookNode], word: str, tmp_path: Path
) -> None:
    faults = claims.claims_cover_labels([page(tmp_path, *cells)], {})
    assert any(word in fault for fault in faults), faults


def test_an_exemption_from_claims_is_needed_and_used(tmp_path: Path) -> None:
    exempt = {"no_claim": {"eq-x": "a definition"}}
    none(claims.claims_cover_labels([page(tmp_path, EQUATION)], exempt))
    claimed = claims.claims_cover_labels([page(tmp_path, EQUATION, code("1", HELD))], exempt)
    assert "is exempt and has a claim" in claimed[0]
    gone = claims.claims_cover_labels([page(tmp_path, text("Nothing."))], exempt)
    assert "which is gone" in gone[0]


# --- helpers


def test_an_unused_public_name_is_seen(tmp_path: Path) -> None:
    sample = page(tmp_path, code("gap(one, two)"))
    faults = rooms.public_names_are_used([sample], ["gap", "henrici"], {})
    assert len(faults) == 1
    assert "henrici" in faults[0]
    stale = {"unused_name": {"gap": "used by now", "henrici": "later"}}
    assert "gap" in rooms.public_names_are_used([sample], ["gap", "henrici"], stale)[0]


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
    faults = rooms.imports_go_down(house, {"cellar": (), "roof": ("cellar",)})
    assert len(faults) == 3
    assert "cellar/stove.py imports " in faults[0]
    assert "shed is a new room" in faults[1]
    assert "spade.py stands in no room" in faults[2]
