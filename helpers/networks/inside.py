"""The activation form with a bias inside sigma(v + s), kept where the tool has it."""

from __future__ import annotations

from dataclasses import KW_ONLY, dataclass
from typing import Any

import numpy as np

from helpers.dynamics._checks import Array, finite_array
from helpers.dynamics.linear import LinearSystem
from helpers.dynamics.procedures import _substituted
from helpers.dynamics.recurrent import ActivationRNN
from helpers.dynamics.systems import Field

__all__ = ["BiasedInside"]


@dataclass(frozen=True, eq=False)
class BiasedInside(ActivationRNN):
    r"""The activation form with a bias s inside sigma, in the state that does not contain it.

    .. math:: v' = r\,\bigl(-\lambda v + w\,\sigma(v + s) + b + \omega x\bigr)

    It is an `ActivationRNN` seen from elsewhere: :math:`u = v + s` obeys that form with the bias
    :math:`b + \lambda s`. Every method here moves the state by s, and the velocity back.

    Parameters
    ----------
    w, omega, b : array (N, N), (N, M), (N,)
        As in `ActivationRNN`, and so decay, activation, rate and noise.
    inside : array (N,)
        The bias s.

    Raises
    ------
    ValueError
        As `ActivationRNN`, and on an inside of another shape.

    Notes
    -----
    mackelab/smc_rnns and the low-rank networks of Valente, Pillow and Ostojic (NeurIPS 2022) are
    written so, with a read-out of :math:`\sigma(v)`.

    Examples
    --------
    >>> flow = BiasedInside([[2.0]], [[1.0]], activation="relu", inside=[0.5])
    >>> flow.velocity([1.0])  # -1 + 2 relu(1.5)
    array([2.])
    """

    _: KW_ONLY
    inside: Any

    def __post_init__(self) -> None:
        super().__post_init__()
        self.__dict__["inside"] = finite_array(self.inside, "inside", (self.n_units,))

    @property
    def _back(self) -> Array:
        return np.asarray(np.asarray(self.rate) * self.decay * self.inside)

    def preactivation(self, v: Any, x: Any = None) -> Array:
        """Return v + s, which is what sigma is applied to, shape (..., N)."""
        return np.asarray(super().preactivation(v, x) + self.inside)

    def velocity(self, v: Any, x: Any = None) -> Array:
        """Return rate * (-decay v + w sigma(v + s) + b + omega x), shape (..., N)."""
        return super().velocity(self._state(v) + self.inside, x) + self._back

    def jacobian(self, v: Any, x: Any = None) -> Array:
        """Return dF/dv = rate * (-decay I + w diag(sigma'(v + s))), shape (..., N, N)."""
        state = self.preactivation(v, x)
        self.activation.require_slope(state)
        return super()._newton_jacobian(state, None)

    def _newton_jacobian(self, v: Array, drive: Any) -> Array:
        return super()._newton_jacobian(v + self.inside, drive)

    def _field(self, shape: tuple[int, ...], dtype: Any) -> Field:
        plain, back, moved = super()._field(shape, dtype), self._back, np.empty(shape, dtype)

        def field(v: Array, drive: Array, out: Array) -> None:
            np.add(v, self.inside, moved)
            plain(moved, drive, out)
            np.add(out, back, out)

        return field


@_substituted.register
def _(system: BiasedInside) -> LinearSystem:
    # sigma(v + s) becomes v + s, and w s joins the constant.
    plain = ActivationRNN(
        system.w,
        system.omega,
        system.b + system.w @ system.inside,
        system.decay,
        system.activation,
        system.rate,
        noise=system.noise,
    )
    return _substituted(plain)  # type: ignore[no-any-return]
