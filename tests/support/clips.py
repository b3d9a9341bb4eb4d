"""Makers of test media: each writes one small clip into a folder and says what is in it to the millisecond.

Made with the ffmpeg that imageio-ffmpeg pins, so that they come out alike on every machine. Pictures are
160x90, flat colours with a small square that moves; sound is 48 kHz, a beep of 1 kHz in digital silence.
Times are those of the presentation: what a player shows and lets hear, counted from its earliest frame or
sample.
"""

from __future__ import annotations

import itertools
import subprocess
from collections.abc import Iterator, Sequence
from fractions import Fraction
from pathlib import Path

import imageio_ffmpeg
import numpy as np
import numpy.typing as npt

WIDTH = 160
HEIGHT = 90
RATE_HZ = 48_000
PAL = Fraction(25)
NTSC = Fraction(30_000, 1001)

PALETTE = ((200, 60, 50), (50, 130, 200), (230, 200, 70), (60, 160, 90), (150, 70, 170), (235, 235, 225))
"""Colours of successive shots, RGB; neighbours differ by more than any shot detector's threshold."""

_TIMEOUT_S = 120
"""A clip takes well under a second; a machine under load gets more."""

_VIDEO = ("-c:v", "libx264", "-preset", "ultrafast", "-pix_fmt", "yuv420p")
_CODECS = {".mp4": "aac", ".mov": "aac", ".m4a": "aac", ".ts": "mp2", ".mkv": "flac", ".mp3": "libmp3lame"}
"""Audio codec by suffix, where ffmpeg's own choice is an odd one."""


def tone(
    folder: Path,
    *,
    name: str = "tone.wav",
    from_ms: int = 1_000,
    to_ms: int = 2_000,
    length_ms: int = 3_000,
    rate_hz: int = RATE_HZ,
) -> Path:
    """Mono: digital silence, but for a beep of 1 kHz, -6 dBFS, from ``from_ms`` to ``to_ms``.

    The suffix chooses the codec: ``.wav``, ``.flac``, ``.mp3``, ``.m4a``, ``.opus``.
    """
    return encode(folder / name, *_beep(from_ms, to_ms, length_ms, rate_hz=rate_hz))


def silence(folder: Path, *, name: str = "silence.wav", length_ms: int = 3_000) -> Path:
    """Mono digital silence, nothing else."""
    return tone(folder, name=name, from_ms=0, to_ms=0, length_ms=length_ms)


def audio_only(folder: Path) -> Path:
    """3 s of AAC in MP4 without picture: a beep from 1000 to 2000 ms."""
    return tone(folder, name="audio_only.m4a")


def colours(
    folder: Path,
    *,
    name: str = "colours.mp4",
    cuts: Sequence[int] = (30, 70),
    frames: int = 100,
    rate: Fraction = PAL,
    with_tone: bool = True,
) -> Path:
    """Shots of one colour each; a new one begins at each frame in ``cuts`` (frames count from 0).

    With a beep from 1000 to 2000 ms, or no audio stream at all.
    """
    length_ms = round(frames * 1000 / rate)
    sound = _beep(1_000, 2_000, length_ms) if with_tone else []
    return encode(folder / name, *_raw_input(rate), *sound, *_VIDEO, pictures=_shots(cuts, frames))


def no_audio(folder: Path) -> Path:
    """4 s at 25 frames per second, cuts at frames 30 and 70, no audio stream."""
    return colours(folder, name="no_audio.mp4", with_tone=False)


def one_frame(folder: Path) -> Path:
    """A video of a single frame of 40 ms, no audio."""
    return colours(folder, name="one_frame.mp4", cuts=(), frames=1, with_tone=False)


def late_audio(folder: Path, *, name: str = "late_audio.mp4") -> Path:
    """4 s of picture (cuts at frames 30 and 70, 25 per second) from 0 ms; audio only from 680 to 3680 ms.

    The beep is heard from 1680 to 2680 ms. In Matroska the delay is the first PTS; in MP4 it is an edit list,
    which presents the 1024 samples of AAC's own delay too: there the audio begins at 659 ms.
    """
    sound = _beep(1_000, 2_000, 3_000)
    inputs = [*_raw_input(PAL), "-itsoffset", "0.68", *sound]
    return encode(folder / name, *inputs, *_VIDEO, pictures=_shots((30, 70), 100))


def late_video(folder: Path, *, name: str = "late_video.mp4") -> Path:
    """Audio from 0 to 4000 ms with a beep from 1000 to 2000 ms; picture only from 400 to 3400 ms.

    75 frames, 25 per second; the cut is at frame 30 of the picture, which is shown at 1600 ms.
    """
    inputs = [*_raw_input(PAL), *_beep(1_000, 2_000, 4_000)]
    delay = ["-vf", "setpts=PTS+0.4/TB"]
    return encode(folder / name, *inputs, *delay, *_VIDEO, pictures=_shots((30,), 75))


