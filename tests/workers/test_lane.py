"""Crews, places and figures, through the whole of the client and real worker processes."""

from __future__ import annotations

import gc
import sys
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from pipeline.errors import EngineCrashed, EngineUnavailable, UsageError
from schemas.figures import Figures
from schemas.jobs import Job, TranscribeRequest, Transcript
from schemas.time import Span
from tests.support import faults
from tests.support.asked import ASSET, asking, heard, watching
from tests.support.processes import is_running
from workers.client import WorkerEngines
from workers.families import Family, Place
from workers.registry import Registry
from workers.turns import Turns

LANGUAGE = "x-lane"
"""Marks the records of one test among all that are in memory."""

MORE_THAN_ONE_TAKES = 600
"""Requests of which a worker of ``streaming`` leaves some to the next place: twice what is in flight, and two parts."""

Ask = Callable[[WorkerEngines], list[str]]


@pytest.fixture
def library(tmp_path: Path) -> Path:
    return tmp_path / "library"


@pytest.fixture
def warnings() -> list[str]:
    return []


@pytest.fixture
def engines(library: Path, warnings: list[str]) -> Iterator[WorkerEngines]:
    with opened(library, faults.STREAMING, warn=warnings.append) as one:
        yield one


def opened(library: Path, family: Family, **options: Any) -> WorkerEngines:
    """Engines of a family that is ``streaming`` but for how its workers are started."""
    registry = Registry((family, faults.FAULTY))
    module = "tests.support.faulty_worker"
    return WorkerEngines(str(library), family.name, processes=1, registry=registry, module=module, **options)


def at(*places: Place) -> Family:
    return replace(faults.STREAMING, places=lambda _job: places)


def apart(place: Place) -> Family:
    """A family whose jobs have a model each, all at one place."""
    return replace(at(place), crew=lambda job: (job,))


def at_once() -> Turns:
    """Who is idle gives way at once."""
    return Turns(linger_s=0.0, longest_linger_s=0.0)


def transcribed(engines: WorkerEngines, *whats: str, first: int = 0) -> list[str]:
    requests = [asking(what, first + number) for number, what in enumerate(whats)]
    return heard(engines.answer(Job.TRANSCRIBE, requests, lambda _: None))


def described(engines: WorkerEngines, *whats: str) -> list[str]:
    requests = [watching(what, number) for number, what in enumerate(whats)]
    return heard(engines.answer(Job.DESCRIBE, requests, lambda _: None))


def test_the_jobs_of_a_crew_are_done_by_one_worker_and_told_apart(engines: WorkerEngines) -> None:
    with ThreadPoolExecutor() as pool:
        words = pool.submit(transcribed, engines, "pid", "word:heard")
        assert described(engines, "pid", "word:seen") == [words.result()[0], "seen"]
    assert words.result()[1] == "heard"


def test_a_crew_goes_on_after_a_death_with_each_job_where_it_was(engines: WorkerEngines, tmp_path: Path) -> None:
    with ThreadPoolExecutor() as pool:
        words = pool.submit(transcribed, engines, *["word:heard"] * 9, f"die-once:{tmp_path / 'died'}")
        assert described(engines, *["word:seen"] * 10) == ["seen"] * 10
    assert words.result() == ["heard"] * 9 + [""]


def test_a_streaming_engine_that_is_gone_on_one_request_answers_all_others(engines: WorkerEngines) -> None:
    told = transcribed(engines, *["word:fine"] * 7, "crash", *["word:fine"] * 7)
    assert "more than once" in told.pop(7)
    assert set(told) == {"fine"}


def test_an_answer_of_which_a_dead_worker_could_not_tell_counts(engines: WorkerEngines, library: Path) -> None:
    """Asked again, it would die again."""
    assert transcribed(engines, f"die-kept:{library}", "word:fine") == ["kept", "fine"]


