"""The reader's answer, its check, and a hint for each known wrong turn.

The right answers, wrong turns and hints of a chapter are the `EXERCISES` of one module in
`helpers.book.keys`, named after the chapter; the questions that it asks before it tells are its
`PREDICTIONS`. An exercise whose numbers may change is a `Drawn`: a seed gives the numbers, and the
right answer, the wrong turns and the hints follow.
"""

from __future__ import annotations

import pkgutil
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from difflib import get_close_matches
from functools import cache
from importlib import import_module
from types import SimpleNamespace
from typing import Any

import numpy as np

__all__ = [
    "Answer",
    "Drawn",
    "Exercise",
    "Numbers",
    "Prediction",
    "WrongTurn",
    "answer",
    "exercise",
    "exercise_ids",
    "numbers",
    "predictions",
]

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
    points : int
        What it is worth in a class that is marked.

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
    points: int = 1

    def judge(self, value: Any) -> Answer:
        """Compare an answer with the right one, then with each wrong turn."""
        try:
            given = probed(self.probe, value)
        except NoAnswer as reason:
            return Answer(self.id, False, str(reason))
        if self._agree(given, self._numbers(self.right)):
            return Answer(self.id, True, "")
        for turn in self.wrong:
            if self._agree(given, self._numbers(turn.value)):
                return Answer(self.id, False, turn.hint)
        return Answer(self.id, False, self.hint)

    def _numbers(self, value: Any) -> Any:
        return _as_numbers(self.probe(value))

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


def _as_numbers(probed: Any) -> Any:
    if _missing(probed):
        return None
    return probed if isinstance(probed, str) else np.asarray(probed, dtype=complex)


class NoAnswer(Exception):
    """There is nothing to compare yet; the words are for the reader."""


def probed(probe: Callable[[Any], Any], value: Any) -> Any:
    """Turn an answer into numbers, or into its words.

    Raises
    ------
    NoAnswer
        If it is not there yet, or its own code stopped.

    Examples
    --------
    >>> probed(lambda answer: answer(2.0), lambda x: 3.0 * x)
    array(6.+0.j)
    """
    try:
        given = None if _missing(value) else _as_numbers(probe(value))
    except NotImplementedError:
        given = None
    except Exception as error:
        # A ... inside the reader's function shows up only when the function is used.
        if not (isinstance(error, TypeError) and "ellipsis" in str(error)):
            # Whatever else the reader's code raises is shown to the reader, not swallowed.
            words = f"your answer stopped with {type(error).__name__}: {error}"
            raise NoAnswer(words) from error
        given = None
    if given is None:
        raise NoAnswer(NOT_YET)
    return given


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


class Numbers(SimpleNamespace):
    """The numbers of an exercise, by name; as the last line of a cell it prints them."""

    def __repr__(self) -> str:
        return ", ".join(f"{name} = {value:g}" for name, value in vars(self).items())


@dataclass(frozen=True)
class Drawn:
    """An exercise whose numbers come from a seed.

    Parameters
    ----------
    id : str
        The label of the exercise, ``ex-...``.
    draw : callable
        From a random generator to the numbers, by name. Seed 0 is what the page prints.
    make : callable
        From these numbers, as keywords, to the `Exercise` of the same id.

    Examples
    --------
    >>> double = Drawn(
    ...     "ex-double",
    ...     lambda rng: {"a": int(rng.integers(2, 9))},
    ...     lambda a: Exercise("ex-double", 2.0 * a, (WrongTurn(a, "that is a itself"),)),
    ... )
    >>> double.exercise(seed=3).judge(2 * double.numbers(seed=3).a).right
    True
    """

    id: str
    draw: Callable[[np.random.Generator], Mapping[str, float]]
    make: Callable[..., Exercise]

    def numbers(self, *, seed: int = 0) -> Numbers:
        """The numbers of this seed."""
        return Numbers(**self.draw(np.random.default_rng(seed)))

    def exercise(self, *, seed: int = 0) -> Exercise:
        """The exercise with the numbers of this seed."""
        return self.make(**vars(self.numbers(seed=seed)))


