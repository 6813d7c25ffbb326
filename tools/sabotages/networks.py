"""Mistakes in what is asked of trained networks, and in a readout that is fitted."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np

from tools.sabotages.making import (
    ANALYSIS,
    NETWORKS,
    TRAINING,
    Sabotage,
    argument,
    changed,
    instead,
    option,
    part_scaled,
    scaled,
    sized,
    swapped,
    transposed,
)


def _kept(name: str) -> Any:
    """A network changed, which keeps this part of the old one."""

    def wrong(right: Any, network: Any, *args: Any, **kwargs: Any) -> Any:
        made = right(network, *args, **kwargs)
        new = replace(made.network, **{name: getattr(network, name)})
        return replace(made, network=new, map=new.map)

    return instead(wrong)


def _noise_not_rescaled(right: Any, network: Any, delta: float) -> Any:
    made = right(network, delta)
    if network.noise is None:
        return made
    fast = replace(made.network, noise=network.noise)
    return replace(made, network=fast, map=fast.map)


def _other_fate(verdict: Any) -> Any:
    fates = {"lives": "dies", "dies": "lives"}
    return replace(verdict, predicted=fates.get(verdict.predicted, verdict.predicted))


def _linear_cue(right: Any, self: Any, duration: Any) -> Any:
    shortest, longest = min(self.durations), max(self.durations)
    right(self, duration)
    return (2 * np.asarray(duration) - shortest - longest) / (longest - shortest)


TIMER = TRAINING + "timing:CueSetGo."


def _sides_swapped(right: Any, self: Any, kappa: Any, **more: Any) -> Any:
    trials = right(self, kappa, **more)
    return replace(trials, x=trials.x[..., ::-1])


def _without_the_base(right: Any, self: Any, kappa: Any, **more: Any) -> Any:
    trials = right(self, kappa, **more)
    return replace(trials, x=np.where(trials.x != 0.0, trials.x - 0.5, 0.0))


TWO_SIDED, SIGNS = TRAINING + "evidence:TwoSidedEvidence.", ANALYSIS + "signs:"
HARMONIC, STEP = NETWORKS + "harmonic:", NETWORKS + "change_step:"
CERTIFICATE, TELL = NETWORKS + "certificate:", NETWORKS + "frequencies:"
NETS = (
    Sabotage("balance-step-forgotten", "term", HARMONIC + "balance",
             instead(lambda right, value, *, delta=1.0: right(value, delta=1.0))),
    sized("balance-gain", "size", HARMONIC + "balance",
          lambda factor: changed(lambda pair: (factor * pair[0], pair[1]))),
    sized("balance-frequency", "size", HARMONIC + "balance",
          lambda factor: changed(lambda pair: (pair[0], factor * pair[1]))),
    Sabotage("balance-swapped", "index", HARMONIC + "balance", changed(swapped)),
    Sabotage("turning-reversed", "index", HARMONIC + "turning",
             changed(lambda values: values[::-1])),
    sized("harmonic-frequency", "size", HARMONIC + "harmonic_balance", part_scaled("frequency")),
    sized("first-harmonic-larger", "size", HARMONIC + "_first_harmonic", scaled),
    Sabotage("first-harmonic-of-slope", "neighbour", HARMONIC + "_first_harmonic",
             instead(lambda right, network, amplitude: np.asarray(
                 network.activation.slope(np.asarray(amplitude))))),
    Sabotage("harmonics-reversed", "index", HARMONIC + "harmonic_balances",
             changed(lambda found: found[::-1])),
    Sabotage("told-by-balance", "neighbour", TELL + "audit_frequencies",
             option("rule", "balance")),
    Sabotage("tolerance-doubled", "factor", TELL + "audit_frequencies",
             option("tolerance", 0.4)),
    sized("told-off", "size", TELL + "_announced", scaled),
    sized("largest-step-longer", "size", CERTIFICATE + "largest_step", scaled),
    Sabotage("largest-step-halved", "factor", CERTIFICATE + "largest_step", scaled(0.5), scaled),
    Sabotage("largest-step-of-real-parts", "term", CERTIFICATE + "largest_step",
             argument(0, lambda values: np.real(values))),
    sized("levels-of-network", "size", CERTIFICATE + "levels",
          lambda factor: changed(lambda found: None if found is None else factor * found)),
    Sabotage("noise-factor-turned", "sign", CERTIFICATE + "_noise_factor",
             changed(lambda factor: 1.0 / factor)),
    Sabotage("noise-factor-squared", "factor", CERTIFICATE + "_noise_factor",
             changed(lambda factor: factor**2)),
    Sabotage("fates-turned", "sign", CERTIFICATE + "verdict", changed(_other_fate)),
    Sabotage("frames-in-turn", "neighbour", TRAINING + "trials:hold",
             instead(lambda right, x, steps: np.concatenate([x] * steps))),
    Sabotage("always-kept", "neighbour", CERTIFICATE + "_kept",
             instead(lambda right, new, fate: True)),
    Sabotage("rescaled-noise-kept", "factor", STEP + "_rescaled", instead(_noise_not_rescaled)),
    Sabotage("rescaled-rate-kept", "factor", STEP + "_rescaled", _kept("rate")),
    Sabotage("weights-step-kept", "factor", STEP + "change_step", _kept("delta")),
    Sabotage("held-too-long", "index", STEP + "_held",
             instead(lambda right, network, delta: right(network, delta / 2))),
    sized("ridge-larger", "size", TRAINING + "reservoir:ridge",
          lambda factor: changed(lambda fit: (factor * fit[0], fit[1]))),
    Sabotage("ridge-no-offset", "term", TRAINING + "reservoir:ridge",
             changed(lambda fit: (fit[0], 0 * fit[1]))),
    Sabotage("loop-no-offset", "term", TRAINING + "reservoir:closed_loop_network",
             instead(lambda right, network, readout, offset=None: right(network, readout))),
    Sabotage("field-by-next", "neighbour", TRAINING + "reservoir:from_field",
             option("how", "next")),
    Sabotage("clusters-of-one", "neighbour", NETWORKS + "ensemble:score",
             changed(lambda found: replace(found, accuracy=0.9 * found.accuracy))),
    Sabotage("safe-step-doubled", "factor", CERTIFICATE + "largest_step", scaled(2.0)),
    Sabotage("file-turned", "index", NETWORKS + "readers.parts:assembled",
             changed(lambda fields: fields | {"w": transposed(fields["w"])})),
    Sabotage("cue-linear", "neighbour", TIMER + "cue", instead(_linear_cue)),
    Sabotage("cue-turned", "sign", TIMER + "cue", scaled(-1.0)),
    sized("produced-longer", "size", TIMER + "produced",
          lambda factor: changed(lambda pair: (factor * pair[0], pair[1]))),
    Sabotage("sides-swapped", "index", TWO_SIDED + "trials", instead(_sides_swapped)),
    Sabotage("sides-without-a-base", "term", TWO_SIDED + "trials", instead(_without_the_base)),
    Sabotage("sides-difference-turned", "sign", TWO_SIDED + "difference", scaled(-1.0)),
    Sabotage("signs-turned", "sign", SIGNS + "column_signs", scaled(-1.0)),
    Sabotage("signs-by-row", "index", SIGNS + "wrong_signs", argument(0, transposed)),
    Sabotage("wrong-is-right", "sign", SIGNS + "wrong_signs",
             argument(0, lambda matrix: -np.asarray(matrix))),
)  # fmt: skip
