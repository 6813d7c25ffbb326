"""Write the question bank in _build/questions: `make questions`.

questions.md is a page: each question with its right choice and why, and each wrong choice with its
error and the reason. questions.xml (Moodle) and questions.gift have the same questions, those that
the chapters ask before they show, and the exercises whose answers are numbers; a wrong answer has
its feedback. GIFT has one blank a question, so there an exercise with several is several questions.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from xml.etree import ElementTree as Tree

from tools import command, contents
from tools.bank import Bank, Blank, Numeric, Question, read_bank
from tools.wording import as_html

TARGET = contents.ROOT / "_build" / "questions"
HEAD = """# Question bank

{count} questions with choices. The right choice comes first here, and in an order of chance in
Moodle, which reads `questions.xml`; other programs read `questions.gift`. Both files have besides
the {asked} questions that chapters ask before they show, and {numeric} exercises whose answers
are numbers.
"""


# --- the page


def as_page(banks: Iterable[Bank]) -> str:
    """The bank as a page of the lecturer's edition."""
    banks = list(banks)
    count, asked = sum(len(b.questions) for b in banks), sum(len(b.predictions) for b in banks)
    parts = [HEAD.format(count=count, asked=asked, numeric=sum(len(b.numeric) for b in banks))]
    for bank in banks:
        parts += [f"## {bank.title}", f"The page: {{doc}}`/{bank.page}`."]
        for number in sorted({one.objective for one in bank.questions} | bank.covered.keys()):
            parts += _objective(bank, number)
    return "\n\n".join(parts) + "\n"


def _objective(bank: Bank, number: int) -> Iterator[str]:
    aims = bank.objectives
    yield f"**Objective {number}**: {aims[number - 1] if number <= len(aims) else 'the page'}"
    covered = bank.covered.get(number, {})
    labels = [*covered.get("predictions", []), *covered.get("exercises", [])]
    if labels:
        yield "On the page: " + ", ".join(f"{{ref}}`{label} <{label}>`" for label in labels) + "."
    for one in bank.questions:
        if one.objective == number:
            yield f"`{one.name}`. {one.ask.strip()}"
            right, *wrong = one.choices
            rows = [f"- {_line(right.text)} — **right**: {_line(right.why)}"]
            rows += [f"- {_line(c.text)} — *{_line(c.error)}*: {_line(c.why)}" for c in wrong]
            yield "\n".join(rows)


def _line(text: str) -> str:
    return " ".join(text.split())


# --- what both formats say


def feedback(error: str, why: str, page: str) -> str:
    """What a wrong choice is answered with."""
    return as_html(f"The error: {error}. {why}" if error else why, page)


def _choices(one: Question, page: str) -> Iterator[tuple[str, str, bool]]:
    for position, choice in enumerate(one.choices):
        error = "" if choice.error == "reveals" else choice.error
        yield as_html(choice.text, page), feedback(error, choice.why, page), position == 0


def number(value: float) -> str:
    """A number as both formats read it."""
    return f"{value:.10g}"


# --- Moodle XML


def as_moodle(banks: Iterable[Bank]) -> str:
    """The bank as Moodle XML."""
    quiz = Tree.Element("quiz")
    for bank in banks:
        for category, questions in _by_category(bank):
            entry = Tree.SubElement(quiz, "question", type="category")
            _text(Tree.SubElement(entry, "category"), f"$course$/top/{category}")
            for one in questions:
                _moodle(quiz, one, bank.title)
    Tree.indent(quiz)
    return Tree.tostring(quiz, encoding="unicode", xml_declaration=True) + "\n"


def _by_category(bank: Bank) -> Iterator[tuple[str, list[Question | Numeric]]]:
    """A slash parts categories, so that none stands in a title."""
    title = re.sub(r"[$\\/]", "", bank.title)
    asked = [*bank.questions, *bank.predictions]
    for aim in sorted({one.objective for one in asked}):
        name = f"{title}/objective {aim}" if aim else f"{title}/the page"
        yield name, [one for one in asked if one.objective == aim]
    if bank.numeric:
        yield f"{title}/exercises", list(bank.numeric)


def _text(parent: Tree.Element, text: str) -> None:
    Tree.SubElement(parent, "text").text = text


