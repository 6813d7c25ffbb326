"""Where training starts: the weights before it, by names that plans and files use."""

from __future__ import annotations

from dataclasses import KW_ONLY, dataclass
from typing import Any

import numpy as np

from helpers.dynamics._checks import Array, generator, positive, shown
from helpers.dynamics.recurrent import orthogonal_factor
from helpers.training.weights import Weights

__all__ = ["STARTS", "Start"]

MATRICES = ("normal", "orthogonal", "identity", "gamma")


@dataclass(frozen=True)
class Start:
    r"""How the weights before training are drawn.

    Parameters
    ----------
    matrix : "normal", "orthogonal", "identity" or "gamma"
        w: entries of standard deviation 1/sqrt(N), a uniformly distributed orthogonal matrix, the
        identity, or entries of the gamma law of shape 2, with the signs below and without a
        diagonal, scaled to spectral radius 1.
    gain : float
        What w is multiplied by.
    inputs, readout : float, optional
        Standard deviation of normal entries of omega, and of the read-out times sqrt(N). None:
        uniform within the limits of Glorot and Bengio.
    bias : float, optional
        The bias of every unit before training. None: there is none, nor is one trained.
    state : bool
        Whether the state in which every trial begins is trained too, from zero.
    excitatory : float, optional
        Share of the units that excite; the rest inhibit, and the law of Dale is kept. The columns
        of the inhibitory ones are the stronger, so that both weigh alike. None: no signs.

    Raises
    ------
    ValueError
        On an unknown matrix, a gain or standard deviation that is not positive, a bias that is not
        finite, a share that is not inside (0, 1), or signs without "gamma".

    Notes
    -----
    Song, Yang and Wang, PLoS Comput Biol 12 (2016) e1004792, for signs and the gamma law.

    Examples
    --------
    >>> weights = STARTS["dale"].weights(10, 2, 1, rng=np.random.default_rng(0))
    >>> weights.sign.tolist()
    [1.0, 1.0, 1.0, 1.0, 1.0, 1.0, 1.0, 1.0, -1.0, -1.0]
    """

    _: KW_ONLY
    matrix: str = "normal"
    gain: float = 1.0
    inputs: float | None = None
    readout: float | None = None
    bias: float | None = None
    state: bool = False
    excitatory: float | None = None

    def __post_init__(self) -> None:
        if self.matrix not in MATRICES:
            raise ValueError(f"matrix = {shown(self.matrix)}; choose from {', '.join(MATRICES)}")
        for name in ("gain", "inputs", "readout"):
            if getattr(self, name) is not None:
                positive(getattr(self, name), name)
        if self.bias is not None and not np.isfinite(self.bias):
            raise ValueError(f"bias = {self.bias}; give a finite number, or None for no bias")
        if (self.excitatory is None) != (self.matrix != "gamma"):
            raise ValueError(
                f"excitatory = {self.excitatory} with matrix = {self.matrix!r}; signs and "
                "'gamma' go together"
            )
        if self.excitatory is not None and not 0.0 < self.excitatory < 1.0:
            raise ValueError(f"excitatory = {self.excitatory}; a share lies between 0 and 1")

    def draw(self, n: int, m: int, k: int, *, rng: np.random.Generator) -> tuple[Array, ...]:
        """Return what is drawn for w (N, N), omega (N, M) and readout (K, N), all of size one."""
        rng = generator(rng)
        square = rng.gamma(2.0, size=(n, n)) if self.excitatory else rng.standard_normal((n, n))
        omega, readout = (
            rng.uniform(-1, 1, shape) if size is None else rng.standard_normal(shape)
            for size, shape in ((self.inputs, (n, m)), (self.readout, (k, n)))
        )
        return square, omega, readout

    def weights(self, n: int, m: int, k: int, *, rng: np.random.Generator) -> Weights:
        """Return float32 weights of N units, M inputs and K outputs; the read-out bias is zero."""
        square, omega, readout = self.draw(n, m, k, rng=rng)
        if self.excitatory:
            omega, readout = np.abs(omega), np.abs(readout)
        parts = {
            "w": self.gain * self._matrix(square),
            "omega": _scaled(omega, self.inputs),
            "readout": _scaled(readout, None if self.readout is None else self.readout / n**0.5),
            "readout_bias": np.zeros(k),
            "b": None if self.bias is None else np.full(n, self.bias),
            "start": np.zeros(n) if self.state else None,
            "sign": self._sign(n),
        }
        single = {x: None if p is None else p.astype(np.float32) for x, p in parts.items()}
        return Weights(**single).projected()  # type: ignore[arg-type]

    def _matrix(self, square: Array) -> Array:
        match self.matrix:
            case "orthogonal":
                return orthogonal_factor(square)
            case "identity":
                return np.eye(len(square))
            case "gamma":
                return _balanced(square, self._sign(len(square)))
        return np.asarray(square / np.sqrt(len(square)))

    def _sign(self, n: int) -> Array | None:
        if self.excitatory is None:
            return None
        excitatory = round(self.excitatory * n)
        if not 0 < excitatory < n:
            raise ValueError(
                f"{self.excitatory} of {n} units excite; leave at least one of either sign"
            )
        return np.where(np.arange(n) < excitatory, 1.0, -1.0)


def _balanced(square: Array, sign: Any) -> Array:
    """Return entries with the signs of their columns, of sum zero a row, with radius 1."""
    few = np.where(sign > 0, 1.0, np.sum(sign > 0) / np.sum(sign < 0))
    w = square * sign * few
    np.fill_diagonal(w, 0.0)
    return np.asarray(w / np.max(np.abs(np.linalg.eigvals(w))))


def _scaled(drawn: Array, size: float | None) -> Array:
    """Scale draws to a standard deviation, or to the limit of Glorot and Bengio.

    That limit is sqrt(6 / (rows + columns)).
    """
    return np.asarray(drawn * (np.sqrt(6.0 / sum(drawn.shape)) if size is None else size))


STARTS = {
    "normal": Start(),
    "orthogonal": Start(matrix="orthogonal"),
    "identity": Start(matrix="identity"),
    "gentle": Start(gain=0.5, bias=0.0),
    "driven": Start(gain=0.5, inputs=1.0, readout=0.3, bias=0.0),
    "dale": Start(matrix="gamma", bias=0.1, excitatory=0.8),
}
