"""The embedded diarizer: who speaks when, over one whole asset, from the sound alone.

First a fair sample of the speech is clustered into voices (``voices``), then all of it is laid out
along them, region by region, so that ten hours need no more memory than one. What fits no voice well,
or two alike, is nobody's: it is better to say so than to put words into somebody's mouth.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt
from threadpoolctl import threadpool_limits

from pipeline.errors import ReelinguaError
from pipeline.media import speech_file
from schemas.jobs import Diarization, DiarizeRequest
from schemas.media import SpeechRegion
from schemas.speech import Turn
from schemas.time import Span
from workers.engines import stretches
from workers.engines.embedded import voices
from workers.engines.seats import Seats, TaskFailed
from workers.engines.stretches import Stretch, best_path, cut_up, evenly, joined, runs

_STRETCH_MS = 2_000
"""Stretches that are clustered are about so long: a second says too little of a voice, in four two may speak."""

_SHORTEST_MS = 500
"""Stretches with less sound than this are not clustered."""

_SAMPLE_STRETCHES = 450
"""Stretches that are clustered at most, evenly over the asset: 15 minutes of speech. Clustering grows with the
square of their number; this takes some seconds."""

_LEAST_VOICE_MS = 3_000
"""A cluster with less sound is no speaker of its own: a laugh, a jingle. Ours: a model needs as much."""

_BLOCK_MS = 100
"""Grain of the turns: shorter than a syllable."""

_PIECE_MS = 30_000
"""Speech is laid out along the voices in pieces of this length; bounds the memory."""

_CHANGE_COST = 40.0
"""What a change of speaker inside a piece must gain, in nats: a second of speech fits its own voice by 100 to 300
better than another's, a block of a stranger's by 10."""

_SURE_MARGIN = 0.35
"""Difference of log densities per frame between the best voice and the next at which confidence is about 0.8."""

_SURE = 0.6
"""Turns with less confidence are nobody's."""

_STRANGE_SPREADS = 4.0
"""A turn that fits its voice worse than usual by so many standard deviations is nobody's."""

_LEAST_SPREAD = 1.0
"""Smallest standard deviation that ``_STRANGE_SPREADS`` counts in, nats per frame: few stretches make a smaller one
by chance."""


@dataclass(frozen=True, slots=True)
class Listening:
    """One task of a process."""

    flac: Path
    """16 kHz mono FLAC."""

    regions: tuple[SpeechRegion, ...]
    """Where speech is."""


class MfccDiarizer:
    """A ``pipeline.contracts.Diarizer``; called from as many threads as there are ``seats``, as the transcriber is."""

    def __init__(self, media: Callable[[str], Path], seats: Seats[Listening, tuple[Turn, ...]]) -> None:
        self._media = media
        self._seats = seats

    def diarize(self, requests: Sequence[DiarizeRequest]) -> list[Diarization]:
        """Turns of each asset; speakers are S1, S2, … in order of appearance."""
        return [self._answer(request) for request in requests]

    def _answer(self, request: DiarizeRequest) -> Diarization:
        speech_ms = sum(region.span.duration_ms for region in request.regions)
        try:
            task = Listening(self._media(request.media_key), request.regions)
            turns = self._seats.ask(task, limit_s=limit_s(speech_ms))
        except (ReelinguaError, TaskFailed) as error:
            return Diarization(request.request_id, (), str(error))
        return Diarization(request.request_id, turns, None)


def limit_s(speech_ms: int) -> float:
    """Longest time that an asset may take before it counts as hung; ours, 50 times what it takes alone."""
    return 120 + speech_ms / 1000


def load() -> Callable[[Listening], tuple[Turn, ...]]:
    """What answers one task; there is no model to load."""

    def listen(task: Listening) -> tuple[Turn, ...]:
        # One thread: the seats keep the cores busy, and sums in one order make the same answer every time.
        with threadpool_limits(1):
            return tuple(turns(task.flac, task.regions))

    return listen


