"""mux: picture, original sound, dubs and captions of a title in one file, for those who ask for one.

Picture and original sound are copied as they are. It is an MP4 where both may be in one, since everything plays
that; else a Matroska file, which takes what masters are made of, and there the dubs are lossless. The start timecode
of the source goes with it: as a timecode track of an MP4, which has none where no such count of frames exists (one
that drops frames at 25 per second), and as a tag in Matroska.
"""

from __future__ import annotations

import contextlib
import tempfile
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import langcodes
from langcodes.tag_parser import LanguageTagError

from pipeline.captions.formats import srt
from pipeline.errors import FfmpegFailed
from pipeline.media import ffmpeg, sandbox
from pipeline.media.extents import extents, require_end, require_picture
from pipeline.media.limits import DEFAULT_LIMITS, Limits
from pipeline.media.messages import Bounds
from pipeline.store import faults
from pipeline.text import one_line
from schemas.captions import Cue
from schemas.languages import UNDETERMINED
from schemas.media import Asset, AudioStream

STEM = "muxed"
"""Name of the result without its suffix."""

MP4_PICTURES = frozenset({"h264", "hevc", "av1", "libdav1d"})
"""Pictures that go into an MP4: those of ISO/IEC 14496-15 and AOM's AV1 binding that players take. What else
may stand in one (MPEG-2, VP9, JPEG) is played by few."""

MP4_SOUNDS = frozenset({"aac", "mp3", "mp3float", "ac3", "eac3"})
"""Sound that goes into an MP4: MPEG's own (ISO/IEC 14496-3) and Dolby's (ETSI TS 102 366, annex F). PCM,
FLAC and Opus have bindings that QuickTime and televisions do not know."""

_NOT_TAKEN = "Could not write header"  # what ffmpeg 9.0.2 says last where a container has no place for a codec
_BITS_PER_CHANNEL = 128_000  # AAC: 256 kbit/s in stereo, as shops sell music
_SPARE_BYTES = 1 << 26  # beside twice what goes in: indices, captions
_TITLE_LENGTH = 200  # of what a source calls its sound: a menu shows less, and a command holds only so much


@dataclass(frozen=True, slots=True)
class DubSound:
    """A finished dub of the title."""

    language: str
    """BCP 47 tag."""

    path: Path
    """Its mix: a WAV of our own of the title's length."""

    channels: int
    """Its channels."""

    marking: str
    """What the file says of the speech in it: that it is synthetic, and what made it."""

    is_synthetic: bool
    """Whether any speech in it is synthetic; all is the original where no line could be dubbed."""


@dataclass(frozen=True, slots=True)
class CaptionText:
    """Captions of the title in one language."""

    language: str
    """BCP 47 tag."""

    cues: tuple[Cue, ...]
    """In order of time; without any, there is no track."""


def mux(
    path: Path,
    asset: Asset,
    folder: Path,
    *,
    language: str,
    dubs: Sequence[DubSound],
    captions: Sequence[CaptionText],
    on_progress: Callable[[int], None] = lambda _: None,
    limits: Limits = DEFAULT_LIMITS,
) -> Path:
    """One file with everything, in ``folder``: ``muxed.mp4`` or ``muxed.mkv``.

    Args:
        path: The file that ``asset`` was probed from.
        asset: What probe found.
        folder: An existing folder.
        language: BCP 47 tag of what is spoken.
        dubs: Dubs, in the order of their tracks.
        captions: Captions, in the order of their tracks.
        on_progress: Told the milliseconds that are done.
        limits: What it may cost.

    Raises:
        FfmpegFailed: It cannot be copied into either container, or the result lacks something.
        StoreError: The captions cannot be written down.
    """
    shown = [track for track in captions if track.cues]
    size_bytes = asset.size_bytes + sum(dub.path.stat().st_size for dub in dubs)
    allowed = ffmpeg.bounds(
        limits, length_ms=asset.length_ms, size_bytes=size_bytes, output_bytes=2 * size_bytes + _SPARE_BYTES
    )
    name = f"{STEM}.mp4" if fits_mp4(asset) else f"{STEM}.mkv"
    arguments = mux_arguments(asset, name, allowed, language=language, dubs=dubs, captions=shown)
    with tempfile.TemporaryDirectory(prefix="captions-", dir=folder) as private:
        inputs = {_dub_name(number): dub.path for number, dub in enumerate(dubs)}
        for number, track in enumerate(shown):
            written = Path(private) / _caption_name(number)
            with faults.translated(f"cannot write {written}"):
                written.write_text(srt.compose(track.cues), "utf-8")
            inputs[written.name] = written
        with _explaining_containers(path, name):
            made = ffmpeg.run(
                path, arguments, makes=name, folder=folder, allowed=allowed, inputs=inputs, on_progress=on_progress
            )
    _require_all(made, asset, dubs=len(dubs), failure=ffmpeg.failing(path, arguments))
    return made


