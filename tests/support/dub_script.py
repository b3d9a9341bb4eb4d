"""The results of the stages before a dub, made by hand: who says what when, in which words, in whose voice."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TypeVar

from pipeline.stages.work import Work
from pipeline.store.ledger import Done
from schemas.localize import CueLink, Line, Reference, TranslatedLine, Voice, VoiceKind
from schemas.media import Asset
from schemas.time import Span
from tests.support import titles

Row = TypeVar("Row")
"""A record type of a part."""

ASSET: Asset = titles.asset()
"""20 s."""

NOBODY = Voice(None, VoiceKind.STOCK, None, None, None, None, "nobody is sure who speaks")
MATCHED = Voice("S1", VoiceKind.MATCHED, 180.0, 4.5, None, None, "there is no consent to clone")
CLONED = Voice(
    speaker="S2",
    kind=VoiceKind.CLONED,
    pitch_hz=110.0,
    syllables_per_s=5.0,
    reference=Reference(Span(3_000, 7_000), "and so it began", -24.0, 30.0, 0.0),
    consent_id="consent-7",
    reason="they agreed",
)


@dataclass(frozen=True, slots=True)
class Said:
    """One line, which is an utterance of its own."""

    span: Span
    """When."""

    wordings: tuple[str, ...] = ()
    """Its translation and shorter wordings; none when the translation failed."""

    speaker: str | None = "S1"
    """Who says it."""


@dataclass(frozen=True, slots=True)
class Before:
    """Results of the stages before; the speech of the title is an empty file."""

    prepared: Done
    captioned: Done
    translated: Done
    localized: Done
    voiced: Done


def before(work: Work, said: Sequence[Said], voices: Sequence[Voice]) -> Before:
    """Write down what the stages before would have made of ``said``; target cue n translates source cue n."""
    lines = [Line(index, index, index, one.span, one.speaker, f"line {index}") for index, one in enumerate(said)]
    links = [CueLink(index, index) for index in range(len(said))]
    return Before(
        prepared=_written(work, "prepare", "speech", [], Line),
        captioned=_written(work, "cues", "lines", lines, Line),
        translated=_written(work, "translate", "translations", _translated(said), TranslatedLine),
        localized=_written(work, "translated-cues", "links", links, CueLink),
        voiced=_written(work, "voices", "voices", voices, Voice),
    )


def _translated(said: Sequence[Said]) -> list[TranslatedLine]:
    return [
        TranslatedLine(
            line_index=index,
            cue_index=index,
            language="es",
            source=f"line {index}",
            text=one.wordings[0] if one.wordings else None,
            shorter=one.wordings[1:],
            budget=40.0,
            length=10.0,
            terms_due=(),
            terms_used=(),
            terms_missed=(),
            unknown=(),
            attempts=1,
            failure=None if one.wordings else "the engine fell over",
        )
        for index, one in enumerate(said)
    ]


def _written(work: Work, stage: str, role: str, rows: Sequence[Row], record: type[Row]) -> Done:
    with work.ledger.writing(ASSET.asset_id, stage, version="1", inputs=[repr(rows)]) as staging:
        staging.add_rows(role, rows, record)
    return staging.done
