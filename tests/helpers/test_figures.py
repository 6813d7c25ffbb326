"""The book's style is told apart without colour vision, and its plots show what they say."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import combinations
from typing import Any

import matplotlib as mpl
import matplotlib.pyplot as plt
import numpy as np
import pytest
from matplotlib.colors import to_rgb

from helpers import LinearMap, LinearSystem, spectrum
from helpers.book.figures import (
    COLOURS,
    LINES,
    panels,
    plot_cube,
    plot_network,
    plot_order,
    plot_spectrum,
    plot_square,
    use_style,
)
from helpers.networks.network import Network

PAIRS = list(combinations(COLOURS, 2))


@pytest.fixture(autouse=True)
def untouched_settings() -> Iterator[None]:
    with mpl.rc_context():
        yield
    plt.close("all")


# --- what a reader sees ---------------------------------------------------------------------------

# Machado, Oliveira and Fernandes (2009), severity 1, on linear RGB.
SEEN: dict[str, Any] = {
    "by most": np.eye(3),
    "without red cones": [
        [0.152286, 1.052583, -0.204868],
        [0.114503, 0.786281, 0.099216],
        [-0.003882, -0.048116, 1.051998],
    ],
    "without green cones": [
        [0.367322, 0.860646, -0.227968],
        [0.280085, 0.672501, 0.047413],
        [-0.011820, 0.042940, 0.968881],
    ],
    "without blue cones": [
        [1.255528, -0.076749, -0.178779],
        [-0.078411, 0.930809, 0.147602],
        [0.004733, 0.691367, 0.303900],
    ],
    "in print without colour": np.tile([0.2126, 0.7152, 0.0722], (3, 1)),
}
TO_XYZ = np.array(
    [
        [0.4124564, 0.3575761, 0.1804375],
        [0.2126729, 0.7151522, 0.0721750],
        [0.0193339, 0.1191920, 0.9503041],
    ]
)


def lab(colour: str, seen: str) -> Any:
    """Return CIE L*a*b* of a colour as it is seen."""
    rgb = np.array(to_rgb(colour))
    linear = np.where(rgb <= 0.04045, rgb / 12.92, ((rgb + 0.055) / 1.055) ** 2.4)
    xyz = TO_XYZ @ np.clip(np.asarray(SEEN[seen]) @ linear, 0.0, 1.0) / TO_XYZ.sum(axis=1)
    f = np.where(xyz > 0.008856, np.cbrt(xyz), 7.787 * xyz + 16 / 116)
    return np.array([116 * f[1] - 16, 500 * (f[0] - f[1]), 200 * (f[1] - f[2])])


def difference(one: str, other: str, seen: str) -> float:
    return float(np.linalg.norm(lab(one, seen) - lab(other, seen)))


def test_the_simulation_knows_red_from_green_and_confuses_what_it_should() -> None:
    # The control: pure red and a green of the same lightness, and white against black.
    assert difference("#ffffff", "#000000", "in print without colour") == pytest.approx(
        100, abs=0.1
    )
    red, green = "#C00000", "#606000"
    assert difference(red, green, "by most") > 50
    assert difference(red, green, "without green cones") < 20
    assert difference("#D55E00", "#D55E00", "by most") == 0.0


@pytest.mark.parametrize("seen", SEEN)
def test_every_two_things_differ_in_colour_or_in_line(seen: str) -> None:
    # A difference of 2.3 is just noticeable side by side; thin lines apart need several times that.
    for one, other in PAIRS:
        apart = difference(COLOURS[one], COLOURS[other], seen)
        assert apart >= 12 or LINES[one] != LINES[other], (one, other, apart)


def test_lines_are_told_apart_without_any_colour_where_they_may_meet() -> None:
    # The two solid ones are never both a trajectory: the gap is drawn in ink, far from blue.
    same = [(a, b) for a, b in PAIRS if LINES[a] == LINES[b]]
    assert same == [("flow", "gap")]
    assert difference(COLOURS["flow"], COLOURS["gap"], "in print without colour") > 25
    patterns = [LINES[k] for k in LINES if LINES[k] != "-"]
    for _, (first, *_rest) in patterns:
        assert first > 0


def test_every_colour_is_seen_on_white() -> None:
    # WCAG's 3 : 1 for graphics is met by ink, blue, vermilion, green; the others are never alone.
    for name, colour in COLOURS.items():
        light = (lab(colour, "by most")[0] + 16) / 116
        contrast = 1.05 / (light**3 + 0.05)
        assert contrast >= (2.0 if name in ("discretise", "linearise") else 2.5), (name, contrast)


def test_colours_and_lines_name_the_same_things() -> None:
    assert set(COLOURS) == set(LINES)
    assert {"flow", "map", "linear", "rescale", "discretise", "linearise", "gap"} <= set(COLOURS)
    assert len(set(COLOURS.values())) == len(COLOURS)


def test_the_style_sets_the_books_colours_and_puts_no_title_inside() -> None:
    use_style()
    cycle = mpl.rcParams["axes.prop_cycle"].by_key()["color"]
    assert cycle == [COLOURS["flow"], COLOURS["map"], COLOURS["linear"]]
    assert mpl.rcParams["figure.constrained_layout.use"] is True
    assert mpl.rcParams["figure.facecolor"] == "white"
    before = dict(mpl.rcParams)
    use_style()
    assert dict(mpl.rcParams) == before


# --- the plots ------------------------------------------------------------------------------------


@pytest.mark.parametrize("columns", [1, 2, 3])
def test_panels_have_the_books_width(columns: int) -> None:
    figure, axes = panels(columns, height=2.5)
    assert tuple(figure.get_size_inches()) == (7.0, 2.5)
    assert np.size(axes) == columns
    _, shared = panels(2, sharey=True)
    shared[0].set_ylim(3, 4)
    assert shared[1].get_ylim() == (3, 4)


def test_an_order_plot_shows_the_errors_and_a_line_of_that_order_through_the_largest_step() -> None:
    _, axes = panels()
    steps, errors = np.array([0.025, 0.1, 0.05]), np.array([1e-5, 9e-5, 4e-5])
    plot_order(axes, steps, errors, order=2, label="heun", kind="map", marker="s")
    points, line = axes.get_lines()
    assert (axes.get_xscale(), axes.get_yscale()) == ("log", "log")
    np.testing.assert_array_equal(points.get_xydata(), np.column_stack([steps, errors]))
    assert (points.get_label(), points.get_marker(), points.get_linestyle()) == (
        "heun",
        "s",
        "None",
    )
    assert points.get_color() == line.get_color() == COLOURS["map"]
    x, y = line.get_data()
    slope, _ = np.polyfit(np.log(x), np.log(y), 1)
    assert slope == pytest.approx(2.0)
    assert y[np.argmax(x)] == pytest.approx(9e-5)
    # Only the points are in the legend.
    assert axes.get_legend_handles_labels()[1] == ["heun"]


def test_a_network_is_drawn_with_its_strongest_weights_between_the_right_ends() -> None:
    w = np.array([[0.0, 3.0, 0.0], [-2.0, 0.0, 0.5], [0.1, 0.0, 0.2]])
    omega, readout = np.array([[0.0, 0.0], [0.0, 4.0], [1.0, 0.0]]), np.array([[0.0, 0.0, -5.0]])
    _, axes = panels()
    plot_network(axes, Network(w, omega, readout=readout), share=2 / 9)
    inputs, units, outputs = (np.asarray(dots.get_offsets()) for dots in axes.collections)
    assert (len(inputs), len(units), len(outputs)) == (2, 3, 1)
    # Inputs stand to the left of all units, the first on top, and outputs to the right.
    assert inputs[:, 0].max() < units[:, 0].min() and units[:, 0].max() < outputs[:, 0].min()
    assert inputs[0, 1] > inputs[1, 1]
    np.testing.assert_allclose(np.linalg.norm(units, axis=1), 1.0)
    wanted = [
        (inputs[1], units[1], "guide", True),
        (inputs[0], units[2], "guide", True),
        (units[2], outputs[0], "guide", False),
        (units[1], units[0], "map", True),
        (units[0], units[1], "map", False),
    ]
    lines = axes.get_lines()
    assert len(lines) == len(wanted)
    for line, (start, end, kind, positive) in zip(lines, wanted, strict=True):
        np.testing.assert_array_equal(line.get_xydata(), [start, end])
        assert line.get_color() == COLOURS[kind]
        assert (line.get_linestyle() == "-") is positive


def test_a_share_of_a_network_that_is_none_is_refused() -> None:
    _, axes = panels()
    for share in (0.0, 1.5, float("nan")):
        with pytest.raises(ValueError, match="share"):
            plot_network(axes, Network([[0.5]], [[1.0]]), share=share)


def test_a_spectrum_plot_draws_the_border_that_belongs_to_its_kind() -> None:
    _, (left, right) = panels(2)
    flow = spectrum(LinearSystem([[-0.5, -2.0], [2.0, -0.5]]))
    as_map = spectrum(LinearMap([[0.5, -0.3], [0.3, 0.5]], None, None, 0.1))
    plot_spectrum(left, flow, label="J")
    plot_spectrum(right, as_map, label="M", marker="x")
    for axes, found, colour in ((left, flow, "flow"), (right, as_map, "map")):
        values, border = axes.get_lines()
        x, y = values.get_data()
        np.testing.assert_array_equal(x + 1j * y, found.values)
        assert values.get_color() == COLOURS[colour] and values.get_linestyle() == "None"
        assert border.get_color() == COLOURS["guide"]
        assert (axes.get_xlabel(), axes.get_ylabel()) == ("real part", "imaginary part")
        assert axes.get_aspect() == 1.0 and axes.get_title() == ""
        assert axes.get_legend_handles_labels()[1] == [values.get_label()]
    np.testing.assert_array_equal(left.get_lines()[1].get_xdata(), [0.0, 0.0])
    x, y = right.get_lines()[1].get_data()
    np.testing.assert_allclose(x**2 + y**2, 1.0)
    assert np.max(np.abs(np.diff(np.unwrap(np.arctan2(y, x))))) < 0.1
    assert abs(np.unwrap(np.arctan2(y, x))[-1]) == pytest.approx(2 * np.pi)
    assert (left.get_lines()[0].get_label(), right.get_lines()[0].get_marker()) == ("J", "x")


def test_the_square_shows_both_orders_and_colours_each_panel_by_its_last_procedure() -> None:
    drawn: list[tuple[Any, str]] = []
    figure = plot_square(
        [["n", "r", "rd"], ["n", "d", "dr"]],
        lambda axes, system: drawn.append((axes, system)),
        letters=("R", "D"),
        gap=2.5e-3,
    )
    shown = {(axes, system): axes for axes, system in drawn}
    assert [system for _, system in drawn] == ["n", "r", "rd", "n", "d", "dr"]
    labels = [axes.get_ylabel() for axes in shown.values()]
    assert labels == ["start", "R", "D R", "start", "D", "R D"]
    last = ["black", *(COLOURS[k] for k in ("rescale", "discretise"))]
    other = ["black", *(COLOURS[k] for k in ("discretise", "rescale"))]
    for axes, colour in zip(shown.values(), last + other, strict=True):
        for spine in ("left", "bottom"):
            assert mpl.colors.same_color(axes.spines[spine].get_edgecolor(), colour)
    assert figure.get_supxlabel() == "gap between the two ends: 2.5e-03"
    closed = plot_square([[0] * 3] * 2, lambda a, s: None, letters=("L", "R"), gap=1e-13)
    assert closed.get_supxlabel() == "gap between the two ends: rounding"
    with pytest.raises(ValueError, match="zip"):
        plot_square([[0] * 3], lambda a, s: None, letters=("L", "R"), gap=0.0)


# --- the cube -------------------------------------------------------------------------------------

FACES = [("RL", ""), ("RL", "D"), ("RD", ""), ("RD", "L"), ("DL", ""), ("DL", "R")]


def test_the_cube_has_eight_corners_twelve_edges_and_a_number_on_each_face() -> None:
    _, axes = panels()
    plot_cube(axes, {face: number / 8 for number, face in enumerate(FACES)})
    assert len(axes.lines) == 12
    assert len({tuple(line.get_xydata().ravel()) for line in axes.lines}) == 12
    words = [text.get_text() for text in axes.texts]
    assert words[:6] == [
        "R L\n0", "R L | D\n0.12", "R D\n0.25", "R D | L\n0.38", "D L\n0.50", "D L | R\n0.62",
    ]  # fmt: skip
    assert len(words) == 14 and {"start", "R, D, L"} <= set(words)


def test_edges_bear_the_colour_of_their_procedure_and_broken_faces_are_grey() -> None:
    _, axes = panels()
    plot_cube(axes, {("RL", ""): 0.0, ("DL", "R"): 0.05})
    ways = {"rescale": [1.0, 0.0], "discretise": [0.55, 0.3], "linearise": [0.0, -1.0]}
    for line in axes.lines:
        start, end = line.get_xydata()
        way = next(name for name, move in ways.items() if np.allclose(end - start, move))
        assert line.get_color() == COLOURS[way]
    assert [patch.get_alpha() for patch in axes.patches] == [0.0, 0.16]
    middle = axes.texts[1].get_position()  # of the face behind R, between its four corners
    assert np.allclose(middle, [1.275, -0.35])


@pytest.mark.parametrize("face", [("RR", ""), ("RD", "D"), ("R", ""), ("RX", "")])
def test_a_face_that_is_none_is_refused(face: tuple[str, str]) -> None:
    _, axes = panels()
    with pytest.raises(ValueError, match="two of R, D, L"):
        plot_cube(axes, {face: 0.0})
