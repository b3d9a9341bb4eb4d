from __future__ import annotations

import os
from pathlib import Path

import pytest

from workers.engines.vllm import host

CORES = os.cpu_count() or 1
GIB = 2**30
SMALL = 1_000_000 * CORES
"""Bytes that no machine has less of."""


def grouped(root: Path, told: str, limits: dict[str, str]) -> Path:
    """A machine's files about control groups."""
    (root / "proc/self").mkdir(parents=True)
    (root / "proc/self/cgroup").write_text(told)
    for name, limit in limits.items():
        (root / "sys/fs/cgroup" / name).parent.mkdir(parents=True, exist_ok=True)
        (root / "sys/fs/cgroup" / name).write_text(limit)
    return root


def test_without_control_groups_it_is_what_is_built_in(tmp_path: Path) -> None:
    built_in = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")
    assert host.memory_bytes(CORES, root=tmp_path) == built_in


@pytest.mark.parametrize(
    ("told", "limits"),
    [
        ("0::/a/b\n", {"a/b/memory.max": f"{SMALL}\n"}),
        ("0::/a/b\n", {"a/memory.max": f"{SMALL}\n", "a/b/memory.max": "max\n"}),
        ("0::/\n", {"memory.max": f"{SMALL}\n"}),
        ("0::/elsewhere\n", {"memory.max": f"{SMALL}\n"}),  # a container that sees its own group alone
        ("5:cpu:/x\n4:memory:/a\n0::/\n", {"memory/a/memory.limit_in_bytes": f"{SMALL}\n"}),
        ("4:hugetlb,memory:/gone\n", {"memory/memory.limit_in_bytes": f"{SMALL}\n"}),
    ],
)
def test_the_narrowest_limit_of_its_control_groups_counts(tmp_path: Path, told: str, limits: dict[str, str]) -> None:
    assert host.memory_bytes(CORES, root=grouped(tmp_path, told, limits)) == SMALL


def test_an_engine_has_as_large_a_part_of_the_memory_as_of_the_cores(tmp_path: Path) -> None:
    root = grouped(tmp_path, "0::/\n", {"memory.max": str(SMALL)})
    assert host.memory_bytes(1, root=root) == SMALL // CORES
    assert host.memory_bytes(2 * CORES, root=root) == SMALL


def test_this_machine_has_some() -> None:
    assert host.memory_bytes(CORES) > GIB // 4
