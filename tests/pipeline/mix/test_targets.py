from __future__ import annotations

import pytest

from pipeline.errors import UsageError
from pipeline.mix.targets import goal, require, targets
from schemas.settings import Settings


def test_the_targets_that_are_promised_are_there() -> None:
    asked = {name: goal(name, dialogue_share=1.0) for name in targets()}
    assert {name: (found.lufs, found.true_peak_dbtp) for name, found in asked.items()} == {
        "ebu-r128": (-23, -1),
        "netflix": (-27, -2),
        "web": (-16, -1),
    }


def test_every_number_has_a_source_and_a_date() -> None:
    for target in targets().values():
        figures = [target.lufs, target.tolerance_lu, target.true_peak_dbtp]
        if target.dialogue is not None:
            figures += [target.dialogue.least_share, target.dialogue.lufs_without]
        assert all(len(figure.source) > 10 and figure.date.startswith("20") for figure in figures)


@pytest.mark.parametrize(("share", "lufs", "is_dialogue"), [(0.15, -27, True), (0.1499, -24, False), (0, -24, False)])
def test_with_little_dialogue_netflix_measures_the_whole(share: float, lufs: float, is_dialogue: bool) -> None:
    found = goal("netflix", dialogue_share=share)
    assert (found.lufs, found.is_dialogue_measured) == (lufs, is_dialogue)


def test_an_unknown_target_names_those_that_there_are() -> None:
    with pytest.raises(UsageError, match="'loud'; choose of ebu-r128, netflix, web"):
        goal("loud", dialogue_share=1.0)


@pytest.mark.parametrize(
    ("settings", "said"),
    [
        (Settings(mix="karaoke"), "'karaoke'; choose of voice-over, replacement"),
        (Settings(loudness="loud"), "'loud'; choose of ebu-r128"),
        (Settings(music_and_effects="me.wav"), "not used in a voice-over mix"),
    ],
)
def test_settings_that_make_no_mix_are_refused_before_anything_is_read(settings: Settings, said: str) -> None:
    with pytest.raises(UsageError, match=said):
        require(settings)


def test_settings_that_go_together_are_taken() -> None:
    require(Settings())
    require(Settings(mix="replacement", music_and_effects="me.wav", loudness="web"))
