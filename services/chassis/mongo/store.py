"""One service's collections."""

from collections.abc import AsyncIterator, Callable, Collection, Coroutine, Mapping, Sequence
from contextlib import asynccontextmanager, nullcontext
from typing import Any

from bson.codec_options import CodecOptions
from motor.motor_asyncio import AsyncIOMotorClient
from pymongo import ReturnDocument
from pymongo.errors import PyMongoError
from pymongo.read_concern import ReadConcern
from pymongo.write_concern import WriteConcern

from services.chassis.errors import Unusable
from services.chassis.fence import FENCES, Fence, first_fence, name_of
from services.chassis.mongo import asking
from services.chassis.mongo.preparing import prepare
from services.chassis.mongo.transaction import MongoTransaction, end
from services.chassis.mongo.trouble import short, translated
from services.chassis.ports import Document, Found, Transaction, Viewer
from services.chassis.records import Lot
from services.chassis.security.mongo import mongo_trouble, strictly
from services.chassis.service import Service

DATABASE = "numberbank"
TOPICS = "topics"  # and how many partitions they have
MAJORITY = WriteConcern("majority", j=True)
SILENCE = 20_000  # milliseconds without an answer after which a connection is given up
_CODEC: CodecOptions[Any] = CodecOptions(tz_aware=True)


class MongoStore:
    """One service's collections, named `service.collection`, in a replica set."""

    def __init__(self, url: str, service: str, fences: str = FENCES) -> None:
        with strictly(url):
            self._client: AsyncIOMotorClient[Document] = AsyncIOMotorClient(
                url,
                appname=f"numberbank-{service}",
                serverSelectionTimeoutMS=5_000,
                connectTimeoutMS=5_000,
                socketTimeoutMS=SILENCE,
            )
            database = self._client.get_default_database(DATABASE, codec_options=_CODEC, write_concern=MAJORITY)
        self._database = database.with_options(read_concern=ReadConcern("majority"))
        self._service, self._fences = service, fences

    async def connect(self, service: Service) -> None:
        """Find the database, and make collections and indexes. Raises `Unusable`, and is closed then."""
        try:
            await self._connect(service)
        except Unusable:
            self.close()
            raise

    async def _connect(self, service: Service) -> None:
        try:
            hello = await self._client.admin.command("hello")
            if "setName" not in hello:
                raise Unusable(
                    "MONGODB_URL names a server that is no replica set, so it has no transactions; "
                    "start mongod with --replSet and initiate it."
                )
            await prepare(self._database, self._service, service, (self._fences, TOPICS))
        except PyMongoError as error:
            raise Unusable(
                mongo_trouble(error)
                or f"MONGODB_URL: no MongoDB that can be used answers ({short(error)}); start it, or set the variable "
                f"to where it is."
            ) from None

    async def empty(self, service: Service, names: Collection[str]) -> None:
        """Drop collections with all that is in them, and make them anew with their indexes."""
        with translated():
            for name in names:
                await self._collection(name).drop()
            await prepare(self._database, self._service, service, (self._fences, TOPICS))

    def close(self) -> None:
        """Close all connections."""
        self._client.close()

    def _collection(self, name: str) -> Any:
        return self._database[f"{self._service}.{name}"]

    async def get(self, collection: str, ids: Collection[Any]) -> dict[Any, Document]:
        """Give the documents with these `_id`s that there are."""
        with translated():
            return await asking.get(self._collection(collection), ids, None)

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
            return await asking.find(self._collection(collection), equals, upto, limit, None)

    async def select(
        self,
        collection: str,
        wanted: Mapping[str, Any],
        order: Sequence[tuple[str, int]],
        limit: int,
        seconds: float,
        *,
        at_once: bool = False,
        index: Sequence[str] = (),
    ) -> list[Document] | None:
        """Give the first documents, in this order, that fit a filter in MongoDB's words; None if it takes longer."""
        with translated():
            opening = await self._client.start_session(snapshot=True) if at_once else nullcontext()
            async with opening as session:
                cursor = self._collection(collection).find(
                    wanted, sort=list(order), limit=limit, batch_size=asking.in_one(limit), session=session,
                    projection=["_id"] if index else None, hint=asking.ascending(index) if index else None,
                    max_time_ms=max(1, round(seconds * 1000)),
                )  # fmt: skip
                return await asking.in_time(cursor)

    async def gather(
        self, collection: str, pipeline: Sequence[Mapping[str, Any]], seconds: float
    ) -> list[Document] | None:
        """Give what a pipeline of MongoDB comes to, None if it takes longer."""
        with translated():
            return await asking.in_time(
                self._collection(collection).aggregate(list(pipeline), maxTimeMS=round(seconds * 1000))
            )

    async def in_turn(self, reading: Callable[[Viewer], Coroutine[Any, Any, Found]]) -> Found:
        """Let somebody read: whoever reads here has no need to wait."""
        return await reading(self)

    @asynccontextmanager
    async def transaction(self) -> AsyncIterator[Transaction]:
        """Open a transaction; leaving commits it, an exception aborts it."""
        with translated():
            session = await self._client.start_session()
        try:
            session.start_transaction(ReadConcern("snapshot"), MAJORITY)
            yield MongoTransaction(self._collection, self._fences, session)
            with translated():
                await session.commit_transaction()
        finally:
            await end(session)

    async def take_over(self, lot: Lot, beginning: int) -> Fence:
        """Give the fence of a lot under a new epoch, made at `beginning` where there is none."""
        id = name_of(self._service, lot)
        fresh = first_fence(id, beginning).document()
        del fresh["_id"], fresh["epoch"]
        with translated():
            stored = await self._collection(self._fences).find_one_and_update(
                {"_id": id},
                {"$inc": {"epoch": 1}, "$setOnInsert": fresh},
                upsert=True,
                return_document=ReturnDocument.AFTER,
            )
        return Fence.from_document(stored)

    async def fence(self, lot: Lot) -> Fence | None:
        """Give the fence as the majority knows it."""
        with translated():
            stored = await self._collection(self._fences).find_one({"_id": name_of(self._service, lot)})
        return Fence.from_document(stored) if stored else None

    async def progress(self, lot: Lot) -> int:
        """Give the offset that the lane of a lot takes next, -1 where there is no fence yet."""
        with translated():
            id = name_of(self._service, lot)
            stored = await self._collection(self._fences).find_one({"_id": id}, {"next": 1})
        return int(stored["next"]) if stored else -1

    async def keep_partitions(self, topic: str, partitions: int) -> int:
        """Note the number of partitions at first sight, and give the one that was noted."""
        with translated():
            stored = await self._collection(TOPICS).find_one_and_update(
                {"_id": topic},
                {"$setOnInsert": {"partitions": partitions}},
                upsert=True,
                return_document=ReturnDocument.AFTER,
            )
        return int(stored["partitions"])
