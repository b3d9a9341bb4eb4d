"""Mixes of a title: what is wanted of their loudness, and what was measured."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

MIX_RATE_HZ = 48_000
"""Rate of every mix: what EBU R 128's exchange formats, Netflix and video in general use."""

MIX_SAMPLES_PER_MS = MIX_RATE_HZ // 1000
"""Exact, so that a span in milliseconds cuts at whole samples."""


class MixName(StrEnum):
    """How dubbed speech is laid over the title."""

    VOICE_OVER = "voice-over"
    """The original stays, ducked under the dub."""

    REPLACEMENT = "replacement"
    """The dub stands on a track of music and effects."""


@dataclass(frozen=True, slots=True)
class Loudness:
    """What a meter says of a track (ITU-R BS.1770)."""

    integrated_lufs: float
    """Programme loudness, gated; -70 when nothing passes the gate."""

    true_peak_dbtp: float
    """Highest true peak of all channels; -120 for digital silence."""

    range_lu: float
    """Loudness range (EBU Tech 3342)."""


@dataclass(frozen=True, slots=True)
class MixFacts:
    """One mix, as it was made and measured."""

    language: str
    """BCP 47 tag of the dub."""

    mix: MixName
    """How it was mixed."""

    target: str
    """Name of the loudness target."""

    target_lufs: float
    """Loudness that the target asks for."""

    limit_dbtp: float
    """True peak that the target allows."""

    is_dialogue_measured: bool
    """Whether the target's loudness is that of the dialogue and not of the whole."""

    measured: Loudness
    """The finished mix."""

    dialogue_lufs: float
    """Programme loudness of the finished dialogue stem, at the level it has in the mix."""

    dialogue_dbtp: float
    """True peak of the finished dialogue stem."""

    gain_db: float
    """Gain that brought the mix to its target."""

    limited_ms: int
    """Time in which the limiter was at work."""

    channels: int
    """Channels of the mix."""

    channel_layout: str
    """Their layout as libavutil names it."""

    samples: int
    """Samples per channel at 48 kHz: 48 per millisecond of the title."""
