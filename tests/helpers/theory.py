"""What the theorem tests share: random networks, derivatives by two routes, bounds on rounding.

The mathematics here is written again from the text of the book, on purpose: nothing calls the code
that it is used to test.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
from hypothesis import settings
from hypothesis import strategies as st
from scipy import special

from helpers import RNN, Flow, LinearSystem
from helpers.dynamics.exponential import ExponentialEuler
from helpers.dynamics.one_step import Scheme
from helpers.dynamics.runge_kutta import RungeKutta
from helpers.dynamics.schemes import SCHEMES

EPS = float(np.finfo(float).eps)

# A quarter of what the profile asks: 25 examples by default, 250 with HYPOTHESIS_PROFILE=search.
some = settings(max_examples=settings().max_examples // 4)
seeds = st.integers(0, 2**32 - 1)
seeds = st.integers(0, 2**32 - 1)

Function = Callable[[Any], Any]

# sigma and its slope once more, by other formulas than in helpers.dynamics where there are any.
SIGMA: dict[str, Function] = {
    "tanh": lambda p: (1 - np.exp(-2 * p)) / (1 + np.exp(-2 * p)),
    "identity": lambda p: p,
    "erf": special.erf,
    "arctan": lambda p: np.imag(np.log(1 + 1j * p)),
    "logistic": special.expit,
    "softsign": lambda p: p / (1 + np.abs(p)),
    "relu": lambda p: np.maximum(p, 0.0),
    "hard_tanh": lambda p: np.clip(p, -1.0, 1.0),
    "softplus": lambda p: np.logaddexp(0.0, p),
    "retanh": lambda p: np.maximum(np.tanh(p), 0.0),
}
SLOPE: dict[str, Function] = {
    "tanh": lambda p: 1 / np.cosh(p) ** 2,
    "identity": lambda p: np.ones_like(p),
    "erf": lambda p: 2 / np.sqrt(np.pi) * np.exp(-p * p),
    "arctan": lambda p: 1 / (1 + p * p),
    "logistic": lambda p: 1 / (2 + np.exp(p) + np.exp(-p)),
    "softsign": lambda p: 1 / (1 + np.abs(p)) ** 2,
    "relu": lambda p: np.where(p > 0, 1.0, 0.0),
    "hard_tanh": lambda p: np.where(np.abs(p) < 1, 1.0, 0.0),
    "softplus": lambda p: 1 / (1 + np.exp(-p)),
    "retanh": lambda p: np.where(p > 0, 1 / np.cosh(p) ** 2, 0.0),
}
SMOOTH = ("tanh", "identity", "erf", "arctan", "logistic")


def velocity(network: RNN, h: Any, x: Any) -> Any:
    """Return equation (2), row by row: rate (-decay h + sigma(w h + b + omega x))."""
    h, x = np.asarray(h), np.asarray(x)
    phi = np.einsum("ij,...j->...i", network.w, h) + np.einsum("ij,...j->...i", network.omega, x)
    return network.rate * (SIGMA[network.activation.name](phi + network.b) - network.decay * h)


def complex_step(f: Function, point: Any) -> Any:
    """Return df_i/dp_j, one column after the other, by Im f(p + i eps e_j) / eps."""
    point = np.asarray(point, dtype=float)
    columns = []
    for j in range(len(point)):
        moved = point.astype(complex)
        moved[j] += 1e-40j
        columns.append(np.imag(f(moved)) / 1e-40)
    return np.stack(columns, -1) if columns else np.zeros((len(f(point)), 0))


def central(f: Function, point: Any, width: float = 1e-5) -> Any:
    """Return df_i/dp_j by central differences; good to width^2 |f'''| / 6 + eps |f| / width."""
    point = np.asarray(point, dtype=float)
    columns = []
    for j in range(len(point)):
        moved = np.zeros_like(point)
        moved[j] = width
        columns.append((f(point + moved) - f(point - moved)) / (2 * width))
    return np.stack(columns, -1) if columns else np.zeros((len(f(point)), 0))


def slope(steps: Any, errors: Any) -> float:
    """Return the exponent of a power law, by least squares on logarithms."""
    return float(np.polyfit(np.log(steps), np.log(errors), 1)[0])


def lipschitz(network: RNN) -> float:
    """Return a bound on the Jacobian's largest entry sum: rate (decay + max sigma' ||w||)."""
    weights = np.max(np.abs(network.w).sum(axis=1))
    return float(np.max(network.rate) * (np.max(network.decay) + 1.2 * weights))


def rounding(network: Any, *sizes: Any) -> float:
    """Bound what rounding does to one step of delta * lipschitz <= 1/2, for values of these sizes.

    A sum of N + M + 2 products carries at most that many relative errors of eps/2, a step is at
    most four of them inside each other, each damped by delta * lipschitz <= 1/2, and two results
    are compared: 8 (N + M + 4) eps covers it, once more for implicit methods, whose stages are
    solved with a matrix of condition at most 1.5 / 0.5.
    """
    largest = max(float(np.max(np.abs(np.asarray(s)), initial=0.0)) for s in sizes)
    return 24 * (network.n_units + network.n_inputs + 4) * EPS * largest


@st.composite
def networks(
    draw: Any, activations: tuple[str, ...] = SMOOTH, inputs: int = 3, units: int = 4
) -> RNN:
    """Draw a network with bias, and with one decay or rate for all units or one for each."""
    rng = np.random.default_rng(draw(seeds))
    n, m = draw(st.integers(1, units)), draw(st.integers(0, inputs))
    gain = draw(st.sampled_from((0.4, 0.9, 1.6)))
    decay = rng.uniform(0.3, 3.0, n) if draw(st.booleans()) else rng.uniform(0.3, 3.0)
    rate = draw(st.sampled_from((1.0, float(rng.uniform(0.2, 5.0)), rng.uniform(0.2, 5.0, n))))
    w = gain / np.sqrt(n) * rng.standard_normal((n, n))
    omega, b = rng.standard_normal((n, m)), 0.5 * rng.standard_normal(n)
    return RNN(w, omega, b, decay, draw(st.sampled_from(activations)), rate)


def points(system: Any, seed: int = 0, shape: tuple[int, ...] = ()) -> tuple[Any, Any]:
    """Draw a state and an input for a system."""
    rng = np.random.default_rng(seed)
    n, m = system.n_units, system.n_inputs
    return rng.standard_normal((*shape, n)), rng.standard_normal((*shape, m))


def at_equilibrium(network: RNN, h: Any, x: Any) -> RNN:
    """Return the network with the bias that makes h an equilibrium under x; sigma is tanh."""
    b = np.arctanh(network.decay * h) - network.w @ h - network.omega @ x
    return RNN(network.w, network.omega, b, network.decay, "tanh", network.rate)


# --- the schemes, whatever they are by now --------------------------------------------------------

METHODS = tuple(SCHEMES)
RUNGE_KUTTA = tuple(name for name, s in SCHEMES.items() if isinstance(s, RungeKutta))
EXPLICIT = tuple(
    name
    for name, s in SCHEMES.items()
    if isinstance(s, ExponentialEuler) or (isinstance(s, RungeKutta) and s.explicit)
)


def accepts(scheme: Scheme, flow: Any) -> bool:
    """Say whether a scheme has a meaning for a flow."""
    try:
        scheme.require(flow)
    except ValueError:
        return False
    return True


def suited(name: str, network: RNN) -> Flow:
    """Return the network, or its linear system where the method is for linear flows."""
    if accepts(SCHEMES[name], network):
        return network
    ones = np.ones(network.n_units)
    rate = np.diag(network.rate * ones)
    A = rate @ (network.w - np.diag(network.decay * ones))
    return LinearSystem(A, rate @ network.omega, rate @ network.b)


GENERAL = tuple(
    name for name, s in SCHEMES.items() if accepts(s, RNN([[0.5]], [[1.0]]))
)  # and the others are for linear flows
