"""The diarizer of the family ``vllm``: who speaks when, over one whole asset, by the speaker encoder of Qwen3-TTS.

A fair sample of the speech is clustered into voices (``voices``); then all of it is laid out along them, a window
every quarter of a second. What never lasts for a window is no voice but the sound of two that change, and is left out.
What fits no voice, or two alike, is nobody's: it is better to say so than to put words into somebody's mouth. Of every
window only its likeness to each voice is kept: ten hours need some tens of megabytes.

No vLLM engine is involved. ``load`` gives the worker a ``Loaded``; sound is read and resampled in threads ahead of the
encoder, and a second asset is read and clustered while the first one is with it.
"""

from __future__ import annotations

import itertools
from collections import deque
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Protocol, cast

import numpy as np
import numpy.typing as npt

from pipeline.errors import EngineCrashed, ReelinguaError
from pipeline.media import speech_file
from pipeline.media.speech_file import Samples
from schemas.figures import Usage
from schemas.jobs import Diarization, DiarizeRequest, Request, Result
from schemas.media import SpeechRegion
from schemas.speech import Turn
from schemas.time import SAMPLES_PER_MS, Span
from workers.engines import stretches
from workers.engines.stretches import Stretch
from workers.engines.vllm import voices
from workers.engines.vllm.voices import Embeddings
from workers.families import Loaded, Setting

TREATMENT = 1
"""Counts changes of our own part that change answers; in the model's revision."""

PROMPTS: tuple[str, ...] = ()
"""Prompt files that it uses: none."""

WINDOW_MS = 1_500
"""Sound behind one vector, as 3D-Speaker's diarizer has it; shorter windows say too
little of a voice, longer ones hold two."""

_SAMPLE_HOP_MS = 750
"""From one window of the sample to the next; half a window, as 3D-Speaker has it."""

_STRETCH_MS = 2 * WINDOW_MS
"""Stretches of the sample are at least so long where regions are: two windows that share no sound are in each."""

_SAMPLE_STRETCHES = 300
"""Stretches that are clustered at most, evenly over the asset: 15 to 30 minutes of speech, about 1,200 windows.
Clustering grows with the square of their number."""

_SHORTEST_MS = 300
"""Regions with less sound are nobody's: it is a syllable."""

_BLOCK_MS = 250
"""Grain of the turns: within the 250 ms around a change that no scoring rule counts (NIST RT-09)."""

_LAID_OUT_AT_ONCE = 120
"""Windows that are read and embedded together: half a minute of speech."""

_AHEAD = 4
"""Of those that are read before they are needed."""

_READERS = 2
"""Threads that read, resample and wait for the encoder; one reads while the other waits."""

_CALLERS = 2
"""Assets that are worked on at once: while one is clustered, the other keeps the encoder busy."""

_QUIETEST_DB = -70.0
"""Windows below this are silence, full scale being 0; the noise of 16 bit is at -98."""

_LOUD_RANGE_DB = 30.0
"""Windows this much below the loud ones are pauses: the embedded diarizer draws the line at 24 dB for single frames."""

_CHANGE_COST = 3.0
"""What a change of speaker inside a region must gain, in units of ``Voices.apart`` per block."""

_SURE_MARGIN = 0.3
"""Where a turn must stand between the axes of its voice (1) and of the next (-1) for a confidence of 0.8."""

_SURE = 0.6
"""Turns with less confidence are nobody's; as the embedded diarizer has it."""

_STRANGE_SPREADS = 4.0
"""A turn that is less like its voice than usual by so many standard deviations, and as far from it as another voice,
is nobody's."""


@dataclass(frozen=True, slots=True)
class _Task:
    """Windows to embed."""

    span: Span
    """The sound that holds them."""

    starts_ms: tuple[int, ...]
    """Where each begins, from the start of ``span``."""


