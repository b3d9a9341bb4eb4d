from __future__ import annotations

import itertools

import pytest
from hypothesis import given
from hypothesis import strategies as st

from schemas.time import Span
from workers.engines.filling import DoesNotFit, filled


@st.composite
def gaps_and_spans(draw: st.DrawFn) -> tuple[list[Span | None], Span]:
    """Spans in order inside a whole one, some of them not known."""
    edges = sorted(draw(st.sets(st.integers(0, 5_000), min_size=2, max_size=40)))
    spans = [Span(a, b) for a, b in itertools.pairwise(edges)]
    known = [span if draw(st.booleans()) else None for span in spans]
    return known, Span(edges[0], edges[-1])


@given(gaps_and_spans())
def test_missing_words_find_a_place_and_known_ones_keep_theirs_but_for_a_moment(
    made: tuple[list[Span | None], Span],
) -> None:
    known, within = made
    spans = filled(known, within)
    edges = [edge for span in spans for edge in (span.start_ms, span.end_ms)]
    assert edges == sorted(edges)
    assert within.start_ms <= edges[0]
    assert edges[-1] <= within.end_ms
    assert all(old is None or old.overlap_ms(new) == new.duration_ms for old, new in zip(known, spans, strict=True))


def test_a_word_between_two_that_touch_takes_a_millisecond_of_one() -> None:
    assert filled([Span(0, 100), None, Span(100, 200)], Span(0, 200)) == [Span(0, 99), Span(99, 100), Span(100, 200)]


def test_words_at_the_beginning_stand_close_to_what_follows() -> None:
    assert filled([None, Span(2_000, 2_500)], Span(0, 3_000))[0] == Span(1_700, 2_000)


def test_more_words_than_milliseconds_do_not_fit() -> None:
    with pytest.raises(DoesNotFit):
        filled([None] * 5, Span(0, 4))
