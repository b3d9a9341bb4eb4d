"""All stages of one title in order: from a source to its current release."""

from __future__ import annotations

import time
from dataclasses import dataclass
from pathlib import Path

from pipeline.captions.profiles import CaptionProfile, profile
from pipeline.errors import EngineUnavailable, StoreError, UnheardLanguage
from pipeline.release.findings import about_title
from pipeline.release.title import Failed, Title
from pipeline.speech import rttm
from pipeline.stages import captions, media, picture, release, speech
from pipeline.stages.work import Work
from pipeline.store import layout, releases
from pipeline.store.ledger import Done
from schemas.captions import Cue, Finding
from schemas.jobs import Description, Diarization, Job, Transcript
from schemas.media import Asset, Prepared, Shot
from schemas.outcome import Outcome, Status
from schemas.plan import Chunk, Window
from schemas.release import Manifest
from schemas.scenes import Scene, ShotNote
from schemas.speech import Coverage, Segment, Turn

ASSUMED_LANGUAGE = "en"
"""What is taken to be spoken when neither the user nor the file says so; the release carries a finding."""


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

    prepared: Done
    """Speech audio, shots, frames."""

    planned: Done
    """Chunks and windows."""

    heard: Done
    """Words per chunk."""

    told: Done
    """Who speaks when."""

    stitched: Done
    """One timeline."""

    described: Done
    """Notes and scenes."""

    captioned: Done
    """Cues and findings."""

    @property
    def stages(self) -> tuple[Done, ...]:
        """In the order in which they were made."""
        return (
            self.prepared,
            self.planned,
            self.heard,
            self.told,
            self.stitched,
            self.described,
            self.captioned,
        )


def make(work: Work, source: Path) -> Outcome:
    """Bring a source to its current release; what is done already is not done again.

    What was really run is published with the release, as rows of ``runs``.

    Raises:
        MediaError: The source cannot be used.
        EngineError: An engine is not available, or died whatever it was asked.
        StoreError: Disk or service failed.

    """
    began_s = time.monotonic()
    asset = media.probe(work, source)
    language = spoken_language(work, asset)
    if asset.audio:
        _require_hearing(work, language)
    house = profile(work.settings.profile, language.tag)
    made = _stages(work, asset, source, house)
    release_id = release.release_id(made.stages, is_language_assumed=made.language.is_assumed)
    status = Status.UNCHANGED
    # Asked before the rest is looked at: the mark is written last, so what is marked and not whole is damaged.
    is_marked = releases.current(work.objects, asset.asset_id) == release_id
    # A finished title is told by its manifest: reading the results of a thousand would take longer than all else.
    manifest = release.whole(work.objects, asset.asset_id, release_id)
    if manifest is None:
        work.progress("release", 0, 1)
        title = _title(work, made, layout.printable(source.name), house)
        if release.publish(work, title, house, release=release_id) or is_marked:
            status = Status.MADE
        manifest = release.whole(work.objects, asset.asset_id, release_id)
    if manifest is None:
        raise StoreError(f"the release {release_id} of {asset.asset_id} is not whole after it was written; run again")
    return _outcome(manifest, source, status, wall_s=time.monotonic() - began_s)


def spoken_language(work: Work, asset: Asset) -> Language:
    """What the user says is spoken, else what the file says, else what is assumed."""
    if work.settings.language is not None:
        return Language(work.settings.language, is_assumed=False)
    for stream in asset.audio:
        if stream.stream_index == asset.audio_choice and stream.language is not None:
            return Language(stream.language, is_assumed=False)
    return Language(ASSUMED_LANGUAGE, is_assumed=bool(asset.audio))


def _stages(work: Work, asset: Asset, source: Path, house: CaptionProfile) -> Made:
    language = spoken_language(work, asset)
    prepared = media.prepare(work, asset, source)
    planned = media.plan(work, asset, prepared)
    heard = speech.transcribe(work, asset, prepared, planned, language=language.tag)
    if work.settings.transcript is not None:
        text = work.settings.transcript
        heard = speech.align(work, asset, prepared, planned, heard, language=language.tag, text=text)
    told = speech.speakers(work, asset, prepared)
    stitched = speech.stitch(work, asset, prepared, planned, heard, told)
    described = picture.describe(work, asset, prepared, planned, told)
    captioned = captions.cues(work, asset, prepared, stitched, profile=house)
    return Made(asset, language, prepared, planned, heard, told, stitched, described, captioned)


def _require_hearing(work: Work, language: Language) -> None:
    """Reject a title that the engine does not hear, before anything of it is decoded."""
    try:
        work.engines.require_language(Job.TRANSCRIBE, language.tag)
    except EngineUnavailable as error:
        who = "you say" if work.settings.language is not None else "the file says"
        raise UnheardLanguage(
            f"{who} that {language.tag} is spoken, and {error}",
            'where that is wrong, say what it is: --language, or language = "…" in its job file',
        ) from error


def _title(work: Work, made: Made, name: str, house: CaptionProfile) -> Title:
    read = work.ledger.read
    windows = read(made.planned, "windows", Window)
    transcripts = read(made.heard, "transcripts", Transcript)
    descriptions = read(made.described, "descriptions", Description)
    diarizations = read(made.told, "answers", Diarization) if made.told.has("answers") else []
    failed = (
        *(Failed(made.heard.stage, index, one.failure) for index, one in enumerate(transcripts) if one.failure),
        *(Failed("diarize", index, one.failure) for index, one in enumerate(diarizations) if one.failure),
        *(Failed("describe", index, one.failure) for index, one in enumerate(descriptions) if one.failure),
    )
    coverage = read(made.stitched, "coverage", Coverage)
    turns = read(made.told, "turns", Turn)
    about = about_title(
        failed=failed,
        coverage=coverage,
        turns=turns,
        is_language_assumed=made.language.is_assumed,
        language=made.language.tag,
        variant=house.variant,
        facts=read(made.prepared, "facts", Prepared)[0],
        turns_outside=_turns_outside(work, made.asset),
    )
    return Title(
        asset=made.asset,
        name=name,
        language=made.language.tag,
        profile=house.name,
        variant=house.variant,
        chunks=tuple(read(made.planned, "chunks", Chunk)),
        windows=tuple(windows),
        failed=failed,
        regions=tuple(media.speech_regions(work, made.prepared)),
        segments=tuple(read(made.stitched, "segments", Segment)),
        turns=tuple(turns),
        coverage=tuple(coverage),
        shots=tuple(read(made.prepared, "shots", Shot)),
        notes=tuple(read(made.described, "notes", ShotNote)),
        scenes=tuple(read(made.described, "scenes", Scene)),
        cues=tuple(read(made.captioned, "cues", Cue)),
        findings=(*about, *read(made.captioned, "findings", Finding)),
        stages=tuple(release.used(done) for done in made.stages),
    )


def _turns_outside(work: Work, asset: Asset) -> int:
    """Turns of the user's own RTTM that end after the title."""
    told = [] if work.settings.speakers is None else rttm.parse(work.settings.speakers)
    return sum(turn.span.end_ms > asset.length_ms for turn in told)


def _outcome(manifest: Manifest, source: Path, status: Status, *, wall_s: float) -> Outcome:
    return Outcome(
        source=str(source),
        status=status,
        asset_id=manifest.asset_id,
        release_id=manifest.release_id,
        message=None,
        length_ms=manifest.length_ms,
        cues=manifest.cues,
        scenes=manifest.scenes,
        speakers=manifest.speakers,
        errors=manifest.errors,
        warnings=manifest.warnings,
        wall_s=wall_s,
    )
