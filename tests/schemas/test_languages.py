"""What language a tag names."""

from __future__ import annotations

import pytest

from schemas.languages import UNDETERMINED, primary


@pytest.mark.parametrize(
    ("tag", "language"),
    [
        ("en", "en"),
        ("en-GB", "en"),
        ("EN-us", "en"),
        ("eng", "en"),
        ("pt-BR", "pt"),
        ("zh-Hant-TW", "zh"),
        ("iw", "he"),
        ("und", UNDETERMINED),
    ],
)
def test_a_tag_names_a_language_whatever_follows_it(tag: str, language: str) -> None:
    assert primary(tag) == language


@pytest.mark.parametrize("tag", ["del", "enf", "jam"])
def test_a_language_whose_name_begins_like_another_is_not_that_one(tag: str) -> None:
    assert primary(tag) == tag


@pytest.mark.parametrize(("text", "first"), [("", ""), ("English words", "english words"), ("xx-none-", "xx")])
def test_what_is_no_tag_is_taken_as_it_is(text: str, first: str) -> None:
    assert primary(text) == first
