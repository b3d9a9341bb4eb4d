"""What a dub of made dialogue needs besides: a source that has sound, answers in Spanish, takes of the right length.

The sound is a hum, the translation is word by word, and a take is a hum as long as its text takes to say. A minute
of sound is made and repeated without a seam (a minute is 625 blocks of FLAC), so that ten hours are there in seconds.
"""

from __future__ import annotations

import io
import math
import subprocess
from functools import lru_cache
from pathlib import Path

import numpy as np
import numpy.typing as npt
import soundfile

from schemas.jobs import LineAnswer, SynthesizeRequest, Take, TranslateRequest, Translation
from schemas.time import SPEECH_RATE_HZ
from tests.bench.bench_prepare import ffmpeg

LANGUAGE = "es"

MINUTE_S = 60
_SOURCE_RATE_HZ = 48_000
_TAKE_RATE_HZ = 24_000
_PITCH_HZ = 120.0
_AMPLITUDE = 0.1

_MS_PER_CHARACTER = 60
"""About what the dialogue takes to say (``tests.bench.dialogue``): some lines fit, some must be stretched."""

_STEP_MS = 20
"""Takes have whole steps of length, so that most of a long title need not be encoded again."""

_SPANISH = dict(
    zip(
        "the old house on hill was empty when they came back from town and nobody knew why he had left it to his "
        "brother before war ended because she never wanted talk about what happened that night".split(),
        "la vieja casa en colina estaba vacía cuando ellos vinieron atrás de ciudad y nadie sabía porqué él había "
        "dejado lo a su hermano antes guerra terminó porque ella nunca quiso hablar sobre lo pasado esa noche".split(),
        strict=True,
    )
)


def write_source(path: Path, length_ms: int) -> None:
    """A title with a black picture, stream 0, and a hum, stream 1, of exactly this length; a whole second."""
    minute = path.with_suffix(".minute.mkv")
    picture = ["-f", "lavfi", "-i", "color=black:size=16x16:rate=1"]
    hum = ["-f", "lavfi", "-i", f"sine=frequency={_PITCH_HZ:g}:sample_rate={_SOURCE_RATE_HZ}"]
    coding = ["-t", str(MINUTE_S), "-c:v", "ffv1", "-c:a", "flac", "-frame_size", "4608"]
    subprocess.run([*ffmpeg(), "-y", *picture, *hum, *coding, f"file:{minute}"], check=True)
    loop = ["-stream_loop", "-1", "-i", f"file:{minute}", "-t", f"{length_ms / 1000:g}", "-map", "0", "-c", "copy"]
    subprocess.run([*ffmpeg(), "-y", *loop, "-f", "matroska", f"file:{path}"], check=True)
    minute.unlink()


def write_speech(path: Path, length_ms: int) -> None:
    """Speech audio of this length as prepare leaves it: 16 kHz mono FLAC, a buzz."""
    minute = _buzz(MINUTE_S * SPEECH_RATE_HZ, SPEECH_RATE_HZ)
    left = length_ms * SPEECH_RATE_HZ // 1000
    with soundfile.SoundFile(path, "w", SPEECH_RATE_HZ, 1, "PCM_16", format="FLAC") as file:
        while left > 0:
            file.write(minute[:left])
            left -= len(minute)


def translated(request: TranslateRequest) -> Translation:
    """Every line word by word, and no shorter wordings, as Apertium gives none."""
    lines = tuple(LineAnswer(line.id, _in_spanish(line.text), (), ()) for line in request.lines)
    return Translation(request.request_id, lines, failure=None)


def spoken(request: SynthesizeRequest) -> Take:
    """A hum as long as the text takes to say."""
    steps = math.ceil(len(request.text) * _MS_PER_CHARACTER / _STEP_MS)
    count = steps * _STEP_MS * _TAKE_RATE_HZ // 1000
    return Take(request.request_id, _hum(count), _TAKE_RATE_HZ, count, "hum/120", failure=None)


def _in_spanish(text: str) -> str:
    return " ".join(_in_one_word(word) for word in text.split())


def _in_one_word(word: str) -> str:
    bare = word.strip(".,").lower()
    made = _SPANISH.get(bare, bare)
    return word.lower().replace(bare, made.capitalize() if word[0].isupper() else made)


@lru_cache(maxsize=512)
def _hum(count: int) -> bytes:
    """FLAC of ``count`` samples."""
    written = io.BytesIO()
    soundfile.write(written, _buzz(count, _TAKE_RATE_HZ), _TAKE_RATE_HZ, format="FLAC", subtype="PCM_16")
    return written.getvalue()


def _buzz(count: int, rate_hz: int) -> npt.NDArray[np.float64]:
    """Ten harmonics of a man's pitch, shape ``(count,)``, which a pitch tracker hears as a voice."""
    at = 2 * np.pi * _PITCH_HZ * np.arange(count) / rate_hz
    waves: npt.NDArray[np.float64] = sum((np.sin(n * at) / n for n in range(1, 11)), np.zeros(count))
    return waves * _AMPLITUDE
