"""The stages of speech: transcribe, align, speakers, stitch."""

from __future__ import annotations

import dataclasses
import hashlib
from collections.abc import Sequence
from typing import TypeVar, cast

from pipeline.speech import rttm
from pipeline.speech.stitch import stitch as stitched
from pipeline.speech.transcript import distribute
from pipeline.stages.media import speech_regions
from pipeline.stages.work import Counts, Progress, Step, Work, once
from pipeline.store.answers import Answer, request_id
from pipeline.store.ledger import Done, Staging
from schemas.jobs import (
    Alignment,
    AlignRequest,
    Diarization,
    DiarizeRequest,
    Job,
    Request,
    TranscribeRequest,
    Transcript,
)
from schemas.media import Asset
from schemas.plan import Chunk
from schemas.speech import Coverage, Segment, Turn
from schemas.time import Span

TRANSCRIBE_VERSION = "1"
ALIGN_VERSION = "1"
SPEAKERS_VERSION = "1"
STITCH_VERSION = "1"

Asked = TypeVar("Asked", bound=Request)
"""A request type of ``schemas.jobs``."""


def transcribe(work: Work, asset: Asset, prepared: Done, planned: Done, *, language: str) -> Done:
    """What the engine hears in each chunk; part ``transcripts``, one row per chunk, in order."""
    model = work.engines.model(Job.TRANSCRIBE)
    step = Step(asset.asset_id, "transcribe", TRANSCRIBE_VERSION, (planned.digest, *_heard(prepared)), language, model)

    def make(staging: Staging, progress: Progress) -> Counts:
        chunks = work.ledger.read(planned, "chunks", Chunk)
        requests = [
            TranscribeRequest("", asset.asset_id, work.ledger.key(prepared, "speech"), chunk.heard, language)
            for chunk in chunks
        ]
        results, reused = ask(work, Job.TRANSCRIBE, requests, media=_heard(prepared), progress=progress)
        answers = cast(list[Transcript], results)
        staging.add_rows("transcripts", answers, Transcript)
        return _counts(answers, reused)

    return once(work, step, make)


def align(work: Work, asset: Asset, prepared: Done, planned: Done, heard: Done, *, language: str, text: str) -> Done:
    """The words of a human's transcript with their times; part ``transcripts``, as ``transcribe`` makes it."""
    model = work.engines.model(Job.ALIGN)
    config = f"{language} {hashlib.sha256(text.encode()).hexdigest()}"
    step = Step(asset.asset_id, "align", ALIGN_VERSION, (planned.digest, heard.digest), config, model)

    def make(staging: Staging, progress: Progress) -> Counts:
        chunks = work.ledger.read(planned, "chunks", Chunk)
        words = distribute(text, chunks, work.ledger.read(heard, "transcripts", Transcript))
        key = work.ledger.key(prepared, "speech")
        requests = [
            AlignRequest("", asset.asset_id, key, chunk.heard, language, said)
            for chunk, said in zip(chunks, words, strict=True)
            if said
        ]
        results, reused = ask(work, Job.ALIGN, requests, media=_heard(prepared), progress=progress)
        answers = iter(cast(list[Alignment], results))
        transcripts = [
            _as_transcript(next(answers), language)
            if said
            else Transcript("", language, (), is_draft=False, failure=None)
            for said in words
        ]
        staging.add_rows("transcripts", transcripts, Transcript)
        return _counts(transcripts, reused)

    return once(work, step, make)


def speakers(work: Work, asset: Asset, prepared: Done) -> Done:
    """Who speaks when; part ``turns``. A human's RTTM is believed and no engine is asked."""
    if work.settings.speakers is not None:
        return _told(work, asset, work.settings.speakers)
    model = work.engines.model(Job.DIARIZE)
    step = Step(asset.asset_id, "speakers", SPEAKERS_VERSION, _heard(prepared), "", model)

    def make(staging: Staging, progress: Progress) -> Counts:
        regions = tuple(speech_regions(work, prepared))
        requests = [DiarizeRequest("", asset.asset_id, work.ledger.key(prepared, "speech"), regions)] if regions else []
        results, reused = ask(work, Job.DIARIZE, requests, media=_heard(prepared), progress=progress)
        answers = cast(list[Diarization], results)
        turns = [turn for answer in answers for turn in answer.turns]
        staging.add_rows("turns", turns, Turn)
        staging.add_rows("answers", answers, Diarization)
        return dataclasses.replace(_counts(answers, reused), rows=len(turns))

    return once(work, step, make)


def stitch(work: Work, asset: Asset, prepared: Done, planned: Done, heard: Done, told: Done) -> Done:
    """One timeline of words; parts ``segments`` and ``coverage``."""
    is_given = heard.stage == "align"
    inputs = (planned.digest, heard.digest, told.digest, *_heard(prepared))
    step = Step(asset.asset_id, "stitch", STITCH_VERSION, inputs, f"given={is_given}")

    def make(staging: Staging, progress: Progress) -> Counts:
        timeline = stitched(
            work.ledger.read(planned, "chunks", Chunk),
            work.ledger.read(heard, "transcripts", Transcript),
            work.ledger.read(told, "turns", Turn),
            speech_regions(work, prepared),
            length_ms=asset.length_ms,
            text_is_given=is_given,
        )
        staging.add_rows("coverage", timeline.coverage, Coverage)
        progress(1, 1)
        return Counts(staging.add_rows("segments", timeline.segments, Segment))

    return once(work, step, make)


def ask(
    work: Work, job: Job, requests: Sequence[Asked], *, media: tuple[str, ...], progress: Progress
) -> tuple[list[object], int]:
    """Answers to ``requests`` in order, and how many of them were kept from before.

    ``media`` are the content digests of what each request names, in the order of its keys.
    """
    model = work.engines.model(job)
    named = [
        dataclasses.replace(request, request_id=request_id(request, job=job, media=media, model=model))
        for request in requests
    ]
    answered = 0

    def count(newly: int) -> None:
        nonlocal answered
        answered += newly
        progress(answered, len(named))

    results = work.engines.answer(job, named, count)
    return list(results), len(named) - answered


def _heard(prepared: Done) -> tuple[str, ...]:
    """Digest of the speech audio; none in a title without audio."""
    return (prepared.part("speech").sha256,) if prepared.has("speech") else ()


def _counts(answers: Sequence[Answer], reused: int) -> Counts:
    failed = tuple(answer.request_id for answer in answers if answer.failure is not None)
    return Counts(len(answers), failed=failed, reused=reused)


def _as_transcript(answer: Alignment, language: str) -> Transcript:
    return Transcript(answer.request_id, language, answer.words, is_draft=False, failure=answer.failure)


def _told(work: Work, asset: Asset, text: str) -> Done:
    config = hashlib.sha256(text.encode()).hexdigest()
    step = Step(asset.asset_id, "speakers", SPEAKERS_VERSION, (asset.asset_id,), f"rttm {config}")

    def make(staging: Staging, progress: Progress) -> Counts:
        title = Span(0, asset.length_ms)
        turns = [
            dataclasses.replace(turn, span=inside)
            for turn in rttm.parse(text)
            if (inside := turn.span.clipped(title)) is not None
        ]
        progress(1, 1)
        return Counts(staging.add_rows("turns", turns, Turn))

    return once(work, step, make)
