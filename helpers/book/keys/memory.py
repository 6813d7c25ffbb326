"""The exercises of the page on memory: right answers, wrong turns, hints."""

from __future__ import annotations

import numpy as np

from helpers.book.exercises import Exercise, Prediction, WrongTurn
from helpers.book.keys import all_given

__all__ = ["EXERCISES", "PREDICTIONS"]


TARGETS = Exercise(
    "ex-states-targets",
    (3, 2, 2),
    (
        WrongTurn(
            (2, 2, 2), "(b) and (c) are right; in (a), what does the mirror image of set read?"
        ),
        WrongTurn((3, 3, 2), "(a) and (c) are right; in (b) the mirror image of set is of use"),
        WrongTurn((4, 2, 2), "(b) and (c) are right; in (a) the reset can be its own mirror image"),
        WrongTurn((3, 2, 3), "(a) and (b) are right; with a bias a state need not have a twin"),
        WrongTurn((4, 4, 2), "a state can be its own mirror image, and a twin can be of use"),
    ),
    probe=all_given,
    hint="list the states with their mirror images and cross out none; zero is its own",
)

PULSE = Exercise(
    "ex-states-pulse",
    (1 - np.exp(-0.1), np.log(2.0)),
    (
        WrongTurn(
            (0.1, 0.5),
            "those are the bounds by t; the leak makes both a little tighter, solve h' = -h + 1",
        ),
        WrongTurn(
            (0.1, np.log(2.0)),
            "(b) is right; (a) is the bound by t, and the leak makes it a little tighter",
        ),
        WrongTurn(
            (1.0, 0.0),
            "that is the linear model under a delta; here sigma is at most 1",
        ),
        WrongTurn(
            (10.0, 0.05),
            "10 is the height of the pulse; it goes into tanh, which lets 1 through at most",
        ),
        WrongTurn(
            (np.exp(-0.1), np.log(2.0)), "(b) is right; in (a) you took what is left of a decay"
        ),
    ),
    probe=all_given,
    rtol=1e-3,
    hint="the fastest way up is h' = -h + 1 from h = 0",
)

SECOND = Prediction(
    "predict-memory-second",
    {
        "a": "It goes to 1: two singles are a double.",
        "b": "It stays at 0.",
        "c": "It depends on the moment at which the second pulse comes.",
    },
    right="b",
    reveals={
        "a": "that would need a count; the first pulse has left no trace but the passive state",
        "c": "the phase differs from moment to moment, and where the pulse leads does not",
    },
)

QUIET = Prediction(
    "predict-memory-quiet",
    {
        "a": "Nearly all flip-flops fail: they need their steady state.",
        "b": "About half fail.",
        "c": "Most get the last bit right in all eight orders.",
    },
    right="c",
    reveals={
        "a": "a pulse of 20 steps takes the state along, from wherever it comes",
        "b": "some fail, and more of them with a short quiet than with none",
    },
)

PREDICTIONS = (SECOND, QUIET)
EXERCISES = (TARGETS, PULSE)
