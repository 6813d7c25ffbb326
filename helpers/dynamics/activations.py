"""Activation functions sigma: value, slope, smoothness, and what they satisfy at zero.

Equation (2) needs one scalar function sigma, applied to each unit. The papers ask of it that
sigma(0) = 0 and sigma'(0) = 1. The functions here say whether they comply. To add one, put one more
entry into `ACTIVATIONS`, or hand an `Activation` of your own to `RNN`.

Value and slope are compared when an `Activation` is made. One that is not analytic in the code it
is written in (np.abs, np.logaddexp, casts to real) is still differentiated right: where a complex
step passes through it, its slope carries the imaginary part on.
"""

from __future__ import annotations

import warnings
from collections.abc import Callable
from dataclasses import dataclass, field
from math import inf
from typing import Any

import numpy as np
from scipy import special

from helpers.dynamics._checks import Array, shown

__all__ = ["ACTIVATIONS", "Activation", "activation"]

# Where value and slope are compared. Corners that nobody declared sit at such round numbers.
GRID = np.linspace(-8.0, 8.0, 65)
# Of central differences: wide ones for values in single precision, narrow ones for steep curves.
WIDTHS = (1e-3, 1e-4, 1e-5, 1e-6, 1e-7)
# An imaginary part as small as this, relative to 1 + |phi|, is a derivative on its way.
CARRIED = 1e-10


@dataclass(frozen=True)
class Activation:
    r"""A scalar function :math:`\sigma`, applied elementwise.

    Parameters
    ----------
    name : str
        What plots and messages call it.
    value, slope : callable
        :math:`\sigma` and :math:`\sigma'`, elementwise, on real arrays of any shape, and on complex
        ones where they are analytic.
    smoothness : float
        How many continuous derivatives it has: ``inf`` for tanh, 0 for relu.
    kinks : tuple of float
        Where :math:`\sigma'` does not exist.

    Attributes
    ----------
    analytic : bool
        Whether ``value`` takes a complex step as it is written; found out when it is made.

    Raises
    ------
    ValueError
        If ``value`` or ``slope`` is not callable, fails on an array, or the two do not belong
        together: between -8 and 8 the slope is compared with differences of the value.

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
    analytic: bool = field(init=False)

    def __post_init__(self) -> None:
        for part in ("value", "slope"):
            if not callable(getattr(self, part)):
                raise ValueError(f"{part} = {getattr(self, part)!r}; it must be a function of phi")
        phi = GRID[[all(abs(at - kink) > 1e-2 for kink in self.kinks) for at in GRID]]
        slope = _compared(self, phi)
        object.__setattr__(self, "analytic", _takes_a_complex_step(self, phi, slope))

    def __call__(self, phi: Any) -> Array:
        phi = np.asarray(phi)
        if np.iscomplexobj(phi):
            # A complex step that starts on a kink, whichever system, stage or procedure takes it.
            if self.kinks:
                self._require_smooth(phi[phi.imag != 0.0])
            if not self.analytic:
                return self._carried(phi)
        return np.asarray(self.value(phi))

    def _carried(self, phi: Array) -> Array:
        """Return sigma(a) + i b sigma'(a) at a + i b for small b: what an analytic sigma gives."""
        if np.any(np.abs(phi.imag) > CARRIED * (1.0 + np.abs(phi.real))):
            raise ValueError(
                f"{self.name} is not analytic as it is written, so it has no value at "
                f"phi = {shown(phi)}; keep the state real, or write it without np.abs and casts"
            )
        moved = phi.imag != 0.0
        slope = np.broadcast_to(self.slope(phi.real), phi.shape)
        return np.asarray(self.value(phi.real) + 1j * np.where(moved, phi.imag * slope, 0.0))

    @property
    def fixes_zero(self) -> bool:
        """Whether sigma(0) = 0, so that a silent, unbiased network stays silent."""
        return bool(self(0.0) == 0.0)

    @property
    def unit_slope(self) -> bool:
        """Whether sigma'(0) = 1, so that sigma(phi) and phi agree to first order at zero."""
        return 0.0 not in self.kinks and bool(np.asarray(self.slope(np.asarray(0.0))) == 1.0)

    def require_slope(self, phi: Array) -> None:
        """Raise ValueError if sigma' has no value at some entry of phi, or none that is known."""
        self._require_smooth(phi)
        if not self.analytic and np.any(np.imag(phi)):
            raise ValueError(
                f"{self.name} is not analytic as it is written, so it has no slope at a complex "
                f"phi = {shown(phi)}; differentiate once only, or write it without np.abs and casts"
            )

    def newton_slope(self, phi: Array) -> Array:
        """Return sigma'(phi), at the real part of phi where sigma is not analytic.

        Newton's method ends in the same point with either, also when a complex step passes through.
        """
        return np.asarray(self.slope(phi if self.analytic else np.real(phi)))

    def _require_smooth(self, phi: Array) -> None:
        for kink in self.kinks:
            if np.any(np.real(phi) == kink):
                raise ValueError(
                    f"{self.name} has no slope at phi = {kink}, where a unit sits; "
                    "move the point off the kink or take a smooth activation"
                )


