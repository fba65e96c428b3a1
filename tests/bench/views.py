"""The collections of the gateway in a database of a race."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from services.chassis.mongo import MongoStore
from services.gateway.app import service
from services.gateway.settings import GatewaySettings
from tests.bench.track import Ground


@asynccontextmanager
async def views(ground: Ground) -> AsyncIterator[MongoStore]:
    """Have them with their indexes: by the million these are made faster when the documents are there."""
    store = MongoStore(ground.mongo, "gateway")
    try:
        await store.connect(service(GatewaySettings.load(ground.env)))
        yield store
    finally:
        store.close()