def fits_mp4(asset: Asset) -> bool:
    """Whether picture and original sound may be copied into an MP4."""
    is_seen = asset.video is None or asset.video.codec in MP4_PICTURES
    return is_seen and all(stream.codec in MP4_SOUNDS for stream in _sounds(asset))


def mux_arguments(
    asset: Asset,
    name: str,
    allowed: Bounds,
    *,
    language: str,
    dubs: Sequence[DubSound],
    captions: Sequence[CaptionText],
) -> tuple[str, ...]:
    """Arguments of the command that makes ``name``: an MP4 or a Matroska file, by its suffix."""
    kind = _MP4 if name.endswith(".mp4") else _MATROSKA
    source = ffmpeg.untrusted(zero=asset.zero, allowed=allowed)
    tracks = [
        *_original(source, asset, language=language, kind=kind),
        *(_dubbed(dub, number, kind) for number, dub in enumerate(dubs)),
        *(_captioned(text, number, kind) for number, text in enumerate(captions)),
    ]
    options: dict[str, object] = {"c": "copy"}
    tags = [("metadata", f"comment={_marking(dubs)}")] if dubs else []
    if asset.video is not None and asset.start_timecode is not None:  # without a picture it counts no frames
        tags.append(("metadata", f"timecode={asset.start_timecode}"))
    for number, track in enumerate(tracks):
        options |= {f"{option}:{number}": value for option, value in track.options}
        options[f"disposition:{number}"] = track.disposition
        tags += [(f"metadata:s:{number}", f"{key}={value}") for key, value in track.labels(kind).items()]
    return ffmpeg.written([track.stream for track in tracks], name, options, tags=tags)


@contextlib.contextmanager
def _explaining_containers(path: Path, name: str) -> Iterator[None]:
    """Say what to do where the container has no place for a codec: all else of the title is well."""
    try:
        yield
    except FfmpegFailed as error:
        if _NOT_TAKEN not in error.stderr_tail:
            raise
        first = one_line(error.stderr_tail.strip().splitlines()[0])
        raise FfmpegFailed(
            f"{path.name!r}: its picture or sound cannot be copied into {name} ({first})",
            "leave out --mux, or export it with another codec",
            error.argv,
            error.returncode,
            error.stderr_tail,
        ) from error


@dataclass(frozen=True, slots=True)
class _Kind:
    """What goes into a container, and how."""

    dub_codec: str
    """Codec of dubs."""

    caption_codec: str
    """Codec of captions."""

    alpha3: str
    """Which of two codes of ISO 639-2 a language has: ``T``, of its own name, or ``B``, of its English one."""

    title_keys: tuple[str, ...]
    """Under which names ffmpeg takes the title of a track."""


_MP4 = _Kind("aac", "mov_text", "T", ("title", "handler_name"))  # ISO/IEC 14496-12, 8.4.2.3: ISO 639-2/T
_MATROSKA = _Kind("flac", "copy", "B", ("title",))  # RFC 9559, 5.1.4.1.19: ISO 639-2/B


