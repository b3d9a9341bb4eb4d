from __future__ import annotations

import socket
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from pipeline.errors import DecodeFailed, ProbeFailed
from pipeline.media import files, sandbox
from pipeline.media.limits import DEFAULT_LIMITS
from pipeline.media.messages import Bounds, Request, SurveyAnswer
from pipeline.media.prepare import prepare
from pipeline.media.probe import probe
from schemas.media import Asset
from tests.support import clips


def bounds(*, cpu_s: int | None = None, memory_bytes: int | None = None) -> Bounds:
    limits = DEFAULT_LIMITS if memory_bytes is None else replace(DEFAULT_LIMITS, memory_bytes=memory_bytes)
    usual = sandbox.bounds(limits, length_ms=0, size_bytes=0)
    return usual if cpu_s is None else usual.model_copy(update={"cpu_s": cpu_s})


def survey(source: Path, bounds: Bounds) -> SurveyAnswer:
    return sandbox.run(source, Request(job="survey", bounds=bounds), SurveyAnswer, failure=ProbeFailed)


def test_a_process_that_takes_too_much_memory_is_one_clear_line(tmp_path: Path) -> None:
    with pytest.raises(ProbeFailed, match=r"memory|ended with status"):
        survey(clips.colours(tmp_path), bounds(memory_bytes=100 << 20))


def test_a_process_that_takes_too_much_processor_time_is_one_clear_line(tmp_path: Path) -> None:
    with pytest.raises(ProbeFailed, match="more than 1 s of processor time"):
        survey(minutes_of_tiny_packets(tmp_path), bounds(cpu_s=1))


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


SAYS = {
    "progress that is no JSON": "print('not JSON')",
    "progress of something else": 'print(\'{"done": "much"}\')',
    "progress that runs backwards": "print('{\"done\": -1}')",
    "progress without an end": "print('1' * 200_000, end='')",
    "no answer": "",
    "an answer that is no JSON": "answer.write_text('{')",
    "an answer that is no text": "answer.write_bytes(bytes(range(256)))",
    "an answer to something else": "answer.write_text('{}')",
    "an answer that is too large": "answer.write_text(' ' * (2 << 20))",
    "an answer that is a link": "elsewhere.write_text(PREPARED); answer.symlink_to(elsewhere)",
    "an answer that is a pipe": "os.mkfifo(answer)",
    "an answer that is a folder": "answer.mkdir()",
    "an answer of less than nothing": "answer.write_text(PREPARED.replace('5', '-5'))",
    "a refusal that is no JSON": "refusal.write_text('no')",
    "a refusal of several lines": "refusal.write_text(json.dumps({'what': 'a\\nb', 'remedy': 'c'}))",
    "a refusal that is a link": "elsewhere.write_text('{}'); refusal.symlink_to(elsewhere)",
}
"""What a decoder that was taken over may say instead of an answer."""

ANSWERS = "answer.write_text(PREPARED)"
WRITES = "[(folder / name).write_text('made') for name in ('speech.flac', 'levels.parquet', 'regions.parquet')]"


@pytest.fixture
def taken_over(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[[str], None]:
    """Function that puts a few lines of Python in the place of the process that opens media."""
    code = tmp_path / "taken_over"
    (code / "pipeline" / "media").mkdir(parents=True)
    for package in ("pipeline", "pipeline/media"):
        (code / package / "__init__.py").touch()
    monkeypatch.setattr(sandbox, "CODE", code)

    def does(lines: str) -> None:
        (code / "pipeline" / "media" / "inside.py").write_text(ROGUE + lines)

    return does


ROGUE = """
import json, os, sys
from pathlib import Path
folder = Path(sys.argv[1])
answer, refusal, elsewhere = folder / "answer.json", folder / "refusal.json", folder.parent / "elsewhere"
PREPARED = json.dumps({
    "has_speech_audio": True, "decoded_ms": 5, "shortfall_ms": 0, "damaged_packets": 0, "frames_presented": 0,
    "frames_decoded": 0, "shots": 0, "sampled_frames": 0, "speech_regions": 0,
})
"""


@pytest.fixture
def tone(tmp_path: Path) -> tuple[Path, Asset]:
    clip = clips.tone(tmp_path)
    return clip, probe(clip)


@pytest.mark.parametrize("says", SAYS)
def test_what_a_taken_over_decoder_says_is_one_clear_line(
    tmp_path: Path, tone: tuple[Path, Asset], taken_over: Callable[[str], None], says: str
) -> None:
    taken_over(SAYS[says])
    with pytest.raises(DecodeFailed, match="the decoder gave no valid answer; check that it plays"):
        prepare(*tone, tmp_path)


@pytest.mark.parametrize(
    "instead",
    ["", "speech.unlink(); speech.symlink_to('/etc/passwd')", "speech.unlink(); speech.mkdir()", "speech.unlink()"],
    ids=["no shots", "a link", "a folder", "nothing"],
)
def test_what_a_taken_over_decoder_leaves_behind_is_not_taken(
    tmp_path: Path, tone: tuple[Path, Asset], taken_over: Callable[[str], None], instead: str
) -> None:
    out = tmp_path / "out"
    out.mkdir()
    shots = "(folder / 'shots.parquet').write_text('made')" if instead else ""
    taken_over("\n".join([ANSWERS, WRITES, shots, "speech = folder / 'speech.flac'", instead]))
    with pytest.raises(DecodeFailed, match="did not make what it was asked for"):
        prepare(*tone, out)
    assert list(out.iterdir()) == []


def test_only_what_was_asked_for_is_taken(
    tmp_path: Path, tone: tuple[Path, Asset], taken_over: Callable[[str], None]
) -> None:
    out = tmp_path / "out"
    out.mkdir()
    more = "[(folder / name).write_text('more') for name in ('shots.parquet', 'frames.parquet', '.bashrc')]"
    taken_over("\n".join([ANSWERS, WRITES, more]))
    prepare(*tone, out)
    assert {path.name for path in out.iterdir()} == {files.SPEECH, files.LEVELS, files.REGIONS, files.SHOTS}


def test_a_process_that_only_closes_its_output_is_stopped(
    tmp_path: Path, tone: tuple[Path, Asset], taken_over: Callable[[str], None]
) -> None:
    taken_over("import time; os.close(1); time.sleep(600)")
    with pytest.raises(DecodeFailed, match="killed by signal 9"):
        prepare(*tone, tmp_path)


def minutes_of_tiny_packets(folder: Path) -> Path:
    """A few megabytes of packets of 8 bytes and 1 ms: reading them takes seconds."""
    options = ["-f", "lavfi", "-i", "anullsrc=r=8000:cl=mono", "-af", "asetnsamples=8", "-t", "1000"]
    return clips.encode(folder / "tiny.mka", *options, "-c:a", "pcm_mulaw")
