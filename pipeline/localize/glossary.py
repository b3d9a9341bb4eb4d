"""Glossary files: the terms that translations must use, as CSV or TOML.

CSV has a header and the columns ``source,target,note,case,language``; only ``source`` must be there. TOML has the
same keys in ``[[term]]`` tables. A target that is empty, or the same as the source, is not to be translated.
``case`` is ``any`` (the default) or ``exact``. ``language`` is the target language that the term holds for; a term
without one holds for all.
"""

from __future__ import annotations

import csv
import io
import re
import tomllib
import unicodedata
from collections.abc import Iterator, Mapping
from typing import Literal

import langcodes
from langcodes.tag_parser import LanguageTagError
from pydantic import BaseModel, ConfigDict, ValidationError

from pipeline.errors import UsageError
from pipeline.localize.terms import folded
from pipeline.text import one_line
from schemas.localize import Term

MAX_TERMS = 5_000
"""Ours: the glossary of a long show has some hundreds. Every line is searched for every term, which takes 3 s for so
many terms and the 10,000 lines of ten hours."""

MAX_CHARACTERS = 4_000_000
"""Ours: 5,000 terms with long notes."""

MAX_TERM_CHARACTERS = 200
"""Ours: two lines of a caption have 84; what is longer is a sentence and no term."""

MAX_NOTE_CHARACTERS = 1_000
"""Ours: a paragraph."""

_COLUMNS = ("source", "target", "note", "case", "language")
_SEPARATORS = ",;\t"
"""``;`` is what spreadsheets write where the comma is the decimal mark (Excel, LibreOffice in most of Europe)."""

_TOML_TERM = re.compile(r"^\s*\[\[\s*term\s*\]\]", re.MULTILINE)


def parse(text: str, name: str) -> tuple[Term, ...]:
    """Terms of a glossary, in the order of the file, each once; TOML when ``name`` ends in ``.toml``, else CSV.

    Raises:
        UsageError: A line is broken, two lines contradict each other, or there are no or too many terms. The
            message names the file, the line, and what to do.

    """
    if len(text) > MAX_CHARACTERS:
        raise UsageError(f"{name!r} is longer than any glossary ({MAX_CHARACTERS} characters); is it the right file?")
    rows = _toml_rows(text, name) if name.lower().endswith(".toml") else _csv_rows(text.removeprefix("\ufeff"), name)
    terms: dict[tuple[str, bool, str | None], tuple[Term, str]] = {}
    for place, row in rows:
        term = _term(row, f"{name!r}, {place}")
        key = (term.source if term.is_case_exact else folded(term.source), term.is_case_exact, term.language)
        earlier, where = terms.setdefault(key, (term, place))
        if not _agree(earlier, term):
            raise UsageError(
                f"{name!r}, {place}: {one_line(term.source)!r} becomes {_shown(term)} here and {_shown(earlier)} in "
                f"{where}; keep one of them, or give each its language"
            )
        if len(terms) > MAX_TERMS:
            raise UsageError(f"{name!r} has more than {MAX_TERMS} terms; leave out what any dictionary says")
    if not terms:
        raise UsageError(f"{name!r} has no terms; leave it out, or write one per line after the header")
    return tuple(term for term, _ in terms.values())


class _Row(BaseModel):
    """One term as it is written."""

    model_config = ConfigDict(extra="forbid", strict=True)

    source: str
    target: str = ""
    note: str = ""
    case: Literal["", "any", "exact"] = ""
    language: str = ""


class _File(BaseModel):
    """A TOML glossary; its terms are looked at one by one, so that the message can say where."""

    model_config = ConfigDict(extra="forbid", strict=True)

    term: list[dict[str, object]] = []


def _csv_rows(text: str, name: str) -> Iterator[tuple[str, _Row]]:
    """Rows of a CSV file, each with its line."""
    header_line = text.lstrip("\r\n").partition("\n")[0]
    separator = max(_SEPARATORS, key=header_line.count)
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=separator, strict=True)
    header: list[str] | None = None
    begins = 1
    try:
        for cells in reader:
            place, begins = f"line {begins}", reader.line_num + 1
            values = [" ".join(cell.split()) for cell in cells]
            if not any(values):
                continue
            if header is None:
                header = _header(values, f"{name!r}, {place}")
                continue
            placed = list(zip(header, values, strict=False))
            named = {column: value for column, value in placed if column}
            if any(values[len(header) :]) or any(value for column, value in placed if not column):
                raise UsageError(
                    f"{name!r}, {place}: it has a cell more than the header has names; put quotes around a cell that "
                    f"contains {separator!r}"
                )
            yield place, _row({**named, "case": named.get("case", "").lower()}, f"{name!r}, {place}")
    except csv.Error as error:
        raise UsageError(f"{name!r}, line {begins}: it is not CSV ({error}); mend its quotes") from error


