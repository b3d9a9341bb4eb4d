"""The stage that lays a dub over a title: dialogue stem and mix, at the title's exact length and a named loudness."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import asdict, dataclass, replace
from pathlib import Path

from pipeline.errors import MediaError
from pipeline.media import layouts, sound
from pipeline.mix import findings, marking, targets
from pipeline.mix.bed import (
    DUCK_AFTER_MS,
    DUCK_BEFORE_MS,
    DUCK_DB,
    DUCK_HOLD_MS,
    FLAG_FADE_MS,
    Bed,
    Replacement,
    VoiceOver,
)
from pipeline.mix.music_and_effects import labelled
from pipeline.mix.render import Output, Parts, Rendered, dialogue_gain_db, measured, rendered, speech_lufs
from pipeline.stages import media
from pipeline.stages.steady import steady
from pipeline.stages.work import Counts, Progress, Step, Work, once
from pipeline.store import faults
from pipeline.store.ledger import Done, Staging
from schemas.captions import Finding
from schemas.localize import DubLine, PlacedSpeech
from schemas.media import Asset, AudioStream
from schemas.sound import MIX_SAMPLES_PER_MS, MixFacts, MixName

MIX_VERSION = "1"

_ORIGINAL, _MUSIC = "original.f32", "music-and-effects.f32"


@dataclass(frozen=True, slots=True)
class _Track:
    """One stream of one file."""

    path: Path
    """The file."""

    asset: Asset
    """What probe found in it."""

    stream: AudioStream
    """The stream."""


def mix(work: Work, asset: Asset, source: Path, spoken: Done, *, language: str) -> Done:
    """``dialogue`` and ``mix`` as WAV, what they measure (``facts``), and ``findings``.

    Raises:
        UsageError: As ``pipeline.mix.targets.require`` has it.
        MediaError: The sound cannot be mixed, or there are no music and effects to replace it with.

    """
    original, music = _tracks(work, asset, source)
    step = _step(work, original, music, spoken, language=language)

    def make(staging: Staging, progress: Progress) -> Counts:
        files = (original.path,) if music is None else (original.path, music.path)
        with steady(*files), faults.translated(f"cannot mix in {staging.folder}"):
            facts, found = _Making(work, staging, original, music, spoken, language, progress).make()
        staging.add_rows("facts", [facts], MixFacts)
        return Counts(1 + staging.add_rows("findings", found, Finding))

    return once(work, step, make)


def require(work: Work, asset: Asset, source: Path) -> None:
    """Refuse what no mix can be made of, before anything is decoded; music and effects in a file are probed.

    Raises:
        UsageError: As ``pipeline.mix.targets.require`` has it.
        MediaError: The sound cannot be mixed, or there are no music and effects to replace it with.

    """
    _tracks(work, asset, source)


def _tracks(work: Work, asset: Asset, source: Path) -> tuple[_Track, _Track | None]:
    """The sound of the title, and music and effects where they replace it; both of channels that can be mixed."""
    targets.require(work.settings)
    original = _mixable(_Track(source, asset, _chosen(asset)))
    if work.settings.mix != MixName.REPLACEMENT:
        return original, None
    return original, _mixable(_music_and_effects(work, original))


def _mixable(track: _Track) -> _Track:
    sound.channels_of(track.path, track.stream)
    return track


def _step(work: Work, original: _Track, music: _Track | None, spoken: Done, *, language: str) -> Step:
    """What bears on a mix; the music and effects by their content."""
    config = {
        "language": language,
        "mix": work.settings.mix,
        "loudness": asdict(targets.targets()[work.settings.loudness]),
        "target": work.settings.loudness,
        "original": _timed(original),
        "music": None if music is None else _timed(music),
        "time_reference": marking.time_reference(original.asset),
        "duck": [DUCK_DB, DUCK_BEFORE_MS, DUCK_AFTER_MS, DUCK_HOLD_MS, FLAG_FADE_MS],
        "engine": None if spoken.model is None else [spoken.model.name, spoken.model.revision],
    }
    heard = (original,) if music is None else (original, music)
    inputs = (*(track.asset.sha256 for track in heard), spoken.digest)
    return Step(original.asset.asset_id, "mix", MIX_VERSION, inputs, json.dumps(config, sort_keys=True))


def _timed(track: _Track) -> list[object]:
    """What is used of what probe found: which stream, where it is on the timeline, and how long that is."""
    stream, asset = track.stream, track.asset
    return [stream.stream_index, stream.channels, stream.channel_layout, str(asset.zero), asset.length_ms]


def _chosen(asset: Asset) -> AudioStream:
    for stream in asset.audio:
        if stream.stream_index == asset.audio_choice:
            return stream
    raise MediaError(f"{asset.asset_id} has no sound to lay a dub over", "leave it out of --dub")


def _music_and_effects(work: Work, original: _Track) -> _Track:
    """Where music and effects are: the file that the user names, else the source's own stream of that label."""
    named = work.settings.music_and_effects
    if named is None:
        stream = labelled(original.asset)
        if stream is None:
            raise MediaError(
                f"{original.path.name!r} has no stream that is labelled as music and effects",
                "give them with --music-and-effects FILE, or choose --mix voice-over",
            )
        return _Track(original.path, original.asset, stream)
    path = Path(named)
    # Its own stream choice, not the title's; and what is done for it is no stage of the title.
    apart = replace(work, settings=replace(work.settings, audio_stream=None), runs=[])
    found = media.probe(apart, path)
    if found.audio_choice is None:
        raise MediaError(f"{path.name!r} has no sound", "name the file that holds music and effects")
    return _Track(path, found, _chosen(found))


