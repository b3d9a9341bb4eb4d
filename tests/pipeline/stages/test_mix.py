from __future__ import annotations

import os
import signal
import subprocess
import sys
from collections.abc import Callable
from dataclasses import dataclass, replace
from fractions import Fraction
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import pytest
import soundfile
import wavinfo

from pipeline.errors import DecodeFailed, MediaError, ProbeFailed
from pipeline.stages import media, mix
from pipeline.stages.work import Work
from schemas.captions import Severity
from schemas.media import Asset
from schemas.settings import Settings
from schemas.time import Span
from tests.pipeline.stages.mixing import LINES, Mixed, mixed
from tests.support import clips
from tests.support.dubs import Said, spoken, working
from tests.support.meter import metered

ROOT = Path(__file__).parents[3]

METER_TOLERANCE_LU = 0.5
"""By an independent meter, as the project promises."""

METER_STEP_DB = 0.05
"""ffmpeg's meter tells a tenth of a dB."""

STEP_24_BITS = 1.5 * 2**-23
"""A sample of 24 bits is rounded by half a step, a sum of two by a whole one; the rest is float32."""

REPLACEMENT = Settings(mix="replacement")


def noise(folder: Path, *, name: str = "noise.wav", seconds: float = 4.0, rms_dbfs: float = -26.0) -> Path:
    """Pink noise in stereo, different on both sides."""
    amplitude = 10 ** ((rms_dbfs + 12) / 20)  # its RMS is 12 dB below its amplitude
    source = "|".join(f"anoisesrc=c=pink:r=48000:a={amplitude}:d={seconds}:seed={seed}" for seed in (1, 2)).split("|")
    inputs = [part for one in source for part in ("-f", "lavfi", "-i", one)]
    return clips.encode(folder / name, *inputs, "-filter_complex", "[0][1]join=inputs=2:channel_layout=stereo")


def original(made: Mixed, source: Path) -> npt.NDArray[np.float64]:
    samples, _ = soundfile.read(source, always_2d=True)
    assert len(samples) == len(made.mix)
    return np.asarray(samples)


def furthest(found: npt.NDArray[np.floating[Any]], wanted: npt.NDArray[np.floating[Any]]) -> float:
    """Largest distance between two sounds of one shape."""
    assert found.shape == wanted.shape
    return float(np.abs(found - wanted).max())


@pytest.mark.parametrize(
    ("target", "kind"), [("ebu-r128", "voice-over"), ("netflix", "replacement"), ("web", "voice-over")]
)
def test_the_mix_is_as_loud_as_its_target_by_an_independent_meter(tmp_path: Path, target: str, kind: str) -> None:
    clip = noise(tmp_path)
    settings = Settings(loudness=target, mix=kind, music_and_effects=str(clip) if kind == "replacement" else None)
    made = mixed(tmp_path / "library", clip, settings=settings)
    facts, measured = made.facts, made.dialogue_path if made.facts.is_dialogue_measured else made.mix_path
    assert facts.is_dialogue_measured == (target == "netflix")
    assert metered(measured).integrated_lufs == pytest.approx(facts.target_lufs, abs=METER_TOLERANCE_LU)
    for path in (made.mix_path, made.dialogue_path):
        assert metered(path).true_peak_dbtp <= facts.limit_dbtp + METER_STEP_DB
    assert metered(made.mix_path).integrated_lufs == pytest.approx(facts.measured.integrated_lufs, abs=0.1)
    assert made.rules == []


@pytest.mark.parametrize("seconds", [3.001, 4.77])
def test_both_files_are_exactly_as_long_as_the_title(tmp_path: Path, seconds: float) -> None:
    made = mixed(tmp_path / "library", noise(tmp_path, seconds=seconds))
    assert len(made.mix) == len(made.dialogue) == 48 * round(seconds * 1000) == made.facts.samples


@pytest.mark.parametrize("name", ["late_audio.mp4", "late_audio.mkv"])
def test_sound_that_starts_late_stays_where_it_is(tmp_path: Path, name: str) -> None:
    flagged = Said(Span(1_500, 3_000), is_flagged=True)
    made = mixed(tmp_path / "library", clips.late_audio(tmp_path, name=name), [flagged])
    assert len(made.mix) == 48 * 4_000
    loud = np.flatnonzero(np.abs(made.mix[:, 0]) > 0.05)
    assert loud[0] == pytest.approx(48 * 1_680, abs=96)


