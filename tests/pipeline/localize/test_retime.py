"""Translations on the times of the speech, and the captions that are made of them: never shifted, never merged."""

from __future__ import annotations

import itertools
import math
import unicodedata
from dataclasses import dataclass
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.captions.cues import Built, compose
from pipeline.captions.profiles import CaptionProfile, profile
from pipeline.captions.sync import alignment
from pipeline.captions.timing import MAX_LAG_S, MAX_LEAD_S
from pipeline.localize.retime import Retimed, links, segments, shares
from schemas.localize import CueLink, Line, TranslatedLine
from schemas.speech import Word
from schemas.time import Span
from tests.support.caption_strategies import SAMPLES, cuts_ms, profiles, rates, speech

FILM = Fraction(24)
ES = profile("netflix", "es")
LATEST_MS = 1000 * MAX_LAG_S
EARLIEST_MS = 1000 * (MAX_LEAD_S + Fraction(1, 2))  # half a second more where a cut is near


def answer(line: Line, text: str | None, language: str = "es") -> TranslatedLine:
    failure = None if text is not None else "the engine fell over"
    return TranslatedLine(
        line_index=line.line_index,
        cue_index=line.cue_index,
        language=language,
        source=line.text,
        text=text,
        shorter=(),
        budget=0.0,
        length=0.0,
        terms_due=(),
        terms_used=(),
        terms_missed=(),
        unknown=(),
        attempts=1,
        failure=failure,
    )


def one_line(span: Span, text: str, language: str = "es") -> Retimed:
    line = Line(0, 0, 0, span, "S1", "what was said")
    return segments([line], [answer(line, text, language)], language=language)


def times(retimed: Retimed) -> list[tuple[str, int, int]]:
    return [(word.text, word.span.start_ms, word.span.end_ms) for one in retimed.segments for word in one.words]


def test_words_share_the_time_of_their_line_by_their_length() -> None:
    assert times(one_line(Span(1_000, 2_000), "No lo sé.")) == [
        ("No", 1_000, 1_286),
        ("lo", 1_286, 1_571),
        ("sé.", 1_571, 2_000),
    ]


def test_words_share_milliseconds_where_there_are_more_words() -> None:
    assert times(one_line(Span(10, 12), "a b c")) == [("a", 10, 11), ("b", 10, 11), ("c", 11, 12)]


def test_a_language_without_spaces_is_timed_by_its_characters() -> None:
    assert times(one_line(Span(0, 700), "私はTVを見る", "ja")) == [
        ("私", 0, 100),
        ("は", 100, 200),
        ("TV", 200, 400),
        ("を", 400, 500),
        ("見", 500, 600),
        ("る", 600, 700),
    ]


@pytest.mark.parametrize(
    ("language", "text", "shown"),
    [
        ("ja", "行こう　今すぐに", "行こう 今すぐに"),
        ("ja", "Hello World と言う", "Hello World と言う"),
        ("th", "สวัสดีครับ ไปไหนมา", "สวัสดีครับ ไปไหนมา"),
        ("fr", "Tu viens\u00a0?", "Tu viens ?"),
    ],
)
def test_spaces_of_a_translation_are_kept(language: str, text: str, shown: str) -> None:
    retimed = one_line(Span(1_000, 4_000), text, language)
    (cue,) = captioned(retimed, profile("netflix", language)).cues
    assert cue.lines == (shown,)


def test_a_line_without_a_translation_has_no_segment() -> None:
    lines = [Line(n, n, n, Span(1_000 * n, 1_000 * n + 900), "S1", "x") for n in range(3)]
    retimed = segments(lines, [answer(lines[0], "uno"), answer(lines[1], None), answer(lines[2], " ")], language="es")
    assert [(one.text, one.speaker, one.span) for one in retimed.segments] == [("uno", "S1", Span(0, 900))]
    assert retimed.source_cues == (0,)


def test_translations_of_other_lines_are_refused() -> None:
    lines = [Line(n, n, n, Span(1_000 * n, 1_000 * n + 900), "S1", "x") for n in range(2)]
    with pytest.raises(ValueError, match="one translation each"):
        segments(lines, [answer(lines[1], "dos"), answer(lines[0], "uno")], language="es")
    with pytest.raises(ValueError, match="one translation each"):
        segments(lines, [answer(lines[0], "uno")], language="es")


@given(st.lists(st.integers(1, 60), min_size=1, max_size=40), st.integers(0, 9_000), st.integers(1, 3_000))
def test_shares_are_in_order_and_none_is_empty(lengths: list[int], start_ms: int, duration_ms: int) -> None:
    span = Span(start_ms, start_ms + duration_ms)
    parts = shares(lengths, span)
    assert len(parts) == len(lengths)
    assert (parts[0].start_ms, parts[-1].end_ms) == (span.start_ms, span.end_ms)
    assert parts == sorted(parts)
    if len(lengths) <= duration_ms:
        assert all(part.end_ms == following.start_ms for part, following in itertools.pairwise(parts))


