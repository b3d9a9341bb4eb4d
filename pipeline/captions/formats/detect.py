"""Which format and which encoding a caption file of unknown origin has."""

from __future__ import annotations

import codecs
import io
import itertools
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from enum import StrEnum
from pathlib import PurePath

import charset_normalizer

from pipeline.captions.formats import timeline, vtt
from pipeline.captions.formats.notes import quoted
from pipeline.errors import TextFileError
from schemas.languages import primary


class Format(StrEnum):
    """A format that is read and written."""

    SRT = "srt"
    VTT = "vtt"
    TTML = "ttml"


@dataclass(frozen=True, slots=True)
class Decoded:
    """Text of a file."""

    text: str
    """The text, without byte order mark."""

    encoding: str
    """Python's name of the encoding, e.g. ``utf-8``."""

    notes: tuple[str, ...]
    """How the encoding was found, where it was not UTF-8 or a byte order mark that said so."""


_SHIFTS = (b"\x1b$B", b"\x1b$@")
"""Shifts to Japanese in ISO-2022-JP, which is ASCII otherwise."""

_SAMPLE_BYTES = 32 * 2**10
"""Ours: enough for the statistics of letters in every encoding below, and a fraction of a second."""

_GOOD_FOR_EACH_BAD = 2
"""Ours: with more good sequences than this for each bad one a file is damaged UTF-8. Chinese and Japanese encodings
have about one good for ten bad, Western and Cyrillic ones next to none."""

# Longest first: the mark of UTF-32 begins with that of UTF-16.
_MARKS = (
    (codecs.BOM_UTF8, "utf-8"),
    (codecs.BOM_UTF32_LE, "utf-32-le"),
    (codecs.BOM_UTF32_BE, "utf-32-be"),
    (codecs.BOM_UTF16_LE, "utf-16-le"),
    (codecs.BOM_UTF16_BE, "utf-16-be"),
)
_XML_ENCODING = re.compile(rb"""\s{0,100}<\?xml[^>]{0,200}?\sencoding\s{0,9}=\s{0,9}["']([A-Za-z0-9._-]{1,40})["']""")

# Encodings that subtitle files still come in, for languages that have their own; the first is the likeliest.
# Windows code pages, then what Unix and DOS used (WHATWG Encoding Standard, §4.2, by locale).
_BY_LANGUAGE = {
    "ru": ("cp1251", "koi8_r", "iso8859_5", "cp866"),
    "uk": ("cp1251", "koi8_u", "iso8859_5"),
    "bg": ("cp1251", "iso8859_5"),
    "sr": ("cp1250", "cp1251"),
    "mk": ("cp1251",),
    "be": ("cp1251",),
    "pl": ("cp1250", "iso8859_2"),
    "cs": ("cp1250", "iso8859_2"),
    "sk": ("cp1250", "iso8859_2"),
    "hu": ("cp1250", "iso8859_2"),
    "ro": ("cp1250", "iso8859_2"),
    "hr": ("cp1250", "iso8859_2"),
    "sl": ("cp1250", "iso8859_2"),
    "bs": ("cp1250", "iso8859_2"),
    "el": ("cp1253", "iso8859_7"),
    "tr": ("cp1254", "iso8859_9"),
    "he": ("cp1255", "iso8859_8"),
    "ar": ("cp1256", "iso8859_6"),
    "fa": ("cp1256",),
    "lt": ("cp1257",),
    "lv": ("cp1257",),
    "et": ("cp1257", "cp1252"),
    "vi": ("cp1258",),
    "th": ("cp874", "tis_620"),
    "ja": ("cp932", "euc_jp"),
    "zh": ("gb18030", "big5"),
    "ko": ("cp949",),
}
_WESTERN = ("cp1252", "mac_roman", "cp850")
_ANY = (*_WESTERN, *dict.fromkeys(encoding for encodings in _BY_LANGUAGE.values() for encoding in encodings))

