"""Reviews of made dialogue, of any length, in which every kind of trouble comes up again and again."""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence
from fractions import Fraction

import cv2
import numpy as np

from pipeline.captions.profiles import profile
from pipeline.review.model import Dub, Review, Track
from schemas.captions import Cue, Finding, Severity
from schemas.localize import CueLink, DubLine, DubOutcome, Line, TranslatedLine, Voice, VoiceKind
from schemas.media import LEVEL_STEP_MS, Asset, AudioStream, CutKind, SampledFrame, Shot, VideoStream
from schemas.release import StageUsed
from schemas.scenes import Scene
from schemas.sound import Loudness, MixFacts, MixName
from schemas.speech import Coverage, CoverageLabel
from schemas.time import Span, frame_to_ms

SHA256 = "89abcdef01234567" * 4
RATE = Fraction(25)
CUE_EVERY_MS = 3_000
CUE_LENGTH_MS = 2_400
PREVIEW = "preview.mp4"
DUB_PREVIEW = "preview.es.m4a"

WARNED_EVERY = 10
"""The captions 3, 13, 23, … (counted from 0) are read too fast in the source."""

BROKEN_EVERY = 25
"""The captions 4, 29, 54, … have a line that is too long in the translation."""

FLAGGED_EVERY = 20
"""The captions 6, 26, 46, … are not dubbed."""

NOTED_EVERY = 5
"""The captions 2, 7, 12, … have a finding that is only good to know."""


def needing_a_human(cues: int) -> list[int]:
    """Captions of ``review(cues=cues)`` that somebody must look at, counted from 0."""
    troubles = ((WARNED_EVERY, 3), (BROKEN_EVERY, 4), (FLAGGED_EVERY, 6))
    return sorted({index for every, first in troubles for index in range(first, cues, every)})


