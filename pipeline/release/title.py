"""Everything that is known of one title when its release is written."""

from __future__ import annotations

from dataclasses import dataclass

from schemas.captions import Cue, Finding, Severity, Variant
from schemas.media import Asset, Shot, SpeechRegion
from schemas.plan import Chunk, Window
from schemas.release import StageUsed
from schemas.scenes import Scene, ShotNote
from schemas.speech import Coverage, Segment, Turn


@dataclass(frozen=True, slots=True)
class Failed:
    """A request that got no answer."""

    job: str
    """What was asked."""

    index: int
    """Position of its chunk or window in the asset, from 0."""

    reason: str
    """Why there is no answer."""


@dataclass(frozen=True, slots=True)
class Title:
    """The results of all stages of one asset."""

    asset: Asset
    """What probe found."""

    name: str
    """File name under which it was first seen."""

    language: str
    """BCP 47 tag of what is spoken."""

    profile: str
    """Caption profile that was applied."""

    variant: Variant
    """What the caption file is for."""

    chunks: tuple[Chunk, ...]
    """Stretches that were transcribed."""

    windows: tuple[Window, ...]
    """Stretches that were described."""

    failed: tuple[Failed, ...]
    """Requests that got no answer."""

    regions: tuple[SpeechRegion, ...]
    """Where speech is; none in a title without audio."""

    segments: tuple[Segment, ...]
    """What is said."""

    turns: tuple[Turn, ...]
    """Who speaks when."""

    coverage: tuple[Coverage, ...]
    """What became of every millisecond."""

    shots: tuple[Shot, ...]
    """Shots of the picture."""

    notes: tuple[ShotNote, ...]
    """What is seen and heard in each shot."""

    scenes: tuple[Scene, ...]
    """Shots that belong together."""

    cues: tuple[Cue, ...]
    """Captions."""

    findings: tuple[Finding, ...]
    """What is wrong with them."""

    stages: tuple[StageUsed, ...]
    """Where it all came from."""

    @property
    def is_draft(self) -> bool:
        """Whether any of the text had its case and punctuation restored by rule."""
        return any(segment.is_draft for segment in self.segments)

    def count(self, severity: Severity) -> int:
        """Number of findings of one severity."""
        return sum(finding.severity is severity for finding in self.findings)

    def cue_id(self, cue_index: int) -> str:
        """Name of a cue in the tables."""
        return f"{self.asset.asset_id}/{self.language}/{self.variant}/{cue_index}"
