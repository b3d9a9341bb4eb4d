"""What the models are taught: questions as the product asks them, with the answers that it takes.

Every prompt comes out of the product's own jobs, so that a model is never taught another question than it is asked,
and every answer has gone through them, so that it is never taught one that would be refused.
"""

from __future__ import annotations

import asyncio
import random
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol, TypeVar

import numpy as np
import numpy.typing as npt

from schemas.jobs import AlignRequest, Request, Result, TranscribeRequest
from schemas.languages import UNDETERMINED
from schemas.time import SAMPLES_PER_MS, Span
from tests.support.scripted_engine import Answer, ScriptedEngine, marked, said
from tests.support.taught.sounds import Line, Manner, Recording, Samples, Studio, Voice
from tests.support.taught.words import WORDS, drawn
from workers.engines.vllm.align import STEP_MS, ForcedAligner
from workers.engines.vllm.question import Engine, Question
from workers.engines.vllm.transcribe import ASR_TEXT, AsrTranscriber, ThinkerTranscriber

MOST_LINES = 4
MOST_WORDS = 4

_PAUSES_MS = (550, 1_600)
"""Between two lines, so that a pause and a gap are never alike."""

_LONGEST_PAUSE_MS = 2_900
"""Where there are as many lines as can be: longer ones are not inside a chunk (``pipeline.media.chunks``)."""

_REPEATED = 0.25
"""Of what the aligner places, the share in which a word may come again: which of two alike is meant it learns late."""

_GAPS_MS = (30, 60, 90, 120, 150)
_PACES = (135, 145, 155, 165)
_PITCHES = (-6, 0, 6)
_GAINS = (0.4, 1.6)
_NOISE_DB = (-80.0, -48.0)


@dataclass(frozen=True, slots=True)
class Lesson:
    """One question with its answer."""

    prompt: str
    """The whole prompt."""

    answer: str
    """What the model is to write, without the token that ends it; empty for the aligner."""

    marks: tuple[int, ...] = ()
    """Classes of the marks in the prompt, for the aligner."""

    sound: Samples | None = None
    """What is heard."""

    pictures: npt.NDArray[np.uint8] | None = None
    """What is seen: shape ``(pictures, height, width, 3)``, RGB, one per second."""

    @property
    def is_film_with_sound(self) -> bool:
        """Whether it is both seen and heard, the sound woven into the pictures."""
        return self.sound is not None and self.pictures is not None


Put_contra = TypeVar("Put_contra", bound=Request, contravariant=True)
"""What a job answers."""


class Job(Protocol[Put_contra]):
    """A job of the product."""

    async def answer(self, request: Put_contra, engine: Engine) -> Result:
        """What becomes of a request."""
        ...


def asked(job: Job[Put_contra], request: Put_contra, answers: Sequence[Answer]) -> list[Question]:
    """The questions that a job asks for a request, given these answers, one for each.

    Raises:
        ValueError: The job does not take the answers.

    """
    waiting = iter(answers)
    engine = ScriptedEngine(lambda question: next(waiting))
    result = asyncio.run(job.answer(request, engine))
    if result.failure is not None:
        raise ValueError(f"the product refuses what is taught: {result.failure}")
    return engine.asked


def transcription(teller: random.Random, studio: Studio, *, most_lines: int = MOST_LINES) -> Lesson:
    """The Thinker hears a chunk."""
    recording = dictation(teller, studio, most_lines=most_lines)
    question = asked(ThinkerTranscriber(), _chunk(recording, "en"), [said(recording.text)])[0]
    return Lesson(question.text, recording.text, sound=recording.samples)


def asr_transcription(teller: random.Random, studio: Studio, *, most_lines: int = MOST_LINES) -> Lesson:
    """Qwen3-ASR hears a chunk, one time in four without being told the language."""
    recording = dictation(teller, studio, most_lines=most_lines)
    language, answer = "en", recording.text
    if teller.random() < 0.25:
        language = UNDETERMINED
        answer = f"language {'English' if recording.text else 'None'}{ASR_TEXT}{recording.text}"
    question = asked(AsrTranscriber(), _chunk(recording, language), [said(answer)])[0]
    return Lesson(question.text, answer, sound=recording.samples)


def alignment(teller: random.Random, studio: Studio, *, most_lines: int = MOST_LINES) -> Lesson:
    """The aligner is given a chunk and its words."""
    recording = dictation(teller, studio, most_lines=most_lines, silent=0.0, repeated=_REPEATED)
    classes = tuple(
        min(round(at_ms / STEP_MS), recording.samples.size // SAMPLES_PER_MS // STEP_MS)
        for word in recording.words
        for at_ms in (word.span.start_ms, word.span.end_ms)
    )
    span = Span(0, recording.samples.size // SAMPLES_PER_MS)
    words = tuple(word.text for word in recording.words)
    request = AlignRequest("r", "a", "speech.flac", span, "en", words)
    question = asked(ForcedAligner(), request, [marked(classes)])[0]
    return Lesson(question.text, "", marks=classes, sound=recording.samples)


def dictation(
    teller: random.Random, studio: Studio, *, most_lines: int, silent: float = 0.05, repeated: float = 1.0
) -> Recording:
    """One to ``most_lines`` lines of words drawn by chance, said anyhow.

    ``silent`` of them have no word at all; in ``repeated`` of them a word may come again.
    """
    count = 0 if teller.random() < silent else teller.randint(1, most_lines)
    longest_ms = _LONGEST_PAUSE_MS if most_lines == MOST_LINES else _PAUSES_MS[1]
    once = [] if teller.random() < repeated else teller.sample(WORDS, len(WORDS))
    lines: list[Line] = []
    at_ms = teller.randint(40, 600)
    for _ in range(count):
        length = teller.randint(1, MOST_WORDS)
        line = Line(
            at_ms,
            tuple(once.pop() for _ in range(length)) if once else drawn(teller, length),
            teller.choice(list(Voice)),
            teller.choice(_GAPS_MS),
            Manner(teller.choice(_PACES), teller.choice(_PITCHES)),
        )
        lines.append(line)
        at_ms += studio.length_ms(line) + teller.randint(_PAUSES_MS[0], longest_ms)
    tail_ms = teller.randint(0, 500)
    recording = studio.record(
        lines, length_ms=at_ms - _PAUSES_MS[0] + tail_ms if lines else at_ms + tail_ms + _PAUSES_MS[0]
    )
    return Recording(disguised(teller, recording.samples, studio), recording.words, recording.turns, recording.text)


def disguised(teller: random.Random, samples: Samples, studio: Studio) -> Samples:
    """Louder or softer, in a noisier or quieter room."""
    noise = studio.noise(samples.size, start=teller.getrandbits(20))
    level = 10 ** (teller.uniform(*_NOISE_DB) / 20)
    return np.clip(samples * np.float32(teller.uniform(*_GAINS)) + noise * np.float32(level), -1, 1)


def _chunk(recording: Recording, language: str) -> TranscribeRequest:
    return TranscribeRequest("r", "a", "speech.flac", Span(0, recording.samples.size // SAMPLES_PER_MS), language)