@dataclass(frozen=True, slots=True)
class _Heard:
    """What became of a task."""

    task: _Task
    """The task."""

    vectors: Embeddings
    """One per window."""

    levels_db: npt.NDArray[np.float64]
    """Root mean square of each window, full scale being 0; shape ``(windows,)``."""

    gpu_s: float
    """Time in which it kept a GPU busy."""


class Encoder(Protocol):
    """What says who speaks in a window of sound; ``speaker`` has the real one."""

    def embed(self, sound: Samples, starts_ms: Sequence[int], *, window_ms: int) -> tuple[Embeddings, float]:
        """One vector per window of ``sound`` that begins at one of ``starts_ms``, and the GPU's seconds.

        Called from several threads. Raises EngineCrashed when the device fails.
        """
        ...


class SpeakerDiarizer:
    """A ``pipeline.contracts.Diarizer``; may be called from several threads."""

    def __init__(self, media: Callable[[str], Path], encoder: Encoder) -> None:
        self._media = media
        self._encoder = encoder

    def diarize(self, requests: Sequence[DiarizeRequest]) -> list[Diarization]:
        """Turns of each asset; speakers are S1, S2, … in order of appearance."""
        return [self._answer(request) for request in requests]

    def _answer(self, request: DiarizeRequest) -> Diarization:
        try:
            flac = self._media(request.media_key)
            with ThreadPoolExecutor(_READERS, "diarize") as readers:
                found, gpu_s = _Asset(flac, self._encoder, readers).turns(request.regions)
        except EngineCrashed:
            raise
        except ReelinguaError as error:
            return Diarization(request.request_id, (), str(error))
        return Diarization(request.request_id, tuple(found), None, Usage(attempts=1, gpu_s=gpu_s))


def load(checkpoint: Path, setting: Setting, *, device: str, share: float = 1.0) -> Loaded:
    """The engine of the job ``diarize``, for a model of kind ``speaker``.

    ``checkpoint`` is the folder of a Qwen3-TTS Base checkpoint; ``device`` is torch's name: ``cuda`` for the GPU that
    ``CUDA_VISIBLE_DEVICES`` leaves, or ``cpu``; ``share`` is the part of the GPU's memory that it may take.

    Raises:
        EngineUnavailable: The checkpoint has no speaker encoder or is broken, or there is no such device.

    """
    from workers.engines.vllm.speaker import SpeakerEncoder  # noqa: PLC0415 - torch, which only the worker has

    encoder = SpeakerEncoder(checkpoint, device=device, threads=setting.processes, share=share)
    answer = cast(Callable[[Sequence[Request]], Sequence[Result]], SpeakerDiarizer(setting.media, encoder).diarize)
    return Loaded(answer, batch=1, callers=_CALLERS, close=lambda: None)


