"""A take becomes the sound of its place: 48 kHz, exactly as long, at one loudness, without a click.

Rubber Band stretches and keeps the pitch. Its finer engine is used: the faster one, ``high_quality=False``,
moves a tone of 150 Hz by 1 to 6 Hz (``infra/decisions/007-fit.md``).
"""

from __future__ import annotations

import io

import numpy as np
import numpy.typing as npt
import pedalboard
import soundfile
import soxr

from pipeline.localize.level import levelled
from pipeline.localize.takes import Sound, decoded
from schemas.sound import MIX_RATE_HZ, MIX_SAMPLES_PER_MS

FADE_MS = 5
"""Fade at both ends of a line. Ours: long enough that a step makes no click, shorter than any speech sound."""

_ROUNDING = 2
"""Samples by which Rubber Band may miss the length that it is told; it missed none of 60 random ones."""


def placed_sound(flac: bytes, *, placed_ms: int) -> bytes:
    """The take ``flac`` as the FLAC of a ``PlacedSpeech``: 48 kHz, mono, 24 bit, 48 samples per millisecond.

    Raises:
        ValueError: The take cannot be decoded.

    """
    samples = stretched(decoded(flac), placed_ms=placed_ms)
    written = io.BytesIO()
    soundfile.write(written, levelled(samples, MIX_RATE_HZ), MIX_RATE_HZ, format="FLAC", subtype="PCM_24")
    return written.getvalue()


def stretched(sound: Sound, *, placed_ms: int) -> npt.NDArray[np.float32]:
    """``sound`` in exactly ``48 * placed_ms`` samples at 48 kHz, shape ``(n,)``, float32; its ends fade.

    At its natural length it is only resampled, and the rest of its last millisecond is silence. Where stretching
    ends a sample late, that sample goes, from under the fade; nothing else is ever cut off.
    """
    wanted = placed_ms * MIX_SAMPLES_PER_MS
    samples = _faded(_resampled(sound))
    if placed_ms != sound.natural_ms:
        # Faded before as well: of a step at the end Rubber Band makes a crackle of 2 ms, outside the second fade.
        samples = _faded(_retimed(samples, wanted))
    return np.pad(samples, (0, wanted - len(samples)))


def _resampled(sound: Sound) -> npt.NDArray[np.float32]:
    if sound.rate_hz == MIX_RATE_HZ:
        return sound.samples
    resampled: npt.NDArray[np.float32] = soxr.resample(sound.samples, sound.rate_hz, MIX_RATE_HZ, quality="VHQ")
    return resampled


def _retimed(samples: npt.NDArray[np.float32], wanted: int) -> npt.NDArray[np.float32]:
    """``samples`` said in the time of ``wanted`` samples, or of ``_ROUNDING`` fewer."""
    made: npt.NDArray[np.float32] = pedalboard.time_stretch(
        samples, float(MIX_RATE_HZ), stretch_factor=len(samples) / wanted, high_quality=True
    )[0]
    if abs(len(made) - wanted) > _ROUNDING:
        raise ValueError(f"Rubber Band made {len(made)} samples of {len(samples)}, and {wanted} were wanted")
    return made[:wanted]


def _faded(samples: npt.NDArray[np.float32]) -> npt.NDArray[np.float32]:
    """``samples`` with both ends brought to zero by half a cosine."""
    length = min(FADE_MS * MIX_SAMPLES_PER_MS, len(samples) // 2)
    ramp = ((1 - np.cos(np.pi * np.arange(length) / max(length, 1))) / 2).astype(np.float32)
    faded = samples.copy()
    faded[:length] *= ramp
    faded[len(faded) - length :] *= ramp[::-1]
    return faded
