from __future__ import annotations

import asyncio

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.errors import EngineCrashed
from schemas.figures import Usage
from schemas.jobs import Alignment, AlignRequest
from schemas.time import Span
from tests.support.scripted_engine import Answer, ScriptedEngine, in_turn, marked
from workers.engines.filling import DoesNotFit
from workers.engines.vllm import align
from workers.engines.vllm.align import STEP_MS, ForcedAligner, repaired, spans, units
from workers.engines.vllm.question import QuestionFailed, Sound

SPAN = Span(10_000, 14_000)
STEPS = SPAN.duration_ms // STEP_MS


def asking(words: str, *, span: Span = SPAN, language: str = "en") -> AlignRequest:
    return AlignRequest("0f", "0123456789abcdef", "speech.flac", span, language, tuple(words.split()))


def answer(request: AlignRequest, *answers: Answer) -> tuple[Alignment, ScriptedEngine]:
    engine = ScriptedEngine(in_turn(*answers))
    return asyncio.run(ForcedAligner().answer(request, engine)), engine


def times(alignment: Alignment) -> list[tuple[int, int]]:
    assert alignment.failure is None
    return [(word.span.start_ms, word.span.end_ms) for word in alignment.words]


def test_words_are_where_the_model_says_to_its_step() -> None:
    placed, engine = answer(asking("Good morning, it’s me."), marked([2, 5, 5, 11, 20, 22, 22, 30], gpu_s=0.1))
    assert times(placed) == [(10_160, 10_400), (10_400, 10_880), (11_600, 11_760), (11_760, 12_400)]
    assert [word.text for word in placed.words] == ["Good", "morning,", "it’s", "me."]
    assert {word.confidence for word in placed.words} == {None}
    assert placed.usage == Usage(tokens_in=100, attempts=1, gpu_s=0.1)
    (question,) = engine.asked
    assert question.media == Sound("speech.flac", SPAN)
    assert question.text == (
        "<|audio_start|><|audio_pad|><|audio_end|>Good<timestamp><timestamp>morning<timestamp><timestamp>"
        "it's<timestamp><timestamp>me<timestamp><timestamp>"
    )


def test_a_dash_is_not_sent_and_stands_beside_its_neighbour() -> None:
    placed, engine = answer(asking("Well — yes"), marked([2, 5, 10, 15]))
    assert engine.asked[0].text.count("<timestamp>") == 4
    assert times(placed) == [(10_160, 10_400), (10_400, 10_700), (10_800, 11_200)]


def test_words_without_a_sound_alone_are_not_asked_about() -> None:
    placed, engine = answer(asking("— …"))
    assert len(times(placed)) == 2
    assert engine.asked == []


def test_chinese_is_sent_by_characters_and_placed_by_words() -> None:
    placed, engine = answer(asking("我们 去OK吧。", language="zh"), marked([1, 2, 2, 4, 5, 6, 6, 9, 9, 10]))
    assert engine.asked[0].text.endswith(
        "我<timestamp><timestamp>们<timestamp><timestamp>去<timestamp><timestamp>OK<timestamp><timestamp>"
        "吧<timestamp><timestamp>"
    )
    assert times(placed) == [(10_080, 10_320), (10_400, 10_800)]


@pytest.mark.parametrize(
    ("word", "language", "expected"),
    [
        ("well-known,", "en", ("wellknown",)),
        ("it’s", "en", ("it's",)),
        ("1945!", "en", ("1945",)),
        ("—", "en", ()),
        ("'", "en", ()),
        ("<timestamp>", "en", ("timestamp",)),
        ("<|im_end|>", "en", ("imend",)),
        ("东京,", "zh", ("东", "京")),
        ("東京へ", "ja", ("東京へ",)),
        ("안녕하세요.", "ko", ("안녕하세요",)),
    ],
)
def test_a_word_is_sent_as_the_model_was_trained(word: str, language: str, expected: tuple[str, ...]) -> None:
    assert units(word, language) == expected


def test_no_words_need_no_times() -> None:
    placed, engine = answer(asking(""))
    assert (placed.words, placed.failure, engine.asked) == ((), None, [])


@pytest.mark.parametrize(
    ("request_", "reason"),
    [
        (asking("Bore da", language="cy"), "Welsh"),
        (asking("Good morning", span=Span(0, 20)), "do not fit"),
        (asking("extraordinary " * 20, span=Span(0, 1_000)), "impossible rate"),
    ],
)
def test_what_cannot_be_is_a_failure_and_not_asked_about(request_: AlignRequest, reason: str) -> None:
    placed, engine = answer(request_)
    assert placed.failure is not None
    assert reason in placed.failure
    assert (placed.words, engine.asked) == ((), [])


def test_a_mark_out_of_order_is_put_between_its_neighbours() -> None:
    placed, _ = answer(asking("one two three"), marked([2, 5, 40, 10, 10, 14]))
    assert times(placed) == [(10_160, 10_400), (10_560, 10_800), (10_800, 11_120)]


def test_marks_of_which_many_are_out_of_order_are_a_failure() -> None:
    placed, _ = answer(asking("one two three four"), marked([30, 2, 20, 5, 8, 1, 40, 3]))
    assert placed.failure is not None
    assert "out of order" in placed.failure
    assert placed.words == ()