@dataclass(frozen=True, slots=True)
class _Making:
    """All that one mix is made of."""

    work: Work
    staging: Staging
    original: _Track
    music: _Track | None
    spoken: Done
    language: str
    progress: Progress

    def make(self) -> tuple[MixFacts, list[Finding]]:
        """Decode, mix, measure; the files become parts."""
        asset = self.original.asset
        lines = self.work.ledger.read(self.spoken, "dub_lines", DubLine)
        dubbed = [line.placed for line in lines if line.placed is not None]
        flagged = [line.slot for line in lines if line.placed is None]
        dubbed_ms = sum(span.duration_ms for span in dubbed)
        goal = targets.goal(self.work.settings.loudness, dialogue_share=dubbed_ms / asset.length_ms)
        passes = _Passes(self.progress, asset.length_ms, dubbed_ms, decodes=1 if self.music is None else 2)
        with ExitStack() as stack:
            original = self._decoded(self.original, _ORIGINAL, passes)
            heard = stack.enter_context(sound.RawSound(original.path, channels=len(self.channels)))
            found = list(self._about(self.original, "source", damaged_packets=0))  # prepare has told of those
            if self.music is None:
                bed: Bed = VoiceOver(heard, dubbed=dubbed, flagged=flagged)
            else:
                music = self._decoded(self.music, _MUSIC, passes)
                found += self._about(self.music, "music and effects", damaged_packets=music.damaged_packets)
                below = stack.enter_context(sound.RawSound(music.path, channels=len(self.channels)))
                bed = Replacement(below, heard, flagged=flagged)
            parts = Parts(self.channels, asset.length_ms, bed, self._speech)
            level_db = dialogue_gain_db(speech_lufs(heard, self.channels, dubbed, told=passes.more))
            levels = measured(parts, goal, dialogue_db=level_db, told=passes.more)
            outputs = (self._output(role, lines) for role in ("mix", "dialogue"))
            made = rendered(parts, levels, goal, *outputs, told=passes.more)
        for role in ("mix", "dialogue"):
            self.staging.add_file(role, self.staging.folder / f"{role}.wav", ".wav")
        found += findings.about(made, goal, length_ms=asset.length_ms, dubbed=len(dubbed))
        return self._facts(made, goal), found

    @property
    def channels(self) -> tuple[str, ...]:
        """Channels of the mix: those of the original."""
        return sound.channels_of(self.original.path, self.original.stream)

    def _speech(self) -> Iterator[PlacedSpeech]:
        return self.work.ledger.rows(self.spoken, "speech", PlacedSpeech)

    def _decoded(self, track: _Track, name: str, passes: _Passes) -> sound.Decoded:
        return sound.decode(
            track.path,
            track.asset,
            self.staging.folder,
            stream_index=track.stream.stream_index,
            channels=self.channels,
            length_ms=self.original.asset.length_ms,
            name=name,
            on_progress=passes.begin(),
        )

    def _output(self, role: str, lines: list[DubLine]) -> Output:
        what = f"{self.work.settings.mix} mix" if role == "mix" else "dialogue stem"
        asset = self.original.asset
        words = marking.words(marking.Spoken(self.language, self.spoken.model, lines), asset, what=what)
        return Output(self.staging.folder / f"{role}.wav", words, marking.time_reference(asset))

    def _about(self, track: _Track, whose: str, *, damaged_packets: int) -> Iterator[Finding]:
        stream, title_ms = track.stream, self.original.asset.length_ms
        is_guess = layouts.is_assumed(stream.channel_layout) and stream.channels > 2
        layout = layouts.name_of(sound.channels_of(track.path, stream)) if is_guess else None
        yield from findings.about_source(whose, assumed_layout=layout, damaged_packets=damaged_packets)
        if track.asset is not self.original.asset:
            yield from findings.about_length(length_ms=track.asset.length_ms, title_ms=title_ms)

    def _facts(self, made: Rendered, goal: targets.Goal) -> MixFacts:
        return MixFacts(
            language=self.language,
            mix=MixName(self.work.settings.mix),
            target=goal.name,
            target_lufs=goal.lufs,
            limit_dbtp=goal.true_peak_dbtp,
            is_dialogue_measured=goal.is_dialogue_measured,
            measured=made.mix.loudness,
            dialogue_lufs=made.dialogue.loudness.integrated_lufs,
            dialogue_dbtp=made.dialogue.loudness.true_peak_dbtp,
            gain_db=made.gain_db,
            limited_ms=made.mix.limited_ms,
            channels=len(self.channels),
            channel_layout=layouts.name_of(self.channels),
            samples=self.original.asset.length_ms * MIX_SAMPLES_PER_MS,
        )


class _Passes:
    """Progress in milliseconds over all passes: the decodes, the original's speech, the measuring, the two files."""

    def __init__(self, progress: Progress, length_ms: int, dubbed_ms: int, *, decodes: int) -> None:
        self._progress = progress
        self._length_ms = length_ms
        self._total_ms = (decodes + 3) * length_ms + dubbed_ms
        self._done_ms = 0
        self._decoded = 0

    def begin(self) -> sound.Told:
        """What a decode tells how far it is."""
        offset_ms = self._decoded * self._length_ms
        self._decoded += 1
        self._done_ms = offset_ms + self._length_ms

        def told(done_ms: int) -> None:
            self._progress(offset_ms + min(done_ms, self._length_ms), self._total_ms)

        return told

    def more(self, done_ms: int) -> None:
        """So much more is mixed; a mix that is made once more ends as late as it was thought to."""
        self._done_ms = min(self._done_ms + done_ms, self._total_ms)
        self._progress(self._done_ms, self._total_ms)
