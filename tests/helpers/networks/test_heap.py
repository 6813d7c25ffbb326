"""The text of a Keras configuration is found in the heap of its file, whatever else is there."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import h5py
import numpy as np
import pytest

from helpers import load_network
from helpers.networks.readers.heap import configuration
from tests.helpers.networks.twins import TWINS


def written(path: Path, text: str, **others: Any) -> Path:
    with h5py.File(path, "w") as root:
        for name, value in others.items():
            root.attrs[name] = value
        root.attrs["model_config"] = text
    return path


@pytest.mark.parametrize("length", [0, 1, 7, 8, 4000, 100_000])
def test_it_is_the_text_that_the_library_reads(length: int, tmp_path: Path) -> None:
    value = {"class_name": "Sequential", "config": {"name": "µ" * length, "layers": []}}
    other = json.dumps({"loss": "mse", "optimizer_config": {"class_name": "A", "config": {}}})
    path = written(tmp_path / "f", json.dumps(value), first="GCOL", second=other, keras="3.6.0")
    with h5py.File(path) as root:
        assert json.loads(root.attrs["model_config"]) == configuration(path) == value


def test_a_heap_without_it(tmp_path: Path) -> None:
    path = written(tmp_path / "f", "no model")
    with pytest.raises(ValueError, match="not in the heap"):
        configuration(path)


def test_a_heap_whose_lengths_are_wrong_ends(tmp_path: Path) -> None:
    """Of every length in it: the library's own reader does not return from some of these."""
    path = TWINS["keras in HDF5"].write(tmp_path / "f")
    content = path.read_bytes()
    at = content.index(b"GCOL")
    for place in (at + 8, at + 24):  # of the collection, of its first object
        for odd in (0, 1, 15, 2**31, 2**63, 2**64 - 8, 2**64 - 1):
            path.write_bytes(content[:place] + odd.to_bytes(8, "little") + content[place + 8 :])
            try:
                np.testing.assert_array_equal(load_network(path).w, TWINS["keras in HDF5"].w)
            except ValueError as error:
                assert str(error).startswith(str(path))
