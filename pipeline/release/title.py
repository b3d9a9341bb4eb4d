"""Everything that is known of one title when its release is written."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import chain

import numpy as np
import numpy.typing as npt

from pipeline.captions.profiles import CaptionProfile
from pipeline.contracts import ModelId
from pipeline.mix.marking import Spoken
from schemas.captions import Cue, Finding, Severity, Variant
from schemas.localize import CueLink, DubLine, DubOutcome, Line, TranslatedLine, Voice
from schemas.media import Asset, SampledFrame, Shot, SpeechRegion
from schemas.plan import Chunk, Window
from schemas.release import StageUsed
from schemas.scenes import Scene, ShotNote
from schemas.sound import MixFacts
from schemas.speech import Coverage, Estimate, Segment, Turn


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
class Dub:
    """A title's dub into one language."""

    lines: tuple[DubLine, ...]
    """What became of each utterance."""

    voices: tuple[Voice, ...]
    """Whose voice each speaker got."""

    engine: StageUsed
    """The stage that spoke."""

    sound: MixFacts
    """The mix, as it was made and measured."""

    findings: tuple[Finding, ...]
    """What is wrong with dub and mix; ``cue_index`` counts the captions of its language."""

    @property
    def flagged(self) -> int:
        """Utterances that keep the original speech."""
        return sum(line.outcome is DubOutcome.FLAGGED for line in self.lines)

    @property
    def disclosure(self) -> str:
        """What its files say too, for whoever publishes the dub: whether speech is synthetic, and what made it."""
        model = ModelId(self.engine.engine, self.engine.revision or "") if self.engine.engine else None
        return Spoken(self.sound.language, model, self.lines).sentence


@dataclass(frozen=True, slots=True)
class Localized:
    """A title in one target language."""

    profile: CaptionProfile
    """Caption profile that was applied; it names the language."""

    translations: tuple[TranslatedLine, ...]
    """What became of each line."""

    cues: tuple[Cue, ...]
    """Captions."""

    links: tuple[CueLink, ...]
    """Which source cue each of them translates."""

    findings: tuple[Finding, ...]
    """What is wrong with captions and translation; ``cue_index`` counts its own captions."""

    dub: Dub | None
    """The dub; null where none was asked for."""

    @property
    def language(self) -> str:
        """BCP 47 tag."""
        return self.profile.language

    @property
    def all_findings(self) -> tuple[Finding, ...]:
        """What is wrong, the dub included."""
        return (*self.findings, *(self.dub.findings if self.dub else ()))


@dataclass(frozen=True, slots=True)
class Title:
    """The results of all stages of one asset."""

    asset: Asset
    """What probe found."""

    name: str
    """File name under which it was first seen."""

    language: str
    """BCP 47 tag of what is spoken."""

    house: CaptionProfile
    """Caption profile that was applied to the language that is spoken."""

    chunks: tuple[Chunk, ...]
    """Stretches that were transcribed."""

    windows: tuple[Window, ...]
    """Stretches that were described."""

    failed: tuple[Failed, ...]
    """Requests that got no answer."""

    estimates: tuple[Estimate, ...]
    """Chunks whose words no aligner could place."""

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
    """What is wrong with them, and with the title as a whole."""

    lines: tuple[Line, ...]
    """What each person says in each cue."""

    localized: tuple[Localized, ...]
    """The title in other languages, in the order in which they were asked for."""

    are_translations_drafts: bool
    """Whether the engine that translated says that a human must edit what it wrote."""

    levels_dbfs: npt.NDArray[np.float32]
    """Level of the speech audio, shape ``(n,)``, one value per ``LEVEL_STEP_MS``; none without audio."""

    thumbnails: tuple[SampledFrame | None, ...]
    """A small picture of each scene, None for a scene that has none."""

    stages: tuple[StageUsed, ...]
    """Where it all came from."""

    @property
    def is_draft(self) -> bool:
        """Whether any of the text must be edited before anybody sees it."""
        return self.is_transcript_draft or (self.are_translations_drafts and bool(self.localized))

    @property
    def is_transcript_draft(self) -> bool:
        """Whether any of what is said had its case and punctuation restored by rule."""
        return any(segment.is_draft for segment in self.segments)

    @property
    def profile(self) -> str:
        """Name of the caption profile."""
        return self.house.name

    @property
    def variant(self) -> Variant:
        """What the caption files are for."""
        return self.house.variant

    @property
    def all_findings(self) -> Iterator[Finding]:
        """What is wrong, in every language."""
        return chain(self.findings, *(one.all_findings for one in self.localized))

    def count(self, severity: Severity) -> int:
        """Number of findings of one severity, in every language."""
        return sum(finding.severity is severity for finding in self.all_findings)

    def cue_id(self, cue_index: int, language: str | None = None) -> str:
        """Name of a cue in the tables, of the captions in the language that is spoken unless another is named."""
        return f"{self.asset.asset_id}/{language or self.language}/{self.variant}/{cue_index}"
