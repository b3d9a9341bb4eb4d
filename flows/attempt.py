"""One try at one source: its outcome, and its receipt."""

from __future__ import annotations

import logging
import time
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Self

from pipeline.errors import MediaError, ReelinguaError
from pipeline.stages import title
from pipeline.stages.work import Work
from pipeline.store import receipts
from pipeline.store.file_version import FileVersion
from pipeline.store.objects import Objects
from pipeline.store.receipts import Receipt
from pipeline.text import one_line
from schemas.outcome import Outcome, Status

_LOG = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Offered:
    """A source, and the name and version that its receipt is kept under."""

    path: Path
    """The file."""

    key: str
    """Its key in the drop folder, or its absolute path."""

    etag: str
    """Which version of it."""

    @classmethod
    def at(cls, path: Path) -> Self:
        """A file that was named on the command line."""
        try:
            etag = FileVersion.of(path.stat()).etag
        except OSError as error:
            etag = f"unreadable-{error.errno}"
        return cls(path, str(path.absolute()), etag)


def attempt(work: Work, offered: Offered) -> Outcome:
    """What became of one source; what goes wrong is in the outcome and is never raised."""
    began_s = time.monotonic()
    try:
        return receipted(work, offered)
    except ReelinguaError as error:
        message = str(error)
    except Exception as error:
        _LOG.exception("a fault in our own code, with %s", one_line(offered.key))
        message = f"a fault in our own code ({type(error).__name__}: {error}); please report it with what was logged"
    return without_release(offered, Status.FAILED, message, wall_s=time.monotonic() - began_s)


def receipted(work: Work, offered: Offered) -> Outcome:
    """What became of one source. A release and a rejection leave a receipt.

    Raises:
        ReelinguaError: Something of ours broke; there is no receipt, since the next run tries again.

    """
    began_s = time.monotonic()
    try:
        outcome = title.make(work, offered.path)
    except MediaError as error:
        reject(work.objects, offered, reason=error.what, remedy=error.remedy)
        return without_release(offered, Status.REJECTED, str(error), wall_s=time.monotonic() - began_s)
    told = receipts.find(work.objects, offered.key, offered.etag)
    if told is None or told.release_id != outcome.release_id:
        receipts.write(work.objects, _acceptance(offered, outcome))
    return outcome


def without_release(offered: Offered, status: Status, message: str, *, wall_s: float) -> Outcome:
    """The outcome of a source that has no release to show."""
    return Outcome(
        source=str(offered.path),
        status=status,
        asset_id=None,
        release_id=None,
        message=message,
        length_ms=0,
        cues=0,
        languages=(),
        dubs=(),
        flagged=0,
        scenes=0,
        speakers=0,
        errors=0,
        warnings=0,
        wall_s=wall_s,
    )


def reject(objects: Objects, offered: Offered, *, reason: str, remedy: str) -> None:
    """Leave a receipt that says why a source cannot be used and what to do."""
    receipt = Receipt(
        offered.key,
        offered.etag,
        receipts.Verdict.REJECTED,
        asset_id=None,
        release_id=None,
        reason=reason,
        remedy=remedy,
        at=_now(),
    )
    receipts.write(objects, receipt)


def _acceptance(offered: Offered, outcome: Outcome) -> Receipt:
    return Receipt(
        offered.key,
        offered.etag,
        receipts.Verdict.ACCEPTED,
        asset_id=outcome.asset_id,
        release_id=outcome.release_id,
        reason=None,
        remedy=None,
        at=_now(),
    )


def _now() -> str:
    return datetime.now(UTC).isoformat(timespec="seconds")
