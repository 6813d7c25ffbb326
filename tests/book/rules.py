"""The rules of the book that a program can see.

Each rule is a function that returns its faults, a sentence each: where it is, what is wrong, what
to do. `PAGE_RULES` look at one page; the others need the whole book, or what it lets pass.
"""

from __future__ import annotations

import ast
import html
import re
from collections.abc import Callable, Iterator
from itertools import pairwise
from pathlib import Path
from typing import Any

from helpers.book.claims import read_claims
from tools.pages import Cell, Directive, Page

MAX_LINES = 15
MAX_BYTES = 1_000_000
MAX_TEXT_CELLS = 3
MIN_ALT = 40
MAX_DEFINITION = 5
CELL_KEYS = {"tags", "mystnb", "nbgrader", "jupyter"}
CLAIMED = ("eq-", "thm-", "lem-", "prop-", "cor-", "erratum-")
LEVELS = ("pencil", "code", "open")
# Notebooks that are looked up and not read through: they need no exercises and no slider.
LOOKED_UP = {"table"}
GIVEN_UP = "raises-exception"

Faults = list[str]
Allowed = dict[str, dict[str, Any]]


# --- code


def code_cells_are_short(page: Page) -> Faults:
    """No code cell over fifteen visible lines."""
    faults = []
    for cell in page.code:
        lines = [line for line in cell.source.splitlines() if not line.startswith("### ")]
        if len(lines) > MAX_LINES and cell.role == "open":
            faults.append(
                f"{page.at(cell)} has {len(lines)} lines, over {MAX_LINES}; split it, or move what"
                " it defines to helpers"
            )
    return faults


def definitions_are_in_helpers(page: Page) -> Faults:
    """What a chapter defines in more than five lines is in helpers."""
    faults = []
    for cell in page.code:
        if cell.tags & {"exercise", "solution", "solution-check"}:
            continue
        for node in ast.walk(_parse(cell)):
            if isinstance(node, ast.FunctionDef | ast.ClassDef):
                length = (node.end_lineno or node.lineno) - node.lineno
                if length > MAX_DEFINITION:
                    faults.append(
                        f"{page.at(cell)} defines {node.name} in {length} lines; move it to helpers"
                    )
    return faults


def cells_ran_in_order(page: Page) -> Faults:
    """Every code cell ran, once, from first to last, without error and without a warning."""
    faults = []
    for cell in page.code:
        if not cell.source.strip():
            faults.append(f"{page.at(cell)} is empty; remove it")
        if cell.execution_count != cell.number:
            faults.append(
                f"{page.at(cell)} has execution count {cell.execution_count}, not {cell.number};"
                " run make notebooks"
            )
        for output in cell.outputs:
            if output["output_type"] == "error" and GIVEN_UP not in cell.tags:
                faults.append(
                    f"{page.at(cell)} ends in {output['ename']}; mend it, or tag it {GIVEN_UP}"
                    " if the error is the lesson"
                )
            if output.get("name") == "stderr":
                first = output["text"].strip().splitlines()[0]
                faults.append(f"{page.at(cell)} warns ({first}); remove what it warns of")
    return faults


def cells_end_plainly(page: Page) -> Faults:
    """No semicolon at the end: nbval does not honour it, so the two runs would differ."""
    return [
        f"{page.at(cell)} ends in a semicolon; end a figure with plt.show(), assign other values"
        for cell in page.code
        if cell.source.rstrip().endswith(";")
    ]


def nothing_is_fetched(page: Page) -> Faults:
    """A chapter reads nothing from the network."""
    return [
        f"{page.at(cell)} names {name!r}; data belongs in book/data"
        for cell in page.code
        for name in ("http://", "https://", "urllib", "requests", "urlopen")
        if name in cell.source
    ]


def notebook_is_small(page: Page) -> Faults:
    if not page.is_notebook or not page.path.is_file():
        return []
    size = page.path.stat().st_size
    if size <= MAX_BYTES:
        return []
    return [f"{page.path.name} has {size} bytes; fewer frames or smaller figures (at most 1 MB)"]


