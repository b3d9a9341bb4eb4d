"""A corpus of files that nobody should trust, and what should be said about each.

Made in a few seconds, each file small. What is here was collected from real accidents (cut-off uploads,
wrong suffixes, broken headers) and from known ways to make ffmpeg read or fetch what it should not:
playlists in disguise open other local files even where only the protocol ``file`` is allowed.
"""

from __future__ import annotations

import hashlib
import os
import random
import struct
import threading
from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from types import TracebackType

from tests.support import clips


class Verdict(StrEnum):
    """What should become of a file."""

    ACCEPTED = "accepted"
    """It is fine, whatever it looks like."""

    REJECTED = "rejected"
    """It is refused with one line, at the latest when it is decoded."""

    EITHER = "either"
    """Decoders may conceal the damage: a result or one line, never a crash or a hang."""


@dataclass(frozen=True, slots=True)
class Hostile:
    """One file of the corpus."""

    name: str
    """What it is called in a test's id."""

    path: Path
    """Where it is; a missing file is not there."""

    verdict: Verdict
    """What should become of it."""

    mentions: str = ""
    """Regular expression (case ignored) that the message of a rejection must contain a match of."""


class Trap:
    """An HTTP server on this machine that nothing may call: ``hits`` are the paths that were asked for."""

    def __init__(self) -> None:
        self.hits: list[str] = []
        self._server = ThreadingHTTPServer(("127.0.0.1", 0), _recorder(self.hits))
        self._thread = threading.Thread(target=self._server.serve_forever, daemon=True)

    @property
    def url(self) -> str:
        """Address of a file that does not exist."""
        return f"http://127.0.0.1:{self._server.server_address[1]}/secret.ts"

    def __enter__(self) -> Trap:
        self._thread.start()
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, tb: TracebackType | None) -> None:
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()


def corpus(folder: Path, *, url: str) -> tuple[Hostile, ...]:
    """Make every file in ``folder``; playlists name a local recording and ``url`` (see ``Trap``)."""
    good = clips.colours(folder, name="good.mp4")
    return (
        *_not_media(folder),
        *_playlists(folder, url),
        *_cut_off(folder, good),
        *_damaged(folder, good),
        *_lying(folder, good),
        *_excessive(folder),
        *_without_content(folder),
        *_odd_names(folder, good),
        *_not_regular(folder, good),
    )


def _not_media(folder: Path) -> Iterator[Hostile]:
    yield _rejected(folder, "empty", b"", "empty")
    yield Hostile("missing", _film(folder, "missing"), Verdict.REJECTED, "no such|not exist|missing|not found|no file")
    yield _rejected(folder, "text", b"Dear editor, the film follows tomorrow.\n" * 50, "not media|format")
    yield _rejected(folder, "noise", random.Random(1).randbytes(65_536), "not media|format")
    for suffix in ("jpg", "png", "gif"):
        image = clips.one_picture(folder, name=f"picture.{suffix}")
        yield _rejected(folder, f"still_{suffix}", image.read_bytes(), "image|picture")


def _playlists(folder: Path, url: str) -> Iterator[Hostile]:
    """Texts that ffmpeg takes for a list of other files to open."""
    clips.transport_stream(folder).rename(folder / "secret.ts")
    hls = "#EXTM3U\n#EXT-X-TARGETDURATION:4\n#EXTINF:4,\n{}\n#EXT-X-ENDLIST\n"
    concat = "ffconcat version 1.0\nfile {}\n"
    sdp = "v=0\no=- 0 0 IN IP4 127.0.0.1\nc=IN IP4 127.0.0.1\nm=video 9 RTP/AVP 96\na=rtpmap:96 H264/90000\n"
    word = "playlist|script"
    for kind, text in (("hls", hls), ("concat", concat)):
        for reach, target in (("local", "secret.ts"), ("http", url)):
            yield _rejected(folder, f"{kind}_{reach}", text.format(target).encode(), word)
    yield _rejected(folder, "hls_by_its_own_name", hls.format("secret.ts").encode(), word, suffix=".m3u8")
    yield _rejected(folder, "session", sdp.encode(), "playlist|session|media")


