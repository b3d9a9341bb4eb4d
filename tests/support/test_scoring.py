from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from schemas.speech import Turn, Word
from schemas.time import Span
from tests.support import scoring


def turn(start_ms: int, end_ms: int, speaker: str | None) -> Turn:
    return Turn(Span(start_ms, end_ms), speaker, 1.0)


def said(*words: tuple[str, int]) -> list[Word]:
    return [Word(text, Span(start_ms, start_ms + 100), None) for text, start_ms in words]


def test_words_are_compared_without_case_punctuation_and_hyphens() -> None:
    assert scoring.normalised("“Don’t,” she said -- well-known  FACTS; 'tis 3.5 café.") == [
        *("don't", "she", "said", "well", "known", "facts", "tis", "3", "5", "café"),
    ]


def test_a_substitution_a_deletion_and_an_insertion_are_three_errors() -> None:
    errors = scoring.word_errors("One two three, four five. Six seven!", "one too three five six seven eight")
    assert (errors.substitutions, errors.deletions, errors.insertions) == (1, 1, 1)
    assert errors.rate == pytest.approx(3 / 7)


def test_hearing_nothing_is_an_error_rate_of_one_and_a_loop_exceeds_it() -> None:
    assert scoring.word_errors("one two", "").rate == 1.0
    assert scoring.word_errors("one", "one one one").rate == 2.0


def test_a_reference_without_words_cannot_be_scored() -> None:
    with pytest.raises(ValueError, match="without words"):
        scoring.word_errors("…", "hello")


def test_word_times_are_compared_over_the_words_that_both_have() -> None:
    reference = said(("Good", 0), ("morning,", 300), ("my", 700), ("friend.", 900))
    heard = said(("good", 20), ("morning", 290), ("dear", 500), ("friend", 1_000))
    errors = scoring.word_time_errors(reference, heard)
    assert errors.errors_ms == (20, -10, 100)
    assert errors.reference_words == 4
    assert errors.median_ms == 20
    assert errors.mean_ms == pytest.approx(130 / 3)
    assert errors.p95_ms == pytest.approx(92)  # between 20 and 100, 0.9 of the way
    assert errors.bias_ms == 20
    assert errors.share_within(20) == pytest.approx(2 / 3)


def test_word_times_without_a_common_word_cannot_be_scored() -> None:
    with pytest.raises(ValueError, match="share no word"):
        scoring.word_time_errors(said(("yes", 0)), said(("no", 0)))
    with pytest.raises(ValueError, match="no words"):
        scoring.word_time_errors(said(("yes", 0)), [])


def test_other_names_for_the_same_speakers_are_no_error() -> None:
    reference = [turn(0, 4_000, "anna"), turn(4_000, 9_000, "ben"), turn(9_000, 12_000, "anna")]
    found = [turn(0, 4_000, "S2"), turn(4_000, 9_000, "S1"), turn(9_000, 12_000, "S2")]
    errors = scoring.diarization_errors(reference, found)
    assert errors.rate == 0
    assert errors.mapping == (("S1", "ben"), ("S2", "anna"))


def test_missed_false_and_confused_speech_add_up() -> None:
    reference = [turn(0, 10_000, "a"), turn(10_000, 20_000, "b")]
    found = [turn(1_000, 12_000, "x"), turn(12_000, 20_000, "y"), turn(25_000, 26_000, "y")]
    errors = scoring.diarization_errors(reference, found, collar_ms=0)
    assert (errors.missed_ms, errors.false_alarm_ms, errors.confused_ms) == (1_000, 1_000, 2_000)
    assert errors.scored_ms == 20_000
    assert errors.rate == pytest.approx(0.2)


def test_the_collar_forgives_what_is_near_a_reference_boundary() -> None:
    reference = [turn(1_000, 5_000, "a"), turn(5_000, 9_000, "b")]
    found = [turn(800, 5_200, "x"), turn(5_200, 9_250, "y")]
    errors = scoring.diarization_errors(reference, found)
    assert errors.rate == 0
    assert errors.scored_ms == 7_000  # 3.5 s of each turn lie outside the collars
    assert scoring.diarization_errors(reference, found, collar_ms=0).rate == pytest.approx((200 + 200 + 250) / 8_000)