def metadata_is_lean(page: Page) -> Faults:
    """Only the metadata that tools/notebooks.py keeps, ids that are words, no widget state."""
    if not page.is_notebook:
        return []
    faults = []
    extra = set(page.metadata) - {"kernelspec", "language_info"}
    if extra or set(page.metadata.get("language_info", {})) - {"name"}:
        faults.append(f"{page.path.name} has metadata of one machine; run make notebooks")
    for cell in page.cells:
        extra = set(cell.metadata) - CELL_KEYS
        extra |= set(cell.metadata.get("jupyter", {})) - {"source_hidden"}
        if extra:
            faults.append(f"{page.at(cell)} has metadata {sorted(extra)}; run make notebooks")
        if not re.fullmatch(r"[a-z][a-z0-9]*(-[a-z0-9]+)*", cell.id) or re.fullmatch(
            r"[0-9a-f]{8}(-[0-9a-f]{4}){0,3}.*", cell.id
        ):
            faults.append(f"{page.at(cell)} has the id {cell.id!r}; give it one of plain words")
        if cell.mime("application/vnd.jupyter.widget-view+json"):
            faults.append(f"{page.at(cell)} stores a widget; run make notebooks (BOOK_STATIC=1)")
    faults += _doubles([cell.id for cell in page.cells], f"{page.path.name}: the cell id")
    return faults


def sliders_keep_their_names(page: Page) -> Faults:
    """What a slider's functions read at each move is not given another value further down.

    With a kernel they are called when the reader moves the slider, after all cells have run.
    """
    bound = [(cell, node, names) for cell in page.code for node, names in _bindings(_parse(cell))]
    faults = []
    for cell in page.code:
        calls = [n for n in ast.walk(_parse(cell)) if isinstance(n, ast.Call) and _calls(n)]
        read = _read_later(calls, [b for b in bound if b[0].number <= cell.number])
        faults += [
            f"{page.at(later)} gives {name!r} another value, and the slider in {page.at(cell)}"
            " reads it; take another name"
            for later, _, names in bound
            if later.number > cell.number
            for name in sorted(names & read)
        ]
    return faults


def _calls(node: ast.Call) -> bool:
    return isinstance(node.func, ast.Name) and node.func.id == "explore"


def _bindings(tree: ast.Module) -> Iterator[tuple[ast.stmt, set[str]]]:
    """The statements of a cell that give values to names of the notebook, and these names."""
    for statement in tree.body:
        if isinstance(statement, ast.FunctionDef):
            yield statement, {statement.name}
        elif isinstance(statement, ast.Import | ast.ImportFrom):
            yield statement, {(a.asname or a.name).split(".")[0] for a in statement.names}
        else:
            yield statement, _stored(statement)


def _stored(node: ast.AST) -> set[str]:
    """The names that a statement binds, without those inside functions and comprehensions."""
    if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store):
        return {node.id}
    local = ast.Lambda | ast.ListComp | ast.SetComp | ast.DictComp | ast.GeneratorExp
    parts = () if isinstance(node, local) else ast.iter_child_nodes(node)
    return set().union(*(_stored(part) for part in parts))


def _read_later(calls: list[ast.Call], bound: list[tuple[Cell, ast.stmt, set[str]]]) -> set[str]:
    """The names that the functions handed to these calls read when they are called."""

    def inside(name: str) -> list[str]:
        last = next((node for _, node, names in reversed(bound) if name in names), None)
        return [] if last is None else _read_in(last)

    given = [part for call in calls for part in (*call.args, *(k.value for k in call.keywords))]
    waiting = [name for part in given for name in _read_in(part)]
    waiting += [n for part in given if isinstance(part, ast.Name) for n in inside(part.id)]
    read: set[str] = set()
    while waiting:
        name = waiting.pop()
        waiting += [] if name in read else inside(name)
        read.add(name)
    return read


