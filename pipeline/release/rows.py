"""The rows that a title adds to the published tables."""

from __future__ import annotations

import statistics
from collections.abc import Iterator, Sequence

from pipeline.captions.measure import longest_line, reading_speed_cps
from pipeline.captions.profiles import CaptionProfile
from pipeline.release.title import Title
from pipeline.store.releases import TableRows
from schemas.captions import Cue
from schemas.release import Deliverable
from schemas.scenes import ShotNote
from schemas.speech import Turn
from schemas.tables import (
    AssetRow,
    ChunkRow,
    CoverageRow,
    CueRow,
    DeliverableRow,
    DubLineRow,
    FindingRow,
    Published,
    SceneRow,
    SegmentRow,
    ShotRow,
    SpeakerRow,
    TranslationRow,
    WordRow,
)
from schemas.time import overlapping

_OF_CHUNKS = frozenset({"transcribe", "time-words", "align"})
"""What is asked of chunks of speech, each in its stage."""

_NO_NOTE = ShotNote(-1, "", "", ())
"""Of a shot that was not described."""


def all_rows(title: Title, deliverables: tuple[Deliverable, ...], *, release_id: str) -> Iterator[TableRows]:
    """Every row of a release, table by table; ``runs`` has its own moment, after the last stage."""
    published = Published(title.asset.asset_id, release_id)
    yield TableRows("assets", (AssetRow(release_id, title.name, title.asset),))
    yield TableRows("chunks", (*_chunks(title, published), *_windows(title, published)))
    yield TableRows("shots", tuple(_shots(title, published)))
    yield TableRows("scenes", tuple(SceneRow(published, scene) for scene in title.scenes))
    yield TableRows("words", tuple(_words(title, published)))
    yield TableRows("segments", tuple(_segments(title, published)))
    yield TableRows("speakers", tuple(_speakers(title, published)))
    yield TableRows("cues", tuple(_cues(title, published)))
    yield TableRows("translations", tuple(_translations(title, published)))
    yield TableRows("dub_lines", tuple(_dub_lines(title, published)))
    yield TableRows("findings", tuple(_findings(title, published)))
    yield TableRows("coverage", tuple(CoverageRow(published, part) for part in title.coverage))
    yield TableRows("deliverables", tuple(DeliverableRow(published, made) for made in deliverables))


def _chunks(title: Title, published: Published) -> Iterator[ChunkRow]:
    failures = {failed.index: failed.reason for failed in title.failed if failed.job in _OF_CHUNKS}
    estimated = {estimate.chunk_index: estimate.reason for estimate in title.estimates}
    for chunk in title.chunks:
        yield ChunkRow(
            published,
            job="transcribe",
            chunk_index=chunk.chunk_index,
            span=chunk.span,
            ends_by=chunk.ends_by,
            speech_ms=chunk.speech_ms,
            failure=failures.get(chunk.chunk_index),
            estimated=estimated.get(chunk.chunk_index),
        )


def _windows(title: Title, published: Published) -> Iterator[ChunkRow]:
    failures = {failed.index: failed.reason for failed in title.failed if failed.job == "describe"}
    heard = overlapping((window.span for window in title.windows), title.regions)
    for window, regions in zip(title.windows, heard, strict=True):
        speech_ms = sum(window.span.overlap_ms(region.span) for region in regions)
        yield ChunkRow(
            published,
            job="describe",
            chunk_index=window.window_index,
            span=window.span,
            ends_by=None,
            speech_ms=speech_ms,
            failure=failures.get(window.window_index),
            estimated=None,
        )


def _shots(title: Title, published: Published) -> Iterator[ShotRow]:
    notes = {note.shot_index: note for note in title.notes}
    for shot in title.shots:
        note = notes.get(shot.shot_index, _NO_NOTE)
        yield ShotRow(
            published,
            shot,
            description=note.description or None,
            sound=note.sound or None,
            tags=note.tags,
            who=note.who,
            on_screen=note.on_screen,
            mood=note.mood or None,
            sound_cues=note.sound_cues,
        )


def _words(title: Title, published: Published) -> Iterator[WordRow]:
    index = 0
    for segment in title.segments:
        for word in segment.words:
            yield WordRow(
                published, index, segment.segment_index, word.text, word.span, word.confidence, segment.speaker
            )
            index += 1


def _segments(title: Title, published: Published) -> Iterator[SegmentRow]:
    for segment in title.segments:
        yield SegmentRow(
            published,
            segment.segment_index,
            segment.span,
            segment.language,
            segment.speaker,
            segment.text,
            len(segment.words),
            segment.is_draft,
        )


def _speakers(title: Title, published: Published) -> Iterator[SpeakerRow]:
    turns: dict[str, list[Turn]] = {}
    for turn in title.turns:
        if turn.speaker is not None:
            turns.setdefault(turn.speaker, []).append(turn)
    for speaker, own in turns.items():
        yield SpeakerRow(
            published,
            speaker,
            turns=len(own),
            speech_ms=sum(turn.span.duration_ms for turn in own),
            confidence=statistics.fmean(turn.confidence for turn in own),
        )


def _cues(title: Title, published: Published) -> Iterator[CueRow]:
    yield from _captions(title, published, title.cues, title.house)
    for one in title.localized:
        yield from _captions(title, published, one.cues, one.profile)


def _captions(title: Title, published: Published, cues: Sequence[Cue], profile: CaptionProfile) -> Iterator[CueRow]:
    for index, cue in enumerate(cues):
        yield CueRow(
            published,
            cue_id=title.cue_id(index, profile.language),
            cue_index=index,
            variant=profile.variant,
            profile=profile.name,
            cue=cue,
            text=cue.text,
            reading_speed_cps=reading_speed_cps(cue, profile),
            longest_line=longest_line(cue.lines, profile),
        )


def _translations(title: Title, published: Published) -> Iterator[TranslationRow]:
    for one in title.localized:
        targets: dict[int, list[str]] = {}
        for link in one.links:
            targets.setdefault(link.source_cue_index, []).append(title.cue_id(link.cue_index, one.language))
        for line in one.translations:
            linked = tuple(targets.get(line.cue_index, ())) if line.text is not None else ()
            yield TranslationRow(published, title.cue_id(line.cue_index), linked, line)


def _dub_lines(title: Title, published: Published) -> Iterator[DubLineRow]:
    for one in title.localized:
        for line in one.dub.lines if one.dub else ():
            yield DubLineRow(published, title.cue_id(title.lines[line.first_line].cue_index), line)


def _findings(title: Title, published: Published) -> Iterator[FindingRow]:
    for finding in title.findings:
        cue_id = None if finding.cue_index is None else title.cue_id(finding.cue_index)
        yield FindingRow(published, cue_id, title.language if cue_id else None, finding)
    for one in title.localized:
        for finding in one.all_findings:
            cue_id = None if finding.cue_index is None else title.cue_id(finding.cue_index, one.language)
            yield FindingRow(published, cue_id, one.language, finding)