def test_overlapping_speech_counts_for_each_speaker() -> None:
    reference = [turn(0, 6_000, "a"), turn(4_000, 10_000, "b")]
    found = [turn(0, 6_000, "x"), turn(6_000, 10_000, "y")]
    errors = scoring.diarization_errors(reference, found, collar_ms=0)
    assert errors.scored_ms == 12_000
    assert errors.missed_ms == 2_000
    assert errors.confused_ms == 0


def test_speech_of_nobody_in_particular_is_confused_and_not_missed() -> None:
    errors = scoring.diarization_errors([turn(0, 4_000, "a")], [turn(0, 4_000, None)], collar_ms=0)
    assert (errors.missed_ms, errors.confused_ms, errors.rate) == (0, 4_000, 1.0)


def test_one_found_speaker_cannot_stand_for_two() -> None:
    reference = [turn(0, 6_000, "a"), turn(6_000, 10_000, "b")]
    errors = scoring.diarization_errors(reference, [turn(0, 10_000, "x")], collar_ms=0)
    assert errors.mapping == (("x", "a"),)
    assert errors.rate == pytest.approx(0.4)


def test_silence_cannot_be_scored() -> None:
    with pytest.raises(ValueError, match="no speech"):
        scoring.diarization_errors([], [turn(0, 1_000, "x")])


def test_cuts_match_one_to_one_within_the_tolerance() -> None:
    exact = scoring.cut_score([30, 180, 394], [30, 181, 500])
    assert exact.hits == 1
    assert exact.precision == pytest.approx(1 / 3)
    assert exact.recall == pytest.approx(1 / 3)
    near = scoring.cut_score([30, 180, 394], [30, 181, 500], tolerance_frames=1)
    assert near.f1 == pytest.approx(2 / 3)
    doubled = scoring.cut_score([30], [29, 30, 31], tolerance_frames=1)
    assert (doubled.hits, doubled.recall, doubled.f1) == (1, 1.0, 0.5)
    assert doubled.precision == pytest.approx(1 / 3)


def test_neighbouring_cuts_do_not_steal_each_others_match() -> None:
    assert scoring.cut_score([10, 12], [11, 13], tolerance_frames=1).hits == 2
    assert scoring.cut_score([11, 13], [10, 12], tolerance_frames=1).hits == 2


def test_finding_nothing_where_nothing_is_is_perfect() -> None:
    nothing = scoring.cut_score([], [])
    assert (nothing.precision, nothing.recall, nothing.f1) == (1.0, 1.0, 1.0)
    missed = scoring.cut_score([5], [])
    assert (missed.recall, missed.f1) == (0.0, 0.0)


@given(
    st.lists(st.tuples(st.integers(0, 50), st.integers(1, 20), st.sampled_from("abc")), min_size=1, max_size=6),
    st.permutations("xyz"),
)
def test_a_copy_under_other_names_has_no_error(turns: list[tuple[int, int, str]], names: list[str]) -> None:
    renamed = dict(zip("abc", names, strict=True))
    reference = [turn(start * 100, (start + length) * 100, who) for start, length, who in turns]
    found = [turn(one.span.start_ms, one.span.end_ms, renamed[str(one.speaker)]) for one in reference]
    assert scoring.diarization_errors(reference, found, collar_ms=0).rate == 0


@given(st.lists(st.integers(0, 40), unique=True), st.lists(st.integers(0, 40), unique=True), st.integers(0, 3))
def test_the_score_of_cuts_does_not_depend_on_which_list_is_the_reference(
    first: list[int], second: list[int], tolerance: int
) -> None:
    there = scoring.cut_score(first, second, tolerance_frames=tolerance)
    back = scoring.cut_score(second, first, tolerance_frames=tolerance)
    assert there.hits == back.hits
    assert there.precision == back.recall
