"""An audit: everything that the book can say of a trained network, a map, or a file."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

from helpers.dynamics._checks import shown
from helpers.dynamics.systems import Map
from helpers.networks.activity import axes, noise, oscillations, points
from helpers.networks.examination import (
    Subject,
    commutation,
    controllability,
    form,
    non_normality,
    step,
    transient,
)
from helpers.networks.network import Network, load_network
from helpers.networks.report import Report, Section

__all__ = ["audit"]

Examined = Callable[[Subject], Section]
SECTIONS: tuple[Examined, ...] = (
    form, step, points, oscillations, non_normality, controllability, commutation, noise, axes,
)  # fmt: skip


def audit(
    network: Network | Map | str | os.PathLike[str],
    *,
    name: str | None = None,
    progress: Callable[[int, int], None] | None = None,
    **reading: Any,
) -> Report:
    """Say everything that this book can say of a network.

    The form and the conventions found; the spectrum as flow and as map, and what only the step
    makes; fixed and slow points, at rest and under each of the first four inputs held at 1; what
    drawn starts do, with the frequencies announced and measured; non-normality; controllability;
    which procedures commute; noise; and how many axes the activity needs.

    Parameters
    ----------
    network : Network, Map or path
        A file is read by `load_network`.
    name : str, optional
        What the report is called; default: the file's name.
    progress : callable, optional
        Called with the number of sections done and of all, before each and at the end.
    **reading
        For a file: what `load_network` takes: activation, form, alpha, delta, scale, and so on.

    Returns
    -------
    Report
        It prints, shows as HTML in a notebook, and has `as_dict()` and `page()`. Its draws come
        from fixed seeds, so that the same network has the same report.

    Raises
    ------
    ValueError
        On what is none of these, a file that cannot be read, or options without a file.
    FileNotFoundError
        If there is no such file.

    Examples
    --------
    >>> report = audit(Network([[-1.5]], [[1.0]]), name="a unit")
    >>> report["modes that only the step makes grow"].value
    1
    """
    if isinstance(network, (str, os.PathLike)):
        title = Path(network).name if name is None else name
        subject = Subject(load_network(network, **reading))
    else:
        if reading:
            raise ValueError(f"{shown(reading)} says how to read a file, and none was given")
        title, subject = name or "a network", Subject(network)
    tell = progress or _silent
    sections = []
    for done, examine in enumerate(SECTIONS):
        tell(done, len(SECTIONS))
        sections.append(examine(subject))
    tell(len(SECTIONS), len(SECTIONS))
    times, gains = transient(subject)
    mu = subject.modes
    arrays = {"flow": mu, "map": 1.0 + subject.map.delta * mu, "times": times, "gains": gains}
    return Report(title, tuple(sections), arrays)


def _silent(done: int, of: int) -> None:
    pass
