"""prepare: one decode pass from an ``Asset`` to speech audio, levels, regions, shots and sampled frames."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from fractions import Fraction
from pathlib import Path

from pipeline.errors import DecodeFailed
from pipeline.media import files, sandbox
from pipeline.media.limits import DEFAULT_LIMITS, Limits
from pipeline.media.messages import PrepareRequest
from schemas.media import Asset, Prepared, VideoStream
from schemas.time import seconds_to_ms


def prepare(
    path: Path,
    asset: Asset,
    folder: Path,
    *,
    on_progress: Callable[[int], None] = lambda _: None,
    limits: Limits = DEFAULT_LIMITS,
    is_sparse: bool = True,
) -> Prepared:
    """Decode ``path`` once and leave those of ``pipeline.media.files`` that there are of it in ``folder``.

    Args:
        path: The file that ``asset`` was probed from.
        asset: What probe found.
        folder: An existing folder.
        on_progress: Told the decoded milliseconds, a few times per second.
        limits: What it may cost.
        is_sparse: Whether frames that no cut needs may be left out (see ``pipeline.media.sparse``).

    Raises:
        DecodeFailed: It breaks on the way or is shorter than promised. The folder is then as it was.
    """
    video = asset.video
    request = PrepareRequest(
        job="prepare",
        bounds=sandbox.bounds(limits, length_ms=asset.length_ms, size_bytes=asset.size_bytes),
        zero_s=asset.zero,
        length_ms=asset.length_ms,
        video_index=None if video is None else video.stream_index,
        video_end_ms=0 if video is None else _constant_end_ms(video),
        rotation_deg=0 if video is None else video.rotation_deg,
        pixel_aspect=Fraction(1) if video is None else video.pixel_aspect,
        audio_index=asset.audio_choice,
        is_sparse=is_sparse,
    )
    made = sandbox.run(
        path,
        request,
        Prepared,
        failure=DecodeFailed,
        folder=folder,
        makes=files.made(has_audio=asset.audio_choice is not None, has_picture=video is not None),
        on_progress=on_progress,
    )
    return replace(made, has_speech_audio=asset.audio_choice is not None)  # as the files were checked


def _constant_end_ms(video: VideoStream) -> int:
    """End of the picture by its exact rate; 0 where the rate varies."""
    if video.is_variable_rate:
        return 0
    return video.start_ms + seconds_to_ms(video.frame_count / video.frame_rate)
