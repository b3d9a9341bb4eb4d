"""Every file of the hostile corpus through probe and prepare: a result or one line, and nothing else opened."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from pipeline.errors import MediaError
from pipeline.media.prepare import prepare
from pipeline.media.probe import probe
from tests.support import hostile


@pytest.mark.timeout(600)  # forty files, a process or two for each
def test_every_hostile_file_is_a_result_or_one_clear_line(tmp_path: Path) -> None:
    corpus, out = tmp_path / "corpus", tmp_path / "out"
    corpus.mkdir()
    out.mkdir()
    wrong: list[str] = []
    with hostile.Trap() as trap:
        for file in hostile.corpus(corpus, url=trap.url):
            said = _said(file.path, None if file.verdict is hostile.Verdict.ACCEPTED else out)
            accepted = said is None
            if file.verdict is hostile.Verdict.ACCEPTED and not accepted:
                wrong.append(f"{file.name} was refused: {said}")
            if file.verdict is hostile.Verdict.REJECTED and not (
                said and re.search(file.mentions, said, re.IGNORECASE)
            ):
                wrong.append(f"{file.name} should be refused with {file.mentions!r}, got: {said}")
            if said is not None and ("\n" in said or "; " not in said or len(said) > 400):
                wrong.append(f"{file.name}: not one line with a remedy: {said!r}")
        assert trap.hits == []
    assert wrong == []


def _said(path: Path, out: Path | None) -> str | None:
    """The refusal without the file's name; None when it was taken. Without ``out`` it is probed only."""
    try:
        asset = probe(path)
        if out is not None:
            prepare(path, asset, out)
    except MediaError as error:
        return str(error).replace(repr(path.name), "it")
    return None
