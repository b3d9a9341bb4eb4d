from __future__ import annotations

import itertools

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.speech.seams import HeardWord
from pipeline.speech.sentences import (
    LONG_PAUSE_MS,
    LONGEST_DRAFT_WORDS,
    LONGEST_WORDS,
    NEAR_TURN_MS,
    SENTENCE_PAUSE_MS,
    segments,
    speakers_of,
)
from schemas.speech import Turn, Word
from schemas.time import Span


def run(text: str, *, start_ms: int = 0, is_draft: bool = False, language: str = "en") -> tuple[HeardWord, ...]:
    """Words of 250 ms, 50 ms apart; ``|600|`` among them is a pause of 600 ms instead."""
    words, at_ms, pause_ms = [], start_ms, 0
    for part in text.split():
        if part.startswith("|"):
            pause_ms = int(part.strip("|"))
            continue
        at_ms += pause_ms
        words.append(HeardWord(Word(part, Span(at_ms, at_ms + 250), None), language, is_draft))
        at_ms, pause_ms = at_ms + 250, 50
    return tuple(words)


def sentences(*runs: tuple[HeardWord, ...], turns: tuple[Turn, ...] = ()) -> list[str]:
    return [segment.text for segment in segments(runs, turns)]


@pytest.mark.parametrize(
    "expected",
    [
        ["It rained.", "We stayed in!", "Did you?", "“Yes.”", "Well"],
        ["Dr. Smith met Mr. J. F. Jones at St. Mary's.", "They left."],
        ["He waited ... and waited.", "Then he left."],
        ["It cost 3.5 dollars, i.e. too much.", "So no."],
        ["So do I.", "No.", "Yes."],
        ["今日は。", "いい天気！"],
    ],
)
def test_sentences_end_where_the_engine_ends_them(expected: list[str]) -> None:
    assert sentences(run(" ".join(expected))) == expected


def test_a_long_pause_ends_a_segment_inside_a_sentence() -> None:
    assert sentences(run(f"and so |{LONG_PAUSE_MS}| it goes.")) == ["and so", "it goes."]


def test_a_draft_is_cut_at_pauses_and_gets_case_and_full_stops() -> None:
    heard = run(f"it is raining |{SENTENCE_PAUSE_MS}| i'm staying |{SENTENCE_PAUSE_MS - 1}| here", is_draft=True)
    assert sentences(heard) == ["It is raining.", "I'm staying here."]
    assert all(segment.is_draft for segment in segments([heard], []))


def test_a_long_draft_without_a_pause_is_cut_at_its_longest_breath() -> None:
    words = [f"w{i}" for i in range(40)]
    words.insert(18, "|300|")
    parts = segments([run(" ".join(words), is_draft=True)], [])
    assert [len(part.words) for part in parts] == [18, 22]


def test_an_engine_that_stops_punctuating_does_not_make_one_endless_segment() -> None:
    parts = segments([run(" ".join(["word"] * 500))], [])
    assert max(len(part.words) for part in parts) <= LONGEST_WORDS


def test_no_segment_spans_a_change_of_speaker() -> None:
    turns = (Turn(Span(0, 1_190), "S1", 0.9), Turn(Span(1_190, 9_000), "S2", 0.9))
    found = segments([run("do you know the way no I do not.")], turns)
    assert [(s.speaker, s.text) for s in found] == [("S1", "do you know the"), ("S2", "way no I do not.")]


def test_no_segment_spans_two_runs_or_two_languages() -> None:
    french = run("bonjour madame", start_ms=9_000, language="fr")
    found = segments([run("we begin"), run("and end", start_ms=5_000) + french], [])
    assert [(s.language, s.text) for s in found] == [("en", "we begin"), ("en", "and end"), ("fr", "bonjour madame")]


def test_an_unsure_turn_stays_unsure() -> None:
    assert speakers_of([Span(0, 100)], [Turn(Span(0, 200), None, 0.2)]) == [None]


def test_two_speakers_alike_are_neither() -> None:
    turns = [Turn(Span(0, 100), "S1", 0.9), Turn(Span(0, 100), "S2", 0.9)]
    assert speakers_of([Span(0, 100)], turns) == [None]


def test_most_of_a_word_decides() -> None:
    turns = [Turn(Span(0, 130), "S1", 0.9), Turn(Span(130, 400), "S2", 0.9)]
    assert speakers_of([Span(0, 250), Span(50, 300)], turns) == ["S1", "S2"]


@pytest.mark.parametrize(("apart_ms", "speaker"), [(NEAR_TURN_MS - 1, "S1"), (NEAR_TURN_MS, None)])
def test_a_word_beside_a_turn_belongs_to_it(apart_ms: int, speaker: str | None) -> None:
    turn = Turn(Span(5_000, 6_000), "S1", 0.9)
    assert speakers_of([Span(4_900 - apart_ms, 5_000 - apart_ms)], [turn]) == [speaker]
    assert speakers_of([Span(6_000 + apart_ms, 6_100 + apart_ms)], [turn]) == [speaker]


def test_the_nearer_of_two_turns_is_taken() -> None:
    turns = [Turn(Span(0, 1_000), "S1", 0.9), Turn(Span(1_500, 2_000), "S2", 0.9)]
    assert speakers_of([Span(1_050, 1_100), Span(1_400, 1_450)], turns) == ["S1", "S2"]


spans = st.builds(lambda a, n: Span(a, a + n), st.integers(0, 5_000), st.integers(1, 2_000))
turn_lists = st.lists(st.builds(Turn, spans, st.sampled_from(["S1", "S2", None]), st.just(0.5)), max_size=12)


@given(st.lists(spans, max_size=12), turn_lists)
def test_the_speaker_is_the_one_who_covers_most(words: list[Span], turns: list[Turn]) -> None:
    words = sorted(words)
    for span, told in zip(words, speakers_of(words, turns), strict=True):
        covered = {t.speaker: 0 for t in turns}
        for turn in turns:
            covered[turn.speaker] += span.overlap_ms(turn.span)
        leading = [speaker for speaker, ms in covered.items() if ms == max(covered.values())]
        if any(covered.values()):
            assert told == (leading[0] if len(leading) == 1 else None)


marks = st.sampled_from(["word", "end.", "Dr.", "so,", "why?", "|700|", "|2500|"])


@given(st.lists(st.tuples(st.lists(marks, max_size=60), st.booleans()), max_size=4), turn_lists)
def test_segments_have_every_word_once_and_in_order(plans: list[tuple[list[str], bool]], turns: list[Turn]) -> None:
    runs, at_ms = [], 0
    for text, is_draft in plans:
        if words := run(" ".join(text), start_ms=at_ms, is_draft=is_draft):
            runs.append(words)
            at_ms = words[-1].word.span.end_ms + 10
    found = segments(runs, turns)
    assert [w.span for s in found for w in s.words] == [h.word.span for r in runs for h in r]
    assert [s.segment_index for s in found] == list(range(len(found)))
    for one, following in itertools.pairwise(found):
        assert one.span.end_ms <= following.span.start_ms
    for segment in found:
        assert len(segment.words) <= (LONGEST_DRAFT_WORDS if segment.is_draft else LONGEST_WORDS)
        told = speakers_of([w.span for w in segment.words], turns)
        assert set(told) == {segment.speaker}
