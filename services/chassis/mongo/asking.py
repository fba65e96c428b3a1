"""Questions that a store and a transaction have in common."""

from collections.abc import Collection, Mapping, Sequence
from typing import Any

from pymongo import ASCENDING
from pymongo.errors import ExecutionTimeout

from services.chassis.ports import Document


async def get(collection: Any, ids: Collection[Any], session: Any) -> dict[Any, Document]:
    """Give the documents with these `_id`s that there are, by `_id`."""
    cursor = collection.find({"_id": {"$in": list(ids)}}, session=session, batch_size=in_one(len(ids)))
    return {doc["_id"]: doc for doc in await cursor.to_list(None)}


async def find(
    collection: Any, equals: Mapping[str, Any], upto: tuple[str, Any] | None, limit: int, session: Any
) -> list[Document]:
    """Give the documents that equal, and whose field `upto[0]` is at most `upto[1]`, in its order."""
    query = {name: {"$in": list(value)} if isinstance(value, frozenset) else value for name, value in equals.items()}
    if upto is not None:
        query[upto[0]] = {"$lte": upto[1]}
    cursor = collection.find(query, session=session, limit=limit, batch_size=in_one(limit))
    if upto is not None:
        cursor = cursor.sort(upto[0], ASCENDING)
    found: list[Document] = await cursor.to_list(None)
    return found


async def in_time(cursor: Any) -> list[Document] | None:
    """Give all that a cursor has, None if its time was over before."""
    try:
        found: list[Document] = await cursor.to_list(None)
    except ExecutionTimeout:
        return None
    return found


def in_one(most: int) -> int:
    """Give the size of an answer that has all: one more than there can be, or the server is asked a second time.

    Without it the first answer has 101; nobody knows a better one where `most` is 0, which is no limit.
    """
    return most + 1 if most else 0


def ascending(fields: Sequence[str]) -> list[tuple[str, int]]:
    """Give fields as an index has them."""
    return [(field, ASCENDING) for field in fields]
