"""What a preview of the review page costs, as a ratio to ``ffmpeg -i FILE -f null -`` in the same run, and its size.

    REELINGUA_MEDIA=FOLDER python -m tests.bench.bench_preview [--minutes 2] [--runs 3]

Media: 720p H.264 with AAC, looped from ``narrated.mp4`` and ``talking-head.mp4`` of the shared recordings without
encoding them again. Nobody set a target.
"""

from __future__ import annotations

import statistics
import subprocess
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

import imageio_ffmpeg

from pipeline.media.preview import preview
from pipeline.media.probe import probe
from tests.bench.results import Result, note, parser, recordings, report
from tests.support import clips

COMMAND = "./run bench preview"


def main() -> None:
    """Make the media, measure."""
    asking = parser(__doc__)
    asking.add_argument("--minutes", type=int, default=2)
    asking.add_argument("--runs", type=int, default=3)
    asked = asking.parse_args()
    report(measured(recordings(), minutes=asked.minutes, runs=asked.runs), records=asked.records)


def measured(media: Path, *, minutes: int, runs: int) -> Iterator[Result]:
    """Time against decoding, time against the title, and size; medians of interleaved rounds."""
    with tempfile.TemporaryDirectory(prefix="reelingua-bench-") as folder:
        for name in ("narrated", "talking-head"):
            source, clip = media / f"{name}.mp4", Path(folder) / f"{name}.mp4"
            clips.encode(clip, "-stream_loop", "-1", "-i", str(source), "-t", str(60 * minutes), "-c", "copy")
            asset = probe(clip)
            rounds = []
            for _ in range(runs):
                decoding_s = decoded_s(clip)
                began_s = time.monotonic()
                made = preview(clip, asset, Path(folder))
                rounds.append((decoding_s, time.monotonic() - began_s))
                note(f"{name}: ffmpeg null {rounds[-1][0]:.1f} s, preview {rounds[-1][1]:.1f} s")
            ratio = statistics.median(preview_s / null_s for null_s, preview_s in rounds)
            speed = statistics.median(asset.length_ms / 1000 / preview_s for _, preview_s in rounds)
            what = f"{name}, 720p, {minutes} min"
            yield Result(f"{what}: preview / ffmpeg null", ratio, "×", None, COMMAND)
            yield Result(f"{what}: length / time of preview", speed, "×", None, COMMAND)
            size_mib = made.stat().st_size / (1 << 20)
            yield Result(f"{what}: size of an hour", size_mib * 60 / minutes, "MiB", None, COMMAND)


def decoded_s(clip: Path) -> float:
    """Seconds that ffmpeg takes to decode a file and throw it away."""
    argv = [imageio_ffmpeg.get_ffmpeg_exe(), "-nostdin", "-loglevel", "error", "-i", str(clip), "-f", "null", "-"]
    began_s = time.monotonic()
    subprocess.run(argv, check=True)
    return time.monotonic() - began_s


if __name__ == "__main__":
    main()
