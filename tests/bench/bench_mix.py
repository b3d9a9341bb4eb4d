"""What a mix costs, as a ratio to ffmpeg decoding and re-encoding the same audio in the same run, and its peak memory.

    REELINGUA_MEDIA=FOLDER python -m tests.bench.bench_mix [--folder DIR] [--minutes 120] [--short 20] [--runs 1]

Media: AAC stereo at 48 kHz, looped from ``chemicals.opus`` of the shared recordings, kept in a folder and used again.
The dub has a line of 2.5 s every 4 s, cut from the same recording, and every tenth is flagged. What is timed is the
whole stage, from the source to both WAVs in a folder library, at EBU R 128; against it
``ffmpeg -i FILE -vn -c:a aac -b:a 128k``. Also at -16 LUFS, where the limiter is at work. For a quick look:
``--minutes 20 --short 10``.
"""

from __future__ import annotations

import argparse
import itertools
import shutil
import statistics
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import soundfile
import soxr

from pipeline.localize.level import levelled
from pipeline.media import sound
from pipeline.media.probe import probe
from pipeline.stages import media, mix
from schemas.settings import Settings
from schemas.sound import MixFacts
from schemas.time import Span
from tests.bench.bench_prepare import cost, ffmpeg
from tests.bench.machine import ROOT
from tests.bench.results import Result, at_most, note, parser, recordings, report
from tests.support.dubs import RATE_HZ, Said, Sound, spoken, working

COMMAND = "./run bench mix"

RATIO = at_most(2.0)
"""The project's target: at most twice the time that ffmpeg takes to decode and re-encode the same audio."""

PEAK_MIB = at_most(400)
SAME_PEAK = at_most(1.25)
"""Bounded memory: for two hours what twenty minutes take. Ours: by then a row group of lines has filled up, and
what was freed is not given back at once."""

LINE_MS, EVERY_MS, FLAGGED_EVERY = 2_500, 4_000, 10

_PEAK_OF_ONE = """
import resource, sys
from pathlib import Path
from tests.bench.bench_mix import decoded, mixed
from tests.bench.machine import peak_mib
clip, speech, library = map(Path, sys.argv[1:])
decoded(clip, library)
child_mib = resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss / 1024
mixed(clip, speech, library, "ebu-r128")
print(peak_mib() + child_mib)
"""
"""Mixes a file and prints MiB: the most that it held itself, and the most that its decoding child did. The child is
measured on its own before, since a child counts what its parent held when it began."""


def main() -> None:
    """Make the media, measure."""
    asking = parser(__doc__)
    asking.add_argument("--folder", type=Path, default=Path(tempfile.gettempdir()) / "reelingua-bench")
    asking.add_argument("--minutes", type=int, default=120)
    asking.add_argument("--short", type=int, default=20, help="minutes of the title that memory is compared with")
    asking.add_argument("--runs", type=int, default=1)
    asked = asking.parse_args()
    asked.folder.mkdir(parents=True, exist_ok=True)
    report(all_results(recordings(), asked), records=asked.records)


def all_results(recorded: Path, asked: argparse.Namespace) -> Iterator[Result]:
    """Time of one title at two targets, then memory of a short and a long one."""
    speech = recorded / "chemicals.opus"
    long, short = (looped(speech, asked.folder, minutes=minutes) for minutes in (asked.minutes, asked.short))
    encodes: list[float] = []
    mixes: dict[str, list[float]] = {"ebu-r128": [], "web": []}
    facts: dict[str, MixFacts] = {}
    for number in range(1, asked.runs + 1):
        encodes.append(encoded_s(long))
        for target, times in mixes.items():
            with tempfile.TemporaryDirectory(dir=asked.folder) as library:
                ready(long, speech, Path(library))
                times.append(cost(lambda: facts.update({target: mixed(long, speech, Path(library), target)})).wall_s)  # noqa: B023 - called before the next round
            note(f"round {number}: ffmpeg {encodes[-1]:.1f} s, {target} {times[-1]:.1f} s")
    base_s = statistics.median(encodes)
    yield Result(f"{long.stem}: ffmpeg, decode and AAC", base_s, "s", None, COMMAND)
    for target, times in mixes.items():
        limited = facts[target].limited_ms / (asked.minutes * 60_000)
        yield Result(f"{long.stem}: mix at {target} / ffmpeg", statistics.median(times) / base_s, "×", RATIO, COMMAND)
        yield Result(f"{long.stem}: limiter at work at {target}", 100 * limited, "%", None, COMMAND)
    peaks_mib = [peak_mib(clip, speech, asked.folder) for clip in (short, long)]
    for clip, peak in zip((short, long), peaks_mib, strict=True):
        yield Result(f"{clip.stem}: peak memory of a mix, all processes", peak, "MiB", PEAK_MIB, COMMAND)
    what = f"peak memory of a mix, {asked.minutes} min against {asked.short} min"
    yield Result(what, peaks_mib[1] / peaks_mib[0], "×", SAME_PEAK, COMMAND)


