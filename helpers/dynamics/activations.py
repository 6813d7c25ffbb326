"""Activation functions sigma: value, slope, smoothness, and what they satisfy at zero.

Equation (2) needs one scalar function sigma, applied to each unit. The papers ask of it that
sigma(0) = 0 and sigma'(0) = 1. The functions here say whether they comply. To add one, put one more
entry into `ACTIVATIONS`, or hand an `Activation` of your own to `RNN`.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from math import inf
from typing import Any

import numpy as np
from scipy import special

from helpers.dynamics._checks import Array

__all__ = ["ACTIVATIONS", "Activation", "activation"]


@dataclass(frozen=True)
class Activation:
    r"""A scalar function :math:`\sigma`, applied elementwise.

    Parameters
    ----------
    name : str
        What plots and messages call it.
    value, slope : callable
        :math:`\sigma` and :math:`\sigma'`, elementwise, on real or complex arrays of any shape.
    smoothness : float
        How many continuous derivatives it has: ``inf`` for tanh, 0 for relu.
    kinks : tuple of float
        Where :math:`\sigma'` does not exist.

    Raises
    ------
    ValueError
        If ``value`` or ``slope`` is not callable.

    Notes
    -----
    Source: equation (11) of Caruso and Jarne (arXiv 2312.15974) and the text around it.

    Examples
    --------
    >>> from helpers.dynamics.activations import activation
    >>> activation("tanh").fixes_zero, activation("logistic").fixes_zero
    (True, False)
    """

    name: str
    value: Callable[..., Any]
    slope: Callable[..., Any]
    smoothness: float = inf
    kinks: tuple[float, ...] = ()

    def __post_init__(self) -> None:
        for part in ("value", "slope"):
            if not callable(getattr(self, part)):
                raise ValueError(f"{part} = {getattr(self, part)!r}; it must be a function of phi")

    def __call__(self, phi: Any) -> Array:
        phi = np.asarray(phi)
        if self.kinks and np.iscomplexobj(phi):
            # A complex step that starts on a kink, whichever system, stage or procedure takes it.
            self.require_slope(phi[phi.imag != 0.0])
        return np.asarray(self.value(phi))

    @property
    def fixes_zero(self) -> bool:
        """Whether sigma(0) = 0, so that a silent, unbiased network stays silent."""
        return bool(self(0.0) == 0.0)

    @property
    def unit_slope(self) -> bool:
        """Whether sigma'(0) = 1, so that sigma(phi) and phi agree to first order at zero."""
        return 0.0 not in self.kinks and bool(np.asarray(self.slope(np.asarray(0.0))) == 1.0)

    def require_slope(self, phi: Array) -> None:
        """Raise ValueError if sigma has no derivative at some entry of phi."""
        for kink in self.kinks:
            if np.any(np.real(phi) == kink):
                raise ValueError(
                    f"{self.name} has no slope at phi = {kink}, where a unit sits; "
                    "move the point off the kink or take a smooth activation"
                )


def _relu(phi: Array) -> Array:
    # Only the real part chooses the branch, so that complex steps pass through.
    return np.where(np.real(phi) > 0, phi, 0.0)


def _hard_tanh(phi: Array) -> Array:
    return np.asarray(np.where(np.abs(np.real(phi)) < 1, phi, np.sign(np.real(phi))))


def _softsign(phi: Array) -> Array:
    return np.asarray(phi / (1.0 + phi * np.sign(np.real(phi))))


def _logistic(phi: Array) -> Array:
    # The tanh form neither overflows nor needs a branch, for complex phi either.
    return 0.5 + 0.5 * np.tanh(0.5 * phi)


def _step_slope(inside: Callable[[Array], Array]) -> Callable[[Array], Array]:
    return lambda phi: np.where(inside(np.real(phi)), 1.0, 0.0)


ACTIVATIONS: dict[str, Activation] = {
    entry.name: entry
    for entry in (
        Activation("tanh", np.tanh, lambda phi: 1.0 - np.tanh(phi) ** 2),
        Activation("identity", np.positive, lambda phi: np.ones_like(phi, dtype=float)),
        Activation("relu", _relu, _step_slope(lambda phi: phi > 0), 0, (0.0,)),
        Activation("hard_tanh", _hard_tanh, _step_slope(lambda phi: abs(phi) < 1), 0, (-1.0, 1.0)),
        Activation(
            "softsign", _softsign, lambda phi: (1.0 + phi * np.sign(np.real(phi))) ** -2.0, 1
        ),
        Activation("erf", special.erf, lambda phi: 2.0 / np.sqrt(np.pi) * np.exp(-(phi**2))),
        Activation("arctan", np.arctan, lambda phi: 1.0 / (1.0 + phi**2)),
        Activation("logistic", _logistic, lambda phi: _logistic(phi) * _logistic(-phi)),
    )
}


def activation(choice: str | Activation) -> Activation:
    """Look an activation up by name; an `Activation` is returned as it is.

    Parameters
    ----------
    choice : str or Activation
        A key of `ACTIVATIONS`, or an activation of your own.

    Returns
    -------
    Activation
        The frozen description of sigma.

    Raises
    ------
    ValueError
        If the name is not known.

    Examples
    --------
    >>> float(activation("relu")(-2.0))
    0.0
    """
    if isinstance(choice, Activation):
        return choice
    if not isinstance(choice, str) or choice not in ACTIVATIONS:
        known = ", ".join(sorted(ACTIVATIONS))
        raise ValueError(
            f"unknown activation {choice!r}; choose one of {known}, or pass an Activation"
        )
    return ACTIVATIONS[choice]