def review(*, cues: int = 12, languages: Sequence[str] = ("es",), pictures: int = 2, name: str = "film.mp4") -> Review:
    """A title of two speakers with ``cues`` captions, one every 3 s, translated into ``languages``, dubbed into the
    first, in ``pictures`` scenes of equal length.
    """
    length_ms = cues * CUE_EVERY_MS
    source = tuple(
        _cue(index, "en", f"This is sentence number {index},\nsaid by one of the two.") for index in range(cues)
    )
    lines = tuple(
        Line(index, index, index, cue.span, cue.speakers[0], " ".join(cue.lines)) for index, cue in enumerate(source)
    )
    scenes = tuple(
        _scene(index, length_ms * index // pictures, length_ms * (index + 1) // pictures) for index in range(pictures)
    )
    return Review(
        asset=asset(length_ms),
        name=name,
        release_id="fedcba9876543210",
        is_draft=True,
        stages=(StageUsed("transcribe", "1", "f" * 16, "pocketsphinx/en-us", "5.1.1", cues),),
        preview=PREVIEW,
        source=Track("en", profile("netflix", "en"), source, tuple(_source_findings(source)), ("captions.en.srt",)),
        targets=tuple(_target(source, lines, language) for language in languages),
        dubs=tuple(_dub(source, language) for language in languages[:1]),
        lines=lines,
        scenes=scenes,
        thumbnails=tuple(_picture(scene) for scene in scenes),
        shots=tuple(_shot(index) for index in range(length_ms // 6_000)),
        levels_dbfs=_levels(length_ms),
        coverage=(
            Coverage(Span(0, length_ms - 1_000), CoverageLabel.SPEECH, None),
            Coverage(Span(length_ms - 1_000, length_ms), CoverageLabel.DROPPED, "loop"),
        ),
        findings=(
            Finding("speech-dropped", Severity.WARNING, None, length_ms - 1_000, None, None, "", "Some was lost."),
        ),
    )


def renamed(made: Review, index: int, text: str) -> Review:
    """The same review with other words in one source caption."""
    cues = list(made.source.cues)
    cues[index] = dataclasses.replace(cues[index], lines=tuple(text.split("\n")))
    return dataclasses.replace(made, source=dataclasses.replace(made.source, cues=tuple(cues)))


def without_captions(made: Review) -> Review:
    """The same review of a title in which nothing was captioned."""
    source = dataclasses.replace(made.source, cues=(), findings=())
    return dataclasses.replace(made, source=source, targets=(), dubs=(), lines=())


def asset(length_ms: int) -> Asset:
    """PAL with stereo sound."""
    return Asset(
        asset_id=SHA256[:16],
        sha256=SHA256,
        size_bytes=1_000_000,
        container="mov,mp4,m4a,3gp,3g2,mj2",
        length_ms=length_ms,
        zero=Fraction(0),
        declared_length_ms=length_ms,
        start_timecode="10:00:00:00",
        video=VideoStream(0, "h264", 1920, 1080, RATE, False, 0, Fraction(1), length_ms // 40, 0),
        audio=(AudioStream(1, "aac", 48_000, 2, "stereo", "en", None, True, 0),),
        audio_choice=1,
    )


def _cue(index: int, language: str, text: str) -> Cue:
    start_ms = index * CUE_EVERY_MS + 200
    return Cue(Span(start_ms, start_ms + CUE_LENGTH_MS), tuple(text.split("\n")), language, (f"S{index % 2 + 1}",))


def _source_findings(cues: Sequence[Cue]) -> list[Finding]:
    return [
        *_every(WARNED_EVERY, 3, cues, "reading-speed", Severity.WARNING, "to be read at 21.5 characters/s"),
        *_every(NOTED_EVERY, 2, cues, "sync-in", Severity.INFO, "starts 3 frames after its first word"),
    ]


def _every(every: int, first: int, cues: Sequence[Cue], rule: str, severity: Severity, message: str) -> list[Finding]:
    return [
        Finding(rule, severity, index, cues[index].span.start_ms, None, None, "", message)
        for index in range(first, len(cues), every)
    ]


def _target(source: Sequence[Cue], lines: Sequence[Line], language: str) -> Track:
    cues = tuple(
        _cue(index, language, f"Esta es la oración {index},\ndicha en {language}.") for index in range(len(source))
    )
    return Track(
        language,
        profile("netflix", language),
        cues,
        tuple(_every(BROKEN_EVERY, 4, cues, "line-length", Severity.ERROR, "a line has 46 characters")),
        (f"captions.{language}.srt",),
        links=tuple(CueLink(index, index) for index in range(len(cues))),
        translations=tuple(_translated(line, language) for line in lines),
    )


def _translated(line: Line, language: str) -> TranslatedLine:
    return TranslatedLine(
        line_index=line.line_index,
        cue_index=line.cue_index,
        language=language,
        source=line.text,
        text=f"Esta es la oración {line.line_index}",
        shorter=(),
        budget=40.0,
        length=30.0,
        terms_due=(),
        terms_used=(),
        terms_missed=(),
        unknown=(),
        attempts=1,
        failure=None,
    )


def _dub(source: Sequence[Cue], language: str) -> Dub:
    return Dub(
        language,
        DUB_PREVIEW,
        lines=tuple(_dub_line(index, cue, language) for index, cue in enumerate(source)),
        facts=_mixed(language),
        voices=(Voice("S1", VoiceKind.MATCHED, 118.0, 4.4, None, None, "Nobody consents to a clone."),),
    )


def _mixed(language: str) -> MixFacts:
    return MixFacts(
        language=language,
        mix=MixName.VOICE_OVER,
        target="ebu-r128",
        target_lufs=-23.0,
        limit_dbtp=-1.0,
        is_dialogue_measured=False,
        measured=Loudness(-23.04, -2.1, 6.3),
        dialogue_lufs=-22.1,
        dialogue_dbtp=-3.2,
        gain_db=1.4,
        limited_ms=0,
        channels=2,
        channel_layout="stereo",
        samples=48_000,
    )


def _dub_line(index: int, cue: Cue, language: str) -> DubLine:
    is_flagged = index % FLAGGED_EVERY == 6
    return DubLine(
        dub_index=index,
        utterance=index,
        first_line=index,
        lines=1,
        speaker=cue.speakers[0],
        language=language,
        slot=cue.span,
        text=f"Esta es la oración {index}",
        wording=0,
        natural_ms=CUE_LENGTH_MS * 2 if is_flagged else CUE_LENGTH_MS,
        placed=None if is_flagged else cue.span,
        tempo=None if is_flagged else 1.0,
        borrowed_ms=0,
        attempts=1,
        outcome=DubOutcome.FLAGGED if is_flagged else DubOutcome.NATURAL,
        reason="It needs twice the time there is." if is_flagged else None,
        voice="espeak-ng/es",
        voice_kind=VoiceKind.MATCHED,
        consent_id=None,
    )


def _scene(index: int, start_ms: int, end_ms: int) -> Scene:
    return Scene(index, Span(start_ms, end_ms), 0, 1, f"Scene {index + 1}", "Two people talk.", "speech", ("S1", "S2"))


def _picture(scene: Scene) -> SampledFrame:
    """Noise around a colour: as large as a real thumbnail of the strip."""
    noise = np.random.default_rng(scene.scene_index)
    pixels = np.clip(noise.normal(120, 18, (126, 224, 3)), 0, 255).astype(np.uint8)
    _, data = cv2.imencode(".jpg", cv2.GaussianBlur(pixels, (5, 5), 0), [cv2.IMWRITE_JPEG_QUALITY, 85])
    return SampledFrame(scene.span.start_ms, scene.span.start_ms // 40, 224, 126, data.tobytes())


def _shot(index: int) -> Shot:
    span = Span(frame_to_ms(index * 150, RATE), frame_to_ms(index * 150 + 150, RATE))
    kind = CutKind.CUT if index else CutKind.START
    return Shot(index, span, index * 150, index * 150 + 150, kind, 0.5, 0.01, 0.0, 0.0, ("#808080",))


def _levels(length_ms: int) -> np.ndarray[tuple[int], np.dtype[np.float32]]:
    """Speech in every caption, a hum between them."""
    at_ms = np.arange(0, length_ms, LEVEL_STEP_MS) % CUE_EVERY_MS
    ripple = 6 * np.sin(at_ms / 90)
    return np.where((at_ms > 200) & (at_ms < 200 + CUE_LENGTH_MS), -24 + ripple, -58).astype(np.float32)
