"""Time simulations against their peers, in one run: `make bench`.

Three peers: the same recurrence written by hand in NumPy with preallocated arrays, diffrax with a
fixed step, compiled and warmed up, and scipy's solve_ivp at equal accuracy. Every ratio is our time
divided by the peer's, each the least of several runs that take turns, so that both meet the same
machine. The last column is a floor for NumPy: the recurrence's matrix products and tanh alone, with
nothing else of a step, against diffrax. Then how time grows with N, batch and T, and the memory a
simulation needs.
"""

from __future__ import annotations

import os

from tools.threads import ONE_THREAD

# For every peer, before any of them is imported.
os.environ.update(ONE_THREAD)
os.environ["XLA_FLAGS"] = "--xla_cpu_multi_thread_eigen=false"
os.environ["JAX_ENABLE_X64"] = "1"

import time
import tracemalloc
from collections.abc import Callable, Sequence
from typing import Any

import diffrax
import jax
import jax.numpy as jnp
import numpy as np
from scipy.integrate import solve_ivp

from helpers import RNN, Discretise, simulate

DELTA = 0.1
ROUNDS = 9
Run = Callable[[], Any]


def hand_euler(network: RNN, h0: np.ndarray, x: np.ndarray) -> np.ndarray:
    """Euler's recurrence with preallocated arrays, as one would write it by hand."""
    h = np.empty((len(x) + 1, *h0.shape))
    h[0], w_t, phi = h0, network.w.T, np.empty_like(h0)
    drive = x @ network.omega.T + network.b
    for k in range(len(x)):
        np.matmul(h[k], w_t, out=phi)
        phi += drive[k]
        np.tanh(phi, out=phi)
        phi -= h[k]
        phi *= DELTA
        np.add(h[k], phi, out=h[k + 1])
    return h


def hand_rk4(network: RNN, h0: np.ndarray, x: np.ndarray) -> np.ndarray:
    """The classical Runge-Kutta recurrence with preallocated arrays."""
    h = np.empty((len(x) + 1, *h0.shape))
    h[0], w_t = h0, network.w.T
    k1, k2, k3, k4, stage = (np.empty_like(h0) for _ in range(5))
    drive = x @ network.omega.T + network.b

    def slope(state: np.ndarray, now: np.ndarray, out: np.ndarray) -> None:
        np.matmul(state, w_t, out=out)
        out += now
        np.tanh(out, out=out)
        out -= state

    for k in range(len(x)):
        slope(h[k], drive[k], k1)
        for factor, before, after in ((0.5, k1, k2), (0.5, k2, k3), (1.0, k3, k4)):
            np.multiply(before, factor * DELTA, out=stage)
            stage += h[k]
            slope(stage, drive[k], after)
        k2 += k3
        k2 *= 2.0
        k1 += k2
        k1 += k4
        k1 *= DELTA / 6.0
        np.add(h[k], k1, out=h[k + 1])
    return h


BY_HAND = {"euler": hand_euler, "rk4": hand_rk4}


STAGES = {"euler": 1, "rk4": 4}


def floor(network: RNN, h0: np.ndarray, evaluations: int) -> None:
    """As many matrix products and tanh as so many evaluations of the velocity need, and no more."""
    w_t = network.w.T if h0.ndim == 1 else np.ascontiguousarray(network.w.T)
    phi = np.empty_like(h0)
    for _ in range(evaluations):
        np.matmul(h0, w_t, out=phi)
        np.tanh(phi, out=phi)


class RK4(diffrax.AbstractERK):
    """The classical method, which diffrax does not ship; the error row is not used."""

    tableau = diffrax.ButcherTableau(
        a_lower=(np.array([0.5]), np.array([0.0, 0.5]), np.array([0.0, 0.0, 1.0])),
        b_sol=np.array([1.0, 2.0, 2.0, 1.0]) / 6.0,
        b_error=np.zeros(4),
        c=np.array([0.5, 0.5, 1.0]),
    )
    interpolation_cls = diffrax.ThirdOrderHermitePolynomialInterpolation.from_k

    def order(self, terms: Any) -> int:
        return 4


def compiled(network: RNN, h0: np.ndarray, x: np.ndarray, steps: int, method: str) -> Run:
    """Return diffrax's run of the same recurrence, compiled; every row is saved, as ours is."""
    w_t, start = jnp.asarray(network.w.T), jnp.asarray(h0)
    drive = jnp.asarray(x @ network.omega.T + network.b)
    term = diffrax.ODETerm(lambda t, h, args: jnp.tanh(h @ w_t + args) - h)
    solver = diffrax.Euler() if method == "euler" else RK4()

    @jax.jit
    def run(h: Any, args: Any) -> Any:
        return diffrax.diffeqsolve(
            term,
            solver,
            0.0,
            steps * DELTA,
            DELTA,
            h,
            args,
            saveat=diffrax.SaveAt(t0=True, steps=True),
            stepsize_controller=diffrax.ConstantStepSize(),
            max_steps=steps,
            adjoint=diffrax.ForwardMode(),
            throw=False,
        ).ys

    return lambda: jax.block_until_ready(run(start, drive))


def fastest(runs: Sequence[Run], rounds: int = ROUNDS) -> list[float]:
    """Return the least time of each run, in seconds; the runs take turns."""
    for run in runs:
        run()
    least = [np.inf] * len(runs)
    for _ in range(rounds):
        for i, run in enumerate(runs):
            begin = time.perf_counter()
            run()
            least[i] = min(least[i], time.perf_counter() - begin)
    return least


