r"""The forms in which one network is written: lambda form, tau_m form, activation form, leaky form.

Every form has `of(network)`, which makes it from the lambda form of equation (2); `network()`, the
way back; `system`, the flow or map it stands for; and `state` and `activity`, which carry h to the
form's own state and back. What cannot be converted is refused with the reason. The noise of a
network goes along with its state, where that only scales it.
"""

from __future__ import annotations

from dataclasses import KW_ONLY, dataclass, replace
from typing import Any

import numpy as np

from helpers.dynamics._checks import (
    Array,
    amplitude,
    finite_array,
    last_axis,
    positive,
    positive_per_unit,
    shown,
    square,
)
from helpers.dynamics.activations import activation
from helpers.dynamics.recurrent import RNN, ActivationRNN
from helpers.dynamics.schemes import DiscretisedMap, scheme

__all__ = ["ActivationForm", "LeakyForm", "TauForm"]


def _network_only(network: Any) -> RNN:
    if not isinstance(network, RNN):
        raise ValueError(f"{type(network).__name__} is not an RNN; conventions convert networks")
    return network


def _coerce(form: Any) -> None:
    w = square(form.w, "w")
    n = len(w)
    fields: dict[str, Any] = {"w": w, "omega": finite_array(form.omega, "omega", (n, None))}
    fields["b"] = finite_array(form.b, "b", (n,))
    if hasattr(form, "noise"):
        fields["noise"] = amplitude(form.noise, n)
    for name, value in {**fields, "activation": activation(form.activation)}.items():
        object.__setattr__(form, name, value)


@dataclass(frozen=True, eq=False)
class TauForm:
    r"""The form :math:`\tau_m g' = -g + \sigma(\tilde w g + b + \omega x)`.

    It is the lambda form in other letters: :math:`g = \lambda h`, :math:`\tau_m = 1/\lambda`,
    :math:`\tilde w = w/\lambda`.

    Parameters
    ----------
    w, omega, b : array (N, N), (N, M), (N,)
        Weights, input weights, bias.
    tau_m : float or array (N,)
        Membrane time constant.
    activation : str or Activation
        sigma.
    noise : float or array (N,), optional
        Amplitude of the noise of g.

    Raises
    ------
    ValueError
        On shapes that do not fit, tau_m not positive, or a negative noise.

    Notes
    -----
    Equation (1) of Jarne (arXiv 2005.13074) is h' = -h / tau + sigma(...): the lambda form with
    lambda = 1 / tau, and not this one, though its tau is a time constant as tau_m is.

    Examples
    --------
    >>> TauForm.of(RNN([[2.0]], [[1.0]], decay=4.0)).w
    array([[0.5]])
    """

    w: Any
    omega: Any
    b: Any
    tau_m: Any
    activation: Any = "tanh"
    _: KW_ONLY
    noise: Any = None

    def __post_init__(self) -> None:
        _coerce(self)
        object.__setattr__(self, "tau_m", positive_per_unit(self.tau_m, "tau_m", len(self.w)))

    @classmethod
    def of(cls, network: RNN) -> TauForm:
        """Return the tau_m form of a network."""
        decay = np.broadcast_to(_network_only(network).decay, (network.n_units,))
        tau_m = 1.0 / (np.asarray(network.rate) * network.decay)
        noise = None if network.noise is None else decay * network.noise
        w = network.w / decay
        return cls(w, network.omega, network.b, tau_m, network.activation, noise=noise)

    def network(self, *, rate: float = 1.0) -> RNN:
        """Return the lambda form; decay = 1 / (rate tau_m), and rate 1 is equation (2) itself."""
        decay = 1.0 / (positive(rate, "rate") * np.asarray(self.tau_m))
        w = self.w * np.broadcast_to(decay, (len(self.w),))
        noise = None if self.noise is None else self.noise / decay
        return RNN(w, self.omega, self.b, decay, self.activation, rate, noise=noise)

    @property
    def system(self) -> RNN:
        """The flow of g, a network with decay 1 and rate 1 / tau_m."""
        rate = 1.0 / np.asarray(self.tau_m)
        return RNN(self.w, self.omega, self.b, 1.0, self.activation, rate, noise=self.noise)

    def state(self, h: Any, *, rate: float = 1.0) -> Array:
        """Return g = decay h."""
        state = last_axis(h, "h", len(self.w), "unit")
        return np.asarray(state / (positive(rate, "rate") * self.tau_m))

    def activity(self, g: Any, *, rate: float = 1.0) -> Array:
        """Return h = g / decay."""
        state = last_axis(g, "g", len(self.w), "unit")
        return np.asarray(state * (positive(rate, "rate") * self.tau_m))


