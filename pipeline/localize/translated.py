"""Checked answers as rows: one per line, with what its glossary asks for and what of it is there."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from pipeline.captions.measure import characters
from pipeline.captions.profiles import CaptionProfile
from pipeline.localize.checks import Checked
from pipeline.localize.rounds import Told
from pipeline.localize.terms import is_used
from pipeline.localize.utterances import spoken_as_one
from pipeline.localize.windows import Briefing
from schemas.localize import Line, TranslatedLine


def rows(
    lines: Sequence[Line], told: Mapping[int, Told], briefing: Briefing, profile: CaptionProfile
) -> list[TranslatedLine]:
    """One row per line, in order; ``told`` is by ``line_index``. A line that is not in it says nothing and stays."""
    unchanged = {
        line.line_index: Told(Checked(line.text, (), (), None), attempts=0)
        for line in lines
        if line.line_index not in told
    }
    answers = {**told, **unchanged}
    texts = [answers[line.line_index].answer.text for line in lines]
    sentences = spoken_as_one(lines, texts, briefing.target_language)
    return [_row(line, answers[line.line_index], sentences[line.utterance], briefing, profile) for line in lines]


def _row(line: Line, told: Told, sentence: str, briefing: Briefing, profile: CaptionProfile) -> TranslatedLine:
    due = briefing.due.get(line.line_index, ())
    # Words change places in a sentence: a term of this line may stand in the next.
    used = [term for term in due if is_used(term, sentence, briefing.target_language)]
    text = told.answer.text
    return TranslatedLine(
        line_index=line.line_index,
        cue_index=line.cue_index,
        language=briefing.target_language,
        source=line.text,
        text=text,
        shorter=told.answer.shorter,
        budget=briefing.budgets[line.line_index],
        length=0.0 if text is None else characters(text, profile.counting),
        terms_due=tuple(dict.fromkeys(term.source for term in due)),
        terms_used=tuple(dict.fromkeys(term.source for term in used)),
        terms_missed=tuple(dict.fromkeys(term.source for term in due if term not in used)),
        unknown=told.answer.unknown,
        attempts=told.attempts,
        failure=told.answer.failure,
    )
