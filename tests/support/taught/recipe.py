"""What a kept model was taught, in one hash, so that a test says when the product asks something else by now.

It is the hash of lessons drawn by chance: prompts as the product asks them, and the answers to them. Times are not in
it: eSpeak NG says no word twice in exactly the same time.
"""

from __future__ import annotations

import hashlib
import random
from collections.abc import Callable, Iterator
from pathlib import Path

from tests.support.taught.lessons import Lesson, alignment, asr_transcription, transcription
from tests.support.taught.phrasebook import translation
from tests.support.taught.sounds import Studio
from tests.support.taught.viewing import description

FILE = "recipe.sha256"
"""Beside the weights."""

_DRAWN = 20


def recipe(name: str) -> str:
    """Hash of what a model is taught today."""
    digest = hashlib.sha256()
    for lesson in _lessons(name):
        digest.update(f"{lesson.prompt}\0{lesson.answer}\0".encode())
    return digest.hexdigest()


def write(name: str, folder: Path) -> None:
    """Keep the recipe beside the weights."""
    (folder / FILE).write_text(recipe(name) + "\n", encoding="utf-8")


def kept(folder: Path) -> str:
    """Hash of what the model in a folder was taught."""
    return (folder / FILE).read_text(encoding="utf-8").strip()


def _lessons(name: str) -> Iterator[Lesson]:
    teller, studio = random.Random(0), Studio()
    hearing: dict[str, Callable[[random.Random, Studio], Lesson]] = {
        "thinker": transcription,
        "asr": asr_transcription,
        "aligner": alignment,
    }
    for _ in range(_DRAWN):
        yield hearing[name](teller, studio)
    if name == "thinker":
        for _ in range(_DRAWN):
            yield translation(teller)
            yield from description(teller, studio)
