"""MongoDB as the road needs it. The only file that knows the driver."""

import re
from collections.abc import AsyncIterator, Callable, Collection, Coroutine, Iterator, Mapping, Sequence
from contextlib import asynccontextmanager, contextmanager, nullcontext
from typing import Any

import pymongo
from bson.codec_options import CodecOptions
from bson.errors import InvalidDocument
from motor.motor_asyncio import AsyncIOMotorClient, AsyncIOMotorClientSession
from pymongo import ASCENDING, ReturnDocument, UpdateOne
from pymongo.errors import (
    BulkWriteError,
    DocumentTooLarge,
    ExecutionTimeout,
    OperationFailure,
    PyMongoError,
    ServerSelectionTimeoutError,
)
from pymongo.read_concern import ReadConcern
from pymongo.write_concern import WriteConcern

from services.chassis.errors import Conflict, FenceMissed, StoreTrouble, Unusable
from services.chassis.fence import FENCES, Fence, first_fence, name_of
from services.chassis.ports import Document, Found, Transaction, Viewer
from services.chassis.records import Lot
from services.chassis.security.mongo import mongo_trouble, strictly
from services.chassis.service import Partial, Service

DATABASE = "numberbank"
MAJORITY = WriteConcern("majority", j=True)
SILENCE = 20_000  # milliseconds without an answer after which a connection is given up
INDEXING = 3_600.0  # seconds in which an index has to be made: of a large collection that takes minutes
_CODEC: CodecOptions[Any] = CodecOptions(tz_aware=True)
_CONFLICTS = {112, 11000, 251, 290}  # write conflict, duplicate key, transaction gone, transaction too old
_TOO_LARGE = {10334, 17419, 17420}  # of a document


