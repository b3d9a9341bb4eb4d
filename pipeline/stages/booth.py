"""The booth: asks for takes a batch at a time, listens to each, and keeps their sound on disk until it is placed."""

from __future__ import annotations

import dataclasses
import itertools
from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from pipeline.localize.takes import heard
from pipeline.localize.translated_pace import translated_pace
from pipeline.stages.asking import ask
from pipeline.stages.work import Progress, Work, onward
from pipeline.store import faults
from schemas.figures import NOTHING
from schemas.jobs import Job, SynthesizeRequest, Take
from schemas.localize import Voice, VoiceKind

BATCH = 400
"""Takes that are asked for at a time, and in memory at a time: 3 s at 24 kHz each make 30 MB of FLAC. Ours."""

SEEDS = 3
"""Takes of one wording at most, where the engine varies: a first one and two more when it failed. Ours."""


@dataclass(frozen=True, slots=True)
class SpooledTake:
    """A take that can be used, with its sound on disk."""

    natural_ms: int
    """How long it is."""

    voice: str
    """What spoke."""

    flac: Path
    """Its sound, as the engine gave it."""


@dataclass(frozen=True, slots=True)
class Speech:
    """What came of one wording."""

    take: SpooledTake | None
    """The take; null when none can be used."""

    attempts: int
    """Takes that were asked for."""

    failure: str | None
    """Why there is none, one sentence; null when there is one."""

    failed: tuple[str, ...]
    """Requests that got no answer, where no other take took their place."""


@dataclass(frozen=True, slots=True)
class Clip:
    """Sound of an asset that holds voices to clone."""

    key: str
    """Its key in the library."""

    sha256: str
    """SHA-256 of its content."""


@dataclass(frozen=True, slots=True)
class Wish:
    """A wording that is to be spoken."""

    text: str
    """What to say."""

    voice: Voice
    """In whose voice."""


class Booth:
    """Speaks wordings of one asset in one language."""

    def __init__(
        self,
        work: Work,
        asset_id: str,
        *,
        source_language: str,
        language: str,
        references: Clip | None,
        folder: Path,
    ) -> None:
        """``references`` is the speech of the asset, ``folder`` where takes may lie until the stage has ended."""
        self.reused = 0
        """Takes that were kept from before."""
        self.spent = NOTHING
        """What the others cost."""
        self._work = work
        self._asset_id = asset_id
        self._source_language = source_language
        self._language = language
        self._references = references
        self._folder = folder

    def speak(self, wishes: Sequence[Wish], progress: Progress) -> list[Speech]:
        """What came of each wish, in order; ``progress`` is told how many were worked on."""
        spoken: list[Speech] = []
        remaining = iter(wishes)
        while batch := list(itertools.islice(remaining, BATCH)):
            spoken += self._batch(batch, partial(onward, progress, len(spoken), len(wishes)))
            progress(len(spoken), len(wishes))
        return spoken

    def _batch(self, wishes: Sequence[Wish], progress: Progress) -> list[Speech]:
        spoken = self._takes(wishes, 0, progress)
        for seed in range(1, SEEDS if self._work.engines.abilities().varies else 1):
            again = [position for position, speech in enumerate(spoken) if speech.failure is not None]
            others = self._takes([wishes[position] for position in again], seed, progress)
            for position, other in zip(again, others, strict=True):
                spoken[position] = _joined(spoken[position], other)
        return spoken

    def _takes(self, wishes: Sequence[Wish], seed: int, progress: Progress) -> list[Speech]:
        """One take of each wish; what is to be cloned is asked for apart, since those requests name a clip."""
        requests = [self._request(wish, seed) for wish in wishes]
        stock = [request for request in requests if request.reference_key is None]
        cloned = [request for request in requests if request.reference_key is not None]
        media = (self._references.sha256,) if self._references else ()
        spoken = {
            False: iter(self._asked(stock, (), progress, before=0)),
            True: iter(self._asked(cloned, media, progress, before=len(stock))),
        }
        return [next(spoken[request.reference_key is not None]) for request in requests]

    def _request(self, wish: Wish, seed: int) -> SynthesizeRequest:
        voice = wish.voice
        is_matched = voice.kind is VoiceKind.MATCHED
        pace = voice.syllables_per_s if is_matched else None
        clip, reference = None, None
        if voice.kind is VoiceKind.CLONED:
            clip, reference = self._references, voice.reference
            if voice.consent_id is None or reference is None or clip is None:
                raise ValueError(f"a voice is cloned from a clip and under a consent record: {voice}")
        return SynthesizeRequest(
            request_id="",
            asset_id=self._asset_id,
            reference_key=clip.key if clip else None,
            reference=reference.span if reference else None,
            reference_text=reference.text if reference else None,
            language=self._language,
            text=wish.text,
            pitch_hz=voice.pitch_hz if is_matched else None,
            tract_cm=voice.tract_cm if is_matched else None,
            syllables_per_s=(
                translated_pace(pace, spoken=self._source_language, wanted=self._language) if pace is not None else None
            ),
            seed=seed,
        )

    def _asked(
        self, requests: Sequence[SynthesizeRequest], media: tuple[str, ...], progress: Progress, *, before: int
    ) -> list[Speech]:
        if not requests:
            return []
        count = partial(onward, progress, before, before + len(requests))
        asked = ask(self._work, Job.SYNTHESIZE, requests, Take, media=media, progress=count)
        self.reused += asked.reused
        self.spent += asked.spent
        return [self._listened(take) for take in asked.answers]

    def _listened(self, take: Take) -> Speech:
        """A take as it is: its sound goes to disk, its length stays."""
        found = heard(take)
        if found.natural_ms is None:
            failed = (take.request_id,) if take.failure is not None else ()
            return Speech(None, attempts=1, failure=found.failure, failed=failed)
        path = self._folder / f"{take.request_id}.flac"
        with faults.translated(f"cannot write {path}"):
            path.write_bytes(take.flac)
        return Speech(SpooledTake(found.natural_ms, take.voice, path), attempts=1, failure=None, failed=())


def _joined(failed: Speech, other: Speech) -> Speech:
    """Two takes of one wording, of which the first failed."""
    requests = (*failed.failed, *other.failed) if other.failure is not None else ()
    return dataclasses.replace(other, attempts=failed.attempts + other.attempts, failed=requests)
