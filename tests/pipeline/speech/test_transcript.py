from __future__ import annotations

import random
import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.errors import UsageError
from pipeline.speech.transcript import distribute
from schemas.jobs import Transcript
from schemas.plan import Chunk, CutReason
from schemas.speech import Word
from schemas.time import Span

CHUNK_MS = 10_000
PAUSE_MS = 4_000
VOCABULARY = (
    "the a of and to in it was he she that with old river mill water stone bridge morning evening voice letter "
    "window garden winter summer children mountain yellow carried wondered suddenly nothing everything"
).split()


def chunks_of(count: int) -> list[Chunk]:
    step_ms = CHUNK_MS + PAUSE_MS
    return [
        Chunk(i, Span(i * step_ms, i * step_ms + CHUNK_MS), CutReason.SILENCE, CHUNK_MS, 0, 0) for i in range(count)
    ]


def recognised(chunk: Chunk, words: list[str]) -> Transcript:
    """The words at an even pace, without case and punctuation, as a draft engine hears them."""
    step_ms = CHUNK_MS // (len(words) + 1)
    begin_ms = chunk.span.start_ms
    heard = [
        Word(text.strip(".,!?").lower(), Span(begin_ms + i * step_ms, begin_ms + (i + 1) * step_ms), None)
        for i, text in enumerate(words)
    ]
    return Transcript("r", "en", tuple(heard), is_draft=True, failure=None)


FAILED = Transcript("r", "en", (), is_draft=True, failure="gone")


def test_words_that_were_recognised_go_where_they_were_heard() -> None:
    said = [["It", "was", "morning."], ["She", "wondered,", "and", "he", "did", "not."], ["Nothing!"]]
    chunks = chunks_of(3)
    answers = [recognised(chunk, words) for chunk, words in zip(chunks, said, strict=True)]
    text = "It was morning.\nShe wondered, and he\n  did not. Nothing!"
    assert distribute(text, chunks, answers) == [tuple(words) for words in said]


def test_words_that_were_not_recognised_go_beside_their_neighbours() -> None:
    chunks = chunks_of(2)
    answers = [recognised(chunks[0], ["uh", "river", "bridge"]), recognised(chunks[1], ["winter", "garden", "uh"])]
    found = distribute("the river bridge winter garden voice", chunks, answers)
    assert found == [("the", "river", "bridge"), ("winter", "garden", "voice")]


def test_a_recogniser_that_heard_nothing_leaves_the_length_of_the_chunks_to_decide() -> None:
    found = distribute("aaaa bbbb cccc dddd eeee ffff", chunks_of(3), [FAILED] * 3)
    assert found == [("aaaa", "bbbb"), ("cccc", "dddd"), ("eeee", "ffff")]


def test_a_chance_agreement_on_a_small_word_anchors_nothing() -> None:
    chunks = chunks_of(2)
    text = "winter garden the morning letter window"
    answers = [recognised(chunks[0], ["uh", "uh"]), recognised(chunks[1], ["uh", "uh", "uh", "the"])]
    assert distribute(text, chunks, answers) == [("winter", "garden", "the"), ("morning", "letter", "window")]


def test_an_empty_transcript_gives_no_words() -> None:
    assert distribute(" \n ", chunks_of(2), [FAILED] * 2) == [(), ()]


def test_a_transcript_of_a_title_without_speech_is_refused() -> None:
    assert distribute("", [], []) == []
    with pytest.raises(UsageError, match="2 words, but no speech"):
        distribute("some words", [], [])


parts = st.lists(st.lists(st.sampled_from(VOCABULARY), max_size=15), min_size=1, max_size=6)


@given(parts, st.lists(st.text(min_size=1), max_size=40))
def test_nothing_of_the_transcript_is_lost_or_doubled(said: list[list[str]], written: list[str]) -> None:
    chunks = chunks_of(len(said))
    answers = [recognised(chunk, words) if words else FAILED for chunk, words in zip(chunks, said, strict=True)]
    text = " ".join(written)
    found = distribute(text, chunks, answers)
    assert len(found) == len(chunks)
    assert [word for words in found for word in words] == unicodedata.normalize("NFC", text).split()


WORST_MISPLACED = 0.03  # share of words beside the right chunk, with one word in three recognised wrong


def test_a_bad_recogniser_still_puts_nearly_all_words_where_they_belong() -> None:
    dice = random.Random(3)
    said = [dice.choices(VOCABULARY, k=25) for _ in range(40)]
    chunks = chunks_of(40)
    answers = [
        recognised(chunk, [dice.choice(VOCABULARY) if dice.random() < 1 / 3 else word for word in words])
        for chunk, words in zip(chunks, said, strict=True)
    ]
    found = distribute(" ".join(word for words in said for word in words), chunks, answers)
    ends = [0, 0]
    misplaced = 0
    for right, got in zip(said, found, strict=True):
        ends = [ends[0] + len(right), ends[1] + len(got)]
        misplaced += abs(ends[0] - ends[1])
    assert misplaced <= WORST_MISPLACED * 1_000
