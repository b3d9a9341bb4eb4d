"""A title whose every stage has something to show, made by hand."""

from __future__ import annotations

from dataclasses import replace
from fractions import Fraction

import numpy as np

from pipeline.captions.profiles import profile
from pipeline.release.title import Dub, Failed, Localized, Title
from schemas.captions import Cue, Finding, Severity
from schemas.localize import CueLink, DubLine, DubOutcome, Line, TranslatedLine, Voice, VoiceKind
from schemas.media import Asset, AudioStream, CutKind, Shot, SpeechRegion, VideoStream
from schemas.plan import Chunk, CutReason, Window
from schemas.release import StageUsed
from schemas.scenes import Scene, ShotNote
from schemas.sound import Loudness, MixFacts, MixName
from schemas.speech import Coverage, CoverageLabel, Segment, Turn, Word
from schemas.time import Span

SHA256 = "0123456789abcdef" * 4
LENGTH_MS = 20_000


def asset() -> Asset:
    """20 s of PAL with sound, from the tape hour 10."""
    video = VideoStream(0, "h264", 1920, 1080, Fraction(25), False, 0, Fraction(1), 500, 0)
    sound = AudioStream(1, "aac", 48_000, 2, "stereo", "en", None, True, 0)
    return Asset(
        asset_id=SHA256[:16],
        sha256=SHA256,
        size_bytes=1_000,
        container="mov,mp4,m4a,3gp,3g2,mj2",
        length_ms=LENGTH_MS,
        zero=Fraction(0),
        declared_length_ms=LENGTH_MS,
        start_timecode="10:00:00:00",
        video=video,
        audio=(sound,),
        audio_choice=1,
    )


