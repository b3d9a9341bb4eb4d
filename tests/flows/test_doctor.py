from __future__ import annotations

import dataclasses
import io
from pathlib import Path

import pytest
from rich.console import Console

from flows import doctor
from tests.support.command import reelingua
from workers.engines.embedded.family import EMBEDDED
from workers.families import Extra, Lack
from workers.registry import Registry

WIDE = 200


def checked(library: Path, registry: Registry) -> tuple[int, str]:
    """Exit code and what is printed."""
    out = io.StringIO()
    code = doctor.run(library=str(library), console=Console(file=out, width=WIDE), registry=registry)
    return code, out.getvalue()


def line(printed: str, what: str) -> str:
    return next(line for line in printed.splitlines() if what in line)


def test_it_names_what_is_translated_and_in_how_many_languages_it_speaks(tmp_path: Path) -> None:
    ended = reelingua("doctor", "--library", tmp_path)
    assert "eSpeak NG in 1" in ended.out
    assert "embedded translation" in ended.out
    assert "apt-get install" in ended.out


@pytest.mark.parametrize(("has", "mark"), [("", "none"), ("Apertium: en-es", "ok")])
def test_what_the_engines_can_run_without_is_told_and_is_no_fault(tmp_path: Path, has: str, mark: str) -> None:
    extra = Extra("translation", has, "apt-get install more")
    code, printed = checked(tmp_path, Registry((dataclasses.replace(EMBEDDED, extras=lambda: [extra]),)))
    assert code == 0
    told = line(printed, "embedded translation")
    assert told.startswith(mark)
    assert has in told
    assert "apt-get install more" in told


def test_what_the_engines_cannot_run_without_is_missing(tmp_path: Path) -> None:
    lack = Lack("PocketSphinx", "get it")
    code, printed = checked(tmp_path, Registry((dataclasses.replace(EMBEDDED, lacks=lambda: [lack]),)))
    assert code == 1
    assert line(printed, "engine embedded").startswith("missing")
    assert "PocketSphinx: get it" in printed
