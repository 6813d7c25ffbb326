"""Seals of right answers: a copy for students says right or wrong and holds no key.

An answer is turned into numbers as ever, and the numbers into the cells of a grid that is a little
wider than the tolerance; where a number lies beside the edge of its cell, the cell over the edge is
tried as well. What is stored is scrypt of the cells. The hint of a wrong turn is enciphered with
the cells of that wrong turn, so only somebody who has taken it can read it.

This stops reading, not guessing: whoever tries a thousand answers is told of each whether it is
right, here as in every exercise that checks itself.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from itertools import product
from typing import Any

import numpy as np

from helpers.book.exercises import Answer, NoAnswer, Numbers, _itself, probed
from helpers.dynamics._checks import Array

__all__ = ["Sealed", "SealedDraws", "cells", "seal"]

COST = {"n": 2**14, "r": 8, "p": 1, "maxmem": 2**26, "dklen": 32}
SMALL = 1e-3  # an entry below this part of the largest is judged by this part of the largest
FEW = 4  # as many numbers have a grid each; more are mixed into MIXTURES sums first
MIXTURES = 3
SLACK = 1.05  # for the rounding of an answer at the very edge of its tolerance


@dataclass(frozen=True)
class Sealed:
    """An exercise whose right answer and wrong turns are under seal.

    Parameters
    ----------
    id : str
        The label of the exercise, ``ex-...``.
    boxes : mapping of str to str
        From the name of a seal to the words behind it; no words mean that the answer is right.
    probe, rtol, hint, points
        As those of `helpers.book.exercises.Exercise`.

    Examples
    --------
    >>> boxes = seal("ex-double", {"": 4.0, "that is half": 2.0}, 1e-3)
    >>> doubled = Sealed("ex-double", boxes, rtol=1e-3)
    >>> doubled.judge(4.002).right, doubled.judge(2.0).hint, doubled.judge(5.0).right
    (True, 'that is half', False)
    """

    id: str
    boxes: Mapping[str, str]
    probe: Callable[[Any], Any] = _itself
    rtol: float = 1e-6
    hint: str = "not this; go back to the definition, and try the smallest case by hand"
    points: int = 1

    def judge(self, value: Any) -> Answer:
        """Try the seals on an answer."""
        try:
            given = probed(self.probe, value)
        except NoAnswer as reason:
            return Answer(self.id, False, str(reason))
        for cell in cells(given, self.rtol):
            name, cipher = _key(self.id, cell)
            if name in self.boxes:
                words = _mixed(cipher, bytes.fromhex(self.boxes[name])).decode().rstrip()
                return Answer(self.id, words == "", words)
        return Answer(self.id, False, self.hint)


@dataclass(frozen=True)
class SealedDraws:
    """An exercise with drawn numbers, under seal for the seeds that a copy was made for.

    Parameters
    ----------
    id : str
        The label of the exercise, ``ex-...``.
    draws : mapping
        From a seed to the numbers, by name, and to the exercise.

    Examples
    --------
    >>> SealedDraws("ex-double", {0: ({"a": 2.0}, Sealed("ex-double", {}))}).numbers()
    a = 2
    """

    id: str
    draws: Mapping[int, tuple[Mapping[str, float], Sealed]]

    def numbers(self, *, seed: int = 0) -> Numbers:
        """Return the numbers of this seed."""
        return Numbers(**self._draw(seed)[0])

    def exercise(self, *, seed: int = 0) -> Sealed:
        """Return the exercise with the numbers of this seed."""
        return self._draw(seed)[1]

    def _draw(self, seed: int) -> tuple[Mapping[str, float], Sealed]:
        if seed not in self.draws:
            known = ", ".join(map(str, self.draws))
            raise ValueError(f"{self.id}: this copy has the numbers of seed {known}, not {seed}")
        return self.draws[seed]


def seal(exercise_id: str, answers: Mapping[str, Any], rtol: float) -> dict[str, str]:
    """Return the boxes of probed answers, in an order that does not tell which is right.

    Parameters
    ----------
    exercise_id : str
        The label of the exercise.
    answers : mapping
        From the words to the probed answer that they are for; no words for the right one.
    rtol : float
        The tolerance of the exercise.

    Raises
    ------
    ValueError
        If two answers lie in one cell, or one is not finite.

    Examples
    --------
    >>> len(seal("ex-double", {"": 4.0, "that is half": 2.0}, 1e-3))
    2
    """
    length = max(len(words.encode()) for words in answers)
    boxes: dict[str, str] = {}
    for words, value in answers.items():
        cell = next(iter(cells(value, rtol)), None)
        if cell is None:
            raise ValueError(f"{exercise_id}: {value!r} is not finite; it cannot be sealed")
        name, cipher = _key(exercise_id, cell)
        if name in boxes:
            raise ValueError(f"{exercise_id}: {value!r} is within the tolerance of another answer")
        boxes[name] = _mixed(cipher, words.encode().ljust(length)).hex()
    return dict(sorted(boxes.items()))


def cells(value: Any, rtol: float) -> Iterator[str]:
    """Yield the cell of an answer, then those over the edges that its tolerance reaches.

    Examples
    --------
    >>> exact, near = next(cells(3.0, 1e-3)), list(cells(3.003, 1e-3))
    >>> exact in near, exact in list(cells(3.03, 1e-3)), list(cells(" Euler", 1e-3))
    (True, False, ['euler'])
    """
    if isinstance(value, str):
        yield value.strip().casefold()
        return
    numbers = np.asarray(value, dtype=complex)
    shape = () if numbers.size == 1 else numbers.shape
    if not numbers.size or not np.all(np.isfinite(numbers)):
        return
    if np.any(numbers):
        places, reach = _coordinates(numbers.ravel(), rtol)
        for cell in _cells_in_reach(places, reach):
            yield f"{shape} {','.join(map(str, cell))}"
    if np.max(np.abs(numbers)) <= rtol:
        yield f"{shape} 0"


def _coordinates(numbers: Array, rtol: float) -> tuple[Array, Array]:
    """Where the numbers lie, one tolerance of theirs being `reach`: sizes as logarithms, and signs.

    A size below SMALL of the largest moves as slowly as one at SMALL does.
    """
    size, largest = np.abs(numbers), np.max(np.abs(numbers))
    logs = np.arcsinh(size / (SMALL * largest)) + np.log(largest)
    turned = numbers / np.maximum(size, SMALL * largest)
    places = np.concatenate([logs, turned.real, turned.imag])
    # What is small moves with the largest too. A sign lies in the middle of its cell.
    steps = np.where(size < SMALL * largest, 2.0, 1.0) * rtol
    signs = 0.5 / np.floor(0.5 / rtol)
    reach = SLACK * np.concatenate([steps, np.full(2 * len(steps), signs)])
    if len(numbers) <= FEW:
        reach[len(steps) :] = signs
        return places, reach
    mix = np.random.default_rng(len(places)).uniform(0.5, 1.0, (MIXTURES, len(places)))
    return mix @ places, mix @ reach


def _cells_in_reach(places: Array, reach: Array) -> Iterator[tuple[int, ...]]:
    """The cells, twice as wide as the reach, that hold a place or are within its reach."""
    exact = places / (2.0 * reach)
    here = np.rint(exact).astype(int)
    beside = here + np.where(exact >= here, 1, -1)
    # In the very middle of a cell the reach ends at both edges.
    pairs = [
        (int(one),) if abs(place - one) < 1e-9 else (int(one), int(other))
        for one, other, place in zip(here, beside, exact, strict=True)
    ]
    return product(*pairs)


def _key(exercise_id: str, cell: str) -> tuple[str, bytes]:
    """The name of the seal of a cell, and the key of its words."""
    key = hashlib.scrypt(cell.encode(), salt=exercise_id.encode(), **COST)
    return hashlib.sha256(b"name" + key).hexdigest()[:32], key


def _mixed(key: bytes, words: bytes) -> bytes:
    stream = hashlib.shake_256(b"words" + key).digest(len(words))
    return bytes(one ^ other for one, other in zip(words, stream, strict=True))
