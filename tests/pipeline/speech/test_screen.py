from __future__ import annotations

import itertools

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.speech.screen import FEWEST_LOOP_WORDS, LOOP, PHANTOM, PHANTOM_MARGIN_MS, screen
from pipeline.speech.seams import RATE, HeardWord, Joined, Lost
from schemas.media import SpeechRegion
from schemas.speech import Word
from schemas.time import Span

HOUR = 3_600_000
EVERYWHERE = (SpeechRegion(Span(0, HOUR), 0.9),)


def said(text: str, *, start_ms: int = 0, word_ms: int = 250, pause_ms: int = 50) -> Joined:
    """One run of words at an even pace."""
    words = [
        HeardWord(Word(part, Span(at_ms, at_ms + word_ms), None), "en", is_draft=False)
        for number, part in enumerate(text.split())
        for at_ms in [start_ms + number * (word_ms + pause_ms)]
    ]
    return Joined((tuple(words),), ())


def text_of(joined: Joined) -> list[str]:
    return [" ".join(heard.word.text for heard in run) for run in joined.runs]


def test_ordinary_speech_passes() -> None:
    joined = said("And so, my fellow Americans, ask not what your country can do for you,")
    assert screen(joined, EVERYWHERE) == joined


@pytest.mark.parametrize("times", [4, 9])
@pytest.mark.parametrize("pattern", ["thank you for watching.", "and then he said that", "a b c d e f g h i j k"])
def test_a_loop_is_cut_down_to_its_first_occurrence(pattern: str, times: int) -> None:
    joined = said(" ".join(["we begin", *[pattern] * times, "and we go on"]))
    kept = screen(joined, EVERYWHERE)
    assert text_of(kept) == [f"we begin {pattern}", "and we go on"]
    (lost,) = kept.lost
    begin, end = 2 + len(pattern.split()), 2 + times * len(pattern.split())
    assert (lost.span, lost.reason) == (Span(begin * 300, end * 300 - 50), LOOP)


def test_case_and_punctuation_do_not_hide_a_loop() -> None:
    kept = screen(said("Oh no. " * 3 + "oh, NO! " * 4), EVERYWHERE)
    assert text_of(kept) == ["Oh no."]


@pytest.mark.parametrize(
    "text",
    [
        "no, no, no, no, no, no, no.",
        "bye bye. bye bye. bye bye.",
        "It was the best of times, it was the worst of times, it was the age of wisdom, it was the age of foolishness",
        "row row row your boat gently down the stream merrily merrily merrily merrily life is but a dream",
        "one two three four five six seven eight nine ten eleven twelve thirteen",
    ],
)
def test_what_people_do_repeat_stays(text: str) -> None:
    assert text_of(screen(said(text), EVERYWHERE)) == [text]


@given(st.integers(1, 30), st.text("ab", min_size=1, max_size=3))
def test_a_repeated_word_is_a_loop_from_a_fixed_count_on(times: int, text: str) -> None:
    kept = screen(said(" ".join([text] * times)), EVERYWHERE)
    expected = times if times < FEWEST_LOOP_WORDS else 1
    assert [len(run) for run in kept.runs] == [expected]


def test_words_where_nobody_speaks_are_phantoms_and_their_neighbours_stay() -> None:
    regions = [SpeechRegion(Span(0, 900), 0.9), SpeechRegion(Span(3_000, 4_000), 0.9)]
    kept = screen(said("a b c d e f g h i j k l", word_ms=250, pause_ms=50), regions)
    assert text_of(kept) == ["a b c d", "j k l"]
    assert kept.lost == (Lost(Span(1_200, 2_650), PHANTOM),)


@pytest.mark.parametrize(("apart_ms", "stays"), [(PHANTOM_MARGIN_MS - 1, True), (PHANTOM_MARGIN_MS, False)])
def test_a_word_near_speech_is_believed(apart_ms: int, stays: bool) -> None:
    regions = [SpeechRegion(Span(5_000, 6_000), 0.9)]
    for start_ms in (5_000 - apart_ms - 250, 6_000 + apart_ms):
        assert bool(screen(said("word", start_ms=start_ms), regions).runs) == stays


def test_without_any_speech_all_words_are_phantoms() -> None:
    assert screen(said("thanks for watching"), []).runs == ()


def test_words_faster_than_anybody_speaks_are_dropped() -> None:
    slow = said("we begin at an ordinary pace")
    fast = said("then suddenly everything comes tumbling out", start_ms=2_000, word_ms=40, pause_ms=0)
    after = said("before we calmly go on", start_ms=4_000)
    kept = screen(Joined((slow.runs[0] + fast.runs[0] + after.runs[0],), ()), EVERYWHERE)
    assert text_of(kept) == ["we begin at an ordinary pace", "before we calmly go on"]
    assert kept.lost == (Lost(Span(2_000, 2_240), RATE),)


def test_the_fastest_talker_of_the_world_is_believed() -> None:
    words = "To be, or not to be: that is the question; Whether 'tis nobler in the mind to suffer the slings".split()
    lengths = [sum(letter.isalpha() for letter in text) for text in words]
    ms_per_letter = 23_800 / 260 * len(words) / sum(lengths)  # 260 words in 23.8 s, the longer the slower
    edges = [round(ms_per_letter * letters) for letters in itertools.accumulate(lengths, initial=0)]
    heard = [
        HeardWord(Word(text, Span(*bounds), None), "en", is_draft=False)
        for text, bounds in zip(words, itertools.pairwise(edges), strict=True)
    ]
    joined = Joined((tuple(heard),), ())
    assert screen(joined, EVERYWHERE) == joined


def test_a_loop_that_the_end_breaks_off_is_dropped_to_the_end() -> None:
    kept = screen(said("so " + "thank you for watching " * 4 + "thank you"), EVERYWHERE)
    assert text_of(kept) == ["so thank you for watching"]


def test_one_short_word_at_a_coarse_time_is_believed() -> None:
    joined = said("I said so", word_ms=1, pause_ms=299)
    assert screen(joined, EVERYWHERE) == joined


def test_signs_of_syllables_count_for_what_they_say() -> None:
    assert screen(said("今 日 は 天 気 が い い で す", word_ms=40, pause_ms=0), EVERYWHERE).runs == ()
    calm = said("今 日 は 天 気 が い い で す", word_ms=140, pause_ms=0)  # seven a second
    assert screen(calm, EVERYWHERE) == calm


texts = st.lists(st.sampled_from(["a", "b", "the", "extraordinarily"]), min_size=1, max_size=60).map(" ".join)


@given(texts, st.integers(1, 400), st.integers(0, 5_000))
def test_every_word_is_kept_or_lost_for_a_reason(text: str, word_ms: int, heard_until_ms: int) -> None:
    joined = said(text, word_ms=word_ms)
    regions = [SpeechRegion(Span(0, heard_until_ms), 0.9)] if heard_until_ms else []
    kept = screen(joined, regions)
    lost = [h for h in joined.runs[0] if any(h.word.span.overlap_ms(loss.span) for loss in kept.lost)]
    assert sorted([*lost, *(h for run in kept.runs for h in run)], key=lambda h: h.word.span) == list(joined.runs[0])
