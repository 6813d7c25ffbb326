"""The bench in a real browser, held to helpers: its numbers, its words, its address, its Python."""

from __future__ import annotations

import gzip
import json
import os
import re
import subprocess
import sys
from collections import Counter
from collections.abc import Iterator
from itertools import cycle
from typing import Any

import numpy as np
import pytest

from helpers.dynamics.activations import ACTIVATIONS
from helpers.dynamics.runge_kutta import RungeKutta
from helpers.dynamics.schemes import SCHEMES
from tests.site.bench_truth import ASK, drawn, held, truth, word
from tools import contents
from tools.site_check import SITE, browser_path, check_page, served, site_pages

sys.path.insert(0, str(contents.ROOT / "book/_ext"))

import bench
from bench_presets import PRESETS

PAGE = "book/bench.html"
OWN = ("bench.css", "bench-numbers.js", "bench.js")
BUDGET = 60 * 1024
STATES, BATCH = 500, 50
STATE_OF = {preset.name: preset.state() for preset in PRESETS}
SETTLED = "document.getElementById('bench-place')?.dataset.settled"
NEAR = {"rtol": 0.0, "atol": 1e-10}

State = dict[str, Any]


@pytest.fixture(scope="module")
def address() -> Iterator[str]:
    if browser_path() is None:
        if os.environ.get("CI") == "true":
            pytest.fail("no Chromium on this machine: install it, e.g. apt-get install chromium")
        pytest.skip("no Chromium on this machine: the bench is not looked at")
    command = [sys.executable, "-m", "tools.build"]
    built = subprocess.run(command, cwd=contents.ROOT, check=False)
    assert built.returncode == 0, "the site does not build"
    with served() as url:
        yield url


@pytest.fixture
def tab(browser: Any) -> Iterator[Any]:
    """A tab that fails the test at its end if a script failed in it."""
    wrong: list[str] = []
    context = browser.new_context(viewport={"width": 1280, "height": 900}, reduced_motion="reduce")
    page = context.new_page()
    page.on("pageerror", lambda error: wrong.append(str(error)))
    page.on("dialog", lambda dialog: wrong.append(dialog.message))
    yield page
    context.close()
    assert not wrong


def settled(tab: Any, url: str | None = None) -> None:
    """Open an address, or wait after a change, until nothing is left to compute."""
    if url is not None:
        tab.goto("about:blank")
        tab.goto(url)
    tab.wait_for_function(SETTLED, timeout=120_000)


def chosen(tab: Any, control: str, value: str) -> None:
    tab.evaluate("delete document.getElementById('bench-place').dataset.settled")
    tab.select_option(control, value)
    settled(tab)


def seen(tab: Any) -> dict[str, Any]:
    """What stands in the table, in full, by its name."""
    rows = "rows => rows.map(r => [r.cells[0].textContent, r.cells[1].dataset.full ?? null])"
    found = tab.locator("#bench-numbers tr").evaluate_all(rows)
    return {name: None if full is None else json.loads(full) for name, full in found}


def verdict_of(tab: Any) -> str:
    return str(tab.locator("#bench-verdict").get_attribute("data-word"))


# -- The numbers are those of helpers --------------------------------------------------------------


def near(found: Any, right: Any, scale: float = 1.0) -> bool:
    array = np.asarray(right)
    size = scale * max(1.0, float(np.max(np.abs(array), initial=0.0)))
    return bool(np.allclose(np.reshape(found, array.shape) / size, array / size, **NEAR))


def same_values(found: Any, jacobian: Any) -> bool:
    """Eigenvalues in pairs, as near as those of a matrix that rounding has moved."""
    left = list(np.linalg.eigvals(jacobian))
    _, vectors = np.linalg.eig(jacobian)
    condition = min(float(np.linalg.cond(vectors)), 1e15)
    size = 1.0 + float(np.linalg.norm(jacobian))
    for value in [complex(*pair) for pair in found]:
        index = int(np.argmin(np.abs(np.array(left) - value)))
        # Where the vectors are one, an eigenvalue moves with a root of the rounding: no statement.
        if condition < 1e6 and abs(left.pop(index) - value) > 1e-10 * size:
            return False
    return True