def _read_in(node: ast.AST) -> list[str]:
    """The names that the functions in a piece of code read and do not bind themselves."""
    functions = [n for n in ast.walk(node) if isinstance(n, ast.FunctionDef | ast.Lambda)]
    return [name for function in functions for name in _free(function)]


def _free(function: ast.FunctionDef | ast.Lambda) -> set[str]:
    """The names that a function reads and does not bind itself."""
    names = [node for node in ast.walk(function) if isinstance(node, ast.Name)]
    own = {node.arg for node in ast.walk(function) if isinstance(node, ast.arg)}
    own |= {node.id for node in names if isinstance(node.ctx, ast.Store)}
    return {node.id for node in names if isinstance(node.ctx, ast.Load)} - own


# --- figures


def figures_are_described(page: Page) -> Faults:
    """A cell that draws has alt text, a caption and a name, and ends in plt.show()."""
    faults = []
    for cell in page.code:
        if cell.mime("image/png"):
            told = cell.figure
            alt = told.get("image", {}).get("alt", "")
            caption = told.get("figure", {}).get("caption", "")
            faults += [f"{page.at(cell)} {what}" for what in _bad_alt(alt, caption)]
            if not caption:
                faults.append(f"{page.at(cell)} draws without a caption; mystnb.figure.caption")
            if not str(told.get("figure", {}).get("name", "")).startswith("fig-"):
                faults.append(f"{page.at(cell)} draws without a name fig-...; mystnb.figure.name")
            if cell.source.rstrip().splitlines()[-1].strip() != "plt.show()":
                faults.append(f"{page.at(cell)} draws and does not end in plt.show()")
        if re.search(r"\.(set_title|suptitle)\(|plt\.title\(", cell.source):
            faults.append(f"{page.at(cell)} writes a title into the picture; the caption says it")
    return faults


def pictures_are_described(page: Page) -> Faults:
    """Pictures in text, and in the HTML of a slider, have alt text too."""
    faults = []
    for cell in page.text:
        for directive in cell.directives:
            if directive.name in ("figure", "image"):
                alt = directive.options.get("alt", "")
                faults += [f"{page.at(cell)} {what}" for what in _bad_alt(alt, directive.body)]
        for alt in re.findall(r"!\[([^\]]*)\]\(", cell.source):
            faults += [f"{page.at(cell)} {what}" for what in _bad_alt(alt, "")]
    for cell in page.code:
        for markup in cell.mime("text/html"):
            for tag in re.findall(r"<img\b[^>]*>", markup):
                alt = re.search(r'\balt="([^"]*)"', tag)
                words = html.unescape(alt[1]) if alt else ""
                faults += [f"{page.at(cell)} {what}" for what in _bad_alt(words, "")]
    return faults


def _bad_alt(alt: str, caption: str) -> Iterator[str]:
    if len(alt) < MIN_ALT or " " not in alt:
        yield f"has the alt text {alt!r}; say what the picture shows, in {MIN_ALT} signs or more"
    elif _words_only(alt) == _words_only(caption):
        yield "has its caption as alt text; the alt text is for someone who cannot see the picture"


def _words_only(text: str) -> str:
    return " ".join(re.findall(r"\w+", text.lower()))


# --- text


def text_is_broken_up(page: Page) -> Faults:
    """No more than three text cells without code or a figure, outside proofs and exercises."""
    faults = []
    run = 0
    for cell in page.cells if page.is_notebook else []:
        names = {directive.name for directive in cell.directives}
        if cell.kind == "code" or names & {"figure", "image", "list-table", "table"}:
            run = 0
        elif not names & {"prf:proof", "exercise", "solution", "solution-start", "solution-end"}:
            run += 1
            if run == MAX_TEXT_CELLS + 1:
                faults.append(
                    f"{page.at(cell)} is the fourth text in a row; show, or compute, something"
                )
    return faults


