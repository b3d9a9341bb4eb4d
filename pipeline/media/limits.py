"""What we take: the largest media that is worth opening, and what its decoding may cost.

None of these numbers is a standard. They are ours, chosen so that every delivery master we know of
passes and a file that was built to exhaust a machine does not.
"""

from __future__ import annotations

from dataclasses import dataclass

HOUR_MS = 3_600_000
GIB = 1 << 30


@dataclass(frozen=True, slots=True)
class Limits:
    """Bounds of one source."""

    max_bytes: int = 2048 * GIB
    """Size of the file. 2 TiB hold six hours of ProRes 422 HQ in UHD at 25 frames per second (737 Mbit/s by
    Apple's white paper on ProRes); longer masters come in reels."""

    max_length_ms: int = 24 * HOUR_MS
    """Length. A day is the longest single recording that an archive keeps in one file (logging recorders)."""

    max_pixels: int = 8192 * 4352
    """Stored width times height: 8K DCI with its padding. Beyond it H.264 needs over a gigabyte for two
    frames (measured with ffmpeg 5.1: 1.38 GB for 16000 x 16000)."""

    max_frame_rate: int = 300
    """Frames per second: high-speed sports cameras deliver 240, 300 is the highest listed broadcast rate."""

    max_channels: int = 64
    """Audio channels of one stream: MXF and WAV masters carry up to 64."""

    max_sample_rate_hz: int = 768_000
    """Samples per second: the highest rate that audio interfaces record."""

    max_streams: int = 256
    """Streams of a file; MXF masters with a stream per channel stay far below."""

    memory_bytes: int = 6 * GIB
    """Address space of the process that opens the file: 8K 10-bit needs about 2.5 GiB of reference frames."""

    output_bytes: int = 64 * GIB
    """Largest file that process may write: sampled frames of a day are about 5 GiB."""

    stall_s: int = 120
    """How long that process may go without progress: a cold network disk takes some seconds."""

    max_threads: int = 8
    """Decoder threads: more only raise the memory, a frame per thread."""


DEFAULT_LIMITS = Limits()
