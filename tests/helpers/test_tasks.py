"""Tasks: step numbers and answers against tables written by hand, noise, and what is refused."""

from __future__ import annotations

from collections.abc import Callable
from itertools import pairwise, product
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from helpers.training.tasks import TASKS, BooleanTask, FlipFlop, Task, task
from tests.helpers.refusals import refuses
from tests.helpers.theory import seeds, some

# The published recipe, in steps: first and last step of a pulse, first of the answer.
BOOLEAN_TABLE = {"pulse": (30, 49), "answer": 70, "last": 199}
FLIP_FLOP_TABLE = {
    "pulses": ((50, 69), (170, 189), (290, 309)),
    "changes": (90, 210, 330),
    "judged": (169, 289, 409),
}
# What a gate says to (0,0), (0,1), (1,0), (1,1), by the operators of Python.
GATES: dict[str, Callable[[int, int], int]] = {
    "AND": lambda a, b: a & b,
    "OR": lambda a, b: a | b,
    "XOR": lambda a, b: a ^ b,
}
FOUR = [(0, 0), (0, 1), (1, 0), (1, 1)]


def steps(row: Any) -> tuple[int, int]:
    """Return the first and the last step at which a row is not zero; it is not zero in between."""
    where = np.flatnonzero(row)
    assert len(where) == where[-1] - where[0] + 1
    return int(where[0]), int(where[-1])


# --- timing ---------------------------------------------------------------------------------------


@pytest.mark.parametrize("gate", GATES)
def test_a_boolean_trial_keeps_the_published_times(gate: str) -> None:
    known = task(gate.lower())
    trials = known.conditions()
    assert trials.x.shape == (200, 4, 2) and trials.target.shape == (200, 4, 1)
    assert len(trials) == 4 and trials.labels.tolist() == [list(pair) for pair in FOUR]
    for trial, channel in ((1, 1), (2, 0), (3, 0), (3, 1)):
        assert steps(trials.x[:, trial, channel]) == BOOLEAN_TABLE["pulse"]
    assert known.answer == BOOLEAN_TABLE["answer"]
    assert known.judged == (BOOLEAN_TABLE["last"],)
    assert set(np.unique(trials.x)) == {0.0, 1.0}


def test_a_flip_flop_trial_keeps_the_published_times() -> None:
    known = TASKS["flip-flop"]
    assert isinstance(known, FlipFlop)
    assert (known.turn, known.duration, known.answer) == (120, 410, 90)
    assert known.judged == FLIP_FLOP_TABLE["judged"]
    trials = known.trials([[1, 0, 1]])
    assert trials.x.shape == (410, 1, 2) and trials.target.shape == (410, 1, 1)
    first, second, third = FLIP_FLOP_TABLE["pulses"]
    assert steps(trials.x[:, 0, 0]) == second
    assert np.flatnonzero(trials.x[:, 0, 1]).tolist() == [
        *range(first[0], first[1] + 1),
        *range(third[0], third[1] + 1),
    ]
    changes = np.flatnonzero(np.diff(trials.target[:, 0, 0])) + 1
    assert tuple(changes) == FLIP_FLOP_TABLE["changes"]


def test_every_time_and_the_height_are_free() -> None:
    moved = BooleanTask("OR", onset=3, width=2, delay=0, duration=6, amplitude=0.5)
    trials = moved.trials([[1, 0]])
    np.testing.assert_array_equal(trials.x[:, 0, 0], [0, 0, 0, 0.5, 0.5, 0])
    np.testing.assert_array_equal(trials.target[:, 0, 0], [0, 0, 0, 0, 0, 1])
    turns = FlipFlop(turns=2, onset=1, width=1, quiet=3, delay=1, amplitude=2.0)
    trials = turns.trials([[1, 0]])
    np.testing.assert_array_equal(trials.x[:, 0, 1], [0, 2, 0, 0, 0, 0, 0, 0, 0])
    np.testing.assert_array_equal(trials.x[:, 0, 0], [0, 0, 0, 0, 0, 2, 0, 0, 0])
    np.testing.assert_array_equal(trials.target[:, 0, 0], [0, 0, 0, 1, 1, 1, 1, 0, 0])
    assert turns.judged == (4, 8) and turns.duration == 9


# --- answers --------------------------------------------------------------------------------------


@pytest.mark.parametrize(("gate", "pair"), list(product(GATES, FOUR)))
def test_a_boolean_target_is_the_gate_from_the_answer_on(gate: str, pair: tuple[int, int]) -> None:
    target = BooleanTask(gate).trials([pair]).target[:, 0, 0]
    assert np.all(target[: BOOLEAN_TABLE["answer"]] == 0)
    assert np.all(target[BOOLEAN_TABLE["answer"] :] == GATES[gate](*pair))


def machine(x: Any, delay: int) -> list[float]:
    """Return a flip-flop's output, step by step: the channel that fell silent last, delayed."""
    memory, outputs = 0.0, [0.0] * (delay + 1)
    for before, now in pairwise(x):
        fell = np.flatnonzero((before > 0) & (now == 0))
        memory = float(fell[0]) if len(fell) else memory
        outputs.append(memory)
    return outputs[: len(x)]


