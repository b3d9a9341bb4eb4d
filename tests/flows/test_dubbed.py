"""The demo clip in Spanish, from file to dub, page and tables, by the real embedded engines, as a person runs it."""

from __future__ import annotations

import itertools
import json
import re
from pathlib import Path

import numpy as np
import pytest
import soundfile

from pipeline.captions.formats import srt
from tests.support import clips
from tests.support.captioned import Captioned
from tests.support.command import asked, reelingua
from tests.support.demo_clip import demo_truth
from tests.support.meter import metered

LENGTH_MS = demo_truth().length_ms
LOUDNESS_TOLERANCE_LU = 0.5
"""EBU R128 (2020) for a meter and a programme of known level."""

WAVS = ("dub.es.dialogue.wav", "dub.es.voice-over.wav")


def test_the_command_ends_well_and_counts_what_a_human_must_see(dubbed: Captioned) -> None:
    assert dubbed.ended.code == 0, dubbed.ended.err
    assert re.search(r"demo\.mp4 .* en es +es ", dubbed.ended.out)


def test_nothing_that_was_there_is_made_again_for_another_language(dubbed: Captioned) -> None:
    stages = {row["stage"] for row in asked(dubbed.library, "select stage from runs join assets using (release_id)")}
    assert stages == {"translate", "translated-cues", "voices", "speak", "mix", "dub-preview", "mux"}


def test_every_wav_has_48_samples_for_every_millisecond_of_the_title(dubbed: Captioned) -> None:
    for name in WAVS:
        with soundfile.SoundFile(dubbed.release / name) as wav:
            assert (wav.samplerate, wav.subtype, wav.frames) == (48_000, "PCM_24", 48 * LENGTH_MS), name


def test_an_independent_meter_finds_the_target_loudness_and_no_clipped_sample(dubbed: Captioned) -> None:
    mix = dubbed.release / "dub.es.voice-over.wav"
    found = metered(mix)
    assert abs(found.integrated_lufs - -23.0) <= LOUDNESS_TOLERANCE_LU
    assert found.true_peak_dbtp <= -1.0
    samples, _ = soundfile.read(mix, dtype="float32")
    assert float(np.abs(samples).max()) < 1.0


def test_the_tables_say_of_the_mix_what_the_meter_says(dubbed: Captioned) -> None:
    rows = asked(dubbed.library, "select name, loudness_lufs from deliverables where kind in ('dialogue', 'mix')")
    assert {row["name"] for row in rows} == set(WAVS)
    for row in rows:
        assert abs(float(row["loudness_lufs"]) - metered(dubbed.release / row["name"]).integrated_lufs) <= 0.2


def test_every_line_has_an_outcome_and_no_two_overlap(dubbed: Captioned) -> None:
    rows = asked(
        dubbed.library,
        "select outcome, tempo, reason, placed.start_ms as starts, placed.end_ms as ends from dub_lines order by 4",
    )
    assert len(rows) == int(asked(dubbed.library, "select count(distinct segment_index) as n from segments")[0]["n"])
    placed = [row for row in rows if row["outcome"] != "flagged"]
    assert placed
    assert all(0.85 <= float(row["tempo"]) <= 1.25 for row in placed)
    assert all(row["reason"] for row in rows if row["outcome"] == "flagged")
    edges = [(int(row["starts"]), int(row["ends"])) for row in placed]
    assert all(before[1] <= after[0] for before, after in itertools.pairwise(edges))
    assert edges[-1][1] <= LENGTH_MS


