"""Checkpoints that come from the Hugging Face Hub: 70 GB may take longer than a worker may be silent."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from pipeline.errors import EngineUnavailable

EVERY_S = 300.0
"""Time between two lines about a download. Ours: well below the silence that its parent takes for a hang, and few lines
for people."""

_BLOCK_BYTES = 512
"""Unit of ``st_blocks`` (POSIX)."""


def fetched(checkpoint: str, revision: str | None, *, tell: Callable[[str], None]) -> Path:
    """Folder of a checkpoint of the hub, which is downloaded as far as it is not here.

    Raises:
        EngineUnavailable: It cannot be had.

    """
    from huggingface_hub import constants, snapshot_download  # noqa: PLC0415 - for checkpoints of the hub alone

    into = Path(constants.HF_HUB_CACHE) / f"models--{checkpoint.replace('/', '--')}"
    try:
        with growth_told(into, tell=lambda gb: tell(f"fetching {checkpoint} from the hub: {gb:.1f} GB are here")):
            return Path(snapshot_download(checkpoint, revision=revision))
    except Exception as error:  # its own errors and those of the network are many
        said = " ".join(str(error).split())
        raise EngineUnavailable(f"{checkpoint} at {revision} cannot be fetched: {said}") from error


@contextmanager
def growth_told(folder: Path, *, tell: Callable[[float], None], every_s: float = EVERY_S) -> Iterator[None]:
    """While the block runs, tell how many GB (10^9 bytes) a folder holds whenever that has changed.

    What does not get on is not told of, so that a download that hangs is seen to hang.
    """
    is_over = threading.Event()

    def look() -> None:
        before = _bytes(folder)
        while not is_over.wait(every_s):
            if (now := _bytes(folder)) != before:
                before = now
                tell(now / 1e9)

    thread = threading.Thread(target=look, name="fetching", daemon=True)
    thread.start()
    try:
        yield
    finally:
        is_over.set()
        thread.join()


def _bytes(folder: Path) -> int:
    """What the files of a folder take on the disk; files may come and go meanwhile."""
    total = 0
    for path in folder.rglob("*"):
        try:
            total += path.lstat().st_blocks * _BLOCK_BYTES
        except OSError:
            continue
    return total
