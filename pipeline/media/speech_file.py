"""The speech audio of an asset, cut by the sample: what everything that listens starts from."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import numpy as np
import numpy.typing as npt
import soundfile

from pipeline.errors import DecodeFailed
from schemas.time import SAMPLES_PER_MS, SPEECH_RATE_HZ, Span

Samples = npt.NDArray[np.int16]
"""Shape ``(n,)``, 16 kHz mono, full scale of int16."""

_REMEDY = "prepare the asset again"


def cut(flac: Path, span: Span) -> Samples:
    """Samples of ``span``, exact since 16 kHz has 16 samples in every millisecond.

    Shape ``(n,)``; shorter than the span, down to nothing, where the audio ends inside it.

    Raises:
        DecodeFailed: It is not 16 kHz mono audio, or is broken.

    """
    return next(blocks(flac, span, block_ms=span.duration_ms), np.zeros(0, np.int16))


def blocks(flac: Path, span: Span, *, block_ms: int) -> Iterator[Samples]:
    """Samples of ``span`` in order, in blocks of ``block_ms``, the last one shorter.

    Raises:
        DecodeFailed: As ``cut``.

    """
    try:
        with soundfile.SoundFile(flac) as source:
            if source.samplerate != SPEECH_RATE_HZ or source.channels != 1:
                form = f"{source.samplerate} Hz with {source.channels} channels"
                raise DecodeFailed(f"{flac.name} is {form}, not 16000 Hz mono", _REMEDY)
            first = span.start_ms * SAMPLES_PER_MS
            if first >= source.frames:
                return
            source.seek(first)
            left = min(span.duration_ms * SAMPLES_PER_MS, source.frames - first)
            while left > 0:
                wanted = min(left, block_ms * SAMPLES_PER_MS)
                block: Samples = source.read(wanted, dtype="int16")
                if len(block) < wanted:
                    raise DecodeFailed(f"{flac.name} ends early, it is cut off or broken", _REMEDY)
                yield block
                left -= wanted
    except soundfile.LibsndfileError as error:
        raise DecodeFailed(f"{flac.name} cannot be read: {error.error_string}", _REMEDY) from error
    except OSError as error:
        raise DecodeFailed(f"{flac.name} cannot be read: {error.strerror}", _REMEDY) from error
