"""The diarizer around its encoder, without torch: a simple encoder that hears pitch and timbre stands in for it."""

from __future__ import annotations

import threading
from collections.abc import Sequence
from functools import partial
from pathlib import Path

import numpy as np
import pytest
import soundfile

from pipeline.errors import EngineCrashed
from pipeline.media.speech_file import Samples
from schemas.jobs import Job
from schemas.media import SpeechRegion
from schemas.speech import Turn
from schemas.time import SAMPLES_PER_MS, SPEECH_RATE_HZ, Span
from tests.support.scoring import diarization_errors
from tests.workers import contract
from workers.engines.vllm.diarize import SpeakerDiarizer
from workers.engines.vllm.voices import Embeddings

MOST_ERROR = 0.01
EDGE_MS = 500  # a window knows of a change when half of it lies beyond


class SpectrumEncoder:
    """The magnitude spectrum of a window in 40 bands: enough for hums."""

    def __init__(self) -> None:
        self.lengths_ms: list[int] = []
        self.windows = 0
        self._lock = threading.Lock()

    def embed(self, sound: Samples, starts_ms: Sequence[int], *, window_ms: int) -> tuple[Embeddings, float]:
        with self._lock:
            self.lengths_ms.append(len(sound) // SAMPLES_PER_MS)
            self.windows += len(starts_ms)
        sound = np.resize(sound, max(len(sound), window_ms * SAMPLES_PER_MS))
        rows = []
        for start_ms in starts_ms:
            window = sound[start_ms * SAMPLES_PER_MS : (start_ms + window_ms) * SAMPLES_PER_MS : 4]  # up to 2 kHz
            bands = np.array_split(np.abs(np.fft.rfft(window / 2**15)), 40)
            rows.append([np.linalg.norm(band) for band in bands])
        vectors = np.array(rows) + 1e-6
        vectors /= np.linalg.norm(vectors, axis=1, keepdims=True)
        return vectors.astype(np.float32), 0.25


class DeadEncoder:
    """An encoder whose device is gone."""

    def embed(self, sound: Samples, starts_ms: Sequence[int], *, window_ms: int) -> tuple[Embeddings, float]:
        raise EngineCrashed(Job.DIARIZE, 1, "out of memory")


HERTZ = {"low": 150, "high": 900, "middle": 450}


def hum(path: Path, parts: Sequence[tuple[str, int]]) -> list[Turn]:
    """Hums of these voices one after another (``""`` is silence), with a little noise; and who hums when."""
    sounds, turns, at_ms = [], [], 0
    for voice, length_ms in parts:
        phase = 2 * np.pi * np.arange(length_ms * SAMPLES_PER_MS) / SPEECH_RATE_HZ
        wave = sum(np.sin(phase * HERTZ[voice] * n) / n for n in (1, 2, 3)) * 0.2 if voice else 0 * phase
        sounds.append(wave)
        if voice:
            turns.append(Turn(Span(at_ms, at_ms + length_ms), voice, 1.0))
        at_ms += length_ms
    samples = np.concatenate(sounds)
    samples += np.random.default_rng(0).standard_normal(len(samples)) * 1e-4
    soundfile.write(path, samples, SPEECH_RATE_HZ, subtype="PCM_16")
    return turns


def regions(turns: Sequence[Turn]) -> tuple[SpeechRegion, ...]:
    return tuple(SpeechRegion(turn.span, 0.9) for turn in turns)


def diarized(folder: Path, spoken: Sequence[SpeechRegion], encoder: SpectrumEncoder | None = None) -> tuple[Turn, ...]:
    request = contract.DiarizerContract.asking("hum", [region.span for region in spoken])
    (answer,) = SpeakerDiarizer(partial(contract.fetch, folder), encoder or SpectrumEncoder()).diarize([request])
    assert answer.failure is None
    return answer.turns


@pytest.fixture(scope="module")
def diarizer(tmp_path_factory: pytest.TempPathFactory) -> SpeakerDiarizer:
    folder = tmp_path_factory.mktemp("media")
    contract.recordings(folder)
    return SpeakerDiarizer(partial(contract.fetch, folder), SpectrumEncoder())


class TestDiarizer(contract.DiarizerContract):
    pass


def test_each_voice_is_one_speaker_over_the_whole_recording(tmp_path: Path) -> None:
    truth = hum(tmp_path / "hum.flac", [("low", 4_000), ("", 500), ("high", 3_000), ("", 500), ("middle", 3_500)] * 3)
    found = diarized(tmp_path, regions(truth))
    assert diarization_errors(truth, found).rate <= MOST_ERROR
    assert [turn.speaker for turn in found] == ["S1", "S2", "S3"] * 3


def test_a_change_inside_a_region_is_found_near_its_place(tmp_path: Path) -> None:
    truth = hum(tmp_path / "hum.flac", [("low", 6_100), ("high", 5_300), ("low", 7_000)])
    found = diarized(tmp_path, [SpeechRegion(Span(0, 18_400), 0.9)])
    assert [turn.speaker for turn in found] == ["S1", "S2", "S1"]
    changes = zip((turn.span.end_ms for turn in truth), (turn.span.end_ms for turn in found), strict=True)
    assert all(abs(said - heard) <= EDGE_MS for said, heard in changes)


def test_sound_that_is_like_no_voice_is_nobodys(tmp_path: Path) -> None:
    truth = hum(tmp_path / "hum.flac", [("low", 20_000), ("", 500), ("high", 1_200), ("", 500), ("low", 9_000)])
    found = diarized(tmp_path, regions(truth))
    assert [turn.speaker for turn in found] == ["S1", None, "S1"]
    assert found[1].confidence < 0.5


def test_a_region_without_sound_is_nobodys(tmp_path: Path) -> None:
    hum(tmp_path / "hum.flac", [("low", 8_000), ("", 4_000), ("low", 8_000)])
    spoken = [SpeechRegion(Span(*edges), 0.5) for edges in ((0, 8_000), (9_000, 11_000), (12_000, 20_000))]
    assert [turn.speaker for turn in diarized(tmp_path, spoken)] == ["S1", None, "S1"]


def test_a_syllable_is_nobodys_and_a_short_answer_is_somebodys(tmp_path: Path) -> None:
    truth = hum(
        tmp_path / "hum.flac", [("low", 8_000), ("", 400), ("high", 8_000), ("", 400), ("low", 600), ("high", 90)]
    )
    assert [turn.speaker for turn in diarized(tmp_path, regions(truth))] == ["S1", "S2", "S1", None]


def test_a_long_recording_is_heard_in_pieces_and_its_sample_is_bounded(tmp_path: Path) -> None:
    truth = hum(tmp_path / "hum.flac", [("low", 400_000), ("high", 500_000)])
    encoder = SpectrumEncoder()
    found = diarized(tmp_path, [SpeechRegion(Span(0, 900_000), 0.9)], encoder)
    assert diarization_errors(truth, found).rate <= MOST_ERROR
    assert max(encoder.lengths_ms) <= 40_000
    blocks = 900_000 // 250
    assert encoder.windows <= blocks + 300 * 7


def test_the_time_of_the_gpu_is_the_sum_of_what_its_windows_took(tmp_path: Path) -> None:
    truth = hum(tmp_path / "hum.flac", [("low", 4_000), ("", 500), ("high", 3_000)])
    encoder = SpectrumEncoder()
    request = contract.DiarizerContract.asking("hum", [turn.span for turn in truth])
    (answer,) = SpeakerDiarizer(partial(contract.fetch, tmp_path), encoder).diarize([request])
    assert answer.usage.gpu_s == 0.25 * len(encoder.lengths_ms)


def test_a_device_that_fails_ends_the_engine_and_is_no_answer(tmp_path: Path) -> None:
    truth = hum(tmp_path / "hum.flac", [("low", 4_000)])
    diarizer = SpeakerDiarizer(partial(contract.fetch, tmp_path), DeadEncoder())
    with pytest.raises(EngineCrashed, match="out of memory"):
        diarizer.diarize([contract.DiarizerContract.asking("hum", [turn.span for turn in truth])])
