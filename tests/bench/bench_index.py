"""The DuckDB index over a large library: how long to build, to keep up to date, and to ask.

    python -m tests.bench.bench_index [--cues 10000000] [--assets 1000]

Two libraries are made in a temporary folder, straight as table parts: one of ``--cues`` captions, 1,000 to an
asset, and one of ``--assets`` assets with a part in each of the tables. Prints a Markdown table.
"""

from __future__ import annotations

import argparse
import random
import resource
import statistics
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from pipeline.store import index, layout
from pipeline.store.objects import FolderObjects
from schemas import columns
from schemas.tables import TABLES, CueRow

CUES_PER_ASSET = 1000
"""A title of about an hour."""

WORDS = (
    "the of and to a in that is was he for it with as his on be at by I this had not are but from or have an".split()
)
LOOKUPS = 100
LINES = 20_000
"""Different lines of text to draw from."""

TARGETS = {"one cue by asset and index": "0.1", "one cue by cue_id": "0.1", "aggregate": "1"}
"""Seconds, DESIGN.md, Targets."""


def main() -> None:
    """Make, measure, print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--cues", type=int, default=10_000_000)
    parser.add_argument("--assets", type=int, default=1000)
    parser.add_argument("--folder", type=Path, default=None, help="where the libraries are made, for a while")
    asked = parser.parse_args()
    with tempfile.TemporaryDirectory(dir=asked.folder) as folder:
        print("| what | seconds | target |\n|---|---|---|")
        measure_many_cues(FolderObjects(Path(folder) / "cues"), asked.cues // CUES_PER_ASSET)
        measure_many_tables(FolderObjects(Path(folder) / "tables"), asked.assets)
    peak_mib = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    print(f"\npeak memory {peak_mib:.0f} MiB")


def measure_many_cues(objects: FolderObjects, assets: int) -> None:
    """Build, keep up to date and ask an index of many captions."""
    lines = pool_of_lines()
    for asset in range(assets):
        write_cues(objects, asset, lines)
    path = index.place(objects)
    show(f"build, {assets * CUES_PER_ASSET:,} cues in {assets:,} parts", seconds(lambda: index.sync(objects, path)))
    show("sync, nothing new", seconds(lambda: index.sync(objects, path)))
    write_cues(objects, assets, lines)
    show("sync, one asset more", seconds(lambda: index.sync(objects, path)))
    print(f"| (the index has {path.stat().st_size / 1e6:,.0f} MB) | | |")
    draw = random.Random(1)
    show_lookups("first cue of a fresh connection, by cue_id", path, lambda: by_id(draw, assets), is_fresh=True)
    show_lookups("one cue by cue_id", path, lambda: by_id(draw, assets))
    show_lookups("one cue by asset and index", path, lambda: by_asset(draw, assets))
    aggregate = "SELECT language, profile, count(*), avg(reading_speed_cps) FROM cues GROUP BY ALL"
    show_lookups("aggregate", path, lambda: aggregate, times=5)
    search = "SELECT count(*) FROM cues WHERE text ILIKE '%had not had%'"
    show_lookups("search all texts", path, lambda: search, times=5)


def measure_many_tables(objects: FolderObjects, assets: int) -> None:
    """Build the index of many small parts in all tables."""
    for asset in range(assets):
        for table, record in TABLES.items():
            # Lists and structs are left out: what a part lacks is null in the index.
            plain = [field for field in columns.schema(record) if not pa.types.is_nested(field.type)]
            ids = {"asset_id", "release_id"}
            arrays = [pa.array([name(asset)] * 10) if one.name in ids else pa.nulls(10, one.type) for one in plain]
            write_part(objects, table, asset, pa.Table.from_arrays(arrays, names=[one.name for one in plain]))
        mark_current(objects, asset)
    path = index.place(objects)
    count = f"{assets:,} assets × {len(TABLES)} tables"
    show(f"build, {count}", seconds(lambda: index.sync(objects, path)))
    show(f"sync, nothing new, {count}", seconds(lambda: index.sync(objects, path)))


def name(asset: int) -> str:
    """An asset id that looks drawn at random, as a hash does."""
    return f"{asset * 0x9E3779B97F4A7C15 % 2**64:016x}"


def pool_of_lines() -> pa.Array:
    """Lines of five to eight words."""
    draw = random.Random(0)
    return pa.array([" ".join(draw.choices(WORDS, k=draw.randint(5, 8))) for _ in range(LINES)])


def write_cues(objects: FolderObjects, asset: int, lines: pa.Array) -> None:
    """One part with the captions of an asset, and the mark of its release."""
    count = CUES_PER_ASSET
    draw = np.random.default_rng(asset)
    start_ms = np.arange(count) * 3600 + draw.integers(0, 1000, count)
    text = lines.take(pa.array(draw.integers(0, LINES, count)))
    offsets = pa.array(np.arange(count + 1), type=pa.int32())
    speakers = pa.array(["S1", "S2", "S3"]).take(pa.array(draw.integers(0, 3, count)))
    nothing = pa.array(np.zeros(count + 1), type=pa.int32())
    schema = columns.schema(CueRow)
    italics = pa.array([], type=schema.field("italics").type.value_type)
    filled = {
        "cue_id": pa.array([f"{name(asset)}/en/subtitle/{number}" for number in range(count)]),
        "cue_index": pa.array(np.arange(count)),
        "start_ms": pa.array(start_ms),
        "end_ms": pa.array(start_ms + 2400),
        "lines": pa.ListArray.from_arrays(offsets, text),
        "speakers": pa.ListArray.from_arrays(offsets, speakers),
        "italics": pa.ListArray.from_arrays(nothing, italics),
        "text": text,
        "reading_speed_cps": pa.array(draw.uniform(8, 25, count)),
        "longest_line": pa.array(draw.integers(20, 42, count).astype(float)),
    }
    same = {"asset_id": name(asset), "release_id": name(asset), "variant": "subtitle", "profile": "netflix-en"}
    same |= {"language": "en", "placement": "bottom"}
    arrays = [filled[column] if column in filled else pa.array([same[column]] * count) for column in schema.names]
    write_part(objects, "cues", asset, pa.Table.from_arrays(arrays, schema=schema))
    mark_current(objects, asset)


def write_part(objects: FolderObjects, table: str, asset: int, rows: pa.Table) -> None:
    """A table part; not synced to disk, since nothing here must survive."""
    path = objects.root / layout.table_part(table, name(asset), name(asset))
    path.parent.mkdir(parents=True, exist_ok=True)
    pq.write_table(rows, path, compression="zstd")


def mark_current(objects: FolderObjects, asset: int) -> None:
    """The mark that makes an asset's only release the current one."""
    path = objects.root / layout.current(name(asset), 1)
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(f'{{"asset_id": "{name(asset)}", "release_id": "{name(asset)}"}}')


