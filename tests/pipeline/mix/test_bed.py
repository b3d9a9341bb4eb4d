from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path

import numpy as np
import numpy.typing as npt
import pytest

from pipeline.media.sound import RawSound
from pipeline.mix.bed import (
    DUCK_AFTER_MS,
    DUCK_BEFORE_MS,
    DUCK_DB,
    DUCK_HOLD_MS,
    FLAG_FADE_MS,
    Bed,
    Replacement,
    VoiceOver,
)
from schemas.time import Span

LENGTH_MS = 12_000
LINE = Span(3_000, 5_000)
SPEECH, MUSIC = 0.5, 0.25
"""What original and music and effects hold, everywhere."""

STEEPEST_DB_PER_MS = 0.5
"""A fade and no click: the whole depth takes 30 ms at least."""

Samples = npt.NDArray[np.float32]
Opener = Callable[[float], RawSound]


@pytest.fixture
def opened(tmp_path: Path) -> Iterator[Opener]:
    with ExitStack() as stack:

        def make(value: float) -> RawSound:
            path = tmp_path / f"{value}.f32"
            np.full(LENGTH_MS * 48 * 2, value, np.float32).tofile(path)
            return stack.enter_context(RawSound(path, channels=2))

        yield make


def gain_db(bed: Bed, of: float) -> npt.NDArray[np.float64]:
    """Gain per millisecond of the whole."""
    samples = np.concatenate([bed.read(at, 48_000) for at in range(0, LENGTH_MS * 48, 48_000)])
    assert (samples[:, 0] == samples[:, 1]).all()
    return np.asarray(20 * np.log10(samples[::48, 0].astype(np.float64) / of))


def test_the_original_is_down_under_a_line_and_as_it_was_away_from_it(opened: Opener) -> None:
    gain = gain_db(VoiceOver(opened(SPEECH), dubbed=[LINE], flagged=[]), SPEECH)
    assert (gain[: LINE.start_ms - DUCK_BEFORE_MS] == 0).all()
    assert gain[LINE.start_ms : LINE.end_ms] == pytest.approx(-DUCK_DB, abs=0.01)
    assert (gain[LINE.end_ms + DUCK_AFTER_MS :] == 0).all()


def test_it_goes_down_and_comes_back_smoothly(opened: Opener) -> None:
    gain = gain_db(VoiceOver(opened(SPEECH), dubbed=[LINE], flagged=[]), SPEECH)
    assert (np.diff(gain[: LINE.end_ms]) <= 1e-6).all()
    assert (np.diff(gain[LINE.end_ms :]) >= -1e-6).all()
    assert np.abs(np.diff(gain)).max() < 2 * DUCK_DB / DUCK_BEFORE_MS
    assert gain[LINE.start_ms - DUCK_BEFORE_MS // 2] == pytest.approx(-DUCK_DB / 2, abs=0.05)
    assert gain[LINE.end_ms + DUCK_AFTER_MS // 2] == pytest.approx(-DUCK_DB / 2, abs=0.05)


def test_it_does_not_pump_between_sentences(opened: Opener) -> None:
    pause_ms = DUCK_BEFORE_MS + DUCK_HOLD_MS + DUCK_AFTER_MS
    lines = [LINE, Span(LINE.end_ms + pause_ms, LINE.end_ms + pause_ms + 1_000)]
    gain = gain_db(VoiceOver(opened(SPEECH), dubbed=lines, flagged=[]), SPEECH)
    assert gain[LINE.start_ms : lines[1].end_ms] == pytest.approx(-DUCK_DB, abs=0.01)


@pytest.mark.parametrize("gap_ms", [0, 20, 300, 700])
def test_a_flagged_slot_keeps_the_original_at_its_own_level(opened: Opener, gap_ms: int) -> None:
    flagged = Span(LINE.end_ms + gap_ms, LINE.end_ms + gap_ms + 1_500)
    following = Span(flagged.end_ms + gap_ms, flagged.end_ms + gap_ms + 1_000)
    gain = gain_db(VoiceOver(opened(SPEECH), dubbed=[LINE, following], flagged=[flagged]), SPEECH)
    assert (gain[flagged.start_ms : flagged.end_ms] == 0).all()
    assert gain[LINE.start_ms : LINE.end_ms - FLAG_FADE_MS] == pytest.approx(-DUCK_DB, abs=0.01)
    assert np.abs(np.diff(gain)).max() < STEEPEST_DB_PER_MS


def test_a_replacement_has_music_and_effects_alone_but_in_flagged_slots(opened: Opener) -> None:
    music, original = opened(MUSIC), opened(SPEECH)
    flagged = Span(7_000, 8_000)
    level = 10 ** (gain_db(Replacement(music, original, flagged=[flagged]), 1.0) / 20)
    assert level[: flagged.start_ms - FLAG_FADE_MS] == pytest.approx(MUSIC, abs=1e-6)
    assert level[flagged.start_ms : flagged.end_ms] == pytest.approx(SPEECH, abs=1e-6)
    assert level[flagged.end_ms + FLAG_FADE_MS :] == pytest.approx(MUSIC, abs=1e-6)
    middle = (SPEECH + MUSIC) / 2
    assert level[flagged.start_ms - FLAG_FADE_MS // 2] == pytest.approx(middle, abs=0.01), "what both hold stays"
    assert np.abs(np.diff(20 * np.log10(level))).max() < STEEPEST_DB_PER_MS


def test_a_flagged_slot_of_a_replacement_is_the_original_sample_by_sample(opened: Opener) -> None:
    made = Replacement(opened(MUSIC), opened(SPEECH), flagged=[Span(1_000, 2_000)]).read(48_000, 48_000)
    assert (made == SPEECH).all()