def _header(values: list[str], where: str) -> list[str]:
    header = [value.lower() for value in values]
    names = [value for value in header if value]
    wrong = next((one_line(value)[:MAX_TERM_CHARACTERS] for value in names if value not in _COLUMNS), None)
    if wrong is not None or "source" not in names or len(set(names)) != len(names):
        found = "no column source, or one twice" if wrong is None else f"the column {wrong!r}"
        raise UsageError(f"{where}: the header has {found}; it must be of {','.join(_COLUMNS)}, source at least")
    return header


def _toml_rows(text: str, name: str) -> Iterator[tuple[str, _Row]]:
    """Terms of a TOML file, each with its line where that can be told."""
    try:
        file = _File.model_validate(tomllib.loads(text.removeprefix("\ufeff")))
    except (tomllib.TOMLDecodeError, RecursionError) as error:
        reason = "it is nested too deeply" if isinstance(error, RecursionError) else one_line(str(error))
        raise UsageError(f"{name!r} is not TOML ({reason}); mend it") from error
    except ValidationError as error:
        raise UsageError(f"{name!r}: {_first(error)}; write [[term]] tables and nothing else") from error
    lines = [text.count("\n", 0, match.end()) + 1 for match in _TOML_TERM.finditer(text)]
    for number, raw in enumerate(file.term):
        line = f" (line {lines[number]})" if len(lines) == len(file.term) else ""
        place = f"term {number + 1}{line}"
        yield place, _row(raw, f"{name!r}, {place}")


def _row(raw: Mapping[str, object], where: str) -> _Row:
    try:
        return _Row.model_validate(raw)
    except ValidationError as error:
        raise UsageError(f"{where}: {_first(error)}; the keys are {', '.join(_COLUMNS)}") from error


def _term(row: _Row, where: str) -> Term:
    source = _cell(row.source, "source", where, limit=MAX_TERM_CHARACTERS)
    target = _cell(row.target, "target", where, limit=MAX_TERM_CHARACTERS)
    note = _cell(row.note, "note", where, limit=MAX_NOTE_CHARACTERS)
    if not source:
        raise UsageError(f"{where}: it has no source; write the words that are said, or remove the line")
    for what, cell in (("source", source), ("target", target)):
        if cell and not any(char.isalnum() for char in cell):
            raise UsageError(
                f"{where}: the {what} {cell!r} has no letter and no digit; write words, or remove the line"
            )
    return Term(
        source=source,
        target=None if target in ("", source) else target,
        language=_language(row.language.strip(), where),
        is_case_exact=row.case == "exact",
        note=note,
    )


def _cell(written: str, what: str, where: str, *, limit: int) -> str:
    """A cell as one line in NFC, once it is known to be text of a length that makes sense."""
    cell = unicodedata.normalize("NFC", " ".join(written.split()))
    if len(cell) > limit:
        raise UsageError(f"{where}: the {what} has {len(cell)} characters, at most {limit} make sense; shorten it")
    if any(unicodedata.category(char) in ("Cc", "Cs") for char in cell):
        raise UsageError(f"{where}: the {what} {one_line(cell)!r} has control characters; type it anew")
    return cell


def _language(tag: str, where: str) -> str | None:
    if not tag:
        return None
    try:
        language = langcodes.Language.get(tag)
    except LanguageTagError:
        language = None
    if language is None or not language.language or not language.is_valid():
        raise UsageError(
            f"{where}: {one_line(tag)[:MAX_TERM_CHARACTERS]!r} is not a language tag; "
            "use BCP 47, e.g. es or es-419, or nothing"
        )
    return language.to_tag()


def _first(error: ValidationError) -> str:
    """The first thing that is wrong, in one line."""
    first = error.errors()[0]
    key = ".".join(str(part) for part in first["loc"])
    return one_line(f"{key}: {first['msg']}")[:MAX_NOTE_CHARACTERS]


def _agree(one: Term, other: Term) -> bool:
    """Whether two entries for the same source ask for the same."""
    return one.wanted == other.wanted if one.is_case_exact else folded(one.wanted) == folded(other.wanted)


def _shown(term: Term) -> str:
    return "nothing else" if term.target is None else repr(one_line(term.target))
