"""What is made of the strings of a JSON answer: the same for notes, scenes and translations.

Their schemas limit lists, and no string: xgrammar (0.2 of vLLM 0.30) lets a string of limited length hold neither a
quotation mark nor a backslash, so that a model that is about to quote ends the string instead; and it takes six
seconds of a core to prepare such a limit, where a schema without takes a hundredth. What runs away is stopped by the
tokens that an answer may have, and refused here.
"""

from __future__ import annotations

from collections.abc import Iterable

from workers.engines.vllm import guards, prompts
from workers.engines.vllm.guards import Reason, Unacceptable

PHRASE_CHARACTERS = 200
"""Longest name, title, label, or text in a picture that is kept whole. Ours: four lines of a caption."""

PROSE_CHARACTERS = 2_000
"""Longest note, synopsis or story. Ours: nobody asked for half a page."""


def phrase(text: str) -> str:
    """A few words as text of ours; an ellipsis stands for what is too much.

    Raises:
        Unacceptable: They hold what is no text.

    """
    return prompts.clipped(guards.clean(text), PHRASE_CHARACTERS)


def phrases(texts: Iterable[str]) -> tuple[str, ...]:
    """Those that say something, each once, in order."""
    return tuple(dict.fromkeys(filter(None, map(phrase, texts))))


def prose(text: str, *, name: str) -> str:
    """Sentences as text of ours.

    Raises:
        Unacceptable: There are none, or too many, they go round in circles, or refuse the task.

    """
    cleaned = guards.clean(text)
    if not cleaned:
        raise Unacceptable(Reason.EMPTY, name)
    if len(cleaned) > PROSE_CHARACTERS:
        raise Unacceptable(Reason.UNPARSABLE, f"{name} has {len(cleaned)} characters")
    guards.not_looping(cleaned)
    guards.not_refusing(cleaned)
    return cleaned
