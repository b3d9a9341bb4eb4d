"""Windows as clips: which media, which units, and what is told of them."""

from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline import job_file
from pipeline.media.decode import SAMPLE_EVERY_MS
from schemas.jobs import DescribeRequest, Utterance
from schemas.media import SpeechRegion
from schemas.time import Span
from tests.support.windows_asked import shots, thinker_video, window
from workers.engines.vllm import clips
from workers.engines.vllm.clips import Clip
from workers.engines.vllm.question import Film, Sound

MINUTE = Span(0, 60_000)


def made(request: DescribeRequest) -> Clip:
    clip = clips.of(request, thinker_video())
    assert clip is not None
    return clip


def told(request: DescribeRequest) -> dict[str, object]:
    """What a prompt says is known of a window."""
    facts = json.loads(clips.about(made(request), request).splitlines()[-1])
    assert isinstance(facts, dict)
    return facts


def test_a_window_with_picture_and_sound_is_a_film_of_as_many_pictures_as_the_library_has() -> None:
    clip = made(window(MINUTE, shots(0, 60_000)))
    assert clip.media == Film("frames", "sound", MINUTE, 1000 / SAMPLE_EVERY_MS)


def test_a_film_without_sound_has_none_to_be_heard() -> None:
    clip = made(window(MINUTE, shots(0, 60_000), sound=None))
    assert clip.media == Film("frames", None, MINUTE, 1.0)
    assert not clip.has_sound


def test_a_window_without_picture_is_a_sound() -> None:
    assert made(window(MINUTE)).media == Sound("sound", MINUTE)


def test_a_model_that_only_hears_is_given_the_sound_of_a_film() -> None:
    clip = clips.of(window(MINUTE, shots(0, 20_000, 60_000)), None)
    assert clip is not None
    assert (clip.media, clip.count, clip.unit) == (Sound("sound", MINUTE), 2, "shot")


def test_nothing_to_see_and_nothing_to_hear_is_no_clip() -> None:
    assert clips.of(window(MINUTE, sound=None), thinker_video()) is None
    assert clips.of(window(MINUTE, shots(0, 60_000), sound=None), None) is None


def test_shots_that_reach_beyond_the_window_begin_and_end_with_it() -> None:
    clip = made(window(Span(10_000, 40_000), shots(0, 20_000, 50_000)))
    assert [clip.boundary_ms(number) for number in (1, 2, 3)] == [10_000, 20_000, 40_000]


def test_shots_are_told_by_number_and_by_seconds_into_the_window() -> None:
    assert told(window(Span(10_000, 40_000), shots(8_000, 20_040, 50_000)))["shots"] == {"1": 0.0, "2": 10.0}


def test_shots_shorter_than_the_distance_of_pictures_may_be_unshown() -> None:
    assert made(window(MINUTE, shots(0, 999, 1_999, 2_100, 60_000))).unshown == (1, 3)


def test_passages_are_parted_in_the_middle_of_long_pauses_and_of_no_others() -> None:
    regions = [Span(2_000, 5_000), Span(5_500, 9_000), Span(9_000 + clips.PAUSE_MS, 20_000), Span(30_000, 40_000)]
    clip = made(window(MINUTE, regions=regions))
    assert clip.starts_ms == (0, 9_000 + clips.PAUSE_MS // 2, 25_000)


def test_silence_before_and_after_the_speech_parts_nothing() -> None:
    assert made(window(MINUTE, regions=[Span(30_000, 31_000)])).count == 1
    assert made(window(MINUTE)).count == 1


def test_of_too_many_pauses_the_longest_count() -> None:
    many = clips.MOST_PASSAGES + 5
    regions = [Span(number * 10_000, number * 10_000 + 5_000 - number) for number in range(many)]
    clip = made(window(Span(0, many * 10_000), regions=regions))
    assert clip.count == clips.MOST_PASSAGES
    assert clip.starts_ms[1] > 50_000


@given(st.lists(st.tuples(st.integers(0, 90_000), st.integers(1, 20_000)), max_size=80))
def test_passages_of_any_speech_begin_in_the_window_in_order(spoken: list[tuple[int, int]]) -> None:
    span = Span(20_000, 80_000)
    regions = [SpeechRegion(Span(start_ms, start_ms + length_ms), 0.9) for start_ms, length_ms in spoken]
    starts_ms = clips.passages(span, regions)
    assert starts_ms[0] == span.start_ms
    assert starts_ms == sorted(set(starts_ms))
    assert starts_ms[-1] < span.end_ms


def test_what_is_not_known_is_not_mentioned() -> None:
    assert set(told(window(MINUTE, shots(0, 60_000)))) == {"shots"}


def test_what_is_said_is_told_with_who_says_it_where_that_is_known() -> None:
    said = [Utterance(Span(12_340, 13_000), "S2", "Who?"), Utterance(Span(14_000, 15_000), None, "Me.")]
    assert told(window(Span(10_000, 20_000), said=said))["said"] == [
        {"at": 2.3, "by": "S2", "text": "Who?"},
        {"at": 4.0, "text": "Me."},
    ]


@pytest.mark.parametrize(("length", "count"), [(1, 5_000), (10, 1_000), (10_000, 100), (1_000_000, 3)])
def test_a_prompt_has_a_limit_whatever_is_known(length: int, count: int) -> None:
    said = [Utterance(Span(number, number + 1), "S" * length, "x" * length) for number in range(count)]
    request = window(
        MINUTE,
        said=said,
        story="x" * length,
        cast=["x" * length] * 100,
        style="x" * min(length, job_file.LONGEST_STYLE),
    )
    text = clips.about(made(request), request) + clips.style(request)
    assert len(text) < 2 * (clips.SAID_CHARACTERS + clips.STORY_CHARACTERS + clips.MOST_CAST * clips.NAME_CHARACTERS)


def test_of_a_long_cast_the_last_are_told() -> None:
    cast = [f"person {number}" for number in range(clips.MOST_CAST + 2)]
    assert told(window(MINUTE, cast=cast))["cast"] == cast[2:]


def test_no_style_is_no_instruction() -> None:
    assert clips.style(window(MINUTE, style=" ")) == ""
    assert json.dumps("short") in clips.style(window(MINUTE, style=" short "))
