"""Reference clips: where a speaker's own voice is heard best, alone, and word for word as it was written down.

Clips are runs of whole pieces of speech, so that none begins or ends inside a sentence without need. Those
with the most speech over the least noise come first; whether one is usable is decided by recognising it
again alone: who hears other words there hears another voice in it, music, or the wrong speaker.
"""

from __future__ import annotations

import itertools
import math
import re
import unicodedata
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from rapidfuzz.distance import Levenshtein

from pipeline.localize.alone import Passage, Piece
from schemas.jobs import Transcript
from schemas.languages import primary
from schemas.localize import Reference
from schemas.media import LEVEL_STEP_MS, SILENT_DBFS
from schemas.speech import UNSPACED, Word, joined
from schemas.time import Span

SHORTEST_MS = 3_000
"""Shortest clip: what voice cloning models ask for at least (Qwen3-TTS: 3 s)."""

LONGEST_MS = 15_000
"""Longest clip: more of it costs a model its context and tells it nothing new."""

MOST_CLIPS = 4
"""Clips of one speaker that are recognised again at most: a minute, however long the asset is."""

LONGEST_PAUSE_MS = 1_500
"""Longest pause inside a clip: measured, a speech with pauses for effect has 1.1 s, an interview 1.4 s."""

PAD_MS = 80
"""Sound before the first word and after the last: word times are good to about 60 ms (tests/bench/README.md)."""

LEAST_SNR_DB = 15.0
"""Noise closer than this is cloned with the voice. Ours; a hall with a crowd of 1961 has 25 dB."""

LEAST_LEVEL_DBFS = -45.0
"""Softer speech has less than 8 of 16 bits left. Ours."""

MOST_CLIPPED = 0.001
"""Share of samples at full scale: more is heard as distortion. Ours."""

MOST_ERRORS = 0.15
"""Share of a clip's words that may be heard differently: one of seven. A recogniser that hears sentences well says
the same twice; three seconds are about eight words, of which one may differ. Ours, and not measured."""

MOST_ERRORS_OF_DRAFT = 0.25
"""The same for an engine whose text is a draft. Measured with PocketSphinx on 15 clips of the shared recordings: 0 to
0.19 where it hears at least 6 of 10 words right, 0.43 in the one of which it has made nonsense."""

_FULL_SCALE = 32_700
"""Absolute value from which a 16-bit sample counts as clipped: resampling moves flat tops a little."""

_CONTEXT_MS = 1_000
"""Pauses just before and after a clip have its noise too."""

_IS_SPEECH = 0.5
"""Probability from which a step of the envelope is speech, the detector's own threshold."""

_IS_PAUSE = 0.1
"""Probability up to which it is a pause: between the two are beginnings, ends and breaths."""

_LEAST_PAUSE_STEPS = 3
"""With fewer pauses than 96 ms the softest twentieth of the speech stands for the noise, which is never too kind."""

_ENOUGH_SPEECH_S = 8.0
_ENOUGH_SNR_DB = 35.0
_DB_PER_S = 2.0
_DB_OF_CONFIDENCE = 10.0
"""What a clip is worth, in decibels of SNR: up to 35 of them, two for each second of speech up to eight, ten for
words the recogniser is sure of. Ours: the order of clips that all pass the limits."""

_WORD = re.compile(r"[\w']+")


@dataclass(frozen=True, slots=True)
class VoiceEnvelope:
    """Level and speech probability of an asset; step ``n`` begins at ``n * LEVEL_STEP_MS``."""

    level_dbfs: npt.NDArray[np.float64]
    """RMS per step, shape ``(n,)``, in dB relative to full scale."""

    speech: npt.NDArray[np.float64]
    """Speech probability per step, shape ``(n,)``, 0 to 1."""


@dataclass(frozen=True, slots=True)
class Clip:
    """A clip that has not been recognised again yet."""

    span: Span
    """Where it is, 3 to 15 s."""

    text: str
    """What is said in it."""

    language: str
    """BCP 47 tag of what is spoken."""

    level_dbfs: float
    """RMS of its speech."""

    snr_db: float
    """Level of its speech over that of its pauses."""

    worth_db: float
    """Clips are tried in falling order of it."""


@dataclass(frozen=True, slots=True)
class Choice:
    """What may be tried of one speaker."""

    clips: tuple[Clip, ...]
    """The best first, at most ``MOST_CLIPS``; none overlap."""

    obstacle: str | None
    """Why there are none, as part of a sentence; null when there are some."""


def choose(passages: Iterable[Passage], envelope: VoiceEnvelope) -> Choice:
    """The best clips of one speaker that pass the limits of level and noise."""
    measured = [_measured(pieces, span, envelope) for passage in passages for pieces, span in _windows(passage)]
    if not measured:
        return Choice((), f"there are no {SHORTEST_MS // 1000} s in which the speaker is heard alone")
    usable = [clip for clip in measured if clip.snr_db >= LEAST_SNR_DB and clip.level_dbfs >= LEAST_LEVEL_DBFS]
    if not usable:
        best = max(measured, key=lambda clip: clip.worth_db)
        found = f"{best.snr_db:.0f} dB over the noise at {best.level_dbfs:.0f} dBFS"
        return Choice((), f"the best is {found}; {LEAST_SNR_DB:.0f} dB and {LEAST_LEVEL_DBFS:.0f} dBFS are needed")
    chosen: list[Clip] = []
    for clip in sorted(usable, key=lambda clip: (-clip.worth_db, clip.span)):
        if len(chosen) < MOST_CLIPS and not any(clip.span.overlap_ms(other.span) for other in chosen):
            chosen.append(clip)
    return Choice(tuple(chosen), None)


