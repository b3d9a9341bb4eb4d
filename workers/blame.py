"""Which requests killed an engine, and in which company they are asked again.

Pure bookkeeping: ``workers.watch`` tells it of deaths that it saw itself and does what it says. A death
of the machine or of the parent is nobody's fault and is never told here.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Sequence
from dataclasses import dataclass

DEATHS_PER_REQUEST = 2
"""What killed the engine so often is set aside. Ours: once may be chance, and each costs a start of the engine."""

SICK_DEATHS = 3
"""Deaths on unrelated requests, or requests set aside one after the other with no answer in between, that mean a sick
machine. Ours: one title rarely holds that many bad requests, and hardly ever side by side. Without the second rule a
machine that answers nothing would be given each of a thousand requests in flight twice."""

FORGIVEN_AFTER = 50
"""Answers after which an earlier death no longer counts against the machine. Ours: a night of
thousands of requests may meet several bad ones, a sick machine does not answer fifty in between."""


@dataclass(frozen=True, slots=True)
class Verdict:
    """What to do after a death."""

    set_aside: tuple[str, ...]
    """Requests that are not asked again."""

    companies: tuple[tuple[str, ...], ...]
    """Suspects, in groups that are asked again one group at a time."""

    is_sick: bool
    """Whether the machine should stop taking work."""


class Blame:
    """Deaths of one engine, and who was in it at the time."""

    def __init__(self) -> None:
        self._deaths: Counter[str] = Counter()
        self._unrelated: list[frozenset[str]] = []
        self._answers_since = 0
        self._aside_since = 0

    def died(self, started: Sequence[str]) -> Verdict:
        """What to do about the requests ``started``, which were with the engine when it died; none when it was idle.

        A group of suspects is halved at each death, so that the one that kills is found in few steps. It is set
        aside once it was alone with the engine at a death, and that was not its first.
        """
        if self._answers_since >= FORGIVEN_AFTER:
            self._unrelated.clear()
        self._answers_since = 0
        suspects = frozenset(started)
        if not suspects or all(suspects.isdisjoint(earlier) for earlier in self._unrelated):
            self._unrelated.append(suspects)
        self._deaths.update(suspects)
        is_sick = len(self._unrelated) >= SICK_DEATHS
        if len(started) == 1 and self._deaths[started[0]] >= DEATHS_PER_REQUEST:
            del self._deaths[started[0]]
            self._aside_since += 1
            return Verdict(tuple(started), (), is_sick or self._aside_since >= SICK_DEATHS)
        half = (len(started) + 1) // 2
        companies = tuple(tuple(part) for part in (started[:half], started[half:]) if part)
        return Verdict((), companies, is_sick)

    def answered(self, requests: Collection[str]) -> None:
        """These requests were answered: what they did before counts no more."""
        if requests:
            self._answers_since += len(requests)
            self._aside_since = 0
        for request in requests:
            self._deaths.pop(request, None)
