"""Decibels and factors of amplitude. Pure."""

from __future__ import annotations


def amplitude(level_db: float) -> float:
    """What samples are multiplied by for a gain of ``level_db``."""
    return float(10 ** (level_db / 20))