def test_where_nothing_is_limited_stem_and_bed_add_up_to_the_mix(tmp_path: Path) -> None:
    clip = noise(tmp_path)
    made = mixed(tmp_path / "library", clip)
    assert made.facts.limited_ms == 0
    bed = made.mix - made.dialogue
    away = 48 * 1_000 - 48 * 250
    assert furthest(bed[:away], made.gain * original(made, clip)[:away]) <= STEP_24_BITS
    ducked = slice(48 * 1_000, 48 * 1_900 - 48 * 100)
    assert furthest(bed[ducked], made.gain * 10 ** (-15 / 20) * original(made, clip)[ducked]) <= STEP_24_BITS


@pytest.mark.parametrize("kind", ["voice-over", "replacement"])
def test_a_flagged_slot_is_the_original_at_the_gain_of_the_mix(tmp_path: Path, kind: str) -> None:
    clip, music = noise(tmp_path), noise(tmp_path, name="music.wav", rms_dbfs=-30)
    settings = Settings(mix=kind, music_and_effects=str(music) if kind == "replacement" else None)
    made = mixed(tmp_path / "library", clip, settings=settings)
    slot = slice(48 * LINES[1].span.start_ms, 48 * LINES[1].span.end_ms)
    assert furthest(made.mix[slot], made.gain * original(made, clip)[slot]) <= STEP_24_BITS
    assert not made.dialogue[slot].any()


def test_the_dub_is_as_loud_as_the_speech_that_it_covers(tmp_path: Path) -> None:
    clip = clips.tone(tmp_path, from_ms=500, to_ms=2_500)
    made = mixed(tmp_path / "library", clip, [Said(Span(1_000, 2_000))])
    spoken = slice(48 * 1_200, 48 * 1_800)
    level = np.sqrt((made.dialogue[spoken, 0].astype(np.float64) ** 2).mean())
    assert level / made.gain == pytest.approx(np.sqrt((original(made, clip)[spoken] ** 2).mean()), rel=0.03)


def test_nothing_clicks_where_the_original_goes_down_and_comes_back(tmp_path: Path) -> None:
    hum = clips.encode(tmp_path / "hum.wav", "-f", "lavfi", "-i", "aevalsrc='0.3*sin(2*PI*50*t)':s=48000:d=4")
    made = mixed(tmp_path / "library", hum, [Said(Span(1_000, 1_500)), Said(Span(1_500, 2_500), is_flagged=True)])
    bed = (made.mix - made.dialogue)[:, 0].astype(np.float64) / made.gain
    steepest = 0.3 * 2 * np.pi * 50 / 48_000
    assert np.abs(np.diff(bed)).max() < 1.1 * steepest


def test_dialogue_of_surround_is_in_the_centre_alone(tmp_path: Path) -> None:
    made = mixed(tmp_path / "library", clips.surround_5_1(tmp_path), [Said(Span(1_000, 1_900))])
    assert (made.facts.channels, made.facts.channel_layout) == (6, "5.1(side)")
    assert np.abs(made.dialogue[:, 2]).max() > 0.01
    assert not np.delete(made.dialogue, 2, axis=1).any()
    assert made.mix.shape == made.dialogue.shape == (made.facts.samples, 6)


def crackling(folder: Path, *, height: float) -> Path:
    """5 s of a soft tone with two clicks per second that stand far above it."""
    click = f"{height}*exp(-200*mod(t\\,0.5))*sin(2*PI*900*mod(t\\,0.5))"
    source = f"aevalsrc='0.05*sin(2*PI*300*t)+{click}':s=48000:d=5"
    return clips.encode(folder / "crackling.wav", "-f", "lavfi", "-i", source)