SPELLING = {
    r"(?P<stem>col|behavi|fav|neighb|hon|vap|lab|harb)or(?P<end>\w*)": "{stem}our{end}",
    r"(?P<stem>cent|fib|lit|theat)er(?P<end>s?)": "{stem}re{end}",
    r"(?P<stem>anal|paral)yz(?P<end>e|es|ed|ing)": "{stem}ys{end}",
    r"(?P<stem>label|model|travel|signal|cancel|channel)(?P<end>ed|ing)": "{stem}l{end}",
    r"(?P<stem>gr)ay(?P<end>s?)": "{stem}ey{end}",
    r"(?P<stem>\w{3,})iz(?P<end>e|es|ed|er|ers|ing|ation|ations|able)": "{stem}is{end}",
}
NO_OTHER_SPELLING = re.compile(
    r"\w*(sizes?|sized|sizing|sizable|prizes?|seize[sd]?|seizing|labor\w+|litera\w*|color\w*map\w*)",
    re.IGNORECASE,
)


def spelling_is_british(page: Page, allowed: Allowed) -> Faults:
    kept = set(allowed.get("spelling", {}))
    faults = []
    for where, text in _sentences(page):
        for pattern, better in SPELLING.items():
            for match in re.finditer(rf"\b{pattern}\b", text, re.IGNORECASE):
                word = match[0]
                if word not in kept and not NO_OTHER_SPELLING.fullmatch(word):
                    advice = better.format(**match.groupdict())
                    faults.append(f"{where}: {word!r}; British spelling has {advice!r}")
    return faults


BANNED = re.compile(
    r"\b(crucial\w*|powerful|elegant\w*|interesting\w*|important(ly)? to note|it is important|"
    r"clearly|obvious(ly)?|easy to see|easily seen|as we can see|needless to say|of course|"
    r"simply put|it should be noted|note that|delve\w*|leverag\w+|in this chapter,? we)\b",
    re.IGNORECASE,
)


def words_show_and_do_not_praise(page: Page) -> Faults:
    """Words that assert what should be shown."""
    return [
        f"{where}: {match[0]!r}; show it, or cut it"
        for where, text in _sentences(page)
        for match in BANNED.finditer(text)
    ]


def _sentences(page: Page) -> Iterator[tuple[str, str]]:
    """Every piece of prose that a reader meets: text cells, captions, alt texts."""
    for cell in page.text:
        yield page.at(cell), _prose(cell.source)
    for cell in page.code:
        for words in (cell.figure.get("image", {}), cell.figure.get("figure", {})):
            yield page.at(cell), _prose(" ".join(str(v) for k, v in words.items() if k != "name"))


def _prose(text: str) -> str:
    """The text without code, maths, roles, links, options and citations."""
    text = re.sub(r"^ *(`{3,}|~{3,})(?!\{)[^\n]*\n.*?^ *\1 *$", " ", text, flags=re.M | re.S)
    text = re.sub(r"^ *(`{3,}|:{3,})\{(math|code[\w-]*|figure|image)\}.*?^ *\1 *$", " ", text,
                  flags=re.M | re.S)  # fmt: skip
    text = re.sub(r"^ *:[\w-]+:.*$", " ", text, flags=re.M)
    text = re.sub(r"\{[\w:-]+\}`[^`]*`", " ", text)
    text = re.sub(r"(`+).*?\1", " ", text, flags=re.S)
    text = re.sub(r"\\begin\{(\w+\*?)\}.*?\\end\{\1\}", " ", text, flags=re.S)
    text = re.sub(r"\$\$.*?\$\$|\$[^$]*\$", " ", text, flags=re.S)
    text = re.sub(r"\]\([^)]*\)", "] ", text)
    return re.sub(r"https?://\S+|\barXiv:? ?\d{4}\.\d{4,5}(v\d+)?", " ", text)


# --- numbers

NUMBER = re.compile(
    r"(?<![\w.:/-])(\d+\.\d+(?:e[-+]?\d+)?|\d+(?:\.\d+)?e[-+]?\d+|\d+(?:\.\d+)?\s*\\times\s*10\^)"
    r"(?![\w/]|\.\d)"
)
ROUGHLY = re.compile(r"\\(?:approx|simeq|sim)\s*(-?\d+\.\d+(?:e[-+]?\d+)?)")


