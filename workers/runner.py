"""The loop of a worker: follow the requests, keep the engine busy, commit its answers, tell the parent.

One thread does all of it; the engine has its own. There is no barrier anywhere: a request is put to the
engine as soon as it takes one more, and its answer waits for company for a moment only, so that a kill
loses what is in flight and little more.
"""

from __future__ import annotations

import dataclasses
import itertools
from collections.abc import Callable, Sequence
from functools import partial
from pathlib import Path

from pipeline.errors import StoreError
from pipeline.store import answers, layout
from pipeline.store.objects import FolderObjects, Objects
from schemas import columns
from schemas.figures import Figures
from schemas.jobs import Job, Request, Result
from workers import spool
from workers.desk import COMMIT_ROWS, Desk, Reply
from workers.families import Streaming
from workers.jobs import RESULTS, Member, failed
from workers.messages import Answered, Message, Progress, Ready, Refused, Started
from workers.progress import Reports

_UNWRITABLE = (ValueError, TypeError, ArithmeticError)
"""What Arrow raises for a row that fits no table: half a surrogate pair, which JSON can say and UTF-8 cannot; a number
beyond 64 bits."""

Tell = Callable[[Message], None]
"""Sends a message to the parent."""


def run(
    members: Sequence[Member],
    requests: Path,
    results: Path,
    *,
    engine: Streaming,
    tell: Tell,
    show: Callable[[str], None] = lambda _line: None,
) -> None:
    """Answer every request of a folder until its marker says that no more will come.

    ``results`` is laid out as the library's folder of kept answers, and may be that folder; ``show`` takes a line
    for people now and then.

    Raises:
        EngineCrashed: The engine itself is gone; what it had answered is kept, what was in flight has no answer.
        StoreError: Answers cannot be written.

    """
    jobs = [member.job for member in members]
    desk = Desk(engine, started=lambda batch: tell(Started(request_ids=_ids(batch))))
    inbox, out = spool.Inbox(requests), FolderObjects(results)
    reports = _reports(engine, desk, inbox, tell=tell, show=show)
    tell(Ready(members=tuple(members), takes=_takes(engine)))
    try:
        while True:
            inbox.look()
            while desk.has_room and (part := inbox.take()):
                _read(part, jobs, desk, tell)
            desk.submit()
            if inbox.is_over and not desk.is_busy:
                break
            desk.collect(limit_s=spool.POLL_S)
            _commit(out, desk.due(), tell, reports)
            if reports is not None:
                reports.when_due()
    finally:
        _commit(out, desk.due(is_last=True), tell, reports)


def _takes(engine: Streaming) -> int:
    """Requests that keep a worker busy: in flight, read ahead, and answered but not told of yet."""
    return 2 * engine.in_flight + 2 * COMMIT_ROWS


def _reports(
    engine: Streaming, desk: Desk, inbox: spool.Inbox, *, tell: Tell, show: Callable[[str], None]
) -> Reports | None:
    """Reports with what waits here filled in; None for an engine that does not count."""
    counted = engine.figures
    if counted is None:
        return None

    def figures() -> Figures:
        return dataclasses.replace(counted(), waiting=desk.waiting + inbox.unread)

    return Reports(figures, tell=lambda now: tell(Progress(figures=now)), show=show)


def _read(part: Path, jobs: Sequence[Job], desk: Desk, tell: Tell) -> None:
    """Ask what a part asks."""
    try:
        asked = spool.read(part, jobs)
    except StoreError as error:
        tell(Refused(part=part.name, reason=str(error)))
        return
    for broken in asked.broken:
        desk.reply(Reply(broken.asset_id, asked.job, failed(asked.job, broken.request_id, broken.reason)))
    desk.ask(asked.requests)


def _ids(requests: Sequence[Request]) -> tuple[str, ...]:
    return tuple(request.request_id for request in requests)


def _commit(results: Objects, due: Sequence[Reply], tell: Tell, reports: Reports | None) -> None:
    """Write answers, a part per asset and job, and tell of each part once it is in its place."""
    if due and reports is not None:
        reports.now()  # first, so that whoever gets an answer finds it counted
    replies = sorted(due, key=_destination)
    for (asset_id, job), group in itertools.groupby(replies, key=_destination):
        rows = [reply.result for reply in group]
        part = _written(results, asset_id, job, rows)
        tell(Answered(job=job, request_ids=tuple(row.request_id for row in rows), asset_id=asset_id, part=part))


def _destination(reply: Reply) -> tuple[str, Job]:
    return reply.asset_id, reply.job


def _written(results: Objects, asset_id: str, job: Job, rows: Sequence[Result]) -> str:
    """Key of a part with these rows; a row that cannot be written becomes one that says so."""
    name = partial(layout.results_part, asset_id, job)
    try:
        return answers.write_part(results, rows, RESULTS[job], key=name)
    except _UNWRITABLE:
        return answers.write_part(results, [_writable(job, row) for row in rows], RESULTS[job], key=name)


def _writable(job: Job, row: Result) -> Result:
    try:
        columns.to_table([row], RESULTS[job])
    except _UNWRITABLE as error:
        reason = f"the answer cannot be written: {type(error).__name__}: {error}"
        return failed(job, row.request_id, reason.encode(errors="backslashreplace").decode())
    return row
