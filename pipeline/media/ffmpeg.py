"""ffmpeg: how its arguments are built, and the one place that starts it, always in the confined process.

Every input is opened by the formats that it may have and from the process's own folder, so that a file that is
a playlist opens nothing else. Exit status 0 is not success: ffmpeg ends well on a file that breaks in the
middle, so that whoever asks for a file looks at how long it became (``pipeline.media.extents``).
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from fractions import Fraction
from functools import partial
from pathlib import Path
from types import MappingProxyType
from typing import Any

import ffmpeg
import imageio_ffmpeg

from pipeline.errors import FfmpegFailed, UsageError
from pipeline.media import sandbox
from pipeline.media.inside import FORMATS, INPUT
from pipeline.media.limits import Limits
from pipeline.media.messages import Bounds, ProgramRequest

Stream = Any
"""A node of ffmpeg-python, which has no types."""

Tag = tuple[str, str]
"""An option of ffmpeg that may stand several times, and its value."""

_GLOBAL = (
    *("-hide_banner", "-nostdin", "-loglevel", "error"),
    *("-nostats", "-stats_period", "0.25", "-progress", "pipe:1"),  # as often as a progress bar is redrawn
    "-copyts",  # our own zero is taken off below; ffmpeg's guess counts streams that nobody presents
)
_NOT_COPIED = {"map_metadata": "-1", "map_chapters": "-1", "dn": None, "bitexact": None}
"""What a source says of itself may say anything, and the time of day makes every file another."""

_ADVANCING = (b"out_time_us", b"total_size", b"frame")
"""Counters of a progress report, any of which shows that work goes on."""

_COUNTER_DIGITS = 18  # of a 64-bit number


def untrusted(*, zero: Fraction, allowed: Bounds) -> Stream:
    """The source as an input, on the asset's timeline.

    Args:
        zero: The container's clock at the asset's time zero, in seconds.
        allowed: What it may cost.
    """
    return ffmpeg.input(
        f"file:{INPUT}",
        format_whitelist=FORMATS,
        protocol_whitelist="file",
        max_streams=allowed.limits.max_streams,
        max_pixels=allowed.limits.max_pixels,
        threads=allowed.threads,
        fflags="+genpts",
        itsoffset=f"{float(-zero):.6f}",
    )


def own(name: str, *, kind: str) -> Stream:
    """A file of our own making as an input, by the name it has in the process's folder, e.g. of kind ``wav``."""
    return ffmpeg.input(f"file:{name}", f=kind, format_whitelist=kind, protocol_whitelist="file")


def written(
    streams: Sequence[Stream],
    name: str,
    options: Mapping[str, object],
    *,
    tags: Sequence[Tag] = (),
    settled: Mapping[str, str] = MappingProxyType({}),
) -> tuple[str, ...]:
    """Arguments of a command that writes ``streams`` to the file ``name`` in the process's folder.

    Args:
        streams: What is written, in order.
        name: The file, with the suffix of its container.
        options: Options of the output; None for those without a value.
        tags: Options of the output that may stand several times, such as ``-metadata:s:0``.
        settled: Filters that give a stream of an input (``0:1``) one shape, in a graph of their own in front.
            ffmpeg builds a graph anew when its input changes, as the channels of broadcast sound do, and what
            counts from the start of the stream counts from there again; the graph behind never sees a change.
    """
    compiled = ffmpeg.output(*streams, f"file:{name}", **{**_NOT_COPIED, **options}).get_args()
    in_front: list[str] = []
    for number, (stream, filters) in enumerate(settled.items()):
        at = compiled.index("-filter_complex") + 1
        compiled[at] = compiled[at].replace(f"[{stream}]", f"[settled{number}]")
        in_front += ["-filter_complex", f"[{stream}]{filters}[settled{number}]"]
    repeated = [part for option, value in tags for part in (f"-{option}", value)]
    return (*_GLOBAL, *in_front, *compiled[:-1], *repeated, compiled[-1])


def run(
    source: Path,
    arguments: Sequence[str],
    *,
    makes: str,
    folder: Path,
    allowed: Bounds,
    inputs: Mapping[str, Path] = MappingProxyType({}),
    on_progress: Callable[[int], None] = lambda _: None,
) -> Path:
    """Let ffmpeg make a file of ``source``; where it is.

    Args:
        source: The untrusted file.
        arguments: From ``written``.
        makes: Name of the file that they make.
        folder: Where it is to be.
        allowed: What it may cost.
        inputs: Files of our own that it reads too, by the names that ``own`` was given.
        on_progress: Told the milliseconds that are written, a few times per second.

    Raises:
        FfmpegFailed: It failed, hung, took too much, or made nothing.
    """
    request = ProgramRequest(job="program", bounds=allowed, program=_program(), arguments=tuple(arguments))
    argv = (request.program, *request.arguments)
    ended = sandbox.execute(
        source,
        request,
        failure=partial(_failed, argv),
        folder=folder,
        makes=makes,
        inputs=inputs,
        hear=Ear(on_progress).hear,
    )
    if ended.returncode != 0:
        what, remedy = sandbox.death(ended, allowed)
        raise FfmpegFailed(f"{source.name!r}: {what}", remedy, argv, ended.returncode, ended.stderr_tail)
    return folder / makes


def failing(source: Path, arguments: Sequence[str]) -> sandbox.Failure:
    """What makes an error of a file that ffmpeg has made of ``source`` and that is not what it should be."""

    def failure(what: str, remedy: str) -> FfmpegFailed:
        return FfmpegFailed(f"{source.name!r}: {what}", remedy, ("ffmpeg", *arguments))

    return failure


def bounds(limits: Limits, *, length_ms: int, size_bytes: int, output_bytes: int) -> Bounds:
    """What ffmpeg may cost: as much as prepare, twice the length more for encoding, and a file of ``output_bytes``.

    In 6 GiB of address space it decodes 8K H.265 of 10 bits with eight threads at a peak of 3.0 GiB (measured with
    ffmpeg 9.0.2); in 1 GiB it may hang instead of failing, and is then stopped as stalled.
    """
    usual = sandbox.bounds(replace(limits, output_bytes=output_bytes), length_ms=length_ms, size_bytes=size_bytes)
    return usual.model_copy(update={"cpu_s": usual.cpu_s + 2 * length_ms // 1000})


class Ear:
    """What hears a progress report: lines ``key=value``, of which counters that advance are progress."""

    def __init__(self, on_progress: Callable[[int], None]) -> None:
        """``on_progress`` is told the milliseconds that are written."""
        self._on_progress = on_progress
        self._furthest = dict.fromkeys(_ADVANCING, 0)

    def hear(self, line: bytes) -> bool:
        """Whether a line is progress."""
        name, _, value = line.strip().partition(b"=")
        if name not in self._furthest or not value.isdigit() or len(value) > _COUNTER_DIGITS:
            return False
        count = int(value)
        if count <= self._furthest[name]:
            return False
        self._furthest[name] = count
        if name == b"out_time_us":
            self._on_progress(count // 1000)
        return True


def _failed(argv: tuple[str, ...], what: str, remedy: str) -> FfmpegFailed:
    return FfmpegFailed(what, remedy, argv)


def _program() -> str:
    """Path of the ffmpeg that imageio-ffmpeg brings."""
    try:
        return str(imageio_ffmpeg.get_ffmpeg_exe())
    except RuntimeError as error:
        raise UsageError(
            "imageio-ffmpeg brings no ffmpeg for this system; install ffmpeg and name it in IMAGEIO_FFMPEG_EXE"
        ) from error
