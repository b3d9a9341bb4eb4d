"""Good and bad files in one batch: the bad ones are told of in a line each, and stop no other."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from pipeline.store import layout, receipts
from pipeline.store.receipts import Receipt
from tests.support import clips, hostile
from tests.support.command import Ended, asked, reelingua
from tests.support.hostile import Hostile, Verdict
from tests.support.receipts import every_receipt

BAD = (
    "empty",
    "missing",
    "text",
    "still_jpg",
    "hls_http",
    "concat_local",
    "no_moov",
    "encrypted",
    "claims_ten_hours",
    "only_captions",
    "fifo",
    "dangling_link",
)
"""One of each kind; ``tests/pipeline/media/test_hostile.py`` goes through all."""

GOOD = ("wrong_suffix", "name_newline", "name_markup", "name_shell", "name_not_utf_8")
"""Good files with odd names; all have the same content."""


@dataclass(frozen=True, slots=True)
class Batch:
    """What was run, and how it ended."""

    files: dict[str, Hostile]
    ended: Ended
    library: Path
    hits: list[str]

    def receipts(self) -> dict[str, Receipt]:
        return {receipt.key: receipt for receipt in every_receipt(self.library)}

    def lines(self, name: str) -> list[str]:
        """Lines of the summary that name the file in full."""
        shown = layout.printable(str(self.files[name].path)).replace("\n", "\\n")
        return [line for line in self.ended.out.splitlines() if line.strip().startswith(f"{shown}: ")]


@pytest.fixture(scope="module")
def batch(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Batch]:
    folder = tmp_path_factory.mktemp("batch")
    (folder / "media").mkdir()
    with hostile.Trap() as trap:
        files = {file.name: file for file in hostile.corpus(folder / "media", url=trap.url)}
        ended = reelingua("run", *(files[name].path for name in (*BAD, *GOOD)), "--library", folder / "library")
        yield Batch(files, ended, folder / "library", trap.hits)


def test_the_batch_goes_on_to_its_end_and_the_exit_code_says_that_some_failed(batch: Batch) -> None:
    assert batch.ended.code == 1
    assert batch.ended.err == ""
    assert batch.hits == []
    assert len(batch.receipts()) == len(BAD) + len(GOOD)


@pytest.mark.parametrize("name", BAD)
def test_a_bad_file_gives_one_line_with_what_and_what_to_do_and_a_receipt(batch: Batch, name: str) -> None:
    assert batch.files[name].verdict is Verdict.REJECTED
    (line,) = batch.lines(name)
    receipt = batch.receipts()[str(batch.files[name].path)]
    assert receipt.verdict is receipts.Verdict.REJECTED
    assert receipt.reason
    assert receipt.remedy
    assert line.strip() == f"{batch.files[name].path}: {receipt.reason}; {receipt.remedy}"


@pytest.mark.parametrize("name", GOOD)
def test_a_good_file_is_released_whatever_its_name(batch: Batch, name: str) -> None:
    receipt = batch.receipts()[layout.printable(str(batch.files[name].path))]
    assert receipt.verdict is receipts.Verdict.ACCEPTED
    assert receipt.asset_id is not None
    assert receipt.release_id is not None
    assert (batch.library / layout.manifest(receipt.asset_id, receipt.release_id)).exists()


def test_files_of_the_same_content_are_one_title_with_one_release(batch: Batch) -> None:
    assert len(asked(batch.library, "select asset_id from assets")) == 1


def test_a_bad_file_in_a_folder_stops_no_other_and_is_taken_once_it_is_mended(tmp_path: Path) -> None:
    media, library = tmp_path / "media", tmp_path / "library"
    media.mkdir()
    film = clips.one_frame(media)
    (media / "broken.mkv").write_bytes(b"not a film")
    (media / "notes.txt").write_text("to be left alone")
    ended = reelingua("run", media, "--library", library)
    assert ended.code == 1
    assert "1 files passed over" in ended.out
    assert len(asked(library, "select asset_id from assets")) == 1
    (media / "broken.mkv").write_bytes(film.read_bytes())
    ended = reelingua("run", media, "--library", library)
    assert (ended.code, ended.err) == (0, "")
    outcomes = Counter(receipt.verdict for receipt in every_receipt(library))
    assert outcomes == {receipts.Verdict.ACCEPTED: 2, receipts.Verdict.REJECTED: 1}
