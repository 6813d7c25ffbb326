"""Mistakes in systems, procedures, schemes and conversions."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import numpy as np

from tools.sabotages.making import (
    DYNAMICS,
    Sabotage,
    changed,
    instead,
    part_scaled,
    scaled,
    sized,
    transposed,
    with_parts,
)

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
    sized("rnn-velocity-larger", "size", RNN + "velocity", scaled, 1.1),
    Sabotage("rnn-velocity-columns", "index", RNN + "velocity", instead(_rows_for_columns)),
    Sabotage("rnn-jacobian-speaker", "index", RNN + "jacobian", instead(_slope_of_the_speaker)),
    Sabotage("rnn-jacobian-transposed", "index", RNN + "jacobian", changed(transposed)),
    Sabotage("rnn-jacobian-no-leak", "term", RNN + "jacobian", instead(_no_leak)),
    sized("rnn-jacobian-larger", "size", RNN + "jacobian", scaled, 1.1),
    Sabotage(
        "rnn-input-jacobian-no-slope", "term", RNN + "input_jacobian", instead(_slope_left_out)
    ),
    sized("rnn-input-jacobian-larger", "size", RNN + "input_jacobian", scaled, 1.1),
    Sabotage("rnn-film-no-leak", "term", RNN + "_field", instead(_field_without_leak)),
    sized("rnn-film-faster", "factor", RNN + "_field", _field_larger),
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


def _another_step(factor: float) -> Callable[[Any], Any]:
    return instead(
        lambda right, self, system: right(replace(self, delta=factor * self.delta), system)
    )


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
    sized("step-longer", "size", HOW + "Discretise.__call__", _another_step),
    Sabotage("step-halved", "factor", HOW + "Discretise.__call__", _another_step(0.5)),
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
    sized("stability-larger", "size", DYNAMICS + "runge_kutta:RungeKutta.stability", scaled, 1.1),
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


def _rate_ignored(right: Any, self: Any, *args: Any, rate: float = 1.0) -> Any:
    return right(self, *args)


def _as_if(**parts: Any) -> Callable[[Any], Any]:
    """A method, of an object with these parts changed, each by a function of the object."""
    return instead(
        lambda right, self, *args, **kwargs: right(
            replace(self, **{name: part(self) for name, part in parts.items()}), *args, **kwargs
        )
    )


FORM = DYNAMICS + "conventions:"
CONVERSIONS = (
    sized("tau-network-larger", "size", FORM + "TauForm.network", part_scaled("w")),
    Sabotage("tau-rate-ignored", "factor", FORM + "TauForm.network", instead(_rate_ignored)),
    Sabotage("tau-noise-kept", "factor", FORM + "TauForm.network",
             instead(lambda right, self, **more: replace(right(self, **more), noise=self.noise))),
    Sabotage("tau-no-bias", "term", FORM + "TauForm.system",
             changed(lambda flow: replace(flow, b=0 * flow.b))),
    sized("tau-system-faster", "size", FORM + "TauForm.system", part_scaled("rate")),
    sized("tau-state-larger", "size", FORM + "TauForm.state", scaled),
    sized("tau-activity-larger", "size", FORM + "TauForm.activity", scaled),
    sized("activation-system-input", "size", FORM + "ActivationForm.system",
          part_scaled("omega")),
    Sabotage("activation-system-no-bias", "term", FORM + "ActivationForm.system",
             changed(lambda flow: replace(flow, b=0 * flow.b))),
    Sabotage("activation-system-transposed", "index", FORM + "ActivationForm.system",
             changed(lambda flow: replace(flow, w=flow.w.T))),
    Sabotage("activation-state-no-input", "term", FORM + "ActivationForm.state",
             instead(lambda right, self, h, x=None: right(self, h))),
    Sabotage("activation-state-no-bias", "term", FORM + "ActivationForm.state",
             instead(lambda right, self, h, x=None: right(self, h, x) - self.b)),
    Sabotage("activation-activity-turned", "sign", FORM + "ActivationForm.activity",
             scaled(-1.0)),
    sized("activation-activity-larger", "size", FORM + "ActivationForm.activity", scaled),
    Sabotage("leaky-alpha-is-step", "factor", FORM + "LeakyForm.of",
             instead(lambda right, cls, network, *, delta: replace(
                 right(cls, network, delta=delta), alpha=min(delta, 1.0)))),
    Sabotage("leaky-no-bias", "term", FORM + "LeakyForm.system",
             instead(lambda right, self: right(replace(self, b=0 * self.b)))),
    sized("leaky-longer", "size", FORM + "LeakyForm.system",
          lambda factor: _as_if(delta=lambda form: factor * form.delta)),
    sized("leaky-state-larger", "size", FORM + "LeakyForm.state", scaled),
    sized("leaky-activity-larger", "size", FORM + "LeakyForm.activity", scaled),
    Sabotage("leaky-network-no-bias", "term", FORM + "LeakyForm.network",
             changed(lambda flow: replace(flow, b=0 * flow.b))),
    Sabotage("activation-network-transposed", "index", FORM + "ActivationForm.network",
             changed(lambda flow: replace(flow, w=flow.w.T))),
)  # fmt: skip


def _leaks_twice(right: Any, self: Any, v: Any, x: Any = None) -> Any:
    return right(self, v, x) - self.rate * self.decay * np.asarray(v)


def _wrong_side(right: Any, self: Any, v: Any, x: Any = None) -> Any:
    slope = np.broadcast_to(self.activation.slope(np.asarray(v)), np.shape(v))
    return slope[..., None] * self.w * np.reshape(self.rate, (-1, 1)) + np.diag(self.split)


NETS_OF_V = DYNAMICS + "recurrent:ActivationRNN."
RANDOM = DYNAMICS + "recurrent:RecurrentFlow."
ACTIVATION_FORM = (
    Sabotage("v-leaks-twice", "term", NETS_OF_V + "velocity", instead(_leaks_twice)),
    Sabotage("v-columns", "index", NETS_OF_V + "velocity", instead(_rows_for_columns)),
    Sabotage("v-jacobian-listener", "index", NETS_OF_V + "jacobian", instead(_wrong_side)),
    sized("v-jacobian-larger", "size", NETS_OF_V + "jacobian", scaled),
    Sabotage("v-input-jacobian-turned", "sign", NETS_OF_V + "input_jacobian", scaled(-1.0)),
    Sabotage("v-film-no-leak", "term", NETS_OF_V + "_field", instead(_field_without_leak)),
    sized("gain-of-random", "size", RANDOM + "random", part_scaled("w")),
    Sabotage("random-without-bias", "term", RANDOM + "random",
             changed(lambda flow: replace(flow, b=0 * flow.b))),
    sized("gain-of-orthogonal", "size", RANDOM + "orthogonal", part_scaled("w")),
    Sabotage("orthogonal-is-normal", "neighbour", RANDOM + "orthogonal",
             instead(lambda right, cls, n, m, *, rng, **more: _normal_instead(n, m, rng, more))),
)  # fmt: skip


def _normal_instead(n: int, m: int, rng: Any, more: dict[str, Any]) -> Any:
    from helpers import RNN as Network

    return Network.random(n, m, rng=rng, **more)


def _slope_larger(factor: float) -> Callable[[Any], Any]:
    return changed(lambda one: with_parts(one, {"slope": lambda phi: factor * one.slope(phi)}))


def _power(exponent: float) -> Callable[[Any], Any]:
    """An amplitude times the step to a power."""
    return instead(
        lambda right, self: None if right(self) is None else right(self) * self.step_size**exponent
    )


MAPS = DYNAMICS + "schemes:"
STEPS = (
    Sabotage("map-noise-power", "factor", MAPS + "DiscretisedMap._noise_of_a_step", _power(0.5)),
    sized("map-noise-larger", "size", MAPS + "DiscretisedMap._noise_of_a_step",
          lambda factor: instead(lambda right, self: None if right(self) is None
                                 else factor * right(self))),
    Sabotage("map-noise-old-clock", "factor", MAPS + "DiscretisedMap.noise",
             instead(lambda right, self: self.flow.noise)),
    Sabotage("map-step-late", "index", MAPS + "DiscretisedMap._drives",
             instead(lambda right, self, x: [right(self, x)[-1]] * len(self.nodes))),
    Sabotage("read-off-no-constant", "term", MAPS + "read_off",
             changed(lambda line: replace(line, c=0 * line.c))),
    Sabotage("read-off-transposed", "index", MAPS + "read_off",
             changed(lambda line: replace(line, A=line.A.T))),
    sized("read-off-input", "size", MAPS + "read_off", part_scaled("B")),
    Sabotage("hold-no-half", "factor", DYNAMICS + "exponential:ZeroOrderHold.stability",
             instead(lambda right, self, z: right(self, 0.5 * np.asarray(z)))),
    Sabotage("hold-is-euler", "neighbour", DYNAMICS + "exponential:ZeroOrderHold.stability",
             instead(lambda right, self, z: 1 + np.asarray(z))),
    sized("complex-step-larger", "size", DYNAMICS + "differentiation:complex_step_jacobian",
          scaled),
    Sabotage("complex-step-transposed", "index",
             DYNAMICS + "differentiation:complex_step_jacobian", changed(transposed)),
    Sabotage("averaged-not", "term", DYNAMICS + "averaging:averaged",
             instead(lambda right, choice, spread: right(choice, 1e-6))),
    sized("slope-larger", "size", DYNAMICS + "averaging:averaged", _slope_larger),
    sized("linear-jacobian-larger", "size", LINEAR + "LinearSystem.jacobian", scaled),
    Sabotage("linear-jacobian-transposed", "index", LINEAR + "LinearSystem.jacobian",
             changed(transposed)),
    sized("linear-map-jacobian-larger", "size", LINEAR + "LinearMap.jacobian", scaled),
    Sabotage("lift-drops-offset", "term", DYNAMICS + "tangent:TangentLift.__call__",
             instead(lambda right, self, system: right(self, _with_no_bias(system)))),
    Sabotage("amplitude-of-alpha", "factor", DYNAMICS + "noise:noise_amplitude",
             instead(lambda right, convention, value, *, alpha, delta: right(
                 convention, value, alpha=alpha, delta=delta) * np.sqrt(delta))),
    sized("amplitude-larger", "size", DYNAMICS + "noise:noise_amplitude", scaled),
    Sabotage("film-stepped-twice", "factor", DYNAMICS + "simulation:simulate",
             instead(lambda right, system, *args, **more: replace(
                 right(system, *args, **more), t=2 * right(system, *args, **more).t)
                 if "rng" not in more else right(system, *args, **more))),
)  # fmt: skip


def _with_no_bias(system: Any) -> Any:
    return replace(system, b=0 * system.b) if hasattr(system, "b") else system


SYSTEMS = (
    *NETWORK,
    *LINES,
    *PROCEDURES,
    *FILMS,
    *CONVERSIONS,
    *ACTIVATION_FORM,
    *STEPS,
)
