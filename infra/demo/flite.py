"""English speech from Flite, with the time of every word.

Flite (Debian ``flite``) speaks with voices that PocketSphinx understands: ``rms`` and ``awb`` (men) and
``slt`` (a woman). It prints when each phone ends; which phones make which word is found by counting them.
"""

from __future__ import annotations

import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt
import soundfile

RATE_HZ = 16_000
"""Samples per second of the voices ``rms``, ``slt`` and ``awb``."""

_TIMEOUT_S = 60
"""A sentence takes far less than a second."""


@dataclass(frozen=True, slots=True)
class SpokenWord:
    """One word."""

    text: str
    """The word without punctuation, lower case."""

    start_ms: int
    """Where its first phone starts."""

    end_ms: int
    """Where its last phone ends."""


@dataclass(frozen=True, slots=True)
class Spoken:
    """What Flite said."""

    samples: npt.NDArray[np.float32]
    """From the start of the first phone to the end of the last: shape ``(n,)``, 16 kHz mono, in [-1, 1)."""

    words: tuple[SpokenWord, ...]
    """When each word is said, counted from the first sample."""


def is_installed() -> bool:
    """Whether Flite can be run here."""
    return shutil.which("flite") is not None


def speak(text: str, voice: str, *, rms: float) -> Spoken:
    """``text`` in Flite's ``voice``, scaled to a root mean square of ``rms``.

    Raises:
        FileNotFoundError: Flite is not installed.
        ValueError: The voice has another sample rate, or a word alone is spoken otherwise than in the sentence.
        subprocess.CalledProcessError: Flite failed.

    """
    with tempfile.TemporaryDirectory() as scratch:
        wav = Path(scratch) / "spoken.wav"
        phones = _timed(_flite("-voice", voice, "-psdur", "-t", text, "-o", str(wav)))
        samples, rate_hz = soundfile.read(wav, dtype="float32")
    if rate_hz != RATE_HZ:
        raise ValueError(f"Flite's voice {voice} speaks at {rate_hz} Hz; {RATE_HZ} was expected")
    first_s, end_s = phones[0][0], phones[-1][1]
    heard = samples[round(first_s * rate_hz) : round(end_s * rate_hz)]
    heard *= rms / float(np.sqrt(np.mean(np.square(heard))))
    words = tuple(
        SpokenWord(word, round((start_s - first_s) * 1000), round((stop_s - first_s) * 1000))
        for word, start_s, stop_s in _words(voice, text, phones)
    )
    return Spoken(heard, words)


def _timed(printed: str) -> list[tuple[float, float]]:
    """Start and end of each phone in seconds, pauses left out, from Flite's ``-psdur``."""
    found, at_s = [], 0.0
    for item in printed.split():
        phone, _, end_s = item.partition(":")
        if phone != "pau":
            found.append((at_s, float(end_s)))
        at_s = float(end_s)
    return found


def _words(voice: str, text: str, phones: list[tuple[float, float]]) -> Iterator[tuple[str, float, float]]:
    at = 0
    for word in text.lower().translate(str.maketrans("", "", ".,?!;:")).split():
        alone = _flite("-voice", voice, "-ps", "-t", word, "-o", "none").split()
        after = at + sum(phone != "pau" for phone in alone)
        if after > len(phones):
            break
        yield word, phones[at][0], phones[after - 1][1]
        at = after
    if at != len(phones):
        raise ValueError(f"the phones of {text!r} are not those of its words: put a word in another way")


def _flite(*arguments: str) -> str:
    executable = shutil.which("flite")
    if executable is None:
        raise FileNotFoundError("Flite is not installed: apt-get install flite")
    argv = [executable, *arguments]
    return subprocess.run(argv, capture_output=True, check=True, text=True, timeout=_TIMEOUT_S).stdout
