"""The exercises of the page on the reader's own network: right answers, wrong turns, hints."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from helpers.book.exercises import Drawn, Exercise, Prediction, WrongTurn
from helpers.book.keys import all_given
from helpers.dynamics._checks import Array
from helpers.dynamics.procedures import Discretise
from helpers.dynamics.recurrent import RNN, ActivationRNN

__all__ = ["EXERCISES", "PREDICTIONS"]


Numbers = dict[str, float]


def _drawn(
    one: str, draw: Callable[[np.random.Generator], Numbers], make: Callable[..., Exercise]
) -> Drawn:
    """An exercise whose numbers are drawn again where two mistakes would look alike."""

    def until(rng: np.random.Generator) -> Numbers:
        while True:
            found = draw(rng)
            exercise = make(**found)
            said = [exercise.judge(turn.value).hint for turn in exercise.wrong]
            if said == [turn.hint for turn in exercise.wrong]:
                return found

    return Drawn(one, until, make)


def _draw_clock(rng: np.random.Generator) -> Numbers:
    return {
        "dt": int(rng.choice([2, 4, 5, 20])),
        "tau": int(rng.choice([25, 50, 80, 100])),
        "cycles": int(rng.integers(11, 40)) / 1000,
    }


def _clock(dt: float, tau: float, cycles: float) -> Exercise:
    leak, hertz = dt / tau, 1000 * cycles / dt
    return Exercise(
        "ex-own-clock",
        (leak, hertz),
        (
            WrongTurn((leak, 1000 * cycles / tau), "the leak is right; a step lasts dt, not tau"),
            WrongTurn((leak, cycles / dt), "the leak is right; that is in cycles per millisecond"),
            WrongTurn((leak, 1000 * cycles), "the leak is right; how long does one step last?"),
            WrongTurn((tau / dt, hertz), "the frequency is right; the leak is at most 1"),
            WrongTurn(
                (float(-np.expm1(-dt / tau)), hertz),
                "the frequency is right; that leak is exponential Euler's, and the step is Euler's",
            ),
        ),
        probe=all_given,
        rtol=2e-3,
        hint="the leak is a ratio of two times; a frequency is cycles over seconds",
    )


def _draw_record(rng: np.random.Generator) -> Numbers:
    v, s = int(rng.integers(-9, -1)) / 10, int(rng.integers(5, 15)) / 10
    alpha = float(rng.choice([0.05, 0.1, 0.2, 0.4]))
    return {"v": v, "s": s, "after": round((1 - alpha) * v + alpha * s, 6)}


def _record(v: float, s: float, after: float) -> Exercise:
    return Exercise(
        "ex-own-record",
        (after - v) / (s - v),
        (
            WrongTurn(after - v, "that is how far it moved; of which distance?"),
            WrongTurn((after - v) / s, "it moves towards s, from v and not from 0"),
            WrongTurn(
                1 - (after - v) / (s - v), "that is the share that is kept, 1 - alpha; and alpha?"
            ),
        ),
        rtol=2e-3,
        hint="write the step as v plus alpha times a difference",
    )


def _draw_gru(rng: np.random.Generator) -> Numbers:
    r, z = int(rng.integers(3, 10)) / 10, int(rng.integers(2, 9)) / 10
    return {"r": r, "z": z, "lam": int(rng.integers(4, 30)) / 10}


def _gru(r: float, z: float, lam: float) -> Exercise:
    right = z + (1 - z) * r * lam
    return Exercise(
        "ex-own-gru",
        (right, 1 / r),
        (
            WrongTurn((right, 2.0), "(a) is right; 2 is the answer for gates of one half"),
            WrongTurn((right, 1.0), "(a) is right; how much of W_n h gets through the gate r?"),
            WrongTurn((right, 1 / ((1 - z) * r)), "(a) is right; the part z h helps to stay"),
            WrongTurn(
                (1 - z + z * r * lam, 1 / r),
                "(b) is right; z keeps the old state here, not the new",
            ),
            WrongTurn((z + (1 - z) * lam, 1 / r), "(b) is right; in (a) the gate r is missing"),
        ),
        probe=all_given,
        rtol=2e-3,
        hint="put small h into the box, with r and z as numbers, and keep what is linear in h",
    )


def _draw_scale(rng: np.random.Generator) -> Numbers:
    n = int(rng.choice([50, 60, 100, 200]))
    return {
        "N": n, "overlap": int(n * rng.integers(11, 19) / 10),
        "alpha": float(rng.choice([0.05, 0.1, 0.2])),
    }  # fmt: skip


def _scale(N: float, overlap: float, alpha: float) -> Exercise:
    scaled, plain = 1 - alpha + alpha * overlap / N, 1 - alpha + alpha * overlap
    return Exercise(
        "ex-own-scale",
        (scaled, plain),
        (
            WrongTurn((plain, scaled), "both are right, the wrong way round"),
            WrongTurn(
                (overlap / N, overlap),
                "those are eigenvalues of w; a step keeps a share of the old state as well",
            ),
            WrongTurn(
                (overlap / N - 1, overlap - 1), "those are eigenvalues of the flow; and of the map?"
            ),
        ),
        probe=all_given,
        rtol=2e-3,
        hint="the eigenvalue of m n' that is not 0 is n'm; then 1 - alpha + alpha times it",
    )


def _draw_noise(rng: np.random.Generator) -> Numbers:
    return {"alpha": float(rng.choice([0.1, 0.2, 0.3, 0.4, 0.5, 0.8]))}


def _noise(alpha: float) -> Exercise:
    fine = alpha / 10
    kept = float(np.sqrt(alpha * (2 - alpha) / (fine * (2 - fine))))
    root = kept / np.sqrt(10)
    return Exercise(
        "ex-own-noise",
        (kept, root),
        (
            WrongTurn((kept**2, root**2), "those are the factors of the variance"),
            WrongTurn(
                (np.sqrt(10), 1.0),
                "that is the limit of small leaks; keep the square of the leak in the variance",
            ),
            WrongTurn((root, kept), "both are right, the wrong way round"),
            WrongTurn((1 / kept, 1 / root), "the finer step has the wider spread"),
        ),
        probe=all_given,
        rtol=2e-3,
        hint="let the variance be the same before and after a step, and solve for it",
    )


CASES = tuple(
    (w, h, np.tanh(w @ h if way > 0 else h @ w))
    for seed, way in ((0, 1), (1, -1), (2, -1), (3, 1))
    for w, h in [
        (np.random.default_rng(seed).standard_normal((4, 4)), np.linspace(-1.0, 0.8, 4) ** 3)
    ]
)


def _decided(acts: Callable[[Array, Array, Array], Any]) -> Array | None:
    """What the reader's function says of four records, two of each kind."""
    said = [acts(*case) for case in CASES]
    return None if any(one is None or one is Ellipsis for one in said) else np.array(said, float)


