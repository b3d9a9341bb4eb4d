"""Conversations of known voices, for tests of diarizers."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np
import soundfile

from schemas.media import SpeechRegion
from schemas.speech import Turn
from schemas.time import SAMPLES_PER_MS, SPEECH_RATE_HZ, Span
from tests.support.spoken import ROOM_TONE_RMS, SpeechClip
from tests.support.taught_speaker.voices import LINES, UNHEARD, say

PAUSE_MS = 400
"""Between two turns, unless a test says otherwise."""


def conversation(folder: Path, speakers: Sequence[str], *, pause_ms: int = PAUSE_MS, turn_ms: int = 0) -> SpeechClip:
    """Each of ``speakers`` (names in ``UNHEARD``) says a line, over a faint room tone, as ``conversation.flac``.

    ``turn_ms`` makes the turns that long at least, by more lines.
    """
    lines = LINES["en"]
    sounds = [np.zeros(500 * SAMPLES_PER_MS, np.float32)]
    turns: list[Turn] = []
    count, at_ms = 0, 500
    for name in speakers:
        first_ms = at_ms
        while at_ms - first_ms < max(1, turn_ms):
            sound = say(lines[count % len(lines)], UNHEARD[name])
            sound = sound[: len(sound) // SAMPLES_PER_MS * SAMPLES_PER_MS]
            sounds.append(sound)
            at_ms += len(sound) // SAMPLES_PER_MS
            count += 1
        turns.append(Turn(Span(first_ms, at_ms), name, 1.0))
        sounds.append(np.zeros(pause_ms * SAMPLES_PER_MS, np.float32))
        at_ms += pause_ms
    samples = np.concatenate(sounds)
    samples += np.random.default_rng(0).standard_normal(len(samples)).astype(np.float32) * ROOM_TONE_RMS
    path = folder / "conversation.flac"
    soundfile.write(path, samples, SPEECH_RATE_HZ, subtype="PCM_16")
    return SpeechClip(path, (), tuple(turns))


def regions(turns: Sequence[Turn]) -> tuple[SpeechRegion, ...]:
    """What a voice activity detector would find where turns have pauses between them."""
    return tuple(SpeechRegion(turn.span, 0.9) for turn in turns)
