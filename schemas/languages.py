"""Language tags (BCP 47) as every part reads them."""

from __future__ import annotations

from functools import lru_cache

import langcodes
from langcodes.tag_parser import LanguageTagError

UNDETERMINED = "und"
"""Tag of a language that is not known, or may be any."""

_KNOWN_TAGS = 1024
"""Tags that are remembered: more than one library has."""


@lru_cache(maxsize=_KNOWN_TAGS)
def primary(tag: str) -> str:
    """The language of a tag without script and region: ``pt`` of ``pt-BR``, ``en`` of ``eng``.

    What is no tag has what stands before its first hyphen, in small letters.
    """
    try:
        return langcodes.Language.get(tag).language or UNDETERMINED
    except LanguageTagError:
        return tag.lower().partition("-")[0]
