"""Names of TTML 1 and 2 (https://www.w3.org/TR/ttml2/) as this package reads and writes them: with a prefix.

``tt:p``, ``tts:fontStyle``, ``xml:id``; attributes without a namespace stay bare. Whatever prefix a file
uses, and whichever of the drafts' namespaces, a name comes out the same.
"""

from __future__ import annotations

TT = "http://www.w3.org/ns/ttml"
PARAMETER = f"{TT}#parameter"
STYLING = f"{TT}#styling"
METADATA = f"{TT}#metadata"
XML = "http://www.w3.org/XML/1998/namespace"

IMSC_1_1_TEXT = f"{TT}/profile/imsc1.1/text"
"""Designator of the IMSC 1.1 Text profile (https://www.w3.org/TR/ttml-imsc1.1/, §5)."""

_DRAFTS = "http://www.w3.org/2006/"
"""Flash-era files (DFXP) name the drafts of 2006: ``…/2006/04/ttaf1``, ``…/2006/10/ttaf1#styling``."""

_PREFIXES = {"": "tt", "parameter": "ttp", "styling": "tts", "style": "tts", "metadata": "ttm"}


def prefixed(namespace: str | None, local: str) -> str:
    """The name as this package writes it; names of other vocabularies keep their namespace, in braces."""
    if namespace is None:
        return local
    if namespace == XML:
        return f"xml:{local}"
    base, _, fragment = namespace.partition("#")
    if (base == TT or base.startswith(_DRAFTS)) and fragment in _PREFIXES:
        return f"{_PREFIXES[fragment]}:{local}"
    return f"{{{namespace}}}{local}"
