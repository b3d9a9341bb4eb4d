"""What ``fix`` promises for any captions under any profile."""

from __future__ import annotations

from fractions import Fraction

from hypothesis import given
from hypothesis import strategies as st

from pipeline.captions.fix import fix
from pipeline.captions.lint import lint
from pipeline.captions.profiles import CaptionProfile, Rule
from schemas.captions import Cue
from tests.support.caption_strategies import careless_cues, cuts_ms, profiles, rates

Captions = tuple[list[Cue], list[int] | None, Fraction | None, CaptionProfile]


@st.composite
def captions(draw: st.DrawFn) -> Captions:
    profile, rate = draw(profiles()), draw(rates())
    cues = draw(careless_cues(profile.language, rate))
    length_ms = max((cue.span.end_ms for cue in cues), default=1_000)
    return cues, draw(st.none() | cuts_ms(length_ms=length_ms)), rate, profile


def broken(cues: list[Cue], cuts: list[int] | None, rate: Fraction | None, profile: CaptionProfile) -> set[object]:
    return {(found.rule, found.cue_index) for found in lint(cues, cuts_ms=cuts, rate=rate, profile=profile)}


def spoken(cue: Cue) -> str:
    """The text without what ``fix`` may respell: white space, ellipses, hyphens of speakers."""
    return "".join(cue.text.replace("...", "…").replace("-", "").split())


@given(captions())
def test_fix_adds_no_finding_to_any_cue(given_captions: Captions) -> None:
    cues, cuts, rate, profile = given_captions
    fixed = fix(cues, cuts_ms=cuts, rate=rate, profile=profile)
    assert broken(fixed, cuts, rate, profile) <= broken(cues, cuts, rate, profile)


@given(captions())
def test_fix_does_nothing_the_second_time(given_captions: Captions) -> None:
    cues, cuts, rate, profile = given_captions
    once = fix(cues, cuts_ms=cuts, rate=rate, profile=profile)
    assert fix(once, cuts_ms=cuts, rate=rate, profile=profile) == once


@given(captions())
def test_fix_keeps_the_words_and_the_order(given_captions: Captions) -> None:
    cues, cuts, rate, profile = given_captions
    fixed = fix(cues, cuts_ms=cuts, rate=rate, profile=profile)
    assert [spoken(cue) for cue in fixed] == [spoken(cue) for cue in cues]
    assert [cue.placement for cue in fixed] == [cue.placement for cue in cues]


@given(captions(), st.integers(0, 3_000))
def test_fix_lets_nothing_end_after_the_title_that_did_not_before(given_captions: Captions, more_ms: int) -> None:
    cues, cuts, rate, profile = given_captions
    length_ms = max((cue.span.end_ms for cue in cues), default=1) + more_ms
    fixed = fix(cues, cuts_ms=cuts, rate=rate, profile=profile, length_ms=length_ms)
    frame_ms = 0 if rate is None else round(1000 / rate)
    assert all(cue.span.end_ms <= length_ms + frame_ms for cue in fixed)


@given(captions())
def test_three_dots_and_stray_spaces_never_survive(given_captions: Captions) -> None:
    cues, cuts, rate, profile = given_captions
    fixed = fix(cues, cuts_ms=cuts, rate=rate, profile=profile)
    left = {found.rule for found in lint(fixed, cuts_ms=cuts, rate=rate, profile=profile)}
    assert not left & {Rule.ELLIPSIS, Rule.WHITE_SPACE, Rule.ITALICS}