def variable_rate(folder: Path, *, name: str = "variable_rate.mkv") -> Path:
    """80 frames: 50 of 40 ms, then 30 of 100 ms (5 s in all); cuts at frames 30 and 60.

    Frame 30 is shown at 1200 ms, frame 60 at 3000 ms. A beep from 1000 to 2000 ms.
    """
    times = "settb=1/1000,setpts='if(lt(N,50),N*40,2000+(N-50)*100)'"
    inputs = [*_raw_input(PAL), *_beep(1_000, 2_000, 5_000)]
    timing = ["-vf", times, "-fps_mode", "passthrough", "-enc_time_base", "1/1000", "-bf", "0"]
    return encode(folder / name, *inputs, *timing, *_VIDEO, pictures=_shots((30, 60), 80))


def fades(folder: Path) -> Path:
    """100 frames at 25 per second, no hard cut: two shots with a dip to black between them.

    Frames 0 to 10 come up from black, 40 to 50 go down to it, 50 to 56 are black, 56 to 66 come up, 90 to 100
    go down. Colour one until frame 53, colour two after it.
    """
    light = np.interp(np.arange(100), (0, 10, 40, 50, 55, 66, 90, 100), (0, 1, 1, 0, 0, 1, 1, 0))
    shaded = (
        np.rint(picture * share).astype(np.uint8) for picture, share in zip(_shots((53,), 100), light, strict=True)
    )
    return encode(folder / "fades.mp4", *_raw_input(PAL), *_VIDEO, pictures=shaded)


def two_audio_streams(folder: Path) -> Path:
    """4 s of picture and two languages: stream 1 English "Commentary" (beep from 1000 to 2000 ms), stream 2 Spanish.

    Stream 2 is the default one; its beep is from 2000 to 3000 ms.
    """
    inputs = [*_raw_input(PAL), *_beep(1_000, 2_000, 4_000), *_beep(2_000, 3_000, 4_000)]
    english = "-metadata:s:a:0 language=eng -metadata:s:a:0 title=Commentary -disposition:a:0 0"
    spanish = "-metadata:s:a:1 language=spa -disposition:a:1 default"
    tags = f"-map 0 -map 1 -map 2 {english} {spanish}".split()
    return encode(folder / "two_audio_streams.mkv", *inputs, *tags, *_VIDEO, pictures=_shots((30, 70), 100))


def surround_5_1(folder: Path) -> Path:
    """3 s of AC-3 in 5.1 (Matroska audio): a beep from 1000 to 2000 ms in the centre, a soft 200 Hz hum in L and R."""
    beep = "0.5*sin(2*PI*1000*t)*gte(t,1)*lt(t,2)"
    hum = "0.01*sin(2*PI*200*t)"
    channels = "|".join((hum, hum, beep, "0", "0", "0"))
    source = f"aevalsrc='{channels}':c=5.1:s={RATE_HZ}:d=3"
    return encode(folder / "surround_5_1.mka", "-f", "lavfi", "-i", source, "-c:a", "ac3")


def with_cover_art(folder: Path) -> Path:
    """3 s of MP3 with a picture attached, which is not a video: a beep from 1000 to 2000 ms."""
    inputs = [*_raw_input(PAL), *_beep(1_000, 2_000, 3_000)]
    attached = "-map 1 -map 0 -c:v mjpeg -pix_fmt yuvj420p -disposition:v:0 attached_pic".split()
    return encode(folder / "with_cover_art.mp3", *inputs, *attached, pictures=_shots((), 1))


def drop_frame_timecode(folder: Path) -> Path:
    """90 frames at 30000/1001 with the start timecode ``00:59:58;00``, which drops frames; a cut at frame 45."""
    arguments = [*_raw_input(NTSC), *_VIDEO, "-timecode", "00:59:58;00"]
    return encode(folder / "drop_frame_timecode.mov", *arguments, pictures=_shots((45,), 90))


def rotated(folder: Path, *, clockwise_deg: int = 90) -> Path:
    """1 s stored as 160x90 that a player turns clockwise by ``clockwise_deg``: 90x160 on screen at 90 or 270."""
    upright = colours(folder, name="upright.mp4", cuts=(), frames=25, with_tone=False)
    turn = ["-display_rotation:v:0", str(-clockwise_deg), "-i", f"file:{upright}", "-c", "copy"]
    target = encode(folder / f"rotated_{clockwise_deg}.mp4", *turn)
    upright.unlink()
    return target


