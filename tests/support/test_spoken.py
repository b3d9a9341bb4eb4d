from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import soundfile

from schemas.time import SAMPLES_PER_MS, Span, gaps
from tests.support.spoken import Utterance, speech

LINES = (
    Utterance(500, "rms", "Good morning. Are you ready?"),
    Utterance(3_000, "slt", "We have plenty of time."),
)
EDGE_MS = 5  # phones fade in and out


def test_speech_is_where_its_words_say_and_nowhere_else(tmp_path: Path) -> None:
    clip = speech(tmp_path, LINES, length_ms=6_000, name="two.flac")
    samples, rate_hz = soundfile.read(clip.path)
    assert rate_hz == 16_000
    assert len(samples) == 6_000 * SAMPLES_PER_MS
    assert [turn.span.start_ms for turn in clip.turns] == [500, 3_000]
    for turn in clip.turns:
        part = samples[turn.span.start_ms * SAMPLES_PER_MS : turn.span.end_ms * SAMPLES_PER_MS]
        assert float(np.sqrt(np.mean(np.square(part)))) == pytest.approx(0.08, rel=0.02)
    for gap in gaps([turn.span for turn in clip.turns], length_ms=6_000):
        quiet = Span(gap.start_ms + EDGE_MS, gap.end_ms)
        assert np.abs(samples[quiet.start_ms * SAMPLES_PER_MS : quiet.end_ms * SAMPLES_PER_MS]).max() < 0.004


def test_words_come_with_the_times_of_their_sounds(tmp_path: Path) -> None:
    clip = speech(tmp_path, LINES, length_ms=6_000)
    spelled = [word.text for word in clip.words]
    assert spelled == ["good", "morning", "are", "you", "ready", "we", "have", "plenty", "of", "time"]
    pause = Span(clip.words[1].span.end_ms, clip.words[2].span.start_ms)
    samples, _ = soundfile.read(clip.path)
    middle = samples[(pause.start_ms + 30) * SAMPLES_PER_MS : (pause.end_ms - 30) * SAMPLES_PER_MS]
    assert pause.duration_ms > 80  # Flite pauses between sentences
    assert np.abs(middle).max() < 0.02


def test_a_line_that_does_not_fit_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="does not end within"):
        speech(tmp_path, LINES, length_ms=3_500)
