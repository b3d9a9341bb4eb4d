"""In- and out-times, rule by rule: Netflix's frames at 24 (half a second is 12) and at 29.97 (15).

Speech and cuts are given in frames; expected are the frames that a subtitler following the guide sets.
"""

from __future__ import annotations

import itertools
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.captions.profiles import profile
from pipeline.captions.timerules import time_rules
from pipeline.captions.timing import Speech, place
from schemas.time import frame_to_ms

FILM = Fraction(24)
NTSC = Fraction(30000, 1001)
LAST = 10_000


def placed(
    rate: Fraction, speech: list[tuple[int, int]], cuts: list[int], *, name: str = "netflix", load: float = 1.0
) -> list[tuple[int, int]]:
    rules = time_rules(profile(name, "en"), rate=rate, cuts_ms=[frame_to_ms(cut, rate) for cut in cuts])
    return place([Speech(start, end, load) for start, end in speech], rules, last=LAST)


ALONE = [  # rate, speech, cuts, expected in- and out-frame, the rule
    (FILM, (100, 150), [], (100, 162), "on the first sound, half a second after the last"),
    (NTSC, (100, 150), [], (100, 165), "on the first sound, half a second after the last"),
    (FILM, (100, 104), [], (100, 120), "shorter speech stays for 5/6 s"),
    (NTSC, (100, 104), [], (100, 125), "shorter speech stays for 5/6 s"),
    (FILM, (100, 300), [], (100, 268), "longer speech goes after 7 s"),
    (NTSC, (100, 350), [], (100, 310), "longer speech goes after 7 s"),
    (FILM, (100, 150), [100], (100, 162), "speech on the cut starts on it"),
    (FILM, (100, 150), [95], (95, 162), "speech 5 frames after a cut starts on it"),
    (FILM, (100, 150), [89], (89, 162), "speech 11 frames after a cut starts on it"),
    (FILM, (100, 150), [87], (100, 162), "speech 13 frames after a cut starts where it is"),
    (NTSC, (100, 150), [86], (86, 165), "speech 14 frames after a cut starts on it"),
    (NTSC, (100, 150), [84], (100, 165), "speech 16 frames after a cut starts where it is"),
    (FILM, (100, 150), [101], (101, 162), "speech 1 frame before a cut starts on it"),
    (FILM, (100, 150), [107], (107, 162), "speech 7 frames before a cut starts on it"),
    (FILM, (100, 150), [108], (96, 162), "speech 8 frames before a cut starts 12 before it"),
    (FILM, (100, 150), [111], (99, 162), "speech 11 frames before a cut starts 12 before it"),
    (FILM, (100, 150), [112], (100, 162), "speech 12 frames before a cut starts where it is"),
    (NTSC, (100, 150), [109], (109, 165), "speech 9 frames before a cut starts on it"),
    (NTSC, (100, 150), [110], (95, 165), "speech 10 frames before a cut starts 15 before it"),
    (FILM, (100, 150), [151], (100, 149), "speech that ends 1 frame before a cut leaves 2 before it"),
    (FILM, (100, 150), [156], (100, 154), "speech that ends 6 frames before a cut leaves 2 before it"),
    (FILM, (100, 150), [162], (100, 160), "a tail that would end on a cut ends 2 before it"),
    (FILM, (100, 150), [163], (100, 161), "a tail that would end 1 frame before a cut ends 2 before it"),
    (FILM, (100, 150), [170], (100, 158), "a tail in the zone before a cut that is out of reach ends before the zone"),
    (FILM, (100, 150), [175], (100, 162), "a cut 13 frames behind the tail does not matter"),
    (FILM, (100, 150), [145], (100, 162), "speech 5 frames over a cut stays for 12 after it or more"),
    (FILM, (100, 150), [138], (100, 162), "speech 12 frames over a cut keeps its tail"),
    (NTSC, (100, 150), [156], (100, 154), "speech that ends 6 frames before a cut leaves 2 before it"),
    (NTSC, (100, 150), [145], (100, 165), "speech 5 frames over a cut stays for 15 after it or more"),
]


@pytest.mark.parametrize(("rate", "speech", "cuts", "expected", "why"), ALONE)
def test_one_cue_is_timed_as_the_guide_says(
    rate: Fraction, speech: tuple[int, int], cuts: list[int], expected: tuple[int, int], why: str
) -> None:
    assert placed(rate, [speech], cuts) == [expected], why


