"""A title in other languages: which stages are run for each of them, and in which order."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from pipeline.captions.profiles import CaptionProfile, profile
from pipeline.errors import EngineUnavailable, Untranslatable
from pipeline.stages import captions, dub, mix, preview, translate, voices
from pipeline.stages.work import Work
from pipeline.store.ledger import Done
from schemas.jobs import Job
from schemas.media import Asset


@dataclass(frozen=True, slots=True)
class Spoken:
    """What is said in a title, and its captions: what every other language is made of."""

    language: str
    """BCP 47 tag."""

    prepared: Done
    """Speech audio."""

    told: Done
    """Who speaks when."""

    stitched: Done
    """What is said."""

    captioned: Done
    """Captions and lines."""


@dataclass(frozen=True, slots=True)
class MadeDub:
    """The stages of one dub."""

    voiced: Done
    """Voice records."""

    spoken: Done
    """Dub lines and their speech."""

    mixed: Done
    """Dialogue stem and mix."""

    previewed: Done
    """The mix as the review page plays it."""


@dataclass(frozen=True, slots=True)
class MadeLanguage:
    """The stages of one target language."""

    house: CaptionProfile
    """Caption profile; it names the language."""

    translated: Done
    """Lines in the target language."""

    captioned: Done
    """Their captions."""

    dub: MadeDub | None
    """The dub; None where none was asked for, or nothing can be dubbed."""

    @property
    def stages(self) -> Iterator[Done]:
        """In the order in which they were made."""
        yield self.translated
        yield self.captioned
        if self.dub is not None:
            yield from (self.dub.voiced, self.dub.spoken, self.dub.mixed, self.dub.previewed)


def require(work: Work, spoken: str) -> None:
    """Reject a title whose language the engine cannot bring into every target, before anything of it is decoded.

    Raises:
        Untranslatable: Says which language, and what can be done.

    """
    for target in work.settings.targets:
        if target == spoken:
            raise Untranslatable(f"{target} is what is spoken", "leave it out of --to and --dub")
        try:
            work.engines.require_pair(spoken, target)
            if target in work.settings.dub:
                work.engines.require_language(Job.SYNTHESIZE, target)
        except EngineUnavailable as error:
            raise Untranslatable(str(error), f"or leave {target} out of --to and --dub") from error


def localize(work: Work, asset: Asset, source: Path, said: Spoken) -> tuple[MadeLanguage, ...]:
    """Captions, and dubs where they are asked for, in every target language."""
    return tuple(_language(work, asset, source, said, target) for target in work.settings.targets)


def mux(work: Work, asset: Asset, source: Path, said: Spoken, made: Sequence[MadeLanguage]) -> Done:
    """Picture, sound, dubs and captions of every language in one file."""
    dubs = [preview.DubTrack(one.dub.mixed, one.dub.spoken) for one in made if one.dub is not None]
    tracks = [
        preview.CaptionTrack(said.language, said.captioned),
        *(preview.CaptionTrack(one.house.language, one.captioned) for one in made),
    ]
    return preview.mux(work, asset, source, language=said.language, dubs=dubs, captions=tracks)


def _language(work: Work, asset: Asset, source: Path, said: Spoken, target: str) -> MadeLanguage:
    house = profile(work.settings.profile, target)
    translated = translate.translate(work, asset, said.captioned, source_language=said.language, profile=house)
    captioned = captions.translated_cues(work, asset, said.prepared, said.captioned, translated, profile=house)
    is_dubbed = target in work.settings.dub and asset.audio_choice is not None
    made = _dub(work, asset, source, said, translated, captioned, target) if is_dubbed else None
    return MadeLanguage(house, translated, captioned, made)


def _dub(
    work: Work, asset: Asset, source: Path, said: Spoken, translated: Done, captioned: Done, target: str
) -> MadeDub:
    voiced = voices.voices(work, asset, said.prepared, said.stitched, said.told, said.captioned, language=target)
    spoken = dub.speak(
        work,
        asset,
        said.prepared,
        said.captioned,
        translated,
        captioned,
        voiced,
        source_language=said.language,
        language=target,
    )
    mixed = mix.mix(work, asset, source, spoken, language=target)
    return MadeDub(voiced, spoken, mixed, preview.dub_preview(work, asset, mixed, language=target))
