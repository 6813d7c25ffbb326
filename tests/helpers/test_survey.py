"""Networks side by side do what each does alone; a survey says where each goes."""

from __future__ import annotations

import numpy as np
import pytest

from helpers import simulate
from helpers.analysis.states import settle
from helpers.networks.ensemble import load_ensemble, rest_under_noise
from helpers.networks.network import Network
from helpers.networks.survey import survey, together

MEMBERS = load_ensemble(
    "book/data", task=["and", "flip-flop"], seed=[0, 1], recipe="clipped", n_units=50
)
NETWORKS = [member.network for member in MEMBERS]


def test_networks_together_run_as_each_alone() -> None:
    rng = np.random.default_rng(0)
    x, h = rng.standard_normal((30, 3, 2)), rng.standard_normal((len(NETWORKS), 3, 50))
    all_of_them = simulate(together(NETWORKS), h, x).h
    for k, network in enumerate(NETWORKS):
        alone = simulate(network.map, h[k], x).h
        np.testing.assert_allclose(all_of_them[:, k], alone, atol=1e-9)


def test_a_bias_is_kept() -> None:
    pair = [Network([[0.5]], [[1.0]], b=[b]) for b in (0.1, -0.2)]
    ends = simulate(together(pair), np.zeros((2, 1, 1)), steps=1).h[-1, :, 0, 0]
    np.testing.assert_allclose(ends, np.tanh([0.1, -0.2]))


def test_they_settle_as_each_alone_even_where_some_are_slow() -> None:
    turn = np.array([[np.cos(0.5), -np.sin(0.5)], [np.sin(0.5), np.cos(0.5)]])
    pair = [Network(size * turn, np.zeros((2, 1))) for size in (1.2, 1.001)]
    start = np.full((2, 2, 2), 0.3)
    start[:, 1] *= -0.1
    found = settle(together(pair), start, steps=800)
    assert [len(row) for row in found] == [2, 2]
    assert any(state.slow for row in found for state in row)
    for network, begin, row in zip(pair, start, found, strict=True):
        for one, other in zip(settle(network.map, begin, steps=800), row, strict=True):
            assert (one.kind, one.slow) == (other.kind, other.slow)
            assert other.size == pytest.approx(one.size, rel=1e-9)
            np.testing.assert_allclose(other.h, one.h, atol=1e-9)


def test_a_state_does_not_keep_its_path_in_memory() -> None:
    found = settle(NETWORKS[0].map, np.zeros((2, 50)), steps=800)
    assert all(state.h.base is None for state in found)


def test_a_survey_goes_through_four_stimuli_and_noise() -> None:
    endings = survey(MEMBERS)
    assert [end.name for end in endings[::5]] == [member.name for member in MEMBERS]
    assert [end.stimulus for end in endings[:5]] == list(range(5))
    words: dict[str, list[str]] = {end.task: [] for end in endings}
    for end in endings:
        words[end.task].append(end.role)
    assert words["and"][:5] == ["nothing", "passive", "passive", "active", "noise"]
    assert words["flip-flop"][:5] == ["passive", "active", "passive", "active", "noise"]


def test_its_states_are_those_of_each_network_alone() -> None:
    member = MEMBERS[0]
    task, rng = member.plan.task, np.random.default_rng(7 + member.plan.seed)
    ends = simulate(member.network.map, np.zeros(50), task.conditions().x[:, :4]).h[-1]
    noisy = rest_under_noise(member.network, task, rng=rng)
    alone = settle(member.network.map, np.vstack([ends, noisy]))
    for end, state in zip(survey([member], seed=7), alone, strict=True):
        assert end.state.kind == state.kind
        np.testing.assert_allclose(end.state.size, state.size, atol=1e-6)


@pytest.mark.parametrize(
    ("networks", "word"),
    [
        ([], "no network"),
        ([Network([[0.5]], [[1.0]]), Network(np.eye(2), np.zeros((2, 1)))], "2 units"),
        ([Network([[0.5]], [[1.0]], delta=0.5)], "step 0.5"),
        ([Network([[0.5]], [[1.0]], decay=0.5)], "decay 1"),
    ],
)
def test_what_cannot_run_together_is_refused(networks: list[Network], word: str) -> None:
    with pytest.raises(ValueError, match=word):
        together(networks)


def test_what_is_no_member_is_refused() -> None:
    with pytest.raises(ValueError, match="not a Member"):
        survey([NETWORKS[0]])  # type: ignore[list-item]
