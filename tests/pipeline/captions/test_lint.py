"""Every rule of lint on captions made to break it, and the same captions one step inside the limit."""

from __future__ import annotations

from collections.abc import Sequence
from fractions import Fraction

import pytest

from pipeline.captions.lint import NOT_CHECKED, lint
from pipeline.captions.profiles import Rule, profile
from schemas.captions import Cue, Finding, Italic, Severity
from schemas.speech import Word
from schemas.time import Span, frame_to_ms

FILM = Fraction(24)
NTSC = Fraction(30000, 1001)


def shown(first: int, end: int, *lines: str, rate: Fraction = FILM, **rest: object) -> Cue:
    """A cue from frame to frame."""
    span = Span(frame_to_ms(first, rate), frame_to_ms(end, rate))
    return Cue(span, lines or ("Yes, I know that.",), "en", **rest)  # type: ignore[arg-type]  # fields of Cue by name


def found(
    cues: Sequence[Cue],
    *,
    name: str = "netflix",
    language: str = "en",
    rate: Fraction = FILM,
    cuts: Sequence[int] = (),
    words: Sequence[Word] | None = None,
) -> list[Finding]:
    cuts_ms = [frame_to_ms(cut, rate) for cut in cuts]
    findings = lint(cues, cuts_ms=cuts_ms, rate=rate, profile=profile(name, language), words=words)
    return [finding for finding in findings if finding.rule != NOT_CHECKED]


def rules(findings: Sequence[Finding]) -> list[tuple[str, int | None]]:
    return [(finding.rule, finding.cue_index) for finding in findings]


def test_captions_as_the_guide_wants_them_have_no_finding() -> None:
    assert found([shown(0, 48), shown(50, 98), shown(110, 200, "-Where to?", "-Nowhere.")], cuts=[50, 300]) == []


TIMES = [  # rule, severity, frames on screen that break it, frames that do not, rate
    (Rule.MIN_DURATION, Severity.ERROR, 19, 20, FILM),
    (Rule.MIN_DURATION, Severity.ERROR, 24, 25, NTSC),
    (Rule.MAX_DURATION, Severity.ERROR, 169, 168, FILM),
    (Rule.MAX_DURATION, Severity.ERROR, 211, 210, NTSC),
]


@pytest.mark.parametrize(("rule", "severity", "wrong", "right", "rate"), TIMES)
def test_durations_are_counted_in_frames(
    rule: Rule, severity: Severity, wrong: int, right: int, rate: Fraction
) -> None:
    (finding,) = found([shown(100, 100 + wrong, "Yes.", rate=rate)], rate=rate)
    assert (finding.rule, finding.severity) == (rule, severity)
    assert (finding.measured, finding.limit, finding.unit) == (wrong, right, "frames")
    assert found([shown(100, 100 + right, "Yes.", rate=rate)], rate=rate) == []


GAPS = [  # gap in frames, rule and severity, or none
    (-5, Rule.OVERLAP, Severity.ERROR),
    (0, Rule.GAP, Severity.ERROR),
    (1, Rule.GAP, Severity.ERROR),
    (2, None, None),
    (3, Rule.CHAINING, Severity.WARNING),
    (11, Rule.CHAINING, Severity.WARNING),
    (12, None, None),
]


@pytest.mark.parametrize(("gap", "rule", "severity"), GAPS)
def test_gaps_are_two_frames_or_half_a_second(gap: int, rule: Rule | None, severity: Severity | None) -> None:
    findings = found([shown(0, 48), shown(48 + gap, 120)])
    assert [(finding.rule, finding.severity) for finding in findings] == ([(rule, severity)] if rule else [])


CUT = 100
EDGES = [  # in-time, out-time relative to the cut, the rule
    (-12, 60, None),
    (-11, 60, Rule.SHOT_CHANGE_IN),
    (-1, 60, Rule.SHOT_CHANGE_IN),
    (0, 60, None),
    (1, 60, Rule.SHOT_CHANGE_IN),
    (11, 60, Rule.SHOT_CHANGE_IN),
    (12, 60, None),
    (-60, -12, None),
    (-60, -11, Rule.SHOT_CHANGE_OUT_ZONE),
    (-60, -3, Rule.SHOT_CHANGE_OUT_ZONE),
    (-60, -2, None),
    (-60, -1, Rule.SHOT_CHANGE_OUT),
    (-60, 0, Rule.SHOT_CHANGE_OUT),
    (-60, 1, Rule.SHOT_CHANGE_OUT_ZONE),
    (-60, 11, Rule.SHOT_CHANGE_OUT_ZONE),
    (-60, 12, None),
]


