from __future__ import annotations

import socket
import sys
from collections.abc import Callable
from dataclasses import replace
from fractions import Fraction
from pathlib import Path

import pytest

from pipeline.errors import FfmpegFailed, UsageError
from pipeline.media import ffmpeg, sandbox
from pipeline.media.limits import DEFAULT_LIMITS
from pipeline.media.messages import Bounds, ProgramRequest
from tests.support import clips, hostile, playing

GIB = 1 << 30


def bounds(*, cpu_s: int | None = None, **limits: int) -> Bounds:
    allowed = sandbox.bounds(replace(DEFAULT_LIMITS, **limits), length_ms=0, size_bytes=0)
    return allowed if cpu_s is None else allowed.model_copy(update={"cpu_s": cpu_s})


def sound_of(source: Path, folder: Path, allowed: Bounds, *, stream: str = "0") -> Path:
    """Let ffmpeg make a WAV of a stream of ``source``."""
    heard = ffmpeg.untrusted(zero=Fraction(0), allowed=allowed)[stream].filter("aformat", channel_layouts="mono")
    arguments = ffmpeg.written([heard], "made.wav", {"c:a": "pcm_s16le"})
    return ffmpeg.run(source, arguments, makes="made.wav", folder=folder, allowed=allowed)


def picture_of(source: Path, folder: Path) -> Path:
    """Let ffmpeg make a small film of the picture of ``source``."""
    allowed = bounds()
    seen = ffmpeg.untrusted(zero=Fraction(0), allowed=allowed)["0"].filter("scale", 64, 64)
    arguments = ffmpeg.written([seen], "made.mp4", {"c:v": "libx264"})
    return ffmpeg.run(source, arguments, makes="made.mp4", folder=folder, allowed=allowed)


def test_a_command_is_the_same_list_every_time_and_names_no_file_of_the_user() -> None:
    heard = ffmpeg.untrusted(zero=Fraction(7, 5), allowed=bounds())["1"]
    tags = [("metadata:s:0", "language=spa"), ("metadata:s:0", "title=a 'b' [c]; $(d)")]
    arguments = ffmpeg.written([heard], "made.m4a", {"c:a": "aac"}, tags=tags)
    assert arguments == ffmpeg.written([heard], "made.m4a", {"c:a": "aac"}, tags=tags)
    assert arguments[-1] == "file:made.m4a"
    assert arguments[arguments.index("-i") + 1] == "file:input.bin"
    assert arguments[arguments.index("-itsoffset") + 1] == "-1.400000"
    assert arguments.index("-i") > arguments.index("-format_whitelist")
    assert [arguments[at + 1] for at, part in enumerate(arguments) if part == "-metadata:s:0"] == [
        "language=spa",
        "title=a 'b' [c]; $(d)",
    ]


def test_filters_that_settle_a_stream_stand_in_a_graph_of_their_own() -> None:
    heard = ffmpeg.untrusted(zero=Fraction(0), allowed=bounds())["1"].filter("aresample", first_pts=0)
    arguments = ffmpeg.written([heard], "made.wav", {}, settled={"0:1": "aformat=channel_layouts=stereo"})
    graphs = [arguments[at + 1] for at, part in enumerate(arguments) if part == "-filter_complex"]
    assert graphs == ["[0:1]aformat=channel_layouts=stereo[settled0]", "[settled0]aresample=first_pts=0[s0]"]


def test_what_fails_is_one_line_and_carries_the_command_and_what_ffmpeg_said(tmp_path: Path) -> None:
    source = tmp_path / "noise.mp4"
    source.write_bytes(b"Dear editor, the film follows tomorrow.\n" * 50)
    with pytest.raises(FfmpegFailed, match=r"^'noise\.mp4': the decoder ended with status \d+ \(.*\); check") as failed:
        sound_of(source, tmp_path, bounds())
    assert failed.value.returncode not in (0, None)
    assert "Invalid data" in failed.value.stderr_tail
    assert failed.value.argv[-1] == "file:made.wav"
    assert "\n" not in str(failed.value)
    assert list(tmp_path.iterdir()) == [source], "a failure leaves nothing behind"


def test_too_much_processor_time_is_said(tmp_path: Path) -> None:
    clip = clips.tone(tmp_path, length_ms=900_000, rate_hz=8_000)
    heard = ffmpeg.untrusted(zero=Fraction(0), allowed=bounds(cpu_s=1))["0"].filter("aresample", 192_000)
    arguments = ffmpeg.written([heard], "made.m4a", {"c:a": "aac"})
    with pytest.raises(FfmpegFailed, match="more than 1 s of processor time"):
        ffmpeg.run(clip, arguments, makes="made.m4a", folder=tmp_path, allowed=bounds(cpu_s=1))


def test_what_it_makes_may_not_grow_without_limit(tmp_path: Path) -> None:
    with pytest.raises(FfmpegFailed, match="too large; cut it into shorter files"):
        sound_of(clips.tone(tmp_path), tmp_path, bounds(output_bytes=10_000))


