from __future__ import annotations

import os
import queue
from pathlib import Path

import pytest

from workers.engines.vllm.fetching import growth_told

SOON_S = 0.01
MEGABYTE = 1_000_000


def test_a_download_that_gets_on_is_told_of(tmp_path: Path) -> None:
    told: queue.Queue[float] = queue.Queue()
    with growth_told(tmp_path / "cache", tell=told.put, every_s=SOON_S):
        (tmp_path / "cache" / "blobs").mkdir(parents=True)
        (tmp_path / "cache" / "blobs" / "weights.incomplete").write_bytes(bytes(range(250)) * 20_000)
        gb = told.get(timeout=60)
        while gb < 5 * MEGABYTE / 1e9:
            gb = told.get(timeout=60)
        assert gb == pytest.approx(5 * MEGABYTE / 1e9, rel=0.1)


def test_a_download_that_stands_still_is_not_told_of(tmp_path: Path) -> None:
    with (tmp_path / "weights").open("wb") as stream:
        stream.write(b"1" * MEGABYTE)
        os.fsync(stream.fileno())
    told: queue.Queue[float] = queue.Queue()
    with growth_told(tmp_path, tell=told.put, every_s=SOON_S), pytest.raises(queue.Empty):
        told.get(timeout=20 * SOON_S)
