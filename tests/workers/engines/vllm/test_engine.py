"""The engine on real vLLM with random weights: what does not depend on what a model has learnt."""

from __future__ import annotations

import json
import shutil
import struct
import subprocess
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from pipeline.sizing.profiles import ModelProfile, catalogue
from pipeline.sizing.tokens import audio_tokens, shown_frames, video_tokens
from schemas.jobs import Job
from schemas.time import Span
from tests.support.cut_media import grey_frames, noise
from tests.support.engine_process import Answer, Crashed, EngineProcess, Failed
from tests.support.vllm_here import ROOT, CpuVllm
from workers.engines.vllm.footage import SHORTEST_SOUND_MS
from workers.engines.vllm.question import Film, Finish, Marks, Question, Reply, Sound

pytestmark = [pytest.mark.vllm, pytest.mark.timeout(280), pytest.mark.xdist_group("engine")]

AUDIO = "<|audio_start|><|audio_pad|><|audio_end|>"
VIDEO = "<|vision_start|><|video_pad|><|vision_end|>"
SOUND_MS = 61_000
CONTEXT = 16_384
BUILD_LIMIT_S = 200

CONFIG = """
device = "cpu"

[models.omni]
checkpoint = "thinker"
kind = "thinker"
profile = "Qwen3-Omni-30B-A3B"
max_model_len = 16384

[models.clock]
checkpoint = "aligner"
kind = "aligner"
profile = "Qwen3-ForcedAligner-0.6B"
max_num_seqs = 4

[jobs]
transcribe = "omni"
describe = "omni"
translate = "omni"
align = "clock"
"""


