"""What a run would take before anything runs: requests, tokens, hours and cost, per job and per GPU type.

An unknown figure stays unknown in the result. Where hours are computed on a GPU that nobody measured,
the row's ``basis`` says by what arithmetic.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace

from pipeline.sizing.memory import AS_PROFILED, Chosen, Sizing, size
from pipeline.sizing.profiles import CPU_CORE, UNNAMED, Catalogue, Gpu, Kind, ModelProfile, Rate, SizedJob, Yardstick
from pipeline.sizing.tokens import ANSWER_TOKENS, SPOKEN_TOKENS_PER_S, audio_tokens
from schemas.plan import Chunk, Window

NOTE_TOKENS_PER_SHOT = 60
"""Tokens of the answer per shot. Ours: a sentence or two."""

SCENE_TOKENS_PER_WINDOW = 400
"""Tokens of the answer per window beside the notes. Ours: two or three scenes with title and synopsis."""


@dataclass(frozen=True, slots=True)
class Workload:
    """Requests of one job to one model."""

    job: SizedJob
    """What is asked for."""

    profile: ModelProfile
    """The model."""

    requests: int
    """Number of requests."""

    media_ms: int
    """Media that the requests cover, lead and tail included."""

    tokens_in: int
    """Tokens of all prompts; 0 for an engine that counts none."""

    tokens_out: int
    """Tokens of all answers, estimated; 0 for an engine that counts none."""

    largest_request: int
    """Tokens of the longest request, prompt and answer; 0 for an engine that counts none."""


@dataclass(frozen=True, slots=True)
class Deployed:
    """How a model is served here, as the operator says; the plan's sizing is the worker's by it."""

    model: str
    """Name of the model's profile."""

    gpu: Gpu
    """The GPU; one that has less memory than its type says so."""

    jobs: tuple[SizedJob, ...]
    """All that one instance does."""

    chosen: Chosen
    """What the operator says of it."""

    said_by: str
    """Where: the name of a file."""


@dataclass(frozen=True, slots=True)
class Offer:
    """One job on one type of device."""

    device: str
    """Name of the GPU, or ``cpu core``."""

    sizing: Sizing | None
    """How it is served there; null on a CPU."""

    hours: float | None
    """Hours of one such device; null when unknown, or when it does not fit."""

    cost_usd: float | None
    """Price of these hours; null when hours or price are unknown."""

    basis: str
    """One sentence: where the hours come from, or why there are none."""


@dataclass(frozen=True, slots=True)
class JobEstimate:
    """One job of a plan, ready to print."""

    workload: Workload
    """What is asked."""

    offers: tuple[Offer, ...]
    """One per type of device, in the catalogue's order."""


@dataclass(frozen=True, slots=True)
class Estimate:
    """What a run would take."""

    jobs: tuple[JobEstimate, ...]
    """One per job and model that has requests."""

    notes: tuple[str, ...]
    """What the reader must know about the figures, one sentence each."""


def transcription(profile: ModelProfile, chunks: Sequence[Chunk]) -> Workload:
    """What transcribing ``chunks`` asks."""
    return _spoken(SizedJob.TRANSCRIBE, profile, chunks)


def alignment(profile: ModelProfile, chunks: Sequence[Chunk]) -> Workload:
    """What aligning the words of ``chunks`` asks; its text is in the prompt, so that nothing is generated."""
    asked = _spoken(SizedJob.ALIGN, profile, chunks)
    return replace(asked, tokens_in=asked.tokens_in + asked.tokens_out, tokens_out=0)


def description(profile: ModelProfile, windows: Sequence[Window]) -> Workload:
    """What describing ``windows`` asks."""
    prompts, answers = [], []
    for window in windows:
        prompts.append(window.tokens + _tokens_around(profile) if profile.counts_tokens else 0)
        notes = SCENE_TOKENS_PER_WINDOW + NOTE_TOKENS_PER_SHOT * (window.end_shot - window.first_shot)
        answers.append(min(ANSWER_TOKENS, notes) if profile.counts_tokens else 0)
    media_ms = sum(window.span.duration_ms for window in windows)
    return _workload(SizedJob.DESCRIBE, profile, media_ms, prompts, answers)


