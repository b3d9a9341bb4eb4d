"""Profiles: the houses' numbers, which guide serves which language, and what is said when there is none."""

from __future__ import annotations

import dataclasses
import re
from fractions import Fraction

import pytest

from pipeline.captions.profiles import CaptionProfile, Rule, languages, names, profile, read_house
from pipeline.errors import UsageError
from schemas.captions import Severity, Variant

NETFLIX_SPEEDS = [  # language, adult, children, SDH adult, SDH children: Subtitle Edit's tests, 2026-11-20
    ("en", 20, 17, 20, 17),
    ("es", 17, 13, 20, 17),
    ("es-419", 17, 13, 20, 17),
    ("fr", 17, 13, 20, 17),
    ("de", 17, 13, 20, 17),
    ("it", 17, 13, 20, 17),
    ("pt-BR", 17, 13, 20, 17),
    ("ja", 4, 4, 7, 7),
    ("ko", 12, 9, 14, 11),
    ("zh-Hans", 9, 7, 11, 9),
    ("zh-Hant", 9, 7, 11, 9),
    ("ar", 20, 17, 23, 20),
    ("hi", 22, 18, 25, 20),
    ("th", 17, 13, 20, 17),
]

NETFLIX_WIDTHS = {"ja": 13, "ko": 16, "zh-Hans": 16, "zh-Hant": 16, "th": 35}


def every() -> list[CaptionProfile]:
    return [profile(name, "en" if tag == "und" else tag) for name in names() for tag in languages(name)]


@pytest.mark.parametrize(("language", "adult", "kids", "sdh", "kids_sdh"), NETFLIX_SPEEDS)
def test_netflix_reading_speeds_are_those_of_the_guides(
    language: str, adult: int, kids: int, sdh: int, kids_sdh: int
) -> None:
    speeds = [
        profile(name, language).number(Rule.READING_SPEED, default=Fraction(0))
        for name in ("netflix", "netflix-kids", "netflix-sdh", "netflix-kids-sdh")
    ]
    assert speeds == [adult, kids, sdh, kids_sdh]


@pytest.mark.parametrize("language", languages("netflix"))
def test_netflix_lines_are_as_wide_as_the_guides_say(language: str) -> None:
    width = profile("netflix", language).number(Rule.LINE_LENGTH, default=Fraction(0))
    assert width == NETFLIX_WIDTHS.get(language, 42)


@pytest.mark.parametrize("house", every(), ids=lambda house: f"{house.name}-{house.language}")
def test_every_limit_says_where_it_is_from(house: CaptionProfile) -> None:
    for limit in house.limits:
        assert limit.source.title
        assert limit.source.section
        assert re.fullmatch(r"\d{4}-\d\d-\d\d", limit.source.retrieved)
        assert limit.source.url.startswith("https://") or limit.source.title == "reelingua"


@pytest.mark.parametrize("house", every(), ids=lambda house: f"{house.name}-{house.language}")
def test_every_profile_forbids_what_no_player_can_show(house: CaptionProfile) -> None:
    for rule in (Rule.OVERLAP, Rule.OUT_OF_ORDER, Rule.EMPTY):
        limit = house.limit(rule)
        assert limit is not None
        assert limit.severity is Severity.ERROR


def test_a_variety_without_a_guide_is_served_by_the_nearest_one() -> None:
    nearest = {"en-GB": "en", "es-MX": "es-419", "es-ES": "es", "zh-TW": "zh-Hant", "de-AT": "de"}
    for tag, guide in nearest.items():
        assert dataclasses.replace(profile("netflix", tag), language=guide) == profile("netflix", guide)


def test_the_language_that_was_asked_for_is_kept() -> None:
    assert profile("netflix", "es-MX").language == "es-MX"


def test_sdh_profiles_make_sdh_captions() -> None:
    assert [profile(name, "en").variant for name in ("netflix", "netflix-sdh")] == [Variant.SUBTITLE, Variant.SDH]


def test_the_web_profile_serves_any_language() -> None:
    assert profile("web", "sw").limits == profile("web", "en").limits


def test_an_unknown_profile_is_refused_with_the_list() -> None:
    with pytest.raises(UsageError, match=r"no caption profile 'hbo'; choose one of netflix, .*bbc, web"):
        profile("hbo", "en")


def test_a_language_without_a_guide_is_refused_with_the_list() -> None:
    with pytest.raises(UsageError, match=r"netflix has no guide for language 'sw', only for en, es, .*profile web"):
        profile("netflix", "sw")


def test_what_is_not_a_language_tag_is_refused() -> None:
    with pytest.raises(UsageError, match="not a language tag"):
        profile("web", "no such tongue!")


def test_italics_are_not_allowed_where_the_guides_say_so() -> None:
    without = {tag for tag in languages("netflix") if not profile("netflix", tag).is_italics_allowed}
    assert without == {"ar", "hi", "ko", "th", "zh-Hans", "zh-Hant"}


HOUSE = """
[profiles.plain]
title = "Plain"
variant = "subtitle"
[sources.ours]
title = "reelingua"
section = ""
url = ""
retrieved = "2026-11-20"
[rules.gap]
value = 2
unit = "frames"
severity = "error"
source = "ours"
[languages.en]
dialogue = { is_first_marked = true, marker = "-" }
"""


def test_a_data_file_is_read_as_it_is_written() -> None:
    assert read_house(HOUSE).rules[Rule.GAP].value == 2


@pytest.mark.parametrize(
    ("right", "wrong"),
    [
        ("severity =", "severty ="),
        ("[rules.gap]", "[rules.gaps]"),
        ('"frames"', '"frame"'),
        ('"error"', '"fatal"'),
        ("value = 2", 'value = "two"'),
        ("marker =", "mark ="),
        ("[languages.en]", "[languages.en]\nitalic = false"),
        ("section =", "chapter ="),
        ("[profiles.plain]", "[profile.plain]"),
        ('"subtitle"', '"subtitles"'),
    ],
)
def test_what_is_misspelt_in_a_data_file_is_refused(right: str, wrong: str) -> None:
    assert right in HOUSE
    with pytest.raises(ValueError, match="validation error"):
        read_house(HOUSE.replace(right, wrong))
