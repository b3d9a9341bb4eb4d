from __future__ import annotations

import numpy as np
import pytest

from pipeline.media.speech_audio import mono


def test_the_centre_channel_carries_the_dialogue_of_surround_sound() -> None:
    names = ("FL", "FR", "FC", "LFE", "SL", "SR")
    loudness = [abs(float(mono(np.eye(6, dtype=np.float32)[:, [row]], names)[0])) for row in range(6)]
    assert loudness[2] > 4 * loudness[0] > 0
    assert loudness[3] == loudness[4] == loudness[5] == 0


@pytest.mark.parametrize("names", [("FL", "FR"), ("FL", "FR", "FC"), ("FL", "FR", "LFE"), ("A", "B", "C", "D")])
def test_a_downmix_is_never_louder_than_its_loudest_channel(names: tuple[str, ...]) -> None:
    assert np.abs(mono(np.ones((len(names), 5), np.float32), names)).max() <= 1.0001


def test_stereo_is_the_mean_of_both() -> None:
    both = np.asarray([[1.0, 0.0], [0.0, 0.5]], np.float32)
    assert mono(both, ("FL", "FR")).tolist() == [0.5, 0.25]
