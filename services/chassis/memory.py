"""Doubles of broker and store, for tests that need speed. They pass the same suite as the real ones."""

import asyncio
import copy
from collections import defaultdict
from collections.abc import AsyncIterator, Callable, Collection, Iterable, Mapping, Sequence
from contextlib import asynccontextmanager
from typing import Any

import bson
from pymongo.errors import DocumentTooLarge

from services.chassis.errors import Conflict, FenceMissed, Refusal
from services.chassis.fence import FENCES, Fence, first_fence, name_of
from services.chassis.headers import published_headers
from services.chassis.partitions import home
from services.chassis.ports import Document, Owner, Transaction
from services.chassis.records import Headers, Lot, Outgoing, Record

LARGEST_RECORD = 4 << 20  # bytes, as of our topics
LARGEST_DOCUMENT = 16 << 20  # bytes, as of MongoDB


class MemoryCluster:
    """Topics, their logs, and consumer groups with one member for each service in turn."""

    def __init__(self, topics: Collection[str], partitions: int = 8, now: Callable[[], int] = lambda: 0) -> None:
        self.logs: dict[Lot, list[Record]] = {Lot(name, n): [] for name in topics for n in range(partitions)}
        self.counts = dict.fromkeys(topics, partitions)
        self.notes: dict[tuple[str, Lot], tuple[int, int]] = {}
        self.groups: dict[str, list[MemoryBroker]] = defaultdict(list)
        self.now = now  # real time of the broker, Unix milliseconds
        self.written = asyncio.Event()

    def write(
        self, topic: str, key: str | None, value: bytes | None, headers: Headers = (), partition: int | None = None
    ) -> Record:
        """Append as any client would; without a partition by the key, or 0 without a key."""
        if partition is None:
            partition = home(key, self.counts[topic]) if key is not None else 0
        return self.append(Outgoing(topic, partition, key.encode() if key is not None else None, value, headers))

    def append(self, record: Outgoing) -> Record:
        """Append to a log. Raises `Refusal` for a topic or partition that is not there, or a record too large."""
        log = self.logs.get(Lot(record.topic, record.partition))
        if record.size > LARGEST_RECORD:
            raise Refusal(f"A record of {record.size} bytes is more than topic {record.topic} takes.")
        if log is None:
            raise Refusal(f"Topic {record.topic} has no partition {record.partition}.")
        written = Record(
            record.topic, record.partition, len(log), self.now(), record.key, record.value, record.headers or ()
        )
        log.append(written)
        self.written.set()
        self.written.clear()
        return written

    async def join(self, member: "MemoryBroker") -> None:
        """Take a member into its group: everything is revoked, then handed out anew."""
        await self._rebalance(member.group, [*self.groups[member.group], member])

    async def leave(self, member: "MemoryBroker") -> None:
        """Let a member go."""
        await self._rebalance(member.group, [other for other in self.groups[member.group] if other is not member])

    async def _rebalance(self, group: str, members: list["MemoryBroker"]) -> None:
        for member in self.groups[group]:
            await member.lose_all()
        self.groups[group] = members
        lots = sorted({lot for member in members for lot in self.logs if lot.topic in member.topics})
        for index, member in enumerate(members):
            mine = [lot for lot in lots if lot.partition % len(members) == index]
            await member.gain(mine)


