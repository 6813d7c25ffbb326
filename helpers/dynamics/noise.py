r"""What papers and programs call the strength of noise, and the amplitude G that it is here.

Here h' = F(h, x) + G xi, and a step of length delta adds G sqrt(delta) eps. A leaky unit,
h <- (1 - alpha) h + G sqrt(delta) eps with alpha = delta / tau, ends with the variance
G^2 delta / (alpha (2 - alpha)), which nears G^2 tau / 2 as the step shrinks.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from helpers.dynamics._checks import Array, amplitude, positive, shown

__all__ = ["NOISE_CONVENTIONS", "noise_amplitude"]

# The standard deviation of what a step adds, for a value of 1, from alpha and delta.
NOISE_CONVENTIONS: dict[str, Callable[[float, float], float]] = {
    "amplitude": lambda alpha, delta: np.sqrt(delta),
    "per_step": lambda alpha, delta: 1.0,
    "alpha": lambda alpha, delta: alpha,
    "sqrt_alpha": lambda alpha, delta: np.sqrt(alpha),
    "sqrt_2_alpha": lambda alpha, delta: np.sqrt(2.0 * alpha),
    "stationary": lambda alpha, delta: np.sqrt(alpha * (2.0 - alpha)),
    "input": lambda alpha, delta: alpha / np.sqrt(delta),
}


def noise_amplitude(convention: str, value: Any, *, alpha: float, delta: float) -> float | Array:
    r"""Return the amplitude G of noise that is given in another convention.

    .. math:: G\sqrt\Delta = s(\alpha, \Delta)\,\text{value}

    A map written for one step has one number for its noise. Which G that is depends on what the
    program does with the number when it takes another step, and so does what becomes of it.

    Parameters
    ----------
    convention : str
        What a step adds, apart from a standard normal number: "amplitude", value * sqrt(delta);
        "per_step", the value at any step; "alpha", alpha * value, which vanishes with the step;
        "sqrt_alpha", sqrt(alpha) * value; "sqrt_2_alpha", sqrt(2 alpha) * value, for which the
        value is the standard deviation of a leaky unit in the limit of small steps; "stationary",
        sqrt(alpha (2 - alpha)) * value, for which it is that at every step; "input",
        alpha * value / sqrt(delta), of an input of its own that is drawn anew at every step.
    value : float or array (N,)
        The number in that convention, 0 or more.
    alpha : float
        The leak of a step, in (0, 1].
    delta : float
        The time of a step.

    Returns
    -------
    float or array (N,)
        G, in units of the state over the root of time, for `noise=` of a network with decay times
        rate equal to alpha / delta.

    Raises
    ------
    ValueError
        If the convention is not known, the value negative or not finite, alpha outside (0, 1] or
        delta not positive.

    Notes
    -----
    "sqrt_2_alpha": Song, Yang and Wang, PLoS Computational Biology 12 (2016) e1004792. All are for
    noise outside sigma: inside, it has no limit for small steps, since sigma bends it.

    Examples
    --------
    >>> noise_amplitude("per_step", 0.05, alpha=0.2, delta=0.25)
    0.1
    """
    if not isinstance(convention, str) or convention not in NOISE_CONVENTIONS:
        raise ValueError(
            f"unknown convention {shown(convention)}; choose one of {', '.join(NOISE_CONVENTIONS)}"
        )
    leak, step = positive(alpha, "alpha"), positive(delta, "delta")
    if leak > 1.0:
        raise ValueError(f"alpha = {leak}; the leak of one step is at most 1. Take a smaller step")
    factor = NOISE_CONVENTIONS[convention](leak, step) / np.sqrt(step)
    if np.ndim(value) == 0:
        amplitude(value, 1)
        return float(factor * value)
    amplitude(value, len(value))
    return np.asarray(factor * np.asarray(value, dtype=float))
