"""Every error this project raises on purpose.

ReelinguaError
├── UsageError              the command or its configuration is wrong: exit code 2
├── MediaError              the input cannot be used: do not retry, write a receipt
│   ├── ProbeFailed             not media, empty, encrypted, beyond a limit, …
│   ├── DecodeFailed            it began well and broke, or is shorter than it says
│   ├── FfmpegFailed            ffmpeg could not make a preview or a muxed file of it
│   ├── UnheardLanguage         the engine does not hear what is spoken
│   └── TextFileError           a caption or RTTM file cannot be read; carries the line
├── EngineError             a model run failed
│   ├── EngineUnavailable       not installed, or cannot do this language: do not retry
│   ├── EngineCrashed           the process died: retry on a fresh one
│   └── DoesNotFit              the aligner cannot lay the words over the sound (workers.engines.filling)
├── StoreError              disk or S3: retry with backoff
│   └── Missing                 no object has the key
├── BadNight                a night ended, and not every title as it should (flows.caption)
├── StackFailed             the Prefect server or a command of it failed (flows.stack)
└── Stopped                 the user pressed Ctrl-C: run again to go on (flows.working)

A message is one line: what happened, why, and what to do. Fields are positional, so that every
error survives pickling. Programming mistakes stay ``ValueError`` and ``TypeError``.
"""

from __future__ import annotations


class ReelinguaError(Exception):
    """Root of the tree."""


class UsageError(ReelinguaError):
    """The command line or a configuration file asks for something that does not exist or fit."""


class MediaError(ReelinguaError):
    """The input cannot be used.

    Attributes:
        what: What cannot be used and why, one line.
        remedy: What to do about it, one line.

    """

    def __init__(self, what: str, remedy: str) -> None:
        super().__init__(what, remedy)
        self.what = what
        self.remedy = remedy

    def __str__(self) -> str:
        return f"{self.what}; {self.remedy}"


class ProbeFailed(MediaError):
    """The file is not media that we take."""


class DecodeFailed(MediaError):
    """The file could be opened, but not decoded to its end."""


class FfmpegFailed(MediaError):
    """ffmpeg failed, or made something else than it was asked for.

    Attributes:
        argv: The full command, one argument per item.
        returncode: Exit status; negative means killed by that signal; None when it ended well or was stopped.
        stderr_tail: Last lines that it printed; empty if it printed nothing.

    """

    def __init__(
        self, what: str, remedy: str, argv: tuple[str, ...], returncode: int | None = None, stderr_tail: str = ""
    ) -> None:
        super().__init__(what, remedy)
        self.args = (what, remedy, argv, returncode, stderr_tail)
        self.argv = argv
        self.returncode = returncode
        self.stderr_tail = stderr_tail


class UnheardLanguage(MediaError):
    """The engine that was chosen does not hear the language that is spoken."""


class TextFileError(MediaError):
    """A caption file, or a list of speakers (RTTM), cannot be read.

    Attributes:
        line: Number of the offending line, from 1.

    """

    def __init__(self, what: str, remedy: str, line: int) -> None:
        super().__init__(what, remedy)
        self.args = (what, remedy, line)
        self.line = line

    def __str__(self) -> str:
        return f"line {self.line}: {self.what}; {self.remedy}"


class EngineError(ReelinguaError):
    """A model run failed."""


class EngineUnavailable(EngineError):
    """The engine is not installed here, or cannot do what it is asked to."""


class EngineCrashed(EngineError):
    """The engine's process died.

    Attributes:
        job: What it was doing.
        returncode: Exit status; negative means killed by that signal; None when it hung and was killed.
        stderr_tail: Last lines it printed; empty if it printed nothing.

    """

    def __init__(self, job: str, returncode: int | None, stderr_tail: str) -> None:
        super().__init__(job, returncode, stderr_tail)
        self.job = job
        self.returncode = returncode
        self.stderr_tail = stderr_tail

    def __str__(self) -> str:
        ended = "did not answer and was stopped" if self.returncode is None else f"ended with status {self.returncode}"
        return f"the {self.job} engine {ended}: {self.stderr_tail or 'it printed nothing'}"


class StoreError(ReelinguaError):
    """Disk or S3 failed."""


class Missing(StoreError):
    """No object has this key.

    Attributes:
        key: The key in the library.

    """

    def __init__(self, key: str) -> None:
        super().__init__(key)
        self.key = key

    def __str__(self) -> str:
        return f"{self.key} is not in the library"
