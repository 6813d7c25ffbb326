"""Mistakes in loops of a network and a body, in their speed, and in what a state costs."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np

from helpers.dynamics.linear import LinearMap
from helpers.dynamics.procedures import Rescale
from tools.sabotages.making import ANALYSIS, DYNAMICS, Sabotage, changed, instead, scaled, sized

LOOP = ANALYSIS + "movement:"


def _velocity_undivided(right: Any, controller: Any, body: Any, tau: float) -> Any:
    return replace(right(controller, body, tau), flow=Rescale(tau)(controller.flow))


def _force_by_tau(right: Any, controller: Any, body: Any, tau: float) -> Any:
    made = right(controller, body, tau)
    return replace(made, readout=made.readout / tau, readout_bias=made.readout_bias / tau)


def _read_before(right: Any, controller: Any, body: Any, delta: Any = None, **more: Any) -> Any:
    return right(
        controller, body, delta, **({} if delta is None else {"order": "act-update"} | more)
    )


def _order_ignored(right: Any, *args: Any, order: str = "", **more: Any) -> Any:
    return right(*args, **more)


def _euler_of_the_body(right: Any, self: Any, delta: float) -> Any:
    flow = self.flow
    return LinearMap(np.eye(len(flow.A)) + delta * flow.A, delta * flow.B, delta * flow.c, delta)


MOVEMENT = (
    Sabotage("friction-forgotten", "term", LOOP + "retimed",
             changed(lambda made: replace(made, damping=0.0))),
    Sabotage("force-by-tau", "factor", LOOP + "retimed", instead(_force_by_tau)),
    Sabotage("velocity-undivided", "factor", LOOP + "retimed", instead(_velocity_undivided)),
    Sabotage("force-read-before", "index", LOOP + "closed_loop", instead(_read_before)),
    Sabotage("order-ignored", "index", LOOP + "closed_loop", instead(_order_ignored)),
    sized("largest-tick-larger", "size", LOOP + "largest_step", scaled),
    sized("hand-force-larger", "size", LOOP + "Controller.force", scaled),
    Sabotage("body-heavier", "factor", DYNAMICS + "body:Body.flow",
             changed(lambda flow: replace(flow, B=0.9 * flow.B))),
    Sabotage("body-by-euler", "neighbour", DYNAMICS + "body:Body.zoh",
             instead(_euler_of_the_body)),
    sized("torque-larger", "size", DYNAMICS + "arm:Arm.torque", scaled),
    Sabotage("arm-faster", "size", DYNAMICS + "arm:Arm.flow", changed(Rescale(1.05))),
    sized("preparing-input-larger", "size", ANALYSIS + "energy:Transfer.input", scaled, 1.5),
    Sabotage("turning-of-degree-one", "term", DYNAMICS + "arm:Arm.coriolis",
             instead(lambda right, self, q, v: right(self, q, v) + 0.05 * np.asarray(v))),
    Sabotage("energy-in-another-time", "factor", ANALYSIS + "energy:minimum_energy",
             instead(lambda right, A, B, target, T, **more: right(A, B, target, 1.5 * T, **more))),
)  # fmt: skip
