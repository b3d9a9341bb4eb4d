"""The schemas of answers under the grammar that vLLM makes of them: what a model can write, and what it cannot."""

from __future__ import annotations

import json
import subprocess
from pathlib import Path

import pytest

from tests.support import grammars
from tests.support.vllm_here import CpuVllm
from tests.support.windows_asked import translation
from workers.engines.vllm import notes, scenes, translate

pytestmark = pytest.mark.vllm

LIMIT_S = 120

NOTE = {
    "who": ["Änna"],
    "what": 'A sign: "Exit", C:\\.',
    "written": ["出口"],
    "sound": "",
    "cues": [],
    "mood": "",
    "tags": [],
}
SCENE = {"first": 1, "last": 2, "title": 'The "Exit"', "synopsis": "", "sound": ""}
SCENES = {"scenes": [SCENE], "story": "…", "cast": ["Änna: a woman"]}
LINES = [{"id": 0, "text": 'Dijo: "¡No!"', "shorter": ["No"]}, {"id": 1, "text": "", "shorter": []}]

NOTES_SCHEMA = notes.schema(range(9, 11))
SCENES_SCHEMA = scenes.schema(2)
LINES_SCHEMA = translate.schema(translation("Yes", "No").lines, 1)

WRITABLE = {
    "notes": (NOTES_SCHEMA, {"9": NOTE, "10": NOTE}),
    "scenes": (SCENES_SCHEMA, SCENES),
    "lines": (LINES_SCHEMA, LINES),
}
UNWRITABLE = {
    "a shot without a note": (NOTES_SCHEMA, {"9": NOTE}),
    "a note on another shot": (NOTES_SCHEMA, {"9": NOTE, "11": NOTE}),
    "notes out of order": (NOTES_SCHEMA, {"10": NOTE, "9": NOTE}),
    "a note with too many cues": (NOTES_SCHEMA, {"9": NOTE, "10": {**NOTE, "cues": ["x"] * 5}}),
    "no scene": (SCENES_SCHEMA, {**SCENES, "scenes": []}),
    "a scene of a shot that there is not": (SCENES_SCHEMA, {**SCENES, "scenes": [{**SCENE, "last": 3}]}),
    "more scenes than shots": (SCENES_SCHEMA, {**SCENES, "scenes": [SCENE] * 3}),
    "a line without an answer": (LINES_SCHEMA, LINES[:1]),
    "a line answered twice": (LINES_SCHEMA, [LINES[0], LINES[0]]),
    "more wordings than asked for": (LINES_SCHEMA, [LINES[0], {**LINES[1], "shorter": ["a", "b"]}]),
}


@pytest.fixture(scope="module")
def verdicts(cpu_vllm: CpuVllm) -> dict[str, bool]:
    """Whether each answer can be written; in one process, since importing xgrammar takes seconds."""
    cases = WRITABLE | UNWRITABLE
    pairs = [(schema, json.dumps(answer, ensure_ascii=False)) for schema, answer in cases.values()]
    done = subprocess.run(
        [cpu_vllm.python, Path(grammars.__file__)],
        input=json.dumps(pairs),
        capture_output=True,
        text=True,
        env=cpu_vllm.environment,
        timeout=LIMIT_S,
        check=True,
    )
    return dict(zip(cases, json.loads(done.stdout), strict=True))


@pytest.mark.parametrize("name", WRITABLE)
def test_an_answer_with_quotation_marks_and_any_script_can_be_written(name: str, verdicts: dict[str, bool]) -> None:
    assert verdicts[name]


@pytest.mark.parametrize("name", UNWRITABLE)
def test_an_answer_that_leaves_out_or_doubles_something_cannot_be_written(name: str, verdicts: dict[str, bool]) -> None:
    assert not verdicts[name]