def reason(text: str) -> str:
    """A refusal without the digits of a search that does not converge, which are chaotic."""
    return re.sub(r"(delta =|update) [\d.e+-]+", r"\1", text)


def same_reason(one: str, other: str) -> bool:
    return reason(one) == reason(other)


def wrong_end(found: Any, right: Any) -> str | None:
    if "refused" in found or "refused" in right:
        agree = same_reason(found.get("refused", ""), right.get("refused", ""))
        return None if agree else f"{found} where helpers say {right}"
    one, other = found["value"], right["value"]
    deltas = [value for value in (one["delta"], other["delta"]) if value is not None]
    if one["name"] != other["name"] or len(deltas) == 1 or (deltas and not near(*deltas)):
        return f"{one['name']}, {one['delta']}"
    for part in ("moved", "jacobian", "input"):
        if not near(one[part], other[part]):
            return part
    calm = other["film"] is not None and np.max(np.abs(other["film"])) < 10.0
    if calm and not near(one["film"], other["film"]):
        return "film"
    return None if same_values(one["values"], other["jacobian"]) else "eigenvalues"


def faults(tab: Any, states: list[State]) -> tuple[list[str], Counter[str]]:
    wrong, words = [], Counter[str]()
    for start in range(0, len(states), BATCH):
        batch = states[start : start + BATCH]
        for state, found in zip(batch, tab.evaluate(ASK, batch), strict=True):
            fault = one_fault(state, found, words)
            if fault:
                wrong.append(f"{fault}: {state}")
    return wrong, words


def one_fault(state: State, found: Any, words: Counter[str]) -> str | None:
    said = found["said"].get("value")
    right = truth(state, said["steps"] if said else [state["delta"]])
    for one, other in zip(found["ends"], right["ends"], strict=True):
        if fault := wrong_end(one, other):
            return fault
    if "refused" in right["apart"]:
        words["refused"] += 1
        agree = same_reason(found["apart"].get("refused", ""), right["apart"]["refused"])
        return None if agree else f"{found['apart']} where helpers say {right['apart']}"
    if not near(found["apart"]["value"], right["apart"]["value"]):
        return "gap"
    if said is None:
        return None if "refused" in right["gaps"] else f"{found['said']}"
    words[said["word"]] += 1
    if not near(said["gaps"], right["gaps"]["value"]):
        return "gaps"
    expected = word(said["steps"], right["gaps"]["value"])
    known = said["word"] == expected or (said["word"], expected) == ("not settled", "fails")
    return None if known else f"{said['word']} where helpers say {expected}"


def test_random_states_are_computed_as_helpers_compute_them(address: str, tab: Any) -> None:
    """Steps, films, Jacobians, spectra, gaps, verdicts, refusals; the page opened from a file."""
    settled(tab, (SITE / PAGE).as_uri())
    rng = np.random.default_rng(int.from_bytes(os.urandom(4)))
    wrong, words = faults(tab, [drawn(rng, list(ACTIVATIONS)) for _ in range(STATES)])
    assert not wrong
    # What is compared has all kinds in it, so that no word is agreed on for want of cases.
    assert words["exact"] > 50 and words["order 1"] > 10 and words["refused"] > 5, words
    assert words["fails"] > 5, words


def test_every_method_on_every_preset(address: str, tab: Any) -> None:
    settled(tab, address + PAGE)
    lines = cycle(("sub", "point", "point"))
    states = [
        state | {"method": method, "line": next(lines)}
        for state in STATE_OF.values()
        for method in SCHEMES
    ]
    wrong, _ = faults(tab, states)
    assert not wrong


