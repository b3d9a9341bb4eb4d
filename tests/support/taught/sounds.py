"""Speech of known words at known times, in two voices of eSpeak NG.

eSpeak NG lets its voices waver: a word is up to a millisecond longer or shorter each time, in whatever process. Times
are measured on what it said, and the taught models have heard it in many ways.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from functools import cache

import numpy as np
import numpy.typing as npt
import soxr

from schemas.speech import Turn, Word
from schemas.time import SAMPLES_PER_MS, SPEECH_RATE_HZ, Span
from tests.support.taught.words import sentence
from workers.engines.embedded.espeak import Parameter, Speaker

Samples = npt.NDArray[np.float32]
"""Shape ``(n,)``, 16 kHz mono, in [-1, 1)."""

SPEECH_RMS = 0.08
"""-22 dBFS."""

ROOM_TONE_RMS = 0.0005
"""-66 dBFS: digital silence is found only in tests."""

_NOISE_S = 60

_AUDIBLE = 0.02
"""Of the peak: a word begins and ends where its wave first and last is this loud."""


class Voice(StrEnum):
    """Who speaks; the value is eSpeak NG's name."""

    LOW = "en-us+m3"
    HIGH = "en-us+f2"


_PITCH = {Voice.LOW: 35, Voice.HIGH: 60}
"""eSpeak NG's scale, 0 to 100."""


@dataclass(frozen=True, slots=True)
class Manner:
    """How a voice says its words."""

    words_per_minute: int = 150
    """Pace of each word by itself; the gaps between them are ours."""

    pitch: int = 0
    """On eSpeak NG's scale, added to the voice's own."""


PLAIN = Manner()


@dataclass(frozen=True, slots=True)
class Line:
    """A few words that are said one after another; they are written as one sentence."""

    start_ms: int
    """Where the first word starts."""

    words: tuple[str, ...]
    """Words of the vocabulary."""

    voice: Voice = Voice.LOW
    """Who says them."""

    gap_ms: int = 80
    """Silence between two words."""

    manner: Manner = PLAIN
    """How they are said."""


@dataclass(frozen=True, slots=True)
class Recording:
    """Lines that were said."""

    samples: Samples
    """The whole recording."""

    words: tuple[Word, ...]
    """Every word as it is written, with the times at which its wave begins and ends."""

    turns: tuple[Turn, ...]
    """One per line; the voice's name in lower case is the speaker."""

    text: str
    """What is said, one sentence per line."""


class Studio:
    """Where lines are recorded. Words are kept, so that each is synthesised once."""

    def __init__(self) -> None:
        self._said: dict[tuple[str, Voice, Manner], Samples] = {}
        self._noise = np.random.default_rng(0).standard_normal(_NOISE_S * SPEECH_RATE_HZ, np.float32)

    def record(self, lines: Sequence[Line], *, length_ms: int) -> Recording:
        """The lines over a faint room tone, each word at its time to the sample.

        Raises:
            ValueError: A line does not end within ``length_ms``.

        """
        samples = self.noise(length_ms * SAMPLES_PER_MS) * np.float32(ROOM_TONE_RMS)
        words: list[Word] = []
        turns: list[Turn] = []
        for line in lines:
            at_ms, first = line.start_ms, len(words)
            for said, written in zip(line.words, sentence(line.words).split(), strict=True):
                wave = self.word(said, line.voice, line.manner)
                start = at_ms * SAMPLES_PER_MS
                if start + wave.size > samples.size:
                    raise ValueError(f"{sentence(line.words)!r} does not end within {length_ms} ms")
                samples[start : start + wave.size] += wave
                end_ms = at_ms + round(wave.size / SAMPLES_PER_MS)
                words.append(Word(written, Span(at_ms, end_ms), None))
                at_ms = end_ms + line.gap_ms
            turns.append(Turn(Span(line.start_ms, words[-1].span.end_ms), line.voice.name.lower(), 1.0))
            assert len(words) - first == len(line.words)
        return Recording(samples, tuple(words), tuple(turns), " ".join(sentence(line.words) for line in lines))

    def noise(self, count: int, *, start: int = 0) -> Samples:
        """White noise of a root mean square of 1, the same every time; it comes round after a minute."""
        return np.take(self._noise, np.arange(start, start + count), mode="wrap")

    def length_ms(self, line: Line) -> int:
        """From where its first word starts to where its last one ends."""
        said_ms = sum(round(self.word(word, line.voice, line.manner).size / SAMPLES_PER_MS) for word in line.words)
        return said_ms + line.gap_ms * (len(line.words) - 1)

    def word(self, word: str, voice: Voice, manner: Manner = PLAIN) -> Samples:
        """One word alone, from where it is heard to where it is not, at ``SPEECH_RMS``."""
        key = (word, voice, manner)
        if key not in self._said:
            parameters = [
                (Parameter.RATE, manner.words_per_minute),
                (Parameter.PITCH, _PITCH[voice] + manner.pitch),
            ]
            spoken = _speaker().speak(word, voice=voice.value, parameters=parameters)
            wave = soxr.resample(spoken.astype(np.float32), _speaker().rate_hz, SPEECH_RATE_HZ)
            heard = np.flatnonzero(np.abs(wave) > _AUDIBLE * np.abs(wave).max())
            wave = wave[heard[0] : heard[-1] + 1]
            self._said[key] = (wave * (SPEECH_RMS / np.sqrt(np.mean(np.square(wave))))).astype(np.float32)
        return self._said[key]


@cache
def _speaker() -> Speaker:
    """The library, which is one per process."""
    return Speaker()
