"""Probing and preparing a clip through the front door, and looking at what came of it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import TypeVar

import numpy as np
import numpy.typing as npt
import pyarrow.parquet as pq
import pytest
import soundfile

from pipeline.media import files
from pipeline.media.prepare import prepare
from pipeline.media.probe import probe
from schemas import columns
from schemas.media import Asset, Level, Prepared, SampledFrame, Shot, SpeechRegion

Row = TypeVar("Row")


@dataclass(frozen=True)
class Made:
    """What probe and prepare made of a clip."""

    asset: Asset
    prepared: Prepared
    folder: Path

    @property
    def files(self) -> set[str]:
        return {path.name for path in self.folder.iterdir()}

    @property
    def samples(self) -> npt.NDArray[np.int16]:
        read: npt.NDArray[np.int16] = soundfile.read(self.folder / files.SPEECH, dtype="int16")[0]
        return read

    @property
    def shots(self) -> list[Shot]:
        return self._rows(files.SHOTS, Shot)

    @property
    def regions(self) -> list[SpeechRegion]:
        return self._rows(files.REGIONS, SpeechRegion)

    @property
    def levels(self) -> list[Level]:
        return self._rows(files.LEVELS, Level)

    @property
    def frames(self) -> list[SampledFrame]:
        return self._rows(files.FRAMES, SampledFrame)

    def _rows(self, name: str, record: type[Row]) -> list[Row]:
        return columns.from_table(pq.read_table(self.folder / name), record)


@pytest.fixture
def made(tmp_path_factory: pytest.TempPathFactory) -> Callable[[Path], Made]:
    """Function that probes and prepares a file."""

    def make(path: Path, *, audio_stream: int | None = None) -> Made:
        folder = tmp_path_factory.mktemp("prepared")
        asset = probe(path, audio_stream=audio_stream)
        return Made(asset, prepare(path, asset, folder), folder)

    return make
