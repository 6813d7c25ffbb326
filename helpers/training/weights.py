"""Weights: what training changes, as one row of numbers and as arrays, and the law of Dale."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from helpers.dynamics._checks import Array

__all__ = ["Weights"]

TRAINED = ("w", "omega", "readout", "readout_bias", "b", "start")


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
        return np.concatenate([np.ravel(part) for part in self._parts().values()])

    def from_vector(self, vector: Array) -> Weights:
        """Return weights of these shapes that are views into a row of numbers."""
        parts = self._parts()
        ends = np.cumsum([part.size for part in parts.values()])[:-1]
        pieces = zip(parts, np.split(vector, ends), strict=True)
        return Weights(
            **{name: piece.reshape(parts[name].shape) for name, piece in pieces}, sign=self.sign
        )

    def projected(self) -> Weights:
        """Return the nearest weights that obey Dale's law; without a sign, these.

        Column j of w has the sign of unit j and its diagonal is zero; the inputs excite, and the
        read-out is a positive sum over the excitatory units.
        """
        if self.sign is None:
            return self
        w = np.where(self.w * self.sign > 0, self.w, 0)
        np.fill_diagonal(w, 0)
        readout = np.where(self.sign > 0, np.maximum(self.readout, 0), 0)
        return replace(self, w=w, omega=np.maximum(self.omega, 0), readout=readout)

    def _parts(self) -> dict[str, Array]:
        found = {name: getattr(self, name) for name in TRAINED}
        return {name: part for name, part in found.items() if part is not None}
