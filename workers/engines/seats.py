"""Places to work: one child process each, so that a crash takes one request along and no more.

``concurrent.futures`` breaks the whole pool when a child dies, and ``multiprocessing.Pool`` does not
notice it; an engine of C code that meets untrusted sound needs both: to notice, and to go on.
"""

from __future__ import annotations

import itertools
import mmap
import multiprocessing
import os
import pickle
import queue
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from multiprocessing import reduction
from multiprocessing.connection import Connection, wait
from multiprocessing.process import BaseProcess
from types import TracebackType
from typing import Any, Generic, TypeVar

from pipeline.errors import ReelinguaError

Task = TypeVar("Task")
Answer = TypeVar("Answer")

ATTEMPTS = 2
"""A task that ends its process so often is given up. Ours: the first death may be chance."""

_SHARED_BYTES = 1 << 16
"""Arrays of so much together go through shared memory: what a pipe holds at once."""

_ALIGNED_BYTES = 64  # a cache line, as numpy likes it

START_LIMIT_S = 120.0
"""How long a child may take to load its model. Ours: a second on a quiet machine, 20 on a crowded one."""


class TaskFailed(Exception):
    """A task raised, died twice or took too long; its message says which."""


@dataclass(frozen=True, slots=True)
class _Raised:
    """What a child sends when its task raised."""

    text: str


class Seats(Generic[Task, Answer]):
    """``count`` child processes, each with a model that ``make`` loads; they start when first needed.

    ``make`` is a picklable function without arguments that returns what answers a task. ``ask`` may be
    called from several threads: each waits for a free seat.
    """

    def __init__(self, make: Callable[[], Callable[[Task], Answer]], count: int) -> None:
        if count < 1:
            raise ValueError(f"need at least one seat, got {count}")
        self._free: queue.SimpleQueue[_Seat[Task, Answer]] = queue.SimpleQueue()
        self._all = tuple(_Seat(make) for _ in range(count))
        for seat in self._all:
            self._free.put(seat)

    @property
    def count(self) -> int:
        """How many there are."""
        return len(self._all)

    def warm(self) -> None:
        """Start a child now, so that a model that cannot be loaded is known before anything is asked.

        Called so often as there are seats, it starts them all.

        Raises:
            TaskFailed: It cannot be loaded.

        """
        seat = self._free.get()
        try:
            seat.be_ready()
        except _Died as death:
            raise TaskFailed(str(death)) from death
        finally:
            self._free.put(seat)

    def ask(self, task: Task, *, limit_s: float) -> Answer:
        """The answer to one task.

        Raises:
            TaskFailed: It raised, or ended its process twice, or took longer than ``limit_s`` twice.

        """
        seat = self._free.get()
        try:
            for _ in range(ATTEMPTS - 1):
                try:
                    return seat.ask(task, limit_s)
                except _Died:
                    continue
            try:
                return seat.ask(task, limit_s)
            except _Died as death:
                raise TaskFailed(f"{death}, {ATTEMPTS} times") from death
        finally:
            self._free.put(seat)

    def close(self) -> None:
        """End the children."""
        for seat in self._all:
            seat.stop()

    def __enter__(self) -> Seats[Task, Answer]:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()


class _Died(Exception):
    """The child of a seat is gone."""


