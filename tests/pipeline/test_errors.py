"""Every error of the project has its place in the tree, and survives the way between processes."""

from __future__ import annotations

import ast
import pickle
from collections.abc import Iterator
from pathlib import Path

import pytest

from pipeline import errors
from pipeline.errors import EngineCrashed, FfmpegFailed, Missing, ProbeFailed, ReelinguaError, TextFileError

ROOT = Path(__file__).parents[2]


def defined_classes() -> Iterator[tuple[str, set[str]]]:
    """Name and named bases of every class of the project."""
    for folder in ("schemas", "pipeline", "workers", "flows"):
        for path in (ROOT / folder).rglob("*.py"):
            for node in ast.walk(ast.parse(path.read_text("utf-8"))):
                if isinstance(node, ast.ClassDef):
                    yield node.name, {ast.unparse(base).rpartition(".")[2] for base in node.bases}


def test_the_tree_names_every_error_of_the_project() -> None:
    classes = dict(defined_classes())
    found = {"ReelinguaError"}
    while grown := {name for name, bases in classes.items() if bases & found} - found:
        found |= grown
    drawn = {line.strip("│├└─ ").split()[0] for line in (errors.__doc__ or "").splitlines() if "─" in line}
    assert drawn == found - {"ReelinguaError"}


@pytest.mark.parametrize(
    "error",
    [
        ProbeFailed("a.mkv is empty", "copy it again"),
        TextFileError("no time line", "mend it", 7),
        FfmpegFailed("a.mkv cannot be muxed", "export it again", ("ffmpeg", "-i"), 1, "Invalid data"),
        EngineCrashed("align", -9, "killed"),
        Missing("assets/a"),
    ],
)
def test_an_error_is_the_same_after_pickling(error: ReelinguaError) -> None:
    again = pickle.loads(pickle.dumps(error))
    assert type(again) is type(error)
    assert vars(again) == vars(error)
    assert str(again) == str(error)
