"""The embedded translator: Apertium, one pipeline per pair and process.

A draft by rules: it knows its dictionary and no context. Codes and glossary terms are taken out before and
put back after (``pipeline.localize.placeholders``); what it does not know it says.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from pipeline.localize.placeholders import PLACEHOLDER, Protected, changed_names, protect, restore
from schemas.jobs import LineAnswer, SourceLine, TranslateRequest, Translation
from schemas.speech import joined
from workers.engines.embedded import pairs, parts, wording
from workers.engines.embedded.apertium import LIMIT_S, Pipeline
from workers.engines.seats import Seats, TaskFailed

SPARE_S = 30.0
"""On top of the limits of a request's texts: starting the pipeline on a crowded machine."""

MOST_ASKED = 4
"""Times a text is asked: with its names, without those that changed, without the placeholders that were lost, and
without any. Ours."""


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
            # Each line is asked in its sentence, and alone only when that was.
            limit_s = SPARE_S + 2 * MOST_ASKED * LIMIT_S * max(1, len(request.lines))
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
        return tuple(_answers(task.request.lines, task.request, pipelines[task.mode]))

    return answer


def _answers(lines: tuple[SourceLine, ...], request: TranslateRequest, pipeline: Pipeline) -> Iterator[LineAnswer]:
    """Answers to the lines of a request; one by one where its translation has fewer words than they are."""
    spoken = tuple(line for line in lines if any(char.isalnum() for char in line.text))
    yield from (LineAnswer(line.id, " ".join(line.text.split()), (), ()) for line in lines if line not in spoken)
    if not spoken:
        return
    said = _said(spoken, request, pipeline)
    divided = parts.cut(said.text, [line.text for line in spoken], request.target_language)
    if divided is None and len(spoken) > 1:
        for line in spoken:
            yield from _answers((line,), request, pipeline)
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
    """The lines' translation as one; without the placeholders that do not come back.

    A name is left to Apertium first and taken out only when it comes back changed: it makes verbs and adjectives
    agree with a name that it knows, and with no placeholder.
    """
    source = joined(tuple(line.text for line in lines), request.source_language)
    terms = tuple(dict.fromkeys(term for line in lines for term in line.terms))
    full = protect(source, terms=terms, language=request.source_language)
    left = {placeholder for placeholder in full.placeholders if placeholder.is_name}
    for asked in range(MOST_ASKED):
        protected = full.without(left) if asked < MOST_ASKED - 1 else Protected(source, ())
        raw = pipeline.translate(protected.text)
        text = wording.repaired(raw.text, source=protected.text, language=request.target_language)
        restored = restore(protected, text)
        changed = left.intersection(changed_names(full, restored.text)) if asked == 0 else set()
        if restored.is_whole and not changed:
            break
        left = (left - changed).union(restored.lost, restored.doubled)
    unknown = tuple(word for word in raw.unknown if not PLACEHOLDER.fullmatch(f"0{word}"))
    return _Said(restored.text, unknown)
