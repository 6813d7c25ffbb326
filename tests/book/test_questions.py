"""The question bank: what it asks is sound, and two other readers find in its files what it has."""

from __future__ import annotations

import html
import re
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any
from xml.dom import minidom

import numpy as np
import pytest

from helpers.book.exercises import exercise_ids, predictions
from tools import contents, questions, wording
from tools.bank import ASKED, FOLDER, Bank, Question, asks, of_page, read_bank, source_of
from tools.pages import read_page
from tools.wording import as_html, labelled, name_of, places, title_of, words

GUIDES = contents.ROOT / "book" / "guide"
HEADINGS = ["In class", "On the board", "Votes", "Where they stop", "Rubrics"]
WRITTEN = sorted(path for path in FOLDER.rglob("*.toml") if path != ASKED)
PLANNED = sorted(GUIDES.rglob("*.md"))


def stem(path: Path) -> str:
    return path.stem


def page_of(path: Path) -> Path:
    """The page that a file of questions, or a guide, is about."""
    place = path.relative_to(FOLDER if FOLDER in path.parents else GUIDES).with_suffix("")
    found = [one for one in contents.pages() if name_of(one) == f"book/{place.as_posix()}"]
    assert found, f"{path.name}: the book has no page of this name"
    return found[0]


def bank(path: Path) -> Bank:
    return of_page(read_page(page_of(path)))


@cache
def whole() -> tuple[Bank, ...]:
    return tuple(read_bank())


# --- the questions


def test_every_question_has_a_name_of_its_own() -> None:
    names = [one.name for path in WRITTEN for one in bank(path).questions]
    assert [name for name, count in Counter(names).items() if count > 1] == []


@pytest.mark.parametrize("path", WRITTEN, ids=stem)
def test_each_question_is_whole(path: Path) -> None:
    held = bank(path)
    for one in held.questions:
        assert one.name.startswith(path.stem), one.name
        assert 1 <= one.objective <= (len(held.objectives) or 9), one.name
        right, *wrong = one.choices
        assert 2 <= len(wrong) <= 3, one.name
        assert all(choice.error and choice.why for choice in wrong) and right.why, one.name
        assert len({choice.text for choice in one.choices}) == len(one.choices), one.name
        assert not any("of the above" in choice.text.lower() for choice in one.choices), one.name


@pytest.mark.parametrize("path", WRITTEN, ids=stem)
def test_what_it_names_exists(path: Path) -> None:
    held = bank(path)
    for one in held.questions:
        parts = [one.ask, *(text for c in one.choices for text in (c.text, c.why, c.error))]
        for text in parts:
            words(text, held.title)  # a label that is nowhere is a ValueError
    asked = {d.label for d in read_page(page_of(path)).directives}
    for lists in held.covered.values():
        assert set(lists["predictions"]) <= {one.name for one in held.predictions}
        assert set(lists["exercises"]) <= asked


@pytest.mark.parametrize("path", WRITTEN, ids=stem)
def test_every_right_answer_that_code_can_show_is_right(path: Path) -> None:
    for one in bank(path).questions:
        if one.compute:
            assert "assert" in one.compute, one.name
            exec(compile(one.compute, one.name, "exec"), {})


@pytest.mark.parametrize("path", WRITTEN, ids=stem)
def test_every_objective_has_two(path: Path) -> None:
    held = bank(path)
    count = Counter(one.objective for one in (*held.questions, *held.predictions))
    for number in range(1, len(held.objectives) + 1):
        assert count[number] >= 2, f"objective {number} has {count[number]}"


@pytest.mark.parametrize("path", WRITTEN, ids=stem)
def test_every_prediction_belongs_to_an_objective(path: Path) -> None:
    assert [one.name for one in bank(path).predictions if not one.objective] == []


def asking() -> list[Path]:
    """The pages that ought to have questions: those with objectives, exercises or predictions."""
    held = (of_page(read_page(path)) for path in contents.notebooks())
    return [contents.ROOT / f"{one.page}.ipynb" for one in held if one.objectives or one.numeric]


@pytest.mark.parametrize("path", asking(), ids=stem)
def test_every_page_that_asks_has_questions_and_a_guide(path: Path) -> None:
    questions_there = source_of(name_of(path)).is_file()
    guide_there = (GUIDES / path.relative_to(contents.ROOT / "book")).with_suffix(".md").is_file()
    assert questions_there and guide_there


def test_every_prediction_asks_in_words_that_stand_alone() -> None:
    assert set(asks()) == set(predictions())
    for label, text in asks().items():
        assert not re.search(r"\{(?!glue)\w+(:\w+)?\}`|[Ff]igure|\([a-d]\) |[Pp]anel", text), label
        assert text.endswith(("?", "Is that")), label
        words(text)  # numbers are glued where a chapter glues them


