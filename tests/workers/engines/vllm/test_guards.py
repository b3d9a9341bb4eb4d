from __future__ import annotations

import unicodedata
from typing import Annotated

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import Field

from schemas.time import Span
from tests.support.scripted_engine import said
from workers.engines.vllm import guards
from workers.engines.vllm.guards import JsonAnswer, Reason, Unacceptable
from workers.engines.vllm.question import Finish


class Fruit(JsonAnswer):
    """An answer as jobs ask for one."""

    variety: Annotated[str, Field(max_length=10)] = ""
    name: Annotated[str, Field(max_length=10)]
    weights: Annotated[tuple[int, ...], Field(max_length=2)]


@pytest.mark.parametrize(
    ("finish", "reason"), [(Finish.LENGTH, Reason.TRUNCATED), (Finish.REPETITION, Reason.REPETITION)]
)
def test_an_answer_that_did_not_come_to_its_end_is_refused(finish: Finish, reason: Reason) -> None:
    with pytest.raises(Unacceptable) as refused:
        guards.finished(said("All of it", finish))
    assert refused.value.reason is reason


def test_an_answer_that_came_to_its_end_is_taken() -> None:
    guards.finished(said("All of it"))


def test_json_that_follows_the_schema_is_read() -> None:
    assert guards.parsed('{"name": "pear", "weights": [1, 2]}', Fruit) == Fruit(name="pear", weights=(1, 2))


@pytest.mark.parametrize(
    "text",
    [
        "",
        "pear",
        '{"name": "pear", "weights": [1',
        '{"name": "pear"}',
        '{"name": "pear", "weights": [1], "colour": "green"}',
        '{"name": "pear", "weights": [1, 2, 3]}',
        '{"name": "pear", "weights": ["1"]}',
        '{"name": "a name that is too long", "weights": []}',
        '{"name": "\\ud800", "weights": []}',
        '{"name": "pear", "weights": []} {"name": "pear", "weights": []}',
    ],
)
def test_json_that_does_not_follow_the_schema_is_unparsable_and_says_why_on_one_line(text: str) -> None:
    with pytest.raises(Unacceptable) as refused:
        guards.parsed(text, Fruit)
    assert refused.value.reason is Reason.UNPARSABLE
    assert str(refused.value).startswith("unparsable: ")
    assert len(str(refused.value).splitlines()) == 1


@given(st.text())
def test_whatever_is_written_is_either_one_clean_line_or_unparsable(text: str) -> None:
    try:
        line = guards.clean(text)
    except Unacceptable:
        assert "\ufffd" in text or "<" in text or any(unicodedata.category(letter) == "Cs" for letter in text)
        return
    assert line == unicodedata.normalize("NFC", line)
    assert line.split() == (line.split(" ") if line else [])
    assert all(unicodedata.category(letter) not in {"Cc", "Cs", "Zl", "Zp"} for letter in line)
    assert guards.clean(line) == line


@pytest.mark.parametrize("mark", ["<|im_end|>", "<|audio_pad|>", "<asr_text>", "<timestamp>", "</think>", "<|a\nb|>"])
def test_signs_of_the_model_that_leak_into_its_text_are_unparsable(mark: str) -> None:
    with pytest.raises(Unacceptable) as refused:
        guards.clean(f"Good morning.{mark}")
    assert refused.value.reason is Reason.UNPARSABLE
    assert len(str(refused.value).splitlines()) == 1


@pytest.mark.parametrize("text", ["5 < 7 | 8 > 7", "I <3 you", "a <b> c", "می‌خواهم", "e\u0301t\u00e9"])
def test_signs_of_people_stay(text: str) -> None:
    assert guards.clean(text) == unicodedata.normalize("NFC", text)


def test_bytes_that_are_no_text_are_unparsable() -> None:
    with pytest.raises(Unacceptable, match="unparsable"):
        guards.clean("Good morn\ufffd")


@pytest.mark.parametrize(
    "text",
    [
        "thank you " * 6,
        "Thank you. thank you, THANK you! " * 2,
        "and so on we go " * 4,
        "and then no no no no yes " * 4,
        "It began well, but " + "go " * 12,
        "ha" * 21,
        "谢谢观看" * 21,
        "Good " + "." * 21,
    ],
)
def test_text_that_goes_round_in_circles_is_refused(text: str) -> None:
    with pytest.raises(Unacceptable) as refused:
        guards.not_looping(text)
    assert refused.value.reason is Reason.REPETITION


@pytest.mark.parametrize(
    "text", ["", "No, no, no, no!", "Bye bye.", "ha" * 20, "We shall fight, " * 3, "10000000", "go " * 11]
)
def test_people_may_repeat_themselves(text: str) -> None:
    guards.not_looping(text)


@given(st.lists(st.sampled_from(["one", "two", "three"]), min_size=1, max_size=20), st.integers(12, 40))
def test_any_pattern_of_words_is_found_wherever_it_begins(pattern: list[str], times: int) -> None:
    with pytest.raises(Unacceptable):
        guards.not_looping(" ".join(["Before", "it", *pattern * times, "after"]))


@given(st.permutations([f"w{number}" for number in range(60)]))
def test_words_that_are_all_different_are_no_loop(words: list[str]) -> None:
    guards.not_looping(" ".join(words))


