"""What prepare costs, as ratios to ``ffmpeg -i FILE -f null -`` in the same run, and its peak memory.

    REELINGUA_MEDIA=FOLDER python -m tests.bench.bench_prepare [--folder DIR] [--minutes 30] [--hours 1 10] [--runs 3]

Media: thirty minutes of 720p H.264 with AAC, looped from ``narrated.mp4`` (fades, cuts, moving nature) and from
``talking-head.mp4`` (one man before a wall) of the shared recordings, encoded once with x264's ``veryfast``; and
one and ten hours of AAC stereo, looped from ``chemicals.opus``, as MP4 and, for memory, as ADTS. They are kept
in a folder and used again.
"""

from __future__ import annotations

import resource
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import imageio_ffmpeg

from pipeline.media.prepare import prepare
from pipeline.media.probe import probe
from schemas.media import Prepared
from tests.bench.machine import ROOT
from tests.bench.results import Result, Target, at_most, note, parser, recordings, report

COMMAND = "./run bench prepare"

VIDEO_RATIO, AUDIO_RATIO = at_most(1.35), at_most(2.5)
PEAK_MIB = at_most(400)
TEN_H = 10
"""The project's targets. The ratio of audio is for ten hours."""

SAME_PEAK = at_most(1.05)
"""The project's target: the same memory for one hour as for ten; a twentieth is what two runs of one file differ by.
It holds for ADTS, a row of packets without an index. An MP4's index stands for each packet on its own, and
libavformat keeps all of it: opening ten hours alone costs 118 MiB more at its peak than opening one. Below
``PEAK_MIB`` it must stay all the same."""

_PEAK_OF_ONE = """
import resource, sys, tempfile
from pathlib import Path
from pipeline.media.prepare import prepare
from pipeline.media.probe import probe
from tests.bench.machine import peak_mib
with tempfile.TemporaryDirectory() as folder:
    prepare(Path(sys.argv[1]), probe(Path(sys.argv[1])), Path(folder))
print(peak_mib() + resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss / 1024)
"""
"""Prepares a file and prints MiB: the most that it held itself, and the most that one of its children did.
It has one child at a time, so that their sum is never less than what all held at once."""


@dataclass(frozen=True, slots=True)
class Cost:
    """Of one run."""

    wall_s: float
    """From start to end."""

    cpu_s: float
    """Processor time of the processes it started."""


@dataclass(frozen=True, slots=True)
class Costs:
    """Of several ways to go through one file; rounds are interleaved, so that a busy machine is busy for all."""

    null: Cost
    """ffmpeg decodes and throws away."""

    whole: Cost
    """prepare, every frame decoded; the only way there is for a file without picture."""

    sparse: Cost
    """prepare as it is run, frames that no cut needs left out."""

    made: Prepared
    """What prepare says of it."""


def main() -> None:
    """Make the media, measure."""
    asking = parser(__doc__)
    asking.add_argument("--folder", type=Path, default=Path(tempfile.gettempdir()) / "reelingua-bench")
    asking.add_argument("--minutes", type=int, default=30)
    asking.add_argument("--hours", type=int, nargs="*", default=[1, 10])
    asking.add_argument("--runs", type=int, default=3)
    asked = asking.parse_args()
    media = recordings()
    asked.folder.mkdir(parents=True, exist_ok=True)
    measured = all_results(media, asked.folder, minutes=asked.minutes, hours=asked.hours, runs=asked.runs)
    report(measured, records=asked.records)


def all_results(media: Path, folder: Path, *, minutes: int, hours: list[int], runs: int) -> Iterator[Result]:
    """Videos, then audio of each length, then how memory grows with it."""
    for name in ("narrated", "talking-head"):
        clip = looped_video(media / f"{name}.mp4", folder / f"{name}-{minutes}.mp4", minutes=minutes)
        yield from video(clip, costs(clip, runs=runs))
        yield Result(f"{clip.stem}: peak memory, all processes", peak_mib(clip), "MiB", PEAK_MIB, COMMAND)
    peaks_mib: list[float] = []
    for length in hours:
        clip = looped_audio(media / "chemicals.opus", folder / f"speech-{length}h.m4a", hours=length)
        spent = costs(clip, runs=runs)
        yield Result(f"{clip.stem}: ffmpeg null", spent.null.wall_s, "s", None, COMMAND)
        yield ratio(
            f"{clip.stem}: prepare / ffmpeg null", spent.whole, spent.null, AUDIO_RATIO if length == TEN_H else None
        )
        yield cpu_ratio(clip, spent)
        yield Result(f"{clip.name}: peak memory, all processes", peak_mib(clip), "MiB", PEAK_MIB, COMMAND)
        stream = without_index(clip)
        peaks_mib.append(peak_mib(stream))
        yield Result(f"{stream.name}: peak memory, all processes", peaks_mib[-1], "MiB", PEAK_MIB, COMMAND)
    for length, peak in zip(hours[1:], peaks_mib[1:], strict=True):
        what = f"peak memory of ADTS, {length} h against {hours[0]} h"
        yield Result(what, peak / peaks_mib[0], "×", SAME_PEAK, COMMAND)


