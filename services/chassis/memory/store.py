"""A database as one service sees it, over a `MemoryDatabase`."""

from collections.abc import Collection, Mapping
from contextlib import AbstractAsyncContextManager
from typing import Any

from services.chassis.errors import Conflict
from services.chassis.fence import FENCES, Fence, first_fence, name_of
from services.chassis.memory.database import MemoryDatabase, copied, matching
from services.chassis.memory.transaction import MemoryTransaction
from services.chassis.memory.wire import Wire
from services.chassis.ports import Document, Transaction
from services.chassis.records import Lot
from services.chassis.service import Service


class MemoryStore:
    """One service's collections, named `service.collection`."""

    def __init__(self, database: MemoryDatabase, service: str, wire: Wire | None = None, fences: str = FENCES) -> None:
        self.database, self.service, self.wire, self.fences = database, service, wire or Wire(), fences

    async def get(self, collection: str, ids: Collection[Any]) -> dict[Any, Document]:
        """Give the documents with these `_id`s that there are."""
        await self.wire.there(f"get {collection}")
        found = self.database.collections[f"{self.service}.{collection}"]
        documents = {id: copied(found[id]) for id in sorted(ids) if id in found}
        await self.wire.back(f"get {collection}")
        return documents

    async def find(
        self,
        collection: str,
        equals: Mapping[str, Any],
        *,
        upto: tuple[str, Any] | None = None,
        limit: int = 0,
    ) -> list[Document]:
        """Give the documents that equal, in the order of `upto`'s field, else of `_id`."""
        await self.wire.there(f"find {collection}")
        found = matching(self.database.collections[f"{self.service}.{collection}"].values(), equals, upto, limit)
        await self.wire.back(f"find {collection}")
        return found

    def transaction(self) -> AbstractAsyncContextManager[Transaction]:
        """Open a transaction; leaving commits it, an exception aborts it."""
        return MemoryTransaction(self)

    async def take_over(self, lot: Lot, beginning: int) -> Fence:
        """Give the fence of a lot under a new epoch, made at `beginning` where there is none."""
        await self.wire.there("take over")
        database, id = self.database, name_of(self.service, lot)
        key = (f"{self.service}.{self.fences}", id)
        if key in database.locked:
            raise Conflict(f"{id} is written by a transaction that is still open")
        found = database.collections[key[0]].get(id)
        fence = Fence.from_document(found) if found else self._first(id, beginning)
        fence = fence._replace(epoch=fence.epoch + 1)
        database.write({key: fence.document()})
        await self.wire.back("take over")
        return fence

    def _first(self, id: str, beginning: int) -> Fence:
        first = first_fence(id, beginning)
        return first if self.database.now is None else first._replace(batch=self.database.now())

    async def fence(self, lot: Lot) -> Fence | None:
        """Give the fence."""
        await self.wire.there("fence")
        found = self.database.collections[f"{self.service}.{self.fences}"].get(name_of(self.service, lot))
        fence = Fence.from_document(found) if found else None
        await self.wire.back("fence")
        return fence

    async def progress(self, lot: Lot) -> int:
        """Give the offset that the lane of a lot takes next, -1 where there is no fence yet."""
        fence = await self.fence(lot)
        return fence.next if fence else -1

    async def keep_partitions(self, topic: str, partitions: int) -> int:
        """Note the number of partitions at first sight, and give the one that was noted."""
        await self.wire.there("topics")
        return self.database.partitions.setdefault((self.service, topic), partitions)

    async def empty(self, service: Service, names: Collection[str]) -> None:
        """Drop all that is in these collections."""
        await self.wire.there("empty")
        for name in (f"{self.service}.{each}" for each in names):
            self.database.write({(name, id): None for id in self.database.collections[name]})

    def close(self) -> None:
        """Do nothing."""
