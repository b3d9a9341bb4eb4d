"""What imports what, and what a file may look like: one-way layers, confined packages, files of a readable size."""

from __future__ import annotations

import ast
import os
from functools import cache
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]

LAYERS = ("schemas", "pipeline", "workers", "flows")
"""Each imports only those before it."""

CONFINED = {
    "av": "pipeline/media",
    "boto3": "pipeline/store",
    "botocore": "pipeline/store",
    "duckdb": "pipeline/store",
    "espeakng_loader": "workers/engines",
    "ffmpeg": "pipeline/media",
    "parselmouth": "pipeline/localize",
    "pedalboard": "pipeline/localize",
    "pocketsphinx": "workers/engines",
    "prefect": "flows",
    "pysrt": "pipeline/captions/formats",
    "rich": "flows",
    "huggingface_hub": "workers/engines",
    "safetensors": "workers/engines",
    "torch": "workers/engines",
    "transformers": "workers/engines",
    "typer": "flows",
    "vllm": "workers/engines",
    "vllm_omni": "workers/engines",
}
"""Packages and the only folder that may import them."""

STARTERS = {
    *(f"os.{name}" for name in dir(os) if name.startswith(("exec", "spawn", "posix_spawn", "fork"))),
    "os.popen",
    "os.system",
    "asyncio.create_subprocess_exec",
    "asyncio.create_subprocess_shell",
}
"""What starts a program without ``subprocess``."""

OUTSIDE_WORLD = {"os", "pathlib", "io", "shutil", "socket", "subprocess", "tempfile", "urllib"}
"""What records have no business with."""

NAMELESS = {"utils", "util", "common", "helpers", "helper", "misc", "manager", "base"}
"""Names that say nothing about what a file does."""

MAX_LINES = 400
"""STYLE says about 350."""

SOURCES = sorted(path for layer in LAYERS for path in (ROOT / layer).rglob("*.py"))


@cache
def parsed(path: Path) -> ast.Module:
    return ast.parse(path.read_text(encoding="utf-8"), str(path))


@cache
def imported(path: Path) -> frozenset[str]:
    """Full names of the modules that a file imports, at its top or inside a function."""
    found = set()
    for node in ast.walk(parsed(path)):
        if isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{path}: imports are absolute"
            assert node.module is not None
            found.add(node.module)
    return frozenset(found)


def roots(path: Path) -> set[str]:
    return {name.partition(".")[0] for name in imported(path)}


def calls(path: Path) -> set[str]:
    """Attributes of modules that a file calls, as ``module.name``."""
    return {ast.unparse(node.func) for node in ast.walk(parsed(path)) if isinstance(node, ast.Call)}


def shown(path: Path) -> str:
    return path.relative_to(ROOT).as_posix()


def test_there_is_something_to_check() -> None:
    assert {shown(path).partition("/")[0] for path in SOURCES} == set(LAYERS)


@pytest.mark.parametrize("layer", LAYERS)
def test_a_layer_imports_only_layers_below_it(layer: str) -> None:
    above = {*LAYERS[LAYERS.index(layer) + 1 :], "tests", "infra"}
    found = {shown(path): sorted(bad) for path in (ROOT / layer).rglob("*.py") if (bad := roots(path) & above)}
    assert found == {}


@pytest.mark.parametrize(("package", "home"), sorted(CONFINED.items()))
def test_a_confined_package_stays_in_its_folder(package: str, home: str) -> None:
    found = [shown(path) for path in SOURCES if package in roots(path) and not shown(path).startswith(f"{home}/")]
    assert found == []


def test_ffmpeg_is_started_in_one_module() -> None:
    """One module has it run, in the process that the sandbox watches and that gives itself over to it."""
    assert [shown(path) for path in SOURCES if "imageio_ffmpeg" in roots(path)] == ["pipeline/media/ffmpeg.py"]
    pipeline = [path for path in SOURCES if shown(path).startswith("pipeline/")]
    assert [shown(path) for path in pipeline if "subprocess" in roots(path)] == ["pipeline/media/sandbox.py"]
    assert [shown(path) for path in pipeline if calls(path) & STARTERS] == ["pipeline/media/inside.py"]


def test_records_do_not_touch_the_outside_world() -> None:
    found = {
        shown(path): sorted(bad) for path in (ROOT / "schemas").rglob("*.py") if (bad := roots(path) & OUTSIDE_WORLD)
    }
    assert found == {}


def test_every_file_says_what_it_is() -> None:
    assert [shown(path) for path in SOURCES if not ast.get_docstring(parsed(path))] == []


def test_no_file_has_a_name_that_says_nothing() -> None:
    assert [shown(path) for path in SOURCES if path.stem in NAMELESS or path.parent.name in NAMELESS] == []


def test_no_file_grows_without_limit() -> None:
    counts = {shown(path): len(path.read_text(encoding="utf-8").splitlines()) for path in SOURCES}
    assert {name: count for name, count in counts.items() if count > MAX_LINES} == {}
