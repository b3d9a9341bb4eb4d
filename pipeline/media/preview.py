"""Previews: a title, or a dub of it, small enough for the player of the review page.

H.264 and AAC, which every browser plays. They begin at the asset's time zero and end with it, so that the page
can seek by the times of the tables; each frame keeps its own time, however the rate varies.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from pipeline.media import ffmpeg, sandbox
from pipeline.media.extents import extents, require_end, require_picture
from pipeline.media.inside import INPUT
from pipeline.media.limits import DEFAULT_LIMITS, Limits
from pipeline.media.messages import Bounds
from pipeline.media.picture_size import Size, upright_within
from pipeline.media.timeline import GAP_S
from schemas.media import Asset, VideoStream
from schemas.sound import MIX_RATE_HZ, MIX_SAMPLES_PER_MS

BOX = Size(640, 360)
"""Largest picture: a quarter of 720p's pixels, and lips can still be read. Ours."""

KEY_EVERY_S = 2
"""Distance of key frames, and so the most that a seek has to decode: 60 frames at 30 per second, 0.05 s on one
core. Of nature.mp4 in the shared media, one second makes 41 % more bytes and four make 19 % less."""

_SOUND_BITS_PER_S = 96_000  # stereo AAC
_TICKS_HZ = 90_000  # MPEG's clock: frames of 25, 30, 50, 60 and 30000/1001 per second last whole ticks
_RATE_FACTOR = 26  # of x264: 0.17 Mbit/s for nature.mp4, and captions burnt in stay readable
_MOST_BITS_PER_S = 1_500_000  # for noise
_ENCODER_THREADS = 4  # always: x264 makes other bytes with another number of threads
_INTERLACED_HEIGHT = 480  # no broadcast picture has fewer lines (Rec. ITU-R BT.601), and yadif takes none below 3
_KNOWN_CHANNELS = 8  # ffmpeg knows how to bring the layouts up to 7.1 to stereo
_SPARE_BYTES = 1 << 24  # beside twice the bit rate: indices, and titles of a few seconds

_STEREO = f"aformat=sample_fmts=fltp:channel_layouts=stereo,aresample={MIX_RATE_HZ},aformat=sample_fmts=s16"
"""Filters to stereo. In floating point ffmpeg mixes surround sound down at the level it has (Rec. ITU-R BS.775,
the centre at -3 dB); in whole numbers it would make it 8 dB softer to be safe, and dialogue too soft to follow.
The rest is cut at 16 bits, in which there is neither infinity nor NaN: on those the coder gives up."""

_FILE_OPTIONS = {"movflags": "+faststart"}
_PICTURE_OPTIONS = {
    "c:v": "libx264",
    "preset": "veryfast",
    "crf": _RATE_FACTOR,
    "bf": 0,  # times of decoding are those of showing; else MP4 loses the end where the rate varies
    "maxrate": _MOST_BITS_PER_S,
    "bufsize": 2 * _MOST_BITS_PER_S,
    "force_key_frames": f"expr:gte(t,n_forced*{KEY_EVERY_S})",
    "fps_mode": "vfr",
    "enc_time_base": f"1/{_TICKS_HZ}",
    "video_track_timescale": _TICKS_HZ,
    "threads": _ENCODER_THREADS,
}
_SOUND_OPTIONS = {"c:a": "aac", "b:a": _SOUND_BITS_PER_S}


def preview(
    path: Path,
    asset: Asset,
    folder: Path,
    *,
    on_progress: Callable[[int], None] = lambda _: None,
    limits: Limits = DEFAULT_LIMITS,
) -> Path:
    """A small copy of ``path`` in ``folder``: MP4, or M4A where there is no picture.

    Args:
        path: The file that ``asset`` was probed from.
        asset: What probe found.
        folder: An existing folder.
        on_progress: Told the milliseconds that are done.
        limits: What it may cost.

    Raises:
        FfmpegFailed: It cannot be decoded, or what was made is shorter than the title.
    """
    name = "preview.m4a" if asset.video is None else "preview.mp4"
    allowed = _bounds(limits, length_ms=asset.length_ms, size_bytes=asset.size_bytes)
    arguments = title_arguments(asset, name, allowed)
    made = ffmpeg.run(path, arguments, makes=name, folder=folder, allowed=allowed, on_progress=on_progress)
    _require_whole(made, asset.video, length_ms=asset.length_ms, failure=ffmpeg.failing(path, arguments))
    return made


