from __future__ import annotations

import resource
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from pathlib import Path

import av
import numpy as np
import pytest
import soundfile
from av.stream import Disposition

from pipeline.errors import FfmpegFailed, StoreError
from pipeline.media.mux import CaptionText, DubSound, fits_mp4, mux
from pipeline.media.probe import probe
from schemas.captions import Cue, Placement
from schemas.media import Asset
from schemas.time import Span
from tests.support import clips, playing

CODED_MS = 3
"""How far a beep that was coded swells beyond its first and last sample."""

MARKING = "SYNTHETIC SPEECH (AI-generated), made by a test."

CUES = (
    Cue(Span(500, 1_500), ("¿Quién es?", "Nadie & <3 nada"), "es"),
    Cue(Span(2_000, 3_000), ("Arriba.",), "es", placement=Placement.TOP),
)


@dataclass(frozen=True)
class Track:
    """A stream of a muxed file."""

    kind: str
    codec: str
    language: str | None
    title: str | None
    disposition: Disposition
    packets: tuple[bytes, ...]
    times_ms: tuple[int, ...]


def tracks(path: Path) -> list[Track]:
    with av.open(str(path)) as container:
        packets: dict[int, list[tuple[int, bytes]]] = {stream.index: [] for stream in container.streams}
        for packet in container.demux():
            if packet.size and packet.pts is not None and packet.time_base is not None:
                packets[packet.stream_index].append((round(packet.pts * packet.time_base * 1000), bytes(packet)))
        return [
            Track(
                stream.type,
                stream.codec_context.name,
                stream.metadata.get("language"),
                stream.metadata.get("title") or stream.metadata.get("name"),
                Disposition(stream.disposition),
                tuple(data for _, data in packets[stream.index]),
                tuple(at_ms for at_ms, _ in packets[stream.index]),
            )
            for stream in container.streams
        ]


def texts(track: Track) -> Iterator[tuple[int, str]]:
    """Captions of a track as ``(at_ms, text)``; what fills the gaps in an MP4 is left out."""
    for at_ms, data in zip(track.times_ms, track.packets, strict=True):
        shown = data[2 : 2 + int.from_bytes(data[:2], "big")] if track.codec == "mov_text" else data
        if shown:
            yield at_ms, shown.decode()


@pytest.fixture
def muxed(tmp_path: Path) -> Callable[..., Path]:
    """Function that muxes a clip with a dub whose beep is from 3000 to 3500 ms."""

    def make(
        clip: Path,
        *,
        dubs: tuple[str, ...] = ("es-419",),
        captions: tuple[str, ...] = (),
        language: str = "en",
        asset: Asset | None = None,
    ) -> Path:
        asset = asset or probe(clip)
        dub = clips.tone(tmp_path, name="dub.wav", from_ms=3_000, to_ms=3_500, length_ms=asset.length_ms)
        folder = tmp_path / f"muxed {clip.name}"
        folder.mkdir()
        return mux(
            clip,
            asset,
            folder,
            language=language,
            dubs=[DubSound(tag, dub, 1, MARKING, is_synthetic=True) for tag in dubs],
            captions=[CaptionText(tag, CUES) for tag in captions],
        )

    return make


def test_an_mp4_carries_everything_with_names_and_languages(tmp_path: Path, muxed: Callable[..., Path]) -> None:
    clip = clips.colours(tmp_path)
    file = muxed(clip, dubs=("es-419", "de"), captions=("en", "zh-Hans"))
    assert file.name == "muxed.mp4"
    found = tracks(file)
    assert [(track.kind, track.codec, track.language, track.title) for track in found] == [
        ("video", "h264", "und", None),
        ("audio", "aac", "eng", None),
        ("audio", "aac", "spa", "Español (Latinoamérica) (synthetic dub)"),
        ("audio", "aac", "deu", "Deutsch (synthetic dub)"),
        ("subtitle", "mov_text", "eng", "English"),
        ("subtitle", "mov_text", "zho", "中文（简体）"),
    ]
    assert list(texts(found[4])) == [(500, "¿Quién es?\nNadie & <3 nada"), (2_000, "Arriba.")]
    assert playing.length_ms(file) == 4_000


