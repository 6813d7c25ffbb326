r"""Back-propagation through time: the gradient of the loss of a simple recurrent layer.

.. math:: h_{t+1} = \tanh(w h_t + \omega x_t), \qquad z_t = r h_{t+1} + c

which is Euler's method with step one on equation (2) with decay one. The gradient follows the
precision of what it is given.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from helpers.dynamics._checks import Array, shown
from helpers.training._unrolling import backward, forward
from helpers.training.layers import SIMPLE, Layer
from helpers.training.trials import Trials
from helpers.training.weights import Weights

__all__ = ["Weights", "loss_and_gradient"]


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
        What is added to the state after each step, and to the input (of the unit, behind omega)
        before it; the gradient is that of the run with this very noise.

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
    _fitting(weights, trials, layer, {"noise": noise, "inside": inside})
    n, run = len(weights.w), forward(weights, trials, layer, noise=noise, inside=inside)
    after = run.joint[1:, :, :n]
    made = after @ weights.readout.T + weights.readout_bias if run.body is None else run.body[1:]
    loss, pull = _squared(made - trials.target, trials.mask)
    if layer.penalty:
        loss = loss + layer.penalty * np.mean(after**2)
    back = backward(weights, layer, run, pull)
    both = _summed_products(back.delta, run.joint[:-1])
    return loss, Weights(
        both[:, :n],
        both[:, n:],
        _summed_products(back.pull, run.joint[1:])[:, :n],
        back.pull.sum(axis=(0, 1)),
        None if weights.b is None else back.delta.sum(axis=(0, 1)),
        None if weights.start is None else back.start.sum(axis=0),
        weights.sign,
    )


def _squared(error: Array, mask: Array | None) -> tuple[Any, Array]:
    """Return the mean of the squared errors, weighed, and its derivative by each error."""
    if mask is None:
        return np.mean(error**2), error * (2.0 / error.size)
    weighed, total = error * mask, float(np.sum(np.broadcast_to(mask, error.shape), dtype=float))
    return np.sum(weighed * error) / total, weighed * (2.0 / total)


def _fitting(
    weights: Weights, trials: Trials, layer: Layer, drawn: dict[str, Array | None]
) -> None:
    (steps, batch), (n, m), k = trials.x.shape[:2], weights.omega.shape, len(weights.readout)
    s = k if layer.loop is None else len(layer.loop.transition)
    rows: list[tuple[str, Array | None, tuple[int, ...]]] = [
        ("x", trials.x, (steps, batch, m)),
        ("target", trials.target, (steps, batch, s)),
        *((name, array, (steps, batch, n)) for name, array in drawn.items()),
        *((name, getattr(weights, name), (n,)) for name in ("b", "start", "sign")),
    ]
    if layer.loop is not None:
        rows += [("control", layer.loop.control, (s, k)), ("sensed", layer.loop.sensed, (m, s))]
        rows += [("body", trials.body, (batch, s)), ("push", trials.push, (steps, batch, s))]
    for name, array, wanted in rows:
        if array is not None and array.shape != wanted:
            raise ValueError(f"{name} has shape {array.shape}; these weights need {wanted}")
    _weighing(trials)


def _weighing(trials: Trials) -> None:
    mask, wanted = trials.mask, trials.target.shape
    if mask is None:
        return
    if mask.ndim != 3 or any(a not in (1, b) for a, b in zip(mask.shape, wanted, strict=True)):
        raise ValueError(
            f"mask has shape {mask.shape}; it needs the three axes of the targets' {wanted}, each "
            "whole or of length 1"
        )
    if not (np.all(mask >= 0) and np.any(mask > 0)):
        raise ValueError(f"mask = {shown(mask)}; weights are 0 or more, and not all of them 0")


def _summed_products(left: Array, right: Array) -> Array:
    """Return the sum over time and trials of the outer products of two rows, (left, right)."""
    return np.asarray(left.reshape(-1, left.shape[-1]).T @ right.reshape(-1, right.shape[-1]))
