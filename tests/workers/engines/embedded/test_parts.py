from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from workers.engines.embedded import parts

WORDS = st.text(st.characters(codec="utf-8", categories=("L", "N", "P")), min_size=1, max_size=12)
SENTENCES = st.lists(WORDS, min_size=1, max_size=40).map(" ".join)
SOURCES = st.lists(st.text("abc de.", min_size=1, max_size=40), min_size=1, max_size=8)

EVEN = 12  # characters that a cut may be away from its place for a better one, in the examples below


@given(SENTENCES, SOURCES)
def test_parts_are_the_words_of_the_whole_in_order_and_none_is_empty(sentence: str, sources: list[str]) -> None:
    divided = parts.cut(sentence, sources, "es")
    if divided is None:
        assert len(sentence.split()) < len(sources)
    else:
        assert len(divided) == len(sources)
        assert all(divided)
        assert " ".join(divided).split() == sentence.split()


@given(SENTENCES)
def test_one_part_is_the_whole(sentence: str) -> None:
    assert parts.cut(sentence, ["anything"], "es") == (" ".join(sentence.split()),)


@given(st.integers(2, 6), st.integers(1, 8))
def test_equal_words_are_shared_as_the_source_is(count: int, each: int) -> None:
    divided = parts.cut(" ".join(["palabra"] * count * each), ["x" * 20] * count, "es")
    assert divided == (" ".join(["palabra"] * each),) * count


@pytest.mark.parametrize(
    ("sources", "expected"),
    [
        (
            ("We choose to go to the moon", "not because it is easy,", "but because it is hard."),
            ("Escogemos ir a la luna", "no porque es fácil,", "sino porque es difícil."),
        ),
        (
            ("He opened the door of the old house", "and looked into the garden."),
            ("Abrió la puerta de la casa vieja", "y miró en el jardín."),
        ),
        (("I know,", "I was there."), ("Lo sé,", "estuve allí.")),
    ],
)
def test_a_cut_is_after_punctuation_or_before_a_conjunction(
    sources: tuple[str, ...], expected: tuple[str, ...]
) -> None:
    assert parts.cut(" ".join(expected), sources, "es") == expected


def test_a_cut_does_not_part_an_article_from_its_noun() -> None:
    divided = parts.cut("Nunca volvimos a ver la casa grande del abuelo", ["x" * 25, "x" * 20], "es")
    assert divided is not None
    assert not divided[0].endswith((" la", " del"))
    assert abs(len(divided[0]) - len(divided[1])) <= EVEN


def test_fewer_words_than_parts_cannot_be_cut() -> None:
    assert parts.cut("Soy", ["I", "am"], "es") is None
    assert parts.cut("", ["I"], "es") is None