def _moodle(quiz: Tree.Element, one: Question | Numeric, page: str) -> None:
    kind = "multichoice" if isinstance(one, Question) else "cloze"
    if isinstance(one, Numeric) and len(one.blanks) == 1:
        kind = "numerical"
    entry = Tree.SubElement(quiz, "question", type=kind)
    _text(Tree.SubElement(entry, "name"), one.name)
    asked = as_html(one.ask, page)
    if isinstance(one, Numeric) and kind == "cloze":
        asked += "".join(f"<p>{_plain(b.name)}: {cloze(b)}</p>" for b in one.blanks)
    _text(Tree.SubElement(entry, "questiontext", format="html"), asked)
    if isinstance(one, Question):
        for name, value in (("single", "true"), ("shuffleanswers", "true")):
            Tree.SubElement(entry, name).text = value
        Tree.SubElement(entry, "answernumbering").text = "abc"
        for text, said, right in _choices(one, page):
            _answer(entry, text, said, "100" if right else "0")
    elif kind == "numerical":
        _blank(entry, one.blanks[0])


def _answer(
    entry: Tree.Element, text: str, said: str, fraction: str, tolerance: float | None = None
) -> None:
    form = "html" if tolerance is None else "moodle_auto_format"
    answer = Tree.SubElement(entry, "answer", fraction=fraction, format=form)
    _text(answer, text)
    if tolerance is not None:
        Tree.SubElement(answer, "tolerance").text = number(tolerance)
    _text(Tree.SubElement(answer, "feedback", format="html"), said)


def _blank(entry: Tree.Element, blank: Blank) -> None:
    _answer(entry, number(blank.value), "Right.", "100", blank.tolerance)
    for value, hint in blank.wrong:
        _answer(entry, number(value), _plain(hint), "0", blank.tolerance)
    _answer(entry, "*", _plain(blank.hint), "0", 0.0)


def _plain(hint: str) -> str:
    """Hints of the keys are plain text."""
    return hint.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")


def cloze(blank: Blank) -> str:
    """A blank as Moodle writes it into a text: the right number, then each wrong one."""
    given = [f"={number(blank.value)}:{number(blank.tolerance)}#Right."]
    given += [
        f"%0%{number(value)}:{number(blank.tolerance)}#{_cloze(_plain(hint))}"
        for value, hint in blank.wrong
    ]
    return "{1:NUMERICAL:" + "~".join([*given, f"%0%*#{_cloze(_plain(blank.hint))}"]) + "}"


def _cloze(text: str) -> str:
    return re.sub(r'([}#~/"\\])', r"\\\1", text)


# --- GIFT


def as_gift(banks: Iterable[Bank]) -> str:
    """The bank as GIFT; an empty line parts questions, so that none stands in one."""
    parts = []
    for bank in banks:
        for category, questions in _by_category(bank):
            parts.append(f"$CATEGORY: $course$/top/{category}")
            for one in questions:
                parts += _gift(one, bank.title)
    return "\n\n".join(parts) + "\n"


def _gift(one: Question | Numeric, page: str) -> Iterator[str]:
    asked = as_html(one.ask, page)
    if isinstance(one, Question):
        rows = [
            f"{'=' if right else '~'}{escape(text)}#{escape(said)}"
            for text, said, right in _choices(one, page)
        ]
        yield _entry(one.name, asked, rows)
        return
    for k, blank in enumerate(one.blanks, 1):
        name = one.name if len(one.blanks) == 1 else f"{one.name}, {k}"
        wanted = "" if len(one.blanks) == 1 else f"<p>Give: {_plain(blank.name)}</p>"
        yield _entry(name, asked + wanted, ["#", *_gift_blank(blank)])


def _gift_blank(blank: Blank) -> Iterator[str]:
    near = number(blank.tolerance)
    yield f"={number(blank.value)}:{near}#Right."
    for value, hint in blank.wrong:
        yield f"=%0%{number(value)}:{near}#{escape(_plain(hint))}"
    yield f"~#{escape(_plain(blank.hint))}"


def _entry(name: str, asked: str, rows: list[str]) -> str:
    inside = "\n".join(rows)
    return f"::{escape(name)}::[html]{escape(asked)}{{\n{inside}\n}}"


def escape(text: str) -> str:
    """GIFT reads ~ = # { } : and the backslash as signs of its own."""
    return re.sub(r"([\\~=#{}:])", r"\\\1", text)


def main() -> int:
    TARGET.mkdir(parents=True, exist_ok=True)
    banks = read_bank()
    made = {"md": as_page, "xml": as_moodle, "gift": as_gift}
    for suffix, write in made.items():
        (TARGET / f"questions.{suffix}").write_text(write(banks), encoding="utf-8")
    print(f"The question bank is in {TARGET.relative_to(contents.ROOT)}: {', '.join(made)}.")
    return 0


if __name__ == "__main__":
    command.run(main)
