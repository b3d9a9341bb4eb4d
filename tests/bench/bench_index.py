"""The DuckDB index over a large library: how long to build, to keep up to date, and to ask.

    python -m tests.bench.bench_index [--cues 10000000] [--assets 1000] [--folder DIR]

Two libraries are made in a temporary folder, straight as table parts: one of ``--cues`` captions, 1,000 to an
asset, and one of ``--assets`` assets with a part in each of the tables. Times of questions are medians.
"""

from __future__ import annotations

import random
import resource
import statistics
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from pipeline.store import index, layout
from pipeline.store.objects import FolderObjects
from schemas import columns
from schemas.tables import TABLES, CueRow
from tests.bench.results import Result, Target, at_most, parser, report

COMMAND = "./run bench index"

CUES_PER_ASSET = 1000
"""A title of about an hour."""

WORDS = (
    "the of and to a in that is was he for it with as his on be at by I this had not are but from or have an".split()
)
LOOKUPS = 100
LINES = 20_000
"""Different lines of text to draw from."""

LOOKUP_S, AGGREGATE_S = at_most(0.1), at_most(1.0)
"""The project's target: an indexed lookup among ten million cues, and an aggregate."""


def main() -> None:
    """Make, measure, print."""
    asking = parser(__doc__)
    asking.add_argument("--cues", type=int, default=10_000_000)
    asking.add_argument("--assets", type=int, default=1000)
    asking.add_argument("--folder", type=Path, default=None, help="where the libraries are made, for a while")
    asked = asking.parse_args()
    report(measured(asked.cues // CUES_PER_ASSET, asked.assets, asked.folder), records=asked.records)


def measured(parts: int, assets: int, where: Path | None) -> Iterator[Result]:
    """Both libraries, one after the other."""
    with tempfile.TemporaryDirectory(prefix="reelingua-bench-", dir=where) as folder:
        yield from many_cues(FolderObjects(Path(folder) / "cues"), parts)
        yield from many_tables(FolderObjects(Path(folder) / "tables"), assets)
    yield Result("peak memory", resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024, "MiB", None, COMMAND)


def many_cues(objects: FolderObjects, assets: int) -> Iterator[Result]:
    """Build, keep up to date and ask an index of many captions."""
    lines = pool_of_lines()
    for asset in range(assets):
        write_cues(objects, asset, lines)
    path = index.place(objects)
    size = f"{assets * CUES_PER_ASSET:,} cues"
    yield took(f"build, {size} in {assets:,} parts", seconds(lambda: index.sync(objects, path)))
    yield took(f"sync, nothing new, {size}", seconds(lambda: index.sync(objects, path)))
    write_cues(objects, assets, lines)
    yield took(f"sync, one asset more, {size}", seconds(lambda: index.sync(objects, path)))
    yield Result(f"file, {size}", path.stat().st_size / 1e6, "MB", None, COMMAND)
    draw = random.Random(1)
    fresh_s = [lookups(path, lambda: by_id(draw, assets), times=1)[0] for _ in range(5)]
    yield took(f"first cue of a fresh connection, by cue_id, {size}", statistics.median(fresh_s))
    by_id_s = lookups(path, lambda: by_id(draw, assets), times=LOOKUPS)
    yield took(f"one cue by cue_id, {size}", statistics.median(by_id_s), LOOKUP_S)
    by_asset_s = lookups(path, lambda: by_asset(draw, assets), times=LOOKUPS)
    yield took(f"one cue by asset and index, {size}", statistics.median(by_asset_s), LOOKUP_S)
    aggregate = "SELECT language, profile, count(*), avg(reading_speed_cps) FROM cues GROUP BY ALL"
    yield took(f"aggregate, {size}", statistics.median(lookups(path, lambda: aggregate, times=5)), AGGREGATE_S)
    search = "SELECT count(*) FROM cues WHERE text ILIKE '%had not had%'"
    yield took(f"search all texts, {size}", statistics.median(lookups(path, lambda: search, times=5)))


def many_tables(objects: FolderObjects, assets: int) -> Iterator[Result]:
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
    yield took(f"build, {count}", seconds(lambda: index.sync(objects, path)))
    yield took(f"sync, nothing new, {count}", seconds(lambda: index.sync(objects, path)))


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


def lookups(path: Path, question: Callable[[], str], *, times: int) -> list[float]:
    """Seconds that each of ``times`` questions took, over one connection."""
    found: list[float] = []
    with index.opened(path) as connection:
        for sql in [question() for _ in range(times)]:
            began_s = time.perf_counter()
            connection.execute(sql).fetchall()
            found.append(time.perf_counter() - began_s)
    return found


def took(what: str, took_s: float, target: Target | None = None) -> Result:
    """A result in seconds."""
    return Result(what, took_s, "s", target, COMMAND)


def seconds(work: Callable[[], object]) -> float:
    """How long it takes."""
    began_s = time.perf_counter()
    work()
    return time.perf_counter() - began_s


if __name__ == "__main__":
    main()