class MemoryBroker:
    """One member of a group, over a `MemoryCluster`."""

    def __init__(self, cluster: MemoryCluster, group: str) -> None:
        self.cluster, self.group = cluster, group
        self.topics: Collection[str] = ()
        self._owner: Owner | None = None
        self._positions: dict[Lot, int] = {}
        self._paused: set[Lot] = set()
        self._pump: asyncio.Task[None] | None = None

    async def start(self, topics: Collection[str], owner: Owner) -> None:
        """Join the group for these topics."""
        self.topics, self._owner = topics, owner
        self._pump = asyncio.create_task(self._hand_over())
        await self.cluster.join(self)

    async def stop(self) -> None:
        """Leave the group."""
        await self.cluster.leave(self)
        if self._pump:
            self._pump.cancel()

    async def lose_all(self) -> None:
        """Be told that a rebalance begins."""
        if self._owner and self._positions:
            await self._owner.revoked(list(self._positions))
        self._positions, self._paused = {}, set()

    async def gain(self, lots: Collection[Lot]) -> None:
        """Be told what is ours now."""
        self._positions = {lot: self.cluster.notes.get((self.group, lot), (0, 0))[0] for lot in lots}
        if self._owner:
            await self._owner.assigned(lots)

    def partitions(self, topic: str) -> int:
        """Give the number of partitions of a topic. Raises `Refusal` without that topic."""
        if topic not in self.cluster.counts:
            raise Refusal(f"Topic {topic} is missing; run `numberbank topics create`.")
        return self.cluster.counts[topic]

    async def bounds(self, lots: Collection[Lot]) -> dict[Lot, tuple[int, int]]:
        """Give the first offset that is kept and the next one to be written."""
        await asyncio.sleep(0)
        return {lot: (0, len(self.cluster.logs[lot])) for lot in lots}

    async def noted(self, lot: Lot) -> int | None:
        """Give the batch that was noted last as published, None without one."""
        await asyncio.sleep(0)
        note = self.cluster.notes.get((self.group, lot))
        return note[1] if note else None

    async def note(self, done: Mapping[Lot, tuple[int, int]]) -> bool:
        """Commit offsets of lots that are ours."""
        await asyncio.sleep(0)
        self.cluster.notes.update({(self.group, lot): at for lot, at in done.items() if lot in self._positions})
        return True

    async def position(self, lot: Lot) -> int:
        """Give the offset after what was handed over."""
        return self._positions.get(lot, 0)

    def seek(self, lot: Lot, offset: int) -> None:
        """Hand over from `offset` on."""
        if lot in self._positions:
            self._positions[lot] = offset

    def pause(self, lot: Lot) -> None:
        """Hand over nothing until `resume`."""
        self._paused.add(lot)

    def resume(self, lot: Lot) -> None:
        """Hand over again."""
        self._paused.discard(lot)
        self.cluster.written.set()
        self.cluster.written.clear()

    async def publish(self, records: Sequence[Outgoing], writer: str, batch: int) -> None:
        """Write records with the headers of `writer` and `batch`."""
        for ordinal, record in enumerate(records):
            await asyncio.sleep(0)
            self.cluster.append(record._replace(headers=published_headers(record, writer, batch, ordinal)))

    async def _hand_over(self) -> None:
        while True:
            idle = True
            for lot, position in list(self._positions.items()):
                fresh = self.cluster.logs[lot][position : position + 500]
                if fresh and lot not in self._paused and self._owner:
                    self._positions[lot] = position + len(fresh)
                    self._owner.handed(lot, fresh)
                    idle = False
            await (self.cluster.written.wait() if idle else asyncio.sleep(0))


class MemoryDatabase:
    """Documents of all services, with the number of the commit that wrote each."""

    def __init__(self) -> None:
        self.collections: dict[str, dict[Any, Document]] = defaultdict(dict)
        self.written: dict[tuple[str, Any], int] = defaultdict(int)
        self.commits = 0
        self.partitions: dict[tuple[str, str], int] = {}


class MemoryStore:
    """A database as one service sees it, over a `MemoryDatabase`."""

    def __init__(self, database: MemoryDatabase, service: str) -> None:
        self.database, self.service = database, service

    async def get(self, collection: str, ids: Collection[Any]) -> dict[Any, Document]:
        """Give the documents with these `_id`s that there are."""
        await asyncio.sleep(0)
        stored = self.database.collections[f"{self.service}.{collection}"]
        return {id: copy.deepcopy(stored[id]) for id in ids if id in stored}

    async def find(
        self,
        collection: str,
        equals: Mapping[str, Any],
        *,
        upto: tuple[str, Any] | None = None,
        limit: int = 0,
    ) -> list[Document]:
        """Give the documents that equal, in the order of `upto`'s field, else of `_id`."""
        await asyncio.sleep(0)
        stored = self.database.collections[f"{self.service}.{collection}"].values()
        return [copy.deepcopy(doc) for doc in _matching(stored, equals, upto, limit)]

    @asynccontextmanager
    async def transaction(self) -> AsyncIterator[Transaction]:
        """Open a transaction; leaving commits it, an exception aborts it."""
        transaction = MemoryTransaction(self)
        yield transaction
        await asyncio.sleep(0)
        transaction.commit()

    async def take_over(self, lot: Lot, beginning: int) -> Fence:
        """Give the fence of a lot under a new epoch, made at `beginning` where there is none."""
        await asyncio.sleep(0)
        id = name_of(self.service, lot)
        fences = self.database.collections[f"{self.service}.{FENCES}"]
        fence = Fence.from_document(fences[id]) if id in fences else first_fence(id, beginning)
        fence = fence._replace(epoch=fence.epoch + 1)
        fences[id] = fence.document()
        self.database.commits += 1
        self.database.written[f"{self.service}.{FENCES}", id] = self.database.commits
        return fence

    async def fence(self, lot: Lot) -> Fence | None:
        """Give the fence."""
        await asyncio.sleep(0)
        stored = self.database.collections[f"{self.service}.{FENCES}"].get(name_of(self.service, lot))
        return Fence.from_document(stored) if stored else None

    async def progress(self, lot: Lot) -> int:
        """Give the offset that the lane of a lot takes next, -1 where there is no fence yet."""
        fence = await self.fence(lot)
        return fence.next if fence else -1

    async def keep_partitions(self, topic: str, partitions: int) -> int:
        """Note the number of partitions at first sight, and give the one that was noted."""
        return self.database.partitions.setdefault((self.service, topic), partitions)

    def close(self) -> None:
        """Do nothing."""