@contextmanager
def _translated() -> Iterator[None]:
    """Sort the driver's errors by what has to be done about them."""
    try:
        yield
    except (DocumentTooLarge, InvalidDocument):
        raise  # a defect of what was to be written, whoever tries it again
    except (OSError, RuntimeError, MemoryError) as error:  # no thread, no socket: of this machine, not of the record
        raise StoreTrouble(repr(error)) from error
    except PyMongoError as error:
        codes = {getattr(error, "code", None)}
        if isinstance(error, BulkWriteError):
            codes |= {fault.get("code") for fault in (error.details or {}).get("writeErrors", ())}
        if codes & _TOO_LARGE:
            raise
        away = isinstance(error, ServerSelectionTimeoutError)  # which the driver calls transient, but nobody was first
        if codes & _CONFLICTS or (error.has_error_label("TransientTransactionError") and not away):
            raise Conflict(_short(error)) from error
        raise StoreTrouble(_short(error)) from error


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
            await self._prepare(service)
        except PyMongoError as error:
            raise Unusable(
                mongo_trouble(error)
                or f"MONGODB_URL: no MongoDB that can be used answers ({_short(error)}); start it, or set the variable "
                f"to where it is."
            ) from None

    async def _prepare(self, service: Service) -> None:
        """Make what transactions need to find: they cannot make collections or indexes themselves."""
        # Only what the user may see: whoever has rights for just its own collections may not list all.
        there = set(await self._database.list_collection_names(authorizedCollections=True))
        for name in (*service.collections, *service.expiring, self._fences, "topics"):
            if f"{self._service}.{name}" not in there:
                await self._make(f"{self._service}.{name}")
        for name, indexes in service.collections.items():
            for each in indexes:
                fields, where = (each.fields, each.where) if isinstance(each, Partial) else (each, None)
                partly = {} if where is None else {"partialFilterExpression": dict(where)}
                await self._index(name, fields, **partly)
        for name, (field, seconds) in service.expiring.items():
            await self._index(name, (field,), expireAfterSeconds=seconds)

    async def _make(self, name: str) -> None:
        try:
            await self._database.create_collection(name, check_exists=False)  # which would list all
        except PyMongoError as error:
            if getattr(error, "code", None) != 48 and "already exists" not in str(error):
                raise

    async def _index(self, name: str, fields: Sequence[str], **how: Any) -> None:
        with pymongo.timeout(INDEXING):
            await self._collection(name).create_index(_ascending(fields), **how)

    async def empty(self, service: Service, names: Collection[str]) -> None:
        """Drop collections with all that is in them, and make them anew with their indexes."""
        with _translated():
            for name in names:
                await self._collection(name).drop()
            await self._prepare(service)

    def close(self) -> None:
        """Close all connections."""
        self._client.close()

    def _collection(self, name: str) -> Any:
        return self._database[f"{self._service}.{name}"]

    async def get(self, collection: str, ids: Collection[Any]) -> dict[Any, Document]:
        """Give the documents with these `_id`s that there are."""
        with _translated():
            return await _get(self._collection(collection), ids, None)

    async def find(
        self,
        collection: str,
        equals: Mapping[str, Any],
        *,
        upto: tuple[str, Any] | None = None,
        limit: int = 0,
    ) -> list[Document]:
        """Give the documents that equal, and whose field `upto[0]` is at most `upto[1]`, in its order."""
        with _translated():
            return await _find(self._collection(collection), equals, upto, limit, None)

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
        with _translated():
            opening = await self._client.start_session(snapshot=True) if at_once else nullcontext()
            async with opening as session:
                cursor = self._collection(collection).find(
                    wanted, sort=list(order), limit=limit, batch_size=_in_one(limit), session=session,
                    projection=["_id"] if index else None, hint=_ascending(index) if index else None,
                    max_time_ms=max(1, round(seconds * 1000)),
                )  # fmt: skip
                return await _in_time(cursor)

    async def gather(
        self, collection: str, pipeline: Sequence[Mapping[str, Any]], seconds: float
    ) -> list[Document] | None:
        """Give what a pipeline of MongoDB comes to, None if it takes longer."""
        with _translated():
            return await _in_time(
                self._collection(collection).aggregate(list(pipeline), maxTimeMS=round(seconds * 1000))
            )

    async def in_turn(self, reading: Callable[[Viewer], Coroutine[Any, Any, Found]]) -> Found:
        """Let somebody read: whoever reads here has no need to wait."""
        return await reading(self)

    @asynccontextmanager
    async def transaction(self) -> AsyncIterator[Transaction]:
        """Open a transaction; leaving commits it, an exception aborts it."""
        with _translated():
            session = await self._client.start_session()
        try:
            session.start_transaction(ReadConcern("snapshot"), MAJORITY)
            yield MongoTransaction(self, session)
            with _translated():
                await session.commit_transaction()
        finally:
            await _end(session)

    async def take_over(self, lot: Lot, beginning: int) -> Fence:
        """Give the fence of a lot under a new epoch, made at `beginning` where there is none."""
        id = name_of(self._service, lot)
        fresh = first_fence(id, beginning).document()
        del fresh["_id"], fresh["epoch"]
        with _translated():
            stored = await self._collection(self._fences).find_one_and_update(
                {"_id": id},
                {"$inc": {"epoch": 1}, "$setOnInsert": fresh},
                upsert=True,
                return_document=ReturnDocument.AFTER,
            )
        return Fence.from_document(stored)

    async def fence(self, lot: Lot) -> Fence | None:
        """Give the fence as the majority knows it."""
        with _translated():
            stored = await self._collection(self._fences).find_one({"_id": name_of(self._service, lot)})
        return Fence.from_document(stored) if stored else None

    async def progress(self, lot: Lot) -> int:
        """Give the offset that the lane of a lot takes next, -1 where there is no fence yet."""
        with _translated():
            id = name_of(self._service, lot)
            stored = await self._collection(self._fences).find_one({"_id": id}, {"next": 1})
        return int(stored["next"]) if stored else -1

    async def keep_partitions(self, topic: str, partitions: int) -> int:
        """Note the number of partitions at first sight, and give the one that was noted."""
        with _translated():
            stored = await self._collection("topics").find_one_and_update(
                {"_id": topic},
                {"$setOnInsert": {"partitions": partitions}},
                upsert=True,
                return_document=ReturnDocument.AFTER,
            )
        return int(stored["partitions"])


