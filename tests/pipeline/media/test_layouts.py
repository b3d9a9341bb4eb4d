from __future__ import annotations

import av
import numpy as np
import pytest

from pipeline.media import layouts

LAYOUTS = [
    "mono", "stereo", "2.1", "3.0", "3.0(back)", "3.1", "4.0", "4.1", "quad", "quad(side)", "5.0", "5.0(side)",
    "5.1", "5.1(side)", "6.0", "6.0(front)", "hexagonal", "6.1", "6.1(back)", "6.1(front)", "7.0", "7.0(front)",
    "7.1", "7.1(wide)", "7.1(wide-side)", "octagonal",
]  # fmt: skip


POWER_TOLERANCE = 1e-6  # rounding of float32


def known(layout: str) -> tuple[str, ...]:
    found = layouts.channels_of(layout, av.AudioLayout(layout).nb_channels)
    assert found is not None
    return found


@pytest.mark.parametrize("layout", LAYOUTS)
def test_channels_are_those_that_libavutil_has(layout: str) -> None:
    names = tuple(channel.name for channel in av.AudioLayout(layout).channels)
    assert known(layout) == names == layouts.channels_named(names)
    assert layouts.name_of(names) == layout


@pytest.mark.parametrize(
    ("layout", "count", "names"),
    [
        ("2 channels", 2, ("FL", "FR")),
        ("6 channels", 6, ("FL", "FR", "FC", "LFE", "SL", "SR")),
        ("8 channels", 8, ("FL", "FR", "FC", "LFE", "BL", "BR", "SL", "SR")),
        ("1 channels (FL)", 1, ("FC",)),
        ("2 channels (FL+FR)", 2, ("FL", "FR")),
        ("downmix", 2, ("FL", "FR")),
    ],
)
def test_what_is_usually_meant_is_understood(layout: str, count: int, names: tuple[str, ...]) -> None:
    assert layouts.channels_of(layout, count) == names


@pytest.mark.parametrize(
    ("layout", "count"),
    [
        ("22.2", 24),
        ("7.1.4", 12),
        ("5.1.2", 8),
        ("5 channels", 5),
        ("64 channels", 64),
        ("2 channels (FR+FL)", 2),
        ("2 channels (FL+FL)", 2),
        ("binaural", 2),
        ("ambisonic 1", 4),
        ("stereo", 6),
        ("9 channels (" + "FL+" * 8 + "FR)", 9),
        ("", 0),
    ],
)
def test_what_no_wav_can_say_is_refused(layout: str, count: int) -> None:
    assert layouts.channels_of(layout, count) is None


def test_only_channels_that_nobody_names_are_assumed() -> None:
    assert layouts.is_assumed("6 channels")
    assert not any(layouts.is_assumed(layout) for layout in (*LAYOUTS, "1 channels (FL)", "2 channels (FL+FR)"))


def test_the_mask_of_a_wav_is_that_of_microsoft() -> None:
    assert [layouts.mask_of(known(layout)) for layout in ("stereo", "5.1", "5.1(side)", "7.1")] == [
        3,
        0x3F,
        0x60F,
        0x63F,
    ]


@pytest.mark.parametrize("layout", LAYOUTS)
def test_a_layout_that_stays_is_not_touched(layout: str) -> None:
    assert (layouts.matrix(known(layout), known(layout)) == np.eye(len(known(layout)))).all()


@pytest.mark.parametrize("wanted", ["mono", "stereo", "5.1", "5.1(side)", "7.1"])
@pytest.mark.parametrize("heard", LAYOUTS)
def test_every_channel_is_heard_somewhere_but_for_low_frequencies(heard: str, wanted: str) -> None:
    weights = layouts.matrix(known(heard), known(wanted))
    for name, row in zip(known(heard), weights, strict=True):
        power = float((row**2).sum())
        if name == "LFE" and "LFE" not in known(wanted):
            assert power == 0
        else:
            assert 0.5 - POWER_TOLERANCE < power < 1 + POWER_TOLERANCE


def test_stereo_downmix_of_surround_is_that_of_bs_775() -> None:
    weights = layouts.matrix(known("5.1(side)"), known("stereo"))
    half = pytest.approx(0.7071, abs=1e-4)
    assert weights.tolist() == [[1, 0], [0, 1], [half, half], [0, 0], [half, 0], [0, half]]


def test_backs_and_sides_take_each_others_place() -> None:
    assert (layouts.matrix(known("5.1"), known("5.1(side)")) == np.eye(6)).all()


def test_mono_is_as_loud_in_stereo() -> None:
    assert float((layouts.matrix(known("mono"), known("stereo")) ** 2).sum()) == pytest.approx(1)
