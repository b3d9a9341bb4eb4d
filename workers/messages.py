"""What a worker tells its parent: one JSON object per line on standard output.

Standard error is for people. A parent that reads a line it does not know has another version
of the project at the other end, and says so.
"""

from __future__ import annotations

from enum import StrEnum
from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field, TypeAdapter

from schemas.figures import Figures
from schemas.jobs import Job
from workers.jobs import Member


class _Message(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class Loading(_Message):
    """It loads, which may take long, and has come further."""

    event: Literal["loading"] = "loading"

    text: str
    """How far, for people; one line."""


class Ready(_Message):
    """The engine is loaded; requests are answered from now on."""

    event: Literal["ready"] = "ready"

    members: tuple[Member, ...]
    """The jobs that it answers, and the model of each."""

    takes: int
    """Most requests that keep it busy: more at once would only wait in the folder."""


class Started(_Message):
    """These requests are with the engine now: if it dies, it was one of them."""

    event: Literal["started"] = "started"

    request_ids: tuple[str, ...]
    """Ids of the requests."""


class Answered(_Message):
    """A part with answers is whole and in its place."""

    event: Literal["answered"] = "answered"

    job: Job
    """What was asked."""

    request_ids: tuple[str, ...]
    """Ids of the requests that it answers, in the order of its rows."""

    asset_id: str
    """The asset they are about."""

    part: str
    """Path of the part, relative to the results folder."""


class Refused(_Message):
    """A part of requests cannot be read, so that its ids are not known here."""

    event: Literal["refused"] = "refused"

    part: str
    """Name of the part in the requests folder."""

    reason: str
    """What is wrong with it."""


class Progress(_Message):
    """What the engine has done and is at; told while there is work, and before each answer."""

    event: Literal["progress"] = "progress"

    figures: Figures
    """Its figures."""


class Ending(StrEnum):
    """Why a worker gives up."""

    UNAVAILABLE = "unavailable"
    """The engine cannot be loaded here."""

    USAGE = "usage"
    """The arguments are wrong."""

    STORE = "store"
    """Answers cannot be written."""

    CRASHED = "crashed"
    """The engine is gone."""


class Fatal(_Message):
    """The worker gives up; it exits after this."""

    event: Literal["fatal"] = "fatal"

    kind: Ending
    """Why."""

    text: str
    """What happened, why, and what to do; one line."""


Message = Loading | Ready | Started | Answered | Refused | Progress | Fatal
"""All that a worker can say."""

_ANY: TypeAdapter[Message] = TypeAdapter(Annotated[Message, Field(discriminator="event")])


def parse(line: bytes) -> Message:
    """The message on one line.

    Raises:
        ValueError: It is none of ours.

    """
    return _ANY.validate_json(line)


def compose(message: Message) -> bytes:
    """The line of a message, with its line feed."""
    return message.model_dump_json().encode() + b"\n"
