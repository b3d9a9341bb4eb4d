"""What one thread does to keep a worker answering: feed it, hear it, start it again, and find what kills it.

Not for several threads; ``workers.station`` stands in front. Answers are known to be kept when a worker
tells of them: it has written them where they stay.
"""

from __future__ import annotations

import itertools
import time
from collections import deque
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

from pipeline.errors import EngineCrashed, EngineUnavailable, StoreError, UsageError
from pipeline.store import parquet
from schemas.figures import Figures
from schemas.jobs import Request, Result
from workers import spool
from workers.blame import Blame
from workers.child import Child, Ended
from workers.families import Place
from workers.jobs import RESULTS, Member, failed, job_of
from workers.messages import Answered, Ending, Fatal, Loading, Message, Progress, Ready, Refused, Started

PART_REQUESTS = 64
"""Requests per part. Ours: some seconds of a GPU's work, so that parts are few and feeding never waits."""


@dataclass(frozen=True, slots=True)
class Launch:
    """How workers are started, and where they read and write."""

    argv: Callable[[Path], Sequence[str]]
    """Command of a worker that follows this requests folder."""

    place: Place
    """Where they run."""

    members: tuple[Member, ...]
    """Which jobs it must answer, with which models: the ids of the requests name them, so that another's answers must
    not be kept."""

    folder: Path
    """Existing folder for requests and logs."""

    results: Path
    """Where the workers answer."""

    stall_limit_s: float
    """Silence after which a worker that loads or has work is killed."""

    @property
    def what(self) -> str:
        """The jobs, for messages."""
        return ", ".join(member.job for member in self.members)


@dataclass(frozen=True, slots=True)
class Outlets:
    """Where to tell what comes of it."""

    answered: Callable[[Result], None]
    """Takes an answer that is kept already."""

    set_aside: Callable[[Request, Result], None]
    """Takes a failure that no worker has written down."""

    kept: Callable[[Sequence[Request]], Sequence[Result]]
    """Gives the answers that are kept already: a worker may have died before it could tell of them."""

    given_back: Callable[[Sequence[Request]], None]
    """Takes requests that a worker had not begun when it died."""

    counted: Callable[[Figures], None]
    """Takes the figures of the present worker."""

    ended: Callable[[], None]
    """Is told that a worker ended."""

    warned: Callable[[str], None]
    """Takes one line for a person."""