def estimate(workloads: Sequence[Workload], catalogue: Catalogue, deployed: Sequence[Deployed] = ()) -> Estimate:
    """Hours and cost of ``workloads`` on every type of device; equal jobs of several assets are added up.

    A model that is ``deployed`` on a type of GPU is sized there as its worker is.
    """
    summed: dict[tuple[SizedJob, str], Workload] = {}
    for load in workloads:
        key = (load.job, load.profile.name)
        summed[key] = _added(summed[key], load) if key in summed else load
    loads = [load for load in summed.values() if load.requests]
    jobs = tuple(JobEstimate(load, _offers(load, _jobs(load.profile, loads), catalogue, deployed)) for load in loads)
    used = [served for load in loads for served in deployed if _serves(served, load)]
    return Estimate(jobs, (*_notes(jobs, catalogue), *dict.fromkeys(map(_deployment, used))))


def _spoken(job: SizedJob, profile: ModelProfile, chunks: Sequence[Chunk]) -> Workload:
    prompts, answers = [], []
    for chunk in chunks:
        heard = audio_tokens(chunk.heard.duration_ms, profile.audio) if profile.audio else 0
        prompts.append(heard + _tokens_around(profile) if profile.counts_tokens else 0)
        answers.append(math.ceil(chunk.speech_ms * SPOKEN_TOKENS_PER_S / 1000) if profile.counts_tokens else 0)
    return _workload(job, profile, sum(chunk.heard.duration_ms for chunk in chunks), prompts, answers)


def _tokens_around(profile: ModelProfile) -> int:
    return math.ceil(profile.prompt_tokens.value or 0)


def _workload(
    job: SizedJob, profile: ModelProfile, media_ms: int, prompts: Sequence[int], answers: Sequence[int]
) -> Workload:
    return Workload(
        job=job,
        profile=profile,
        requests=len(prompts),
        media_ms=media_ms,
        tokens_in=sum(prompts),
        tokens_out=sum(answers),
        largest_request=max(map(sum, zip(prompts, answers, strict=True)), default=0),
    )


def _added(one: Workload, other: Workload) -> Workload:
    return replace(
        one,
        requests=one.requests + other.requests,
        media_ms=one.media_ms + other.media_ms,
        tokens_in=one.tokens_in + other.tokens_in,
        tokens_out=one.tokens_out + other.tokens_out,
        largest_request=max(one.largest_request, other.largest_request),
    )


def _jobs(profile: ModelProfile, loads: Sequence[Workload]) -> tuple[SizedJob, ...]:
    """All that is asked of one model: its worker does it all, and is sized for it."""
    return tuple(load.job for load in loads if load.profile.name == profile.name)


def _serves(served: Deployed, load: Workload) -> bool:
    return served.model == load.profile.name and load.job in served.jobs


def _deployment(served: Deployed) -> str:
    return f"{served.model} on {served.gpu.name} is sized as {served.said_by} says, for {', '.join(served.jobs)}."


def _offers(
    load: Workload, jobs: Sequence[SizedJob], catalogue: Catalogue, deployed: Sequence[Deployed]
) -> tuple[Offer, ...]:
    yardstick = load.profile.yardstick(load.job)
    if not load.profile.counts_tokens:
        hours = _hours(load, yardstick) if yardstick else None
        basis = _basis(yardstick) if yardstick else "nobody measured it"
        return (Offer(CPU_CORE, None, hours, None, basis),)
    usual = [Deployed(load.profile.name, gpu, tuple(jobs), AS_PROFILED, "") for gpu in catalogue.gpus]
    here = {served.gpu.name: served for served in deployed if _serves(served, load)}
    return tuple(_offer(load, here.get(served.gpu.name, served), yardstick, catalogue) for served in usual)


