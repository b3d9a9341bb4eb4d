"""Asking until an answer is acceptable: a few times, each with another seed, and counted."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace
from typing import Generic, TypeVar

from schemas.figures import Usage
from workers.engines.vllm import guards
from workers.engines.vllm.guards import Reason, Unacceptable
from workers.engines.vllm.question import Engine, Question, QuestionFailed, QuestionTimedOut, Reply

ATTEMPTS = 3
"""Times that one question is put. Ours: what goes wrong by chance (a loop, a lost end) rarely does so twice, and what
goes wrong three times at three temperatures is in the media."""

LATE_ATTEMPTS = 1
"""Times that a question is put again, as it was, when no answer came in time. Ours: the load of an engine passes; what
is late twice would be late a third time, and each takes minutes."""

STEP = 0.2
"""How much the temperature rises with each attempt: the ladder of Whisper's ``transcribe`` (0, 0.2, 0.4, …)."""

Accepted = TypeVar("Accepted")
"""What a job makes of an acceptable answer."""


@dataclass(frozen=True, slots=True)
class Answered(Generic[Accepted]):
    """An acceptable answer."""

    value: Accepted
    """What the job made of it."""

    usage: Usage
    """What it cost, with the attempts before it."""


class Refused(Exception):
    """No attempt gave an acceptable answer, or the question cannot be answered at all.

    Attributes:
        failure: Why, one line, for the row of the request.
        usage: What was spent on it.
        reason: Why the last answer was not acceptable; None when the question itself failed.

    """

    def __init__(self, failure: str, usage: Usage, reason: Reason | None = None) -> None:
        super().__init__(failure, usage, reason)
        self.failure = failure
        self.usage = usage
        self.reason = reason

    def __str__(self) -> str:
        return self.failure


async def guarded(engine: Engine, question: Question, accept: Callable[[Reply], Accepted]) -> Answered[Accepted]:
    """An answer that is whole and that ``accept`` takes; it raises ``Unacceptable`` for one that it does not take.

    Raises:
        Refused: There is none.
        EngineCrashed: The engine is gone.

    """
    usage, late = Usage(), 0
    attempt = 0
    while attempt < ATTEMPTS:
        try:
            reply = await engine.ask(_again(question, attempt))
        except QuestionTimedOut as error:
            late += 1
            usage = total((usage, Usage(attempts=1)))
            if late > LATE_ATTEMPTS:
                raise Refused(str(error), usage) from error
            continue
        except QuestionFailed as error:
            raise Refused(str(error), usage) from error
        attempt += 1
        usage = total((usage, spent(reply)))
        try:
            guards.finished(reply)
            return Answered(accept(reply), usage)
        except Unacceptable as error:
            last = error
    raise Refused(f"{last} ({ATTEMPTS} attempts)", usage, last.reason) from last


def spent(reply: Reply) -> Usage:
    """What one answer cost."""
    return Usage(reply.tokens_in, reply.tokens_out, reply.tokens_cached, attempts=1, gpu_s=reply.gpu_s)


def total(usages: Iterable[Usage]) -> Usage:
    """What several answers cost together."""
    kept = tuple(usages)
    return Usage(
        tokens_in=sum(usage.tokens_in for usage in kept),
        tokens_out=sum(usage.tokens_out for usage in kept),
        tokens_cached=sum(usage.tokens_cached for usage in kept),
        attempts=sum(usage.attempts for usage in kept),
        gpu_s=sum(usage.gpu_s for usage in kept),
    )


def _again(question: Question, attempt: int) -> Question:
    """The question as it is put the first time, or again: warmer, with another seed, while its media are cached."""
    if attempt == 0:
        return question
    return replace(
        question,
        temperature=question.temperature + STEP * attempt,
        seed=question.seed + attempt,
        priority=question.priority - 1,
    )
