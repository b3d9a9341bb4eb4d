from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.contracts import ModelId
from schemas.figures import Figures
from schemas.jobs import Job
from workers.jobs import Member
from workers.messages import (
    Answered,
    Ending,
    Fatal,
    Loading,
    Message,
    Progress,
    Ready,
    Refused,
    Started,
    compose,
    parse,
)

TEXTS = st.text(st.characters(exclude_categories=["Cs"]))
IDS = st.lists(st.text("0123456789abcdef", min_size=1), max_size=4).map(tuple)
JOBS = st.sampled_from(Job)
MEMBERS = st.lists(st.builds(Member, JOBS, st.builds(ModelId, TEXTS, TEXTS)), max_size=3).map(tuple)
COUNTS = st.integers(0, 2**53)
TIMES = st.floats(0, 1e9)
FIGURES = st.builds(
    Figures, *[COUNTS] * 8, busy_s=TIMES, idle_s=TIMES, waiting=COUNTS, in_flight=COUNTS, kv_usage=st.floats(0, 1)
)
MESSAGES = st.one_of(
    st.builds(Loading, text=TEXTS),
    st.builds(Ready, members=MEMBERS, takes=st.integers(0)),
    st.builds(Started, request_ids=IDS),
    st.builds(Answered, job=JOBS, request_ids=IDS, asset_id=TEXTS, part=TEXTS),
    st.builds(Refused, part=TEXTS, reason=TEXTS),
    st.builds(Progress, figures=FIGURES),
    st.builds(Fatal, kind=st.sampled_from(Ending), text=TEXTS),
)


@given(MESSAGES)
def test_a_message_is_one_line_and_reads_back(message: Message) -> None:
    line = compose(message)
    assert line.count(b"\n") == 1
    assert parse(line) == message


@pytest.mark.parametrize(
    "line", [b"", b"hello", b"{}", b'{"event":"sings"}', b'{"event":"ready"}', b"\xff\xfe", b"[1]"]
)
def test_anything_else_is_refused(line: bytes) -> None:
    with pytest.raises(ValueError, match=r"JSON|tag|valid"):
        parse(line)
