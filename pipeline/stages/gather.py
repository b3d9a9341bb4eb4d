"""What a release is made of, read from the results of the stages: a ``Title``, and the files that are made already."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path

from pipeline.release.deliverables import Finished
from pipeline.release.findings import about_title
from pipeline.release.title import Dub, Failed, Localized, Title
from pipeline.review import thumbnails
from pipeline.speech import rttm
from pipeline.stages import media, release
from pipeline.stages.localize import MadeDub, MadeLanguage
from pipeline.stages.made import Made
from pipeline.stages.work import Work
from pipeline.store.answers import Answer
from pipeline.store.ledger import Done
from schemas.captions import Cue, Finding
from schemas.jobs import Description, Diarization, Transcript
from schemas.localize import CueLink, DubLine, Line, TranslatedLine, Voice
from schemas.media import Asset, Prepared, SampledFrame, Shot
from schemas.plan import Chunk, Window
from schemas.release import Deliverable
from schemas.scenes import Scene, ShotNote
from schemas.sound import MixFacts
from schemas.speech import Coverage, Estimate, Segment, Turn


def title(work: Work, made: Made, name: str) -> Title:
    """Everything that the texts and rows of a release are written from; ``name`` is the source's."""
    read = work.ledger.read
    turns = read(made.told, "turns", Turn)
    coverage = read(made.stitched, "coverage", Coverage)
    failed = tuple(_failed(work, made))
    scenes = tuple(read(made.described, "scenes", Scene))
    notes = read(made.described, "notes", ShotNote)
    chunks = read(made.planned, "chunks", Chunk)
    estimates = read(made.heard, "estimates", Estimate) if made.heard.has("estimates") else []
    frames = work.ledger.rows(made.prepared, "frames", SampledFrame) if made.prepared.has("frames") else ()
    about = about_title(
        failed=failed,
        coverage=coverage,
        turns=turns,
        chunks=len(chunks),
        estimates=estimates,
        is_language_assumed=made.language.is_assumed,
        language=made.language.tag,
        variant=made.house.variant,
        notes=notes,
        facts=read(made.prepared, "facts", Prepared)[0],
        turns_outside=_turns_outside(work, made.asset),
    )
    return Title(
        asset=made.asset,
        name=name,
        language=made.language.tag,
        house=made.house,
        chunks=tuple(chunks),
        windows=tuple(read(made.planned, "windows", Window)),
        failed=failed,
        estimates=tuple(estimates),
        regions=tuple(media.speech_regions(work, made.prepared)),
        segments=tuple(read(made.stitched, "segments", Segment)),
        turns=tuple(turns),
        coverage=tuple(coverage),
        shots=tuple(read(made.prepared, "shots", Shot)),
        notes=tuple(notes),
        scenes=scenes,
        cues=tuple(read(made.captioned, "cues", Cue)),
        findings=(*made.targets.left_out, *about, *read(made.captioned, "findings", Finding)),
        lines=tuple(read(made.captioned, "lines", Line)),
        localized=tuple(_localized(work, one) for one in made.localized),
        are_translations_drafts=work.engines.abilities().drafts,
        levels_dbfs=media.levels(work, made.prepared),
        thumbnails=thumbnails.per_scene(scenes, frames),
        stages=tuple(release.used(done) for done in made.stages),
    )


def finished(work: Work, made: Made) -> Iterator[Finished]:
    """Sound and pictures of a release: previews, stems, mixes, and the muxed file."""
    yield _file(work, made.previewed, "preview", "preview", "preview", None)
    for one in made.localized:
        if one.dub is not None:
            yield from _dub_files(work, one.dub, one.house.language)
    if made.muxed is not None:
        is_synthetic = any(one.dub is not None and _speaks(work, one.dub) for one in made.localized)
        yield _file(work, made.muxed, "mux", "title", "mux", None, is_synthetic=is_synthetic)


def _failed(work: Work, made: Made) -> Iterator[Failed]:
    """Requests that got no answer."""
    read = work.ledger.read
    answers: tuple[tuple[str, Sequence[Answer]], ...] = (
        (made.heard.stage, read(made.heard, "transcripts", Transcript)),
        ("diarize", read(made.told, "answers", Diarization) if made.told.has("answers") else []),
        ("describe", read(made.described, "descriptions", Description)),
    )
    for job, results in answers:
        yield from (Failed(job, index, one.failure) for index, one in enumerate(results) if one.failure is not None)


def _localized(work: Work, one: MadeLanguage) -> Localized:
    read = work.ledger.read
    return Localized(
        profile=one.house,
        translations=tuple(read(one.translated, "translations", TranslatedLine)),
        cues=tuple(read(one.captioned, "cues", Cue)),
        links=tuple(read(one.captioned, "links", CueLink)),
        findings=tuple(read(one.captioned, "findings", Finding)),
        dub=_dub(work, one.dub) if one.dub else None,
    )


def _dub(work: Work, made: MadeDub) -> Dub:
    read = work.ledger.read
    return Dub(
        lines=tuple(read(made.spoken, "dub_lines", DubLine)),
        voices=tuple(read(made.voiced, "voices", Voice)),
        engine=release.used(made.spoken),
        sound=read(made.mixed, "facts", MixFacts)[0],
        findings=tuple(
            finding for done in (made.voiced, made.spoken, made.mixed) for finding in read(done, "findings", Finding)
        ),
    )


def _turns_outside(work: Work, asset: Asset) -> int:
    """Turns of the user's own RTTM that end after the title."""
    told = [] if work.settings.speakers is None else rttm.parse(work.settings.speakers)
    return sum(turn.span.end_ms > asset.length_ms for turn in told)


def _speaks(work: Work, made: MadeDub) -> bool:
    """Whether any line of a dub is spoken by a machine; where none fits, all speech is the original."""
    return any(line.placed is not None for line in work.ledger.rows(made.spoken, "dub_lines", DubLine))


def _dub_files(work: Work, made: MadeDub, language: str) -> Iterator[Finished]:
    is_synthetic = _speaks(work, made)
    facts = work.ledger.read(made.mixed, "facts", MixFacts)[0]
    stem = f"dub.{language}"
    yield _file(
        work,
        made.mixed,
        "dialogue",
        f"{stem}.dialogue",
        "dialogue",
        language,
        is_synthetic=is_synthetic,
        loudness_lufs=facts.dialogue_lufs if is_synthetic else None,
        true_peak_dbtp=facts.dialogue_dbtp if is_synthetic else None,
    )
    yield _file(
        work,
        made.mixed,
        "mix",
        f"{stem}.{facts.mix}",
        "mix",
        language,
        is_synthetic=is_synthetic,
        loudness_lufs=facts.measured.integrated_lufs,
        true_peak_dbtp=facts.measured.true_peak_dbtp,
    )
    yield _file(work, made.previewed, "preview", f"preview.{language}", "preview", language, is_synthetic=is_synthetic)


def _file(
    work: Work,
    done: Done,
    role: str,
    stem: str,
    kind: str,
    language: str | None,
    *,
    is_synthetic: bool = False,
    loudness_lufs: float | None = None,
    true_peak_dbtp: float | None = None,
) -> Finished:
    part = done.part(role)
    name = f"{stem}{Path(part.name).suffix}"
    made = Deliverable(name, kind, language, part.sha256, part.size_bytes, is_synthetic, loudness_lufs, true_peak_dbtp)
    return Finished(made, work.ledger.path(done, role))
