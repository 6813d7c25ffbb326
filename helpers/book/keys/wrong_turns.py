"""Keys of the page on what went wrong: the wrong turns are those of public threads."""

from __future__ import annotations

import numpy as np

from helpers.book.exercises import Drawn, Exercise, Prediction, WrongTurn

__all__ = ["EXERCISES", "PREDICTIONS"]


def _drawn_voltage(rng: np.random.Generator) -> dict[str, float]:
    """A voltage and a rest, and a step that is not short."""
    return {
        "v": float(rng.choice([-52.0, -55.0, -58.0])),
        "r": float(rng.choice([-65.0, -70.0])),
        "tau": float(rng.choice([8.0, 10.0, 20.0])),
        "step": float(rng.choice([3.0, 4.0, 5.0])),
    }


def _voltage(v: float, r: float, tau: float, step: float) -> Exercise:
    x, apart = step / tau, v - r
    return Exercise(
        "ex-wrong-voltage",
        r + apart * np.exp(-x),
        (
            WrongTurn(
                v - apart * np.exp(-x),
                "the exponential is what stays of the distance from rest, not what goes",
            ),
            WrongTurn(r + apart * (1 - x), "that is Euler's step; the exact one is asked for"),
            WrongTurn(v * np.exp(-x), "that decays to zero; the voltage decays to its rest"),
            WrongTurn(r + apart * np.exp(-1 / x), "the longer the step, the less should be left"),
        ),
        rtol=2e-4,
        hint="write the equation for the distance from rest first",
    )


def _drawn_recipe(rng: np.random.Generator) -> dict[str, float]:
    """A rate and a step whose product is near one."""
    return {
        "a": float(rng.choice([4.0, 8.0, 10.0])),
        "step": float(rng.choice([0.15, 0.2, 0.25])),
    }


def _recipe(a: float, step: float) -> Exercise:
    share = np.exp(-a * step)
    mixed = step / (1 - share)
    return Exercise(
        "ex-wrong-recipe",
        (mixed, 1 / a),
        (
            WrongTurn((1 / a, 1 / a), "that is so when the input has the recipe of the state"),
            WrongTurn((mixed, mixed), "the map is right; the flow rests where a h = x"),
            WrongTurn(
                (step / share, 1 / a), "at rest h = A h + B x; bring both h to one side first"
            ),
            WrongTurn(
                (step / (1 + share), 1 / a), "look at the sign of the share when you collect h"
            ),
        ),
        rtol=2e-3,
        hint="a map rests where its step changes nothing",
    )


def _drawn_kick(rng: np.random.Generator) -> dict[str, float]:
    """A time constant, a spread and a step."""
    return {
        "tau": float(rng.choice([5.0, 10.0, 20.0])),
        "spread": float(rng.choice([0.3, 0.5, 0.7])),
        "step": float(rng.choice([0.1, 0.2, 0.4])),
    }


def _kick(tau: float, spread: float, step: float) -> Exercise:
    g = spread * np.sqrt(2 / tau)
    return Exercise(
        "ex-wrong-kick",
        (g, g * np.sqrt(step)),
        (
            WrongTurn(
                (g / np.sqrt(2), g * np.sqrt(step / 2)),
                "this spread is too small by the root of two; solve for the variance again",
            ),
            WrongTurn(
                (g, g * step), "the variance of a kick is proportional to the step, not its root"
            ),
            WrongTurn((g, g), "half the step would bring twice the variance in the same time"),
            WrongTurn(
                (spread, spread * np.sqrt(step)),
                "the spread is not the amplitude: decay takes variance away all the time",
            ),
        ),
        rtol=2e-3,
        hint="the variance rests at the square of G times tau over two",
    )


