"""The embedded translator: Apertium, one pipeline per pair and process.

A draft by rules: it knows its dictionary and no context. Codes and glossary terms are taken out before and
put back after (``pipeline.localize.placeholders``); what it does not know it says.
"""

from __future__ import annotations

import itertools
import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from operator import attrgetter
from pathlib import Path

from pipeline.localize.placeholders import PLACEHOLDER, Protected, protect, restore
from schemas.jobs import LineAnswer, SourceLine, TranslateRequest, Translation
from schemas.speech import joined
from workers.engines.embedded import pairs, parts, wording
from workers.engines.embedded.apertium import LIMIT_S, Pipeline
from workers.engines.embedded.seats import Seats, TaskFailed

SPARE_S = 30.0
"""On top of the limits of a request's texts: starting the pipeline on a crowded machine."""


@dataclass(frozen=True, slots=True)
class Translating:
    """One task of a process."""

    mode: Path
    """Apertium's mode for the two languages."""

    request: TranslateRequest
    """What is asked."""


class ApertiumTranslator:
    """A ``pipeline.contracts.Translator``; called from as many threads as there are ``seats``."""

    def __init__(self, seats: Seats[Translating, tuple[LineAnswer, ...]]) -> None:
        self._seats = seats

    def translate(self, requests: Sequence[TranslateRequest]) -> list[Translation]:
        """One answer per line, named by its id."""
        return [self._answer(request) for request in requests]

    def _answer(self, request: TranslateRequest) -> Translation:
        languages = request.source_language, request.target_language
        failure = pairs.pair_failure(*languages)
        mode = pairs.mode_for(*languages) if failure is None else None
        lines: tuple[LineAnswer, ...] = ()
        if mode is not None:
            # Each line is asked twice at most, with placeholders and without; alone only when its sentence was.
            limit_s = SPARE_S + 4 * LIMIT_S * max(1, len(request.lines))
            try:
                lines = self._seats.ask(Translating(mode.path, request), limit_s=limit_s)
            except TaskFailed as error:
                failure = str(error)
        return Translation(request.request_id, lines, failure)


def load() -> Callable[[Translating], tuple[LineAnswer, ...]]:
    """What answers one request; a pipeline starts when its pair is first asked for."""
    pipelines: dict[Path, Pipeline] = {}

    def answer(task: Translating) -> tuple[LineAnswer, ...]:
        if task.mode not in pipelines:
            pipelines[task.mode] = Pipeline(task.mode)
        return tuple(_answers(task.request, pipelines[task.mode]))

    return answer


def _answers(request: TranslateRequest, pipeline: Pipeline) -> Iterator[LineAnswer]:
    for _, sentence in itertools.groupby(request.lines, key=attrgetter("sentence")):
        yield from _sentence(tuple(sentence), request, pipeline)


def _sentence(lines: tuple[SourceLine, ...], request: TranslateRequest, pipeline: Pipeline) -> Iterator[LineAnswer]:
    """Answers to lines of one sentence; one by one where its translation has fewer words than they are."""
    spoken = tuple(line for line in lines if any(char.isalnum() for char in line.text))
    yield from (LineAnswer(line.id, " ".join(line.text.split()), (), ()) for line in lines if line not in spoken)
    if not spoken:
        return
    said = _said(spoken, request, pipeline)
    divided = parts.cut(said.text, [line.text for line in spoken], request.target_language)
    if divided is None and len(spoken) > 1:
        for line in spoken:
            yield from _sentence((line,), request, pipeline)
        return
    for line, text in zip(spoken, divided or [said.text], strict=True):
        unknown = tuple(word for word in said.unknown if re.search(rf"(?<!\w){re.escape(word)}(?!\w)", text))
        yield LineAnswer(line.id, text, (), unknown)


@dataclass(frozen=True, slots=True)
class _Said:
    """A translated sentence."""

    text: str
    unknown: tuple[str, ...]


def _said(lines: tuple[SourceLine, ...], request: TranslateRequest, pipeline: Pipeline) -> _Said:
    """The lines' translation as one; without placeholders where they do not all come back."""
    source = joined(tuple(line.text for line in lines), request.source_language)
    terms = tuple(dict.fromkeys(term for line in lines for term in line.terms))
    for protected in (protect(source, terms=terms, language=request.source_language), Protected(source, ())):
        raw = pipeline.translate(protected.text)
        text = wording.repaired(raw.text, source=protected.text, language=request.target_language)
        restored = restore(protected, text)
        if restored.is_whole:
            break
    unknown = tuple(word for word in raw.unknown if not PLACEHOLDER.fullmatch(f"0{word}"))
    return _Said(restored.text, unknown)
