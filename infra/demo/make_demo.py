"""Makes the demo clip ``demo.mp4`` and ``demo.truth.json``, which says what is in it.

Run it from the repository root: ``.venv/bin/python -m infra.demo.make_demo``. It needs Flite
(Debian ``flite``, whose voices PocketSphinx understands) and the ffmpeg of imageio-ffmpeg; the
result lies in the repository, so that a user needs neither Flite nor this script.

The clip: 984 frames of 640x360 at 24000/1001 (41.041 s), H.264; mono AAC at 48 kHz. What happens,
to the millisecond and the frame:

===============  =================  ==========================================================
frames           ms                 what
===============  =================  ==========================================================
0 to 72          0 to 3003          title card; music-like tones from 300 to 2900 ms
72 to 156        3003 to 6506       sunrise; line 1
156 to 360       6506 to 15015      kitchen; lines 2 to 4
360 to 528       15015 to 22022     road; lines 5 and 6, and line 7 begins over this picture
528 to 672       22022 to 28028     bridge; line 7 ends, line 8
672 to 792       28028 to 33033     lake, no speech; tones from 28300 to 32600 ms; fades out from 780
792 to 798       33033 to 33283     black
798 to 984       33283 to 41041     night, dark; fades in until 810; lines 9 and 10; fades out from
                                    936, black from 960; digital silence from 37600 ms to the end
===============  =================  ==========================================================

Lines start exactly where ``LINES`` says; where they and their words end is Flite's own timing,
which the truth file keeps. Everything that is not speech, tones or silence is a faint room tone.
"""

from __future__ import annotations

import json
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from fractions import Fraction
from pathlib import Path

import imageio_ffmpeg
import numpy as np
import numpy.typing as npt
import soundfile
import soxr

from infra.demo import flite, pictures

FRAME_RATE = Fraction(24000, 1001)
FRAMES = 984
LENGTH_MS = 41_041
"""Exactly 984 frames: 984 * 1001 / 24."""

RATE_HZ = 48_000
SHOTS: tuple[tuple[int, pictures.Shot], ...] = (
    (0, pictures.title_card),
    (72, pictures.sunrise),
    (156, pictures.kitchen),
    (360, pictures.road),
    (528, pictures.bridge),
    (672, pictures.lake),
    (798, pictures.night),
)
"""First frame of each shot."""

CUTS = (72, 156, 360, 528, 672)
"""First frames of the shots that begin with a hard cut."""


@dataclass(frozen=True, slots=True)
class Fade:
    """A fade to black, and from it where the clip goes on."""

    out_frame: int
    """First frame that is darker than the picture alone."""

    black_frame: int
    """First frame that is all black."""

    in_frame: int
    """First frame that is not all black any more; the number of frames where the clip ends black."""

    full_frame: int
    """First frame that is the picture alone again; as ``in_frame`` where the clip ends black."""


FADES = (Fade(780, 792, 798, 810), Fade(936, 960, FRAMES, FRAMES))


@dataclass(frozen=True, slots=True)
class Sound:
    """A stretch without speech whose sound is known."""

    kind: str
    """``music-like`` or ``silent``."""

    start_ms: int
    """First millisecond."""

    end_ms: int
    """First millisecond after it."""


SOUNDS = (
    Sound("music-like", 300, 2_900),
    Sound("music-like", 28_300, 32_600),
    Sound("silent", 37_600, LENGTH_MS),
)

LINES: tuple[tuple[int, str, str], ...] = (
    (3_400, "rms", "Good morning. Are you ready for the trip?"),
    (6_900, "slt", "I made sandwiches and coffee for both of us."),
    (9_700, "rms", "You always think of everything."),
    (12_200, "slt", "I will carry the bag and you can drive the car."),
    (15_500, "slt", "How long does it take to get to the lake?"),
    (17_950, "rms", "About three hours, if the weather is good."),
    (20_900, "slt", "Let us stop at the old bridge on the way."),
    (23_600, "rms", "My father took me there when I was a child."),
    (33_700, "rms", "I have never seen so many stars."),
    (36_050, "slt", "This is the best part of the summer."),
)
"""Where each line starts, Flite's voice, and the text: sentences that PocketSphinx 5.1 hears without an error."""