def numbers_are_glued(page: Page, allowed: Allowed) -> Faults:
    """No computed number typed in prose: it stands in the code as a parameter, or it is glued."""
    kept = {float(number) for number in allowed.get("typed_number", {}).get(page.name, {})}
    given = kept | _parameters(page)
    faults = []
    for cell in page.text if page.is_notebook else []:
        text = _without_exercises(cell.source)
        typed = NUMBER.findall(_prose(text)) + ROUGHLY.findall(text)
        for number in typed:
            if _significant(number) >= 3 and abs(_value(number)) not in given:
                faults.append(
                    f"{page.at(cell)}: {number} is typed; glue it where it is computed, or, if it"
                    " is given and not computed, say why in tests/book/allowed.toml"
                )
    return faults


def _value(number: str) -> float:
    return float(number.split("\\")[0])


def _significant(number: str) -> int:
    if "e" in number or "\\" in number:
        return 3
    return len(number.lstrip("-").replace(".", "").lstrip("0"))


def _parameters(page: Page) -> set[float]:
    """Numbers that the code, an exercise or a definition in maths states."""
    sources = [cell.source for cell in page.code]
    sources += [directive.body for directive in page.directives if directive.name == "exercise"]
    sources += re.findall(r"(?<![\\a-z])=\s*(-?\d+\.\d+)", "\n".join(c.source for c in page.text))
    found = re.findall(r"\d+\.?\d*(?:e[-+]?\d+)?", "\n".join(sources))
    return {float(number) for number in found}


def _without_exercises(text: str) -> str:
    return re.sub(r"^ *(`{3,}|:{3,})\{exercise\}.*?^ *\1 *$", " ", text, flags=re.M | re.S)


# --- exercises


def exercises_are_solved(page: Page) -> Faults:
    """Each exercise has a label, a level, a time and one solution, which is folded."""
    faults = []
    asked = [d for d in page.directives if d.name in ("exercise", "exercise-start")]
    solved = [d for d in page.directives if d.name in ("solution", "solution-start")]
    for one in asked:
        where = f"{page.path.name}, exercise {one.label!r}"
        words = f"{one.argument} {one.body}".lower()
        if not one.label.startswith("ex-"):
            faults.append(f"{where} ({one.argument}) has no label ex-...")
        if not re.search(rf"\b({'|'.join(LEVELS)})\b", words):
            faults.append(f"{where} says no level; one of {', '.join(LEVELS)}")
        if not re.search(r"\d+ ?min", words):
            faults.append(f"{where} says no time; write (pencil, 5 min)")
        if sum(d.argument == one.label for d in solved) != 1:
            faults.append(f"{where} needs one solution that names it")
    for one in solved:
        where = f"{page.path.name}, solution of {one.argument!r}"
        if one.argument not in {d.label for d in asked}:
            faults.append(f"{where} solves no exercise of this page")
        if "dropdown" not in one.options.get("class", "") or not one.label.startswith("sol-"):
            faults.append(f"{where} needs :class: dropdown and :label: sol-...")
    return faults


def coding_exercises_are_gradable(page: Page) -> Faults:
    """Your turn, then in a fold the solution and its check, marked for nbgrader by metadata."""
    faults = []
    for position, cell in enumerate(page.cells):
        if "exercise" in cell.tags:
            label = _label_before(page, position, "exercise")
            faults += _missing_answer(page, cell, label)
    for position, cell in enumerate(page.cells):
        for directive in cell.directives:
            if directive.name == "solution-start":
                faults += _solution_faults(page, position, directive)
    grade_ids = [cell.metadata.get("nbgrader", {}).get("grade_id", "") for cell in page.code]
    return faults + _doubles(grade_ids, f"{page.path.name}: the grade_id")


