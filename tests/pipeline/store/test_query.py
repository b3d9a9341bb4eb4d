"""SQL reads the tables and nothing else, and its results come out as files that others read."""

from __future__ import annotations

import csv
import io
import json
from pathlib import Path

import duckdb
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from pipeline.errors import UsageError
from pipeline.store import query
from pipeline.store.objects import FolderObjects
from schemas.tables import TABLES
from tests.pipeline.store import records

ODD = """
SELECT 1 AS whole, 0.1::DOUBLE AS part, 'it''s "so", 日本' AS word, NULL AS nothing, true AS yes,
    ['a', NULL] AS listed, {'x': 1, 'y': [2.5]} AS structured, 'nan'::DOUBLE AS nan, sum(n) AS total,
    1.50::DECIMAL(4, 2) AS price, DATE '2026-11-20' AS day, TIMESTAMP '2026-11-20 10:00:00' AS instant,
    'ab'::BLOB AS bytes, INTERVAL 90 SECOND AS span, 'line\nbreak' AS broken, map {'k': 1} AS mapped
FROM range(3) t(n)
"""


@pytest.fixture(scope="module")
def library(tmp_path_factory: pytest.TempPathFactory) -> FolderObjects:
    """A library that no test changes."""
    folder = tmp_path_factory.mktemp("made")
    objects = FolderObjects(folder / "library")
    records.publish(objects, folder, records.hex16(1), records.hex16(11), ["one", "two"])
    query.run(objects, "SELECT 1")
    return objects


def test_sql_over_the_tables(library: FolderObjects) -> None:
    answer = query.run(library, "SELECT name, count(*) AS lines FROM cues JOIN assets USING (asset_id) GROUP BY name")
    assert answer.to_pylist() == [{"name": "a.wav", "lines": 2}]


def test_what_is_published_since_is_seen(tmp_path: Path) -> None:
    objects = FolderObjects(tmp_path / "library")
    for asset in (1, 2):
        records.publish(objects, tmp_path, records.hex16(asset), records.hex16(10 + asset), ["one", "two"])
        assert query.run(objects, "FROM cues").num_rows == 2 * asset


def test_lists_and_structs_come_as_they_are(library: FolderObjects) -> None:
    (row,) = query.run(library, "SELECT lines, speakers, italics FROM cues WHERE cue_index = 0").to_pylist()
    assert row == {"lines": ["one"], "speakers": ["S1"], "italics": []}


@pytest.mark.parametrize("table", TABLES)
def test_a_library_that_does_not_exist_has_empty_tables(table: str, tmp_path: Path) -> None:
    missing = tmp_path / "nowhere"
    assert query.run(FolderObjects(missing), f"FROM {table}").num_rows == 0
    assert not missing.exists(), "a mistyped path makes no folder"


@pytest.mark.parametrize(
    ("sql", "said"),
    [
        ("SELEC 1", "syntax error"),
        ("SELECT * FROM clues", "clues does not exist"),
        ("SELECT nothing FROM cues", "nothing"),
        ("SELECT 1/0::INTEGER + 'a'", "a"),
    ],
)
def test_a_mistake_is_told_in_duckdbs_words(library: FolderObjects, sql: str, said: str) -> None:
    with pytest.raises(UsageError, match=said):
        query.run(library, sql)


@pytest.mark.parametrize(
    "sql",
    [
        "SELECT * FROM read_csv('{file}')",
        "SELECT * FROM '{file}'",
        "SELECT * FROM glob('{folder}/*')",
        "SELECT * FROM read_text('{file}')",
        "COPY cues TO '{folder}/out.csv'",
        "COPY cues FROM '{file}'",
        "EXPORT DATABASE '{folder}/out'",
        "ATTACH '{folder}/other.duckdb' AS other",
        "INSTALL httpfs",
        "LOAD httpfs",
        "SET enable_external_access = true",
        "SET autoinstall_known_extensions = true",
        "DELETE FROM published.cues",
        "INSERT INTO published.cues (text) VALUES ('x')",
        "DROP VIEW cues",
        "CREATE TABLE mine AS FROM cues",
        "SELECT * FROM records",
        "SELECT * FROM read_csv('http://127.0.0.1:9/a.csv')",
    ],
)
def test_a_statement_can_neither_reach_out_nor_change_anything(
    library: FolderObjects, tmp_path: Path, sql: str
) -> None:
    secret = tmp_path / "secret.csv"
    secret.write_text("password\nhunter2\n")
    before = sorted(tmp_path.rglob("*"))
    with pytest.raises(UsageError):
        query.run(library, sql.format(file=secret, folder=tmp_path))
    assert query.run(library, "FROM cues").num_rows == 2
    assert sorted(tmp_path.rglob("*")) == before


def test_a_statement_without_an_answer_answers_nothing(library: FolderObjects) -> None:
    for sql in ("", "-- only a comment", ";"):
        assert query.run(library, sql).num_rows == 0


def test_csv_is_read_back_by_another_reader(library: FolderObjects) -> None:
    text = query.to_csv(query.run(library, ODD)).decode()
    (row,) = csv.DictReader(io.StringIO(text, newline=""))
    assert row["word"] == 'it\'s "so", 日本'
    assert row["broken"] == "line\nbreak"
    assert (row["whole"], row["part"], row["nothing"], row["total"]) == ("1", "0.1", "", "3")
    assert json.loads(row["listed"]) == ["a", None]
    assert json.loads(row["structured"]) == {"x": 1, "y": [2.5]}
    assert row["bytes"] == "YWI="


def test_json_is_an_array_of_rows(library: FolderObjects) -> None:
    (row,) = json.loads(query.to_json(query.run(library, ODD)), parse_constant=pytest.fail)
    assert row["word"] == 'it\'s "so", 日本'
    assert (row["whole"], row["part"], row["nothing"], row["total"], row["yes"]) == (1, 0.1, None, 3, True)
    assert (row["nan"], row["price"], row["day"], row["instant"]) == (None, 1.5, "2026-11-20", "2026-11-20T10:00:00")
    assert (row["listed"], row["structured"], row["bytes"]) == (["a", None], {"x": 1, "y": [2.5]}, "YWI=")


def test_parquet_is_read_back_as_it_was(library: FolderObjects) -> None:
    answer = query.run(library, "SELECT * FROM cues ORDER BY cue_index")
    assert pq.read_table(pa.BufferReader(query.to_parquet(answer))).to_pylist() == answer.to_pylist()


def test_no_rows_are_an_empty_file_with_its_columns(library: FolderObjects) -> None:
    nothing = query.run(library, "SELECT text, lines FROM cues WHERE false")
    assert query.to_csv(nothing) == b'"text","lines"\n'
    assert json.loads(query.to_json(nothing)) == []
    assert pq.read_table(pa.BufferReader(query.to_parquet(nothing))).num_rows == 0


def test_columns_of_one_name_are_told_apart(library: FolderObjects) -> None:
    answer = query.run(library, "SELECT 1 AS a, 2 AS a")
    assert json.loads(query.to_json(answer)) == [{"a": 1, "a_1": 2}]


def test_the_published_parquet_is_readable_without_us(library: FolderObjects) -> None:
    """A data engineer reads the parts with DuckDB alone."""
    parts = str(library.root / "tables" / "cues" / "*.parquet")
    assert duckdb.execute("SELECT text FROM read_parquet(?) ORDER BY cue_index", [parts]).fetchall() == [
        ("one",),
        ("two",),
    ]