_BT709 = "colorspace=bt709:color_primaries=bt709:color_trc=bt709"
"""How the colours are to be read: without it a player has to guess."""

SPEAKERS = {"rms": "A", "slt": "B"}

SPEECH_RMS = 0.08
"""-22 dBFS over each line: Flite's voices differ by 6 dB, the people on screen should not."""

ROOM_TONE_RMS = 0.0005
"""-66 dBFS."""


@dataclass(frozen=True, slots=True)
class Line:
    """One line of dialogue as it is heard."""

    speaker: str
    """``A`` or ``B``."""

    voice: str
    """Flite's name of the voice."""

    text: str
    """What is said, with case and punctuation."""

    start_ms: int
    """Where the first phone starts."""

    end_ms: int
    """Where the last phone ends."""

    words: tuple[flite.SpokenWord, ...]
    """Its words in order, times on the clip's timeline."""


def main() -> None:
    """Write ``demo.mp4`` and ``demo.truth.json`` beside this file."""
    if not flite.is_installed():
        raise SystemExit("the demo clip is spoken by Flite, which is not installed: apt-get install flite")
    folder = Path(__file__).parent
    with tempfile.TemporaryDirectory() as scratch:
        sound = Path(scratch) / "sound.wav"
        samples, lines = soundtrack()
        soundfile.write(sound, samples, RATE_HZ, subtype="PCM_16")
        part = folder / ".part-demo.mp4"
        encode(sound, part)
    part.replace(folder / "demo.mp4")
    (folder / "demo.truth.json").write_text(truth(lines), encoding="utf-8")
    sys.stdout.write(f"{folder / 'demo.mp4'}: {(folder / 'demo.mp4').stat().st_size:,} bytes\n")


def truth(lines: tuple[Line, ...]) -> str:
    """Text of ``demo.truth.json``."""
    written = {
        "frame_rate": str(FRAME_RATE),
        "frames": FRAMES,
        "length_ms": LENGTH_MS,
        "cuts": CUTS,
        "fades": [asdict(fade) for fade in FADES],
        "sounds": [asdict(sound) for sound in SOUNDS],
        "lines": [asdict(line) for line in lines],
    }
    return json.dumps(written, indent=1) + "\n"


def frames() -> Iterator[bytes]:
    """Every picture as RGB bytes, in order."""
    ends = [start for start, _ in SHOTS[1:]] + [FRAMES]
    for (start, draw), end in zip(SHOTS, ends, strict=True):
        for frame in range(start, end):
            picture = draw(float((frame - start) / FRAME_RATE)) * np.float32(_light(frame))
            yield (picture * 255).round().astype(np.uint8).tobytes()


def soundtrack() -> tuple[npt.NDArray[np.float32], tuple[Line, ...]]:
    """The sound of the clip, shape ``(n,)``, 48 kHz mono, float32 in [-1, 1), and the lines in it."""
    count = LENGTH_MS * RATE_HZ // 1000
    noise = np.random.default_rng(20_260_101).standard_normal(count)
    mixed = (noise * ROOM_TONE_RMS).astype(np.float32)
    lines = []
    for start_ms, voice, text in LINES:
        samples, line = _spoken(start_ms, voice, text)
        first = start_ms * RATE_HZ // 1000
        mixed[first : first + samples.size] += samples
        lines.append(line)
    for sound in SOUNDS:
        first, end = sound.start_ms * RATE_HZ // 1000, sound.end_ms * RATE_HZ // 1000
        if sound.kind == "silent":
            mixed[first:end] = 0
        else:
            mixed[first:end] += _tones(end - first)
    return mixed, tuple(lines)


