"""Where the networks of an ensemble go after each stimulus, and after noise alone."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import groupby
from typing import Any

import numpy as np

from helpers.analysis.states import State, settle
from helpers.dynamics._checks import Array, shown
from helpers.dynamics.simulation import simulate
from helpers.dynamics.systems import Map
from helpers.networks.ensemble import Member
from helpers.networks.network import Network

__all__ = ["Ending", "survey", "together"]

AT_A_TIME = 24  # networks: the states of a run then take some forty megabytes
NOISE_STEPS = 1000


@dataclass(frozen=True, eq=False)
class Ending:
    """Where one network went after one stimulus.

    Parameters
    ----------
    member : Member
        The network.
    stimulus : int
        Row of the task's conditions, 0 to 3; 4 is noise alone.
    role : "passive", "active", "nothing" or "noise"
        A stimulus after which the output has to be 0, or 1; no pulse at all; noise.
    state : State
        What `settle` says of it.
    """

    member: Member
    stimulus: int
    role: str
    state: State

    @property
    def name(self) -> str:
        """The network's name."""
        return self.member.name

    @property
    def task(self) -> str:
        """The task's name."""
        return self.member.plan.task.name


def together(networks: Sequence[Network]) -> Map:
    r"""Return several networks of one size as one map, so that they run side by side.

    .. math:: h_k \mapsto \tanh(w_k h_k + b_k + \omega_k x_k)

    Parameters
    ----------
    networks : sequence of K Network
        Each with step 1, decay 1, rate 1 and tanh, as the book's are.

    Returns
    -------
    Map
        Of states (K, B, N): B states of each network; its input is (M,), (B, M) or (K, B, M).

    Raises
    ------
    ValueError
        If there is none, or one has another size, another step or another activation.

    Examples
    --------
    >>> nets = [Network([[0.5]], [[1.0]]), Network([[-0.5]], [[1.0]])]
    >>> simulate(together(nets), np.ones((2, 1, 1)), steps=1).h[-1, :, 0, 0].round(3)
    array([ 0.462, -0.462])
    """
    if not networks:
        raise ValueError("no network was given; give at least one")
    shape = networks[0].omega.shape
    for one in networks:
        if one.omega.shape != shape or not _usual(one):
            raise ValueError(
                f"a network with {one.omega.shape[0]} units, step {one.delta:g} and "
                f"{one.activation.name}; those that run together have the size of the first, "
                f"{shape[0]} units, step 1, decay 1, rate 1 and tanh"
            )
    return _Together(networks)


def _usual(one: Network) -> bool:
    unit = all(np.all(np.asarray(part) == 1.0) for part in (one.delta, one.decay, one.rate))
    return unit and one.form == "activity" and one.activation.name == "tanh"


class _Together(Map):
    """Several networks as one map, which can be asked for a part of them."""

    def __init__(self, networks: Sequence[Network]) -> None:
        w = np.array([one.w.T for one in networks])
        omega = np.array([one.omega.T for one in networks])
        b = np.array([one.b for one in networks])[:, None]

        def step(h: Array, x: Array) -> Array:
            return np.asarray(np.tanh(h @ w + b + np.atleast_2d(x) @ omega))

        super().__init__(step, 1.0, *networks[0].omega.shape)
        self.__dict__.update(networks=tuple(networks))

    def part(self, chosen: Array) -> Map:
        """Return the map of those networks for which `chosen` (K,) is true."""
        networks: tuple[Network, ...] = self.networks  # type: ignore[attr-defined]
        return _Together([one for one, wanted in zip(networks, chosen, strict=True) if wanted])


def settle_each(networks: Sequence[Network], begin: Sequence[Array], steps: int) -> list[Any]:
    """Return what `settle` says of each network's states (B, N); side by side where it can be."""
    found: list[Any] = [None] * len(networks)
    alike: dict[Any, list[int]] = {}
    for place, (one, h) in enumerate(zip(networks, begin, strict=True)):
        alike.setdefault((h.shape, one.omega.shape) if _usual(one) else place, []).append(place)
    for group in alike.values():
        for first in range(0, len(group), AT_A_TIME):
            places = group[first : first + AT_A_TIME]
            several = [networks[place] for place in places]
            if not _usual(several[0]):
                found[places[0]] = settle(several[0].map, begin[places[0]], steps=steps)
                continue
            h = np.array([begin[place] for place in places])
            for place, row in zip(places, settle(together(several), h, steps=steps), strict=True):
                found[place] = row
    return found


def survey(members: Iterable[Member], *, seed: int = 1000) -> tuple[Ending, ...]:
    """Send each network through four stimuli and through noise alone, and say where it goes.

    The stimuli are the first four of the task's conditions, without noise: all four of a Boolean
    task; of the flip-flop four sequences, of which the last pulse counts. The noise is that of the
    task, 1000 steps of it.

    Parameters
    ----------
    members : iterable of Member
        From `load_ensemble`.
    seed : int
        The noise of a network follows from this plus its own seed.

    Returns
    -------
    tuple of Ending
        Five for each network, in the order given: stimuli 0 to 3, then noise.

    Raises
    ------
    ValueError
        If something is not a Member.

    Examples
    --------
    >>> from helpers.networks.ensemble import load_ensemble
    >>> few = load_ensemble("book/data", task="and", seed=0, recipe="clipped", n_units=50)
    >>> [(one.role, one.state.kind) for one in survey(few)[5:]]  # doctest: +NORMALIZE_WHITESPACE
    [('nothing', 'decay'), ('passive', 'oscillation'), ('passive', 'oscillation'),
     ('active', 'fixed point'), ('noise', 'oscillation')]
    """
    found: list[Ending] = []
    for _, group in groupby(_members(members), key=_kind):
        alike = list(group)
        for first in range(0, len(alike), AT_A_TIME):
            found += _survey(alike[first : first + AT_A_TIME], seed)
    return tuple(found)


def _members(members: Iterable[Member]) -> list[Member]:
    given = list(members)
    for one in given:
        if not isinstance(one, Member):
            raise ValueError(f"{shown(one)} is not a Member; load_ensemble gives them")
    return given


def _kind(member: Member) -> tuple[Any, ...]:
    return member.plan.task, member.network.omega.shape


def _survey(members: Sequence[Member], seed: int) -> list[Ending]:
    task, networks = members[0].plan.task, [member.network for member in members]
    trials, system = task.conditions(), together(networks)
    x, n = trials.x[:, :4], networks[0].omega.shape[0]
    ends = simulate(system, np.zeros((len(networks), 1, n)), x).h[-1]
    noise = np.array([_noise(member, seed) for member in members])
    noisy = simulate(system, np.zeros((len(networks), 1, n)), np.moveaxis(noise, 1, 0)).h[-1]
    states = settle(system, np.concatenate([ends, noisy], axis=1))
    words = [_role(x[:, k], trials.target[-1, k, 0]) for k in range(4)] + ["noise"]
    return [
        Ending(member, k, word, state)
        for member, row in zip(members, states, strict=True)
        for k, (word, state) in enumerate(zip(words, row, strict=True))
    ]


def _noise(member: Member, seed: int) -> Array:
    rng, inputs = np.random.default_rng(seed + member.plan.seed), member.network.omega.shape[1]
    return np.asarray(member.plan.task.noise * rng.standard_normal((NOISE_STEPS, 1, inputs)))


def _role(x: Array, wanted: float) -> str:
    if not np.any(x):
        return "nothing"
    return "active" if wanted > 0.5 else "passive"
