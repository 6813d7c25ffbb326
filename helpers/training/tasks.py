"""Tasks: pulses that go in, the level that should come out and when, and noise on the way in.

Times are in steps. Inputs are (T, B, M) and targets (T, B, K), time first, as in simulations.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any, Protocol

import numpy as np

from helpers.dynamics._checks import Array, count, generator, positive, shown
from helpers.training.layers import Loop
from helpers.training.trials import Trials

__all__ = ["TASKS", "BooleanTask", "FlipFlop", "Task", "task"]

# The four stimuli (first channel, second channel), in the order in which tables list them.
STIMULI = ((0, 0), (0, 1), (1, 0), (1, 1))
GATES = {"AND": (0, 0, 0, 1), "OR": (0, 1, 1, 1), "XOR": (0, 1, 1, 0)}


@dataclass(frozen=True)
class BooleanTask:
    r"""Two simultaneous pulses or none; from a moment on the output is a gate's answer to them.

    .. math:: z(t) = g(a, b) \text{ for } t \ge \text{onset} + \text{width} + \text{delay},
       \qquad z(t) = 0 \text{ before}

    Parameters
    ----------
    gate : "AND", "OR" or "XOR"
        The function g of the two stimuli.
    onset, width, delay : int
        First step of the pulse, its length, and the steps between its end and the answer.
    duration : int
        Steps of a trial, T.
    amplitude, noise : float
        Height of a pulse, and standard deviation of the Gaussian noise on both inputs at each
        step.

    Raises
    ------
    ValueError
        On an unknown gate, or times that leave no step for the answer.

    Notes
    -----
    Section 2 of Jarne (arXiv 2005.13074); times and noise from the published training scripts.

    Examples
    --------
    >>> trials = BooleanTask("XOR").conditions()
    >>> trials.x.shape, trials.target[-1, :, 0].tolist()
    ((200, 4, 2), [0.0, 1.0, 1.0, 0.0])
    """

    gate: str
    onset: int = 30
    width: int = 20
    delay: int = 20
    duration: int = 200
    amplitude: float = 1.0
    noise: float = 0.1

    n_inputs, n_outputs, loop = 2, 1, None

    def __post_init__(self) -> None:
        if self.gate not in GATES:
            raise ValueError(f"gate = {self.gate!r}; choose from {', '.join(GATES)}")
        _pulses(self)
        _room(self.answer, self.duration, "duration")

    @property
    def name(self) -> str:
        """What the task is called in files, the gate in small letters."""
        return self.gate.lower()

    @property
    def answer(self) -> int:
        """First step at which the output must be the gate's answer."""
        return self.onset + self.width + self.delay

    @property
    def judged(self) -> tuple[int, ...]:
        """Steps at which the output is judged, here only the last."""
        return (self.duration - 1,)

    def draw(self, n_trials: int, *, rng: np.random.Generator, noisy: bool = True) -> Trials:
        """Return trials with stimuli drawn uniformly from the four."""
        chosen = generator(rng).integers(4, size=count(n_trials, "n_trials", least=1))
        return self.trials(np.array(STIMULI)[chosen], rng=rng if noisy else None)

    def conditions(self) -> Trials:
        """Return the four stimuli once each, (0,0), (0,1), (1,0), (1,1), without noise."""
        return self.trials(STIMULI)

    def trials(self, stimuli: Any, *, rng: np.random.Generator | None = None) -> Trials:
        """Return one trial a row of stimuli (B, 2), entries 0 or 1; with `rng`, noise on both."""
        labels = _rows(stimuli, 2)
        x = np.zeros((self.duration, len(labels), 2))
        x[self.onset : self.onset + self.width] = self.amplitude * labels
        target = np.zeros((self.duration, len(labels), 1))
        target[self.answer :, :, 0] = np.array(GATES[self.gate])[2 * labels[:, 0] + labels[:, 1]]
        return Trials(_noisy(x, self.noise, rng), target, labels)

    def at_step(self, step: float) -> BooleanTask:
        """Return this task at another step: all times divided by it, the noise by its root."""
        return replace(self, **_at_step(self, step, ("onset", "width", "delay", "duration")))

    def second_stimulus(
        self, first: Sequence[float], second: Sequence[float], *, gap: int = 150, tail: int = 150
    ) -> Array:
        """Return x (T, 2), no noise: a stimulus, and `gap` steps after its onset another.

        Entries are the heights in units of the amplitude, of either sign; `tail` steps follow
        the second pulse.
        """
        count(gap, "gap", least=self.width)
        again = self.onset + gap
        x = np.zeros((again + self.width + count(tail, "tail"), 2))
        for start, stimulus in ((self.onset, first), (again, second)):
            x[start : start + self.width] = self.amplitude * _pair(stimulus)
        return x


