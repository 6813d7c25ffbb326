"""Trials: what goes in, what should come out, and how much each error counts."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from helpers.dynamics._checks import Array, count, shown

__all__ = ["Trials", "hold", "joined"]

# Where an array of trials has one row a trial.
AXES = {"x": 1, "target": 1, "labels": 0, "mask": 1, "body": 0, "push": 1}


@dataclass(frozen=True, eq=False)
class Trials:
    """Inputs x (T, B, M), targets (T, B, K), and for each trial its row in `labels` (B, ...).

    `mask` weighs the squared errors: three axes like the targets', each whole or of length 1;
    without one all count alike. Where a loop is closed, `body` (B, S) is its state at first
    (default zero) and `push` (T, B, S) what is added to it at each step.
    """

    x: Array
    target: Array
    labels: Array
    mask: Array | None = None
    body: Array | None = None
    push: Array | None = None

    def __len__(self) -> int:
        return int(self.x.shape[1])

    def chosen(self, rows: Any) -> Trials:
        """Return copies of the trials of these numbers."""
        return replace(self, **{n: np.take(p, rows, AXES[n]) for n, p in self._one_a_trial()})

    def single(self) -> Trials:
        """Return the same trials in single precision; labels are kept as they are."""
        parts = {name: getattr(self, name) for name in AXES if name != "labels"}
        return replace(self, **{n: p.astype(np.float32) for n, p in parts.items() if p is not None})

    def _one_a_trial(self) -> list[tuple[str, Array]]:
        """Return the arrays that have one row a trial, by name; a mask may be common to all."""
        parts = [(name, getattr(self, name)) for name in AXES]
        return [(n, p) for n, p in parts if p is not None and p.shape[AXES[n]] == len(self)]


def joined(parts: Sequence[Trials]) -> Trials:
    """Return the trials of several draws of one task, one draw after another.

    Raises
    ------
    ValueError
        On draws of different lengths, as NumPy says it, or of which one has what another lacks.

    Examples
    --------
    >>> from helpers.training.tasks import task
    >>> len(joined([task("or").conditions(), task("or").conditions()]))
    8
    """
    names = [name for name, _ in parts[0]._one_a_trial()]
    for part in parts[1:]:
        if (found := [name for name, _ in part._one_a_trial()]) != names:
            raise ValueError(
                f"one draw has {', '.join(names)} and another {', '.join(found)}; give both the "
                "same, zeros where there is nothing"
            )
    rows = {n: np.concatenate([getattr(p, n) for p in parts], axis=AXES[n]) for n in names}
    return replace(parts[0], **rows)


def hold(x: Any, steps: int) -> Array:
    r"""Return evidence held over frames: every row of x (T, ...) for so many steps.

    .. math:: x_t \leftarrow x_{\lfloor t / k \rfloor}

    Parameters
    ----------
    x : array (T, ...)
        One row a frame.
    steps : int
        Steps of the network in a frame, k.

    Returns
    -------
    array (k T, ...)

    Raises
    ------
    ValueError
        If a frame is not a whole number of steps, at least one, or x has no rows.

    Examples
    --------
    >>> hold([0.3, -0.1], 2).tolist()
    [0.3, 0.3, -0.1, -0.1]
    """
    frames = np.asarray(x)
    if frames.ndim == 0:
        raise ValueError(f"x = {shown(x)}; give one row a frame")
    return np.repeat(frames, count(steps, "steps", least=1), axis=0)
