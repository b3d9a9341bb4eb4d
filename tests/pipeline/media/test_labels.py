from __future__ import annotations

from fractions import Fraction

import pytest

from pipeline.media import labels


@pytest.mark.parametrize(
    ("stated", "tag"),
    [
        ("eng", "en"),
        ("ger", "de"),
        ("deu", "de"),
        ("pt-BR", "pt-BR"),
        ("jpn", "ja"),
        ("und", None),
        ("", None),
        ("xx-nonsense!", None),
        ("mul", None),
    ],
)
def test_a_containers_language_becomes_a_bcp_47_tag(stated: str, tag: str | None) -> None:
    assert labels.language(stated) == tag


@pytest.mark.parametrize(
    ("stated", "written"),
    [
        ("01:00:00:00", "01:00:00:00"),
        ("00:59:58;00", "00:59:58;00"),
        ("1:02:03.04", "01:02:03;04"),
        ("25:00:00:00", None),
        ("٠1:00:00:00", None),
        ("soon", None),
    ],
)
def test_a_timecode_keeps_its_drop_frame_mark(stated: str, written: str | None) -> None:
    assert labels.timecode(stated) == written


def test_a_broadcast_wav_counts_samples_since_midnight() -> None:
    reference = str(48_000 * 3600 + 24_000)
    assert labels.timecode_of_samples(reference, sample_rate_hz=48_000, frame_rate=Fraction(25)) == "01:00:00:12"
    assert labels.timecode_of_samples(reference, sample_rate_hz=48_000, frame_rate=None) == "01:00:00.500"
    assert labels.timecode_of_samples("", sample_rate_hz=48_000, frame_rate=None) is None


@pytest.mark.parametrize("stated", ["²", "٣", "-1", "9" * 5000, "1e9"])
def test_a_broadcast_wav_that_counts_nonsense_has_no_timecode(stated: str) -> None:
    assert labels.timecode_of_samples(stated, sample_rate_hz=48_000, frame_rate=None) is None


@pytest.mark.parametrize(
    ("timecode", "frame_rate", "seconds"),
    [
        ("10:00:00:00", Fraction(25), Fraction(36_000)),
        ("00:00:01:12", Fraction(24), Fraction(3, 2)),
        ("01:00:00:00", Fraction(24_000, 1001), Fraction(3600 * 1001, 1000)),  # frames that each last longer
        ("01:00:00;00", Fraction(30_000, 1001), Fraction(107_892 * 1001, 30_000)),  # SMPTE ST 12-1: 108 fewer
        ("00:01:00;02", Fraction(30_000, 1001), Fraction(1800 * 1001, 30_000)),  # the first number after 00:00:59;29
        ("00:10:00;00", Fraction(30_000, 1001), Fraction(17_982 * 1001, 30_000)),
        ("01:00:00;00", Fraction(60_000, 1001), Fraction(215_784 * 1001, 60_000)),
        ("01:00:00.500", None, Fraction(7201, 2)),
        ("01:00:00:00", None, None),
        ("soon", Fraction(25), None),
    ],
)
def test_a_start_timecode_is_seconds_since_midnight(
    timecode: str, frame_rate: Fraction | None, seconds: Fraction | None
) -> None:
    assert labels.since_midnight_s(timecode, frame_rate=frame_rate) == seconds
