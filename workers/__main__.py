"""``python -m workers JOB``: a process that owns an engine and answers requests until there are no more."""

from __future__ import annotations

import argparse
import os
import sys
import threading
from pathlib import Path
from typing import BinaryIO

from pipeline.errors import EngineCrashed, EngineUnavailable, ReelinguaError, StoreError, UsageError
from pipeline.store.objects import open_objects
from schemas.jobs import Job
from workers import runner
from workers.families import Setting
from workers.messages import Ending, Fatal, Message, compose
from workers.registry import REGISTRY, Registry

EXIT_DONE = 0
EXIT_CRASHED = 1
EXIT_USAGE = 2
EXIT_UNAVAILABLE = 3


def main(argv: list[str] | None = None, *, registry: Registry = REGISTRY) -> int:
    """Run one worker; the exit status says how it ended, the last line on standard output why."""
    args = _parser(registry).parse_args(argv)
    line = _Line(_own_stdout())
    if args.with_parent:
        threading.Thread(target=_end_with_parent, name="parent", daemon=True).start()
    try:
        objects = open_objects(args.library)
        family = registry.family(args.engine)
        model = family.model_id(args.job)
        loaded = family.load(args.job, Setting(objects.local, args.processes))
        try:
            runner.run(args.job, args.requests, args.results, loaded=loaded, model=model, tell=line.tell)
        finally:
            loaded.close()
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
    parser.add_argument("job", type=Job, choices=tuple(Job), metavar="JOB", help=", ".join(Job))
    parser.add_argument("--library", required=True, metavar="URI", help="where the media are")
    parser.add_argument("--requests", required=True, type=Path, metavar="DIR", help="folder to follow")
    parser.add_argument("--results", required=True, type=Path, metavar="DIR", help="folder to answer into")
    parser.add_argument("--engine", required=True, choices=[family.name for family in registry.families])
    parser.add_argument("--processes", type=_count, default=os.cpu_count() or 1, metavar="N", help="cores to keep busy")
    parser.add_argument("--with-parent", action="store_true", help="end when standard input closes")
    return parser


def _count(text: str) -> int:
    if (count := int(text)) < 1:
        raise argparse.ArgumentTypeError("must be at least 1")
    return count


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
            os._exit(EXIT_CRASHED)  # nobody listens any more; what is committed is kept


def _end_with_parent() -> None:
    """Wait until standard input closes, which it does when the parent ends, however it ends."""
    while os.read(sys.stdin.fileno(), 4096):
        pass
    os._exit(EXIT_CRASHED)


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
