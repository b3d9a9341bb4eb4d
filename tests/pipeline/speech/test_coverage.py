from __future__ import annotations

import itertools

from hypothesis import given
from hypothesis import strategies as st

from pipeline.speech.coverage import UNHEARD, UNHEARD_MS, cover
from pipeline.speech.seams import Lost
from schemas.media import SpeechRegion
from schemas.speech import CoverageLabel
from schemas.time import Span

spans = st.builds(lambda start_ms, n: Span(start_ms, start_ms + n), st.integers(0, 9_000), st.integers(1, 4_000))
losses = st.builds(Lost, spans, st.sampled_from(["loop", "phantom", "engine: gone"]))
regions = st.builds(SpeechRegion, spans, st.just(0.5))


@given(st.lists(spans, max_size=8), st.lists(losses, max_size=8), st.lists(regions, max_size=8), st.integers(1, 12_000))
def test_every_millisecond_is_labelled_once_by_what_became_of_it(
    spoken: list[Span], lost: list[Lost], speech: list[SpeechRegion], length_ms: int
) -> None:
    stretches = cover(spoken, lost, speech, length_ms=length_ms)
    assert (stretches[0].span.start_ms, stretches[-1].span.end_ms) == (0, length_ms)
    assert sum(stretch.span.duration_ms for stretch in stretches) == length_ms
    for one, following in itertools.pairwise(stretches):
        assert one.span.end_ms == following.span.start_ms
        assert (one.label, one.reason) != (following.label, following.reason)
    for stretch in stretches:
        for at_ms in {stretch.span.start_ms, stretch.span.end_ms - 1}:
            was_spoken = any(span.start_ms <= at_ms < span.end_ms for span in spoken)
            reasons = {loss.reason for loss in lost if loss.span.start_ms <= at_ms < loss.span.end_ms}
            assert (stretch.label is CoverageLabel.SPEECH) == was_spoken
            if not was_spoken and reasons:
                assert stretch.reason in reasons
            if stretch.label is CoverageLabel.DROPPED and not reasons:
                assert stretch.reason == UNHEARD
                assert any(region.span.start_ms <= at_ms < region.span.end_ms for region in speech)


def test_speech_in_which_the_engine_heard_nothing_is_named() -> None:
    speech = [SpeechRegion(Span(0, 3_000), 0.9), SpeechRegion(Span(5_000, 5_000 + UNHEARD_MS - 1), 0.9)]
    stretches = cover([Span(100, 1_500)], [], speech, length_ms=10_000)
    assert [(s.span.end_ms, s.label.value, s.reason) for s in stretches] == [
        (100, "non_speech", None),
        (1_500, "speech", None),
        (3_000, "dropped", UNHEARD),
        (10_000, "non_speech", None),
    ]


def test_a_loss_inside_a_segment_does_not_unsay_it() -> None:
    (stretch,) = cover([Span(0, 1_000)], [Lost(Span(200, 300), "loop")], [], length_ms=1_000)
    assert stretch.label is CoverageLabel.SPEECH


def test_of_two_losses_the_earlier_counts() -> None:
    lost = [Lost(Span(50, 200), "b"), Lost(Span(0, 100), "a")]
    stretches = cover([], lost, [], length_ms=200)
    assert [(s.span.end_ms, s.reason) for s in stretches] == [(100, "a"), (200, "b")]


def test_silence_is_one_stretch() -> None:
    (stretch,) = cover([], [], [], length_ms=36_000_000)
    assert (stretch.span.duration_ms, stretch.label) == (36_000_000, CoverageLabel.NON_SPEECH)