def case(n_units: int, batch: int, steps: int) -> tuple[RNN, np.ndarray, np.ndarray]:
    """Return a network, a start and one row of input a step; batch 1 has no batch axis."""
    rng = np.random.default_rng(n_units + batch)
    shape = () if batch == 1 else (batch,)
    network = RNN.random(n_units, 2, rng=rng)
    h0 = rng.standard_normal((*shape, n_units))
    return network, h0, rng.standard_normal((steps, *shape, 2))


def how_many(n_units: int, batch: int) -> int:
    """Steps that take a few tenths of a second at most."""
    return int(np.clip(6e7 / (batch * n_units * (n_units + 60)), 60, 2000))


def compared(n_units: int, batch: int, method: str) -> str:
    """Return one row: microseconds a step, the two ratios, and the floor's ratio to diffrax."""
    steps = how_many(n_units, batch)
    network, h0, x = case(n_units, batch, steps)
    step_map, by_hand = Discretise(DELTA, method)(network), BY_HAND[method]
    ours, hand = fastest([lambda: simulate(step_map, h0, x), lambda: by_hand(network, h0, x)])
    peer = compiled(network, h0, x[0], steps, method)
    held, theirs, least = fastest(
        [
            lambda: simulate(step_map, h0, x[0], steps=steps),
            peer,
            lambda: floor(network, h0, STAGES[method] * steps),
        ]
    )
    ratios = f"{ours / hand:9.2f}   {held / theirs:9.2f}   {least / theirs:15.2f}"
    return f"{1e6 * ours / steps:9.2f}   {ratios}"


def against_hand_and_diffrax() -> None:
    """Print microseconds a step, and the two ratios, for each size and method."""
    print("  N  batch  method   us/step   / by hand   / diffrax   floor / diffrax")
    for n_units in (50, 200, 1000):
        for batch in (1, 64):
            for method in BY_HAND:
                row = compared(n_units, batch, method)
                print(f"{n_units:5d} {batch:5d}  {method:6s} {row}", flush=True)


def at_equal_accuracy(n_units: int) -> str:
    """Return one row: RK4 and solve_ivp, each with the coarsest setting that errs by 1e-6."""
    network, h0, x = case(n_units, 1, 1)
    truth = simulate(network, h0, x[0], t=[0.0, 10.0]).h[-1]

    def ours(delta: float) -> np.ndarray:
        return simulate(Discretise(delta, "rk4")(network), h0, x[0], steps=round(10.0 / delta)).h[
            -1
        ]

    def scipys(rtol: float) -> np.ndarray:
        field, span = lambda t, h: network.velocity(h, x[0]), (0.0, 10.0)
        return solve_ivp(field, span, h0, rtol=rtol, atol=rtol * 1e-3).y[:, -1]

    def error(end: np.ndarray) -> float:
        return float(np.max(np.abs(end - truth)) / np.max(np.abs(truth)))

    delta = next(d for d in 10.0 / 2.0 ** np.arange(4, 12) if error(ours(d)) <= 1e-6)
    rtol = next(r for r in 2.0 ** -np.arange(8.0, 40.0) if error(scipys(r)) <= 1e-6)
    mine, theirs = fastest([lambda: ours(delta), lambda: scipys(rtol)])
    found = f"{delta:9.4f}   {error(ours(delta)):.0e}   {rtol:15.1e}   {error(scipys(rtol)):.0e}"
    return f"{found}   {mine / theirs:9.2f}"


def against_solve_ivp() -> None:
    """Print the time of RK4 divided by solve_ivp's, both with an error of about 1e-6 at t = 10."""
    print("\n  N  RK4's step   error   solve_ivp's rtol   error   ratio of times")
    for n_units in (50, 200):
        print(f"{n_units:4d}  {at_equal_accuracy(n_units)}")


def growth() -> None:
    """Print the fitted exponents of time in N, batch and the number of steps T."""

    def exponent(sizes: Sequence[int], run_of: Callable[[int], Run]) -> float:
        times = [fastest([run_of(size)], 5)[0] for size in sizes]
        return float(np.polyfit(np.log(sizes), np.log(times), 1)[0])

    def euler(n_units: int, batch: int, steps: int) -> Run:
        network, h0, x = case(n_units, batch, steps)
        return lambda: simulate(Discretise(DELTA)(network), h0, x)

    print("\nGrowth of the time of an Euler simulation, fitted on log axes")
    cases = (
        ("N, batch 1, T 100", (400, 800, 1600), lambda n: euler(n, 1, 100)),
        ("batch, N 100, T 100", (64, 128, 256, 512), lambda batch: euler(100, batch, 100)),
        ("T, N 100, batch 1", (500, 1000, 2000, 4000), lambda steps: euler(100, 1, steps)),
    )
    for name, sizes, run_of in cases:
        print(f"  {name:20s} {sizes[0]:4d} to {sizes[-1]:4d}: {exponent(sizes, run_of):.2f}")


def memory() -> None:
    """Print the peak of a simulation's own memory, beside the trajectory it returns."""
    network, h0, x = case(200, 64, 400)
    step_map = Discretise(DELTA, "rk4")(network)
    simulate(step_map, h0, x)
    tracemalloc.start()
    h = simulate(step_map, h0, x).h
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    print(
        f"\nMemory of RK4 at N 200, batch 64, T 400: {peak / h[0].nbytes:.1f} states at the peak,"
        f" the trajectory has {len(h)}"
    )


if __name__ == "__main__":
    against_hand_and_diffrax()
    against_solve_ivp()
    growth()
    memory()
