"""What holds for cues of any speech under any profile, and which findings they may still have."""

from __future__ import annotations

from collections.abc import Sequence
from fractions import Fraction

from hypothesis import assume, given
from hypothesis import strategies as st

from pipeline.captions.cues import build
from pipeline.captions.lint import NOT_CHECKED, lint
from pipeline.captions.measure import characters
from pipeline.captions.pieces import line_width
from pipeline.captions.profiles import CaptionProfile, Rule
from pipeline.captions.sync import alignment
from pipeline.captions.timerules import TimeRules, time_rules
from pipeline.captions.timing import MAX_LAG_S
from pipeline.captions.tokens import is_unspaced
from schemas.captions import Cue, Severity
from schemas.speech import Segment, Word
from schemas.time import frame_to_ms
from tests.support.caption_strategies import cuts_ms, profiles, rates, speech

ROOM_RULES = {Rule.MIN_DURATION, Rule.GAP, Rule.SHOT_CHANGE_OUT}
"""Errors that may remain, and only where the speech leaves no room (``has_room``)."""


@st.composite
def titles(draw: st.DrawFn) -> tuple[list[Segment], list[int], Fraction | None, CaptionProfile, int]:
    profile = draw(profiles())
    segments, length_ms = draw(speech(profile.language))
    return segments, draw(cuts_ms(length_ms=length_ms)), draw(rates()), profile, length_ms


def words_of(segments: Sequence[Segment]) -> list[Word]:
    ordered = sorted(segments, key=lambda segment: (segment.span.start_ms, segment.segment_index))
    return [word for segment in ordered for word in segment.words]


def has_room(cues: Sequence[Cue], segments: Sequence[Segment], rules: TimeRules, *, last: int) -> bool:
    """Whether cues that start no more than allowed after their speech can all last their minimum.

    The earliest schedule decides: start each cue as early as the sync rule lets it, keep it for the
    minimum, off the frames that flash, and leave the gap.
    """
    said = alignment(cues, words_of(segments))
    assert said is not None
    free = 0
    for spoken in said:
        assert spoken is not None
        start = rules.grid.tick(spoken.start_ms)
        earliest = max(free, start - min(rules.early_ticks, round(rules.grid.ticks_per_s / 2)), 0)
        end = earliest + rules.min_ticks
        while (before := rules.out_flash(end)) is not None:
            end += 1 - before
        if earliest > start + round(MAX_LAG_S * rules.grid.ticks_per_s) or end > last:
            return False
        free = end + rules.gap_ticks
    return True


@given(titles())
def test_cues_keep_every_word_once_and_in_order(
    title: tuple[list[Segment], list[int], Fraction | None, CaptionProfile, int],
) -> None:
    segments, cuts, rate, profile, length_ms = title
    cues = build(segments, cuts_ms=cuts, rate=rate, profile=profile, length_ms=length_ms)
    assert alignment(cues, words_of(segments)) is not None


@given(titles())
def test_words_of_spaced_languages_keep_the_spaces_between_them(
    title: tuple[list[Segment], list[int], Fraction | None, CaptionProfile, int],
) -> None:
    segments, cuts, rate, profile, length_ms = title
    assume(not is_unspaced(profile.language))
    words = [word.text.replace("...", "…") for word in words_of(segments)]
    assume(all(characters(word, profile.counting) <= line_width(profile) for word in words))
    cues = build(segments, cuts_ms=cuts, rate=rate, profile=profile, length_ms=length_ms)
    shown = [word.replace("...", "…") for cue in cues for line in cue.lines for word in line.split()]
    assert bare(shown) == bare(words)


def bare(words: list[str]) -> list[str]:
    """Words without hyphens, which may mark a speaker."""
    return [left for word in words if (left := word.replace("-", ""))]


@given(titles())
def test_cues_are_apart_and_inside_the_title_and_on_frames(
    title: tuple[list[Segment], list[int], Fraction | None, CaptionProfile, int],
) -> None:
    segments, cuts, rate, profile, length_ms = title
    cues = build(segments, cuts_ms=cuts, rate=rate, profile=profile, length_ms=length_ms)
    at_ms = 0
    for cue in cues:
        assert at_ms <= cue.span.start_ms
        at_ms = cue.span.end_ms
    assert at_ms <= length_ms
    if rate is not None and length_ms * rate >= 1000 * (len(words_of(segments)) + 1):
        for cue in cues:
            for edge_ms in (cue.span.start_ms, cue.span.end_ms):
                assert frame_to_ms(round(edge_ms * rate / 1000), rate) == edge_ms


@given(titles())
def test_lines_are_within_the_limits_of_the_profile(
    title: tuple[list[Segment], list[int], Fraction | None, CaptionProfile, int],
) -> None:
    segments, cuts, rate, profile, length_ms = title
    width = profile.number(Rule.LINE_LENGTH, default=Fraction(0))
    for cue in build(segments, cuts_ms=cuts, rate=rate, profile=profile, length_ms=length_ms):
        assert len(cue.lines) <= profile.number(Rule.LINE_COUNT, default=Fraction(0))
        assert max(characters(line, profile.counting) for line in cue.lines) <= width


@given(titles())
def test_the_only_errors_left_are_those_that_speech_leaves_no_room_to_avoid(
    title: tuple[list[Segment], list[int], Fraction | None, CaptionProfile, int],
) -> None:
    segments, cuts, rate, profile, length_ms = title
    cues = build(segments, cuts_ms=cuts, rate=rate, profile=profile, length_ms=length_ms)
    rules = time_rules(profile, rate=rate, cuts_ms=cuts)
    findings = lint(cues, cuts_ms=cuts, rate=rate, profile=profile, words=words_of(segments))
    errors = {finding.rule for finding in findings if finding.severity is Severity.ERROR}
    last = rules.grid.last_tick(length_ms)
    if last >= len(words_of(segments)) * 2 + 2:  # fewer frames than cues: times are in milliseconds then
        assert errors <= ROOM_RULES
        assert not errors or not has_room(cues, segments, rules, last=last)
    if rate is not None:
        assert NOT_CHECKED not in {finding.rule for finding in findings}


@given(titles())
def test_the_same_speech_gives_the_same_cues(
    title: tuple[list[Segment], list[int], Fraction | None, CaptionProfile, int],
) -> None:
    segments, cuts, rate, profile, length_ms = title
    first = build(segments, cuts_ms=cuts, rate=rate, profile=profile, length_ms=length_ms)
    assert build(segments[::-1], cuts_ms=cuts, rate=rate, profile=profile, length_ms=length_ms) == first
