from __future__ import annotations

import itertools
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given

from pipeline.localize.alone import Passage, Piece, passages
from pipeline.localize.references import (
    LEAST_SNR_DB,
    LONGEST_MS,
    LONGEST_PAUSE_MS,
    MOST_CLIPS,
    SHORTEST_MS,
    Clip,
    VoiceEnvelope,
    choose,
    is_clipped,
    word_error_rate,
)
from schemas.jobs import Transcript
from schemas.media import LEVEL_STEP_MS, SILENT_DBFS
from schemas.speech import Word
from schemas.time import Span
from tests.pipeline.localize.titles import LENGTH_MS, Said, said

SPEECH_DBFS, ROOM_DBFS = -20.0, -60.0


def envelope(speech: list[Span], *, level_dbfs: float = SPEECH_DBFS, noise_dbfs: float = ROOM_DBFS) -> VoiceEnvelope:
    """Sound that is loud where there is speech and soft elsewhere."""
    steps = LENGTH_MS // LEVEL_STEP_MS + 1
    levels, probabilities = np.full(steps, noise_dbfs), np.zeros(steps)
    for span in speech:
        spoken = slice(span.start_ms // LEVEL_STEP_MS, -(-span.end_ms // LEVEL_STEP_MS))
        levels[spoken], probabilities[spoken] = level_dbfs, 1.0
    return VoiceEnvelope(levels, probabilities)


def passage(*sentences: tuple[int, int], confidence: float = 0.9) -> Passage:
    """Sentences of words of half a second; each pair is a start and a number of words."""
    pieces = [
        Piece(
            tuple(
                Word("word", Span(start_ms + 500 * at, start_ms + 500 * at + 500), confidence) for at in range(count)
            ),
            "en",
        )
        for start_ms, count in sentences
    ]
    return Passage("A", Span(0, LENGTH_MS), tuple(pieces))


def spoken(*found: Passage) -> list[Span]:
    return [piece.span for one in found for piece in one.pieces]


@given(said())
def test_a_clip_is_of_one_speaker_alone_and_neither_too_short_nor_too_long(title: Said) -> None:
    found = passages(title.segments, title.turns, title.dropped, length_ms=LENGTH_MS)
    loud = envelope([one.span for one in title.segments])
    for speaker in ("A", "B"):
        clips = choose([one for one in found if one.speaker == speaker], loud).clips
        assert len(clips) <= MOST_CLIPS
        for clip in clips:
            assert SHORTEST_MS <= clip.span.duration_ms <= LONGEST_MS
            assert clip.span.end_ms <= LENGTH_MS
            assert not any(clip.span.overlap_ms(other) for other in title.others(speaker))
        assert not any(one.span.overlap_ms(other.span) for one, other in itertools.combinations(clips, 2))


@given(said())
def test_the_text_of_a_clip_is_every_word_that_is_heard_in_it(title: Said) -> None:
    found = passages(title.segments, title.turns, title.dropped, length_ms=LENGTH_MS)
    every = [word.span for one in title.segments for word in one.words]
    for clip in choose([one for one in found if one.speaker == "A"], envelope(every)).clips:
        heard = [span for span in every if span.overlap_ms(clip.span)]
        assert len(clip.text.split()) == len(heard)
        assert all(clip.span.start_ms <= span.start_ms and span.end_ms <= clip.span.end_ms for span in heard)


def test_the_clip_with_less_noise_comes_first() -> None:
    noisy, clean = passage((2_000, 10)), passage((30_000, 10))
    sound = envelope(spoken(noisy, clean))
    sound.level_dbfs[: 10_000 // LEVEL_STEP_MS] = np.maximum(sound.level_dbfs[: 10_000 // LEVEL_STEP_MS], -42)
    clips = choose([noisy, clean], sound).clips
    assert [round(clip.snr_db) for clip in clips] == [40, 22]
    assert clips[0].span.start_ms > 29_000


def test_the_clip_with_the_surer_words_comes_first() -> None:
    guessed, sure = passage((2_000, 10), confidence=0.2), passage((30_000, 10), confidence=0.9)
    assert choose([guessed, sure], envelope(spoken(guessed, sure))).clips[0].span.start_ms > 29_000


def test_noise_that_is_too_near_leaves_no_clip_and_says_so() -> None:
    only = passage((2_000, 10))
    found = choose([only], envelope(spoken(only), noise_dbfs=SPEECH_DBFS - LEAST_SNR_DB + 1))
    assert found.clips == ()
    assert "14 dB over the noise" in (found.obstacle or "")


def test_speech_that_is_too_soft_leaves_no_clip_and_says_so() -> None:
    only = passage((2_000, 10))
    found = choose([only], envelope(spoken(only), level_dbfs=-50, noise_dbfs=-90))
    assert found.clips == ()
    assert "-50 dBFS" in (found.obstacle or "")


def test_short_interjections_leave_no_clip_and_say_so() -> None:
    few = [Passage("A", Span(at, at + 2_000), passage((at, 4)).pieces) for at in range(1_000, 50_000, 10_000)]
    found = choose(few, envelope(spoken(*few)))
    assert found.clips == ()
    assert "3 s" in (found.obstacle or "")


def test_digital_silence_is_not_taken_for_the_noise_of_the_room() -> None:
    only = passage((2_000, 10))
    sound = envelope(spoken(only), noise_dbfs=-45)
    sound.level_dbfs[: 1_500 // LEVEL_STEP_MS] = SILENT_DBFS
    sound.level_dbfs[7_500 // LEVEL_STEP_MS :] = SILENT_DBFS
    assert round(choose([only], sound).clips[0].snr_db) == 25


def test_sentences_with_a_long_pause_between_them_are_not_one_clip() -> None:
    apart = passage((2_000, 7), (2_000 + 3_500 + LONGEST_PAUSE_MS + 1, 7))
    assert max(clip.span.duration_ms for clip in choose([apart], envelope(spoken(apart))).clips) < 4_000


def test_a_sentence_without_end_is_cut_into_clips() -> None:
    endless = passage((1_000, 100))
    sound = envelope(spoken(endless))
    sound.level_dbfs[::5] = ROOM_DBFS  # stops of consonants: soft, and still speech
    assert len(choose([endless], sound).clips) == MOST_CLIPS


def test_a_clip_has_a_little_of_the_silence_around_it() -> None:
    only = passage((2_000, 10))
    (clip,) = choose([only], envelope(spoken(only))).clips
    assert clip.span == Span(1_920, 7_080)


CLIP = Clip(Span(0, 4_000), "It's the old house, on the hill.", "en", -20, 40, 50)


def heard(*texts: str) -> Transcript:
    words = tuple(Word(text, Span(at * 100, at * 100 + 100), None) for at, text in enumerate(texts))
    return Transcript("", "en", words, is_draft=True, failure=None)


@pytest.mark.parametrize(
    ("texts", "rate"),
    [
        ("it’s the old house on the hill", 0),
        ("IT'S, THE OLD HOUSE ON THE HILL!", 0),
        ("it's the cold house on the hill", 1 / 7),
        ("it's the house on the hill", 1 / 7),
        ("it's the very old house on the hill", 1 / 7),
        ("", 1),
        ("a b c d e f g h i j k l m n", 2),
    ],
)
def test_words_that_are_heard_differently_count_and_case_and_marks_do_not(texts: str, rate: float) -> None:
    assert word_error_rate(CLIP, heard(*texts.split())) == pytest.approx(rate)


def test_a_language_without_spaces_is_compared_by_characters() -> None:
    clip = Clip(Span(0, 4_000), "東京は大きい。", "ja", -20, 40, 50)
    assert word_error_rate(clip, heard("東京は", "大きい")) == 0
    assert word_error_rate(clip, heard("東京は大きな")) == pytest.approx(1 / 6)


def test_words_that_were_heard_without_times_count_the_same() -> None:
    untimed = replace(heard(), untimed=f"{CLIP.text} indeed")
    assert word_error_rate(CLIP, untimed) == word_error_rate(CLIP, heard(*CLIP.text.split(), "indeed")) > 0


def test_full_scale_is_distortion_when_there_is_more_of_it_than_a_click() -> None:
    at_s = np.arange(48_000) / 16_000
    loud = np.sin(2 * np.pi * 200 * at_s) * 32_000
    assert not is_clipped(loud.astype(np.int16))
    assert is_clipped(np.clip(loud * 1.5, -32_768, 32_767).astype(np.int16))
    click = loud.copy()
    click[1_000:1_010] = -32_768
    assert not is_clipped(click.astype(np.int16))
