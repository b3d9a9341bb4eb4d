"""What an engine sends is decoded and listened to before it is believed."""

from __future__ import annotations

import dataclasses

import numpy as np
import pytest

from pipeline.localize.takes import Heard, decoded, heard
from schemas.jobs import Take
from tests.support.tone_engine import RATE_HZ, VOICE, flac, tone


def take(sound: bytes, samples: int = RATE_HZ, rate_hz: int = RATE_HZ) -> Take:
    return Take("id", sound, rate_hz, samples, VOICE, None)


def test_a_take_is_as_long_as_its_sound_and_the_last_begun_millisecond() -> None:
    assert heard(take(tone(RATE_HZ))) == Heard(1_000, None)
    assert heard(take(tone(RATE_HZ + 1), RATE_HZ + 1)) == Heard(1_001, None)


def test_a_failed_take_keeps_its_reason() -> None:
    assert heard(dataclasses.replace(take(b""), failure="no such voice")) == Heard(None, "no such voice")


@pytest.mark.parametrize("sound", [b"", b"garbage", b"fLaC" + bytes(100), tone(RATE_HZ)[:60]])
def test_what_is_no_sound_is_a_failure_and_not_a_crash(sound: bytes) -> None:
    assert heard(take(sound)).natural_ms is None


def test_a_take_that_was_cut_short_is_not_used() -> None:
    assert heard(take(tone(RATE_HZ)[: len(tone(RATE_HZ)) // 2])).natural_ms is None
    assert heard(take(tone(RATE_HZ - 5))) == Heard(
        None, "the sound that came has 23995 samples at 24000 Hz, and 24000 at 24000 Hz were announced"
    )


def test_silence_is_not_taken_for_speech() -> None:
    assert heard(take(flac(np.zeros((RATE_HZ, 1)), RATE_HZ))) == Heard(None, "the sound that came is silent")


def test_a_take_without_a_sample_is_not_used() -> None:
    assert heard(take(flac(np.zeros((0, 1)), RATE_HZ), 0)).natural_ms is None


def test_two_channels_are_not_one_voice() -> None:
    with pytest.raises(ValueError, match="2 channels"):
        decoded(flac(np.ones((100, 2)) * 0.1, RATE_HZ))


def test_less_than_a_telephone_is_refused() -> None:
    with pytest.raises(ValueError, match="4000 Hz"):
        decoded(flac(np.ones((100, 1)) * 0.1, 4_000))
