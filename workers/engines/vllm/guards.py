"""What makes an answer unacceptable, each with a reason that stays the same from version to version.

Pure rules over text, for all jobs. Which of them an answer must pass is the job's affair, asking again that of
``guarded``. A rule that an answer breaks raises ``Unacceptable``.
"""

from __future__ import annotations

import re
import tomllib
import unicodedata
from collections import Counter
from dataclasses import dataclass
from enum import StrEnum
from functools import cache
from pathlib import Path
from textwrap import shorten
from typing import TypeVar

from pydantic import BaseModel, ConfigDict, TypeAdapter, ValidationError

from pipeline.speech.screen import (
    FEWEST_LOOP_WORDS,
    FEWEST_REPEATS,
    LONGEST_PATTERN,
    MOST_LETTERS_PER_S,
    RATED_LETTERS,
    spoken_letters,
)
from pipeline.speech.seams import bare
from pipeline.text import one_line
from schemas.time import Span
from workers.engines.vllm import languages
from workers.engines.vllm.question import Finish, Reply

MOST_REPEATS = 20
"""A pattern of characters that comes more often without a break is a loop: the threshold of ``qwen-asr``'s own
``detect_and_fix_repetitions``."""

LONGEST_CHARACTERS = 20
"""Longest pattern of characters that is looked for: the same function's ``max_len``."""

MOST_FOREIGN = 0.5
"""Largest share of letters in a script that the language does not use; names, quotes and a word or two of another
language stay below. Ours."""

LEAST_OWN = 0.1
"""Smallest share of letters in the language's own script, from ``RATED_LETTERS`` letters on: a Russian may speak of
Facebook and a Japanese title may be all in Chinese characters, but a whole sentence is not. Ours."""

LONGEST_REFUSAL = 400
"""A longer answer is none of the short apologies that a model gives instead of one, whatever it begins with. Ours."""

_LOOP_OF_CHARACTERS = re.compile(rf"(.{{1,{LONGEST_CHARACTERS}}}?)\1{{{MOST_REPEATS},}}", re.DOTALL)
_SPECIAL = re.compile(r"<\|[^<>|]{1,40}\|>|</?(?:asr_text|timestamp|think|tts_\w+)>")
_NO_TEXT = re.compile("[\ufffd\ud800-\udfff]")
_CONTROL = re.compile("[\x00-\x08\x0e-\x1b\x7f-\x84\x86-\x9f\u200e\u200f\u202a-\u202e\u2066-\u2069\ufeff]")
_EXCERPT = 80  # characters of an answer that a failure quotes
_EVERYWHERE = "Latn"  # stands in text of every language: names, brands, abbreviations
_REFUSALS = Path(__file__).with_name("refusals.toml")
_APOSTROPHES = str.maketrans("\u2019\u2018\u02bc\uff07", "''''")

Parsed = TypeVar("Parsed", bound=BaseModel)
"""What a JSON answer must be."""


class Reason(StrEnum):
    """Why an answer cannot be used; the first words of the ``failure`` of a row."""

    TOO_LONG = "too long"
    """The prompt has more tokens than the model takes."""

    NO_MEDIA_TOKENS = "no media tokens"
    """The media in the prompt are not as many tokens as they must be."""

    TRUNCATED = "truncated"
    """The answer was cut off."""

    REPETITION = "repetition"
    """It goes round in circles."""

    UNPARSABLE = "unparsable"
    """It is not what was asked for: no such JSON, or signs that are no text."""

    REFUSED = "refused"
    """The model says that it cannot, or will not, do it."""

    WRONG_LANGUAGE = "wrong language"
    """It is written in a script that its language does not use."""

    IMPOSSIBLE_RATE = "impossible rate"
    """Nobody can say so much in so little time."""

    IDS = "ids"
    """It does not answer each id once."""

    EMPTY = "empty"
    """Something must be said, and nothing is."""


class Unacceptable(Exception):
    """An answer that cannot be used; asking again may give another.

    Attributes:
        reason: Why, as rows have it.
        detail: What was found, one line; empty where the reason says it all.

    """

    def __init__(self, reason: Reason, detail: str = "") -> None:
        super().__init__(reason, detail)
        self.reason = reason
        self.detail = detail

    def __str__(self) -> str:
        return f"{self.reason}: {self.detail}" if self.detail else str(self.reason)


class JsonAnswer(BaseModel):
    """Base of what a JSON answer must be; the job makes its schema of it, or beside it.

    Its lists need a ``max_length``; its strings must have none (infra/decisions/011): ``max_tokens`` bounds them.
    """

    model_config = ConfigDict(extra="forbid", frozen=True, strict=True)


def parsed(text: str, answer: type[Parsed]) -> Parsed:
    """A JSON answer as the record that it must be; its strings are still as the model wrote them.

    Raises:
        Unacceptable: It is no such JSON.

    """
    try:
        return answer.model_validate_json(text)
    except ValidationError as error:
        first = error.errors(include_url=False, include_input=False)[0]
        place = ".".join(str(part) for part in first["loc"])
        found = f"{first['msg']} at {place}" if place else first["msg"]
        raise Unacceptable(Reason.UNPARSABLE, _excerpt(found)) from None


