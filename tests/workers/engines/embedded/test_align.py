from __future__ import annotations

from pathlib import Path

import pytest

from schemas.time import Span
from tests.support.scoring import word_time_errors
from tests.support.spoken import Utterance, speech
from workers.engines.embedded import align
from workers.engines.embedded.align import Fitting
from workers.engines.filling import DoesNotFit

LINES = (
    "Good morning, did you sleep well last night?",
    "We should leave for the station in about twenty minutes.",
)
MEDIAN_MS = 30  # three frames of the decoder
P95_MS = 100  # an eighth of a second is where viewers begin to see it


def test_words_of_a_known_text_are_placed_where_they_are_said(tmp_path: Path) -> None:
    utterances = [Utterance(500, "rms", LINES[0]), Utterance(4_500, "slt", LINES[1])]
    clip = speech(tmp_path, utterances, length_ms=9_000, name="lines.flac")
    words = " ".join(LINES).split()
    placed = align.load()(Fitting(clip.path, Span(0, 9_000), tuple(words)))
    assert [word.text for word in placed] == words
    errors = word_time_errors(clip.words, placed)
    assert errors.median_ms <= MEDIAN_MS
    assert errors.p95_ms <= P95_MS


def test_figures_and_names_that_the_dictionary_lacks_are_placed_too(tmp_path: Path) -> None:
    clip = speech(
        tmp_path, [Utterance(500, "rms", "We met in 1945 near Trondheimsfjord.")], length_ms=5_000, name="x.flac"
    )
    placed = align.load()(Fitting(clip.path, Span(0, 5_000), ("We", "met", "in", "1945", "near", "Trondheimsfjord.")))
    truth = {word.text: word.span.start_ms for word in clip.words}
    assert abs(placed[4].span.start_ms - truth["near"]) <= P95_MS
    assert all(word.confidence is not None for word in placed)


def test_a_word_without_a_sound_is_put_between_its_neighbours_and_has_no_confidence(tmp_path: Path) -> None:
    clip = speech(tmp_path, [Utterance(500, "rms", LINES[0])], length_ms=4_000, name="x.flac")
    words = (*LINES[0].split()[:2], "—", *LINES[0].split()[2:], "…")
    placed = align.load()(Fitting(clip.path, Span(0, 4_000), words))
    assert [word.text for word in placed if word.confidence is None] == ["—", "…"]


def test_more_words_than_the_sound_can_hold_do_not_fit(tmp_path: Path) -> None:
    clip = speech(tmp_path, [Utterance(300, "rms", "Hello.")], length_ms=1_500, name="x.flac")
    with pytest.raises(DoesNotFit):
        align.load()(Fitting(clip.path, Span(0, 1_500), ("extraordinary", "circumstances") * 20))