def _offer(load: Workload, served: Deployed, yardstick: Yardstick | None, catalogue: Catalogue) -> Offer:
    gpu = served.gpu
    sizing = size(load.profile, gpu, served.jobs, chosen=served.chosen, longest=load.largest_request)
    if not sizing.fits:
        return Offer(gpu.name, sizing, None, None, sizing.reason)
    if yardstick is None:
        return Offer(gpu.name, sizing, None, None, "no throughput is published")
    hours, basis = _hours(load, yardstick), _basis(yardstick)
    if yardstick.device not in (UNNAMED, gpu.name):
        measured = catalogue.gpu(yardstick.device)
        ratio = (measured.bandwidth_gb_per_s.value or 0) / (gpu.bandwidth_gb_per_s.value or math.inf)
        hours *= ratio
        basis += f"; estimate for {gpu.name}: times {ratio:.2f}, the ratio of memory bandwidths"
    if sizing.max_num_seqs < yardstick.at_once:
        hours *= yardstick.at_once / sizing.max_num_seqs
        basis += (
            f"; estimate for {gpu.name}: times {yardstick.at_once}/{sizing.max_num_seqs}, "
            f"since only {sizing.max_num_seqs} of its {yardstick.at_once} requests at once fit"
        )
    basis += _roomier(load, served, sizing)
    price = gpu.price_usd_per_h.value
    return Offer(gpu.name, sizing, hours, None if price is None else hours * price, basis)


def _roomier(load: Workload, served: Deployed, sizing: Sizing) -> str:
    """What another precision of the weights would hold, if more; it is named, and not chosen for the user."""
    for weights in load.profile.weights_gb:
        other = size(load.profile, served.gpu, served.jobs, chosen=replace(served.chosen, precision=weights.precision))
        if other.max_num_seqs > sizing.max_num_seqs:
            return f"; with {weights.precision} weights {other.max_num_seqs} would ({weights.figure.source})"
    return ""


def _hours(load: Workload, yardstick: Yardstick) -> float:
    per_s = yardstick.figure.value
    if not per_s:
        raise ValueError(f"the yardstick of {load.profile.name} has no value")
    amount = load.media_ms / 1000 if yardstick.rate is Rate.AUDIO_S else load.tokens_in + load.tokens_out
    return amount / per_s / 3600


def _basis(yardstick: Yardstick) -> str:
    return f"{yardstick.figure.value:,g} {yardstick.rate} ({yardstick.figure.kind}: {yardstick.figure.source})"


def _notes(jobs: Sequence[JobEstimate], catalogue: Catalogue) -> tuple[str, ...]:
    """What must be said beside these figures, and only these."""
    notes: list[str] = []
    served = [offer for job in jobs for offer in job.offers if offer.sizing is not None]
    yardsticks = [y for job in jobs if (y := job.workload.profile.yardstick(job.workload.job)) is not None]
    if served:
        notes.append("Memory, tokens and requests at once are arithmetic on published figures; no GPU was used.")
        notes.append(
            f"Answers are estimated: {SPOKEN_TOKENS_PER_S:g} tokens per second of speech, "
            f"{NOTE_TOKENS_PER_SHOT} per shot and {SCENE_TOKENS_PER_WINDOW} per window."
        )
    if any(y.device == UNNAMED for y in yardsticks):
        notes.append(
            "Where the source does not name its GPU, its figure is applied to every GPU type unchanged: "
            "hours do not tell the types apart, so do not choose between them by it."
        )
    if any(y.rate is Rate.TOKENS for y in yardsticks):
        notes.append(
            "Hours by tokens count a token that is read like one that is written, as in the source's mix of "
            "2,500 in and 900 out; media-heavy prompts are cheaper, so take it as an upper bound."
        )
    if any(offer.sizing is None and offer.hours is not None for job in jobs for offer in job.offers):
        notes.append("Hours on a CPU are those of one core; the embedded engines use all cores at once.")
    for gpu in catalogue.gpus:
        price = gpu.price_usd_per_h
        if served and price.kind is Kind.UNKNOWN:
            notes.append(f"The price of {gpu.name} is unknown: {price.source}.")
        elif any(offer.device == gpu.name and offer.cost_usd is not None for offer in served):
            notes.append(f"{gpu.name}: {price.value:.2f} $ per hour ({price.source}, {price.date}).")
    return tuple(notes)
