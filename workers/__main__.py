"""``python -m workers JOB[,JOB…]``: a process that owns an engine and answers requests until there are no more."""

from __future__ import annotations

import argparse
import os
import signal
import sys
import threading
from collections.abc import Sequence
from pathlib import Path
from typing import BinaryIO

from pipeline.errors import EngineCrashed, EngineUnavailable, ReelinguaError, StoreError, UsageError
from pipeline.store.objects import open_objects
from schemas.jobs import Job
from workers import callers, runner
from workers.families import Family, Setting, Streaming
from workers.jobs import Member
from workers.messages import Ending, Fatal, Loading, Message, compose
from workers.registry import REGISTRY, Registry

EXIT_DONE = 0
EXIT_CRASHED = 1
EXIT_USAGE = 2
EXIT_UNAVAILABLE = 3


def main(argv: list[str] | None = None, *, registry: Registry = REGISTRY) -> int:
    """Run one worker; the exit status says how it ended, the last line on standard output why."""
    args = _parser(registry).parse_args(argv)
    line = _Line(_own_stdout())
    show = _shown if sys.stderr.isatty() and not args.with_parent else _unseen
    if args.with_parent:
        threading.Thread(target=_end_with_parent, name="parent", daemon=True).start()
    try:
        objects = open_objects(args.library)
        family = registry.family(args.engine)
        _require_crew(family, args.jobs)
        members = [Member(job, family.model_id(job)) for job in args.jobs]
        setting = Setting(objects.local, args.processes, tell=lambda text: line.tell(Loading(text=text)))
        loaded = family.load(args.jobs, setting)
        engine = loaded if isinstance(loaded, Streaming) else callers.streaming(loaded)
        try:
            runner.run(members, args.requests, args.results, engine=engine, tell=line.tell, show=show)
        finally:
            engine.close()
            if show is _shown:
                print(file=sys.stderr)  # noqa: T201 - as _shown
    except UsageError as error:
        return _give_up(line, Ending.USAGE, error)
    except EngineUnavailable as error:
        return _give_up(line, Ending.UNAVAILABLE, error)
    except StoreError as error:
        return _give_up(line, Ending.STORE, error)
    except EngineCrashed as error:
        return _give_up(line, Ending.CRASHED, error)
    return EXIT_DONE


def _parser(registry: Registry) -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m workers", description="Answer requests with one engine.")
    parser.add_argument("jobs", type=_jobs, metavar="JOB[,JOB…]", help=f"{', '.join(Job)}; several that share a model")
    parser.add_argument("--library", required=True, metavar="URI", help="where the media are")
    parser.add_argument("--requests", required=True, type=Path, metavar="DIR", help="folder to follow")
    parser.add_argument("--results", required=True, type=Path, metavar="DIR", help="folder to answer into")
    parser.add_argument("--engine", required=True, choices=[family.name for family in registry.families])
    parser.add_argument("--processes", type=_count, default=os.cpu_count() or 1, metavar="N", help="cores to keep busy")
    parser.add_argument("--with-parent", action="store_true", help="end when standard input closes")
    return parser


def _jobs(text: str) -> tuple[Job, ...]:
    jobs = tuple(Job(name) for name in text.split(","))  # argparse tells of the ValueError
    if len(set(jobs)) != len(jobs):
        raise argparse.ArgumentTypeError("names a job twice")
    return jobs


def _count(text: str) -> int:
    if (count := int(text)) < 1:
        raise argparse.ArgumentTypeError("must be at least 1")
    return count


def _require_crew(family: Family, jobs: Sequence[Job]) -> None:
    """Raise UsageError unless one worker of this family does all these jobs."""
    for job in jobs:
        if (other := family.delegate(job)) is not None:
            raise UsageError(f"{family.name} leaves {job} to {other}; start a worker with --engine {other}")
        if not set(jobs) <= set(family.crew(job)):
            raise UsageError(f"{', '.join(jobs)} of {family.name} share no model; start a worker for each")


def _own_stdout() -> BinaryIO:
    """Standard output for messages alone: whatever else is printed goes to standard error from now on."""
    own = os.fdopen(os.dup(sys.stdout.fileno()), "wb")
    os.dup2(sys.stderr.fileno(), sys.stdout.fileno())
    return own


class _Line:
    """The way to the parent; a message is never broken by another thread's."""

    def __init__(self, stream: BinaryIO) -> None:
        self._stream = stream
        self._lock = threading.Lock()

    def tell(self, message: Message) -> None:
        try:
            with self._lock:
                self._stream.write(compose(message))
                self._stream.flush()
        except BrokenPipeError:
            _end_at_once()  # nobody listens any more; what is committed is kept


def _end_with_parent() -> None:
    """Wait until standard input closes, which it does when the parent ends, however it ends."""
    while os.read(sys.stdin.fileno(), 4096):
        pass
    _end_at_once()


def _end_at_once() -> None:
    """End without a word, and take along what the engine started: it may hold the memory of a GPU."""
    if os.getpgrp() == os.getpid():
        os.killpg(os.getpid(), signal.SIGKILL)
    os._exit(EXIT_CRASHED)


def _shown(line: str) -> None:
    """Put a line in the place of the one before it on the terminal."""
    print(f"\r\x1b[K{line}", end="", file=sys.stderr, flush=True)  # noqa: T201 - standard error is for people


def _unseen(_line: str) -> None:
    """Nobody looks: a parent has the figures."""


def _give_up(line: _Line, kind: Ending, error: ReelinguaError) -> int:
    """Tell the parent why this worker ends, and return its exit status."""
    text = " ".join(str(error).split())
    print(text, file=sys.stderr)  # noqa: T201 - standard error is for people
    line.tell(Fatal(kind=kind, text=text))
    match kind:
        case Ending.USAGE:
            return EXIT_USAGE
        case Ending.UNAVAILABLE:
            return EXIT_UNAVAILABLE
        case Ending.STORE | Ending.CRASHED:
            return EXIT_CRASHED


if __name__ == "__main__":
    sys.exit(main())
