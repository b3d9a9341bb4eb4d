"""Claims: who works on a stage, and until when. Not locks: two that work on the same waste work, never harm.

Claims on one result are numbered; the highest number holds until its deadline. Each is written once, by one
of all that try, and never rewritten, so that nothing is needed of the store but put-if-absent.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass

from pydantic import TypeAdapter, ValidationError

from pipeline.errors import Missing
from pipeline.store import layout, owners
from pipeline.store.objects import Objects


@dataclass(frozen=True, slots=True)
class Claim:
    """Somebody's word that they work on something."""

    fingerprint: str
    """The result that is worked on."""

    number: int
    """Which claim on it this is, from 1."""

    owner: str
    """Who works: a process on a host (``pipeline.store.owners``)."""

    deadline_ms: int
    """When another may take over, milliseconds since 1970 on the clock of whoever claimed."""


_CLAIM = TypeAdapter(Claim)


def _now_ms() -> int:
    return time.time_ns() // 1_000_000


class Claims:
    """Claims in a library, on behalf of ``owner``.

    Clocks of machines that share a library may differ by a little: a take-over that is seconds early
    costs work that is done twice, nothing else.
    """

    def __init__(
        self,
        objects: Objects,
        *,
        owner: str,
        now_ms: Callable[[], int] = _now_ms,
        has_ended: Callable[[str], bool] = owners.has_ended,
    ) -> None:
        """``has_ended`` tells whether an owner is certainly gone; its claims hold no longer."""
        self._objects = objects
        self._owner = owner
        self._now_ms = now_ms
        self._has_ended = has_ended

    def take(self, fingerprint: str, *, lasts_s: int) -> Claim | None:
        """Claim a result for ``lasts_s``; None when another holds it or was quicker."""
        held = self._highest(fingerprint)
        if held is not None and self._holds(held):
            return None
        return self._write(fingerprint, 1 if held is None else held.number + 1, lasts_s)

    def renew(self, claim: Claim, *, lasts_s: int) -> Claim | None:
        """Hold on for longer; None when another took over meanwhile."""
        held = self._highest(claim.fingerprint)
        if held is None or held.number != claim.number:
            return None
        renewed = self._write(claim.fingerprint, claim.number + 1, lasts_s)
        if renewed is not None:
            self.release(claim)
        return renewed

    def release(self, claim: Claim) -> None:
        """Let others have it before the deadline."""
        self._objects.delete(layout.claim(claim.fingerprint, claim.number))

    def _holds(self, claim: Claim) -> bool:
        return claim.deadline_ms > self._now_ms() and not self._has_ended(claim.owner)

    def _write(self, fingerprint: str, number: int, lasts_s: int) -> Claim | None:
        claim = Claim(fingerprint, number, self._owner, self._now_ms() + lasts_s * 1000)
        key = layout.claim(fingerprint, number)
        return claim if self._objects.put_if_absent(key, _CLAIM.dump_json(claim)) else None

    def _highest(self, fingerprint: str) -> Claim | None:
        """The claim that holds or held last; one that cannot be read counts as expired."""
        numbers = [
            number
            for stored in self._objects.list(layout.claims(fingerprint))
            if (number := layout.parse_claim(stored.key)) is not None
        ]
        if not numbers:
            return None
        number = max(numbers)
        try:
            return _CLAIM.validate_json(self._objects.get(layout.claim(fingerprint, number)))
        except Missing:  # released just now
            return None
        except ValidationError:
            return Claim(fingerprint, number, "unknown", 0)
