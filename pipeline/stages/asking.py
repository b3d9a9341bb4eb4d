"""How a stage asks an engine: requests get their names, answers come in order, and what they cost is told apart."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Generic, TypeVar

from pipeline.stages.work import Counts, Progress, Work
from pipeline.store.answers import Answer, request_id, without_usage
from schemas.figures import Figures, Spent
from schemas.jobs import Job, Request

AskedFor = TypeVar("AskedFor", bound=Request)
"""A request type of ``schemas.jobs``."""

Got = TypeVar("Got", bound=Answer)
"""A result type of ``schemas.jobs``."""


@dataclass(frozen=True, slots=True)
class Answered(Generic[Got]):
    """What came of some requests."""

    answers: list[Got]
    """One per request, in order, without what it cost."""

    reused: int
    """How many of them were kept from before."""

    spent: Spent
    """What the others cost."""

    @property
    def failed(self) -> tuple[str, ...]:
        """Ids of the requests that got no answer."""
        return tuple(answer.request_id for answer in self.answers if answer.failure is not None)

    @property
    def counts(self) -> Counts:
        """What a stage did that asked for nothing else, and has a row per answer."""
        return Counts(len(self.answers), failed=self.failed, reused=self.reused, spent=self.spent)


def ask(
    work: Work,
    job: Job,
    requests: Sequence[AskedFor],
    answer: type[Got],
    *,
    media: tuple[str, ...],
    progress: Progress,
) -> Answered[Got]:
    """Answers of the type ``answer`` to ``requests``, in order.

    ``media`` are the content digests of what each request names, in the order of its keys.

    Raises:
        EngineError: The engine cannot be loaded, or dies whatever it is asked.
        ValueError: The engine gave answers of another type.

    """
    model = work.engines.model(job)
    named = [
        dataclasses.replace(request, request_id=request_id(request, job=job, media=media, model=model))
        for request in requests
    ]
    meter = _Meter(lambda: work.engines.figures(job))
    answered = 0

    def count(newly: int) -> None:
        nonlocal answered
        answered += newly
        meter.read()
        progress(answered, len(named))

    results = work.engines.answer(job, named, count)
    answers = [result for result in results if isinstance(result, answer)]
    if len(answers) != len(named):
        raise ValueError(f"the {job} engine gave {len(answers)} answers of {answer.__name__} to {len(named)} requests")
    return Answered([without_usage(one) for one in answers], len(named) - answered, meter.spent(answers))


class _Meter:
    """Watches an engine's own figures from its first to its last answer."""

    def __init__(self, figures: Callable[[], Figures | None]) -> None:
        self._figures = figures
        self._before = figures()
        self._peak: float | None = None

    def read(self) -> Figures | None:
        """The figures at this moment, with the peak kept."""
        now = self._figures()
        if now is not None:
            self._peak = max(now.kv_usage, self._peak or 0.0)
        return now

    def spent(self, answers: Sequence[Answer]) -> Spent:
        """What all answers cost; those that were kept say that they cost nothing."""
        before, now = self._before, self.read()
        usages = [answer.usage for answer in answers]
        return Spent(
            tokens_in=sum(usage.tokens_in for usage in usages),
            tokens_out=sum(usage.tokens_out for usage in usages),
            tokens_cached=sum(usage.tokens_cached for usage in usages),
            attempts=sum(usage.attempts for usage in usages),
            retries=None if now is None else _grown(before.retries if before else 0, now.retries),
            gpu_s=sum(usage.gpu_s for usage in usages),
            preemptions=None if now is None else _grown(before.preemptions if before else 0, now.preemptions),
            kv_usage=self._peak,
        )


def _grown(before: int, now: int) -> int:
    """How much a count has grown; an engine that was started again in between counts from 0."""
    return now - before if now >= before else now
