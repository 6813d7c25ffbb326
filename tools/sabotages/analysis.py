"""Mistakes in what is asked of a system, and in statistics and verdicts."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import numpy as np

from tools.sabotages.making import (
    ANALYSIS,
    DYNAMICS,
    Sabotage,
    argument,
    changed,
    instead,
    option,
    part_scaled,
    scaled,
    sized,
    swapped,
    with_parts,
)


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
    sized("rates-larger", "size", SPECTRA + "Spectrum.rates", scaled, 1.1),
    Sabotage("frequencies-in-turns", "factor", SPECTRA + "Spectrum.angular_frequencies",
             scaled(1 / (2 * np.pi))),
    Sabotage("to-map-turned", "sign", SPECTRA + "Spectrum.to_map", instead(_to_map_turned)),
    Sabotage("to-flow-by-euler", "neighbour", SPECTRA + "Spectrum.to_flow",
             instead(_to_flow_by_euler)),
    sized("distance-smaller", "size", SPECTRA + "Spectrum.distance", scaled, 0.0),
    sized("henrici-larger", "size", SPECTRA + "henrici", scaled, 1.1),
    Sabotage("henrici-squared", "factor", SPECTRA + "henrici", changed(lambda d: d**2)),
    Sabotage("reach-late", "index", CONTROL + "controllability_matrix", instead(_powers_late)),
    sized("margin-larger", "size", CONTROL + "controllability_margin", scaled, 1.1),
    Sabotage("abscissa-of-eigenvalues", "neighbour", GROWTH + "numerical_abscissa",
             instead(_abscissa_of_eigenvalues)),
    sized("abscissa-larger", "size", GROWTH + "numerical_abscissa", scaled, 1.1),
    sized("gain-larger", "size", GROWTH + "transient_gain", scaled, 1.1),
    Sabotage("gain-squared", "factor", GROWTH + "transient_gain", changed(lambda gain: gain**2)),
    Sabotage("starts-swapped", "index", GROWTH + "extreme_starts", changed(swapped)),
    sized("kreiss-larger", "size", GROWTH + "kreiss_bound", scaled, 1.1),
    sized("kreiss-halved", "factor", GROWTH + "kreiss_bound", scaled, 0.5),
    sized("singular-larger", "size", GROWTH + "smallest_singular_values", scaled, 1.1),
    sized("announced-doubled", "factor", ANALYSIS + "oscillation:announced_frequency", scaled, 2.0),
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


DECISIONS = (
    Sabotage("decides-later", "size", DECIDE + "ddm",
             changed(lambda found: found._replace(decision_time=1.15 * found.decision_time))),
    Sabotage("errs-less", "size", DECIDE + "ddm",
             changed(lambda found: found._replace(error_rate=0.7 * found.error_rate))),
    Sabotage("variance-for-amplitude", "factor", DECIDE + "ddm", instead(_variance_for_amplitude)),
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


def _without_settling(right: Any, system: Any, h: Any, k: int = 1, **more: Any) -> Any:
    return right(system, h, k, **{**more, "settle": 0})


def _wrong_frame(right: Any, system: Any, h: Any, k: int = 1, **more: Any) -> Any:
    return right(system, h, k, **more) * system.delta


PREDICT = ANALYSIS + "prediction:"
PREDICTIONS = (
    Sabotage("exponents-a-step", "factor", PREDICT + "lyapunov", instead(_wrong_frame)),
    sized("exponents-larger", "size", PREDICT + "lyapunov", scaled),
    Sabotage("exponents-turned", "sign", PREDICT + "lyapunov", scaled(-1.0)),
    Sabotage("exponents-reversed", "index", PREDICT + "lyapunov", changed(lambda e: e[::-1])),
    Sabotage("exponents-unsettled", "term", PREDICT + "lyapunov", instead(_without_settling)),
    Sabotage("valid-in-steps", "factor", PREDICT + "valid_time",
             instead(lambda right, truth, film, delta, **more: right(truth, film, 1.0, **more))),
    sized("valid-longer", "size", PREDICT + "valid_time", scaled),
    Sabotage("valid-elsewhere", "neighbour", PREDICT + "valid_time", option("threshold", 0.8)),
)  # fmt: skip


def _columns(change: Callable[[Any], Any]) -> Callable[[Any], Any]:
    """A sample whose table of numbers is changed."""
    return changed(lambda one: replace(one, columns=change(one.columns)))


def _other_kind(right: Any, self: Any, *args: Any) -> Any:
    return right(replace(self, yes_or_no=False), *args)


def _wider(factor: float) -> Callable[[Any], Any]:
    """Interval ends, away from the value."""

    def wrong(right: Any, self: Any, risk: float) -> Any:
        return tuple(self.value + factor * (end - self.value) for end in right(self, risk))

    return instead(wrong)


SAMPLE = ANALYSIS + "samples:"
SAMPLES = (
    sized("interval-wider", "size", SAMPLE + "Sample.interval", _wider),
    Sabotage("interval-of-draws", "neighbour", SAMPLE + "Sample.interval", instead(_other_kind)),
    Sabotage("interval-swapped", "index", SAMPLE + "Sample.interval", changed(swapped)),
    Sabotage("one-sided", "factor", SAMPLE + "Sample.p_value", scaled(0.5)),
    Sabotage("p-of-draws", "neighbour", SAMPLE + "Sample.p_value", instead(_other_kind)),
    sized("draws-larger", "size", SAMPLE + "Sample.draws", scaled),
    Sabotage("share-of-others", "sign", SAMPLE + "share", _columns(lambda told: 1 - told)),
    sized("average-larger", "size", SAMPLE + "average", lambda factor: _columns(
        lambda lines: factor * lines)),
    Sabotage("average-turned", "sign", SAMPLE + "average", _columns(lambda lines: -lines)),
    Sabotage("states-not-clustered", "neighbour", SAMPLE + "average_over_states",
             instead(lambda right, values, networks, *rest: right(
                 values, np.arange(len(values)), *rest))),
    sized("states-larger", "size", SAMPLE + "average_over_states",
          lambda factor: argument(0, lambda values: factor * np.asarray(values))),
    Sabotage("groups-turned", "sign", SAMPLE + "difference",
             argument(1, lambda first: ~np.asarray(first, dtype=bool))),
    sized("difference-larger", "size", SAMPLE + "difference",
          lambda factor: argument(0, lambda values: factor * np.asarray(values))),
    Sabotage("slope-swapped", "index", SAMPLE + "one_minus_slope",
             instead(lambda right, before, after, *rest: right(after, before, *rest))),
    Sabotage("ranks-turned", "sign", SAMPLE + "rank_correlation",
             argument(0, lambda one: -np.asarray(one))),
    Sabotage("ranks-shifted", "index", SAMPLE + "rank_correlation",
             argument(0, lambda one: np.roll(one, 1))),
)  # fmt: skip


def _estimate_moved(factor: float) -> Callable[[Any], Any]:
    return changed(
        lambda one: replace(
            one,
            value=factor * one.value,
            low=min(one.low, factor * one.low),
            high=max(one.high, factor * one.high),
        )
    )


STATISTICS, JUDGE = ANALYSIS + "statistics:", ANALYSIS + "verdicts:"
STATISTICAL = (
    sized("share-larger", "size", STATISTICS + "share_of", _estimate_moved),
    sized("mean-larger", "size", STATISTICS + "mean_of", _estimate_moved),
    Sabotage("holm-not-ordered", "index", STATISTICS + "holm",
             instead(lambda right, p: np.minimum(1.0, len(p) * np.asarray(p)))),
    Sabotage("holm-forgotten", "term", STATISTICS + "holm",
             instead(lambda right, p: np.asarray(p))),
    Sabotage("kurtosis-not-of-normal", "term", STATISTICS + "_shape",
             changed(lambda pair: (pair[0], pair[1] + 3.0))),
    Sabotage("skewness-turned", "sign", STATISTICS + "_shape",
             changed(lambda pair: (-pair[0], pair[1]))),
    sized("spread-larger", "size", STATISTICS + "summarise", part_scaled("sd")),
    sized("henrici-of-summary", "size", STATISTICS + "summarise", part_scaled("henrici")),
    sized("threshold-moved", "size", STATISTICS + "outside",
          lambda factor: argument(1, lambda threshold: factor * threshold)),
    Sabotage("outside-pairs-swapped", "index", STATISTICS + "outside", changed(swapped)),
    Sabotage("levels-not-stepped", "neighbour", JUDGE + "holm_levels",
             instead(lambda right, p, *, risk=0.05: np.full(len(p), risk))),
    Sabotage("levels-turned", "index", JUDGE + "holm_levels", changed(lambda row: row[::-1])),
    sized("levels-larger", "size", JUDGE + "holm_levels", scaled),
    Sabotage("row-p-of-one-bound", "term", JUDGE + "Row.p_value",
             instead(lambda right, self, sample: right(
                 replace(self, below=np.inf) if np.isfinite(self.above) else self, sample))),
    Sabotage("verdict-for-undecided", "neighbour", JUDGE + "_part",
             instead(lambda right, row, sample, risk: right(row, sample, 1.0))),
    Sabotage("verdict-turned", "sign", JUDGE + "_part", changed(
        lambda part: replace(part, word={"holds": "fails", "fails": "holds"}.get(
            part.word, part.word)))),
)  # fmt: skip


def _printed(right: Any, *args: Any, **kwargs: Any) -> Any:
    return right(*args, **{**kwargs, "formula": "printed"})


def _second_of_pair(right: Any, spectrum: Any) -> Any:
    found = right(spectrum)
    return None if found is None else complex(found.real, -found.imag)


def _states_with(**parts: Callable[[Any], Any]) -> Callable[[Any], Any]:
    """What settle finds, each state with these parts changed."""

    def one(state: Any) -> Any:
        if isinstance(state, tuple):
            return tuple(one(inner) for inner in state)
        return replace(state, **{name: part(state) for name, part in parts.items()})

    return changed(one)


def _smallest_first(right: Any, spectrum: Any) -> Any:
    turning = [v for v in spectrum.values if v.imag > 0]
    return complex(min(turning, key=abs)) if turning else right(spectrum)


SWING, SETTLE = ANALYSIS + "oscillation:", ANALYSIS + "states:settle"
MOTION = (
    Sabotage("lead-conjugate", "sign", SWING + "leading_oscillation", instead(_second_of_pair)),
    Sabotage("lead-is-smallest", "neighbour", SWING + "leading_oscillation",
             instead(_smallest_first)),
    sized("lead-larger", "size", SWING + "leading_oscillation",
          lambda factor: changed(lambda lead: None if lead is None else factor * lead)),
    Sabotage("announced-printed", "neighbour", SWING + "announced_frequency", instead(_printed)),
    Sabotage("measured-doubled", "factor", SWING + "measured_frequency",
             changed(lambda found: (2 * found[0], found[1]))),
    sized("measured-off", "size", SWING + "measured_frequency",
          lambda factor: changed(lambda found: (factor * found[0], found[1]))),
    Sabotage("measured-first-unit", "index", SWING + "measured_frequency",
             argument(0, lambda h: np.asarray(h)[..., :1])),
    Sabotage("settle-elsewhere", "neighbour", SETTLE, option("threshold", 0.5)),
    Sabotage("settle-short", "neighbour", SETTLE, option("steps", 800)),
    Sabotage("settle-frequency-off", "size", SETTLE,
             _states_with(frequency=lambda state: 1.1 * state.frequency)),
    Sabotage("settle-all-slow", "sign", SETTLE, _states_with(slow=lambda state: not state.slow)),
    Sabotage("settle-decay-for-rest", "neighbour", SETTLE, _states_with(
        kind=lambda state: "decay" if state.kind == "fixed point" else state.kind)),
)  # fmt: skip


def _variance_for_noise(right: Any, system: Any) -> Any:
    flow = getattr(system, "flow", system)
    squared = replace(flow, noise=np.asarray(flow.noise) ** 2)
    return right(squared if flow is system else replace(system, flow=squared))


def _frobenius(right: Any, matrix: Any, kind: str, times: Any) -> Any:
    from scipy.linalg import expm

    steps = {"map": lambda t: np.linalg.matrix_power(matrix, int(t)),
             "flow": lambda t: expm(t * np.asarray(matrix))}[kind]  # fmt: skip
    return np.array([np.linalg.norm(steps(t)) for t in times])


def _per_step(right: Any, system: Any) -> Any:
    return right(system) / (getattr(system, "delta", None) or 1.0)


SPREAD, ROUTES = ANALYSIS + "noise:stationary_covariance", EQUIVALENCE + "all_orders"
MORE = (
    Sabotage("covariance-squared", "factor", SPREAD, instead(_variance_for_noise)),
    Sabotage("covariance-per-step", "factor", SPREAD, instead(_per_step)),
    Sabotage("covariance-of-the-flow", "neighbour", SPREAD,
             instead(lambda right, system: right(getattr(system, "flow", system)))),
    Sabotage("covariance-doubled", "factor", SPREAD, scaled(2.0), scaled),
    sized("covariance-larger", "size", SPREAD, scaled),
    Sabotage("routes-gap-zero", "term", ROUTES, changed(lambda routes: tuple(
        replace(one, gap=None if one.gap is None else 0.0) for one in routes))),
    Sabotage("routes-reversed", "index", ROUTES, changed(lambda routes: tuple(
        replace(one, name=one.name[::-1]) for one in routes))),
    Sabotage("routes-step-kept", "factor", EQUIVALENCE + "_aligned",
             instead(lambda right, procedure, tau: procedure)),
    Sabotage("gap-noise-ignored", "term", EQUIVALENCE + "_noise_gap",
             instead(lambda right, one, other: 0.0)),
    Sabotage("order-constant", "size", EQUIVALENCE + "convergence_order",
             part_scaled("constant")(1.1), part_scaled("constant")),
    Sabotage("verdict-always-exact", "neighbour", EQUIVALENCE + "verdict",
             option("exact", 1e3)),
    Sabotage("verdict-never-exact", "neighbour", EQUIVALENCE + "verdict",
             option("exact", 0.0)),
    Sabotage("stable-turned", "sign", SPECTRA + "Spectrum.stable", changed(lambda s: not s)),
    Sabotage("spectrum-of-transposed", "index", SPECTRA + "Spectrum.rates",
             changed(lambda rates: rates[::-1])),
    Sabotage("frequencies-turned", "sign", SPECTRA + "Spectrum.angular_frequencies",
             scaled(-1.0)),
    Sabotage("to-flow-conjugate", "sign", SPECTRA + "Spectrum.to_flow", changed(
        lambda found: with_parts(found, {"values": -np.asarray(found.values)}))),
    Sabotage("reach-reversed", "index", CONTROL + "controllability_matrix",
             changed(lambda m: m[::-1])),
    sized("reach-larger", "size", CONTROL + "controllability_matrix", scaled),
    Sabotage("margin-at-zero", "neighbour", CONTROL + "controllability_margin",
             instead(lambda right, A, B: np.linalg.svd(np.hstack([A, B]))[1][-1])),
    Sabotage("margin-other-side", "index", CONTROL + "controllability_margin",
             argument(0, lambda A: np.asarray(A).T)),
    Sabotage("gain-in-frobenius", "neighbour", GROWTH + "transient_gain",
             instead(_frobenius)),
    Sabotage("gain-later", "index", GROWTH + "transient_gain",
             changed(lambda gain: np.roll(gain, -1))),
    Sabotage("map-for-flow", "neighbour", GROWTH + "_propagators",
             instead(lambda right, matrix, kind, times: right(
                 matrix, "map", np.round(np.asarray(times))))),
    Sabotage("singular-largest", "neighbour", GROWTH + "smallest_singular_values",
             instead(lambda right, A, grid: np.linalg.svd(
                 np.asarray(grid)[..., None, None] * np.eye(len(A)) - A)[1][..., 0])),
    Sabotage("kreiss-other-kind", "neighbour", GROWTH + "kreiss_bound",
             instead(lambda right, A, kind, grid: right(
                 A, {"flow": "map", "map": "flow"}[kind], grid))),
    Sabotage("abscissa-turned", "sign", GROWTH + "numerical_abscissa", scaled(-1.0)),
    Sabotage("rest-of-other-input", "term", ANALYSIS + "equilibria:fixed_point",
             instead(lambda right, system, x=None, guess=None: right(system, None, guess))),
    Sabotage("rest-guess-ignored", "term", ANALYSIS + "equilibria:fixed_point",
             instead(lambda right, system, x=None, guess=None: right(
                 system, x, None if np.ndim(guess) < 2 else guess))),
    Sabotage("warp-turned", "factor", ANALYSIS + "warping:best_warp",
             changed(lambda warp: warp._replace(factor=1 / warp.factor))),
    sized("warp-slower", "size", ANALYSIS + "warping:best_warp", part_scaled("factor"), 0.9),
    sized("warp-leaves-less", "size", ANALYSIS + "warping:best_warp",
          part_scaled("residual"), 0.3),
)  # fmt: skip

ANSWERS = (
    *QUESTIONS,
    *DECISIONS,
    *PREDICTIONS,
    *SAMPLES,
    *STATISTICAL,
    *MOTION,
    *MORE,
)