PAIRS = [  # rate, end of the first speech, start of the second, cuts, out-time of the first, in-time of the second
    (FILM, 150, 151, [], 149, 151, "no pause: the gap of 2 frames comes out of the first cue"),
    (FILM, 150, 155, [], 153, 155, "a pause of 5 frames is closed to 2"),
    (FILM, 150, 164, [], 162, 164, "a pause of 14 frames is closed to 2, the tail is half a second"),
    (FILM, 150, 165, [], 153, 165, "a pause of 15 frames cannot be closed within half a second: 12 stay open"),
    (FILM, 150, 173, [], 161, 173, "a pause of 23 frames leaves 12 open"),
    (FILM, 150, 180, [], 162, 180, "a pause of 30 frames leaves room for the whole tail"),
    (NTSC, 150, 155, [], 153, 155, "a pause of 5 frames is closed to 2"),
    (NTSC, 150, 167, [], 165, 167, "a pause of 17 frames is closed to 2"),
    (NTSC, 150, 168, [], 153, 168, "a pause of 18 frames leaves 15 open"),
    (FILM, 150, 160, [155], 153, 155, "a cut in the pause: out 2 before it, in on it"),
    (FILM, 150, 158, [156], 154, 156, "a cut before the second speech: out 2 before it, in on it"),
    (FILM, 150, 154, [160], 158, 160, "second speech 6 frames before a cut: in on it, out 2 before it"),
    (NTSC, 150, 160, [155], 153, 155, "a cut in the pause: out 2 before it, in on it"),
]


@pytest.mark.parametrize(("rate", "end", "start", "cuts", "out", "following", "why"), PAIRS)
def test_two_cues_are_timed_together(
    rate: Fraction, end: int, start: int, cuts: list[int], out: int, following: int, why: str
) -> None:
    first, second = placed(rate, [(90, end), (start, start + 60)], cuts)
    assert (first[1], second[0]) == (out, following), why


def test_short_utterances_in_a_row_each_get_their_minimum_within_half_a_second_of_their_speech() -> None:
    said = [(100, 106), (112, 118), (150, 190)]
    times = placed(FILM, said, [])
    assert all(end - start >= 20 for start, end in times)
    assert all(later[0] - earlier[1] in {2, *range(12, 30)} for earlier, later in itertools.pairwise(times))
    assert all(abs(start - spoken) <= 12 for (start, _), (spoken, _) in zip(times, said, strict=True))


def test_speech_without_room_loses_the_minimum_and_not_the_order() -> None:
    times = placed(FILM, [(100 + 2 * n, 102 + 2 * n) for n in range(30)], [])
    assert all(start < end for start, end in times)
    assert all(earlier[1] <= later[0] for earlier, later in itertools.pairwise(times))


def test_a_cue_stays_longer_to_be_read_where_silence_follows() -> None:
    (quick,) = placed(FILM, [(100, 124)], [], load=20.0)
    (wordy,) = placed(FILM, [(100, 124)], [], name="bbc", load=10.0)
    assert quick == (100, 136)
    assert wordy == (97, 160)  # ten words at 200 a minute are 3 s; 3 frames early, 1.5 s after the speech is all


def test_the_bbc_ends_a_cue_with_the_last_frame_of_the_shot() -> None:
    assert placed(Fraction(25), [(100, 150)], [155], name="bbc") == [(100, 155)]


def test_the_bbc_leaves_no_gap_below_a_second() -> None:
    first, second = placed(Fraction(25), [(100, 150), (170, 220)], [], name="bbc")
    assert first[1] == second[0] == 170


def test_without_a_rate_the_same_limits_hold_in_milliseconds() -> None:
    rules = time_rules(profile("netflix", "en"), rate=None, cuts_ms=[5_000])
    first, second = place([Speech(1_000, 4_000, 1.0), Speech(4_200, 6_000, 1.0)], rules, last=10_000)
    assert (first, second) == ((1_000, 4_117), (4_200, 6_500))


def test_the_minimum_counts_for_more_than_a_tidy_distance_to_a_cut() -> None:
    rules = time_rules(profile("netflix", "en"), rate=NTSC, cuts_ms=[frame_to_ms(150, NTSC)])
    assert place([Speech(131, 142, 1.0)], rules, last=153) == [(128, 153)]


def test_more_cues_than_ticks_are_refused() -> None:
    rules = time_rules(profile("netflix", "en"), rate=FILM, cuts_ms=[])
    with pytest.raises(ValueError, match="3 cues do not fit into 2 frames"):
        place([Speech(0, 1, 1.0)] * 3, rules, last=2)


@given(st.integers(0, 200), st.integers(1, 90), st.integers(1, 300), st.sampled_from([FILM, NTSC]))
def test_one_cue_near_one_cut_breaks_no_rule_of_shot_changes(start: int, said: int, cut: int, rate: Fraction) -> None:
    rules = time_rules(profile("netflix", "en"), rate=rate, cuts_ms=[frame_to_ms(cut, rate)])
    ((begins, ends),) = place([Speech(start + 20, start + 20 + said, 1.0)], rules, last=LAST)
    assert rules.in_fault(begins) is None
    assert rules.out_flash(ends) is None
    assert rules.out_zone_fault(ends) is None
    assert rules.duration_fault(ends - begins) is None