def dub_preview(
    path: Path,
    folder: Path,
    *,
    length_ms: int,
    channels: int,
    channel_layout: str,
    on_progress: Callable[[int], None] = lambda _: None,
) -> Path:
    """A small copy in ``folder``, as M4A, of the mix ``path``, which is a WAV of our own.

    Args:
        path: The mix.
        folder: An existing folder.
        length_ms: Length of the title.
        channels: Channels of the mix.
        channel_layout: Their layout as libavutil names it.
        on_progress: Told the milliseconds that are done.

    Raises:
        FfmpegFailed: It cannot be decoded, or what was made is shorter than the title.
    """
    name = "dub.m4a"
    allowed = _bounds(DEFAULT_LIMITS, length_ms=length_ms, size_bytes=path.stat().st_size)
    filters = {"af": _to_stereo(channels, channel_layout)}
    marking = {"map_metadata": "0"}  # our own file says in its comment that the speech is synthetic
    options = {**_FILE_OPTIONS, **_SOUND_OPTIONS, **filters, **marking}
    arguments = ffmpeg.written([ffmpeg.own(INPUT, kind="wav")["0"]], name, options)
    made = ffmpeg.run(path, arguments, makes=name, folder=folder, allowed=allowed, on_progress=on_progress)
    _require_whole(made, None, length_ms=length_ms, failure=ffmpeg.failing(path, arguments))
    return made


def title_arguments(asset: Asset, name: str, allowed: Bounds) -> tuple[str, ...]:
    """Arguments of the command that makes the preview ``name`` of a title."""
    source = ffmpeg.untrusted(zero=asset.zero, allowed=allowed)
    streams: list[ffmpeg.Stream] = []
    options: dict[str, object] = dict(_FILE_OPTIONS)
    settled: dict[str, str] = {}
    if asset.video is not None:
        streams.append(_picture(source[str(asset.video.stream_index)], asset.video))
        options |= _PICTURE_OPTIONS
    for stream in asset.audio:
        if stream.stream_index == asset.audio_choice:
            streams.append(_sound(source[str(stream.stream_index)], length_ms=asset.length_ms))
            settled[f"0:{stream.stream_index}"] = _to_stereo(stream.channels, stream.channel_layout)
            options |= _SOUND_OPTIONS
    return ffmpeg.written(streams, name, options, settled=settled)


def _picture(stream: ffmpeg.Stream, video: VideoStream) -> ffmpeg.Stream:
    """Upright (ffmpeg turns it), with square pixels, small, and of usual brightness.

    The transfer curve alone is converted, which brings the white of PQ and HLG (203 cd/m², Rec. ITU-R BT.2408) to
    that of a page; the matrix of untagged pictures would only be guessed. What starts late is shown from zero.
    """
    size = upright_within(video, BOX)
    if min(video.width, video.height) >= _INTERLACED_HEIGHT:
        stream = stream.filter("yadif", deint="interlaced")
    begin = round((video.start_ms / 1000 + 1 / (2 * video.frame_rate)) * _TICKS_HZ)
    return (
        stream.filter("scale", size.width, size.height, flags="bilinear")
        .filter("scale", out_transfer="bt709", intent="relative_colorimetric")
        .filter("format", "yuv420p")
        .filter("setsar", "1")
        .filter("settb", f"1/{_TICKS_HZ}")
        .filter("setpts", f"if(lt(PTS,{begin}),0,PTS)")
    )


def _sound(stream: ffmpeg.Stream, *, length_ms: int) -> ffmpeg.Stream:
    """Sound that begins at zero and ends with the title at the latest; silence fills gaps, as in the speech audio."""
    filled = stream.filter("aresample", **{"async": 1, "min_hard_comp": float(GAP_S), "first_pts": 0})
    return filled.filter("atrim", end_sample=length_ms * MIX_SAMPLES_PER_MS)


def _to_stereo(channels: int, channel_layout: str) -> str:
    """Filters that make stereo of any channels; where nobody says what they are, of every other one each."""
    if channels == 1:
        return f"pan=stereo|FL=c0|FR=c0,{_STEREO}"
    if channels <= _KNOWN_CHANNELS and "channels" not in channel_layout:
        return _STEREO
    left, right = ("+".join(f"c{channel}" for channel in range(first, channels, 2)) for first in (0, 1))
    return f"pan=stereo|FL<{left}|FR<{right},{_STEREO}"


def _bounds(limits: Limits, *, length_ms: int, size_bytes: int) -> Bounds:
    bits_per_ms = (_MOST_BITS_PER_S + _SOUND_BITS_PER_S) // 1000
    most = _SPARE_BYTES + 2 * length_ms * bits_per_ms // 8
    return ffmpeg.bounds(limits, length_ms=length_ms, size_bytes=size_bytes, output_bytes=most)


def _require_whole(made: Path, video: VideoStream | None, *, length_ms: int, failure: sandbox.Failure) -> None:
    """Raise when the picture, or all, does not end where it should."""
    found = extents(made, failure=failure)
    ends_s = [stream.end_s for stream in (found.video, *found.audio) if stream is not None]
    require_end(
        max((end_s for end_s in ends_s if end_s is not None), default=None),
        length_ms,
        what="last stream",
        failure=failure,
    )
    if video is not None:
        require_picture(found, video, failure=failure)
