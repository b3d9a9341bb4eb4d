"""The family ``embedded``: engines that install with their data and run offline on a CPU.

Importing this costs next to nothing: the libraries are loaded by the worker that needs them.
"""

from __future__ import annotations

import importlib.util
from collections.abc import Sequence
from functools import cache
from importlib.metadata import version

from pipeline.contracts import ModelId
from pipeline.errors import EngineUnavailable
from schemas.jobs import Job
from workers.engines.embedded import sphinx
from workers.families import Family, Lack, Loaded, Setting

NAME = "embedded"
"""What the user writes after ``--engine``."""

_TREATMENT = {Job.TRANSCRIBE: 1, Job.ALIGN: 1, Job.DIARIZE: 1, Job.DESCRIBE: 1}
"""Counts changes of our own part of each engine that change its answers; in the model's revision."""

REMEDY = "delete .venv and run ./run demo"
"""What to do when something of ours is missing or broken: ``./run`` installs what ``requirements.lock`` pins."""

_NEEDS = (
    ("pocketsphinx", "PocketSphinx"),
    ("kaldi_native_fbank", "kaldi-native-fbank"),
    ("sklearn", "scikit-learn"),
    ("soundfile", "soundfile"),
    ("num2words", "num2words"),
)
"""Module, and what it is called."""


def _lacks() -> Sequence[Lack]:
    return [Lack(name, REMEDY) for module, name in _NEEDS if importlib.util.find_spec(module) is None]


def _require() -> None:
    if lacks := _lacks():
        names = ", ".join(lack.what for lack in lacks)
        raise EngineUnavailable(f"the embedded engines cannot run here, not installed: {names}; {REMEDY}")


@cache  # looks up what is installed, which takes a millisecond and is asked three times per title
def _model_id(job: Job) -> ModelId:
    _require()
    match job:
        case Job.TRANSCRIBE | Job.ALIGN:
            return ModelId("pocketsphinx/en-us", f"{version('pocketsphinx')}+{_TREATMENT[job]}")
        case Job.DIARIZE:
            return ModelId("embedded/mfcc-gmm", f"{version('scikit-learn')}+{_TREATMENT[job]}")
        case Job.DESCRIBE:
            return ModelId("embedded/signal", f"{_TREATMENT[job]}")


def _language_failure(job: Job, language: str) -> str | None:
    return sphinx.language_failure(language) if job in (Job.TRANSCRIBE, Job.ALIGN) else None


def _load(job: Job, setting: Setting) -> Loaded:
    _require()
    from workers.engines.embedded import loading  # noqa: PLC0415 - the command line need not pay for the libraries

    return loading.load(job, setting)


EMBEDDED = Family(NAME, _model_id, _language_failure, _lacks, _load)
"""PocketSphinx, and what can be told from the signal."""
