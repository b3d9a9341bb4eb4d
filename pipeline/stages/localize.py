"""A title in other languages: which stages are run for each of them, and in which order."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from pipeline.captions.profiles import CaptionProfile, profile
from pipeline.stages import captions, dub, mix, preview, translate, voices
from pipeline.stages.targets import Target
from pipeline.stages.work import Work
from pipeline.store.ledger import Done
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
    """The dub; None where there is none."""

    @property
    def stages(self) -> Iterator[Done]:
        """In the order in which they were made."""
        yield self.translated
        yield self.captioned
        if self.dub is not None:
            yield from (self.dub.voiced, self.dub.spoken, self.dub.mixed, self.dub.previewed)


def localize(
    work: Work, asset: Asset, source: Path, said: Spoken, targets: Sequence[Target]
) -> tuple[MadeLanguage, ...]:
    """Captions, and dubs where they are wanted, in every target language."""
    return tuple(_language(work, asset, source, said, target) for target in targets)


def mux(work: Work, asset: Asset, source: Path, said: Spoken, made: Sequence[MadeLanguage]) -> Done:
    """Picture, sound, dubs and captions of every language in one file."""
    dubs = [preview.DubTrack(one.dub.mixed, one.dub.spoken) for one in made if one.dub is not None]
    tracks = [
        preview.CaptionTrack(said.language, said.captioned),
        *(preview.CaptionTrack(one.house.language, one.captioned) for one in made),
    ]
    return preview.mux(work, asset, source, language=said.language, dubs=dubs, captions=tracks)


def _language(work: Work, asset: Asset, source: Path, said: Spoken, target: Target) -> MadeLanguage:
    house = profile(work.settings.profile, target.language)
    translated = translate.translate(work, asset, said.captioned, source_language=said.language, profile=house)
    captioned = captions.translated_cues(work, asset, said.prepared, said.captioned, translated, profile=house)
    made = _dub(work, asset, source, said, translated, captioned, target.language) if target.is_dubbed else None
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
