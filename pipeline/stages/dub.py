"""The stage that speaks a dub: takes are made in waves until every line has its place or is flagged."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from functools import partial

from pipeline.localize.dub_findings import findings
from pipeline.localize.fit import Flagged, Placed, ToFit, Wanted, fit
from pipeline.localize.stretch import placed_sound
from pipeline.localize.utterances import Utterance, utterances
from pipeline.stages.booth import Booth, Clip, Speech, SpooledTake, Wish
from pipeline.stages.work import Counts, Progress, Step, Work, once, onward
from pipeline.store.ledger import Done, Staging
from schemas.captions import Finding
from schemas.jobs import Job
from schemas.localize import (
    CueLink,
    DubLine,
    DubOutcome,
    Line,
    PlacedSpeech,
    TranslatedLine,
    Voice,
    VoiceKind,
)
from schemas.media import Asset

SPEAK_VERSION = "1"
"""Version of the rules that fit a dub, of stretching and of levels."""


@dataclass(frozen=True, slots=True)
class Told:
    """One utterance, and what was spoken of it so far."""

    utterance: Utterance
    """What is to be said."""

    voice: Voice
    """In whose voice."""

    spoken: tuple[Speech, ...] = ()
    """What came of each wording that was spoken, the fullest first."""

    @property
    def to_fit(self) -> ToFit:
        """As far as it is known."""
        wordings = len(self.utterance.wordings)
        natural_ms = tuple(speech.take.natural_ms if speech.take else None for speech in self.spoken)
        failure = self.utterance.failure
        if len(natural_ms) == wordings > 0 and set(natural_ms) == {None}:
            failure = f"no speech could be made of it: {self.spoken[-1].failure}"
        return ToFit(self.utterance.slot, wordings, natural_ms, failure)


@dataclass(frozen=True, slots=True)
class Fitted:
    """One utterance that is decided."""

    told: Told
    """What was spoken of it."""

    decision: Placed | Flagged
    """Where it goes."""

    @property
    def take(self) -> SpooledTake | None:
        """The take that is placed, or came nearest; None when there is none."""
        return self.told.spoken[self.decision.wording].take if self.told.spoken else None


def speak(
    work: Work,
    asset: Asset,
    prepared: Done,
    captioned: Done,
    translated: Done,
    localized: Done,
    voiced: Done,
    *,
    source_language: str,
    language: str,
) -> Done:
    """A dub in ``language`` of what is said in ``source_language``.

    Parts ``dub_lines``, one per utterance, ``speech`` of those that are placed, and ``findings``, all in order of time.
    """
    model = work.engines.model(Job.SYNTHESIZE)
    clip = _clip(work, prepared)
    inputs = (
        captioned.part("lines").sha256,
        translated.part("translations").sha256,
        localized.part("links").sha256,
        voiced.part("voices").sha256,
        *((clip.sha256,) if clip else ()),
    )
    config = f"{source_language} {language} length_ms={asset.length_ms}"
    step = Step(asset.asset_id, "speak", SPEAK_VERSION, inputs, config, model)

    def make(staging: Staging, progress: Progress) -> Counts:
        booth = Booth(
            work,
            asset.asset_id,
            source_language=source_language,
            language=language,
            references=clip,
            folder=staging.folder,
        )
        told = _told(work, captioned, translated, voiced, language)
        dub = _fitted(booth, told, length_ms=asset.length_ms, progress=progress)
        lines = [_dub_line(index, one, language) for index, one in enumerate(dub)]
        staging.add_rows("dub_lines", lines, DubLine)
        links = work.ledger.read(localized, "links", CueLink)
        staging.add_rows("findings", findings(lines, [one.utterance for one in told], links), Finding)
        staging.add_rows("speech", _placed(dub, progress), PlacedSpeech)
        failed = dict.fromkeys(request for one in dub for speech in one.told.spoken for request in speech.failed)
        return Counts(
            sum(line.attempts for line in lines), failed=tuple(failed), reused=booth.reused, spent=booth.spent
        )

    return once(work, step, make)


def _clip(work: Work, prepared: Done) -> Clip | None:
    """The speech of the title, which holds the voices that may be cloned; None in a title without audio."""
    if not prepared.has("speech"):
        return None
    return Clip(work.ledger.key(prepared, "speech"), prepared.part("speech").sha256)


def _told(work: Work, captioned: Done, translated: Done, voiced: Done, language: str) -> list[Told]:
    """What is to be spoken, in order of time."""
    lines = work.ledger.read(captioned, "lines", Line)
    answers = work.ledger.read(translated, "translations", TranslatedLine)
    voices = {voice.speaker: voice for voice in work.ledger.read(voiced, "voices", Voice)}
    return [
        Told(utterance, voices.get(utterance.speaker, voices[None]))
        for utterance in utterances(lines, answers, language=language)
    ]


def _fitted(booth: Booth, told: Sequence[Told], *, length_ms: int, progress: Progress) -> list[Fitted]:
    """Where everything goes: what does not fit yet is spoken in another wording, all of a wave at once, until
    nothing more is wanted.
    """
    spoken = [one.spoken for one in told]
    while True:
        told = [replace(one, spoken=takes) for one, takes in zip(told, spoken, strict=True)]
        decisions = fit([one.to_fit for one in told], length_ms=length_ms)
        wanted = [(index, one.wording) for index, one in enumerate(decisions) if isinstance(one, Wanted)]
        wishes = [Wish(told[index].utterance.wordings[wording], told[index].voice) for index, wording in wanted]
        before = sum(len(takes) for takes in spoken)
        made = booth.speak(wishes, partial(onward, progress, before, before + len(wishes) + len(told)))
        for (index, _), speech in zip(wanted, made, strict=True):
            spoken[index] = (*spoken[index], speech)
        if not wanted:
            pairs = zip(told, decisions, strict=True)
            return [Fitted(one, decision) for one, decision in pairs if not isinstance(decision, Wanted)]


def _dub_line(index: int, fitted: Fitted, language: str) -> DubLine:
    utterance, voice, decision = fitted.told.utterance, fitted.told.voice, fitted.decision
    placed = decision if isinstance(decision, Placed) else None
    take = fitted.take
    return DubLine(
        dub_index=index,
        utterance=utterance.utterance,
        first_line=utterance.first_line,
        lines=utterance.lines,
        speaker=utterance.speaker,
        language=language,
        slot=utterance.slot,
        text=utterance.wordings[decision.wording] if utterance.wordings else None,
        wording=decision.wording,
        natural_ms=decision.natural_ms,
        placed=placed.span if placed else None,
        tempo=placed.tempo if placed else None,
        borrowed_ms=placed.borrowed_ms if placed else 0,
        attempts=sum(speech.attempts for speech in fitted.told.spoken),
        outcome=placed.outcome if placed else DubOutcome.FLAGGED,
        reason=None if isinstance(decision, Placed) else decision.reason,
        voice=take.voice if take else None,
        voice_kind=voice.kind,
        consent_id=voice.consent_id if take and voice.kind is VoiceKind.CLONED else None,
    )


def _placed(dub: Sequence[Fitted], progress: Progress) -> Iterator[PlacedSpeech]:
    """The sound of each line that is placed, one at a time."""
    takes = sum(len(one.told.spoken) for one in dub)
    for index, one in enumerate(dub):
        if isinstance(one.decision, Placed):
            assert one.take is not None  # what is placed was spoken
            span = one.decision.span
            yield PlacedSpeech(index, span, placed_sound(one.take.flac.read_bytes(), placed_ms=span.duration_ms))
        progress(takes + index + 1, takes + len(dub))