def test_a_request_that_hangs_is_set_aside_while_figures_go_on(library: Path) -> None:
    with opened(library, faults.STREAMING, stall_limit_s=3.0) as engines:
        stuck, fine = transcribed(engines, "hang", "word:fine")
    assert "did not answer" in stuck
    assert fine == "fine"


def test_an_engine_that_loads_long_and_tells_how_far_it_is_is_not_taken_for_hung(
    library: Path, warnings: list[str]
) -> None:
    slow = at(Place(environment=(("PLACE", faults.SLOW),)))
    with opened(library, slow, stall_limit_s=0.6 * faults.SLOW_S, warn=warnings.append) as engines:
        assert transcribed(engines, "word:there") == ["there"]
    assert warnings == [f"loaded {part} of 10 parts" for part in range(10)]


def test_what_a_worker_started_is_gone_when_it_has_died(engines: WorkerEngines, tmp_path: Path) -> None:
    died = tmp_path / "died"
    transcribed(engines, f"fork:{tmp_path / 'fork'}")
    transcribed(engines, f"die-once:{died}", first=1)
    assert died.exists()
    assert not is_running(int((tmp_path / "fork").read_text()))


def test_what_a_worker_started_is_gone_when_it_was_closed(library: Path, tmp_path: Path) -> None:
    with opened(library, faults.STREAMING) as engines:
        transcribed(engines, f"fork:{tmp_path / 'fork'}")
        assert is_running(int((tmp_path / "fork").read_text()))
    assert not is_running(int((tmp_path / "fork").read_text()))


def test_nothing_of_the_requests_stays_when_they_are_answered(engines: WorkerEngines) -> None:
    count = 2_000
    asked = [TranscribeRequest(f"{number:04x}", ASSET, "word:w", Span(0, 1), LANGUAGE) for number in range(count)]
    assert len(engines.answer(Job.TRANSCRIBE, asked, lambda _: None)) == count
    del asked
    gc.collect()
    records = [one for one in gc.get_objects() if isinstance(one, TranscribeRequest | Transcript)]
    assert [one for one in records if one.language == LANGUAGE] == []


def test_figures_do_not_fall_when_a_worker_is_started_again(library: Path, tmp_path: Path) -> None:
    told: list[tuple[Job, Figures]] = []
    with opened(library, faults.STREAMING, on_figures=lambda job, now: told.append((job, now))) as engines:
        assert engines.figures(Job.TRANSCRIBE) is None
        transcribed(engines, *["word:w"] * 10)
        first = engines.figures(Job.TRANSCRIBE)
        assert first is not None
        assert (first.answered, first.media_ms, first.in_flight) == (10, 10 * 500, 0)
        transcribed(engines, f"die-once:{tmp_path / 'died'}", *["word:w"] * 10, first=10)
        second = engines.figures(Job.DESCRIBE)
        assert second is not None
        assert second.answered >= 21
        assert engines.figures(Job.ALIGN) is None
    assert {job for job, _ in told} == {Job.TRANSCRIBE}
    counts = [now.answered for _, now in told]
    assert counts == sorted(counts)
    assert counts[-1] == second.answered


def test_an_engine_that_does_not_count_has_no_figures(library: Path) -> None:
    with opened(library, faults.FAULTY) as engines:
        transcribed(engines, "word:w")
        assert engines.figures(Job.TRANSCRIBE) is None


@pytest.mark.parametrize(
    ("what", "told"), [("idle:11", "feeder is too slow"), ("preempted:11", "lower max_num_seqs"), ("idle:9", "")]
)
def test_an_engine_that_is_sized_wrongly_is_told_of_once(
    engines: WorkerEngines, warnings: list[str], what: str, told: str
) -> None:
    for number in range(3):
        transcribed(engines, what, first=number)
    assert len(warnings) == bool(told)
    assert all(told in warning for warning in warnings)


