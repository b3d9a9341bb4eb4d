"""What an editor must know of a translation: lines without one, or with one that is too long or says something else."""

from __future__ import annotations

import dataclasses
from collections import defaultdict
from collections.abc import Iterator, Sequence

from pipeline.localize import numbers
from pipeline.localize.retime import first_cues
from pipeline.localize.utterances import spoken_as_one
from schemas.captions import Finding, Severity
from schemas.localize import CueLink, Line, TranslatedLine


def about_translation(
    lines: Sequence[Line], translated: Sequence[TranslatedLine], links: Sequence[CueLink]
) -> list[Finding]:
    """Findings about each line, in order; ``translated`` has one row per line, in order.

    They name the first cue in the target language that translates the line's cue; none where there is none.
    """
    targets = first_cues(links)
    sentences = spoken_as_one(lines, [row.text for row in translated], translated[0].language if translated else "")
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
    if row.text is not None:
        yield from _numbers(row, sentence)
    if unknown:
        words = ", ".join(unknown)
        yield _finding(
            "unknown-words", Severity.WARNING, f"the engine does not know these words and left them: {words}"
        )


def _numbers(row: TranslatedLine, sentence: str) -> Iterator[Finding]:
    """Findings about figures of the original that its translation lacks, or may say in words."""
    lost = numbers.missing(row.source, sentence, row.language, besides=row.terms_due)
    may_be_words = bool(lost) and numbers.may_be_words(row.source, sentence, row.language)
    for figure in lost:
        if may_be_words:
            message = f"the translation says numbers in words: nobody has checked that {figure} is one of them"
            yield _finding("number-missing", Severity.WARNING, message)
        else:
            message = f"the number {figure} of the original is not in the translation"
            yield _finding("number-missing", Severity.ERROR, message)


def _finding(rule: str, severity: Severity, message: str) -> Finding:
    """A finding that has no number and no place yet."""
    return Finding(rule, severity, None, None, None, None, "", message)


def _unknown(translated: Sequence[TranslatedLine]) -> dict[int, tuple[str, ...]]:
    """Unknown words of each source cue, each once."""
    words: dict[int, dict[str, None]] = defaultdict(dict)
    for row in translated:
        words[row.cue_index].update(dict.fromkeys(row.unknown))
    return {cue_index: tuple(said) for cue_index, said in words.items()}