FASTEST_MS = 1_000
"""In it the fastest talker says 51 letters."""


@pytest.mark.parametrize("text", ["a" * 51, "a " * 51, "你" * 17, "ア" * 17, "한" * 17, "a" * 23 + "!" * 99])
def test_what_the_fastest_talker_says_is_taken(text: str) -> None:
    guards.sayable(text, Span(500, 500 + FASTEST_MS))


@pytest.mark.parametrize("text", ["a" * 52, "你" * 18, "ア" * 18, "한" * 18, "1" * 52])
def test_what_nobody_can_say_in_the_time_is_refused_in_every_script(text: str) -> None:
    with pytest.raises(Unacceptable) as refused:
        guards.sayable(text, Span(500, 500 + FASTEST_MS))
    assert refused.value.reason is Reason.IMPOSSIBLE_RATE


def test_a_word_or_two_has_no_rate() -> None:
    guards.sayable("Good morning", Span(0, 1))


@pytest.mark.parametrize(
    ("text", "language"),
    [
        ("你好,今天天气很好", "en"),
        ("Привет, как дела?", "en"),
        ("你好", "es-419"),
        ("This is an answer in English, all of it.", "ru"),
        ("This is an answer in English, all of it.", "ja"),
        ("我们今天去学校学习中文然后回家吃饭", "ja"),
        ("我们今天去学校学习中文然后回家吃饭", "ko"),
        ("これは日本語です", "zh"),
        ("Ovo je srpski jezik pisan latinicom.", "sr-Cyrl"),
        ("नमस्ते दुनिया", "ta"),
    ],
)
def test_text_in_a_script_that_its_language_does_not_use_is_refused(text: str, language: str) -> None:
    with pytest.raises(Unacceptable) as refused:
        guards.in_language(text, language)
    assert refused.value.reason is Reason.WRONG_LANGUAGE


@pytest.mark.parametrize(
    ("text", "language"),
    [
        ("", "ru"),
        ("1, 2, 3 …", "ru"),
        ("OK, Facebook!", "ru"),
        ("Я живу в Нью-Йорке и пишу в Facebook.", "ru"),
        ("The word 你好 is how you say hello in Chinese.", "en"),
        ("東京都知事選挙", "ja"),
        ("これは日本語の文章です。", "ja"),
        ("カタカナ", "ja"),
        ("美國總統", "zh-Hant"),
        ("大韓民國은 民主共和國이다", "ko"),
        ("Ovo je srpski jezik pisan latinicom.", "sr"),
        ("Ово је српски.", "sr"),
        ("Good morning", "en"),
        ("Whatever 你好 привет", "und"),
        ("Whatever 你好 привет", "no tag"),
        ("Whatever 你好 привет", "xx"),
        ("ＦＵＬＬ　ＷＩＤＴＨ", "de"),
        ("می‌خواهم", "fa"),
    ],
)
def test_text_in_the_scripts_of_its_language_is_taken_with_names_and_words_of_others(text: str, language: str) -> None:
    guards.in_language(text, language)


@pytest.mark.parametrize(
    "text",
    [
        "I'm sorry, but I can't assist with that request.",
        "I’m sorry, I cannot transcribe the audio.",
        "As an AI language model, I am unable to listen to audio.",
        "抱歉,我无法处理音频。",
        "Lo siento, no puedo transcribir el audio.",
        "Sinto muito, mas não posso transcrever.",
        "Désolé, je ne peux pas transcrire cet audio.",
        "Es tut mir leid, ich kann diese Audiodatei nicht transkribieren.",
        "Mi dispiace, non posso trascrivere l'audio.",
        "Извините, я не могу расшифровать аудио.",
        "申し訳ありませんが、音声ファイルを聞くことはできません。",
        "죄송합니다. 음성 파일을 들을 수 없습니다.",
    ],
)
def test_a_model_that_says_it_cannot_is_refused(text: str) -> None:
    with pytest.raises(Unacceptable) as refused:
        guards.not_refusing(text)
    assert refused.value.reason is Reason.REFUSED


@pytest.mark.parametrize(
    "text",
    [
        "I'm sorry, Dave. I'm afraid I can't do that.",
        "I'm sorry, I can't hear you.",
        "Sorry, I can't.",
        "I cannot tell a lie.",
        "Unfortunately, we were unable to save him.",
        "He said: as an AI language model, I cannot process audio.",
        "Lo siento, no puedo.",
        "抱歉,我不能去。",
        "Es tut mir leid, ich kann nicht kommen.",
        "Je suis désolé, je ne peux pas venir.",
        "申し訳ありません、行けません。",
        "I'm sorry, I can't assist with that. " + "But let me tell you a story. " * 20,
    ],
)
def test_people_who_are_sorry_are_not(text: str) -> None:
    guards.not_refusing(text)


def test_reasons_are_words_that_do_not_change() -> None:
    assert [str(reason) for reason in Reason] == [
        "too long",
        "no media tokens",
        "truncated",
        "repetition",
        "unparsable",
        "refused",
        "wrong language",
        "impossible rate",
        "ids",
        "empty",
    ]
