"""Keys of the chapter on excitation and inhibition."""

from __future__ import annotations

import numpy as np

from helpers.book.exercises import Drawn, Exercise, Prediction, WrongTurn

__all__ = ["EXERCISES", "PREDICTIONS"]


def _drawn_pools(rng: np.random.Generator) -> dict[str, float]:
    """Four numbers of a pair, at which no two mistakes agree."""
    return {
        "a": float(rng.choice([1.1, 1.3, 1.4])),
        "k": float(rng.choice([1.8, 2.1, 2.4])),
        "c": float(rng.choice([2.2, 2.6, 3.1])),
        "d": float(rng.choice([1.7, 1.9, 2.3])),
    }


def _pair(a: float, k: float, c: float, d: float) -> Exercise:
    real, imaginary = (a - d) / 2, np.sqrt(k * c - (a + d) ** 2 / 4)
    return Exercise(
        "ex-excitation-pair",
        (real, imaginary),
        (
            WrongTurn(
                ((a + d) / 2, np.sqrt(k * c - (a - d) ** 2 / 4)),
                "the inhibitory pool inhibits itself: the last entry of B is -d",
            ),
            WrongTurn(
                (a - d, np.sqrt(4 * k * c - (a + d) ** 2)),
                "the formula for a quadratic has a 2 below it",
            ),
            WrongTurn(
                (real, k * c - (a + d) ** 2 / 4),
                "the real part is right; the radicand still wants its root",
            ),
            WrongTurn(
                (real, np.sqrt(k * c)),
                "the real part is right; what the pools do to themselves slows the turning",
            ),
            WrongTurn((real - 1, imaginary), "that is with the leak; the question is for w"),
        ),
        rtol=5e-3,
        hint="half the trace of B, and the root of what the square lacks to the determinant",
    )


EXERCISES = (
    Drawn("ex-excitation-pair", _drawn_pools, _pair),
    Exercise(
        "ex-excitation-step",
        380 / 12.61,
        (
            WrongTurn(180 / 9.81, "the leak belongs to the flow: its eigenvalue is mu - 1"),
            WrongTurn(3.8 / 12.61, "that is in time constants; each has 100 ms"),
            WrongTurn(190 / 12.61, "a step may turn the state around before it grows: 2, not 1"),
            WrongTurn(200 / 1.9, "this holds without rotation; the imaginary part costs a lot"),
            WrongTurn(20 / 9.01, "the leak adds to the damping; which sign has the real part?"),
        ),
        rtol=5e-3,
        hint="minus twice the real part over the squared size, of the eigenvalue of the flow",
    ),
    Exercise(
        "ex-excitation-silent",
        (-0.25, 0.5),
        (
            WrongTurn((0.75, 1.5), "these belong to w; the Jacobian has the leak too"),
            WrongTurn(
                (-0.25, -0.25),
                "a silent unit answers nobody: which loops are left when it is shut?",
            ),
            WrongTurn((-2.5, 0.5), "the second is right; of the three, take the largest real part"),
            WrongTurn(
                (0.5, 0.5), "the second is right; with the third unit active there is a pair"
            ),
        ),
        rtol=1e-3,
        hint="the two excitatory units may move together or against each other",
    ),
    Exercise(
        "ex-excitation-chain",
        (-0.0625 * 0.63, -np.exp(-0.5) * 0.125 * 0.63),
        (
            WrongTurn(
                (0.0625 * 0.63, np.exp(-0.5) * 0.125 * 0.63),
                "a path has the product of its signs",
            ),
            WrongTurn((0.0, 0.0), "there is no weight, but there is a path of two"),
            WrongTurn(
                (-0.25 * 0.63, -np.exp(-0.5) * 0.125 * 0.63),
                "the second is right; each Euler step has half of the half",
            ),
            WrongTurn(
                (-0.0625 * 0.63, -0.125 * 0.63),
                "the first is right; on the way the units leak",
            ),
            WrongTurn(
                (-0.0625 * 0.63, -np.exp(-0.5) * 0.25 * 0.63),
                "the first is right; the third term of the exponential has a 2 below it",
            ),
        ),
        rtol=5e-3,
        hint="write J = -1 + N and keep the terms with N squared",
    ),
    Exercise(
        "ex-excitation-paradox",
        (-0.18 / 2.6, -0.04 / 2.6),
        (
            WrongTurn(
                (0.0, 0.04),
                "that is the inhibitory pool alone; excitation answers, and inhibition hears it",
            ),
            WrongTurn(
                (-0.18 / 2.6, 0.04 / 2.6),
                "the sizes are right; which sign has 1 - a?",
            ),
            WrongTurn(
                (-0.18 / 1.5, -0.14 / 1.5),
                "leave in the leak: at rest h = B h + input, so it is I - B",
            ),
            WrongTurn(
                (0.25 / 2.6, 0.2 / 2.6),
                "this is the answer to an input of the excitatory units",
            ),
        ),
        rtol=1e-2,
        hint="two linear equations for the two changes",
    ),
    Exercise(
        "ex-excitation-outlier",
        0.25,
        (
            WrongTurn(2.0, "the inhibitory columns take away from the row sum"),
            WrongTurn(3.75, "their weights are negative"),
            WrongTurn(1.825, "there are ten of them"),
            WrongTurn(0.0, "that is the balance at four times the weight; here it is 3.5"),
        ),
        rtol=1e-3,
        hint="try the vector of ones",
    ),
)

PREDICTIONS = (
    Prediction(
        "predict-excitation-step",
        {
            "a": "The activity explodes: the pair grows by a factor in each step.",
            "b": "It swings from one side of rest to the other in each step, and relu keeps it "
            "bounded; the choices are random.",
            "c": "Nothing: they decide as they did.",
            "d": "They decide, with more errors, as a coarse step costs accuracy.",
        },
        right="c",
        reveals={
            "a": "the pair is one of all fifty units, and not all of them are at work",
            "b": "swinging comes, but at steps of 90 ms and more, in rounds of three steps",
            "d": "the evidence is the same, and three frames in one are as good as three",
        },
    ),
)
