"""How much less than it promises a file may decode to."""

from __future__ import annotations

from pipeline.errors import DecodeFailed

SHORTFALL_TOLERANCE_MS = 1000
"""How much less than its packets promise a stream may decode to. Ours: a second is seen and heard."""


def refuse_shortfall(*, decoded_ms: int, shortfall_ms: int) -> None:
    """Raise DecodeFailed when more than ``SHORTFALL_TOLERANCE_MS`` is missing."""
    if shortfall_ms > SHORTFALL_TOLERANCE_MS:
        raise DecodeFailed(
            f"it decodes to {decoded_ms / 1000:.1f} s, {shortfall_ms / 1000:.1f} s less than it promises",
            "it is damaged: copy or export it again",
        )
