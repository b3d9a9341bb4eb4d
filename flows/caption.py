"""``caption/nightly``: captions for everything in the drop folder, as a Prefect flow.

Prefect gives schedule, retries and a view; what is done and what is not is the library's own knowledge,
so that a night that was killed goes on where it was. One task per title and step, never one per chunk.
"""

from __future__ import annotations

import contextlib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal, cast

from prefect import allow_failure, flow, get_run_logger, task
from prefect.artifacts import create_table_artifact
from prefect.cache_policies import NO_CACHE
from prefect.client.schemas.objects import State, TaskRun
from prefect.futures import PrefectFuture
from prefect.task_runners import TaskRunner, ThreadPoolTaskRunner

from flows.attempt import Offered, receipted, reject, without_release
from flows.working import Workplace, workplace
from pipeline import job_file
from pipeline.errors import EngineUnavailable, MediaError, ReelinguaError, UsageError
from pipeline.stages import media
from pipeline.stages.work import Work
from pipeline.store import drop
from pipeline.store.drop import Dropped
from pipeline.store.objects import open_objects
from pipeline.text import one_line
from schemas.outcome import Outcome, Status
from schemas.settings import AUTO, Settings
from workers.registry import REGISTRY

TITLES_AT_ONCE = 2
"""Titles that are worked on at the same time on one machine: one is decoded while another is recognised.
Prefect's own default has no bound."""

FailOn = Literal["failed", "rejected", "none"]
"""What makes a night bad: a failure of ours; a rejected file as well; nothing."""


class BadNight(ReelinguaError):
    """The night ended, and not every title as it should."""


@dataclass(frozen=True, slots=True)
class _Item:
    """A dropped file, and what its stages need."""

    offered: Offered
    work: Work


def may_pass_next_time(_task: Any, _run: TaskRun, state: State[Any]) -> bool:
    """A crash or a lost disk may be gone in a minute; a missing engine is not."""
    return not isinstance(state.result(raise_on_failure=False), EngineUnavailable | UsageError)


@task(cache_policy=NO_CACHE, persist_result=False)
def prepare(item: _Item) -> None:
    """Decode one title; what cannot be decoded is for ``release`` to reject."""
    with contextlib.suppress(MediaError):
        media.prepare(item.work, media.probe(item.work, item.offered.path), item.offered.path)


@task(
    cache_policy=NO_CACHE,
    persist_result=False,
    retries=2,
    retry_delay_seconds=[10, 60],
    retry_condition_fn=may_pass_next_time,
)
def release(item: _Item) -> Outcome:
    """Bring one title to its release, or write the receipt that says why not."""
    return receipted(item.work, item.offered)


def _runner() -> TaskRunner[PrefectFuture[Any]]:
    # Prefect types its runners as invariant in their futures; every future is a PrefectFuture.
    return cast(TaskRunner[PrefectFuture[Any]], ThreadPoolTaskRunner[Any](max_workers=TITLES_AT_ONCE))


