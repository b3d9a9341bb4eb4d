"""Lines as requests for their translation: one sentence each, with what is said around it.

A request holds one utterance, so that a changed glossary asks again only for the sentences it touches, and nothing
that says where in the title it stands.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from pipeline.localize.terms import Matcher
from schemas.jobs import SourceLine, TranslateRequest
from schemas.localize import Line, Term
from schemas.speech import joined

CONTEXT_LINES = 3
"""Lines before and after that a translator is shown. Ours: about ten seconds of dialogue, enough for most pronouns."""

CONTEXT_PAUSE_MS = 10_000
"""A pause of more than this parts what is said from its context. Ours: most are changes of scene."""

MOST_LINES = 16
"""Lines per request. Ours: a sentence of a minute; speech without any full stop is cut there."""


@dataclass(frozen=True, slots=True)
class Window:
    """Neighbouring lines of one sentence that are translated together."""

    lines: tuple[Line, ...]
    """In order of time; their positions here are their ids in the request."""

    before: tuple[str, ...]
    """What is said before."""

    after: tuple[str, ...]
    """What is said after."""


@dataclass(frozen=True, slots=True)
class Briefing:
    """What a translator is told of a title's lines beside their words."""

    source_language: str
    """BCP 47 tag of what is said."""

    target_language: str
    """BCP 47 tag of what is wanted."""

    budgets: Mapping[int, float]
    """Most characters of a translation, by ``line_index``."""

    due: Mapping[int, tuple[Term, ...]]
    """Glossary terms that are due, by ``line_index``; lines without any are left out."""

    wordings: int
    """Shorter wordings of each line that are wanted besides."""


def windows(lines: Sequence[Line], *, most_lines: int = MOST_LINES) -> list[Window]:
    """Every line that says something in exactly one window, in order of each window's first line.

    Lines of one utterance stay together, up to ``most_lines``.
    """
    utterances: dict[int, list[int]] = {}
    for position, line in enumerate(lines):
        if is_spoken(line.text):
            utterances.setdefault(line.utterance, []).append(position)
    return [
        _window(lines, places[first : first + most_lines])
        for places in utterances.values()
        for first in range(0, len(places), most_lines)
    ]


def alone(lines: Sequence[Line], position: int) -> Window:
    """A window for one line, with the rest of its sentence as context."""
    return _window(lines, [position])


def request(asset_id: str, window: Window, briefing: Briefing, *, previous: str | None = None) -> TranslateRequest:
    """The request for a window; ``previous`` is an answer to its only line that is to be made shorter."""
    return TranslateRequest(
        request_id="",
        asset_id=asset_id,
        source_language=briefing.source_language,
        target_language=briefing.target_language,
        lines=tuple(
            SourceLine(
                id=position,
                text=line.text,
                budget=briefing.budgets[line.line_index],
                terms=briefing.due.get(line.line_index, ()),
                previous=previous,
            )
            for position, line in enumerate(window.lines)
        ),
        before=window.before,
        after=window.after,
        wordings=briefing.wordings,
    )


def is_spoken(text: str) -> bool:
    """Whether there is anything to translate: a letter or a digit, and not only punctuation and signs."""
    return any(char.isalnum() for char in text)


def due(lines: Sequence[Line], terms: Iterable[Term], source_language: str) -> dict[int, tuple[Term, ...]]:
    """Terms that lines contain, by ``line_index``; one that spans lines of a sentence is due where it begins."""
    matcher = Matcher(terms, source_language)
    found: dict[int, tuple[Term, ...]] = {}
    for sentence in _utterances(lines):
        starts, text = [], ""
        for line in sentence:
            text = joined((text, line.text), source_language) if text else line.text
            starts.append(len(text) - len(line.text))
        for match in matcher.found(text):
            place = max(number for number, start in enumerate(starts) if start <= match.start)
            index = sentence[place].line_index
            found[index] = tuple(dict.fromkeys((*found.get(index, ()), match.term)))
    return found


def _utterances(lines: Sequence[Line]) -> Iterator[list[Line]]:
    """Lines by utterance."""
    utterances: dict[int, list[Line]] = {}
    for line in lines:
        utterances.setdefault(line.utterance, []).append(line)
    yield from utterances.values()


def _window(lines: Sequence[Line], places: Sequence[int]) -> Window:
    return Window(
        tuple(lines[place] for place in places),
        before=tuple(reversed([line.text for line in _context(lines, places[0], step=-1)])),
        after=tuple(line.text for line in _context(lines, places[-1], step=1)),
    )


def _context(lines: Sequence[Line], place: int, *, step: int) -> Iterator[Line]:
    """Up to ``CONTEXT_LINES`` lines from the one at ``place``, not across a long pause."""
    for _ in range(CONTEXT_LINES):
        following = place + step
        if not 0 <= following < len(lines):
            return
        earlier, later = sorted((lines[place], lines[following]), key=lambda line: line.line_index)
        if later.span.start_ms - earlier.span.end_ms > CONTEXT_PAUSE_MS:
            return
        yield lines[following]
        place = following
