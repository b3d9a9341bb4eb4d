from __future__ import annotations

import math
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.bench.results import Result, Target, Verdict, at_least, at_most, read, report, row, table

COMMAND = "./run bench sample"


def result(value: float, *, name: str = "speed", unit: str = "s") -> Result:
    return Result(name, value, unit, at_most(5), COMMAND)


@pytest.mark.parametrize(("value", "verdict"), [(4.9, Verdict.MET), (5.0, Verdict.MET), (5.1, Verdict.MISSED)])
def test_a_limit_itself_is_met(value: float, verdict: Verdict) -> None:
    assert result(value).verdict is verdict


def test_a_floor_is_missed_from_below() -> None:
    assert Result("recall", 0.9, "", at_least(0.97), COMMAND).verdict is Verdict.MISSED
    assert Result("recall", 0.97, "", at_least(0.97), COMMAND).verdict is Verdict.MET


@pytest.mark.parametrize("target", [at_most(5), at_least(5)])
def test_what_is_no_number_misses_its_target(target: Target) -> None:
    assert Result("speed", math.nan, "s", target, COMMAND).verdict is Verdict.MISSED


def test_without_a_target_nothing_is_met_or_missed() -> None:
    assert Result("size", 12.0, "MiB", None, COMMAND).verdict is Verdict.NONE


def test_a_row_shows_value_target_verdict_and_command() -> None:
    assert row(result(4.321)) == "| speed | 4.32 s | ≤ 5 s | met | `./run bench sample` |"
    assert row(Result("cues", 10_000_000, "", None, COMMAND)) == "| cues | 10,000,000 |  | – | `./run bench sample` |"


@given(st.lists(st.text("a|b c", min_size=1), max_size=4))
def test_every_row_of_a_table_has_the_columns_of_its_head(names: list[str]) -> None:
    lines = table([result(1.0, name=name) for name in names]).splitlines()
    columns = {line.replace("\\|", "").count("|") for line in lines}
    assert columns == {lines[0].count("|")}


def test_what_is_reported_is_printed_and_can_be_read_again(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    found = [result(1.5), Result("cues", 7, "", None, COMMAND)]
    report(iter(found), records=tmp_path / "results.json")
    assert read(tmp_path / "results.json") == found
    assert capsys.readouterr().out.strip() == table(found)