class _Seat(Generic[Task, Answer]):
    """One child process; a new one takes the place of one that died."""

    def __init__(self, make: Callable[[], Callable[[Task], Answer]]) -> None:
        self._make = make
        self._child: BaseProcess | None = None
        self._line: Connection | None = None

    def ask(self, task: Task, limit_s: float) -> Answer:
        self.be_ready()
        assert self._line is not None
        try:
            _send(self._line, task)
        except OSError as error:
            raise self._lost("its process ended before it began") from error
        answer: Answer | _Raised = self._receive(limit_s)
        if isinstance(answer, _Raised):
            raise TaskFailed(answer.text)
        return answer

    def stop(self) -> None:
        if self._line is not None:
            self._line.close()
        if self._child is not None:
            self._child.kill()
            self._child.join()
            self._child.close()
        self._line = self._child = None

    def be_ready(self) -> None:
        if self._child is None or not self._child.is_alive():
            self._start()

    def _start(self) -> None:
        self.stop()
        # Spawned, not forked: threads are running here, and a forked sibling would hold this pipe open.
        context = multiprocessing.get_context("spawn")
        self._line, theirs = context.Pipe()
        self._child = context.Process(target=_serve, args=(theirs, self._make), daemon=True)
        self._child.start()
        theirs.close()
        ready = self._receive(START_LIMIT_S)
        if isinstance(ready, _Raised):
            self.stop()
            raise TaskFailed(ready.text)

    def _receive(self, limit_s: float) -> Answer:
        assert self._line is not None
        assert self._child is not None
        if not wait([self._line, self._child.sentinel], timeout=limit_s):
            raise self._lost(f"it took longer than {limit_s:.0f} s")
        try:
            received: Answer = _received(self._line)
        except (EOFError, OSError) as error:
            self._child.join()
            raise self._lost(f"its process ended with status {self._child.exitcode}") from error
        return received

    def _lost(self, why: str) -> _Died:
        self.stop()
        return _Died(why)


def _serve(line: Connection, make: Callable[[], Callable[[Task], Answer]]) -> None:
    """Life of a child: load, then answer tasks until the other end closes."""
    try:
        answer = make()
    except Exception as error:  # whatever it is, the parent must hear it
        _send(line, _Raised(_told(error)))
        return
    _send(line, None)
    while True:
        try:
            task = _received(line)
        except EOFError:
            return
        try:
            _send(line, answer(task))
        except Exception as error:  # one bad task must not end the seat
            _send(line, _Raised(_told(error)))


def _send(line: Connection, thing: object) -> None:
    """Pickle beside its arrays. Large ones go through memory that both ends map: read from a pipe they would come in
    small pieces, for each of which the other end waits until its threads let it have the interpreter again.
    """
    arrays: list[pickle.PickleBuffer] = []
    head = pickle.dumps(thing, protocol=5, buffer_callback=arrays.append)
    raws = [array.raw() for array in arrays]
    sizes = tuple(raw.nbytes for raw in raws)
    is_shared = sum(sizes) >= _SHARED_BYTES and hasattr(os, "memfd_create")
    line.send((head, sizes, is_shared))
    if not is_shared:
        for raw in raws:
            line.send_bytes(raw)
        return
    memory = os.memfd_create("seat")  # without a name, so that it is gone with the last process that has it
    try:
        offsets = _offsets(sizes)
        os.ftruncate(memory, offsets[-1])
        for offset, raw in zip(offsets, raws, strict=False):
            os.pwrite(memory, raw, offset)
        reduction.send_handle(line, memory, None)
    finally:
        os.close(memory)


def _received(line: Connection) -> Any:
    head, sizes, is_shared = line.recv()
    if not is_shared:
        return pickle.loads(head, buffers=[bytearray(line.recv_bytes()) for _ in sizes])  # noqa: S301 - our own process
    memory = reduction.recv_handle(line)
    try:
        offsets = _offsets(sizes)
        mapped = memoryview(mmap.mmap(memory, offsets[-1]))
    finally:
        os.close(memory)
    buffers = [mapped[offset : offset + size] for offset, size in zip(offsets, sizes, strict=False)]
    return pickle.loads(head, buffers=buffers)  # noqa: S301 - as above


def _offsets(sizes: Sequence[int]) -> list[int]:
    """Where each array begins, and the end."""
    return [0, *itertools.accumulate(-(-size // _ALIGNED_BYTES) * _ALIGNED_BYTES for size in sizes)]


def _told(error: Exception) -> str:
    """One line; errors that we raise on purpose say all there is to say."""
    said = " ".join(str(error).split())
    return said if isinstance(error, ReelinguaError) else f"{type(error).__name__}: {said}"
