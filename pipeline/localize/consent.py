"""Whether a voice may be cloned. Closed unless a record opens it: who, which voice, which language and use, until when.

The day is told and not looked up, so that what is decided can be decided again.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from enum import StrEnum

from schemas.consents import DUB, Consent, ConsentedVoice
from schemas.speech import Turn
from schemas.time import clock


class Obstacle(StrEnum):
    """Why a record that names a voice does not open it."""

    EXPIRED = "expired"
    """Its last day is over."""

    NOT_YET = "not-yet"
    """It was recorded later than today."""

    SCOPE = "scope"
    """It is not for this language or not for dubs."""

    SOMEBODY_ELSE = "somebody-else"
    """Somebody else, or nobody sure, is heard at the moment that it names."""


@dataclass(frozen=True, slots=True)
class Refusal:
    """A record that names a voice and does not allow its cloning."""

    consent_id: str
    """The record."""

    obstacle: Obstacle
    """Why not."""

    message: str
    """Why not, for people: what follows the record's name in a sentence."""


@dataclass(frozen=True, slots=True)
class Clearance:
    """What all records say of one voice."""

    speaker: str
    """The speaker."""

    consent: Consent | None
    """The record under which it may be cloned; null when none allows it."""

    refusals: tuple[Refusal, ...]
    """Records that name it and do not allow it."""


def clearances(
    consents: Sequence[Consent], turns: Sequence[Turn], *, asset_id: str, language: str, on: date
) -> tuple[Clearance, ...]:
    """What the records say of every voice of an asset that they name, in the order of the speakers' names.

    Args:
        consents: In an order that stays: the first that allows a clone counts.
        turns: Who speaks when in the asset.
        asset_id: The asset.
        language: BCP 47 tag of what the voice is to speak.
        on: The day on which it is to speak.
    """
    named = sorted({voice.speaker for one in consents for voice in one.voices if voice.asset_id == asset_id})
    return tuple(_clearance(consents, turns, asset_id, speaker, language, on) for speaker in named)


def _clearance(
    consents: Sequence[Consent], turns: Sequence[Turn], asset_id: str, speaker: str, language: str, on: date
) -> Clearance:
    opened: list[Consent] = []
    refusals: list[Refusal] = []
    for consent in consents:
        named = [voice for voice in consent.voices if (voice.asset_id, voice.speaker) == (asset_id, speaker)]
        if not named:
            continue
        refusal = _refusal(consent, named, turns, language, on)
        if refusal is None:
            opened.append(consent)
        else:
            refusals.append(refusal)
    return Clearance(speaker, opened[0] if opened else None, tuple(refusals))


def _refusal(
    consent: Consent, named: Sequence[ConsentedVoice], turns: Sequence[Turn], language: str, on: date
) -> Refusal | None:
    """Why a record does not open a voice; None when it does. It is ``named`` once for each moment, and all must hold:
    where somebody else is heard at one of them, the name may mean somebody else at the others too.
    """
    if on > consent.valid_until:
        return Refusal(consent.consent_id, Obstacle.EXPIRED, f"ended on {consent.valid_until}")
    if on < consent.recorded_on:
        return Refusal(consent.consent_id, Obstacle.NOT_YET, f"begins on {consent.recorded_on}")
    if DUB not in consent.uses:
        return Refusal(consent.consent_id, Obstacle.SCOPE, "is not for dubs")
    if not any(_includes(scope, language) for scope in consent.languages):
        return Refusal(consent.consent_id, Obstacle.SCOPE, f"is not for {language}")
    for voice in named:
        heard = [turn.speaker for turn in turns if turn.span.start_ms <= voice.heard_at_ms < turn.span.end_ms]
        if heard != [voice.speaker]:
            who = " and ".join(name or "somebody unknown" for name in heard) or "nobody"
            message = f"says that {voice.speaker} speaks at {clock(voice.heard_at_ms)}, where {who} is heard"
            return Refusal(consent.consent_id, Obstacle.SOMEBODY_ELSE, message)
    return None


def _includes(scope: str, language: str) -> bool:
    """Whether a tag stands for another (basic filtering, RFC 4647, section 3.3.1): es for es-419, not the reverse."""
    wide, narrow = scope.casefold(), language.casefold()
    return narrow == wide or narrow.startswith(f"{wide}-")
