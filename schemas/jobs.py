"""Requests to engines and their results: the rows that cross to a worker process as Parquet.

A request names media by its key in the library and a span, never samples. ``request_id`` is the
hash of everything that bears on the answer (``pipeline.store.answers``), so that an answer that is
kept can be found again. A result carries the id of its request; ``failure`` is set instead of an
answer when the request could not be answered.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from schemas.figures import UNUSED, Usage
from schemas.localize import Term
from schemas.media import Shot, SpeechRegion
from schemas.scenes import Detail, Scene, ShotNote
from schemas.speech import Turn, Word
from schemas.time import Span


class Job(StrEnum):
    """What an engine can be asked to do; the JOB of ``python -m workers JOB``."""

    TRANSCRIBE = "transcribe"
    ALIGN = "align"
    DIARIZE = "diarize"
    DESCRIBE = "describe"
    TRANSLATE = "translate"
    SYNTHESIZE = "synthesize"


@dataclass(frozen=True, slots=True)
class TranscribeRequest:
    """What is said in one chunk?"""

    request_id: str
    """Hash of all that bears on the answer."""

    asset_id: str
    """The asset."""

    media_key: str
    """Key of its 16 kHz mono FLAC in the library."""

    span: Span
    """The chunk."""

    language: str
    """BCP 47 tag of what is spoken; ``und`` asks the engine to tell."""


@dataclass(frozen=True, slots=True)
class Transcript:
    """What is said in one chunk."""

    request_id: str
    """The request it answers."""

    language: str
    """BCP 47 tag of what was heard."""

    words: tuple[Word, ...]
    """What was heard, in order of time, on the asset's timeline; none when nothing was."""

    is_draft: bool
    """Whether the engine hears no case and no punctuation, so that they must be restored by rule."""

    failure: str | None
    """Why there is no answer; null when there is one."""

    untimed: str = ""
    """What was heard, by an engine that gives no times: an aligner gives them; empty where ``words`` say it."""

    is_estimated: bool = False
    """Whether the times are spread over the speech by the length of the words, since no aligner could place them."""

    usage: Usage = UNUSED
    """What it cost."""


@dataclass(frozen=True, slots=True)
class AlignRequest:
    """When are these words said?"""

    request_id: str
    """Hash of all that bears on the answer."""

    asset_id: str
    """The asset."""

    media_key: str
    """Key of its 16 kHz mono FLAC in the library."""

    span: Span
    """Stretch in which the words are said."""

    language: str
    """BCP 47 tag of what is spoken."""

    words: tuple[str, ...]
    """Words as they are displayed, in order."""


@dataclass(frozen=True, slots=True)
class Alignment:
    """When the words of one request are said."""

    request_id: str
    """The request it answers."""

    words: tuple[Word, ...]
    """One per word that was asked for, in order, none overlapping; none when it failed."""

    failure: str | None
    """Why there is no answer; null when there is one."""

    usage: Usage = UNUSED
    """What it cost."""


@dataclass(frozen=True, slots=True)
class DiarizeRequest:
    """Who speaks when, over one whole asset?"""

    request_id: str
    """Hash of all that bears on the answer."""

    asset_id: str
    """The asset."""

    media_key: str
    """Key of its 16 kHz mono FLAC in the library."""

    regions: tuple[SpeechRegion, ...]
    """Where speech is."""


@dataclass(frozen=True, slots=True)
class Diarization:
    """Who speaks when."""

    request_id: str
    """The request it answers."""

    turns: tuple[Turn, ...]
    """In order of time; they cover the regions of speech and nothing else."""

    failure: str | None
    """Why there is no answer; null when there is one."""

    usage: Usage = UNUSED
    """What it cost."""


@dataclass(frozen=True, slots=True)
class Utterance:
    """A sentence that is said in a window."""

    span: Span
    """When, on the asset's timeline."""

    speaker: str | None
    """Who says it, e.g. ``S1``; null when unsure."""

    text: str
    """The sentence, one line."""


@dataclass(frozen=True, slots=True)
class DescribeRequest:
    """What is seen and heard in one window of neighbouring shots?"""

    request_id: str
    """Hash of all that bears on the answer."""

    asset_id: str
    """The asset."""

    media_key: str | None
    """Key of its 16 kHz mono FLAC in the library; null without audio."""

    frames_key: str | None
    """Key of its sampled frames in the library (Parquet of ``SampledFrame``); null without picture."""

    span: Span
    """The window."""

    shots: tuple[Shot, ...]
    """Its shots; none in a title without picture."""

    regions: tuple[SpeechRegion, ...]
    """Speech inside the window."""

    said: tuple[Utterance, ...] = ()
    """What is said in the window, and by whom, as far as it is known; for a describer that reads."""

    story: str = ""
    """What happened before, in the words of the descriptions of earlier windows; for a describer that follows."""

    cast: tuple[str, ...] = ()
    """People and things that earlier windows named, e.g. ``Anna: the woman in the red coat``."""

    detail: Detail = Detail.STANDARD
    """How much to say."""

    style: str = ""
    """How to say it, in the user's words, e.g. ``present tense, for audio description``; empty for the usual."""


