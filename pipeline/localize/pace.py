"""Pace of a voice: syllables per second while it speaks, pauses left out (the articulation rate of phonetics).

Syllables are counted in the spelling: groups of vowels, with what English and Spanish spelling do otherwise.
That is an estimate: on 6,000 words of running English text it came within 1.2 % of the count of PocketSphinx's
pronouncing dictionary, and was right for 98 % of the words; for other languages it is not measured. Scripts
that do not write their vowels, and words with figures, are not counted at all.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Sequence

from schemas.languages import primary
from schemas.speech import Word
from schemas.time import Span, merged

LONGEST_GAP_MS = 250
"""Silence up to this length belongs to the speaking (De Jong and Bosker 2013, "Choosing a threshold for silent
pauses to measure second language fluency": 250 ms)."""

LEAST_SYLLABLES = 8
"""With fewer a pace says more about one word than about the speaker: two seconds of speech. Ours."""

_VOWELS = re.compile("[aeiouyæøœıαειουηωаеёиоуыэюяіїєў]+")
"""Vowels of the Latin, Greek and Cyrillic scripts without their accents."""

_CYRILLIC_VOWEL = re.compile("[аеёиоуыэюяіїєў]")
"""Each is a syllable of its own, also beside another."""

_SYLLABIC = re.compile("[\u3041-\u3096\u30a1-\u30fa\u3400-\u9fff\uac00-\ud7a3]")
"""Kana, Han characters and Hangul: about a syllable each."""

_SMALL_KANA = re.compile("[ぁぃぅぇぉゃゅょゎァィゥェォャュョヮッっ]")
"""Part of the syllable before them."""

_LETTERS = re.compile(r"[^\W\d_]+(?:['’][^\W\d_]+)*")

_STRONG = "aeoáéíóú"
_SPANISH = re.compile(f"[{_STRONG}]|(?<![{_STRONG}iuüy])(?:[iuü]|y$)+(?![{_STRONG}iuüy])")
"""Each strong or accented vowel is a syllable; a weak one only where no strong one stands beside it."""

_SILENT_U = re.compile("(?<=q)u|(?<=g)u(?=[eiéí])")

_ENGLISH_SILENT = re.compile("[^aeiouylr]es?$|[aeiouy][lr]es?$|[^aeiouytdr]ed$|[aeiouy]red$")
_ENGLISH_SOUNDED = re.compile("(?:s|x|z|c|g|ch|sh)es$")
_ENGLISH_HIATUS = re.compile("i[ao](?!u)|eo(?!p)|ua|uo(?!u)|[^q]ue(?=l)|[ye]ing|iu|creat|ier$|iest")
_ENGLISH_JOINED = re.compile("(?:[tcsg]|sh|ll)i[oa]|geo|[qg]ua|[^aeiouy]ement|e(?:thing|where|body|ry(?=[^a]))")
"""Spellings of English that groups of vowels count wrongly; ours, tried on the dictionary."""


def syllables(word: str, language: str) -> int | None:
    """Syllables of one word, about; None where they cannot be told from the spelling."""
    plain = unicodedata.normalize("NFC", word).casefold().replace("’", "'")
    if any(character.isdigit() for character in plain):
        return None
    counts = [_counted(part, primary(language)) for part in _LETTERS.findall(plain)]
    return None if not counts or 0 in counts else sum(counts)


def syllables_per_s(words: Sequence[Word], language: str) -> float | None:
    """Pace of ``words``, which are in order of time; None when too few syllables can be counted."""
    counted = [(word.span, count) for word in words if (count := syllables(word.text, language)) is not None]
    total = sum(count for _, count in counted)
    if total < LEAST_SYLLABLES:
        return None
    return total * 1000 / _speaking_ms([span for span, _ in counted])


def _speaking_ms(spans: Sequence[Span]) -> int:
    return sum(span.duration_ms for span in merged(spans, gap_ms=LONGEST_GAP_MS))


def _counted(word: str, language: str) -> int:
    """Syllables of a word in small letters; 0 when its script does not tell."""
    if language == "en":
        return _in_english(word)
    if language == "es":
        return len(_SPANISH.findall(_SILENT_U.sub("", word)))
    if characters := len(_SYLLABIC.findall(word)):
        return max(1, characters - len(_SMALL_KANA.findall(word)))
    bare = "".join(letter for letter in unicodedata.normalize("NFD", word) if not unicodedata.combining(letter))
    return len(_CYRILLIC_VOWEL.findall(bare)) or len(_VOWELS.findall(bare))


def _in_english(word: str) -> int:
    bare = re.sub("'s$|s'$", "s", word)
    count = len(_VOWELS.findall(bare))
    if _ENGLISH_SILENT.search(bare) and not _ENGLISH_SOUNDED.search(bare):
        count -= 1
    count += len(_ENGLISH_HIATUS.findall(bare)) - len(_ENGLISH_JOINED.findall(bare))
    return max(1, count)
