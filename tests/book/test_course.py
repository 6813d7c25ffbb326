"""The faults that a lecturer found who tried to teach from the book, each with its test.

A fault is in one line; what was found is told in the test that is named, or stands below.
"""

from __future__ import annotations

import re
import subprocess
from pathlib import Path

import pytest

from helpers.book.exercises import exercise, exercise_ids
from tools import contents, instructor
from tools.instructor import page
from tools.pages import read_page

TESTS = contents.ROOT / "tests"
FAULTS = {
    "1: the released copy prints answers": (
        "book/test_assignment.py::test_no_words_of_a_solution_are_in_the_copy",
        "site/test_student.py::test_no_mark_is_anywhere",
    ),
    "2: students' environment draws no exercises": (
        "book/test_course.py::test_the_classes_environment_draws_exercises",
    ),
    "3: a stub stops the run": (
        "book/test_assignment.py::test_the_released_copy_runs_to_its_end_with_its_stubs",
    ),
    "4: a right answer warns": (
        "book/test_assignment.py::test_a_right_answer_is_marked_in_silence",
    ),
    "5: full marks without an answer": (
        "book/test_assignment.py::test_a_cheat_gets_no_points",
        "book/test_nbgrader.py::test_all_others_get_none_and_are_told_why",
    ),
    "6: random ids": ("book/test_cells.py::test_a_cell_is_named_after_what_it_holds",),
    "7: a print opens every solution": ("site/test_student.py::test_no_mark_is_anywhere",),
    "8: no site without solutions": (
        "site/test_student.py::test_no_label_of_a_solution_is_anywhere",
    ),
    "11: a page in no plan, homework without a key, open and marked at once": (
        "book/test_course.py::test_the_plans_name_every_page",
        "book/test_course.py::test_homework_that_is_not_on_paper_checks_itself",
        "book/test_course.py::test_no_project_of_the_plans_is_marked_by_a_key",
    ),
    "12: names of exercises in the lab and on the site": (
        "book/test_exercises.py::test_every_key_is_asked_for_and_every_question_has_a_key",
    ),
    "no question bank": (
        "book/test_questions.py::test_moodle_has_every_choice_and_its_feedback",
        "book/test_questions.py::test_gift_has_every_choice_and_its_feedback",
    ),
    "13: make lab takes no file and refuses root": (
        "book/test_course.py::test_make_lab_takes_a_file_and_answers_root",
    ),
    "a mangled copy": ("book/test_collect.py::test_a_mangled_copy_is_held_and_named",),
}


@pytest.mark.parametrize("fault", FAULTS)
def test_each_fault_has_its_test(fault: str) -> None:
    for named in FAULTS[fault]:
        file, name = named.split("::")
        assert f"def {name}(" in (TESTS / file).read_text(encoding="utf-8"), named


def test_the_classes_environment_draws_exercises() -> None:
    text = (contents.ROOT / "book/reading.md").read_text(encoding="utf-8")
    lines = re.findall(r"^pip install nbgrader .*$", text, re.M)
    assert lines and all("jupyterlab-myst" in line and "wheel/" in line for line in lines)


def test_make_lab_takes_a_file_and_answers_root() -> None:
    command = ["make", "-n", "lab", "FILE=book/notation.ipynb"]
    said = subprocess.run(command, cwd=contents.ROOT, capture_output=True, text=True).stdout
    assert "jupyterlab  book/notation.ipynb" in said
    assert "make lab ROOT=yes" in said


@pytest.mark.parametrize("path", contents.notebooks(), ids=lambda path: path.stem)
def test_the_lecturers_page_has_every_hint_and_vote(path: Path) -> None:
    text = page(path)
    read = read_page(path)
    for label in {one.label for one in read.directives} & set(exercise_ids()):
        for turn in exercise(label).wrong:
            assert instructor._words(turn.hint) in text
    for label in re.findall(r"^\((predict-[\w-]+)\)=", "".join(c.source for c in read.text), re.M):
        assert text.count(f"{{ref}}`{label} <{label}>`\n\n- (") == 1
        assert f"{{ref}}`{label}`" not in text, "a vote has no title that a reference could show"


def test_the_public_site_has_no_page_for_lecturers() -> None:
    names = {path.relative_to(contents.ROOT).parts[1] for path in contents.pages()}
    assert not names & {"lecturer", "guide", "questions"}


# --- plans


TEACHABLE = [
    path.relative_to(contents.ROOT / "book").with_suffix("").as_posix()
    for path in contents.pages()
    if "back" not in path.parts and path.stem not in ("intro", "reading", "course")
]
DOCUMENT = re.compile(r"\{doc\}`(?:[^`<]*<)?([\w/]+)>?`")


def section(name: str, heading: str) -> str:
    text = (contents.ROOT / "book" / f"{name}.md").read_text(encoding="utf-8")
    assert heading in text
    return re.split(r"\n##+ ", text.split(heading)[1])[0]


def rows(name: str, heading: str) -> list[list[str]]:
    """The rows of a table, without its head."""
    table = [row for row in section(name, heading).splitlines() if row.startswith("|")]
    return [[cell.strip() for cell in row.strip("|").split("|")] for row in table[2:]]


def test_the_course_has_fourteen_weeks_and_every_page_once() -> None:
    weeks = rows("course", "## Week by week")
    assert [row[0] for row in weeks] == [str(week) for week in range(1, 15)]
    named = [page for row in weeks for page in DOCUMENT.findall(row[1])]
    assert sorted(named) == sorted(TEACHABLE)


def test_a_vote_and_an_exercise_belong_to_the_pages_of_their_week() -> None:
    for row in rows("course", "## Week by week"):
        pages = [read_page(p) for p in contents.pages() if p.stem in re.findall(r"\w+", row[1])]
        text = "".join(cell.source for page in pages for cell in page.text)
        for label in re.findall(r"(?:predict|ex)-[\w-]+", " ".join(row[2:])):
            assert f"({label})=" in text or f":label: {label}\n" in text, (row[0], label)


def test_weights_add_up() -> None:
    weights = [int(row[1].removesuffix(" %")) for row in rows("course", "## What counts")]
    assert sum(weights) == 100


def test_seven_weeks_are_seven() -> None:
    weeks = rows("course", "## Seven weeks")
    assert [row[0] for row in weeks] == [str(week) for week in range(1, 8)]
    assert set(DOCUMENT.findall(" ".join(row[1] for row in weeks))) <= set(TEACHABLE)


def test_the_plans_name_every_page() -> None:
    named = set(DOCUMENT.findall(section("reading", "### Seven plans")))
    assert set(TEACHABLE) - named == set()


def test_homework_that_is_not_on_paper_checks_itself() -> None:
    for row in rows("course", "## Week by week"):
        marked = row[4].split("on paper")[0]
        assert set(re.findall(r"`(ex-[\w-]+)`", marked)) <= set(exercise_ids()), row[0]
    homework = [row[2] for row in rows("reading", "Five weeks more")][:2]
    labels = re.findall(r"`(ex-[\w-]+)`", " ".join(homework))
    assert labels and set(labels) <= set(exercise_ids())


def test_no_project_of_the_plans_is_marked_by_a_key() -> None:
    said = section("reading", "### Seven plans").split("The open exercises of Part I")[1]
    labels = re.findall(r"`(ex-[\w-]+)`", said)
    assert labels and not set(labels) & set(exercise_ids())