@some
@given(seed=seeds, times=st.tuples(*[st.integers(1, 6)] * 4), delay=st.integers(0, 5))
def test_a_flip_flop_follows_its_state_machine(seed: int, times: Any, delay: int) -> None:
    turns, onset, width, more = times
    known = FlipFlop(turns, onset, width, quiet=delay + more, delay=delay)
    bits = np.random.default_rng(seed).integers(2, size=(3, turns))
    trials = known.trials(bits)
    for b in range(3):
        assert trials.target[:, b, 0].tolist() == machine(trials.x[:, b], delay)
    np.testing.assert_array_equal(trials.labels, bits)
    np.testing.assert_array_equal(trials.target[list(known.judged), :, 0].T, bits)


def test_the_conditions_are_all_sequences_once() -> None:
    for turns in (1, 3):
        labels = FlipFlop(turns).conditions().labels
        assert [tuple(row) for row in labels] == list(product((0, 1), repeat=turns))


@pytest.mark.parametrize("known", TASKS.values(), ids=TASKS)
def test_the_target_at_the_judged_steps_is_settled(known: Task) -> None:
    target = known.conditions().target
    assert known.judged[-1] == known.duration - 1 == len(target) - 1
    for step in known.judged:
        np.testing.assert_array_equal(target[step], target[step - 1])
    assert not np.any(target[: known.answer]) and np.any(target[known.answer])


# --- drawing, and noise ---------------------------------------------------------------------------


@pytest.mark.parametrize("known", TASKS.values(), ids=TASKS)
def test_noise_has_its_standard_deviation_on_both_channels_at_every_step(known: Task) -> None:
    noisy = known.draw(100, rng=np.random.default_rng(1))
    noise = noisy.x - known.trials(noisy.labels).x
    size = noise.size
    assert abs(np.mean(noise)) < 5 * 0.1 / np.sqrt(size)
    assert abs(np.std(noise) - 0.1) < 5 * 0.1 / np.sqrt(2 * size)
    # Of 100 trials: the sample deviation at one step of one channel stays within five of its own.
    assert np.max(np.abs(np.std(noise, axis=1) - 0.1)) < 5 * 0.1 / np.sqrt(2 * 100)
    flat = noise.reshape(-1, 2)
    assert abs(np.corrcoef(flat.T)[0, 1]) < 5 / np.sqrt(len(flat))
    assert abs(np.mean(noise[1:] * noise[:-1])) < 5 * 0.01 / np.sqrt(size)


@pytest.mark.parametrize("known", TASKS.values(), ids=TASKS)
def test_without_a_generator_there_is_no_noise(known: Task) -> None:
    noisy = known.draw(6, rng=np.random.default_rng(2))
    quiet = known.draw(6, rng=np.random.default_rng(2), noisy=False)
    np.testing.assert_array_equal(noisy.labels, quiet.labels)
    np.testing.assert_array_equal(quiet.x, known.trials(quiet.labels).x)
    np.testing.assert_array_equal(noisy.target, quiet.target)
    assert set(np.unique(quiet.x)) == {0.0, 1.0}
    assert np.all(noisy.x != quiet.x)


def test_stimuli_are_drawn_with_equal_chance() -> None:
    n, rng = 4000, np.random.default_rng(3)
    short = BooleanTask("AND", onset=1, width=1, delay=1, duration=4)
    seen = short.draw(n, rng=rng, noisy=False).labels @ [2, 1]
    assert np.max(np.abs(np.bincount(seen, minlength=4) / n - 1 / 4)) < 5 * np.sqrt(3 / 16 / n)
    turns = FlipFlop(turns=3, onset=1, width=1, quiet=2, delay=1)
    seen = turns.draw(n, rng=rng, noisy=False).labels @ [4, 2, 1]
    assert np.max(np.abs(np.bincount(seen, minlength=8) / n - 1 / 8)) < 5 * np.sqrt(7 / 64 / n)


def test_the_same_generator_draws_the_same_trials() -> None:
    for known in TASKS.values():
        first, again = (known.draw(3, rng=np.random.default_rng(4)).x for _ in range(2))
        np.testing.assert_array_equal(first, again)
        assert np.any(first != known.draw(3, rng=np.random.default_rng(5)).x)


# --- a second stimulus ----------------------------------------------------------------------------


def test_a_second_stimulus_has_heights_of_either_sign() -> None:
    known = BooleanTask("AND", onset=2, width=3, delay=1, duration=9, amplitude=2.0)
    x = known.second_stimulus((1, 0), (-1, 0.5), gap=5, tail=2)
    by_hand = np.zeros((12, 2))  # 2 quiet, 3 of the first, 2 quiet, 3 of the second, 2 more
    by_hand[2:5] = [2.0, 0.0]
    by_hand[7:10] = [-2.0, 1.0]
    np.testing.assert_array_equal(x, by_hand)
    following = known.second_stimulus((1, 1), (-1, -1), gap=3, tail=0)
    np.testing.assert_array_equal(following[:, 0], [0, 0, 2, 2, 2, -2, -2, -2])


