"""A slider that works everywhere: `explore` draws a figure for each value of one or two parameters.

With a kernel (JupyterLab, Binder) the reader gets live sliders. With the environment variable
BOOK_STATIC=1, set where notebooks are re-executed and tested, the output is HTML alone: the start
frame, and the other frames in a fold. The site turns that fold into the same sliders, with no
kernel. The form is never guessed, so stored outputs are the same bytes from run to run.
"""

import base64
import inspect
import io
import itertools
import json
import math
import os
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from html import escape
from typing import Any

import matplotlib.pyplot as plt
import numpy as np
from IPython.display import display
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure
from PIL import Image

__all__ = ["explore"]

MOST_FRAMES = 64
COLOURS = 64
EXACT_COLOURS = 32
CSS_PIXELS_PER_INCH = 96

Alt = str | Callable[..., str]
Label = str | tuple[str, str]


@dataclass(frozen=True)
class Axis:
    """One parameter of the slider: its name, its values, how they are called, where it starts."""

    name: str
    values: tuple[Any, ...]
    label: str
    texts: tuple[str, ...]
    start: int


@dataclass(frozen=True)
class Frame:
    """One picture: the PNG, its size in CSS pixels, and the words that stand for it."""

    png: bytes
    width: int
    height: int
    alt: str
    setting: str


def explore(
    figure_function: Callable[..., Figure],
    *,
    alt: Alt | None = None,
    caption: str = "",
    labels: Mapping[str, Label] | None = None,
    start: Mapping[str, Any] | None = None,
    **values: Sequence[Any],
) -> None:
    r"""Show `figure_function(name=value, ...)` under one slider for each `name=values`.

    One or two parameters, each with a sequence of numbers or strings; at most 64 frames in all. The
    function returns a matplotlib figure, of the same size for every value.

    - alt: what the picture shows, for a reader who cannot see it. A format string filled with the
      parameters, `"Two films, the second {tau:.1f} times as fast."`, or a function of them that
      returns the sentence. It must change with the frame.
    - caption: one sentence under the picture; it may hold `$\tau$`.
    - labels: the slider's words, `{"tau": "factor τ"}`, or with a format and unit,
      `{"tau": ("factor τ", "{:.1f} ms")}`.
    - start: the values to begin with, `{"tau": 1.0}`; otherwise the first of each.

    Raises
    ------
    ValueError
        On no or too many parameters or frames, on names and values that are no parameters of the
        function, and without a sentence for each frame.

    Examples
    --------
    In a notebook the last line alone shows the slider; here what is shown is thrown away.

    >>> from contextlib import redirect_stdout
    >>> def line(slope):
    ...     figure, axes = plt.subplots()
    ...     axes.axline((0, 0), slope=slope)
    ...     return figure
    >>> with redirect_stdout(io.StringIO()):
    ...     explore(line, slope=(1, 2), alt="A line of slope {slope}.")
    """
    axes = _axes(figure_function, values, dict(labels or {}), dict(start or {}))
    describe = _describer(alt, axes)
    draw = _drawer(figure_function, axes, describe)
    name = _identifier(figure_function)
    if os.environ.get("BOOK_STATIC") == "1":
        html = _static_html(name, axes, draw, caption)
        display({"text/html": html}, raw=True)  # type: ignore[no-untyped-call]
    else:
        _show_live(axes, draw, caption)


def _axes(
    function: Callable[..., Figure],
    values: Mapping[str, Sequence[Any]],
    labels: dict[str, Label],
    start: dict[str, Any],
) -> tuple[Axis, ...]:
    if not 1 <= len(values) <= 2:
        raise ValueError(
            f"explore takes one or two parameters, as name=values; it was given {len(values)}: "
            f"{', '.join(values) or 'none'}. Fix the others inside the function."
        )
    for option, given in (("labels", labels), ("start", start)):
        if unknown := sorted(set(given) - set(values)):
            raise ValueError(
                f"{option} names {unknown}, but the parameters are {sorted(values)}: use those."
            )
    _check_signature(function, values)
    axes = tuple(_axis(name, items, labels, start) for name, items in values.items())
    count = math.prod(len(axis.values) for axis in axes)
    if count > MOST_FRAMES:
        sizes = " x ".join(str(len(axis.values)) for axis in axes)
        raise ValueError(
            f"{sizes} = {count} frames; explore draws at most {MOST_FRAMES}. Give fewer values."
        )
    return axes


def _check_signature(function: Callable[..., Figure], values: Mapping[str, Sequence[Any]]) -> None:
    if not callable(function):
        raise ValueError(f"explore draws with a function; it was given {function!r}.")
    try:
        inspect.signature(function).bind(**dict.fromkeys(values))
    except TypeError as problem:
        raise ValueError(
            f"{_called(function)} cannot be called with {sorted(values)}: {problem}. "
            "Name the values after the function's parameters."
        ) from None