def test_a_job_that_is_left_to_another_family_is_done_by_its_workers(library: Path) -> None:
    family = replace(faults.STREAMING, crew=lambda job: (job,), delegate={Job.TRANSCRIBE: faults.FAULTY.name}.get)
    with opened(library, family) as engines:
        assert engines.model(Job.TRANSCRIBE).name == "faulty"
        assert transcribed(engines, "word:heard") == ["heard"]
        assert described(engines, "word:seen") == ["seen"]
        assert list(library.glob(".part-work/folder-*/*")) != []
        folders = {path.name for path in library.glob(".part-work/folder-*/*")}
    assert folders == {"faulty-transcribe-0", "streaming-describe-0"}


def test_requests_are_shared_out_among_places_each_with_its_variables(library: Path, tmp_path: Path) -> None:
    places = [Place(environment=(("PLACE", name),)) for name in ("one", "two")]
    seen = tmp_path / "seen"
    seen.mkdir()
    with opened(library, at(*places)) as engines:
        told = transcribed(engines, *[f"place:{seen}"] * MORE_THAN_ONE_TAKES)
    assert {"one", "two"} == set(told)


def test_a_place_that_is_sick_takes_no_more_and_the_others_do_its_work(library: Path, warnings: list[str]) -> None:
    places = [Place(environment=(("PLACE", name),)) for name in ("bad", "good")]
    with opened(library, at(*places), warn=warnings.append) as engines:
        told = transcribed(engines, *["die-at:bad"] * MORE_THAN_ONE_TAKES)
        assert transcribed(engines, "word:more", first=MORE_THAN_ONE_TAKES) == ["more"]
    aside = [text for text in told if text]
    assert len(aside) <= 3
    assert all(text.startswith("[set aside") for text in aside)


def test_a_place_where_the_engine_cannot_be_loaded_is_told_of_and_the_others_do_its_work(
    library: Path, tmp_path: Path
) -> None:
    """The others have not answered before."""
    gone = tmp_path / "gone"
    warnings: list[str] = []

    def warn(line: str) -> None:
        warnings.append(line)
        gone.touch()

    bad = Place("gpu7", 0.5, environment=(("PLACE", faults.UNLOADABLE),))
    with opened(library, at(bad, Place()), warn=warn) as engines:
        assert transcribed(engines, *[f"wait:{gone}"] * 3) == [""] * 3
        assert transcribed(engines, "word:more", first=3) == ["more"]
    (warning,) = warnings
    assert "does not fit here" in warning
    assert "gpu7 takes no more work" in warning


def test_an_engine_that_can_be_loaded_nowhere_is_said(library: Path, warnings: list[str]) -> None:
    bad = Place(environment=(("PLACE", faults.UNLOADABLE),))
    with (
        opened(library, at(bad, bad), warn=warnings.append) as engines,
        pytest.raises(EngineUnavailable, match="does not fit here"),
    ):
        transcribed(engines, "word:never")
    (warning,) = warnings
    assert "streaming-transcribe-describe-" in warning


def test_what_is_wrong_everywhere_ends_all_places(library: Path) -> None:
    with (
        opened(library, at(Place("gpu0", 1.2), Place())) as engines,
        pytest.raises(UsageError, match=r"1\.2 of gpu0"),
    ):
        transcribed(engines, *["hang"] * MORE_THAN_ONE_TAKES)


def test_one_request_starts_a_worker_at_one_place_only(library: Path) -> None:
    with opened(library, at(Place(), Place(), Place())) as engines:
        transcribed(engines, "word:alone")
        started = list(library.glob(".part-work/folder-*/*/worker-*.log"))
    assert len(started) == 1


def test_models_on_one_device_take_turns(library: Path) -> None:
    with opened(library, apart(Place("gpu0", 0.6)), turns=at_once()) as engines:
        (first,) = transcribed(engines, "pid")
        (second,) = described(engines, "pid")
        assert not is_running(int(first))
        assert is_running(int(second))
        (third,) = transcribed(engines, "pid", first=1)
        assert not is_running(int(second))
    assert len({first, second, third}) == 3


