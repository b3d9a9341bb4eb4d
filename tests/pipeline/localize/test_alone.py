from __future__ import annotations

import pytest
from hypothesis import given

from pipeline.localize.alone import passages
from schemas.speech import Segment, Turn, Word
from schemas.time import Span
from tests.pipeline.localize.titles import LENGTH_MS, Said, said


def segment(index: int, speaker: str | None, *words: tuple[int, int]) -> Segment:
    spoken = tuple(Word("word", Span(start_ms, end_ms), None) for start_ms, end_ms in words)
    return Segment(index, Span(words[0][0], words[-1][1]), "en", speaker, spoken, is_draft=False)


@given(said())
def test_exactly_the_words_that_nobody_else_is_heard_in_are_alone(title: Said) -> None:
    found = passages(title.segments, title.turns, title.dropped, length_ms=LENGTH_MS)
    for speaker in ("A", "B"):
        kept = [one for one in found if one.speaker == speaker]
        assert [word.span for passage in kept for piece in passage.pieces for word in piece.words] == title.alone(
            speaker
        )
    assert {passage.speaker for passage in found} <= {"A", "B"}


@given(said())
def test_the_room_of_a_passage_holds_its_words_and_nobody_else_and_could_not_be_larger(title: Said) -> None:
    for passage in passages(title.segments, title.turns, title.dropped, length_ms=LENGTH_MS):
        others = [*title.others(passage.speaker), *title.disturbed(passage.speaker)]
        assert not any(passage.room.overlap_ms(other) for other in others)
        assert all(piece.span.overlap_ms(passage.room) == piece.span.duration_ms for piece in passage.pieces)
        assert passage.room.start_ms == 0 or any(other.end_ms == passage.room.start_ms for other in others)
        assert passage.room.end_ms == LENGTH_MS or any(other.start_ms == passage.room.end_ms for other in others)


def test_two_sentences_with_nobody_between_them_are_one_passage() -> None:
    spoken = [segment(0, "A", (0, 400)), segment(1, "A", (2_000, 2_400)), segment(2, "B", (3_000, 3_400))]
    first, second = passages(spoken, [], [], length_ms=5_000)
    assert (first.speaker, len(first.pieces), first.room) == ("A", 2, Span(0, 3_000))
    assert (second.speaker, len(second.pieces), second.room) == ("B", 1, Span(2_400, 5_000))


@pytest.mark.parametrize("stranger", ["B", None])
def test_a_stranger_between_two_sentences_parts_them(stranger: str | None) -> None:
    spoken = [segment(0, "A", (0, 400)), segment(1, "A", (2_000, 2_400))]
    turns = [Turn(Span(0, 400), "A", 1.0), Turn(Span(500, 900), stranger, 0.5), Turn(Span(2_000, 2_400), "A", 1.0)]
    assert [passage.room for passage in passages(spoken, turns, [], length_ms=3_000)] == [
        Span(0, 500),
        Span(900, 3_000),
    ]


def test_a_word_that_somebody_talks_into_is_left_out() -> None:
    spoken = [segment(0, "A", (0, 400), (400, 800), (800, 1_200))]
    found = passages(spoken, [Turn(Span(500, 600), "B", 1.0)], [], length_ms=2_000)
    assert [piece.span for passage in found for piece in passage.pieces] == [Span(0, 400), Span(800, 1_200)]


def test_thousands_of_speakers_take_no_longer_than_two() -> None:
    many = [segment(index, f"S{index}", (index * 10, index * 10 + 5)) for index in range(20_000)]
    assert len(passages(many, [], [], length_ms=200_000)) == 20_000
