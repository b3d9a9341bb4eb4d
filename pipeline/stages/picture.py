"""The stage that says what is seen and heard: a note per shot, and scenes."""

from __future__ import annotations

from typing import cast

from pipeline.scenes import merge_windows
from pipeline.stages.media import speech_regions
from pipeline.stages.speech import ask
from pipeline.stages.work import Counts, Progress, Step, Work, once
from pipeline.store.ledger import Done, Staging
from schemas.jobs import DescribeRequest, Description, Job
from schemas.media import Asset, Shot
from schemas.plan import Window
from schemas.scenes import Scene, ShotNote
from schemas.speech import Turn
from schemas.time import overlapping

DESCRIBE_VERSION = "1"


def describe(work: Work, asset: Asset, prepared: Done, planned: Done, told: Done) -> Done:
    """Notes and scenes; parts ``notes``, ``scenes`` and ``descriptions`` (the answers, one per window).

    A shot that is split over windows keeps the note of its first part.
    """
    model = work.engines.model(Job.DESCRIBE)
    step = Step(asset.asset_id, "describe", DESCRIBE_VERSION, (prepared.digest, planned.digest, told.digest), "", model)

    def make(staging: Staging, progress: Progress) -> Counts:
        windows = work.ledger.read(planned, "windows", Window)
        requests = _requests(work, asset, prepared, windows)
        media = tuple(prepared.part(role).sha256 for role in ("speech", "frames") if prepared.has(role))
        results, reused = ask(work, Job.DESCRIBE, requests, media=media, progress=progress)
        answers = cast(list[Description], results)
        staging.add_rows("descriptions", answers, Description)
        notes = {note.shot_index: note for answer in reversed(answers) for note in answer.shots}
        staging.add_rows("notes", [notes[index] for index in sorted(notes)], ShotNote)
        staging.add_rows("scenes", merge_windows(windows, answers, work.ledger.read(told, "turns", Turn)), Scene)
        failed = tuple(answer.request_id for answer in answers if answer.failure is not None)
        return Counts(len(answers), failed=failed, reused=reused)

    return once(work, step, make)


def _requests(work: Work, asset: Asset, prepared: Done, windows: list[Window]) -> list[DescribeRequest]:
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