def is_clipped(samples: npt.NDArray[np.int16]) -> bool:
    """Whether a clip was recorded too loud and is distorted; ``samples`` of shape ``(n,)``, full scale of int16."""
    return bool(np.count_nonzero(np.abs(samples.astype(np.int32)) >= _FULL_SCALE) > MOST_CLIPPED * samples.size)


def word_error_rate(clip: Clip, heard: Transcript) -> float:
    """Words that must be put in, taken out or replaced, over the clip's own words; by characters in Thai or Chinese."""
    own = _words(clip.text, clip.language)
    other = _words(heard.untimed or " ".join(word.text for word in heard.words), clip.language)
    return Levenshtein.distance(own, other) / max(1, len(own))


def most_errors(*, is_draft: bool) -> float:
    """Error rate up to which a clip is usable, by what kind of engine hears it again."""
    return MOST_ERRORS_OF_DRAFT if is_draft else MOST_ERRORS


def reference(clip: Clip, *, rate: float) -> Reference:
    """The record of a clip whose words were heard again with this error rate."""
    return Reference(clip.span, clip.text, clip.level_dbfs, clip.snr_db, round(rate, 3))


def _windows(passage: Passage) -> Iterator[tuple[list[Piece], Span]]:
    """Every run of pieces that is long enough and not too long, with its span."""
    pieces = [part for piece in passage.pieces for part in _short_enough(piece)]
    for first in range(len(pieces)):
        for last in range(first, len(pieces)):
            if last > first and pieces[last].span.start_ms - pieces[last - 1].span.end_ms > LONGEST_PAUSE_MS:
                break
            before_ms = pieces[first - 1].span.end_ms if first else passage.room.start_ms
            after_ms = pieces[last + 1].span.start_ms if last + 1 < len(pieces) else passage.room.end_ms
            span = _padded(Span(pieces[first].span.start_ms, pieces[last].span.end_ms), before_ms, after_ms)
            if span.duration_ms > LONGEST_MS:
                break
            if span.duration_ms >= SHORTEST_MS:
                yield pieces[first : last + 1], span


def _short_enough(piece: Piece) -> Iterator[Piece]:
    """A piece cut in its longest pauses until none is too long for a clip, or has too long a pause."""
    waiting = [piece.words]
    while waiting:
        words = waiting.pop()
        gaps = [after.span.start_ms - before.span.end_ms for before, after in itertools.pairwise(words)]
        is_long = words[-1].span.end_ms - words[0].span.start_ms > LONGEST_MS - 2 * PAD_MS
        if gaps and (is_long or max(gaps) > LONGEST_PAUSE_MS):
            # Of equal pauses that in the middle, so that speech without any falls into halves.
            cut = max(range(1, len(words)), key=lambda place: (gaps[place - 1], -abs(2 * place - len(words))))
            waiting += [words[cut:], words[:cut]]
        else:
            yield Piece(words, piece.language)


def _padded(span: Span, before_ms: int, after_ms: int) -> Span:
    """A little more on both sides, at most half of what is free there."""
    ahead_ms = min(PAD_MS, (span.start_ms - before_ms) // 2)
    behind_ms = min(PAD_MS, (after_ms - span.end_ms) // 2)
    return Span(span.start_ms - max(0, ahead_ms), span.end_ms + max(0, behind_ms))


def _measured(pieces: Sequence[Piece], span: Span, envelope: VoiceEnvelope) -> Clip:
    words = tuple(word for piece in pieces for word in piece.words)
    language = pieces[0].language
    level_dbfs, snr_db, speech_s = _loudness(span, envelope)
    worth_db = min(snr_db, _ENOUGH_SNR_DB) + _DB_PER_S * min(speech_s, _ENOUGH_SPEECH_S)
    worth_db += _DB_OF_CONFIDENCE * _confidence(words)
    text = joined(tuple(word.text for word in words), language)
    return Clip(span, text, language, round(level_dbfs, 1), round(snr_db, 1), worth_db)


def _loudness(span: Span, envelope: VoiceEnvelope) -> tuple[float, float, float]:
    """Level of the speech in dBFS, its level over the noise in dB, and how many seconds of speech there are."""
    level_dbfs = envelope.level_dbfs[_steps(span)]
    speech = envelope.speech[_steps(span)] >= _IS_SPEECH
    if not speech.any():
        return SILENT_DBFS, 0.0, 0.0
    loud_dbfs = 10 * math.log10(float(np.mean(10 ** (level_dbfs[speech] / 10))))
    around = _steps(Span(max(0, span.start_ms - _CONTEXT_MS), span.end_ms + _CONTEXT_MS))
    # Digital silence is an edit and not the room.
    is_pause = (envelope.speech[around] <= _IS_PAUSE) & (envelope.level_dbfs[around] > SILENT_DBFS)
    pauses = envelope.level_dbfs[around][is_pause]
    noise_dbfs = float(np.median(pauses)) if pauses.size >= _LEAST_PAUSE_STEPS else float(np.percentile(level_dbfs, 5))
    return loud_dbfs, loud_dbfs - noise_dbfs, float(speech.sum()) * LEVEL_STEP_MS / 1000


def _steps(span: Span) -> slice:
    return slice(span.start_ms // LEVEL_STEP_MS, -(-span.end_ms // LEVEL_STEP_MS))


def _confidence(words: Sequence[Word]) -> float:
    """Mean posterior; 1 for words whose recogniser states none, which are a human's or another engine's."""
    return sum(1.0 if word.confidence is None else word.confidence for word in words) / len(words)


def _words(text: str, language: str) -> list[str]:
    """What is compared: words without case and marks; single characters where a language writes no spaces."""
    plain = unicodedata.normalize("NFKC", text).casefold().replace("’", "'")
    if primary(language) in UNSPACED:
        return [character for character in plain if character.isalnum()]
    return _WORD.findall(plain)
