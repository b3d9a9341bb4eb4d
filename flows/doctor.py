"""``reelingua doctor``: what is installed, what is missing, how to get it."""

from __future__ import annotations

import os
import platform
import shutil
from collections.abc import Iterator
from dataclasses import dataclass
from importlib import metadata

from rich.console import Console
from rich.table import Table

from flows import exit_codes
from flows.terminal import shown
from pipeline.errors import ReelinguaError
from pipeline.store.objects import FolderObjects, open_objects
from workers.registry import REGISTRY, Registry

LOW_DISK_GB = 10
"""Ours: speech audio and frames of a two-hour film take about 0.3 GB, so this is thirty films."""


@dataclass(frozen=True, slots=True)
class Check:
    """One thing that was looked at."""

    what: str
    """What."""

    is_well: bool
    """Whether it is as it should be."""

    detail: str
    """Version or state; for what is not well, what to do."""

    is_needed: bool = True
    """Whether nothing runs without it."""


def run(*, library: str, console: Console, registry: Registry = REGISTRY) -> int:
    """Print every check; 1 when something that is needed is missing."""
    checks = list(_checks(library, registry))
    table = Table(box=None, pad_edge=False, show_header=False)
    for check in checks:
        mark = "[green]ok[/]" if check.is_well else "[red]missing[/]" if check.is_needed else "[yellow]none[/]"
        table.add_row(mark, shown(check.what), shown(check.detail))
    console.print(table)
    return exit_codes.DONE if all(check.is_well or not check.is_needed for check in checks) else exit_codes.FAILED


def _checks(library: str, registry: Registry) -> Iterator[Check]:
    yield Check("Python", is_well=True, detail=f"{platform.python_version()} on {os.cpu_count()} cores")
    yield Check("reelingua", is_well=True, detail=metadata.version("reelingua"))
    yield Check("decoder", is_well=True, detail=f"PyAV {metadata.version('av')} with its own FFmpeg libraries")
    for family in registry.families:
        lacks = registry.availability(family.name)
        detail = "; ".join(f"{one.what}: {one.remedy}" for one in lacks)
        # One family that runs is enough; the embedded one needs nothing that ./run does not bring.
        is_needed = family is registry.families[-1]
        yield Check(f"engine {family.name}", is_well=not lacks, detail=detail, is_needed=is_needed)
        for extra in family.extras():
            detail = "; ".join(filter(None, (extra.has, extra.remedy)))
            yield Check(f"{family.name} {extra.what}", is_well=bool(extra.has), detail=detail, is_needed=False)
    yield _library(library)


def _library(uri: str) -> Check:
    try:
        objects = open_objects(uri)
    except ReelinguaError as error:
        return Check("library", is_well=False, detail=str(error))
    if not isinstance(objects, FolderObjects):
        return Check("library", is_well=True, detail=objects.uri)
    folder = next(path for path in (objects.root, *objects.root.parents) if path.exists())
    free_gb = shutil.disk_usage(folder).free / 1e9
    if not os.access(folder, os.W_OK):
        return Check("library", is_well=False, detail=f"{folder} is not writable; give this user the right")
    if free_gb < LOW_DISK_GB:
        return Check("library", is_well=False, detail=f"{free_gb:.1f} GB free at {folder}; make room")
    return Check("library", is_well=True, detail=f"{objects.uri}, {free_gb:.0f} GB free")
