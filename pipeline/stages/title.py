"""All stages of one title in order: from a source to its current release."""

from __future__ import annotations

import time
from pathlib import Path

from pipeline.captions.profiles import profile
from pipeline.errors import EngineUnavailable, StoreError, UnheardLanguage
from pipeline.stages import captions, gather, media, picture, preview, release, speech, timing
from pipeline.stages.localize import Spoken, localize, mux
from pipeline.stages.made import Language, Made
from pipeline.stages.targets import decide
from pipeline.stages.work import Work
from pipeline.store import layout, releases
from schemas.jobs import Job
from schemas.media import Asset
from schemas.outcome import Outcome, Status
from schemas.release import Manifest

ASSUMED_LANGUAGE = "en"
"""What is taken to be spoken when neither the user nor the file says so; the release carries a finding."""


def make(work: Work, source: Path) -> Outcome:
    """Bring a source to its current release; what is done already is not done again.

    What was really run is published with the release, as rows of ``runs``.

    Raises:
        MediaError: The source cannot be used.
        UsageError: A detail or a style is asked of an engine that heeds none.
        EngineError: An engine is not available, or died whatever it was asked.
        StoreError: Disk or service failed.

    """
    began_s = time.monotonic()
    picture.require(work.settings, work.engines.abilities())
    asset = media.probe(work, source)
    language = spoken_language(work, asset)
    if asset.audio:
        _require_hearing(work, language)
    made = _stages(work, asset, source, language)
    release_id = release.release_id(
        made.stages, is_language_assumed=made.language.is_assumed, left_out=made.targets.left_out
    )
    status = Status.UNCHANGED
    # Asked before the rest is looked at: the mark is written last, so what is marked and not whole is damaged.
    is_marked = releases.current(work.objects, asset.asset_id) == release_id
    # A finished title is told by its manifest: reading the results of a thousand would take longer than all else.
    manifest = release.whole(work.objects, asset.asset_id, release_id)
    if manifest is None:
        work.progress("release", 0, 1)
        title = gather.title(work, made, layout.printable(source.name))
        if release.publish(work, title, tuple(gather.finished(work, made)), release=release_id) or is_marked:
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


def _stages(work: Work, asset: Asset, source: Path, language: Language) -> Made:
    house = profile(work.settings.profile, language.tag)
    targets = decide(work, asset, source, language.tag)
    prepared = media.prepare(work, asset, source)
    planned = media.plan(work, asset, prepared)
    heard = speech.transcribe(work, asset, prepared, planned, language=language.tag)
    recognised = None if work.engines.abilities().times else heard
    if recognised is not None:
        heard = timing.time_words(work, asset, prepared, planned, recognised)
    if work.settings.transcript is not None:
        text = work.settings.transcript
        heard = timing.align(work, asset, prepared, planned, heard, language=language.tag, text=text)
    told = speech.speakers(work, asset, prepared)
    stitched = speech.stitch(work, asset, prepared, planned, heard, told)
    described = picture.describe(work, asset, prepared, planned, told, stitched)
    captioned = captions.cues(work, asset, prepared, stitched, described, profile=house)
    said = Spoken(language.tag, prepared, told, stitched, captioned)
    localized = localize(work, asset, source, said, targets.made)
    previewed = preview.preview(work, asset, source)
    muxed = mux(work, asset, source, said, localized) if work.settings.mux else None
    return Made(
        asset,
        language,
        house,
        prepared,
        planned,
        recognised,
        heard,
        told,
        stitched,
        described,
        captioned,
        targets,
        localized,
        previewed,
        muxed,
    )


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


def _outcome(manifest: Manifest, source: Path, status: Status, *, wall_s: float) -> Outcome:
    return Outcome(
        source=str(source),
        status=status,
        asset_id=manifest.asset_id,
        release_id=manifest.release_id,
        message=None,
        length_ms=manifest.length_ms,
        cues=manifest.cues,
        languages=tuple(filter(None, (manifest.language, *manifest.translations))),
        dubs=tuple(dub.language for dub in manifest.dubs),
        flagged=sum(dub.flagged for dub in manifest.dubs),
        scenes=manifest.scenes,
        speakers=manifest.speakers,
        errors=manifest.errors,
        warnings=manifest.warnings,
        wall_s=wall_s,
    )
