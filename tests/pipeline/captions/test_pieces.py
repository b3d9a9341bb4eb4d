"""Pieces: segments in order, cut into phrases, with times that come from the words."""

from __future__ import annotations

from pipeline.captions.pieces import INSIDE_SHORT_WORD, Piece, pieces
from pipeline.captions.profiles import profile
from schemas.speech import Segment, Word
from schemas.time import Span

LENGTH_MS = 60_000


def segment(index: int, words: list[tuple[str, int, int]], language: str = "en") -> Segment:
    timed = tuple(Word(text, Span(start, end), None) for text, start, end in words)
    return Segment(index, Span(words[0][1], words[-1][2]), language, "S1", timed, False)


def row_of(segments: list[Segment], language: str = "en", *, length_ms: int = LENGTH_MS) -> list[Piece]:
    return pieces(segments, profile("netflix", language), length_ms=length_ms)


def times(row: list[Piece]) -> list[tuple[str, int, int]]:
    return [(piece.token.text, piece.start_ms, piece.end_ms) for piece in row]


def test_words_of_a_spaced_language_are_pieces_with_their_own_times() -> None:
    words = [("Hello,", 100, 400), ("world.", 450, 900)]
    assert times(row_of([segment(0, words)])) == words


def test_characters_are_gathered_to_phrases_from_first_to_last() -> None:
    text = "電車が遅れたので"
    words = [(char, 1_000 + 100 * n, 1_090 + 100 * n) for n, char in enumerate(text)]
    row = row_of([segment(0, words, "ja")], "ja")
    assert times(row) == [("電車が", 1_000, 1_290), ("遅れたので", 1_300, 1_790)]


def test_a_phrase_inside_a_word_takes_its_share_of_the_time() -> None:
    row = row_of([segment(0, [("電車が遅れたので会議に間に", 0, 1_300)], "ja")], "ja")
    assert times(row)[:2] == [("電車が", 0, 300), ("遅れたので", 300, 800)]


def test_a_short_word_of_the_recogniser_is_kept_whole() -> None:
    row = row_of([segment(0, [("我们明天", 0, 800), ("见面", 800, 1_200)], "zh")], "zh")
    inside = {piece.token.text: piece.token.break_cost for piece in row}
    assert inside["我们"] == INSIDE_SHORT_WORD > inside["明天"]


def test_segments_are_put_in_order_of_their_start() -> None:
    row = row_of([segment(1, [("second.", 500, 900)]), segment(0, [("first.", 100, 400)])])
    assert [piece.token.text for piece in row] == ["first.", "second."]
    assert row[1].token.joiner == " "


def test_nothing_is_spoken_after_the_end_of_the_title() -> None:
    row = row_of([segment(0, [("late", 900, 1_500)])], length_ms=1_000)
    assert times(row) == [("late", 900, 1_000)]
