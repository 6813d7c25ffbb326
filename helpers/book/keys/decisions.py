"""Keys of the chapter on decisions."""

from __future__ import annotations

import numpy as np

from helpers.book.exercises import Drawn, Exercise, Prediction, WrongTurn

__all__ = ["EXERCISES", "PREDICTIONS"]


def _drawn_process(rng: np.random.Generator) -> dict[str, float]:
    """Numbers at which no two mistakes agree."""
    return {
        "a": float(rng.choice([0.6, 0.7, 0.8])),
        "c": float(rng.choice([0.9, 1.2, 1.3])),
        "z": float(rng.choice([1.1, 1.4, 1.5])),
    }


def _process(a: float, c: float, z: float) -> Exercise:
    u = a * z / c**2
    errors, time = 1 / (1 + np.exp(2 * u)), z / a * np.tanh(u)
    return Exercise(
        "ex-decisions-ddm",
        (errors, time),
        (
            WrongTurn(
                (1 / (1 + np.exp(u)), time),
                "the time is right; which theta makes the mean of exp(-theta y) stand still?",
            ),
            WrongTurn(
                (1 / (1 + np.exp(2 * a * z / c)), z / a * np.tanh(a * z / c)),
                "c is an amplitude; what grows with time is the variance",
            ),
            WrongTurn(
                (errors, z / a),
                "that is the time without noise; some trials end at the other bound",
            ),
            WrongTurn((1 - errors, time), "this is the share of right choices"),
            WrongTurn((errors, z**2 / c**2), "that is the time without drift; a is not zero here"),
        ),
        rtol=5e-3,
        hint="both numbers hang on a z / c^2; compute that first",
    )


EXERCISES = (
    Drawn("ex-decisions-ddm", _drawn_process, _process),
    Exercise(
        "ex-decisions-bound",
        (3.0, np.tanh(1.0)),
        (
            WrongTurn(
                (3.0, np.tanh(1.0) / 3),
                "the bound is right; put all three new numbers into the formula for the time",
            ),
            WrongTurn(
                (np.sqrt(3.0), np.tanh(1.0) / 3),
                "the root belongs to a noise that was rescaled; here it was multiplied by 3",
            ),
            WrongTurn(
                (1.0, np.tanh(1.0) / 3),
                "with the old bound the exponent is a third of what it was",
            ),
            WrongTurn(
                (1 / 3, np.tanh(1.0)),
                "dividing y by 3 gives the old process; is its bound then higher or lower?",
            ),
        ),
        rtol=2e-3,
        hint="keep 2 a z / c^2 what it was, and compute the time with the new numbers",
    ),
    Exercise(
        "ex-decisions-half",
        (0.5 * np.sqrt(2.0), 0.05 * np.sqrt(0.2)),
        (
            WrongTurn(
                (0.5 / np.sqrt(2.0), 0.05 * np.sqrt(0.2)),
                "the private noise is right; the evidence of a step is still multiplied by alpha",
            ),
            WrongTurn(
                (0.5 * np.sqrt(2.0), 0.05 * np.sqrt(0.8)),
                "the evidence is right; what is the new alpha?",
            ),
            WrongTurn(
                (0.5, 0.05 * np.sqrt(0.2)),
                "evidence of the same spread in twice as many steps is more evidence",
            ),
            WrongTurn(
                (0.5, 0.05 * np.sqrt(0.4)),
                "nothing changed; count how much variance arrives in 20 ms",
            ),
            WrongTurn(
                (0.5 * np.sqrt(2.0), 0.05 * np.sqrt(0.4)),
                "the private noise of a step has to shrink with the step",
            ),
        ),
        rtol=5e-3,
        hint="the variance that reaches the state in 20 ms has to stay what it was",
    ),
    Exercise(
        "ex-decisions-per-step",
        (0.8172929, 0.8997274),
        (
            WrongTurn(
                (0.8172929, 0.8172929),
                "the second observer gets 100 numbers, and all of them are independent",
            ),
            WrongTurn(
                (0.8172929, 0.7389),
                "the first is right; finer steps bring more evidence here, and not less",
            ),
            WrongTurn(
                (0.5509, 0.5509),
                "that is what a single step is worth; how does a sum of F steps spread?",
            ),
            WrongTurn(
                (1.0, 1.0),
                "the spread of a sum grows like the root of the number of its terms",
            ),
        ),
        rtol=2e-3,
        hint="mean and standard deviation of a sum of F steps; then their ratio",
    ),
    Exercise(
        "ex-decisions-looks",
        ((3 + 0.5826 * 0.5) ** 2 / 0.25, (3 + 0.5826 * 0.5 * np.sqrt(5)) ** 2 / 0.25),
        (
            WrongTurn((36.0, 36.0), "this is a process without pause; a sum of steps overshoots"),
            WrongTurn(
                (36.0, 38.0),
                "half a window of waiting is not all: while it waits the sum moves on",
            ),
            WrongTurn(
                ((3 + 0.5826 * 0.5) ** 2 / 0.25, (3 + 0.5826 * 2.5) ** 2 / 0.25),
                "the first is right; how far does the sum spread in five frames?",
            ),
            WrongTurn(
                (
                    (3 + 0.5826 * 0.5) ** 2 / 0.25,
                    (3 + 0.5826 * 0.5 * np.sqrt(5)) ** 2 / 0.25 / 5,
                ),
                "that is counted in looks; the question is for frames",
            ),
        ),
        rtol=2e-3,
        hint="raise the bound by 0.5826 standard deviations of what happens between two looks",
    ),
)

PREDICTIONS = (
    Prediction(
        "predict-decisions-fast",
        {
            "a": "They take half as long, and as many are wrong.",
            "b": "They take less than half as long, and more are wrong.",
            "c": "They take half as long, and fewer are wrong, since the network hears more of "
            "each frame.",
            "d": "They take as long as before, since the dots set the pace.",
        },
        right="b",
        reveals={
            "a": "the film of the network is played faster, and that of the dots is not",
            "c": "a frame that counts twice is one frame, with its noise counted twice",
            "d": "a faster unit moves further in each frame",
        },
    ),
)
