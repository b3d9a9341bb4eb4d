"""Everything that the review page of one release shows, in the records of the stages that made it."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from pipeline.captions.profiles import CaptionProfile
from schemas.captions import Cue, Finding
from schemas.localize import CueLink, DubLine, Line, TranslatedLine, Voice
from schemas.media import Asset, SampledFrame, Shot
from schemas.release import StageUsed
from schemas.scenes import Scene, ShotNote
from schemas.sound import MixFacts
from schemas.speech import Coverage


@dataclass(frozen=True, slots=True)
class Track:
    """Captions in one language."""

    language: str
    """BCP 47 tag."""

    profile: CaptionProfile
    """What they are held to; says how reading speed is counted."""

    cues: tuple[Cue, ...]
    """The captions, in order of time."""

    findings: tuple[Finding, ...]
    """What is wrong with them; ``cue_index`` is a position in ``cues``."""

    files: tuple[str, ...] = ()
    """Names of the caption files that lie beside the page."""

    links: tuple[CueLink, ...] = ()
    """Which source cue each of ``cues`` translates; none in the source language."""

    translations: tuple[TranslatedLine, ...] = ()
    """What became of each line of the source; none in the source language."""


@dataclass(frozen=True, slots=True)
class Dub:
    """Dubbed speech in one language."""

    language: str
    """BCP 47 tag; captions in it are one of the tracks, or there are none."""

    preview: str | None
    """Name of the audio file beside the page that plays it, of exactly the title's length; None without one."""

    lines: tuple[DubLine, ...]
    """What became of each utterance."""

    findings: tuple[Finding, ...] = ()
    """What is wrong with the dub and its mix; ``cue_index`` is a position in the track of the same language."""

    facts: MixFacts | None = None
    """Loudness of the mix; None when it was not mixed."""

    voices: tuple[Voice, ...] = ()
    """Whose voices speak, and why."""


@dataclass(frozen=True, slots=True)
class Review:
    """One release, as the page shows it."""

    asset: Asset
    """What probe found."""

    name: str
    """File name under which the title was first seen; anybody's text."""

    release_id: str
    """The release."""

    is_draft: bool
    """Whether any text had its case and punctuation restored by rule."""

    stages: tuple[StageUsed, ...]
    """What made it."""

    preview: str | None
    """Name of the media file beside the page that the player shows; None without one."""

    source: Track
    """Captions in the language that is spoken."""

    targets: tuple[Track, ...] = ()
    """Captions in other languages."""

    dubs: tuple[Dub, ...] = ()
    """Dubs."""

    lines: tuple[Line, ...] = ()
    """What is translated and dubbed; says to which source cue a dubbed line belongs."""

    scenes: tuple[Scene, ...] = ()
    """Shots that belong together."""

    thumbnails: tuple[SampledFrame | None, ...] = ()
    """One picture per scene (``pipeline.review.thumbnails``), None where there is none; empty without picture."""

    shots: tuple[Shot, ...] = ()
    """Shots of the picture."""

    notes: tuple[ShotNote, ...] = ()
    """What is seen and heard in each shot that was described."""

    levels_dbfs: npt.NDArray[np.float32] | None = None
    """Level of each step of ``schemas.media.LEVEL_STEP_MS``, shape ``(n,)``, dBFS; None without audio."""

    coverage: tuple[Coverage, ...] = ()
    """What became of every millisecond."""

    findings: tuple[Finding, ...] = ()
    """What is wrong with the title as a whole; ``cue_index`` is null in all of them."""

    def __post_init__(self) -> None:
        if self.thumbnails and len(self.thumbnails) != len(self.scenes):
            raise ValueError(f"{len(self.thumbnails)} thumbnails for {len(self.scenes)} scenes")
        tracks = {track.language: track for track in (self.source, *self.targets)}
        if len(tracks) != 1 + len(self.targets):
            raise ValueError(
                f"two tracks of one language: {[self.source.language, *(t.language for t in self.targets)]}"
            )
        for target in self.targets:
            _require_links(target, len(self.source.cues))
        for track in tracks.values():
            _require_cues(track.findings, len(track.cues), track.language)
        for dub in self.dubs:
            _require_cues(dub.findings, len(tracks[dub.language].cues) if dub.language in tracks else 0, dub.language)
        _require_cues(self.findings, 0, "the title")


def _require_links(track: Track, source_cues: int) -> None:
    for link in track.links:
        if not (0 <= link.cue_index < len(track.cues) and 0 <= link.source_cue_index < source_cues):
            raise ValueError(f"{link} in {track.language}: there are {len(track.cues)} cues of {source_cues}")
    for line in track.translations:
        if not 0 <= line.cue_index < source_cues:
            raise ValueError(f"line {line.line_index} in {track.language} is of cue {line.cue_index} of {source_cues}")


def _require_cues(findings: tuple[Finding, ...], cues: int, where: str) -> None:
    for finding in findings:
        if finding.cue_index is not None and not 0 <= finding.cue_index < cues:
            raise ValueError(f"a finding of {where} names cue {finding.cue_index} of {cues}: {finding.rule}")
