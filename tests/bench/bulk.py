"""Loads documents by the million, straight into a collection: raw BSON, unordered, over several connections."""

import asyncio
import struct
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import UTC, datetime
from itertools import islice
from typing import Any

import bson
from bson.raw_bson import RawBSONDocument
from pymongo import AsyncMongoClient, WriteConcern

CONNECTIONS = 3
BATCH = 4_000  # documents
EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


class Mould:
    """Casts documents that differ in a few values only, each as long as the one in the model whose place it takes."""

    def __init__(self, model: Mapping[str, Any]) -> None:
        self._model = bson.encode(model)

    def cast(self, values: Iterable[tuple[bytes, bytes]]) -> RawBSONDocument:
        """Give the model with other values: pairs of what is in the model and what shall be there."""
        cast = self._model
        for old, new in values:
            cast = cast.replace(old, new)
        return RawBSONDocument(cast)


def instant(at: datetime) -> bytes:
    """Give a time as it is in BSON."""
    return struct.pack("<q", (at - EPOCH) // (datetime.resolution * 1000))


def integer(value: int) -> bytes:
    """Give a small integer as it is in BSON."""
    return struct.pack("<i", value)


async def load(url: str, collection: str, documents: Iterator[RawBSONDocument]) -> None:
    """Insert all of them."""
    mongo: AsyncMongoClient[Any] = AsyncMongoClient(url)
    try:
        into = mongo.get_default_database().get_collection(collection, write_concern=WriteConcern(1, j=False))

        async def carry() -> None:
            while batch := list(islice(documents, BATCH)):
                await into.insert_many(batch, ordered=False)

        await asyncio.gather(*(carry() for _ in range(CONNECTIONS)))
    finally:
        await mongo.close()


async def read_once(url: str, collection: str, *indexes: Sequence[str]) -> None:
    """Read all documents, and the index by `_id`: what has been at work has them in memory, as far as there is room.

    And other `indexes`, each by its fields, as far as the first of these is a text.
    """
    mongo: AsyncMongoClient[Any] = AsyncMongoClient(url)
    try:
        documents = mongo.get_default_database()[collection]
        await documents.count_documents({"remark": "nobody's"})
        for fields in (("_id",), *indexes):
            await documents.count_documents({fields[0]: {"$gt": ""}}, hint=[(field, 1) for field in fields])
    finally:
        await mongo.close()


async def forget_the_road(url: str, *services: str) -> None:
    """Drop the fences of services: the topics that they are about are gone."""
    mongo: AsyncMongoClient[Any] = AsyncMongoClient(url)
    try:
        for service in services:
            for name in ("fences", "topics"):
                await mongo.get_default_database().drop_collection(f"{service}.{name}")
    finally:
        await mongo.close()
