"""The stages of speech: transcribe, speakers, stitch. ``timing`` has those between."""

from __future__ import annotations

import dataclasses
import hashlib

from pipeline.speech import rttm
from pipeline.speech.stitch import stitch as stitched
from pipeline.stages.asking import ask
from pipeline.stages.media import speech_digest, speech_regions
from pipeline.stages.work import Counts, Progress, Step, Work, once
from pipeline.store.ledger import Done, Staging
from schemas.jobs import (
    Diarization,
    DiarizeRequest,
    Job,
    TranscribeRequest,
    Transcript,
)
from schemas.media import Asset
from schemas.plan import Chunk
from schemas.speech import Coverage, Segment, Turn
from schemas.time import Span

TRANSCRIBE_VERSION = "1"
SPEAKERS_VERSION = "1"
STITCH_VERSION = "1"


def transcribe(work: Work, asset: Asset, prepared: Done, planned: Done, *, language: str) -> Done:
    """What the engine hears in each chunk; part ``transcripts``, one row per chunk, in order."""
    model = work.engines.model(Job.TRANSCRIBE)
    step = Step(
        asset.asset_id, "transcribe", TRANSCRIBE_VERSION, (planned.digest, *speech_digest(prepared)), language, model
    )

    def make(staging: Staging, progress: Progress) -> Counts:
        chunks = work.ledger.read(planned, "chunks", Chunk)
        requests = [
            TranscribeRequest("", asset.asset_id, work.ledger.key(prepared, "speech"), chunk.heard, language)
            for chunk in chunks
        ]
        asked = ask(work, Job.TRANSCRIBE, requests, Transcript, media=speech_digest(prepared), progress=progress)
        staging.add_rows("transcripts", asked.answers, Transcript)
        return asked.counts

    return once(work, step, make)


def speakers(work: Work, asset: Asset, prepared: Done) -> Done:
    """Who speaks when; part ``turns``. A human's RTTM is believed and no engine is asked."""
    if work.settings.speakers is not None:
        return _told(work, asset, work.settings.speakers)
    model = work.engines.model(Job.DIARIZE)
    step = Step(asset.asset_id, "speakers", SPEAKERS_VERSION, speech_digest(prepared), "", model)

    def make(staging: Staging, progress: Progress) -> Counts:
        regions = tuple(speech_regions(work, prepared))
        requests = [DiarizeRequest("", asset.asset_id, work.ledger.key(prepared, "speech"), regions)] if regions else []
        asked = ask(work, Job.DIARIZE, requests, Diarization, media=speech_digest(prepared), progress=progress)
        turns = [turn for answer in asked.answers for turn in answer.turns]
        staging.add_rows("turns", turns, Turn)
        staging.add_rows("answers", asked.answers, Diarization)
        return dataclasses.replace(asked.counts, rows=len(turns))

    return once(work, step, make)


def stitch(work: Work, asset: Asset, prepared: Done, planned: Done, heard: Done, told: Done) -> Done:
    """One timeline of words; parts ``segments`` and ``coverage``."""
    is_given = heard.stage == "align"
    inputs = (planned.digest, heard.digest, told.digest, *speech_digest(prepared))
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
