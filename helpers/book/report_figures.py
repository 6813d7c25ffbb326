"""The figures of an audit: the spectrum as flow and as map, and the transient."""

from __future__ import annotations

import base64
import io
from html import escape

import matplotlib.pyplot as plt
import numpy as np
from matplotlib.figure import Figure

from helpers.analysis.spectra import Spectrum
from helpers.book.figures import COLOURS, plot_spectrum, use_style
from helpers.dynamics._checks import shown
from helpers.networks.report import DRAWN, Report

__all__ = ["report_figures"]


def report_figures(report: Report) -> str:
    """Return the figures of an audit as HTML, with what they show in words.

    Parameters
    ----------
    report : Report
        From `audit`.

    Returns
    -------
    str
        An image that needs no other file.

    Raises
    ------
    ValueError
        If it is not a Report.

    Examples
    --------
    >>> from helpers.networks.audit import audit
    >>> from helpers.networks.network import Network
    >>> report_figures(audit(Network([[0.5]], [[1.0]]))).startswith("<figure><img")
    True
    """
    if not isinstance(report, Report):
        raise ValueError(f"{shown(report)} is not a Report; audit(network) makes one")
    with plt.rc_context():
        use_style()
        figure = _drawn(report)
        stream = io.BytesIO()
        # Without a date, so that the same report is the same page.
        figure.savefig(stream, format="png", metadata={"Software": None})
    told = escape(_told(report))
    code = base64.b64encode(stream.getvalue()).decode()
    image = f'<img alt="{told}" src="data:image/png;base64,{code}">'
    return f"<figure>{image}<figcaption>{told}</figcaption></figure>"


def _drawn(report: Report) -> Figure:
    # A figure of its own, which no notebook shows a second time.
    figure = Figure(figsize=(9.0, 3.0), layout="constrained")
    axes = figure.subplots(1, 3)
    for one, kind in zip(axes, ("flow", "map"), strict=False):
        delta = 1.0 if kind == "map" else None
        plot_spectrum(one, Spectrum(report.arrays[kind], kind, delta), label=kind, marker=".")
        one.set_aspect("equal", adjustable="datalim")
    axes[2].plot(report.arrays["times"], report.arrays["gains"], color=COLOURS["flow"])
    axes[2].set_xlabel("time")
    axes[2].set_ylabel("largest growth")
    axes[2].set_ylim(bottom=0.0)
    return figure


def _told(report: Report) -> str:
    flow, rho = report.arrays["flow"], report.arrays["map"]
    right, outside = int(np.sum(flow.real >= 0.0)), int(np.sum(np.abs(rho) >= 1.0))
    return (
        f"Left, the eigenvalues of the flow, {right} of {len(flow)} not left of the line; middle, "
        f"those of its step, {outside} not inside the circle; right, the largest growth of a "
        f"state over time, {np.max(report.arrays['gains']):.3g} at most."
    )


DRAWN["spectrum and transient"] = report_figures
