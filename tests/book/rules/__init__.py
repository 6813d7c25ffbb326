"""The rules of the book that a program can see, one module a subject.

Each rule is a function that returns its faults, a sentence each: where it is, what is wrong, what
to do. `PAGE_RULES` look at one page; the others need the whole book, or what it lets pass.
"""

from collections.abc import Callable

from tests.book.rules import chapter, claims, code, exercises, figures, labels, sliders, text
from tests.book.rules.faults import Faults
from tools.pages import Page

PAGE_RULES: tuple[Callable[[Page], Faults], ...] = (
    code.cells_are_short,
    code.lines_fit_the_page,
    code.functions_are_short,
    code.open_cells_are_plain,
    code.open_cells_stand_alone,
    code.cells_ran_in_order,
    code.cells_end_plainly,
    code.nothing_is_fetched,
    code.notebook_is_small,
    code.metadata_is_lean,
    sliders.sliders_keep_their_names,
    figures.figures_are_described,
    figures.pictures_are_described,
    figures.drawing_cells_are_tagged,
    text.text_is_broken_up,
    text.words_show_and_do_not_praise,
    exercises.exercises_are_solved,
    exercises.exercises_stand_alone,
    exercises.exercise_cells_are_stubs,
    exercises.solutions_are_whole,
    labels.glued_numbers_are_used,
    claims.claims_are_sentences,
    claims.claims_stand_once,
    chapter.chapters_have_their_parts,
)