def _acts(w: Array, h: Array, after: Array) -> int:
    return 1 if np.allclose(np.tanh(w @ h), after) else -1


ROWS = Exercise(
    "ex-own-rows",
    _acts,
    (
        WrongTurn(lambda w, h, after: -_acts(w, h, after), "the other way round"),
        WrongTurn(
            lambda w, h, after: 1,
            "two of the four records come from the other reading; compare both with the record",
        ),
        WrongTurn(lambda w, h, after: -1, "two of the four records act on columns; compare both"),
    ),
    probe=_decided,
    hint="predict the step in both ways; which prediction is the record?",
)

PIECES = (np.array([0.9, 0.5, 0.2]), np.array([[0.3, -1, 0.4], [0.8, 0.1, 0], [-0.5, 0.6, -0.2]]))
SHIFT = np.array([0.1, -0.3, 0.2])
STATES = np.array([[0.5, -0.7, 0.2], [-0.4, 0.3, -0.9], [1.2, 0.8, -0.1]])


def _after(made: Callable[..., Any]) -> Array | None:
    """Where a step of 1 of the reader's network leads from three states."""
    system = made(*PIECES, SHIFT)
    if system is None or system is Ellipsis:
        return None
    return np.asarray(Discretise(1.0)(system).step(STATES))


def _in_pieces(a: Array, w: Array, c: Array) -> ActivationRNN:
    return ActivationRNN(w, np.zeros((len(c), 0)), c, decay=1.0 - a, activation="relu")


IN_PIECES = Exercise(
    "ex-own-pieces",
    _in_pieces,
    (
        WrongTurn(
            lambda a, w, c: _in_pieces(1.0 - a, w, c),
            "the decay is what is lost in a step, and a what is kept",
        ),
        WrongTurn(
            lambda a, w, c: RNN(w, np.zeros((3, 0)), c, decay=1.0 - a, activation="relu"),
            "there relu stands around the sum; in this model it stands inside, on z",
        ),
        WrongTurn(
            lambda a, w, c: ActivationRNN(w, np.zeros((3, 0)), c, activation="relu"),
            "with a decay of 1 nothing of z is kept; where does A go?",
        ),
        WrongTurn(
            lambda a, w, c: ActivationRNN(w, np.zeros((3, 0)), c, decay=1.0 - a),
            "max(z, 0) is relu; the default is tanh",
        ),
        WrongTurn(lambda a, w, c: _in_pieces(a, w.T, c), "w stands as it is in the formula"),
    ),
    probe=_after,
    hint="write the Euler step of length 1 of the activation form, and compare term by term",
)

EXERCISES = (
    _drawn("ex-own-clock", _draw_clock, _clock),
    _drawn("ex-own-record", _draw_record, _record),
    _drawn("ex-own-gru", _draw_gru, _gru),
    _drawn("ex-own-scale", _draw_scale, _scale),
    _drawn("ex-own-noise", _draw_noise, _noise),
    ROWS,
    IN_PIECES,
)

PREDICTIONS = (
    Prediction(
        "predict-own_network-form",
        {
            "a": "It turns at another frequency.",
            "b": "It turns as it should, with an output that is too small.",
            "c": "It is the same: the two forms are one network in other coordinates.",
            "d": "It stops.",
        },
        right="b",
        reveals={
            "a": "that the place of sigma changes eigenvalues; D w and w D have the same ones",
            "c": "that coordinates change nothing; the read-out takes other coordinates too",
            "d": "that a wrong form shows; at rest it does not",
        },
    ),
)
