"""What fix mends, one fault at a time, and what it leaves to an editor."""

from __future__ import annotations

from collections.abc import Sequence
from fractions import Fraction

import pytest

from pipeline.captions.fix import fix
from pipeline.captions.lint import NOT_CHECKED, lint
from pipeline.captions.profiles import profile
from schemas.captions import Cue, Italic
from schemas.time import Span, frame_to_ms, ms_to_frame

FILM = Fraction(24)


def shown(first: int, end: int, *lines: str, **rest: object) -> Cue:
    span = Span(frame_to_ms(first, FILM), frame_to_ms(end, FILM))
    return Cue(span, lines or ("Yes, I know that.",), "en", **rest)  # type: ignore[arg-type]  # fields of Cue by name


def mended(cues: Sequence[Cue], *, cuts: Sequence[int] = (), language: str = "en", name: str = "netflix") -> list[Cue]:
    return fix(cues, cuts_ms=[frame_to_ms(c, FILM) for c in cuts], rate=FILM, profile=profile(name, language))


def frames(cues: Sequence[Cue]) -> list[tuple[int, int]]:
    return [(ms_to_frame(cue.span.start_ms, FILM), ms_to_frame(cue.span.end_ms, FILM)) for cue in cues]


def test_captions_without_findings_are_left_alone() -> None:
    cues = [shown(0, 48), shown(50, 98), shown(110, 200, "-Where to?", "-Nowhere.")]
    assert mended(cues, cuts=[50, 300]) == cues


TIMES = [  # frames of the cues, cuts, frames afterwards, what was wrong
    ([(0, 48), (43, 96)], [], [(0, 41), (43, 96)], "an overlap"),
    ([(0, 48), (48, 96)], [], [(0, 46), (48, 96)], "no gap"),
    ([(0, 48), (55, 96)], [], [(0, 53), (55, 96)], "a gap that flickers"),
    ([(0, 10), (60, 96)], [], [(0, 21), (60, 96)], "too short to see and to read, with room behind"),
    ([(0, 10), (24, 96)], [], [(0, 22), (24, 96)], "too short, chained to the next"),
    ([(0, 200)], [], [(0, 168)], "too long"),
    ([(0, 100)], [100], [(0, 98)], "out on the cut"),
    ([(0, 99)], [100], [(0, 98)], "out a frame before the cut"),
    ([(0, 94)], [100], [(0, 98)], "out near the cut"),
    ([(0, 109)], [100], [(0, 112)], "out soon after the cut"),
    ([(104, 160)], [100], [(100, 160)], "in soon after the cut"),
    ([(98, 160)], [100], [(100, 160)], "in just before the cut"),
    ([(0, 99), (101, 160)], [100], [(0, 98), (100, 160)], "both edges around a cut"),
]


@pytest.mark.parametrize(("before", "cuts", "after", "why"), TIMES)
def test_times_are_mended_together_with_their_neighbours(
    before: list[tuple[int, int]], cuts: list[int], after: list[tuple[int, int]], why: str
) -> None:
    cues = [shown(start, end) for start, end in before]
    fixed = mended(cues, cuts=cuts)
    assert frames(fixed) == after, why
    findings = lint(fixed, cuts_ms=[frame_to_ms(c, FILM) for c in cuts], rate=FILM, profile=profile("netflix", "en"))
    assert {finding.rule for finding in findings} == {NOT_CHECKED}, "only the words are unknown"


def test_a_short_cue_between_two_others_is_left_to_an_editor() -> None:
    cues = [shown(0, 48), shown(50, 60, "No."), shown(62, 110)]
    assert mended(cues) == cues


def test_times_off_the_frames_are_put_on_them() -> None:
    (cue,) = mended([Cue(Span(1_010, 3_030), ("Here.",), "en")])
    assert cue.span == Span(frame_to_ms(24, FILM), frame_to_ms(73, FILM))


TEXTS = [  # lines, lines afterwards, language, what was wrong
    ((" Well...  no. ",), ("Well… no.",), "en", "spaces and dots"),
    (("- Yes.", "- No."), ("-Yes.", "-No."), "en", "hyphens with a space in English"),
    (("-Sí.", "-No."), ("- Sí.", "- No."), "es", "hyphens without one in Spanish"),
    (("Yes.", "-No."), ("-Yes.", "-No."), "en", "the first hyphen missing"),
    (
        ("When the rain finally stopped, we walked to the old house on the hill.",),
        ("When the rain finally stopped,", "we walked to the old house on the hill."),
        "en",
        "a line too long",
    ),
    (("When the rain", "finally", "stopped"), ("When the rain finally stopped",), "en", "three lines for one"),
    (("we walked together to the", "old house up there"), ("we walked together", "to the old house up there"), "en",
     "an article at the end of a line"),
]  # fmt: skip


@pytest.mark.parametrize(("before", "after", "language", "why"), TEXTS)
def test_texts_are_mended_without_changing_a_word(
    before: tuple[str, ...], after: tuple[str, ...], language: str, why: str
) -> None:
    (cue,) = mended([shown(0, 160, *before)], language=language)
    assert cue.lines == after, why


def test_italics_follow_their_words_to_new_lines() -> None:
    line = "When the rain finally stopped, we walked to the old house on the hill."
    start = line.index("rain")
    (cue,) = mended([shown(0, 160, line, italics=(Italic(0, start, line.index("to the")),))])
    slanted = [cue.lines[run.line][run.start : run.end] for run in cue.italics]
    assert slanted == ["rain finally stopped,", "we walked"]


def test_italics_are_dropped_where_the_language_has_none() -> None:
    (cue,) = mended([shown(0, 100, "그래요", italics=(Italic(0, 0, 3),))], language="ko")
    assert cue.italics == ()


def test_a_hyphen_that_would_make_a_line_too_long_is_not_added() -> None:
    cues = [shown(0, 168, "x" * 42, "y" * 20, speakers=("S1", "S2"))]
    assert mended(cues) == cues


def test_cues_out_of_order_are_left_to_an_editor() -> None:
    cues = [shown(100, 150), shown(0, 50), shown(200, 250)]
    assert mended(cues) == cues


def test_nothing_is_extended_past_the_end_of_the_title() -> None:
    cues = [shown(100, 110, "No.")]
    fixed = fix(cues, cuts_ms=[], rate=FILM, profile=profile("netflix", "en"), length_ms=frame_to_ms(112, FILM))
    assert fixed == cues


def test_no_captions_stay_no_captions() -> None:
    assert mended([]) == []
