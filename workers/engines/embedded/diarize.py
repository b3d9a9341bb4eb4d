"""The embedded diarizer: who speaks when, over one whole asset, from the sound alone.

First a fair sample of the speech is clustered into voices (``voices``), then all of it is laid out
along them, region by region, so that ten hours need no more memory than one. What fits no voice well,
or two alike, is nobody's: it is better to say so than to put words into somebody's mouth.
"""

from __future__ import annotations

import itertools
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
from workers.engines.embedded import voices
from workers.engines.embedded.seats import Seats, TaskFailed

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
    sample = [voices.frames_of(speech_file.cut(flac, span)) for span in _sampled(spans)]
    heard = [frames for frames in sample if len(frames)]
    if not heard:
        return [Turn(span, None, 0.0) for span in spans]
    floor = voices.loudness_floor(np.concatenate(heard))
    loud = [frames[frames[:, 0] > floor] for frames in heard]
    usable = [frames for frames in loud if len(frames) * voices.FRAME_MS >= _SHORTEST_MS]
    known = _known(usable)
    if not known:
        return [Turn(span, None, 0.0) for span in spans]
    laid_out = [turn for span in spans for turn in _joined(_laid_out(flac, span, known, floor))]
    return _named(laid_out)


def _sampled(spans: Sequence[Span]) -> list[Span]:
    """Stretches to cluster, evenly over the speech."""
    stretches = [stretch for span in spans for stretch in _cut_up(span, _STRETCH_MS)]
    if len(stretches) <= _SAMPLE_STRETCHES:
        return stretches
    chosen = np.linspace(0, len(stretches) - 1, _SAMPLE_STRETCHES).round().astype(int)
    return [stretches[index] for index in chosen]


def _cut_up(span: Span, about_ms: int) -> Iterator[Span]:
    """``span`` in equal parts of about this length."""
    count = max(1, round(span.duration_ms / about_ms))
    edges = [span.start_ms + span.duration_ms * part // count for part in range(count + 1)]
    return (Span(start_ms, end_ms) for start_ms, end_ms in itertools.pairwise(edges))


def _known(stretches: Sequence[voices.Frames]) -> list[voices.Voice]:
    """A model of each voice that is heard long enough; of the most heard one when none is."""
    if not stretches:
        return []
    found = [[stretches[index] for index in cluster] for cluster in voices.clusters(stretches)]
    long = [cluster for cluster in found if sum(map(len, cluster)) * voices.FRAME_MS >= _LEAST_VOICE_MS]
    return [voices.learn(cluster) for cluster in long or found[:1]]


@dataclass(frozen=True, slots=True)
class _Stretch:
    """Speech that goes to one voice."""

    span: Span
    voice: int | None
    confidence: float


def _laid_out(flac: Path, span: Span, known: Sequence[voices.Voice], floor: float) -> Iterator[_Stretch]:
    """Who speaks in one region, piece by piece."""
    start_ms = span.start_ms
    for samples in speech_file.blocks(flac, span, block_ms=_PIECE_MS):
        end_ms = min(span.end_ms, start_ms + _PIECE_MS)
        yield from _piece(voices.frames_of(samples), Span(start_ms, end_ms), known, floor)
        start_ms = end_ms
    if start_ms < span.end_ms:  # the sound ends before the region
        yield _Stretch(Span(start_ms, span.end_ms), None, 0.0)


def _piece(frames: voices.Frames, span: Span, known: Sequence[voices.Voice], floor: float) -> Iterator[_Stretch]:
    per_block = _BLOCK_MS // voices.FRAME_MS
    if not len(frames):
        yield _Stretch(span, None, 0.0)
        return
    is_loud = frames[:, 0] > floor
    scores = np.where(is_loud[:, None], voices.densities(known, frames), 0.0)
    starts = np.arange(0, len(frames), per_block)
    path = _path(np.add.reduceat(scores, starts, axis=0))
    edges = [0, *(int(block) + 1 for block in np.flatnonzero(np.diff(path))), len(path)]
    for first, end in itertools.pairwise(edges):
        start_ms = span.start_ms + first * _BLOCK_MS
        end_ms = span.end_ms if end == len(path) else span.start_ms + end * _BLOCK_MS
        if start_ms < end_ms:
            rows = slice(first * per_block, end * per_block)
            voice = int(path[first])
            confidence = _confidence(scores[rows][is_loud[rows]], voice, known)
            yield _Stretch(Span(start_ms, end_ms), voice if confidence >= _SURE else None, confidence)


def _path(scores: npt.NDArray[np.float64]) -> npt.NDArray[np.int64]:
    """The best voice of each block when a change costs ``_CHANGE_COST`` (Viterbi); shape ``(blocks,)``."""
    blocks, count = scores.shape
    came_from = np.zeros((blocks, count), dtype=np.int64)
    best = scores[0].copy()
    for block in range(1, blocks):
        other = int(best.argmax())
        stays = best >= best[other] - _CHANGE_COST
        came_from[block] = np.where(stays, np.arange(count), other)
        best = np.where(stays, best, best[other] - _CHANGE_COST) + scores[block]
    path = np.zeros(blocks, dtype=np.int64)
    path[-1] = int(best.argmax())
    for block in range(blocks - 1, 0, -1):
        path[block - 1] = came_from[block, path[block]]
    return path


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


def _joined(stretches: Iterator[_Stretch]) -> Iterator[_Stretch]:
    """Neighbours of one voice as one stretch."""
    for _, group in itertools.groupby(stretches, key=lambda stretch: stretch.voice):
        run = list(group)
        span = Span(run[0].span.start_ms, run[-1].span.end_ms)
        weighted = sum(one.confidence * one.span.duration_ms for one in run)
        yield _Stretch(span, run[0].voice, float(weighted / span.duration_ms))


def _named(stretches: Sequence[_Stretch]) -> list[Turn]:
    """Turns with names in order of appearance."""
    order = list(dict.fromkeys(stretch.voice for stretch in stretches if stretch.voice is not None))
    names = {voice: f"S{number}" for number, voice in enumerate(order, start=1)}
    return [
        Turn(one.span, None if one.voice is None else names[one.voice], round(one.confidence, 3)) for one in stretches
    ]
