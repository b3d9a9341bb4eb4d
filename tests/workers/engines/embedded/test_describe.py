from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import soundfile

from schemas.media import CutKind, Shot, SpeechRegion
from schemas.time import SPEECH_RATE_HZ, Span
from workers.engines.embedded.describe import Looking, see

SPAN = Span(0, 8_200)


def shot(*, brightness: float = 0.4, motion: float = 0.01, black: float = 0.0, freeze: float = 0.0) -> Shot:
    return Shot(0, SPAN, 0, 205, CutKind.START, brightness, motion, black, freeze, ("#203048", "#707070"))


@pytest.fixture
def tone(tmp_path: Path) -> Path:
    path = tmp_path / "tone.flac"
    at_s = np.arange(9 * SPEECH_RATE_HZ) / SPEECH_RATE_HZ
    soundfile.write(path, 0.3 * np.sin(2 * np.pi * 440 * at_s), SPEECH_RATE_HZ)
    return path


def test_a_shot_is_described_by_what_can_be_measured() -> None:
    speech = (SpeechRegion(Span(1_000, 6_000), 0.9),)
    (note,) = see(Looking(None, SPAN, (shot(brightness=0.15, motion=0.001),), speech)).notes
    assert note.description == "8.2 s, dark, blue and grey, hardly any motion; speech."
    assert note.tags == ("dark", "speech")


@pytest.mark.parametrize(
    ("made", "words", "tag"),
    [
        (shot(black=1.0, brightness=0.0), "black", "black"),
        (shot(freeze=1.0), "a still picture", "freeze"),
        (shot(motion=0.2), "much motion", "high-motion"),
        (shot(brightness=0.8), "bright", "bright"),
    ],
)
def test_what_stands_out_is_said_and_tagged(made: Shot, words: str, tag: str) -> None:
    (note,) = see(Looking(None, SPAN, (made,), ())).notes
    assert words in note.description
    assert tag in note.tags


def test_sound_under_a_little_speech_is_judged_and_the_speech_is_mentioned(tone: Path) -> None:
    speech = (SpeechRegion(Span(1_000, 2_000), 0.9),)
    (note,) = see(Looking(tone, SPAN, (shot(),), speech)).notes
    assert note.sound == "music-like"
    assert note.description.endswith("; music-like with some speech.")
    assert set(note.tags) >= {"music-like", "speech"}


def test_a_title_without_sound_is_silent() -> None:
    (note,) = see(Looking(None, SPAN, (shot(),), ())).notes
    assert note.sound == "silent"


def test_a_shot_that_goes_on_beyond_the_window_is_heard_inside_it(tone: Path) -> None:
    seen = see(Looking(tone, Span(4_000, 6_000), (shot(),), (SpeechRegion(Span(5_000, 6_000), 0.9),)))
    assert seen.notes[0].sound == "speech"
    assert [scene.span for scene in seen.scenes] == [Span(4_000, 6_000)]
