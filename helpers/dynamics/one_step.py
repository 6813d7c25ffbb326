"""What a one-step method is: a name, an order, nodes, and the step that it takes."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from helpers.dynamics._checks import Array
from helpers.dynamics.systems import Flow

__all__ = ["Scheme"]

# step(h, drives, out) writes Phi(h) into out; drives holds the input's contribution at each node.
Step = Callable[[Array, Sequence[Any], Array], None]


class Scheme:
    """A one-step method: `name`, `order`, `nodes`, and `stepper`, which makes its step.

    Raises
    ------
    ValueError
        From `stability` and `preimages`, if the method has no function R of delta mu alone.

    Examples
    --------
    >>> from helpers.dynamics.schemes import SCHEMES
    >>> isinstance(SCHEMES["rk4"], Scheme), SCHEMES["rk4"].nodes
    (True, (0.0, 0.5, 0.5, 1.0))
    """

    name: str
    order: int
    nodes: tuple[float, ...]

    def require(self, flow: Flow) -> None:
        """Raise ValueError if the method has no meaning for this flow."""

    def stepper(self, flow: Flow, delta: float, shape: tuple[int, ...], dtype: Any) -> Step:
        """Return the step for states of one shape and dtype, with its work space set aside."""
        raise NotImplementedError

    def stability(self, z: Any) -> Array:
        """Return R(z): one step of h' = mu h multiplies h by R(delta mu)."""
        raise ValueError(f"{self.name} has no stability function of delta mu alone")

    def preimages(self, rho: complex) -> Array:
        """Return every z with R(z) = rho, the one nearest to zero first."""
        raise ValueError(f"{self.name} has no stability function of delta mu alone")
