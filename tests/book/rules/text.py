"""Words: British, short, showing what they say; numbers that come from the run."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator

from tests.book.rules.faults import Allowed, Faults, parsed
from tools.pages import Page

MAX_TEXT_CELLS = 3


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


NUMBER = re.compile(
    r"(?<![\w.:/-])([-−]?\d+\.\d+(?:e[-+]?\d+)?|\d+(?:\.\d+)?e[-+]?\d+|\d+(?:\.\d+)?\s*\\times\s*10\^)"
    r"(?![\w/]|\.\d)"
)
# A formula in a line that is a number, or that ends in one: $-1.4$, $\tau = 2.5$, $x \approx 0.3$.
VALUE = re.compile(r"(?:^|=|\\approx|\\simeq|\\sim)\s*(-?\d+\.\d+(?:e[-+]?\d+)?)\s*$")
DISPLAYED = re.compile(r"\$\$.*?\$\$|^ *(`{3,})\{math\}.*?^ *\1 *$", re.M | re.S)
FORMULA = re.compile(r"(?<![\\$])\$([^$]+)\$")


def numbers_are_glued(page: Page, allowed: Allowed) -> Faults:
    """No computed number typed in prose: it stands in the code as a parameter, or it is glued."""
    kept = {float(number) for number in allowed.get("typed_number", {}).get(page.name, {})}
    given = kept | _parameters(page)
    faults = []
    for cell in page.text if page.is_notebook else []:
        for number in _typed(_without_exercises(cell.source)):
            if _value(number) not in given:
                faults.append(
                    f"{page.at(cell)}: {number} is typed; glue it where it is computed, or, if it"
                    " is given and not computed, say why in tests/book/allowed.toml"
                )
    return faults


def _typed(text: str) -> list[str]:
    """The numbers with a decimal point that a text types, in words or as a formula of its own."""
    formulas = FORMULA.findall(DISPLAYED.sub(" ", re.sub(r"(`+).*?\1", " ", text, flags=re.S)))
    values = [found[1] for formula in formulas if (found := VALUE.search(formula.strip()))]
    return NUMBER.findall(_prose(text)) + values


def _value(number: str) -> float:
    return float(number.replace("−", "-").split("\\")[0])


def _parameters(page: Page) -> set[float]:
    """Numbers that the code, an exercise or a displayed formula states, with and without sign."""
    given = [number for cell in page.code for number in _constants(parsed(cell))]
    sources = [one.body for one in page.directives if one.name == "exercise"]
    sources += [found[0] for cell in page.text for found in DISPLAYED.finditer(cell.source)]
    given += [float(n) for n in re.findall(r"-?\d+\.?\d*(?:e[-+]?\d+)?", "\n".join(sources))]
    # "Inhibits with weight 1.4" is said of a -1.4; "a weight of -1.4" is not said of a 1.4.
    return {sign for number in given for sign in (number, abs(number))}


def _constants(tree: ast.AST) -> Iterator[float]:
    for node in ast.walk(tree):
        if isinstance(node, ast.UnaryOp) and isinstance(node.op, ast.USub):
            yield from (-number for number in _constants(node.operand))
        elif isinstance(node, ast.Constant) and isinstance(node.value, int | float):
            yield float(node.value)


def _without_exercises(text: str) -> str:
    pattern = r"^ *(`{3,}|:{3,})\{(?:exercise|solution)\}.*?^ *\1 *$"
    return re.sub(pattern, " ", text, flags=re.M | re.S)


def exemptions_are_needed(book: list[Page], allowed: Allowed) -> Faults:
    """A typed number or an American spelling that is let pass is still there."""
    notebooks = [page for page in book if page.is_notebook]
    text = {page.name: "\n".join(cell.source for cell in page.text) for page in notebooks}
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