class MongoTransaction:
    """Reads and writes in one session."""

    def __init__(self, store: MongoStore, session: AsyncIOMotorClientSession) -> None:
        self._store, self._session = store, session
        self._absent: set[tuple[str, Any]] = set()

    async def get(self, collection: str, ids: Collection[Any]) -> dict[Any, Document]:
        """Give the documents with these `_id`s that there are."""
        with _translated():
            found = await _get(self._store._collection(collection), ids, self._session)
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
        with _translated():
            return await _find(self._store._collection(collection), equals, upto, limit, self._session)

    async def put(self, collection: str, documents: Sequence[Document], *, new: bool = False) -> None:
        """Insert or replace whole documents: deleting and inserting costs half of as many updates."""
        replaced = [doc["_id"] for doc in documents if (collection, doc["_id"]) not in self._absent]
        await self.remove(collection, replaced if not new else ())
        with _translated():
            await self._store._collection(collection).insert_many(documents, session=self._session)
        self._absent.difference_update((collection, doc["_id"]) for doc in documents)

    async def update(self, collection: str, changes: Mapping[Any, Document]) -> None:
        """Set fields one document at a time: dearer than `put`, unless many indexes would be touched for nothing."""
        writes = [UpdateOne({"_id": id}, {"$set": fields}) for id, fields in changes.items()]
        with _translated():
            await self._store._collection(collection).bulk_write(writes, ordered=False, session=self._session)

    async def remove(self, collection: str, ids: Collection[Any]) -> None:
        """Delete the documents with these `_id`s that there are."""
        if ids:
            with _translated():
                await self._store._collection(collection).delete_many(
                    {"_id": {"$in": list(ids)}}, session=self._session
                )

    async def advance(self, before: Fence, after: Fence) -> None:
        """Write the fence, if it still is `before`. Raises `FenceMissed`."""
        wanted = {"_id": before.id, "epoch": before.epoch, "batch": before.batch}
        with _translated():
            fences = self._store._collection(self._store._fences)
            result = await fences.replace_one(wanted, after.document(), session=self._session)
        if result.matched_count != 1:
            raise FenceMissed(f"{before.id} has another owner")


async def _in_time(cursor: Any) -> list[Document] | None:
    try:
        found: list[Document] = await cursor.to_list(None)
    except ExecutionTimeout:
        return None
    return found


async def _get(collection: Any, ids: Collection[Any], session: Any) -> dict[Any, Document]:
    cursor = collection.find({"_id": {"$in": list(ids)}}, session=session, batch_size=_in_one(len(ids)))
    return {doc["_id"]: doc for doc in await cursor.to_list(None)}


def _ascending(fields: Sequence[str]) -> list[tuple[str, int]]:
    return [(field, ASCENDING) for field in fields]


def _in_one(most: int) -> int:
    """Give the size of an answer that has all: one more than there can be, or the server is asked a second time.

    Without it the first answer has 101; nobody knows a better one where `most` is 0, which is no limit.
    """
    return most + 1 if most else 0


async def _find(
    collection: Any, equals: Mapping[str, Any], upto: tuple[str, Any] | None, limit: int, session: Any
) -> list[Document]:
    query = {name: {"$in": list(value)} if isinstance(value, frozenset) else value for name, value in equals.items()}
    if upto is not None:
        query[upto[0]] = {"$lte": upto[1]}
    cursor = collection.find(query, session=session, limit=limit, batch_size=_in_one(limit))
    if upto is not None:
        cursor = cursor.sort(upto[0], ASCENDING)
    found: list[Document] = await cursor.to_list(None)
    return found


async def _end(session: AsyncIOMotorClientSession) -> None:
    """Give the session back, aborting what was not committed.

    Not by `async with`: motor then waits for the server inside the event loop, and an error there would take the
    place of a cancellation.
    """
    try:
        await session.end_session()
    except PyMongoError:
        return  # the server ends it by itself; the next attempt begins with a look at the fence


def _short(error: PyMongoError) -> str:
    """Give what has happened, without the documents that the server quotes."""
    details = (error.details or {}) if isinstance(error, OperationFailure) else {}
    faults = [details, *details.get("writeErrors", ())]
    reason = faults[-1].get("errmsg") or ("" if details else error)
    return re.split(r", Timeout:| dup key:", f"{type(error).__name__}: {reason}")[0][:300]