@flow(name="caption", task_runner=_runner())
def caption(
    library: str = "library",
    engine: str = "embedded",
    profile: str = "netflix",
    language: str | None = None,
    to: tuple[str, ...] = (),
    dub: tuple[str, ...] = (),
    settle_s: float = drop.SETTLE_S,
    fail_on: FailOn = "failed",
) -> None:
    """Caption what lies in the drop folder of ``library`` and has settled; every file gets a receipt.

    ``to`` and ``dub`` are languages that every title is brought into; a job file beside a title may name others.

    Raises:
        BadNight: A title failed, or what else ``fail_on`` names.
        UsageError: ``engine`` is ``auto`` or does not exist (a deployment says what it runs on), or the
            profile and the language do not go together.
        EngineUnavailable: The engine lacks something on this machine.

    """
    log = get_run_logger()
    if engine == AUTO:
        names = ", ".join(family.name for family in REGISTRY.families)
        raise UsageError(f"a deployment names its engine, auto is for people; choose one of: {names}")
    if lacks := REGISTRY.availability(engine):
        raise EngineUnavailable(f"{engine} cannot run here: {lacks[0].what} is missing; {lacks[0].remedy}")
    asked = Settings(engine=engine, profile=profile, language=language, to=tuple(to), dub=tuple(dub))
    defaults = job_file.checked(asked)
    objects = open_objects(library)
    found = drop.pending(objects, settle_s=settle_s)
    for key in found.unsettled:
        log.info("%s is still being written: it will be taken next time", one_line(key))
    outcomes: list[Outcome] = []
    with workplace(objects, engine, progress=lambda *_: None, warn=log.warning) as shared:
        items = list(_items(shared, found.settled, defaults, outcomes))
        futures = [_submitted(item) for item in items]
        for item, future in zip(items, futures, strict=True):
            future.wait()
            outcomes.append(_outcome(item, future.state))
    _report(outcomes)
    bad = [outcome for outcome in outcomes if outcome.status in _bad_statuses(fail_on)]
    if bad:
        raise BadNight("; ".join(one_line(f"{Path(outcome.source).name}: {outcome.message}") for outcome in bad))


def _submitted(item: _Item) -> PrefectFuture[Outcome]:
    """Both steps of one title, one behind the other: the first titles are finished while the last still wait."""
    ready = prepare.submit(item)
    return release.submit(item=item, wait_for=[allow_failure(ready)], return_state=False)


def _items(
    shared: Workplace, dropped: Sequence[Dropped], defaults: Settings, outcomes: list[Outcome]
) -> Iterator[_Item]:
    """Files with their settings; one whose job file is wrong is rejected here, into ``outcomes``."""
    for one in dropped:
        offered = Offered(one.path, one.key, one.etag)
        try:
            settings = _settings(job_file.job_file_of(one.path), defaults)
        except UsageError as error:
            reject(shared.objects, offered, reason=str(error), remedy="mend the job file and drop both again")
            outcomes.append(without_release(offered, Status.REJECTED, str(error), wall_s=0.0))
            continue
        yield _Item(offered, shared.work(one.path, settings))


def _settings(beside: Path, defaults: Settings) -> Settings:
    """What a job file asks for, where there is one; the engine is the deployment's to choose."""
    if not beside.exists():
        return defaults
    settings = job_file.read(beside, defaults)
    if settings.engine != defaults.engine:
        raise UsageError(f"{beside.name}: this deployment runs on {defaults.engine}; leave out engine")
    return settings


def _outcome(item: _Item, state: State[Any]) -> Outcome:
    result = state.result(raise_on_failure=False)
    if isinstance(result, Outcome):
        return result
    return without_release(item.offered, Status.FAILED, str(result), wall_s=0.0)


def _report(outcomes: Sequence[Outcome]) -> None:
    """What happened, for the log and as a table in Prefect's own pages."""
    log = get_run_logger()
    for outcome in outcomes:
        log.info("%s", one_line(f"{outcome.status} {outcome.source} {outcome.message or outcome.release_id}"))
    if not outcomes:
        log.info("nothing is pending in the drop folder")
        return
    rows = [
        {
            "title": one_line(Path(outcome.source).name),
            "outcome": str(outcome.status),
            "captions": outcome.cues,
            "languages": " ".join(outcome.languages),
            "dubs": " ".join(outcome.dubs),
            "not dubbed": outcome.flagged,
            "errors": outcome.errors,
            "warnings": outcome.warnings,
            "release": outcome.release_id or "",
            "why": one_line(outcome.message or ""),
        }
        for outcome in outcomes
    ]
    create_table_artifact(table=rows, key="night", description="What became of every title of the night")


def _bad_statuses(fail_on: FailOn) -> frozenset[Status]:
    match fail_on:
        case "failed":
            return frozenset({Status.FAILED})
        case "rejected":
            return frozenset({Status.FAILED, Status.REJECTED})
        case "none":
            return frozenset()
