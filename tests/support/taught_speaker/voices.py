"""Voices of eSpeak NG: those the tiny speaker encoder is taught with, and others that it has never heard.

A voice is a variant (which sets formants and breath) at a pitch of its own. Language, pace and text change from
line to line, so that the encoder learns to look past them.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache

import numpy as np
import numpy.typing as npt
import soxr

from schemas.time import SPEECH_RATE_HZ
from workers.engines.embedded.espeak import Parameter, Speaker

Sound = npt.NDArray[np.float32]
"""Mono speech at 16 kHz, shape ``(n,)``, full scale 1."""

LEVEL = 0.08
"""Root mean square of a line: -22 dBFS."""


@dataclass(frozen=True, slots=True)
class Voice:
    """Somebody who speaks."""

    variant: str
    """eSpeak NG's name, e.g. ``f2``."""

    pitch: int
    """0 to 100; 50 is the variant's own."""


TAUGHT_VARIANTS = tuple(
    "Alex Alicia Andrea Andy Denis Diogo Gene Henrique Jacky Lee Marco Mario Michael Mike Nguyen Storm adam anika "
    "announcer antonio aunty belinda benjamin boris caleb david ed f1 f3 f4 grandma gustave ian iven john klatt klatt2 "
    "klatt4 linda m1 m2 m4 m5 m7 marcelo max michel miguel norbert pablo paul pedro quincy rob sandro shelby steph "
    "travis victor".split()
)
"""Variants of the lessons."""

UNHEARD = {
    "ada": Voice("f2", 60),
    "bob": Voice("m3", 40),
    "cleo": Voice("Annie", 75),
    "dan": Voice("m8", 20),
    "eve": Voice("f5", 85),
    "finn": Voice("robert", 55),
}
"""Voices that are in no lesson."""

LINES = {
    "en": (
        "We should leave for the station in about twenty minutes.",
        "My sister called and she wants to meet us at the lake.",
        "There was a long line in front of the bakery this morning.",
        "I would rather take the train than drive all the way.",
        "Nobody knows why the old bridge was closed in the first place.",
    ),
    "es": (
        "La estación queda muy lejos de aquí, al otro lado del río.",
        "Mañana vamos a visitar a mi abuela en el campo.",
    ),
    "de": ("Der Zug nach München fährt heute leider nicht.", "Am Wochenende wollen wir alle zusammen kochen."),
    "fr": ("Le petit restaurant près de la gare est fermé lundi.", "Je voudrais une chambre avec vue sur la mer."),
    "it": ("Domani mattina andiamo tutti insieme al mercato.", "La finestra della cucina guarda sul giardino."),
    "pt": ("O navio chega ao porto amanhã de manhã cedo.", "Ela gosta de ler perto da janela da sala."),
}
"""Lines by eSpeak NG's name of their language."""


def say(text: str, voice: Voice, *, language: str = "en", words_per_minute: int = 165) -> Sound:
    """How a line sounds, from its first sound to its last, at ``LEVEL``."""
    speaker = _speaker()
    settings = [(Parameter.RATE, words_per_minute), (Parameter.PITCH, voice.pitch)]
    spoken = speaker.speak(text, voice=f"{language}+{voice.variant}", parameters=settings)
    sound = soxr.resample(spoken.astype(np.float32), speaker.rate_hz, SPEECH_RATE_HZ)
    loud = np.flatnonzero(np.abs(sound) > np.abs(sound).max() / 100)
    sound = sound[loud[0] : loud[-1] + 1]
    levelled: Sound = (sound * (LEVEL / np.sqrt(np.square(sound).mean()))).astype(np.float32)
    return np.clip(levelled, -1, 1)


@cache
def _speaker() -> Speaker:
    """eSpeak NG's library, of which a process has one."""
    return Speaker()