def test_no_sample_of_a_loud_title_is_clipped_and_it_is_as_loud_as_it_should_be(tmp_path: Path) -> None:
    made = mixed(tmp_path / "library", crackling(tmp_path, height=0.4), settings=Settings(loudness="web"))
    assert made.facts.limited_ms > 0
    assert np.abs(made.mix).max() < 10 ** (-1 / 20)
    assert metered(made.mix_path).true_peak_dbtp <= -1 + METER_STEP_DB
    assert metered(made.mix_path).integrated_lufs == pytest.approx(-16, abs=METER_TOLERANCE_LU)


def test_what_cannot_be_as_loud_as_it_should_be_is_told(tmp_path: Path) -> None:
    clip = crackling(tmp_path, height=0.95)
    made = mixed(tmp_path / "library", clip, [Said(Span(2_000, 2_200))], Settings(loudness="web"))
    assert metered(made.mix_path).true_peak_dbtp <= -1 + METER_STEP_DB
    assert made.rules == ["loudness", "heavy-limiting"]


def test_without_a_dubbed_line_the_mix_is_made_and_says_so(tmp_path: Path) -> None:
    clip = noise(tmp_path)
    made = mixed(tmp_path / "library", clip, [Said(Span(1_000, 2_000), is_flagged=True)], Settings(loudness="netflix"))
    assert made.rules == ["nothing-dubbed"]
    assert (made.facts.target_lufs, made.facts.is_dialogue_measured) == (-24, False)
    assert furthest(made.mix, made.gain * original(made, clip)) <= STEP_24_BITS
    assert not made.dialogue.any()
    assert made.facts.dialogue_lufs == -70


def test_a_silent_title_is_told_and_not_turned_up(tmp_path: Path) -> None:
    made = mixed(tmp_path / "library", clips.silence(tmp_path), [Said(Span(1_000, 2_000), is_flagged=True)])
    assert made.rules == ["nothing-dubbed", "mix-silent"]
    assert made.facts.gain_db == 0
    assert not made.mix.any()


def test_music_and_effects_of_another_rate_layout_and_length_are_brought_to_the_title(tmp_path: Path) -> None:
    clip = noise(tmp_path)
    music = clips.tone(tmp_path, name="music.flac", rate_hz=44_100, from_ms=0, to_ms=3_000, length_ms=3_500)
    made = mixed(tmp_path / "library", clip, settings=Settings(mix="replacement", music_and_effects=str(music)))
    assert [(finding.rule, finding.severity) for finding in made.findings] == [
        ("music-and-effects-length", Severity.WARNING)
    ]
    assert made.findings[0].measured == -500
    bed = made.mix - made.dialogue
    assert len(bed) == 48 * 4_000
    quiet = bed[48 * 3_010 :]
    assert np.abs(quiet).max() < 1e-3
    level = np.sqrt((bed[4_800:43_200] ** 2).mean(axis=0)) / made.gain
    assert level == pytest.approx([0.25, 0.25], rel=0.02), "mono at -3 dB on both sides"


def test_a_stream_that_is_labelled_as_music_and_effects_is_taken(tmp_path: Path) -> None:
    clip = labelled(tmp_path, "Music and Effects")
    made = mixed(tmp_path / "library", clip, [Said(Span(500, 900))], REPLACEMENT)
    loud = np.flatnonzero(np.abs((made.mix - made.dialogue)[:, 0]) > 0.05)
    assert loud[0] == pytest.approx(48 * 2_000, abs=96), "its beep, not that of the English stream"


def test_music_and_effects_that_are_no_media_are_one_clear_line(tmp_path: Path) -> None:
    text = tmp_path / "me.wav"
    text.write_text("not sound")
    settings = Settings(mix="replacement", music_and_effects=str(text))
    with pytest.raises(ProbeFailed, match=r"'me\.wav'"):
        mixed(tmp_path / "library", noise(tmp_path), settings=settings)


def test_other_music_and_effects_make_another_mix_and_the_same_under_another_name_do_not(tmp_path: Path) -> None:
    clip, music = noise(tmp_path), noise(tmp_path, name="music.wav", rms_dbfs=-30)
    copy = tmp_path / "copy.wav"
    copy.write_bytes(music.read_bytes())
    other = noise(tmp_path, name="other.wav", rms_dbfs=-33)
    made = [
        mixed(tmp_path / "library", clip, settings=Settings(mix="replacement", music_and_effects=str(path)))
        for path in (music, copy, other)
    ]
    assert made[0].done == made[1].done
    assert made[1].runs == []
    assert made[2].done.fingerprint != made[0].done.fingerprint


