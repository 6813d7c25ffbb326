"""`explore`: what it stores, what it shows live, and what it says of bad calls."""

import io
import json
import re
import sys
from html import unescape

import ipywidgets
import matplotlib.pyplot as plt
import numpy as np
import pytest
from matplotlib.figure import Figure
from PIL import Image

from helpers.book.explore import explore

module = sys.modules[explore.__module__]  # helpers.book.explore is the function of that name, too


def film(tau: float) -> Figure:
    figure, axes = plt.subplots(figsize=(4, 2))
    time = np.linspace(0, 1, 50)
    axes.plot(time, np.sin(6 * tau * time))
    return figure


def grid(tau: float, gain: float) -> Figure:
    figure, axes = plt.subplots(figsize=(4, 2))
    axes.plot([0, tau], [0, gain])
    axes.set(xlim=(0, 4), ylim=(0, 4))
    return figure


@pytest.fixture
def shown(monkeypatch: pytest.MonkeyPatch) -> list[object]:
    """What explore gives to display, in static form."""
    monkeypatch.setenv("BOOK_STATIC", "1")
    outputs: list[object] = []
    monkeypatch.setattr(module, "display", lambda value, **_: outputs.append(value))
    return outputs


def html_of(shown: list[object]) -> str:
    (bundle,) = shown
    assert list(bundle) == ["text/html"], "one representation only, so that nbval compares one"
    return bundle["text/html"]


def test_static_form_holds_every_frame_once(shown: list[object]) -> None:
    explore(film, tau=[1, 2, 3], alt="A wave, {tau} times as fast.", start={"tau": 2})
    html = html_of(shown)
    assert re.findall(r'alt="([^"]*)"', html) == [
        "A wave, 2 times as fast.",
        "A wave, 1 times as fast.",
        "A wave, 3 times as fast.",
    ]
    before_fold, fold = html.split("<details>")
    assert before_fold.count("<img") == 1
    assert fold.count("<img") == 2
    assert "hidden" not in html, "JupyterLab strips the attribute and shows all frames in a column"
    assert "http" not in html and "<script" not in html


def test_axes_are_described_for_the_site(shown: list[object]) -> None:
    explore(
        grid,
        tau=[0.5, 1.0],
        gain=np.linspace(0, 0.3, 4),
        alt="A line from 0 to ({tau}, {gain}).",
        labels={"tau": ("factor τ", "{:.1f} ms")},
        start={"gain": 0.2},
    )
    html = html_of(shown)
    described = json.loads(unescape(re.search(r'data-axes="([^"]*)"', html)[1]))
    assert described == [
        {"name": "tau", "label": "factor τ", "texts": ["0.5 ms", "1.0 ms"], "start": 0},
        {"name": "gain", "label": "gain", "texts": ["0.0", "0.1", "0.2", "0.3"], "start": 2},
    ]
    assert html.count("<img") == 8
    assert 'id="explore-grid"' in html


def test_static_form_is_the_same_bytes_twice(shown: list[object]) -> None:
    for _ in range(2):
        explore(film, tau=[1, 2], alt="A wave at {tau}.", caption="Faster: $\\tau$ & <b>.")
    assert shown[0] == shown[1]
    assert "$\\tau$ &amp; &lt;b&gt;." in shown[0]["text/html"]


def test_frames_are_small_palettes_with_exact_paper_and_lines() -> None:
    picture = Image.open(io.BytesIO(module._png(film(1))))
    assert picture.mode == "P"
    assert len(picture.getcolors()) <= 64
    colours = {colour for _, colour in picture.convert("RGB").getcolors()}
    assert {(255, 255, 255), (31, 119, 180)} <= colours, "paper, and matplotlib's first colour"


def test_smooth_pictures_keep_their_colours() -> None:
    figure, axes = plt.subplots(figsize=(3, 3))
    axes.imshow(np.add.outer(np.arange(200.0), np.arange(200.0)))
    with_many = np.asarray(module._with_palette(_drawn(figure)).convert("RGB"), dtype=int)
    exact = np.asarray(_drawn(figure), dtype=int)
    plt.close(figure)
    assert np.abs(with_many - exact).mean() < 3


