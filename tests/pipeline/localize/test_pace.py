from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pocketsphinx import get_model_path

from infra.demo import flite
from pipeline.localize.pace import LEAST_SYLLABLES, LONGEST_GAP_MS, syllables, syllables_per_s
from schemas.speech import Word
from schemas.time import Span

TEXT = """
When the train finally arrived at the station everybody was waiting for somebody else. My mother had written a long
letter about the garden, the neighbours and the weather, and she wanted an answer before the end of September. We
carried the heavy suitcases through the underground passage, past a bakery, a chemist and a little theatre that was
closed for the season. Nobody noticed that the telephone was ringing in the empty office on the second floor. The
engineer explained that the machine needed only electricity and water, and that it could produce several hundred
bottles every hour. After dinner the children asked their grandfather for a story about the terrible storm of his
childhood, when the river had covered the road to the village and people travelled by boat for eleven days.
"""
VOWELS = frozenset("AA AE AH AO AW AY EH ER EY IH IY OW OY UH UW".split())
TEXT_TOLERANCE = 0.02  # of the syllables of a text
WORDS_RIGHT = 0.95

# The sentence has 17 syllables in a dictionary of American English.
LINE, LINE_SYLLABLES = "I would rather take the train to the lake than drive all of the way.", 17
LINE_TOLERANCE = 0.06  # one syllable


@pytest.fixture(scope="module")
def dictionary() -> dict[str, int]:
    """Syllables of the words of PocketSphinx's pronouncing dictionary, by its first pronunciation."""
    found = {}
    for line in Path(get_model_path("en-us/cmudict-en-us.dict")).read_text(encoding="utf-8").splitlines():
        word, *phones = line.split()
        found[word] = sum(phone in VOWELS for phone in phones)
    return found


def words(*spans: tuple[str, int, int]) -> list[Word]:
    return [Word(text, Span(start_ms, end_ms), None) for text, start_ms, end_ms in spans]


def test_syllables_of_english_are_those_of_the_dictionary(dictionary: dict[str, int]) -> None:
    said = [word for word in TEXT.lower().replace(",", " ").replace(".", " ").split() if word in dictionary]
    assert len(said) > 120
    counted = [syllables(word, "en") for word in said]
    right = [dictionary[word] for word in said]
    assert sum(count or 0 for count in counted) == pytest.approx(sum(right), rel=TEXT_TOLERANCE)
    assert sum(a == b for a, b in zip(counted, right, strict=True)) / len(said) >= WORDS_RIGHT


@pytest.mark.parametrize(
    ("word", "count"),
    [
        ("estación", 3), ("día", 2), ("poeta", 3), ("agua", 2), ("ciudad", 2), ("guerra", 2), ("pingüino", 3),
        ("aunque", 2), ("muy", 1), ("y", 1), ("aéreo", 4), ("Uruguay", 3), ("construir", 2), ("¿Qué?", 1),
    ],
)  # fmt: skip
def test_spanish_parts_strong_vowels_and_joins_weak_ones(word: str, count: int) -> None:
    assert syllables(word, "es-419") == count


@pytest.mark.parametrize(
    ("word", "language", "count"),
    [("Straße", "de", 2), ("хорошо", "ru", 3), ("моего", "ru", 3), ("καλημέρα", "el", 4), ("東京", "ja", 2),
     ("きゃっと", "ja", 2), ("한국어", "ko", 3), ("well-known", "en", 2), ("brother’s", "en", 2)],
)  # fmt: skip
def test_other_scripts_are_counted_by_their_vowels_or_characters(word: str, language: str, count: int) -> None:
    assert syllables(word, language) == count


@pytest.mark.parametrize(("word", "language"), [("שלום", "he"), ("1455", "en"), ("mid-19th", "en"), ("—", "en")])
def test_what_spelling_does_not_tell_is_not_counted(word: str, language: str) -> None:
    assert syllables(word, language) is None


@given(st.text(max_size=20), st.sampled_from(["en", "es", "ja", "ru", "und", "x"]))
def test_any_word_has_syllables_or_none_and_never_zero(word: str, language: str) -> None:
    count = syllables(word, language)
    assert count is None or count > 0


@pytest.mark.parametrize("voice", ["rms", "slt"])
def test_the_pace_of_a_sentence_is_its_syllables_over_its_time(voice: str) -> None:
    if not flite.is_installed():
        pytest.skip("needs the speech synthesiser Flite: apt-get install flite")
    said = flite.speak(LINE, voice, rms=0.08).words
    times = [Word(word.text, Span(word.start_ms, word.end_ms), None) for word in said]
    truth = LINE_SYLLABLES * 1000 / (said[-1].end_ms - said[0].start_ms)  # Flite makes no pause in it
    assert syllables_per_s(times, "en") == pytest.approx(truth, rel=LINE_TOLERANCE)


@given(st.integers(2, 5))
def test_who_speaks_n_times_as_slowly_has_an_nth_of_the_pace(times: int) -> None:
    fast = [Word("banana", Span(at * 400, at * 400 + 400), None) for at in range(10)]
    slow = [Word(word.text, Span(word.span.start_ms * times, word.span.end_ms * times), None) for word in fast]
    quick = syllables_per_s(fast, "en")
    assert quick is not None
    assert syllables_per_s(slow, "en") == pytest.approx(quick / times)


def test_pauses_do_not_count_and_gaps_between_words_do() -> None:
    together = words(("banana", 0, 500), ("banana", 500, 1_000), ("banana", 1_000, 1_500))
    gap = words(("banana", 0, 500), ("banana", 600, 1_000), ("banana", 1_000, 1_500))
    pause_ms = LONGEST_GAP_MS + 1
    apart = words(("banana", 0, 500), ("banana", 500 + pause_ms, 1_000 + pause_ms), ("banana", 5_000, 5_500))
    assert syllables_per_s(together, "en") == syllables_per_s(gap, "en") == syllables_per_s(apart, "en") == 6.0


def test_words_that_cannot_be_counted_take_no_time_either() -> None:
    counted = words(("banana", 0, 500), ("banana", 1_000, 1_500), ("banana", 2_000, 2_500))
    with_figure = [*counted, *words(("1,455,000", 2_500, 6_000))]
    assert syllables_per_s(with_figure, "en") == syllables_per_s(counted, "en")


def test_too_little_speech_has_no_pace() -> None:
    few = [Word("no", Span(at * 300, at * 300 + 200), None) for at in range(LEAST_SYLLABLES - 1)]
    assert syllables_per_s(few, "en") is None
    assert syllables_per_s([], "en") is None
