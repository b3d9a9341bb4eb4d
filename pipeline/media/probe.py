"""probe: from a path to an ``Asset``, or to one clear line why not."""

from __future__ import annotations

import contextlib
import stat
from collections.abc import Iterator, Sequence
from fractions import Fraction
from pathlib import Path

from pipeline.errors import ProbeFailed
from pipeline.hashing import sha256_of
from pipeline.media import labels, sandbox, sniff
from pipeline.media.limits import DEFAULT_LIMITS, HOUR_MS, Limits
from pipeline.media.messages import AudioFacts, Request, SurveyAnswer, VideoFacts
from schemas.media import Asset, AudioStream, VideoStream
from schemas.time import seconds_to_ms

LENGTH_TOLERANCE_MS = 1000
"""How much shorter than its header a file may be. Ours: headers round, and count streams that we do not
read (subtitles, data) and the last frame's duration; a lost second is a cut-off file."""


def probe(path: Path, *, audio_stream: int | None = None, limits: Limits = DEFAULT_LIMITS) -> Asset:
    """What ``path`` is, by its content alone; its name is never shown to a decoder.

    Args:
        path: The file.
        audio_stream: ``stream_index`` of the audio stream to transcribe; the default one when None.
        limits: What is too much.

    Raises:
        ProbeFailed: It cannot be used: what, why, and what to do.
    """
    size_bytes = _regular(path, limits)
    with _reading(path):
        objection = sniff.object_to(path, size_bytes)
    if objection is not None:
        raise ProbeFailed(f"{path.name!r} {objection.what}", objection.remedy)
    request = Request(job="survey", bounds=sandbox.bounds(limits, length_ms=HOUR_MS, size_bytes=size_bytes))
    found = sandbox.run(path, request, SurveyAnswer, failure=ProbeFailed)
    chosen = _choice(path, found.audio, audio_stream)
    zero, end = _extent(found.video, chosen)
    _refuse_lies(path, found, seconds_to_ms(end - zero), limits)
    with _reading(path):
        digest = sha256_of(path)
    rate = found.video.frame_rate if found.video is not None else None
    stamp = chosen.sample_rate_hz if chosen is not None else 0
    return Asset(
        asset_id=digest[:16],
        sha256=digest,
        size_bytes=size_bytes,
        container=found.container,
        length_ms=max(1, seconds_to_ms(end - zero)),
        zero=zero,
        declared_length_ms=None if found.declared_s is None else seconds_to_ms(found.declared_s),
        start_timecode=labels.timecode(found.timecode)
        or labels.timecode_of_samples(found.time_reference, sample_rate_hz=stamp, frame_rate=rate),
        video=None if found.video is None else _video(found.video, zero),
        audio=tuple(_audio(stream, zero) for stream in found.audio),
        audio_choice=None if chosen is None else chosen.stream_index,
    )


def _regular(path: Path, limits: Limits) -> int:
    """Size of a file that can be read; everything else is refused."""
    with _reading(path):
        try:
            facts = path.stat()
        except ValueError as error:
            raise ProbeFailed(f"{path.name!r} is no file name", "check the path") from error
        if stat.S_ISDIR(facts.st_mode):
            raise ProbeFailed(f"{path.name!r} is a folder", "name the files in it")
        if not stat.S_ISREG(facts.st_mode):
            raise ProbeFailed(f"{path.name!r} is not a regular file", "copy what it gives into a file")
        with path.open("rb"):
            pass
    if facts.st_size == 0:
        raise ProbeFailed(f"{path.name!r} is empty", "copy or export it again")
    if facts.st_size > limits.max_bytes:
        raise ProbeFailed(f"{path.name!r} has {facts.st_size} bytes, more than {limits.max_bytes}", "split it")
    return facts.st_size


@contextlib.contextmanager
def _reading(path: Path) -> Iterator[None]:
    """Whatever the disk says, as one clear line."""
    try:
        yield
    except FileNotFoundError as error:
        raise ProbeFailed(f"{path.name!r} does not exist", "check the path") from error
    except PermissionError as error:
        raise ProbeFailed(f"{path.name!r} may not be read", "give this user permission to read it") from error
    except OSError as error:
        raise ProbeFailed(f"{path.name!r} cannot be read ({error.strerror})", "check the path and the disk") from error


def _choice(path: Path, audio: Sequence[AudioFacts], asked: int | None) -> AudioFacts | None:
    """The stream that is transcribed: the one asked for, else the first default one that can be decoded."""
    usable = [stream for stream in audio if stream.start_s is not None]
    if asked is not None:
        for stream in usable:
            if stream.stream_index == asked:
                return stream
        have = ", ".join(str(stream.stream_index) for stream in usable) or "none"
        raise ProbeFailed(f"{path.name!r} has no usable audio stream {asked}", f"choose one of: {have}")
    if audio and not usable:
        raise ProbeFailed(f"{path.name!r}: none of its audio streams can be decoded", "check that it plays with sound")
    return min(usable, key=lambda stream: not stream.is_default, default=None)


def _extent(video: VideoFacts | None, audio: AudioFacts | None) -> tuple[Fraction, Fraction]:
    """Earliest presented sample or frame, and the end of the last one, on the container's clock."""
    spans = [] if video is None else [(video.start_s, video.end_s)]
    if audio is not None and audio.start_s is not None and audio.end_s is not None:
        spans.append((audio.start_s, audio.end_s))
    return min(start for start, _ in spans), max(end for _, end in spans)


def _refuse_lies(path: Path, found: SurveyAnswer, length_ms: int, limits: Limits) -> None:
    if length_ms > limits.max_length_ms:
        hours, most = length_ms / HOUR_MS, limits.max_length_ms / HOUR_MS
        raise ProbeFailed(f"{path.name!r} is {hours:.1f} hours long, more than {most:g}", "cut it into shorter files")
    if found.declared_s is None:
        return
    missing = found.declared_s - max(found.reached_s, Fraction(length_ms, 1000))
    if seconds_to_ms(missing) > LENGTH_TOLERANCE_MS:
        raise ProbeFailed(
            f"{path.name!r} is truncated: its header promises a length of {float(found.declared_s):.1f} s "
            f"and it ends after {float(found.reached_s):.1f} s",
            "copy or export it again",
        )


def _video(facts: VideoFacts, zero: Fraction) -> VideoStream:
    return VideoStream(
        stream_index=facts.stream_index,
        codec=facts.codec,
        width=facts.width,
        height=facts.height,
        frame_rate=facts.frame_rate,
        is_variable_rate=facts.is_variable_rate,
        rotation_deg=facts.rotation_deg,
        pixel_aspect=facts.pixel_aspect,
        frame_count=facts.frame_count,
        start_ms=seconds_to_ms(facts.start_s - zero),
    )


def _audio(facts: AudioFacts, zero: Fraction) -> AudioStream:
    return AudioStream(
        stream_index=facts.stream_index,
        codec=facts.codec,
        sample_rate_hz=facts.sample_rate_hz,
        channels=facts.channels,
        channel_layout=facts.channel_layout,
        language=labels.language(facts.language),
        title=facts.title or None,
        is_default=facts.is_default,
        start_ms=0 if facts.start_s is None else seconds_to_ms(facts.start_s - zero),
    )