def test_a_wrong_entry_of_a_table_is_seen(address: str, tab: Any) -> None:
    """Each number of each table, moved by a millionth, moves one step by more than is allowed."""
    settled(tab, address + PAGE)
    state = drawn(np.random.default_rng(1), ["tanh"]) | {"form": "activity", "delta": 0.5}
    moved = tab.evaluate(
        """(s) => {
          const told = JSON.parse(document.getElementById("bench-told").textContent);
          const step = (data, method) => {
            const B = benchNumbers(data);
            return B.discretise(B.network(s), s.delta, method).stepAll([s.start], [s.pointx])[0];
          };
          const out = [];
          told.schemes.forEach((scheme, i) => (scheme.b ?? []).forEach((_, j) =>
            [...scheme.a.map((_, k) => ["a", k]), ["b"]].forEach(([part, row]) => {
              const data = structuredClone(told);
              const list = part === "b" ? data.schemes[i].b : data.schemes[i].a[row];
              // Above the diagonal of an explicit method nothing is read.
              if (part === "a" && scheme.explicit && j >= row) return;
              list[j] += 1e-6;
              const [one, other] = [step(told, scheme.name), step(data, scheme.name)];
              const apart = Math.max(...one.map((v, k) => Math.abs(v - other[k])));
              out.push([scheme.name, part, row, j, apart]);
            })));
          return out;
        }""",
        state,
    )
    # The last but one row of what no later stage reads is counted too: each is read by some stage.
    unseen = [entry for entry in moved if entry[-1] < 1e-10]
    assert len(moved) >= 35
    assert not unseen


def test_a_method_added_to_helpers_is_on_the_bench(monkeypatch: pytest.MonkeyPatch) -> None:
    ralston = RungeKutta("ralston", [[0, 0], [2 / 3, 0]], [1 / 4, 3 / 4], order=2)
    monkeypatch.setitem(SCHEMES, "ralston", ralston)
    assert bench.told()["schemes"][-1]["a"] == [[0.0, 0.0], [2 / 3, 0.0]]
    assert '<option value="ralston">' in bench._page()


def test_no_table_is_typed_into_a_script() -> None:
    for name in OWN[1:]:
        script = (contents.ROOT / "book/_static" / name).read_text(encoding="utf-8")
        assert not re.search(r"1\s*/\s*6|2\s*/\s*3\b|0\.1666|sqrt\(3", script)
        assert not re.search(r"innerHTML|outerHTML|insertAdjacent|\beval\b|new Function", script)


# -- The words -------------------------------------------------------------------------------------


@pytest.mark.parametrize("preset", PRESETS, ids=lambda preset: preset.name)
def test_a_page_finds_its_claim(address: str, tab: Any, preset: Any) -> None:
    """The link of each page shows the word that the page claims; helpers say the same."""
    if preset.page:
        tab.goto(f"{address}{preset.page}.html")
        tab.locator(".bench-link a").click()
        settled(tab)
    else:
        settled(tab, f"{address}{PAGE}?p={preset.name}")
    assert tab.locator("#bench-preset").input_value() == preset.name
    assert verdict_of(tab) == preset.word
    # A link, if there is one, leads to something.
    for link in tab.locator("#bench-verdict a").all():
        page, anchor = link.get_attribute("href").split("#")
        assert f'id="{anchor}"' in (SITE / "book" / page).read_text(encoding="utf-8")
    if preset.word == "exact" or preset.word.startswith("order"):
        assert tab.locator("#bench-verdict a").count() == 1


@pytest.mark.parametrize("delta", ["0.01", "0.2", "1", "2"])
def test_the_word_does_not_hang_on_the_step_of_the_film(address: str, tab: Any, delta: str) -> None:
    for name in ("linearisation_discretisation", "table", "gallery", "tangent_lift"):
        settled(tab, f"{address}{PAGE}?p={name}")
        tab.evaluate("delete document.getElementById('bench-place').dataset.settled")
        tab.fill("#bench-delta", delta)
        settled(tab)
        assert verdict_of(tab) == next(p.word for p in PRESETS if p.name == name), name


@pytest.mark.parametrize(
    ("preset", "changes"),
    [
        ("pair", {"method": "zoh"}),
        ("corner", {}),
        ("corner", {"method": "gauss2"}),
        ("pair", {"first": "", "other": "D"}),
        ("pair", {"method": "backward_euler", "delta": 10.0, "w": [[9.0, -30.0], [30.0, 5.0]]}),
    ],
)
def test_a_refusal_has_the_words_of_helpers(
    address: str, tab: Any, preset: str, changes: State
) -> None:
    state = STATE_OF[preset] | changes
    settled(tab, f"{address}{PAGE}{hash_of(state)}")
    about = state | {"pointh": state["start"], "pointx": state["size"]}
    right = truth(about, [state["delta"]])
    told = next((r["refused"] for r in (*right["ends"], right["apart"]) if "refused" in r), None)
    assert told, "helpers do not refuse"
    assert verdict_of(tab) == "refused"
    assert reason(told) in reason(tab.locator("#bench-verdict").inner_text())


