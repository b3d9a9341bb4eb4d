"""How much memory this machine gives us: what is built in, or less where a control group allows less."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

ROOT = Path("/")


def memory_bytes(processes: int, *, root: Path = ROOT) -> int:
    """Memory for an engine that may keep ``processes`` cores busy: as large a part of it as they are of all cores.

    Engines that share a machine share its cores (``--processes``, divided among the places of a job), so that what
    they may take together fits.
    """
    built_in = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")
    cores = os.cpu_count() or 1
    return min([built_in, *_limits(root)]) * min(processes, cores) // cores


def _limits(root: Path) -> Iterator[int]:
    """Limits of the control groups that this process is in, as cgroups(7) has them; a container may see one alone."""
    try:
        told = (root / "proc/self/cgroup").read_text("utf-8").splitlines()
    except OSError:
        return
    mounted = root / "sys/fs/cgroup"
    for line in told:
        _number, controllers, path = line.split(":", 2)
        if not controllers:
            files, top = "memory.max", mounted
        elif "memory" in controllers.split(","):
            files, top = "memory.limit_in_bytes", mounted / "memory"
        else:
            continue
        group = top / path.strip("/")
        for folder in (group, *group.parents):  # each bounds those in it
            if not folder.is_relative_to(top):
                break
            try:
                yield int((folder / files).read_text("ascii"))
            except (OSError, ValueError):  # not mounted, or "max"
                continue
