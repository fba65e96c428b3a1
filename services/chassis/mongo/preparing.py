"""Collections and indexes: transactions need to find them, since they cannot make them themselves."""

from collections.abc import Collection
from typing import Any

import pymongo
from pymongo.errors import PyMongoError

from services.chassis.mongo.asking import ascending
from services.chassis.service import Partial, Service

INDEXING = 3_600.0  # seconds in which an index has to be made: of a large collection that takes minutes
_THERE = 48  # the code of MongoDB for a collection that there is already


async def prepare(database: Any, prefix: str, service: Service, besides: Collection[str]) -> None:
    """Make what a service has, and collections `besides`; each is named `prefix.name`."""
    # Only what the user may see: whoever has rights for just its own collections may not list all.
    there = set(await database.list_collection_names(authorizedCollections=True))
    for name in (*service.collections, *service.expiring, *besides):
        if f"{prefix}.{name}" not in there:
            await _make(database, f"{prefix}.{name}")
    for name, indexes in service.collections.items():
        for each in indexes:
            fields, where = (each.fields, each.where) if isinstance(each, Partial) else (each, None)
            partly = {} if where is None else {"partialFilterExpression": dict(where)}
            await _index(database[f"{prefix}.{name}"], fields, **partly)
    for name, (field, seconds) in service.expiring.items():
        await _index(database[f"{prefix}.{name}"], (field,), expireAfterSeconds=seconds)


async def _make(database: Any, name: str) -> None:
    try:
        await database.create_collection(name, check_exists=False)  # which would list all
    except PyMongoError as error:
        if getattr(error, "code", None) != _THERE and "already exists" not in str(error):
            raise


async def _index(collection: Any, fields: Collection[str], **how: Any) -> None:
    with pymongo.timeout(INDEXING):
        await collection.create_index(ascending(tuple(fields)), **how)
