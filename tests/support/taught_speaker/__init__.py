"""A tiny speaker encoder of the real architecture that has learnt to tell voices of eSpeak NG apart.

Its weights are kept; ``python -m tests.support.taught_speaker`` makes them anew.
"""

from __future__ import annotations

import hashlib
from pathlib import Path

_HERE = Path(__file__).parent

CHECKPOINT = Path(__file__).parents[2] / "golden" / "taught" / "speaker"
"""The kept encoder: a folder as that of a Qwen3-TTS Base checkpoint, with the speaker encoder alone."""

RECIPE = "recipe.sha256"
"""File beside the weights: the recipe that they were made with."""


_DECIDE = ("__main__.py", "lessons.py", "voices.py")
"""Sources of this package that the weights follow from; what ``speaker`` does to sound is the product's affair."""


def recipe() -> str:
    """Hash of what decides the weights."""
    return hashlib.sha256(b"\0".join((_HERE / name).read_bytes() for name in _DECIDE)).hexdigest()
