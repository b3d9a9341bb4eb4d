"""The data of a review page: one JSON object in which every long list is made of short arrays.

``web/data.js`` reads it. Objects with names would be half again as large for a title of ten thousand cues.
A row of the page is a source cue, and its number is the cue's position. Times are milliseconds. ``-1`` stands
for nothing where a number is expected; names of speakers are positions in ``speakers``.

======================  ====================================================================================
``title``               an object, see ``_title``
``speakers``            names
``stages``              ``[stage, engine, revision]``
``source``, ``targets`` tracks, see ``_track``
``dubs``                see ``_dub``
``scenes``              ``[start, length, title, synopsis, sound, [speaker, …], JPEG in base64 or ""]``, then what the
                        notes of its shots add, see ``_facts``
``cuts``                start of every shot but the first
``levels``              one byte per step in base64, see ``_levels``
``dropped``             ``[start, length, reason]``: speech that has no captions
``findings``            findings about the title, as in a track
``severities``, …       names that stand in rows by their position: ``placements``, ``outcomes``, ``voiceKinds``
======================  ====================================================================================
"""

from __future__ import annotations

import base64
import itertools
import json
from bisect import bisect_left
from collections.abc import Iterator, Sequence

import numpy as np

from pipeline.captions.measure import reading_load
from pipeline.captions.profiles import CaptionProfile, Rule, Unit
from pipeline.review.model import Dub, Review, Track
from pipeline.text import one_line
from schemas.captions import Cue, Finding, Placement, Severity
from schemas.localize import CueLink, DubLine, DubOutcome, Line, TranslatedLine, Voice, VoiceKind
from schemas.media import LEVEL_STEP_MS, Asset, SampledFrame
from schemas.scenes import Scene, ShotNote
from schemas.sound import MixFacts
from schemas.speech import CoverageLabel

Json = None | bool | int | float | str | list["Json"] | dict[str, "Json"]
"""What JSON can say."""

FLOOR_DBFS = -64.0
"""Level that is drawn as silence: 4 steps of a byte per dB reach from here to full scale. Ours."""

MOST_FACTS = 8
"""People, moods, sounds or texts that a scene shows: more do not fit a line. Ours; the table ``shots`` has all."""

_STEPS_PER_DB = 4
_PLACEMENTS = tuple(Placement)
_SEVERITIES = tuple(Severity)
_OUTCOMES = tuple(DubOutcome)
_KINDS = tuple(VoiceKind)

_UNSAFE = str.maketrans({char: f"\\u{ord(char):04x}" for char in "<>&\u2028\u2029"})
"""What could end or comment out a script element, or a line of a script; only strings hold such characters."""


def compose(review: Review) -> str:
    """The island's text: JSON that is safe inside a script element. Lone surrogates stay, for whoever encodes it."""
    names = _Names()
    data: dict[str, Json] = {
        "title": _title(review),
        "stages": [[stage.stage, stage.engine, stage.revision] for stage in review.stages],
        "source": _track(review.source, review, names),
        "targets": [_track(track, review, names) for track in review.targets],
        "dubs": [_dub(dub, review, names) for dub in review.dubs],
        "scenes": list(_scenes(review, names)),
        "cuts": [shot.span.start_ms for shot in review.shots[1:]],
        "levels": _levels(review),
        "levelStepMs": LEVEL_STEP_MS,
        "dropped": [
            [part.span.start_ms, part.span.duration_ms, part.reason]
            for part in review.coverage
            if part.label is CoverageLabel.DROPPED
        ],
        "findings": [_finding(finding) for finding in review.findings],
        "speakers": names.all,
        "severities": list(_SEVERITIES),
        "placements": list(_PLACEMENTS),
        "outcomes": list(_OUTCOMES),
        "voiceKinds": list(_KINDS),
    }
    return json.dumps(data, ensure_ascii=False, separators=(",", ":"), allow_nan=False).translate(_UNSAFE)


class _Names:
    """Names of speakers, each told once."""

    def __init__(self) -> None:
        self.all: list[Json] = []
        self._numbers: dict[str, int] = {}

    def number(self, name: str | None) -> int:
        if name is None:
            return -1
        if name not in self._numbers:
            self._numbers[name] = len(self.all)
            self.all.append(name)
        return self._numbers[name]


def _title(review: Review) -> dict[str, Json]:
    asset = review.asset
    rate = asset.video.constant_rate if asset.video else None
    return {
        "name": one_line(review.name),
        "assetId": asset.asset_id,
        "releaseId": review.release_id,
        "lengthMs": asset.length_ms,
        "rate": [rate.numerator, rate.denominator] if rate else None,
        "startTimecode": asset.start_timecode,
        "hasPicture": asset.video is not None,
        "hasSound": bool(asset.audio),
        "format": _format(asset),
        "isDraft": review.is_draft,
        "preview": review.preview,
    }


