"""Lessons in describing: films of cards, with what is to be noted of each and what scenes they make.

A card is a shot; a black card begins a new scene.
"""

from __future__ import annotations

import itertools
import json
import random
from collections.abc import Sequence

import cv2
import numpy as np
import numpy.typing as npt

from pipeline.sizing.profiles import catalogue
from schemas.jobs import DescribeRequest, Utterance
from schemas.media import CutKind, Shot
from schemas.time import Span
from tests.support.scripted_engine import said
from tests.support.taught.cards import CARD_MS, Card, picture, soundtrack
from tests.support.taught.lessons import Lesson, asked, disguised
from tests.support.taught.sounds import Recording, Studio, Voice
from tests.support.taught.words import COLOURS, WRITTEN, drawn, sentence
from workers.engines.vllm.describe import ThinkerDescriber

MOST_CARDS = 3

SCENE_COLOUR = "black"
"""A card of this colour begins a scene."""

_SILENT = 0.25
_JPEG = (70, 95)
_UNTOLD = 0.3
"""Share of windows of which it is not known what is said, and of lines of which it is not known who says them."""


def description(teller: random.Random, studio: Studio, *, most_cards: int = MOST_CARDS) -> tuple[Lesson, Lesson]:
    """The Thinker describes a window: notes on its shots, then its scenes."""
    cards = _cards(teller, teller.randint(1, most_cards))
    recording = soundtrack(cards, studio)
    answers = (notes(cards), scenes(cards))
    questions = asked(_describer(), _request(teller, cards, recording), [said(answer) for answer in answers])
    sound = disguised(teller, recording.samples, studio)
    pictures = np.repeat([filmed(teller, card) for card in cards], CARD_MS // 1_000, axis=0)
    first, second = (
        Lesson(question.text, answer, sound=sound, pictures=pictures)
        for question, answer in zip(questions, answers, strict=True)
    )
    return first, second


def what(card: Card) -> str:
    """What is noted of a card."""
    return f"A {card.colour} card that says {card.word}."


def who(card: Card) -> list[str]:
    """Who is heard over a card."""
    return [f"{card.voice.name.lower()} voice"] if card.words else []


def notes(cards: Sequence[Card]) -> str:
    """Answer to the question for notes."""
    found = {
        str(number): {
            "who": who(card),
            "what": what(card),
            "written": [card.word.upper()],
            "sound": "speech" if card.words else "silence",
            "cues": [],
            "mood": "calm",
            "tags": [card.colour],
        }
        for number, card in enumerate(cards, start=1)
    }
    return json.dumps(found)


def scenes(cards: Sequence[Card]) -> str:
    """Answer to the question for scenes."""
    firsts = [number for number, card in enumerate(cards) if number == 0 or card.colour == SCENE_COLOUR]
    found = [
        {
            "first": first + 1,
            "last": end,
            "title": f"From {cards[first].word}",
            "synopsis": what(cards[first]),
            "sound": "speech" if cards[first].words else "silence",
        }
        for first, end in itertools.pairwise([*firsts, len(cards)])
    ]
    cast = [
        f"{voice.name.lower()} voice: speaks" for voice in Voice if any(c.words and c.voice is voice for c in cards)
    ]
    return json.dumps({"scenes": found, "story": f"Cards are shown, the last says {cards[-1].word}.", "cast": cast})


def _describer() -> ThinkerDescriber:
    return ThinkerDescriber(catalogue().model("Qwen3-Omni-30B-A3B").video)


def _cards(teller: random.Random, count: int) -> list[Card]:
    colours: list[str] = []
    while len(colours) < count:
        colours.append(teller.choice([colour for colour in COLOURS if colours[-1:] != [colour]]))
    return [
        Card(
            colour,
            teller.choice(WRITTEN),
            () if teller.random() < _SILENT else drawn(teller, teller.randint(1, 3)),
            teller.choice(list(Voice)),
        )
        for colour in colours
    ]


def _request(teller: random.Random, cards: Sequence[Card], recording: Recording) -> DescribeRequest:
    spans = [Span(index * CARD_MS, (index + 1) * CARD_MS) for index in range(len(cards))]
    spoken = [sentence(card.words) for card in cards if card.words]
    names = {voice.name.lower(): name for voice, name in zip(Voice, ("S1", "S2"), strict=True)}
    told = [
        Utterance(turn.span, None if teller.random() < _UNTOLD else names[str(turn.speaker)], text)
        for turn, text in zip(recording.turns, spoken, strict=True)
    ]
    return DescribeRequest(
        request_id="r",
        asset_id="a",
        media_key="speech.flac",
        frames_key="frames.parquet",
        span=Span(0, spans[-1].end_ms),
        shots=tuple(_shot(index, span) for index, span in enumerate(spans)),
        regions=(),
        said=() if teller.random() < _UNTOLD else tuple(told),
    )


def _shot(index: int, span: Span) -> Shot:
    """A shot of which the describer is told nothing but when it is."""
    return Shot(
        shot_index=index,
        span=span,
        first_frame=span.start_ms // 40,
        end_frame=span.end_ms // 40,
        begins_with=CutKind.CUT if index else CutKind.START,
        brightness=0.5,
        motion=0.0,
        black_share=0.0,
        freeze_share=1.0,
        colours=(),
    )


def filmed(teller: random.Random, card: Card) -> npt.NDArray[np.uint8]:
    """A card after a JPEG of some quality."""
    quality = [cv2.IMWRITE_JPEG_QUALITY, teller.randint(*_JPEG)]
    _, encoded = cv2.imencode(".jpg", cv2.cvtColor(picture(card), cv2.COLOR_RGB2BGR), quality)
    decoded = cv2.imdecode(encoded, cv2.IMREAD_COLOR)
    assert decoded is not None
    return cv2.cvtColor(decoded, cv2.COLOR_BGR2RGB).astype(np.uint8, copy=False)
