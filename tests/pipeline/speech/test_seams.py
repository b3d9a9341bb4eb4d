from __future__ import annotations

import itertools
import json
import random
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.media.chunks import SEAM_MS
from pipeline.speech.estimate import spread
from pipeline.speech.seams import Joined, Lost, bare, in_order, join
from schemas.jobs import Transcript
from schemas.media import SpeechRegion
from schemas.plan import Chunk, CutReason
from schemas.speech import Word
from schemas.time import Span, merged

JITTER_MS = 80  # what engines and aligners err by: one step of Qwen3-ForcedAligner
PAUSE_MS = 200  # shorter ones are inside a region of speech, as a detector reports them
VOCABULARY = "so we went down to the old mill by the river and the river was high that year no no".split()


def word(text: str, start_ms: int, end_ms: int) -> Word:
    return Word(text, Span(start_ms, end_ms), None)


def chunk(index: int, start_ms: int, end_ms: int, *, lead_ms: int = 0, tail_ms: int = 0) -> Chunk:
    ends_by = CutReason.ENERGY if tail_ms else CutReason.SILENCE
    return Chunk(index, Span(start_ms, end_ms), ends_by, end_ms - start_ms, lead_ms, tail_ms)


def chained(edges: Sequence[int]) -> list[Chunk]:
    """Chunks between neighbouring edges; speech runs over every cut."""
    return [
        chunk(i, a, b, lead_ms=SEAM_MS if i else 0, tail_ms=SEAM_MS if i + 2 < len(edges) else 0)
        for i, (a, b) in enumerate(itertools.pairwise(edges))
    ]


def answer(*words: Word, failure: str | None = None) -> Transcript:
    return Transcript("r", "en", words, is_draft=True, failure=failure)


def texts(joined: Joined) -> list[str]:
    return [heard.word.text for run in joined.runs for heard in run]


@st.composite
def speeches(draw: st.DrawFn) -> list[Word]:
    """What a speaker says: everyday words, some said twice, with and without pauses between them."""
    said, at_ms = [], draw(st.integers(0, 500))
    for _ in range(draw(st.integers(1, 40))):
        text = draw(st.sampled_from(VOCABULARY))
        length_ms = draw(st.integers(240, 700))
        said.append(word(text, at_ms, at_ms + length_ms))
        at_ms += length_ms + draw(st.just(0) | st.integers(0, 900))
    return said


def heard_by(listener: Chunk, said: Sequence[Word], dice: random.Random) -> Transcript:
    """What an engine answers: words at times that are a little wrong, and a wrong one where it hears only a part."""
    found = []
    for spoken in said:
        part = spoken.span.clipped(listener.heard)
        if part is None:
            continue
        whole = part == spoken.span
        start_ms, end_ms = (at_ms + dice.randint(-JITTER_MS, JITTER_MS) for at_ms in (part.start_ms, part.end_ms))
        start_ms = min(max(start_ms, listener.heard.start_ms), listener.heard.end_ms - 1)
        end_ms = min(max(end_ms, start_ms + 1), listener.heard.end_ms)
        found.append(word(spoken.text if whole else "uh", start_ms, end_ms))
    return answer(*found)


@given(speeches(), st.lists(st.integers(2 * SEAM_MS + 1, 12_000), max_size=9), st.integers(0, 2**32))
def test_what_was_said_over_a_cut_is_recovered_exactly(said: list[Word], parts_ms: list[int], seed: int) -> None:
    length_ms = said[-1].span.end_ms + 2_000
    cuts = itertools.takewhile(lambda at_ms: at_ms < length_ms - SEAM_MS, itertools.accumulate(parts_ms))
    edges = [0, *cuts, length_ms]
    chunks = chained(edges)
    dice = random.Random(seed)
    answers = [heard_by(part, said, dice) for part in chunks]
    joined = join(chunks, answers, length_ms=length_ms, heard_twice=True)
    assert texts(joined) == [spoken.text for spoken in said]


