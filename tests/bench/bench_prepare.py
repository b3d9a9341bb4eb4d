"""What prepare costs, as ratios to ``ffmpeg -i FILE -f null -`` in the same run; peak memory beside it.

Media: thirty minutes of 720p H.264 with AAC, looped from ``narrated.mp4`` (fades, cuts, moving nature) and from
``talking-head.mp4`` (one man before a wall) of the shared recordings, encoded once with x264's defaults; and
one and ten hours of AAC stereo, looped from ``chemicals.opus``. They are kept in a folder and used again.

Run: ``REELINGUA_MEDIA=… python -m tests.bench.bench_prepare [--folder DIR] [--minutes 30] [--hours 10] [--runs 3]``
"""

from __future__ import annotations

import argparse
import os
import resource
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import imageio_ffmpeg

from pipeline.media.prepare import prepare
from pipeline.media.probe import probe


@dataclass(frozen=True)
class Cost:
    """Of one run."""

    wall_s: float
    cpu_s: float


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--folder", type=Path, default=Path(tempfile.gettempdir()) / "reelingua-bench")
    parser.add_argument("--minutes", type=int, default=30)
    parser.add_argument("--hours", type=int, nargs="*", default=[1, 10])
    parser.add_argument("--runs", type=int, default=3)
    asked = parser.parse_args()
    media = Path(os.environ["REELINGUA_MEDIA"])
    asked.folder.mkdir(parents=True, exist_ok=True)
    print("| file | ffmpeg null s | whole / ffmpeg | sparse / ffmpeg | CPU: whole, sparse | decoded | peak MiB |")
    print("|---|---|---|---|---|---|---|")
    for name in ("narrated", "talking-head"):
        clip = looped_video(media / f"{name}.mp4", asked.folder / f"{name}-{asked.minutes}.mp4", minutes=asked.minutes)
        report(clip, runs=asked.runs, has_picture=True)
    for hours in asked.hours:
        clip = looped_audio(media / "chemicals.opus", asked.folder / f"speech-{hours}h.m4a", hours=hours)
        report(clip, runs=asked.runs, has_picture=False)


def report(clip: Path, *, runs: int, has_picture: bool) -> None:
    """Prints one row; rounds are interleaved, so that a busy machine is busy for all."""
    asset = probe(clip)
    null: list[Cost] = []
    whole: list[Cost] = []
    sparse: list[Cost] = []
    decoded = ""
    for _ in range(runs):
        null.append(cost(lambda: subprocess.run([*ffmpeg(), "-i", f"file:{clip}", "-f", "null", "-"], check=True)))
        for is_sparse, kept in ((False, whole), (True, sparse))[not has_picture :]:
            with tempfile.TemporaryDirectory() as folder:
                made = []
                kept.append(cost(lambda: made.append(prepare(clip, asset, Path(folder), is_sparse=is_sparse))))  # noqa: B023 - called at once
                if made[0].frames_presented:
                    decoded = f"{made[0].frames_decoded / made[0].frames_presented:.0%}"
    base, base_cpu = median(null)
    cells = [f"{median(kept)[0] / base:.2f}" if kept else "" for kept in (whole, sparse)]
    cpu = ", ".join(f"{median(kept)[1] / base_cpu:.2f}" for kept in (whole, sparse) if kept)
    print(f"| {clip.name} | {base:.1f} | {cells[0]} | {cells[1]} | {cpu} | {decoded} | {peak_mib(clip)} |", flush=True)


def cost(work: Callable[[], object]) -> Cost:
    """Wall time and processor time of the processes that ``work`` starts."""
    before, at = resource.getrusage(resource.RUSAGE_CHILDREN), time.monotonic()
    work()
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    spent = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
    return Cost(time.monotonic() - at, spent)


def median(costs: list[Cost]) -> tuple[float, float]:
    return statistics.median(c.wall_s for c in costs), statistics.median(c.cpu_s for c in costs)


def peak_mib(clip: Path) -> int:
    """Peak memory of a process of its own that probes and prepares ``clip`` and of its children."""
    code = (
        "import sys, resource, tempfile; from pathlib import Path;"
        "from pipeline.media.probe import probe; from pipeline.media.prepare import prepare;"
        "p = Path(sys.argv[1]); prepare(p, probe(p), Path(tempfile.mkdtemp()));"
        "print(max(resource.getrusage(w).ru_maxrss for w in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)) >> 10)"
    )
    done = subprocess.run([sys.executable, "-c", code, str(clip)], capture_output=True, text=True, check=True)
    return int(done.stdout)


def looped_video(source: Path, target: Path, *, minutes: int) -> Path:
    """``source`` over and over as 1280x720 H.264 (x264 defaults) with AAC."""
    if not target.exists():
        part = target.with_suffix(".part.mp4")
        loop = ["-stream_loop", "-1", "-i", f"file:{source}", "-t", str(minutes * 60)]
        coding = ["-vf", "scale=1280:720", "-c:v", "libx264", "-preset", "veryfast", "-bf", "3", "-c:a", "aac"]
        subprocess.run([*ffmpeg(), "-y", *loop, *coding, "-ac", "2", f"file:{part}"], check=True)
        part.rename(target)
    return target


def looped_audio(source: Path, target: Path, *, hours: int) -> Path:
    """``source`` over and over as 48 kHz stereo AAC at 128 kbit/s."""
    if not target.exists():
        part = target.with_suffix(".part.m4a")
        loop = ["-stream_loop", "-1", "-i", f"file:{source}", "-t", str(hours * 3600)]
        coding = ["-ac", "2", "-ar", "48000", "-c:a", "aac", "-b:a", "128k"]
        subprocess.run([*ffmpeg(), "-y", *loop, *coding, f"file:{part}"], check=True)
        part.rename(target)
    return target


def ffmpeg() -> list[str]:
    return [imageio_ffmpeg.get_ffmpeg_exe(), "-nostdin", "-v", "error", "-nostats"]


if __name__ == "__main__":
    main()
