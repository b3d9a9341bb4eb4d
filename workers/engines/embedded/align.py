"""The embedded aligner: forced alignment by PocketSphinx, one decoder per process.

The words come from a human or another engine and come back as they were displayed. A word without
a sound of its own (a lone dash, a script the dictionary does not know) is put between its neighbours
and has no confidence. The confidence of the others is the decoder's posterior over the lattice of
pronunciations and times: it says how sure the time is, not whether the word was said.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

from pocketsphinx import Decoder, Segment

from pipeline.errors import ReelinguaError
from pipeline.media import speech_file
from pipeline.media.speech_file import Samples
from schemas.jobs import Alignment, AlignRequest
from schemas.speech import Word
from schemas.time import Span
from workers.engines.embedded import sphinx
from workers.engines.embedded.pronounce import Reading, reading
from workers.engines.filling import REMEDY, DoesNotFit, filled
from workers.engines.seats import Seats, TaskFailed

BEAM = 1e-200
"""Pruning of the search. Nearly none: the words are given, so that the search is small, and a path
that is lost to a wrong pronunciation loses the whole chunk."""


@dataclass(frozen=True, slots=True)
class Fitting:
    """One task of a decoder process."""

    flac: Path
    """16 kHz mono FLAC."""

    span: Span
    """Where the words are said."""

    words: tuple[str, ...]
    """The words as displayed."""


class PocketSphinxAligner:
    """A ``pipeline.contracts.Aligner``; called from as many threads as there are ``seats``, as the transcriber is."""

    def __init__(self, media: Callable[[str], Path], seats: Seats[Fitting, tuple[Word, ...]]) -> None:
        self._media = media
        self._seats = seats

    def align(self, requests: Sequence[AlignRequest]) -> list[Alignment]:
        """One time per word asked for."""
        return [self._answer(request) for request in requests]

    def _answer(self, request: AlignRequest) -> Alignment:
        failure = sphinx.language_failure(request.language)
        words: tuple[Word, ...] = ()
        if failure is None and request.words:
            try:
                task = Fitting(self._media(request.media_key), request.span, request.words)
                words = self._seats.ask(task, limit_s=sphinx.limit_s(request.span))
            except (ReelinguaError, TaskFailed) as error:
                failure = str(error)
        return Alignment(request.request_id, words, failure)


def load() -> Callable[[Fitting], tuple[Word, ...]]:
    """Load the model; what is returned aligns one chunk after the other."""
    surer = Decoder(lm=None, loglevel="FATAL", beam=BEAM, wbeam=BEAM, pbeam=BEAM)
    # The search of the lattice, which gives posteriors, drops a word that is cut off by the end of the chunk.
    plainer = Decoder(lm=None, loglevel="FATAL", beam=BEAM, wbeam=BEAM, pbeam=BEAM, bestpath=False)

    def fit(task: Fitting) -> tuple[Word, ...]:
        sound = speech_file.cut(task.flac, task.span)
        try:
            found, confidences = _laid_over(surer, sound, task)
        except DoesNotFit:
            found, _ = _laid_over(plainer, sound, task)
            confidences = [None] * len(found)
        return tuple(
            Word(text, at, confidence)
            for text, at, confidence in zip(task.words, filled(found, task.span), confidences, strict=True)
        )

    return fit


def _laid_over(decoder: Decoder, sound: Samples, task: Fitting) -> tuple[list[Span | None], list[float | None]]:
    """Place and confidence of each word; None for words that have no sound."""
    readings = [reading(word, decoder.lookup_word) for word in task.words]
    said = [one for one in readings if one is not None]
    known = iter(_segments(decoder, sound, said) if said else ())
    segments = [None if one is None else next(known) for one in readings]
    return (
        [segment and sphinx.placed(segment, task.span) for segment in segments],
        [segment and sphinx.posterior(segment) for segment in segments],
    )


def _segments(decoder: Decoder, sound: Samples, readings: Sequence[Reading]) -> list[Segment]:
    """One segment per reading.

    Raises:
        DoesNotFit: No path through the sound says just these words.

    """
    for said in readings:
        if decoder.lookup_word(said.entry) is None:
            for number, phones in enumerate(said.phones, start=1):
                decoder.add_word(said.entry if number == 1 else f"{said.entry}({number})", phones, number == 1)
    decoder.set_align_text(" ".join(said.entry for said in readings))
    found = [segment for segment in sphinx.decode(decoder, sound) if sphinx.spelling(segment.word)]
    if [sphinx.spelling(segment.word) for segment in found] != [said.entry for said in readings]:
        raise DoesNotFit(f"the {len(readings)} words do not fit what is heard; {REMEDY}")
    return found
