"""What a dub has to say: the lines of one sentence of one speaker as one utterance, with its wordings. Pure."""

from __future__ import annotations

import itertools
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from operator import attrgetter

from schemas.localize import Line, TranslatedLine
from schemas.speech import joined
from schemas.time import Span

_BRIEF = 40
"""Characters of a line that are quoted, so that a message stays one line of a table. Ours."""


@dataclass(frozen=True, slots=True)
class Utterance:
    """Neighbouring lines that are one sentence of one speaker, spoken in one breath."""

    utterance: int
    """Number that its lines carry."""

    first_line: int
    """``line_index`` of its first line."""

    lines: int
    """How many lines it has."""

    cues: tuple[int, ...]
    """Its cues in the source captions, ascending, each once."""

    speaker: str | None
    """Who says it; null when unsure."""

    slot: Span
    """From the start of its first line to the end of its last: the time that the source speech fills."""

    wordings: tuple[str, ...]
    """What can be said: the translation, then shorter wordings; none when nothing can."""

    failure: str | None
    """Why nothing can be said, one sentence; null when something can."""


def utterances(lines: Sequence[Line], translated: Sequence[TranslatedLine], *, language: str) -> list[Utterance]:
    """Every utterance of a title in order of time.

    Args:
        lines: Lines of the source captions, in order.
        translated: One translation per line, in the same order.
        language: BCP 47 tag of the translations; it says whether a space stands between two lines.

    Raises:
        ValueError: The translations are not those of the lines.

    """
    if [line.line_index for line in lines] != [answer.line_index for answer in translated]:
        raise ValueError(f"{len(translated)} translations are not those of {len(lines)} lines, in order")
    pairs = zip(lines, translated, strict=True)
    grouped = itertools.groupby(pairs, key=lambda pair: pair[0].utterance)
    found = [_utterance(list(group), language) for _, group in grouped]
    return sorted(found, key=attrgetter("slot", "first_line"))


def spoken_as_one(lines: Sequence[Line], texts: Sequence[str | None], language: str) -> dict[int, str]:
    """What is said in each utterance, by its number: the ``texts`` of its lines as far as there are any.

    ``texts`` has one per line, in order, in ``language`` (BCP 47): a translation may move words between the lines of
    a sentence.
    """
    parts: dict[int, list[str]] = {}
    for line, text in zip(lines, texts, strict=True):
        parts.setdefault(line.utterance, []).append(text or "")
    return {utterance: joined(tuple(filter(None, own)), language) for utterance, own in parts.items()}


def _utterance(pairs: Sequence[tuple[Line, TranslatedLine]], language: str) -> Utterance:
    lines = [line for line, _ in pairs]
    answers = [answer for _, answer in pairs]
    failure = next(_failures(answers), None)
    wordings = () if failure else tuple(_wordings(answers, language))
    if not failure and not any(character.isalnum() for character in wordings[0]):
        wordings, failure = (), "its translation has nothing to say"
    return Utterance(
        utterance=lines[0].utterance,
        first_line=lines[0].line_index,
        lines=len(lines),
        cues=tuple(sorted({line.cue_index for line in lines})),
        speaker=lines[0].speaker,
        slot=Span(min(line.span.start_ms for line in lines), max(line.span.end_ms for line in lines)),
        wordings=wordings,
        failure=failure,
    )


def _failures(answers: Sequence[TranslatedLine]) -> Iterator[str]:
    for answer in answers:
        if answer.text is None:
            yield f"{_quoted(answer.source)} has no translation: {answer.failure or 'the engine gave none'}"


def _wordings(answers: Sequence[TranslatedLine], language: str) -> Iterator[str]:
    """The n-th takes of every line its n-th shorter wording, or its shortest where it has fewer."""
    ladders = [(answer.text or "", *answer.shorter) for answer in answers]
    previous = None
    for rung in range(max(len(ladder) for ladder in ladders)):
        parts = (ladder[min(rung, len(ladder) - 1)].strip() for ladder in ladders)
        text = joined(tuple(part for part in parts if part), language)
        if text != previous:
            yield text
        previous = text


def _quoted(text: str) -> str:
    return f"“{text if len(text) <= _BRIEF else text[: _BRIEF - 1] + '…'}”"
