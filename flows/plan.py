"""``reelingua plan``: what a run would take, before any engine runs."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from rich.console import Console
from rich.table import Table

from flows import exit_codes
from flows.display import Display
from flows.sources import expand
from flows.terminal import shown
from flows.working import workplace
from pipeline.errors import EngineUnavailable, MediaError
from pipeline.sizing.estimate import Deployed, Estimate, JobEstimate, Offer, Workload, estimate
from pipeline.sizing.profiles import EMBEDDED_FAMILY, catalogue
from pipeline.stages import forecast, media
from pipeline.store.objects import FolderObjects, open_objects
from schemas.media import Asset, Prepared
from schemas.plan import Chunk, CutReason
from schemas.settings import Settings
from schemas.time import clock
from workers.engines.vllm import config
from workers.engines.vllm import family as vllm


def run(sources: Sequence[Path], *, library: str, language: str | None, console: Console) -> int:
    """Print what engines would be asked and what that would take; 1 when a title cannot be used.

    Decoding is not free, but it is needed for any run, and what it makes is kept.

    Raises:
        UsageError: There is nothing to plan for, or ``vllm.toml`` says what does not exist or fit.

    """
    deployed, left_out = _deployed()
    objects = open_objects(library)
    found = expand(sources, outside=objects.root if isinstance(objects, FolderObjects) else None)
    loads: list[Workload] = []
    rejected: list[str] = []
    titles = Table(box=None, pad_edge=False, header_style="bold")
    for heading in ("title", "length"):
        titles.add_column(heading)
    for heading in ("chunks", "of speech", "cut in speech", "shots"):
        titles.add_column(heading, justify="right")
    settings = Settings(engine=EMBEDDED_FAMILY, language=language)
    with (
        Display(console) as display,
        workplace(objects, EMBEDDED_FAMILY, progress=display.progress, warn=console.print) as shared,
    ):
        for source in found.media:
            work = shared.work(source, settings)
            try:
                asset = media.probe(work, source)
                prepared = media.prepare(work, asset, source)
            except MediaError as error:
                rejected.append(f"{source.name}: {error}")
                continue
            planned = media.plan(work, asset, prepared)
            facts = work.ledger.read(prepared, "facts", Prepared)[0]
            loads += forecast.workloads(work, asset, prepared, planned)
            titles.add_row(*_title_cells(source, asset, work.ledger.read(planned, "chunks", Chunk), facts))
    if loads:
        console.print(titles)
        console.print()
        print_estimate(estimate(loads, catalogue(), deployed), console)
        if left_out:
            console.print(f"- {shown(left_out)}", style="dim", highlight=False, soft_wrap=True)
    for line in rejected:
        console.print(shown(line), style="yellow", highlight=False, soft_wrap=True)
    return exit_codes.FAILED if rejected else exit_codes.DONE


def _deployed() -> tuple[Sequence[Deployed], str]:
    """How models are served here, or why that is not known; raises UsageError."""
    try:
        return vllm.deployed(), ""
    except EngineUnavailable as error:
        return (), f"Nothing is sized as {config.path().name} says: {error}."


def _title_cells(source: Path, asset: Asset, chunks: Sequence[Chunk], prepared: Prepared) -> Sequence[str]:
    speech_ms = sum(chunk.speech_ms for chunk in chunks)
    in_speech = sum(chunk.ends_by is CutReason.ENERGY for chunk in chunks)
    counts = (str(len(chunks)), clock(speech_ms), str(in_speech), str(prepared.shots))
    return (shown(source.name), clock(asset.length_ms), *counts)


def print_estimate(result: Estimate, console: Console) -> None:
    """Requests, tokens, memory, hours and cost, per job and per type of device."""
    for job in result.jobs:
        _print_job(job, console)
    for note in result.notes:
        console.print(f"- {shown(note)}", style="dim", highlight=False, soft_wrap=True)


def _print_job(job: JobEstimate, console: Console) -> None:
    load = job.workload
    unpublished = "" if load.profile.weights_published else " [yellow](weights not published)[/]"
    tokens = f", {load.tokens_in:,} tokens in, {load.tokens_out:,} out" if load.profile.counts_tokens else ""
    console.print(
        f"[bold]{load.job}[/] with {shown(load.profile.name)}{unpublished}: "
        f"{load.requests:,} requests, {load.media_ms / 3_600_000:.2f} h of media{tokens}",
        highlight=False,
        soft_wrap=True,
    )
    table = Table(box=None, pad_edge=False, header_style="dim")
    table.add_column("on", min_width=16)
    table.add_column("weights / KV")
    for heading in ("GPU GB", "KV tokens", "max_num_seqs", "in flight", "hours", "cost $"):
        table.add_column(heading, justify="right")
    for offer in job.offers:
        table.add_row(*_cells(offer))
    console.print(table)
    for basis in dict.fromkeys(offer.basis for offer in job.offers):
        console.print(f"  {shown(basis)}", style="dim", highlight=False, soft_wrap=True)
    console.print()


def _cells(offer: Offer) -> Sequence[str]:
    hours = "unknown" if offer.hours is None else f"{offer.hours:.3g}"
    cost = "unknown" if offer.cost_usd is None else f"{offer.cost_usd:.2g}"
    sizing = offer.sizing
    if sizing is None:
        return (offer.device, "–", "–", "–", "–", "–", hours, "–")
    if not sizing.fits:
        return (offer.device, "does not fit", "–", "–", "–", "–", "–", "–")
    return (
        offer.device,
        f"{sizing.precision} / {sizing.kv_precision}",
        f"{sizing.memory_gb:.0f}",
        f"{sizing.kv_tokens:,}",
        f"{sizing.max_num_seqs:,}",
        f"{sizing.in_flight:,}",
        hours,
        cost,
    )