def _matching(
    documents: Iterable[Document], equals: Mapping[str, Any], upto: tuple[str, Any] | None, limit: int
) -> list[Document]:
    among = {name: value if isinstance(value, frozenset) else (value,) for name, value in equals.items()}
    found = [doc for doc in documents if all(doc.get(name) in values for name, values in among.items())]
    if upto is not None:
        name, most = upto
        found = sorted((d for d in found if d.get(name) is not None and d[name] <= most), key=lambda d: d[name])
    return found[:limit] if limit else found


class MemoryTransaction:
    """Writes that wait for the commit; whoever wrote a document since the beginning comes first."""

    def __init__(self, store: MemoryStore) -> None:
        self._store, self._began = store, store.database.commits
        self._writes: dict[tuple[str, Any], Document | None] = {}

    async def get(self, collection: str, ids: Collection[Any]) -> dict[Any, Document]:
        """Give the documents with these `_id`s that there are, own writes included."""
        return self._with_own(collection, await self._store.get(collection, ids), lambda doc: doc["_id"] in ids)

    async def find(
        self,
        collection: str,
        equals: Mapping[str, Any],
        *,
        upto: tuple[str, Any] | None = None,
        limit: int = 0,
    ) -> list[Document]:
        """Give the documents that equal, own writes included."""
        stored = {doc["_id"]: doc for doc in await self._store.find(collection, equals, upto=upto)}
        return _matching(self._with_own(collection, stored, lambda _: True).values(), equals, upto, limit)

    async def put(self, collection: str, documents: Sequence[Document]) -> None:
        """Insert or replace whole documents."""
        for document in documents:
            self._write(collection, document["_id"], copy.deepcopy(document))

    async def remove(self, collection: str, ids: Collection[Any]) -> None:
        """Delete documents."""
        for id in ids:
            self._write(collection, id, None)

    async def advance(self, before: Fence, after: Fence) -> None:
        """Write the fence, if it still is `before`. Raises `FenceMissed`."""
        stored = (await self._store.get(FENCES, [before.id])).get(before.id)
        if stored is None or (stored["epoch"], stored["batch"]) != (before.epoch, before.batch):
            raise FenceMissed(before.id)
        self._write(FENCES, after.id, after.document())

    def commit(self) -> None:
        """Apply all writes. Raises `Conflict`."""
        database = self._store.database
        for key in self._writes:
            if database.written[key] > self._began:
                raise Conflict(str(key))
        database.commits += 1
        for key, document in self._writes.items():
            collection, id = key
            database.written[key] = database.commits
            if document is None:
                database.collections[collection].pop(id, None)
            else:
                database.collections[collection][id] = document

    def _write(self, collection: str, id: Any, document: Document | None) -> None:
        if document is not None and len(bson.encode(document)) > LARGEST_DOCUMENT:
            raise DocumentTooLarge(f"{collection}: {id}")
        self._writes[f"{self._store.service}.{collection}", id] = document

    def _with_own(
        self, collection: str, found: dict[Any, Document], wanted: Callable[[Document], bool]
    ) -> dict[Any, Document]:
        for (name, id), document in self._writes.items():
            if name == f"{self._store.service}.{collection}":
                if document is None:
                    found.pop(id, None)
                elif wanted(document):
                    found[id] = copy.deepcopy(document)
        return found
