"""Every dropped object has at most one receipt per version of it."""

from __future__ import annotations

import os
from dataclasses import replace
from pathlib import Path

import pytest

from pipeline.errors import StoreError
from pipeline.store import layout, receipts
from pipeline.store.objects import FolderObjects
from pipeline.store.receipts import Receipt, Verdict

TAKEN = Receipt("drop/a.mkv", "1-2-3", Verdict.ACCEPTED, "a" * 16, "b" * 16, None, None, "2026-11-20T10:00:00Z")
REFUSED = Receipt("drop/b.mkv", "4-5-6", Verdict.REJECTED, None, None, "empty", "copy it again", "2026-11-20T10:00:00Z")


@pytest.fixture
def objects(tmp_path: Path) -> FolderObjects:
    return FolderObjects(tmp_path)


@pytest.mark.parametrize("receipt", [TAKEN, REFUSED])
def test_a_receipt_is_found_by_name_and_version(objects: FolderObjects, receipt: Receipt) -> None:
    receipts.write(objects, receipt)
    assert receipts.find(objects, receipt.key, receipt.etag) == receipt
    assert receipts.find(objects, receipt.key, "another upload") is None
    assert receipts.find(objects, "another name", receipt.etag) is None


def test_a_later_receipt_takes_the_place_of_the_earlier(objects: FolderObjects) -> None:
    receipts.write(objects, REFUSED)
    mended = replace(TAKEN, key=REFUSED.key, etag=REFUSED.etag)
    receipts.write(objects, mended)
    assert receipts.find(objects, REFUSED.key, REFUSED.etag) == mended
    assert len(list(objects.list(layout.RECEIPTS))) == 1


def test_a_name_that_is_no_text_gets_a_receipt(objects: FolderObjects) -> None:
    name = os.fsdecode(b"drop/caf\xe9.mkv")
    receipts.write(objects, replace(TAKEN, key=name))
    found = receipts.find(objects, name, TAKEN.etag)
    assert found is not None
    assert found.key == "drop/caf\\xe9.mkv"


def test_a_reason_that_quotes_a_name_that_is_no_text_gets_a_receipt(objects: FolderObjects) -> None:
    name = os.fsdecode(b"caf\xe9.mkv")
    receipts.write(objects, replace(REFUSED, reason=f"{name} is empty", remedy=f"copy {name} again"))
    found = receipts.find(objects, REFUSED.key, REFUSED.etag)
    assert found is not None
    assert (found.reason, found.remedy) == ("caf\\xe9.mkv is empty", "copy caf\\xe9.mkv again")


def test_a_damaged_receipt_says_what_to_delete(objects: FolderObjects) -> None:
    objects.put(layout.receipt("drop/a.mkv", "1"), b'{"key": 1}')
    with pytest.raises(StoreError, match="damaged; delete it"):
        receipts.find(objects, "drop/a.mkv", "1")


def test_a_receipt_says_either_release_or_reason() -> None:
    with pytest.raises(ValueError, match="accepted has a release"):
        replace(TAKEN, release_id=None)
    with pytest.raises(ValueError, match="rejected has a reason"):
        replace(REFUSED, reason=None)
