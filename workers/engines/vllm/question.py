"""What is put to a model and what comes back: the line between the jobs, which know prompts and answers, and the
engine, which knows vLLM.

A job (``transcribe``, ``align``, ``describe``, ``translate``) makes a ``Question`` of its request and a result of the
``Reply``. ``Engine`` answers questions. Nothing here imports vLLM, so that jobs are tested without it.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import Protocol

import numpy as np
import numpy.typing as npt

from schemas.time import Span


@dataclass(frozen=True, slots=True)
class Sound:
    """A stretch of speech audio that a model hears."""

    key: str
    """Key of the 16 kHz mono FLAC in the library."""

    span: Span
    """The stretch, on the asset's timeline."""


@dataclass(frozen=True, slots=True)
class Film:
    """A stretch of picture that a model sees, with its sound where there is one."""

    frames_key: str
    """Key of the sampled frames in the library (Parquet of ``SampledFrame``)."""

    sound_key: str | None
    """Key of the 16 kHz mono FLAC in the library; None for a film without sound."""

    span: Span
    """The stretch, on the asset's timeline."""

    frames_per_s: float
    """Pictures per second that the model is shown: picture ``k`` is the sampled frame that is on screen at
    ``span.start_ms + k * 1000 / frames_per_s``."""


Media = Sound | Film
"""What a question is about; the placeholders in its text stand for it."""


@dataclass(frozen=True, slots=True)
class Question:
    """One prompt, and how it is to be answered."""

    text: str
    """The whole prompt with its special tokens, media first, one placeholder for the media."""

    media: Media | None
    """What the placeholder stands for; None for a question about text."""

    max_tokens: int
    """Tokens after which an answer is cut off, which counts as a failure."""

    schema: str | None = None
    """JSON schema that the answer must follow; None for plain text."""

    temperature: float = 0.0
    """0 takes the likeliest token every time."""

    seed: int = 0
    """Of what is drawn at a temperature above 0."""

    priority: int = 0
    """Lower goes first; a second question on media that are in the cache goes before new media."""


class Finish(StrEnum):
    """Why a model stopped writing."""

    STOP = "stop"
    """It was done."""

    LENGTH = "length"
    """``max_tokens`` was reached: the answer is cut off."""

    REPETITION = "repetition"
    """It went round in circles and was stopped."""


@dataclass(frozen=True, slots=True)
class Reply:
    """What a model answered."""

    text: str
    """What it wrote."""

    finish: Finish
    """Why it stopped."""

    tokens_in: int
    """Tokens of the prompt, media included."""

    tokens_out: int
    """Tokens that it wrote."""

    tokens_cached: int
    """Tokens of the prompt that were in the prefix cache."""

    gpu_s: float
    """Its share of the GPU's busy time; 0 on a CPU."""


@dataclass(frozen=True, slots=True)
class Marks:
    """What a token classifier says of the marks in a prompt."""

    classes: npt.NDArray[np.int64]
    """Likeliest class of each ``<timestamp>`` token of the prompt, in order; shape ``(marks,)``."""

    tokens_in: int
    """Tokens of the prompt, media included."""

    gpu_s: float
    """Its share of the GPU's busy time; 0 on a CPU."""


class QuestionFailed(Exception):
    """A question has no answer; the message is a reason for the row of its request, one line.

    Raised for what asking again would not mend: too long for the model, media that cannot be read, a prompt whose
    media tokens are not what the media must give.
    """


class QuestionTimedOut(QuestionFailed):
    """No answer within its time: it may be the engine's load, and asking again may mend it."""


class Engine(Protocol):
    """A model that answers questions, many at once.

    Both methods raise ``QuestionFailed``, and ``EngineCrashed`` (pipeline.errors) when the engine is gone.
    """

    async def ask(self, question: Question) -> Reply:
        """What a generating model writes."""
        ...

    async def mark(self, question: Question) -> Marks:
        """What a token classifier says; of the question only ``text`` and ``media`` count."""
        ...