@pytest.fixture(scope="module")
def folder(cpu_vllm: CpuVllm, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Checkpoints, ``vllm.toml`` that names them, and a library with a minute of noise and some frames."""
    made = tmp_path_factory.mktemp("untaught")
    argv = [str(cpu_vllm.python), "-m", "tests.support.untaught", str(made), "thinker", "aligner"]
    subprocess.run(argv, env=cpu_vllm.environment, cwd=ROOT, check=True, capture_output=True, timeout=BUILD_LIMIT_S)
    (made / "vllm.toml").write_text(CONFIG)
    noise(made, "noise.flac", SOUND_MS)
    whole = (made / noise(made, "broken.flac", 5_000)).read_bytes()
    (made / "broken.flac").write_bytes(whole[: len(whole) // 2])
    return made


@pytest.fixture(scope="module")
def thinker(cpu_vllm: CpuVllm, folder: Path) -> Iterator[EngineProcess]:
    """A Thinker that has learnt nothing."""
    config, log = folder / "vllm.toml", folder / "thinker.log"
    with EngineProcess(cpu_vllm.python, cpu_vllm.environment, config, folder, Job.DESCRIBE, log=log) as made:
        yield made


@pytest.fixture(scope="module")
def aligner(cpu_vllm: CpuVllm, folder: Path) -> Iterator[EngineProcess]:
    """An aligner that has learnt nothing."""
    config, log = folder / "vllm.toml", folder / "aligner.log"
    with EngineProcess(cpu_vllm.python, cpu_vllm.environment, config, folder, Job.ALIGN, log=log) as made:
        yield made


def asked(text: str, media: Sound | Film | None = None, *, max_tokens: int = 1) -> Question:
    stands = {Sound: AUDIO, Film: VIDEO}.get(type(media), "")
    return Question(f"<|im_start|>user\n{stands}{text}<|im_end|>\n<|im_start|>assistant\n", media, max_tokens)


def heard(start_ms: int, end_ms: int, key: str = "noise.flac") -> Sound:
    return Sound(key, Span(start_ms, end_ms))


def reply(answer: Answer) -> Reply:
    assert isinstance(answer, Reply), answer
    return answer


def profile(name: str) -> ModelProfile:
    return catalogue().model(name)


def test_sound_of_any_length_is_as_many_tokens_as_the_planner_counts(thinker: EngineProcess) -> None:
    audio = profile("Qwen3-Omni-30B-A3B").audio
    assert audio is not None
    lengths_ms = [*range(SHORTEST_SOUND_MS, 2_300, 13), 9_999, 10_000, 30_000, 30_001, 35_500, 59_999, 60_000]
    answers = thinker.ask(*(asked("what", heard(500, 500 + length_ms)) for length_ms in lengths_ms))
    around = reply(answers[0]).tokens_in - audio_tokens(lengths_ms[0], audio)
    found = [reply(answer).tokens_in - around for answer in answers]
    assert found == [audio_tokens(length_ms, audio) for length_ms in lengths_ms]


@pytest.mark.parametrize("has_sound", [True, False])
def test_films_of_any_size_are_as_many_tokens_as_the_planner_counts(
    thinker: EngineProcess, folder: Path, has_sound: bool
) -> None:
    omni = profile("Qwen3-Omni-30B-A3B")
    assert omni.audio is not None
    assert omni.video is not None
    questions, planned = [], []
    for width, height in [(512, 288), (288, 512), (512, 384), (512, 214), (64, 64), (640, 640), (500, 34), (33, 31)]:
        key = grey_frames(folder, f"{width}x{height}.parquet", range(0, 20_000, 1_000), width=width, height=height)
        for length_ms, frames_per_s in [(500, 2.0), (3_210, 2.0), (5_000, 1.0), (4_001, 0.5)]:
            film = Film(key, "noise.flac" if has_sound else None, Span(700, 700 + length_ms), frames_per_s)
            questions.append(asked("what", film))
            pictures = video_tokens(shown_frames(length_ms, frames_per_s), width, height, omni.video)
            planned.append(pictures + (audio_tokens(length_ms, omni.audio) if has_sound else 0))
    answers = thinker.ask(*questions)
    around = reply(answers[0]).tokens_in - planned[0]
    assert [reply(answer).tokens_in - around for answer in answers] == planned


def test_a_placeholder_without_media_is_noticed(thinker: EngineProcess) -> None:
    (answer,) = thinker.ask(asked(f"{AUDIO} what"))
    assert answer == Failed("no media tokens: the prompt has 1 tokens of sound and 0 of pictures where 0 and 0 must be")


def test_media_without_their_placeholder_are_noticed(thinker: EngineProcess) -> None:
    (answer,) = thinker.ask(replace(asked("what"), media=heard(0, 1_000)))
    assert isinstance(answer, Failed)


def test_what_is_wrong_fails_alone(thinker: EngineProcess) -> None:
    good = asked("what", heard(0, 2_000), max_tokens=4)
    answers = thinker.ask(
        good,
        asked("x" * 40_000),
        good,
        asked("what", heard(0, 5_000, "broken.flac")),
        asked("what", heard(0, 5_000, "gone.flac")),
        asked("what", heard(0, 5)),
        replace(good, schema="{no schema"),
        replace(good, schema='{"type": "nonsense"}'),
        good,
    )
    assert [isinstance(answer, Reply) for answer in answers] == [n in {0, 2, 8} for n in range(9)]
    reasons = [answer.reason for answer in answers if isinstance(answer, Failed)]
    assert reasons[0] == f"too long: the prompt has more than the {CONTEXT} tokens that the model takes"
    assert "broken.flac" in reasons[1]
    assert "gone.flac" in reasons[2]
    assert "too short" in reasons[3]
    assert all(reason.startswith("the engine refused it: ") and "\n" not in reason for reason in reasons[4:])
    assert len(reply(answers[0]).text) > 0


def test_a_schema_is_kept_to_and_no_whitespace_written_but_one_after_each_sign(thinker: EngineProcess) -> None:
    schema = """{
        "type": "object", "required": ["what", "many"], "additionalProperties": false,
        "properties": {
            "what": {"enum": ["this", "that"]},
            "many": {"type": "array", "items": {"type": "boolean"}, "minItems": 2, "maxItems": 3}
        }
    }"""
    question = replace(asked("what", heard(0, 1_000), max_tokens=200), schema=schema, temperature=1.0)
    for answer in thinker.ask(*(replace(question, seed=seed) for seed in range(1, 9))):
        found = reply(answer)
        assert found.finish is Finish.STOP
        assert found.text == json.dumps(json.loads(found.text))
        assert json.loads(found.text)["what"] in {"this", "that"}


def test_an_answer_that_goes_round_in_circles_is_stopped(thinker: EngineProcess) -> None:
    circles = '{"type": "array", "items": {"const": "no"}, "minItems": 200}'
    (answer,) = thinker.ask(replace(asked("what", max_tokens=2_000), schema=circles))
    found = reply(answer)
    assert found.finish is Finish.REPETITION
    assert found.tokens_out < 300


def test_a_schema_that_cannot_be_kept_to_fails_alone(thinker: EngineProcess) -> None:
    beyond = '{"type": "string", "pattern": "^(no ){300}$"}'  # xgrammar does not compile it
    good = asked("what", max_tokens=2)
    answers = thinker.ask(good, replace(good, schema=beyond), good)
    assert [type(answer) for answer in answers] == [Reply, Failed, Reply]


def test_an_answer_that_is_too_long_is_cut_off_and_says_so(thinker: EngineProcess) -> None:
    (answer,) = thinker.ask(replace(asked("what", max_tokens=5), schema='{"type": "string", "minLength": 50}'))
    assert (reply(answer).finish, reply(answer).tokens_out) == (Finish.LENGTH, 5)


def test_a_second_question_about_the_same_sound_finds_it_in_the_cache(thinker: EngineProcess) -> None:
    about = heard(10_000, 40_000)
    (first,) = thinker.ask(asked("what is said", about))
    (second,) = thinker.ask(asked("who is it", about))
    (other,) = thinker.ask(asked("who is it", heard(10_001, 40_001)))
    assert reply(first).tokens_cached == 0
    assert reply(second).tokens_cached > 0.7 * 390  # whole blocks of the cache
    assert reply(other).tokens_cached == 0


def test_a_film_at_another_rate_is_another_film(thinker: EngineProcess, folder: Path) -> None:
    key = grey_frames(folder, "rate.parquet", range(0, 20_000, 1_000))
    slow, fast = (Film(key, "noise.flac", Span(0, 8_000), rate) for rate in (1.0, 2.0))
    thinker.ask(asked("what", slow))
    (again,) = thinker.ask(asked("who", slow))
    (other,) = thinker.ask(asked("who", fast))
    assert reply(again).tokens_cached > 500
    assert reply(other).tokens_cached == 0


def test_the_same_seed_draws_the_same_and_another_one_does_not(thinker: EngineProcess) -> None:
    question = replace(asked("what", max_tokens=16), temperature=1.0)
    answers = thinker.ask(*(replace(question, seed=seed) for seed in (1, 1, 2)))
    texts = [reply(answer).text for answer in answers]
    assert texts[0] == texts[1] != texts[2]


def test_drawn_answers_to_more_prompts_than_one_step_reads_are_all_there(thinker: EngineProcess) -> None:
    questions = (asked("what", heard(n, 60_000 + n), max_tokens=2) for n in range(1, 25))
    answers = thinker.ask(*(replace(question, temperature=1.0, seed=1) for question in questions))
    assert [type(answer) for answer in answers] == [Reply] * 24


def test_what_was_done_is_counted(thinker: EngineProcess) -> None:
    before = thinker.figures()
    answers = [reply(answer) for answer in thinker.ask(*(asked("what", heard(0, 900 + n)) for n in range(5)))]
    after = thinker.figures()
    assert after.tokens_in - before.tokens_in == sum(answer.tokens_in for answer in answers)
    assert after.tokens_out - before.tokens_out == sum(answer.tokens_out for answer in answers)
    assert after.busy_s > before.busy_s
    assert {answer.gpu_s for answer in answers} == {0.0}
    assert thinker.kv_tokens() > 100_000


def marked(words: int, media: Sound) -> Question:
    text = AUDIO + "".join(f"one{'<timestamp>' * 2}" for _ in range(words))
    return Question(text, media, max_tokens=1)


def test_marks_have_a_class_each_in_order(aligner: EngineProcess) -> None:
    audio = profile("Qwen3-ForcedAligner-0.6B").audio
    assert audio is not None
    lengths_ms = [500, 1_234, 10_000, 29_999]
    answers = aligner.mark(*(marked(words, heard(0, ms)) for words, ms in enumerate(lengths_ms, 1)))
    for words, (length_ms, answer) in enumerate(zip(lengths_ms, answers, strict=True), 1):
        assert isinstance(answer, Marks), answer
        assert answer.classes.shape == (2 * words,)
        assert answer.classes.dtype.name == "int64"
        assert 0 <= answer.classes.min() <= answer.classes.max() < 512
        assert answer.tokens_in > audio_tokens(length_ms, audio) + 2 * words
    (again,) = aligner.mark(marked(4, heard(0, 29_999)))
    assert isinstance(again, Marks)
    assert (again.classes == answers[3].classes).all()  # type: ignore[union-attr] # asserted above


def test_when_vllm_dies_every_question_hears_of_it_and_closing_takes_seconds(aligner: EngineProcess) -> None:
    answers = aligner.mark_and_kill(*(marked(20, heard(0, 20_000 + n)) for n in range(40)))
    assert all(isinstance(answer, Crashed) for answer in answers)
    (later,) = aligner.mark(marked(1, heard(0, 1_000)))
    assert isinstance(later, Crashed)
    assert "ended with status -9: vLLM's process ended" in later.text
    assert aligner.close_s() < 10


def test_an_engine_that_answers_no_numbers_is_found_out_before_it_is_given_work(
    cpu_vllm: CpuVllm, folder: Path, tmp_path: Path
) -> None:
    broken = shutil.copytree(folder / "aligner", tmp_path / "aligner")
    for weights in broken.glob("*.safetensors"):
        data = weights.read_bytes()
        start = 8 + struct.unpack("<Q", data[:8])[0]  # a header behind its length, as safetensors has it
        weights.write_bytes(data[:start] + b"\xff" * (len(data) - start))  # no number in any format of weights
    shutil.copytree(folder / "thinker", tmp_path / "thinker")
    config, log = tmp_path / "vllm.toml", tmp_path / "log"
    config.write_text(CONFIG)
    found_out = pytest.raises(AssertionError, match="a test tone with nothing usable: its scores are no numbers")
    with EngineProcess(cpu_vllm.python, cpu_vllm.environment, config, folder, Job.ALIGN, log=log) as made, found_out:
        made.figures()