def _label_before(page: Page, position: int, name: str) -> str:
    for cell in reversed(page.cells[:position]):
        for directive in reversed(cell.directives):
            if directive.name == name:
                return directive.label
    return ""


def _missing_answer(page: Page, cell: Cell, label: str) -> Faults:
    if label and re.search(rf"\banswer\(\s*[\"']{re.escape(label)}[\"']", cell.source):
        return []
    return [f"{page.at(cell)} must check itself: answer({label!r}, ...)"]


def _solution_faults(page: Page, position: int, start: Directive) -> Faults:
    """The cells between {solution-start} and {solution-end}."""
    faults = []
    inside: list[Cell] = []
    for cell in page.cells[position + 1 :]:
        if any(directive.name == "solution-end" for directive in cell.directives):
            break
        inside.append(cell)
    else:
        faults.append(f"{page.path.name}: {{solution-start}} {start.argument} is never ended")
    where = f"{page.path.name}, solution of {start.argument!r}"
    solutions = [cell for cell in inside if "solution" in cell.tags]
    checks = [cell for cell in inside if "solution-check" in cell.tags]
    if len(solutions) != 1 or not checks:
        faults.append(f"{where} needs one cell tagged solution and one tagged solution-check")
    for cell in solutions:
        marked = all(f"### {word} SOLUTION" in cell.source for word in ("BEGIN", "END"))
        if not marked or not _graded(cell, solution=True, grade=False, locked=False):
            faults.append(f"{page.at(cell)}: nbgrader solution metadata, ### BEGIN/END SOLUTION")
        if not cell.metadata.get("jupyter", {}).get("source_hidden"):
            faults.append(f"{page.at(cell)}: jupyter.source_hidden = true, so that Lab folds it")
    for cell in checks:
        if not _graded(cell, solution=False, grade=True, locked=True) or not _points(cell):
            faults.append(f"{page.at(cell)}: nbgrader grade and locked, with points")
        faults += _missing_answer(page, cell, start.argument)
    return faults


def _graded(cell: Cell, **wanted: bool) -> bool:
    told = cell.metadata.get("nbgrader", {})
    named = told.get("schema_version") == 3 and bool(told.get("grade_id"))
    return named and all(bool(told.get(key)) is value for key, value in wanted.items())


def _points(cell: Cell) -> bool:
    return bool(cell.metadata.get("nbgrader", {}).get("points", 0) > 0)


# --- labels, references and claims

ROLE = re.compile(r"\{(eq|ref|numref|prf:ref|doc|glue:text|cite(?::\w+)?)\}`([^`]+)`")


def labels_of(page: Page) -> list[str]:
    """Every label that the page defines."""
    found = [directive.label for directive in page.directives if directive.label]
    for cell in page.text:
        found += re.findall(r"\$\$ *\(([\w.-]+)\) *$", cell.source, flags=re.M)
        found += re.findall(r"^\(([\w.-]+)\)= *$", cell.source, flags=re.M)
        found += re.findall(r"\\label\{([^}]+)\}", cell.source)
    found += [
        c.figure["figure"]["name"] for c in page.code if c.figure.get("figure", {}).get("name")
    ]
    return found


def glued(page: Page) -> list[str]:
    return [
        output["metadata"]["scrapbook"]["name"]
        for cell in page.code
        for output in cell.outputs
        if "scrapbook" in output.get("metadata", {})
    ]


def labels_are_unique(book: list[Page]) -> Faults:
    faults = _doubles([label for page in book for label in labels_of(page)], "the label")
    faults += _doubles([name for page in book for name in glued(page)], "the glued name")
    faults += [
        f"{page.path.name}: the glued name {name!r} does not begin with {page.name}-"
        for page in book
        for name in glued(page)
        if not name.startswith(f"{page.name}-")
    ]
    return faults


