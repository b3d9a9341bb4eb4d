"""A speaker's pace in another language: as fast for a speaker of that language as it is for one of their own. Pure.

Languages that put less into a syllable say more of them: a Spaniard at the pace of an American, counted in
syllables per second, sounds slow, and needs a quarter more time than the American for the same sentence.
"""

from __future__ import annotations

from schemas.languages import primary

USUAL_SYLLABLES_PER_S = {
    "de": 5.97,
    "en": 6.19,
    "es": 7.82,
    "fr": 7.18,
    "it": 6.99,
    "ja": 7.84,
    "vi": 5.22,
    "zh": 5.18,
}
"""Mean pace of 59 people who read the same 20 texts, pauses left out: Pellegrino, Coupé and Marsico, "A
cross-language perspective on speech information rate", Language 87 (2011), table 2."""


def translated_pace(syllables_per_s: float, *, spoken: str, wanted: str) -> float:
    """Pace in the language ``wanted`` of somebody who has ``syllables_per_s`` in the language ``spoken`` (BCP 47).

    The same number where one of the languages is not known.
    """
    usual, other = (USUAL_SYLLABLES_PER_S.get(primary(tag)) for tag in (spoken, wanted))
    return syllables_per_s if usual is None or other is None else round(syllables_per_s * other / usual, 2)