def test_the_stem_is_silent_where_nobody_speaks_and_not_where_a_line_is(dubbed: Captioned) -> None:
    stem, rate = soundfile.read(dubbed.release / "dub.es.dialogue.wav", dtype="float32")
    rows = asked(
        dubbed.library, "select placed.start_ms as starts, placed.end_ms as ends from dub_lines where tempo > 0"
    )
    speaks = np.zeros(len(stem), bool)
    for row in rows:
        line = slice(int(row["starts"]) * rate // 1000, int(row["ends"]) * rate // 1000)
        speaks[line] = True
        assert float(np.sqrt((stem[line] ** 2).mean())) > 0.003
    assert float(np.abs(stem[~speaks]).max()) == 0.0


def test_spanish_captions_stand_beside_the_english_ones(dubbed: Captioned) -> None:
    english, spanish = (
        srt.parse((dubbed.release / f"captions.{tag}.srt").read_text("utf-8"), tag) for tag in ("en", "es")
    )
    assert len(spanish) >= len(english)
    rows = asked(dubbed.library, "select source, text, failure, unknown from translations order by line_index")
    assert len(rows) == len(english)
    assert all(row["text"] and not row["failure"] for row in rows)
    assert "*" not in "".join(row["text"] for row in rows)
    assert " ".join(row["text"] for row in rows).split() == " ".join(cue.text for cue in spanish).split()


def test_the_manifest_says_that_the_speech_is_synthetic_and_under_which_consent(dubbed: Captioned) -> None:
    manifest = json.loads((dubbed.release / "manifest.json").read_bytes())
    (dub,) = manifest["dubs"]
    engine = f"{dub['engine']} {dub['revision']}"
    said = f"SYNTHETIC SPEECH (AI-generated), made by {engine}; voices: matched; no voice was cloned."
    assert dub["disclosure"] == said
    assert f"**{said}**" in (dubbed.release / "report.md").read_text("utf-8")
    assert all(said.encode() in (dubbed.release / name).read_bytes() for name in (*WAVS, "title.mp4"))
    assert {voice["kind"] for voice in dub["voices"]} <= {"matched", "stock"}
    assert all(voice["consent_id"] is None and voice["reason"] for voice in dub["voices"])
    synthetic = {made["name"] for made in manifest["deliverables"] if made["is_synthetic"]}
    assert synthetic == {*WAVS, "preview.es.m4a", "title.mp4"}


def test_the_two_speakers_have_two_voices(dubbed: Captioned) -> None:
    rows = asked(dubbed.library, "select distinct speaker, voice from dub_lines where speaker is not null")
    assert len({row["speaker"] for row in rows}) == 2
    (dub,) = json.loads((dubbed.release / "manifest.json").read_bytes())["dubs"]
    pitches = sorted(voice["pitch_hz"] for voice in dub["voices"] if voice["speaker"])
    assert pitches[1] > pitches[0] * 1.05


def test_a_changed_glossary_translates_and_speaks_only_the_line_that_it_touches(
    own_dubbed: Captioned, tmp_path: Path
) -> None:
    glossary = tmp_path / "terms.csv"
    glossary.write_text("source,target\nbridge,pasarela\n", "utf-8")
    arguments = ("--library", own_dubbed.library, "--to", "es", "--dub", "es", "--mux", "--glossary", glossary)
    assert reelingua("run", own_dubbed.source, *arguments).code == 0
    runs = asked(
        own_dubbed.library,
        "select stage, rows - reused as newly from runs join assets using (release_id)"
        " where stage in ('translate', 'speak')",
    )
    assert {row["stage"]: row["newly"] for row in runs} == {"translate": "1", "speak": "1"}
    rows = asked(own_dubbed.library, "select text, terms_due, terms_used from translations where terms_due <> []")
    assert [("pasarela" in row["text"], row["terms_used"]) for row in rows] == [(True, rows[0]["terms_due"])]


def test_an_unchanged_dub_is_not_made_again(own_dubbed: Captioned) -> None:
    again = reelingua("run", own_dubbed.source, "--library", own_dubbed.library, "--to", "es", "--dub", "es", "--mux")
    assert "unchanged" in again.out


@pytest.mark.parametrize("sql", re.findall(r"```sql\n(.*?)```", Path("infra/queries.md").read_text("utf-8"), re.DOTALL))
def test_every_documented_question_is_answered(dubbed: Captioned, sql: str) -> None:
    asked(dubbed.library, sql)


def test_a_title_in_which_nobody_speaks_is_delivered_without_an_error(tmp_path: Path) -> None:
    library = tmp_path / "library"
    ended = reelingua("run", clips.silence(tmp_path), "--library", library, "--dub", "es", "--language", "en")
    assert ended.code == 0, ended.out
    assert asked(library, "select rule from findings where severity = 'error'") == []
    (mix,) = asked(library, "select is_synthetic, loudness_lufs from deliverables where kind = 'dialogue'")
    assert mix == {"is_synthetic": "false", "loudness_lufs": ""}


def test_a_title_without_sound_is_delivered_in_no_other_language_and_says_so(tmp_path: Path) -> None:
    library = tmp_path / "library"
    assert reelingua("run", clips.one_frame(tmp_path), "--library", library, "--to", "es").code == 0
    assert asked(library, "select rule from findings") == [{"rule": "nothing-to-translate"}]
    assert asked(library, "select name from deliverables where language = 'es'") == []
