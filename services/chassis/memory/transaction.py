"""Reads of one moment, and writes that wait for the commit; whoever wrote a document since then came first."""

from collections.abc import Collection, Mapping, Sequence
from typing import TYPE_CHECKING, Any, Self

from services.chassis.errors import Conflict, FenceMissed
from services.chassis.fence import Fence
from services.chassis.memory.database import Key, copied, matching, stored
from services.chassis.ports import Document

if TYPE_CHECKING:
    from services.chassis.memory.store import MemoryStore


class MemoryTransaction:
    """One transaction over a `MemoryStore`."""

    def __init__(self, store: "MemoryStore") -> None:
        self._store, self._database = store, store.database
        self._began = store.database.begin()
        self._writes: dict[Key, Document | None] = {}

    async def __aenter__(self) -> Self:
        """Begin."""
        return self

    async def __aexit__(self, kind: type[BaseException] | None, error: object, trace: object) -> None:
        """Commit, or drop everything after an exception."""
        if kind is None:
            await self._store.wire.commit(self)
        else:
            self._database.end(self._began)

    async def get(self, collection: str, ids: Collection[Any]) -> dict[Any, Document]:
        """Give the documents with these `_id`s that there are, own writes included."""
        await self._store.wire.there(f"get {collection}")
        seen = ((id, self._seen(self._named(collection), id)) for id in sorted(ids))
        return {id: copied(document) for id, document in seen if document is not None}

    async def find(
        self,
        collection: str,
        equals: Mapping[str, Any],
        *,
        upto: tuple[str, Any] | None = None,
        limit: int = 0,
    ) -> list[Document]:
        """Give the documents that equal, own writes included."""
        await self._store.wire.there(f"find {collection}")
        name = self._named(collection)
        documents = {document["_id"]: document for document in self._database.all_at(name, self._began)}
        for (where, id), document in self._writes.items():
            if where == name:
                documents.pop(id, None)
                documents.update({id: document} if document is not None else {})
        return matching(documents.values(), equals, upto, limit)

    async def put(self, collection: str, documents: Sequence[Document], *, new: bool = False) -> None:
        """Insert or replace whole documents. Raises `Conflict` for one that is there although `new`."""
        await self._store.wire.there(f"put {collection}")
        for document in documents:
            if new and self._seen(self._named(collection), document["_id"]) is not None:
                raise Conflict(f"{document['_id']} is there already")
            self._write(collection, document["_id"], stored(document))

    async def update(self, collection: str, changes: Mapping[Any, Document]) -> None:
        """Set the given fields of documents that there are."""
        await self._store.wire.there(f"update {collection}")
        for id, fields in changes.items():
            if (document := self._seen(self._named(collection), id)) is not None:
                self._write(collection, id, stored(document | fields))

    async def remove(self, collection: str, ids: Collection[Any]) -> None:
        """Delete documents."""
        await self._store.wire.there(f"remove {collection}")
        for id in ids:
            self._write(collection, id, None)

    async def advance(self, before: Fence, after: Fence) -> None:
        """Write the fence, if it still is `before`. Raises `FenceMissed`."""
        await self._store.wire.there("advance")
        found = self._seen(self._named(self._store.fences), before.id)
        if found is None or (found["epoch"], found["batch"]) != (before.epoch, before.batch):
            raise FenceMissed(before.id)
        self._write(self._store.fences, after.id, stored(after.document()))

    def commit(self) -> None:
        """Apply all writes. Raises `Conflict`."""
        self._database.end(self._began)
        for key in self._writes:
            self._database.check(key, self._began)
        self._database.write(self._writes)

    def hold(self) -> None:
        """Keep what was written locked: the commit is on its way, and will be heard of later."""
        self._database.locked.update(self._writes)

    def land(self) -> None:
        """Let a commit that was on its way arrive."""
        self._database.locked.difference_update(self._writes)
        self.commit()

    def _named(self, collection: str) -> str:
        return f"{self._store.service}.{collection}"

    def _seen(self, collection: str, id: Any) -> Document | None:
        key = (collection, id)
        return self._writes[key] if key in self._writes else self._database.at(collection, id, self._began)

    def _write(self, collection: str, id: Any, document: Document | None) -> None:
        key = (self._named(collection), id)
        self._database.check(key, self._began)
        self._writes[key] = document