@given(st.lists(st.integers(1, 60), min_size=1, max_size=40))
def test_shares_are_exact_where_there_is_time(lengths: list[int]) -> None:
    parts = shares(lengths, Span(0, 50 * sum(lengths)))
    assert [part.duration_ms for part in parts] == [50 * length for length in lengths]


def captioned(retimed: Retimed, house: CaptionProfile, *, rate: Fraction | None = FILM) -> Built:
    return compose(retimed.segments, cuts_ms=[], rate=rate, profile=house, length_ms=60_000, groups=retimed.source_cues)


def translated(lines: list[Line], texts: list[str | None], house: CaptionProfile = ES) -> Built:
    answers = [answer(line, text) for line, text in zip(lines, texts, strict=True)]
    return captioned(segments(lines, answers, language=house.language), house)


def shown(built: Built) -> list[tuple[int, str]]:
    return [(group, " / ".join(cue.lines)) for group, cue in zip(built.groups, built.cues, strict=True)]


def test_short_neighbours_do_not_share_a_cue() -> None:
    lines = [
        Line(0, 0, 0, Span(1_000, 1_300), "S1", "Yes."),
        Line(1, 1, 1, Span(1_350, 1_700), "S1", "I know."),
        Line(2, 2, 2, Span(1_750, 2_200), "S1", "Go on."),
    ]
    assert shown(translated(lines, ["Sí.", "Lo sé.", "Continúa."])) == [(0, "Sí."), (1, "Lo sé."), (2, "Continúa.")]


def test_a_long_translation_becomes_two_cues_in_its_own_time() -> None:
    lines = [
        Line(0, 0, 0, Span(1_000, 6_000), "S1", "Restricting certain substances will minimize their impact."),
        Line(1, 1, 0, Span(6_100, 8_000), "S1", "and save money."),
    ]
    long = (
        "La restricción de determinadas sustancias reducirá considerablemente las repercusiones negativas "
        "que puedan tener"
    )
    built = translated(lines, [long, "y ahorrará dinero."])
    assert shown(built) == [
        (0, "La restricción de determinadas / sustancias reducirá considerablemente"),
        (0, "las repercusiones negativas / que puedan tener"),
        (1, "y ahorrará dinero."),
    ]
    assert links(built.groups) == [CueLink(0, 0), CueLink(1, 0), CueLink(2, 1)]
    assert built.cues[1].span.end_ms <= 6_100


@pytest.mark.parametrize(
    ("name", "language", "expected"),
    [
        ("netflix", "es", ["- ¿Vienes? / - Ahora mismo."]),
        ("netflix", "de", ["-¿Vienes? / -Ahora mismo."]),
        ("netflix", "ja", ["¿Vienes?", "Ahora mismo."]),
    ],
)
def test_two_speakers_of_a_source_cue_share_a_cue_as_the_profile_says(
    name: str, language: str, expected: list[str]
) -> None:
    lines = [
        Line(0, 0, 0, Span(1_000, 2_300), "S1", "Are you coming?"),
        Line(1, 0, 1, Span(2_350, 2_800), "S2", "In a minute."),
        Line(2, 1, 2, Span(2_900, 4_900), "S1", "We will be late."),
    ]
    built = translated(lines, ["¿Vienes?", "Ahora mismo.", "Vamos tarde."], profile(name, language))
    assert [text for group, text in shown(built) if group == 0] == expected
    assert [text for group, text in shown(built) if group == 1] == ["Vamos tarde."]


def test_speakers_of_two_source_cues_do_not_share_one() -> None:
    lines = [
        Line(0, 0, 0, Span(1_000, 2_300), "S1", "Are you coming?"),
        Line(1, 1, 1, Span(2_350, 2_800), "S2", "In a minute."),
    ]
    assert shown(translated(lines, ["¿Vienes?", "Ahora mismo."])) == [(0, "¿Vienes?"), (1, "Ahora mismo.")]


def test_cues_keep_the_order_of_the_source_where_speakers_talk_at_once() -> None:
    lines = [
        Line(0, 0, 0, Span(1_000, 3_500), "S1", "I never said that to anyone,"),
        Line(1, 1, 0, Span(3_500, 6_000), "S1", "and I never will."),
        Line(2, 2, 1, Span(3_000, 5_000), "S2", "Of course you did."),
    ]
    built = translated(lines, ["Nunca se lo dije a nadie,", "y nunca lo haré.", "Claro que sí."])
    assert shown(built) == [(0, "Nunca se lo dije a nadie,"), (1, "y nunca lo haré."), (2, "Claro que sí.")]


