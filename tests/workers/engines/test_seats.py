from __future__ import annotations

import os
import signal
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from multiprocessing import active_children
from pathlib import Path

import numpy as np
import numpy.typing as npt
import pytest

from workers.engines.seats import Seats, TaskFailed

LIMIT_S = 60.0


def doubler() -> Callable[[str], str]:
    """Answers with the task twice, and misbehaves when told to."""

    def answer(task: str) -> str:
        what, _, argument = task.partition(":")
        if what == "die" or (what == "die-once" and not Path(argument).exists()):
            if argument:
                Path(argument).touch()
            os.kill(os.getpid(), signal.SIGKILL)
        if what == "raise":
            raise ValueError("not this one")
        if what == "sleep":
            time.sleep(float(argument))
        if what == "who":
            return str(os.getpid())
        return task + task

    return answer


def counter() -> Callable[[tuple[int, int]], tuple[npt.NDArray[np.int64], npt.NDArray[np.float32]]]:
    """Answers with the numbers from 0 in this shape, and with an array of nothing."""
    return lambda shape: (np.arange(shape[0] * shape[1]).reshape(shape), np.zeros(0, np.float32))


def broken() -> Callable[[str], str]:
    raise RuntimeError("the model is missing")


def dying() -> Callable[[str], str]:
    os._exit(7)


@pytest.fixture(scope="module")
def seats() -> Iterator[Seats[str, str]]:
    with Seats(doubler, 1) as made:
        yield made


def test_a_task_is_answered_by_another_process_which_stays(seats: Seats[str, str]) -> None:
    assert seats.ask("ab", limit_s=LIMIT_S) == "abab"
    process = seats.ask("who", limit_s=LIMIT_S)
    assert process == seats.ask("who", limit_s=LIMIT_S) != str(os.getpid())


def test_a_task_that_raises_fails_alone(seats: Seats[str, str]) -> None:
    with pytest.raises(TaskFailed, match="ValueError: not this one"):
        seats.ask("raise", limit_s=LIMIT_S)
    assert seats.ask("next", limit_s=LIMIT_S) == "nextnext"


def test_a_process_that_dies_once_is_replaced_and_the_task_answered(seats: Seats[str, str], tmp_path: Path) -> None:
    task = f"die-once:{tmp_path / 'died'}"
    assert seats.ask(task, limit_s=LIMIT_S) == task + task


def test_a_task_that_kills_its_process_twice_fails_and_the_next_is_answered(seats: Seats[str, str]) -> None:
    with pytest.raises(TaskFailed, match="status -9, 2 times"):
        seats.ask("die", limit_s=LIMIT_S)
    assert seats.ask("next", limit_s=LIMIT_S) == "nextnext"


def test_a_task_over_its_limit_fails_and_the_next_is_answered(seats: Seats[str, str]) -> None:
    with pytest.raises(TaskFailed, match="longer than"):
        seats.ask("sleep:60", limit_s=0.2)
    assert seats.ask("next", limit_s=LIMIT_S) == "nextnext"


def test_seats_work_at_the_same_time_on_tasks_of_several_threads() -> None:
    with Seats(doubler, 2) as seats, ThreadPoolExecutor(4) as pool:
        answers = list(pool.map(lambda task: seats.ask(task, limit_s=LIMIT_S), [f"t{n}" for n in range(20)]))
        processes = set(pool.map(lambda _: seats.ask("who", limit_s=LIMIT_S), range(20)))
    assert answers == [f"t{n}t{n}" for n in range(20)]
    assert len(processes) <= 2


def test_warming_so_often_as_there_are_seats_starts_them_all() -> None:
    with Seats(doubler, 2) as seats:
        before = len(active_children())
        for _ in range(3):
            seats.warm()
        assert len(active_children()) - before == 2


def test_arrays_come_back_as_they_are_and_may_be_written_to() -> None:
    with Seats(counter, 1) as seats:
        grey, none = seats.ask((3, 4), limit_s=LIMIT_S)
        grey += 1
        assert grey.tolist() == [[1, 2, 3, 4], [5, 6, 7, 8], [9, 10, 11, 12]]
        assert (none.shape, none.dtype.name) == ((0,), "float32")
        large, _ = seats.ask((3_999, 1_001), limit_s=LIMIT_S)
        count = 3_999 * 1_001
        assert large.sum() == count * (count - 1) // 2
        large[-1, -1] = 0


def test_a_model_that_cannot_be_loaded_is_known_when_warming() -> None:
    with Seats(broken, 1) as seats, pytest.raises(TaskFailed, match="the model is missing"):
        seats.warm()


def test_a_process_that_ends_while_loading_is_known_when_warming() -> None:
    with Seats(dying, 1) as seats, pytest.raises(TaskFailed, match="status 7"):
        seats.warm()


def test_closing_ends_the_processes() -> None:
    with Seats(doubler, 1) as seats:
        process = int(seats.ask("who", limit_s=LIMIT_S))
    with pytest.raises(ProcessLookupError):
        os.kill(process, 0)
