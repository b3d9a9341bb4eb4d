from __future__ import annotations

import pytest

from workers.engines.vllm import languages
from workers.engines.vllm.languages import Skill

COUNTS = {Skill.ASR_HEARS: 30, Skill.ALIGNER_PLACES: 11, Skill.THINKER_HEARS: 18}
"""As their makers count; Qwen3-Omni's say 19 and name 18."""


@pytest.mark.parametrize(("skill", "count"), COUNTS.items())
def test_the_lists_are_as_long_as_their_makers_say(skill: Skill, count: int) -> None:
    assert len(languages.catalogue().skills[skill].tags) == count


@pytest.mark.parametrize("skill", Skill)
def test_every_language_of_a_list_can_be_done_has_a_name_and_a_script(skill: Skill) -> None:
    for tag in languages.catalogue().skills[skill].tags:
        assert languages.failure(skill, tag) is None
        assert "Unknown" not in languages.spoken_name(tag) + languages.written_name(tag)
        assert languages.scripts_of(tag) is not None, tag


@pytest.mark.parametrize("language", ["en", "en-US", "eng", "EN-gb", "zh-Hant", "cmn", "arb", "tl", "pt-BR", "und"])
def test_varieties_and_older_codes_are_heard_as_their_language(language: str) -> None:
    assert languages.failure(Skill.ASR_HEARS, language) is None


@pytest.mark.parametrize("language", ["cy", "is-IS", "tlh", "no tag"])
def test_a_language_that_a_model_does_not_hear_is_named_with_what_to_do(language: str) -> None:
    failure = languages.failure(Skill.ALIGNER_PLACES, language)
    assert failure is not None
    assert language in failure
    assert "; " in failure


def test_what_one_hears_the_other_may_not() -> None:
    assert languages.failure(Skill.ASR_HEARS, "sv") is None
    assert languages.failure(Skill.THINKER_HEARS, "sv") is not None
    assert languages.failure(Skill.ALIGNER_PLACES, "sv") is not None
    assert languages.failure(Skill.THINKER_HEARS, "ur") is None


@pytest.mark.parametrize(
    ("source", "target"), [("en", "es-419"), ("pt-BR", "pt-PT"), ("zh-Hans", "zh-Hant"), ("sw", "yi")]
)
def test_languages_and_their_varieties_can_be_translated(source: str, target: str) -> None:
    assert languages.pair_failure(source, target) is None


@pytest.mark.parametrize(
    ("source", "target"), [("en", "en-US"), ("und", "es"), ("en", "und"), ("en", "tlh"), ("tlh", "en")]
)
def test_one_language_twice_an_unknown_one_and_one_that_it_does_not_write_cannot(source: str, target: str) -> None:
    assert languages.pair_failure(source, target)


def test_qwen3_asr_reads_every_name_that_it_is_told() -> None:
    tags = languages.catalogue().skills[Skill.ASR_HEARS].tags
    assert {languages.asr_tag(str(languages.asr_name(tag))) for tag in tags} == tags


@pytest.mark.parametrize(
    ("name", "tag"), [("english", "en"), (" Cantonese ", "yue"), ("Uyghur", "ug"), ("Klingon", None)]
)
def test_a_name_that_it_says_is_a_language(name: str, tag: str | None) -> None:
    assert languages.asr_tag(name) == tag


def test_it_is_told_no_language_that_it_does_not_promise_to_hear() -> None:
    assert [languages.asr_name(language) for language in ("ug", "cy", "und", "en-GB")] == [None, None, None, "English"]


def test_what_is_heard_has_no_region_and_what_is_written_has() -> None:
    assert languages.spoken_name("pt-BR") == "Portuguese"
    assert languages.written_name("pt-BR") == "Portuguese (Brazil)"
    assert languages.spoken_name("ur") == "Urdu"


@pytest.mark.parametrize(
    ("language", "own", "beside"),
    [
        ("en", {"Latn"}, set()),
        ("ja", {"Hira", "Kana"}, {"Hani"}),
        ("ko", {"Hang"}, {"Hani"}),
        ("zh-Hant", {"Hani", "Bopo"}, set()),
        ("sr", {"Cyrl", "Latn"}, set()),
        ("sr-Latn", {"Latn"}, set()),
    ],
)
def test_a_language_has_its_scripts(language: str, own: set[str], beside: set[str]) -> None:
    assert languages.scripts_of(language) == (frozenset(own), frozenset(beside))
