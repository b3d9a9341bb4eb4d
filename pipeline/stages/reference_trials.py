"""Reference clips recognised again, each alone: one clip of every speaker at a time, until one is heard as it was."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from pipeline.localize import references
from pipeline.localize.references import Choice, Clip
from pipeline.stages.asking import Answered, ask
from pipeline.stages.work import Progress, Work
from pipeline.store.ledger import Done
from schemas.figures import NOTHING, Spent
from schemas.jobs import Job, TranscribeRequest, Transcript
from schemas.localize import Reference
from schemas.media import Asset


@dataclass(frozen=True, slots=True)
class Verdict:
    """What became of one speaker's clips."""

    reference: Reference | None
    """The first that is heard as it was; null when none is."""

    obstacle: str | None
    """Why there is none, as part of a sentence; null when there is one."""


@dataclass(frozen=True, slots=True)
class Trials:
    """What became of the clips of all speakers."""

    verdicts: tuple[Verdict, ...]
    """One per speaker, in order."""

    failed: tuple[str, ...]
    """Requests that got no answer."""

    reused: int
    """Answers that were kept from before."""

    spent: Spent
    """What the others cost."""


def tried(work: Work, asset: Asset, prepared: Done, choices: Sequence[Choice], progress: Progress) -> Trials:
    """Recognise the clips of each speaker again until one is usable, the best first.

    One round asks for one clip of every speaker who has none yet, so that most are done after the first.
    """
    found: list[Reference | None] = [None] * len(choices)
    rates: list[list[float]] = [[] for _ in choices]
    failed: list[str] = []
    reused, spent = 0, NOTHING
    for attempt in range(references.MOST_CLIPS):
        waiting = [n for n, choice in enumerate(choices) if found[n] is None and attempt < len(choice.clips)]
        if not waiting:
            break
        clips = [choices[n].clips[attempt] for n in waiting]
        asked = _heard_again(work, asset, prepared, clips, progress)
        reused, spent = reused + asked.reused, spent + asked.spent
        for n, clip, answer in zip(waiting, clips, asked.answers, strict=True):
            if answer.failure is not None:
                failed.append(answer.request_id)
                continue
            rate = references.word_error_rate(clip, answer)
            rates[n].append(rate)
            if rate <= references.most_errors(is_draft=answer.is_draft):
                found[n] = references.reference(clip, rate=rate)
    verdicts = [_verdict(*one) for one in zip(choices, found, rates, strict=True)]
    return Trials(tuple(verdicts), tuple(failed), reused, spent)


def _heard_again(
    work: Work, asset: Asset, prepared: Done, clips: Sequence[Clip], progress: Progress
) -> Answered[Transcript]:
    """What the engine hears in each clip alone."""
    key, sound = work.ledger.key(prepared, "speech"), prepared.part("speech").sha256
    requests = [TranscribeRequest("", asset.asset_id, key, clip.span, clip.language) for clip in clips]
    return ask(work, Job.TRANSCRIBE, requests, Transcript, media=(sound,), progress=progress)


def _verdict(choice: Choice, found: Reference | None, rates: Sequence[float]) -> Verdict:
    if found is not None:
        return Verdict(found, None)
    if choice.obstacle is not None:
        return Verdict(None, choice.obstacle)
    if not rates:
        return Verdict(None, "the engine could not recognise any clip again")
    count = "its only clip" if len(rates) == 1 else f"the best of {len(rates)} clips"
    return Verdict(None, f"recognised again, {count} has {min(rates):.0%} other words")
