"""Evidence: noisy frames whose mean is to be summed up, as in a task of moving dots."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any, Self

import numpy as np
from scipy.special import ndtr

from helpers.dynamics._checks import (
    Array,
    count,
    finite_array,
    generator,
    last_axis,
    positive,
)
from helpers.training.trials import Trials, hold

__all__ = ["EvidenceTask", "TwoSidedEvidence"]

SIDES = np.array([1.0, -1.0])


@dataclass(frozen=True)
class EvidenceTask:
    r"""One input, new in each frame; the output is the sum of it so far, up to a ceiling.

    .. math:: x_f = \kappa + s\,\varepsilon_f, \qquad
       y(t) = \operatorname{clip}\Bigl(\frac1u \sum_{f \le t} x_f,\ -y_{\max},\ y_{\max}\Bigr)

    Within a frame the sum grows evenly, so that the target does not depend on the step.

    Parameters
    ----------
    onset, stimulus, response : int
        Frames of silence, of evidence, and of silence again.
    noise : float
        s, the standard deviation of the evidence of one frame.
    unit : float
        u, how much evidence makes one unit of output.
    ceiling : float
        Largest size of the target.
    coherences : tuple of float
        Sizes of the mean kappa that are drawn, with either sign.
    frame : float
        Length of a frame in ms.
    steps : int
        Steps of the network in a frame; evidence is held over them.

    Raises
    ------
    ValueError
        On frames or steps that are no whole numbers, no frame of evidence, a unit, ceiling or
        frame that is not positive, or noise or coherences that are negative or not finite.

    Notes
    -----
    After Roitman and Shadlen, Journal of Neuroscience 22 (2002) 9475, whose dots had these
    coherences.

    Examples
    --------
    >>> task = EvidenceTask(onset=1, stimulus=3, response=0)
    >>> task.trials([0.3, -0.6]).target[:, :, 0].round(1).T.tolist()
    [[0.0, 0.1, 0.2, 0.3], [0.0, -0.2, -0.4, -0.6]]
    """

    onset: int = 10
    stimulus: int = 50
    response: int = 10
    noise: float = 0.5
    unit: float = 3.0
    ceiling: float = 1.5
    coherences: tuple[float, ...] = (0.0, 0.032, 0.064, 0.128, 0.256, 0.512)
    frame: float = 20.0
    steps: int = 1

    name = "evidence"
    n_inputs = 1
    n_outputs = 1
    loop = None

    def __post_init__(self) -> None:
        object.__setattr__(self, "coherences", tuple(self.coherences))  # a list, if JSON held them
        for name, least in (("onset", 0), ("stimulus", 1), ("response", 0), ("steps", 1)):
            count(getattr(self, name), name, least=least)
        for name in ("unit", "ceiling", "frame"):
            positive(getattr(self, name), name)
        for name in ("noise", "coherences"):
            sizes = np.asarray(getattr(self, name), dtype=float)
            if not np.all((sizes >= 0.0) & (sizes < np.inf)):
                raise ValueError(f"{name} = {getattr(self, name)!r}; each is finite and at least 0")

    @property
    def duration(self) -> int:
        """Steps of a trial, T."""
        return self.steps * (self.onset + self.stimulus + self.response)

    @property
    def judged(self) -> tuple[int, ...]:
        """Steps at which the sign of the output is judged, here only the last."""
        return (self.duration - 1,)

    def draw(self, n_trials: int, *, rng: np.random.Generator, noisy: bool = True) -> Trials:
        """Return trials with coherences and their signs drawn with equal chance."""
        size = count(n_trials, "n_trials", least=1)
        kappa = generator(rng).choice(self.coherences, size) * rng.choice([-1.0, 1.0], size)
        return self.trials(kappa, rng=rng if noisy else None)

    def conditions(self) -> Trials:
        """Return each coherence once to each side, without noise: first all positive ones."""
        return self.trials([*self.coherences, *(-k for k in self.coherences)])

    def trials(self, kappa: Any, *, rng: np.random.Generator | None = None) -> Trials:
        """Return one trial for each signed coherence (B,); with `rng`, noise in every frame."""
        labels = finite_array(kappa, "kappa", (None,))
        frames = np.zeros((self.onset + self.stimulus + self.response, len(labels), 1))
        shown = frames[self.onset : self.onset + self.stimulus]
        shown += labels[:, None]
        if rng is not None:
            shown += self.noise * generator(rng).standard_normal(shown.shape)
        x = hold(frames, self.steps)
        total = np.cumsum(x, axis=0) / (self.steps * self.unit)
        return Trials(x, np.clip(total, -self.ceiling, self.ceiling), labels)

    def at_step(self, step: float) -> Self:
        """Return this task with so many frames, a fraction 1/k, to one step of the network.

        Raises
        ------
        ValueError
            If a frame would not be a whole number of steps.
        """
        steps = self.steps / positive(step, "step")
        if abs(steps - round(steps)) > 1e-9 * steps:
            raise ValueError(f"step = {step}; a frame is a whole number of steps, like 1/2 or 1/5")
        return replace(self, steps=round(steps))

    def ideal(self, kappa: Any) -> Array:
        r"""Return the share of right choices of an observer who adds up all frames.

        .. math:: \Phi\bigl(|\kappa| \sqrt F / s\bigr), \quad F = \text{frames of evidence}
        """
        return np.asarray(ndtr(np.abs(kappa) * np.sqrt(self.stimulus) / self.noise))


@dataclass(frozen=True)
class TwoSidedEvidence(EvidenceTask):
    r"""The same evidence for two pools: one input and one output for either side.

    .. math:: x^\pm = \tfrac12 \pm \tfrac12 (\kappa + s\,\varepsilon_f), \qquad
       u^\pm(t) = 0.6 \pm 0.4\,y(t)

    The input is zero where nothing is shown. Networks under Dale's law learn it: what excites can
    say neither a negative number nor a difference.

    Parameters
    ----------
    **fields
        As in `EvidenceTask`; y is its target.

    Raises
    ------
    ValueError
        As `EvidenceTask` does.

    Examples
    --------
    >>> task = TwoSidedEvidence(onset=1, stimulus=3, response=0)
    >>> trials = task.trials([0.6])
    >>> trials.x[:, 0].round(1).tolist()
    [[0.0, 0.0], [0.8, 0.2], [0.8, 0.2], [0.8, 0.2]]
    >>> task.difference(trials.target)[:, 0, 0].round(1).tolist()
    [0.0, 0.2, 0.4, 0.6]
    """

    name = "two-sided"
    n_inputs = 2
    n_outputs = 2

    def trials(self, kappa: Any, *, rng: np.random.Generator | None = None) -> Trials:
        """Return one trial for each signed coherence (B,); with `rng`, noise in every frame."""
        one = super().trials(kappa, rng=rng)
        x = np.zeros((*one.x.shape[:2], 2))
        shown = slice(self.steps * self.onset, self.steps * (self.onset + self.stimulus))
        x[shown] = 0.5 + 0.5 * one.x[shown] * SIDES
        return replace(one, x=x, target=0.6 + 0.4 * one.target * SIDES)

    def difference(self, outputs: Any) -> Array:
        r"""Return y (..., 1) from outputs (..., 2).

        .. math:: y = (u^+ - u^-) / 0.8
        """
        u = last_axis(outputs, "outputs", 2, "side")
        return np.asarray((u @ SIDES)[..., None] / 0.8)