@pytest.mark.parametrize("step", [0, 7, STEPS])
def test_a_model_that_puts_all_words_in_one_place_is_a_failure(step: int) -> None:
    words = "We should leave for the station in twenty minutes"
    placed, _ = answer(asking(words), marked([step] * 2 * len(words.split())))
    assert placed.failure is not None
    assert "impossible rate" in placed.failure


def test_a_few_words_that_are_crowded_keep_their_times_for_the_screen_to_judge() -> None:
    words = "We should leave for the station thankyouforwatching ourprogramme in twenty minutes or so I think".split()
    steps = [*range(0, 36, 3), 40, 40, 40, 40, *range(45, 87, 3)]
    placed, _ = answer(asking(" ".join(words), span=Span(10_000, 18_000)), marked(steps))
    assert times(placed)[6:8] == [(13_200, 13_240), (13_240, 13_280)]


def test_marks_for_other_words_are_a_failure() -> None:
    placed, _ = answer(asking("one two"), marked([1, 2]))
    assert placed.failure is not None
    assert "2 times where 4" in placed.failure


def test_a_question_that_cannot_be_answered_is_a_failure() -> None:
    placed, _ = answer(asking("one two"), QuestionFailed("no media tokens: 0 of 52"))
    assert (placed.failure, placed.words) == ("no media tokens: 0 of 52", ())


def test_an_engine_that_is_gone_is_no_answer() -> None:
    with pytest.raises(EngineCrashed):
        answer(asking("one two"), EngineCrashed("align", -9, ""))


WITHIN = st.builds(
    lambda start_ms, length_ms: Span(start_ms, start_ms + length_ms), st.integers(0, 10**7), st.integers(80, 32_000)
)
ANY_CLASSES = st.lists(st.integers(-5, 5_000), min_size=1, max_size=120)


@given(ANY_CLASSES, WITHIN)
def test_repaired_marks_never_decrease_and_lie_in_the_sound(classes: list[int], within: Span) -> None:
    mended = repaired(classes, within)
    assert len(mended.classes) == len(classes)
    assert list(mended.classes) == sorted(mended.classes)
    assert all(0 <= (found - 1) * STEP_MS < within.duration_ms or found == 0 for found in mended.classes)
    assert sum(old != new for old, new in zip(classes, mended.classes, strict=True)) <= mended.changed


@given(ANY_CLASSES, WITHIN)
def test_marks_that_go_forward_are_not_repaired(classes: list[int], within: Span) -> None:
    forward = sorted(min(max(found, 0), within.duration_ms // STEP_MS) for found in classes)
    assert repaired(forward, within) == align.Repaired(tuple(forward), 0)


@given(st.lists(st.integers(0, 400), min_size=6, max_size=60), st.data())
def test_one_wrong_mark_does_not_move_the_others(classes: list[int], data: st.DataObject) -> None:
    right = sorted(classes)
    wrong = data.draw(st.integers(0, len(right) - 1))
    broken = [*right[:wrong], data.draw(st.integers(0, 400)), *right[wrong + 1 :]]
    mended = repaired(broken, Span(0, 32_000))
    assert mended.changed <= 1
    if mended.changed:
        moved = sum(old != new for old, new in zip(right, mended.classes, strict=True))
        assert moved <= 2  # the wrong one, and a right one that the longest row may leave out in its stead


def test_where_no_mark_can_be_right_all_are_wrong() -> None:
    assert repaired([9_000, 9_001], Span(0, 1_000)) == align.Repaired((0, 0), 2)


@given(ANY_CLASSES, WITHIN)
def test_whatever_classes_come_the_spans_are_in_order_inside_and_at_their_step(
    classes: list[int], within: Span
) -> None:
    mended = repaired([*classes, *classes], within).classes
    words = list(zip(mended[::2], mended[1::2], strict=True))
    try:
        found = spans(words, within)
    except DoesNotFit:
        starts = [begin for begin, _ in words]
        assert max(starts.count(begin) for begin in starts) > 1
        return
    edges = [edge for span in found for edge in (span.start_ms, span.end_ms)]
    assert edges == sorted(edges)
    assert within.start_ms <= edges[0]
    assert edges[-1] <= within.end_ms
    for edge, step in zip(edges, mended, strict=True):
        assert abs(edge - within.start_ms - step * STEP_MS) <= STEP_MS


@given(st.lists(st.integers(0, 100), min_size=2, max_size=40, unique=True))
def test_words_that_are_apart_are_exactly_where_the_model_says(edges: list[int]) -> None:
    steps = sorted(edges[: len(edges) // 2 * 2])
    words = list(zip(steps[::2], steps[1::2], strict=True))
    found = spans(words, Span(500, 500 + 101 * STEP_MS))
    assert found == [Span(500 + begin * STEP_MS, 500 + end * STEP_MS) for begin, end in words]


def test_words_that_share_a_step_share_its_time() -> None:
    assert spans([(1, 3), (3, 3), (3, 3), (3, 5)], Span(0, 1_000)) == [
        Span(80, 240),
        Span(240, 266),
        Span(266, 292),
        Span(292, 400),
    ]


def test_more_words_than_milliseconds_do_not_fit() -> None:
    with pytest.raises(DoesNotFit):
        spans([(0, 0)] * 81, Span(0, 80))