def transport_stream(folder: Path, *, start_s: Fraction = Fraction(0)) -> Path:
    """4 s of MPEG-TS: cuts at frames 30 and 70 (25 per second), a beep from 1000 to 2000 ms after the first frame.

    Its clock starts at ``start_s`` plus ffmpeg's muxing delay of 1.4 s, with the 481 samples of delay that MP2
    coding has: the first frame comes 10 ms after the first sample. A start a little under 95443.7 s makes the
    33-bit clock wrap inside the clip.
    """
    inputs = [*_raw_input(PAL), *_beep(1_000, 2_000, 4_000)]
    offset = ["-output_ts_offset", f"{float(start_s):.3f}"]
    return encode(folder / "transport_stream.ts", *inputs, *_VIDEO, *offset, pictures=_shots((30, 70), 100))


def anamorphic(folder: Path) -> Path:
    """1 s stored as 160x90 with pixels of 64:45: about 228x90 on screen."""
    return encode(folder / "anamorphic.mp4", *_raw_input(PAL), "-vf", "setsar=64/45", *_VIDEO, pictures=_shots((), 25))


def telephone(folder: Path) -> Path:
    """3 s of 8 kHz mu-law: a beep from 1000 to 2000 ms."""
    beep = _beep(1_000, 2_000, 3_000, rate_hz=8_000)
    return encode(folder / "telephone.wav", *beep, "-c:a", "pcm_mulaw")


def one_picture(folder: Path, *, name: str) -> Path:
    """A still image of one colour, 160x90; the suffix chooses the format: ``.jpg``, ``.png``, ``.gif``."""
    return encode(folder / name, *_raw_input(PAL), "-frames:v", "1", "-update", "1", pictures=_shots((), 1))


def pixels(folder: Path, *, name: str, width: int, height: int, rate: str = "25", frames: int = 2) -> Path:
    """``frames`` grey pictures of any size and rate: H.264, or VP8 where the suffix is ``.webm``."""
    source = ["-f", "lavfi", "-i", f"color=c=gray:s={width}x{height}:r={rate}", "-frames:v", str(frames)]
    codec = ["-c:v", "libvpx"] if name.endswith(".webm") else _VIDEO
    return encode(folder / name, *source, *codec)


def copied(source: Path, target: Path, *arguments: str) -> Path:
    """The streams of ``source`` as they are, in a container that ``arguments`` shape."""
    return encode(target, "-i", f"file:{source}", "-map", "0", "-c", "copy", *arguments)


def encode(target: Path, *arguments: str, pictures: Iterator[npt.NDArray[np.uint8]] | None = None) -> Path:
    """Run ffmpeg with ``arguments`` and ``target`` behind them; ``pictures`` go into its standard input as RGB.

    Raises:
        RuntimeError: ffmpeg failed; with what it printed.

    """
    argv = [imageio_ffmpeg.get_ffmpeg_exe(), "-hide_banner", "-loglevel", "error", "-y", *arguments]
    if target.suffix in _CODECS and "-c" not in arguments:
        argv += ["-c:a", _CODECS[target.suffix]]
    argv.append(f"file:{target}")
    raw = b"" if pictures is None else b"".join(picture.tobytes() for picture in pictures)
    done = subprocess.run(argv, input=raw, capture_output=True, timeout=_TIMEOUT_S, check=False)
    if done.returncode != 0:
        raise RuntimeError(f"ffmpeg could not make {target.name}: {done.stderr.decode(errors='replace')}")
    return target


def _beep(from_ms: int, to_ms: int, length_ms: int, *, rate_hz: int = RATE_HZ) -> list[str]:
    """An audio input of ffmpeg."""
    gate = f"gte(t,{from_ms / 1000})*lt(t,{to_ms / 1000})"
    return ["-f", "lavfi", "-i", f"aevalsrc='0.5*sin(2*PI*1000*t)*{gate}':s={rate_hz}:d={length_ms / 1000}"]


def _raw_input(rate: Fraction) -> list[str]:
    """The picture input of ffmpeg: RGB on standard input."""
    return ["-f", "rawvideo", "-pix_fmt", "rgb24", "-s", f"{WIDTH}x{HEIGHT}", "-r", str(rate), "-i", "pipe:0"]


def _shots(cuts: Sequence[int], frames: int) -> Iterator[npt.NDArray[np.uint8]]:
    """Pictures of shape ``(HEIGHT, WIDTH, 3)``: a colour per shot, and a square that moves so that none repeats."""
    edges = [0, *cuts, frames]
    for colour, (start, end) in zip(itertools.cycle(PALETTE), itertools.pairwise(edges), strict=False):
        for frame in range(start, end):
            picture = np.full((HEIGHT, WIDTH, 3), colour, np.uint8)
            left = 2 * frame % (WIDTH - 8)
            picture[40:48, left : left + 8] = 0
            yield picture