def _compared(sigma: Activation, phi: Array) -> Array:
    """Return the slope on a grid, or raise ValueError where differences of the value deny it."""
    try:
        with np.errstate(all="ignore"):
            slope = np.broadcast_to(np.asarray(sigma.slope(phi), dtype=float), phi.shape)
            ahead = [np.asarray(sigma.value(phi + width), dtype=float) for width in WIDTHS]
            back = [np.asarray(sigma.value(phi - width), dtype=float) for width in WIDTHS]
            found = (np.stack(ahead) - np.stack(back)) / (2.0 * np.array(WIDTHS)[:, None])
            nearest = np.argmin(np.abs(found - slope), axis=0)
            found = found[nearest, np.arange(len(phi))]
            # Where the two are not finite there is nothing to compare, and NaN compares as False.
            wrong = np.abs(found - slope) > 1e-4 * np.maximum(1.0, np.abs(slope))
    except (TypeError, ValueError, IndexError) as error:
        raise ValueError(
            f"{sigma.name} fails on an array of {len(phi)} numbers ({shown(str(error))}); write "
            "value and slope elementwise, with NumPy's functions"
        ) from error
    if np.any(wrong):
        raise _mismatch(sigma, *(part[wrong][0] for part in (phi, slope, found)))
    return np.asarray(slope)


def _mismatch(sigma: Activation, at: float, slope: float, found: float) -> ValueError:
    return ValueError(
        f"{sigma.name}: at phi = {at:g} the slope is {slope:.6g}, and differences of the value "
        f"give {found:.6g}; correct one of them, or declare a corner there: kinks=({at:g},)"
    )


def _takes_a_complex_step(sigma: Activation, phi: Array, slope: Array) -> bool:
    try:
        with np.errstate(all="ignore"), warnings.catch_warnings():
            warnings.simplefilter("ignore")  # a cast to real warns; it shows in the numbers too
            still, moved = np.asarray(sigma.value(phi)), np.asarray(sigma.value(phi + 1e-30j))
    except (TypeError, ValueError):
        return False
    off = np.abs(moved.real - still) + np.abs(moved.imag / 1e-30 - slope)
    known = np.isfinite(still) & np.isfinite(slope)
    return bool(np.all((off <= 1e-6 * np.maximum(1.0, np.abs(slope)))[known]))


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


def _softplus(phi: Array) -> Array:
    # max(phi, 0) + log(1 + exp(-|phi|)), with |phi| written so that complex steps pass through.
    above = np.real(phi) > 0
    return np.asarray(np.where(above, phi, 0.0) + np.log1p(np.exp(np.where(above, -phi, phi))))


def _retanh(phi: Array) -> Array:
    return np.asarray(np.tanh(_relu(phi)))


def _retanh_slope(phi: Array) -> Array:
    return np.asarray(np.where(np.real(phi) > 0, 1.0 - np.tanh(phi) ** 2, 0.0))


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
        Activation("softplus", _softplus, _logistic),
        Activation("retanh", _retanh, _retanh_slope, 0, (0.0,)),
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
