"""Lessons in translating: lines of the vocabulary into Spanish, word by word, with shorter wordings and a glossary."""

from __future__ import annotations

import json
import random
from collections.abc import Sequence

from schemas.jobs import SourceLine, TranslateRequest
from schemas.localize import Term
from tests.support.scripted_engine import said
from tests.support.taught.lessons import Lesson, asked
from tests.support.taught.words import GLOSSARY, SPANISH, drawn, sentence
from workers.engines.vllm.translate import ThinkerTranslator

TARGETS = ("es", "es-419", "es-ES")
"""What Spanish may be asked for as."""

WORDINGS = (0, 2)
"""How many shorter wordings are asked for: none for captions, two for a dub."""

_MOST_CONTEXT = 3
_BUDGETS = (10, 60)


def translation(teller: random.Random) -> Lesson:
    """The Thinker translates a sentence of one line, as short ones are."""
    line = _line(teller, sentence(drawn(teller, teller.randint(1, 4))))
    wordings = teller.choice(WORDINGS)
    request = TranslateRequest(
        request_id="r",
        asset_id="a",
        source_language="en",
        target_language=teller.choice(TARGETS),
        lines=(line,),
        before=_context(teller),
        after=_context(teller),
        wordings=wordings,
    )
    answer = json.dumps([_answer(line, wordings)], ensure_ascii=False)
    question = asked(ThinkerTranslator(), request, [said(answer)])[0]
    return Lesson(question.text, answer)


def translated(text: str, terms: Sequence[Term] = ()) -> str:
    """A line word by word in Spanish, with the case and the stop of the original, heeding a glossary."""
    spanish = SPANISH | {term.source: term.wanted for term in terms}
    words = " ".join(spanish[word] for word in text.rstrip(".").lower().split())
    return (words[:1].upper() + words[1:] if text[:1].isupper() else words) + ("." if text.endswith(".") else "")


def shorter(text: str, wordings: int) -> list[str]:
    """Wordings of a translation, each without the first word of the one before it."""
    words = text.split()
    rests = [" ".join(words[first:]) for first in range(1, min(wordings, len(words) - 1) + 1)]
    return [rest[:1].upper() + rest[1:] if text[:1].isupper() else rest for rest in rests]


def _line(teller: random.Random, text: str) -> SourceLine:
    said_words = text.rstrip(".").lower().split()
    due = [Term(word, GLOSSARY[word]) for word in dict.fromkeys(said_words) if word in GLOSSARY]
    terms = tuple(due) if teller.random() < 0.4 else ()
    previous = translated(text, terms) if len(said_words) > 1 and teller.random() < 0.1 else None
    return SourceLine(0, text, teller.randint(*_BUDGETS), terms, previous)


def _answer(line: SourceLine, wordings: int) -> dict[str, object]:
    text = translated(line.text, line.terms)
    if line.previous is not None:
        text = shorter(text, 1)[0]
    return {"id": line.id, "text": text, "shorter": shorter(text, wordings)}


def _context(teller: random.Random) -> tuple[str, ...]:
    count = teller.choice((0, 1, _MOST_CONTEXT))
    return tuple(sentence(drawn(teller, teller.randint(1, 4))) for _ in range(count))
