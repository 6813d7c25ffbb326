"""Wrong versions of helpers, each a mistake somebody could make; `make sabotage` tries them.

A sabotage names a function, or a method or property of a class, as module:name, says which kind of
mistake it is, and makes the wrong function from the right one. Those who wrote the checks did not
write these.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

DYNAMICS, ANALYSIS = "helpers.dynamics.", "helpers.analysis."
NETWORKS = "helpers.networks."
KINDS = ("term", "factor", "index", "sign", "neighbour", "size")


@dataclass(frozen=True)
class Sabotage:
    """One mistake: its name, its kind, where it is made, and the wrong function from the right."""

    name: str
    kind: str
    target: str
    wrong: Callable[[Any], Any]


def scaled(factor: float) -> Callable[[Any], Any]:
    """The result times a factor."""
    return lambda right: lambda *args, **kwargs: factor * right(*args, **kwargs)


def changed(change: Callable[[Any], Any]) -> Callable[[Any], Any]:
    """The result, changed."""
    return lambda right: lambda *args, **kwargs: change(right(*args, **kwargs))


def instead(other: Callable[..., Any]) -> Callable[[Any], Any]:
    """Another function, which is handed the right one first."""
    return lambda right: lambda *args, **kwargs: other(right, *args, **kwargs)


def transposed(matrix: Any) -> Any:
    return np.swapaxes(matrix, -1, -2)


# --- the network and its Jacobians


def _without_bias(right: Any, self: Any, x: Any) -> Any:
    return right(self, x) - self.b


def _input_turned(right: Any, self: Any, x: Any) -> Any:
    return 2 * self.b - right(self, x)


def _input_larger(right: Any, self: Any, x: Any) -> Any:
    return self.b + 1.1 * (right(self, x) - self.b)


def _slope_of_the_speaker(right: Any, self: Any, h: Any, x: Any = None) -> Any:
    slope = np.broadcast_to(
        self.rate * self.activation.slope(self.preactivation(h, x)), np.shape(h)
    )
    return self.w * slope[..., None, :] + np.diag(self.split)


def _no_leak(right: Any, self: Any, h: Any, x: Any = None) -> Any:
    return right(self, h, x) - np.diag(self.split)


def _slope_left_out(right: Any, self: Any, h: Any, x: Any = None) -> Any:
    return np.broadcast_to(self.rate, (self.n_units,))[:, None] * self.omega + 0 * right(self, h, x)


def _rows_for_columns(right: Any, self: Any, h: Any, x: Any = None) -> Any:
    return right(replace(self, w=self.w.T), h, x)


def _field_without_leak(right: Any, self: Any, shape: Any, dtype: Any) -> Any:
    own, split = right(self, shape, dtype), self.split

    def field(h: Any, drive: Any, out: Any) -> None:
        own(h, drive, out)
        out -= split * h

    return field


def _field_larger(factor: float) -> Callable[[Any], Any]:
    def wrong(right: Any) -> Any:
        def make(self: Any, shape: Any, dtype: Any) -> Any:
            own = right(self, shape, dtype)

            def field(h: Any, drive: Any, out: Any) -> None:
                own(h, drive, out)
                out *= factor

            return field

        return make

    return wrong


RNN = DYNAMICS + "recurrent:RNN."
NETWORK = (
    Sabotage("rnn-no-bias", "term", RNN + "_drive", instead(_without_bias)),
    Sabotage("rnn-input-turned", "sign", RNN + "_drive", instead(_input_turned)),
    Sabotage("rnn-input-larger", "size", RNN + "_drive", instead(_input_larger)),
    Sabotage("rnn-velocity-larger", "size", RNN + "velocity", scaled(1.1)),
    Sabotage("rnn-velocity-columns", "index", RNN + "velocity", instead(_rows_for_columns)),
    Sabotage("rnn-jacobian-speaker", "index", RNN + "jacobian", instead(_slope_of_the_speaker)),
    Sabotage("rnn-jacobian-transposed", "index", RNN + "jacobian", changed(transposed)),
    Sabotage("rnn-jacobian-no-leak", "term", RNN + "jacobian", instead(_no_leak)),
    Sabotage("rnn-jacobian-larger", "size", RNN + "jacobian", scaled(1.1)),
    Sabotage(
        "rnn-input-jacobian-no-slope", "term", RNN + "input_jacobian", instead(_slope_left_out)
    ),
    Sabotage("rnn-input-jacobian-larger", "size", RNN + "input_jacobian", scaled(1.1)),
    Sabotage("rnn-film-no-leak", "term", RNN + "_field", instead(_field_without_leak)),
    Sabotage("rnn-film-faster", "factor", RNN + "_field", _field_larger(1.01)),
)

# --- linear systems


def _forgets(name: str) -> Callable[..., Any]:
    def wrong(right: Any, self: Any, h: Any, x: Any = None) -> Any:
        return right(replace(self, **{name: np.zeros_like(getattr(self, name))}), h, x)

    return wrong


def _turned(name: str) -> Callable[..., Any]:
    def wrong(right: Any, self: Any, h: Any, x: Any = None) -> Any:
        return right(replace(self, **{name: -getattr(self, name)}), h, x)

    return wrong


def _by_columns(right: Any, self: Any, h: Any, x: Any = None) -> Any:
    return right(replace(self, A=self.A.T), h, x)


LINEAR = DYNAMICS + "linear:"
LINES = tuple(
    Sabotage(f"{short}-{what}", kind, f"{LINEAR}{name}.{method}", instead(wrong))
    for short, name, method in (
        ("linear-flow", "LinearSystem", "velocity"),
        ("linear-map", "LinearMap", "step"),
    )
    for what, kind, wrong in (
        ("no-constant", "term", _forgets("c")),
        ("no-input", "term", _forgets("B")),
        ("constant-turned", "sign", _turned("c")),
        ("columns", "index", _by_columns),
    )
)

# --- the procedures


def _rate_squared(right: Any, system: Any, tau: float) -> Any:
    return right(right(system, tau), tau)


def _not_rescaled(right: Any, system: Any, tau: float) -> Any:
    right(system, tau)
    return system


def _keeps(name: str) -> Callable[..., Any]:
    def wrong(right: Any, system: Any, tau: float) -> Any:
        made = right(system, tau)
        return replace(made, **{name: getattr(system, name)}) if hasattr(made, "A") else made

    return wrong


def _stamps_kept(right: Any, system: Any, tau: float) -> Any:
    made = right(system, tau)
    return replace(made, delta=system.delta) if hasattr(made, "delta") else made


def _wrong_clock(right: Any, self: Any, x: Any) -> Any:
    right(self, x)
    return lambda s: x(s / self.tau)


def _old_clock(right: Any, self: Any, x: Any) -> Any:
    right(self, x)
    return x


def _another_step(factor: float) -> Callable[..., Any]:
    def wrong(right: Any, self: Any, system: Any) -> Any:
        return right(replace(self, delta=factor * self.delta), system)

    return wrong


def _another_method(method: str, other: str) -> Callable[..., Any]:
    def wrong(right: Any, self: Any, system: Any) -> Any:
        return right(replace(self, method=other) if self.method == method else self, system)

    return wrong


def _without_constant(right: Any, self: Any, system: Any) -> Any:
    made = right(self, system)
    return replace(made, c=np.zeros_like(made.c)) if hasattr(made, "c") else made


def _constant_turned(right: Any, self: Any, system: Any) -> Any:
    made = right(self, system)
    return replace(made, c=-made.c) if hasattr(made, "c") else made


def _line_transposed(right: Any, self: Any, system: Any) -> Any:
    made = right(self, system)
    return replace(made, A=made.A.T) if hasattr(made, "A") and made is not system else made


def _at_no_input(right: Any, self: Any, system: Any) -> Any:
    point = self if self.about is None else replace(self, about=(self.about[0], None))
    return right(point, system)


def _always_at_zero(right: Any, self: Any, system: Any) -> Any:
    point = self.about and (np.zeros_like(np.asarray(self.about[0], dtype=float)), self.about[1])
    return right(replace(self, about=point), system)


def _other_way_round(right: Any, self: Any, system: Any) -> Any:
    return self.first(self.second(system))


def _first_alone(right: Any, self: Any, system: Any) -> Any:
    return self.first(system)


HOW = DYNAMICS + "procedures:"
PROCEDURES = (
    Sabotage("rescale-nothing", "factor", HOW + "_rescaled", instead(_not_rescaled)),
    Sabotage("rescale-twice", "factor", HOW + "_rescaled", instead(_rate_squared)),
    Sabotage("rescale-keeps-c", "term", HOW + "_rescaled", instead(_keeps("c"))),
    Sabotage("rescale-keeps-B", "term", HOW + "_rescaled", instead(_keeps("B"))),
    Sabotage("rescale-keeps-stamps", "factor", HOW + "_rescaled", instead(_stamps_kept)),
    Sabotage("input-on-wrong-clock", "factor", HOW + "Rescale.input", instead(_wrong_clock)),
    Sabotage("input-on-old-clock", "term", HOW + "Rescale.input", instead(_old_clock)),
    Sabotage("step-longer", "size", HOW + "Discretise.__call__", instead(_another_step(1.1))),
    Sabotage(
        "step-longer-1e-3", "factor", HOW + "Discretise.__call__", instead(_another_step(1.001))
    ),
    Sabotage("step-halved", "factor", HOW + "Discretise.__call__", instead(_another_step(0.5))),
    *(
        Sabotage(
            f"{one}-is-{other}",
            "neighbour",
            HOW + "Discretise.__call__",
            instead(_another_method(one, other)),
        )
        for one, other in (
            ("euler", "backward_euler"),
            ("heun", "midpoint"),
            ("midpoint", "heun"),
            ("rk4", "kutta3"),
            ("kutta3", "heun"),
            ("backward_euler", "euler"),
            ("trapezoid", "implicit_midpoint"),
            ("implicit_midpoint", "trapezoid"),
            ("gauss2", "rk4"),
            ("exponential_euler", "euler"),
            ("zoh", "exponential_euler"),
        )
    ),
    Sabotage("line-no-constant", "term", HOW + "Linearise.__call__", instead(_without_constant)),
    Sabotage("line-constant-turned", "sign", HOW + "Linearise.__call__", instead(_constant_turned)),
    Sabotage("line-transposed", "index", HOW + "Linearise.__call__", instead(_line_transposed)),
    Sabotage("line-at-no-input", "term", HOW + "Linearise.__call__", instead(_at_no_input)),
    Sabotage("line-at-zero", "neighbour", HOW + "Linearise.__call__", instead(_always_at_zero)),
    Sabotage("route-other-way", "index", HOW + "Composition.__call__", instead(_other_way_round)),
    Sabotage("route-half", "term", HOW + "Composition.__call__", instead(_first_alone)),
)

# --- schemes and films


def _stability_turned(right: Any, self: Any, z: Any) -> Any:
    return right(self, -np.asarray(z))


def _rational_with(coefficient: float) -> Callable[[Any], Any]:
    """The stability function with its highest coefficient changed."""
    return lambda right: (
        lambda self, z: right(self, z) + coefficient * np.asarray(z) ** (len(self.b))
    )


def _late(right: Any, *args: Any, **kwargs: Any) -> Any:
    """Rows of input that come one step late."""
    values = list(args)
    if len(values) > 2 and np.ndim(values[2]) > 1:
        values[2] = np.concatenate([np.asarray(values[2])[:1], np.asarray(values[2])[:-1]])
    return right(*values, **kwargs)


def _from_elsewhere(right: Any, system: Any, h0: Any, *args: Any, **kwargs: Any) -> Any:
    return right(system, np.asarray(h0) + 1e-3, *args, **kwargs)


def _film_without_start(right: Any, *args: Any, **kwargs: Any) -> Any:
    film = right(*args, **kwargs)
    return replace(film, h=np.concatenate([film.h[1:], film.h[-1:]]))


FILMS = (
    Sabotage("stability-turned", "sign", DYNAMICS + "runge_kutta:RungeKutta.stability",
             instead(_stability_turned)),
    Sabotage("stability-larger", "size", DYNAMICS + "runge_kutta:RungeKutta.stability",
             scaled(1.1)),
    Sabotage("stability-coefficient", "factor", DYNAMICS + "runge_kutta:RungeKutta.stability",
             _rational_with(1e-3)),
    Sabotage("input-late", "index", DYNAMICS + "simulation:simulate", instead(_late)),
    Sabotage("film-from-elsewhere", "term", DYNAMICS + "simulation:simulate",
             instead(_from_elsewhere)),
    Sabotage("film-without-start", "index", DYNAMICS + "simulation:simulate",
             instead(_film_without_start)),
    Sabotage("lift-transposed", "index", DYNAMICS + "tangent:TangentLift.__call__",
             instead(lambda right, self, system: right(self, _with_transposed_slope(system)))),
)  # fmt: skip


def _with_transposed_slope(system: Any) -> Any:
    from helpers import RNN as Network

    if not isinstance(system, Network):
        return system
    return replace(system, w=system.w.T)


# --- what is asked of a system


def _undivided(right: Any, one: Any, other: Any, **kwargs: Any) -> Any:
    return 0.05 * right(one, other, **kwargs)


def _order_changed(change: float) -> Callable[[Any], Any]:
    return lambda right: (
        lambda *args, **kwargs: replace(
            right(*args, **kwargs), slope=right(*args, **kwargs).slope + change
        )
    )


def _point_beside(right: Any, *args: Any, **kwargs: Any) -> Any:
    found = right(*args, **kwargs)
    if isinstance(found, tuple):
        return tuple(replace(one, h=1.001 * one.h + 1e-4) for one in found)
    return replace(found, h=1.001 * found.h + 1e-4)


def _verdict_turned(right: Any, *args: Any, **kwargs: Any) -> Any:
    found = right(*args, **kwargs)
    if isinstance(found, tuple):
        return tuple(replace(one, stable=not one.stable) for one in found)
    return replace(found, stable=not found.stable)


def _to_map_turned(right: Any, self: Any, method: Any, *, delta: float) -> Any:
    return right(replace(self, values=-self.values), method, delta=delta)


def _to_flow_by_euler(right: Any, self: Any, method: Any, **kwargs: Any) -> Any:
    return right(self, "euler", **kwargs)


def _powers_late(right: Any, A: Any, B: Any, **kwargs: Any) -> Any:
    return right(A, np.asarray(A) @ np.asarray(B), **kwargs)


def _abscissa_of_eigenvalues(right: Any, matrix: Any) -> Any:
    return float(np.max(np.linalg.eigvals(matrix).real))


def _swapped(pair: Any) -> Any:
    return pair[1], pair[0]


EQUIVALENCE, SPECTRA = ANALYSIS + "equivalence:", ANALYSIS + "spectra:"
CONTROL, GROWTH = ANALYSIS + "controllability:", ANALYSIS + "transients:"
QUESTIONS = (
    Sabotage("gap-smaller", "size", EQUIVALENCE + "gap", instead(_undivided)),
    Sabotage("gap-zero", "term", EQUIVALENCE + "gap", scaled(0.0)),
    Sabotage("order-higher", "size", EQUIVALENCE + "convergence_order", _order_changed(0.3)),
    Sabotage("order-turned", "sign", EQUIVALENCE + "convergence_order",
             changed(lambda order: replace(order, slope=-order.slope))),
    Sabotage("rest-beside", "size", ANALYSIS + "equilibria:fixed_point", instead(_point_beside)),
    Sabotage("rest-turned", "sign", ANALYSIS + "equilibria:fixed_point", instead(_verdict_turned)),
    Sabotage("rates-larger", "size", SPECTRA + "Spectrum.rates", scaled(1.1)),
    Sabotage("frequencies-in-turns", "factor", SPECTRA + "Spectrum.angular_frequencies",
             scaled(1 / (2 * np.pi))),
    Sabotage("to-map-turned", "sign", SPECTRA + "Spectrum.to_map", instead(_to_map_turned)),
    Sabotage("to-flow-by-euler", "neighbour", SPECTRA + "Spectrum.to_flow",
             instead(_to_flow_by_euler)),
    Sabotage("distance-smaller", "size", SPECTRA + "Spectrum.distance", scaled(0.0)),
    Sabotage("henrici-larger", "size", SPECTRA + "henrici", scaled(1.1)),
    Sabotage("henrici-squared", "factor", SPECTRA + "henrici", changed(lambda d: d**2)),
    Sabotage("reach-late", "index", CONTROL + "controllability_matrix", instead(_powers_late)),
    Sabotage("margin-larger", "size", CONTROL + "controllability_margin", scaled(1.1)),
    Sabotage("abscissa-of-eigenvalues", "neighbour", GROWTH + "numerical_abscissa",
             instead(_abscissa_of_eigenvalues)),
    Sabotage("abscissa-larger", "size", GROWTH + "numerical_abscissa", scaled(1.1)),
    Sabotage("gain-larger", "size", GROWTH + "transient_gain", scaled(1.1)),
    Sabotage("gain-squared", "factor", GROWTH + "transient_gain", changed(lambda gain: gain**2)),
    Sabotage("starts-swapped", "index", GROWTH + "extreme_starts", changed(_swapped)),
    Sabotage("kreiss-larger", "size", GROWTH + "kreiss_bound", scaled(1.1)),
    Sabotage("kreiss-halved", "factor", GROWTH + "kreiss_bound", scaled(0.5)),
    Sabotage("singular-larger", "size", GROWTH + "smallest_singular_values", scaled(1.1)),
    Sabotage("announced-doubled", "factor", ANALYSIS + "oscillation:announced_frequency",
             scaled(2.0)),
    Sabotage("measured-larger", "size", ANALYSIS + "oscillation:measured_frequency",
             changed(lambda found: (1.1 * found[0], found[1]))),
    Sabotage("outside-elsewhere", "neighbour", ANALYSIS + "statistics:outside",
             instead(lambda right, values, threshold: right(values, threshold + 0.2))),
    Sabotage("fewer-bins", "neighbour", ANALYSIS + "statistics:curve_shape",
             instead(lambda right, w, **_: right(w, bins=100))),
)  # fmt: skip

DECIDE = ANALYSIS + "decision:"


def _variance_for_amplitude(right: Any, drift: Any, noise: float, *rest: Any, **more: Any) -> Any:
    return right(drift, np.sqrt(noise), *rest, **more)


def _higher_bound(right: Any, system: Any, output: Any, x: Any, bound: float, **more: Any) -> Any:
    return right(system, output, x, 1.3 * bound, **more)


def _per_step(right: Any, system: Any) -> Any:
    return right(system) / (getattr(system, "delta", None) or 1.0)


DECISIONS = (
    Sabotage("decides-later", "size", DECIDE + "ddm",
             changed(lambda found: found._replace(decision_time=1.15 * found.decision_time))),
    Sabotage("errs-less", "size", DECIDE + "ddm",
             changed(lambda found: found._replace(error_rate=0.7 * found.error_rate))),
    Sabotage("variance-for-amplitude", "factor", DECIDE + "ddm", instead(_variance_for_amplitude)),
    Sabotage("covariance-per-step", "factor", ANALYSIS + "noise:stationary_covariance",
             instead(_per_step)),
    Sabotage("no-overshoot", "term", DECIDE + "ddm",
             instead(lambda right, *args, step=0.0: right(*args))),
    Sabotage("higher-bound", "size", DECIDE + "to_bound", instead(_higher_bound)),
    Sabotage("choices-turned", "sign", DECIDE + "to_bound",
             changed(lambda made: made._replace(choice=-made.choice))),
    Sabotage("looks-forgotten", "index", DECIDE + "to_bound",
             instead(lambda right, *args, every=1, **more: right(*args, **more))),
    Sabotage("less-averaged", "factor", DYNAMICS + "averaging:averaged",
             instead(lambda right, choice, spread: right(choice, 0.9 * spread))),
)  # fmt: skip

AUDITS = (
    Sabotage("safe-step-doubled", "factor", NETWORKS + "certificate:largest_step", scaled(2.0)),
    Sabotage("file-turned", "index", NETWORKS + "readers.parts:assembled",
             changed(lambda fields: fields | {"w": transposed(fields["w"])})),
)  # fmt: skip

SABOTAGES = (*NETWORK, *LINES, *PROCEDURES, *FILMS, *QUESTIONS, *DECISIONS, *AUDITS)