class _Asset:
    """One asset that is being listened to."""

    def __init__(self, flac: Path, encoder: Encoder, readers: ThreadPoolExecutor) -> None:
        self._flac = flac
        self._encoder = encoder
        self._readers = readers
        self._gpu_s = 0.0

    def turns(self, regions: Sequence[SpeechRegion]) -> tuple[list[Turn], float]:
        """Who speaks in the regions, in order of time, covering them and nothing else; and the GPU's time.

        Raises:
            DecodeFailed: The audio is broken.
            EngineCrashed: The device failed.

        """
        spans = [region.span for region in regions]
        sample = list(self._heard(_sampled(spans)))
        levels = np.concatenate([heard.levels_db for heard in sample]) if sample else np.zeros(0)
        floor_db = max(_QUIETEST_DB, float(np.percentile(levels, 95)) - _LOUD_RANGE_DB) if len(levels) else 0.0
        known = voices.find([_loud(heard, floor_db) for heard in sample], window_ms=WINDOW_MS)
        if known is None:
            return [Turn(span, None, 0.0) for span in spans], self._gpu_s
        heard = self._heard(task for span in spans for task in _laid_out(span))
        laid_out = [_Region.of(span, heard, known, floor_db) for span in spans]
        lasting = sorted({voice for region in laid_out for voice in region.lasting(known)})
        if 0 < len(lasting) < len(known.axes):
            known = known.only(lasting)
            laid_out = [region.only(lasting) for region in laid_out]
        found = [stretch for region in laid_out for stretch in region.stretches(known)]
        return stretches.turns(found), self._gpu_s

    def _heard(self, tasks: Iterable[_Task]) -> Iterator[_Heard]:
        """Tasks done, in their order, the next ones under way."""
        waiting: deque[Future[_Heard]] = deque()
        for task in tasks:
            waiting.append(self._readers.submit(self._hear, task))
            if len(waiting) > _AHEAD:
                yield self._counted(waiting.popleft().result())
        while waiting:
            yield self._counted(waiting.popleft().result())

    def _hear(self, task: _Task) -> _Heard:
        sound = speech_file.cut(self._flac, task.span)
        # Where the audio ends inside a region there is silence.
        sound = np.pad(sound, (0, task.span.duration_ms * SAMPLES_PER_MS - len(sound)))
        vectors, gpu_s = self._encoder.embed(sound, task.starts_ms, window_ms=WINDOW_MS)
        return _Heard(task, vectors, _levels_db(sound, task.starts_ms), gpu_s)

    def _counted(self, heard: _Heard) -> _Heard:
        self._gpu_s += heard.gpu_s
        return heard


