"""What an audit sees of a network that runs: where it rests, what oscillates, noise and axes."""

from __future__ import annotations

import numpy as np

from helpers.analysis.equilibria import FixedPoint, fixed_point
from helpers.dynamics._checks import Array
from helpers.dynamics.simulation import simulate
from helpers.networks.examination import Subject
from helpers.networks.fates import Fate, follow
from helpers.networks.network import Network
from helpers.networks.report import Line, Section

GUESSES = 8  # states of drawn runs, from which fixed points are searched
STEPS = 4000  # after which a state is undecided
HELD = 4  # at most so many inputs are held, one at a time


def _inputs(subject: Subject) -> list[tuple[str, Array]]:
    """Return rest, and each input held at 1, with a name."""
    unit = np.eye(subject.map.n_inputs)
    held = [(f"input {k} held at 1", unit[k]) for k in range(min(len(unit), HELD))]
    return [("no input", np.zeros(len(unit))), *held]


def _drawn(subject: Subject) -> Array:
    """Return states (GUESSES, N) that runs from drawn starts pass through; the seed is fixed."""
    rng, n = np.random.default_rng(0), subject.map.n_units
    begin = subject.start + rng.standard_normal((GUESSES, n))
    with np.errstate(over="ignore", invalid="ignore"):
        reached = simulate(subject.map, begin, steps=20).h[-1]
    return np.where(np.all(np.abs(reached) < 1e6, axis=1)[:, None], reached, begin)


def points(subject: Subject) -> Section:
    """Return fixed and slow points at rest and under held inputs, with time constants.

    Examples
    --------
    >>> lines = points(Subject(Network([[1.5]], np.zeros((1, 0))))).lines
    >>> [(line.name, line.value) for line in lines[:2]]
    [('fixed points, no input', 3), ('of these stable', 2)]
    """
    guesses = np.vstack([subject.start, _drawn(subject)])
    lines: list[Line] = []
    for name, x in _inputs(subject):
        lines += _points(name, fixed_point(subject.map, x, guesses), subject.map.delta)
    return Section("Fixed and slow points", tuple(lines))


def _points(name: str, found: tuple[FixedPoint, ...], delta: float) -> list[Line]:
    page, apart = "sequencing/stability.html", _distinct([one for one in found if one.converged])
    slow = [one.residual / delta for one in found if not one.converged]
    stable = [one for one in apart if one.stable and one.eigenvalues is not None]
    word = f"Of {len(found)} searches, from the start and from states on its way."
    lines = [Line(f"fixed points, {name}", len(apart), word, page)]
    ends = "A state near one of them returns to it under the map."
    lines.append(Line("of these stable", len(stable), ends, page))
    if stable:
        slowest = max(float(np.max(one.eigenvalues.rates)) for one in stable)  # type: ignore[union-attr]
        word = "Of the mode, in all stable points, that returns last; in units of the step's time."
        lines.append(Line("slowest time constant", -1.0 / slowest, word, page))
    kinks = sum(one.status == "on a kink" for one in found)
    if kinks:
        lines.append(Line("searches that end on a kink", kinks, "No slope, no verdict.", page))
    if slow:
        word = f"The least where {len(slow)} of the searches end, which is at no fixed point."
        lines.append(Line("slow points, speed", min(slow), word, page))
    return lines


def _distinct(found: list[FixedPoint]) -> list[FixedPoint]:
    kept: list[FixedPoint] = []
    for one in found:
        if all(np.max(np.abs(one.h - other.h)) > 1e-6 for other in kept):
            kept.append(one)
    return kept


def oscillations(subject: Subject) -> Section:
    """Return where states go that are left alone, and which frequency was told and found.

    Examples
    --------
    >>> turn = 1.2 * np.array([[np.cos(0.5), -np.sin(0.5)], [np.sin(0.5), np.cos(0.5)]])
    >>> lines = oscillations(Subject(Network(turn, np.zeros((2, 0))))).lines
    >>> lines[0].value, [round(line.value, 2) for line in lines[1:]]
    ('4 oscillates', [0.08, 0.08])
    """
    starts, lines = _drawn(subject)[:4], []
    for name, x in _inputs(subject):
        fates = follow(subject.network, starts, x, steps=STEPS)
        lines += _fates(name, fates)
    return Section("What it does when left alone", tuple(lines))


