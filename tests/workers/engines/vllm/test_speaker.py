"""The taught speaker encoder through the real diarizer, in the environment that has torch."""

from __future__ import annotations

import json
import shutil
import subprocess
from collections.abc import Iterator, Sequence
from pathlib import Path

import numpy as np
import pytest
import soundfile
import soxr

from schemas.media import SpeechRegion
from schemas.speech import Turn
from schemas.time import SPEECH_RATE_HZ, Span
from tests.support.far_diarizer import FarDiarizer
from tests.support.scoring import diarization_errors
from tests.support.taught_speaker import CHECKPOINT
from tests.support.taught_speaker.conversations import conversation, regions
from tests.support.vllm_here import ROOT, CpuVllm
from tests.workers import contract

pytestmark = [pytest.mark.vllm, pytest.mark.timeout(280)]

MOST_ERROR = 0.05  # share of the speech that may go to the wrong voice, as for the embedded diarizer
IMPORT_LIMIT_S = 200


@pytest.fixture(scope="module")
def media(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("media")
    contract.recordings(folder)
    return folder


@pytest.fixture(scope="module")
def diarizer(cpu_vllm: CpuVllm, media: Path) -> Iterator[FarDiarizer]:
    with FarDiarizer(cpu_vllm, CHECKPOINT, media) as diarizer:
        yield diarizer


class TestDiarizer(contract.DiarizerContract):
    pass


def turns(diarizer: FarDiarizer, spoken: Sequence[SpeechRegion], name: str = "conversation") -> tuple[Turn, ...]:
    (answer,) = diarizer.diarize([contract.DiarizerContract.asking(name, [region.span for region in spoken])])
    assert answer.failure is None
    return answer.turns


@pytest.mark.parametrize("speakers", ["ada bob", "cleo dan", "eve finn", "ada dan finn", "bob cleo finn"])
def test_voices_that_were_never_heard_are_told_apart(diarizer: FarDiarizer, media: Path, speakers: str) -> None:
    clip = conversation(media, speakers.split() * 3)
    found = turns(diarizer, regions(clip.turns))
    assert diarization_errors(clip.turns, found).rate <= MOST_ERROR
    assert {turn.speaker for turn in found} == {f"S{number}" for number, _ in enumerate(speakers.split(), start=1)}


@pytest.mark.parametrize("speaker", ["ada", "bob", "eve"])
def test_one_voice_is_one_speaker(diarizer: FarDiarizer, media: Path, speaker: str) -> None:
    clip = conversation(media, [speaker] * 6)
    assert {turn.speaker for turn in turns(diarizer, regions(clip.turns))} == {"S1"}


def test_changes_of_speaker_inside_one_region_are_found(diarizer: FarDiarizer, media: Path) -> None:
    clip = conversation(media, ["ada", "dan"] * 3, pause_ms=100, turn_ms=5_000)
    whole = Span(clip.turns[0].span.start_ms, clip.turns[-1].span.end_ms)
    found = turns(diarizer, [SpeechRegion(whole, 0.9)])
    cut = [part for turn in found for one in clip.turns if (part := clipped(turn, one))]
    assert diarization_errors(clip.turns, cut).rate <= MOST_ERROR


def clipped(turn: Turn, to: Turn) -> Turn | None:
    span = turn.span.clipped(to.span)
    return Turn(span, turn.speaker, turn.confidence) if span else None


@pytest.mark.shared_media
def test_the_speakers_of_the_interview_are_told_apart(diarizer: FarDiarizer, media: Path, shared_media: Path) -> None:
    samples, rate = soundfile.read(shared_media / "interview.flac")
    soundfile.write(media / "interview.flac", soxr.resample(samples, rate, SPEECH_RATE_HZ), SPEECH_RATE_HZ)
    spans = [Span(500, 10_167), Span(11_367, 22_367), Span(23_567, 31_678)]
    truth = [Turn(span, name, 1.0) for span, name in zip(spans, ("LJ", "JFK", "LJ"), strict=True)]
    found = turns(diarizer, [SpeechRegion(span, 0.9) for span in spans], "interview")
    assert diarization_errors(truth, found).rate <= MOST_ERROR


def broken(folder: Path, how: str) -> Path:
    """A copy of the checkpoint with one thing wrong."""
    copy = folder / how.replace(" ", "-")
    shutil.copytree(CHECKPOINT, copy)
    config = json.loads((copy / "config.json").read_text())
    match how:
        case "no weights":
            (copy / "model.safetensors").unlink()
        case "cut off":
            (copy / "model.safetensors").write_bytes((copy / "model.safetensors").read_bytes()[:-1_000])
        case "no numbers":
            weights = (copy / "model.safetensors").read_bytes()
            (copy / "model.safetensors").write_bytes(weights[:-64] + b"\xc0\x7f" * 32)  # bfloat16 for not a number
        case "no encoder":
            del config["speaker_encoder_config"]
        case "other channels":
            config["speaker_encoder_config"]["enc_dim"] = 65
        case "uneven":
            config["speaker_encoder_config"]["enc_dilations"] = [1, 2]
        case "other rate":
            config["speaker_encoder_config"]["sample_rate"] = 16_000
    (copy / "config.json").write_text("{" if how == "no JSON" else json.dumps(config))
    return copy


@pytest.mark.parametrize(
    ("how", "said"),
    [
        ("no weights", "no weights of a speaker encoder"),
        ("cut off", "cannot be read"),
        ("no numbers", "weights that are no numbers"),
        ("no JSON", "describes no speaker encoder"),
        ("no encoder", "describes no speaker encoder, speaker_encoder_config"),
        ("other channels", "does not fit its config.json"),
        ("uneven", "does not fit its config.json"),
        ("other rate", "hears 16000 Hz in 128 bands"),
    ],
)
def test_a_wrong_checkpoint_is_refused_in_one_line(diarizer: FarDiarizer, tmp_path: Path, how: str, said: str) -> None:
    refusal = diarizer.refusal(broken(tmp_path, how))
    assert refusal is not None
    assert said in refusal
    assert "\n" not in refusal


def test_the_kept_checkpoint_can_be_loaded(diarizer: FarDiarizer) -> None:
    assert diarizer.refusal(CHECKPOINT) is None


def test_the_encoder_computes_what_that_of_vllm_omni_does(cpu_vllm: CpuVllm, tmp_path: Path) -> None:
    noise = np.random.default_rng(0).standard_normal((2, 36_000)) * 0.05
    np.save(tmp_path / "noise.npy", noise.astype(np.float32))
    argv = [str(cpu_vllm.python), "-m", "tests.support.omni_speaker", str(CHECKPOINT), str(tmp_path / "noise.npy")]
    done = subprocess.run(
        argv, env=cpu_vllm.environment, cwd=ROOT, capture_output=True, text=True, timeout=IMPORT_LIMIT_S, check=False
    )
    assert done.returncode == 0, done.stderr[-2_000:]
    largest = json.loads(done.stdout.splitlines()[-1])
    assert largest["mels"] <= 1e-4  # of values around 5, in float32
    assert largest["vectors"] == 0