def finished(reply: Reply) -> None:
    """Refuse an answer that was cut off, or was stopped because it went round in circles."""
    match reply.finish:
        case Finish.LENGTH:
            raise Unacceptable(Reason.TRUNCATED, f"cut off after {reply.tokens_out} tokens")
        case Finish.REPETITION:
            raise Unacceptable(Reason.REPETITION, f"stopped after {reply.tokens_out} tokens")
        case Finish.STOP:
            return


def clean(text: str) -> str:
    """What a model wrote as text of ours: NFC, one line, one space between words, no control characters.

    Raises:
        Unacceptable: A sign of the model's own is in it (``<|im_end|>``), or what stands for bytes that are no text.

    """
    if (special := _SPECIAL.search(text)) is not None:
        raise Unacceptable(Reason.UNPARSABLE, f"{_excerpt(special[0])} is in the text")
    if _NO_TEXT.search(text) is not None:
        raise Unacceptable(Reason.UNPARSABLE, "it holds bytes that are no text")
    return unicodedata.normalize("NFC", " ".join(_CONTROL.sub("", text).split()))


def not_looping(text: str) -> None:
    """Refuse text that says the same over and over: words as ``pipeline.speech.screen`` has it, or characters.

    The engine's own detector compares tokens: it misses a loop whose rounds differ in case, spaces or punctuation.
    """
    if (loop := _LOOP_OF_CHARACTERS.search(text)) is not None:
        raise Unacceptable(Reason.REPETITION, f"{_excerpt(loop[1])} over and over")
    words = [bare(word) for word in text.split()]
    for length in range(1, min(LONGEST_PATTERN, len(words) // FEWEST_REPEATS) + 1):
        fewest = max(FEWEST_REPEATS * length, FEWEST_LOOP_WORDS) - length
        same = 0
        for index in range(length, len(words)):
            same = same + 1 if words[index] == words[index - length] else 0
            if same >= fewest:
                pattern = " ".join(words[index - length : index])
                raise Unacceptable(Reason.REPETITION, f"{_excerpt(pattern)} over and over")


def sayable(text: str, span: Span) -> None:
    """Refuse text that nobody can say in the time: the limit of ``pipeline.speech.screen``."""
    count = spoken_letters(text)
    if count >= RATED_LETTERS and count * 1000 > MOST_LETTERS_PER_S * span.duration_ms:
        raise Unacceptable(Reason.IMPOSSIBLE_RATE, f"{count} letters in {span.duration_ms} ms")


def in_language(text: str, language: str) -> None:
    """Refuse text in a script that the language (BCP 47) does not use; another language in the same script passes."""
    expected = languages.scripts_of(language)
    if expected is None:
        return
    own, beside = expected
    found: Counter[str] = Counter()
    for letter, times in Counter(filter(str.isalpha, unicodedata.normalize("NFKC", text))).items():
        if (script := _script(letter)) is not None:
            found[script] += times * spoken_letters(letter)
    native = sum(found[script] for script in own)
    foreign = found.total() - native - sum(found[script] for script in {*beside, _EVERYWHERE} - own)
    is_native = found.total() < RATED_LETTERS or native >= LEAST_OWN * found.total()
    if foreign > MOST_FOREIGN * found.total() or not is_native:
        most = max(sorted(found), key=lambda script: found[script])
        raise Unacceptable(
            Reason.WRONG_LANGUAGE, f"most of it is in the script {most}, in which {language} is not written"
        )


def not_refusing(text: str) -> None:
    """Refuse an answer in which the model says that it cannot do it.

    It must begin as such answers do, say that something cannot be done, and name the task or the model: people in
    films are sorry, too, and cannot do that.
    """
    folded = " ".join(text.translate(_APOSTROPHES).casefold().split())
    if len(folded) <= LONGEST_REFUSAL and any(apology.is_in(folded) for apology in _apologies()):
        raise Unacceptable(Reason.REFUSED, _excerpt(text))


@dataclass(frozen=True, slots=True)
class _Apology:
    """How a refusal sounds in one language."""

    __pydantic_config__ = ConfigDict(extra="forbid")

    language: str
    begins: tuple[str, ...]
    cannot: tuple[str, ...]
    task: tuple[str, ...]

    def is_in(self, folded: str) -> bool:
        return (
            folded.startswith(self.begins)
            and any(words in folded for words in self.cannot)
            and any(words in folded for words in self.task)
        )


@cache
def _apologies() -> tuple[_Apology, ...]:
    return TypeAdapter(tuple[_Apology, ...]).validate_python(tomllib.loads(_REFUSALS.read_text("utf-8"))["apologies"])


def _script(letter: str) -> str | None:
    """Script of a letter (ISO 15924); None for one of all scripts, or of one that we know no language of."""
    return _scripts().get(unicodedata.name(letter, "").partition(" ")[0])


@cache
def _scripts() -> dict[str, str]:
    return {sign: script for script, sign in languages.catalogue().signs.items()}


def _excerpt(text: str) -> str:
    """The beginning of what is not ours, fit for a row and a log."""
    return one_line(shorten(text, _EXCERPT, placeholder=" …"))
