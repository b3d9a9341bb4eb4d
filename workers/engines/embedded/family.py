"""The family ``embedded``: engines that install with their data and run offline on a CPU.

Importing this costs next to nothing: the libraries are loaded by the worker that needs them.
"""

from __future__ import annotations

import importlib.util
from collections.abc import Sequence
from functools import cache
from importlib.metadata import version

from pipeline.contracts import Abilities, ModelId
from pipeline.errors import EngineUnavailable
from schemas.jobs import Job
from workers.engines.embedded import pairs, sphinx, tuning
from workers.families import Extra, Family, Lack, Loaded, Setting

NAME = "embedded"
"""What the user writes after ``--engine``."""

_TREATMENT = {Job.TRANSCRIBE: 1, Job.ALIGN: 1, Job.DIARIZE: 1, Job.DESCRIBE: 1, Job.TRANSLATE: 2, Job.SYNTHESIZE: 1}
"""Counts changes of our own part of each engine that change its answers; in the model's revision."""

REMEDY = "delete .venv and run ./run demo"
"""What to do when something of ours is missing or broken: ``./run`` installs what ``requirements.lock`` pins."""

_NEEDS = (
    ("pocketsphinx", "PocketSphinx"),
    ("kaldi_native_fbank", "kaldi-native-fbank"),
    ("sklearn", "scikit-learn"),
    ("soundfile", "soundfile"),
    ("num2words", "num2words"),
    ("espeakng_loader", "espeakng-loader"),
)
"""Module, and what it is called."""

_FIRST_PAIR = "apt-get install apertium-eng-spa"
_MORE_PAIRS = "for more apt-get install what apt-cache search apertium shows"
"""How to get pairs of languages, where none is installed and where some are."""


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
        case Job.TRANSLATE:
            if not pairs.installed():
                raise EngineUnavailable(f"Apertium has no pair of languages here; {_FIRST_PAIR}")
            return ModelId("apertium", f"{pairs.revision()}+{_TREATMENT[job]}")
        case Job.SYNTHESIZE:
            return ModelId("espeak-ng", f"{version('espeakng-loader')}+{_TREATMENT[job]}")


def _language_failure(job: Job, language: str) -> str | None:
    match job:
        case Job.TRANSCRIBE | Job.ALIGN:
            return sphinx.language_failure(language)
        case Job.SYNTHESIZE:
            return tuning.language_failure(language)
        case Job.DIARIZE | Job.DESCRIBE | Job.TRANSLATE:
            return None


def _extras() -> Sequence[Extra]:
    if _lacks():
        return []
    translated = ", ".join(pairs.directions())
    return [
        Extra(
            "translation", f"Apertium: {translated}" if translated else "", _MORE_PAIRS if translated else _FIRST_PAIR
        ),
        Extra("speech", f"eSpeak NG in {len(tuning.languages())} languages", ""),
    ]


def _load(jobs: Sequence[Job], setting: Setting) -> Loaded:
    _require()
    from workers.engines.embedded import loading  # noqa: PLC0415 - the command line need not pay for the libraries

    return loading.load(jobs, setting)


EMBEDDED = Family(
    NAME,
    _model_id,
    language_failure=_language_failure,
    pair_failure=pairs.pair_failure,
    abilities=Abilities(times=True, follows=False, shortens=False, clones=False, varies=False, drafts=True),
    lacks=_lacks,
    load=_load,
    extras=_extras,
    auto=lambda: "real recognition on the CPU, plain about being a draft",
)
"""PocketSphinx, Apertium, eSpeak NG, and what can be told from the signal."""
