from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from workers.messages import Answered, Ending, Fatal, Message, Ready, Refused, Started, compose, parse

TEXTS = st.text(st.characters(exclude_categories=["Cs"]))
IDS = st.lists(st.text("0123456789abcdef", min_size=1), max_size=4).map(tuple)
MESSAGES = st.one_of(
    st.builds(Ready, model_name=TEXTS, revision=TEXTS),
    st.builds(Started, request_ids=IDS),
    st.builds(Answered, request_ids=IDS, asset_id=TEXTS, part=TEXTS),
    st.builds(Refused, part=TEXTS, reason=TEXTS),
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
