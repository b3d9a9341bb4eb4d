"""What an engine says of itself while it works, what an answer cost it, and what a stage spent on it."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Figures:
    """What an engine has done since it was loaded, and what it is at; every count but the last three only grows."""

    answered: int
    """Requests that have an answer, failures included."""

    failed: int
    """Requests among them that could not be answered."""

    media_ms: int
    """Media that the answered requests cover."""

    tokens_in: int
    """Tokens of prompts, media included."""

    tokens_out: int
    """Tokens that were generated."""

    tokens_cached: int
    """Prompt tokens that were in the prefix cache."""

    retries: int
    """Questions that were put again with another seed."""

    preemptions: int
    """Requests that the engine had to stop and begin anew, for want of KV cache."""

    busy_s: float
    """Time in which the engine had at least one request."""

    idle_s: float
    """Time in which it had less than half of what it could work on although there was work: the feeder was too slow.
    Where it had some, the same time is busy too."""

    waiting: int
    """Requests that are here and not with the engine yet."""

    in_flight: int
    """Requests that are being prepared or are with the engine."""

    kv_usage: float
    """Share of the KV cache that is in use, 0 to 1."""


@dataclass(frozen=True, slots=True)
class Usage:
    """What one answer cost its engine; all 0 for an engine that counts no tokens."""

    tokens_in: int = 0
    """Tokens of all its prompts, media included."""

    tokens_out: int = 0
    """Tokens that were generated, failed attempts included."""

    tokens_cached: int = 0
    """Tokens of its prompts that the engine had in its prefix cache."""

    attempts: int = 0
    """Times a question was put to the model; more than there are questions when answers had to be asked again."""

    gpu_s: float = 0.0
    """Its share of the time in which a GPU was busy, by tokens; 0 on a CPU."""


UNUSED = Usage()
"""Of an engine that counts no tokens."""


@dataclass(frozen=True, slots=True)
class Spent:
    """What a stage spent on the answers that it newly asked for; answers that were kept cost nothing."""

    tokens_in: int = 0
    """Tokens of the prompts, media included; 0 for engines that count none."""

    tokens_out: int = 0
    """Tokens that were generated, failed attempts included; 0 for engines that count none."""

    tokens_cached: int = 0
    """Tokens of the prompts that the engine had in its prefix cache."""

    attempts: int = 0
    """Questions that were put to the model for those answers, those that were put again included."""

    retries: int | None = None
    """Questions that the engine put again with another seed meanwhile, for other titles too; null when it does not
    say."""

    gpu_s: float = 0.0
    """GPU seconds; 0 on a CPU."""

    preemptions: int | None = None
    """Times that the engine stopped a request and began it anew for want of KV cache meanwhile, for other titles too;
    null when it does not say."""

    kv_usage: float | None = None
    """Largest share of the KV cache that was seen in use meanwhile, 0 to 1; null when the engine does not say."""

    def __add__(self, other: Spent) -> Spent:
        """Both together: sums, and the larger of two peaks."""
        return Spent(
            tokens_in=self.tokens_in + other.tokens_in,
            tokens_out=self.tokens_out + other.tokens_out,
            tokens_cached=self.tokens_cached + other.tokens_cached,
            attempts=self.attempts + other.attempts,
            retries=_sum(self.retries, other.retries),
            gpu_s=self.gpu_s + other.gpu_s,
            preemptions=_sum(self.preemptions, other.preemptions),
            kv_usage=max((share for share in (self.kv_usage, other.kv_usage) if share is not None), default=None),
        )


NOTHING = Spent()
"""Of a stage that asks no engine."""


def _sum(one: int | None, other: int | None) -> int | None:
    return one if other is None else other if one is None else one + other