def _format(asset: Asset) -> str:
    """What the source is, for people."""
    parts = []
    if asset.video:
        varies = ", varies" if asset.video.is_variable_rate else ""
        parts.append(f"{asset.video.width}×{asset.video.height}, {float(asset.video.frame_rate):.6g} frames/s{varies}")
    chosen = [stream for stream in asset.audio if stream.stream_index == asset.audio_choice]
    parts += (f"{one.codec.upper()} {one.channel_layout}, {one.sample_rate_hz / 1000:g} kHz" for one in chosen)
    return " · ".join(parts)


def _track(track: Track, review: Review, names: _Names) -> dict[str, Json]:
    """Captions: ``cues`` as ``_cue`` has them, ``rows`` with the row of each, ``notes`` on translated lines."""
    limit = track.profile.limit(Rule.READING_SPEED)
    return {
        "language": track.language,
        "profile": track.profile.title,
        "limit": float(limit.value) if limit else None,
        "unit": _unit(track.profile).value,
        "files": list(track.files),
        "cues": [_cue(cue, track.profile, names) for cue in track.cues],
        "rows": [] if track is review.source else list(_rows(track, review.source.cues)),
        "findings": [_finding(finding) for finding in track.findings],
        "notes": list(_notes(track.translations)),
    }


def _unit(profile: CaptionProfile) -> Unit:
    limit = profile.limit(Rule.READING_SPEED)
    return limit.unit if limit else Unit.CHARACTERS_PER_S


def _cue(cue: Cue, profile: CaptionProfile, names: _Names) -> list[Json]:
    """``[start, length, text, reading speed, [speaker, …], placement, [line, start, end, …]]``; what is usual at the
    end is left out.
    """
    per_s = reading_load(cue.lines, profile) * 1000 / cue.span.duration_ms
    speed = per_s * 60 if _unit(profile) is Unit.WORDS_PER_MINUTE else per_s
    row: list[Json] = [cue.span.start_ms, cue.span.duration_ms, cue.text, round(speed, 1)]
    speakers: list[Json] = [names.number(speaker) for speaker in cue.speakers]
    italics: list[Json] = [number for run in cue.italics for number in (run.line, run.start, run.end)]
    row += [speakers, _PLACEMENTS.index(cue.placement), italics]
    usual: tuple[Json, ...] = ([], _PLACEMENTS.index(Placement.BOTTOM), [])
    for value in usual:
        if row[-1] != value:
            break
        row.pop()
    return row


def _rows(track: Track, source: tuple[Cue, ...]) -> Iterator[int]:
    """Row of each cue: the source cue that it translates, or, for one without a link, the nearest in time."""
    linked: dict[int, CueLink] = {}
    for link in track.links:
        linked.setdefault(link.cue_index, link)
    starts = [cue.span.start_ms for cue in source]
    for index, cue in enumerate(track.cues):
        if index in linked:
            yield linked[index].source_cue_index
        else:
            at = bisect_left(starts, cue.span.start_ms)
            near = [row for row in (at - 1, at) if 0 <= row < len(starts)]
            yield min(near, key=lambda row: abs(starts[row] - cue.span.start_ms), default=-1)


def _finding(finding: Finding) -> list[Json]:
    """``[rule, severity (0 error, 1 warning, 2 info), cue, start, message]``."""
    cue = -1 if finding.cue_index is None else finding.cue_index
    start_ms = -1 if finding.start_ms is None else finding.start_ms
    return [finding.rule, _SEVERITIES.index(finding.severity), cue, start_ms, finding.message]


def _notes(lines: tuple[TranslatedLine, ...]) -> Iterator[Json]:
    """``[row, failure, [unknown word, …], [term missed, …], [term used, …], [shorter wording, …]]``, of lines that
    have any.
    """
    for line in lines:
        told: list[Json] = [line.failure]
        told += [list(words) for words in (line.unknown, line.terms_missed, line.terms_used, line.shorter)]
        if any(told):
            yield [line.cue_index, *told]


def _dub(dub: Dub, review: Review, names: _Names) -> dict[str, Json]:
    rows: dict[int, int] = {line.line_index: line.cue_index for line in review.lines}
    return {
        "language": dub.language,
        "preview": dub.preview,
        "lines": [_dub_line(line, _rows_of(line, rows, review.lines), names) for line in dub.lines],
        "findings": [_finding(finding) for finding in dub.findings],
        "voices": [_voice(voice, names) for voice in dub.voices],
        "mix": None if dub.facts is None else _mix(dub.facts),
    }