def _drawn(figure: Figure) -> Image.Image:
    buffer = io.BytesIO()
    figure.savefig(buffer, format="png")
    return Image.open(buffer).convert("RGB")


@pytest.fixture(autouse=True)
def no_figures_of_others() -> None:
    plt.close("all")


def test_figures_are_closed(shown: list[object]) -> None:
    explore(film, tau=[1, 2], alt="A wave at {tau}.")
    assert plt.get_fignums() == []


def test_alt_may_be_a_function(shown: list[object]) -> None:
    explore(film, tau=[1, 2], alt=lambda tau: "slow" if tau < 2 else "fast")
    assert re.findall(r'alt="([^"]*)"', html_of(shown)) == ["slow", "fast"]


def test_strings_are_values_too(shown: list[object]) -> None:
    explore(lambda method: film(len(method)), method=["euler", "rk4"], alt="Steps of {method}.")
    html = html_of(shown)
    assert 'id="explore-lambda"' in html
    assert "Steps of rk4." in html


def test_live_form_draws_when_a_slider_moves(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("BOOK_STATIC", raising=False)
    outputs: list[ipywidgets.VBox] = []
    monkeypatch.setattr(module, "display", outputs.append)
    explore(film, tau=[1, 2, 3], alt="A wave at {tau}.", start={"tau": 2}, caption="c")
    slider, picture = outputs[0].children
    assert slider.label == "2"
    assert "A wave at 2." in picture.value
    slider.index = 2
    assert "A wave at 3." in picture.value
    assert plt.get_fignums() == []


def differing(tau: float) -> Figure:
    return plt.figure(figsize=(tau, 2))


def no_figure(tau: float) -> str:
    return "a picture"


ALT = "A wave at {tau}."
TWO = {"tau": [1, 2], "alt": ALT}
BAD_CALLS = {
    "no parameter": (film, {"alt": ALT}, "given 0: none"),
    "three parameters": (film, {**TWO, "a": [1, 2], "b": [1, 2]}, "given 3: tau, a, b"),
    "not a function": ("film", TWO, "'film'"),
    "other names": (film, {"speed": [1, 2], "alt": ALT}, "film cannot be called with ['speed']"),
    "no figure": (no_figure, TWO, "returned str, not a matplotlib figure"),
    "too many frames": (film, {**TWO, "tau": range(65)}, "65 frames; explore draws at most 64"),
    "sizes differ": (differing, {**TWO, "tau": [2, 3]}, "(192, 192), (288, 192)"),
    "start elsewhere": (film, {**TWO, "start": {"tau": 5}}, "tau=5 is not among"),
    "start of another": (film, {**TWO, "start": {"s": 1}}, "start names ['s']"),
    "labels of another": (film, {**TWO, "labels": {"s": "s"}}, "labels names ['s']"),
    "label of three": (film, {**TWO, "labels": {"tau": ("a", "b", "c")}}, "(words, format)"),
    "format hides": (film, {**TWO, "labels": {"tau": ("t", "{:.0e}")}, "tau": [100, 101]}, "alike"),
    "no alt": (film, {"tau": [1, 2]}, "alt=None"),
    "alt of another": (film, {**TWO, "alt": "{speed}"}, "alt asks for 'speed'"),
    "alt that stays": (film, {**TWO, "alt": "A wave."}, "'A wave.' of every frame"),
    "alt without words": (film, {**TWO, "alt": lambda tau: ""}, "must give a sentence"),
    "one number": (film, {**TWO, "tau": 3}, "tau=3 is not a sequence"),
    "a word": (film, {**TWO, "tau": "abc"}, "tau='abc' is not a sequence"),
    "a generator": (film, {**TWO, "tau": (i for i in "ab")}, "not a sequence"),
    "one value": (film, {**TWO, "tau": [1]}, "at least two values"),
    "a value twice": (film, {**TWO, "tau": [1, 1, 2]}, "each once"),
}


@pytest.mark.parametrize("case", BAD_CALLS)
def test_bad_calls_name_the_value_and_show_nothing(case: str, shown: list[object]) -> None:
    function, options, said = BAD_CALLS[case]
    with pytest.raises(ValueError, match=re.escape(said)):
        explore(function, **options)
    assert shown == []
    plt.close("all")