def mixed(clip: Path, speech: Path, library: Path, target: str) -> MixFacts:
    """Mix a clip in a library that ``ready`` made, or one that is empty."""
    work = working(library, Settings(loudness=target))
    asset = media.probe(work, clip)
    dubbed = spoken(work, asset.asset_id, lines(asset.length_ms), sound=cut(speech))
    done = mix.mix(work, asset, clip, dubbed, language="es")
    return work.ledger.read(done, "facts", MixFacts)[0]


def decoded(clip: Path, folder: Path) -> None:
    """Decode a clip as a mix does, and no more."""
    asset = probe(clip)
    stream = asset.audio[0]
    channels = sound.channels_of(clip, stream)
    made = sound.decode(
        clip,
        asset,
        folder,
        stream_index=stream.stream_index,
        channels=channels,
        length_ms=asset.length_ms,
        name="alone.f32",
    )
    made.path.unlink()


def ready(clip: Path, speech: Path, library: Path) -> None:
    """A library in which the clip is probed and its dub spoken, so that only the mix is left to do."""
    work = working(library, Settings())
    asset = media.probe(work, clip)
    spoken(work, asset.asset_id, lines(asset.length_ms), sound=cut(speech))


def lines(length_ms: int) -> list[Said]:
    """The places of a dub."""
    starts = range(EVERY_MS - LINE_MS, length_ms - LINE_MS, EVERY_MS)
    return [Said(Span(at, at + LINE_MS), is_flagged=not index % FLAGGED_EVERY) for index, at in enumerate(starts)]


def cut(speech: Path) -> Sound:
    """Lines one after the other from a recording, as loud as the stage before the mix makes them."""
    samples, rate_hz = soundfile.read(speech, dtype="float32", always_2d=True)
    whole = soxr.resample(np.ascontiguousarray(samples.mean(axis=1)), rate_hz, RATE_HZ)
    numbers = itertools.count()

    def line(length_ms: int) -> np.typing.NDArray[np.float32]:
        count = length_ms * RATE_HZ // 1000
        at = next(numbers) * count % (len(whole) - count)
        return levelled(np.ascontiguousarray(whole[at : at + count]), RATE_HZ)

    return line


def encoded_s(clip: Path) -> float:
    """Seconds that ffmpeg takes to decode and re-encode a clip's audio."""
    target = clip.with_suffix(".again.m4a")
    argv = [*ffmpeg(), "-y", "-i", f"file:{clip}", "-vn", "-c:a", "aac", "-b:a", "128k", f"file:{target}"]
    spent_s = cost(lambda: subprocess.run(argv, check=True)).wall_s
    target.unlink()
    return spent_s


def peak_mib(clip: Path, speech: Path, folder: Path) -> float:
    """Most memory that one process with its child held while it mixed ``clip``."""
    library = Path(tempfile.mkdtemp(dir=folder))
    try:
        ready(clip, speech, library)
        argv = [sys.executable, "-c", _PEAK_OF_ONE, str(clip.absolute()), str(speech.absolute()), str(library)]
        return float(subprocess.run(argv, cwd=ROOT, capture_output=True, text=True, check=True).stdout)
    finally:
        shutil.rmtree(library)


def looped(source: Path, folder: Path, *, minutes: int) -> Path:
    """``source`` over and over as 48 kHz stereo AAC at 128 kbit/s."""
    target = folder / f"stereo-{minutes}min.m4a"
    if not target.exists():
        part = target.with_suffix(".part.m4a")
        loop = ["-stream_loop", "-1", "-i", f"file:{source}", "-t", str(minutes * 60)]
        coding = ["-ac", "2", "-ar", "48000", "-c:a", "aac", "-b:a", "128k"]
        subprocess.run([*ffmpeg(), "-y", *loop, *coding, f"file:{part}"], check=True)
        part.rename(target)
    return target


if __name__ == "__main__":
    main()
