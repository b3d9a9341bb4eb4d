"""Cues of speech that is made here: what is cut where, who shares a cue, what is kept when it does not fit."""

from __future__ import annotations

import itertools
import json
from fractions import Fraction
from pathlib import Path

import pytest

from pipeline.captions.cues import build
from pipeline.captions.lint import lint
from pipeline.captions.profiles import Rule, profile
from schemas.captions import Cue, Severity
from schemas.speech import Segment, Word
from schemas.time import Span, frame_to_ms, ms_to_frame

FILM = Fraction(24)
Line = tuple[str | None, int, int, str]


def spoken(lines: list[Line], *, language: str = "en") -> list[Segment]:
    """Segments of ``(speaker, start_ms, end_ms, text)``, the words as long as they have letters."""
    return [segment(n, *line, language=language) for n, line in enumerate(lines)]


def segment(number: int, speaker: str | None, start_ms: int, end_ms: int, text: str, *, language: str) -> Segment:
    words = text.split()
    letters = sum(len(word) for word in words)
    edges = [start_ms + (end_ms - start_ms) * sum(map(len, words[:n])) // letters for n in range(len(words) + 1)]
    timed = tuple(Word(word, Span(start, end), None) for word, start, end in zip(words, edges, edges[1:], strict=False))
    return Segment(number, Span(start_ms, end_ms), language, speaker, timed, False)


def built(
    lines: list[Line],
    *,
    name: str = "netflix",
    language: str = "en",
    cuts: tuple[int, ...] = (),
    rate: Fraction | None = FILM,
    length_ms: int = 60_000,
) -> list[Cue]:
    return build(
        spoken(lines, language=language),
        cuts_ms=[frame_to_ms(cut, FILM) for cut in cuts],
        rate=rate,
        profile=profile(name, language),
        length_ms=length_ms,
    )


def texts(cues: list[Cue]) -> list[str]:
    return [" / ".join(cue.lines) for cue in cues]


def test_a_long_sentence_is_cut_at_its_clauses() -> None:
    cues = built(
        [("S1", 1_000, 9_000, "Restricting certain substances will not only minimize the chemicals' harmful impact "
          "on environment and health, but may also enhance efficiency in your production.")]
    )  # fmt: skip
    assert texts(cues) == [
        "Restricting certain substances / will not only minimize",
        "the chemicals' harmful impact / on environment and health,",
        "but may also enhance efficiency / in your production.",
    ]


def test_a_list_is_not_cut_after_its_first_word() -> None:
    text = "Wir kauften Brot, Käse und Obst und setzten uns danach auf eine Bank, um die Leute zu beobachten."
    cues = built([("S1", 1_000, 7_000, text)], language="de", cuts=(36,))
    assert texts(cues) == [
        "Wir kauften Brot, Käse und Obst / und setzten uns danach auf eine Bank,",
        "um die Leute zu beobachten.",
    ]


def test_each_sentence_gets_a_cue_of_its_own_where_there_is_time() -> None:
    cues = built([("S1", 1_000, 3_000, "I left early that day."), ("S1", 4_500, 6_500, "Nobody saw me go.")])
    assert texts(cues) == ["I left early that day.", "Nobody saw me go."]


def test_short_sentences_in_a_rush_share_a_cue() -> None:
    cues = built([("S1", 1_000, 1_300, "Yes."), ("S1", 1_350, 1_700, "I know."), ("S1", 1_750, 2_200, "Go on.")])
    assert texts(cues) == ["Yes. I know. Go on."]


def test_a_cue_does_not_span_a_long_silence() -> None:
    cues = built([("S1", 1_000, 1_600, "Wait."), ("S1", 5_000, 5_900, "Now go.")])
    assert texts(cues) == ["Wait.", "Now go."]


def test_a_pause_inside_a_sentence_is_where_it_is_cut() -> None:
    words = [Word(w, Span(1_000 + 300 * n, 1_280 + 300 * n), None) for n, w in enumerate("We took everything".split())]
    words += [Word(w, Span(5_000 + 300 * n, 5_280 + 300 * n), None) for n, w in enumerate("that we could.".split())]
    row = [Segment(0, Span(1_000, 5_880), "en", "S1", tuple(words), False)]
    cues = build(row, cuts_ms=[], rate=FILM, profile=profile("netflix", "en"), length_ms=9_000)
    assert texts(cues) == ["We took everything", "that we could."]


@pytest.mark.parametrize(
    ("name", "language", "expected"),
    [
        ("netflix", "en", "-Are you coming? / -In a minute."),
        ("netflix", "es", "- Are you coming? / - In a minute."),
        ("bbc", "en", "-Are you coming? / -In a minute."),
        ("web", "en", "- Are you coming? / - In a minute."),
    ],
)
def test_two_speakers_share_a_cue_as_the_house_writes_it(name: str, language: str, expected: str) -> None:
    lines: list[Line] = [("S1", 1_000, 2_300, "Are you coming?"), ("S2", 2_350, 2_800, "In a minute.")]
    lines.append(("S1", 2_900, 4_900, "We will be late."))
    cues = built(lines, name=name, language=language)
    assert texts(cues)[0] == expected
    assert cues[0].speakers == ("S1", "S2")
    assert cues[1].speakers == ("S1",)


def test_two_speakers_with_time_for_both_have_a_cue_each() -> None:
    cues = built([("S1", 1_000, 3_500, "Are you coming to the party?"), ("S2", 4_000, 6_000, "No, I have to work.")])
    assert [cue.speakers for cue in cues] == [("S1",), ("S2",)]


def test_unknown_speakers_never_share_a_cue_as_two() -> None:
    cues = built([(None, 1_000, 2_300, "Are you coming?"), ("S2", 2_350, 2_800, "In a minute.")])
    assert texts(cues) == ["Are you coming?", "In a minute."]
    assert cues[0].speakers == ()


def test_japanese_never_puts_two_speakers_into_a_cue() -> None:
    cues = built([("S1", 1_000, 1_500, "行く？"), ("S2", 1_520, 1_900, "うん。")], language="ja")
    assert texts(cues) == ["行く？", "うん。"]


def test_speech_too_fast_to_read_stays_complete_and_is_reported() -> None:
    text = "extraordinary circumstances notwithstanding everybody participated enthusiastically throughout"
    cues = built([("S1", 1_000, 3_000, text)])
    assert " ".join(line for cue in cues for line in cue.lines) == text
    findings = lint(cues, cuts_ms=[], rate=FILM, profile=profile("netflix", "en"))
    assert {finding.rule for finding in findings} - {"not-checked"} == {Rule.READING_SPEED}


def test_a_word_wider_than_a_line_is_broken_and_nothing_of_it_lost() -> None:
    url = "https://www.example.com/a/very/long/path/that/never/ends/at/all"
    cues = built([("S1", 1_000, 5_000, f"Look at {url} now")])
    assert "".join("".join(cue.lines) for cue in cues).replace(" ", "") == f"Lookat{url}now"
    assert all(len(line) <= 42 for cue in cues for line in cue.lines)


def test_three_dots_become_the_character_that_the_house_asks_for() -> None:
    lines: list[Line] = [("S1", 1_000, 3_000, "I thought... never mind.")]
    assert texts(built(lines)) == ["I thought… never mind."]
    assert texts(built(lines, name="web")) == ["I thought... never mind."]


def test_recognised_characters_are_joined_to_japanese_phrases() -> None:
    text = "電車が遅れたので会議に間に合いませんでした"
    words = tuple(Word(char, Span(1_000 + 250 * n, 1_250 + 250 * n), None) for n, char in enumerate(text))
    row = [Segment(0, Span(1_000, words[-1].span.end_ms), "ja", None, words, False)]
    cues = build(row, cuts_ms=[], rate=FILM, profile=profile("netflix", "ja"), length_ms=20_000)
    assert "".join(texts(cues)).replace(" / ", "") == text
    assert any(cue.lines[0] == "会議に" or cue.lines[0].startswith("電車が") for cue in cues)


def test_a_sentence_that_was_recognised_as_one_word_is_cut_with_times_by_its_characters() -> None:
    text = "我们明天早上八点在火车站门口见面，然后一起坐车去北京看朋友，晚上再回来好不好"
    row = [Segment(0, Span(0, 8_000), "zh", "S1", (Word(text, Span(0, 8_000), None),), False)]
    cues = build(row, cuts_ms=[], rate=FILM, profile=profile("netflix", "zh"), length_ms=20_000)
    assert len(cues) > 1
    assert "".join("".join(cue.lines) for cue in cues) == text
    assert [cue.span.start_ms for cue in cues] == sorted(cue.span.start_ms for cue in cues)


def test_speakers_who_talk_at_once_are_shown_one_after_the_other() -> None:
    cues = built([("S1", 1_000, 4_000, "I never said that to anyone."), ("S2", 2_500, 5_000, "Of course you did.")])
    assert [cue.speakers for cue in cues] in ([("S1",), ("S2",)], [("S1", "S2")])
    assert all(earlier.span.end_ms <= later.span.start_ms for earlier, later in itertools.pairwise(cues))


def test_cues_stand_on_frames_and_end_with_the_title() -> None:
    length_ms = frame_to_ms(100, FILM)
    (cue,) = built([("S1", 3_000, length_ms, "The end.")], length_ms=length_ms)
    assert cue.span.end_ms == length_ms
    assert frame_to_ms(ms_to_frame(cue.span.start_ms, FILM), FILM) == cue.span.start_ms


def test_a_cue_starts_on_the_cut_that_its_speech_just_misses() -> None:
    (cue,) = built([("S1", 2_042, 4_000, "Here we are at last.")], cuts=(47,))
    assert cue.span.start_ms == frame_to_ms(47, FILM)


def test_a_cue_stands_on_the_frames_of_a_picture_that_begins_after_its_sound() -> None:
    late_ms, cut = 21, 21 + frame_to_ms(72, FILM)
    (cue,) = build(
        spoken([("S1", cut + 100, cut + 2_000, "We are all here.")]),
        cuts_ms=[cut],
        rate=FILM,
        profile=profile("netflix", "en"),
        length_ms=60_000,
        first_frame_ms=late_ms,
    )
    assert cue.span.start_ms == cut


def test_cuts_count_where_the_frame_rate_varies() -> None:
    house = profile("netflix", "en")
    lines: list[Line] = [("S1", 2_100, 4_000, "Here we are at last.")]
    (cue,) = build(spoken(lines), cuts_ms=[2_000, 4_300], rate=None, profile=house, length_ms=9_000)
    assert cue.span == Span(2_000, 4_300 - 83)  # two frames at 24 before the cut


def test_audio_without_picture_is_timed_in_milliseconds() -> None:
    (cue,) = built([("S1", 1_003, 3_007, "No frames here at all.")], rate=None)
    assert cue.span == Span(1_003, 3_507)


def test_no_speech_gives_no_cues() -> None:
    assert built([]) == []


@pytest.mark.shared_media
@pytest.mark.parametrize("name", ["netflix", "netflix-kids", "netflix-sdh", "bbc", "web"])
def test_real_narration_has_no_error_under_any_house(shared_media: Path, name: str) -> None:
    heard = json.loads((shared_media / "chemicals.words.json").read_text(encoding="utf-8"))["words"]
    words = [Word(word["word"], Span(word["start_ms"], word["end_ms"]), None) for word in heard]
    ends = [0, *(number + 1 for number, word in enumerate(words) if word.text[-1] in ".?!")]
    row = [
        Segment(n, Span(words[a].span.start_ms, words[b - 1].span.end_ms), "en", "S1", tuple(words[a:b]), False)
        for n, (a, b) in enumerate(itertools.pairwise(ends))
    ]
    house = profile(name, "en")
    cues = build(row, cuts_ms=[], rate=FILM, profile=house, length_ms=67_000)
    findings = lint(cues, cuts_ms=[], rate=FILM, profile=house, words=words)
    assert [finding for finding in findings if finding.severity is Severity.ERROR] == []
    assert {finding.rule for finding in findings} <= {Rule.READING_SPEED, Rule.LINE_BREAK}
