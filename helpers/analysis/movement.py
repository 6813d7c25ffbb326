"""A network that moves a body: the loop of the two, its clock, and the same move in less time."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from scipy.optimize import brentq

from helpers.dynamics._checks import Array, count, finite_array, positive, shown, square
from helpers.dynamics.body import Body
from helpers.dynamics.procedures import Rescale
from helpers.dynamics.recurrent import RNN
from helpers.dynamics.systems import Flow, Map

__all__ = ["Controller", "closed_loop", "largest_step", "retimed"]

ORDERS = ("update-act", "act-update")
POINTS = 100  # of the scan for the first step at which a loop is no longer stable


@dataclass(frozen=True, eq=False)
class Controller:
    r"""A network whose output is a force on a body, and that sees the body.

    .. math:: h' = F(h, (g, q, v)), \qquad u = r h + c + \gamma v

    The last 2 d inputs of the network are place and velocity of the body, those before them its
    goal g.

    Parameters
    ----------
    flow : RNN
        The network, N units and M > 2 d inputs.
    readout, readout_bias : array (d, N), (d,)
        r and c.
    damping : float
        gamma, what is read from the velocity directly. Default: nothing.

    Raises
    ------
    ValueError
        On shapes that do not fit, or a damping that is not finite.

    Examples
    --------
    >>> Controller(RNN([[0.5]], [[1.0, -1.0, -2.0]]), [[3.0]], [0.0]).force([2.0], [1.0])
    array([6.])
    """

    flow: RNN
    readout: Any
    readout_bias: Any
    damping: float = 0.0

    def __post_init__(self) -> None:
        readout = finite_array(self.readout, "readout", (None, self.flow.n_units))
        bias = finite_array(self.readout_bias, "readout_bias", (len(readout),))
        if self.flow.n_inputs <= 2 * len(readout):
            raise ValueError(
                f"omega has shape {self.flow.omega.shape}; {len(readout)} forces need a column for "
                f"the goal and {2 * len(readout)} more, for the places and velocities"
            )
        if not np.isfinite(self.damping):
            raise ValueError(f"damping = {self.damping!r}; give a finite number, 0 for none")
        self.__dict__.update(readout=readout, readout_bias=bias)

    def force(self, h: Any, v: Any) -> Array:
        """Return u (..., d) at activities h (..., N) and velocities v (..., d)."""
        return np.asarray(
            np.asarray(h) @ self.readout.T + self.readout_bias + self.damping * np.asarray(v)
        )


def closed_loop(
    controller: Controller,
    body: Body,
    delta: float | None = None,
    *,
    delay: int = 0,
    order: str = "update-act",
) -> Flow | Map:
    r"""Return the loop of a network and a body: a flow, or with a clock the map of one tick.

    .. math:: h' = F(h, (g, s)), \quad s' = A s + B u
    .. math:: h_{k+1} = h_k + \Delta F(h_k, (g_k, s_{k-d})), \quad
       s_{k+1} = A_\Delta s_k + B_\Delta\,u(h_{k+1}, v_{k-d})

    Its state is (h, s), and with a delay (h, s_k, ..., s_{k-d}); its input is the goal. The body
    is not discretised: it moves on under a force that is held.

    Parameters
    ----------
    controller : Controller
        The network.
    body : Body
        What it moves, with as many axes as there are forces.
    delta : float, optional
        The tick of the network's clock. None: both run in continuous time.
    delay : int
        d, by how many ticks the network sees the body too late.
    order : "update-act" or "act-update"
        Whether the force of a tick is read from the network after its update, as above, or before
        it, from :math:`h_k`.

    Returns
    -------
    Flow or Map
        N + 2 axes (1 + d) units, M - 2 axes inputs; its Jacobian is that of the whole loop.

    Raises
    ------
    ValueError
        If body and controller do not have the same axes, on an unknown order, a delay that is no
        whole number, or a delay or another order without a clock.

    Notes
    -----
    Åström and Wittenmark, Computer-Controlled Systems (1997), for the sampled plant and its delay.

    Examples
    --------
    >>> controller = Controller(RNN([[0.5]], [[1.0, -1.0, -1.0]]), [[1.0]], [0.0])
    >>> closed_loop(controller, Body(1.0, 1.0, axes=1), 0.1, delay=2).n_units
    7
    """
    _fitting(controller, body)
    count(delay, "delay")
    if order not in ORDERS:
        raise ValueError(f"order = {shown(order)}; choose from {', '.join(ORDERS)}")
    n, goals = controller.flow.n_units, controller.flow.n_inputs - 2 * body.axes
    if delta is None:
        if delay or order != ORDERS[0]:
            raise ValueError(f"delay = {delay}, order = {order!r} need a clock; give delta")
        return Flow(_velocity(controller, body), n + 2 * body.axes, goals)
    step = _tick(controller, body, positive(delta, "delta"), order)
    return Map(step, delta, n + 2 * body.axes * (1 + delay), goals)


def _fitting(controller: Controller, body: Body) -> None:
    if len(controller.readout) != body.axes:
        raise ValueError(
            f"the body has {body.axes} axes and readout the shape {controller.readout.shape}; give "
            "one row for each axis"
        )


def _velocity(controller: Controller, body: Body) -> Callable[[Array, Array], Array]:
    n, moved = controller.flow.n_units, body.flow

    def velocity(z: Array, goal: Array) -> Array:
        h, s = z[..., :n], z[..., n:]
        inner = controller.flow.velocity(h, _beside(goal, s))
        u = controller.force(h, s[..., body.axes :])
        return _beside(inner, s @ moved.A.T + u @ moved.B.T)

    return velocity


def _tick(
    controller: Controller, body: Body, delta: float, order: str
) -> Callable[[Array, Array], Array]:
    n, sampled, size = controller.flow.n_units, body.zoh(delta), 2 * body.axes

    def step(z: Array, goal: Array) -> Array:
        h, now, seen = z[..., :n], z[..., n : n + size], z[..., -size:]
        after = h + delta * controller.flow.velocity(h, _beside(goal, seen))
        u = controller.force(after if order == ORDERS[0] else h, seen[..., body.axes :])
        return _beside(after, _beside(sampled.step(now, u), z[..., n:-size]))

    return step


def _beside(left: Array, right: Array) -> Array:
    if left.shape[:-1] != right.shape[:-1]:
        lead = np.broadcast_shapes(left.shape[:-1], right.shape[:-1])
        left, right = (np.broadcast_to(p, (*lead, p.shape[-1])) for p in (left, right))
    return np.concatenate([left, right], axis=-1)


def retimed(controller: Controller, body: Body, tau: float) -> Controller:
    r"""Return the controller that makes the same moves tau times as fast, with the same body.

    .. math:: F \to \tau F, \qquad v \to v / \tau \text{ in its input}, \qquad
       u \to \tau^2 u + (1 - \tau)\,\frac\beta\kappa\,v

    Parameters
    ----------
    controller : Controller
        Of the moves as they are.
    body : Body
        What it moves; it stays as it is.
    tau : float
        Greater than 0.

    Raises
    ------
    ValueError
        If tau is not positive, or body and controller do not have the same axes.

    Notes
    -----
    Hollerbach, ASME Journal of Dynamic Systems, Measurement and Control 106 (1984) 102, scales the
    torques of an arm so, without friction.

    Examples
    --------
    >>> slow = Controller(RNN([[0.5]], [[1.0, -1.0, -1.0]]), [[1.0]], [0.0])
    >>> fast = retimed(slow, Body(1.0, 1.0, axes=1), 2.0)
    >>> fast.flow.rate, fast.flow.omega.tolist(), fast.readout.tolist(), fast.damping
    (2.0, [[1.0, -1.0, -0.5]], [[4.0]], -1.0)
    """
    _fitting(controller, body)
    times = positive(tau, "tau")
    omega = controller.flow.omega.copy()
    omega[:, -body.axes :] /= times
    return Controller(
        Rescale(times)(replace(controller.flow, omega=omega)),
        times**2 * controller.readout,
        times**2 * controller.readout_bias,
        times * controller.damping + (1.0 - times) * body.beta / body.kappa,
    )


def largest_step(matrix: Callable[[float], Any], *, least: float, most: float) -> float:
    r"""Return the smallest step at which the map of one step is no longer stable.

    .. math:: \Delta^* = \min\{\Delta : \rho(M(\Delta)) = 1\}

    Parameters
    ----------
    matrix : function of a step
        M, the Jacobian (N, N) of the map of one step at its fixed point.
    least, most : float
        Where to look. Crossings that come in pairs closer than (most - least) / 100 are not seen.

    Raises
    ------
    ValueError
        If the map is not stable at `least`, or is stable up to `most`, or M is not square.

    Examples
    --------
    >>> largest_step(lambda step: [[1.0 - 4.0 * step]], least=0.1, most=1.0)
    0.5
    """
    lowest, highest = positive(least, "least"), positive(most, "most")
    steps = np.linspace(lowest, highest, POINTS + 1)
    before = lowest
    for step in steps:
        if _excess(step, matrix) >= 0.0:
            break
        before = step
    else:
        raise ValueError(f"most = {most}; up to it the map is stable, so look further")
    if step == lowest:
        raise ValueError(f"least = {least}; the map is not stable there, so begin below it")
    return float(brentq(_excess, before, step, args=(matrix,), xtol=1e-14))


def _excess(step: float, matrix: Callable[[float], Any]) -> float:
    return float(np.max(np.abs(np.linalg.eigvals(square(matrix(step), "matrix")))) - 1.0)
