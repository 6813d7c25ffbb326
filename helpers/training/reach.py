"""Reaching: a network moves a body from place to place, and sees where it is."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any, Self

import numpy as np

from helpers.dynamics._checks import Array, count, finite_array, generator, positive
from helpers.dynamics.body import Body
from helpers.training.layers import Loop
from helpers.training.trials import Trials

__all__ = ["Reach", "minimum_jerk"]


def minimum_jerk(progress: Any) -> tuple[Array, Array]:
    r"""Return place and velocity of the smoothest move from 0 to 1, and 0 or 1 outside of it.

    .. math:: m(p) = 10 p^3 - 15 p^4 + 6 p^5, \qquad m'(p) = 30 p^2 (1 - p)^2

    Parameters
    ----------
    progress : array (...)
        p, the time since the start as a share of the duration.

    Returns
    -------
    place, velocity : array (...), array (...)
        The velocity is per unit of p.

    Raises
    ------
    ValueError
        If a progress is not a finite number.

    Notes
    -----
    Flash and Hogan, Journal of Neuroscience 5 (1985) 1688.

    Examples
    --------
    >>> minimum_jerk(0.5)
    (array(0.5), array(1.875))
    """
    p = np.asarray(progress, dtype=float)
    if not np.all(np.isfinite(p)):
        raise ValueError(f"progress = {progress!r}; give finite numbers")
    p = np.clip(p, 0.0, 1.0)
    place, velocity = p**3 * (10.0 - 15.0 * p + 6.0 * p**2), 30.0 * p**2 * (1.0 - p) ** 2
    return np.asarray(place), np.asarray(velocity)


@dataclass(frozen=True)
class Reach:
    r"""Move a body to a goal when the goal jumps there, along a straight line, and hold it.

    The network has 2 d + d inputs: goal, place and velocity of the body, and d outputs: the force
    on it. Place and velocity come back through a loop (act now: the force of a step is that of the
    state after it). The targets are those of the body, the straight line from start to goal with
    the minimum jerk. Pulses of a foreign force push the body.

    Parameters
    ----------
    wait : int
        Steps before the goal jumps; when trials are drawn, between half and three halves of it.
    move, rest : int
        Steps of the move, and those after it at least.
    beta, kappa : float
        The `Body`, in units of the time of a step divided by `step`.
    step : float
        Length of a step, in units of the time constant of the network.
    push : float
        Standard deviation of the foreign force, which lasts `pulse` steps.
    pulse : int
        Steps of a pulse.

    Raises
    ------
    ValueError
        On steps that are no whole numbers, a move or pulse of no step, a body or step that is not
        positive, or a push that is negative or not finite.

    Notes
    -----
    Flash and Hogan, Journal of Neuroscience 5 (1985) 1688, for the target.

    Examples
    --------
    >>> task = Reach(wait=2, move=4, rest=2)
    >>> task.trials([[0.0, 0.0]], [[1.0, 0.5]]).target[:, 0, 0].round(2).tolist()
    [0.0, 0.0, 0.1, 0.5, 0.9, 1.0, 1.0, 1.0]
    """

    wait: int = 10
    move: int = 30
    rest: int = 20
    beta: float = 1.0
    kappa: float = 1.0
    step: float = 0.2
    push: float = 0.5
    pulse: int = 5

    name = "reach"
    n_inputs = 6
    n_outputs = 2

    def __post_init__(self) -> None:
        for name, least in (("wait", 0), ("move", 1), ("rest", 0), ("pulse", 1)):
            count(getattr(self, name), name, least=least)
        for name in ("beta", "kappa", "step"):
            positive(getattr(self, name), name)
        if not 0.0 <= self.push < np.inf:
            raise ValueError(f"push = {self.push!r}; it is finite and at least 0")

    @property
    def body(self) -> Body:
        """What is moved, on a plane."""
        return Body(self.beta, self.kappa)

    @property
    def loop(self) -> Loop:
        """The body, sampled, and what is seen of it."""
        sampled = self.body.zoh(self.step)
        return Loop(sampled.A, sampled.B, np.vstack([np.zeros((2, 4)), np.eye(4)]))

    @property
    def duration(self) -> int:
        """Steps of a trial, T."""
        return self.wait + self.move + self.rest

    @property
    def judged(self) -> tuple[int, ...]:
        """The steps in which the goal is to be held."""
        return tuple(range(self.wait + self.move, self.duration))

    def draw(self, n_trials: int, *, rng: np.random.Generator, noisy: bool = True) -> Trials:
        """Return trials between places of the square [-1, 1]^2, where noisy with pushes."""
        size = count(n_trials, "n_trials", least=1)
        start, goal = generator(rng).uniform(-1.0, 1.0, (2, size, 2))
        waits = rng.integers(self.wait // 2, self.wait // 2 + self.wait + 1, size)
        trials, pushes = self._trials(start, goal, waits), self._pushes(size, rng)
        return replace(trials, push=pushes if noisy else np.zeros_like(pushes))

    def conditions(self) -> Trials:
        """Return eight reaches of 0.8 from the middle, one every 45 degrees."""
        angle = np.pi / 4 * np.arange(8)
        return self.trials(np.zeros((8, 2)), 0.8 * np.stack([np.cos(angle), np.sin(angle)], -1))

    def trials(self, start: Any, goal: Any) -> Trials:
        """Return one trial for each start and goal (B, 2), whose goal jumps after `wait` steps."""
        begin = finite_array(start, "start", (None, 2))
        end = finite_array(goal, "goal", (len(begin), 2))
        return self._trials(begin, end, np.full(len(begin), self.wait))

    def at_step(self, step: float) -> Self:
        """Return this task at another step: all numbers of steps divided by it, the body kept.

        Raises
        ------
        ValueError
            If one of them would not be a whole number.
        """
        made = {n: getattr(self, n) / positive(step, "step") for n in ("wait", "move", "rest",
                                                                       "pulse")}  # fmt: skip
        for name, steps in made.items():
            if abs(steps - round(steps)) > 1e-9 * (1 + steps):
                raise ValueError(f"step = {step} makes {name} = {steps}; take a step that divides")
        return replace(self, step=step * self.step, **{n: round(s) for n, s in made.items()})

    def _trials(self, start: Array, goal: Array, waits: Array) -> Trials:
        k = np.arange(1, self.duration + 1)[:, None]
        place, velocity = minimum_jerk((k - waits) / self.move)
        way, shown = goal - start, (k > waits)[..., None]
        x = np.zeros((self.duration, len(start), self.n_inputs))
        x[..., :2] = np.where(shown, goal, start)
        fast = velocity[..., None] * way / (self.move * self.step)
        target = np.concatenate([start + place[..., None] * way, fast], axis=-1)
        at_rest = np.concatenate([start, np.zeros_like(start)], axis=-1)
        return Trials(x, target, np.stack([start, goal], 1), body=at_rest)

    def _pushes(self, size: int, rng: np.random.Generator) -> Array:
        since = np.arange(self.duration)[:, None] - rng.integers(0, self.duration, size)
        force = self.push * rng.standard_normal((size, 2))
        on = (since >= 0) & (since < self.pulse)
        return np.asarray((on[..., None] * force) @ self.body.zoh(self.step).B.T)