@dataclass(frozen=True)
class FlipFlop:
    r"""A memory of one bit: a pulse on channel 1 sets it, one on channel 0 resets it.

    Turn k begins at ``onset + k * turn``; ``delay`` steps after its pulse has ended the output is 1
    if the last pulse was on channel 1, and 0 if it was on channel 0. Before the first it is 0.

    Parameters
    ----------
    turns : int
        Pulses in a trial.
    onset, width, quiet, delay : int
        First step of the first pulse, length of a pulse, steps between two pulses, and steps from
        the end of a pulse to the change of the output.
    amplitude, noise : float
        As for a Boolean task.

    Raises
    ------
    ValueError
        On times that are no whole numbers, or a delay longer than the quiet between pulses.

    Notes
    -----
    Section 2 of Jarne (arXiv 2005.13074). Published training had eight turns; three suffice.

    Examples
    --------
    >>> trials = FlipFlop().trials([[1, 0, 1]])
    >>> trials.x.shape, trials.target[[100, 200, 300, -1], 0, 0].tolist()
    ((410, 1, 2), [1.0, 1.0, 0.0, 1.0])
    """

    turns: int = 3
    onset: int = 50
    width: int = 20
    quiet: int = 100
    delay: int = 20
    amplitude: float = 1.0
    noise: float = 0.1

    name = "flip-flop"
    n_inputs, n_outputs, loop = 2, 1, None

    def __post_init__(self) -> None:
        count(self.turns, "turns", least=1)
        _pulses(self)
        _room(self.delay, self.quiet, "quiet")

    @property
    def turn(self) -> int:
        """Steps from one pulse to the next."""
        return self.width + self.quiet

    @property
    def duration(self) -> int:
        """Steps of a trial, T."""
        return self.onset + self.turns * self.turn

    @property
    def answer(self) -> int:
        """First step at which the output must know the first pulse."""
        return self.onset + self.width + self.delay

    @property
    def judged(self) -> tuple[int, ...]:
        """Steps at which the output is judged, the last of each turn."""
        return tuple(self.onset + self.turn * (k + 1) - 1 for k in range(self.turns))

    def draw(self, n_trials: int, *, rng: np.random.Generator, noisy: bool = True) -> Trials:
        """Return trials with set or reset drawn with equal chance at each turn."""
        size = (count(n_trials, "n_trials", least=1), self.turns)
        bits = generator(rng).integers(2, size=size)
        return self.trials(bits, rng=rng if noisy else None)

    def conditions(self) -> Trials:
        """Return every sequence of sets and resets once, without noise: 2**turns trials."""
        numbers = np.arange(2**self.turns)
        return self.trials(numbers[:, None] >> np.arange(self.turns)[::-1] & 1)

    def trials(self, bits: Any, *, rng: np.random.Generator | None = None) -> Trials:
        """Return one trial a row of bits (B, turns), 1 for set and 0 for reset."""
        labels = _rows(bits, self.turns)
        x = np.zeros((self.duration, len(labels), 2))
        target = np.zeros((self.duration, len(labels), 1))
        for k in range(self.turns):
            start = self.onset + k * self.turn
            pulse = slice(start, start + self.width)
            x[pulse, :, 0] = self.amplitude * (1 - labels[:, k])
            x[pulse, :, 1] = self.amplitude * labels[:, k]
            target[start + self.width + self.delay :, :, 0] = labels[:, k]
        return Trials(_noisy(x, self.noise, rng), target, labels)

    def at_step(self, step: float) -> FlipFlop:
        """Return this task at another step: all times divided by it, the noise by its root."""
        return replace(self, **_at_step(self, step, ("onset", "width", "quiet", "delay")))


