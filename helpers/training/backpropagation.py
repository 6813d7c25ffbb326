r"""Back-propagation through time: the gradient of the loss of a simple recurrent layer.

.. math:: h_{t+1} = \tanh(w h_t + \omega x_t), \qquad z_t = r h_{t+1} + c

which is Euler's method with step one on equation (2) with decay one. The gradient follows the
precision of what it is given.
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise
from typing import Any

import numpy as np

from helpers.dynamics._checks import Array
from helpers.training.layers import SIMPLE, Layer
from helpers.training.tasks import Trials

__all__ = ["Weights", "loss_and_gradient"]


@dataclass(frozen=True, eq=False)
class Weights:
    """What training changes: w (N, N), omega (N, M), readout (K, N), readout_bias (K,), and more.

    A bias b (N,) and a state to start from (N,) are trained where they are given. With a `sign`
    (N,), entries 1 and -1, the weights are held to Dale's law (see `projected`); it is not trained.
    """

    w: Array
    omega: Array
    readout: Array
    readout_bias: Array
    b: Array | None = None
    start: Array | None = None
    sign: Array | None = None

    @property
    def vector(self) -> Array:
        """A copy of all weights in one row, in the order of the fields."""
        return np.concatenate([np.ravel(part) for part in self._parts()])

    def from_vector(self, vector: Array) -> Weights:
        """Return weights of these shapes that are views into a row of numbers."""
        ends = np.cumsum([part.size for part in self._parts()])[:-1]
        pieces = zip(np.split(vector, ends), self._parts(), strict=True)
        return Weights(*(piece.reshape(part.shape) for piece, part in pieces))

    def _parts(self) -> tuple[Array, ...]:
        return self.w, self.omega, self.readout, self.readout_bias


def loss_and_gradient(
    weights: Weights,
    trials: Trials,
    layer: Layer = SIMPLE,
    *,
    noise: Array | None = None,
    inside: Array | None = None,
) -> tuple[Any, Weights]:
    r"""Return the mean squared error over all steps and its gradient, by the adjoint of the map.

    .. math:: \ell = \frac{1}{T B K} \sum_t |z_t - \bar z_t|^2, \qquad
       \delta_t = \left(r^\top \frac{\partial \ell}{\partial z_t} + w^\top \delta_{t+1}\right)
       \odot (1 - h_{t+1}^2), \qquad
       \frac{\partial \ell}{\partial w} = \sum_t \delta_t h_t^\top

    Parameters
    ----------
    weights : Weights
        Real, or complex for a complex step: the loss is analytic in the weights.
    trials : Trials
        Inputs (T, B, M) and targets (T, B, K), or (T, B, S) where a loop is closed. Without a start
        of its own every trial starts from h = 0.
    layer : Layer
        Leak, activation, form, loop and penalty. Default: a simple recurrent layer.
    noise, inside : array (T, B, N), optional
        What is added to the state after each step, and to the argument of sigma (activation form: to
        the input) before it; the gradient is that of the run with this very noise.

    Returns
    -------
    loss, gradient
        A number, and Weights of its derivatives.

    Raises
    ------
    ValueError
        If the trials are not for this many inputs and outputs.

    Notes
    -----
    The adjoint of the tangent lift of the map. Werbos, Proc. IEEE 78 (1990).

    Examples
    --------
    >>> from helpers.training.plans import RECIPES, Plan
    >>> from helpers.training.tasks import task
    >>> plan = Plan(task("or"), RECIPES["fast"], "normal", 0, n_units=4)
    >>> loss, gradient = loss_and_gradient(plan.initial(), plan.task.conditions())
    >>> gradient.w.shape
    (4, 4)
    """
    _fitting(weights, trials)
    joint, n = _forward(weights, trials.x), len(weights.w)
    after = joint[1:, :, :n]
    error = after @ weights.readout.T + weights.readout_bias - trials.target
    pull = error * (2.0 / error.size)
    delta = _backward(weights, after, pull)
    both = _summed_products(delta, joint[:-1])
    gradient = Weights(
        both[:, :n],
        both[:, n:],
        _summed_products(pull, joint[1:])[:, :n],
        pull.sum(axis=(0, 1)),
    )
    return np.mean(error**2), gradient


def _fitting(weights: Weights, trials: Trials) -> None:
    steps_trials, inputs = trials.x.shape[:2], weights.omega.shape[1]
    for name, have, size in (
        ("x", trials.x.shape, inputs),
        ("target", trials.target.shape, len(weights.readout)),
    ):
        wanted = (*steps_trials, size)
        if have != wanted:
            raise ValueError(f"{name} has shape {have}; these weights need {wanted}")


def _forward(weights: Weights, x: Array) -> Array:
    """Return (T + 1, B, N + M): in row t the state h_t and the input x_t, from h = 0."""
    # Side by side they need one product a step, [h x] [w omega]^T, and one for the gradient.
    n, both = len(weights.w), np.hstack([weights.w, weights.omega]).T
    joint = np.zeros((len(x) + 1, x.shape[1], len(both)), dtype=np.result_type(both, x))
    joint[:-1, :, n:] = x
    phi = np.empty_like(joint[0, :, :n], order="C")
    for now, following in pairwise(joint):
        np.dot(now, both, out=phi)
        np.tanh(phi, out=following[:, :n])
    return joint


def _backward(weights: Weights, after: Array, pull: Array) -> Array:
    """Return delta (T, B, N), the derivative of the loss by each pre-activation."""
    delta = pull @ weights.readout
    carried, slope = np.zeros_like(delta[0]), np.empty_like(delta[0])
    for h, here in zip(after[::-1], delta[::-1], strict=True):
        np.add(here, carried, out=here)
        np.multiply(h, h, out=slope)
        np.subtract(1.0, slope, out=slope)
        np.multiply(here, slope, out=here)
        np.dot(here, weights.w, out=carried)
    return np.asarray(delta)


def _summed_products(left: Array, right: Array) -> Array:
    """Return the sum over time and trials of the outer products of two rows, (left, right)."""
    return np.asarray(left.reshape(-1, left.shape[-1]).T @ right.reshape(-1, right.shape[-1]))