def by_id(draw: random.Random, assets: int) -> str:
    """A question for one caption by its id."""
    cue = f"{name(draw.randrange(assets))}/en/subtitle/{draw.randrange(CUES_PER_ASSET)}"
    return f"SELECT * FROM cues WHERE cue_id = '{cue}'"


def by_asset(draw: random.Random, assets: int) -> str:
    """A question for one caption by its place."""
    asset, cue_index = name(draw.randrange(assets)), draw.randrange(CUES_PER_ASSET)
    return f"SELECT * FROM cues WHERE asset_id = '{asset}' AND cue_index = {cue_index}"


def show_lookups(
    what: str, path: Path, question: Callable[[], str], *, times: int = LOOKUPS, is_fresh: bool = False
) -> None:
    """Median time of a question; ``is_fresh`` opens the index anew for each."""
    took: list[float] = []
    for _ in range(5 if is_fresh else 1):
        with index.opened(path) as connection:
            for _ in range(1 if is_fresh else times):
                sql = question()
                took.append(seconds(lambda sql=sql: connection.execute(sql).fetchall()))  # type: ignore[misc]  # a default argument is how a loop variable is bound
    show(what, statistics.median(took))


def show(what: str, took_s: float) -> None:
    """One row of the table."""
    print(f"| {what} | {took_s:.4f} | {TARGETS.get(what, '')} |", flush=True)


def seconds(work: Callable[[], object]) -> float:
    """How long it takes."""
    began_s = time.perf_counter()
    work()
    return time.perf_counter() - began_s


if __name__ == "__main__":
    main()