def title() -> Title:
    """Two speakers, one chunk that failed, two shots, a scene, and a finding of each severity."""
    words = (Word("Good", Span(1_000, 1_400), 0.9), Word("morning.", Span(1_400, 2_000), 0.8))
    reply = (Word("Ready,", Span(3_000, 3_500), 0.7),)
    return Title(
        asset=asset(),
        name="film.mp4",
        language="en",
        house=profile("netflix", "en"),
        chunks=(
            Chunk(0, Span(500, 8_000), CutReason.SILENCE, 3_000, 0, 0),
            Chunk(1, Span(8_000, 12_000), CutReason.END, 4_000, 0, 0),
        ),
        windows=(Window(0, Span(0, LENGTH_MS), 0, 2, 20, 5_000),),
        failed=(Failed("transcribe", 1, "the engine fell over"),),
        estimates=(),
        regions=(SpeechRegion(Span(900, 3_900), 0.9), SpeechRegion(Span(8_000, 12_000), 0.8)),
        segments=(
            Segment(0, Span(1_000, 2_000), "en", "S1", words, is_draft=True),
            Segment(1, Span(3_000, 3_500), "en", "S2", reply, is_draft=True),
        ),
        turns=(
            Turn(Span(900, 2_100), "S1", 0.8),
            Turn(Span(2_900, 3_600), "S2", 0.6),
            Turn(Span(3_600, 5_600), None, 0.1),
            Turn(Span(6_000, 6_400), "S1", 0.4),
        ),
        coverage=(
            Coverage(Span(0, 1_000), CoverageLabel.NON_SPEECH, None),
            Coverage(Span(1_000, 3_500), CoverageLabel.SPEECH, None),
            Coverage(Span(3_500, 8_000), CoverageLabel.NON_SPEECH, None),
            Coverage(Span(8_000, 12_000), CoverageLabel.DROPPED, "engine: it fell over"),
            Coverage(Span(12_000, LENGTH_MS), CoverageLabel.NON_SPEECH, None),
        ),
        shots=(_shot(0, 0, 250), _shot(1, 250, 500)),
        notes=(
            ShotNote(
                0,
                "A kitchen.",
                "speech",
                ("bright",),
                who=("Anna",),
                on_screen=("06:45",),
                mood="sleepy",
                sound_cues=("clock ticks",),
            ),
        ),
        scenes=(Scene(0, Span(0, LENGTH_MS), 0, 2, 'Breakfast, "early"', "They get ready.", "speech", ("S1", "S2")),),
        cues=(
            Cue(Span(1_000, 2_040), ("Good morning.",), "en", ("S1",)),
            Cue(Span(3_000, 4_000), ("Ready,", "are you?"), "en", ("S2",)),
        ),
        findings=(
            Finding("engine-failure", Severity.ERROR, None, None, None, None, "", "The request 1 failed."),
            Finding("reading-speed", Severity.WARNING, 1, 3_000, 21.5, 20.0, "characters/s", "It is too fast."),
            Finding("speaker-unsure", Severity.INFO, 0, 1_000, None, None, "", "Nobody is sure."),
        ),
        lines=(
            Line(0, 0, 0, Span(1_000, 2_000), "S1", "Good morning."),
            Line(1, 1, 1, Span(3_000, 3_500), "S2", "Ready, are you?"),
        ),
        localized=(spanish(),),
        are_translations_drafts=True,
        levels_dbfs=np.full(LENGTH_MS // 32, -30.0, np.float32),
        thumbnails=(),
        stages=(StageUsed("transcribe", "1", "f" * 16, "pocketsphinx/en-us", "5.1.1", 2),),
    )


def spanish() -> Localized:
    """One line that is dubbed, and one that has a translation but does not fit."""
    fits = DubLine(
        dub_index=0,
        utterance=0,
        first_line=0,
        lines=1,
        speaker="S1",
        language="es",
        slot=Span(1_000, 2_000),
        text="Buenos días.",
        wording=0,
        natural_ms=1_050,
        placed=Span(1_000, 2_000),
        tempo=1.05,
        borrowed_ms=0,
        attempts=1,
        outcome=DubOutcome.NATURAL,
        reason=None,
        voice="espeak-ng/es+m3",
        voice_kind=VoiceKind.MATCHED,
        consent_id=None,
    )
    flagged = replace(
        fits,
        dub_index=1,
        utterance=1,
        first_line=1,
        speaker="S2",
        slot=Span(3_000, 3_500),
        text="¿Está usted preparado?",
        natural_ms=2_000,
        placed=None,
        tempo=None,
        outcome=DubOutcome.FLAGGED,
        reason="It is 4.0 times as long as its slot.",
    )
    return Localized(
        profile=profile("netflix", "es"),
        translations=(
            TranslatedLine(0, 0, "es", "Good morning.", "Buenos días.", (), 17.0, 12.0, (), (), (), (), 1, None),
            TranslatedLine(
                1,
                1,
                "es",
                "Ready, are you?",
                "¿Está usted preparado?",
                (),
                17.0,
                22.0,
                ("ready",),
                (),
                ("ready",),
                (),
                1,
                None,
            ),
        ),
        cues=(
            Cue(Span(1_000, 2_040), ("Buenos días.",), "es", ("S1",)),
            Cue(Span(3_000, 4_000), ("¿Está usted preparado?",), "es", ("S2",)),
        ),
        links=(CueLink(0, 0), CueLink(1, 1)),
        findings=(Finding("term-missed", Severity.ERROR, 1, 3_000, None, None, "", "It misses “ready”."),),
        dub=Dub(
            lines=(fits, flagged),
            voices=(Voice("S1", VoiceKind.MATCHED, 110.0, 4.5, None, None, "No consent record allows a clone."),),
            engine=StageUsed("speak", "1", "e" * 16, "espeak-ng", "1.52", 2),
            sound=MixFacts(
                language="es",
                mix=MixName.VOICE_OVER,
                target="ebu-r128",
                target_lufs=-23.0,
                limit_dbtp=-1.0,
                is_dialogue_measured=False,
                measured=Loudness(-23.1, -2.5, 6.0),
                dialogue_lufs=-24.0,
                dialogue_dbtp=-3.0,
                gain_db=2.0,
                limited_ms=0,
                channels=2,
                channel_layout="stereo",
                samples=LENGTH_MS * 48,
            ),
            findings=(Finding("dub-flagged", Severity.ERROR, 1, 3_000, None, None, "", "It keeps the original."),),
        ),
    )


def _shot(index: int, first_frame: int, end_frame: int) -> Shot:
    span = Span(first_frame * 40, end_frame * 40)
    kind = CutKind.CUT if index else CutKind.START
    return Shot(index, span, first_frame, end_frame, kind, 0.5, 0.01, 0.0, 0.0, ("#808080",))