# What a declaration may name; not every codec of Python is an encoding of text, and some are slow.
_DECLARABLE = frozenset(
    codecs.lookup(encoding).name
    for encoding in (*_ANY, "utf-8", "ascii", "latin-1", "iso8859_15", "shift_jis", "gbk", "euc_kr")
)

# Apostrophes and the soft hyphen belong there.
_SIGN_IN_WORD = re.compile(r"(?<=[^\W\d_])[^\w\s\x00-\x7f\u2019\u00ad](?=[^\W\d_])")

_OTHER_FORMATS = (
    ("[Script Info]", "Advanced SubStation Alpha"),
    ("Scenarist_SCC", "Scenarist closed captions (SCC)"),
    ("<SAMI", "SAMI"),
    ("{\\rtf", "rich text"),
    ("<!DOCTYPE html", "a web page"),
    ("<html", "a web page"),
    ("#EXTM3U", "a playlist"),
)
_MICRODVD = re.compile(r"\{\d{1,9}\}\{\d{1,9}\}")


def decode(data: bytes, language: str) -> Decoded:
    """Text of a file: by byte order mark, an XML declaration, as UTF-8, or by the statistics of its letters.

    Raises:
        TextFileError: Binary, damaged, or in an encoding that cannot be told.

    """
    for mark, encoding in _MARKS:
        if data.startswith(mark):
            notes = () if encoding == "utf-8" else (f"read as {encoding}, as its byte order mark says",)
            return Decoded(_checked(_strictly(data[len(mark) :], encoding)), encoding, notes)
    if wide := _without_mark(data):
        notes = (f"read as {wide}: every other byte is zero, and there is no byte order mark",)
        return Decoded(_checked(_strictly(data, wide)), wide, notes)
    if b"\0" in data:
        raise _binary(_line_of(data, data.index(b"\0")))
    if (declared := _declared(data)) is not None:
        notes = () if declared == "utf-8" else (f"read as {declared}, as its XML declaration says",)
        return Decoded(_checked(_strictly(data, declared)), declared, notes)
    if any(shift in data for shift in _SHIFTS):
        notes = ("read as iso2022_jp, as its escape sequences say",)
        return Decoded(_checked(_strictly(data, "iso2022_jp")), "iso2022_jp", notes)
    try:
        return Decoded(_checked(data.decode("utf-8")), "utf-8", ())
    except UnicodeDecodeError as error:
        if _is_damaged(data):
            raise _undecodable(data, error) from error
    return _guessed(data, language)


def format_of(text: str, name: str) -> Format:
    """Format of a text by its content; the name decides only where the content does not.

    Raises:
        TextFileError: A format that is not read, or none.

    """
    start = text.lstrip("\ufeff \t\r\n")[:2000]
    if start.startswith(vtt.SIGNATURE):
        return Format.VTT
    for mark, other in _OTHER_FORMATS:
        if start.lower().startswith(mark.lower()):
            raise TextFileError(f"this is {other}", "convert it to SRT, WebVTT or TTML", 1)
    if _MICRODVD.match(start):
        raise TextFileError("this is MicroDVD, which counts frames", "convert it to SRT with its frame rate", 1)
    if start.startswith("<") and not start.startswith(("<i", "<b", "<u", "<font")):
        return Format.TTML
    suffix = PurePath(name).suffix.lower()
    if any("-->" in line or timeline.recognise(line.rstrip("\n")) for line in io.StringIO(text, newline=None)):
        return Format.VTT if suffix in (".vtt", ".webvtt") else Format.SRT
    if not start and suffix == ".srt":
        return Format.SRT
    what = f"there is no time line; it begins with {quoted(start[:40])}" if start else "the file is empty"
    raise TextFileError(what, "is this a caption file?", 1)


def _checked(text: str) -> str:
    """The text, unless it has the characters of binary data."""
    if "\0" in text:
        raise _binary(text.count("\n", 0, text.index("\0")) + 1)
    return text


