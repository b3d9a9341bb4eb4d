from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import numpy as np
import numpy.typing as npt
import pytest

from pipeline.localize.level import DIALOGUE_LUFS
from pipeline.media.sound import RawSound
from pipeline.media.wav import Words
from pipeline.mix.bed import VoiceOver
from pipeline.mix.render import (
    MOST_GAIN_DB,
    Output,
    Parts,
    Rendered,
    dialogue_gain_db,
    measured,
    rendered,
    speech_lufs,
)
from pipeline.mix.targets import Goal
from schemas.localize import PlacedSpeech
from schemas.time import Span
from tests.support.dubs import Said, placed, speech

LENGTH_MS = 4_000
TOLERANCE_LU = 0.5
LINE = Said(Span(1_000, 2_500))
STEREO = ("FL", "FR")
WORDS = Words("d", "o", "r", "h", "t", "c")


def stereo(level_db: float) -> npt.NDArray[np.float32]:
    """A tone of 997 Hz on both sides, so loud that each side alone is ``level_db`` from ``TONE_LUFS``."""
    return np.stack([speech(LENGTH_MS) * np.float32(10 ** (level_db / 20))] * 2, axis=1)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return tmp_path


def raw(folder: Path, samples: npt.NDArray[np.float32]) -> RawSound:
    path = folder / "original.f32"
    samples.astype(np.float32).tofile(path)
    return RawSound(path, channels=samples.shape[1])


def made(folder: Path, original: RawSound, *, lufs: float, told: list[int] | None = None) -> Rendered:
    def speeches() -> Iterator[PlacedSpeech]:
        return placed([LINE], speech)

    parts = Parts(STEREO, LENGTH_MS, VoiceOver(original, dubbed=[LINE.span], flagged=[]), speeches)
    say = (told if told is not None else []).append
    goal = Goal("made", lufs, TOLERANCE_LU, -1.0, is_dialogue_measured=False)
    levels = measured(parts, goal, dialogue_db=0.0, told=say)
    outputs = (Output(folder / f"{name}.wav", WORDS, 0) for name in ("mix", "dialogue"))
    return rendered(parts, levels, goal, *outputs, told=say)


def test_speech_of_the_original_is_measured_where_it_is_dubbed_alone(folder: Path) -> None:
    samples = stereo(0)
    samples[: 48 * 1_000] *= 8
    samples[48 * 2_500 :] *= 8
    told: list[int] = []
    with raw(folder, samples) as original:
        found_lufs = speech_lufs(original, STEREO, [LINE.span], told=told.append)
    assert found_lufs == pytest.approx(DIALOGUE_LUFS + 3, abs=0.1)
    assert told == [1_000, 500]


def test_the_dub_gets_the_loudness_of_the_original_unless_that_is_silent() -> None:
    assert dialogue_gain_db(-30.0) == DIALOGUE_LUFS * -1 - 30.0
    assert dialogue_gain_db(-61.0) == 0
    assert dialogue_gain_db(-70.0) == 0


def test_gain_brings_it_to_the_goal(folder: Path) -> None:
    with raw(folder, stereo(-10)) as original:
        rendering = made(folder, original, lufs=-23)
    assert rendering.mix.loudness.integrated_lufs == pytest.approx(-23, abs=0.01)
    assert rendering.mix.limited_ms == 0


def test_noise_is_not_turned_up_without_end(folder: Path) -> None:
    with raw(folder, np.zeros((LENGTH_MS * 48, 2), np.float32)) as original:
        rendering = made(folder, original, lufs=20)
    assert rendering.gain_db == MOST_GAIN_DB


def test_where_the_limiter_moves_the_loudness_the_files_are_made_once_more(folder: Path) -> None:
    samples = stereo(-10)
    samples[::12_000] = 0.9
    told: list[int] = []
    with raw(folder, samples) as original:
        rendering = made(folder, original, lufs=-14, told=told)
    assert rendering.mix.limited_ms > 0
    assert rendering.mix.loudness.integrated_lufs == pytest.approx(-14, abs=TOLERANCE_LU)
    assert sum(told) == 5 * LENGTH_MS, "measured once, and two files twice"


def test_everything_is_told_as_it_goes_on(folder: Path) -> None:
    told: list[int] = []
    with raw(folder, stereo(0)) as original:
        made(folder, original, lufs=-23, told=told)
    assert told == [1_000] * 12