def test_a_matroska_file_carries_what_no_mp4_takes(tmp_path: Path, muxed: Callable[..., Path]) -> None:
    clip = clips.two_audio_streams(tmp_path)
    file = muxed(clip, dubs=("de",), captions=("fr",), language="es")
    assert file.name == "muxed.mkv"
    found = tracks(file)
    assert [(track.kind, track.codec, track.language, track.title) for track in found] == [
        ("video", "h264", None, None),
        ("audio", "flac", "eng", "Commentary"),
        ("audio", "flac", "spa", None),
        ("audio", "flac", "ger", "Deutsch (synthetic dub)"),
        ("subtitle", "srt", "fre", "Français"),
    ]
    assert [text for _, text in texts(found[4])] == ["¿Quién es?\nNadie & <3 nada", r"{\an8}Arriba."]


@pytest.mark.parametrize("make", [clips.colours, clips.two_audio_streams])
def test_the_original_plays_by_default_and_the_dub_says_what_it_is(
    tmp_path: Path, muxed: Callable[..., Path], make: Callable[[Path], Path]
) -> None:
    clip = make(tmp_path)
    asset = probe(clip)
    file = muxed(clip, language="es")
    sounds = [track for track in tracks(file) if track.kind == "audio"]
    chosen = [stream.stream_index for stream in asset.audio].index(asset.audio_choice or 0)
    assert [number for number, track in enumerate(sounds) if track.disposition & Disposition.default] == [chosen]
    assert sounds[-1].disposition & Disposition.dub
    with av.open(str(file)) as container:
        said = {key.lower(): text for key, text in container.metadata.items()}
    assert said["comment"] == f"es-419 dub: {MARKING}"


@pytest.mark.parametrize("make", [clips.colours, clips.two_audio_streams, clips.transport_stream])
def test_picture_and_original_sound_are_copied_as_they_are(
    tmp_path: Path, muxed: Callable[..., Path], make: Callable[[Path], Path]
) -> None:
    clip = make(tmp_path)
    before, after = tracks(clip), tracks(muxed(clip))
    for one, other in zip(before, after[: len(before)], strict=True):
        assert one.codec == other.codec
        assert len(one.packets) == len(other.packets)
        assert one.kind == "video" or one.packets == other.packets, "the picture's packets are framed otherwise"
    assert playing.frames(clip)[60].colour == playing.frames(clips_of(tmp_path, clip))[60].colour


def clips_of(folder: Path, clip: Path) -> Path:
    (file,) = (folder / f"muxed {clip.name}").iterdir()
    return file


@pytest.mark.parametrize(
    ("make", "cuts", "beep"),
    [
        (clips.late_audio, [1_200, 2_800], (1_680, 2_680)),
        (clips.late_video, [1_600], (1_000, 2_000)),
        (lambda folder: clips.late_audio(folder, name="late_audio.mkv"), [1_200, 2_800], (1_680, 2_680)),
        (lambda folder: clips.late_video(folder, name="late_video.mkv"), [1_600], (1_000, 2_000)),
        (clips.variable_rate, [1_200, 3_000], (1_000, 2_000)),
        (clips.transport_stream, [1_210, 2_810], (1_010, 2_010)),
    ],
)
def test_everything_counts_from_the_time_zero_of_the_title(
    tmp_path: Path,
    muxed: Callable[..., Path],
    make: Callable[[Path], Path],
    cuts: list[int],
    beep: tuple[int, int],
) -> None:
    file = muxed(make(tmp_path), captions=("es",))
    assert playing.cuts_ms(file) == pytest.approx(cuts, abs=1)
    assert playing.beeps_ms(file, stream=0) == [pytest.approx(beep, abs=CODED_MS)]
    assert playing.beeps_ms(file, stream=1) == [pytest.approx((3_000, 3_500), abs=CODED_MS)]
    assert [at_ms for at_ms, _ in texts(tracks(file)[-1])] == [500, 2_000]


def test_a_picture_that_a_player_turns_is_still_turned(tmp_path: Path, muxed: Callable[..., Path]) -> None:
    with av.open(str(muxed(clips.rotated(tmp_path), dubs=()))) as container:
        assert next(container.decode(video=0)).rotation == -90


