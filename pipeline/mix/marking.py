"""What a WAV of a dub says about itself: that its speech is synthetic, what made it, and under which consent.

Regulation (EU) 2024/1689 (AI Act), article 50 (2) and (4): synthetic speech is marked so that machines and people can
tell. A dub says so in ``bext`` (description and coding history) and in ``INFO`` (comment), which players show.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction

from pipeline.contracts import ModelId
from pipeline.media.labels import since_midnight_s
from pipeline.media.wav import Words
from schemas.localize import DubLine
from schemas.media import Asset
from schemas.sound import MIX_RATE_HZ

ORIGINATOR = "reelingua"

_DAY_S = 24 * 3600


@dataclass(frozen=True, slots=True)
class Spoken:
    """What is told of the speech in a dub."""

    language: str
    """BCP 47 tag."""

    engine: ModelId | None
    """What spoke."""

    lines: Sequence[DubLine]
    """What became of each line."""

    @property
    def sentence(self) -> str:
        """That it is synthetic, what made it, and under which consent."""
        placed = [line for line in self.lines if line.placed is not None]
        if not placed:
            return "No line could be dubbed: all speech is the original."
        kinds = ", ".join(sorted({line.voice_kind.value for line in placed}))
        consents = sorted({line.consent_id for line in placed if line.consent_id})
        under = f"cloned under consent {', '.join(consents)}" if consents else "no voice was cloned"
        engine = "an unnamed engine" if self.engine is None else f"{self.engine.name} {self.engine.revision}"
        return f"SYNTHETIC SPEECH (AI-generated), made by {engine}; voices: {kinds}; {under}."


def words(spoken: Spoken, asset: Asset, *, what: str) -> Words:
    """What a file says; ``what`` is it, e.g. ``dialogue stem``. Nothing here comes from the source's own metadata."""
    sentence = spoken.sentence
    return Words(
        description=f"{spoken.language} dub, {what}. {sentence}",
        originator=ORIGINATOR,
        reference=f"{asset.asset_id} {spoken.language}",
        history=f"{ORIGINATOR}; {what}; {sentence}",
        title=f"{spoken.language} dub of {asset.asset_id}, {what}",
        comment=f"{sentence} Regulation (EU) 2024/1689, article 50.",
    )


def time_reference(asset: Asset) -> int:
    """Samples from midnight to time zero of the asset by its start timecode; 0 without one.

    The timecode is that of the first frame, which is not the first sample where sound begins before the picture.
    """
    if asset.start_timecode is None:
        return 0
    video = asset.video
    since_s = since_midnight_s(asset.start_timecode, frame_rate=None if video is None else video.frame_rate)
    if since_s is None:
        return 0
    late_s = Fraction(0 if video is None else video.start_ms, 1000)
    return round((since_s - late_s) % _DAY_S * MIX_RATE_HZ)
