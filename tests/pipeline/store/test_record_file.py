"""One record as JSON comes back as it was."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.store import record_file
from schemas.media import Asset, Shot
from tests.pipeline.store import records


@given(st.data())
@pytest.mark.parametrize("record", [Asset, Shot])
def test_parse_undoes_compose(record: type[object], data: st.DataObject) -> None:
    row = data.draw(records.of(record))
    written = record_file.compose(row)
    assert record_file.parse(written, record) == row
    assert record_file.compose(row) == written


@pytest.mark.parametrize("data", [b"", b"{}", b"[]", b"\xff", b'{"asset_id": "a"'])
def test_what_is_no_such_record_is_refused(data: bytes) -> None:
    with pytest.raises(ValueError, match="Asset"):
        record_file.parse(data, Asset)
