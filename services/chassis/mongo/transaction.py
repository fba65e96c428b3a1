"""Reads and writes that happen together or not at all."""

from collections.abc import Callable, Collection, Mapping, Sequence
from typing import Any

from motor.motor_asyncio import AsyncIOMotorClientSession
from pymongo import UpdateOne
from pymongo.errors import PyMongoError

from services.chassis.errors import FenceMissed
from services.chassis.fence import Fence
from services.chassis.mongo import asking
from services.chassis.mongo.trouble import translated
from services.chassis.ports import Document


class MongoTransaction:
    """Reads and writes in one session. `collection` gives one by its name, `fences` names that of fences."""

    def __init__(self, collection: Callable[[str], Any], fences: str, session: AsyncIOMotorClientSession) -> None:
        self._collection, self._fences, self._session = collection, fences, session
        self._absent: set[tuple[str, Any]] = set()

    async def get(self, collection: str, ids: Collection[Any]) -> dict[Any, Document]:
        """Give the documents with these `_id`s that there are."""
        with translated():
            found = await asking.get(self._collection(collection), ids, self._session)
        self._absent.update((collection, id) for id in ids if id not in found)
        return found

    async def find(
        self,
        collection: str,
        equals: Mapping[str, Any],
        *,
        upto: tuple[str, Any] | None = None,
        limit: int = 0,
    ) -> list[Document]:
        """Give the documents that equal, and whose field `upto[0]` is at most `upto[1]`, in its order."""
        with translated():
            return await asking.find(self._collection(collection), equals, upto, limit, self._session)

    async def put(self, collection: str, documents: Sequence[Document], *, new: bool = False) -> None:
        """Insert or replace whole documents: deleting and inserting costs half of as many updates."""
        replaced = [doc["_id"] for doc in documents if (collection, doc["_id"]) not in self._absent]
        await self.remove(collection, replaced if not new else ())
        with translated():
            await self._collection(collection).insert_many(documents, session=self._session)
        self._absent.difference_update((collection, doc["_id"]) for doc in documents)

    async def update(self, collection: str, changes: Mapping[Any, Document]) -> None:
        """Set fields one document at a time: dearer than `put`, unless many indexes would be touched for nothing."""
        writes = [UpdateOne({"_id": id}, {"$set": fields}) for id, fields in changes.items()]
        with translated():
            await self._collection(collection).bulk_write(writes, ordered=False, session=self._session)

    async def remove(self, collection: str, ids: Collection[Any]) -> None:
        """Delete the documents with these `_id`s that there are."""
        if ids:
            with translated():
                await self._collection(collection).delete_many({"_id": {"$in": list(ids)}}, session=self._session)

    async def advance(self, before: Fence, after: Fence) -> None:
        """Write the fence, if it still is `before`. Raises `FenceMissed`."""
        wanted = {"_id": before.id, "epoch": before.epoch, "batch": before.batch}
        with translated():
            fences = self._collection(self._fences)
            result = await fences.replace_one(wanted, after.document(), session=self._session)
        if result.matched_count != 1:
            raise FenceMissed(f"{before.id} has another owner")


async def end(session: AsyncIOMotorClientSession) -> None:
    """Give the session back, aborting what was not committed.

    Not by `async with`: motor then waits for the server inside the event loop, and an error there would take the
    place of a cancellation.
    """
    try:
        await session.end_session()
    except PyMongoError:
        return  # the server ends it by itself; the next attempt begins with a look at the fence
