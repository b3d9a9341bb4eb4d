"""A synthesizer that speaks tones of lengths that a test chooses, with its answers kept as workers keep them."""

from __future__ import annotations

import io
import math
from collections.abc import Callable, Sequence
from functools import cache

import numpy as np
import soundfile

from pipeline.contracts import Abilities, ModelId
from pipeline.store.answers import Answers
from pipeline.store.objects import Objects
from schemas.figures import Figures
from schemas.jobs import Job, Request, Result, SynthesizeRequest, Take

RATE_HZ = 24_000
PITCH_HZ = 150.0
VOICE = "tone/150"

Length = Callable[[SynthesizeRequest], int | str]
"""How long a take is, in milliseconds, or why there is none."""


class ToneEngines:
    """It speaks, and does nothing else."""

    def __init__(self, objects: Objects, length_ms: Length, *, varies: bool = False) -> None:
        self.asked: list[SynthesizeRequest] = []
        """Requests that had no kept answer."""
        self.batches: list[int] = []
        """How many requests came at a time."""
        self.length_ms = length_ms
        self._answers = Answers(objects)
        self._varies = varies

    def model(self, job: Job) -> ModelId:
        """As the contract says."""
        return ModelId(f"tone/{job}", "1")

    def require_language(self, job: Job, language: str) -> None:
        """It speaks every language."""

    def require_pair(self, source: str, target: str) -> None:
        """Nobody asks."""

    def figures(self, job: Job) -> Figures | None:
        """It says nothing of itself."""
        return None

    def abilities(self) -> Abilities:
        """As the test says."""
        return Abilities(times=True, follows=False, shortens=True, clones=True, varies=self._varies, drafts=False)

    def answer(self, job: Job, requests: Sequence[Request], on_answered: Callable[[int], None]) -> list[Result]:
        """As the contract says."""
        self.batches.append(len(requests))
        return [self._one(request, on_answered) for request in requests if isinstance(request, SynthesizeRequest)]

    def _one(self, request: SynthesizeRequest, on_answered: Callable[[int], None]) -> Take:
        (kept,) = self._answers.find(request.asset_id, Job.SYNTHESIZE, [request.request_id], Take).results
        if kept is not None:
            return kept
        self.asked.append(request)
        take = take_of(request, self.length_ms(request))
        self._answers.keep(request.asset_id, Job.SYNTHESIZE, [take], Take)
        on_answered(1)
        return take


def take_of(request: SynthesizeRequest, length_ms: int | str) -> Take:
    """A tone of a length, or a failure."""
    if isinstance(length_ms, str):
        return Take(request.request_id, b"", 0, 0, "", length_ms)
    count = length_ms * RATE_HZ // 1000
    return Take(request.request_id, tone(count), RATE_HZ, count, VOICE, None)


@cache
def tone(count: int, *, amplitude: float = 0.1, rate_hz: int = RATE_HZ) -> bytes:
    """FLAC of ``count`` samples of a sine of ``PITCH_HZ``."""
    samples = amplitude * np.sin(2 * math.pi * PITCH_HZ * np.arange(count) / rate_hz)
    return flac(samples.reshape(-1, 1), rate_hz)


def flac(samples: np.ndarray[tuple[int, int], np.dtype[np.float64]], rate_hz: int) -> bytes:
    """FLAC of samples of shape ``(n, channels)``."""
    written = io.BytesIO()
    soundfile.write(written, samples, rate_hz, format="FLAC", subtype="PCM_16")
    return written.getvalue()