def turns(flac: Path, regions: Sequence[SpeechRegion]) -> list[Turn]:
    """Who speaks in the regions, in order of time; they cover the regions and nothing else.

    Raises:
        DecodeFailed: The audio is broken.

    """
    spans = [region.span for region in regions]
    parts = [part for span in spans for part in cut_up(span, round(span.duration_ms / _STRETCH_MS))]
    sample = [voices.frames_of(speech_file.cut(flac, part)) for part in evenly(parts, most=_SAMPLE_STRETCHES)]
    heard = [frames for frames in sample if len(frames)]
    if not heard:
        return [Turn(span, None, 0.0) for span in spans]
    floor = voices.loudness_floor(np.concatenate(heard))
    loud = [frames[frames[:, 0] > floor] for frames in heard]
    usable = [frames for frames in loud if len(frames) * voices.FRAME_MS >= _SHORTEST_MS]
    known = _known(usable)
    if not known:
        return [Turn(span, None, 0.0) for span in spans]
    laid_out = [turn for span in spans for turn in joined(_laid_out(flac, span, known, floor))]
    return stretches.turns(laid_out)


def _known(sample: Sequence[voices.Frames]) -> list[voices.Voice]:
    """A model of each voice that is heard long enough; of the most heard one when none is."""
    if not sample:
        return []
    found = [[sample[index] for index in cluster] for cluster in voices.clusters(sample)]
    long = [cluster for cluster in found if sum(map(len, cluster)) * voices.FRAME_MS >= _LEAST_VOICE_MS]
    return [voices.learn(cluster) for cluster in long or found[:1]]


def _laid_out(flac: Path, span: Span, known: Sequence[voices.Voice], floor: float) -> Iterator[Stretch]:
    """Who speaks in one region, piece by piece."""
    start_ms = span.start_ms
    for samples in speech_file.blocks(flac, span, block_ms=_PIECE_MS):
        end_ms = min(span.end_ms, start_ms + _PIECE_MS)
        yield from _piece(voices.frames_of(samples), Span(start_ms, end_ms), known, floor)
        start_ms = end_ms
    if start_ms < span.end_ms:  # the sound ends before the region
        yield Stretch(Span(start_ms, span.end_ms), None, 0.0)


def _piece(frames: voices.Frames, span: Span, known: Sequence[voices.Voice], floor: float) -> Iterator[Stretch]:
    per_block = _BLOCK_MS // voices.FRAME_MS
    if not len(frames):
        yield Stretch(span, None, 0.0)
        return
    is_loud = frames[:, 0] > floor
    scores = np.where(is_loud[:, None], voices.densities(known, frames), 0.0)
    starts = np.arange(0, len(frames), per_block)
    path = best_path(np.add.reduceat(scores, starts, axis=0), change_cost=_CHANGE_COST)
    for first, end in runs(path):
        start_ms = span.start_ms + first * _BLOCK_MS
        end_ms = span.end_ms if end == len(path) else span.start_ms + end * _BLOCK_MS
        if start_ms < end_ms:
            rows = slice(first * per_block, end * per_block)
            voice = int(path[first])
            confidence = _confidence(scores[rows][is_loud[rows]], voice, known)
            yield Stretch(Span(start_ms, end_ms), voice if confidence >= _SURE else None, confidence)


def _confidence(scores: npt.NDArray[np.float64], voice: int, known: Sequence[voices.Voice]) -> float:
    """How sure it is that these frames are of ``voice``, 0 to 1; 0 when it is nobody's that is known."""
    if not len(scores):
        return 0.0
    means = scores.mean(axis=0)
    spread = max(_LEAST_SPREAD, known[voice].spread)
    if known[voice].usual - means[voice] > _STRANGE_SPREADS * spread:
        return 0.0
    if len(means) == 1:
        return 1.0
    margin = means[voice] - np.delete(means, voice).max()
    return float(1 / (1 + np.exp(-margin * np.log(4) / _SURE_MARGIN)))