def _axis(name: str, items: Any, labels: dict[str, Label], start: dict[str, Any]) -> Axis:
    is_array = getattr(items, "ndim", None) == 1
    if isinstance(items, str) or not (isinstance(items, Sequence) or is_array):
        raise ValueError(
            f"{name}={items!r} is not a sequence of values: give a list, a range or an array."
        )
    values = tuple(item.item() if hasattr(item, "item") else item for item in items)
    if len(values) < 2 or len(set(values)) < len(values):
        raise ValueError(f"{name}={list(values)!r}: give at least two values, each once.")
    label, pattern = _label(name, labels.get(name, name))
    texts = tuple(pattern.format(_plain(value)) for value in values)
    if len(set(texts)) < len(texts):
        raise ValueError(f"{pattern!r} writes different values of {name} alike: {list(texts)}.")
    return Axis(name, values, label, texts, _start(name, values, start.get(name, values[0])))


def _label(name: str, label: Label) -> tuple[str, str]:
    if isinstance(label, str):
        return label, "{}"
    if len(label) == 2 and "{" in label[1]:
        return label[0], label[1]
    raise ValueError(
        f"labels[{name!r}] = {label!r}: give words, or (words, format), ('step', '{{:.1f}} s')."
    )


def _start(name: str, values: tuple[Any, ...], wanted: Any) -> int:
    for index, value in enumerate(values):
        same = value == wanted
        if not same and isinstance(value, float) and isinstance(wanted, float | int):
            same = math.isclose(value, wanted, rel_tol=1e-9)
        if same:
            return index
    raise ValueError(f"start {name}={wanted!r} is not among the values {list(values)!r}: add it.")


def _plain(value: Any) -> Any:
    """0.1 + 0.2 is written 0.3."""
    return float(f"{value:.12g}") if isinstance(value, float) else value


def _describer(alt: Alt | None, axes: tuple[Axis, ...]) -> Callable[[tuple[int, ...]], str]:
    if not alt:
        raise ValueError(
            f"alt={alt!r}: say in a sentence what the picture shows, with {{{axes[0].name}}} "
            "in it, for readers who cannot see it."
        )

    def describe(place: tuple[int, ...]) -> str:
        setting = {axis.name: _plain(axis.values[i]) for axis, i in zip(axes, place, strict=True)}
        return _sentence(alt, setting)

    places = _places(axes)
    if describe(places[0]) == describe(places[-1]):
        raise ValueError(
            f"alt says {describe(places[0])!r} of every frame: let it change with "
            + " and ".join(f"{{{axis.name}}}" for axis in axes)
            + "."
        )
    return describe


def _sentence(alt: Alt, setting: dict[str, Any]) -> str:
    try:
        text = alt(**setting) if callable(alt) else alt.format(**setting)
    except (KeyError, IndexError) as problem:
        raise ValueError(
            f"alt asks for {problem}, but the parameters are {sorted(setting)}: use those."
        ) from None
    if not isinstance(text, str) or not text.strip():
        raise ValueError(f"alt gave {text!r} at {setting}: it must give a sentence.")
    return " ".join(text.split())


def _places(axes: tuple[Axis, ...]) -> list[tuple[int, ...]]:
    return list(itertools.product(*(range(len(axis.values)) for axis in axes)))


def _drawer(
    function: Callable[..., Figure],
    axes: tuple[Axis, ...],
    describe: Callable[[tuple[int, ...]], str],
) -> Callable[[tuple[int, ...]], Frame]:
    @cache
    def draw(place: tuple[int, ...]) -> Frame:
        chosen = list(zip(axes, place, strict=True))
        figure = function(**{axis.name: axis.values[i] for axis, i in chosen})
        if not isinstance(figure, Figure):
            raise ValueError(
                f"{_called(function)} returned {type(figure).__name__}, not a matplotlib figure: "
                "end it with `return figure`."
            )
        width, height = (round(inches * CSS_PIXELS_PER_INCH) for inches in figure.get_size_inches())
        setting = ", ".join(f"{axis.label}: {axis.texts[i]}" for axis, i in chosen)
        return Frame(_png(figure), width, height, describe(place), setting)

    return draw