@dataclass(frozen=True)
class Probed:
    """A clip before anything of it is decoded."""

    work: Work
    asset: Asset
    source: Path

    @property
    def decoded(self) -> set[str]:
        """Stages that did more than to look."""
        return {run.step.stage for run in self.work.runs} - {"probe"}


def probed(folder: Path, source: Path, settings: Settings) -> Probed:
    work = working(folder / "library", settings)
    return Probed(work, media.probe(work, source), source)


def test_what_can_be_mixed_is_not_refused(tmp_path: Path) -> None:
    clip, music = clips.tone(tmp_path), clips.tone(tmp_path, name="music.flac")
    for settings in (Settings(), Settings(mix="replacement", music_and_effects=str(music))):
        title = probed(tmp_path, clip, settings)
        mix.require(title.work, title.asset, title.source)
        assert title.decoded == set()


@pytest.mark.parametrize(
    ("make", "settings", "said"),
    [
        (clips.tone, REPLACEMENT, r"^'tone\.wav' has no stream that is labelled as music and effects; give them"),
        (clips.no_audio, Settings(), "has no sound to lay a dub over"),
        (lambda folder: channels(folder, 12, "7.1.4"), Settings(), "has 12 channels, and a mix has 8 at most"),
        (lambda folder: channels(folder, 3, "3c"), Settings(), "a WAV cannot say which is which"),
    ],
)
def test_what_cannot_be_mixed_is_refused_before_anything_is_decoded(
    tmp_path: Path, make: Callable[[Path], Path], settings: Settings, said: str
) -> None:
    title = probed(tmp_path, make(tmp_path), settings)
    with pytest.raises(MediaError, match=said):
        mix.require(title.work, title.asset, title.source)
    assert title.decoded == set()


@pytest.mark.parametrize(
    ("make", "said"),
    [
        (lambda folder: folder / "gone.wav", r"'gone\.wav' does not exist"),
        (clips.no_audio, r"'no_audio\.mp4' has no sound; name the file"),
        (lambda folder: channels(folder, 12, "7.1.4"), r"'many\.mka': audio stream 0 has 12 channels"),
    ],
)
def test_music_and_effects_that_cannot_be_mixed_are_refused_too(
    tmp_path: Path, make: Callable[[Path], Path], said: str
) -> None:
    settings = Settings(mix="replacement", music_and_effects=str(make(tmp_path)))
    title = probed(tmp_path, clips.tone(tmp_path), settings)
    with pytest.raises(MediaError, match=said):
        mix.require(title.work, title.asset, title.source)


def test_music_that_changes_while_it_is_mixed_is_named(tmp_path: Path) -> None:
    music = clips.tone(tmp_path, name="music.flac")
    title = probed(tmp_path, clips.tone(tmp_path), Settings(mix="replacement", music_and_effects=str(music)))
    dubbed = spoken(title.work, title.asset.asset_id, LINES)

    def touch(stage: str, done: int, _total: int) -> None:
        if stage == "mix" and done:
            os.utime(music, (0, 0))

    work = replace(title.work, progress=touch)
    with pytest.raises(DecodeFailed, match=r"^'music\.flac' changed while it was read"):
        mix.mix(work, title.asset, title.source, dubbed, language="es")


@pytest.mark.parametrize(
    "changes",
    [
        {"length_ms": 2_999},
        {"zero": Fraction(1, 25)},
        {"start_timecode": "10:00:00.000"},
    ],
    ids=lambda changes: str(next(iter(changes))),
)
def test_a_title_that_lies_elsewhere_in_time_is_mixed_anew(tmp_path: Path, changes: dict[str, Any]) -> None:
    title = probed(tmp_path, clips.tone(tmp_path), Settings())
    dubbed = spoken(title.work, title.asset.asset_id, LINES)
    made = [
        mix.mix(title.work, asset, title.source, dubbed, language="es").fingerprint
        for asset in (title.asset, replace(title.asset, **changes))
    ]
    assert made[0] != made[1]