def _strictly(data: bytes, encoding: str) -> str:
    try:
        return data.decode(encoding)
    except UnicodeDecodeError as error:
        raise _undecodable(data, error) from error


def _without_mark(data: bytes) -> str | None:
    """UTF-16 without its mark, as some Windows tools write it: in the times and line ends every other byte is zero."""
    sample = data[: 2 * 2000]
    if len(sample) < 4:
        return None
    even, odd = sample[::2].count(0), sample[1::2].count(0)
    if even == 0 and odd > len(sample) // 8:
        return "utf-16-le"
    return "utf-16-be" if odd == 0 and even > len(sample) // 8 else None


def _declared(data: bytes) -> str | None:
    """Encoding that an XML declaration names; None where there is none, or it is unknown or not possible here."""
    declaration = _XML_ENCODING.match(data)
    if declaration is None:
        return None
    try:
        name = codecs.lookup(declaration[1].decode("ascii")).name
    except LookupError:
        return None
    return name if name in _DECLARABLE else None


def _is_damaged(data: bytes) -> bool:
    """Whether this is UTF-8 with few bad places, which another encoding would turn into nonsense as a whole."""
    text = data[:_SAMPLE_BYTES].decode("utf-8", "replace")
    good = sum(character > "\x7f" and character != "\ufffd" for character in text)
    return good > _GOOD_FOR_EACH_BAD * text.count("\ufffd")


def _guessed(data: bytes, language: str) -> Decoded:
    """By statistics of the lines that are not ASCII: first among the encodings of the language, then among all."""
    sample = b"\n".join(_foreign_lines(data))
    own = _BY_LANGUAGE.get(primary(language), _WESTERN)
    for candidates, whose in ((own, f"the encodings for {language!r}"), (_ANY, "all encodings")):
        for encoding in _ranked(sample, candidates):
            try:
                text = data.decode(encoding)
            except UnicodeDecodeError:
                continue
            note = f"read as {encoding}: it is not UTF-8, and of {whose} this fits its letters best"
            return Decoded(_checked(text), encoding, (note,))
    raise TextFileError("the encoding cannot be told", "save the file as UTF-8", _line_of(data, 0))


def _foreign_lines(data: bytes) -> Iterator[bytes]:
    """The lines that are not ASCII, as far as the sample reaches."""
    size = 0
    for line in io.BytesIO(data):
        if not line.isascii():
            yield line.strip()[: _SAMPLE_BYTES - size]
            size += len(line)
        if size >= _SAMPLE_BYTES:
            return


def _ranked(sample: bytes, candidates: Sequence[str]) -> list[str]:
    """The candidates that fit, the best first."""
    # The language is known, so the codecs that it comes in are; nothing in the file declares another.
    matches = charset_normalizer.from_bytes(sample, cp_isolation=list(candidates), preemptive_behaviour=False)
    return sorted((match.encoding for match in matches), key=lambda encoding: _broken_words(sample, encoding))


def _broken_words(sample: bytes, encoding: str) -> int:
    """How often a word has a sign or a capital inside.

    It tells apart what charset-normalizer holds for equal: cp1250 from ISO 8859-2, cp1252 from Mac Roman.
    """
    text = sample.decode(encoding, "ignore")
    capitals = sum(before.islower() and after.isupper() for before, after in itertools.pairwise(text))
    return capitals + sum(1 for _ in _SIGN_IN_WORD.finditer(text))


def _binary(line: int) -> TextFileError:
    return TextFileError("the file is binary", "is this a caption file?", line)


def _undecodable(data: bytes, error: UnicodeDecodeError) -> TextFileError:
    return TextFileError(
        f"the bytes there are not {error.encoding}, as the rest is",
        "save the file as UTF-8",
        _line_of(data, error.start),
    )


def _line_of(data: bytes, at: int) -> int:
    return data.count(b"\n", 0, at) + 1
