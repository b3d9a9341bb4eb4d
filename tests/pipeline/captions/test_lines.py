"""Lines of speech that is made here: whose words are in which, and which of them are one sentence."""

from __future__ import annotations

import unicodedata
from fractions import Fraction

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from pipeline.captions.cues import Built, compose
from pipeline.captions.lines import LONGEST_PAUSE_MS
from pipeline.captions.measure import characters
from pipeline.captions.pieces import line_width
from pipeline.captions.profiles import CaptionProfile, profile
from pipeline.captions.texts import HYPHENS, is_dialogue, with_ellipsis
from pipeline.captions.tokens import is_unspaced
from schemas.localize import Line
from schemas.speech import Segment, Word
from schemas.time import Span
from tests.support.caption_strategies import cuts_ms, profiles, rates, speech

FILM = Fraction(24)
EN = profile("netflix", "en")


def segment(number: int, speaker: str | None, start_ms: int, text: str, *, word_ms: int = 300) -> Segment:
    words = text.split()
    timed = tuple(
        Word(word, Span(start_ms + n * word_ms, start_ms + (n + 1) * word_ms), None) for n, word in enumerate(words)
    )
    return Segment(number, Span(start_ms, timed[-1].span.end_ms), "en", speaker, timed, False)


def composed(segments: list[Segment], *, house: CaptionProfile = EN) -> Built:
    return compose(segments, cuts_ms=[], rate=FILM, profile=house, length_ms=60_000)


def of_lines(built: Built) -> list[tuple[int, int, str]]:
    return [(line.cue_index, line.utterance, line.text) for line in built.lines]


def test_a_line_has_the_words_of_its_cue_on_the_times_of_the_speech() -> None:
    built = composed([segment(0, "S1", 1_000, "Restricting certain substances will minimize the impact.")])
    (cue,) = built.cues
    assert len(cue.lines) == 2
    assert built.lines == (
        Line(0, 0, 0, Span(1_000, 3_100), "S1", "Restricting certain substances will minimize the impact."),
    )
    assert cue.span != built.lines[0].span


def test_lines_of_a_sentence_that_spans_cues_are_one_utterance() -> None:
    text = (
        "Restricting certain substances will not only minimize the chemicals' harmful impact on environment "
        "and health, but may also enhance efficiency in your production."
    )
    built = composed([segment(0, "S1", 1_000, text, word_ms=400), segment(1, "S1", 14_000, "We thank you all.")])
    assert of_lines(built) == [
        (0, 0, "Restricting certain substances will not only minimize"),
        (1, 0, "the chemicals' harmful impact on environment and health,"),
        (2, 0, "but may also enhance efficiency in your production."),
        (3, 1, "We thank you all."),
    ]


def test_sentences_of_one_segment_in_cues_of_their_own_are_utterances_of_their_own() -> None:
    words = segment(0, "S1", 1_000, "I left early that day.", word_ms=400).words
    words += segment(0, "S1", 4_500, "Nobody saw me go.", word_ms=500).words
    built = composed([Segment(0, Span(1_000, 6_500), "en", "S1", words, False)])
    assert of_lines(built) == [(0, 0, "I left early that day."), (1, 1, "Nobody saw me go.")]


@pytest.mark.parametrize(("pause_ms", "utterances"), [(LONGEST_PAUSE_MS, [0, 0]), (LONGEST_PAUSE_MS + 1, [0, 1])])
def test_a_long_pause_inside_a_sentence_parts_utterances(pause_ms: int, utterances: list[int]) -> None:
    first = segment(0, "S1", 1_000, "We took everything", word_ms=700).words
    rest = segment(0, "S1", first[-1].span.end_ms + pause_ms, "that we could possibly carry.", word_ms=700).words
    built = composed([Segment(0, Span(1_000, rest[-1].span.end_ms), "en", "S1", first + rest, False)])
    assert [line.text for line in built.lines] == ["We took everything", "that we could possibly carry."]
    assert [line.utterance for line in built.lines] == utterances


def test_two_speakers_of_a_cue_have_a_line_each_without_hyphens() -> None:
    built = composed(
        [
            segment(0, "S1", 1_000, "Are you coming?", word_ms=430),
            segment(1, "S2", 2_350, "In a minute.", word_ms=150),
            segment(2, "S1", 2_900, "We will be late.", word_ms=500),
        ]
    )
    assert built.cues[0].lines == ("-Are you coming?", "-In a minute.")
    assert [(line.cue_index, line.utterance, line.speaker, line.text) for line in built.lines] == [
        (0, 0, "S1", "Are you coming?"),
        (0, 1, "S2", "In a minute."),
        (1, 2, "S1", "We will be late."),
    ]
    assert [line.span for line in built.lines[:2]] == [Span(1_000, 2_290), Span(2_350, 2_800)]


