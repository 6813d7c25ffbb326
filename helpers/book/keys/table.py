"""The exercise of the commutation table: right answers, wrong turns, hints."""

from __future__ import annotations

from typing import Any

from helpers.book.exercises import Exercise, WrongTurn

__all__ = ["EXERCISES"]


def all_given(rows: Any) -> Any:
    """Return None while a method, or one of its three numbers, is missing."""
    if any(row is Ellipsis or any(number is Ellipsis for number in row) for row in rows):
        return None
    return rows


EXERCISES = (
    Exercise(
        "ex-commutation-four",
        # leak, solve, ahead, limit; with R, with Taylor at rest, with Taylor elsewhere
        ((1, 1, 1), (1, 1, 0), (0, 1, 0), (1, 0, 0)),
        (
            WrongTurn(
                ((1, 1, 0), (1, 1, 0), (0, 1, 0), (1, 0, 0)),
                "solve for the new state of leak: what stands between N and h, and does it move?",
            ),
            WrongTurn(
                ((1, 1, 1), (1, 1, 1), (0, 1, 0), (1, 0, 0)),
                "solve has a J that is taken at the state; the tangent has one J for all states",
            ),
            WrongTurn(
                ((1, 1, 1), (1, 1, 0), (1, 1, 0), (1, 0, 0)),
                "one method has a number with a unit of time that no step length multiplies",
            ),
            WrongTurn(
                ((1, 1, 1), (1, 1, 0), (0, 0, 0), (1, 0, 0)),
                "where F is zero, from which state does ahead look, and what of F does it see?",
            ),
            WrongTurn(
                ((1, 1, 1), (1, 1, 0), (0, 1, 0), (1, 1, 0)),
                "what does limit make of a linear flow? Put in a state twice as far from rest",
            ),
            WrongTurn(
                ((1, 1, 1), (1, 1, 0), (0, 1, 0), (0, 0, 0)),
                "limit divides by a sum; are both of its terms pure numbers under R?",
            ),
            WrongTurn(
                ((1, 1, 0), (1, 1, 0), (1, 1, 0), (1, 1, 0)),
                "so it is for Runge-Kutta methods of order 2 and more; none of the four is one",
            ),
        ),
        probe=all_given,
        hint="ask the four questions of each method in turn, and write down which one it fails",
    ),
)
