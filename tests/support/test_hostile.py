from __future__ import annotations

import os
import re
import stat
import subprocess
import urllib.error
import urllib.request
from collections.abc import Iterator
from pathlib import Path

import av
import imageio_ffmpeg
import pytest

from tests.support.hostile import Hostile, Trap, Verdict, corpus


@pytest.fixture(scope="module")
def trap() -> Iterator[Trap]:
    with Trap() as set_trap:
        yield set_trap


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory, trap: Trap) -> dict[str, Hostile]:
    files = corpus(tmp_path_factory.mktemp("hostile"), url=trap.url)
    by_name = {one.name: one for one in files}
    assert len(by_name) == len(files)
    return by_name


def opens_without_protection(path: Path) -> bool:
    """Whether plain ffmpeg decodes something from it."""
    argv = [imageio_ffmpeg.get_ffmpeg_exe(), "-v", "error", "-nostdin", "-i", str(path), "-f", "null", "-"]
    return subprocess.run(argv, capture_output=True, check=False, timeout=60).returncode == 0


def test_every_rejection_says_what_the_message_must_mention(made: dict[str, Hostile]) -> None:
    assert len(made) >= 40
    for one in made.values():
        assert bool(one.mentions) == (one.verdict is Verdict.REJECTED), one.name
        assert not (one.mentions and re.search(one.mentions, one.path.name, re.IGNORECASE)), one.name


def test_files_that_should_be_accepted_are_sound(made: dict[str, Hostile]) -> None:
    accepted = [one.path for one in made.values() if one.verdict is Verdict.ACCEPTED]
    assert len(accepted) >= 9
    for path in accepted:
        with path.open("rb") as opened, av.open(opened, "r") as container:
            assert sum(1 for _ in container.decode(video=0)) == 100


@pytest.mark.parametrize("name", ["concat_local", "hls_by_its_own_name"])
def test_a_playlist_would_open_another_file_of_this_machine(made: dict[str, Hostile], name: str) -> None:
    assert (made[name].path.parent / "secret.ts").exists()
    assert opens_without_protection(made[name].path)


def test_the_trap_notices_a_visitor() -> None:
    with Trap() as trap:
        with pytest.raises(urllib.error.HTTPError) as refused:
            urllib.request.urlopen(trap.url, timeout=10)
        refused.value.close()
        assert trap.hits == ["/secret.ts"]


def test_headers_lie_as_they_should(made: dict[str, Hostile]) -> None:
    with av.open(str(made["claims_ten_hours"].path)) as container:
        assert container.duration == 36_000 * 1_000_000
    with av.open(str(made["16000x16000"].path)) as container:
        stream = container.streams.video[0]
        assert (stream.width, stream.height) == (16_000, 16_000)
    with av.open(str(made["twenty_five_hours"].path)) as container:
        assert container.duration == 25 * 3_600 * 1_000_000
    with av.open(str(made["thousand_frames_per_second"].path)) as container:
        assert container.streams.video[0].average_rate == 1_000


def test_what_is_cut_off_ends_early_and_without_an_error(made: dict[str, Hostile]) -> None:
    for name in ("cut_faststart", "cut_fragmented"):
        with av.open(str(made[name].path)) as container:
            frames = sum(1 for _ in container.decode(video=0))
        assert 10 < frames < 90, name


def test_an_encrypted_file_says_so_in_its_boxes(made: dict[str, Hostile]) -> None:
    assert b"encv" in made["encrypted"].path.read_bytes()


def test_files_without_content_have_no_stream_to_decode(made: dict[str, Hostile]) -> None:
    for name in ("no_streams", "only_captions", "only_cover"):
        with av.open(str(made[name].path)) as container:
            pictures = [
                stream
                for stream in container.streams.video
                if not stream.disposition & av.stream.Disposition.attached_pic
            ]
            assert not pictures
            assert not container.streams.audio


def test_what_is_no_file_is_no_file(made: dict[str, Hostile]) -> None:
    assert stat.S_ISFIFO(made["fifo"].path.stat().st_mode)
    assert made["folder"].path.is_dir()
    with pytest.raises(OSError, match="symbolic links"):
        made["symlink_loop"].path.open("rb")
    assert not made["missing"].path.exists()
    assert ("unreadable" in made) == (os.geteuid() != 0)
