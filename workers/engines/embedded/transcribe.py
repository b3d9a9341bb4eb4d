"""The embedded transcriber: PocketSphinx, one decoder per process.

What it hears is a draft: lower case, no punctuation, words of its dictionary only.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

from pocketsphinx import Decoder

from pipeline.errors import ReelinguaError
from pipeline.media import speech_file
from schemas.jobs import TranscribeRequest, Transcript
from schemas.languages import UNDETERMINED
from schemas.speech import Word
from schemas.time import Span
from workers.engines.embedded import sphinx, utterances
from workers.engines.seats import Seats, TaskFailed

LANGUAGE_WEIGHT = 4.5
"""How much the language model counts against the sound in the first pass; the library's default is 6.5.
Measured over three offsets of each recording (LJ 20.4 to 20.1 % WER, chemicals 6.6 to 5.8 %, Kennedy 40.9
to 25.8 %, Flite's slt 13.6 to 10.4 %, rms and awb the same). Tried without gain: wider beams, weights of the
later passes upwards, a lead of silence, insertion penalty."""


@dataclass(frozen=True, slots=True)
class Hearing:
    """One task of a decoder process."""

    flac: Path
    """16 kHz mono FLAC."""

    span: Span
    """The chunk."""


class PocketSphinxTranscriber:
    """A ``pipeline.contracts.Transcriber``.

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
        language = sphinx.LANGUAGE if request.language == UNDETERMINED else request.language
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
    decoder = Decoder(loglevel="FATAL", lw=LANGUAGE_WEIGHT)

    def hear(task: Hearing) -> tuple[Word, ...]:
        return tuple(
            Word(text, at, sphinx.posterior(segment))
            for start_ms, samples in utterances.parted(speech_file.cut(task.flac, task.span))
            for segment in sphinx.decode(decoder, samples)
            if (text := sphinx.spelling(segment.word))
            and (at := sphinx.placed(segment, Span(task.span.start_ms + start_ms, task.span.end_ms)))
        )

    return hear