# --- the guides


@pytest.mark.parametrize("path", PLANNED, ids=stem)
def test_a_guide_has_its_parts_and_fifty_minutes(path: Path) -> None:
    text = path.read_text(encoding="utf-8")
    assert text.splitlines()[0] == f"# {title_of(read_page(page_of(path)))}"
    assert re.findall(r"^## (.+?) *$", text, re.M) == HEADINGS
    plan = text.split("## In class")[1].split("\n## ")[0]
    minutes = [int(found) for found in re.findall(r"^[-*] (\d+) min", plan, re.M)]
    assert sum(minutes) == 50, minutes


@pytest.mark.parametrize("path", PLANNED, ids=stem)
def test_a_guide_names_each_vote_and_each_exercise_without_a_key(path: Path) -> None:
    text, page = path.read_text(encoding="utf-8"), read_page(page_of(path))
    asked = {d.label for d in page.directives if d.name in ("exercise", "exercise-start")}
    votes = {one.name for one in of_page(page).predictions}
    wanted = votes | (asked - set(exercise_ids()))
    assert sorted(label for label in wanted if label not in text) == []
    for role, label in labelled(text):
        if role == "doc":  # a guide is read in another folder than it is written in
            assert label in [f"/{name_of(one)}" for one in contents.pages()], label
        if role in ("eq", "prf:ref", "ref", "numref"):
            assert label in places() or label.startswith("tab-"), label


# --- the files, read by others


@dataclass(frozen=True)
class Read:
    """A question as a reader of a file has it: right answers and wrong ones, with feedback."""

    name: str
    ask: str
    right: tuple[tuple[str, str], ...]
    wrong: tuple[tuple[str, str], ...]


def wanted(one: Question, page: str) -> Read:
    """What has to be read back, from the source."""
    right, *wrong = [
        (
            as_html(choice.text, page),
            questions.feedback("" if choice.error == "reveals" else choice.error, choice.why, page),
        )
        for choice in one.choices
    ]
    return Read(one.name, as_html(one.ask, page), (right,), tuple(wrong))


def asked_in(banks: tuple[Bank, ...]) -> dict[str, Read]:
    every = ((one, held) for held in banks for one in (*held.questions, *held.predictions))
    return {one.name: wanted(one, held.title) for one, held in every}


def inside(node: Any, name: str) -> str:
    found = next(one for one in node.childNodes if one.nodeName == name)
    text = found.getElementsByTagName("text")
    return "".join(part.data for part in (text[0] if text else found).childNodes)


def read_moodle(kind: str) -> Iterator[tuple[Any, Read]]:
    """Another parser than the one that wrote it."""
    document = minidom.parseString(questions.as_moodle(whole()))
    for node in document.getElementsByTagName("question"):
        if node.getAttribute("type") == kind:
            answers: dict[bool, list[tuple[str, str]]] = {True: [], False: []}
            for answer in node.getElementsByTagName("answer"):
                right = answer.getAttribute("fraction") == "100"
                answers[right].append((inside(answer, "text"), inside(answer, "feedback")))
            right, wrong = tuple(answers[True]), tuple(answers[False])
            yield node, Read(inside(node, "name"), inside(node, "questiontext"), right, wrong)


def unescaped(text: str) -> str:
    return re.sub(r"\\(.)", r"\1", text)


def split(text: str, sign: str) -> list[str]:
    """Cut a text at a sign that no backslash takes the meaning of."""
    parts = [""]
    for piece in re.findall(r"\\.|[^\\]", text, re.S):
        if piece == sign:
            parts.append("")
        else:
            parts[-1] += piece
    return parts


def read_gift() -> Iterator[tuple[str, str, str]]:
    """Each question as its name, what it asks, and what stands between its braces."""
    for block in re.split(r"\n\s*\n", questions.as_gift(whole()).strip()):
        if not block.startswith("$CATEGORY: "):
            found = re.fullmatch(r"::((?:\\.|[^\\:])+)::\[html\](.*)", block, re.S)
            assert found, block[:80]
            asked, body = split(found[2], "{")
            body, rest = split(body, "}")
            assert not rest
            yield unescaped(found[1]), unescaped(asked), body.strip()


def test_moodle_has_every_choice_and_its_feedback() -> None:
    read = {one.name: one for _, one in read_moodle("multichoice")}
    assert read == asked_in(whole())


def test_gift_has_every_choice_and_its_feedback() -> None:
    read = {}
    for name, asked, body in read_gift():
        if not body.startswith("#"):
            answers: dict[str, list[tuple[str, str]]] = {"=": [], "~": []}
            for row in body.splitlines():
                text, said = split(row[1:], "#")
                answers[row[0]].append((unescaped(text), unescaped(said)))
            read[name] = Read(name, asked, tuple(answers["="]), tuple(answers["~"]))
    assert read == asked_in(whole())