def encode(sound: Path, target: Path) -> None:
    """Draw the pictures, and put them and the sound into one MP4.

    One thread and no encoder's name or date in the file: the same bytes come out each time.
    """
    argv = [imageio_ffmpeg.get_ffmpeg_exe(), "-hide_banner", "-loglevel", "error", "-nostdin", "-y"]
    argv += ["-f", "rawvideo", "-pix_fmt", "rgb24", "-s", f"{pictures.WIDTH}x{pictures.HEIGHT}"]
    argv += ["-r", str(FRAME_RATE), "-i", "pipe:0", "-i", f"file:{sound}"]
    argv += ["-vf", f"scale=out_color_matrix=bt709:out_range=tv,format=yuv420p,setparams={_BT709}"]
    argv += ["-c:v", "libx264", "-preset", "veryslow", "-crf", "27", "-g", "120", "-threads", "1"]
    argv += ["-c:a", "aac", "-b:a", "64k", "-metadata:s:a:0", "language=eng", "-fflags", "+bitexact"]
    argv += ["-flags:v", "+bitexact", "-flags:a", "+bitexact", "-movflags", "+faststart", f"file:{target}"]
    with subprocess.Popen(argv, stdin=subprocess.PIPE) as running:
        assert running.stdin is not None
        for picture in frames():
            running.stdin.write(picture)
        running.stdin.close()
        if running.wait() != 0:
            raise SystemExit(f"ffmpeg ended with status {running.returncode}")


def _light(frame: int) -> float:
    """How bright a frame is, from 0 (black) to 1 (the picture alone)."""
    for fade in FADES:
        if fade.black_frame <= frame < fade.in_frame:
            return 0.0
        if fade.out_frame <= frame < fade.black_frame:
            return (fade.black_frame - frame) / (fade.black_frame - fade.out_frame + 1)
        if fade.in_frame <= frame < fade.full_frame:
            return (frame - fade.in_frame + 1) / (fade.full_frame - fade.in_frame + 1)
    return 1.0


def _spoken(start_ms: int, voice: str, text: str) -> tuple[npt.NDArray[np.float32], Line]:
    """A line as 48 kHz samples that begin with its first phone, and when its words are said."""
    spoken = flite.speak(text, voice, rms=SPEECH_RMS)
    words = tuple(
        flite.SpokenWord(word.text, start_ms + word.start_ms, start_ms + word.end_ms) for word in spoken.words
    )
    line = Line(SPEAKERS[voice], voice, text, words[0].start_ms, words[-1].end_ms, words)
    return soxr.resample(spoken.samples, flite.RATE_HZ, RATE_HZ).astype(np.float32), line


def _tones(count: int) -> npt.NDArray[np.float32]:
    """A slow arpeggio of plucked tones over a soft chord, 48 kHz; fades out at its end."""
    notes_hz = (220.0, 277.18, 329.63, 440.0, 329.63, 277.18)  # A major, up and down
    at_s = np.arange(count) / RATE_HZ
    mixed = sum(0.02 * np.sin(2 * np.pi * note * at_s) for note in (110.0, 164.81, 220.0))
    mixed = np.asarray(mixed * np.minimum(1, at_s / 0.8))
    for index, start in enumerate(range(0, count, RATE_HZ * 43 // 100)):
        since_s = at_s[: count - start]
        note = 2 * notes_hz[index % len(notes_hz)]
        pluck = np.sin(2 * np.pi * note * since_s) + 0.3 * np.sin(4 * np.pi * note * since_s)
        mixed[start:] += 0.08 * pluck * np.exp(-3.5 * since_s) * np.minimum(1, since_s / 0.005)
    ending = np.minimum(1, (count - np.arange(count)) / (0.4 * RATE_HZ))
    return np.asarray(mixed * ending, dtype=np.float32)


if __name__ == "__main__":
    main()