def test_h265_has_the_name_that_apple_plays(tmp_path: Path, muxed: Callable[..., Path]) -> None:
    coded = ("-c:v", "libx265", "-x265-params", "log-level=error", "-preset", "ultrafast")
    clip = clips.encode(tmp_path / "film.mkv", "-i", str(clips.no_audio(tmp_path)), *coded)
    with av.open(str(muxed(clip, dubs=()))) as container:
        assert container.streams.video[0].codec_context.codec_tag == "hvc1"


def test_sound_alone_is_muxed_too(tmp_path: Path, muxed: Callable[..., Path]) -> None:
    for clip, name in ((clips.with_cover_art(tmp_path), "muxed.mp4"), (clips.telephone(tmp_path), "muxed.mkv")):
        file = muxed(clip, dubs=(), captions=("es",))
        assert file.name == name
        assert [track.kind for track in tracks(file)] == ["audio", "subtitle"], "the cover is no picture"


def test_captions_without_a_cue_have_no_track(tmp_path: Path) -> None:
    clip = clips.tone(tmp_path, name="tone.m4a")
    file = mux(clip, probe(clip), tmp_path, language="en", dubs=[], captions=[CaptionText("es", ())])
    assert [track.kind for track in tracks(file)] == ["audio"]
    with av.open(str(file)) as container:
        assert "comment" not in container.metadata, "nothing in it is synthetic"


@pytest.mark.parametrize(
    ("make", "timecode", "name"),
    [
        (clips.drop_frame_timecode, "00:59:58;00", "muxed.mp4"),
        (clips.colours, "10:00:00:12", "muxed.mp4"),
        (clips.two_audio_streams, "10:00:00:12", "muxed.mkv"),
    ],
)
def test_the_start_timecode_of_the_source_goes_with_it(
    tmp_path: Path, muxed: Callable[..., Path], make: Callable[[Path], Path], timecode: str, name: str
) -> None:
    clip = make(tmp_path)
    file = muxed(clip, captions=("es",), asset=replace(probe(clip), start_timecode=timecode))
    assert file.name == name
    assert stated_timecode(file) == timecode


@pytest.mark.parametrize("stated", ["10:00:00;12", None])
def test_a_timecode_that_its_rate_cannot_have_stops_no_file(
    tmp_path: Path, muxed: Callable[..., Path], stated: str | None
) -> None:
    clip = clips.colours(tmp_path)
    file = muxed(clip, dubs=(), asset=replace(probe(clip), start_timecode=stated))
    assert stated_timecode(file) is None, "25 frames per second drop none"


def stated_timecode(path: Path) -> str | None:
    """The start timecode that a file states: of its timecode track, or its tag."""
    with av.open(str(path)) as container:
        said = [container.metadata, *(stream.metadata for stream in container.streams)]
    return next((text for tags in said for key, text in tags.items() if key.lower() == "timecode"), None)


def test_a_dub_without_a_line_is_not_called_synthetic(tmp_path: Path) -> None:
    clip = clips.colours(tmp_path)
    dub = clips.tone(tmp_path, name="dub.wav", from_ms=3_000, to_ms=3_500, length_ms=4_000)
    sound = DubSound("es", dub, 1, "No line could be dubbed.", is_synthetic=False)
    file = mux(clip, probe(clip), tmp_path, language="en", dubs=[sound], captions=[])
    track = tracks(file)[-1]
    assert track.title == "Español (nothing dubbed: original speech)"
    assert not track.disposition & Disposition.dub


def test_a_language_that_nobody_knows_is_undetermined(tmp_path: Path, muxed: Callable[..., Path]) -> None:
    sound = tracks(muxed(clips.audio_only(tmp_path), dubs=("x-klingon", "gsw"), language="not a tag"))
    assert [track.language for track in sound] == ["und", "und", "gsw"]


def test_it_comes_out_the_same_twice_and_says_nothing_of_the_source(tmp_path: Path) -> None:
    secret = ("-metadata", "title=SECRET", "-metadata:s:v", "handler_name=SECRET")
    made = set()
    for suffix in (".mp4", ".mkv"):
        clip = clips.copied(clips.two_audio_streams(tmp_path), tmp_path / f"said{suffix}", *secret)
        asset = probe(clip)
        for folder in (tmp_path / f"one{suffix}", tmp_path / f"other{suffix}"):
            folder.mkdir()
            made.add(mux(clip, asset, folder, language="en", dubs=[], captions=[CaptionText("es", CUES)]).read_bytes())
    assert len(made) == 2
    assert not any(b"SECRET" in file for file in made)


