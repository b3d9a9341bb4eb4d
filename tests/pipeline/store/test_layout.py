"""Keys are built and parsed in one place, and what is parsed is what was built."""

from __future__ import annotations

import os

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.store import layout
from pipeline.store.layout import ReleaseMark, TablePart
from schemas.jobs import Job
from schemas.tables import TABLES

IDS = st.text("0123456789abcdef", min_size=16, max_size=16)
NUMBERS = st.integers(0, 99_999_999)


@given(IDS, IDS, st.sampled_from(sorted(TABLES)), NUMBERS)
def test_a_key_that_was_built_is_parsed(asset_id: str, release_id: str, table: str, number: int) -> None:
    part = layout.table_part(table, asset_id, release_id)
    assert layout.parse_table_part(part) == TablePart(table, asset_id, release_id)
    assert layout.parse_current(layout.current(asset_id, number)) == ReleaseMark(asset_id, number)
    assert layout.parse_claim(layout.claim(asset_id, number)) == number


@pytest.mark.parametrize("key", ["", "tables/cues/a.parquet", "releases/a/current/1.json", "claims/a/1.json"])
def test_a_key_of_another_kind_is_none(key: str) -> None:
    assert layout.parse_table_part(key) is None
    assert layout.parse_current(key) is None
    assert layout.parse_claim(key) is None


@given(st.lists(NUMBERS, unique=True))
def test_numbered_keys_sort_by_their_number(numbers: list[int]) -> None:
    keys = [layout.claim("f" * 16, number) for number in sorted(numbers)]
    assert keys == sorted(keys)


@given(st.binary())
def test_any_file_name_has_a_receipt_and_a_printable_form(name: bytes) -> None:
    decoded = os.fsdecode(name)
    assert layout.receipt(decoded, "etag").startswith(layout.RECEIPTS)
    layout.printable(decoded).encode()


def test_parts_that_others_were_folded_into_are_told_apart() -> None:
    assert layout.is_folded(layout.answers_folded("a" * 16, Job.ALIGN, "f" * 64))
    assert not layout.is_folded(layout.answers_part("a" * 16, Job.ALIGN, "f" * 64))
