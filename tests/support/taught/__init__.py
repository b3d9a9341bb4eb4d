"""Tiny models of the real architectures that have learnt to do the whole job with twenty words.

They hear, read and translate those words, so that tests can ask real vLLM for right answers and not only for answers.
Their checkpoints are kept in the repository; ``python -m tests.support.taught`` makes them anew, by the interpreter
that has vLLM. What they can do is what ``exam`` measures; films and recordings for them are made by ``cards`` and
``sounds``.
"""

from __future__ import annotations

from pathlib import Path

NAMES = ("thinker", "asr", "aligner")
"""Models that are kept."""

KEPT = Path(__file__).parents[2] / "golden" / "taught"
"""Where they are."""


def checkpoint(name: str) -> Path:
    """Folder of the checkpoint of a model: configuration, tokenizer, processor and weights."""
    if name not in NAMES:
        raise ValueError(f"there is no taught model {name!r}, only {', '.join(NAMES)}")
    return KEPT / name
