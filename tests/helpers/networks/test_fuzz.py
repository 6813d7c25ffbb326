"""Changed files of every format: a Network or a ValueError, and none that hangs.

About a minute in all. FUZZ=100000 makes as many of each format.
"""

from __future__ import annotations

import os
import signal
from collections import Counter
from pathlib import Path
from typing import Any

import pytest

from tests.helpers.networks.fuzz import SAMPLES, changed_files, mutated_inside, outcome

COUNT = int(os.environ.get("FUZZ", "500"))
HANG = 60  # seconds for one file: not how long it may take, but when it would never end


@pytest.fixture
def watched() -> Any:
    def hangs(*_: Any) -> None:
        raise RuntimeError("it hangs")

    before = signal.signal(signal.SIGALRM, hangs)
    yield lambda: signal.alarm(HANG)
    signal.alarm(0)
    signal.signal(signal.SIGALRM, before)


@pytest.mark.skipif(not hasattr(signal, "SIGALRM"), reason="no alarm here to end what hangs")
@pytest.mark.fuzz
@pytest.mark.parametrize("name", SAMPLES)
def test_a_changed_file_is_a_network_or_a_value_error(
    name: str, tmp_path: Path, watched: Any
) -> None:
    counts: Counter[str] = Counter()
    for content, call in changed_files(name, COUNT, seed=1):
        watched()
        counts[outcome(tmp_path / "file", content, call)] += 1
    # The control: changes that stop at the door prove nothing about what is behind it.
    assert counts["Network"] > 0.03 * COUNT and counts["ValueError"] > 0.3 * COUNT, counts


@pytest.mark.parametrize("name", SAMPLES)
def test_the_whole_file_is_a_network(name: str, tmp_path: Path) -> None:
    for write, call in SAMPLES[name]:
        content = write(tmp_path / "file").read_bytes()
        assert outcome(tmp_path / "file", content, call) == "Network"


def test_changes_reach_the_inside_of_an_archive(tmp_path: Path) -> None:
    import zipfile

    import numpy as np

    content = SAMPLES["zip"][0][0](tmp_path / "file").read_bytes()
    rng, seen = np.random.default_rng(1), set()
    for _ in range(50):
        (tmp_path / "other").write_bytes(mutated_inside(content, rng))
        with (
            zipfile.ZipFile(tmp_path / "other") as other,
            zipfile.ZipFile(tmp_path / "file") as old,
        ):
            assert other.testzip() is None
            seen |= {name for name in old.namelist() if other.read(name) != old.read(name)}
    assert len(seen) > 5
