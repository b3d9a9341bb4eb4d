"""``reelingua plan``: what a run would take, before any engine runs. ``reelingua doctor``: what is installed."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from pipeline.sizing.profiles import catalogue
from tests.support import clips
from tests.support.captioned import Captioned
from tests.support.command import asked, reelingua
from tests.support.vllm_here import ROOT
from workers.engines.vllm import config

SAMPLE = ROOT / "infra" / "vllm" / "a100.toml"


def test_a_plan_counts_what_a_run_then_asks(demo: Captioned) -> None:
    ended = reelingua("plan", demo.source, "--library", demo.library)
    (counts,) = asked(
        demo.library,
        "select count(*) filter (job = 'transcribe') as chunks, (select count(*) from shots) as shots from chunks",
    )
    assert ended.code == 0
    (line,) = [line for line in ended.out.splitlines() if line.startswith("demo.mp4 ") and "0:00:41.041" in line]
    _name, _length, chunks, _speech, _in_speech, shots = line.split()
    assert {"chunks": chunks, "shots": shots} == counts


def test_a_plan_names_tokens_memory_hours_and_cost_on_every_gpu(demo: Captioned) -> None:
    ended = reelingua("plan", demo.source, "--library", demo.library)
    (head,) = re.findall(r"describe with Qwen3-Omni-30B-A3B[^\n]*", ended.out)
    counts = [int(number.replace(",", "")) for number in re.findall(r"([\d,]+) (?:requests|tokens in)", head)]
    assert len(counts) == 2
    assert all(counts)
    table = ended.out.partition(head)[2].partition("\n\n")[0].splitlines()
    for gpu in catalogue().gpus:
        (row,) = [line for line in table if line.startswith(gpu.name)]
        *_, gpu_gb, kv_tokens, sequences, in_flight, hours, cost = row.split()
        assert 0 < int(gpu_gb) <= (gpu.memory_gb.value or 0)
        assert int(kv_tokens.replace(",", "")) > int(in_flight.replace(",", "")) >= int(sequences.replace(",", "")) > 0
        assert float(hours) > 0
        assert (cost == "unknown") == (gpu.price_usd_per_h.value is None)
        assert cost == "unknown" or float(cost) > 0


def test_a_plan_sizes_what_is_deployed_as_its_worker_is(demo: Captioned, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(config.VARIABLE, str(SAMPLE))
    ended = reelingua("plan", demo.source, "--library", demo.library)
    assert "Qwen3-ASR-1.7B on A100 80GB is sized as a100.toml says, for transcribe." in ended.out
    table = ended.out.partition("describe with Qwen3-Omni-30B-A3B")[2].partition("\n\n")[0].splitlines()
    (row,) = [line for line in table if line.startswith("A100 80GB")]
    assert "int8 / bf16" in row


def test_a_plan_says_why_it_does_not_size_what_is_deployed(
    demo: Captioned, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "some.toml").write_text(SAMPLE.read_text().replace('device = "A100 80GB"', 'device = "auto"'))
    monkeypatch.setenv(config.VARIABLE, str(tmp_path / "some.toml"))
    monkeypatch.setenv("CUDA_VISIBLE_DEVICES", "")
    ended = reelingua("plan", demo.source, "--library", demo.library)
    assert ended.code == 0
    assert "Nothing is sized as some.toml says: there is no NVIDIA GPU here" in ended.out


def test_a_plan_says_which_weights_are_not_published(demo: Captioned) -> None:
    ended = reelingua("plan", demo.source, "--library", demo.library)
    (line,) = {line for line in ended.out.splitlines() if "Qwen3.5-Omni" in line and "requests" in line}
    assert "not published" in line


def test_a_plan_of_a_bad_file_says_why_and_goes_on(tmp_path: Path) -> None:
    bad = tmp_path / "bad.mp4"
    bad.write_bytes(b"no film")
    good = clips.one_frame(tmp_path)
    ended = reelingua("plan", bad, good, "--library", tmp_path / "library")
    assert "not media" in ended.out
    assert "one_frame.mp4" in ended.out


def test_a_plan_runs_no_engine(tmp_path: Path) -> None:
    film, library = clips.tone(tmp_path), tmp_path / "library"
    assert reelingua("plan", film, "--library", library).code == 0
    assert {path.name for path in (library / "assets").glob("*/*")} == {"probe", "prepare", "plan"}
    assert not (library / "answers").exists()


def test_the_doctor_finds_what_is_needed_here(tmp_path: Path) -> None:
    ended = reelingua("doctor", "--library", tmp_path)
    assert ended.code == 0
    assert "missing" not in ended.out
    for part in ("Python", "decoder", "engine embedded", "library"):
        assert re.search(rf"^ok +{part}", ended.out, re.MULTILINE)


def test_the_doctor_says_when_the_library_cannot_be_one(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    ended = reelingua("doctor", "--library", tmp_path / "file")
    assert ended.code == 1
    assert re.search(r"^missing +library", ended.out, re.MULTILINE)
