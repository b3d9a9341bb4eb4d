"""The results of all stages of one asset, before they become a release."""

from __future__ import annotations

from dataclasses import dataclass

from pipeline.captions.profiles import CaptionProfile
from pipeline.stages.localize import MadeLanguage
from pipeline.stages.targets import Targets
from pipeline.store.ledger import Done
from schemas.media import Asset


@dataclass(frozen=True, slots=True)
class Language:
    """What is spoken, and who says so."""

    tag: str
    """BCP 47 tag."""

    is_assumed: bool
    """Whether nobody said so."""


@dataclass(frozen=True, slots=True)
class Made:
    """The results of all stages of one asset."""

    asset: Asset
    """What probe found."""

    language: Language
    """What is spoken."""

    house: CaptionProfile
    """Caption profile of the language that is spoken."""

    prepared: Done
    """Speech audio, shots, frames."""

    planned: Done
    """Chunks and windows."""

    recognised: Done | None
    """What an engine heard that gives no times; null where ``heard`` is what it heard."""

    heard: Done
    """Words per chunk, with their times."""

    told: Done
    """Who speaks when."""

    stitched: Done
    """One timeline."""

    described: Done
    """Notes and scenes."""

    captioned: Done
    """Cues, lines and findings."""

    targets: Targets
    """What becomes of the languages that were asked for."""

    localized: tuple[MadeLanguage, ...]
    """Other languages."""

    previewed: Done
    """The title as the review page plays it."""

    muxed: Done | None
    """Picture, sound, dubs and captions in one file, where that is asked for."""

    @property
    def stages(self) -> tuple[Done, ...]:
        """In the order in which they were made."""
        return (
            self.prepared,
            self.planned,
            *((self.recognised,) if self.recognised else ()),
            self.heard,
            self.told,
            self.stitched,
            self.described,
            self.captioned,
            *(done for one in self.localized for done in one.stages),
            self.previewed,
            *((self.muxed,) if self.muxed else ()),
        )