@pytest.mark.shared_media
@pytest.mark.parametrize("part_ms", [4_000, 7_300, 13_100, 28_000])
def test_a_narration_is_recovered_wherever_it_is_cut(shared_media: Path, part_ms: int) -> None:
    truth = json.loads((shared_media / "chemicals.words.json").read_text(encoding="utf-8"))["words"]
    said = [word(w["word"], w["start_ms"], w["end_ms"]) for w in truth]
    length_ms = said[-1].span.end_ms + SEAM_MS
    edges = [*range(0, length_ms - SEAM_MS, part_ms), length_ms]
    chunks = chained(edges)
    dice = random.Random(part_ms)
    joined = join(chunks, [heard_by(part, said, dice) for part in chunks], length_ms=length_ms, heard_twice=True)
    assert texts(joined) == [spoken.text for spoken in said]


@pytest.mark.shared_media
@pytest.mark.parametrize("part_ms", [4_000, 7_300, 9_100, 13_100, 28_000])
def test_a_narration_with_estimated_times_is_recovered_wherever_it_is_cut(shared_media: Path, part_ms: int) -> None:
    truth = json.loads((shared_media / "chemicals.words.json").read_text(encoding="utf-8"))["words"]
    said = [word(w["word"], w["start_ms"], w["end_ms"]) for w in truth]
    regions = [SpeechRegion(span, 0.9) for span in merged((one.span for one in said), gap_ms=PAUSE_MS)]
    length_ms = said[-1].span.end_ms + SEAM_MS
    chunks = chained([*range(0, length_ms - SEAM_MS, part_ms), length_ms])
    answers = []
    for part in chunks:
        heard = [one.text for one in said if one.span.clipped(part.heard) == one.span]
        answers.append(replace(answer(*spread(heard, regions, part.heard)), is_estimated=True))
    assert texts(join(chunks, answers, length_ms=length_ms, heard_twice=True)) == [spoken.text for spoken in said]


def test_a_word_that_only_one_side_heard_right_is_kept_from_the_side_that_heard_more_of_it() -> None:
    chunks = [chunk(0, 0, 5_000, tail_ms=1_000), chunk(1, 5_000, 9_000, lead_ms=1_000)]
    left = answer(word("a", 3_000, 3_400), word("river", 5_100, 5_500))
    right = answer(word("liver", 5_080, 5_520), word("b", 7_000, 7_400))
    assert texts(join(chunks, [left, right], length_ms=9_000, heard_twice=True)) == ["a", "liver", "b"]


def test_a_word_of_one_text_outweighs_a_nearer_one_of_another() -> None:
    chunks = [chunk(0, 0, 5_200, tail_ms=1_000), chunk(1, 5_200, 9_000, lead_ms=1_000)]
    left = answer(word("the", 4_600, 4_700), word("wood", 5_000, 5_300), word("cutters", 5_300, 5_700))
    right = answer(word("the", 4_600, 4_700), word("woodcutters", 5_000, 5_700))
    assert texts(join(chunks, [left, right], length_ms=9_000, heard_twice=True)) == ["the", "woodcutters"]


def test_a_short_word_is_known_again_beside_itself() -> None:
    chunks = [chunk(0, 0, 5_000, tail_ms=1_000), chunk(1, 5_000, 9_000, lead_ms=1_000)]
    left, right = answer(word("no", 4_900, 5_040)), answer(word("no", 5_060, 5_200))
    assert texts(join(chunks, [left, right], length_ms=9_000, heard_twice=True)) == ["no"]


def test_words_of_a_given_text_are_all_kept_at_a_seam() -> None:
    chunks = [chunk(0, 0, 5_000, tail_ms=1_000), chunk(1, 5_000, 9_000, lead_ms=1_000)]
    left, right = answer(word("no", 4_900, 5_300)), answer(word("no", 4_950, 5_310))
    joined = join(chunks, [left, right], length_ms=9_000, heard_twice=False)
    assert texts(joined) == ["no", "no"]