def _sampled(spans: Sequence[Span]) -> Iterator[_Task]:
    """Stretches to cluster, evenly over the speech."""
    parts = [
        part
        for span in spans
        if span.duration_ms >= _SHORTEST_MS
        for part in stretches.cut_up(span, span.duration_ms // _STRETCH_MS)
    ]
    for part in stretches.evenly(parts, most=_SAMPLE_STRETCHES):
        room_ms = max(0, part.duration_ms - WINDOW_MS)
        starts_ms = np.linspace(0, room_ms, 1 + round(room_ms / _SAMPLE_HOP_MS)).astype(int)
        yield _Task(part, tuple(starts_ms.tolist()))


def _loud(heard: _Heard, floor_db: float) -> voices.Sample:
    is_loud = heard.levels_db > floor_db
    sound_ms = round(heard.task.span.duration_ms * is_loud.mean())
    starts_ms = tuple(start for start, loud in zip(heard.task.starts_ms, is_loud, strict=True) if loud)
    return voices.Sample(heard.vectors[is_loud], starts_ms, sound_ms)


def _laid_out(span: Span) -> Iterator[_Task]:
    """Windows around the middle of every block of a region, as far as it has room for them."""
    starts_ms = np.unique(_starts_ms(span))
    for at in range(0, len(starts_ms), _LAID_OUT_AT_ONCE):
        some = starts_ms[at : at + _LAID_OUT_AT_ONCE]
        first_ms, end_ms = int(some[0]), int(min(span.duration_ms, some[-1] + WINDOW_MS))
        sound = Span(span.start_ms + first_ms, span.start_ms + end_ms)
        yield _Task(sound, tuple((some - first_ms).tolist()))


def _starts_ms(span: Span) -> npt.NDArray[np.int64]:
    """Where the window of each block begins, from the start of the region."""
    middles_ms = np.arange(0, span.duration_ms, _BLOCK_MS) + _BLOCK_MS // 2
    return np.clip(middles_ms - WINDOW_MS // 2, 0, max(0, span.duration_ms - WINDOW_MS))


@dataclass(frozen=True, slots=True)
class _Region:
    """A region of speech, compared with the voices."""

    span: Span
    """When."""

    cosines: npt.NDArray[np.float64]
    """Of each of its windows with each voice's axis; shape ``(windows, voices)``."""

    is_loud: npt.NDArray[np.bool_]
    """Whether a window is more than a pause; shape ``(windows,)``."""

    places: npt.NDArray[np.int64]
    """Which window stands for each block; shape ``(blocks,)``."""

    @classmethod
    def of(cls, span: Span, heard: Iterator[_Heard], known: voices.Voices, floor_db: float) -> _Region:
        """The region, of what ``_laid_out`` asked for; takes no more than that from ``heard``."""
        starts_ms, places = np.unique(_starts_ms(span), return_inverse=True)
        cosines, is_loud = [], []
        for one in itertools.islice(heard, -(-len(starts_ms) // _LAID_OUT_AT_ONCE)):
            cosines.append(one.vectors.astype(np.float64) @ known.axes.T)
            is_loud.append((one.levels_db > floor_db) & (span.duration_ms >= _SHORTEST_MS))
        return cls(span, np.concatenate(cosines), np.concatenate(is_loud), places)

    def only(self, chosen: Sequence[int]) -> _Region:
        """The same with some of the voices."""
        return replace(self, cosines=self.cosines[:, chosen])

    def lasting(self, known: voices.Voices) -> set[int]:
        """Voices that have a whole window, or the whole region, to themselves."""
        if not self.is_loud.any():
            return set()
        path = self._path(known)
        whole = min(len(path), WINDOW_MS // _BLOCK_MS)
        return {int(path[first]) for first, end in stretches.runs(path) if end - first >= whole}

    def stretches(self, known: voices.Voices) -> Iterator[Stretch]:
        """Who speaks in it, covering it."""
        if not self.is_loud.any():
            yield Stretch(self.span, None, 0.0)
            return
        yield from stretches.joined(self._runs(self._path(known), known))

    def _runs(self, path: npt.NDArray[np.int64], known: voices.Voices) -> Iterator[Stretch]:
        for first, end in stretches.runs(path):
            start_ms = self.span.start_ms + first * _BLOCK_MS
            end_ms = self.span.end_ms if end == len(path) else self.span.start_ms + end * _BLOCK_MS
            windows = np.unique(self.places[first:end])
            voice = int(path[first])
            confidence = _confidence(self.cosines[windows][self.is_loud[windows]], voice, known)
            yield Stretch(Span(start_ms, end_ms), voice if confidence >= _SURE else None, confidence)

    def _path(self, known: voices.Voices) -> npt.NDArray[np.int64]:
        scores = np.where(self.is_loud[:, None], self.cosines / known.apart, 0.0)[self.places]
        return stretches.best_path(scores, change_cost=_CHANGE_COST)


def _confidence(cosines: npt.NDArray[np.float64], voice: int, known: voices.Voices) -> float:
    """How sure it is that windows with these cosines, ``(windows, voices)``, are of ``voice``, 0 to 1."""
    if not len(cosines):
        return 0.0
    means = cosines.mean(axis=0)
    usual = 1 - known.usual[voice]
    if 1 - means[voice] > max(known.apart, usual + _STRANGE_SPREADS * known.spread[voice]):
        return 0.0
    if len(means) == 1:
        return 1.0
    other = int(np.argmax(np.where(np.arange(len(means)) == voice, -np.inf, means)))
    apart = max(known.apart, 1 - float(known.axes[voice] @ known.axes[other]))
    stands = (means[voice] - means[other]) / apart
    return float(1 / (1 + np.exp(-stands * np.log(4) / _SURE_MARGIN)))


def _levels_db(sound: Samples, starts_ms: Sequence[int]) -> npt.NDArray[np.float64]:
    """Root mean square of each window of ``sound``, full scale being 0; as much of it as there is."""
    squares = [
        np.square(sound[start * SAMPLES_PER_MS : (start + WINDOW_MS) * SAMPLES_PER_MS].astype(np.float64)).mean()
        for start in starts_ms
    ]
    levels: npt.NDArray[np.float64] = 10 * np.log10(np.maximum(np.array(squares), 1e-3)) - 20 * np.log10(2**15)
    return levels
