"""The translator: the lines of a sentence through the Thinker, one answer for each by its id, with shorter wordings.

The instruction comes first and the lines last, so that the prefix cache serves the instruction to all requests of a
language. What an answer must be to be kept is the stage's affair (``pipeline.localize.checks``); asked again is for
what can be no translation at all.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from functools import partial
from typing import Any

from pydantic import RootModel

from pipeline.localize.checks import MAX_EXTRA_CHARACTERS, MAX_GROWTH
from pipeline.localize.windows import is_spoken
from schemas.jobs import LineAnswer, SourceLine, TranslateRequest, Translation
from schemas.localize import Term
from workers.engines.vllm import guards, languages, prompts
from workers.engines.vllm.guarded import Refused, guarded
from workers.engines.vllm.guards import JsonAnswer, Reason, Unacceptable
from workers.engines.vllm.question import Engine, Question, Reply

PROMPTS = ("translate",)
"""Files of ``prompts`` that answers depend on."""

TREATMENT = 1
"""Counts changes of what this module and those it uses do with questions and answers, apart from ``PROMPTS``."""

SPARE_TOKENS = 64
"""On top of what the wordings of an answer take. Ours."""

WORDING_TOKENS = 16
"""On top of the characters of a wording: its keys and marks, and a second for short ones."""

CHARACTER_TOKENS = 2
"""Tokens of a character of the source, or of the budget where that is more: Burmese and Khmer, which Qwen3's
tokenizer hardly knows, take about two for each of theirs; English a quarter."""

MOST_BUDGET = 1_000
"""More characters than any line may have."""


class _Line(JsonAnswer):
    id: int
    text: str
    shorter: tuple[str, ...]


class _Lines(RootModel[tuple[_Line, ...]]):
    """In the order of the request."""


class ThinkerTranslator:
    """Translates with Qwen3-Omni's Thinker."""

    async def answer(self, request: TranslateRequest, engine: Engine) -> Translation:
        """One answer per line; a line without words is answered as it is.

        Raises:
            EngineCrashed: The engine is gone.

        """
        failure = languages.pair_failure(request.source_language, request.target_language)
        if failure is not None:
            return Translation(request.request_id, (), failure)
        spoken = tuple(line for line in request.lines if is_spoken(line.text))
        silent = tuple(
            LineAnswer(line.id, " ".join(line.text.split()), (), ()) for line in request.lines if line not in spoken
        )
        if not spoken:
            return Translation(request.request_id, silent, None)
        question = Question(
            text=prompts.conversation(_instruction(request, spoken)),
            media=None,
            max_tokens=_max_tokens(request, spoken),
            schema=schema(spoken, request.wordings),
        )
        try:
            answered = await guarded(engine, question, partial(_accepted, request=request, lines=spoken))
        except Refused as refused:
            return Translation(request.request_id, (), str(refused), usage=refused.usage)
        lines = sorted((*silent, *answered.value), key=lambda line: line.id)
        return Translation(request.request_id, tuple(lines), None, usage=answered.usage)


def schema(lines: Sequence[SourceLine], wordings: int) -> str:
    """JSON schema of the answer: one object for each line, in order; the same for all windows of as many lines."""
    items = [
        {
            "type": "object",
            "properties": {
                "id": {"const": line.id},
                "text": {"type": "string"},
                "shorter": {"type": "array", "items": {"type": "string"}, "maxItems": wordings},
            },
            "required": ["id", "text", "shorter"],
            "additionalProperties": False,
        }
        for line in lines
    ]
    return json.dumps(
        {"type": "array", "prefixItems": items, "items": False, "minItems": len(items), "maxItems": len(items)}
    )


def _instruction(request: TranslateRequest, lines: Sequence[SourceLine]) -> str:
    asked: dict[str, Any] = {}
    if request.before:
        asked["before"] = request.before
    asked["lines"] = [_line(line) for line in lines]
    if request.after:
        asked["after"] = request.after
    return prompts.rendered(
        "translate",
        source=languages.spoken_name(request.source_language),
        target=languages.written_name(request.target_language),
        wordings=request.wordings,
        input=prompts.data(asked),
    )


def _line(line: SourceLine) -> dict[str, Any]:
    told: dict[str, Any] = {"id": line.id, "text": line.text, "max": _budget(line)}
    if line.terms:
        told["terms"] = [_term(term) for term in line.terms]
    if line.previous is not None:
        told["too_long"] = line.previous
    return told


def _term(term: Term) -> dict[str, str]:
    told = {"source": term.source, "target": term.wanted}
    return {**told, "note": term.note} if term.note else told


def _budget(line: SourceLine) -> int:
    """Whole characters; a line that has no room at all is still asked for, as short as can be."""
    return max(1, int(min(line.budget, MOST_BUDGET)))


def _max_tokens(request: TranslateRequest, lines: Sequence[SourceLine]) -> int:
    wordings = sum(WORDING_TOKENS + CHARACTER_TOKENS * max(len(line.text), _budget(line)) for line in lines)
    return SPARE_TOKENS + wordings * (1 + request.wordings)


def _accepted(reply: Reply, request: TranslateRequest, lines: Sequence[SourceLine]) -> tuple[LineAnswer, ...]:
    """Answers to lines.

    Raises:
        Unacceptable: One of them can be no translation, or answers no line that was asked.

    """
    found = guards.parsed(reply.text, _Lines).root
    asked = {line.id: line for line in lines}
    if not found:
        raise Unacceptable(Reason.IDS, "no line is answered")
    foreign = [line.id for line in found if line.id not in asked]
    if foreign:
        raise Unacceptable(Reason.IDS, f"line {foreign[0]} was not asked for")
    answers = tuple(_answer(one, asked[one.id]) for one in found)
    if _passes(partial(guards.in_language, language=request.source_language), " ".join(line.text for line in lines)):
        guards.in_language(" ".join(answer.text for answer in answers), request.target_language)
    return answers


def _answer(found: _Line, line: SourceLine) -> LineAnswer:
    text = guards.clean(found.text)
    if not is_spoken(text):
        raise Unacceptable(Reason.EMPTY, f"line {line.id}")
    if len(text) > MAX_GROWTH * len(line.text) + MAX_EXTRA_CHARACTERS:
        raise Unacceptable(Reason.IMPOSSIBLE_RATE, f"{len(text)} characters for the {len(line.text)} of line {line.id}")
    for rule in (guards.not_looping, guards.not_refusing):
        if _passes(rule, line.text):
            rule(text)
    return LineAnswer(line.id, text, tuple(_shorter(text, found.shorter)), ())


def _shorter(text: str, wordings: Sequence[str]) -> list[str]:
    """Those of the other wordings that are shorter than what stands before them, in order."""
    kept = [text]
    for wording in map(guards.clean, wordings):
        if is_spoken(wording) and len(wording) < len(kept[-1]):
            kept.append(wording)
    return kept[1:]


def _passes(rule: Callable[[str], None], text: str) -> bool:
    """Whether a text of the title keeps a rule; what breaks it in one language may do so in another."""
    try:
        rule(text)
    except Unacceptable:
        return False
    return True
