"""How a displayed word may sound, in the phones of PocketSphinx's dictionary (CMUdict's ARPAbet).

Words of the dictionary keep its pronunciations. What it lacks is read in this order: figures as
numbers, years and digits; compounds and endings from the parts that it has; letters one by one where
the word is written in capitals; and last by letter-to-sound rules. The rules are meant for the
aligner, which needs the number and the rough kind of the sounds: on a sample of the dictionary itself
they get the count of phones right within one (tests/workers/engines/embedded/test_pronounce.py).
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable, Iterator
from dataclasses import dataclass

from num2words import num2words

MOST_READINGS = 4
"""Readings that are offered for one word; the sound decides between them."""

_LONGEST_FIGURE = 15
"""Digits that are read as one number; longer ones are read digit by digit."""

_MOST_PHONES = 100
"""Longer readings are not offered. Ours: seven seconds of speech, which nobody spends on one word."""

_OUTSIDE = re.compile(r"^[^\w$€£]+|[^\w%]+$")
_PIECES = re.compile(r"\d[\d,.]*\d|\d|[^\W\d_]+(?:'[^\W\d_]+)*|[$€£%&+@]")
_ORDINAL = re.compile(r"(\d+)(?:st|nd|rd|th)")
_DECADE = re.compile(r"'?(\d\d|\d{4})'?s")
_MONEY = re.compile(r"([$€£])(\d[\d,]*)(?:\.(\d\d))?")
_SIGNS = (("$", "dollars"), ("€", "euros"), ("£", "pounds"), ("%", "percent"), ("&", "and"), ("+", "plus"), ("@", "at"))

_LETTERS = (
    ("a", "EY"), ("b", "B IY"), ("c", "S IY"), ("d", "D IY"), ("e", "IY"), ("f", "EH F"), ("g", "JH IY"),
    ("h", "EY CH"), ("i", "AY"), ("j", "JH EY"), ("k", "K EY"), ("l", "EH L"), ("m", "EH M"), ("n", "EH N"),
    ("o", "OW"), ("p", "P IY"), ("q", "K Y UW"), ("r", "AA R"), ("s", "EH S"), ("t", "T IY"), ("u", "Y UW"),
    ("v", "V IY"), ("w", "D AH B AH L Y UW"), ("x", "EH K S"), ("y", "W AY"), ("z", "Z IY"),
)  # fmt: skip
"""Names of the letters."""

_RULES = tuple(
    (re.compile(pattern), phones)
    for pattern, phones in (
        # Whole endings and beginnings first; then groups of letters, the longest first; then single ones.
        (r"tion(?=s?$)", "SH AH N"), (r"sion(?=s?$)", "ZH AH N"), (r"cious$", "SH AH S"), (r"tious$", "SH AH S"),
        (r"ture(?=s?$)", "CH ER"), (r"ough(?=t)", "AO"), (r"ough", "AH F"), (r"augh", "AO"), (r"eigh", "EY"),
        (r"igh", "AY"), (r"^kn", "N"), (r"^gn", "N"), (r"^wr", "R"), (r"^ps", "S"), (r"^pn", "N"), (r"mb$", "M"),
        (r"tch", "CH"), (r"dge?(?=[eiy]|$)", "JH"), (r"sch", "SH"), (r"sh", "SH"), (r"ch", "CH"), (r"th", "TH"),
        (r"ph", "F"), (r"wh", "W"), (r"gh(?=$|t)", ""), (r"gh", "G"), (r"ck", "K"), (r"qu", "K W"), (r"ng$", "NG"),
        (r"ing$", "IH NG"), (r"nk", "NG K"), (r"(?<=[td])ed$", "AH D"), (r"(?<=[pkfscx])ed$", "T"),
        (r"(?<=\w\w)ed$", "D"), (r"(?<=[^aeiou])les?$", "AH L"), (r"ous$", "AH S"), (r"(?<=[szxc])es$", "IH Z"),
        (r"oo", "UW"), (r"ou", "AW"), (r"ow$", "OW"), (r"ow", "AW"), (r"oi|oy", "OY"), (r"oa", "OW"),
        (r"ee|ea|ie", "IY"), (r"ei", "EY"), (r"eu|ew", "UW"), (r"ai|ay|ey(?=\w)", "EY"), (r"ey$", "IY"),
        (r"au|aw", "AO"), (r"ue$", "UW"), (r"ui", "UW"), (r"ar", "AA R"), (r"or", "AO R"), (r"er|ir|ur|yr", "ER"),
        (r"a(?=[^aeiouy]e$)", "EY"), (r"i(?=[^aeiouy]e$)", "AY"), (r"o(?=[^aeiouy]e$)", "OW"),
        (r"u(?=[^aeiouy]e$)", "UW"), (r"e(?=[^aeiouy]e$)", "IY"), (r"(?<=\w\w)e$", ""), (r"(?<=\w)y$", "IY"),
        (r"^y", "Y"), (r"^x", "Z"), (r"o$", "OW"), (r"a$", "AH"), (r"i$", "IY"), (r"u$", "UW"),
        (r"c(?=[eiy])", "S"), (r"g(?=[eiy])", "JH"),
        (r"bb?", "B"), (r"cc?", "K"), (r"dd?", "D"), (r"ff?", "F"), (r"gg?", "G"), (r"h", "HH"), (r"j", "JH"),
        (r"kk?", "K"), (r"ll?", "L"), (r"mm?", "M"), (r"nn?", "N"), (r"pp?", "P"), (r"q", "K"), (r"rr?", "R"),
        (r"ss?", "S"), (r"tt?", "T"), (r"vv?", "V"), (r"w", "W"), (r"x", "K S"), (r"y", "IH"), (r"zz?", "Z"),
        (r"a", "AE"), (r"e", "EH"), (r"i", "IH"), (r"o", "AA"), (r"u", "AH"), (r"'", ""),
    )
)  # fmt: skip
"""Letters to sounds, the first rule that fits at a place wins; ours, from the common spellings of English."""

Lookup = Callable[[str], str | None]
"""Phones of a word of the dictionary, separated by spaces; None when it lacks the word."""


@dataclass(frozen=True, slots=True)
class Reading:
    """How one displayed word may sound."""

    entry: str
    """Its name in the dictionary, or the name to give it there."""

    phones: tuple[str, ...]
    """Pronunciations to add under that name; none when the dictionary has it."""


def reading(word: str, lookup: Lookup) -> Reading | None:
    """How ``word`` may sound; None for what has no sound, such as a lone dash."""
    bare = _OUTSIDE.sub("", unicodedata.normalize("NFKC", word).replace("’", "'"))
    plain = bare.casefold()
    if not plain:
        return None
    if lookup(plain) is not None:
        return Reading(plain, ())
    found = dict.fromkeys(phones for phones in _readings(bare, lookup) if 0 < len(phones.split()) <= _MOST_PHONES)
    if not found:
        return None
    # The tilde keeps made entries apart from the dictionary's; parentheses would mark alternatives.
    entry = "~" + re.sub(r"[^\w']", lambda odd: f"_{ord(odd[0]):x}_", bare)
    return Reading(entry, tuple(found)[:MOST_READINGS])


def spelled_by_rule(word: str) -> str:
    """Phones of a lower-case word of Latin letters by the letter-to-sound rules."""
    phones: list[str] = []
    at = 0
    while at < len(word):
        for pattern, sounds in _RULES:
            if (found := pattern.match(word, at)) and found.end() > at:
                phones.append(sounds)
                at = found.end()
                break
        else:
            at += 1
    return " ".join(filter(None, phones))


def _readings(bare: str, lookup: Lookup) -> Iterator[str]:
    for words in _figures(bare.casefold()):
        yield _joined(words.split(), lookup)
    sounds = [_piece(piece, lookup) for piece in _PIECES.findall(bare)]
    yield " ".join(sounds) if all(sounds) else ""
    if bare.isupper():
        yield _letter_by_letter(bare.casefold())


def _figures(plain: str) -> Iterator[str]:
    """Ways to say a figure in words; none for what is not one."""
    if money := _MONEY.fullmatch(plain):
        sign, whole, cents = money.groups()
        unit = dict(_SIGNS)[sign]
        yield f"{_cardinal(whole)} {unit}" + (f" {_cardinal(cents)}" if cents and int(cents) else "")
    elif ordinal := _ORDINAL.fullmatch(plain):
        if len(ordinal[1]) <= _LONGEST_FIGURE:
            yield _words(num2words(int(ordinal[1]), to="ordinal"))
    elif decade := _DECADE.fullmatch(plain):
        tens = _words(num2words(int(decade[1]), to="year"))
        yield re.sub(r"y$", "ies", tens) if tens.endswith("y") else f"{tens}s"
    elif plain.isascii() and plain.isdigit():
        if len(plain) == 4 and plain[0] != "0":
            yield _words(num2words(int(plain), to="year"))
        if len(plain) <= _LONGEST_FIGURE:
            with_and = _cardinal(plain)
            yield with_and
            yield with_and.replace(" and ", " ")
        yield " ".join(_cardinal(digit) for digit in plain)


def _piece(piece: str, lookup: Lookup) -> str:
    """Phones of one piece of a compound; capitals that are no word are letters."""
    if piece in dict(_SIGNS):
        return _joined([dict(_SIGNS)[piece]], lookup)
    if not piece[0].isdigit():
        plain = piece.casefold()
        is_letters = piece.isupper() and (len(piece) == 1 or lookup(plain) is None)
        return (_letter_by_letter(plain) if is_letters else "") or _sound(plain, lookup)
    whole, _, fraction = piece.rstrip(".,").replace(",", "").partition(".")
    said = _cardinal(whole)
    if fraction:
        said += " point " + " ".join(_cardinal(digit) for digit in fraction if digit.isdigit())
    return _joined(said.split(), lookup)


def _cardinal(figure: str) -> str:
    digits = re.sub(r"\D", "", figure)
    if len(digits) > _LONGEST_FIGURE or not digits.isascii():
        return " ".join(_words(num2words(int(digit))) for digit in digits)
    return _words(num2words(int(digits)))


def _words(said: str) -> str:
    return said.replace(",", "").replace("-", " ")


def _joined(words: list[str], lookup: Lookup) -> str:
    sounds = [_sound(word, lookup) for word in words]
    return " ".join(sounds) if all(sounds) else ""


def _sound(word: str, lookup: Lookup) -> str:
    if phones := lookup(word):
        return phones
    for ending, sound in (("'s", "Z"), ("s'", ""), ("s", "Z"), ("'", "")):
        if word.endswith(ending) and (stem := lookup(word.removesuffix(ending))):
            return f"{stem} {sound}".strip()
    latin = unicodedata.normalize("NFKD", word).encode("ascii", "ignore").decode()
    return spelled_by_rule(latin)


def _letter_by_letter(plain: str) -> str:
    names = dict(_LETTERS)
    letters = [character for character in plain if character.isalnum()]
    return " ".join(names[letter] for letter in letters) if all(letter in names for letter in letters) else ""
