"""Speech with known words: recordings that Flite speaks, with the synthesiser's own times as the truth."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pytest
import soundfile

from infra.demo import flite
from schemas.speech import Turn, Word
from schemas.time import SAMPLES_PER_MS, SPEECH_RATE_HZ, Span

SPEECH_RMS = 0.08
"""-22 dBFS."""

ROOM_TONE_RMS = 0.0005
"""-66 dBFS: recognisers hear rooms, and digital silence only in tests."""


@dataclass(frozen=True, slots=True)
class Utterance:
    """One line to be spoken."""

    start_ms: int
    """Where its first phone starts."""

    voice: str
    """Flite's name: ``rms`` and ``awb`` are men, ``slt`` is a woman."""

    text: str
    """What is said."""


@dataclass(frozen=True, slots=True)
class SpeechClip:
    """A recording and what is in it."""

    path: Path
    """16 kHz mono; the suffix chooses ``.wav`` or ``.flac``."""

    words: tuple[Word, ...]
    """Every word, lower case without punctuation."""

    turns: tuple[Turn, ...]
    """Who speaks when; the voice is the speaker."""


def speech(folder: Path, utterances: Sequence[Utterance], *, length_ms: int, name: str = "speech.wav") -> SpeechClip:
    """Record the utterances over a faint room tone; the test is skipped where Flite is not installed.

    Each starts at its ``start_ms`` to the sample; where it ends follows from the voice.
    """
    if not flite.is_installed():
        pytest.skip("needs the speech synthesiser Flite: apt-get install flite")
    noise = np.random.default_rng(0).standard_normal(length_ms * SAMPLES_PER_MS)
    samples = (noise * ROOM_TONE_RMS).astype(np.float32)
    words: list[Word] = []
    turns: list[Turn] = []
    for utterance in utterances:
        spoken = flite.speak(utterance.text, utterance.voice, rms=SPEECH_RMS)
        first = utterance.start_ms * SAMPLES_PER_MS
        if first + spoken.samples.size > samples.size:
            raise ValueError(f"{utterance.text!r} does not end within {length_ms} ms")
        samples[first : first + spoken.samples.size] += spoken.samples
        said = [
            Word(word.text, Span(utterance.start_ms + word.start_ms, utterance.start_ms + word.end_ms), None)
            for word in spoken.words
        ]
        words += said
        turns.append(Turn(Span(said[0].span.start_ms, said[-1].span.end_ms), utterance.voice, 1.0))
    soundfile.write(folder / name, samples, SPEECH_RATE_HZ, subtype="PCM_16")
    return SpeechClip(folder / name, tuple(words), tuple(turns))
