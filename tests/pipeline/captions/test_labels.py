"""Labels of sounds stand in pauses of their shot, under every rule of the profile, and speech stays as it is."""

from __future__ import annotations

import itertools
from dataclasses import replace
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.captions.cues import build
from pipeline.captions.labels import SHOWN_S, UNLABELLED, Labelled, label
from pipeline.captions.lint import checked_rules, lint
from pipeline.captions.profiles import CaptionProfile, Labels, profile
from schemas.captions import Cue, Finding, Severity
from schemas.media import CutKind, Shot, SpeechRegion
from schemas.scenes import ShotNote
from schemas.time import Span
from tests.support.caption_strategies import cuts_ms, profiles, rates, speech

PAL = Fraction(25)
FRAME_MS = 40
SDH = profile("netflix-sdh", "en")
SOUNDS = ("door slams", "[dog barks]", "wind", "a very long description of a sound that no line of captions can hold")


def shot(index: int, start_ms: int, end_ms: int) -> Shot:
    kind = CutKind.CUT if index else CutKind.START
    return Shot(index, Span(start_ms, end_ms), 0, 1, kind, 0.5, 0.01, 0.0, 0.0, ())


def note(index: int, *sounds: str) -> ShotNote:
    return ShotNote(index, "", "", (), sound_cues=sounds)


def labelled(
    notes: list[ShotNote],
    *,
    cues: list[Cue] | None = None,
    speech: list[Span] | None = None,
    shots: list[Shot] | None = None,
    house: CaptionProfile = SDH,
    rate: Fraction | None = PAL,
) -> Labelled:
    """Of a title of two shots of ten seconds."""
    cut = shots or [shot(0, 0, 10_000), shot(1, 10_000, 20_000)]
    rules = checked_rules(house, rate=rate, cuts_ms=[one.span.start_ms for one in cut[1:]], first_frame_ms=0)
    regions = [SpeechRegion(span, 0.9) for span in speech or []]
    return label(cues or [], notes, cut, regions, profile=house, rules=rules)


def texts(made: Labelled) -> list[str]:
    return [made.cues[index].text for index in sorted(made.unspoken)]


@st.composite
def titles(
    draw: st.DrawFn,
) -> tuple[list[Cue], list[Shot], list[SpeechRegion], list[ShotNote], CaptionProfile, Fraction | None]:
    house = replace(draw(profiles()), labels=Labels("[", "]", is_capital=draw(st.booleans()), source="test"))
    segments, length_ms = draw(speech(house.language))
    rate, cuts = draw(rates()), draw(cuts_ms(length_ms=length_ms))
    cues = build(segments, cuts_ms=cuts, rate=rate, profile=house, length_ms=length_ms)
    edges = sorted({0, *(cut for cut in cuts if cut < length_ms), length_ms})
    shots = [shot(index, *edge) for index, edge in enumerate(itertools.pairwise(edges))]
    regions = [SpeechRegion(segment.span, 0.9) for segment in segments]
    notes = [note(one.shot_index, *draw(st.lists(st.sampled_from(SOUNDS), max_size=4))) for one in shots]
    return cues, shots, regions, notes, house, rate


@given(titles())
def test_labels_lie_in_pauses_of_their_shots_break_no_rule_and_leave_speech_alone(
    title: tuple[list[Cue], list[Shot], list[SpeechRegion], list[ShotNote], CaptionProfile, Fraction | None],
) -> None:
    cues, shots, regions, notes, house, rate = title
    cuts = [one.span.start_ms for one in shots[1:]]
    rules = checked_rules(house, rate=rate, cuts_ms=cuts, first_frame_ms=0)
    made = label(cues, notes, shots, regions, profile=house, rules=rules)
    spoken = [index for index in range(len(made.cues)) if index not in made.unspoken]
    assert [made.cues[index] for index in spoken] == cues
    for index in made.unspoken:
        span = made.cues[index].span
        assert any(one.span.start_ms <= span.start_ms and span.end_ms <= one.span.end_ms for one in shots)
        assert not any(
            span.overlap_ms(taken) for taken in [*(one.span for one in regions), *(cue.span for cue in cues)]
        )
    before = findings(cues, cuts, rate, house)
    after = findings(made.cues, cuts, rate, house)
    assert [replace(one, cue_index=spoken.index(one.cue_index)) for one in after if one.cue_index is not None] == before


