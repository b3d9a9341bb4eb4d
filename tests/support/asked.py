"""What tests of the workers ask the engines that fail on demand (``tests.support.faults``), and what they hear."""

from __future__ import annotations

from collections.abc import Sequence

from schemas.jobs import DescribeRequest, Description, TranscribeRequest, Transcript
from schemas.time import Span

ASSET = "0123456789abcdef"


def asking(what: str, number: int = 0, *, asset_id: str = ASSET, language: str = "en") -> TranscribeRequest:
    """A request to transcribe: ``what`` is done with it."""
    span = Span(number * 1000, number * 1000 + 500)
    return TranscribeRequest(f"{number:04x}", asset_id, what, span, language)


def watching(what: str, number: int = 0, *, asset_id: str = ASSET) -> DescribeRequest:
    """A request to describe; its id differs from that of a request to transcribe of the same number."""
    span = Span(number * 1000, number * 1000 + 500)
    return DescribeRequest(f"d{number:04x}", asset_id, what, None, span, (), ())


def heard(results: Sequence[object]) -> list[str]:
    """What each answer says; the reason of each failure, in brackets."""
    told: list[str] = []
    for result in results:
        assert isinstance(result, Transcript | Description)
        if result.failure is not None:
            told.append(f"[{result.failure}]")
        elif isinstance(result, Transcript):
            told.append(" ".join(word.text for word in result.words))
        else:
            told.append(result.story)
    return told
