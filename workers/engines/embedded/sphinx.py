"""PocketSphinx's decoder and English model, which come inside its wheel, as we set them.

English only: the wheel holds one acoustic model (US English, 16 kHz), one dictionary and one language
model. This file knows how they are asked and read, and what a chunk may cost; it is cheap to import.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from schemas.languages import UNDETERMINED, primary
from schemas.time import SAMPLES_PER_MS, Span

if TYPE_CHECKING:
    from pocketsphinx import Decoder, Segment

    from pipeline.media.speech_file import Samples

FRAME_MS = 10
"""One step of the decoder: its default frame rate of 100 per second."""

SHORTEST_MS = 60
"""Less sound than this holds no word: three states of one phone, at ``FRAME_MS`` each, need 30 ms and
the front end's deltas as much again."""

LANGUAGE = "en"
"""The only language of the model."""

_ALTERNATIVE = re.compile(r"\(\d+\)$")


def limit_s(span: Span) -> float:
    """Longest time that a chunk may take before it counts as hung.

    Ours: a chunk takes 0.3 of its length on one core (tests/bench/bench_embedded.py), so that this
    leaves a factor of 60 for a crowded machine, and a minute for short ones.
    """
    return 60 + 20 * span.duration_ms / 1000


def language_failure(language: str) -> str | None:
    """Why a request in ``language`` cannot be answered; None when it can."""
    if language == UNDETERMINED or primary(language) == LANGUAGE:
        return None
    return f"PocketSphinx hears English only, not {language}"


def decode(decoder: Decoder, samples: Samples) -> list[Segment]:
    """Segments of one utterance, none when it is too short for any word.

    It is given whole, so that cepstral means are its own and no earlier utterance bears on the answer.
    """
    if len(samples) < SHORTEST_MS * SAMPLES_PER_MS:
        return []
    decoder.start_utt()
    decoder.process_raw(samples.tobytes(), full_utt=True)
    decoder.end_utt()
    return list(decoder.seg() or ())


def spelling(segment_word: str) -> str | None:
    """A decoder's word without the mark of an alternative pronunciation; None for fillers and noises."""
    return None if segment_word.startswith(("<", "[", "+", "(")) else _ALTERNATIVE.sub("", segment_word)


def placed(segment: Segment, span: Span) -> Span | None:
    """Where a segment of the utterance ``span`` lies on the asset's timeline; None when outside the span."""
    start_ms = span.start_ms + segment.start_frame * FRAME_MS
    return Span(start_ms, max(start_ms, span.start_ms + segment.end_frame * FRAME_MS) + FRAME_MS).clipped(span)


def posterior(segment: Segment) -> float:
    """The decoder's posterior of a segment, 0 to 1; its log tables overshoot 1 by a ten-thousandth."""
    return min(1.0, max(0.0, float(segment.prob)))