def _png(figure: Figure) -> bytes:
    """The figure as a palette PNG with no date or version; it is closed, so that it shows once."""
    dpi = plt.rcParams["savefig.dpi"]
    if dpi != "figure":
        figure.set_dpi(dpi)
    canvas = FigureCanvasAgg(figure)
    # Straight from the canvas: twice as fast as through savefig.
    canvas.draw()  # type: ignore[no-untyped-call]
    pixels = np.asarray(canvas.buffer_rgba())  # type: ignore[no-untyped-call]
    picture = Image.fromarray(pixels).convert("RGB")
    plt.close(figure)
    out = io.BytesIO()
    _with_palette(picture).save(out, format="PNG", optimize=True)
    return out.getvalue()


def _with_palette(picture: Image.Image) -> Image.Image:
    """The commonest colours stay exact (paper, ink, the lines); the rest go to the nearest."""
    counted = picture.getcolors(picture.width * picture.height) or []
    used = np.array([c for _, c in sorted(counted, key=lambda pair: (-pair[0], pair[1]))])
    palette = used[:COLOURS]
    if len(used) > COLOURS:
        cut = picture.quantize(COLOURS - EXACT_COLOURS, method=Image.Quantize.MEDIANCUT)
        rest = np.array(cut.getpalette()).reshape(-1, 3)
        palette = np.concatenate([used[:EXACT_COLOURS], rest])
    distance = np.linalg.norm(used[:, None].astype(float) - palette[None], axis=-1)
    place = np.zeros(1 << 24, dtype=np.uint8)  # from a packed colour to its place in the palette
    place[_packed(used)] = distance.argmin(axis=1)
    result = Image.fromarray(place[_packed(np.asarray(picture, dtype=int))])
    result.putpalette(palette.astype(np.uint8).tobytes())
    return result


def _packed(colours: np.ndarray) -> np.ndarray:
    return np.asarray((colours[..., 0] << 16) | (colours[..., 1] << 8) | colours[..., 2])


def _static_html(
    name: str,
    axes: tuple[Axis, ...],
    draw: Callable[[tuple[int, ...]], Frame],
    caption: str,
) -> str:
    start = tuple(axis.start for axis in axes)
    others = [place for place in _places(axes) if place != start]
    sizes = {(draw(place).width, draw(place).height) for place in _places(axes)}
    if len(sizes) > 1:
        raise ValueError(
            f"the frames have different sizes, {sorted(sizes)}: give the function one figsize."
        )
    described = json.dumps(
        [{"name": a.name, "label": a.label, "texts": a.texts, "start": a.start} for a in axes],
        ensure_ascii=False,
    )
    rest = "\n".join(f"<p>{_picture(draw(p))}<br>{escape(draw(p).setting)}</p>" for p in others)
    return (
        f'<figure class="explore" id="{name}" data-axes="{escape(described)}">\n'
        f"{_picture(draw(start))}\n"
        f"<figcaption>{escape(caption)} {_start_words(draw(start))}</figcaption>\n"
        f"<details><summary>The other {len(others)} pictures</summary>\n{rest}\n</details>\n"
        "</figure>"
    )


def _start_words(frame: Frame) -> str:
    """Where the still picture stands; the site takes them out when the sliders say it."""
    return f'<span class="explore-start">{escape(frame.setting)}</span>'


def _picture(frame: Frame) -> str:
    source = base64.b64encode(frame.png).decode("ascii")
    return (
        f'<img src="data:image/png;base64,{source}" alt="{escape(frame.alt)}" '
        f'width="{frame.width}" height="{frame.height}">'
    )


def _show_live(
    axes: tuple[Axis, ...], draw: Callable[[tuple[int, ...]], Frame], caption: str
) -> None:
    # Only a reader with a kernel needs it.
    import ipywidgets as widgets  # type: ignore[import-untyped]

    def slider(axis: Axis) -> Any:
        return widgets.SelectionSlider(
            options=[(text, i) for i, text in enumerate(axis.texts)],
            index=axis.start,
            description=axis.label,
            style={"description_width": "initial"},
            layout={"width": "min(100%, 32rem)"},
        )

    sliders, picture = [slider(axis) for axis in axes], widgets.HTML()

    def show(_: Any = None) -> None:
        frame = draw(tuple(each.value for each in sliders))
        picture.value = (
            f"<figure>{_picture(frame)}<figcaption>{escape(caption)}</figcaption></figure>"
        )

    for each in sliders:
        each.observe(show, names="value")
    show()
    display(widgets.VBox([*sliders, picture]))  # type: ignore[no-untyped-call]


def _identifier(function: Callable[..., Figure]) -> str:
    """The anchor that a link to this slider uses, from the function's name."""
    words = re.sub(r"[^a-z0-9]+", "-", _called(function).lower()).strip("-")
    return f"explore-{words or 'figure'}"


def _called(function: Callable[..., Figure]) -> str:
    return getattr(function, "__name__", None) or type(function).__name__