def test_what_is_refused_is_refused_by_the_mix_itself_too(tmp_path: Path) -> None:
    with pytest.raises(DecodeFailed, match=r"'many\.mka': audio stream 0 has 12 channels, and a mix has 8 at most"):
        mixed(tmp_path / "library", channels(tmp_path, 12, "7.1.4"))


def test_channels_that_nobody_names_are_assumed_and_told(tmp_path: Path) -> None:
    made = mixed(tmp_path / "library", channels(tmp_path, 6, "6c"))
    assert made.facts.channel_layout == "5.1(side)"
    assert made.rules == ["layout-assumed"]


def test_the_files_say_that_speech_is_synthetic_and_where_they_begin(tmp_path: Path) -> None:
    clip = clips.encode(
        tmp_path / "timed.mov",
        "-i",
        f"file:{clips.colours(tmp_path, rate=clips.NTSC, frames=90)}",
        "-c",
        "copy",
        "-timecode",
        "00:59:58;00",
    )
    made = mixed(tmp_path / "library", clip, [Said(Span(500, 900))])
    for path in (made.mix_path, made.dialogue_path):
        read = wavinfo.WavInfoReader(str(path))
        assert "SYNTHETIC SPEECH (AI-generated), made by fixed/synthesize 1" in read.bext.description
        assert "no voice was cloned" in read.info.comment
        assert read.bext.time_reference == round(107_832 * 1001 / 30_000 * 48_000)
        assert read.bext.version == 2
    assert wavinfo.WavInfoReader(str(made.mix_path)).bext.loudness_value == pytest.approx(-23, abs=0.01)


def test_killed_inside_it_is_made_by_running_again_and_the_same_makes_the_same_bytes(tmp_path: Path) -> None:
    clip, library = noise(tmp_path), tmp_path / "killed"
    for share in ("0.4", "0.9"):  # while it is measured, and while the files are written
        argv = [sys.executable, "-m", "tests.pipeline.stages.mixing", str(clip), str(library), share]
        assert subprocess.run(argv, cwd=ROOT, timeout=120, check=False).returncode == -signal.SIGKILL
        assert list(library.rglob("*.f32")) != [], "it was in the middle"
    made = mixed(library, clip)
    assert made.done == mixed(tmp_path / "undisturbed", clip).done
    assert list(library.rglob("*.f32")) == []


@pytest.mark.shared_media
@pytest.mark.parametrize(("name", "length_ms"), [("narrated.mp4", 24_024), ("interview.flac", 32_178)])
def test_a_real_title_has_its_exact_length_and_loudness(
    tmp_path: Path, shared_media: Path, name: str, length_ms: int
) -> None:
    lines = [Said(Span(at, at + 2_000), is_flagged=at % 3_000 == 0) for at in range(1_000, length_ms - 2_500, 2_500)]
    made = mixed(tmp_path / "library", shared_media / name, lines)
    assert made.asset.length_ms == length_ms
    assert len(made.mix) == len(made.dialogue) == 48 * length_ms
    assert metered(made.mix_path).integrated_lufs == pytest.approx(-23, abs=METER_TOLERANCE_LU)
    assert metered(made.mix_path).true_peak_dbtp <= -1 + METER_STEP_DB
    assert made.rules == []


def labelled(folder: Path, name: str) -> Path:
    """Two streams: English with a beep from 1000 to 2000 ms, and another with that name and one from 2000 to 3000."""
    clip = clips.two_audio_streams(folder)
    tags = ["-metadata:s:a:1", f"title={name}", "-disposition:a:0", "default", "-disposition:a:1", "0"]
    return clips.copied(clip, folder / "labelled.mkv", *tags)


def channels(folder: Path, count: int, layout: str) -> Path:
    """3 s of a tone in so many channels, in Matroska, which has no layouts."""
    tones = "|".join(["0.1*sin(600*t)"] * count)
    source = ["-f", "lavfi", "-i", f"aevalsrc='{tones}':c={layout}:s=48000:d=3"]
    return clips.encode(folder / "many.mka", *source, "-c:a", "pcm_s16le")
