"""A changed network goes back under the names it came with, and what cannot is refused."""

from __future__ import annotations

import zipfile
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from helpers import load_network
from helpers.networks.network import Network, save_network
from tests.helpers.networks import files
from tests.helpers.networks.twins import TWINS, K, M, N, R, drawn

# What each twin's own cell can change, by a part and what it is multiplied with.
WRITABLE = [
    name for name in TWINS if not name.startswith("keras") and name not in ("matlab", "psychrnn")
]


def read(path: Path, name: str) -> Network:
    return load_network(path, **TWINS[name].call)


@pytest.mark.parametrize("name", [*WRITABLE, "psychrnn"])
def test_what_did_not_change_stays_to_the_byte(name: str, tmp_path: Path) -> None:
    path = TWINS[name].write(tmp_path / "old")
    save_network(tmp_path / "new", read(path, name), like=path)
    assert (tmp_path / "new").read_bytes() == path.read_bytes()


@pytest.mark.parametrize("name", [*WRITABLE, "psychrnn"])
def test_what_changed_is_in_the_file_and_nothing_else_is(name: str, tmp_path: Path) -> None:
    path = TWINS[name].write(tmp_path / "old")
    before = read(path, name)
    factors = {"w": 0.5, "omega": 2.0, "b": -1.0, "readout": 3.0, "start": 0.25, "inside": 1.5}
    if "Dale" in name:
        factors["b"] = 1.0
    now = replace(before, **{part: k * getattr(before, part) for part, k in factors.items()})
    save_network(tmp_path / "new", now, like=path)
    after = read(tmp_path / "new", name)
    for part in (*factors, "readout_bias"):
        mine, its = getattr(now, part), getattr(after, part)
        largest = np.max(np.abs(mine), initial=1e-300)
        np.testing.assert_allclose(its, mine, rtol=0, atol=2e-6 * largest, err_msg=part)
    assert after.origin == before.origin
    if zipfile.is_zipfile(path):
        with zipfile.ZipFile(path) as old, zipfile.ZipFile(tmp_path / "new") as new:
            assert old.namelist() == new.namelist()
            for member in ("net/data.pkl", "W_rec/Adam.npy", "rec_connectivity.npy"):
                if member in old.namelist():
                    assert old.read(member) == new.read(member)
    else:
        assert path.stat().st_size == (tmp_path / "new").stat().st_size


def test_low_rank_goes_back_as_low_rank(tmp_path: Path) -> None:
    name = "smc, two inputs"
    path = TWINS[name].write(tmp_path / "old")
    network = read(path, name)
    other = drawn(N, R, seed=91) @ drawn(R, N, seed=92).astype(float)
    save_network(tmp_path / "new", replace(network, w=other), like=path)
    np.testing.assert_allclose(read(tmp_path / "new", name).w, other, atol=1e-5)
    with pytest.raises(ValueError, match="w has a rank above 2"):
        save_network(tmp_path / "new", replace(network, w=drawn(N, N, seed=93)), like=path)


REFUSALS: list[tuple[str, dict[str, Any], str]] = [
    ("psychrnn", {"w": drawn(N, N, seed=1)}, "no place for the w"),  # a masked weight is not zero
    ("psychrnn under Dale's law", {"w": -np.ones((N, N))}, "no place for the w"),
    ("phase-limit-cycle", {"b": np.ones(N)}, "no place for the b"),
    ("phase-limit-cycle", {"inside": np.ones(N)}, "no place for the inside"),
    ("nn.RNN", {"start": np.ones(N)}, "no place for the start"),
    ("nn.RNN", {"w": np.full((N, N), 1e300)}, "no place for the w"),
    ("keras in HDF5", {"w": np.eye(N)}, "cannot be written in the format"),
    ("keras archive", {"w": np.eye(N)}, "cannot be written in the format"),
    ("matlab", {"w": np.eye(N)}, "cannot be written in the format"),
]  # fmt: skip


@pytest.mark.filterwarnings("ignore:overflow encountered in cast")
@pytest.mark.parametrize("name, change, reason", REFUSALS)
def test_what_the_file_cannot_hold_is_refused_and_nothing_is_written(
    name: str, change: dict[str, Any], reason: str, tmp_path: Path
) -> None:
    path = TWINS[name].write(tmp_path / "old")
    network = replace(read(path, name), **change)
    with pytest.raises(ValueError, match=reason) as caught:
        save_network(tmp_path / "new", network, like=path)
    assert str(caught.value).startswith(str(path)) and "without like=" in str(caught.value)
    assert [file.name for file in tmp_path.iterdir()] == ["old"]


def test_a_network_of_no_file_and_a_file_of_another_network(tmp_path: Path) -> None:
    path = TWINS["nn.RNN"].write(tmp_path / "old")
    with pytest.raises(ValueError, match="came from no file"):
        save_network(tmp_path / "new", Network([[0.5]], [[1.0]]), like=path)
    other = read(TWINS["valente"].write(tmp_path / "other"), "valente")
    with pytest.raises(ValueError, match=r"old: .*wrec"):
        save_network(tmp_path / "new", other, like=path)
    small = files.torch_zip(
        tmp_path / "small",
        {"rnn.weight_hh_l0": np.eye(2), "rnn.weight_ih_l0": np.ones((2, M)),
         "rnn.bias_ih_l0": np.ones(2), "rnn.bias_hh_l0": np.ones(2),
         "fc.weight": np.ones((K, 2)), "fc.bias": np.ones(K)},
    )  # fmt: skip
    with pytest.raises(ValueError, match="small: "):
        save_network(tmp_path / "new", read(path, "nn.RNN"), like=small)
    assert not (tmp_path / "new").exists()


def test_what_came_from_a_file_can_be_kept_as_ours_and_still_go_back(tmp_path: Path) -> None:
    path = TWINS["valente"].write(tmp_path / "old")
    save_network(tmp_path / "ours.npz", read(path, "valente"))
    ours = load_network(tmp_path / "ours.npz")
    assert ours.origin == read(path, "valente").origin and ours.form == "activation"
    save_network(tmp_path / "new", replace(ours, w=0.5 * ours.w), like=path)
    np.testing.assert_array_equal(read(tmp_path / "new", "valente").w, 0.5 * ours.w)