@pytest.mark.parametrize(("start", "end", "rule"), EDGES)
def test_edges_keep_to_the_cut_or_away_from_it(start: int, end: int, rule: Rule | None) -> None:
    findings = found([shown(CUT + start, CUT + end)], cuts=[CUT])
    assert rules(findings) == ([(rule, 0)] if rule else [])


def test_an_out_time_on_the_cut_is_an_error_and_one_near_it_a_warning() -> None:
    on_it, near_it = found([shown(40, 100), shown(140, 205)], cuts=[100, 200])
    assert (on_it.severity, near_it.severity) == (Severity.ERROR, Severity.WARNING)


def test_reading_speed_counts_every_character_and_space() -> None:
    line = "forty characters, spaces count as one ab"
    assert len(line) == 40
    assert found([shown(0, 48, line)]) == []
    (finding,) = found([shown(0, 47, line)])
    assert (finding.rule, finding.severity, finding.limit) == (Rule.READING_SPEED, Severity.WARNING, 20)
    assert finding.measured == pytest.approx(40 * 24 / 47)


def test_children_read_more_slowly() -> None:
    cue = shown(0, 48, "forty characters, spaces count as one ab")
    assert rules(found([cue], name="netflix-kids")) == [(Rule.READING_SPEED, 0)]


def test_the_bbc_counts_words() -> None:
    (finding,) = found([shown(0, 24, "one two three four")], name="bbc")
    assert finding.measured == pytest.approx(240)
    assert finding.unit == "words/min"


def test_lines_are_measured_as_the_language_counts() -> None:
    assert rules(found([shown(0, 168, "x" * 43)])) == [(Rule.LINE_LENGTH, 0)]
    assert found([shown(0, 168, "一二三四五六七八九十一二ab")], language="ja") == []
    assert rules(found([shown(0, 168, "一二三四五六七八九十一二三a")], language="ja")) == [(Rule.LINE_LENGTH, 0)]


def test_three_lines_are_too_many() -> None:
    (finding,) = found([shown(0, 100, "one", "two", "three")])
    assert (finding.rule, finding.measured, finding.limit) == (Rule.LINE_COUNT, 3, 2)


def test_a_line_that_ends_with_an_article_is_pointed_out() -> None:
    (finding,) = found([shown(0, 100, "we went to the", "old house")])
    assert (finding.rule, finding.severity) == (Rule.LINE_BREAK, Severity.INFO)
    assert "'the' and 'old'" in finding.message


@pytest.mark.parametrize("line", ["two  spaces", " leading", "trailing ", "a\ttab"])
def test_stray_white_space_is_found(line: str) -> None:
    assert rules(found([shown(0, 100, line)])) == [(Rule.WHITE_SPACE, 0)]


@pytest.mark.parametrize("line", ["Quoi\u202f?", "Quoi\u00a0!", "そう\u3000だね"])
def test_typographic_spaces_are_not_stray(line: str) -> None:
    assert found([shown(0, 100, line)]) == []


def test_three_dots_are_not_an_ellipsis_where_the_guide_asks_for_one() -> None:
    cue = shown(0, 100, "Well... no.")
    assert rules(found([cue])) == [(Rule.ELLIPSIS, 0)]
    assert found([cue], name="web") == []


DIALOGUES = [  # language, lines, whether they are as the guide asks
    ("en", ("-Yes.", "-No."), True),
    ("en", ("- Yes.", "- No."), False),
    ("en", ("Yes.", "-No."), False),
    ("es", ("- Sí.", "- No."), True),
    ("es", ("-Sí.", "-No."), False),
    ("en", ("-5 degrees", "outside."), True),  # a minus
    ("en", ("—And then", "he left."), True),  # a dash that goes on
]


@pytest.mark.parametrize(("language", "lines", "right"), DIALOGUES)
def test_speakers_are_marked_as_the_guide_asks(language: str, lines: tuple[str, ...], right: bool) -> None:
    findings = found([shown(0, 100, *lines)], language=language)
    assert rules(findings) == ([] if right else [(Rule.DUAL_SPEAKER, 0)])


