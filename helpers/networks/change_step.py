"""The same weights at another time step, and a certificate of what that does to the network."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from helpers.analysis.equilibria import FixedPoint, fixed_point
from helpers.dynamics._checks import Array, count, generator, positive, shown
from helpers.dynamics.simulation import simulate
from helpers.dynamics.systems import Map
from helpers.networks.certificate import Certificate, largest_step, levels, touched, verdict
from helpers.networks.fates import follow
from helpers.networks.network import Network
from helpers.training.tasks import Task

__all__ = ["Changed", "change_step"]

SCORED = 64  # noisy trials
SETTLED = 1000  # steps of noise alone


@dataclass(frozen=True, eq=False)
class Changed:
    """The network at the new step, its map, and the certificate."""

    network: Network
    map: Map
    certificate: Certificate


def change_step(
    network: Network,
    delta: float,
    *,
    how: str = "weights",
    task: Task | None = None,
    rng: np.random.Generator | None = None,
) -> Changed:
    r"""Take a trained network to another time step, and say what stays and what does not.

    Parameters
    ----------
    network : Network
        Either form; with a leak or without.
    delta : float
        The new step.
    how : "weights", "hold" or "rescale"
        "weights": the same flow, stepped by Euler at delta; `.network` is the network with that
        delta, and `.map` its map. "hold": every k-th step is one of the old network, with the
        input of that step, and between them the state is held, k = old/new; `.network` is the old
        one, `.map` has a unit more, the last, which counts the steps since it moved. "rescale":
        the old step, re-stamped as one of delta; `.network` runs old/new times as fast, `.map` is
        its map. The last two are exact: the map takes the old steps.
    task : Task, optional
        What the network was trained on, with one row of its trials a step of the old network: the
        states are those after each condition and at rest under noise. Without it: that from the
        network's start, and from four drawn starts if there is a generator. Each is touched, by
        1e-4, so that none is called a state which a breath ends.
    rng : Generator
        For a task and for drawn starts.

    Returns
    -------
    Changed
        ``.network``, ``.map`` and ``.certificate``.

    Raises
    ------
    ValueError
        On another `how`; a delta that is not positive; a new step of two decay times or more; a
        hold that is no whole number of steps; a task without rng, or with a pulse that is no whole
        number of new steps.

    Notes
    -----
    Levels: a mode 1 + delta mu of a smaller step theta delta is (1 - theta) + theta (1 + delta mu),
    inside the circle where that is. Upwards it is so as long as delta < -2 Re mu / |mu|^2.

    Examples
    --------
    >>> done = change_step(Network([[1.5]], [[1.0]], start=[0.5]), 0.25)
    >>> done.network.delta, done.certificate.safe, done.certificate.states[0].predicted
    (0.25, True, 'lives')
    """
    if not isinstance(network, Network):
        raise ValueError(f"{shown(network)} is not a Network; make one: Network(w, omega, ...)")
    step = positive(delta, "delta")
    if task is not None and rng is None:
        raise ValueError(f"task = {shown(task)} is scored under noise; give rng=..., a generator")
    if how == "rescale":
        return _rescaled(network, step)
    if how == "hold":
        return _held(network, step)
    if how != "weights":
        raise ValueError(f'how = {how!r}; choose from "weights", "hold" and "rescale"')
    fastest = float(np.max(np.asarray(network.rate) * network.decay))
    if step * fastest >= 2.0:
        raise ValueError(
            f"delta = {step:g} is {step * fastest:.3g} decay times of the fastest unit, which then "
            f"grows by itself; stay below {2.0 / fastest:.6g}"
        )
    new = replace(network, delta=step)
    return Changed(new, new.map, _certificate(network, new, task, rng))


def _rescaled(network: Network, delta: float) -> Changed:
    tau = network.delta / delta
    noise = None if network.noise is None else np.sqrt(tau) * np.asarray(network.noise)
    fast = replace(network, delta=delta, rate=tau * np.asarray(network.rate), noise=noise)
    return Changed(fast, fast.map, _exact("the map is the old one; only its clock is another"))


def _held(network: Network, delta: float) -> Changed:
    ratio = network.delta / delta
    k = round(ratio)
    if k < 1 or abs(ratio - k) > 1e-9 * ratio:
        raise ValueError(
            f"delta = {delta:g} goes {ratio:.6g} times into the old step {network.delta:g}; "
            "a hold needs a whole number"
        )
    old = network.map

    def step(state: Array, x: Array) -> Array:
        h, since = state[..., :-1], state[..., -1:]
        moves = np.real(since) > k - 1.5
        held = np.where(moves, old.step(h, x), h)
        return np.concatenate([held, np.where(moves, 0.0 * since, since + 1.0)], axis=-1)

    held = Map(step, delta, old.n_units + 1, old.n_inputs)
    return Changed(network, held, _exact(f"each {k}-th state is one of the old map's"))


def _exact(word: str) -> Certificate:
    return Certificate(True, (word,), np.zeros(0, dtype=complex), np.inf, (), None, None)


def _certificate(
    old: Network, new: Network, task: Task | None, rng: np.random.Generator | None
) -> Certificate:
    names, ends, before, after = _states(old, new, task, rng)
    quiet: FixedPoint = fixed_point(old.flow, guess=old.start[None])[0]
    mu = np.zeros(0) if quiet.eigenvalues is None else quiet.eigenvalues.values
    inside = [np.abs(1.0 + one.delta * mu) < 1.0 for one in (old, new)]
    fates = [follow(old, touched(h))[0] for h in ends]
    verdicts = tuple(verdict(old, new, *pair) for pair in zip(names, fates, strict=True))
    known = [levels(old, fate) for fate in fates]
    bound = min([largest_step(level) for level in known if level is not None], default=np.inf)
    proved = ["every fixed point stays where it is, at any step"]
    if new.delta <= old.delta:
        proved.append("every stable fixed point stays stable, since the step is not longer")
    elif new.delta < bound < np.inf:
        proved.append(f"the stable levels found stay stable up to a step of {bound:.4g}")
    return Certificate(
        False, tuple(proved), mu[inside[0] != inside[1]], bound, verdicts, before, after
    )


# --- states -------------------------------------------------------------------------------------


def _states(
    old: Network, new: Network, task: Task | None, rng: np.random.Generator | None
) -> tuple[list[str], list[Array], float | None, float | None]:
    """Return names and states of the old network, and the scores at both steps."""
    if task is None or rng is None:
        drawn = [] if rng is None else list(generator(rng).standard_normal((4, len(old.w))))
        names = ["from its start", *(f"from a drawn start, {k}" for k in range(len(drawn)))]
        return names, [old.start, *drawn], None, None
    trials = task.conditions()
    _stretched(trials.x, old, new)
    ends = simulate(old.map, old.start, trials.x).h[-1]
    noise = task.noise * generator(rng).standard_normal((SETTLED, old.omega.shape[1]))
    rest = simulate(old.map, old.start, noise).h[-1]
    names = [f"after condition {k}, {row}" for k, row in enumerate(trials.labels.tolist())]
    before, after = (_score(old, one, task, rng) for one in (old, new))
    return ["at rest under noise", *names], [rest, *ends], before, after


def _score(old: Network, network: Network, task: Task, rng: np.random.Generator) -> float:
    """Return the share of right trials, the noise as strong per unit of time at either step."""
    trials = task.draw(SCORED, rng=rng, noisy=False)
    x, ratio = _stretched(trials.x, old, network), old.delta / network.delta
    x += task.noise * np.sqrt(ratio) * rng.standard_normal(x.shape)
    output = network.output(simulate(network.map, network.start, x).h[1:])
    rows = np.asarray(task.judged)
    at = np.minimum(np.round((rows + 1) * ratio).astype(int), len(x)) - 1
    right = (output[at] > 0.5) == (trials.target[rows] > 0.5)
    return float(np.mean(right.all(axis=(0, 2))))


def _stretched(x: Array, old: Network, new: Network) -> Array:
    """Return the input (T, B, M), of which a row is an old step, in new steps."""
    ratio = old.delta / new.delta
    edges = np.flatnonzero(np.any(np.diff(x, axis=0) != 0.0, axis=(1, 2))) + 1
    off = np.abs(edges * ratio - np.round(edges * ratio)) > 1e-6
    if np.any(off):
        raise ValueError(
            f"delta = {new.delta:g}: a pulse that begins or ends after {edges[off][0]} steps of "
            f"{old.delta:g} is no whole number of new ones ({edges[off][0] * ratio:.4g}); choose "
            "a step that divides it"
        )
    length = count(round(len(x) * ratio), "steps of a trial", least=1)
    # The middle of each new step says in which old one it lies.
    rows = np.minimum(((np.arange(length) + 0.5) / ratio).astype(int), len(x) - 1)
    return np.asarray(x[rows], dtype=float)