@dataclass(frozen=True)
class Prediction:
    """A question that a chapter asks before it shows: the choices, the right one, and why not.

    Parameters
    ----------
    id : str
        The label of the question in the chapter, ``predict-...``.
    choices : mapping of str to str
        The choices as they stand on the page, by letter.
    right : str
        The letter of the right one.
    reveals : mapping of str to str
        For each wrong letter, what somebody who chose it believes.

    Raises
    ------
    ValueError
        If the right letter is no choice, or a wrong one reveals nothing.

    Examples
    --------
    >>> Prediction("predict-half", {"a": "half", "b": "twice"}, "a", {"b": "time and speed"}).right
    'a'
    """

    id: str
    choices: Mapping[str, str]
    right: str
    reveals: Mapping[str, str]

    def __post_init__(self) -> None:
        if self.right not in self.choices:
            raise ValueError(f"{self.id}: right = {self.right!r} is none of {list(self.choices)}")
        wrong = set(self.choices) - {self.right}
        if set(self.reveals) != wrong:
            raise ValueError(
                f"{self.id}: reveals has {sorted(self.reveals)}; say what each of {sorted(wrong)}"
                " reveals, and nothing else"
            )


def _keys() -> Iterator[Any]:
    """The modules of helpers.book.keys, in order of their names."""
    keys = import_module("helpers.book.keys")
    for module in sorted(info.name for info in pkgutil.iter_modules(keys.__path__)):
        yield import_module(f"helpers.book.keys.{module}")


def _by_id(entries: Iterable[Any], what: str) -> dict[str, Any]:
    found: dict[str, Any] = {}
    for entry in entries:
        if entry.id in found:
            raise ValueError(f"{what} {entry.id!r} stands in two places; rename one")
        found[entry.id] = entry
    return found


@cache
def _registry() -> Mapping[str, Exercise | Drawn]:
    return _by_id((one for module in _keys() for one in module.EXERCISES), "exercise")


@cache
def predictions() -> Mapping[str, Prediction]:
    """Return all questions that chapters ask before they show, by id.

    Examples
    --------
    >>> all(name.startswith("predict-") for name in predictions())
    True
    """
    asked = (one for module in _keys() for one in getattr(module, "PREDICTIONS", ()))
    return _by_id(asked, "prediction")


def exercise_ids() -> tuple[str, ...]:
    """Return the ids of all exercises that check themselves.

    Examples
    --------
    >>> all(name.startswith("ex-") for name in exercise_ids())
    True
    """
    return tuple(_registry())


def _entry(exercise_id: str) -> Any:
    if exercise_id not in _registry():
        near = get_close_matches(exercise_id, exercise_ids(), n=3, cutoff=0.0)
        raise ValueError(f"no exercise {exercise_id!r}; near it are {', '.join(near) or 'none'}")
    return _registry()[exercise_id]


def exercise(exercise_id: str, *, seed: int = 0) -> Exercise:
    """Return an exercise by its id, with the numbers of a seed if its numbers are drawn.

    Raises
    ------
    ValueError
        If there is none of this id; the message lists those close to it.

    Examples
    --------
    >>> all(exercise(name).id == name for name in exercise_ids())
    True
    """
    entry = _entry(exercise_id)
    # A copy for students has seals in place of keys; of both kinds some have drawn numbers.
    found: Exercise = entry if hasattr(entry, "judge") else entry.exercise(seed=seed)
    return found


def numbers(exercise_id: str, *, seed: int = 0) -> Numbers:
    """Return the numbers of an exercise; another seed gives others.

    Raises
    ------
    ValueError
        If there is no such exercise, or its numbers are not drawn.

    Examples
    --------
    >>> numbers("no-such-exercise")  # doctest: +ELLIPSIS
    Traceback (most recent call last):
    ValueError: no exercise 'no-such-exercise'; near it are ...
    """
    entry = _entry(exercise_id)
    if not hasattr(entry, "numbers"):
        raise ValueError(f"{exercise_id!r} has no numbers of its own; they stand in its text")
    found: Numbers = entry.numbers(seed=seed)
    return found


def answer(exercise_id: str, value: Any, *, seed: int = 0) -> Answer:
    """Judge the reader's answer to an exercise.

    Parameters
    ----------
    exercise_id : str
        The label of the exercise.
    value : object
        The answer: a number, an array, a function or a system, as the exercise asks.
    seed : int
        The seed of the numbers, for an exercise that draws them.

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
    return exercise(exercise_id, seed=seed).judge(value)