def _mix(facts: MixFacts) -> dict[str, Json]:
    return {
        "name": facts.mix.value,
        "target": facts.target,
        "targetLufs": facts.target_lufs,
        "limitDbtp": facts.limit_dbtp,
        "isDialogueMeasured": facts.is_dialogue_measured,
        "lufs": round(facts.measured.integrated_lufs, 2),
        "peakDbtp": round(facts.measured.true_peak_dbtp, 2),
        "rangeLu": round(facts.measured.range_lu, 2),
        "dialogueLufs": round(facts.dialogue_lufs, 2),
        "gainDb": round(facts.gain_db, 2),
        "limitedMs": facts.limited_ms,
        "channelLayout": facts.channel_layout,
    }


def _rows_of(line: DubLine, rows: dict[int, int], lines: tuple[Line, ...]) -> list[Json]:
    """Rows that a dubbed line speaks for, each once."""
    numbers = range(line.first_line, line.first_line + line.lines)
    own = {rows[number] for number in numbers if number in rows}
    if not own and lines:
        raise ValueError(f"dub line {line.dub_index} has lines {numbers}, which are none of the title's")
    found: list[Json] = [*sorted(own)]
    return found


def _dub_line(line: DubLine, rows: list[Json], names: _Names) -> list[Json]:
    """``[[row, …], slot start, slot length, placed start, placed length, tempo, borrowed, natural length, outcome,
    wording, attempts, speaker, kind of voice, text, reason, voice, consent]``.
    """
    placed = line.placed
    return [
        rows,
        line.slot.start_ms,
        line.slot.duration_ms,
        placed.start_ms if placed else -1,
        placed.duration_ms if placed else -1,
        round(line.tempo, 3) if line.tempo is not None else -1,
        line.borrowed_ms,
        line.natural_ms,
        _OUTCOMES.index(line.outcome),
        line.wording,
        line.attempts,
        names.number(line.speaker),
        _KINDS.index(line.voice_kind),
        line.text,
        line.reason,
        line.voice,
        line.consent_id,
    ]


def _voice(voice: Voice, names: _Names) -> list[Json]:
    """``[speaker, kind, pitch in Hz, pace in syllables/s, reference start, reference length, consent, reason]``."""
    reference = voice.reference
    return [
        names.number(voice.speaker),
        _KINDS.index(voice.kind),
        round(voice.pitch_hz, 1) if voice.pitch_hz is not None else -1,
        round(voice.syllables_per_s, 2) if voice.syllables_per_s is not None else -1,
        reference.span.start_ms if reference else -1,
        reference.span.duration_ms if reference else -1,
        voice.consent_id,
        voice.reason,
    ]


def _scenes(review: Review, names: _Names) -> Iterator[Json]:
    pictures = review.thumbnails or (None,) * len(review.scenes)
    notes = {note.shot_index: note for note in review.notes}
    for scene, picture in zip(review.scenes, pictures, strict=True):
        own = [notes[shot] for shot in range(scene.first_shot, scene.end_shot) if shot in notes]
        yield [*_scene(scene, picture, names), *_facts(own)]


def _scene(scene: Scene, picture: SampledFrame | None, names: _Names) -> list[Json]:
    speakers: list[Json] = [names.number(speaker) for speaker in scene.speakers]
    jpeg = base64.b64encode(picture.jpeg).decode() if picture else ""
    span = scene.span
    return [span.start_ms, span.duration_ms, scene.title, scene.synopsis, scene.sound, speakers, jpeg]


def _facts(notes: Sequence[ShotNote]) -> list[Json]:
    """``[person, …], [mood, …], [sound, …], [text on screen, …]``, each once and few of each; nothing at all where
    there are none.
    """
    facts = (
        (who for note in notes for who in note.who),
        (note.mood for note in notes if note.mood),
        (cue for note in notes for cue in note.sound_cues),
        (text for note in notes for text in note.on_screen),
    )
    told: list[Json] = [[*itertools.islice(dict.fromkeys(values), MOST_FACTS)] for values in facts]
    return told if any(told) else []


def _levels(review: Review) -> str:
    """Bytes from 0 (``FLOOR_DBFS`` and below) to 255, four to the dB, in base64; empty without audio."""
    if review.levels_dbfs is None:
        return ""
    steps = np.clip(np.rint((review.levels_dbfs - FLOOR_DBFS) * _STEPS_PER_DB), 0, 255).astype(np.uint8)
    return base64.b64encode(steps.tobytes()).decode()
