"""The embedded synthesizer: eSpeak NG, with the pitch and pace of the speaker it stands for.

Voice-matched, never cloned: it is a formant synthesizer and sounds like one. The same request sounds the same
to the last sample, since every take is the first thing that a fresh copy of the library says.
"""

from __future__ import annotations

import io
import unicodedata
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
import soundfile

from schemas.jobs import SynthesizeRequest, Take
from workers.engines.embedded import tuning
from workers.engines.embedded.apart import apart
from workers.engines.embedded.espeak import Parameter, Samples, Speaker, SpeechFailed
from workers.engines.embedded.tuning import Tuning
from workers.engines.seats import Seats, TaskFailed

LONGEST_S = 20.0
"""Longest time for one text. Ours: one of ``MOST_CHARACTERS`` takes a second."""

SPARE_S = 40.0
"""On top of it, for a seat on a crowded machine."""

MOST_CHARACTERS = 5_000
"""Longest text: five minutes of speech, which no line of a dub is. Ours."""

VOLUME = 70
"""Of the library's 100, at which the loudest of the takes that were measured peak at 0 dBFS and some clip. The level
of a line in a dub is the mix's affair."""

QUIET = 1 / 1000
"""Share of the peak below which sound before and after is silence: -60 dB. Ours: the library's pauses are digital
silence, and its quietest consonants 40 dB below the peak."""

LEAD_MS = 5
"""Kept before the first sound, so that the attack is whole."""

TAIL_MS = 15
"""Kept after the last, for its decay."""

_SILENT_CATEGORIES = frozenset({"So", "Sk", "Cs", "Co", "Cn", "Cc", "Cf"})
"""Characters that are pictures, marks or nothing: the library would say their names ("smiling face")."""

_SPOKEN_SIGNS = frozenset("°©®™№")
"""Of these, the ones that people say."""


@dataclass(frozen=True, slots=True)
class Speaking:
    """One task of a process."""

    text: str
    """What to say."""

    tuning: Tuning
    """In which voice."""


@dataclass(frozen=True, slots=True)
class Spoken:
    """What came of it."""

    flac: bytes
    """Mono FLAC."""

    rate_hz: int
    """Samples per second."""

    samples: int
    """How many."""


class EspeakSynthesizer:
    """A ``pipeline.contracts.Synthesizer``; called from as many threads as there are ``seats``."""

    def __init__(self, seats: Seats[Speaking, Spoken]) -> None:
        self._seats = seats

    def synthesize(self, requests: Sequence[SynthesizeRequest]) -> list[Take]:
        """One take per line."""
        return [self._answer(request) for request in requests]

    def _answer(self, request: SynthesizeRequest) -> Take:
        text = sayable(request.text)
        failure = tuning.language_failure(request.language) or _text_failure(text)
        if failure is None:
            chosen = tuning.tuned(
                request.language,
                pitch_hz=request.pitch_hz,
                syllables_per_s=request.syllables_per_s,
                tract_cm=request.tract_cm,
            )
            try:
                spoken = self._seats.ask(Speaking(text, chosen), limit_s=LONGEST_S + SPARE_S)
            except TaskFailed as error:
                failure = f"eSpeak NG could not speak this line: {error}"
            else:
                voice = f"espeak-ng/{chosen.voice}"
                return Take(request.request_id, spoken.flac, spoken.rate_hz, spoken.samples, voice, None)
        return Take(request.request_id, b"", 0, 0, "", failure)


def load() -> Callable[[Speaking], Spoken]:
    """Load the library; what is returned speaks one text after the other.

    Raises:
        EngineUnavailable: The library or its data cannot be loaded.

    """
    speaker = Speaker()

    def speak(task: Speaking) -> Spoken:
        parameters = (
            (Parameter.RATE, task.tuning.rate_wpm),
            (Parameter.PITCH, task.tuning.pitch),
            (Parameter.VOLUME, VOLUME),
        )
        heard = apart(
            lambda: speaker.speak(task.text, voice=task.tuning.voice, parameters=parameters).tobytes(),
            limit_s=LONGEST_S,
        )
        samples = trimmed(np.frombuffer(heard, np.int16), speaker.rate_hz)
        if samples.size == 0:
            raise SpeechFailed("it made no sound of this text")
        file = io.BytesIO()
        soundfile.write(file, samples, speaker.rate_hz, format="FLAC", subtype="PCM_16")
        return Spoken(file.getvalue(), speaker.rate_hz, samples.size)

    return speak


def sayable(text: str) -> str:
    """``text`` without what nobody says aloud, on one line."""
    kept = (
        char if char in _SPOKEN_SIGNS or unicodedata.category(char) not in _SILENT_CATEGORIES else " " for char in text
    )
    return " ".join("".join(kept).split())


def trimmed(samples: Samples, rate_hz: int) -> Samples:
    """The samples without the silence before and after; none when all is silence."""
    loud = np.abs(samples.astype(np.int32))
    if not loud.any():
        return samples[:0]
    places = np.flatnonzero(loud > QUIET * loud.max())
    start = max(0, int(places[0]) - LEAD_MS * rate_hz // 1000)
    return samples[start : int(places[-1]) + 1 + TAIL_MS * rate_hz // 1000]


def _text_failure(text: str) -> str | None:
    """Why a text cannot be spoken; None when it can."""
    if not any(char.isalnum() for char in text):
        return "there is nothing to say in this line: no letter and no digit"
    if len(text) > MOST_CHARACTERS:
        return f"the line has {len(text)} characters and {MOST_CHARACTERS} is the most; break it into sentences"
    return None