def test_the_name_of_a_stream_is_one_line_however_it_is_written(tmp_path: Path) -> None:
    titled = ("-metadata:s:a", "title=Director\n\x1b[31m" + "x" * 1_000)
    clip = clips.copied(clips.colours(tmp_path), tmp_path / "titled.mkv", *titled)
    (_, sound) = tracks(mux(clip, probe(clip), tmp_path, language="en", dubs=[], captions=[]))
    assert sound.title is not None
    assert sound.title.startswith(r"Director\n\x1b[31mxxx")
    assert len(sound.title) == 200


def test_a_dub_that_is_too_short_is_missed(tmp_path: Path) -> None:
    clip = clips.colours(tmp_path)
    dub = DubSound("es", clips.tone(tmp_path, length_ms=2_000), 1, MARKING, is_synthetic=True)
    with pytest.raises(
        FfmpegFailed, match=r"'colours\.mp4': the dub of the result ends after 2\.0 s and not after 4\.0"
    ):
        mux(clip, probe(clip), tmp_path, language="en", dubs=[dub], captions=[])


def test_a_codec_that_no_container_takes_is_said_and_what_to_do(tmp_path: Path) -> None:
    clip = tmp_path / "old.aiff"
    soundfile.write(clip, np.zeros(48_000), 48_000, subtype="PCM_S8")
    said = r"^'old\.aiff': its picture or sound cannot be copied into muxed\.mkv \(.*pcm_s8\); leave out --mux"
    with pytest.raises(FfmpegFailed, match=said):
        mux(clip, probe(clip), tmp_path, language="en", dubs=[], captions=[])


def test_captions_that_find_no_room_are_one_clear_line(tmp_path: Path) -> None:
    clip = clips.tone(tmp_path)
    asset, (soft, hard) = probe(clip), resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (10, hard))
    try:
        with pytest.raises(StoreError, match=r"cannot write .*captions-0\.srt: no room is left"):
            mux(clip, asset, tmp_path, language="en", dubs=[], captions=[CaptionText("es", CUES)])
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))


def test_a_source_without_the_sound_it_had_is_an_error(tmp_path: Path) -> None:
    clip = clips.colours(tmp_path)
    asset = probe(clip)
    clip.write_bytes(clips.no_audio(tmp_path).read_bytes())
    with pytest.raises(FfmpegFailed):
        mux(clip, asset, tmp_path, language="en", dubs=[], captions=[])


def test_sound_that_is_announced_and_never_comes_is_left_out(tmp_path: Path) -> None:
    clip = clips.colours(tmp_path)
    asset = probe(clip)
    announced = replace(asset.audio[0], stream_index=7, codec="mp2", channels=0, sample_rate_hz=0)
    file = mux(clip, replace(asset, audio=(*asset.audio, announced)), tmp_path, language="en", dubs=[], captions=[])
    assert file.name == "muxed.mp4"
    assert [track.kind for track in tracks(file)] == ["video", "audio"]


@pytest.mark.parametrize(
    ("make", "fits"),
    [(clips.colours, True), (clips.variable_rate, False), (clips.transport_stream, False), (clips.audio_only, True)],
)
def test_an_mp4_is_for_what_everything_plays(tmp_path: Path, make: Callable[[Path], Path], fits: bool) -> None:
    assert fits_mp4(probe(make(tmp_path))) is fits


@pytest.mark.shared_media
def test_a_real_film_keeps_its_length_in_every_track(shared_media: Path, muxed: Callable[..., Path]) -> None:
    film = shared_media / "narrated.mp4"
    file = muxed(film, captions=("es",))
    assert playing.length_ms(file) == probe(film).length_ms
    with av.open(str(file)) as container:
        for stream in (*container.streams.video, *container.streams.audio):
            assert stream.duration is not None
            assert stream.time_base is not None
            assert float(stream.duration * stream.time_base) == pytest.approx(24.024, abs=0.05)