@dataclass(frozen=True, eq=False)
class ActivationForm:
    r"""The form :math:`v' = r(-\lambda (v - b - \omega x) + w\sigma(v))`.

    Its state is the pre-activation, v = w h + b + omega x, and it is what an `RNN` and an
    `ActivationRNN` have in common: `of` takes either, `network` gives the first and `system` the
    second. The input is constant; one that varies adds :math:`\omega x'`. The way from v back to h
    needs an invertible w, the way from h to v does not.

    Parameters
    ----------
    w, omega, b : array (N, N), (N, M), (N,)
        The same as in the lambda form.
    decay, rate : float
        One number for all units: with a decay a unit, w and the decay do not commute, and the
        form does not exist.
    activation : str or Activation
        sigma.

    Raises
    ------
    ValueError
        On shapes that do not fit, or decay or rate given a unit; by `of`, for a network with noise,
        which is private to each unit in one form only; by `state` and `activity`, for an input
        given as a function of time.

    Notes
    -----
    Miller and Fumarola, Neural Computation 24 (2012).

    Examples
    --------
    >>> form = ActivationForm.of(RNN([[0.5]], [[1.0]], [0.2]))
    >>> form.state([1.0], [0.0])
    array([0.7])
    """

    w: Any
    omega: Any
    b: Any
    decay: Any = 1.0
    activation: Any = "tanh"
    rate: Any = 1.0

    def __post_init__(self) -> None:
        _coerce(self)
        for name in ("decay", "rate"):
            if np.ndim(getattr(self, name)) != 0:
                raise ValueError(
                    f"{name} has one entry a unit, {shown(getattr(self, name))}; the activation "
                    "form exists only for one number, since w must commute with the decay"
                )
            object.__setattr__(self, name, positive(getattr(self, name), name))

    @classmethod
    def of(cls, network: RNN | ActivationRNN) -> ActivationForm:
        """Return the activation form of a network of either kind."""
        n = network if isinstance(network, ActivationRNN) else _network_only(network)
        if n.noise is not None:
            raise ValueError(
                f"this {type(n).__name__} has noise of amplitude up to {np.max(n.noise):g}, "
                "private to each unit; w mixes it, so that in the other form it is not. Convert "
                "the network without: dataclasses.replace(network, noise=None)"
            )
        form = cls(n.w, n.omega, n.b, n.decay, n.activation, n.rate)
        if isinstance(n, RNN):
            return form
        return replace(form, omega=n.omega / form.decay, b=n.b / form.decay)

    def network(self) -> RNN:
        """Return the lambda form."""
        return RNN(self.w, self.omega, self.b, self.decay, self.activation, self.rate)

    @property
    def system(self) -> ActivationRNN:
        """The flow of v, for an input that does not vary in time."""
        omega, b = self.decay * self.omega, self.decay * self.b
        return ActivationRNN(self.w, omega, b, self.decay, self.activation, self.rate)

    def state(self, h: Any, x: Any = None) -> Array:
        """Return v = w h + b + omega x, of a state and the input at one time."""
        if callable(x):
            raise ValueError(
                f"x = {shown(x)} varies, and then v = w h + b + omega x does not solve this form, "
                "which lacks omega x'; give the constant input, or integrate the network as it is"
            )
        return self.network().preactivation(h, x)

    def activity(self, v: Any, x: Any = None) -> Array:
        """Return h with w h = v - b - omega x; a singular w is a ValueError."""
        if np.linalg.matrix_rank(self.w) < len(self.w):
            raise ValueError(
                f"w has rank {np.linalg.matrix_rank(self.w)} of {len(self.w)}, so v does not "
                "determine h; integrate h' = -decay h + sigma(v) from a known h(0) instead"
            )
        rest = np.asarray(v) - self.state(np.zeros(len(self.w)), x)
        return np.asarray(np.linalg.solve(self.w, rest[..., None])[..., 0])


