from __future__ import annotations

import itertools

from hypothesis import given
from hypothesis import strategies as st

from pipeline.speech.stitch import stitch
from schemas.jobs import Transcript
from schemas.media import SpeechRegion
from schemas.plan import Chunk, CutReason
from schemas.speech import Turn, Word
from schemas.time import Span


def said(text: str, start_ms: int, *, step_ms: int = 300) -> tuple[Word, ...]:
    return tuple(
        Word(part, Span(at_ms, at_ms + step_ms - 20), 0.8)
        for number, part in enumerate(text.split())
        for at_ms in [start_ms + number * step_ms]
    )


def answer(*words: Word, failure: str | None = None, is_draft: bool = False) -> Transcript:
    return Transcript("r", "en", words, is_draft, failure)


def one_chunk(start_ms: int, end_ms: int) -> Chunk:
    return Chunk(0, Span(start_ms, end_ms), CutReason.END, end_ms - start_ms, 0, 0)


def test_two_people_talk() -> None:
    words = said("Where is it? Over there.", 1_000)
    turns = [Turn(Span(900, 1_890), "S1", 0.9), Turn(Span(1_890, 2_600), "S2", 0.9)]
    regions = [SpeechRegion(Span(900, 2_600), 0.9)]
    timeline = stitch([one_chunk(750, 2_750)], [answer(*words)], turns, regions, length_ms=4_000)
    assert [(s.speaker, s.text) for s in timeline.segments] == [("S1", "Where is it?"), ("S2", "Over there.")]
    assert [(c.span.end_ms, c.label.value) for c in timeline.coverage] == [
        (1_000, "non_speech"), (1_880, "speech"), (1_900, "non_speech"), (2_480, "speech"), (4_000, "non_speech"),
    ]  # fmt: skip


def test_a_title_without_speech_is_valid_and_empty() -> None:
    timeline = stitch([], [], [], [], length_ms=5_000)
    assert timeline.segments == ()
    assert [(c.span, c.label.value) for c in timeline.coverage] == [(Span(0, 5_000), "non_speech")]


def test_a_failed_chunk_is_dropped_with_the_engines_reason() -> None:
    regions = [SpeechRegion(Span(0, 5_000), 0.9)]
    timeline = stitch([one_chunk(0, 5_000)], [answer(failure="out of memory")], [], regions, length_ms=6_000)
    assert [(c.span.end_ms, c.reason) for c in timeline.coverage] == [(5_000, "engine: out of memory"), (6_000, None)]


def test_a_loop_is_dropped_and_its_stretch_is_not_speech() -> None:
    words = said("Here we go. " + "And again, " * 8 + "Done.", 0)
    regions = [SpeechRegion(Span(0, 6_000), 0.9)]
    timeline = stitch([one_chunk(0, 6_000)], [answer(*words)], [], regions, length_ms=6_000)
    assert [s.text for s in timeline.segments] == ["Here we go.", "And again,", "Done."]
    assert [c.reason for c in timeline.coverage if c.reason] == ["loop"]
    assert [c.span for c in timeline.coverage if c.reason] == [Span(1_500, 5_680)]


def test_what_a_human_wrote_is_not_screened() -> None:
    words = said("la " * 30, 20_000)
    timeline = stitch([one_chunk(0, 40_000)], [answer(*words)], [], [], length_ms=40_000, text_is_given=True)
    assert sum(len(s.words) for s in timeline.segments) == 30


def test_an_engine_without_case_makes_a_draft() -> None:
    words = said("it is raining", 0)
    regions = [SpeechRegion(Span(0, 1_000), 0.9)]
    timeline = stitch([one_chunk(0, 1_000)], [answer(*words, is_draft=True)], [], regions, length_ms=1_000)
    assert [(s.text, s.is_draft) for s in timeline.segments] == [("It is raining.", True)]


@st.composite
def answers(draw: st.DrawFn) -> tuple[list[Chunk], list[Transcript], int]:
    """Chunks with what an engine may make of them: anything that its contract allows, and times that it does not."""
    chunks: list[Chunk] = []
    transcripts: list[Transcript] = []
    end_ms, runs_on = 0, False
    for index in range(draw(st.integers(0, 5))):
        start_ms = end_ms if runs_on else end_ms + draw(st.integers(0, 4_000))
        end_ms = start_ms + draw(st.integers(2_500, 9_000))
        lead_ms, runs_on = 1_000 if runs_on else 0, draw(st.booleans())
        chunks.append(Chunk(index, Span(start_ms, end_ms), CutReason.SILENCE, 1, lead_ms, 1_000 if runs_on else 0))
        texts = st.sampled_from(["so", "well,", "yes.", "No!", "the", "river"])
        found = draw(st.lists(st.tuples(texts, st.integers(-900, 9_900), st.integers(1, 3_000)), max_size=14))
        words = [Word(t, Span(max(0, start_ms + at), max(0, start_ms + at) + n), None) for t, at, n in found]
        failure = draw(st.none() | st.just("gone"))
        transcripts.append(answer(*(() if failure else words), failure=failure, is_draft=draw(st.booleans())))
    return chunks, transcripts, end_ms + 1_000


turn_lists = st.lists(
    st.builds(
        lambda start_ms, n, speaker: Turn(Span(start_ms, start_ms + n), speaker, 0.5),
        st.integers(0, 40_000),
        st.integers(1, 9_000),
        st.sampled_from(["S1", "S2", None]),
    ),
    max_size=6,
)


@given(answers(), turn_lists, st.booleans())
def test_whatever_engines_answer_the_timeline_is_in_order_and_complete(
    asked: tuple[list[Chunk], list[Transcript], int], turns: list[Turn], text_is_given: bool
) -> None:
    chunks, transcripts, length_ms = asked
    regions = [SpeechRegion(chunk.span, 0.9) for chunk in chunks]
    timeline = stitch(chunks, transcripts, turns, regions, length_ms=length_ms, text_is_given=text_is_given)
    words = [word for segment in timeline.segments for word in segment.words]
    for one, following in itertools.pairwise(words):
        assert one.span.end_ms <= following.span.start_ms
    assert all(word.span.end_ms <= length_ms for word in words)
    assert sum(stretch.span.duration_ms for stretch in timeline.coverage) == length_ms
    if text_is_given:
        assert len(words) == sum(len(t.words) for t in transcripts)
    spoken = {stretch.span for stretch in timeline.coverage if stretch.label == "speech"}
    for segment in timeline.segments:
        assert any(span.overlap_ms(segment.span) == segment.span.duration_ms for span in spoken)