@dataclass(frozen=True, slots=True)
class _Track:
    """One stream of the result."""

    stream: ffmpeg.Stream
    """Where it comes from."""

    disposition: str
    """What players are told of it; ``0`` for nothing."""

    options: tuple[tuple[str, object], ...] = ()
    """How it is coded; empty when it is copied."""

    language: str | None = None
    """BCP 47 tag; None when nobody knows."""

    title: str | None = None
    """Name for people."""

    def labels(self, kind: _Kind) -> dict[str, str]:
        """Metadata that a container carries of it."""
        titles = dict.fromkeys(kind.title_keys, self.title) if self.title else {}
        code = {} if self.language is None else {"language": _alpha3(self.language, kind.alpha3)}
        return {key: value for key, value in (code | titles).items() if value}


def _original(source: ffmpeg.Stream, asset: Asset, *, language: str, kind: _Kind) -> Iterator[_Track]:
    """Picture and sound of the source; the sound that was transcribed is the one that plays."""
    if asset.video is not None:
        is_untagged = kind is _MP4 and asset.video.codec == "hevc"  # Apple plays H.265 under this name only
        options = (("tag", "hvc1"),) if is_untagged else ()
        yield _Track(source[str(asset.video.stream_index)], "default", options)
    for stream in _sounds(asset):
        is_chosen = stream.stream_index == asset.audio_choice
        yield _Track(
            source[str(stream.stream_index)],
            "default+original" if is_chosen else "0",
            language=language if is_chosen else stream.language,
            title=one_line(stream.title)[:_TITLE_LENGTH] if stream.title else None,
        )


def _sounds(asset: Asset) -> list[AudioStream]:
    """Sound that can be copied: of a stream that is announced and never comes, nobody knows what it is."""
    return [stream for stream in asset.audio if stream.channels and stream.sample_rate_hz]


def _dubbed(dub: DubSound, number: int, kind: _Kind) -> _Track:
    lossy = (("b", _BITS_PER_CHANNEL * dub.channels),) if kind is _MP4 else ()
    options = (("c", kind.dub_codec), *lossy)
    stream = ffmpeg.own(_dub_name(number), kind="wav")["0"]
    what = "synthetic dub" if dub.is_synthetic else "nothing dubbed: original speech"
    disposition = "dub" if dub.is_synthetic else "0"
    return _Track(stream, disposition, options, language=dub.language, title=f"{_own_name(dub.language)} ({what})")


def _captioned(text: CaptionText, number: int, kind: _Kind) -> _Track:
    stream = ffmpeg.own(_caption_name(number), kind="srt")["0"]
    return _Track(stream, "0", (("c", kind.caption_codec),), language=text.language, title=_own_name(text.language))


def _marking(dubs: Sequence[DubSound]) -> str:
    """What the file says of all its dubs (Regulation (EU) 2024/1689, article 50)."""
    return " ".join(f"{dub.language} dub: {dub.marking}" for dub in dubs)


def _alpha3(tag: str, variant: str) -> str:
    """Three letters of ISO 639-2 for a BCP 47 tag."""
    try:
        return langcodes.get(tag).to_alpha3(variant)
    except (LanguageTagError, LookupError):
        return UNDETERMINED


def _own_name(tag: str) -> str:
    """A language by its own name, e.g. ``Español``."""
    try:
        name = langcodes.get(tag).autonym()
    except LanguageTagError:
        return tag
    return name[:1].upper() + name[1:]


def _dub_name(number: int) -> str:
    return f"dub-{number}.wav"


def _caption_name(number: int) -> str:
    return f"captions-{number}.srt"


def _require_all(made: Path, asset: Asset, *, dubs: int, failure: sandbox.Failure) -> None:
    """Raise when a track is missing, or the picture or a dub is too short."""
    found = extents(made, failure=failure)
    if asset.video is not None:
        require_picture(found, asset.video, failure=failure)
    copied = len(_sounds(asset))
    if len(found.audio) != copied + dubs:
        raise failure("the result lacks sound", sandbox.PLAYS)
    for stream in found.audio[copied:]:
        require_end(stream.end_s, asset.length_ms, what="dub", failure=failure)
