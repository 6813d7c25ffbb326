"""Timing: a cue says how long a movement is to take, a pulse says when it begins."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any, Self

import numpy as np
from scipy.optimize import minimize_scalar

from helpers.dynamics._checks import Array, count, finite_array, generator, positive
from helpers.training.trials import Trials

__all__ = ["CueSetGo"]


@dataclass(frozen=True)
class CueSetGo:
    r"""A tonic cue and a pulse go in; after the pulse the output rises from 0 to 1 in the time T.

    .. math:: c(T) = \frac{\ln (T^2 / T_{\min} T_{\max})}{\ln (T_{\max} / T_{\min})}, \qquad
       y = 10 s^3 - 15 s^4 + 6 s^5, \quad s = \operatorname{clip}\Bigl(\frac tT, 0, 1\Bigr)

    The cue is there from the first step to the last, -1 for the shortest and 1 for the longest
    duration; t is counted from the end of the pulse, and the output is held at 1 after T.

    Parameters
    ----------
    durations : tuple of float
        The times T in steps that are drawn.
    first, last : int
        Earliest and latest step at which the pulse begins.
    width, hold : int
        Steps of the pulse, and the steps for which the end is held at least.
    catch : float
        Share of the trials whose pulse never comes.
    noise : float
        Standard deviation of the noise on both inputs at each step.

    Raises
    ------
    ValueError
        On fewer than two durations or one that is not positive, times that are no whole numbers, a
        last onset before the first, a share outside [0, 1], or a negative noise.

    Notes
    -----
    After the cue-set-go task of Wang et al., Nature Neuroscience 21 (2018) 102. The polynomial is
    the movement of least jerk of Flash and Hogan, Journal of Neuroscience 5 (1985) 1688.

    Examples
    --------
    >>> task = CueSetGo()
    >>> trials = task.trials([20.0, 50.0], onset=10)
    >>> trials.x[0, :, 0].round(3).tolist(), trials.target[24, :, 0].round(3).tolist()
    ([-1.0, 1.0], [0.5, 0.058])
    """

    durations: tuple[float, ...] = (20.0, 25.0, 32.0, 40.0, 50.0)
    first: int = 10
    last: int = 30
    width: int = 5
    hold: int = 15
    catch: float = 1 / 16
    noise: float = 0.05

    name = "timing"
    n_inputs = 2
    n_outputs = 1
    loop = None

    def __post_init__(self) -> None:
        object.__setattr__(self, "durations", tuple(self.durations))  # a list, if JSON held them
        for duration in self.durations:
            positive(duration, "durations")
        if len(set(self.durations)) < 2:
            raise ValueError(f"durations = {self.durations}; a cue needs two different ones")
        for name, least in (("first", 0), ("last", self.first), ("width", 1), ("hold", 0)):
            count(getattr(self, name), name, least=least)
        for name, most in (("catch", 1.0), ("noise", np.inf)):
            if not 0.0 <= getattr(self, name) <= most or np.isinf(getattr(self, name)):
                raise ValueError(f"{name} = {getattr(self, name)!r}; it lies between 0 and {most}")

    @property
    def duration(self) -> int:
        """Steps of a trial, T."""
        return self.last + self.width + int(np.ceil(max(self.durations))) + self.hold

    @property
    def judged(self) -> tuple[int, ...]:
        """Steps at which the level of the output says something, here only the last."""
        return (self.duration - 1,)

    def cue(self, duration: Any) -> Array:
        """Return the cue c for a duration in steps, trained or not."""
        shortest, longest = min(self.durations), max(self.durations)
        return np.asarray(
            np.log(np.square(duration) / (shortest * longest)) / np.log(longest / shortest)
        )

    def draw(self, n_trials: int, *, rng: np.random.Generator, noisy: bool = True) -> Trials:
        """Return trials with duration and onset drawn evenly, a share of them without a pulse."""
        size = count(n_trials, "n_trials", least=1)
        durations = generator(rng).choice(self.durations, size)
        onsets = rng.integers(self.first, self.last + 1, size)
        onsets[rng.random(size) < self.catch] = self.duration
        return self.trials(durations, onset=onsets, rng=rng if noisy else None)

    def conditions(self) -> Trials:
        """Return each duration once, without noise, with the latest onset."""
        return self.trials(self.durations)

    def trials(
        self, durations: Any, onset: Any = None, *, rng: np.random.Generator | None = None
    ) -> Trials:
        """Return one trial for each duration (B,) in steps; with `rng`, noise on both inputs.

        The pulse begins at `onset`, one step or one a trial, by default the last; at the end of the
        trial or later it is never seen. Labels are the rows duration, onset.
        """
        wanted = finite_array(durations, "durations", (None,))
        for row, duration in enumerate(wanted):
            positive(duration, f"durations[{row}]")
        begun = np.asarray(self.last if onset is None else onset)
        if begun.shape not in ((), wanted.shape):
            raise ValueError(
                f"onset has shape {begun.shape}; give one step, or one a trial, {wanted.shape}"
            )
        begun = np.broadcast_to(begun, wanted.shape)
        since = np.arange(self.duration)[:, None] - begun
        x = np.zeros((*since.shape, 2))
        x[..., 0] = self.cue(wanted)
        x[..., 1] = (since >= 0) & (since < self.width)
        if rng is not None:
            x += self.noise * generator(rng).standard_normal(x.shape)
        target = least_jerk((since + 1 - self.width) / wanted)
        return Trials(x, target[..., None], np.stack([wanted, begun], axis=1))

    def at_step(self, step: float) -> Self:
        """Return this task at another step: all times divided by it, the noise by its root.

        Raises
        ------
        ValueError
            If the pulse, the hold or the onsets would not be whole numbers of steps.
        """
        names = ("first", "last", "width", "hold")
        times = {name: getattr(self, name) / positive(step, "step") for name in names}
        if any(abs(time - round(time)) > 1e-9 * time for time in times.values()):
            raise ValueError(f"step = {step}; onsets, pulse and hold are whole numbers of steps")
        return replace(
            self,
            durations=tuple(duration / step for duration in self.durations),
            noise=float(self.noise / np.sqrt(step)),
            **{name: round(time) for name, time in times.items()},
        )

    def produced(self, output: Any) -> tuple[float, float]:
        r"""Return the duration that an output has, and the root mean square it is off by.

        .. math:: \hat T = \arg\min_T \sum_t \bigl(z_t - y(t/T)\bigr)^2

        Parameters
        ----------
        output : array (T,)
            The output z of one trial in the steps after the pulse, first that of its last step.

        Returns
        -------
        duration, error
            In steps, and in units of the output.
        """
        z = finite_array(output, "output", (None,))
        if len(z) < 2:
            raise ValueError(
                f"output has shape {z.shape}; give the steps after the pulse, at least 2"
            )
        t = np.arange(len(z))

        def error(log_duration: float) -> float:
            return float(np.sqrt(np.mean((z - least_jerk(t / np.exp(log_duration))) ** 2)))

        grid = np.linspace(np.log(2.0), np.log(4.0 * len(z)), 60)
        best = int(np.argmin([error(value) for value in grid]))
        ends = grid[max(best - 1, 0)], grid[min(best + 1, len(grid) - 1)]
        found = minimize_scalar(error, bounds=ends, method="bounded", options={"xatol": 1e-9})
        return float(np.exp(found.x)), float(found.fun)


def least_jerk(share: Any) -> Array:
    """Return 10 s^3 - 15 s^4 + 6 s^5 of the share s of the time that is over, s cut to [0, 1]."""
    s = np.clip(share, 0.0, 1.0)
    return np.asarray(s**3 * (10 - 15 * s + 6 * s**2))