def _pulses(task: Any) -> None:
    for field in ("onset", "delay"):
        count(getattr(task, field), field)
    count(task.width, "width", least=1)
    positive(task.amplitude, "amplitude")
    if not (isinstance(task.noise, (int, float, np.floating)) and 0.0 <= task.noise < np.inf):
        raise ValueError(f"noise = {task.noise!r}; a standard deviation is finite and at least 0")


def _room(before: int, end: Any, name: str) -> None:
    if count(end, name, least=1) <= before:
        raise ValueError(f"the answer begins at step {before} of {end}; leave it at least one step")


def _at_step(task: Any, step: float, times: Sequence[str]) -> dict[str, Any]:
    """Return the times in steps of this length, and white noise of the same intensity."""
    exact = {name: getattr(task, name) / positive(step, "step") for name in times}
    for name, time in exact.items():
        if abs(time - round(time)) > 1e-9 * time:
            raise ValueError(
                f"step = {step}: {name} would be {time:g} steps; take a step that divides all times"
            )
    whole = {name: round(time) for name, time in exact.items()}
    return whole | {"noise": float(task.noise / np.sqrt(step))}


def _rows(values: Any, length: int) -> Array:
    try:
        rows = np.asarray(values)
    except ValueError:  # rows of several lengths
        rows = np.zeros(0)
    if rows.ndim != 2 or rows.shape[1] != length or not np.all((rows == 0) | (rows == 1)):
        raise ValueError(f"{shown(values)} must be rows of {length} entries, each 0 or 1")
    return rows.astype(int)


def _pair(stimulus: Any) -> Array:
    pair = np.asarray(stimulus, dtype=float)
    if pair.shape != (2,) or not np.all(np.isfinite(pair)):
        raise ValueError(f"stimulus = {shown(stimulus)}; give two finite heights, one a channel")
    return pair


def _noisy(x: Array, noise: float, rng: np.random.Generator | None) -> Array:
    return x if rng is None else x + noise * generator(rng).standard_normal(x.shape)


class Task(Protocol):
    """What can be learned: a frozen dataclass of plain numbers and words that draws its trials.

    Besides these names it has what its trials are made from (`trials`), and where a level at some
    steps does not say it all, a judge of its own: a method that says of outputs (T, B, K) which
    trials are right.
    """

    @property
    def name(self) -> str:
        """What it is called in files, in one word without a slash."""

    @property
    def duration(self) -> int:
        """Steps of a trial, T."""

    @property
    def noise(self) -> float:
        """Standard deviation of the noise on the inputs."""

    @property
    def judged(self) -> tuple[int, ...]:
        """Steps at which the output is judged."""

    @property
    def n_inputs(self) -> int:
        """Inputs M of the network, those that a loop feeds back among them."""

    @property
    def n_outputs(self) -> int:
        """Outputs K of the network."""

    @property
    def loop(self) -> Loop | None:
        """What the output goes through on its way back to the input; None: nothing comes back."""

    def draw(self, n_trials: int, *, rng: np.random.Generator, noisy: bool = True) -> Trials:
        """Return trials drawn at random."""

    def conditions(self) -> Trials:
        """Return each condition once, without noise."""

    def at_step(self, step: float) -> Task:
        """Return this task sampled at another step, in units of its own."""


TASKS: dict[str, Task] = {
    known.name: known
    for known in (BooleanTask("AND"), BooleanTask("OR"), BooleanTask("XOR"), FlipFlop())
}


def task(name: str) -> Task:
    """Return a task of the companion paper by its name: and, or, xor, flip-flop.

    Raises
    ------
    ValueError
        On another name.

    Examples
    --------
    >>> task("flip-flop").duration
    410
    """
    if name not in TASKS:
        raise ValueError(f"task = {name!r}; choose from {', '.join(TASKS)}")
    return TASKS[name]