def references_resolve(book: list[Page], bibliography: set[str]) -> Faults:
    """A role names a label of the book, a number of its page, a page, or a known reference."""
    labels = {label for page in book for label in labels_of(page)}
    names = {page.path.resolve().with_suffix("") for page in book}
    faults = []
    for page in book:
        known = {"glue": set(glued(page)), "cite": bibliography}
        for where, role, target in _references(page):
            if role == "doc":
                found = (page.path.parent / target).resolve() in names
            else:
                found = target in known.get(role.split(":")[0], labels)
            if not found:
                faults.append(f"{where}: {{{role}}} names {target!r}, which is not there")
    return faults


def _references(page: Page) -> Iterator[tuple[str, str, str]]:
    for cell in page.cells:
        captions = str(cell.figure.get("figure", {}).get("caption", ""))
        text = cell.source if cell.kind == "markdown" else captions
        for role, inside in ROLE.findall(text):
            named = re.search(r"<([^>]+)>$", inside.strip())
            target = named[1] if named else inside.strip()
            for one in target.split(",") if role.startswith("cite") else [target]:
                one = one.split(":")[0] if role == "glue:text" else one
                yield page.at(cell), role, one.strip()


def glued_numbers_are_used(page: Page) -> Faults:
    """A number that is stored for the text is quoted by the text."""
    text = "\n".join(cell.source for cell in page.text)
    text += "\n".join(str(cell.figure) for cell in page.code)
    return [
        f"{page.path.name} glues {name!r} and no sentence quotes it"
        for name in glued(page)
        if not re.search(rf"\{{glue:text\}}`{re.escape(name)}[`:]", text)
    ]


def claims_cover_labels(book: list[Page], allowed: Allowed) -> Faults:
    """Every equation, theorem and erratum of a chapter has a claim with a control."""
    exempt = allowed.get("no_claim", {})
    faults = []
    for page in book:
        claims = read_claims(page.path) if page.is_notebook else ()
        labels = set(labels_of(page))
        for claim in claims:
            if claim.label not in labels:
                faults.append(
                    f"{page.path.name}: claim {claim.id!r} is about no label of this page"
                )
            if claim.control.startswith("none given"):
                faults.append(f"{page.path.name}: claim {claim.id!r} has no control")
        claimed = {claim.label for claim in claims}
        for label in sorted(label for label in labels if label.startswith(CLAIMED)):
            if (label in claimed) == (label in exempt):
                what = "is exempt and has a claim" if label in exempt else "has no claim"
                faults.append(f"{page.path.name}: {label!r} {what}; check it, or see allowed.toml")
    everything = [c.id for p in book if p.is_notebook for c in read_claims(p.path)]
    faults += _doubles(everything, "the claim")
    defined = {label for page in book for label in labels_of(page)}
    faults += [f"allowed.toml exempts {label!r}, which is gone" for label in set(exempt) - defined]
    return faults


def exemptions_are_needed(book: list[Page], allowed: Allowed) -> Faults:
    """A typed number or an American spelling that is let pass is still there."""
    text = {page.name: "\n".join(cell.source for cell in page.text) for page in book}
    said = [sentence for page in book for _, sentence in _sentences(page)]
    faults = [
        f"allowed.toml lets {word!r} pass, which no page has"
        for word in allowed.get("spelling", {})
        if not any(re.search(rf"\b{word}\b", sentence) for sentence in said)
    ]
    return faults + [
        f"allowed.toml lets {number} pass in {name!r}, which does not have it"
        for name, numbers in allowed.get("typed_number", {}).items()
        for number in numbers
        if number not in text.get(name, "")
    ]


def public_names_are_used(book: list[Page], names: list[str], allowed: Allowed) -> Faults:
    """Everything public is used by a chapter."""
    code = "\n".join(cell.source for page in book for cell in page.code)
    used = {name for name in names if re.search(rf"\b{name}\b", code)}
    kept = set(allowed.get("unused_name", {}))
    faults = [f"helpers.{name} is used by no chapter; use it, or make it private"
              for name in names if name not in used | kept]  # fmt: skip
    return faults + [
        f"allowed.toml lets helpers.{name} be unused, and it is used or gone"
        for name in sorted(kept & used | kept - set(names))
    ]


