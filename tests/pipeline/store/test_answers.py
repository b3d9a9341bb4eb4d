"""Kept answers: found by what was asked, the first one for good, however they are folded."""

from __future__ import annotations

import dataclasses
import math
import os
import random
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pipeline.contracts import ModelId
from pipeline.errors import StoreError
from pipeline.store import layout
from pipeline.store.answers import Answers, request_id
from pipeline.store.objects import FolderObjects
from schemas.jobs import DescribeRequest, Job, TranscribeRequest, Transcript
from schemas.media import CutKind, Shot
from schemas.speech import Word
from schemas.time import Span

ASSET = "0123456789abcdef"
MODEL = ModelId("pocketsphinx/en-us", "5.1.1")
BATCHES = 32
ASKED = TranscribeRequest("", ASSET, "assets/a/prepare/f/abc.flac", Span(0, 30_000), "en")


@pytest.fixture
def objects(tmp_path: Path) -> FolderObjects:
    return FolderObjects(tmp_path / "library")


@pytest.fixture
def answers(objects: FolderObjects) -> Answers:
    return Answers(objects)


def said(asked: str, text: str) -> Transcript:
    return Transcript(asked, "en", (Word(text, Span(0, 10), 0.5),), is_draft=True, failure=None)


def failed(asked: str) -> Transcript:
    return Transcript(asked, "en", (), is_draft=True, failure="the engine died")


def keep(answers: Answers, *results: Transcript) -> str:
    key = answers.keep(ASSET, Job.TRANSCRIBE, results, Transcript)
    assert key is not None
    return key


def find(answers: Answers, *ids: str, include_failures: bool = False) -> list[str | None]:
    kept = answers.find(ASSET, Job.TRANSCRIBE, ids, Transcript, include_failures=include_failures)
    return [None if one is None else one.failure or one.words[0].text for one in kept.results]


def named(request: TranscribeRequest, media: str = "digest", model: ModelId = MODEL) -> str:
    return request_id(request, job=Job.TRANSCRIBE, media=[media], model=model)


def set_age(objects: FolderObjects, key: str, age: int) -> None:
    """Say when a part was written; the smaller the later."""
    os.utime(objects.local(key), (1_000_000 - age, 1_000_000 - age))


def test_a_request_is_found_again_wherever_its_media_lies() -> None:
    moved = dataclasses.replace(ASKED, media_key="assets/a/prepare/other/abc.flac", request_id="old")
    assert named(moved) == named(ASKED)
    assert len(named(ASKED)) == 32


def test_all_that_bears_on_the_answer_bears_on_the_name() -> None:
    names = [
        named(ASKED),
        named(ASKED, media="other digest"),
        named(ASKED, model=ModelId(MODEL.name, "5.2")),
        named(dataclasses.replace(ASKED, span=Span(0, 29_999))),
        named(dataclasses.replace(ASKED, language="en-GB")),
        request_id(ASKED, job=Job.ALIGN, media=["digest"], model=MODEL),
    ]
    assert len(set(names)) == len(names)


def test_every_medium_of_a_request_needs_its_digest() -> None:
    shot = Shot(0, Span(0, 1000), 0, 25, CutKind.START, 0.5, 0.1, 0.0, 0.0, ("#102030",))
    asked = DescribeRequest("", ASSET, "sound", "frames", Span(0, 1000), (shot,), ())
    silent = dataclasses.replace(asked, media_key=None)
    soundless = dataclasses.replace(asked, frames_key=None)
    with pytest.raises(ValueError, match="names 2 media"):
        request_id(asked, job=Job.DESCRIBE, media=["only one"], model=MODEL)
    names = {
        request_id(asked, job=Job.DESCRIBE, media=["a", "b"], model=MODEL),
        request_id(asked, job=Job.DESCRIBE, media=["b", "a"], model=MODEL),
        request_id(silent, job=Job.DESCRIBE, media=["a"], model=MODEL),
        request_id(soundless, job=Job.DESCRIBE, media=["a"], model=MODEL),
    }
    assert len(names) == 4


def test_kept_answers_are_found_in_the_order_of_the_question(answers: Answers) -> None:
    keep(answers, said("a", "one"), said("b", "two"))
    keep(answers, said("c", "three"))
    assert find(answers, "c", "x", "a", "c") == ["three", None, "one", "three"]
    kept = answers.find(ASSET, Job.TRANSCRIBE, ["c", "x", "a", "x"], Transcript)
    assert kept.missing == ("x",)
    assert answers.find(ASSET, Job.ALIGN, ["a"], Transcript).missing == ("a",)
    assert answers.find("f" * 16, Job.TRANSCRIBE, ["a"], Transcript).missing == ("a",)


def test_nothing_is_kept_of_nothing(answers: Answers, objects: FolderObjects) -> None:
    assert answers.keep(ASSET, Job.TRANSCRIBE, [], Transcript) is None
    assert list(objects.list("")) == []
    assert answers.compact(ASSET, Job.TRANSCRIBE, Transcript) == 0


def test_the_first_kept_answer_stays_the_answer(answers: Answers, objects: FolderObjects) -> None:
    for age, text in enumerate(["last", "middle", "first"]):
        set_age(objects, keep(answers, said("a", text)), age)
    assert find(answers, "a") == ["first"]
    answers.compact(ASSET, Job.TRANSCRIBE, Transcript)
    assert find(answers, "a") == ["first"]


def test_keeping_the_same_again_does_not_make_it_younger(answers: Answers, objects: FolderObjects) -> None:
    set_age(objects, keep(answers, said("a", "first")), 2)
    set_age(objects, keep(answers, said("a", "second")), 1)
    keep(answers, said("a", "first"))
    assert find(answers, "a") == ["first"]


