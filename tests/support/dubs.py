"""A dub made by hand: lines at given places, with sound of known level, as the stage before the mix leaves them."""

from __future__ import annotations

import io
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt
import soundfile

from pipeline.contracts import ModelId
from pipeline.stages.work import Counts, Progress, Step, Work, once
from pipeline.store import owners
from pipeline.store.claims import Claims
from pipeline.store.ledger import Done, Ledger, Staging
from pipeline.store.objects import FolderObjects
from schemas.captions import Finding
from schemas.localize import DubLine, DubOutcome, PlacedSpeech, VoiceKind
from schemas.settings import Settings
from schemas.time import Span
from tests.support.fixed_engine import FixedEngines

RATE_HZ = 48_000
ENGINE = ModelId("fixed/synthesize", "1")

TONE_LUFS = -23.0
"""Loudness of every line, as the stage before the mix makes it."""


Sound = Callable[[int], npt.NDArray[np.float32]]
"""Makes mono sound of so many milliseconds at 48 kHz: ``(48 * length_ms,)``."""


@dataclass(frozen=True, slots=True)
class Said:
    """One line."""

    span: Span
    """Its slot, and its place where it is dubbed."""

    is_flagged: bool = False
    """Whether the original stays."""

    consent_id: str | None = None
    """The consent under which its voice was cloned."""


def working(folder: Path, settings: Settings) -> Work:
    """Work on a library in ``folder``."""
    objects = FolderObjects(folder)
    return Work(
        objects=objects,
        ledger=Ledger(objects),
        claims=Claims(objects, owner=owners.this_process()),
        engines=FixedEngines(objects),
        settings=settings,
        progress=lambda _stage, _done, _total: None,
    )


def spoken(
    work: Work, asset_id: str, lines: Sequence[Said], *, language: str = "es", sound: Sound | None = None
) -> Done:
    """The result of the stage before the mix; every line sounds as ``sound`` makes it, else as ``speech`` does."""
    step = Step(asset_id, "speak", "1", (), repr((lines, language)), ENGINE)

    def make(staging: Staging, progress: Progress) -> Counts:
        progress(1, 1)
        staging.add_rows("findings", [], Finding)
        staging.add_rows("speech", placed(lines, sound or speech), PlacedSpeech)
        return Counts(staging.add_rows("dub_lines", dub_lines(lines, language), DubLine))

    return once(work, step, make)


def placed(lines: Iterable[Said], sound: Sound) -> Iterator[PlacedSpeech]:
    """The sound of the lines that are dubbed."""
    for index, line in enumerate(lines):
        if not line.is_flagged:
            yield PlacedSpeech(index, line.span, flac(sound(line.span.duration_ms)))


def speech(length_ms: int) -> npt.NDArray[np.float32]:
    """A tone of 997 Hz at ``TONE_LUFS``, faded over 5 ms at both ends: shape ``(48 * length_ms,)``."""
    at_s = np.arange(length_ms * RATE_HZ // 1000) / RATE_HZ
    edge = np.minimum(1.0, np.minimum(at_s, length_ms / 1000 - at_s) / 0.005)
    amplitude = 10 ** ((TONE_LUFS + 3.01) / 20)  # a sine of full scale in one channel is at -3.01 LUFS
    return np.asarray(amplitude * edge * np.sin(2 * np.pi * 997 * at_s), np.float32)


def flac(samples: npt.NDArray[np.float32]) -> bytes:
    """Mono samples as 48 kHz FLAC."""
    file = io.BytesIO()
    soundfile.write(file, samples, RATE_HZ, format="FLAC", subtype="PCM_24")
    return file.getvalue()


def dub_lines(lines: Iterable[Said], language: str) -> Iterator[DubLine]:
    """What became of each line."""
    for index, line in enumerate(lines):
        is_placed = not line.is_flagged
        yield DubLine(
            dub_index=index,
            utterance=index,
            first_line=index,
            lines=1,
            speaker="S1",
            language=language,
            slot=line.span,
            text="Buenos días.",
            wording=0,
            natural_ms=line.span.duration_ms,
            placed=line.span if is_placed else None,
            tempo=1.0 if is_placed else None,
            borrowed_ms=0,
            attempts=1,
            outcome=DubOutcome.NATURAL if is_placed else DubOutcome.FLAGGED,
            reason=None if is_placed else "It does not fit.",
            voice="fixed/es",
            voice_kind=VoiceKind.CLONED if line.consent_id else VoiceKind.STOCK,
            consent_id=line.consent_id,
        )
