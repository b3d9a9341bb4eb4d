"""Films of coloured cards with a word on each, and somebody who speaks: pictures and sound whose truth is known."""

from __future__ import annotations

import itertools
from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path

import cv2
import numpy as np
import numpy.typing as npt
import soundfile

from schemas.time import SPEECH_RATE_HZ, Span
from tests.support import clips
from tests.support.taught.sounds import Line, Recording, Studio, Voice
from tests.support.taught.words import COLOURS

Picture = npt.NDArray[np.uint8]
"""Shape ``(HEIGHT, WIDTH, 3)``, RGB."""

WIDTH = 512
HEIGHT = 288
"""As prepare samples frames: 16 by 9 patches, 144 tokens for two pictures."""

CARD_MS = 4_000
"""How long a card is on screen: whole patches in time at one picture per second."""

SPEAKS_AFTER_MS = 700
"""From the beginning of a card to its line."""

RATE = Fraction(25)

_FONT = cv2.FONT_HERSHEY_DUPLEX
_SCALE = 3.6
_THICKNESS = 10
_PLATE = (96, 192)
"""Rows of the black plate that the word stands on: whole patches, and the same writing on every colour."""


@dataclass(frozen=True, slots=True)
class Card:
    """One shot."""

    colour: str
    """Of the card, one of ``COLOURS``."""

    word: str
    """What is written on it in capitals, one of ``WRITTEN``."""

    words: tuple[str, ...] = ()
    """What is said meanwhile; nothing when empty."""

    voice: Voice = Voice.LOW
    """Who says it."""


@dataclass(frozen=True, slots=True)
class Title:
    """A film that was made."""

    path: Path
    """The file: 512x288 at 25 frames per second, H.264 and AAC in MP4."""

    cards: tuple[Card, ...]
    """What is in it, one after the other."""

    recording: Recording
    """Its sound, and the truth about it."""

    @property
    def shots(self) -> tuple[Span, ...]:
        """When each card is on screen."""
        return tuple(Span(index * CARD_MS, (index + 1) * CARD_MS) for index in range(len(self.cards)))


def film(folder: Path, cards: Sequence[Card], *, studio: Studio, name: str = "cards.mp4") -> Title:
    """Make a film of cards, each on screen for ``CARD_MS``.

    Raises:
        ValueError: Two neighbours have the same colour, so that there would be no cut between them.

    """
    if any(one.colour == other.colour for one, other in itertools.pairwise(cards)):
        raise ValueError("neighbouring cards need different colours, or no cut is seen between them")
    recording = soundtrack(cards, studio)
    sound = folder / f"{name}.wav"
    soundfile.write(sound, recording.samples, SPEECH_RATE_HZ, subtype="PCM_16")
    frames = CARD_MS * RATE.numerator // RATE.denominator // 1000
    pictures = (shown for card in cards for shown in [picture(card)] * frames)
    seen = f"-f rawvideo -pix_fmt rgb24 -s {WIDTH}x{HEIGHT} -r {RATE} -i pipe:0".split()
    heard = ["-i", f"file:{sound}", "-ar", "48000"]
    coded = "-c:v libx264 -preset ultrafast -crf 20 -pix_fmt yuv420p -c:a aac -b:a 128k".split()
    path = clips.encode(folder / name, *seen, *heard, *coded, pictures=pictures)
    sound.unlink()
    return Title(path, tuple(cards), recording)


def soundtrack(cards: Sequence[Card], studio: Studio) -> Recording:
    """What is said over the cards. Raises ValueError when a line does not end before its card."""
    lines = []
    for index, card in enumerate(cards):
        if card.words:
            line = Line(index * CARD_MS + SPEAKS_AFTER_MS, card.words, card.voice)
            if SPEAKS_AFTER_MS + studio.length_ms(line) > CARD_MS:
                raise ValueError(f"{card.words} are too many words for a card of {CARD_MS} ms")
            lines.append(line)
    return studio.record(lines, length_ms=len(cards) * CARD_MS)


def picture(card: Card) -> Picture:
    """How a card looks: its word on a plate in the middle."""
    drawn = np.full((HEIGHT, WIDTH, 3), COLOURS[card.colour], np.uint8)
    drawn[slice(*_PLATE)] = 0
    text = card.word.upper()
    (width, height), _ = cv2.getTextSize(text, _FONT, _SCALE, _THICKNESS)
    at = ((WIDTH - width) // 2, (HEIGHT + height) // 2)
    cv2.putText(drawn, text, at, _FONT, _SCALE, (255, 255, 255), _THICKNESS, cv2.LINE_AA)
    return drawn
