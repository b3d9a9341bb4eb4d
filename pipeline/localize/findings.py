"""What an editor must know of a translation: lines without one, or with one that is too long or says something else."""

from __future__ import annotations

import dataclasses
from collections import defaultdict
from collections.abc import Iterator, Sequence

from pipeline.localize import numbers
from schemas.captions import Finding, Severity
from schemas.localize import CueLink, Line, TranslatedLine
from schemas.speech import joined


def about_translation(
    lines: Sequence[Line], translated: Sequence[TranslatedLine], links: Sequence[CueLink]
) -> list[Finding]:
    """Findings about each line, in order; ``translated`` has one row per line, in order.

    They name the first cue in the target language that translates the line's cue; none where there is none.
    """
    targets: dict[int, int] = {}
    for link in links:
        targets[link.source_cue_index] = min(link.cue_index, targets.get(link.source_cue_index, link.cue_index))
    sentences = _sentences(lines, translated)
    unknown = _unknown(translated)
    findings = []
    for line, row in zip(lines, translated, strict=True):
        cue_index, start_ms = targets.get(line.cue_index), line.span.start_ms
        said = unknown.pop(line.cue_index, ())  # with the first line of a cue, for all of its lines
        findings += [
            dataclasses.replace(one, cue_index=cue_index, start_ms=start_ms)
            for one in _about(row, sentences[line.utterance], said)
        ]
    return findings


def _about(row: TranslatedLine, sentence: str, unknown: Sequence[str]) -> Iterator[Finding]:
    """Findings about a line; ``sentence`` is the translation of all its utterance."""
    if row.failure is not None:
        yield _finding("translation-failed", Severity.ERROR, f"this line has no translation: {row.failure}")
    if row.text is not None and row.length > row.budget:
        message = "the translation is longer than can be read in the time of its cue"
        finding = _finding("translation-too-long", Severity.WARNING, message)
        yield dataclasses.replace(finding, measured=row.length, limit=row.budget, unit="characters")
    for source in row.terms_missed if row.text is not None else ():
        yield _finding("term-missed", Severity.ERROR, f"the glossary term {source!r} is not translated as it says")
    lost = numbers.missing(row.source, sentence, row.language, besides=row.terms_due)
    for figure in lost if row.text is not None else ():
        yield _finding(
            "number-missing", Severity.ERROR, f"the number {figure} of the original is not in the translation"
        )
    if unknown:
        words = ", ".join(unknown)
        yield _finding(
            "unknown-words", Severity.WARNING, f"the engine does not know these words and left them: {words}"
        )


def _finding(rule: str, severity: Severity, message: str) -> Finding:
    """A finding that has no number and no place yet."""
    return Finding(rule, severity, None, None, None, None, "", message)


def _sentences(lines: Sequence[Line], translated: Sequence[TranslatedLine]) -> dict[int, str]:
    """The translation of each utterance as far as there is one; words change places between its lines."""
    parts: dict[int, list[str]] = defaultdict(list)
    language = translated[0].language if translated else ""
    for line, row in zip(lines, translated, strict=True):
        parts[line.utterance].append(row.text or "")
    return {utterance: joined(tuple(filter(None, texts)), language) for utterance, texts in parts.items()}


def _unknown(translated: Sequence[TranslatedLine]) -> dict[int, tuple[str, ...]]:
    """Unknown words of each source cue, each once."""
    words: dict[int, dict[str, None]] = defaultdict(dict)
    for row in translated:
        words[row.cue_index].update(dict.fromkeys(row.unknown))
    return {cue_index: tuple(said) for cue_index, said in words.items()}