@dataclass(frozen=True, eq=False)
class LeakyForm:
    r"""The form of machine learning, a map with a leak :math:`1 - \alpha`.

    .. math:: g \leftarrow (1 - \alpha) g + \alpha\,\sigma(\tilde w g + b + \omega x)

    It is one Euler step of the tau_m form with :math:`\alpha = \Delta / \tau_m`: alpha contains the
    time step, so a network and its alpha mean nothing in seconds until delta is given.

    Parameters
    ----------
    w, omega, b : array (N, N), (N, M), (N,)
        The weights of the tau_m form.
    alpha : float
        In (0, 1]. At 1 it is the plain recurrent layer of deep-learning libraries.
    delta : float
        The time of one step.
    activation : str or Activation
        sigma.
    noise : float or array (N,), optional
        Amplitude G of the noise of g: a step adds normal numbers of standard deviation
        G sqrt(delta).

    Raises
    ------
    ValueError
        On shapes that do not fit, alpha outside (0, 1], delta not positive, or a negative noise.

    Examples
    --------
    >>> form = LeakyForm.of(RNN([[0.5]], [[1.0]], [0.2], decay=2.0), delta=0.1)
    >>> form.alpha
    0.2
    """

    w: Any
    omega: Any
    b: Any
    alpha: Any
    delta: Any
    activation: Any = "tanh"
    _: KW_ONLY
    noise: Any = None

    def __post_init__(self) -> None:
        _coerce(self)
        object.__setattr__(self, "delta", positive(self.delta, "delta"))
        alpha = positive(self.alpha, "alpha")
        if alpha > 1.0:
            raise ValueError(
                f"alpha = {alpha}; above 1 the step is longer than the time constant and the leak "
                "1 - alpha is negative. Take a smaller delta"
            )
        object.__setattr__(self, "alpha", alpha)

    @classmethod
    def of(cls, network: RNN, *, delta: float) -> LeakyForm:
        """Return the leaky form of a network for a time step."""
        form = TauForm.of(network)
        if np.ndim(form.tau_m) != 0 and np.ptp(form.tau_m) > 0:
            raise ValueError(
                f"the units have time constants from {np.min(form.tau_m)} to {np.max(form.tau_m)}; "
                "the leaky form has one alpha for all"
            )
        alpha = positive(delta, "delta") / float(np.ravel(form.tau_m)[0])
        # A step of one time constant is alpha = 1, whatever rounding makes of the quotient.
        alpha = 1.0 if abs(alpha - 1.0) <= 4 * np.finfo(float).eps else alpha
        return cls(form.w, form.omega, form.b, alpha, delta, form.activation, noise=form.noise)

    def _tau_form(self) -> TauForm:
        tau_m = self.delta / self.alpha
        return TauForm(self.w, self.omega, self.b, tau_m, self.activation, noise=self.noise)

    def network(self) -> RNN:
        """Return the lambda form with rate 1: decay = alpha / delta."""
        return self._tau_form().network()

    @property
    def system(self) -> DiscretisedMap:
        """The map g -> (1 - alpha) g + alpha sigma(w g + b + omega x), Euler of g's flow."""
        return DiscretisedMap(self._tau_form().system, scheme("euler"), self.delta)

    def state(self, h: Any) -> Array:
        """Return g = decay h, for the network with rate 1."""
        return np.asarray(last_axis(h, "h", len(self.w), "unit") * (self.alpha / self.delta))

    def activity(self, g: Any) -> Array:
        """Return h = g / decay, for the network with rate 1."""
        return np.asarray(last_axis(g, "g", len(self.w), "unit") * (self.delta / self.alpha))
