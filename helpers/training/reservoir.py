"""Networks that continue a series: a drawn network, a read-out by ridge regression, a loop."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from helpers.dynamics._checks import (
    Array,
    count,
    finite_array,
    generator,
    last_axis,
    positive,
)
from helpers.dynamics.recurrent import RNN

__all__ = ["Forecaster", "closed_loop_network", "from_field", "reservoir", "ridge"]

# What is fitted: the next sample, or the velocity by a difference of fourth order.
HOW = ("next", "derivative")


def reservoir(
    n_units: int,
    n_inputs: int,
    *,
    rng: np.random.Generator,
    radius: float = 0.3,
    per_row: int = 10,
    input_scale: float = 0.3,
    bias_scale: float = 1.0,
    rate: float = 1.0,
) -> RNN:
    r"""Draw a network whose recurrent weights nobody trains.

    .. math:: h' = r\,\bigl(-h + \tanh(w h + b + \omega x)\bigr)

    Its Euler map of step :math:`\Delta` is the leaky reservoir of the literature, with the leak
    :math:`\alpha = r\Delta`.

    Parameters
    ----------
    n_units, n_inputs : int
        N and M.
    rng : numpy.random.Generator
        Draws w, then omega, then b.
    radius : float
        Spectral radius of w; 0 gives w = 0, units that do not hear each other.
    per_row : int
        How many weights of a row of w are not zero; normal before they are scaled.
    input_scale, bias_scale : float
        omega and b are uniform between minus and plus these.
    rate : float
        r > 0, in 1/time; :math:`\tau = 1/r` is the time constant.

    Returns
    -------
    RNN
        With decay 1.

    Raises
    ------
    ValueError
        On a negative radius, fewer units than weights in a row, or rate not positive.

    Notes
    -----
    Jaeger and others, Neural Networks 20 (2007) 335.

    Examples
    --------
    >>> network = reservoir(20, 3, rng=np.random.default_rng(0), radius=0.5)
    >>> round(float(np.max(np.abs(np.linalg.eigvals(network.w)))), 12)
    0.5
    """
    n, m = count(n_units, "n_units", least=1), count(n_inputs, "n_inputs")
    if not (np.isfinite(radius) and radius >= 0.0):
        raise ValueError(f"radius = {radius!r}; a spectral radius is 0 or more")
    if count(per_row, "per_row", least=1) > n:
        raise ValueError(f"per_row = {per_row}; a row has {n} weights, so give {n} or fewer")
    draw = generator(rng)
    w = np.zeros((n, n))
    if radius > 0.0:
        for row in w:
            row[draw.choice(n, per_row, replace=False)] = draw.standard_normal(per_row)
        w *= radius / np.max(np.abs(np.linalg.eigvals(w)))
    omega = input_scale * draw.uniform(-1.0, 1.0, (n, m))
    b = bias_scale * draw.uniform(-1.0, 1.0, n)
    return RNN(w, omega, b, rate=rate)


def ridge(features: Any, targets: Any, *, penalty: float) -> tuple[Array, Array]:
    r"""Fit targets by an affine function of features, large weights made dear.

    .. math:: \min_{C,\,c}\; \frac1T\sum_{k=1}^{T}
        \bigl|C\,\varphi_k + c - y_k\bigr|^2 + \text{penalty}\,\|C\|_F^2

    Parameters
    ----------
    features : array (T, N)
    targets : array (T, K)
    penalty : float
        Above 0. The constant c is free.

    Returns
    -------
    readout : array (K, N)
    readout_bias : array (K,)

    Raises
    ------
    ValueError
        If the two do not have one row each a sample, or the penalty is not positive.

    Notes
    -----
    Hoerl and Kennard, Technometrics 12 (1970) 55.

    Examples
    --------
    >>> readout, bias = ridge([[0.0], [1.0], [2.0]], [[1.0], [3.0], [5.0]], penalty=1e-12)
    >>> readout.round(6), bias.round(6)
    (array([[2.]]), array([1.]))
    """
    seen = finite_array(features, "features", (None, None))
    wanted = finite_array(targets, "targets", (len(seen), None))
    middle, level = seen.mean(axis=0), wanted.mean(axis=0)
    moved = seen - middle
    moments = moved.T @ moved / len(seen) + positive(penalty, "penalty") * np.eye(seen.shape[1])
    readout = np.linalg.solve(moments, moved.T @ (wanted - level) / len(seen)).T
    return readout, level - readout @ middle


def closed_loop_network(network: RNN, readout: Any, readout_bias: Any = None) -> RNN:
    r"""Feed the read-out y = C h + c back as the input: again a network, without input.

    .. math:: h' = r\,\bigl(-\lambda h + \sigma((w + \omega C)\,h + b + \omega c)\bigr)

    Parameters
    ----------
    network : RNN
        With as many inputs as the read-out has values.
    readout : array (M, N)
        C.
    readout_bias : array (M,), optional
        c. Default zero.

    Raises
    ------
    ValueError
        On shapes that do not fit.

    Examples
    --------
    >>> open_loop = RNN([[0.5]], [[2.0]], [0.1])
    >>> closed = closed_loop_network(open_loop, [[0.25]], [0.3])
    >>> closed.w, closed.b
    (array([[1.]]), array([0.7]))
    """
    C = finite_array(readout, "readout", (network.n_inputs, network.n_units))
    level = np.zeros(len(C)) if readout_bias is None else readout_bias
    c = finite_array(level, "readout_bias", (len(C),))
    w, b = network.w + network.omega @ C, network.b + network.omega @ c
    return replace(network, w=w, b=b, omega=np.zeros((network.n_units, 0)))


@dataclass(frozen=True, eq=False)
class Forecaster:
    """A network that runs on its own, and how the series is read from it: y = C h + c.

    Parameters
    ----------
    network : RNN
        The closed loop, of N units, without input.
    readout : array (M, N)
        C.
    readout_bias : array (M,)
        c.

    Raises
    ------
    ValueError
        If C or c do not fit.

    Examples
    --------
    >>> found = Forecaster(RNN([[0.0]], np.zeros((1, 0))), [[2.0]], [1.0])
    >>> found.output([3.0]), found.state([7.0])
    (array([7.]), array([3.]))
    """

    network: RNN
    readout: Array
    readout_bias: Array

    def __post_init__(self) -> None:
        readout = finite_array(self.readout, "readout", (None, self.network.n_units))
        level = finite_array(self.readout_bias, "readout_bias", (len(readout),))
        self.__dict__.update(readout=readout, readout_bias=level)

    def output(self, h: Any) -> Array:
        """Return y = C h + c, shape (..., M), for a state or a film h (..., N)."""
        state = last_axis(h, "h", self.network.n_units, "unit")
        return np.asarray(state @ self.readout.T + self.readout_bias)

    def state(self, y: Any) -> Array:
        """Return the shortest h with C h + c = y, shape (..., N)."""
        value = last_axis(y, "y", len(self.readout), "value of the series")
        return np.asarray((value - self.readout_bias) @ np.linalg.pinv(self.readout).T)


def from_field(
    samples: Any, delta: float, *, how: str = "next", network: RNN, penalty: float = 1e-12
) -> Forecaster:
    r"""Fit a network of rank M to a series, with no film of the network: one regression.

    The network has :math:`w = \omega C`, and its read-out obeys
    :math:`y' = (-y + C\tanh(\omega y + b) + c)/\tau`, so C and c are fitted to
    :math:`y + \tau v` on :math:`\tanh(\omega y + b)`. With ``how="next"`` the velocity v is
    :math:`(y_{k+1} - y_k)/\Delta`, and one Euler step of :math:`\Delta` meets the next sample;
    with ``how="derivative"`` it is the central difference of fourth order.

    Parameters
    ----------
    samples : array (T, M)
        The series.
    delta : float
        The time between two samples.
    how : str
        "next" or "derivative".
    network : RNN
        Units that do not hear each other: w = 0, decay 1, one rate; M inputs.
        `reservoir(..., radius=0.0, rate=1 / tau)` draws one.
    penalty : float
        That of `ridge`.

    Returns
    -------
    Forecaster
        `.network`, `.output(h)`, and `.state(y)`, a state to start from.

    Raises
    ------
    ValueError
        On an unknown how, fewer than five samples, or a network with w, another decay or rates.

    Examples
    --------
    >>> t = 0.1 * np.arange(100)
    >>> circle = np.column_stack([np.cos(t), np.sin(t)])
    >>> units = reservoir(30, 2, rng=np.random.default_rng(0), radius=0.0, rate=5.0)
    >>> found = from_field(circle, 0.1, network=units)
    >>> h = found.state(circle[0])
    >>> step = found.output(h + 0.1 * found.network.velocity(h))
    >>> bool(np.allclose(step, circle[1], atol=1e-4))
    True
    """
    y = finite_array(samples, "samples", (None, network.n_inputs))
    if how not in HOW:
        raise ValueError(f"how = {how!r}; it is one of {', '.join(HOW)}")
    if len(y) < 5:
        raise ValueError(f"samples has shape {y.shape}; a difference needs five samples at least")
    if np.any(network.w) or np.any(network.decay != 1.0) or np.ndim(network.rate):
        raise ValueError(
            f"w up to {np.max(np.abs(network.w)):g}, decay = {network.decay}, rate = "
            f"{network.rate}; it takes w = 0, decay 1 and one rate: reservoir(..., radius=0.0)"
        )
    velocity, where = _velocity(y, positive(delta, "delta"), how)
    features = network.activation(where @ network.omega.T + network.b)
    readout, level = ridge(features, where + velocity / network.rate, penalty=penalty)
    return Forecaster(closed_loop_network(network, readout, level), readout, level)


def _velocity(y: Array, delta: float, how: str) -> tuple[Array, Array]:
    """The velocities of a series, and the samples at which they are known."""
    if how == "next":
        return np.diff(y, axis=0) / delta, y[:-1]
    near, far = y[3:-1] - y[1:-3], y[4:] - y[:-4]
    return (8.0 * near - far) / (12.0 * delta), y[2:-2]