def test_too_much_memory_is_an_error(tmp_path: Path) -> None:
    clip = clips.pixels(tmp_path, name="large.mp4", width=4_096, height=2_160)
    allowed = bounds(memory_bytes=GIB // 2)
    seen = ffmpeg.untrusted(zero=Fraction(0), allowed=allowed)["0"].filter("scale", 64, 64)
    with pytest.raises(FfmpegFailed, match=r"memory|ended with status"):
        ffmpeg.run(clip, ffmpeg.written([seen], "made.mp4", {}), makes="made.mp4", folder=tmp_path, allowed=allowed)


def test_what_makes_no_progress_is_stopped(tmp_path: Path) -> None:
    with pytest.raises(FfmpegFailed, match="no progress for 0 s and was stopped") as failed:
        sound_of(clips.tone(tmp_path), tmp_path, bounds(stall_s=0))
    assert failed.value.returncode is None


def test_a_picture_beyond_the_limit_is_not_decoded(tmp_path: Path) -> None:
    clip = clips.pixels(tmp_path, name="grey.mp4", width=128, height=128)
    allowed = bounds(max_pixels=100 * 100)
    seen = ffmpeg.untrusted(zero=Fraction(0), allowed=allowed)["0"].filter("scale", 64, 64)
    with pytest.raises(FfmpegFailed):
        ffmpeg.run(clip, ffmpeg.written([seen], "made.mp4", {}), makes="made.mp4", folder=tmp_path, allowed=allowed)


def test_a_system_without_ffmpeg_hears_how_to_get_one(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    clip = clips.tone(tmp_path)
    monkeypatch.setattr("imageio_ffmpeg.get_ffmpeg_exe", no_ffmpeg)
    with pytest.raises(UsageError, match="install ffmpeg and name it in IMAGEIO_FFMPEG_EXE"):
        sound_of(clip, tmp_path, bounds())


@pytest.mark.timeout(600)  # two dozen files, a process for each
def test_no_hostile_file_makes_it_open_another(tmp_path: Path) -> None:
    """Probe refuses these files; should one get past it, ffmpeg must not do what it says either."""
    corpus, out = tmp_path / "corpus", tmp_path / "out"
    corpus.mkdir()
    out.mkdir()
    wrong: list[str] = []
    with hostile.Trap() as trap:
        for file in hostile.corpus(corpus, url=trap.url):
            if not file.path.is_file() or file.path.is_symlink() or file.name.startswith("name_"):
                continue
            try:
                picture_of(file.path, out)
            except FfmpegFailed as error:
                if "\n" in str(error):
                    wrong.append(f"{file.name}: not one line: {error}")
            else:
                if file.name.startswith(("hls", "concat", "session")):
                    wrong.append(f"{file.name} was played")
        assert trap.hits == []
    assert wrong == []


def python(*lines: str) -> tuple[str, ...]:
    return ("-c", "\n".join(lines))


@pytest.fixture
def ran(tmp_path: Path) -> Callable[..., list[bytes]]:
    """Function that runs Python in the place of ffmpeg; the lines that it printed."""

    def run(*lines: str, makes: str = "made.txt") -> list[bytes]:
        source, heard = tmp_path / "source", []
        source.write_text("what it is given")
        code = ("open('made.txt', 'w').close()", *lines)
        request = ProgramRequest(job="program", bounds=bounds(), program=sys.executable, arguments=python(*code))

        def hear(line: bytes) -> bool:
            heard.append(line)
            return True

        ended = sandbox.execute(
            source, request, failure=refused, folder=tmp_path, makes=makes, inputs={"own.txt": source}, hear=hear
        )
        assert ended.returncode == 0, ended.stderr_tail
        return heard

    return run


def test_a_program_sees_its_files_by_our_names(ran: Callable[..., list[bytes]]) -> None:
    assert ran("print(open('input.bin').read())", "print(open('own.txt').read())") == [b"what it is given"] * 2


@pytest.mark.skipif(sys.platform != "linux", reason="only Linux tells")
def test_a_program_keeps_what_the_process_was_confined_to(ran: Callable[..., list[bytes]]) -> None:
    tell = (
        "import resource; print(*(resource.getrlimit(kind)[0] for kind in (resource.RLIMIT_AS, resource.RLIMIT_CORE)))"
    )
    said = ran("print(open('/proc/self/status').read())", tell)
    assert b"NoNewPrivs:\t1" in said
    assert f"{DEFAULT_LIMITS.memory_bytes} 0".encode() in said


def test_a_program_has_no_network(ran: Callable[..., list[bytes]]) -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        port = server.getsockname()[1]
        socket.create_connection(("127.0.0.1", port)).close()
        call = f"import socket; print(socket.socket().connect_ex(('127.0.0.1', {port})))"
        (code,) = ran(call)
    if code == b"0":
        pytest.skip("this system lets no process leave the network")
    assert int(code) > 0


def test_a_program_that_makes_a_link_has_made_nothing(ran: Callable[..., list[bytes]], tmp_path: Path) -> None:
    with pytest.raises(FfmpegFailed, match="did not make what it was asked for"):
        ran("import os; os.symlink('/etc/passwd', 'link')", makes="link")
    assert not (tmp_path / "link").exists()


def test_only_counters_that_advance_are_progress() -> None:
    told: list[int] = []
    hear = ffmpeg.Ear(told.append).hear
    idle = [b"out_time_us=N/A", b"out_time_us=" + b"9" * 5_000, b"frame=-1", b"speed=2", b"", b"\xff=\xff", b"frame=0"]
    assert not any(hear(line) for line in idle)
    assert [hear(line) for line in (b"out_time_us=1000\r", b"out_time_us=2000000")] == [True, True]
    assert not hear(b"out_time_us=1000000")
    assert [hear(b"total_size=48"), hear(b"total_size=48")] == [True, False]
    assert told == [1, 2_000]


def refused(what: str, remedy: str) -> FfmpegFailed:
    return FfmpegFailed(what, remedy, ())


def no_ffmpeg() -> str:
    raise RuntimeError("No ffmpeg exe could be found")


def test_the_sound_of_a_good_file_comes_out_whole(tmp_path: Path) -> None:
    made = sound_of(clips.tone(tmp_path), tmp_path, bounds())
    assert playing.beeps_ms(made) == [pytest.approx((1_000, 2_000), abs=1)]