def test_a_second_stimulus_comes_150_steps_after_the_first() -> None:
    x = task("xor").second_stimulus((0, 1), (0, -1))
    assert x.shape == (30 + 150 + 20 + 150, 2)
    assert steps(np.maximum(x[:, 1], 0)) == (30, 49)
    assert steps(np.minimum(x[:, 1], 0)) == (180, 199)
    assert not np.any(x[:, 0])


# --- names and refusals ---------------------------------------------------------------------------


def test_tasks_are_found_by_name() -> None:
    assert list(TASKS) == ["and", "or", "xor", "flip-flop"]
    assert all(task(name).name == name for name in TASKS)
    assert task("xor") == BooleanTask("XOR") != BooleanTask("XOR", noise=0.2)


RNG = np.random.default_rng(0)
AND, TURNS = BooleanTask("AND"), FlipFlop()
# What is called; the value that the message must name; a word of its remedy.
BAD: dict[str, tuple[Callable[[], Any], str, str]] = {
    "unknown task": (lambda: task("nand"), "'nand'", "flip-flop"),
    "unknown gate": (lambda: BooleanTask("NAND"), "'NAND'", "AND, OR, XOR"),
    "gate in small letters": (lambda: BooleanTask("and"), "'and'", "AND, OR, XOR"),
    "onset": (lambda: BooleanTask("OR", onset=-1), "onset = -1", "at least 0"),
    "onset is a fraction": (lambda: BooleanTask("OR", onset=1.5), "onset = 1.5", "whole"),
    "onset is a word": (lambda: BooleanTask("OR", onset="1"), "onset = '1'", "whole"),
    "width": (lambda: BooleanTask("OR", width=0), "width = 0", "at least 1"),
    "delay": (lambda: BooleanTask("OR", delay=-2), "delay = -2", "at least 0"),
    "no room": (lambda: BooleanTask("OR", duration=70), "step 70 of 70", "at least one step"),
    "duration": (lambda: BooleanTask("OR", duration=99.0), "duration = 99.0", "whole"),
    "amplitude": (lambda: BooleanTask("OR", amplitude=0.0), "amplitude = 0.0", "greater than 0"),
    "noise": (lambda: BooleanTask("OR", noise=-0.1), "noise = -0.1", "at least 0"),
    "noise is NaN": (lambda: BooleanTask("OR", noise=float("nan")), "nan", "at least 0"),
    "noise is infinite": (lambda: FlipFlop(noise=float("inf")), "inf", "finite"),
    "noise is a word": (lambda: FlipFlop(noise="0.1"), "noise = '0.1'", "at least 0"),
    "no turns": (lambda: FlipFlop(turns=0), "turns = 0", "at least 1"),
    "quiet": (lambda: FlipFlop(quiet=0), "quiet = 0", "at least 1"),
    "delay over quiet": (lambda: FlipFlop(delay=100), "step 100 of 100", "at least one step"),
    "flip-flop onset": (lambda: FlipFlop(onset=-1), "onset = -1", "at least 0"),
    "flip-flop width": (lambda: FlipFlop(width=0), "width = 0", "at least 1"),
    "a stimulus of two": (lambda: AND.trials([[0, 2]]), "[[0, 2]]", "0 or 1"),
    "one stimulus": (lambda: AND.trials([0, 1]), "[0, 1]", "rows of 2"),
    "three channels": (lambda: AND.trials([[0, 1, 1]]), "[[0, 1, 1]]", "rows of 2"),
    "ragged": (lambda: AND.trials([[0, 1], [1]]), "[[0, 1], [1]]", "rows of 2"),
    "too few bits": (lambda: TURNS.trials([[0, 1]]), "[[0, 1]]", "rows of 3"),
    "a seed for noise": (lambda: AND.trials([[0, 1]], rng=3), "rng = 3", "default_rng"),
    "a seed to draw": (lambda: AND.draw(2, rng=3), "rng = 3", "default_rng"),
    "a seed to draw turns": (lambda: TURNS.draw(2, rng=3), "rng = 3", "default_rng"),
    "no trials": (lambda: AND.draw(0, rng=RNG), "n_trials = 0", "at least 1"),
    "half a trial": (lambda: TURNS.draw(0.5, rng=RNG), "n_trials = 0.5", "whole"),
    "gap": (lambda: AND.second_stimulus((1, 0), (1, 0), gap=19), "gap = 19", "at least 20"),
    "tail": (lambda: AND.second_stimulus((1, 0), (1, 0), tail=-1), "tail = -1", "at least 0"),
    "one height": (lambda: AND.second_stimulus((1,), (1, 0)), "(1,)", "two finite heights"),
    "NaN": (lambda: AND.second_stimulus((1, 0), (1, float("nan"))), "nan", "two finite heights"),
}


@pytest.mark.parametrize("case", BAD)
def test_a_wrong_use_is_named_with_its_remedy(case: str) -> None:
    refuses(*BAD[case])
