from __future__ import annotations

import socket
from dataclasses import replace
from pathlib import Path

import pytest

from pipeline.errors import DecodeFailed, ProbeFailed
from pipeline.media import sandbox
from pipeline.media.limits import DEFAULT_LIMITS
from pipeline.media.messages import Request, SurveyAnswer
from pipeline.media.prepare import prepare
from pipeline.media.probe import probe
from tests.support import clips


def request(**limits: int) -> Request:
    bounds = sandbox.bounds(DEFAULT_LIMITS, length_ms=0, size_bytes=0)
    return Request(job="survey", bounds=bounds.model_copy(update=limits))


def test_a_process_that_takes_too_much_memory_is_one_clear_line(tmp_path: Path) -> None:
    with pytest.raises(ProbeFailed, match=r"memory|ended with status"):
        sandbox.run(
            clips.colours(tmp_path), request(memory_bytes=100 << 20), SurveyAnswer, failure=ProbeFailed, stall_s=60
        )


def test_a_process_that_takes_too_much_processor_time_is_one_clear_line(tmp_path: Path) -> None:
    with pytest.raises(ProbeFailed, match="more than 1 s of processor time"):
        sandbox.run(minutes_of_tiny_packets(tmp_path), request(cpu_s=1), SurveyAnswer, failure=ProbeFailed, stall_s=60)


def test_a_process_without_progress_is_stopped(tmp_path: Path) -> None:
    limits = replace(DEFAULT_LIMITS, stall_s=0)
    with pytest.raises(ProbeFailed, match="no progress for 0 s"):
        probe(clips.tone(tmp_path), limits=limits)


def test_what_it_makes_may_not_grow_without_limit(tmp_path: Path) -> None:
    clip = clips.colours(tmp_path)
    asset = probe(clip)
    out = tmp_path / "out"
    out.mkdir()
    with pytest.raises(DecodeFailed):
        prepare(clip, asset, out, limits=replace(DEFAULT_LIMITS, output_bytes=1000))
    assert list(out.iterdir()) == [], "a failure leaves nothing behind"


def test_nothing_of_our_environment_reaches_it(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PYTHONSTARTUP", "/nonexistent")
    monkeypatch.setenv("LD_PRELOAD", "/nonexistent.so")
    assert probe(clips.tone(tmp_path)).length_ms == 3000


def test_a_socket_is_not_media(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)  # its address may not be long
    with socket.socket(socket.AF_UNIX) as listening:
        listening.bind("s.mp4")
        with pytest.raises(ProbeFailed, match="not a regular file"):
            probe(Path("s.mp4"))


def minutes_of_tiny_packets(folder: Path) -> Path:
    """A few megabytes of packets of 8 bytes and 1 ms: reading them takes seconds."""
    options = ["-f", "lavfi", "-i", "anullsrc=r=8000:cl=mono", "-af", "asetnsamples=8", "-t", "1000"]
    return clips.encode(folder / "tiny.mka", *options, "-c:a", "pcm_mulaw")
