"""What an audit examines: a network or map, its quiet point, and the sections on its structure."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np

from helpers.analysis.controllability import controllability_margin
from helpers.analysis.equilibria import FixedPoint, fixed_point
from helpers.analysis.equivalence import all_orders
from helpers.analysis.spectra import henrici
from helpers.analysis.transients import numerical_abscissa, transient_gain
from helpers.dynamics._checks import Array, shown
from helpers.dynamics.procedures import Discretise, Linearise, Procedure, Rescale
from helpers.dynamics.systems import Flow, Map
from helpers.networks.certificate import largest_step
from helpers.networks.network import Network
from helpers.networks.report import Line, Section

__all__ = ["Subject"]

OUTER = {
    "activity": "W stands inside sigma, and the state is the activity.",
    "activation": "W stands outside sigma, and the state is what sigma is taken of.",
}
LARGE = 300  # units; beyond, what costs N^4 is left out, and says so


@dataclass(frozen=True, eq=False)
class Subject:
    """What is examined: a network, or any map.

    Raises
    ------
    ValueError
        If it is neither.

    Examples
    --------
    >>> Subject(Network([[0.5]], [[1.0]])).quiet.h
    array([0.])
    """

    network: Network | Map

    def __post_init__(self) -> None:
        if not isinstance(self.network, (Network, Map)):
            raise ValueError(
                f"{shown(self.network)} is neither a Network nor a Map; discretise a flow first: "
                "Discretise(delta)(flow)"
            )

    @property
    def map(self) -> Map:
        """The map that is stepped."""
        return self.network.map if isinstance(self.network, Network) else self.network

    @property
    def flow(self) -> Flow | None:
        """The flow behind it, where there is one."""
        return self.network.flow if isinstance(self.network, Network) else None

    @property
    def start(self) -> Array:
        """The state (N,) that it begins in."""
        return np.asarray(getattr(self.network, "start", np.zeros(self.map.n_units)))

    @cached_property
    def quiet(self) -> FixedPoint:
        """The fixed or slowest point of the map that a search from the start finds."""
        found: FixedPoint = fixed_point(self.map, guess=self.start[None])[0]
        return found

    @cached_property
    def slopes(self) -> tuple[Array, Array] | None:
        """A and B of the flow (of the map, without one) at the quiet point; None on a kink."""
        if self.quiet.eigenvalues is None:
            return None
        system, h = self.flow or self.map, self.quiet.h
        return system.jacobian(h), system.input_jacobian(h)

    @property
    def kind(self) -> str:
        """Whether those are of a flow or of a map."""
        return "map" if self.flow is None else "flow"

    @cached_property
    def modes(self) -> Array:
        """The eigenvalues mu (N,) of the flow at the quiet point; of a map (rho - 1) / delta."""
        if self.quiet.eigenvalues is None:
            return np.zeros(0, dtype=complex)
        return np.asarray((self.quiet.eigenvalues.values - 1.0) / self.map.delta)


def form(subject: Subject) -> Section:
    """Return what was found of its form and conventions.

    Examples
    --------
    >>> form(Subject(Network([[0.5]], [[1.0]]))).lines[0].value
    'activity'
    """
    network, system = subject.network, subject.map
    page = "procedures/network.html"
    sizes = f"{_several(system.n_units, 'unit')}, {_several(system.n_inputs, 'input')}"
    if not isinstance(network, Network):
        word = "Any map: what needs weights, sigma or a flow behind it is not asked of it."
        size = Line("size", sizes, "Of state and input.", page)
        clock = Line("step", system.delta, "Time between two steps.", "notation.html")
        return Section("Form and conventions", (Line("form", "map", word, page), size, clock))
    leak = network.delta * np.asarray(network.rate) * network.decay
    slope, outputs = _slope(network.activation.unit_slope), _several(len(network.readout), "output")
    bias = float(max(np.max(np.abs(network.b)), np.max(np.abs(network.inside))))
    lines = (
        Line("form", network.form, OUTER[network.form], page),
        Line("size", sizes, f"And {outputs}.", page),
        Line("activation", network.activation.name, slope, page),
        Line("step", network.delta, "Time between two steps.", "notation.html"),
        Line("leak of a step", float(np.max(leak)), _leak(leak), "notation.html"),
        Line("largest bias", bias, _bias(bias), page),
    )
    return Section("Form and conventions", lines)


def _slope(unit: bool) -> str:
    if unit:
        return "It has slope 1 at zero, so that small activity sees w itself."
    return "Its slope at zero is not 1, so that eigenvalues of w alone say nothing."


def _leak(leak: Array) -> str:
    if np.ptp(leak) > 0.0:
        return f"The units differ, from {np.min(leak):.3g}: their time constants do."
    if abs(float(np.max(leak)) - 1.0) < 1e-12:
        return "Nothing is kept from step to step: the step is a whole time constant."
    return "That share of the state is replaced at a step."


def _several(number: int, word: str) -> str:
    return f"{number} {word}{'s' * (number != 1)}"


def _bias(largest: float) -> str:
    if largest == 0.0:
        return "None, so that with an odd sigma the sign of a state is a coin."
    return "With a bias, zero need not be where it rests."


def step(subject: Subject) -> Section:
    """Return the spectrum as flow and as map, and what only the step makes.

    Examples
    --------
    >>> for line in step(Subject(Network([[-1.5]], [[1.0]]))).lines[2:]:
    ...     print(line.name, line.value)
    modes that only the step makes grow 1
    modes that only the step makes decay 0
    largest safe step 0.8
    share of it used 1.25
    """
    mu, delta = subject.modes, subject.map.delta
    flow, grown = mu.real >= 0.0, np.abs(1.0 + delta * mu) >= 1.0
    bound, page = largest_step(mu), "sequencing/stability.html"
    safe = "Up to this step Euler keeps every mode stable that the flow has stable."
    if subject.flow is None:
        safe += " The flow is the one of which this map would be an Euler step."
    used = "Above 1, the step and not the network makes some of what you see."
    made = "Stable in the flow, and growing in the map: a finer step takes them away."
    lost = "Growing in the flow, and stable in the map."
    at = _where(subject)
    count = [int(np.sum(rows)) for rows in (flow, grown, ~flow & grown, flow & ~grown)]
    lines = (
        Line("growing modes of the flow", count[0], at, page),
        Line("growing modes of the map", count[1], at, page),
        Line("modes that only the step makes grow", count[2], made, page),
        Line("modes that only the step makes decay", count[3], lost, page),
        Line("largest safe step", bound, safe, page),
        Line("share of it used", delta / bound, used, "procedures/discretisation.html"),
    )
    return Section("Spectrum and step", lines)


def _where(subject: Subject) -> str:
    if subject.quiet.eigenvalues is None:
        return "The start leads to a kink of sigma, where there are no eigenvalues."
    return "At the point found from the start" + (
        "." if subject.quiet.converged else ", a slow one."
    )


def non_normality(subject: Subject) -> Section:
    """Return Henrici's number, the fastest growth, and the largest transient.

    Examples
    --------
    >>> non_normality(Subject(Network([[0.0, 2.0], [0.0, 0.0]], np.zeros((2, 1))))).lines[0].value
    1.0
    """
    page, title = "trained/transients.html", "Non-normality and transients"
    if subject.slopes is None:
        return Section(title, (Line("departure", None, "There is no slope on a kink.", page),))
    A = subject.slopes[0]
    lines = []
    if isinstance(subject.network, Network):
        word = "Of w: 0 for modes at right angles, 1 for a pure chain."
        lines.append(Line("Henrici's departure of w", henrici(subject.network.w), word, page))
    own = (
        f"Of the {subject.kind}'s Jacobian at the quiet point, which a leak on the diagonal lowers."
    )
    lines.append(Line("Henrici's departure of the Jacobian", henrici(A), own, page))
    if subject.kind == "flow":
        fast = "Growth rate of the state that grows the fastest at first, whatever the modes say."
        lines.append(Line("numerical abscissa", numerical_abscissa(A), fast, page))
    lines.append(_largest(subject, page))
    return Section(title, tuple(lines))


def _largest(subject: Subject, page: str) -> Line:
    times, gains = transient(subject)
    top = int(np.argmax(gains))
    word = f"The largest growth of a state within {times[-1]:.3g}, reached at {times[top]:.3g}."
    if not subject.quiet.stable:
        word += " The point is not stable, so that in the end a mode takes over."
    return Line("largest transient", float(gains[top]), word, page)


def transient(subject: Subject) -> tuple[Array, Array]:
    """Return times and the largest gains there, over twenty time constants of a unit or steps."""
    if subject.slopes is None:
        return np.zeros(1), np.ones(1)
    if subject.kind == "map":
        steps = np.arange(21.0)
        return steps * subject.map.delta, transient_gain(subject.slopes[0], "map", steps)
    network = subject.network
    slowest = float(np.min(np.asarray(network.rate) * network.decay))  # type: ignore[union-attr]
    times = np.linspace(0.0, 10.0 / slowest, 41)
    return times, transient_gain(subject.slopes[0], "flow", times)


def controllability(subject: Subject) -> Section:
    """Return how far the inputs are from not reaching every state.

    Examples
    --------
    >>> controllability(Subject(Network([[0.5]], [[2.0]]))).lines[0].value
    2.0
    """
    page, title = "sequencing/controllability.html", "Controllability"
    name = "margin of Popov, Belevitch and Hautus"
    if subject.slopes is None or subject.map.n_inputs == 0 or subject.map.n_units > LARGE:
        word = "Not asked: there is a kink, no input, or more than 300 units."
        return Section(title, (Line(name, None, word, page),))
    margin = controllability_margin(*subject.slopes)
    relative = margin / max(float(np.linalg.norm(subject.slopes[0], 2)), 1e-300)
    word = "Zero if some mode hears no input; a change of the Jacobian of this size makes one deaf."
    far = "The margin over the Jacobian's norm: below 1e-6 a mode is out of reach in practice."
    return Section(title, (Line(name, margin, word, page), Line("relative", relative, far, page)))


def commutation(subject: Subject) -> Section:
    """Return which procedures commute for it, with gaps.

    Examples
    --------
    >>> found = commutation(Subject(Network([[0.5]], [[1.0]]))).lines
    >>> [line.name for line in found], found[0].value
    (['R and D', 'D and L', 'L and R', 'one step and two halves'], 0.0)
    """
    title, flow, delta = "Procedures that commute", subject.flow, subject.map.delta
    if flow is None:
        word = "A map has no flow to discretise, and a function no sigma to replace."
        return Section(title, (Line("orders", None, word, "sequencing/table.html"),))
    R, D, L = Rescale(2.0), Discretise(delta), Linearise()
    lines = (
        _orders("R and D", flow, (R, D), "sequencing/rescaling_discretisation.html"),
        _orders("D and L", flow, (D, L), "sequencing/linearisation_discretisation.html"),
        _orders("L and R", flow, (L, R), "sequencing/linearisation_rescaling.html"),
        _halves(subject),
    )
    return Section(title, lines)


def _orders(name: str, flow: Flow, procedures: tuple[Procedure, ...], page: str) -> Line:
    routes = all_orders(flow, procedures)
    gaps = [route.gap for route in routes if route.gap is not None]
    if len(gaps) < len(routes):
        return Line(name, None, next(one.reason for one in routes if one.reason), page)
    word = "The relative difference of the two orders: rounding, since they commute."
    far = float(max(gaps))
    if far > 1e-10:
        word = "The relative difference of the two orders: for this network they do not commute."
    return Line(name, far, word, page)


def _halves(subject: Subject) -> Line:
    step, h = subject.map.step, subject.start + np.cos(np.arange(float(subject.map.n_units)))
    half = Discretise(subject.map.delta / 2.0)(subject.flow).step
    far = np.max(np.abs(step(h) - half(half(h)))) / max(np.max(np.abs(step(h) - h)), 1e-300)
    word = "Their difference over the move: what is lost if one takes the map for the flow."
    return Line("one step and two halves", float(far), word, "procedures/discretisation.html")
