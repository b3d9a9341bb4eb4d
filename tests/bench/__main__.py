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
from tests.bench.results import Result, Verdict

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
    failed: list[str] = []
    for name in dict.fromkeys(asked.names or known):
        print(f"\n## {name}\n\n{about(known[name])}\n", flush=True)
        measured = measure(name)
        if measured is None:
            failed.append(name)
        else:
            found[name] = measured
    if asked.write and found:
        write({name: known[name] for name in found}, found)
    return verdict(found, failed)


def measure(name: str) -> list[Result] | None:
    """Results of one benchmark, printed as they come; None when it failed, which it said itself."""
    with tempfile.TemporaryDirectory(prefix="reelingua-bench-") as folder:
        records = Path(folder) / "results.json"
        argv = [sys.executable, "-m", f"tests.bench.bench_{name}", "--records", str(records)]
        done = subprocess.run(argv, cwd=ROOT, check=False)
        return results.read(records) if done.returncode == 0 else None


def write(modules: dict[str, Path], found: dict[str, list[Result]]) -> None:
    """Put the results into the README."""
    today, where, what = datetime.now(UTC).date().isoformat(), machine(), versions()
    measured = [Measured(name, about(path), today, where, what, tuple(found[name])) for name, path in modules.items()]
    README.write_text(with_results(README.read_text(encoding="utf-8"), measured), encoding="utf-8")
    print(f"\nwritten to {README.relative_to(ROOT)}")


def verdict(found: dict[str, list[Result]], failed: list[str]) -> int:
    """Say in a few lines what was missed, and give the exit code."""
    missed = [
        f"{name}: {result.name}"
        for name, all_results in found.items()
        for result in all_results
        if result.verdict is Verdict.MISSED
    ]
    held = sum(result.target is not None for all_results in found.values() for result in all_results)
    print(f"\n{held - len(missed)} of {held} targets met")
    for line in missed:
        print(f"missed: {line}")
    for name in failed:
        print(f"failed: {name} ended with an error; its own message is above")
    return EXIT_MISSED if missed or failed else EXIT_MET


def about(module: Path) -> str:
    """First sentence of a module's docstring, read without importing it."""
    stated = ast.get_docstring(ast.parse(module.read_text(encoding="utf-8"))) or ""
    return " ".join(stated.partition("\n\n")[0].split())


if __name__ == "__main__":
    sys.exit(main())
