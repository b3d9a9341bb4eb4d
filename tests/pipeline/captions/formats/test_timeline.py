"""The time line of SRT and WebVTT."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.captions.formats import timeline
from pipeline.captions.formats.notes import Notes
from schemas.time import Span

LONGEST_MS = 9_999 * 3600 * 1000  # what the four digits of its hours can say


@given(st.integers(0, LONGEST_MS - 1), st.integers(1, 10**7), st.sampled_from([",", "."]))
def test_what_clock_writes_is_read_back_without_a_note(start_ms: int, duration_ms: int, mark: str) -> None:
    span = Span(start_ms, min(start_ms + duration_ms, LONGEST_MS))
    notes = Notes()
    match = timeline.recognise(
        f"{timeline.clock(span.start_ms, mark=mark)} --> {timeline.clock(span.end_ms, mark=mark)}"
    )
    assert match is not None
    assert timeline.read(match, 1, notes, mark=mark) == timeline.TimeLine(span, "")
    assert notes.summary() == ()


@pytest.mark.parametrize(
    "line",
    ["", "-->", "12:30 --> 14:00", "Take the 12:30 --> it is late", "00:00:01,000", "a 00:00:01,000 --> 00:00:02,000",
     "00:00:01,000 --> 00:00:02,000x", "00:00:01,000,5 --> 00:00:02,000", "٠٠:٠٠:٠١,٠٠٠ --> ٠٠:٠٠:٠٢,٠٠٠"],
)  # fmt: skip
def test_other_lines_are_no_time_lines(line: str) -> None:
    assert timeline.recognise(line) is None
