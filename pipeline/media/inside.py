"""The process that opens untrusted media: ``python -m pipeline.media.inside FOLDER``.

It may die. Before anything of the file is read it leaves the network and limits its own memory, time and
output (``pipeline.media.confinement``). It sees the input as ``input.bin`` in its own folder, opens nothing
else (formats and protocols are listed), and answers with ``answer.json`` or ``refusal.json``; progress goes
to standard output, a JSON line each. Or it gives itself over to ffmpeg, which keeps those limits and speaks for
itself.
"""

from __future__ import annotations

import os
import signal
import sys
import time
from contextlib import ExitStack
from pathlib import Path
from typing import TYPE_CHECKING, NoReturn

from pydantic import TypeAdapter

from pipeline.errors import DecodeFailed, MediaError, ProbeFailed
from pipeline.media.confinement import confine
from pipeline.media.messages import Bounds, PrepareRequest, ProgramRequest, Progress, Refusal, Request, SoundRequest

if TYPE_CHECKING:
    import av

FORMATS = "mov,mp4,m4a,3gp,3g2,mj2,matroska,webm,avi,mpegts,mpeg,mxf,wav,w64,mp3,flac,ogg,aac,ac3,eac3,aiff,asf,flv"
"""Containers that are opened; no playlist, no script, no picture is among them."""

REQUEST, ANSWER, REFUSAL, INPUT = "request.json", "answer.json", "refusal.json", "input.bin"
"""Names in the folder."""

_PROGRESS_S = 0.25  # as often as a progress bar is redrawn


def main(folder: Path) -> int:
    """Answer the request that lies in ``folder``; 0 also for a refusal, which is an answer."""
    text = (folder / REQUEST).read_text("utf-8")
    request = Request.model_validate_json(text, extra="ignore")
    confine(request.bounds)
    if request.job == "program":
        _become(text)
    try:
        match request.job:
            case "survey":
                answer = _survey(folder, request.bounds)
            case "sound":
                answer = _sound(folder, text)
            case _:
                answer = _prepare(folder, text)
    except MediaError as error:
        (folder / REFUSAL).write_text(Refusal(what=error.what, remedy=error.remedy).model_dump_json(), "utf-8")
    except MemoryError:
        _refuse_memory(folder, request.bounds)
    else:
        (folder / ANSWER).write_text(answer, "utf-8")
    return 0


def _become(text: str) -> NoReturn:
    """Run another program in this process; what it was confined to stays."""
    request = ProgramRequest.model_validate_json(text)
    for ignored in (signal.SIGPIPE, signal.SIGXFSZ):  # by Python, and what is ignored stays so in the program
        signal.signal(ignored, signal.SIG_DFL)
    os.execv(request.program, [request.program, *request.arguments])  # noqa: S606 - no shell is wanted


def _survey(folder: Path, bounds: Bounds) -> str:
    from pipeline.media.survey import survey  # noqa: PLC0415 - after the limits, so that imports are under them

    with _opened(folder, bounds) as container:
        return survey(container, bounds.limits, _Reporter().report).model_dump_json()


def _prepare(folder: Path, text: str) -> str:
    from pipeline.media.decode import decode  # noqa: PLC0415 - as above
    from schemas.media import Prepared  # noqa: PLC0415 - as above

    request = PrepareRequest.model_validate_json(text)
    with ExitStack() as stack:
        container = stack.enter_context(_opened(folder, request.bounds))
        again = container
        if request.video_index is not None:  # a second index of ten hours of audio would take 50 MB
            again = stack.enter_context(_opened(folder, request.bounds))
        made = decode(container, again, request, folder, _Reporter().report)
        return TypeAdapter(Prepared).dump_json(made).decode()


def _sound(folder: Path, text: str) -> str:
    from pipeline.media.sound_decode import decode_sound  # noqa: PLC0415 - as above

    request = SoundRequest.model_validate_json(text)
    with _opened(folder, request.bounds) as container:
        return decode_sound(container, request, folder, _Reporter().report).model_dump_json()


def _opened(folder: Path, bounds: Bounds) -> av.container.InputContainer:
    import av  # noqa: PLC0415 - as above

    options = {
        "format_whitelist": FORMATS,
        "protocol_whitelist": "file",
        "max_streams": str(bounds.limits.max_streams),
        "fflags": "+genpts",
    }
    try:
        return av.open(f"file:{folder / INPUT}", options=options, metadata_errors="replace")
    except av.error.MemoryError as error:
        raise MemoryError from error
    except av.error.FFmpegError as error:
        raise ProbeFailed(
            f"it is not media in a format that we take ({error.strerror})",
            "give a video or audio file such as MP4, MOV, MKV, MXF, TS, WAV, FLAC or MP3",
        ) from error


class _Reporter:
    """Progress as lines on standard output, a few per second."""

    def __init__(self) -> None:
        self._at = 0.0

    def report(self, done: int) -> None:
        now = time.monotonic()
        if now - self._at >= _PROGRESS_S:
            self._at = now
            sys.stdout.write(Progress(done=done).model_dump_json() + "\n")
            sys.stdout.flush()


def _refuse_memory(folder: Path, bounds: Bounds) -> None:
    failed = DecodeFailed(
        f"opening it takes more than {bounds.limits.memory_bytes >> 20} MiB of memory", "export it again"
    )
    (folder / REFUSAL).write_text(Refusal(what=failed.what, remedy=failed.remedy).model_dump_json(), "utf-8")


if __name__ == "__main__":
    sys.exit(main(Path(sys.argv[1])))
