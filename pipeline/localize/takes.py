"""Takes as an engine gave them: whether they can be used, and how long they are."""

from __future__ import annotations

import io
import math
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import soundfile

from pipeline.localize.level import is_silent
from schemas.jobs import Take

LEAST_RATE_HZ = 8_000
"""Lowest rate of a take: that of a telephone (ITU-T G.711). With less, no speech is left."""


@dataclass(frozen=True, slots=True)
class Sound:
    """Decoded mono sound."""

    samples: npt.NDArray[np.float32]
    """Shape ``(n,)``, float32 in [-1, 1)."""

    rate_hz: int
    """Samples per second."""

    @property
    def natural_ms(self) -> int:
        """Length, rounded up: no sample lies outside it."""
        return math.ceil(len(self.samples) * 1000 / self.rate_hz)


@dataclass(frozen=True, slots=True)
class Heard:
    """What a take is worth."""

    natural_ms: int | None
    """How long it is; null when it cannot be used."""

    failure: str | None
    """Why it cannot be used, one sentence; null when it can."""


def decoded(flac: bytes) -> Sound:
    """The sound of a take.

    Raises:
        ValueError: The bytes are no sound, not mono, or too coarse for speech; the message says which.

    """
    try:
        samples, rate_hz = soundfile.read(io.BytesIO(flac), dtype="float32", always_2d=True)
    except soundfile.SoundFileError as error:
        raise ValueError("the sound that came cannot be read") from error
    if samples.shape[1] != 1:
        raise ValueError(f"the sound that came has {samples.shape[1]} channels, not one")
    if rate_hz < LEAST_RATE_HZ:
        raise ValueError(f"the sound that came has {rate_hz} Hz, less than a telephone")
    return Sound(np.ascontiguousarray(samples[:, 0]), int(rate_hz))


def heard(take: Take) -> Heard:
    """What a take is worth: an engine's word is not enough, its sound is decoded and listened to."""
    if take.failure is not None:
        return Heard(None, take.failure)
    try:
        sound = decoded(take.flac)
    except ValueError as error:
        return Heard(None, str(error))
    if (len(sound.samples), sound.rate_hz) != (take.samples, take.sample_rate_hz):
        got, said = f"{len(sound.samples)} samples at {sound.rate_hz} Hz", f"{take.samples} at {take.sample_rate_hz} Hz"
        return Heard(None, f"the sound that came has {got}, and {said} were announced")
    if is_silent(sound.samples, sound.rate_hz):
        return Heard(None, "the sound that came is silent")
    return Heard(sound.natural_ms, None)