def test_a_neighbour_that_failed_leaves_what_was_heard_beyond_the_cut() -> None:
    chunks = [chunk(0, 0, 5_000, tail_ms=1_000), chunk(1, 5_000, 9_000, lead_ms=1_000), chunk(2, 9_500, 10_000)]
    left, right = answer(word("no", 5_200, 5_600)), answer(word("yes", 9_600, 9_700))
    joined = join(chunks, [left, answer(failure="it broke"), right], length_ms=10_000, heard_twice=True)
    assert texts(joined) == ["no", "yes"]
    assert len(joined.runs) == 2
    assert joined.lost == (Lost(Span(5_000, 9_000), "engine: it broke"),)


def test_more_words_than_milliseconds_are_no_speech() -> None:
    joined = join([chunk(0, 0, 3)], [answer(*[word("a", 0, 1)] * 4)], length_ms=3, heard_twice=True)
    assert (joined.runs, joined.lost) == ((), (Lost(Span(0, 3), "rate"),))


wild_words = st.lists(
    st.builds(
        lambda start_ms, length_ms: word("x", start_ms, start_ms + length_ms),
        st.integers(0, 3_000),
        st.integers(1, 2_000) | st.just(1),
    ),
    max_size=40,
)


@given(wild_words, st.integers(0, 1_000), st.integers(40, 2_000))
def test_times_are_put_in_order_whatever_the_engine_says(words: list[Word], start_ms: int, length_ms: int) -> None:
    within = Span(start_ms, start_ms + length_ms)
    placed = in_order(words, within)
    assert [w.text for w in placed] == [w.text for w in words]
    for one in placed:
        assert within.start_ms <= one.span.start_ms < one.span.end_ms <= within.end_ms
    for one, following in itertools.pairwise(placed):
        assert one.span.end_ms <= following.span.start_ms


@given(speeches())
def test_times_in_order_stay_as_they_are(said: list[Word]) -> None:
    assert in_order(said, Span(0, said[-1].span.end_ms)) == said


def test_overlapping_words_share_the_overlap() -> None:
    placed = in_order([word("a", 0, 500), word("b", 400, 900)], Span(0, 1_000))
    assert [w.span for w in placed] == [Span(0, 450), Span(450, 900)]


def test_a_word_inside_another_ends_it() -> None:
    placed = in_order([word("a", 0, 5_000), word("b", 400, 900)], Span(0, 6_000))
    assert [w.span for w in placed] == [Span(0, 400), Span(400, 900)]


def test_more_words_than_fit_are_refused() -> None:
    with pytest.raises(ValueError, match="do not fit"):
        in_order([word("a", 0, 1)] * 3, Span(0, 2))


def test_every_chunk_needs_its_answer() -> None:
    with pytest.raises(ValueError, match="0 transcripts for 1 chunks"):
        join([chunk(0, 0, 10)], [], length_ms=10, heard_twice=True)


def test_a_chunk_beyond_the_asset_is_a_mistake() -> None:
    with pytest.raises(ValueError, match="beyond"):
        join([chunk(0, 0, 11)], [answer()], length_ms=10, heard_twice=True)


@pytest.mark.parametrize(("text", "compared"), [("Hello,", "hello"), ("DON'T", "dont"), ("…", "..."), ("ﬁn", "fin")])
def test_words_are_compared_without_case_and_punctuation(text: str, compared: str) -> None:
    assert bare(text) == compared


def test_words_with_estimated_times_that_both_chunks_heard_appear_once() -> None:
    said = "nobody knew why the old bridge had been closed since last winter but we went over it all the same".split()
    left, right = chained([0, 5_000, 10_000])
    pace_ms = 10_000 // len(said)
    whole = [word(text, at * pace_ms, (at + 1) * pace_ms) for at, text in enumerate(said)]
    answers = []
    for listener in (left, right):
        heard = [one.text for one in whole if listener.heard.overlap_ms(one.span) == one.span.duration_ms]
        # A pause that nobody told of: what is said after it is placed too early, and what is before it too late.
        region = SpeechRegion(Span(listener.heard.start_ms, listener.heard.end_ms - 900), 0.9)
        answers.append(replace(answer(*spread(heard, [region], listener.heard)), is_estimated=True))
    assert texts(join([left, right], answers, length_ms=10_000, heard_twice=True)) == said
