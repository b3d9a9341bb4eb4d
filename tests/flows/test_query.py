"""``reelingua query``: SQL over the tables, for people and for programs."""

from __future__ import annotations

import csv
import dataclasses
import io
import json
from pathlib import Path

import pyarrow.parquet as pq
import pytest

from schemas.tables import TABLES
from tests.support.captioned import Captioned
from tests.support.command import reelingua

SQL = "select cue_index, start_ms, text from cues order by cue_index"


def test_csv_json_and_parquet_hold_the_same_rows(demo: Captioned) -> None:
    raw = {
        style: reelingua("query", SQL, "--library", demo.library, "--format", style).raw
        for style in ("csv", "json", "parquet")
    }
    from_parquet = pq.read_table(io.BytesIO(raw["parquet"])).to_pylist()
    assert from_parquet
    assert json.loads(raw["json"]) == from_parquet
    from_csv = list(csv.DictReader(io.StringIO(raw["csv"].decode())))
    assert from_csv == [{name: str(value) for name, value in row.items()} for row in from_parquet]


def test_a_person_sees_every_row_of_a_table(demo: Captioned) -> None:
    ended = reelingua("query", "select text from cues", "--library", demo.library)
    texts = json.loads(reelingua("query", "select text from cues", "--library", demo.library, "--format", "json").raw)
    assert ended.code == 0
    for row in texts:
        for line in row["text"].splitlines():
            assert line in ended.out


def test_a_mistake_in_sql_ends_with_2_and_what_duckdb_says(demo: Captioned) -> None:
    ended = reelingua("query", "select nothing from cues", "--library", demo.library)
    assert ended.code == 2
    assert "Binder Error" in ended.err
    assert '"nothing"' in ended.err
    assert ended.out == ""


@pytest.mark.parametrize(
    "sql",
    [
        "create table mine (a int)",
        "copy (select 1) to '{folder}/stolen.csv'",
        "select * from read_csv('/etc/passwd')",
        "select * from '{folder}/secret.csv'",
        "attach '{folder}/other.duckdb'",
        "install httpfs",
    ],
)
def test_a_question_reads_the_tables_and_does_nothing_else(demo: Captioned, tmp_path: Path, sql: str) -> None:
    (tmp_path / "secret.csv").write_text("a\n1\n")
    ended = reelingua("query", sql.format(folder=tmp_path), "--library", demo.library)
    assert ended.code == 2
    assert [path.name for path in tmp_path.iterdir()] == ["secret.csv"]


def test_a_library_that_does_not_exist_has_empty_tables_and_is_not_made(tmp_path: Path) -> None:
    sql = "select count(*) as n from cues"
    ended = reelingua("query", sql, "--library", tmp_path / "library", "--format", "json")
    assert json.loads(ended.raw) == [{"n": 0}]
    assert not (tmp_path / "library").exists()


def test_no_question_is_a_mistake(demo: Captioned) -> None:
    assert reelingua("query", "--library", demo.library).code == 2


def test_tables_names_every_column_of_every_table(demo: Captioned) -> None:
    told = reelingua("query", "--tables").out
    columns = json.loads(
        reelingua(
            "query",
            "select table_name, column_name from information_schema.columns where table_name in "
            f"({', '.join(repr(name) for name in TABLES)})",
            "--library",
            demo.library,
            "--format",
            "json",
        ).raw
    )
    assert {row["table_name"] for row in columns} == set(TABLES)
    for row in columns:
        section = told.partition(f"## {row['table_name']}\n")[2].partition("\n## ")[0]
        assert f"`{row['column_name']}`" in section, row


def test_every_table_row_can_be_asked_for(demo: Captioned) -> None:
    assert all(dataclasses.is_dataclass(record) for record in TABLES.values())
    for name in TABLES:
        assert reelingua("query", f"from {name}", "--library", demo.library, "--format", "json").code == 0