def findings(
    cues: list[Cue] | tuple[Cue, ...], cuts: list[int], rate: Fraction | None, house: CaptionProfile
) -> list[Finding]:
    found = lint(cues, cuts_ms=cuts, rate=rate, profile=house)
    return [one for one in found if one.cue_index is not None]


def test_a_sound_in_a_quiet_shot_is_named_where_the_shot_begins() -> None:
    (cue,) = labelled([note(1, "door slams")]).cues
    assert cue == Cue(Span(10_000, 10_000 + SHOWN_S * 1000), ("[door slams]",), "en")


def test_a_label_stands_in_the_longest_pause_and_never_over_speech() -> None:
    made = labelled([note(0, "door slams")], speech=[Span(500, 3_000), Span(4_500, 6_000)])
    (cue,) = made.cues
    assert (cue.span.start_ms, cue.span.end_ms) == (6_000, 8_000)


def test_between_two_captions_it_keeps_the_gaps_of_the_profile() -> None:
    cues = [Cue(Span(0, 4_000), ("Hello.",), "en"), Cue(Span(7_000, 9_900), ("Bye.",), "en")]
    made = labelled([note(0, "door slams")], cues=cues)
    assert texts(made) == ["[door slams]"]
    assert lint(made.cues, cuts_ms=[10_000], rate=PAL, profile=SDH, unspoken=made.unspoken) == lint(
        cues, cuts_ms=[10_000], rate=PAL, profile=SDH
    )


def test_where_people_speak_all_the_time_a_sound_is_a_finding_of_its_shot() -> None:
    made = labelled([note(1, "door slams")], speech=[Span(9_000, 19_600)])
    assert made.cues == ()
    (finding,) = made.findings
    assert (finding.rule, finding.severity, finding.start_ms) == (UNLABELLED, Severity.WARNING, 10_000)
    assert "“door slams”" in finding.message


def test_two_sounds_in_one_short_pause_share_a_caption() -> None:
    made = labelled([note(0, "door slams", "dog barks")], speech=[Span(0, 6_000), Span(8_000, 10_000)])
    assert [cue.lines for cue in made.cues] == [("[door slams]", "[dog barks]")]


def test_a_sound_that_goes_on_over_a_cut_is_named_once() -> None:
    assert texts(labelled([note(0, "rain"), note(1, "rain", "thunder")])) == ["[rain]", "[thunder]"]


def test_a_sound_that_goes_on_into_a_quieter_shot_is_named_there() -> None:
    made = labelled([note(0, "rain"), note(1, "rain")], speech=[Span(0, 9_900)])
    assert [(cue.text, cue.span.start_ms) for cue in made.cues] == [("[rain]", 10_000)]
    assert made.findings == ()


def test_what_a_describer_puts_around_a_name_is_taken_off() -> None:
    assert texts(labelled([note(0, " [Door\nslams\x07.] ", "♪", "\x00")])) == ["[Door slams]"]


@pytest.mark.parametrize(
    ("name", "language", "shown"),
    [
        ("netflix-sdh", "en", "[door slams]"),
        ("netflix-kids-sdh", "de", "[door slams]"),
        ("netflix-sdh", "ja", "（door slams）"),
        ("bbc", "en", "DOOR SLAMS"),
    ],
)
def test_each_house_sets_labels_in_its_own_way(name: str, language: str, shown: str) -> None:
    assert texts(labelled([note(0, "door slams")], house=profile(name, language))) == [shown]


@pytest.mark.parametrize("name", ["netflix", "web"])
def test_captions_that_are_not_for_the_deaf_have_no_labels(name: str) -> None:
    assert labelled([note(0, "door slams")], house=profile(name, "en")) == Labelled((), frozenset(), ())


def test_a_label_that_no_line_can_hold_is_a_finding() -> None:
    made = labelled([note(0, SOUNDS[-1])])
    assert (made.cues, [one.rule for one in made.findings]) == ((), [UNLABELLED])