def _cut_off(folder: Path, good: Path) -> Iterator[Hostile]:
    """Uploads that stopped."""
    word = "truncat|cut off|incomplete"
    whole = good.read_bytes()
    yield _rejected(folder, "no_moov", whole[: whole.index(b"moov") - 4], word)
    for name, flags in (("faststart", "+faststart"), ("fragmented", "+frag_keyframe+empty_moov")):
        made = clips.copied(good, folder / f"{name}.mp4", "-movflags", flags)
        yield _rejected(folder, f"cut_{name}", made.read_bytes()[: made.stat().st_size * 6 // 10], word)
        made.unlink()
    stream = clips.transport_stream(folder)
    yield Hostile(
        "cut_transport_stream",
        _written(_film(folder, "cut_transport_stream", suffix=".ts"), stream.read_bytes()[:100_001]),
        Verdict.EITHER,
    )
    stream.unlink()


def _damaged(folder: Path, good: Path) -> Iterator[Hostile]:
    whole = bytearray(good.read_bytes())
    start = whole.index(b"mdat") + 4
    (size,) = struct.unpack(">I", whole[start - 8 : start - 4])
    flips = random.Random(2)
    for _ in range(200):
        whole[start + flips.randrange(size - 8)] ^= 1 << flips.randrange(8)
    yield Hostile("flipped_bits", _written(_film(folder, "flipped_bits"), bytes(whole)), Verdict.EITHER)

    counts = bytearray(good.read_bytes())
    at = counts.index(b"stsz") + 12  # version and flags, sample size, then the count
    counts[at : at + 4] = b"\xff\xff\xff\xff"
    yield Hostile("absurd_sample_count", _written(_film(folder, "absurd_sample_count"), bytes(counts)), Verdict.EITHER)

    key = ["-encryption_scheme", "cenc-aes-ctr", "-encryption_key", "76a6c65c5ea762046bd749a2e632ccbb"]
    kid = ["-encryption_kid", "a7e61c373e219033c21091fa607bf3b8"]
    encrypted = clips.copied(good, _film(folder, "encrypted"), *key, *kid)
    yield Hostile("encrypted", encrypted, Verdict.REJECTED, "encrypt|protected|DRM")


def _lying(folder: Path, good: Path) -> Iterator[Hostile]:
    """Headers that promise more than there is."""
    fifty_days = _with_length(good.read_bytes(), 4_294_967)  # ffmpeg 5 believes it, ffmpeg 9 adds up the samples
    yield Hostile("claims_fifty_days", _written(_film(folder, "claims_fifty_days"), fifty_days), Verdict.EITHER)
    short = clips.colours(folder, name="short.mkv")
    ten_hours = bytearray(short.read_bytes())
    short.unlink()
    at = ten_hours.index(b"\x44\x89\x88") + 3  # Duration, a double
    ten_hours[at : at + 8] = struct.pack(">d", 36_000_000.0)
    yield _rejected(folder, "claims_ten_hours", bytes(ten_hours), "length|long|duration|hours|short", suffix=".mkv")
    small = clips.pixels(folder, name="pixels.webm", width=320, height=320)
    large = small.read_bytes()
    large = large.replace(b"\x9d\x01\x2a\x40\x01\x40\x01", b"\x9d\x01\x2a\x80\x3e\x80\x3e")  # in every key frame of VP8
    large = large.replace(b"\xb0\x82\x01\x40", b"\xb0\x82\x3e\x80")  # PixelWidth
    large = large.replace(b"\xba\x82\x01\x40", b"\xba\x82\x3e\x80")  # PixelHeight
    small.unlink()
    yield _rejected(folder, "16000x16000", large, "pixel|16000", suffix=".webm")
    yield Hostile(
        "wrong_suffix", _written(_film(folder, "wrong_suffix", suffix=".wav"), good.read_bytes()), Verdict.ACCEPTED
    )


def _excessive(folder: Path) -> Iterator[Hostile]:
    fast = clips.pixels(
        folder, name=_film(folder, "thousand_frames_per_second").name, width=64, height=64, rate="1000", frames=1_000
    )
    yield Hostile("thousand_frames_per_second", fast, Verdict.REJECTED, "frame rate|frames per second|fps|frames/s")
    slow = clips.pixels(
        folder, name=_film(folder, "twenty_five_hours").name, width=64, height=64, rate="1/60", frames=1_500
    )
    yield Hostile("twenty_five_hours", slow, Verdict.REJECTED, "long|length|hours|duration")


def _without_content(folder: Path) -> Iterator[Hostile]:
    word = "neither|no audio|no video|no picture|no sound|stream|nothing|picture|image"
    mvhd = struct.pack(">IIIIIIH10x", 0, 0, 0, 1_000, 0, 0x10000, 0x100) + struct.pack(">9I24xI", *_UNITY, 1)
    boxes = _box(b"ftyp", b"isom\0\0\2\0isomiso2mp41") + _box(b"moov", _box(b"mvhd", mvhd))
    yield _rejected(folder, "no_streams", boxes, word)
    captions = _written(folder / "captions.srt", b"1\n00:00:00,000 --> 00:00:01,000\nHello\n")
    only = clips.encode(_film(folder, "only_captions", suffix=".mkv"), "-i", f"file:{captions}", "-c", "copy")
    yield Hostile("only_captions", only, Verdict.REJECTED, word)
    cover = clips.one_picture(folder, name="cover.jpg")
    attached = ["-disposition:v:0", "attached_pic", "-c", "copy"]
    only = clips.encode(_film(folder, "only_cover"), "-i", f"file:{cover}", *attached)
    yield Hostile("only_cover", only, Verdict.REJECTED, word)


def _odd_names(folder: Path, good: Path) -> Iterator[Hostile]:
    """Good files whose names mean something to a shell, to ffmpeg, or to a terminal."""
    names = {
        "newline": "two\nlines.mp4",
        "leading_dash": "-i.mp4",
        "pattern": "frame%03d.mp4",
        "colon": "a:b.mp4",
        "unicode": "Füße 映画 🎬.mp4",
        "shell": "'; touch owned; $(id) `id` \".mp4",
        "markup": "[red]<b>&amp;.mp4",
        "long": "n" * 251 + ".mp4",
    }
    for name, written in names.items():
        yield Hostile(f"name_{name}", _written(folder / written, good.read_bytes()), Verdict.ACCEPTED)
    latin = folder / os.fsdecode(b"caf\xe9.mp4")
    yield Hostile("name_not_utf_8", _written(latin, good.read_bytes()), Verdict.EITHER)


def _not_regular(folder: Path, good: Path) -> Iterator[Hostile]:
    """Things in a folder that are not files to read."""
    word = "regular|not a file|folder|directory|pipe|special"
    fifo = _film(folder, "fifo")
    os.mkfifo(fifo)
    yield Hostile("fifo", fifo, Verdict.REJECTED, word)
    inner = _film(folder, "folder")
    inner.mkdir()
    yield Hostile("folder", inner, Verdict.REJECTED, word)
    loop, back = _film(folder, "symlink_loop"), _film(folder, "symlink_loop_back")
    loop.symlink_to(back)
    back.symlink_to(loop)
    yield Hostile("symlink_loop", loop, Verdict.REJECTED, "loop|link|no such|not exist|missing|no file")
    dangling = _film(folder, "dangling_link")
    dangling.symlink_to(folder / "nowhere.mp4")
    yield Hostile("dangling_link", dangling, Verdict.REJECTED, "link|no such|not exist|missing|not found|no file")
    link = _film(folder, "link_to_a_good_file")
    link.symlink_to(good)
    yield Hostile("link_to_a_good_file", link, Verdict.ACCEPTED)
    if os.geteuid() != 0:  # root may read everything
        closed = _written(_film(folder, "unreadable"), good.read_bytes())
        closed.chmod(0)
        yield Hostile("unreadable", closed, Verdict.REJECTED, "permission|not allowed|may not")


_UNITY = (0x10000, 0, 0, 0, 0x10000, 0, 0, 0, 0x40000000)
"""The matrix of ISO 14496-12 that leaves a picture as it is."""


def _rejected(folder: Path, name: str, content: bytes, mentions: str, *, suffix: str = ".mp4") -> Hostile:
    """A file with this content that should be refused."""
    return Hostile(name, _written(_film(folder, name, suffix=suffix), content), Verdict.REJECTED, mentions)


def _film(folder: Path, name: str, *, suffix: str = ".mp4") -> Path:
    """A file name that says nothing: a message must find its words in the content, not repeat them from the name."""
    return folder / f"{hashlib.sha256(name.encode()).hexdigest()[:8]}{suffix}"


def _written(path: Path, content: bytes) -> Path:
    path.write_bytes(content)
    return path


def _box(kind: bytes, content: bytes) -> bytes:
    return struct.pack(">I", len(content) + 8) + kind + content


def _with_length(movie: bytes, claimed_s: int) -> bytes:
    """The MP4 with every ``mvhd`` and ``mdhd`` (version 0) claiming this length."""
    lying = bytearray(movie)
    for kind in (b"mvhd", b"mdhd"):
        at = lying.find(kind)
        while at != -1:
            (ticks_per_s,) = struct.unpack(">I", lying[at + 16 : at + 20])
            lying[at + 20 : at + 24] = struct.pack(">I", min(claimed_s * ticks_per_s, 0xFFFF_FFFE))
            at = lying.find(kind, at + 4)
    return bytes(lying)


def _recorder(hits: list[str]) -> type[BaseHTTPRequestHandler]:
    class Recorder(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            hits.append(self.path)
            self.send_error(404)

        def log_message(self, *_: object) -> None:
            """Print nothing."""

    return Recorder
