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
