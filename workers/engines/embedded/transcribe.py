"""The embedded transcriber: PocketSphinx, one decoder per process.

What it hears is a draft: lower case, no punctuation, words of its dictionary only.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

from pocketsphinx import Decoder

from pipeline.errors import ReelinguaError
from schemas.jobs import TranscribeRequest, Transcript
from schemas.speech import Word
from schemas.time import Span
from workers import audio
from workers.engines.embedded import sphinx
from workers.engines.embedded.seats import Seats, TaskFailed


@dataclass(frozen=True, slots=True)
class Hearing:
    """One task of a decoder process."""

    flac: Path
    """16 kHz mono FLAC."""

    span: Span
    """The chunk."""


class PocketSphinxTranscriber:
    """Fulfils ``pipeline.contracts.Transcriber``.

    A batch is answered one request after the other; the worker calls from as many threads as there
    are ``seats``, so that every process is busy.
    """

    def __init__(self, media: Callable[[str], Path], seats: Seats[Hearing, tuple[Word, ...]]) -> None:
        self._media = media
        self._seats = seats

    def transcribe(self, requests: Sequence[TranscribeRequest]) -> list[Transcript]:
        """Words of each chunk, times on the asset's timeline."""
        return [self._answer(request) for request in requests]

    def _answer(self, request: TranscribeRequest) -> Transcript:
        language = sphinx.LANGUAGE if request.language == sphinx.UNKNOWN_LANGUAGE else request.language
        failure = sphinx.language_failure(request.language)
        words: tuple[Word, ...] = ()
        if failure is None:
            try:
                task = Hearing(self._media(request.media_key), request.span)
                words = self._seats.ask(task, limit_s=sphinx.limit_s(request.span))
            except (ReelinguaError, TaskFailed) as error:
                failure = str(error)
        return Transcript(request.request_id, language, words, is_draft=True, failure=failure)


def load() -> Callable[[Hearing], tuple[Word, ...]]:
    """Load the model; what is returned hears one chunk after the other."""
    decoder = Decoder(loglevel="FATAL")

    def hear(task: Hearing) -> tuple[Word, ...]:
        return tuple(
            Word(text, at, sphinx.posterior(segment))
            for segment in sphinx.decode(decoder, audio.cut(task.flac, task.span))
            if (text := sphinx.spelling(segment.word)) and (at := sphinx.placed(segment, task.span))
        )

    return hear
