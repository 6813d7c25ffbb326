"""The reader's answer, its check, and a hint for each known wrong turn.

The right answers, wrong turns and hints of a chapter are the `EXERCISES` of one module in
`helpers.book.keys`, named after the chapter.
"""

from __future__ import annotations

import pkgutil
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cache
from importlib import import_module
from typing import Any

import numpy as np

__all__ = ["Answer", "Exercise", "WrongTurn", "answer", "exercise", "exercise_ids"]

NOT_YET = "not attempted yet: put your answer where the ... is"


def _itself(value: Any) -> Any:
    return value


@dataclass(frozen=True)
class WrongTurn:
    """A wrong answer that readers give, and the hint that helps from there."""

    value: Any
    hint: str


@dataclass(frozen=True)
class Exercise:
    """What is right, what often is not, and how two answers are compared.

    Parameters
    ----------
    id : str
        The label of the exercise, ``ex-...``.
    right : object
        A number, an array, a function, a system: what `probe` turns into numbers.
    wrong : tuple of WrongTurn
        Each with a hint of its own.
    probe : callable, optional
        From an answer to an array; default: the answer itself. For a function it calls it.
    rtol : float
        Two answers agree when each entry of their probes agrees to this, relatively; an entry that
        is zero, or small against the largest, relative to a thousandth of the largest.
    hint : str
        What to say to a wrong answer that is not in the list.

    Examples
    --------
    >>> doubled = Exercise("ex-double", 4.0, (WrongTurn(2.0, "that is the number itself"),))
    >>> doubled.judge(2.0).hint
    'that is the number itself'
    """

    id: str
    right: Any
    wrong: tuple[WrongTurn, ...] = ()
    probe: Callable[[Any], Any] = _itself
    rtol: float = 1e-6
    hint: str = "not this; go back to the definition, and try the smallest case by hand"

    def judge(self, value: Any) -> Answer:
        """Compare an answer with the right one, then with each wrong turn."""
        if _missing(value):
            return Answer(self.id, False, NOT_YET)
        try:
            given = self._numbers(value)
        except NotImplementedError:
            return Answer(self.id, False, NOT_YET)
        except Exception as error:
            # A ... inside the reader's function shows up only when the function is used.
            if isinstance(error, TypeError) and "ellipsis" in str(error):
                return Answer(self.id, False, NOT_YET)
            # Whatever else the reader's code raises is shown to the reader, not swallowed.
            return Answer(
                self.id, False, f"your answer stopped with {type(error).__name__}: {error}"
            )
        if given is None:
            return Answer(self.id, False, NOT_YET)
        if self._agree(given, self._numbers(self.right)):
            return Answer(self.id, True, "")
        for turn in self.wrong:
            if self._agree(given, self._numbers(turn.value)):
                return Answer(self.id, False, turn.hint)
        return Answer(self.id, False, self.hint)

    def _numbers(self, value: Any) -> Any:
        probed = self.probe(value)
        if _missing(probed):
            return None
        return probed if isinstance(probed, str) else np.asarray(probed, dtype=complex)

    def _agree(self, one: Any, other: Any) -> bool:
        if isinstance(one, str) or isinstance(other, str):
            return isinstance(one, str) and isinstance(other, str) and _same_words(one, other)
        if one.size == other.size == 1:  # a number may come as the state of a single unit
            one, other = one.reshape(()), other.reshape(())
        if one.shape != other.shape or not np.all(np.isfinite(one)):
            return False
        # Entry by entry, since one answer may hold a time and a ratio; the rest judges a zero.
        size = np.abs(other)
        size = np.maximum(size, 1e-3 * np.max(size, initial=0.0)) if np.any(size) else 1.0
        return bool(np.all(np.abs(one - other) <= self.rtol * size))


def _missing(value: Any) -> bool:
    return value is None or value is Ellipsis


def _same_words(one: str, other: str) -> bool:
    return one.strip().casefold() == other.strip().casefold()


@dataclass(frozen=True)
class Answer:
    """The verdict on one answer; it prints itself."""

    id: str
    right: bool
    hint: str

    def __repr__(self) -> str:
        return f"{self.id}: right" if self.right else f"{self.id}: {self.hint}"


@cache
def _registry() -> Mapping[str, Exercise]:
    keys = import_module("helpers.book.keys")
    found: dict[str, Exercise] = {}
    for module in sorted(info.name for info in pkgutil.iter_modules(keys.__path__)):
        for entry in import_module(f"helpers.book.keys.{module}").EXERCISES:
            if entry.id in found:
                raise ValueError(f"exercise {entry.id!r} stands in two places; rename one")
            found[entry.id] = entry
    return found


def exercise_ids() -> tuple[str, ...]:
    """Return the ids of all exercises that check themselves.

    Examples
    --------
    >>> all(name.startswith("ex-") for name in exercise_ids())
    True
    """
    return tuple(_registry())


def exercise(exercise_id: str) -> Exercise:
    """Return an exercise by its id.

    Raises
    ------
    ValueError
        If there is none of this id; the message lists those close to it.

    Examples
    --------
    >>> all(exercise(name).id == name for name in exercise_ids())
    True
    """
    if exercise_id not in _registry():
        from difflib import get_close_matches

        near = get_close_matches(exercise_id, exercise_ids(), n=3, cutoff=0.0)
        raise ValueError(f"no exercise {exercise_id!r}; near it are {', '.join(near) or 'none'}")
    return _registry()[exercise_id]


def answer(exercise_id: str, value: Any) -> Answer:
    """Judge the reader's answer to an exercise.

    Parameters
    ----------
    exercise_id : str
        The label of the exercise.
    value : object
        The answer: a number, an array, a function or a system, as the exercise asks.

    Returns
    -------
    Answer
        `.right`, and a `.hint` that fits the mistake; as the last line of a cell it prints itself.

    Raises
    ------
    ValueError
        If there is no such exercise.

    Examples
    --------
    >>> answer("no-such-exercise", 1.0)  # doctest: +ELLIPSIS
    Traceback (most recent call last):
    ValueError: no exercise 'no-such-exercise'; near it are ...
    """
    return exercise(exercise_id).judge(value)
