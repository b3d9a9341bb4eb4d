"""``./run bench [NAME…] [--write]``: the benchmarks, each in a process of its own, one table each.

All of them by default. ``--write`` puts what was measured into ``tests/bench/README.md``. Exit code 1 when a
target is missed or a benchmark fails, 2 when there is none of that name.
"""

from __future__ import annotations

import argparse
import ast
import subprocess
import sys
import tempfile
from datetime import UTC, datetime
from pathlib import Path

from tests.bench import results
from tests.bench.machine import ROOT, machine, versions
from tests.bench.readme import Measured, with_results
from tests.bench.results import EXIT_LEFT_OUT, Result, Verdict

FOLDER = Path(__file__).parent
README = FOLDER / "README.md"

EXIT_MET = 0
EXIT_MISSED = 1
"""Exit codes; 2 is wrong usage and argparse's own."""


def main() -> int:
    """Run what was asked for, tell the verdict, write it down."""
    known = {path.stem.removeprefix("bench_"): path for path in sorted(FOLDER.glob("bench_*.py"))}
    asking = argparse.ArgumentParser(prog="./run bench", description="Benchmarks, each in a process of its own.")
    asking.add_argument("names", nargs="*", metavar="NAME", help=f"all by default: {', '.join(known)}")
    asking.add_argument("--write", action="store_true", help="write the results into tests/bench/README.md")
    asked = asking.parse_args()
    if unknown := [name for name in asked.names if name not in known]:
        asking.error(f"no benchmark {', '.join(unknown)}; choose of {', '.join(known)}")
    found: dict[str, list[Result]] = {}
    ends: dict[str, int] = {}
    for name in dict.fromkeys(asked.names or known):
        print(f"\n## {name}\n\n{about(known[name])}\n", flush=True)
        with tempfile.TemporaryDirectory(prefix="reelingua-bench-") as folder:
            records = Path(folder) / "results.json"
            ends[name] = measure(name, records)
            if ends[name] == 0:
                found[name] = results.read(records)
    if asked.write and found:
        write({name: known[name] for name in found}, found)
    return verdict(found, ends)


def measure(name: str, records: Path) -> int:
    """Exit code of one benchmark, which prints its results as they come and writes them to ``records``."""
    argv = [sys.executable, "-m", f"tests.bench.bench_{name}", "--records", str(records)]
    return subprocess.run(argv, cwd=ROOT, check=False).returncode


def write(modules: dict[str, Path], found: dict[str, list[Result]]) -> None:
    """Put the results into the README."""
    today, where, what = datetime.now(UTC).date().isoformat(), machine(), versions()
    measured = [Measured(name, about(path), today, where, what, tuple(found[name])) for name, path in modules.items()]
    README.write_text(with_results(README.read_text(encoding="utf-8"), measured), encoding="utf-8")
    print(f"\nwritten to {README.relative_to(ROOT)}")


def verdict(found: dict[str, list[Result]], ends: dict[str, int]) -> int:
    """Say in a few lines what was missed, and give the exit code. What was left out is neither met nor missed."""
    held = [(name, result) for name, several in found.items() for result in several if result.target is not None]
    missed = [(name, result) for name, result in held if result.verdict is Verdict.MISSED]
    left_out = [name for name, code in ends.items() if code == EXIT_LEFT_OUT]
    failed = [name for name, code in ends.items() if code not in (0, EXIT_LEFT_OUT)]
    print(f"\n{len(held) - len(missed)} of {len(held)} targets met")
    for name, result in missed:
        print(f"missed: {name}: {result.name}")
    for name in left_out:
        print(f"left out: {name} lacks what it measures on; its own message is above")
    for name in failed:
        print(f"failed: {name} ended with an error; its own message is above")
    return EXIT_MISSED if missed or failed else EXIT_MET


def about(module: Path) -> str:
    """First sentence of a module's docstring, read without importing it."""
    stated = ast.get_docstring(ast.parse(module.read_text(encoding="utf-8"))) or ""
    return " ".join(stated.partition("\n\n")[0].split())


if __name__ == "__main__":
    sys.exit(main())
