"""The stage that finds a voice for every speaker: pitch, pace, a clip to clone from, and whether it may be cloned."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime
from itertools import groupby
from operator import attrgetter
from pathlib import Path

import numpy as np
import numpy.typing as npt

from pipeline.localize import consent, pace, pitch, references, tract
from pipeline.localize import voices as choosing
from pipeline.localize.alone import Passage, passages
from pipeline.localize.consent import Clearance
from pipeline.localize.references import Choice, VoiceEnvelope
from pipeline.localize.voice_findings import findings
from pipeline.localize.voices import Heard
from pipeline.media import speech_file
from pipeline.stages.reference_trials import Verdict, tried
from pipeline.stages.work import Counts, Progress, Step, Work, once
from pipeline.store import parquet
from pipeline.store.consents import Recorded
from pipeline.store.ledger import Done, Staging
from schemas.captions import Finding
from schemas.jobs import Job
from schemas.localize import Line, Voice
from schemas.media import Asset
from schemas.speech import Coverage, CoverageLabel, Segment, Turn
from schemas.time import SPEECH_RATE_HZ, Span

VOICES_VERSION = "2"
"""Version of how pitch and pace are measured, clips chosen, and voices decided."""

_speaker = attrgetter("speaker")


def voices(
    work: Work,
    asset: Asset,
    prepared: Done,
    stitched: Done,
    told: Done,
    captioned: Done,
    *,
    language: str,
    on: date | None = None,
) -> Done:
    """A voice per speaker that has lines, in the order of their names, and last one for lines of nobody; parts
    ``voices`` and ``findings``.

    ``language`` is what the voices are to speak, and ``on`` the day of it, today where it is not given: consent
    records may hold for some languages, and until some day.
    """
    recorded = work.consents.about(work.objects, asset.asset_id)
    turns = work.ledger.read(told, "turns", Turn) if recorded.consents else []
    cleared = consent.clearances(
        recorded.consents, turns, asset_id=asset.asset_id, language=language, on=on or datetime.now(UTC).date()
    )
    clones = work.engines.abilities().clones
    sound = tuple(prepared.part(role).sha256 for role in ("speech", "levels") if prepared.has(role))
    inputs = (stitched.digest, told.digest, captioned.part("lines").sha256, *sound)
    config = _config(cleared, recorded, clones=clones)
    step = Step(asset.asset_id, "voices", VOICES_VERSION, inputs, config, work.engines.model(Job.TRANSCRIBE))

    def make(staging: Staging, progress: Progress) -> Counts:
        lines = work.ledger.read(captioned, "lines", Line)
        measured = _measured(work, asset, prepared, stitched, told, lines, progress)
        trials = tried(work, asset, prepared, [one.choice for one in measured], progress)
        heard = [_heard(one, verdict) for one, verdict in zip(measured, trials.verdicts, strict=True)]
        by_name = {one.speaker: one for one in cleared}
        chosen = [choosing.choose(one, by_name.get(one.speaker), clones=clones) for one in heard]
        known = findings(chosen, heard, lines, cleared, recorded.broken, clones=clones)
        staging.add_rows("findings", known, Finding)
        rows = staging.add_rows("voices", [*chosen, choosing.of_nobody()], Voice)
        return Counts(rows, failed=trials.failed, reused=trials.reused, spent=trials.spent)

    return once(work, step, make)


@dataclass(frozen=True, slots=True)
class _Measured:
    """What the sound of one speaker says."""

    speaker: str
    pitch_hz: float | None
    syllables_per_s: float | None
    tract_cm: float | None
    choice: Choice


def _measured(
    work: Work, asset: Asset, prepared: Done, stitched: Done, told: Done, lines: Sequence[Line], progress: Progress
) -> list[_Measured]:
    """Pitch, pace and clips of every speaker that has lines, in the order of their names."""
    speakers = sorted({line.speaker for line in lines if line.speaker is not None})
    if not speakers:
        return []
    alone = passages(
        work.ledger.read(stitched, "segments", Segment),
        work.ledger.read(told, "turns", Turn),
        [one.span for one in work.ledger.rows(stitched, "coverage", Coverage) if one.label is CoverageLabel.DROPPED],
        length_ms=asset.length_ms,
    )
    by_speaker = {name: list(own) for name, own in groupby(sorted(alone, key=_speaker), key=_speaker)}
    flac = work.ledger.path(prepared, "speech")
    envelope = _envelope(work.ledger.path(prepared, "levels"))
    measured = []
    for count, speaker in enumerate(speakers, start=1):
        measured.append(_measured_alone(speaker, by_speaker.get(speaker, []), flac, envelope))
        progress(count, len(speakers))
    return measured


def _measured_alone(speaker: str, own: Sequence[Passage], flac: Path, envelope: VoiceEnvelope) -> _Measured:
    pieces = [piece for passage in own for piece in passage.pieces]
    to_measure = choosing.to_measure([piece.span for piece in pieces])
    voiced, lengths = [np.empty(0)], [np.empty(0)]
    for span in to_measure:
        samples = _samples(flac, span)
        voiced.append(pitch.voiced_hz(samples, SPEECH_RATE_HZ))
        lengths.append(tract.lengths_cm(samples, SPEECH_RATE_HZ))
    words = [word for piece in pieces for word in piece.words]
    return _Measured(
        speaker,
        _rounded(pitch.median_of(np.concatenate(voiced)), 1),
        _rounded(pace.syllables_per_s(words, pieces[0].language) if pieces else None, 2),
        _rounded(tract.median_of(np.concatenate(lengths)), 1),
        _unclipped(references.choose(own, envelope), flac),
    )


def _rounded(value: float | None, digits: int) -> float | None:
    """No more digits than mean something: they go into requests, whose names must not differ by noise."""
    return None if value is None else round(value, digits)


def _unclipped(choice: Choice, flac: Path) -> Choice:
    """A choice without the clips that are distorted."""
    if choice.obstacle is not None:
        return choice
    clean = [clip for clip in choice.clips if not references.is_clipped(speech_file.cut(flac, clip.span))]
    return Choice(tuple(clean), None if clean else f"all {len(choice.clips)} clips are distorted")


def _heard(one: _Measured, verdict: Verdict) -> Heard:
    return Heard(one.speaker, one.pitch_hz, one.syllables_per_s, one.tract_cm, verdict.reference, verdict.obstacle)


def _samples(flac: Path, span: Span) -> npt.NDArray[np.float32]:
    return speech_file.cut(flac, span).astype(np.float32) / np.float32(32768)


def _envelope(levels: Path) -> VoiceEnvelope:
    table = parquet.read_columns(levels, ["level_dbfs", "speech_probability"])
    return VoiceEnvelope(table.column("level_dbfs").to_numpy(), table.column("speech_probability").to_numpy())


def _config(cleared: Sequence[Clearance], recorded: Recorded, *, clones: bool) -> str:
    """What consent records say, and no more of them: others may come and go."""
    said = [
        [
            one.speaker,
            one.consent.sha256 if one.consent else None,
            [[refusal.consent_id, refusal.message] for refusal in one.refusals],
        ]
        for one in cleared
    ]
    return json.dumps([clones, said, [[one.key, one.reason] for one in recorded.broken]])