class Watch:
    """The worker of one crew at one place; when it dies, another takes its place."""

    def __init__(self, launch: Launch, outlets: Outlets) -> None:
        self._launch = launch
        self._outlets = outlets
        self._blame = Blame()
        self._companies: deque[tuple[Request, ...]] = deque()
        self._asked: dict[str, Request] = {}
        self._started: dict[str, None] = {}
        self._parts: dict[Path, set[str]] = {}
        self._part_of: dict[str, Path] = {}
        self._is_company_out = False
        self._child: Child | None = None
        self._takes = 0
        self._requests = launch.folder
        self._workers = 0
        self._last_part = 0
        self._heard_s = 0.0
        self._began_s = 0.0
        self.load_s: float | None = None
        """How long the worker took from its start until it was ready; None while there is none that is ready."""

    @property
    def is_on(self) -> bool:
        """Whether there is a worker, or there must be one again."""
        return self._child is not None or bool(self._companies)

    @property
    def outstanding(self) -> int:
        """Requests that it was asked and has not answered."""
        return len(self._asked) + sum(map(len, self._companies))

    @property
    def room(self) -> int:
        """How many more requests it takes now: none before it is ready, nor while suspects are apart."""
        if self._companies or (self._is_company_out and self._asked):
            return 0
        return max(0, self._takes - len(self._asked))

    def ask(self, requests: Sequence[Request]) -> None:
        """More work, no more than there is ``room``."""
        self._is_company_out = False
        for start in range(0, len(requests), PART_REQUESTS):
            self._put(requests[start : start + PART_REQUESTS])

    def step(self) -> None:
        """Start a worker if there is none, and listen to it for a moment.

        A worker gets nothing before it has said that it is the right one.

        Raises:
            EngineUnavailable: The engine cannot be loaded here, or it is another one than was asked for.
            EngineCrashed: It died on unrelated requests too often, or speaks another language.
            StoreError: Answers cannot be written or read.
            UsageError: The worker was started wrongly.

        """
        child = self._child or self._start()
        if self._takes and self._companies and not self._asked:
            self._put(self._companies.popleft())  # one company of suspects at a time, and nothing beside it
            self._is_company_out = True
        try:
            messages = child.messages(limit_s=spool.POLL_S)
        except ValueError as error:
            raise EngineCrashed(self._launch.what, None, f"it printed what is no message of ours: {error}") from error
        if messages is None:
            self._died(child.end())
            return
        for message in messages:
            self._hear(message)
        is_idle = self._takes > 0 and not self._asked
        # Figures are told by a worker whose engine hangs, too.
        if is_idle or any(not isinstance(message, Progress) for message in messages):
            self._heard_s = time.monotonic()
        elif time.monotonic() - self._heard_s > self._launch.stall_limit_s:
            self._died(child.kill(), is_hung=True)

    def close(self) -> list[Request]:
        """End the worker: in peace when it waits for work, at once when it loads or has something to do.

        Returns what it has not answered.
        """
        if self._child is not None:
            if self._takes and not self._asked:
                spool.finish(self._requests)
                self._child.end()
            else:
                self._child.kill()
            self._outlets.ended()
        self._child = None
        left = [*self._asked.values(), *itertools.chain.from_iterable(self._companies)]
        self._companies.clear()
        self._forget_all()
        return left

    def _start(self) -> Child:
        self._workers += 1
        self._requests = self._launch.folder / f"requests-{self._workers}"
        self._requests.mkdir()
        log = self._launch.folder / f"worker-{self._workers}.log"
        self._child = Child(
            self._launch.argv(self._requests), log=log, environment=dict(self._launch.place.environment)
        )
        self._began_s = self._heard_s = time.monotonic()
        return self._child

    def _put(self, requests: Sequence[Request]) -> None:
        """Write a part per job. Noted before the worker can see the part and answer."""
        for job, group in itertools.groupby(sorted(requests, key=job_of), key=job_of):
            part_requests = list(group)
            self._last_part += 1
            part = spool.part_path(self._requests, self._last_part, job)
            self._asked.update((request.request_id, request) for request in part_requests)
            self._parts[part] = {request.request_id for request in part_requests}
            self._part_of.update((request.request_id, part) for request in part_requests)
            spool.put(self._requests, self._last_part, part_requests, job)

    def _hear(self, message: Message) -> None:
        match message:
            case Loading():
                self._outlets.warned(message.text)
            case Started():
                self._started.update(dict.fromkeys(message.request_ids))
            case Answered():
                self._answered(message)
            case Progress():
                self._outlets.counted(message.figures)
            case Refused():
                for request_id in self._parts.get(self._requests / message.part, set()).copy():
                    self._set_aside(request_id, message.reason)
            case Fatal():
                self._gave_up(message)
            case Ready():
                self._check(message.members)
                self._takes = message.takes
                self.load_s = time.monotonic() - self._began_s

    def _check(self, members: Sequence[Member]) -> None:
        """Raise EngineUnavailable unless these models answer these jobs."""
        has = {member.job: member.model for member in members}
        for wanted in self._launch.members:
            model = has.get(wanted.job)
            if model != wanted.model:
                found = f"{model.name} {model.revision}" if model else "nothing"
                raise EngineUnavailable(
                    f"the worker has {found} where {wanted.model.name} {wanted.model.revision} must answer "
                    f"({wanted.job}): its environment is of another version; bring both to the same version and run "
                    "again"
                )

    def _gave_up(self, message: Fatal) -> None:
        """Raise what another worker would only say again; a crash is one that may pass."""
        match message.kind:
            case Ending.UNAVAILABLE:
                raise EngineUnavailable(message.text)
            case Ending.USAGE:
                raise UsageError(message.text)
            case Ending.STORE:
                raise StoreError(message.text)
            case Ending.CRASHED:
                self._outlets.warned(message.text)

    def _answered(self, message: Answered) -> None:
        ids = set(message.request_ids)
        self._blame.answered(ids)
        for result in parquet.read_rows(self._launch.results / message.part, RESULTS[message.job]):
            if result.request_id in ids:
                self._take(result)

    def _take(self, result: Result) -> None:
        if self._asked.pop(result.request_id, None) is not None:
            self._forget(result.request_id)
            self._outlets.answered(result)

    def _set_aside(self, request_id: str, reason: str) -> None:
        request = self._asked.pop(request_id)
        self._forget(request_id)
        self._outlets.set_aside(request, failed(job_of(request), request_id, reason))

    def _forget(self, request_id: str) -> None:
        """It is answered: no longer a suspect, and its part goes with the last one of it."""
        self._started.pop(request_id, None)
        part = self._part_of.pop(request_id)
        self._parts[part].discard(request_id)
        if not self._parts[part]:
            del self._parts[part]
            part.unlink(missing_ok=True)

    def _forget_all(self) -> None:
        self._asked.clear()
        self._started.clear()
        self._parts.clear()
        self._part_of.clear()
        self._is_company_out = False
        self._takes = 0
        self.load_s = None

    def _died(self, ended: Ended, *, is_hung: bool = False) -> None:
        """Decide who is asked again by the next worker, and with whom."""
        self._child = None
        self._outlets.ended()
        kept = self._outlets.kept(list(self._asked.values()))
        self._blame.answered([result.request_id for result in kept])
        for result in kept:
            self._take(result)
        crash = EngineCrashed(self._launch.what, None if is_hung else ended.returncode, ended.stderr_tail)
        verdict = self._blame.died([request_id for request_id in self._started if request_id in self._asked])
        for request_id in verdict.set_aside:
            self._set_aside(request_id, f"set aside, it ended its engine more than once: {crash}")
        if verdict.is_sick:
            raise crash
        companies = [tuple(self._asked.pop(one) for one in company) for company in verdict.companies]
        self._companies.extendleft(reversed(companies))
        # Whoever had not begun is no suspect.
        self._outlets.given_back(list(self._asked.values()))
        self._forget_all()
        self._outlets.warned(f"{crash}; it is started again")