@dataclass(frozen=True, slots=True)
class Description:
    """What is seen and heard in one window."""

    request_id: str
    """The request it answers."""

    shots: tuple[ShotNote, ...]
    """One per shot that was asked about, in order."""

    scenes: tuple[Scene, ...]
    """Scenes inside the window, on shot boundaries, covering it; indices count from 0 in the window."""

    failure: str | None
    """Why there is no answer; null when there is one."""

    story: str = ""
    """What happened up to the end of the window, for the next one; empty from an engine that does not follow."""

    cast: tuple[str, ...] = ()
    """People and things that are named by now, for the next window."""

    usage: Usage = UNUSED
    """What it cost."""


@dataclass(frozen=True, slots=True)
class SourceLine:
    """One line that is to be translated."""

    id: int
    """Position in the request, from 0; the answer names it."""

    text: str
    """What is said, one line."""

    budget: float
    """Most characters that can be read in its time, as the target's profile counts."""

    terms: tuple[Term, ...]
    """Glossary terms that it contains."""

    previous: str | None
    """An earlier answer that is longer than ``budget`` and to be made shorter; null when first asked."""


@dataclass(frozen=True, slots=True)
class TranslateRequest:
    """What is this in another language?"""

    request_id: str
    """Hash of all that bears on the answer."""

    asset_id: str
    """The asset."""

    source_language: str
    """BCP 47 tag of what is said."""

    target_language: str
    """BCP 47 tag of what is wanted."""

    lines: tuple[SourceLine, ...]
    """Lines to be translated, in order of time: parts of one sentence, understood together and answered one by one."""

    before: tuple[str, ...]
    """What is said before, for understanding only."""

    after: tuple[str, ...]
    """What is said after, for understanding only."""

    wordings: int
    """How many shorter wordings of each line are wanted besides; an engine may make fewer."""


@dataclass(frozen=True, slots=True)
class LineAnswer:
    """A translation of one line, as an engine gave it: not checked yet."""

    id: int
    """The line that it answers."""

    text: str
    """The translation."""

    shorter: tuple[str, ...]
    """Other wordings, each shorter than the one before it."""

    unknown: tuple[str, ...]
    """Words that the engine does not know and left as they are."""


@dataclass(frozen=True, slots=True)
class Translation:
    """Answers to the lines of one request; ids may be missing, doubled or wrong, which the stage finds."""

    request_id: str
    """The request it answers."""

    lines: tuple[LineAnswer, ...]
    """What the engine said."""

    failure: str | None
    """Why there is no answer; null when there is one."""

    usage: Usage = UNUSED
    """What it cost."""


@dataclass(frozen=True, slots=True)
class SynthesizeRequest:
    """How does this sound, in this voice?"""

    request_id: str
    """Hash of all that bears on the answer."""

    asset_id: str
    """The asset."""

    reference_key: str | None
    """Key of the audio that holds the voice to clone; null when none may be."""

    reference: Span | None
    """Where in it the voice is; null when none may be cloned."""

    reference_text: str | None
    """What is said there; null when no voice may be cloned."""

    language: str
    """BCP 47 tag of ``text``."""

    text: str
    """What to say."""

    pitch_hz: float | None
    """Median fundamental frequency to match; null for the voice's own."""

    syllables_per_s: float | None
    """Pace to match; null for the voice's own."""

    seed: int
    """Another one gives another take, where the engine varies."""

    tract_cm: float | None = None
    """Length of the vocal tract to match, about 17 for men and 15 for women; null for the voice's own."""


@dataclass(frozen=True, slots=True)
class Take:
    """One spoken line."""

    request_id: str
    """The request it answers."""

    flac: bytes
    """Mono FLAC without silence before and after the speech; empty when it failed."""

    sample_rate_hz: int
    """Samples per second; 0 when it failed."""

    samples: int
    """Number of samples; 0 when it failed."""

    voice: str
    """What spoke, e.g. ``espeak-ng/es+f2``; empty when it failed."""

    failure: str | None
    """Why there is no take; null when there is one."""

    usage: Usage = UNUSED
    """What it cost."""


Request = TranscribeRequest | AlignRequest | DiarizeRequest | DescribeRequest | TranslateRequest | SynthesizeRequest
Result = Transcript | Alignment | Diarization | Description | Translation | Take
