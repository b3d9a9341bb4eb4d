"""What the dub lies on: the original ducked under it (``voice-over``), or music and effects (``replacement``).

Where a line is flagged, the original is heard at its own level in both, until a human decides.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Protocol

import numpy as np
import numpy.typing as npt

from pipeline.media.sound import RawSound
from pipeline.mix.envelope import Envelope
from schemas.time import Span

DUCK_DB = 15.0
"""How far the original goes down under the dub, which is as loud as the speech that it covers: at least 15 LU of
difference to ambience and 10 LU to music are what listeners preferred (Torcoli et al., "Preferred Levels for
Background Ducking to Produce Esthetically Pleasing TV Audio with Clear Speech", JAES 67(12), 2019)."""

DUCK_BEFORE_MS = 250
"""How long it takes to go down; it is down where the line begins. Ours: 0.06 dB per millisecond, heard as a fade and
not as a cut, and no longer than the pause before most lines."""

DUCK_AFTER_MS = 600
"""How long it takes to come back. Ours: slower than down, as faders are ridden."""

DUCK_HOLD_MS = 400
"""Silence between two lines that it stays down for, beyond both ramps: with them 1.25 s, so that it does not pump
between sentences. Ours."""

FLAG_FADE_MS = 100
"""Fade into and out of a slot that keeps the original, outside the slot. Ours: short, since the line before it may
be heard until then, and without a click."""

Block = npt.NDArray[np.float32]
"""Samples of all channels: ``(n, channels)``, 48 kHz, float32."""


class Bed(Protocol):
    """Anything that lies under the dub."""

    def read(self, first: int, count: int) -> Block:
        """``count`` samples of all channels from ``first`` on."""
        ...


class VoiceOver:
    """The original, ducked under the dub."""

    def __init__(self, original: RawSound, *, dubbed: Iterable[Span], flagged: Iterable[Span]) -> None:
        self._original = original
        self._ducked = Envelope(dubbed, before_ms=DUCK_BEFORE_MS, after_ms=DUCK_AFTER_MS, hold_ms=DUCK_HOLD_MS)
        self._kept = kept(flagged)

    def read(self, first: int, count: int) -> Block:
        """``count`` samples of all channels from ``first`` on; those of a flagged slot are the original's own."""
        block = self._original.read(first, count)
        ducked = self._ducked.curve(first, count)
        if not ducked.any():
            return block
        depth = np.minimum(ducked, 1 - self._kept.curve(first, count))
        return block * np.power(np.float32(10), depth * np.float32(-DUCK_DB / 20))[:, np.newaxis]


class Replacement:
    """Music and effects, with the original in flagged slots."""

    def __init__(self, music_and_effects: RawSound, original: RawSound, *, flagged: Iterable[Span]) -> None:
        self._music_and_effects = music_and_effects
        self._original = original
        self._kept = kept(flagged)

    def read(self, first: int, count: int) -> Block:
        """``count`` samples of all channels from ``first`` on; those of a flagged slot are the original's own."""
        share = self._kept.curve(first, count)[:, np.newaxis]
        block = self._music_and_effects.read(first, count)
        if not share.any():
            return block
        return block * (1 - share) + self._original.read(first, count) * share


def kept(flagged: Iterable[Span]) -> Envelope:
    """Where the original is heard at its own level. Amplitudes of a fade sum to 1, since both sides hold the same
    music and effects.
    """
    return Envelope(flagged, before_ms=FLAG_FADE_MS, after_ms=FLAG_FADE_MS)