def test_what_was_folded_comes_before_what_was_kept_meanwhile(answers: Answers, objects: FolderObjects) -> None:
    """A part that is written while others are folded is older than the fold, and must not win over it."""
    set_age(objects, keep(answers, said("a", "first")), 3)
    set_age(objects, keep(answers, said("b", "first")), 2)
    answers.compact(ASSET, Job.TRANSCRIBE, Transcript)
    set_age(objects, keep(answers, said("a", "meanwhile")), 1)
    assert find(answers, "a", "b") == ["first", "first"]


def test_a_failure_is_asked_again_unless_it_counts(answers: Answers, objects: FolderObjects) -> None:
    set_age(objects, keep(answers, failed("a"), failed("b")), 2)
    set_age(objects, keep(answers, said("b", "finally")), 1)
    assert find(answers, "a", "b") == [None, "finally"]
    assert find(answers, "a", "b", include_failures=True) == ["the engine died", "finally"]
    answers.compact(ASSET, Job.TRANSCRIBE, Transcript)
    assert find(answers, "a", "b") == [None, "finally"]
    assert find(answers, "a", "b", include_failures=True) == ["the engine died", "finally"]


def test_many_parts_fold_into_one_which_is_left_alone(answers: Answers, objects: FolderObjects) -> None:
    for number in range(20):
        keep(answers, said(str(number), f"text{number}"), said(str(number + 1), "late"))
    assert answers.compact(ASSET, Job.TRANSCRIBE, Transcript) == 20
    (part,) = objects.list(layout.answers(ASSET, Job.TRANSCRIBE))
    assert layout.is_folded(part.key)
    assert answers.compact(ASSET, Job.TRANSCRIBE, Transcript) == 0
    assert [stored.key for stored in objects.list(layout.answers(ASSET, Job.TRANSCRIBE))] == [part.key]


def test_a_fold_that_died_before_it_removed_the_old_parts_changes_nothing(
    answers: Answers, objects: FolderObjects
) -> None:
    for number in range(5):
        keep(answers, said("a", f"a{number}"), said(str(number), "other"))
    before = find(answers, "a", "0", "4")
    old = [(stored.key, objects.get(stored.key)) for stored in objects.list("answers/")]
    answers.compact(ASSET, Job.TRANSCRIBE, Transcript)
    for key, data in old:
        objects.put(key, data)
    assert find(answers, "a", "0", "4") == before
    answers.compact(ASSET, Job.TRANSCRIBE, Transcript)
    assert find(answers, "a", "0", "4") == before
    assert len(list(objects.list("answers/"))) == 1


class CountingObjects(FolderObjects):
    """Counts what is written."""

    written_bytes = 0

    def put_file(self, key: str, source: Path, *, consume: bool = False) -> None:
        self.written_bytes += source.stat().st_size
        super().put_file(key, source, consume=consume)


def test_folding_after_every_batch_costs_a_doubling_each_and_not_a_rewrite_of_all(tmp_path: Path) -> None:
    objects = CountingObjects(tmp_path / "library")
    answers = Answers(objects)
    words = random.Random(7)
    kept_bytes = 0
    for batch in range(BATCHES):
        before = objects.written_bytes
        for half in "ab":  # no two parts alike, and nothing that compresses: as takes are
            keep(answers, *(said(f"{batch}{half}{n}", words.randbytes(4_000).hex()) for n in range(2)))
        kept_bytes += objects.written_bytes - before
        answers.compact(ASSET, Job.TRANSCRIBE, Transcript)
    doublings = math.log2(BATCHES)
    assert objects.written_bytes - kept_bytes <= (doublings + 1) * kept_bytes
    assert len(list(objects.list("answers/"))) <= doublings + 1
    assert None not in find(
        answers, *(f"{batch}{half}{n}" for batch in range(BATCHES) for half in "ab" for n in range(2))
    )


def test_answers_that_came_a_second_time_are_folded_away(answers: Answers, objects: FolderObjects) -> None:
    for number in range(30):
        keep(answers, said(str(number), "first"))
    answers.compact(ASSET, Job.TRANSCRIBE, Transcript)
    for text in ("second", "third"):
        keep(answers, said("0", text))
    answers.compact(ASSET, Job.TRANSCRIBE, Transcript)
    assert find(answers, "0", "29") == ["first", "first"]
    assert len(list(objects.list("answers/"))) == 1


STEPS = st.lists(
    st.one_of(
        st.lists(st.tuples(st.sampled_from("abcd"), st.booleans()), min_size=1, max_size=3, unique_by=lambda p: p[0]),
        st.none(),
    ),
    max_size=8,
)


@settings(max_examples=30)  # each example writes and syncs a dozen files
@given(STEPS)
def test_folding_at_any_time_changes_no_answer(
    tmp_path_factory: pytest.TempPathFactory, steps: list[list[tuple[str, bool]] | None]
) -> None:
    objects = FolderObjects(tmp_path_factory.mktemp("library"))
    answers = Answers(objects)
    first_answer: dict[str, str] = {}
    for step, asked in enumerate(steps):
        if asked is None:
            answers.compact(ASSET, Job.TRANSCRIBE, Transcript)
        else:
            results = [failed(one) if has_failed else said(one, f"step{step}") for one, has_failed in asked]
            set_age(objects, keep(answers, *results), -step)
            for one, has_failed in asked:
                if not has_failed:
                    first_answer.setdefault(one, f"step{step}")
    assert find(answers, *"abcd") == [first_answer.get(one) for one in "abcd"]


def test_a_damaged_part_is_named(answers: Answers, objects: FolderObjects) -> None:
    key = keep(answers, said("a", "one"))
    objects.put(key, b"PAR1")
    with pytest.raises(StoreError, match=Path(key).name):
        find(answers, "a")
