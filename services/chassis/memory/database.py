"""Documents of all services, each version of them as long as a transaction may look at it."""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

import bson
from bson.codec_options import CodecOptions
from pymongo.errors import DocumentTooLarge

from services.chassis.errors import Conflict
from services.chassis.memory.wire import Now
from services.chassis.ports import Document

LARGEST_DOCUMENT = 16 << 20  # bytes, as of MongoDB
_CODEC: CodecOptions[Any] = CodecOptions(tz_aware=True)
Key = tuple[str, Any]  # collection, _id


class MemoryDatabase:
    """What MongoDB would hold. `now`: its real time, if the test has one of its own."""

    def __init__(self, now: Now | None = None) -> None:
        self.now = now
        self.collections: dict[str, dict[Any, Document]] = defaultdict(dict)
        self.commits = 0
        self.partitions: dict[tuple[str, str], int] = {}
        self.locked: set[Key] = set()  # by transactions of which nobody knows yet what becomes of them
        self._written: dict[Key, int] = {}  # number of the commit that wrote a document last
        self._past: dict[str, dict[Any, list[tuple[int, Document | None]]]] = defaultdict(dict)
        self._open: list[int] = []  # what was committed when each open transaction began

    def begin(self) -> int:
        """Open a transaction; give the moment of its snapshot."""
        self._open.append(self.commits)
        return self.commits

    def end(self, began: int) -> None:
        """Close a transaction: what only it could see is forgotten."""
        self._open.remove(began)
        if not self._open:
            self._past.clear()

    def at(self, collection: str, id: Any, moment: int) -> Document | None:
        """Give a document as it was. It is not to be changed."""
        if self._written.get((collection, id), 0) <= moment:
            return self.collections[collection].get(id)
        versions = self._past[collection].get(id, [])
        return next((document for since, document in reversed(versions) if since <= moment), None)

    def all_at(self, collection: str, moment: int) -> Iterator[Document]:
        """Give all documents of a collection as they were."""
        for id in dict.fromkeys([*self.collections[collection], *self._past[collection]]):
            if (document := self.at(collection, id, moment)) is not None:
                yield document

    def check(self, key: Key, began: int) -> None:
        """Raise `Conflict` if somebody has written a document since, or is about to."""
        if self._written.get(key, 0) > began or key in self.locked:
            raise Conflict(f"{key[0]} {key[1]} was written by another")

    def write(self, writes: Mapping[Key, Document | None]) -> None:
        """Commit: None deletes."""
        self.commits += 1
        for (collection, id), document in writes.items():
            documents = self.collections[collection]
            if self._open:
                before = (self._written.get((collection, id), 0), documents.get(id))
                self._past[collection].setdefault(id, []).append(before)
            self._written[collection, id] = self.commits
            if document is None:
                documents.pop(id, None)
            else:
                documents[id] = document


def stored(document: Document) -> Document:
    """Give a document as MongoDB would give it back. Raises what BSON does."""
    encoded = bson.encode(document)
    if len(encoded) > LARGEST_DOCUMENT:
        raise DocumentTooLarge(f"{document['_id']} has {len(encoded)} bytes")
    return bson.decode(encoded, _CODEC)


def copied(value: Any) -> Any:
    """Give a copy of what was stored, for somebody who may change it."""
    if type(value) is dict:
        return {name: copied(part) for name, part in value.items()}
    if type(value) is list:
        return [copied(part) for part in value]
    return value


def matching(
    documents: Iterable[Document], equals: Mapping[str, Any], upto: tuple[str, Any] | None, limit: int
) -> list[Document]:
    """Give copies of those that fit, in order."""
    among = {name: value if isinstance(value, frozenset) else (value,) for name, value in equals.items()}
    found = [doc for doc in documents if all(doc.get(name) in values for name, values in among.items())]
    if upto is None:
        found.sort(key=lambda doc: str(doc["_id"]))
    else:
        name, most = upto
        found = [doc for doc in found if doc.get(name) is not None and doc[name] <= most]
        found.sort(key=lambda doc: (doc[name], str(doc["_id"])))
    return [copied(doc) for doc in (found[:limit] if limit else found)]
