"""``reelingua run``: titles to releases, some at the same time, in one process tree."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor, as_completed
from dataclasses import replace
from pathlib import Path

from rich.console import Console

from flows import exit_codes
from flows.attempt import Offered, attempt
from flows.display import Display, summary
from flows.sources import expand
from flows.working import workplace
from pipeline import job_file
from pipeline.errors import EngineUnavailable, UsageError
from pipeline.stages import picture
from pipeline.store import layout
from pipeline.store.objects import FolderObjects, Objects, open_objects
from schemas.jobs import Job
from schemas.outcome import Outcome, Status
from schemas.settings import AUTO, Settings
from workers.registry import REGISTRY


def run(
    sources: Sequence[Path], *, library: str, settings: Settings, jobs: int | None, is_strict: bool, console: Console
) -> int:
    """Caption every title that ``sources`` name, show progress and a summary, and give the exit code.

    Raises:
        UsageError: The sources, the profile or the engine do not exist or do not go together.
        EngineUnavailable: The engine cannot run here, or does not know a language.

    """
    objects = open_objects(library)
    found = expand(
        sources,
        outside=objects.root if isinstance(objects, FolderObjects) else None,
        beside=None if settings.music_and_effects is None else Path(settings.music_and_effects),
    )
    if len(found.media) > 1 and any((settings.transcript, settings.speakers, settings.music_and_effects)):
        raise UsageError(
            "--transcript, --speakers and --music-and-effects belong to one title; run the others without them"
        )
    chosen = job_file.checked(settings)
    chosen = replace(chosen, engine=chosen_engine(chosen.engine, say=lambda line: console.print(line, style="dim")))
    picture.require(chosen, REGISTRY.abilities(chosen.engine))
    if chosen.language is not None:
        REGISTRY.require_language(chosen.engine, Job.TRANSCRIBE, chosen.language)
        for target in chosen.targets:
            REGISTRY.require_pair(chosen.engine, chosen.language, target)
    for target in chosen.dub:
        REGISTRY.require_language(chosen.engine, Job.SYNTHESIZE, target)
    if found.passed_over:
        console.print(f"{found.passed_over} files passed over: their names are not those of media", style="dim")
    jobs = jobs or REGISTRY.family(chosen.engine).titles_at_once
    try:
        outcomes = caption_all(found.media, objects=objects, settings=chosen, jobs=jobs, console=console)
    except KeyboardInterrupt:
        console.print("stopped; run the same again to go on where it was")
        return exit_codes.STOPPED
    summary(outcomes, [release_folder(objects, outcome) for outcome in outcomes], console)
    if any(outcome.status in (Status.REJECTED, Status.FAILED) for outcome in outcomes):
        return exit_codes.FAILED
    return exit_codes.GATE if is_strict and any(outcome.errors for outcome in outcomes) else exit_codes.DONE


def chosen_engine(asked: str, *, say: Callable[[str], None]) -> str:
    """The engine family that will answer; ``auto`` is settled here and said.

    Raises:
        UsageError: There is no such family.
        EngineUnavailable: It lacks something on this machine.

    """
    if asked != AUTO:
        if lacks := REGISTRY.availability(asked):
            raise EngineUnavailable(f"{asked} cannot run here: {lacks[0].what} is missing; {lacks[0].remedy}")
        return asked
    passed_over: list[str] = []
    for family in REGISTRY.families:
        if lacks := REGISTRY.availability(family.name):
            passed_over.append(f"{family.name}: {lacks[0].what} is missing")
        elif (offer := family.auto()) is None:
            passed_over.append(f"{family.name}: only when it is named")
        else:
            why = f"; not {', '.join(passed_over)}" if passed_over else ""
            say(f"engine: {family.name} ({offer}{why})")
            return family.name
    raise EngineUnavailable(f"no engine can run here ({'; '.join(passed_over)}); see reelingua doctor")


def caption_all(
    media: Sequence[Path], *, objects: Objects, settings: Settings, jobs: int, console: Console
) -> list[Outcome]:
    """One outcome per source, in order; a source that fails stops no other."""
    with (
        Display(console) as display,
        workplace(
            objects,
            settings.engine,
            progress=display.progress,
            warn=lambda line: console.print(line, style="yellow"),
            on_figures=display.engine,
        ) as shared,
        ThreadPoolExecutor(max_workers=jobs, thread_name_prefix="title") as pool,
    ):

        def one(source: Path) -> Outcome:
            return attempt(shared.work(source, settings), Offered.at(source))

        futures = {pool.submit(one, source): index for index, source in enumerate(media)}
        outcomes: dict[int, Outcome] = {}
        try:
            for future in as_completed(futures):
                outcome = future.result()
                display.finished(outcome)
                outcomes[futures[future]] = outcome
        except KeyboardInterrupt:
            pool.shutdown(wait=False, cancel_futures=True)
            shared.stop()
            raise
    return [outcomes[index] for index in range(len(media))]


def release_folder(objects: Objects, outcome: Outcome) -> str | None:
    """Where the deliverables of an outcome are; None when there are none."""
    if outcome.asset_id is None or outcome.release_id is None:
        return None
    return f"{objects.uri}/{layout.release_folder(outcome.asset_id, outcome.release_id)}"
