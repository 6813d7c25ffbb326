"""A layer unrolled in time: the run of a batch of trials, and the adjoint of its steps."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from helpers.dynamics._checks import Array
from helpers.dynamics.activations import activation
from helpers.training.layers import SLOPES, Layer, Loop
from helpers.training.trials import Trials
from helpers.training.weights import Weights


@dataclass(frozen=True, eq=False)
class Run:
    """What a run leaves: all that its adjoint needs.

    Row t of joint (T + 1, B, N + M) is the activity before step t and the input of that step;
    sigma (T, B, N) the values of sigma in step t, or at its end in the activation form; body
    (T + 1, B, S) the state of the loop, if there is one.
    """

    joint: Array
    sigma: Array
    body: Array | None


@dataclass(frozen=True, eq=False)
class Adjoint:
    """Derivatives of the loss: by w h + b + omega x (T, B, N), outputs (T, B, K), start (B, N)."""

    delta: Array
    pull: Array
    start: Array


def forward(
    weights: Weights, trials: Trials, layer: Layer, *, noise: Array | None, inside: Array | None
) -> Run:
    """Return the run of a batch of trials, from the start of the weights or from zero."""
    # Side by side they need one product a step, [h x] [w omega]^T, and one for the gradient.
    n, both = len(weights.w), np.hstack([weights.w, weights.omega]).T
    run = _at_rest(weights, trials, layer, plain=layer.alpha == 1.0 and noise is None)
    joint, sigma = run.joint, activation(layer.activation)
    phi = np.empty_like(joint[0, :, :n], order="C")
    state: Array | float = 0.0 if weights.start is None else weights.start
    for t, (now, h) in enumerate(zip(joint[:-1], joint[1:, :, :n], strict=True)):
        _feed_back(layer.loop, run.body, t, now[:, n:])
        np.dot(now, both, out=phi)
        for more in (weights.b, None if inside is None else inside[t]):
            if more is not None:
                phi += more
        if layer.form == "activity":
            run.sigma[t] = sigma.value(phi)
        made = run.sigma[t] if layer.form == "activity" else phi
        state = _leaky(layer.alpha, state, made, None if noise is None else noise[t])
        h[...] = state if layer.form == "activity" else sigma.value(state)
        _move(layer.loop, run.body, t, weights, h, trials.push)
    return run


def _at_rest(weights: Weights, trials: Trials, layer: Layer, *, plain: bool) -> Run:
    """Return the run before its first step."""
    n, (steps, batch, m) = len(weights.w), trials.x.shape
    kind = np.result_type(weights.w, trials.x)
    joint = np.zeros((steps + 1, batch, n + m), dtype=kind)
    joint[:-1, :, n:] = trials.x
    if weights.start is not None or layer.form == "activation":
        start = np.zeros(n) if weights.start is None else weights.start
        sigma = activation(layer.activation).value
        joint[0, :, :n] = start if layer.form == "activity" else sigma(start)
    body = None
    if layer.loop is not None:
        body = np.zeros((steps + 1, batch, len(layer.loop.transition)), dtype=kind)
        body[0] = 0.0 if trials.body is None else trials.body
    # Without a leak the activity is sigma itself, and in the activation form it always is.
    shared = plain or layer.form == "activation"
    return Run(joint, joint[1:, :, :n] if shared else np.zeros_like(joint[1:, :, :n]), body)


def _leaky(alpha: float, state: Any, made: Array, noise: Array | None) -> Array:
    following = made if alpha == 1.0 else alpha * made + (1.0 - alpha) * state
    return np.asarray(following if noise is None else following + noise)


def _feed_back(loop: Loop | None, body: Array | None, t: int, x: Array) -> None:
    """Add to the input of step t what comes back."""
    if loop is not None and body is not None and t >= loop.since:
        x += body[t] @ loop.sensed.T


def _move(
    loop: Loop | None, body: Array | None, t: int, weights: Weights, h: Array, push: Array | None
) -> None:
    """Take the loop's step t."""
    if loop is not None and body is not None:
        u = h @ weights.readout.T + weights.readout_bias
        body[t + 1] = body[t] @ loop.transition.T + u @ loop.control.T
        body[t + 1] += 0.0 if push is None else push[t]


