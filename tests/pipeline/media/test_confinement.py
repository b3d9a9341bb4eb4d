"""What a process can still do once it is confined; each test confines a process of its own."""

from __future__ import annotations

import os
import socket
import subprocess
import sys
import tempfile
from pathlib import Path

import pytest

from pipeline.media import sandbox
from pipeline.media.limits import DEFAULT_LIMITS

BEGIN = """
import os, socket, sys
from pathlib import Path
from pipeline.media.confinement import confine
from pipeline.media.messages import Bounds
bounds = Bounds.model_validate_json(sys.argv[1])
"""

AS_NOBODY = "os.setgroups([]); os.setgid(65534); os.setuid(65534)"

CONFINE = "confine(bounds)"

CALL = "socket.socket().connect((b'127.0.0.1', int(sys.argv[2])))"

IDENTITIES = [
    pytest.param("", id="as-we-are"),
    pytest.param(AS_NOBODY, id="as-nobody", marks=pytest.mark.skipif(os.geteuid() != 0, reason="only root can")),
]


def run(*code: str, args: tuple[str, ...] = ()) -> subprocess.CompletedProcess[str]:
    bounds = sandbox.bounds(DEFAULT_LIMITS, length_ms=0, size_bytes=0).model_dump_json()
    argv = [sys.executable, "-c", "\n".join(code), bounds, *args]
    return subprocess.run(argv, cwd=sandbox.CODE, capture_output=True, text=True, check=False, timeout=60)


def can_leave_network(*kinds: str) -> bool:
    try:
        return subprocess.run(["unshare", *kinds, "true"], capture_output=True, check=False).returncode == 0
    except FileNotFoundError:
        return False


@pytest.mark.parametrize("identity", IDENTITIES)
def test_it_cannot_reach_the_network(identity: str) -> None:
    if not can_leave_network("--net", *(["--user"] if identity or os.geteuid() else [])):
        pytest.skip("this system lets no process leave the network")
    with socket.create_server(("127.0.0.1", 0)) as server:
        port = str(server.getsockname()[1])
        free = run(BEGIN, identity, CALL, args=(port,))
        assert free.returncode == 0, "without confinement the server can be reached"
        confined = run(BEGIN, identity, CONFINE, CALL, args=(port,))
    assert confined.returncode != 0
    assert "Network is unreachable" in confined.stderr


@pytest.mark.skipif(sys.platform != "linux", reason="only Linux tells")
def test_it_cannot_gain_rights() -> None:
    done = run(BEGIN, CONFINE, "print(Path('/proc/self/status').read_text())")
    assert "NoNewPrivs:\t1" in done.stdout


@pytest.mark.parametrize("identity", IDENTITIES)
def test_it_reads_and_writes_what_is_its_own(identity: str) -> None:
    with tempfile.TemporaryDirectory() as folder:
        mine = Path(folder) / "input.bin"
        mine.write_text("as before")
        mine.chmod(0o400)
        if identity:
            os.chown(folder, 65534, 65534)
            os.chown(mine, 65534, 65534)
        work = f"folder = Path({folder!r}); (folder / 'out').write_text((folder / 'input.bin').read_text())"
        assert run(BEGIN, identity, CONFINE, work).stderr == ""
        assert (Path(folder) / "out").read_text() == "as before"


@pytest.mark.skipif(os.geteuid() != 0, reason="only root may read the files of others")
def test_root_reads_the_files_of_others(tmp_path: Path) -> None:
    others = tmp_path / "input.bin"
    others.write_text("not mine")
    others.chmod(0o400)
    os.chown(others, 65534, 65534)
    assert run(BEGIN, CONFINE, f"print(Path({str(others)!r}).read_text())").stdout == "not mine\n"