# --- the shape of a chapter


def chapters_have_their_parts(page: Page) -> Faults:
    """One title, exercises of every level, a slider, a summary and further reading."""
    if page.path.parent.name == "book" or page.path.stem in LOOKED_UP or not page.is_notebook:
        return []
    text = "\n".join(cell.source for cell in page.text)
    headings = [line.lower() for line in re.findall(r"^#+ +(.+)$", text, flags=re.M)]
    faults = []
    if len(re.findall(r"^# ", re.sub(r"^```.*?^```", "", text, flags=re.M | re.S), re.M)) != 1:
        faults.append("has not exactly one title")
    asked = [d for d in page.directives if d.name in ("exercise", "exercise-start")]
    words = " ".join(f"{d.argument} {d.body}".lower() for d in asked)
    if len(asked) < 5:
        faults.append(f"has {len(asked)} exercises; five at least")
    faults += [
        f"has no exercise of the level {w}" for w in LEVELS if not re.search(rf"\b{w}\b", words)
    ]
    if not any("explore(" in cell.source for cell in page.code):
        faults.append("has no slider; explore(...)")
    faults += [
        f"has no section {part!r}"
        for part in ("summary", "further reading", "claims")
        if not any(part in heading for heading in headings)
    ]
    return [f"{page.path.name} {fault}" for fault in faults]


# --- the house

# A room uses those above it in this list, and its own modules.
ROOMS: dict[str, tuple[str, ...]] = {
    "dynamics": (),
    "analysis": ("dynamics",),
    "training": ("dynamics",),
    "networks": ("dynamics", "analysis", "training"),
    "book": ("dynamics", "analysis", "training", "networks"),
}


def imports_go_down(package: Path, rooms: dict[str, tuple[str, ...]] = ROOMS) -> Faults:
    """A module of helpers imports only from its own room or from one that this room stands on."""
    faults = []
    for path in sorted(package.rglob("*.py")):
        room, *inside = path.relative_to(package).parts
        if not inside:
            if room != "__init__.py":
                faults.append(f"{package.name}/{room} stands in no room; move it into one")
            continue
        if room not in rooms:
            faults.append(f"{package.name}/{room} is a new room; give it a place in ROOMS")
            continue
        for other in sorted(_rooms_imported(path, package.name) - {room, *rooms[room]}):
            faults.append(f"{path.relative_to(package.parent)} imports {other}, above its room")
    return faults


def _rooms_imported(path: Path, package: str) -> set[str]:
    """The rooms that a file imports from, wherever in it; the whole house counts as one."""
    names = set()
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.ImportFrom) and node.module == package:
            names.add(package)
        elif isinstance(node, ast.ImportFrom) and (node.module or "").startswith(f"{package}."):
            names.add((node.module or "").split(".")[1])
        elif isinstance(node, ast.Import):
            names |= {a.name.split(".")[1] for a in node.names if a.name.startswith(f"{package}.")}
    return names


def _parse(cell: Cell) -> ast.Module:
    try:
        return ast.parse(cell.source)
    except SyntaxError:  # a line of IPython, or a cell that shows a syntax error
        return ast.Module(body=[], type_ignores=[])


def _doubles(names: list[str], what: str) -> Faults:
    ordered = sorted(name for name in names if name)
    return sorted({f"{what} {one!r} stands twice" for one, two in pairwise(ordered) if one == two})


PAGE_RULES: tuple[Callable[[Page], Faults], ...] = (
    code_cells_are_short,
    definitions_are_in_helpers,
    cells_ran_in_order,
    cells_end_plainly,
    nothing_is_fetched,
    sliders_keep_their_names,
    notebook_is_small,
    metadata_is_lean,
    figures_are_described,
    pictures_are_described,
    text_is_broken_up,
    words_show_and_do_not_praise,
    exercises_are_solved,
    coding_exercises_are_gradable,
    glued_numbers_are_used,
    chapters_have_their_parts,
)
