from __future__ import annotations

import itertools
from pathlib import Path

import numpy as np
import pytest
import soundfile
import soxr

from schemas.media import SpeechRegion
from schemas.speech import Turn
from schemas.time import SPEECH_RATE_HZ, Span
from tests.support.scoring import diarization_errors
from tests.support.spoken import SpeechClip, Utterance, speech
from workers.engines.embedded.diarize import turns

LINES = (
    "We should leave for the station in about twenty minutes.",
    "I would rather take the train than drive all the way.",
    "My sister called and she wants to meet us at the lake.",
    "There was a long line in front of the bakery this morning.",
)
SLOT_MS = 5_000  # a line takes three to four seconds
MOST_ERROR = 0.05  # share of the speech that may go to the wrong voice


def dialogue(folder: Path, voices: str) -> SpeechClip:
    """A line every five seconds, in these voices: r for rms, s for slt, a for awb."""
    names = {"r": "rms", "s": "slt", "a": "awb"}
    lines = itertools.cycle(LINES)
    said = [Utterance(500 + SLOT_MS * n, names[voice], next(lines)) for n, voice in enumerate(voices)]
    return speech(folder, said, length_ms=SLOT_MS * len(voices) + 1_000, name="dialogue.flac")


def regions(clip: SpeechClip) -> list[SpeechRegion]:
    return [SpeechRegion(turn.span, 0.9) for turn in clip.turns]


@pytest.mark.parametrize("voices", ["rrrr", "ssss", "aaaa"])
def test_one_voice_is_one_speaker(tmp_path: Path, voices: str) -> None:
    clip = dialogue(tmp_path, voices)
    assert {turn.speaker for turn in turns(clip.path, regions(clip))} == {"S1"}


@pytest.mark.parametrize("voices", ["rsrsrs", "aarraa", "rasras"])
def test_each_voice_is_one_speaker_over_the_whole_recording(tmp_path: Path, voices: str) -> None:
    clip = dialogue(tmp_path, voices)
    found = turns(clip.path, regions(clip))
    assert diarization_errors(clip.turns, found).rate <= MOST_ERROR
    assert found[0].speaker == "S1"
    assert {turn.speaker for turn in found} == {f"S{number + 1}" for number in range(len(set(voices)))}


def test_a_change_of_speaker_inside_a_region_is_found(tmp_path: Path) -> None:
    clip = dialogue(tmp_path, "rsrs")
    whole = Span(clip.turns[0].span.start_ms, clip.turns[-1].span.end_ms)
    found = turns(clip.path, [SpeechRegion(whole, 0.9)])
    cut = [part for turn in found for one in clip.turns if (part := clipped(turn, one))]
    assert diarization_errors(clip.turns, cut).rate <= MOST_ERROR


def clipped(turn: Turn, to: Turn) -> Turn | None:
    span = turn.span.clipped(to.span)
    return Turn(span, turn.speaker, turn.confidence) if span else None


def test_a_voice_that_fits_nobody_is_nobodys(tmp_path: Path) -> None:
    clip = dialogue(tmp_path, "rrrr")
    samples, _ = soundfile.read(clip.path)
    hiss = np.random.default_rng(0).standard_normal(SPEECH_RATE_HZ * 2) * 0.1
    path = tmp_path / "hiss.flac"
    soundfile.write(path, np.concatenate([samples, hiss]), SPEECH_RATE_HZ)
    start_ms = len(samples) // 16
    found = turns(path, [*regions(clip), SpeechRegion(Span(start_ms, start_ms + 2_000), 0.5)])
    assert found[-1].speaker is None
    assert {turn.speaker for turn in found[:-1]} == {"S1"}


@pytest.mark.shared_media
def test_the_speakers_of_the_interview_are_told_apart(shared_media: Path, tmp_path: Path) -> None:
    samples, rate = soundfile.read(shared_media / "interview.flac")
    path = tmp_path / "interview.flac"
    soundfile.write(path, soxr.resample(samples, rate, SPEECH_RATE_HZ), SPEECH_RATE_HZ)
    spans = [Span(500, 10_167), Span(11_367, 22_367), Span(23_567, 31_678)]
    truth = [Turn(span, name, 1.0) for span, name in zip(spans, ("LJ", "JFK", "LJ"), strict=True)]
    found = turns(path, [SpeechRegion(span, 0.9) for span in spans])
    assert diarization_errors(truth, found).rate <= MOST_ERROR
