"""What a human should know of a title before trusting it."""

from __future__ import annotations

import dataclasses

from pipeline.release.findings import UNSURE_MS, about_title
from pipeline.release.title import Failed
from schemas.captions import Finding, Severity, Variant
from schemas.media import Prepared
from schemas.scenes import ShotNote
from schemas.speech import Coverage, CoverageLabel, Estimate, Turn
from schemas.time import Span

SOUND = Prepared(
    has_speech_audio=True,
    decoded_ms=60_000,
    shortfall_ms=0,
    damaged_packets=0,
    frames_presented=0,
    frames_decoded=0,
    shots=0,
    sampled_frames=0,
    speech_regions=1,
)
"""An audio-only minute without a fault."""


def found(
    *,
    failed: tuple[Failed, ...] = (),
    coverage: tuple[Coverage, ...] = (),
    turns: tuple[Turn, ...] = (),
    is_language_assumed: bool = False,
    variant: Variant = Variant.SUBTITLE,
    facts: Prepared = SOUND,
    estimates: tuple[Estimate, ...] = (),
    notes: tuple[ShotNote, ...] = (),
) -> tuple[Finding, ...]:
    return about_title(
        failed=failed,
        coverage=coverage,
        turns=turns,
        chunks=40,
        estimates=estimates,
        is_language_assumed=is_language_assumed,
        language="en",
        variant=variant,
        notes=notes,
        facts=facts,
    )


def test_a_damaged_source_is_an_error() -> None:
    (finding,) = found(facts=dataclasses.replace(SOUND, damaged_packets=3))
    assert (finding.rule, finding.severity) == ("source-damaged", Severity.ERROR)
    assert "3 packets" in finding.message


def test_missing_sound_is_told_at_its_place() -> None:
    short, long = found(facts=dataclasses.replace(SOUND, holes=(Span(1_000, 1_200), Span(5_000, 7_000))))
    assert (short.severity, short.start_ms) == (Severity.WARNING, 1_000)
    assert (long.severity, long.start_ms) == (Severity.ERROR, 5_000)


def test_captions_for_the_deaf_say_that_they_lack_labels() -> None:
    (finding,) = found(variant=Variant.SDH)
    assert (finding.rule, finding.severity) == ("sdh-labels", Severity.WARNING)


def test_where_sounds_are_labelled_only_names_are_missing() -> None:
    (finding,) = found(variant=Variant.SDH, notes=(ShotNote(0, "", "", (), sound_cues=("door slams",)),))
    assert (finding.rule, finding.severity) == ("sdh-labels", Severity.INFO)
    assert "what sounds" not in finding.message


def test_estimated_times_are_one_warning_that_says_how_many_and_why() -> None:
    reasons = ["no Sami"] * 5 + ["it fell over"] * 3 + ["too long"] * 2 + ["a", "b"]
    (finding,) = found(estimates=tuple(Estimate(index, reason) for index, reason in enumerate(reasons)))
    assert (finding.rule, finding.severity) == ("times-estimated", Severity.WARNING)
    assert "12 of 40 chunks" in finding.message
    assert "no Sami (5×); it fell over (3×); too long (2×); and 2 other reasons" in finding.message


def test_a_title_with_nothing_to_say_has_no_finding() -> None:
    heard = Coverage(Span(0, 1_000), CoverageLabel.SPEECH, None)
    assert found(coverage=(heard,), turns=(Turn(Span(0, 1_000), "S1", 0.9),)) == ()


def test_a_language_that_nobody_stated_is_a_warning_that_names_it() -> None:
    (finding,) = found(is_language_assumed=True)
    assert (finding.rule, finding.severity) == ("language-assumed", Severity.WARNING)
    assert "en was assumed" in finding.message


def test_a_request_without_an_answer_is_an_error() -> None:
    (finding,) = found(failed=(Failed("transcribe", 3, "it fell over"),))
    assert (finding.rule, finding.severity) == ("engine-failure", Severity.ERROR)
    assert "transcribe request 3" in finding.message
    assert "it fell over" in finding.message


def test_dropped_speech_is_a_warning_at_its_place() -> None:
    (finding,) = found(coverage=(Coverage(Span(2_000, 4_000), CoverageLabel.DROPPED, "loop"),))
    assert (finding.rule, finding.severity, finding.start_ms) == ("speech-dropped", Severity.WARNING, 2_000)
    assert "loop" in finding.message


def test_only_a_long_stretch_without_a_speaker_is_told() -> None:
    long, short = Turn(Span(0, UNSURE_MS), None, 0.1), Turn(Span(5_000, 5_000 + UNSURE_MS - 1), None, 0.1)
    (finding,) = found(turns=(long, short))
    assert (finding.rule, finding.start_ms) == ("speaker-unsure", 0)
