"""The stages that find out when words are said: those that an engine heard without times, and those that a human
wrote down.

An aligner says it. Where it cannot, words that an engine heard are spread over the speech, and the result says so.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace

from pipeline.errors import EngineUnavailable
from pipeline.speech import estimate
from pipeline.speech.phrases import words_of
from pipeline.speech.transcript import distribute
from pipeline.stages.asking import ask
from pipeline.stages.media import regions_digest, speech_digest, speech_regions
from pipeline.stages.work import Counts, Progress, Step, Work, once
from pipeline.store.ledger import Done, Staging
from schemas.jobs import Alignment, AlignRequest, Job, Transcript
from schemas.media import Asset, SpeechRegion
from schemas.plan import Chunk
from schemas.speech import Estimate
from schemas.time import overlapping

TIME_WORDS_VERSION = "1"
"""Version of how texts become words, and of estimates."""

ALIGN_VERSION = "1"


def time_words(work: Work, asset: Asset, prepared: Done, planned: Done, recognised: Done) -> Done:
    """What ``recognised`` holds without times, with them; parts ``transcripts``, as ``transcribe`` makes it, and
    ``estimates``, one row per chunk whose times no aligner could tell.
    """
    model = work.engines.model(Job.ALIGN)
    inputs = (planned.digest, recognised.digest, *speech_digest(prepared), *regions_digest(prepared))
    step = Step(asset.asset_id, "time-words", TIME_WORDS_VERSION, inputs, "", model)

    def make(staging: Staging, progress: Progress) -> Counts:
        chunks = work.ledger.read(planned, "chunks", Chunk)
        transcripts = work.ledger.read(recognised, "transcripts", Transcript)
        said = [
            _Said(*pair, words_of(pair[1].untimed, pair[1].language)) for pair in zip(chunks, transcripts, strict=True)
        ]
        placed = _placed(work, asset, prepared, said, progress, may_estimate=True)
        staging.add_rows("estimates", placed.estimates, Estimate)
        staging.add_rows("transcripts", placed.transcripts, Transcript)
        return placed.counts

    return once(work, step, make)


def align(work: Work, asset: Asset, prepared: Done, planned: Done, heard: Done, *, language: str, text: str) -> Done:
    """The words of a human's transcript with their times; parts as ``time_words`` makes them.

    With an engine that times what it hears there are no ``estimates``: a chunk that cannot be aligned has failed.
    """
    model = work.engines.model(Job.ALIGN)
    may_estimate = not work.engines.abilities().times
    inputs: tuple[str, ...] = (planned.digest, heard.digest)
    config = f"{language} {hashlib.sha256(text.encode()).hexdigest()}"
    if may_estimate:
        inputs, config = (*inputs, *regions_digest(prepared)), f"{config} estimates"
    step = Step(asset.asset_id, "align", ALIGN_VERSION, inputs, config, model)

    def make(staging: Staging, progress: Progress) -> Counts:
        chunks = work.ledger.read(planned, "chunks", Chunk)
        given = distribute(text, chunks, work.ledger.read(heard, "transcripts", Transcript))
        nothing = Transcript("", language, (), is_draft=False, failure=None)
        said = [_Said(chunk, nothing, words) for chunk, words in zip(chunks, given, strict=True)]
        placed = _placed(work, asset, prepared, said, progress, may_estimate=may_estimate)
        if may_estimate:
            staging.add_rows("estimates", placed.estimates, Estimate)
        staging.add_rows("transcripts", placed.transcripts, Transcript)
        return placed.counts

    return once(work, step, make)


@dataclass(frozen=True, slots=True)
class _Said:
    """What is said in one chunk."""

    chunk: Chunk
    """The chunk."""

    transcript: Transcript
    """What is known of it."""

    words: tuple[str, ...]
    """Its words that have no times yet."""


@dataclass(frozen=True, slots=True)
class _Placed:
    """What is said, with times."""

    transcripts: list[Transcript]
    """One per chunk, in order."""

    estimates: list[Estimate]
    """Chunks whose times no aligner could tell."""

    counts: Counts
    """What it took."""


def _placed(
    work: Work, asset: Asset, prepared: Done, said: Sequence[_Said], progress: Progress, *, may_estimate: bool
) -> _Placed:
    """Times for all words, by the aligner where it can; by estimate, or not at all, where it cannot."""
    unknown = _unknown(work, {one.transcript.language for one in said if one.words}) if may_estimate else {}
    asked = [one for one in said if one.words and one.transcript.language not in unknown]
    key = work.ledger.key(prepared, "speech") if asked else ""
    requests = [
        AlignRequest("", asset.asset_id, key, one.chunk.heard, one.transcript.language, one.words) for one in asked
    ]
    answered = ask(work, Job.ALIGN, requests, Alignment, media=speech_digest(prepared), progress=progress)
    answers = {one.chunk.chunk_index: answer for one, answer in zip(asked, answered.answers, strict=True)}
    transcripts: list[Transcript] = []
    estimates: list[Estimate] = []
    heard = overlapping((one.chunk.heard for one in said), speech_regions(work, prepared))
    for one, regions in zip(said, heard, strict=True):
        answer = answers.get(one.chunk.chunk_index)
        if not one.words:
            transcripts.append(replace(one.transcript, untimed=""))
        elif answer is not None and (answer.failure is None or not may_estimate):
            transcripts.append(replace(one.transcript, words=answer.words, untimed="", failure=answer.failure))
        else:
            reason = unknown[one.transcript.language] if answer is None else str(answer.failure)
            transcripts.append(_estimated(one, regions))
            if transcripts[-1].is_estimated:
                estimates.append(Estimate(one.chunk.chunk_index, reason))
    return _Placed(transcripts, estimates, replace(answered.counts, rows=len(transcripts)))


def _unknown(work: Work, languages: Iterable[str]) -> dict[str, str]:
    """Why the aligner does not know some of the languages."""
    reasons: dict[str, str] = {}
    for language in sorted(languages):
        try:
            work.engines.require_language(Job.ALIGN, language)
        except EngineUnavailable as error:
            reasons[language] = str(error)
    return reasons


def _estimated(said: _Said, regions: Sequence[SpeechRegion]) -> Transcript:
    try:
        words = estimate.spread(said.words, regions, said.chunk.heard)
    except ValueError as error:
        return replace(said.transcript, untimed="", failure=f"{error}: nobody speaks so fast")
    return replace(said.transcript, words=words, untimed="", is_estimated=True)