def video(clip: Path, spent: Costs) -> Iterator[Result]:
    """What a file with a picture costs."""
    decoded = 100 * spent.made.frames_decoded / spent.made.frames_presented
    yield Result(f"{clip.stem}: ffmpeg null", spent.null.wall_s, "s", None, COMMAND)
    yield ratio(f"{clip.stem}: prepare / ffmpeg null", spent.sparse, spent.null, VIDEO_RATIO)
    yield ratio(f"{clip.stem}: prepare with every frame decoded / ffmpeg null", spent.whole, spent.null, None)
    yield cpu_ratio(clip, spent)
    yield Result(f"{clip.stem}: frames decoded", decoded, "%", None, COMMAND)


def ratio(name: str, cost: Cost, base: Cost, target: Target | None) -> Result:
    """Wall time against wall time."""
    return Result(name, cost.wall_s / base.wall_s, "×", target, COMMAND)


def cpu_ratio(clip: Path, spent: Costs) -> Result:
    """Processor time against processor time: what is left of the ratio when other processes take their turns."""
    cpu = spent.sparse.cpu_s / spent.null.cpu_s
    return Result(f"{clip.stem}: prepare / ffmpeg null, processor time", cpu, "×", None, COMMAND)


def costs(clip: Path, *, runs: int) -> Costs:
    """Medians of every way through a file."""
    asset = probe(clip)
    null: list[Cost] = []
    whole: list[Cost] = []
    sparse: list[Cost] = []
    made: list[Prepared] = []

    def decode() -> None:
        subprocess.run([*ffmpeg(), "-i", f"file:{clip}", "-f", "null", "-"], check=True)

    def prepare_it(*, is_sparse: bool) -> None:
        with tempfile.TemporaryDirectory() as folder:
            made.append(prepare(clip, asset, Path(folder), is_sparse=is_sparse))

    for number in range(1, runs + 1):
        null.append(cost(decode))
        whole.append(cost(lambda: prepare_it(is_sparse=False)))
        sparse.append(cost(lambda: prepare_it(is_sparse=True)) if asset.video else whole[-1])
        note(f"{clip.name}, round {number}: {null[-1].wall_s:.1f}, {whole[-1].wall_s:.1f}, {sparse[-1].wall_s:.1f} s")
    return Costs(median(null), median(whole), median(sparse), made[-1])


def cost(work: Callable[[], object]) -> Cost:
    """Wall time, and processor time of the processes that ``work`` starts."""
    before, began_s = resource.getrusage(resource.RUSAGE_CHILDREN), time.monotonic()
    work()
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    spent_s = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
    return Cost(time.monotonic() - began_s, spent_s)


def median(several: list[Cost]) -> Cost:
    """Medians of both times."""
    return Cost(statistics.median(one.wall_s for one in several), statistics.median(one.cpu_s for one in several))


def peak_mib(clip: Path) -> float:
    """Most memory that one process with its child held while it probed and prepared ``clip``."""
    argv = [sys.executable, "-c", _PEAK_OF_ONE, str(clip.absolute())]
    return float(subprocess.run(argv, cwd=ROOT, capture_output=True, text=True, check=True).stdout)


def looped_video(source: Path, target: Path, *, minutes: int) -> Path:
    """``source`` over and over as 1280x720 H.264 with AAC."""
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


def without_index(clip: Path) -> Path:
    """The same packets as ADTS, beside the MP4."""
    target = clip.with_suffix(".aac")
    if not target.exists():
        part = clip.with_suffix(".part.aac")
        subprocess.run([*ffmpeg(), "-y", "-i", f"file:{clip}", "-c", "copy", f"file:{part}"], check=True)
        part.rename(target)
    return target


def ffmpeg() -> list[str]:
    """The pinned ffmpeg, which asks nothing and says only what is wrong."""
    return [imageio_ffmpeg.get_ffmpeg_exe(), "-nostdin", "-v", "error", "-nostats"]


if __name__ == "__main__":
    main()
