"""Keys of the chapter on a body."""

from __future__ import annotations

import numpy as np

from helpers.book.exercises import Drawn, Exercise, Prediction, WrongTurn

__all__ = ["EXERCISES", "PREDICTIONS"]


def _drawn_move(rng: np.random.Generator) -> dict[str, float]:
    """Numbers at which no two mistakes agree."""
    return {
        "tau": float(rng.choice([1.5, 2.5, 3.0])),
        "u": float(rng.choice([1.3, 1.7])),
        "v": float(rng.choice([0.6, 0.8])),
        "beta": float(rng.choice([0.7, 0.9])),
        "kappa": float(rng.choice([1.6, 2.2])),
    }


def _move(tau: float, u: float, v: float, beta: float, kappa: float) -> Exercise:
    slow = beta / kappa * v
    return Exercise(
        "ex-body-force",
        tau**2 * u + (1 - tau) * tau * slow,
        (
            WrongTurn(
                tau**2 * u + (1 - tau) * slow,
                "v in the law is the velocity of the fast move, and the one given is that of the "
                "slow one",
            ),
            WrongTurn(
                tau**2 * u,
                "a part of u works against friction, and friction grows with tau, not its square",
            ),
            WrongTurn(tau * u, "twice the speed in half the time is four times the acceleration"),
            WrongTurn(u, "with the old force the body does what it did before"),
            WrongTurn(
                tau**2 * u + (1 - tau) * tau * beta * v,
                "friction over mass is beta; as a force it is beta / kappa times v",
            ),
            WrongTurn(
                tau**2 * u - (1 - tau) * tau * slow,
                "does friction at the new speed need more or less than tau^2 times the old?",
            ),
        ),
        rtol=2e-3,
        hint="take the friction of the slow move out of u, scale the rest, put the new one back",
    )


EXERCISES = (
    Drawn("ex-body-force", _drawn_move, _move),
    Exercise(
        "ex-body-servo",
        (400.0, 200.0),
        (
            WrongTurn(
                (400.0, 400.0), "one tick late the eigenvalues are a pair; what is its size?"
            ),
            WrongTurn((0.4, 0.2), "both are right in seconds; give them in ms"),
            WrongTurn(
                (200.0, 100.0),
                "1 - k delta may go down to -1; it need not stay positive",
            ),
            WrongTurn(
                (200.0, 200.0),
                "the second is right; at once, the factor of a tick may go down to -1",
            ),
            WrongTurn(
                (400.0, 50.0),
                "at 50 ms the pair becomes complex; it leaves the circle later",
            ),
            WrongTurn(
                (400.0, 400.0 / 3),
                "a tick and a half of delay is a guess; solve z^2 - z + k delta = 0",
            ),
        ),
        rtol=2e-3,
        hint="write the place of the next tick by the two before it and solve for z",
    ),
    Exercise(
        "ex-body-speedup",
        (4.2, 1.8),
        (
            WrongTurn((84.0, 36.0), "these are the limits; how many ticks of 20 ms fit into them?"),
            WrongTurn(
                (20 / 84, 20 / 36),
                "that is the clock in units of the limit; the factor is the other way round",
            ),
            WrongTurn(
                (1.0, 1.0),
                "rescaling keeps the loop if the step follows; on a clock that stays there is room "
                "up to the limit",
            ),
            WrongTurn((4.2, 4.2), "the second loop has a limit of its own"),
        ),
        rtol=2e-3,
        hint="on the old clock the loop at tau times the speed is the old loop on tau times the "
        "clock",
    ),
    Exercise(
        "ex-body-gravity",
        10.6,
        (
            WrongTurn(19.6, "the weight was scaled by tau^2 too; it is the same at all speeds"),
            WrongTurn(20.0, "that is tau^2 u; only inertia is of degree two"),
            WrongTurn(11.0, "the weight is right; friction is only twice as large, not four times"),
            WrongTurn(10.8, "v in the law is the velocity of the fast move"),
            WrongTurn(7.6, "the weight was taken out and not put back"),
            WrongTurn(13.6, "the weight was scaled by tau; it does not depend on speed"),
            WrongTurn(11.4, "the sign of the friction term: tau^2 times the old is too much"),
        ),
        rtol=2e-3,
        hint="three kinds of force: degree two, one and zero in the speed",
    ),
    Exercise(
        "ex-body-clock",
        15.5545,
        (
            WrongTurn(
                30.1225,
                "one of the two delays is missing: the camera's, or that of the order of the lines",
            ),
            WrongTurn(
                95.9785,
                "neither delay is counted: the camera is late, and the force is read before the "
                "update",
            ),
            WrongTurn(
                29.7145,
                "that is Euler's method for the whole flow; the rail is not stepped, and there are "
                "delays",
            ),
            WrongTurn(
                15.1070,
                "the slopes of tanh are taken at zero; where are the units when the gripper rests?",
            ),
            WrongTurn(10.3891, "three ticks of delay; the order of the lines is worth one"),
            WrongTurn(0.155545, "right in units of 100 ms; give it in ms"),
        ),
        rtol=5e-3,
        hint="find the rest, write one tick for h and for (q, v) of two ticks, and look where the "
        "largest eigenvalue has modulus 1",
    ),
)

PREDICTIONS = (
    Prediction(
        "predict-body-twice",
        {
            "a": "It doubles.",
            "b": r"It grows by the factor $\sqrt2$.",
            "c": "It grows by less than a fifth.",
            "d": "It stays, but the hand leaves its path.",
        },
        right="c",
        reveals={
            "a": "only half of the loop is faster; the mass and its friction are not",
            "b": "a root belongs to noise; here two clocks, one of them unchanged, share a loop",
            "d": "faster units follow the hand more closely, so the path stays as it is",
        },
    ),
)
