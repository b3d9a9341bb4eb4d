"""How long the streams of a file really are, told by its packets in the confined process, and whether that will do."""

from __future__ import annotations

from fractions import Fraction
from pathlib import Path

from pipeline.media import sandbox
from pipeline.media.limits import DEFAULT_LIMITS, HOUR_MS
from pipeline.media.messages import Request, SurveyAnswer
from schemas.media import VideoStream
from schemas.time import seconds_to_ms

SHORT_MS = 1000
"""How far the end of a stream may be from where it should be: as much as prepare lets a damaged source lack."""


def extents(path: Path, *, failure: sandbox.Failure) -> SurveyAnswer:
    """Picture and sound of a file that ffmpeg made; its own word is not taken for it.

    Args:
        path: The file.
        failure: Makes the error to raise.

    Raises:
        MediaError: From ``failure``: it cannot be read.
    """
    allowed = sandbox.bounds(DEFAULT_LIMITS, length_ms=HOUR_MS, size_bytes=path.stat().st_size)
    return sandbox.run(path, Request(job="survey", bounds=allowed), SurveyAnswer, failure=failure)


def require_picture(found: SurveyAnswer, video: VideoStream, *, failure: sandbox.Failure) -> None:
    """Raise unless there is a picture that ends where that of the source does, as far as its rate tells."""
    if found.video is None:
        raise failure("the result has no picture", sandbox.PLAYS)
    if not video.is_variable_rate:
        due_ms = video.start_ms + seconds_to_ms(video.frame_count / video.frame_rate)
        require_end(found.video.end_s, due_ms, what="picture", failure=failure)


def require_end(end_s: Fraction | None, due_ms: int, *, what: str, failure: sandbox.Failure) -> None:
    """Raise when ``what`` of the result ends too early or too late."""
    end_ms = 0 if end_s is None else seconds_to_ms(end_s)
    if abs(end_ms - due_ms) > SHORT_MS:
        raise failure(
            f"the {what} of the result ends after {end_ms / 1000:.1f} s and not after {due_ms / 1000:.1f} s",
            "it is damaged: copy or export it again",
        )
