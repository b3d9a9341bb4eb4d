"""The published tables: one row type each. Column descriptions are the docstrings under the fields."""

from __future__ import annotations

from dataclasses import dataclass

from schemas.captions import Cue, Finding, Variant
from schemas.figures import Spent
from schemas.localize import DubLine, TranslatedLine
from schemas.media import Asset, Shot
from schemas.plan import CutReason
from schemas.release import Deliverable
from schemas.scenes import Scene
from schemas.speech import Coverage
from schemas.time import Span


@dataclass(frozen=True, slots=True)
class Published:
    """What every row carries: which asset, and which release of it."""

    asset_id: str
    """The asset: first 16 hex digits of its file's SHA-256."""

    release_id: str
    """The release that published the row; views show the current release only, ``runs`` every one."""


@dataclass(frozen=True, slots=True)
class AssetRow:
    """One asset."""

    release_id: str
    """The release that published the row; views show the current release only, ``runs`` every one."""

    name: str
    """File name under which it was first seen."""

    asset: Asset
    """What probe found."""


@dataclass(frozen=True, slots=True)
class ChunkRow:
    """One request's stretch of the source."""

    published: Published
    """Asset and release."""

    job: str
    """What was asked: ``transcribe`` or ``describe``."""

    chunk_index: int
    """Position among the asset's requests of that job, from 0."""

    span: Span
    """The stretch."""

    ends_by: CutReason | None
    """Why a chunk of speech ends where it does; null for windows, which end on shot boundaries."""

    speech_ms: int
    """How much of it is speech."""

    failure: str | None
    """Why the engine gave no answer; null when it did."""

    estimated: str | None
    """Why no aligner could place its words, so that their times are estimates; null where they are none."""


@dataclass(frozen=True, slots=True)
class ShotRow:
    """One shot."""

    published: Published
    """Asset and release."""

    shot: Shot
    """The shot."""

    description: str | None
    """What the describer says about it."""

    sound: str | None
    """What is heard: ``speech``, ``music-like``, ``silent``, ``other``."""

    tags: tuple[str, ...]
    """Short labels, e.g. ``black``, ``freeze``."""

    who: tuple[str, ...]
    """People that are seen or heard, as the describer calls them; none from an engine that recognises nobody."""

    on_screen: tuple[str, ...]
    """Text that is written in the picture, one item per place."""

    mood: str | None
    """A word or two, e.g. ``tense``; null from an engine that feels none."""

    sound_cues: tuple[str, ...]
    """Sounds that a viewer who does not hear must know of, e.g. ``door slams``."""


@dataclass(frozen=True, slots=True)
class SceneRow:
    """One scene."""

    published: Published
    """Asset and release."""

    scene: Scene
    """The scene."""


@dataclass(frozen=True, slots=True)
class WordRow:
    """One word."""

    published: Published
    """Asset and release."""

    word_index: int
    """Position in the asset, from 0."""

    segment_index: int
    """Its segment."""

    word: str
    """The word as displayed."""

    span: Span
    """When it is spoken."""

    confidence: float | None
    """The engine's posterior, 0 to 1."""

    speaker: str | None
    """Who says it; null when unsure."""


@dataclass(frozen=True, slots=True)
class SegmentRow:
    """One sentence, or what comes nearest to one."""

    published: Published
    """Asset and release."""

    segment_index: int
    """Position in the asset, from 0."""

    span: Span
    """From its first word to its last."""

    language: str
    """BCP 47 tag of what is spoken."""

    speaker: str | None
    """Who speaks; null when unsure."""

    text: str
    """What is said."""

    words: int
    """Number of words."""

    is_draft: bool
    """Whether case and punctuation were restored by rule."""


@dataclass(frozen=True, slots=True)
class SpeakerRow:
    """One speaker of an asset."""

    published: Published
    """Asset and release."""

    speaker: str
    """Name, stable over the asset."""

    turns: int
    """Number of turns."""

    speech_ms: int
    """How long the speaker speaks."""

    confidence: float
    """Mean confidence of the turns, 0 to 1."""


@dataclass(frozen=True, slots=True)
class CueRow:
    """One caption event."""

    published: Published
    """Asset and release."""

    cue_id: str
    """``asset_id/language/variant/index``: what findings, translations and dub lines refer to."""

    cue_index: int
    """Position in its caption file, from 0."""

    variant: Variant
    """What the caption file is for."""

    profile: str
    """Caption profile that was applied."""

    cue: Cue
    """The cue."""

    text: str
    """Its lines, separated by line feeds."""

    reading_speed_cps: float
    """Characters per second, counted as the profile counts."""

    longest_line: float
    """Characters of its longest line, counted as the profile counts."""


@dataclass(frozen=True, slots=True)
class FindingRow:
    """One broken delivery rule."""

    published: Published
    """Asset and release."""

    cue_id: str | None
    """The cue; null when the finding is about a whole file or title."""

    language: str | None
    """BCP 47 tag of the captions or the dub; null when the finding is about the title."""

    finding: Finding
    """What is wrong."""


@dataclass(frozen=True, slots=True)
class CoverageRow:
    """What became of one stretch of the source."""

    published: Published
    """Asset and release."""

    coverage: Coverage
    """The stretch."""


@dataclass(frozen=True, slots=True)
class TranslationRow:
    """One line in a target language."""

    published: Published
    """Asset and release."""

    cue_id: str
    """Its cue in the source captions."""

    target_cue_ids: tuple[str, ...]
    """The cues in the target captions that hold the translation of that cue; none when there is no translation."""

    line: TranslatedLine
    """The line."""


@dataclass(frozen=True, slots=True)
class DubLineRow:
    """One utterance of a dub."""

    published: Published
    """Asset and release."""

    cue_id: str
    """The cue in the source captions in which it begins."""

    line: DubLine
    """What became of it."""


@dataclass(frozen=True, slots=True)
class DeliverableRow:
    """One file of a release."""

    published: Published
    """Asset and release."""

    deliverable: Deliverable
    """The file."""


@dataclass(frozen=True, slots=True)
class RunRow:
    """What one stage did in one run, for any release: a stage that a release took over from before has no row of it."""

    published: Published
    """Asset and release."""

    stage: str
    """The stage."""

    engine: str | None
    """Model that answered; null for a stage without one."""

    revision: str | None
    """Exact version of that model."""

    rows: int
    """Rows or answers it produced."""

    failures: int
    """Requests that failed."""

    reused: int
    """Answers that were kept from before and not asked for again."""

    spent: Spent
    """What the answers cost that were newly asked for."""

    wall_s: float
    """Wall time in seconds."""

    started_at: str
    """When it began, ISO 8601, UTC."""


HISTORIES = frozenset({"runs"})
"""Tables whose rows of older releases count as well: what was done once is not done again for the next release."""

TABLES: dict[str, type] = {
    "assets": AssetRow,
    "chunks": ChunkRow,
    "shots": ShotRow,
    "scenes": SceneRow,
    "words": WordRow,
    "segments": SegmentRow,
    "speakers": SpeakerRow,
    "cues": CueRow,
    "translations": TranslationRow,
    "dub_lines": DubLineRow,
    "findings": FindingRow,
    "coverage": CoverageRow,
    "deliverables": DeliverableRow,
    "runs": RunRow,
}
"""Every published table and the type of its rows."""
