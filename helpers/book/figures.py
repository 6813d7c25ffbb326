"""The book's style: colours, line styles, sizes, and the plots used in more than one chapter."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from itertools import combinations
from typing import Any

import matplotlib.pyplot as plt
import numpy as np
from cycler import cycler
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from helpers.analysis.spectra import Spectrum
from helpers.networks.network import Network

__all__ = [
    "COLOURS",
    "LINES",
    "panels",
    "plot_cube",
    "plot_network",
    "plot_order",
    "plot_spectrum",
    "plot_square",
    "use_style",
]

# Okabe and Ito's set, told apart by readers with any colour vision; ink is the gap's colour.
COLOURS = {
    "flow": "#0072B2",
    "map": "#D55E00",
    "linear": "#009E73",
    "rescale": "#CC79A7",
    "discretise": "#E69F00",
    "linearise": "#56B4E9",
    "gap": "#222222",
    "guide": "#8A8A8A",
}
LINES: dict[str, Any] = {
    "flow": "-",
    "map": (0, (1, 1.2)),
    "linear": (0, (5, 2)),
    "rescale": (0, (6, 1.5, 1, 1.5)),
    "discretise": (0, (3, 1, 1, 1)),
    "linearise": (0, (2, 2)),
    "gap": "-",
    "guide": (0, (4, 3)),
}


def use_style() -> None:
    """Set matplotlib to the book's sizes, fonts and colours; every chapter calls it once.

    Examples
    --------
    >>> with plt.rc_context():
    ...     use_style()
    ...     plt.rcParams["lines.linewidth"]
    2.0
    """
    plt.rcParams.update(
        {
            "figure.figsize": (7.0, 3.2),
            "figure.dpi": 100,
            "savefig.dpi": 100,
            "figure.constrained_layout.use": True,
            "figure.facecolor": "white",
            "axes.spines.top": False,
            "axes.spines.right": False,
            "axes.labelsize": 11,
            "axes.titlesize": 11,
            "legend.frameon": False,
            "legend.fontsize": 10,
            "lines.linewidth": 2.0,
            "lines.markersize": 5,
            "mathtext.fontset": "cm",
            "axes.prop_cycle": cycler(color=[COLOURS[k] for k in ("flow", "map", "linear")]),
        }
    )


def panels(columns: int = 1, *, height: float = 3.2, **options: Any) -> tuple[Figure, Any]:
    """Return a figure of the book's width with panels side by side, and its axes.

    Examples
    --------
    >>> figure, axes = panels(2)
    >>> len(axes)
    2
    >>> plt.close(figure)
    """
    return plt.subplots(1, columns, figsize=(7.0, height), **options)


def plot_order(
    axes: Axes,
    steps: Any,
    errors: Any,
    *,
    order: float,
    label: str,
    kind: str = "gap",
    marker: str = "o",
) -> None:
    """Plot errors against steps on log axes, with the reference line of an order beside them.

    Examples
    --------
    >>> figure, axes = panels()
    >>> plot_order(axes, [0.1, 0.05], [0.01, 0.0025], order=2, label="midpoint")
    >>> plt.close(figure)
    """
    steps, errors = np.asarray(steps, dtype=float), np.asarray(errors, dtype=float)
    axes.loglog(steps, errors, marker, color=COLOURS[kind], linestyle="none", label=label)
    anchor = int(np.argmax(steps))
    line = errors[anchor] * (steps / steps[anchor]) ** order
    axes.loglog(steps, line, color=COLOURS[kind], linestyle=LINES["guide"], linewidth=1)


def plot_spectrum(axes: Axes, spectrum: Spectrum, *, label: str, marker: str = "o") -> None:
    """Plot eigenvalues with the boundary of stability of their kind: a line or a circle.

    Examples
    --------
    >>> figure, axes = panels()
    >>> plot_spectrum(axes, Spectrum(np.array([-1.0]), "flow"), label="J")
    >>> plt.close(figure)
    """
    colour = COLOURS[spectrum.kind]
    axes.plot(spectrum.values.real, spectrum.values.imag, marker, color=colour, label=label)
    if spectrum.kind == "flow":
        axes.axvline(0.0, color=COLOURS["guide"], linestyle=LINES["guide"], linewidth=1)
    else:
        angle = np.linspace(0.0, 2.0 * np.pi, 200)
        axes.plot(np.cos(angle), np.sin(angle), color=COLOURS["guide"], linestyle=LINES["guide"],
                  linewidth=1)  # fmt: skip
    axes.set_xlabel("real part")
    axes.set_ylabel("imaginary part")
    axes.set_aspect("equal")


def plot_network(axes: Axes, network: Network, *, share: float = 0.04) -> None:
    """Draw a network: inputs on the left, units on a circle, outputs on the right.

    Of each matrix the strongest weights are drawn, as lines that are dashed where the weight is
    negative: w in the colour of maps, input and read-out weights in grey.

    Parameters
    ----------
    axes : Axes
        Where to draw.
    network : Network
        Its w, omega and readout are drawn; weights that are zero never are.
    share : float
        The share of w that is drawn, above 0 and at most 1; of the other two five times as much.

    Raises
    ------
    ValueError
        If the share is not above 0 and at most 1.

    Examples
    --------
    >>> figure, axes = panels()
    >>> pair = Network([[0.0, 1.0], [-1.0, 0.0]], [[1.0], [0.5]], readout=[[1.0, -1.0]])
    >>> plot_network(axes, pair, share=0.5)
    >>> len(axes.lines)  # two weights between units, two from the input, two to the output
    6
    >>> plt.close(figure)
    """
    if not 0.0 < share <= 1.0:
        raise ValueError(f"share = {share!r}; draw a share of the weights above 0 and at most 1")
    turn = 2.0 * np.pi * np.arange(len(network.w)) / len(network.w)
    units = np.column_stack([np.cos(turn), np.sin(turn)])
    inputs = _column(-2.0, network.omega.shape[1])
    outputs = _column(2.0, len(network.readout))
    several = min(1.0, 5.0 * share)
    _connect(axes, network.omega, inputs, units, several, "guide")
    _connect(axes, network.readout, units, outputs, several, "guide")
    _connect(axes, network.w, units, units, share, "map")
    for places, kind in ((inputs, "guide"), (units, "map"), (outputs, "gap")):
        axes.scatter(places[:, 0], places[:, 1], s=18, color=COLOURS[kind], zorder=3)
    axes.set_aspect("equal")
    axes.axis("off")


def _column(x: float, size: int) -> np.ndarray[Any, Any]:
    """Places of inputs or outputs, the first on top."""
    return np.column_stack([np.full(size, x), 0.5 * (size - 1) - np.arange(size)])


def _connect(axes: Axes, weights: Any, sources: Any, targets: Any, share: float, kind: str) -> None:
    """Draw the strongest share of weights (targets, sources)."""
    strong = np.argsort(-np.abs(weights), axis=None)[: round(share * weights.size)]
    for target, source in np.transpose(np.unravel_index(strong, weights.shape)):
        if weight := weights[target, source]:
            ends = np.array([sources[source], targets[target]])
            axes.plot(*ends.T, color=COLOURS[kind], linewidth=0.8, zorder=1,
                      linestyle="-" if weight > 0 else LINES["guide"])  # fmt: skip


PROCEDURES = {"R": "rescale", "D": "discretise", "L": "linearise"}
# Words on white, in the middle of a face or at a corner.
BOX: dict[str, Any] = {
    "ha": "center",
    "va": "center",
    "bbox": {"facecolor": "white", "edgecolor": "none", "pad": 1},
}


def plot_square(
    routes: Any, draw: Callable[[Axes, Any], None], *, letters: tuple[str, str], gap: float
) -> Figure:
    """Draw the commuting square: start, after the first, after the second procedure, both orders.

    Parameters
    ----------
    routes : two sequences of three systems
        The order ``letters`` on the left, the other order on the right.
    draw : callable
        ``draw(axes, system)`` draws one system's data, the same way in all six panels.
    letters : tuple of str
        The procedures in the order of the left column, such as ``("R", "D")``.
    gap : float
        The distance between the two ends, written under them; below 1e-12 it is called rounding.

    Examples
    --------
    >>> figure = plot_square([[1, 2, 3]] * 2, lambda a, s: None, letters=("R", "D"), gap=0.0)
    >>> len(figure.axes)
    6
    >>> plt.close(figure)
    """
    figure, grid = plt.subplots(3, 2, figsize=(7.0, 6.0), sharex="row", sharey="row")
    for column, (route, order) in enumerate(zip(routes, (letters, letters[::-1]), strict=True)):
        for row, system in enumerate(route):
            axes = grid[row, column]
            draw(axes, system)
            done = order[:row]
            # The route so far, read as the text writes it: the rightmost procedure came first.
            axes.set_ylabel(" ".join(reversed(done)) or "start")
            for spine in ("left", "bottom"):
                axes.spines[spine].set_color(COLOURS[PROCEDURES[done[-1]]] if done else "black")
    words = "rounding" if gap < 1e-12 else f"{gap:.1e}"
    figure.supxlabel(f"gap between the two ends: {words}")
    return figure


def plot_cube(axes: Axes, gaps: Mapping[tuple[str, str], float]) -> None:
    """Draw the cube of the three procedures with the gap of each face; a broken face is grey.

    Parameters
    ----------
    axes : Axes
        Where to draw.
    gaps : mapping of (two letters, letter) to float
        The gap of a face by its two procedures and the one applied before them, "" for none. Faces
        that are left out stay empty; below 1e-12 a gap counts as 0.

    Raises
    ------
    ValueError
        If a face is none of the six.

    Examples
    --------
    >>> figure, axes = panels(height=3.8)
    >>> plot_cube(axes, {("RL", ""): 0.0, ("DL", "R"): 0.05})
    >>> [text.get_text() for text in axes.texts[:2]]
    ['R L\\n0', 'D L | R\\n0.05']
    >>> plt.close(figure)
    """
    for (two, before), gap in gaps.items():
        _face(axes, two, before, gap)
    for size in range(4):
        for corner in combinations("RDL", size):
            for letter in (letter for letter in "RDL" if letter not in corner):
                kind = PROCEDURES[letter]
                ends = np.array([_corner(corner), _corner((*corner, letter))])
                axes.plot(*ends.T, color=COLOURS[kind], linestyle=LINES[kind])
            x, y = _corner(corner)
            axes.text(x, y, ", ".join(corner) or "start", fontsize=10, **BOX)
    axes.set(xlim=(-0.15, 1.75), ylim=(-1.1, 0.4))
    axes.axis("off")


def _face(axes: Axes, two: str, before: str, gap: float) -> None:
    letters = set(two + before)
    if len(two) != 2 or len(letters) != len(two + before) or not letters <= set("RDL"):
        raise ValueError(f"face {(two, before)!r}; it is two of R, D, L and the third or ''")
    ring = np.array([_corner(before + done) for done in ("", two[0], two, two[1])])
    broken = gap > 1e-12
    axes.fill(*ring.T, color=COLOURS["gap"], alpha=0.16 if broken else 0.0)
    words = " ".join(two) + (f" | {before}" if before else "")
    words += f"\n{gap:.2f}" if broken else "\n0"
    x, y = ring.mean(axis=0)
    axes.text(x, y, words, fontsize=8, color=COLOURS["gap"], **BOX)


def _corner(done: Any) -> np.ndarray[Any, Any]:
    """Where the system stands to which these procedures have been applied: R right, L down."""
    return np.array([("R" in done) + 0.55 * ("D" in done), 0.3 * ("D" in done) - ("L" in done)])
