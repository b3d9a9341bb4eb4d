"""The voice that each speaker gets in a dub, and why: cloned under a consent record, matched, or stock."""

from __future__ import annotations

import itertools
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from pipeline.localize.consent import Clearance
from schemas.localize import Reference, Voice, VoiceKind
from schemas.time import Span

MOST_MEASURED_MS = 60_000
"""Speech of one speaker in which pitch and tract are measured at most: medians have settled long before. Ours."""

_PIECE_MS = 5_000
"""Speech is chosen in pieces up to this length, so that they lie all over the asset."""

FOLLOWED = "pitch and pace follow the speaker"
NOT_FOLLOWED = "too little was heard of the speaker to follow pitch and pace"
UNSURE = "nobody is sure who speaks"


@dataclass(frozen=True, slots=True)
class Heard:
    """What was measured of one speaker."""

    speaker: str
    """The speaker."""

    pitch_hz: float | None
    """Median fundamental frequency; null when too little voiced speech was heard."""

    syllables_per_s: float | None
    """Pace of the speech without its pauses; null when too little was heard."""

    tract_cm: float | None
    """Length of the vocal tract; null when too little voiced speech was heard."""

    reference: Reference | None
    """The clip to clone from; null when none is usable."""

    obstacle: str | None
    """Why there is no reference, as part of a sentence; null when there is one."""

    def __post_init__(self) -> None:
        if (self.reference is None) != (self.obstacle is not None):
            raise ValueError(f"a speaker has a reference, or a reason why not: {self}")


def choose(heard: Heard, clearance: Clearance | None, *, clones: bool) -> Voice:
    """The voice of one speaker; ``clones`` says whether the engine speaks in the voice of a reference clip at all."""
    consent = clearance.consent if clearance else None
    is_known = heard.pitch_hz is not None and heard.syllables_per_s is not None
    if consent is not None and clones and heard.reference is not None:
        kind, consent_id = VoiceKind.CLONED, consent.consent_id
        reason = f"the consent record {consent_id} allows a clone"
    else:
        kind, consent_id = VoiceKind.MATCHED if is_known else VoiceKind.STOCK, None
        reason = f"{_why_no_clone(heard, clearance, clones=clones)}; {FOLLOWED if is_known else NOT_FOLLOWED}"
    return Voice(
        speaker=heard.speaker,
        kind=kind,
        pitch_hz=heard.pitch_hz,
        syllables_per_s=heard.syllables_per_s,
        reference=heard.reference,
        consent_id=consent_id,
        reason=reason,
        tract_cm=heard.tract_cm,
    )


def of_nobody() -> Voice:
    """The voice of lines of which nobody is sure who says them."""
    return Voice(None, VoiceKind.STOCK, None, None, None, None, UNSURE)


def to_measure(spans: Sequence[Span]) -> list[Span]:
    """Pieces of one speaker's speech in which the voice is measured: all of it, or a minute of it from all over.

    ``spans`` are in order of time and do not overlap; neither do the pieces.
    """
    pieces = [piece for span in spans for piece in _cut_up(span)]
    total_ms = sum(piece.duration_ms for piece in pieces)
    if total_ms <= MOST_MEASURED_MS:
        return pieces
    count = max(1, len(pieces) * MOST_MEASURED_MS // total_ms)
    chosen: npt.NDArray[np.int64] = np.linspace(0, len(pieces) - 1, count).round().astype(np.int64)
    return [pieces[index] for index in chosen]


def _why_no_clone(heard: Heard, clearance: Clearance | None, *, clones: bool) -> str:
    if clearance is None or (clearance.consent is None and not clearance.refusals):
        return "no consent record allows a clone"
    if clearance.consent is None:
        refusal = clearance.refusals[0]
        return f"no consent record allows a clone ({refusal.consent_id} {refusal.message})"
    if not clones:
        return f"the engine clones no voices, though the consent record {clearance.consent.consent_id} would allow it"
    return f"there is no clip to clone from ({heard.obstacle})"


def _cut_up(span: Span) -> list[Span]:
    """``span`` in equal pieces of at most ``_PIECE_MS``."""
    count = -(-span.duration_ms // _PIECE_MS)
    edges = [span.start_ms + span.duration_ms * part // count for part in range(count + 1)]
    return [Span(start_ms, end_ms) for start_ms, end_ms in itertools.pairwise(edges)]