def test_a_japanese_line_has_no_spaces() -> None:
    text = "電車が遅れたので会議に間に合いませんでした"
    words = tuple(Word(char, Span(1_000 + 250 * n, 1_250 + 250 * n), None) for n, char in enumerate(text))
    house = profile("netflix", "ja")
    built = composed([Segment(0, Span(1_000, words[-1].span.end_ms), "ja", None, words, False)], house=house)
    assert "".join(line.text for line in built.lines) == text
    assert {line.utterance for line in built.lines} == {0}


def test_no_speech_gives_no_lines() -> None:
    assert composed([]) == Built((), (), ())


@st.composite
def titles(draw: st.DrawFn) -> tuple[list[Segment], Built, CaptionProfile]:
    house = draw(profiles())
    segments, length_ms = draw(speech(house.language))
    built = compose(
        segments,
        cuts_ms=draw(cuts_ms(length_ms=length_ms)),
        rate=draw(rates()),
        profile=house,
        length_ms=length_ms,
    )
    return segments, built, house


def in_order(segments: list[Segment]) -> list[Segment]:
    return sorted(segments, key=lambda one: (one.span.start_ms, one.segment_index))


def bare(text: str) -> str:
    """Text without white space and without hyphens, which may mark a speaker."""
    return "".join(char for char in with_ellipsis(text) if not char.isspace() and char not in HYPHENS)


@given(titles())
def test_every_word_is_in_exactly_one_line_in_order(title: tuple[list[Segment], Built, CaptionProfile]) -> None:
    segments, built, house = title
    said = [word.text for one in in_order(segments) for word in one.words]
    heard = unicodedata.normalize("NFC", "".join(said))
    assert bare("".join(line.text for line in built.lines)) == bare(heard)
    words = [with_ellipsis(word) for word in said]
    assume(not is_unspaced(house.language))
    assume(all(characters(word, house.counting) <= line_width(house) for word in words))
    assert [with_ellipsis(word) for line in built.lines for word in line.text.split(" ")] == words


@given(titles())
def test_lines_say_what_their_cues_show(title: tuple[list[Segment], Built, CaptionProfile]) -> None:
    _, built, _ = title
    assert [line.line_index for line in built.lines] == list(range(len(built.lines)))
    for index, cue in enumerate(built.cues):
        of_cue = [line for line in built.lines if line.cue_index == index]
        assert len(of_cue) == (2 if len(cue.speakers) == 2 else 1)
        assert tuple(line.speaker for line in of_cue if line.speaker is not None) == cue.speakers
        assert is_dialogue(cue) or len(of_cue) == 1
        assert bare("".join(line.text for line in of_cue)) == bare("".join(cue.lines))


@given(titles())
def test_an_utterance_is_of_one_speaker_without_long_pauses(
    title: tuple[list[Segment], Built, CaptionProfile],
) -> None:
    _, built, _ = title
    numbers = [line.utterance for line in built.lines]
    assert sorted(set(numbers)) == list(range(len(set(numbers))))
    for line, following in zip(built.lines, built.lines[1:], strict=False):
        if line.utterance == following.utterance:
            assert line.speaker == following.speaker
            assert following.span.start_ms - line.span.end_ms <= LONGEST_PAUSE_MS
        else:
            assert following.utterance == line.utterance + 1


@given(titles())
def test_a_line_lasts_from_its_first_word_to_the_end_of_its_last(
    title: tuple[list[Segment], Built, CaptionProfile],
) -> None:
    segments, built, house = title
    words = [(one.speaker, word) for one in in_order(segments) for word in one.words]
    assume(not is_unspaced(house.language))
    assume(all(characters(with_ellipsis(word.text), house.counting) <= line_width(house) for _, word in words))
    at = 0
    for line in built.lines:
        said = words[at : at + len(line.text.split(" "))]
        assert {speaker for speaker, _ in said} == {line.speaker}
        ends_ms = max(word.span.end_ms for _, word in said)
        assert line.span == Span(said[0][1].span.start_ms, ends_ms)
        at += len(said)
    assert at == len(words)