def test_models_that_fit_on_a_device_together_stay(library: Path) -> None:
    with opened(library, apart(Place("gpu0", 0.5)), turns=at_once()) as engines:
        (first,) = transcribed(engines, "pid")
        described(engines, "pid")
        assert transcribed(engines, "pid", first=1) == [first]


def test_models_that_fit_on_a_device_together_load_one_after_the_other(library: Path, tmp_path: Path) -> None:
    loaded = tmp_path / "loaded"
    loaded.mkdir()
    family = apart(Place("gpu0", 0.5, environment=(("LOADED", str(loaded)),)))
    with opened(library, family) as engines, ThreadPoolExecutor() as pool:
        words = pool.submit(transcribed, engines, "word:heard")
        assert described(engines, "word:seen") == ["seen"]
        assert words.result() == ["heard"]
        logs = library.glob(".part-work/folder-*/*/worker-*.log")
        begun = sorted(log.stat().st_mtime_ns for log in logs)  # made before the worker, and nothing was written there
    ready = sorted(stamp.stat().st_mtime_ns for stamp in loaded.iterdir())
    assert len(begun) == len(ready) == 2
    assert ready[0] <= begun[1]


def test_a_model_is_loaded_however_long_it_takes_while_another_waits(library: Path) -> None:
    """A worker takes much longer to start than this turn."""
    turns = Turns(turn_s=0.01, linger_s=0.0, longest_linger_s=0.0)
    with opened(library, apart(Place("gpu0", 0.6)), turns=turns) as engines, ThreadPoolExecutor() as pool:
        words = pool.submit(transcribed, engines, "word:heard")
        seen = pool.submit(described, engines, "word:seen")
        try:
            assert (words.result(timeout=60), seen.result(timeout=60)) == (["heard"], ["seen"])
        finally:
            engines.close()


def test_a_model_that_wants_more_than_a_device_is_wrong_usage(library: Path) -> None:
    with opened(library, at(Place("gpu0", 1.2))) as engines, pytest.raises(UsageError, match=r"1\.2 of gpu0"):
        transcribed(engines, "word:never")


def test_closing_ends_a_model_that_waits_for_its_turn(library: Path, tmp_path: Path) -> None:
    go = tmp_path / "go"
    engines = opened(library, apart(Place("gpu0", 0.6)))
    with ThreadPoolExecutor() as pool:
        holding = pool.submit(transcribed, engines, f"fork:{go}", "hang")
        while not go.exists():
            assert not holding.done()
        waiting = pool.submit(described, engines, "word:never")
        while not list(library.glob(".part-work/folder-*/streaming-describe-0")):
            assert not waiting.done()
        engines.close()
        for one in (holding, waiting):
            with pytest.raises(EngineCrashed, match="closed"):
                one.result(timeout=30)


@pytest.mark.parametrize("places", [(), (Place(),)])
def test_an_environment_or_device_that_is_not_there_is_said(
    library: Path, tmp_path: Path, places: tuple[Place, ...]
) -> None:
    family = replace(at(*places), python=lambda: tmp_path / "nowhere" / "python")
    with opened(library, family) as engines, pytest.raises(EngineUnavailable, match=r"nowhere/python|no device here"):
        transcribed(engines, "word:never")


def test_a_worker_of_another_environment_is_started_with_its_interpreter(library: Path, tmp_path: Path) -> None:
    python, used = tmp_path / "python", tmp_path / "used"
    python.write_text(f'#!/bin/sh\ntouch {used}\nexec {sys.executable} "$@"\n')
    python.chmod(0o755)
    with opened(library, replace(faults.STREAMING, python=lambda: python)) as engines:
        assert transcribed(engines, "word:there") == ["there"]
    assert used.exists()