def given(parts: list[str]) -> Iterator[tuple[float, float, bool, str]]:
    """Number, tolerance, whether it is right, and feedback, from the answers of a blank."""
    for part in parts:
        found = re.fullmatch(r"=?(%0%)?(-?[\d.e+-]+):([\d.e+-]+)#(.*)", part)
        if found:
            said = unescaped(found[4]).strip()
            yield float(found[2]), float(found[3]), not found[1], html.unescape(said)


def numeric() -> dict[str, list[list[tuple[float, float, bool, str]]]]:
    """What the exercises have, blank by blank."""
    found = {}
    for one in (one for held in whole() for one in held.numeric):
        found[one.name] = [
            [(b.value, b.tolerance, True, "Right."),
             *((value, b.tolerance, False, hint) for value, hint in b.wrong)]
            for b in one.blanks
        ]  # fmt: skip
    return found


def same(one: list[Any], other: list[Any]) -> None:
    assert len(one) == len(other)
    for (value, near, right, said), (value_, near_, right_, said_) in zip(one, other, strict=True):
        assert np.allclose([value, near], [value_, near_], rtol=1e-8, atol=0)
        assert (right, said) == (right_, said_)


def test_both_files_have_every_number_its_tolerance_and_the_hints() -> None:
    source, gift = numeric(), dict[str, list[Any]]()
    for name, _, body in read_gift():
        if body.startswith("#"):
            gift.setdefault(name.split(",")[0], []).append(list(given(body.splitlines())))
    moodle = {}
    for _, one in read_moodle("cloze"):
        blanks = re.findall(r"\{1:NUMERICAL:((?:\\.|[^\\}])*)\}", one.ask)
        moodle[one.name] = [list(given(split(blank, "~"))) for blank in blanks]
    for node, one in read_moodle("numerical"):
        near = float(inside(node.getElementsByTagName("answer")[0], "tolerance"))
        rows = [*((*a, True) for a in one.right), *((*a, False) for a in one.wrong)]
        told = [(float(t), near, ok, html.unescape(s)) for t, s, ok in rows if t != "*"]
        moodle[one.name] = [told]
    assert source.keys() == gift.keys() == moodle.keys()
    for name, blanks in source.items():
        for k, blank in enumerate(blanks):
            same(gift[name][k], blank)
            same(moodle[name][k], blank)


def test_no_wrong_number_is_within_the_tolerance_of_the_right_one() -> None:
    for one in (one for held in whole() for one in held.numeric):
        for blank in one.blanks:
            assert blank.tolerance > 0
            for value, _ in blank.wrong:
                assert abs(value - blank.value) > blank.tolerance, (one.name, blank.name)


def test_the_page_has_every_question_once() -> None:
    text = questions.as_page(whole())
    for one in (one for held in whole() for one in held.questions):
        assert text.count(f"\n`{one.name}`. ") == 1
        assert all(" ".join(c.why.split()) in text for c in one.choices)


def test_no_role_and_no_label_is_left_in_the_files() -> None:
    told = {*predictions(), *exercise_ids()}  # these are names of questions
    labels = "|".join(one for one in places() if "-" in one and one not in told)
    named = re.compile(rf"(?<![\w-])(?:{labels})(?![\w-])")
    for text in (questions.as_moodle(whole()), unescaped(questions.as_gift(whole()))):
        assert re.findall(r"\{[a-z:]+\}`", text) == []
        assert named.findall(text) == []


# --- what the writing does to a text


@pytest.mark.parametrize(
    ("source", "shown"),
    [
        ("$a < b$ and *c*", r"\(a &lt; b\) and <em>c</em>"),
        ("One.\n\n$$\na\n$$", r"<p>One.</p><p>\[a\]</p>"),
        ("`w @ h` is {term}`rescaling <rescaling>`", "<code>w @ h</code> is rescaling"),
        ("{doc}`/procedures/network`", "“The network and its conventions”"),
        ("({prf:ref}`prop-box`)", None),
    ],
)
def test_a_text_becomes_html(source: str, shown: str | None) -> None:
    found = as_html(source)
    assert found == shown if shown else "proposition" in found


def test_a_label_that_is_nowhere_is_refused() -> None:
    with pytest.raises(ValueError, match="no page of the book has this label"):
        words("{eq}`eq-no-such`")
    with pytest.raises(ValueError, match="the book has no such page"):
        words("{doc}`/no/such`")


def test_signs_of_the_formats_are_escaped() -> None:
    assert questions.escape(r"\(a_{1} = 2: #~\)") == r"\\(a_\{1\} \= 2\: \#\~\\)"
    assert questions._cloze('x} # "y" / ~') == r"x\} \# \"y\" \/ \~"
    assert wording.as_html("a & b") == "a &amp; b"
