"""What a service is to the road: its name, what it reads with which handler, what it writes."""

from collections.abc import Awaitable, Callable, Mapping, Sequence
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass, field
from datetime import datetime
from typing import TYPE_CHECKING, Any, Protocol

from contracts.message import Message, Topic
from services.chassis.fence import FENCES, REBUILD
from services.chassis.ports import Reader
from services.chassis.work import Taken, Work

if TYPE_CHECKING:
    from asyncio import Task

    from services.chassis.parts import Parts

Handler = Callable[[Work, Sequence[Taken]], Awaitable[None]]
Edge = Callable[["Parts"], AbstractAsyncContextManager[Sequence["Task[None]"]]]  # gives what must not end by itself


class Timers(Protocol):
    """What a lane does by itself, when it has read its input to the end."""

    async def due(self, reader: Reader, partition: int, at: datetime) -> Sequence[Any]:
        """Give a page of what is due in this lane at `at`, in order.

        Effects outside, such as mail, happen here, under ids that are the same each time: it may be
        called again for the same things after a fault.
        """

    async def first_due(self, reader: Reader, partition: int, at: datetime) -> datetime | None:
        """Give since when the oldest of what is due in this lane at `at` has been so, None if nothing is."""

    async def settle(self, work: Work, due: Sequence[Any]) -> None:
        """Write down that these are done, re-arm them, and say so."""


@dataclass(frozen=True)
class Input:
    """A topic that a service reads, message by message validated, batch by batch handled.

    `after`: first read these to the end that they had when the lane was opened.
    `level_with`, for messages that `looks_back` tells of: first read these to the end that they had when the
    message was taken, so that the handler knows all that had happened by then.
    `echoes`: pass over what this service itself has said since its documents were made: they know it.
    `tombstone`: what a record without value means; absent: it is a dead letter.
    """

    topic: Topic
    handle: Handler
    after: tuple[Topic, ...] = ()
    level_with: tuple[Topic, ...] = ()
    looks_back: Callable[[Message], bool] = lambda message: False
    timers: Timers | None = None
    echoes: bool = False
    tombstone: Callable[[str], Message] | None = None


@dataclass(frozen=True)
class Partial:
    """An index of those documents only that fit `where`, in MongoDB's words for partial indexes."""

    fields: tuple[str, ...]
    where: Mapping[str, Any]


@dataclass(frozen=True)
class Service:
    """A service. `collections`: each with its indexes, fields in order, made before the first transaction.

    `rebuilds`: the service whose documents this one makes anew beside it, under a group and fences of its own. What
    cannot be read is passed over then: that service has put it away.
    `rebuilt_by`: the group of that, `renewed`: collections that it drops.
    `edges`: what runs beside the lanes; they end before these do, and when a task of theirs ends by itself, so does
    the process.
    `abreast`: lanes that may be in a transaction side by side, 0 for all: fewer where records cost the database so much
    that a transaction would otherwise outlive what it allows.
    """

    name: str
    inputs: tuple[Input, ...]
    writes: tuple[Topic, ...]
    collections: Mapping[str, Sequence[tuple[str, ...] | Partial]] = field(default_factory=dict)
    expiring: Mapping[str, tuple[str, int]] = field(default_factory=dict)  # collection: TTL field, seconds
    rebuilds: str | None = None
    rebuilt_by: str | None = None
    renewed: tuple[str, ...] = ()
    edges: tuple[Edge, ...] = ()
    abreast: int = 0

    @property
    def owner(self) -> str:
        """The service whose collections they are."""
        return self.rebuilds or self.name

    @property
    def fences(self) -> str:
        """The collection of its fences."""
        return REBUILD if self.rebuilds else FENCES

    @property
    def source(self) -> str:
        """The CloudEvents source of what it says."""
        return f"/{self.name}"