EXERCISES = (
    Drawn("ex-wrong-voltage", _drawn_voltage, _voltage),
    Drawn("ex-wrong-recipe", _drawn_recipe, _recipe),
    Drawn("ex-wrong-kick", _drawn_kick, _kick),
    Exercise(
        "ex-wrong-tustin",
        1 / 3,
        (
            WrongTurn(-1 / 3, "that is what a step of 2 would leave; here it is 0.5"),
            WrongTurn(np.exp(-1.0), "that is the exact share"),
            WrongTurn(0.0, "that is the share of Euler's method"),
            WrongTurn(-0.6, "the step has been divided by; it has to be multiplied with"),
            WrongTurn(3.0, "upside down: a unit that decays keeps less than all"),
        ),
        rtol=2e-3,
        hint="put the step times the eigenvalue of the flow into the R of the trapezoid",
    ),
    Exercise(
        "ex-wrong-equal",
        0.25 * np.exp(-0.25),
        (
            WrongTurn(0.0, "the quotient is 0/0, and that is not 0; let one rate go to the other"),
            WrongTurn(0.5 * np.exp(-0.25), "the jump is missing its 1/tau"),
            WrongTurn(np.exp(-0.25), "that is the first unit"),
            WrongTurn(
                1 - np.exp(-0.25), "so much has left the first unit; the second one decays too"
            ),
            WrongTurn(0.25, "that is one step of Euler's method"),
        ),
        rtol=3e-3,
        hint="try a multiple of t exp(-t/tau) in the second equation",
    ),
    Exercise(
        "ex-wrong-leak",
        0.5,
        (
            WrongTurn(1 / 3, "the radius of the product of leak and w is not that of the map"),
            WrongTurn(
                0.25, "there the eigenvalue is 0; it may go on to the other side of the circle"
            ),
            WrongTurn(0.0, "the radius of w is 3, and yet it is not the matrix of the step"),
            WrongTurn(1.0, "without a leak the eigenvalue is that of w"),
            WrongTurn(2 / 3, "the first part of the step shrinks as well"),
        ),
        rtol=2e-3,
        hint="write down the eigenvalue of the whole step, and where it leaves the circle",
    ),
    Exercise(
        "ex-wrong-scheme",
        -0.5 + 1.5j,
        (
            WrongTurn(
                (1 - 1 / (0.9 + 0.3j)) / 0.2, "that inverts the backward method; the map is Euler's"
            ),
            WrongTurn(np.log(0.9 + 0.3j) / 0.2, "that inverts the exact step; the map is Euler's"),
            WrongTurn(
                2 / 0.2 * (-0.1 + 0.3j) / (1.9 + 0.3j),
                "that inverts Tustin's method; the map is Euler's",
            ),
            WrongTurn(-0.1 + 0.3j, "that is the change in one step; how long is a step?"),
            WrongTurn(0.9 + 0.3j, "that is the map's; a flow with it would grow"),
        ),
        rtol=2e-3,
        hint="solve rho = R(step times mu) for mu, with the R of the scheme",
    ),
    Exercise(
        "ex-wrong-negative",
        (np.log(0.6) / 0.5, np.pi / 0.5),
        (
            WrongTurn((-0.6, 0.0), "those are the numbers of a flow with this eigenvalue"),
            WrongTurn((np.log(0.6) / 0.5, 0.0), "the rate is right; the sign turns in every step"),
            WrongTurn(
                (np.log(0.6), np.pi), "those are per step; how many steps has a unit of time?"
            ),
            WrongTurn((-0.6 / 0.5, np.pi / 0.5), "the frequency is right; a rate is a logarithm"),
            WrongTurn(
                (np.log(0.6) / 0.5, 1.0), "that is in turns per unit of time; radians are asked for"
            ),
        ),
        rtol=2e-3,
        hint="take the logarithm as a complex number, and divide by the step",
    ),
    Exercise(
        "ex-wrong-slower",
        (4.0, 5.0),
        (
            WrongTurn((12.0, 5.0), "the second derivative brings the factor twice"),
            WrongTurn((4.0, 15.0), "the speed has to be read in the old time, too"),
            WrongTurn((4.0, 15 / 9), "the friction meets a speed that is three times as small"),
            WrongTurn((12.0, 15.0), "that divides by three once, as if y'' were a speed"),
            WrongTurn((324.0, 45.0), "that is three times faster"),
        ),
        rtol=1e-6,
        hint="write y as a function of t/3 and differentiate twice",
    ),
    Exercise(
        "ex-wrong-constant",
        -1.0,
        (
            WrongTurn(2.0, "that is the velocity at the point; A h and B x are there as well"),
            WrongTurn(0.0, "it would be zero in coordinates whose origin is a state of rest"),
            WrongTurn(1.0, "the input has its share, too"),
            WrongTurn(5.0, "subtract what A h and B x give at the point"),
        ),
        rtol=1e-6,
        hint="at the point itself, A h + B x + c has to be the velocity",
    ),
)

PREDICTIONS = (
    Prediction(
        "predict-wrong_turns-share",
        {
            "a": "0.95 is wrong: decay is exponential.",
            "b": "0.9512 is wrong: the program solves a differential equation.",
            "c": "Both are right, as answers to two questions.",
        },
        right="c",
        reveals={
            "a": "a step of Euler's method is a step of Euler's method, and no exponential",
            "b": "the solution of the differential equation is the exponential",
        },
    ),
)
