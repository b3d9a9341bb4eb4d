"""Packets of a container, whatever state its end is in. Runs inside the sandbox only."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

import av
from av.stream import Stream


def demuxed(container: av.container.InputContainer, streams: Sequence[Stream]) -> Iterator[av.Packet[Any]]:
    """Packets of ``streams`` up to the end, or to where the file breaks; what is missing then shows in the length.

    Some have a time and no data; to a decoder such a packet means the end of its stream.
    """
    packets = container.demux(list(streams))
    while True:
        try:
            packet = next(packets, None)
        except av.error.FFmpegError:
            return
        if packet is None:
            return
        if packet.size or packet.pts is not None:
            yield packet