def _fates(name: str, fates: tuple[Fate, ...]) -> list[Line]:
    kinds = [one.kind for one in fates]
    said = ", ".join(f"{kinds.count(kind)} {kind}" for kind in dict.fromkeys(kinds))
    # One reason a kind, since those of a kind differ in digits only.
    reasons = {one.kind: one.reason for one in reversed(fates)}
    # With two fates, each reason begins with the fate that it is the reason for.
    why = "; ".join(f"{kind}: {one}" for kind, one in reasons.items())
    why = why if len(reasons) > 1 else fates[0].reason
    lines = [Line(f"fates, {name}", said, f"{why[0].upper()}{why[1:]}.", "trained/states.html")]
    page = "trained/frequencies.html"
    for one in _heard(fates):
        told = "Cycles per unit of time that the eigenvalues at the point inside announce."
        lines.append(Line("frequency announced", one.announced, told, page))
        heard = f"Cycles per unit of time; {one.share:.0%} of the power is at that frequency."
        lines.append(Line("frequency measured", one.frequency, heard, page))
    return lines


def _heard(fates: tuple[Fate, ...]) -> list[Fate]:
    """Return one fate for each frequency, within a fiftieth."""
    kept: list[Fate] = []
    for one in fates:
        near = any(abs(one.frequency / other.frequency - 1.0) < 0.02 for other in kept)
        if one.kind == "oscillates" and not near:
            kept.append(one)
    return kept


def noise(subject: Subject) -> Section:
    """Return its noise convention, and what another step does to the noise.

    Examples
    --------
    >>> found = noise(Subject(Network([[0.0]], [[1.0]], delta=0.2)))
    >>> [(line.name, round(line.value, 3)) for line in found.lines[1:]]
    [('at a tenth of the step, kept a step', 3.015), ('at a tenth of the step, by the root', 0.953)]
    """
    page, network = "procedures/discretisation.html", subject.network
    own = network.noise if isinstance(network, Network) else getattr(network, "noise", None)
    if own is None:
        line = Line(
            "amplitude of its noise", None, "It carries none; what was trained with may.", page
        )
    else:
        size = float(np.max(own))
        word = f"Of white noise outside sigma; a step adds {size * subject.map.delta**0.5:.4g}."
        line = Line("amplitude of its noise", size, word, page)
    if not isinstance(network, Network):
        return Section("Noise", (line,))
    a = float(np.mean(network.delta * np.asarray(network.rate) * network.decay))
    before, after = a * (2.0 - a), 0.1 * a * (2.0 - 0.1 * a)
    kept = "A leaky unit's spread over that of before, if each step still adds the same number."
    root = "The same ratio if a step adds the root of its length as much: the rule with a limit."
    fixed = Line("at a tenth of the step, kept a step", (before / after) ** 0.5, kept, page)
    rule = Line("at a tenth of the step, by the root", (0.1 * before / after) ** 0.5, root, page)
    return Section("Noise", (line, fixed, rule))


def axes(subject: Subject) -> Section:
    """Return how many axes its activity needs, under drawn inputs and from its start.

    Examples
    --------
    >>> lines = axes(Subject(Network(0.5 * np.eye(3), [[1.0], [1.0], [1.0]]))).lines
    >>> lines[1].value
    1
    """
    page, rng, m = "trained/states.html", np.random.default_rng(1), subject.map.n_inputs
    # Inputs that change every ten steps: slow enough to be followed, fast enough to be many.
    x = np.repeat(rng.standard_normal((60, 8, m)), 10, axis=0)
    with np.errstate(over="ignore", invalid="ignore"):
        h = simulate(subject.map, np.broadcast_to(subject.start, (8, len(subject.start))), x).h
    flat, title = h[100:].reshape(-1, h.shape[-1]), "Axes of its activity"
    if not np.all(np.isfinite(flat)) or np.ptp(flat) == 0.0:
        word = "It runs away under drawn inputs, or nothing moves it."
        return Section(title, (Line("participation ratio", None, word, page),))
    power = np.linalg.svd(flat - flat.mean(axis=0), compute_uv=False) ** 2
    ratio = float(power.sum() ** 2 / np.sum(power**2))
    many = int(np.searchsorted(np.cumsum(power) / power.sum(), 0.95) + 1)
    word = "The number of axes over which the variance is spread, counted by its evenness."
    most = "So many principal axes hold 95 % of the variance under drawn inputs."
    return Section(
        title,
        (Line("participation ratio", ratio, word, page), Line("axes for 95 %", many, most, page)),
    )