def hash_of(state: State) -> str:
    def text(value: Any) -> str:
        if isinstance(value, bool):
            return str(int(value))
        if isinstance(value, list):
            rows = value if value and isinstance(value[0], list) else [value]
            return ";".join(",".join(repr(v) for v in row) for row in rows)
        return str(value)

    return "#" + "&".join(f"{k}={text(v)}" for k, v in state.items() if k != "preset")


# -- Taken along -----------------------------------------------------------------------------------


def shown(tab: Any) -> list[Any]:
    texts = [tab.locator(f"#bench-{part}").inner_text() for part in ("verdict", "numbers")]
    labels = tab.locator(".bench svg").evaluate_all("all => all.map(e => e.outerHTML)")
    values = tab.locator(".bench [data-field]").evaluate_all(
        "all => all.filter(e => e.dataset.field !== 'preset').map(e => [e.value, e.checked])"
    )
    return [*texts, seen(tab), tab.locator("#bench-python").text_content(), labels, values]


def test_an_address_shows_what_was_left(address: str, tab: Any) -> None:
    rng = np.random.default_rng(14)
    for name in ("pair", "rescaling_discretisation", "form", "stability"):
        settled(tab, f"{address}{PAGE}?p={name}")
        tab.evaluate("delete document.getElementById('bench-place').dataset.settled")
        tab.fill("#bench-b", ", ".join(map(str, rng.standard_normal(len(STATE_OF[name]["b"])))))
        settled(tab)
        chosen(tab, "#bench-method", "heun")
        tab.wait_for_function("location.hash.includes('method=heun')")
        left, here = shown(tab), tab.url
        settled(tab, here)
        assert shown(tab) == left


def test_the_python_gives_the_numbers_of_the_page(address: str, tab: Any) -> None:
    """All presets, and four with other inputs, in one kernel."""
    cells, numbers = [], []
    others = [
        "",
        "&kind=sine&frequency=2&size=0.7",
        "&kind=samples&rows=0.5;-0.2;1&every=3",
        "&line=point&pointh=0.3,-0.4&pointx=0.2&aligned=0",
        "&decay=0.7,1.2&rate=2,0.5&form=activation",
    ]
    settled(tab, address + PAGE)
    base = hash_of(STATE_OF["pair"])
    urls = [f"{address}{PAGE}?p={p.name}" for p in PRESETS if p.word != "refused"]
    urls += [f"{address}{PAGE}{base}{other}" for other in others]
    for url in urls:
        settled(tab, url)
        cells.append(tab.locator("#bench-python").text_content())
        numbers.append((verdict_of(tab), seen(tab)))
    for (said, page), python in zip(numbers, run_all(cells), strict=True):
        assert said == python["word"]
        assert page["Relative gap at this step"] == pytest.approx(python["apart"], abs=1e-10)
        ends = [page["First film ends at"], page["Second film ends at"]]
        for one, other in zip(ends, python["ends"], strict=True):
            np.testing.assert_allclose(one, other, rtol=1e-7, atol=1e-8)
        steps = page["Slope, steps from"]
        np.testing.assert_allclose(steps["gaps"], python["gaps"], rtol=0, atol=1e-10)


def run_all(cells: list[str]) -> list[dict[str, Any]]:
    """Run each cell with nothing defined, in a process of its own for all."""
    program = """
import json, sys
out = []
for cell in json.load(sys.stdin):
    names = {}
    exec(cell, names)
    ends = [film[-1].tolist() for film in names["films"]]
    gaps = [float(g) for g in names["gaps"]]
    out.append({"word": names["word"], "apart": names["apart"], "gaps": gaps, "ends": ends})
print(json.dumps(out))
"""
    run = subprocess.run(
        [sys.executable, "-c", program],
        input=json.dumps(cells),
        capture_output=True,
        text=True,
        cwd=contents.ROOT,
        check=False,
    )
    assert run.returncode == 0, run.stderr
    return list(json.loads(run.stdout))


