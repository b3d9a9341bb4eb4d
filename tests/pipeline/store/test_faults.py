"""One fault of a disk has one remedy, whichever module meets it."""

from __future__ import annotations

import errno
import os

import pytest

from pipeline.errors import Missing, StoreError
from pipeline.store import faults


@pytest.mark.parametrize(
    ("number", "remedy"),
    [
        (errno.ENOSPC, "make room and run again"),
        (errno.EDQUOT, "make room and run again"),
        (errno.EACCES, "make it readable and writable"),
        (errno.EROFS, "make it readable and writable"),
        (errno.EIO, "check the disk and run again"),
    ],
)
def test_what_to_do_follows_from_the_fault(number: int, remedy: str) -> None:
    with pytest.raises(StoreError, match=f"^some/key: .*{remedy}"), faults.translated("some/key"):
        raise OSError(number, os.strerror(number), "/library/some/key")


def test_a_fault_without_a_file_or_a_number_is_one_line_all_the_same() -> None:
    assert faults.explained(OSError("two\nlines")) == "two lines; check the disk and run again"
    assert faults.explained(OSError()) == "OSError; check the disk and run again"


@pytest.mark.parametrize("gone", [FileNotFoundError, NotADirectoryError, IsADirectoryError])
def test_what_is_not_there_to_be_read_is_missing(gone: type[OSError]) -> None:
    with pytest.raises(Missing, match="some/key"), faults.reading("some/key"):
        raise gone
