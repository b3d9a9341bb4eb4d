from __future__ import annotations

from dataclasses import dataclass

from hypothesis import given
from hypothesis import strategies as st

from schemas.time import Span, overlapping


@dataclass(frozen=True, slots=True, order=True)
class Placed:
    span: Span


@st.composite
def spans(draw: st.DrawFn) -> Span:
    start_ms = draw(st.integers(0, 50))
    return Span(start_ms, start_ms + draw(st.integers(1, 30)))


@given(windows=st.lists(spans(), max_size=6).map(sorted), items=st.lists(spans().map(Placed), max_size=12))
def test_each_window_gets_exactly_what_it_overlaps_in_order_of_time(windows: list[Span], items: list[Placed]) -> None:
    expected = [sorted(item for item in items if item.span.overlap_ms(window)) for window in windows]
    assert list(overlapping(windows, items)) == expected
