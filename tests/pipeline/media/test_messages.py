from __future__ import annotations

import json
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import TypeAdapter, ValidationError

from pipeline.media.messages import Progress, Refusal, SurveyAnswer
from schemas.media import Prepared

AUDIO = {
    "stream_index": 0,
    "codec": "aac",
    "sample_rate_hz": 48_000,
    "channels": 2,
    "channel_layout": "stereo",
    "language": "",
    "title": "",
    "is_default": True,
    "start_s": "0",
    "end_s": "7/5",
}
SURVEY = {
    "container": "mov",
    "declared_s": None,
    "reached_s": "7/5",
    "timecode": "",
    "time_reference": "",
    "video": None,
    "audio": [AUDIO],
}


def surveyed(**changes: object) -> SurveyAnswer:
    return SurveyAnswer.model_validate_json(json.dumps(SURVEY | changes))


@given(st.fractions(-(10**40), 10**40, max_denominator=10**40))
def test_a_fraction_comes_back_exactly(exact: Fraction) -> None:
    assert surveyed(reached_s=str(exact)).reached_s == exact


@pytest.mark.parametrize(
    "written", ["1/0", "1/00", "1e999999999", "9" * 5000, "nan", "inf", "²", " 1", 1.5, True, None]
)
def test_what_is_no_fraction_is_refused_at_once(written: object) -> None:
    with pytest.raises(ValidationError):
        surveyed(reached_s=written)


@pytest.mark.parametrize(
    "changes",
    [
        {"audio": []},
        {"audio": [AUDIO | {"start_s": None, "end_s": None}]},
        {"audio": [AUDIO | {"end_s": None}]},
        {"audio": [AUDIO | {"channels": -1}]},
        {"more": 1},
    ],
    ids=["nothing", "nothing-decoded", "no-end", "negative", "unknown"],
)
def test_a_survey_that_cannot_be_is_refused(changes: dict[str, object]) -> None:
    with pytest.raises(ValidationError):
        surveyed(**changes)


@pytest.mark.parametrize("what", ["", "two\nlines", "\x1b[2J", "x" * 2000])
def test_a_refusal_that_is_not_one_line_is_refused(what: str) -> None:
    with pytest.raises(ValidationError):
        Refusal(what=what, remedy="export it again")


@pytest.mark.parametrize("done", [-1, 1 << 64, 1.5, "much"])
def test_progress_is_a_number_of_things(done: object) -> None:
    with pytest.raises(ValidationError):
        Progress.model_validate_json(json.dumps({"done": done}))


def test_what_was_prepared_comes_back_and_is_never_less_than_nothing() -> None:
    made, crossing = Prepared(True, 1, 2, 3, 4, 5, 6, 7, 8), TypeAdapter(Prepared)
    assert crossing.validate_json(crossing.dump_json(made)) == made
    with pytest.raises(ValidationError):
        crossing.validate_json(crossing.dump_json(made).replace(b":8", b":-8"))
