"""What a handler sees of the road: the messages, the clock, documents, and what it wants to say."""

import asyncio
from collections import defaultdict
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from datetime import datetime
from hashlib import sha1
from typing import Any, NamedTuple, TypeVar

import orjson

from contracts.fields import format_instant
from contracts.message import Message
from services.chassis.partitions import home
from services.chassis.ports import Document, Transaction
from services.chassis.records import Outgoing
from services.chassis.tracing import UNTRACED, Trace

T = TypeVar("T")
BREATH = 100  # records or messages that a lane may take in one go: milliseconds in which other lanes wait
_NAMESPACE = bytes.fromhex("9d3b1a5e3c4f5b0e8a6d2f7c1e90b4a7")
_VARIANT = {digit: "89ab"[int(digit, 16) % 4] for digit in "0123456789abcdef"}  # of a UUID: two bits of it are fixed


class Taken(NamedTuple):
    """A message as it was taken. `timestamp`: real time of the broker, Unix milliseconds."""

    message: Message
    timestamp: int


def derived_id(*parts: object) -> str:
    """Give a UUID (version 5) of the parts: the same for the same parts, for ever."""
    text = sha1(_NAMESPACE + "\x1f".join(map(str, parts)).encode(), usedforsecurity=False).hexdigest()
    return f"{text[:8]}-{text[8:12]}-5{text[13:16]}-{_VARIANT[text[16]]}{text[17:20]}-{text[20:32]}"


class Work:
    """One batch of one lane, in its transaction. Handlers read, put, and emit; nothing else."""

    def __init__(
        self,
        transaction: Transaction,
        now: datetime,
        partition: int,
        source: str,
        partitions: Callable[[str], int],
        trace: Trace = UNTRACED,
    ) -> None:
        self.now = now  # the clock when this batch is decided
        self.partition = partition  # of the lane
        self.out: list[Outgoing] = []
        self.partitions = partitions  # of a topic
        self.counts: dict[tuple[str, str], int] = defaultdict(int)  # by what it was, and its outcome
        self._transaction, self._source, self._trace = transaction, source, trace
        self._time = format_instant(now)
        self._ordinals: dict[tuple[str, str], int] = {}

    async def get(self, collection: str, ids: Collection[Any]) -> dict[Any, Document]:
        """Give the documents with these `_id`s that there are, by `_id`."""
        return await self._transaction.get(collection, ids) if ids else {}

    async def find(
        self,
        collection: str,
        equals: Mapping[str, Any],
        *,
        upto: tuple[str, Any] | None = None,
        limit: int = 0,
    ) -> list[Document]:
        """Give the documents that equal, and whose field `upto[0]` is at most `upto[1]`, in its order."""
        return await self._transaction.find(collection, equals, upto=upto, limit=limit)

    async def put(self, collection: str, documents: Sequence[Document]) -> None:
        """Insert whole documents, or replace those with the same `_id`."""
        if documents:
            await self._transaction.put(collection, documents)

    async def update(self, collection: str, changes: Mapping[Any, Document]) -> None:
        """Set the given fields of documents that there are, by `_id`; indexes of other fields are not touched."""
        if changes:
            await self._transaction.update(collection, changes)

    async def remove(self, collection: str, ids: Collection[Any]) -> None:
        """Delete the documents with these `_id`s that there are."""
        if ids:
            await self._transaction.remove(collection, ids)

    def portions(self, batch: Sequence[T]) -> Iterator[Sequence[T]]:
        """Give the messages of a batch in order, so many at once as should be handled before giving way."""
        return (batch[begin : begin + BREATH] for begin in range(0, len(batch), BREATH))

    async def give_way(self) -> None:
        """Let other lanes go on."""
        await asyncio.sleep(0)

    def count(self, what: str, outcome: str, many: int = 1) -> None:
        """Count, once this is committed, what messages alone do not tell. Both are of a few constant words."""
        self.counts[what, outcome] += many

    def place(self, topic: str, key: str) -> int:
        """Give the partition where `key` belongs."""
        return home(key, self.partitions(topic))

    def emit(
        self,
        topic: str,
        type: str,
        subject: str,
        data: Mapping[str, Any],
        *,
        cause: Message | None = None,
        id: str | None = None,
        after: Sequence[str] = (),
    ) -> str:
        """Say something on a topic, under the key `subject`; give the id of the message.

        `data` holds JSON values only (times as text). `cause` is the message that led to it; `id`
        replaces the id that is derived from source, subject, cause and ordinal. `after`: the `traceparent`s
        of what led to it, where that was no single message, or is long ago.
        """
        if id is None:
            origin = (cause.source, cause.id) if cause else ("", "")
            ordinal = self._ordinals.get(origin, 0)
            self._ordinals[origin] = ordinal + 1
            id = derived_id(self._source, subject, *origin, ordinal)
        envelope: dict[str, Any] = {
            "specversion": "1.0",
            "id": id,
            "source": self._source,
            "type": type,
            "subject": subject,
            "time": self._time,
            "datacontenttype": "application/json",
            "correlationid": id,
            "actor": self._source,
        }
        if cause is not None:
            envelope["correlationid"] = cause.correlationid or cause.id
            envelope["causationid"] = cause.id
            envelope["actor"] = cause.actor or cause.source[:128]
            if cause.traceparent is not None:
                envelope["traceparent"] = cause.traceparent
        elif after:
            envelope["traceparent"] = self._trace.said(topic, type, subject, after)
        envelope["data"] = data
        self.counts[type, data.get("code") or ""] += 1
        self.out.append(Outgoing(topic, self.place(topic, subject), subject.encode(), orjson.dumps(envelope)))
        return id
