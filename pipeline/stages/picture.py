"""The stage that says what is seen and heard: a note per shot, and scenes."""

from __future__ import annotations

import itertools
import json
from collections.abc import Sequence
from dataclasses import replace
from functools import partial

from pipeline.contracts import Abilities
from pipeline.errors import UsageError
from pipeline.scenes import merge_windows
from pipeline.stages.asking import ask
from pipeline.stages.media import speech_regions
from pipeline.stages.work import Counts, Progress, Step, Work, once, onward
from pipeline.store.ledger import Done, Staging
from schemas.jobs import DescribeRequest, Description, Job, Utterance
from schemas.media import Asset, Shot
from schemas.plan import Window
from schemas.scenes import Detail, Scene, ShotNote
from schemas.settings import Settings
from schemas.speech import Segment, Turn
from schemas.time import overlapping

DESCRIBE_VERSION = "1"

WINDOWS_PER_ACT = 4
"""Windows that are asked about at once, where a describer follows the story: what is told of the windows before them
is told to all of an act. Ours: with 1 a title never has two requests in flight, and an engine that takes dozens would
starve on a few titles; a window of a minute or two is near enough to the one four before it to know its people."""


def describe(work: Work, asset: Asset, prepared: Done, planned: Done, told: Done, stitched: Done) -> Done:
    """Notes and scenes; parts ``notes``, ``scenes`` and ``descriptions`` (the answers, one per window).

    A shot that is split over windows keeps the note of its first part. A describer that follows is told what is said
    (``stitched``) and, act by act, what happened before; for any other, neither bears on the result.
    """
    model = work.engines.model(Job.DESCRIBE)
    follows = work.engines.abilities().follows
    inputs = (prepared.digest, planned.digest, told.digest, *((stitched.digest,) if follows else ()))
    config = json.dumps([work.settings.detail, work.settings.style, WINDOWS_PER_ACT]) if follows else ""
    step = Step(asset.asset_id, "describe", DESCRIBE_VERSION, inputs, config, model)

    def make(staging: Staging, progress: Progress) -> Counts:
        windows = work.ledger.read(planned, "windows", Window)
        requests = _requests(work, asset, prepared, windows)
        if follows:
            answers, counts = _followed(work, prepared, _informed(work, requests, stitched), progress)
        else:
            asked = ask(work, Job.DESCRIBE, requests, Description, media=_media(prepared), progress=progress)
            answers, counts = asked.answers, asked.counts
        staging.add_rows("descriptions", answers, Description)
        notes = {note.shot_index: note for answer in reversed(answers) for note in answer.shots}
        staging.add_rows("notes", [notes[index] for index in sorted(notes)], ShotNote)
        staging.add_rows("scenes", merge_windows(windows, answers, work.ledger.read(told, "turns", Turn)), Scene)
        return counts

    return once(work, step, make)


def require(settings: Settings, abilities: Abilities) -> None:
    """Refuse, before anything is decoded, a way of describing that the engine does not heed.

    Raises:
        UsageError: It describes by rule, and a detail or a style is asked for.

    """
    asked = [
        name
        for name, is_asked in (
            ("--detail", settings.detail is not Detail.STANDARD),
            ("--style", settings.style),
        )
        if is_asked
    ]
    if asked and not abilities.follows:
        raise UsageError(
            f"{settings.engine} describes by rule and heeds no {' or '.join(asked)}; leave out what it does not "
            "heed, or choose an engine that reads and writes"
        )


def _requests(work: Work, asset: Asset, prepared: Done, windows: Sequence[Window]) -> list[DescribeRequest]:
    shots = work.ledger.read(prepared, "shots", Shot)
    regions = speech_regions(work, prepared)
    return [
        DescribeRequest(
            request_id="",
            asset_id=asset.asset_id,
            media_key=work.ledger.key(prepared, "speech") if prepared.has("speech") else None,
            frames_key=work.ledger.key(prepared, "frames") if prepared.has("frames") else None,
            span=window.span,
            shots=tuple(shots[window.first_shot : window.end_shot]),
            regions=tuple(heard),
        )
        for window, heard in zip(windows, overlapping((window.span for window in windows), regions), strict=True)
    ]


def _informed(work: Work, requests: Sequence[DescribeRequest], stitched: Done) -> list[DescribeRequest]:
    """The requests with what is said in each, and how the user wants it told."""
    segments = work.ledger.read(stitched, "segments", Segment)
    said = overlapping((request.span for request in requests), segments)
    detail, style = work.settings.detail, work.settings.style
    return [
        replace(request, said=tuple(_utterances(spoken, request)), detail=detail, style=style)
        for request, spoken in zip(requests, said, strict=True)
    ]


def _utterances(spoken: Sequence[Segment], request: DescribeRequest) -> list[Utterance]:
    """Sentences in a window; one that goes over its edge is there as a whole, with the times that are inside."""
    return [
        Utterance(inside, segment.speaker, segment.text)
        for segment in spoken
        if (inside := segment.span.clipped(request.span)) is not None
    ]


def _followed(
    work: Work, prepared: Done, requests: Sequence[DescribeRequest], progress: Progress
) -> tuple[list[Description], Counts]:
    """Answers act by act, each act told what the last answer of those before it says."""
    answers: list[Description] = []
    counts = Counts(0)
    story, cast = "", tuple[str, ...]()
    remaining = iter(requests)
    while act := list(itertools.islice(remaining, WINDOWS_PER_ACT)):
        asked = ask(
            work,
            Job.DESCRIBE,
            [replace(request, story=story, cast=cast) for request in act],
            Description,
            media=_media(prepared),
            progress=partial(onward, progress, len(answers), len(requests)),
        )
        answers += asked.answers
        counts += asked.counts
        for answer in asked.answers:
            if answer.failure is None:
                story, cast = answer.story, answer.cast
    return answers, counts


def _media(prepared: Done) -> tuple[str, ...]:
    return tuple(prepared.part(role).sha256 for role in ("speech", "frames") if prepared.has(role))