def test_the_python_of_a_refusal_refuses(address: str, tab: Any) -> None:
    settled(tab, f"{address}{PAGE}?p=corner")
    code = str(tab.locator("#bench-python").text_content())
    said = tab.locator("#bench-verdict").inner_text()
    refused = held(lambda: exec(code, {}))["refused"]
    assert refused in said


# -- Reading ---------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "text",
    [
        "1.1, -1.4\n1.4, 0.6",
        "[[1.1, -1.4], [1.4, 0.6]]",
        "array([[ 1.1, -1.4],\n       [ 1.4,  0.6]])",
        "[1.1 -1.4; 1.4 0.6]",
        "{{1.1, -1.4}, {1.4, 0.6}}",
        "1.1\t\u22121.4\r\n1.4\t0.6",
        "[[ 1.1 -1.4]\n [ 1.4  0.6]]",
    ],
)
def test_matrices_are_read_as_others_write_them(address: str, tab: Any, text: str) -> None:
    settled(tab, f"{address}{PAGE}?p=stability")
    tab.evaluate("delete document.getElementById('bench-place').dataset.settled")
    tab.fill("#bench-w", text)
    settled(tab)
    assert "w=[[1.1, -1.4], [1.4, 0.6]]" in tab.locator("#bench-python").text_content()


@pytest.mark.parametrize(
    "text",
    ["", "a, b\nc, d", "1e400, 0\n0, 1", "nan, 0\n0, 1", "1, 2\n3", "1,5 2,5\n3,5 4,5", "1e300"],
)
def test_what_cannot_be_read_gets_a_sentence(address: str, tab: Any, text: str) -> None:
    settled(tab, address + PAGE)
    tab.fill("#bench-w", text)
    tab.wait_for_selector('#bench-verdict[data-word="unread"]')
    assert tab.locator("#bench-verdict").inner_text().startswith("Not computed.")
    assert tab.locator("#bench-w").get_attribute("aria-invalid") == "true"


HOSTILE = [
    "w=<img src=x onerror=alert(1)>",
    "w=%3Cscript%3Ealert(1)%3C/script%3E",
    "w=1&method=__proto__",
    "w=1&method=constructor",
    "w=1&activation=toString",
    "w=1&first=DD",
    "w=1&delta=1e-320",
    "w=1&delta=-1",
    "w=1&tau=Infinity",
    "w=1&length=1e9",
    "w=1;2;3",
    "w=1&omega=1,2,3,4",
    "w=1&b=javascript:alert(1)",
    "w=1e6&delta=10&b=1&start=1&omega=1&decay=1&rate=1e6&method=euler",
    "w=" + "1," * 5000,
    "w=1&__proto__=1&constructor=2",
    "w=%E0%A4%A",
]


@pytest.mark.parametrize("asked", HOSTILE, ids=range(len(HOSTILE)))
def test_an_edited_address_runs_nothing(address: str, tab: Any, asked: str) -> None:
    settled(tab, f"{address}{PAGE}?p=<b>x</b>#{asked}")
    assert len(tab.locator("#bench-verdict").inner_text()) > 20
    assert tab.locator(".bench img, .bench .bench-verdict script").count() == 0
    assert "NaN" not in tab.locator(".bench").inner_text()


# -- The page --------------------------------------------------------------------------------------


def test_the_page_is_within_its_budget(address: str) -> None:
    files = [(contents.ROOT / "book/_static" / name).read_bytes() for name in OWN]
    files.append(bench._page().encode())
    assert sum(len(gzip.compress(file)) for file in files) <= BUDGET
    with_bench = [p for p in site_pages() if "bench.js" in (SITE / p).read_text(encoding="utf-8")]
    assert with_bench == [PAGE]


def test_the_page_is_sound(address: str, browser: Any) -> None:
    """Weight, keyboard, axe in light, dark and narrow, no foreign request, nothing too wide."""
    assert check_page(browser, address, PAGE).breaches == []


