"""A translated sentence cut back into the parts that its source came in.

A sentence is translated as one, since half of one means little; its captions are several. Where each part
ends in the translation nobody says, so the cut goes where it hurts least, near the place that the lengths of
the source's parts give.
"""

from __future__ import annotations

import itertools
from collections.abc import Sequence

from pipeline.captions import syntax

AWAY = 2.0
"""Cost of a cut per character that it is away from its place; a cut's own cost is that of ``captions.syntax``, 0 to
100. Ours: a comma is worth 17 characters, the better side of an article 30."""


def cut(translation: str, sources: Sequence[str], language: str) -> tuple[str, ...] | None:
    """Parts of ``translation``, in ``language`` (BCP 47), one per source; None when it has fewer words than that.

    Each has a word or more, and as much of the translation as its source has of the sentence. Joined by spaces
    they are the words of the translation.
    """
    words = translation.split()
    if len(words) < len(sources):
        return None
    ends = _ends(words, [len(source) for source in sources], language)
    return tuple(" ".join(words[start:end]) for start, end in itertools.pairwise([0, *ends]))


def _ends(words: Sequence[str], lengths: Sequence[int], language: str) -> list[int]:
    """Where each part ends, as the number of words before; the cheapest way, found part by part."""
    reach = [0, *itertools.accumulate(len(word) + 1 for word in words)]
    scale = reach[-1] / max(1, sum(lengths))
    places = [place * scale for place in itertools.accumulate(lengths)]
    costs = [_cost(words, end, language) for end in range(len(words))]
    best: dict[int, tuple[float, list[int]]] = {0: (0.0, [])}
    for number, place in enumerate(places[:-1]):
        left = len(lengths) - number - 1
        ahead: dict[int, tuple[float, list[int]]] = {}
        cheapest: tuple[float, list[int]] | None = None
        for end in range(number + 1, len(words) - left + 1):
            before = best.get(end - 1)
            if before is not None and (cheapest is None or before[0] < cheapest[0]):
                cheapest = before
            if cheapest is not None:
                ahead[end] = (cheapest[0] + costs[end] + AWAY * abs(reach[end] - place), [*cheapest[1], end])
        best = ahead
    return [*min(best.values())[1], len(words)]


def _cost(words: Sequence[str], end: int, language: str) -> float:
    """What a cut before the word ``end`` costs."""
    if end == 0:
        return 0.0
    return syntax.break_cost(words[end - 1], words[end], language, beyond="".join(words[end + 1 : end + 2]))
