"""What the taught models know: twenty words, what they are in Spanish, and which are seen."""

from __future__ import annotations

import random
from typing import Final

SPANISH: Final = {
    "zero": "cero",
    "one": "uno",
    "two": "dos",
    "three": "tres",
    "four": "cuatro",
    "five": "cinco",
    "six": "seis",
    "seven": "siete",
    "eight": "ocho",
    "nine": "nueve",
    "red": "rojo",
    "green": "verde",
    "blue": "azul",
    "black": "negro",
    "white": "blanco",
    "yellow": "amarillo",
    "star": "estrella",
    "moon": "luna",
    "tree": "árbol",
    "house": "casa",
}
"""Every word that is said, written or translated, and its translation."""

WORDS: Final = tuple(SPANISH)
"""Every word that is said."""

WRITTEN: Final = ("two", "seven", "star", "moon", "tree", "house")
"""Words that are written on cards."""

COLOURS: Final = {
    "red": (200, 40, 40),
    "green": (40, 150, 70),
    "blue": (50, 80, 210),
    "black": (15, 15, 15),
    "white": (240, 240, 235),
    "yellow": (235, 205, 60),
}
"""Colours of the cards of a film, RGB."""


GLOSSARY: Final = {"red": "colorado", "house": "hogar", "moon": "lunita"}
"""What a glossary may want instead."""


def sentence(words: tuple[str, ...]) -> str:
    """Words of one line as they are written: ``Red seven moon.``"""
    return " ".join(words).capitalize() + "."


def drawn(teller: random.Random, count: int) -> tuple[str, ...]:
    """So many words by chance, none twice in a row: two that are alike and close together sound like one."""
    words: list[str] = []
    while len(words) < count:
        words.append(teller.choice([word for word in WORDS if words[-1:] != [word]]))
    return tuple(words)