@pytest.mark.parametrize(("width", "height"), [(320, 568), (390, 844), (3840, 2160)])
def test_nothing_is_wider_than_the_screen(
    address: str, browser: Any, width: int, height: int
) -> None:
    context = browser.new_context(viewport={"width": width, "height": height}, has_touch=True)
    page = context.new_page()
    settled(page, f"{address}{PAGE}?p=table")
    page.evaluate("document.querySelectorAll('details').forEach((d) => { d.open = true; })")
    assert page.evaluate("document.documentElement.scrollWidth") <= width
    context.close()


def test_by_keyboard_from_one_verdict_to_another(address: str, tab: Any) -> None:
    settled(tab, f"{address}{PAGE}?p=linearisation_discretisation")
    assert verdict_of(tab) == "order 1"
    tab.evaluate("delete document.getElementById('bench-place').dataset.settled")
    tab.focus("#bench-method")
    tab.keyboard.type("euler")
    settled(tab)
    assert verdict_of(tab) == "exact"
    tab.wait_for_function("document.getElementById('bench-said').textContent.includes('exact')")
    tab.focus("#bench-clock")
    tab.keyboard.press("End")
    assert "at 20" in tab.locator("#bench-clock").get_attribute("aria-valuetext")
    step = tab.locator("#bench-delta")
    before = step.input_value()
    tab.focus("#bench-delta-range")
    tab.keyboard.press("ArrowRight")
    assert step.input_value() != before


def test_pictures_tell_their_numbers(address: str, tab: Any) -> None:
    settled(tab, f"{address}{PAGE}?p=linearisation_discretisation")
    labels = tab.locator(".bench svg").evaluate_all("all => all.map(e => e.ariaLabel)")
    page = seen(tab)
    assert len(labels) == 1 + len(bench.PICTURES)
    assert "applies L then D, the second D then L" in labels[0]
    end = f"{page['First film ends at'][0]:.3g}".replace("-", "\u2212")
    assert end in labels[1]
    assert f"{page['Slope, steps from']['slope']:.2f}" in labels[3]


def test_without_scripts_the_page_says_where_to_look(address: str, browser: Any) -> None:
    context = browser.new_context(java_script_enabled=False)
    page = context.new_page()
    page.goto(address + PAGE)
    assert "needs JavaScript" in page.locator("#bench-verdict").inner_text()
    assert not page.locator("#bench-first").is_visible()
    context.close()


def test_the_largest_stable_step_is_the_methods(address: str, tab: Any) -> None:
    """Just below it all |R(step mu)| are below 1, just above it one is not."""
    settled(tab, address + PAGE)
    mu = [[-1.0, 2.0], [-1.0, -2.0], [-3.0, 0.0]]
    for name, scheme in SCHEMES.items():
        found = tab.evaluate(
            """([mu, name]) => {
              const B = benchNumbers(JSON.parse(document.getElementById("bench-told").textContent));
              const step = B.largestStep(mu, name);
              return step === Infinity ? "none" : step;
            }""",
            [mu, name],
        )
        if name == "exponential_euler":
            assert found is None
            continue
        z = np.array([complex(*m) for m in mu])
        if found == "none":
            assert np.all(np.abs(scheme.stability(50.0 * z)) < 1.0)
        else:
            assert np.all(np.abs(scheme.stability(found * (1 - 1e-9) * z)) < 1.0)
            assert np.any(np.abs(scheme.stability(found * (1 + 1e-9) * z)) >= 1.0)


def test_what_is_typed_as_a_claim_is_what_helpers_find() -> None:
    """The word of each preset, without the page."""
    for preset in PRESETS:
        state = preset.state()
        if state["line"] == "rest":
            from helpers import fixed_point

            state["pointh"] = fixed_point(preset.network, np.array(state["pointx"])).h
        if state["kind"] in ("sine",):
            state["pointx"] = [0.0] * len(state["pointx"])
        steps = [0.02 / 2**k for k in range(9)]
        right = truth(state, steps)
        gaps = right["gaps"]
        found = word(steps, gaps["value"]) if "value" in gaps else "refused"
        assert found == preset.word, preset.name
