"""Derivatives by complex step: no subtraction, hence no step size to tune.

For a function that is analytic along the direction, Im f(h + i eps e_j) / eps is the derivative
with an error of order eps^2, and eps = 1e-30 puts that far below rounding (Squire and Trapp 1998).
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from helpers.dynamics._checks import Array, shown

__all__ = ["complex_step_jacobian"]

EPS = 1e-30
# A relative derivative of 1e20 is none: the imaginary part was there before the step.
LARGEST = 1e20 * EPS


def complex_step_jacobian(function: Callable[[Array], Array], point: Array) -> Array:
    r"""Return the matrix of :math:`\partial f_i / \partial p_j` at a point.

    Parameters
    ----------
    function : callable
        From arrays (..., n) to arrays (..., m); leading axes broadcast, complex is accepted.
    point : array (..., n)
        Where to differentiate.

    Returns
    -------
    array (..., m, n)
        Exact to rounding.

    Raises
    ------
    ValueError
        If the function throws the imaginary part away (a cast to real, ``np.abs``), since the
        derivative would silently be zero; if the point, or what the function holds, is complex.

    Examples
    --------
    >>> import numpy as np
    >>> complex_step_jacobian(lambda p: np.sin(p), np.array([0.0]))
    array([[1.]])
    """
    base = _real(np.asarray(point))
    n = base.shape[-1]
    if n == 0:
        shape = np.shape(function(base[..., None, :]))
        return np.zeros((*shape[:-2], shape[-1], 0))
    result = np.asarray(function(base[..., None, :] + 1j * EPS * np.eye(n)))
    _require_imaginary(result)
    derivative: Array = np.swapaxes(result.imag / EPS, -1, -2)
    return derivative


def _real(point: Array) -> Array:
    if np.any(np.imag(point)):
        raise ValueError(
            f"the point {shown(point)} is complex; a complex step starts from a real one"
        )
    return np.real(point)


def _require_imaginary(result: Array) -> None:
    """Raise ValueError unless the imaginary part is there, and the step's alone."""
    if not np.iscomplexobj(result):
        raise ValueError(
            "the function returns real numbers for complex states, so it cannot be differentiated "
            "by complex step; write it without np.abs, np.real and casts to float"
        )
    if np.any(np.abs(result.imag) > LARGEST * (1.0 + np.abs(result.real))):
        raise ValueError(
            "the function is complex at a real point, so a complex step is lost in it; "
            "hold real inputs and parameters"
        )