@dataclass(frozen=True)
class Title:
    """A title that was captioned and translated."""

    source: Built
    answers: list[TranslatedLine]
    retimed: Retimed
    built: Built
    house: CaptionProfile
    rate: Fraction | None
    length_ms: int


@st.composite
def titles(draw: st.DrawFn) -> Title:
    """Speech, captioned under one profile, and captions of a translation under another, of any length."""
    own, house = draw(profiles()), draw(profiles())
    said, length_ms = draw(speech(own.language))
    length_ms += 400  # so that there is a millisecond for each cue of a translation, too
    cuts, rate = draw(cuts_ms(length_ms=length_ms)), draw(rates())
    source = compose(said, cuts_ms=cuts, rate=rate, profile=own, length_ms=length_ms)
    vocabulary = SAMPLES.get(house.language.partition("-")[0], SAMPLES["en"]).split()
    space = draw(st.sampled_from([" ", ""])) if house.language in SAMPLES else " "
    texts = st.lists(st.sampled_from(vocabulary), min_size=1, max_size=20).map(space.join)
    answers = [answer(line, draw(st.none() | texts), house.language) for line in source.lines]
    retimed = segments(source.lines, answers, language=house.language)
    built = compose(
        retimed.segments,
        cuts_ms=cuts,
        rate=rate,
        profile=house,
        length_ms=length_ms,
        groups=retimed.source_cues,
    )
    return Title(source, answers, retimed, built, house, rate, length_ms)


@given(titles())
def test_target_cues_are_true_to_the_source_cues_in_order_words_and_time(title: Title) -> None:
    """All that holds for any title; together, since each title is captioned twice."""
    follow_the_source_cues_and_leave_none_out(title)
    say_all_of_the_translation_of_their_source_cue_and_nothing_else(title)
    are_apart_and_inside_the_title(title)
    are_spoken_within_their_lines(title)
    stand_where_their_lines_are_said(title)


def follow_the_source_cues_and_leave_none_out(title: Title) -> None:
    found = links(title.built.groups)
    assert [link.cue_index for link in found] == list(range(len(title.built.cues)))
    numbers = [link.source_cue_index for link in found]
    assert numbers == sorted(numbers)
    answered = {answer.cue_index for answer in title.answers if answer.text is not None}
    assert set(numbers) == answered


def say_all_of_the_translation_of_their_source_cue_and_nothing_else(title: Title) -> None:
    for number in range(len(title.source.cues)):
        wanted = [Word(w.text, w.span, None) for w in words_of(title.retimed, number)]
        of_source = [cue for group, cue in zip(title.built.groups, title.built.cues, strict=True) if group == number]
        said = "".join(a.text for a in title.answers if a.cue_index == number and a.text is not None)
        assert "".join(word.text for word in wanted) == "".join(unicodedata.normalize("NFC", said).split())
        assert alignment(of_source, wanted) is not None


def are_apart_and_inside_the_title(title: Title) -> None:
    at_ms = 0
    for cue in title.built.cues:
        assert at_ms <= cue.span.start_ms
        at_ms = cue.span.end_ms
    assert at_ms <= title.length_ms


def are_spoken_within_their_lines(title: Title) -> None:
    spans = {line.line_index: line.span for line in title.source.lines}
    for number in range(len(title.source.cues)):
        of_cue = [line.span for line in title.source.lines if line.cue_index == number]
        for word in words_of(title.retimed, number):
            assert any(span.start_ms <= word.span.start_ms < word.span.end_ms <= span.end_ms for span in of_cue)
    for line in title.built.lines:
        source = title.built.groups[line.cue_index]
        of_source = [spans[one.line_index] for one in title.source.lines if one.cue_index == source]
        assert any(span.start_ms <= line.span.start_ms and line.span.end_ms <= span.end_ms for span in of_source)


def stand_where_their_lines_are_said(title: Title) -> None:
    """As far from its speech as timing may move a cue; by a frame more for each that crowds in before or after it."""
    frame_ms = 1 if title.rate is None else math.ceil(1000 / title.rate)
    heard_ms = 0
    for number, cue in enumerate(title.built.cues):
        said = [line.span for line in title.built.lines if line.cue_index == number]
        heard_ms = max(heard_ms, said[0].start_ms)
        assert cue.span.start_ms <= heard_ms + LATEST_MS + frame_ms * (number + 1)
        after = len(title.built.cues) - number
        is_crowded = cue.span.start_ms >= title.length_ms - frame_ms * (after + 1)
        assert cue.span.start_ms >= said[0].start_ms - EARLIEST_MS - frame_ms or is_crowded


def words_of(retimed: Retimed, source_cue: int) -> list[Word]:
    pairs = zip(retimed.source_cues, retimed.segments, strict=True)
    return [word for number, one in pairs if number == source_cue for word in one.words]