def backward(weights: Weights, layer: Layer, run: Run, pull: Array) -> Adjoint:
    """Return the adjoint of a run; `pull` is the derivative by what the targets are for."""
    after = run.joint[1:, :, : len(weights.w)]
    step = (_Activity if layer.form == "activity" else _Activation)(weights, layer, run)
    coming = _Open(weights, pull) if layer.loop is None else _Closed(weights, layer.loop, pull)
    delta, effort = np.empty(after.shape, dtype=after.dtype), 2.0 * layer.penalty / after.size
    for t in reversed(range(len(pull))):
        here = coming.by_activity(t)
        if effort:
            here = here + effort * after[t]
        delta[t] = step.back(t, here)
        coming.back(t, delta[t])
    return Adjoint(delta, coming.pull, step.start())


class _Open:
    """What the loss pulls at the activity, if nothing comes back."""

    def __init__(self, weights: Weights, pull: Array) -> None:
        self.pull, self.all = pull, pull @ weights.readout

    def by_activity(self, t: int) -> Array:
        return np.asarray(self.all[t])

    def back(self, t: int, delta: Array) -> None:
        pass


class _Closed:
    """The same through a loop: its adjoint runs beside that of the network."""

    def __init__(self, weights: Weights, loop: Loop, pull: Array) -> None:
        self.weights, self.loop, self.by_body = weights, loop, pull
        self.pull = np.zeros((*pull.shape[:2], len(weights.readout)), dtype=pull.dtype)
        self.carried: Any = 0.0
        self.here = pull[0]

    def by_activity(self, t: int) -> Array:
        self.here = self.by_body[t] + self.carried
        self.pull[t] = self.here @ self.loop.control
        return np.asarray(self.pull[t] @ self.weights.readout)

    def back(self, t: int, delta: Array) -> None:
        self.carried = self.here @ self.loop.transition
        if t >= self.loop.since:
            self.carried = self.carried + delta @ self.weights.omega @ self.loop.sensed


class _Activity:
    """Adjoint of a step of h; what is carried is the derivative by the h before it."""

    def __init__(self, weights: Weights, layer: Layer, run: Run) -> None:
        self.w, self.alpha, self.sigma = weights.w, layer.alpha, run.sigma
        self.slope = SLOPES[layer.activation]
        self.carried: Array = np.zeros_like(run.sigma[0])

    def back(self, t: int, here: Array) -> Array:
        by_h = here + self.carried
        delta = by_h * self.slope(self.sigma[t])
        if self.alpha != 1.0:
            delta *= self.alpha
        self.carried = delta @ self.w
        if self.alpha != 1.0:
            self.carried += (1.0 - self.alpha) * by_h
        return np.asarray(delta)

    def start(self) -> Array:
        return self.carried


class _Activation:
    """Adjoint of a step of v; carried are the derivatives by the v before it and by sigma(v)."""

    def __init__(self, weights: Weights, layer: Layer, run: Run) -> None:
        self.w, self.alpha, self.activity = (
            weights.w,
            layer.alpha,
            run.joint[:, :, : len(weights.w)],
        )
        self.slope, self.by_v = SLOPES[layer.activation], np.zeros_like(self.activity[0])
        self.by_sigma = np.zeros_like(self.by_v)

    def back(self, t: int, here: Array) -> Array:
        total = self.by_v + (here + self.by_sigma) * self.slope(self.activity[t + 1])
        delta = self.alpha * total
        self.by_v, self.by_sigma = (1.0 - self.alpha) * total, delta @ self.w
        return np.asarray(delta)

    def start(self) -> Array:
        return np.asarray(self.by_v + self.by_sigma * self.slope(self.activity[0]))
