"""The exercises of the chapter on prediction: right answers, wrong turns, hints."""

from __future__ import annotations

import numpy as np

from helpers.book.exercises import Drawn, Exercise, Prediction, WrongTurn
from helpers.book.keys import all_given

__all__ = ["EXERCISES", "PREDICTIONS"]

# The steady roll of Lorenz's equations, as the exercises print it, and the step of the page.
MU, STEP = 0.094 + 10.19j, 0.02


def drawn(rng: np.random.Generator) -> dict[str, float]:
    """A rate of growth, an angular frequency and a step."""
    return {
        "a": round(float(rng.uniform(0.05, 0.25)), 2),
        "Omega": round(float(rng.uniform(6.0, 12.0)), 1),
        "Delta": round(float(rng.uniform(0.01, 0.03)), 3),
    }


def _critical(rho: complex) -> float:
    return float(2 * (1 - rho.real) / abs(1 - rho) ** 2)


def smallest_q(a: float, Omega: float, Delta: float) -> Exercise:
    """The share of its step down to which a forecaster leaves a rest."""
    rho = np.exp(Delta * (a + 1j * Omega))
    return Exercise(
        "ex-prediction-critical",
        _critical(rho),
        (
            WrongTurn(
                _critical(1 + Delta * (a + 1j * Omega)),
                "that takes 1 + Delta mu for rho; the samples of a series turn by an exponential",
            ),
            WrongTurn(
                2 * (1 - rho.real) / abs(1 - rho),
                "the modulus below the line is squared",
            ),
            WrongTurn(
                (1 - rho.real) / abs(1 - rho) ** 2,
                "a factor of 2 is missing; square the modulus of 1 + q(rho - 1) again",
            ),
            WrongTurn(
                _critical(np.exp(1j * Delta * Omega)),
                "without the growth a every series would need the very step of its samples; rho "
                "has the modulus exp(Delta a)",
            ),
        ),
        rtol=2e-3,
        hint="first rho = exp(Delta mu), with its real part; then the box",
    )


CRITICAL = Drawn("ex-prediction-critical", drawn, smallest_q)

LEAK = Exercise(
    "ex-prediction-leak",
    0.15,
    (
        WrongTurn(0.3, "the leak is no parameter of the network: it holds the step"),
        WrongTurn(0.6, "the other way round: a shorter step leaks less"),
        WrongTurn(
            1 - np.sqrt(0.7),
            "that keeps what a unit alone forgets, by the exponential scheme; the leak as the "
            "page defines it is proportional to the step",
        ),
    ),
    rtol=1e-3,
    hint="the leak is the step times a rate; which of the two has changed?",
)

RHO = 0.980 + 0.203j

GROWTH = Exercise(
    "ex-prediction-growth",
    (np.log(RHO).real / STEP, np.log(RHO).imag / STEP),
    (
        WrongTurn(
            ((RHO.real - 1) / STEP, RHO.imag / STEP),
            "that is the network's own flow, which rests where the series leaves",
        ),
        WrongTurn(
            (abs(np.log(RHO)) / STEP, np.log(RHO).imag / STEP),
            "the frequency is right; growth is the logarithm of a modulus, not the modulus of a "
            "logarithm",
        ),
        WrongTurn(
            (np.log(RHO).real, np.log(RHO).imag),
            "both are per step; the question is about the series and its time",
        ),
        WrongTurn(
            (np.log(RHO).real / STEP, np.log(RHO).imag / STEP / (2 * np.pi)),
            "the growth is right; the second is in turns, and radians are asked for",
        ),
    ),
    probe=all_given,
    rtol=1e-2,
    hint="the samples are multiplied by rho in each step: which mu has exp(Delta mu) = rho?",
)

BACKWARD = Exercise(
    "ex-prediction-backward",
    ((1 - np.exp(-STEP * MU)) / STEP).real,
    (
        WrongTurn(
            ((np.exp(STEP * MU) - 1) / STEP).real,
            "that is the forward difference, which belongs to forward Euler",
        ),
        WrongTurn(
            MU.real,
            "that is the data's; a backward difference is not the velocity",
        ),
        WrongTurn(
            (1 - np.exp(-STEP * MU)).real,
            "a difference is divided by the step",
        ),
        WrongTurn(
            (MU - STEP * MU**2 / 2).imag,
            "that is the imaginary part",
        ),
    ),
    rtol=3e-2,
    hint="write the step with the velocity at its end, solve for the velocity, and put in a film "
    "exp(mu t)",
)

FLOW = Exercise(
    "ex-prediction-flow",
    2 * MU.real / (MU.imag**2 - MU.real**2),
    (
        WrongTurn(
            1 / MU.imag,
            "one radian a sample is far too long: compare what the turn takes with what grows",
        ),
        WrongTurn(
            MU.real / (MU.imag**2 - MU.real**2),
            "a factor of 2 is missing: the cosine is 1 minus half a square",
        ),
        WrongTurn(
            2 * MU.real / MU.imag,
            "a rate is compared with a square of a frequency here; look at the units",
        ),
    ),
    rtol=3e-2,
    hint="when does the real part of rho exceed 1? Expand exponential and cosine to second order",
)

EXERCISES = (CRITICAL, LEAK, GROWTH, BACKWARD, FLOW)

PREDICTIONS = (
    Prediction(
        "predict-prediction-finer",
        {
            "a": "It is as good as before.",
            "b": "It is better, since the step is shorter.",
            "c": "It comes to rest.",
            "d": "It blows up.",
        },
        right="c",
        reveals={
            "a": "that a fifth of a step is too little to change a verdict",
            "b": "that the network's flow is the flow of the data, so that nearer is better",
            "d": "that a wrong step always fails as a long Euler step does",
        },
    ),
)