def test_two_named_speakers_without_hyphens_are_found() -> None:
    assert rules(found([shown(0, 100, "Yes.", "No.", speakers=("S1", "S2"))])) == [(Rule.DUAL_SPEAKER, 0)]


def test_italics_are_found_only_where_they_are_not_used() -> None:
    cue = shown(0, 100, "그래", italics=(Italic(0, 0, 2),))
    assert rules(found([cue], language="ko")) == [(Rule.ITALICS, 0)]
    assert found([cue]) == []


def test_cues_out_of_order_are_found_where_the_order_breaks() -> None:
    assert rules(found([shown(100, 150), shown(0, 50), shown(200, 250)])) == [(Rule.OUT_OF_ORDER, 0)]


def test_a_cue_of_invisible_characters_is_empty() -> None:
    assert rules(found([shown(0, 100, "\u200b")])) == [(Rule.EMPTY, 0)]


def test_what_cannot_be_checked_is_said() -> None:
    cue = shown(0, 48)
    house = profile("netflix", "en")
    without = lint([cue], cuts_ms=None, rate=None, profile=house)
    assert {finding.rule for finding in without} == {NOT_CHECKED}
    assert all(finding.severity is Severity.INFO and finding.cue_index is None for finding in without)
    told = " ".join(finding.message for finding in without)
    assert all(rule.value in told for rule in (Rule.GAP, Rule.SHOT_CHANGE_IN, Rule.SHOT_CHANGE_OUT, Rule.SYNC_IN))
    with_rate = " ".join(f.message for f in lint([cue], cuts_ms=None, rate=FILM, profile=house))
    assert Rule.SHOT_CHANGE_IN.value in with_rate
    assert "gap" not in with_rate


def test_two_frames_of_an_unknown_rate_are_no_error() -> None:
    cues = [Cue(Span(0, 2_000), ("One.",), "en"), Cue(Span(2_033, 4_000), ("Two.",), "en")]
    findings = lint(cues, cuts_ms=None, rate=None, profile=profile("netflix", "en"))
    assert {finding.rule for finding in findings} == {NOT_CHECKED}


def said(*words: tuple[str, int, int]) -> list[Word]:
    return [Word(text, Span(frame_to_ms(start, FILM), frame_to_ms(end, FILM)), None) for text, start, end in words]


SYNC = [  # speech from and to frame, the rule that a cue of frames 100 to 150 then breaks
    ((100, 150), None),
    ((103, 147), None),
    ((104, 150), Rule.SYNC_IN),
    ((96, 150), Rule.SYNC_IN),
    ((100, 138), None),
    ((100, 137), Rule.SYNC_OUT),
    ((100, 154), Rule.SYNC_OUT),
]


@pytest.mark.parametrize(("spoken", "rule"), SYNC)
def test_captions_keep_to_the_speech(spoken: tuple[int, int], rule: Rule | None) -> None:
    middle = (spoken[0] + spoken[1]) // 2
    words = said(("Hello", spoken[0], middle), ("there.", middle, spoken[1]))
    findings = found([shown(100, 150, "Hello there.")], words=words)
    assert rules(findings) == ([(rule, 0)] if rule else [])


def test_a_cue_that_was_moved_to_a_cut_is_in_sync() -> None:
    words = said(("Hello", 105, 120), ("there.", 120, 156))
    assert found([shown(100, 158, "Hello there.")], cuts=[100, 160], words=words) == []


def test_a_cue_may_outlast_its_speech_for_its_minimum() -> None:
    assert found([shown(100, 120, "No.")], words=said(("No.", 100, 103))) == []


def test_other_words_than_the_transcript_are_said_to_be_unchecked() -> None:
    findings = lint(
        [shown(0, 48)], cuts_ms=[], rate=FILM, profile=profile("netflix", "en"), words=said(("Other", 0, 40))
    )
    assert [finding.rule for finding in findings] == [NOT_CHECKED]
    assert "other words" in findings[0].message


def test_every_finding_names_its_cue_its_time_and_a_sentence() -> None:
    for finding in found([shown(0, 5, "x" * 50, " y..."), shown(4, 300)], cuts=[5]):
        assert finding.cue_index in {0, 1}
        assert finding.start_ms is not None
        assert len(finding.message.split()) >= 3
