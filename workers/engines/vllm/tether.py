"""What ends vLLM's processes when the worker that owns them dies without ending them.

vLLM's engine process does not notice that its parent was killed (0.30): it lives on and holds the GPU's memory, and the
worker that takes the dead one's place cannot load. ``python -m workers.engines.vllm.tether PID…`` waits for its
standard input to close, which happens however the worker ends, and kills what is left then.
"""

from __future__ import annotations

import contextlib
import os
import signal
import subprocess
import sys
from collections.abc import Sequence

_RELEASED = b"released"
_END_LIMIT_S = 5.0


class Tether:
    """Ties processes to the life of this one."""

    def __init__(self, pids: Sequence[int]) -> None:
        argv = [sys.executable, "-m", "workers.engines.vllm.tether", *map(str, pids)]
        # A session of its own, so that what ends the worker's group does not end it first.
        self._process = subprocess.Popen(argv, stdin=subprocess.PIPE, start_new_session=True)

    def release(self) -> None:
        """The processes have ended, or may live on."""
        assert self._process.stdin is not None
        with contextlib.suppress(BrokenPipeError):
            self._process.stdin.write(_RELEASED)
            self._process.stdin.close()
        try:
            self._process.wait(_END_LIMIT_S)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()


def main(argv: Sequence[str]) -> int:
    """Wait, then kill."""
    pids = [int(pid) for pid in argv]
    said = sys.stdin.buffer.read()
    if said != _RELEASED:
        for pid in pids:
            with contextlib.suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
