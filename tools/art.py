"""Draw the logo, the favicon, the card of shared links, the README's cube: `python -m tools.art`.

All are the cube of the home page, from the points in book/_ext/cube.py and in its colours.
"""

from __future__ import annotations

import io
import sys
import tempfile
from pathlib import Path

import matplotlib.pyplot as plt
from fontTools.ttLib import TTFont
from fontTools.varLib import instancer
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.font_manager import FontProperties, fontManager
from PIL import Image

from helpers.book.figures import COLOURS

ROOT = Path(__file__).resolve().parent.parent
STATIC = ROOT / "book/_static"
TEMPLATES = ROOT / "book/_templates"
SERIF = STATIC / "vendor/serif/source-serif.woff2"
sys.path.insert(0, str(ROOT / "book/_ext"))

from cube import SYSTEMS, edges, point  # noqa: E402

PAINT = {"R": COLOURS["rescale"], "D": COLOURS["discretise"], "L": COLOURS["linearise"]}
INK = "#1b1f24"


def mark(stroke: float, corner: str = "currentColor") -> str:
    """The cube in a square of 64, without words; ink is the text's colour around it."""
    small = {system: _small(system) for system in SYSTEMS}
    lines = "".join(
        f'<path d="M{small[start][0]} {small[start][1]}L{small[end][0]} {small[end][1]}" '
        f'stroke="{PAINT[procedure]}"/>'
        for procedure, start, end in edges()
    )
    ends = "".join(
        f'<circle cx="{x}" cy="{y}" r="{1.25 * stroke:g}" fill="{corner}"/>'
        for x, y in (small[""], small["RDL"])
    )
    return (
        '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 64 64" width="64" height="64" '
        f'aria-hidden="true"><g fill="none" stroke-width="{stroke:g}" stroke-linecap="round">'
        f"{lines}</g>{ends}</svg>\n"
    )


def _small(system: str) -> tuple[int, int]:
    steps = {"R": (-15, 15), "D": (0, 37), "L": (37, 0)}
    x = 21 + sum(steps[letter][0] for letter in system)
    y = 6 + sum(steps[letter][1] for letter in system)
    return x, y


def card() -> bytes:
    """1200 by 630 pixels: the cube, the title, the question."""
    regular, bold = _faces()
    figure = plt.figure(figsize=(12, 6.3), dpi=100, facecolor="white")
    _draw_cube(figure.add_axes((0.52, 0.1, 0.44, 0.8)), regular)
    figure.text(0.05, 0.68, "Recurrent\nnetworks", fontproperties=bold, fontsize=58, color=INK,
                linespacing=0.8, va="center")  # fmt: skip
    figure.text(0.05, 0.36, "rescaling, discretisation,\nlinearisation: does the\norder matter?",
                fontproperties=regular, fontsize=30, color="#4d555e", va="center")  # fmt: skip
    return _png(figure)


def readme_cube() -> bytes:
    """The cube alone, on white, for readers of either mode."""
    figure = plt.figure(figsize=(8.4, 5.6), dpi=100, facecolor="white")
    _draw_cube(figure.add_axes((0.02, 0.03, 0.96, 0.94)), _faces()[0])
    return _png(figure)


def _draw_cube(axes: Axes, face: FontProperties) -> None:
    axes.set(xlim=(-20, 470), ylim=(324, 0), aspect="equal")
    axes.axis("off")
    for procedure, start, end in edges():
        (x1, y1), (x2, y2) = point(start), point(end)
        axes.plot([x1, x2], [y1, y2], color=PAINT[procedure], linewidth=5)
        axes.text((x1 + x2) / 2, (y1 + y2) / 2, procedure, fontproperties=face, fontsize=13,
                  ha="center", va="center", color=INK,
                  bbox={"boxstyle": "circle,pad=0.3", "facecolor": "white",
                        "edgecolor": PAINT[procedure], "linewidth": 2})  # fmt: skip
    for system, name in SYSTEMS.items():
        is_end = system in ("", "RDL")
        box = {"boxstyle": "round,pad=0.45", "facecolor": INK if is_end else "white"}
        axes.text(*point(system), name, fontproperties=face, fontsize=15, ha="center",
                  va="center", color="white" if is_end else INK,
                  bbox={**box, "edgecolor": INK})  # fmt: skip


def _png(figure: Figure) -> bytes:
    buffer = io.BytesIO()
    figure.savefig(buffer, metadata={"Software": None})
    plt.close(figure)
    picture = Image.open(buffer).convert("RGB").quantize(64, dither=Image.Dither.NONE)
    out = io.BytesIO()
    picture.save(out, format="PNG", optimize=True)
    return out.getvalue()


def _faces() -> tuple[FontProperties, FontProperties]:
    """The book's serif, regular and semibold, as files that matplotlib can read."""
    folder = Path(tempfile.mkdtemp())
    faces = []
    for weight in (400, 600):
        font = instancer.instantiateVariableFont(TTFont(SERIF), {"wght": weight})
        font.flavor = None
        path = folder / f"serif-{weight}.ttf"
        font.save(path)
        fontManager.addfont(path)
        faces.append(FontProperties(fname=path))
    return faces[0], faces[1]


def main() -> None:
    (TEMPLATES / "cube-mark.svg").write_text(mark(4), encoding="utf-8")
    (STATIC / "logo.svg").write_text(mark(4, INK), encoding="utf-8")
    (STATIC / "favicon.svg").write_text(mark(6, "#888"), encoding="utf-8")
    (STATIC / "card.png").write_bytes(card())
    (STATIC / "readme-cube.png").write_bytes(readme_cube())


if __name__ == "__main__":
    main()
